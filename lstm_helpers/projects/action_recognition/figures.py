"""Pictures of the project action recognition, still and moving.

Each function returns HTML with alternative text, as ``figures.show`` makes it.
"""

import base64
import html
import io

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.collections import LineCollection

from lstm_helpers.data.clips import MOTIONS, SIGNS
from lstm_helpers.figures import COLOURS, TEXT, Picture, look, show

GREY, PALE = "#5f5f5f", "#bbbbbb"
LSTM, RIVAL = COLOURS["o"], COLOURS["f"]  # the two contestants, in every picture
PLAYS = 3  # how often an animation runs: what moves for longer than five seconds has to be stoppable (WCAG 2.2.2)


def _gif(frames, alt, *, width, milliseconds, heading):
    """An animation of grey frames (T, height, width) from 0 to 255, enlarged by the page; it runs PLAYS times."""
    from PIL import Image

    pictures = [Image.fromarray(frame.astype(np.uint8)) for frame in frames]
    packed = io.BytesIO()
    pictures[0].save(
        packed, "GIF", save_all=True, append_images=pictures[1:], duration=milliseconds, loop=PLAYS - 1, optimize=False
    )
    data = base64.b64encode(packed.getvalue()).decode()
    words = "".join(f'<span style="flex:1;text-align:center">{html.escape(word)}</span>' for word in heading)
    return Picture(
        f'<figure style="margin:0;max-width:{width}px"><div style="display:flex">{words}</div>'
        f'<img alt="{html.escape(alt)}" src="data:image/gif;base64,{data}" '
        f'style="width:100%;image-rendering:pixelated;border-radius:6px"></figure>',
        alt,
    )


def moving_signs(tracks, sign, kinds):
    """One clip of each of some kinds of signs, as it moves: a bright spot with a fading tail."""
    side, at = 48, np.arange(48) / 47
    canvas = np.zeros((len(tracks), side, len(kinds) * side))
    for k, kind in enumerate(kinds):
        x, y = tracks[:, np.flatnonzero(sign == kind)[0]].T
        spots = np.exp(-((at[None, :, None] - y[:, None, None]) ** 2 + (at[None, None] - x[:, None, None]) ** 2) / 1e-3)
        tail = np.zeros((side, side))
        for t, spot in enumerate(spots):
            tail = np.maximum(0.93 * tail, 0.5 * spot)
            canvas[t, :, k * side : (k + 1) * side] = np.maximum(tail, spot)
    canvas[:, :, side::side] = 0.35
    names = [SIGNS[kind] for kind in kinds]
    alt = f"{len(names)} small videos side by side, a bright spot where the hand is: {', '.join(names)}."
    return _gif(np.round(canvas * 15) * 17, alt, width=720, milliseconds=100, heading=names)


def moving_clips(clips, motion):
    """One clip of each motion, as it moves: clips (T, N, S, S)."""
    shown = [clips[:, np.flatnonzero(motion == kind)[0]] for kind in range(len(MOTIONS))]
    frames = np.concatenate([np.pad(np.clip(s, 0, 1), [(0, 0), (0, 0), (0, 1)], constant_values=0.5) for s in shown], 2)
    alt = (
        f"{len(MOTIONS)} small videos side by side, each with a blurred digit that stands still, one that moves and "
        f"is missing in some frames, and grey noise: {', '.join(MOTIONS)}."
    )
    return _gif(np.round(frames * 15) * 17, alt, width=720, milliseconds=200, heading=MOTIONS)


def signs(tracks, sign, clips=6):
    """Some tracks of each of the 15 signs, from a dot on: tracks (T, N, 2)."""
    with look():
        fig, axes = plt.subplots(3, 5, figsize=(8, 5.4))
        for kind, ax in enumerate(axes.flat):
            for b in np.flatnonzero(sign == kind)[:clips]:
                ax.plot(*tracks[:, b].T, color=COLOURS["o"], linewidth=0.9, alpha=0.7)
                ax.plot(*tracks[0, b], "o", color=COLOURS["f"], markersize=3.5)
            ax.set(xlim=(0, 1), ylim=(1, 0), xticks=[], yticks=[], aspect="equal")
            ax.set_title(SIGNS[kind], fontsize=9.5, fontweight="normal", loc="center")
        fig.suptitle(f"{clips} clips of each sign: where the hand was, from the dot on", fontweight="bold")
        fig.tight_layout(h_pad=1.6)
    return show(
        fig,
        f"15 small pictures, one for each sign, with {clips} tracks of the hand in each. Swings and lines are "
        "straight, arcs, circles and curves are round, zigzags have corners and waves have none; the tremble stays in "
        "a small spot. Tracks of one sign differ in place and size.",
    )


def bars(rows, title, what, chance=None):
    """Accuracies as dots: rows (name, [a value for each run], whether it is a network). The median is a bar."""
    with look():
        fig, ax = plt.subplots(figsize=(7.6, 1.1 + 0.42 * len(rows)))
        for k, (_, values, network) in enumerate(rows):
            middle, colour = float(np.median(values)), LSTM if network else RIVAL
            ax.barh(k, middle, color=colour, alpha=0.25, height=0.62)
            ax.plot(values, np.full(len(values), k), "o", color=colour, markersize=5)
            ax.annotate(
                f"{middle:.3f}", (max(values) + 0.015, k), va="center",
                color=TEXT["o" if network else "f"], fontweight="bold",
            )  # fmt: skip
        if chance is not None:
            ax.axvline(chance, color=GREY, linestyle=":", linewidth=1.2)
            ax.annotate("chance", (chance + 0.01, len(rows) - 0.3), color=GREY, va="center")
        ax.set(yticks=range(len(rows)), yticklabels=[name for name, *_ in rows], xlim=(0, 1.1), xlabel=what)
        ax.set_ylim(len(rows), -0.6)
        ax.set_title(title)
    listed = ", ".join(f"{name} {np.median(values):.3f}" for name, values, _ in rows)
    return show(fig, f"Share of right answers, the median of the runs: {listed}.")


def misread(tracks, sign, said, places):
    """Tracks that were misread, beside what they are and what they were taken for."""
    with look():
        fig, axes = plt.subplots(1, len(places), figsize=(8, 2.6))
        for b, ax in zip(places, axes, strict=True):
            ax.plot(*tracks[:, b].T, color=COLOURS["o"], linewidth=1.4)
            ax.plot(*tracks[0, b], "o", color=COLOURS["f"], markersize=5)
            ax.set(xlim=(0, 1), ylim=(1, 0), xticks=[], yticks=[], aspect="equal")
            ax.set_title(f"{SIGNS[sign[b]]},\nread as\n{SIGNS[said[b]]}", fontsize=9, fontweight="normal", loc="center")
        fig.tight_layout()
    listed = "; ".join(f"{SIGNS[sign[b]]} read as {SIGNS[said[b]]}" for b in places)
    return show(fig, f"{len(places)} tracks that were misread: {listed}.")


def looked_at(tracks, weights, sign):
    """Tracks (T, N, 2), coloured by the weight (T // 2, N) that attention gave to each part of them."""
    with look():
        fig, axes = plt.subplots(1, tracks.shape[1], figsize=(8, 2.5))
        for b, ax in enumerate(axes):
            points = np.repeat(tracks[:, b][:, None], 2, axis=1)
            lines = np.concatenate([points[:-1, :1], points[1:, 1:]], axis=1)
            share = np.repeat(weights[:, b], 2)[: len(lines)]
            drawn = LineCollection(lines, cmap="viridis_r", linewidth=3)
            drawn.set_array(share / weights[:, b].max())
            ax.add_collection(drawn)
            ax.plot(*tracks[0, b], "o", color=COLOURS["f"], markersize=5)
            ax.set(xlim=(0, 1), ylim=(1, 0), xticks=[], yticks=[], aspect="equal")
            ax.set_title(SIGNS[sign[b]], fontsize=9.5, fontweight="normal", loc="center")
        fig.suptitle("Dark: what attention weighs most", fontweight="bold")
        fig.tight_layout()
    half = [f"{SIGNS[kind]} {np.sort(w)[::-1][:6].sum():.0%}" for kind, w in zip(sign, weights.T, strict=True)]
    return show(
        fig,
        "Tracks of signs, each part as dark as the weight that attention gave it. Share of the weight on the 6 "
        f"heaviest of {len(weights)} steps: {', '.join(half)}.",
    )


def filmstrip(clips, motion, frames=8):
    """The first frames of one clip of each motion, side by side: clips (T, N, S, S)."""
    with look():
        fig, axes = plt.subplots(len(MOTIONS), frames, figsize=(8, 6.2))
        for kind, row in enumerate(axes):
            clip = clips[:, np.flatnonzero(motion == kind)[0]]
            for t, ax in enumerate(row):
                ax.imshow(clip[t], cmap="gray", vmin=-0.2, vmax=1.1)
                ax.set(xticks=[], yticks=[])
                ax.spines[:].set_visible(False)
            row[0].set_ylabel(MOTIONS[kind], rotation=0, ha="right", va="center")
        for t, ax in enumerate(axes[0]):
            ax.set_title(f"frame {t}", fontsize=9, fontweight="normal", loc="center")
        fig.subplots_adjust(wspace=0.06, hspace=0.06)
    return show(
        fig,
        f"The first {frames} frames of six clips, one row a motion: {', '.join(MOTIONS)}. In each a digit stands still "
        "and another one moves, but is missing in about a quarter of the frames. Everything is noisy.",
    )


def learning(logs, chance):
    """The share of right validation clips over the passes: logs {name: rows of a log}."""
    styles = {"CNN + LSTM": (LSTM, "o", "-"), "ConvLSTM": (COLOURS["i"], "s", "--")}
    with look():
        fig, ax = plt.subplots(figsize=(7.6, 3.6))
        for name, log in logs.items():
            colour, marker, line = styles[name]
            right = [1 - row["validation"] for row in log]
            ax.plot(np.arange(1, len(right) + 1), right, line, marker=marker, markersize=3.5, color=colour, label=name)
        ax.axhline(chance, color=GREY, linestyle=":", linewidth=1.2)
        ax.annotate("chance", (len(right), chance + 0.02), ha="right", color=GREY)
        ax.set(xlabel="passes over 3,000 clips (count)", ylabel="share of validation clips right", ylim=(0, 1.05))
        ax.legend(loc="center right")
        ax.set_title("How the two learn")
    ends = ", ".join(f"{name} ends at {1 - log[-1]['validation']:.3f}" for name, log in logs.items())
    return show(fig, f"Share of right answers on validation clips, over the passes: a plateau, then a rise. {ends}.")


def robust(hidden, right, lines):
    """The share of right answers over the share of frames in which the moving digit is missing."""
    with look():
        fig, ax = plt.subplots(figsize=(7.2, 3.5))
        ax.plot(hidden, right, "o-", color=LSTM)
        ax.axvline(lines["training"], color=GREY, linestyle="--", linewidth=1.2)
        ax.annotate("as in training", (lines["training"] + 0.01, 0.3), color=GREY)
        ax.axhline(lines["chance"], color=GREY, linestyle=":", linewidth=1.2)
        ax.annotate("chance", (0.0, lines["chance"] + 0.02), color=GREY)
        ax.set(xlabel="share of frames without the moving digit", ylabel="share of clips right", ylim=(0, 1.05))
        ax.set_title("Fewer and fewer frames show what moves")
    listed = ", ".join(f"{h:.0%} hidden {r:.2f}" for h, r in zip(hidden, right, strict=True))
    return show(fig, f"Share of right answers over the share of hidden frames: {listed}.")


def video(frames, track, said):
    """Four frames of a video (T, H, W) and the track (45, 1, 2) that was found in it."""
    with look():
        fig, axes = plt.subplots(1, 5, figsize=(8, 2.1))
        for t, ax in zip(np.linspace(0, len(frames) - 1, 4).astype(int), axes[:4], strict=True):
            ax.imshow(frames[t], cmap="gray", vmin=0, vmax=1)
            ax.set_title(f"frame {t}", fontsize=9, fontweight="normal", loc="center")
        axes[4].plot(*track[:, 0].T, color=COLOURS["o"])
        axes[4].plot(*track[0, 0], "o", color=COLOURS["f"], markersize=5)
        axes[4].set(xlim=(0, 1), ylim=(1, 0), aspect="equal")
        axes[4].set_title("the track", fontsize=9, fontweight="normal", loc="center")
        for ax in axes:
            ax.set(xticks=[], yticks=[])
        fig.tight_layout()
    return show(fig, f"Four frames of a video of {len(frames)}, and the track of what moves in it, read as: {said}.")
