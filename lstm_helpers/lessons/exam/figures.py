"""Pictures of lesson 13: a recording, and what a voice detector says of it."""

import numpy as np
from matplotlib import pyplot as plt

from lstm_helpers.data import voice
from lstm_helpers.figures import COLOURS, look, show


def recording_picture():
    """The recording over time."""
    sound = voice.recording()
    t = np.arange(len(sound)) / voice.RATE
    with look():
        fig, ax = plt.subplots(figsize=(6.4, 2.2), layout="constrained")
        ax.plot(t, sound, lw=0.4, color=COLOURS["x"])
        ax.set(xlabel="seconds", ylabel="sound pressure", xlim=(0, t[-1]), title="A telephone announcement")
    return show(
        fig,
        "A sound wave over 7.5 seconds: quiet noise for half a second, three stretches of speech with short pauses "
        "until 6.1 seconds, a pause, then from 6.4 to 6.8 seconds a block of even height, then noise.",
    )


def speech_picture(probability, cell):
    """The recording, the probability of speech, and the cell state of the LSTM over time.

    probability (T,); cell (T, H): the cell states.
    """
    sound, t = voice.recording(), np.arange(len(probability)) * voice.STEP / voice.RATE
    order = np.argsort(np.corrcoef(cell.T, probability)[-1, :-1])[::-1]
    with look():
        fig, axes = plt.subplots(3, 1, figsize=(6.4, 5.2), sharex=True, layout="constrained", height_ratios=(1, 1, 1.6))
        axes[0].plot(np.arange(len(sound)) / voice.RATE, sound, lw=0.4, color=COLOURS["x"])
        axes[0].set(ylabel="sound", title="A beep as loud as the voice is not taken for speech")
        axes[1].plot(t, probability, color=COLOURS["o"])
        axes[1].axhline(0.5, color=COLOURS["x"], ls=":", lw=1.2)
        axes[1].set(ylabel="probability\nof speech", ylim=(-0.05, 1.05))
        shares = cell / np.abs(cell).max(axis=0)  # a few cells reach 30: on one scale all others would be grey
        image = axes[2].imshow(
            shares[:, order].T,
            aspect="auto",
            vmin=-1,
            vmax=1,
            extent=(0, t[-1] + voice.STEP / voice.RATE, cell.shape[1], 0),
        )
        axes[2].set(xlabel="seconds", ylabel="unit (sorted)")
        axes[2].grid(False)
        fig.colorbar(image, ax=axes[2], label="c, as a share of\nthe unit's largest")
    return show(
        fig,
        "Three rows over 7.5 seconds. The sound. The probability of speech: near 1 during the three stretches of "
        "speech, short dips at the pauses, near 0 in noise and during the beep. The cell states of 128 units, each "
        "as a share of its largest size, sorted: those at the top rise with speech, those at the bottom fall.",
    )
