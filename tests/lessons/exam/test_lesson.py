"""Exercise 13: the essay that is marked, the numbers by pencil, and the real recording at its end."""

import re

import nbformat
import numpy as np
import pytest

from lstm_helpers import checks
from lstm_helpers.checks.show import CORRECT, WRONG
from lstm_helpers.data import voice
from lstm_helpers.lessons.exam import answers, by_pencil
from lstm_helpers.nn.functional import lstm_step
from tests import ROOT, lessons

SOLUTION = nbformat.read(ROOT / "solutions/13_exam.ipynb", as_version=4)
PROSE = lessons.prose(SOLUTION)
NUMBERS = by_pencil.GIVEN.work_out()
RIGHT = {name: sentence.right for name, sentence in by_pencil.ESSAY.items()}


def marked(given):
    return checks.examine(checks.find("marked_essay"), given)


def test_the_essay_of_the_exercise_is_that_of_the_check():
    rows = re.findall(r"^(\d+)\. (.+)$", PROSE, re.MULTILINE)
    assert dict(rows) == {name[1:]: sentence.text for name, sentence in by_pencil.ESSAY.items()}


def test_half_of_the_sentences_are_wrong_and_marking_all_alike_earns_nothing():
    assert sum(RIGHT.values()) == 6
    for verdict in (True, False):
        result = marked(dict.fromkeys(RIGHT, verdict))
        assert (result.state, result.points, result.cause) == (WRONG, 0, "all sentences are marked alike")


@pytest.mark.parametrize("name", RIGHT)
def test_one_sentence_misjudged_costs_a_point_and_is_explained(name):
    result = marked({**RIGHT, name: not RIGHT[name]})
    assert result.points == result.of - 1
    assert f"Sentence {name[1:]} is {'right' if RIGHT[name] else 'wrong'}" in result.text
    assert by_pencil.ESSAY[name].why in result.text


def test_each_sentence_more_costs_a_point_more_and_one_is_named_at_a_time():
    names = list(RIGHT)
    for count, points in ((0, 4), (2, 2), (3, 1), (4, 0), (7, 0)):
        result = marked({name: right != (name in names[:count]) for name, right in RIGHT.items()})
        assert result.points == points
        assert result.text.count("Sentence ") == (count > 0)
    assert marked({name: int(right) for name, right in RIGHT.items()}).state == CORRECT
    assert "write True or False" in marked({**RIGHT, "s3": 7}).text


def test_the_arithmetic_of_the_essay():
    assert 0.33 < 0.9**10 < 0.36
    assert NUMBERS == {"parameters": 6_563_840, "carried": 2_560, "products": 6_553_600, "one_bias": 3_279_360}


def test_a_number_by_pencil_that_was_rounded_is_told_so():
    rounded = checks.examine(checks.find("parakeet_by_pencil"), {**NUMBERS, "parameters": 6.56e6})
    assert not rounded.right
    assert "is 6,560,000: all its digits are asked" in rounded.text
    other = checks.examine(checks.find("parakeet_by_pencil"), {**NUMBERS, "parameters": 6_558_720})
    assert "not the number that the question asks for" in other.text


def test_the_numbers_by_pencil_are_those_of_torch():
    import torch

    layers = torch.nn.LSTM(640, 640, num_layers=2)
    assert sum(p.numel() for p in layers.parameters()) == NUMBERS["parameters"]
    assert sum(p.numel() for p in layers.parameters() if p.ndim == 2) == NUMBERS["products"]
    _, state = layers(torch.zeros(1, 1, 640))
    assert sum(part.numel() for part in state) == NUMBERS["carried"]


def test_the_answers_run_the_product_on_the_recording():
    p = answers.listen(voice.features(voice.recording()), **voice.detector())
    assert p.shape == (235, 1)
    np.testing.assert_allclose(p[:, 0], voice.product(), atol=1e-5)
    segments = answers.speech_segments(p[:, 0], 0.5, 0.35, 8)
    assert segments.tolist() == [[17, 83], [86, 132], [135, 187]]
    one = answers.speech_segments(p[:, 0], 0.5, 0.5, 8)
    assert [end for _, end in one] == [83, 131, 186]
    said = lessons.printed(SOLUTION, "voice.product()")
    seconds = re.findall(r"speech from +(\d\.\d\d) to +(\d\.\d\d)", said)
    assert np.array(seconds, float) == pytest.approx(segments * 0.032, abs=0.0051)
    assert "True" in said


def test_the_cells_follow_speech_and_stand_in_the_beep_as_in_silence():
    """What the lesson reads from its lowest panel: each unit as a share of its largest size, sorted."""
    weights, p, cells = voice.detector(), [], []
    h = c = np.zeros((1, 128))
    W_x, W_h, b = weights["weight_ih"].T, weights["weight_hh"].T, weights["bias_ih"] + weights["bias_hh"]
    for x in voice.features(voice.recording()):
        h, c = lstm_step(x, h, c, W_x, W_h, b)
        p.append(1 / (1 + np.exp(-np.maximum(h[0], 0) @ weights["weight_out"] - weights["bias_out"][0])))
        cells.append(c[0])
    p, cells, seconds = np.array(p), np.array(cells), np.arange(len(p)) * voice.STEP / voice.RATE
    order = np.argsort(np.corrcoef(cells.T, p)[-1, :-1])
    shares = cells / np.abs(cells).max(axis=0)
    top, bottom = shares[:, order[-25:]].mean(axis=1), shares[:, order[:25]].mean(axis=1)
    beep, silence = (seconds > 6.45) & (seconds < 6.75), seconds > 7
    assert top[p > 0.9].mean() > 0.2 > -0.2 > bottom[p > 0.9].mean()
    assert top[beep].mean() < 0 < bottom[beep].mean()
    assert abs(top[beep].mean() - top[silence].mean()) < 0.2
    assert abs(bottom[beep].mean() - bottom[silence].mean()) < 0.2


def test_the_beep_is_as_loud_as_the_voice_and_its_peaks_are_lower():
    sound, seconds = voice.recording(), np.arange(len(voice.recording())) / voice.RATE
    beep, voiced = sound[(seconds > 6.45) & (seconds < 6.75)], sound[(seconds > 0.6) & (seconds < 5.6)]
    assert np.sqrt(np.mean(beep**2)) == pytest.approx(np.sqrt(np.mean(voiced**2)), rel=0.2)
    assert np.abs(beep).max() < 0.5 * np.abs(voiced).max()
