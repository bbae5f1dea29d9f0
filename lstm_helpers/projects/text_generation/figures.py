"""Pictures of the project text generation.

Each function returns what ``figures.show`` makes of it.
"""

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.patches import Rectangle

from lstm_helpers.figures import COLOURS, TEXT, look, show

INK, PALE, GREY = "#222222", "#bbbbbb", "#5f5f5f"
LSTM, COUNTS = COLOURS["o"], COLOURS["f"]  # the colours of the two models, in every picture
LAST = 9  # places in a word from here on are put together


def orders(seen, unseen, compressors):
    """Bits per character of n-grams on the text they counted and on other text, over the order. Both (orders,)."""
    n = np.arange(1, len(unseen) + 1)
    best = int(np.argmin(unseen))
    with look():
        fig, ax = plt.subplots(figsize=(7.6, 3.7))
        ax.plot(n, seen, "o--", color=PALE)
        ax.plot(n, unseen, "o-", color=COUNTS)
        for name, value in compressors.items():
            ax.axhline(value, color=GREY, linewidth=1, linestyle=":")
            ax.annotate(f"{name} {value:.2f}", (n[-1] + 0.75, value + 0.04), color=GREY, ha="right", va="bottom")
        ax.annotate(f"{unseen[best]:.2f}", (n[best], unseen[best] - 0.1), ha="center", va="top", color=TEXT["f"])
        ax.annotate("text it has not counted", (2.1, unseen[1] + 0.05), color=TEXT["f"], fontweight="bold")
        ax.annotate("text it has counted", (n[-2] - 0.1, seen[-2] - 0.05), color=GREY, ha="right", va="top")
        ax.set(xlabel="order n (characters: the one guessed and n - 1 before it)", ylabel="bits per character")
        ax.set(xlim=(0.7, n[-1] + 0.8), ylim=(0.9, 4.7))
        ax.set_title(f"Longer contexts help up to order {n[best]}, then they overfit")
    return show(
        fig,
        "Bits per character over the order of the n-gram. On new text "
        f"{', '.join(f'{v:.2f}' for v in unseen)} for orders 1 to {n[-1]}, lowest at order {n[best]}. On the text that "
        f"was counted it falls on and on, to {seen[-1]:.2f}. Dotted lines: "
        f"{', '.join(f'{k} {v:.2f}' for k, v in compressors.items())}.",
    )


def layout(text, B, rows):
    """The first characters of a text as B streams of ``rows``, a column each, and two chunks of them marked."""
    half = rows // 2
    with look():
        fig, ax = plt.subplots(figsize=(6.6, 3.4))
        for stream in range(B):
            for row in range(rows):
                character = {" ": "␣", "\n": "↵"}.get(text[stream * rows + row], text[stream * rows + row])
                colour = COLOURS["h"] if row < half else COLOURS["c"]
                left = row + (row >= half)  # a gap between the chunks, for the arrow
                ax.add_patch(Rectangle((left, stream), 0.94, 0.9, color=colour, alpha=0.25, linewidth=0))
                ax.annotate(character, (left + 0.47, stream + 0.45), ha="center", va="center", family="monospace")
            ax.annotate(
                "", (half + 1, stream + 0.45), (half - 0.06, stream + 0.45),
                arrowprops={"arrowstyle": "->", "color": INK, "linewidth": 1.6},
            )  # fmt: skip
            ax.annotate(f"stream {stream}", (-0.3, stream + 0.45), ha="right", va="center")
        ax.annotate("first chunk", (half / 2, -0.35), ha="center", color=TEXT["o"], fontweight="bold")
        ax.annotate(
            "second chunk", (half + 1 + (rows - half) / 2, -0.35), ha="center", color=TEXT["c"], fontweight="bold"
        )
        ax.annotate("(h, c) carried", (half + 0.47, B + 0.25), ha="center", va="center")
        ax.set(xlim=(-2.2, rows + 1), ylim=(B + 0.5, -0.7))
        ax.axis("off")
        ax.set_title("Each stream goes on where it stopped, so its state fits")
    return show(
        fig,
        f"{B} streams of {rows} characters each, one below the other; each begins where the one above ends. The first "
        f"{half} characters of all streams are the first chunk, the rest is the second, and an arrow carries h and c "
        "of each stream across the border.",
    )


def learning(log, lines):
    """Training and validation bits over the passes of the long run; ``lines``: name -> a value to compare with."""
    n = np.arange(1, len(log) + 1)
    training, validation = (np.array([row[key] for row in log]) for key in ("training", "validation"))
    with look():
        fig, ax = plt.subplots(figsize=(8.2, 3.9))
        for name, value in lines.items():
            ax.axhline(value, color=GREY, linewidth=1, linestyle=":")
            ax.annotate(f"{name} {value:.2f}", (n[-1] * 1.19, value + 0.01), ha="right", va="bottom", color=GREY)
        ax.plot(n, training, "o--", color=PALE, markersize=4)
        ax.plot(n, validation, "o-", color=LSTM, markersize=4)
        ends = ("validation", validation, LSTM, "top"), ("training", training, GREY, "bottom")
        for name, values, colour, where in ends:
            ax.annotate(f"{name} {values[-1]:.2f}", (n[-1] + 0.15, values[-1]), color=colour, va=where)
        ax.set(xlabel="passes over the training text (count)", ylabel="bits per character")
        ax.set(xlim=(0.7, n[-1] * 1.2), ylim=(min(training.min(), validation.min()) - 0.1, 2.6))
        ax.set_title(f"From {validation[0]:.2f} to {validation[-1]:.2f} bits in {n[-1]} passes")
    return show(
        fig,
        f"Bits per character over {n[-1]} passes. Validation falls from {validation[0]:.2f} to {validation[-1]:.2f}, "
        f"training, measured with dropout on, from {training[0]:.2f} to {training[-1]:.2f}. Dotted lines: "
        f"{', '.join(f'{k} {v:.2f}' for k, v in lines.items())}.",
    )


def choices(context, characters, by_temperature, cut, top, shown=14):
    """Above: the likeliest next characters at several temperatures. Below: the nucleus of the distribution at 1.

    by_temperature: temperature -> p (V,); cut (V,): what the nucleus leaves.
    """
    p = by_temperature[1.0]
    order = np.argsort(-p)[:shown]
    names = [{" ": "␣", "\n": "↵"}.get(characters[k], characters[k]) for k in order]
    places, shades = np.arange(shown), (COLOURS["o"], COLOURS["h"], COLOURS["c"])
    with look():
        fig, (above, below) = plt.subplots(2, 1, figsize=(8, 6.4), sharex=True, sharey=True)
        width = 0.8 / len(by_temperature)
        for k, (temperature, values) in enumerate(by_temperature.items()):
            above.bar(
                places + (k - 1) * width, values[order], width, color=shades[k], label=f"temperature {temperature:g}"
            )
        above.legend()
        below.bar(places, p[order], 0.7, facecolor="none", edgecolor=PALE)
        below.bar(places, cut[order], 0.7, color=COLOURS["i"])
        kept = int((cut > 0).sum())
        below.annotate(f"the {kept} kept ones", (kept - 0.3, cut.max() * 0.6), color=TEXT["i"], fontweight="bold")
        for ax in (above, below):
            ax.set_xticks(places, names, family="monospace")
            ax.grid(axis="x", visible=False)
            ax.set_ylabel("probability (fraction)")
        below.set_xlabel("next character")
        above.set_title("Temperature changes all of them")
        below.set_title(f"A nucleus of {top:g} cuts the tail off")
        fig.tight_layout(h_pad=1.5)
    spoken = "; ".join(f"temperature {t:g}: {v[order[0]]:.2f}" for t, v in by_temperature.items())
    return show(
        fig,
        f"Bars of the {shown} most likely characters after {context!r}. Above, the likeliest, {names[0]!r}: {spoken}. "
        f"Below, a nucleus of {top:g} keeps {kept} of {len(p)} characters and makes them larger.",
    )


def surprise(text, bits, width=76):
    """A text with each character on a ground that is the darker, the more bits it cost. bits (N,)."""
    lines, start = [], 0
    while start < len(text):
        stop = text.find("\n", start, start + width) + 1 or min(start + width, len(text))
        lines.append((start, stop))
        start = stop
    with look():
        fig, ax = plt.subplots(figsize=(8.4, 0.33 * len(lines) + 0.9))
        for row, (start, stop) in enumerate(lines):
            for column, k in enumerate(range(start, stop)):
                shade = min(bits[k] / 8, 1.0)
                ax.add_patch(Rectangle((column, row), 1, 0.92, color=COLOURS["c"], alpha=0.9 * shade, linewidth=0))
                character = "↵" if text[k] == "\n" else text[k]
                ax.annotate(
                    character,
                    (column + 0.5, row + 0.46),
                    ha="center",
                    va="center",
                    family="monospace",
                    color=INK,
                    fontsize=10,
                )
        ax.set(xlim=(-0.5, width), ylim=(len(lines), -0.1))
        ax.axis("off")
        ax.set_title("The darker, the more bits a character cost", pad=8)
    costliest = np.argsort(-bits)[:5]
    named = ", ".join(f"{text[k]!r} after {text[max(k - 8, 0) : k]!r} ({bits[k]:.1f})" for k in costliest)
    return show(
        fig,
        f"{len(text)} characters of the novel, each on a ground as dark as it was costly, {bits.mean():.2f} bits on "
        f"average. The costliest five: {named}.",
    )


def by_place(places, costs, last=LAST):
    """Mean bits of letters by their place in the word. places (N,), costs: model -> bits (N,)."""
    folded = np.minimum(places, last)
    n = np.arange(1, last + 1)
    means = {name: np.array([bits[folded == k].mean() for k in n]) for name, bits in costs.items()}
    with look():
        fig, ax = plt.subplots(figsize=(7.8, 3.6))
        for (name, values), of in zip(means.items(), "fo", strict=True):
            ax.plot(n, values, "o-", color=COLOURS[of], label=name)
            ax.annotate(f"{values[0]:.2f}", (1, values[0]), (0.88, values[0]), color=TEXT[of], va="center", ha="right")
        ax.legend()
        ax.set_xticks(n, [*map(str, n[:-1]), f"{last} on"])
        ax.set(xlabel="place in the word (letter)", ylabel="bits per letter", xlim=(0.3, last + 0.4), ylim=(0, None))
        ax.set_title("The first letter of a word costs most, and there the LSTM saves most")
    spoken = "; ".join(f"{name}: {', '.join(f'{v:.2f}' for v in values)}" for name, values in means.items())
    return show(fig, f"Mean bits of a letter by its place in the word, places 1 to {last} and beyond. {spoken}.")
