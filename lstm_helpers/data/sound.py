"""Sound: WAV files, and the 13 numbers per 25 ms (MFCCs) that the project speech reads; ten digits to hear and try.

The constants are those of ``torchaudio.transforms.MFCC(sample_rate=8000, n_mfcc=13)``, which a package by the author of
the source of ``spoken_digits`` shows for the same recordings. How these were made is not told with them, and their
waveforms are not here: whether they were made so can be argued, not tested.
"""

import html
import wave
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np

RATE, STEP, WINDOW = 8000, 200, 400  # samples a second; from frame to frame (25 ms); that a frame sees (50 ms)
BANDS, COEFFICIENTS = 128, 13
SHORTEST = 0.1  # seconds of a recording
FLOOR, RANGE = 1e-10, 80  # the least power; decibels below the loudest band from which on all is alike


def read(file, rate=RATE):
    """A recording as one row of numbers from -1 to 1, ``rate`` samples a second, its channels averaged.

    WAV files of 8, 16, 24 or 32 bits are read by Python alone; others (FLAC, OGG, MP3) by the extra ``soundfile``.
    Raises ValueError, with what to do, for a file that is no recording.
    """
    file = Path(file)
    if file.is_dir():
        raise ValueError(f"{file.name} is a folder: give the path of a recording in it")
    if not file.is_file():
        raise ValueError(f"there is no file {file.name} in {file.resolve().parent}: give the path of a recording")
    try:
        samples, own = _of_wave(file)
    except (wave.Error, EOFError):
        samples, own = _of_other(file)
    if len(samples) < SHORTEST * own:
        raise ValueError(
            f"{file.name} lasts {len(samples) / own:.2f} seconds, expected {SHORTEST} or more: record it again"
        )
    if strange := np.count_nonzero(~np.isfinite(samples)):
        raise ValueError(
            f"{file.name} holds NaN or infinity in place of {strange:,} of {samples.size:,} samples: export it again, "
            "as WAV of 16 bits"
        )
    return resampled(samples.mean(axis=1), own, rate)


def _of_wave(file):
    with wave.open(str(file)) as held:
        width, channels, own = held.getsampwidth(), held.getnchannels(), held.getframerate()
        stored = np.frombuffer(held.readframes(held.getnframes()), np.uint8)
    stored = stored[: len(stored) // (width * channels) * width * channels].reshape(-1, width)
    if width == 1:  # the only width that WAV stores without a sign
        return (stored.reshape(-1, channels) - 128.0) / 128, own
    whole = np.zeros((len(stored), 4), np.uint8)
    whole[:, 4 - width :] = stored
    return whole.view("<i4").reshape(-1, channels) / 2.0**31, own


def _of_other(file):
    try:
        import soundfile
    except ImportError:
        raise ValueError(
            f"{file.name} is no WAV file that Python can read by itself: save it as WAV (PCM, 16 bits), or "
            "`pip install soundfile` for FLAC, OGG and MP3"
        ) from None
    try:
        return soundfile.read(file, always_2d=True)
    except soundfile.LibsndfileError:
        raise ValueError(
            f"{file.name} is no recording that can be read, or not a whole one: copy it again, or save it as WAV"
        ) from None


def resampled(samples, own, rate=RATE):
    """``samples (N,)``, ``own`` a second, as ``rate`` a second: frequencies above half of the lower rate are lost."""
    if own == rate:
        return np.asarray(samples, float)
    pad = int(own)  # a second of silence: the Fourier transform takes the two ends for neighbours
    wave_, length = np.fft.rfft(np.pad(samples, (0, pad))), round((len(samples) + pad) * rate / own)
    kept = np.zeros(length // 2 + 1, complex)
    shared = min(len(kept), len(wave_))
    kept[:shared] = wave_[:shared]
    return np.fft.irfft(kept, length)[: round(len(samples) * rate / own)] * length / (len(samples) + pad)


def power(sound):
    """The short Fourier transform's power of ``sound (N,)``: (T, WINDOW / 2 + 1), a frame each STEP samples.

    Frame k is centred on sample k * STEP; the ends are mirrored.
    Raises ValueError for a sound that is no row of more than WINDOW / 2 finite numbers.
    """
    sound = np.asarray(sound, float)
    if sound.ndim != 1 or len(sound) <= WINDOW // 2 or not np.isfinite(sound).all():
        raise ValueError(
            f"expected a row of more than {WINDOW // 2} finite numbers, got shape {sound.shape}: one channel, "
            f"{RATE:,} samples a second"
        )
    padded = np.pad(sound, WINDOW // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::STEP]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)
    return np.abs(np.fft.rfft(frames * hann, axis=1)) ** 2


def mel(hertz):
    """Frequencies on the scale of hearing: equal steps sound equally far apart (O'Shaughnessy 1987)."""
    return 2595 * np.log10(1 + np.asarray(hertz) / 700)


def bands(count=BANDS):
    """How much each frequency counts in each of ``count`` triangles, equally wide in mel: (WINDOW / 2 + 1, count)."""
    edges = 700 * (10 ** (np.linspace(0, mel(RATE / 2), count + 2) / 2595) - 1)
    low, middle, high = edges[:-2], edges[1:-1], edges[2:]
    hertz = np.linspace(0, RATE / 2, WINDOW // 2 + 1)[:, None]
    return np.maximum(0, np.minimum((hertz - low) / (middle - low), (high - hertz) / (high - middle)))


def decibels(sound, count=BANDS):
    """The power in each mel band, in decibels, at most RANGE below the loudest: (T, count)."""
    level = 10 * np.log10(np.maximum(power(sound) @ bands(count), FLOOR))
    return np.maximum(level, level.max() - RANGE)


def cosines(count=BANDS, kept=COEFFICIENTS):
    """The first ``kept`` columns of the orthonormal discrete cosine transform: (count, kept)."""
    waves = np.cos(np.pi / count * (np.arange(count)[:, None] + 0.5) * np.arange(kept))
    return waves * np.sqrt(np.where(np.arange(kept) == 0, 1, 2) / count)


def mfcc(sound):
    """Mel-frequency cepstral coefficients of ``sound (N,)``, RATE samples a second: (1 + N // STEP, 13) float32.

    Source: Davis & Mermelstein 1980; the constants are torchaudio's, see above.
    """
    return (decibels(sound) @ cosines()).astype(np.float32)


@dataclass(frozen=True, repr=False)
class Heard:
    """A sound (T,) from -1 to 1 to listen to, ``rate`` samples a second, and what is ``said`` in it, in words, which
    stand for it where no sound is played."""

    samples: np.ndarray
    said: str
    rate: int = RATE

    def _repr_html_(self):
        from IPython.display import Audio

        player = Audio(self.samples, rate=self.rate)._repr_html_()
        return player.replace("<audio ", f'<audio aria-label="{html.escape(self.said)}" ', 1)

    def __repr__(self):
        return f"A sound of {len(self.samples) / self.rate:.1f} seconds: {self.said}. Run this cell to listen."


def digit_sounds():
    """The digits 0 to 9 spoken by one voice that no recording of ``spoken_digits`` is known to have: ten arrays from -1
    to 1, RATE samples a second. Allison Smith, for the telephone system Asterisk; CC BY-SA 3.0."""
    held = _held("digit_sounds")
    return np.split(held["pcm"] / 32768, np.cumsum(held["lengths"])[:-1])


def connected_digits():
    """Digits that people said in one breath: a list of (sound from -1 to 1, the digits that are said)."""
    held = _held("connected_digits")
    sounds = np.split(held["pcm"] / 32768, np.cumsum(held["lengths"])[:-1])
    return list(zip(sounds, np.split(held["said"].astype(int), np.cumsum(held["said_lengths"])[:-1]), strict=True))


def _held(name):
    with files(__name__.rpartition(".")[0]).joinpath(f"{name}.npz").open("rb") as file:
        return dict(np.load(file))
