"""Pictures of the project speech.

Each function returns what ``figures.show`` makes of it.
"""

import numpy as np
from matplotlib import pyplot as plt

from lstm_helpers import wording
from lstm_helpers.data import sound, voice
from lstm_helpers.figures import COLOURS, TEXT, look, show

INK, PALE, GREY = "#222222", "#c4c4c4", "#5f5f5f"
LSTM, RIVAL = COLOURS["o"], COLOURS["f"]  # the colours of the two contestants, in every picture
SHADES, MARKERS = [COLOURS[name] for name in "ofigch"], "o^sDvP"  # of the voices


def three_views(wave_, said):
    """A recording as pressure, as power per mel band, and as 13 coefficients, over the same seconds."""
    seconds = np.arange(len(wave_)) / sound.RATE
    level, coefficients = sound.decibels(wave_, 40), sound.mfcc(wave_)
    until = len(level) * sound.STEP / sound.RATE
    with look():
        fig, axes = plt.subplots(3, 1, figsize=(8, 6), sharex=True, gridspec_kw={"height_ratios": (1, 1.5, 1.2)})
        axes[0].plot(seconds, wave_, color=LSTM, linewidth=0.6)
        axes[0].set(ylabel="pressure\n(1 = loudest)", ylim=(-1.05 * np.abs(wave_).max(), 1.05 * np.abs(wave_).max()))
        axes[0].set_title(f'"{said}": 8,000 numbers per second, their frequencies, 13 numbers per 25 ms')
        axes[1].imshow(level.T, aspect="auto", origin="lower", extent=(0, until, 0, 40), cmap="magma")
        marks = np.array([0, 500, 1000, 2000, 3000])
        axes[1].set_yticks(sound.mel(marks) / sound.mel(4000) * 40, [f"{m:,}" for m in marks])
        axes[1].set(ylabel="frequency (Hz)")
        axes[1].grid(False)
        scaled = (coefficients - coefficients.mean(axis=0)) / coefficients.std(axis=0)
        axes[2].imshow(scaled.T, aspect="auto", origin="lower", extent=(0, until, -0.5, 12.5), cmap="cividis")
        axes[2].set(ylabel="coefficient", xlabel="time (seconds)", yticks=(0, 4, 8, 12))
        axes[2].grid(False)
        fig.align_ylabels()
        fig.tight_layout()
    return show(
        fig,
        f'The recording "{said}" of {len(wave_) / sound.RATE:.1f} seconds in three views over time: the pressure, with '
        "a burst for each word; the power in 40 mel bands from 0 to 4,000 Hz, with the bright bands of the vowels; and "
        "the 13 coefficients per frame, each scaled to its own mean and spread.",
    )


def trellis(shares, labels, best):
    """The share of all ways at each place and frame (T, 2L + 1), and the best way, as outputs per frame (T,)."""
    names = ["–"] + [name for label in labels for name in (str(label - 1), "–")]
    places, at = [0], 0
    for output in best:  # the place of each output of the way
        if output != (0 if at % 2 == 0 else labels[at // 2]):
            at += 1
            while output != (0 if at % 2 == 0 else labels[at // 2]):
                at += 1
        places.append(at)
    with look():
        fig, ax = plt.subplots(figsize=(8, 3.7))
        ax.imshow(np.sqrt(shares.T), aspect="auto", origin="lower", cmap="Blues", vmin=0, vmax=1)
        ax.plot(np.arange(len(best)), places[1:], "o-", color=RIVAL, markersize=3, linewidth=1.2)
        ax.set_yticks(range(len(names)), names)
        ax.set(xlabel="frame (25 ms each)", ylabel="place in the string, – is blank")
        ax.grid(False)
        ax.set_title("Where all the ways go that say the string, and the best of them")
    return show(
        fig,
        f"A grid of {shares.shape[1]} places, blanks and the digits {', '.join(str(k - 1) for k in labels)}, over "
        f"{len(shares)} frames. Dark blue is where most ways that say the string stand; an orange line, the likeliest "
        "way, climbs from the lowest place to the highest, with short steps at the digits and long stays at blanks.",
    )


def outputs(log_p, digits, cuts):
    """The probabilities of the digits that were said, and of blank, over time; the true cuts as lines."""
    p = np.exp(log_p)
    with look():
        fig, ax = plt.subplots(figsize=(8, 3.4))
        ax.plot(p[:, 0], color=PALE, linewidth=1.4)
        ax.annotate("blank", (len(p) - 0.5, p[-1, 0]), color=GREY, va="center")
        for cut in cuts[:-1]:
            ax.axvline(cut - 0.5, color=GREY, linestyle=":", linewidth=1)
        for digit in dict.fromkeys(digits.tolist()):
            ax.fill_between(np.arange(len(p)), p[:, digit + 1], alpha=0.65, color=LSTM, linewidth=0)
            for k in np.flatnonzero(digits == digit):
                start, end = (0, *cuts)[k], cuts[k]
                at = start + p[start:end, digit + 1].argmax()
                ax.annotate(f"{digit}", (at, p[at, digit + 1] + 0.03), ha="center", color=TEXT["o"], fontweight="bold")
        ax.set(xlabel="frame (25 ms each)", ylabel="probability", ylim=(0, 1.18), xlim=(-0.5, len(p) + 5))
        ax.set_title("Digits are spikes, and the rest is blank")
    return show(
        fig,
        f"Probabilities over {len(p)} frames of a string that says {' '.join(map(str, digits))}. Blank is near 1 most "
        "of the time; each digit has a narrow spike inside its own recording, whose ends are dotted lines.",
    )


def compared(rows, names, rival):
    """Word error rates on the validation strings, a dot for each seed. rows: {name: figures}; names: name -> words."""
    with look():
        fig, ax = plt.subplots(figsize=(7.4, 0.5 * len(rows) + 1.5))
        for k, figures in enumerate(rows.values()):
            middle = float(np.median(figures))
            ax.plot(np.array(figures) * 100, [k] * len(figures), "o", color=LSTM, markersize=6, alpha=0.75)
            ax.plot([middle * 100] * 2, [k - 0.28, k + 0.28], color=INK, linewidth=1.6)
            ax.annotate(
                f"{middle:.1%}", (max(figures) * 100 + 1.2, k), va="center", color=INK,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
            )  # fmt: skip
        ax.axvline(100 * rival, color=RIVAL, linestyle=":", linewidth=1.6, zorder=1)
        ax.annotate(f"rival {rival:.1%}", (100 * rival + 0.6, -0.75), color=TEXT["f"], va="center")
        ax.set_yticks(range(len(rows)), [names[name] for name in rows])
        ax.set(xlabel="word error rate on the validation strings (%)", ylim=(len(rows) - 0.5, -1.1), xlim=(0, None))
        ax.set_title("What each part is worth: a dot for each seed, a stroke for the median")
    said = "; ".join(f"{names[k]} {', '.join(f'{v:.1%}' for v in values)}" for k, values in rows.items())
    return show(fig, f"Word error rates on the validation strings by seed: {said}. The rival has {rival:.1%}.")


def voices(portraits, cluster, rates, known):
    """Left: recordings in the two directions in which they differ most, coloured by cluster. Right: the word error
    rate on each cluster when it was held out, and ``known``, that on voices that training knew."""
    centred = portraits - portraits.mean(axis=0)
    flat = centred @ np.linalg.svd(centred, full_matrices=False)[2][:2].T
    with look():
        fig, (left, right) = plt.subplots(1, 2, figsize=(8.4, 3.8))
        for k in range(cluster.max() + 1):
            points = flat[cluster == k]
            left.plot(*points.T, MARKERS[k], color=SHADES[k], markersize=2.5)
            left.annotate(
                str(k), points.mean(axis=0), ha="center", va="center", fontweight="bold", color=INK,
                bbox={"boxstyle": "circle", "facecolor": "white", "edgecolor": SHADES[k]},
            )  # fmt: skip
        left.set(xlabel="first direction", ylabel="second direction", xticks=(), yticks=())
        left.set_title("Six clusters, found by ear alone")
        right.bar(range(len(rates)), 100 * np.array(rates), color=SHADES)
        for k, rate in enumerate(rates):
            right.annotate(f"{100 * rate:.1f}", (k, 100 * rate), ha="center", va="bottom")
        right.axhline(100 * known, color=INK, linestyle=":", linewidth=1.4)
        right.annotate(f"dotted: {known:.1%}, on voices it knows", (-0.4, 120 * max(rates)), va="top")
        right.set(xlabel="cluster that was held out", ylabel="word error rate on it (%)")
        right.set_xticks(range(len(rates)))
        right.set(ylim=(0, 122 * max(rates)))
        right.set_title("A voice it has not heard")
        fig.tight_layout()
    return show(
        fig,
        "Left: recordings as dots in two directions, in six coloured groups that overlap little. Right: word error "
        f"rates on each group when training left it out: {', '.join(f'{v:.1%}' for v in rates)}; a dotted line at "
        f"{known:.1%}, the rate on voices that training knew.",
    )


def speech_found(wave_, probability, parts):
    """A recording, the detector's probability of speech, and the parts that are kept."""
    seconds = np.arange(len(wave_)) / sound.RATE
    steps = np.arange(len(probability)) * voice.STEP / sound.RATE
    with look():
        fig, ax = plt.subplots(figsize=(8, 2.9))
        ax.plot(seconds, wave_ / np.abs(wave_).max() / 2 + 0.5, color=PALE, linewidth=0.5)
        ax.step(steps, probability, where="post", color=LSTM)
        for start, end in parts * voice.STEP / sound.RATE:
            ax.axvspan(start, end, color=COLOURS["i"], alpha=0.18, linewidth=0)
        ax.set(xlabel="time (seconds)", ylabel="probability of speech", ylim=(-0.03, 1.06), xlim=(0, seconds[-1]))
        ax.set_title("The detector's LSTM in your cell: shaded is what is kept")
    return show(
        fig,
        f"A recording of {seconds[-1]:.1f} seconds in grey, the probability of speech in blue, and "
        f"{wording.count(len(parts), 'green part')} in which somebody speaks.",
    )


def confusions(counts, most=8):
    """The most frequent mistakes as bars. counts: {(said, meant): how often}."""
    found = sorted(counts.items(), key=lambda item: -item[1])[:most]
    names = []
    for (said, meant), _ in found:
        names.append(
            f"{meant} left out" if said is None else f"{said} put in" if meant is None else f"{meant} → {said}"
        )
    with look():
        fig, ax = plt.subplots(figsize=(6.4, 0.34 * len(found) + 1.2))
        ax.barh(names, [count for _, count in found], color=LSTM)
        ax.invert_yaxis()
        ax.set(xlabel="times", xticks=range(max(counts.values(), default=0) + 1))
        ax.grid(axis="y", visible=False)
        ax.set_title("What was said → what was heard")
    told = ", ".join(f"{name} {wording.count(count, 'time')}" for name, (_, count) in zip(names, found, strict=True))
    return show(fig, f"The most frequent mistakes as bars: {told}.")
