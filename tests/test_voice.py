"""The voice detector on the recording: run with the course's LSTM, it says what its own package says."""

import numpy as np
import pytest

from lstm_helpers import nn
from lstm_helpers.data import voice


def probabilities(features):
    held = voice.detector()
    layer = nn.LSTM(128, 128, rng=np.random.default_rng(0), dtype=float)
    layer.params["W_x"][...], layer.params["W_h"][...] = held["weight_ih"].T, held["weight_hh"].T
    layer.params["b"][...] = held["bias_ih"] + held["bias_hh"]
    output, _ = layer.forward(features)
    z = np.maximum(output[:, 0], 0) @ held["weight_out"] + held["bias_out"]
    return 1 / (1 + np.exp(-z))


def test_the_courses_cell_says_what_the_product_says():
    found = probabilities(voice.features(voice.recording()))
    assert np.abs(found - voice.product()).max() < 5e-6


def test_the_beep_is_as_loud_as_the_voice_and_is_no_speech():
    p = voice.product()
    loud = np.sqrt((voice.recording().reshape(-1, voice.STEP) ** 2).mean(axis=1))
    beep = slice(len(p) - 36, len(p) - 22)
    assert np.median(loud[beep]) > np.median(loud[p > 0.5])
    assert p[beep].max() < 0.3


def test_a_longer_sound_begins_with_the_same_features():
    sound = voice.recording()
    whole = voice.features(sound)
    assert whole.shape == (len(sound) // voice.STEP, 1, 128)
    np.testing.assert_allclose(voice.features(sound[: 10 * voice.STEP + 100]), whole[:10])


@pytest.mark.parametrize("sound", [np.zeros(255), np.zeros((2, 800)), []])
def test_what_is_no_sound_is_told_so(sound):
    with pytest.raises(ValueError, match="one channel, 8,000 samples a second"):
        voice.features(sound)


@pytest.mark.parametrize("odd", ["16 bit", "nan", "inf"])
def test_a_sound_that_is_not_from_minus_1_to_1_is_told_what_to_do(odd):
    sound = {
        "16 bit": lambda x: (32768 * x).astype(np.int16),
        "nan": lambda x: np.where(np.arange(len(x)) == 9, np.nan, x),
        "inf": lambda x: np.where(np.arange(len(x)) == 9, np.inf, x),
    }[odd](voice.recording())
    with pytest.raises(ValueError, match="expected finite numbers from -1 to 1 .* by 32768"):
        voice.features(sound)
