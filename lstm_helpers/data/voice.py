"""A voice detector that is in use, and a recording for it: lesson 13 runs it on a cell of your own.

The detector reads 256 samples (32 ms at 8 kHz) per step. What stands before its LSTM, a short Fourier transform and
four convolutions, is here; the LSTM and what stands behind it are not.
"""

from importlib.resources import files

import numpy as np

RATE, STEP, BEFORE = 8000, 256, 32  # samples a second; a step; those of the step before that a step sees again
LOUDEST = 2  # a sound goes from -1 to 1, and a little beyond after filters
STRIDES = (1, 2, 2, 1)


def recording():
    """The announcement: (60160,) float32 from -1 to 1, 8,000 samples a second."""
    return _held("telephone_voice")["pcm"].astype(np.float32) / 32768


def product():
    """What the detector's own package said of ``recording``: the probability of speech per step, (235,) float32."""
    return _held("telephone_voice")["product"]


def detector():
    """The weights of the detector's LSTM and of what reads it, by torch's names.

    weight_ih (4H, D), weight_hh (4H, H), bias_ih (4H,), bias_hh (4H,), rows in the order i, f, g, o, D = H = 128;
    weight_out (H,) and bias_out (1,): the probability is the sigmoid of relu(h) @ weight_out + bias_out.
    """
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_out", "bias_out")
    return {name: _held("voice_detector")[name] for name in names}


def features(sound):
    """What the detector's LSTM reads: (T, 1, 128), one step for each 256 samples of ``sound`` (8,000 a second).

    Raises ValueError for a sound that is no row of at least 256 numbers, all of them finite and from -1 to 1.
    """
    sound = np.asarray(sound, float)
    if sound.ndim != 1 or len(sound) < STEP:
        raise ValueError(
            f"expected sound (samples,) with {STEP} samples or more, got {sound.shape}: one channel, 8,000 samples a "
            "second"
        )
    loudest = np.abs(sound).max()
    if not loudest <= LOUDEST:
        raise ValueError(
            f"expected finite numbers from -1 to 1 in sound, got up to {loudest:g}: divide 16-bit samples, as files "
            "hold them, by 32768"
        )
    held = _held("voice_detector")
    padded = np.pad(sound[: len(sound) // STEP * STEP], (BEFORE, 0))
    steps = np.stack([padded[k : k + BEFORE + STEP] for k in range(0, len(padded) - BEFORE, STEP)])
    waves = _convolved(np.pad(steps, ((0, 0), (0, BEFORE)), mode="reflect")[:, None], held["basis"][:, None], 0, 64)
    half = waves.shape[1] // 2
    x = np.sqrt(waves[:, :half] ** 2 + waves[:, half:] ** 2)  # how strong each frequency is
    for number, stride in enumerate(STRIDES):
        weight, bias = held[f"conv{number}_weight"], held[f"conv{number}_bias"]
        x = np.maximum(_convolved(np.pad(x, ((0, 0), (0, 0), (1, 1))), weight, bias[:, None], stride), 0)
    return x.transpose(2, 0, 1)[0][:, None]


def _convolved(x, weight, bias, stride):
    """x (T, channels, length) with weight (out, channels, width): (T, out, shorter length)."""
    windows = np.lib.stride_tricks.sliding_window_view(x, weight.shape[2], axis=2)[:, :, ::stride]
    return np.einsum("tclk,ock->tol", windows, weight, optimize=True) + bias


def _held(name):
    with files(__name__.rpartition(".")[0]).joinpath(f"{name}.npz").open("rb") as file:
        return dict(np.load(file))
