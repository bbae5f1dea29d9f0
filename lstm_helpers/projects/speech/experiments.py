"""What the notebook measures: the rival, the ways to say a string, errors one by one, a voice in a recording."""

import numpy as np

from lstm_helpers.baselines.segments import Segments, squeezed, wrong_cuts
from lstm_helpers.data import sound, voice
from lstm_helpers.nn.functional import sigmoid
from lstm_helpers.projects.speech import answers, model

PRICES = (-5, -4, -3, -2.5, -2, -1.5, -1, -0.5, 0)  # of a piece, for the rival; chosen by the validation strings


def rival(speech, learned, seed=0):
    """The segment classifier, trained on the recordings ``learned`` and on four times as many wrong cuts."""
    rng = np.random.default_rng(seed)
    scaled = [_scaled(speech, speech.recordings[k]) for k in learned]
    pieces = [squeezed(x, np.array([0]), np.array([len(x)])) for x in scaled]
    classes = list(speech.digits[learned])
    for _ in range(4):
        order = rng.permutation(len(scaled))
        for i, j in zip(order, order[1:], strict=False):
            if cut := wrong_cuts((scaled[i], scaled[j]), rng):
                pieces.append(squeezed(cut[0], np.array([cut[1]]), np.array([cut[2]])))
                classes.append(10)
    return Segments(sound.COEFFICIENTS, 10, rng).learn(np.concatenate(pieces), np.array(classes), rng)


def judged(segments, strings):
    """Every piece of every string [(x (T, 26), digits)], judged once: for ``rival_words`` at several prices."""
    return [segments.pieces(x[:, : sound.COEFFICIENTS]) for x, _ in strings]


def rival_words(segments, strings, pieces, price):
    """What the rival hears in each string, at this price of a piece."""
    return [segments.words_in(x[:, : sound.COEFFICIENTS], price, p) for (x, _), p in zip(strings, pieces, strict=True)]


def with_oracle_cuts(segments, speech, chosen):
    """The share of single recordings that the rival's classifier takes for another digit: it is told where to cut."""
    scaled = [_scaled(speech, speech.recordings[k]) for k in chosen]
    scores = [segments.scores(squeezed(x, np.array([0]), np.array([len(x)])))[0, :10] for x in scaled]
    return float((np.argmax(scores, axis=1) != speech.digits[chosen]).mean())


def _scaled(speech, x):
    return ((x - speech.mean) / speech.deviation).astype(np.float32)


def shares(log_p, labels):
    """The share of all ways that say ``labels`` which stand at each place in each frame: (T, 2L + 1)."""
    places = np.zeros(2 * len(labels) + 1, int)
    places[1::2] = labels
    emitted = log_p[:, places]
    skip = np.zeros((2, len(places)), bool)
    skip[:, 2:] = places[2:] != places[:-2], places[-3::-1] != places[:1:-1]
    alpha = model.ways(emitted[:, None], skip[:1])[:, 0]
    beta = model.ways(emitted[::-1, None, ::-1], skip[1:])[::-1, 0, ::-1]
    return np.exp(alpha + beta - emitted - np.logaddexp(alpha[-1, -1], alpha[-1, -2]))


def pairs(said, meant):
    """The words of two strings beside each other by the least number of edits: [(said, meant)], None for a gap."""
    d = np.add.outer(np.arange(len(said) + 1), np.arange(len(meant) + 1))
    for i in range(1, len(said) + 1):
        for j in range(1, len(meant) + 1):
            d[i, j] = min(d[i - 1, j - 1] + (said[i - 1] != meant[j - 1]), d[i - 1, j] + 1, d[i, j - 1] + 1)
    i, j, found = len(said), len(meant), []
    while i or j:
        if i and j and d[i, j] == d[i - 1, j - 1] + (said[i - 1] != meant[j - 1]):
            i, j = i - 1, j - 1
            found.append((int(said[i]), int(meant[j])))
        elif i and d[i, j] == d[i - 1, j] + 1:
            i -= 1
            found.append((int(said[i]), None))
        else:
            j -= 1
            found.append((None, int(meant[j])))
    return found[::-1]


def speaks(sound_, lstm):
    """The probability of speech in each 32 ms of a sound (8,000 samples a second), by the detector of lesson 13 (T,).

    lstm: a layer of 128 inputs and 128 units, ``yours.LSTM`` or ``nn.LSTM``, which gets the detector's weights.
    """
    held = voice.detector()
    lstm.params["W_x"][...], lstm.params["W_h"][...] = held["weight_ih"].T, held["weight_hh"].T
    lstm.params["b"][...] = held["bias_ih"] + held["bias_hh"]
    h, _ = lstm.forward(voice.features(sound_).astype(lstm.dtype), train=False)
    return sigmoid(np.maximum(h[:, 0], 0) @ held["weight_out"] + held["bias_out"])


def spoken(sound_, probability, margin=2):
    """The parts of a sound that somebody speaks in, one after the other, and where they are: (samples, (n, 2) steps).

    margin: steps of 32 ms that are kept on both sides. Raises ValueError where nobody speaks.
    """
    near = np.convolve(probability >= 0.5, np.ones(2 * margin + 1), mode="same") > 0
    parts = np.flatnonzero(np.diff(np.concatenate([[False], near, [False]]))).reshape(-1, 2)
    if not len(parts):
        raise ValueError(
            f"nobody speaks in these {len(sound_) / sound.RATE:.1f} seconds, says the detector (at most "
            f"{probability.max():.0%} sure): record it again, closer to the microphone"
        )
    return np.concatenate([sound_[a * voice.STEP : b * voice.STEP] for a, b in parts]), parts


def heard(recogniser, sound_, K=10):
    """(digits, log-probabilities (T, 11)) that the recogniser hears in a sound, 8,000 samples a second.

    Its loudness is brought to that of the recordings the recogniser knows.
    """
    frames = sound.mfcc(sound_)
    frames[:, 0] += recogniser.mean[0] - frames[:, 0].mean()
    x = model.inputs(frames, recogniser.mean, recogniser.deviation)
    (log_p,) = recogniser.log_p([(x, ())])
    return answers.prefix_beam(log_p, K)[0] - 1, log_p
