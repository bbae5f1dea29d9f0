"""The tasks of the first papers are what their descriptions say."""

import re

import numpy as np
import pytest

from lstm_helpers.data import tasks_1997 as tasks

MANY = 2000


def rng(seed=0):
    return np.random.default_rng(seed)


def texts(x, lengths, symbols):
    return ["".join(symbols[k] for k in x[:n, b].argmax(axis=1)) for b, n in enumerate(lengths)]


def accepts(text):
    """Whether the grammar makes this string: by walking it, apart from the generator."""
    node = 0
    for symbol in text:
        ways = dict(tasks.GRAMMAR[node]) if node is not None else {}
        if symbol not in ways:
            return False
        node = ways[symbol]
    return node is None


def test_strings_of_the_embedded_grammar_end_as_they_began():
    x, legal, lengths = tasks.embedded_reber(rng(), MANY)
    for text, marks, n in zip(texts(x, lengths, tasks.REBER), legal.transpose(1, 0, 2), lengths, strict=True):
        assert text[0] == "B"
        assert text[1] == text[-1] in "TP"
        assert accepts(text[2:-1])
        for t in range(n - 1):
            assert marks[t, tasks.REBER.index(text[t + 1])] == 1  # what comes may come
        assert [marks[t].sum() for t in (0, 1, n - 2, n - 1)] == [2, 1, 1, 1]
        assert marks[n - 2].argmax() == tasks.REBER.index(text[1])
        assert marks[n - 1].argmax() == tasks.REBER.index("E")
        assert not marks[n:].any()
    assert not x[np.arange(len(x))[:, None] >= lengths].any()
    assert min(lengths) == 8  # B T B P V V E T, the E behind it is not read


def test_every_legal_symbol_does_come():
    x, legal, lengths = tasks.embedded_reber(rng(), MANY)
    seen = {}
    for text, marks in zip(texts(x, lengths, tasks.REBER), legal.transpose(1, 0, 2), strict=True):
        for t in range(2, len(text) - 2):
            seen.setdefault(tuple(marks[t]), set()).add(text[t + 1])
    for marks, came in seen.items():
        assert came == {s for s, mark in zip(tasks.REBER, marks, strict=True) if mark}


def test_the_continual_stream_is_strings_after_strings():
    x, legal, lengths = tasks.continual_reber(rng(), 5, 20)
    for text, marks in zip(texts(x, lengths, tasks.REBER), legal.transpose(1, 0, 2), strict=True):
        strings = re.findall(r"B[TP]B.*?E[TP]E", text)
        assert len(strings) == 5
        assert "".join(strings) == text
        assert all(accepts(s[2:-2]) and s[1] == s[-2] for s in strings)
        ends = np.cumsum([len(s) for s in strings]) - 1
        assert all(marks[end].argmax() == 0 for end in ends)
        assert all(marks[end].sum() == 1 for end in ends)


@pytest.mark.parametrize("regular", [True, False])
def test_two_words_differ_in_their_ends_alone(regular):
    x, target = tasks.two_words(rng(), 10, MANY, regular=regular)
    assert x.shape == (10, MANY, 11)
    assert (x.sum(axis=2) == 1).all()
    word = x.argmax(axis=2)
    np.testing.assert_array_equal(word[1:], target[:-1])
    np.testing.assert_array_equal(word[0], target[-1])
    assert set(word[0]) == {9, 10}
    assert word[1:].max() < 9
    assert set(word[1]) == ({0} if regular else set(range(9)))


def test_a_long_lag_hides_one_symbol_behind_distractors():
    x, target, lengths = tasks.long_lag(rng(), 20, 7, MANY)
    assert x.shape[2] == 11
    for b, text in enumerate(x.transpose(1, 0, 2)):
        index = text[: lengths[b]].argmax(axis=1)
        assert index[0] == 7
        assert index[1] == 9 + target[b]
        assert index[-1] == 8
        assert index[2:-1].max() < 7
        assert len(index) >= 23
    assert np.mean(lengths - 23) == pytest.approx(9, abs=0.6)  # of a geometric suffix
    assert 0.45 < target.mean() < 0.55


@pytest.mark.parametrize("kind", tasks.KINDS)
def test_two_sequences_show_their_class_in_the_first_numbers(kind):
    x, target, given, lengths = tasks.two_sequences(rng(), 100, 3, MANY, kind)
    assert x.shape == (110, MANY, 1)
    first = np.isclose(target, 0.2 if kind == "targets" else 1)
    assert set(np.round(target.astype(float), 6)) == ({0.2, 0.8} if kind == "targets" else {0.0, 1.0})
    shown = x[:3, :, 0]
    if kind == "noisy":
        assert np.var(shown - np.where(first, 1, -1)) == pytest.approx(0.2, abs=0.02)
    else:
        np.testing.assert_array_equal(shown, np.broadcast_to(np.where(first, 1, -1), shown.shape))
    assert np.var(x[3:100]) == pytest.approx(0.2, abs=0.01)
    noise = given - target
    assert np.var(noise) == pytest.approx(0.1 if kind == "targets" else 0, abs=0.01)
    assert lengths.min() == 100
    assert lengths.max() == 110


def test_two_sequences_of_another_kind_are_refused():
    with pytest.raises(ValueError, match="expected kind of plain, noisy, targets, got '3a'"):
        tasks.two_sequences(rng(), 100, 3, 2, "3a")


def test_multiplication_asks_for_the_product_of_the_marked():
    x, target, lengths = tasks.multiplication(rng(), 40, MANY)
    value, marker = x[..., 0], x[..., 1]
    assert value.min() >= 0
    for b in range(200):
        marked = value[marker[:, b] == 1, b]
        assert len(marked) in (1, 2)
        assert target[b] == pytest.approx(marked.prod(), abs=1e-6)
        assert marker[0, b] == marker[lengths[b] - 1, b] == -1
    assert (marker == 1).sum(axis=0).mean() == pytest.approx(1.9, abs=0.05)  # in one of ten it falls on the first step
    with pytest.raises(ValueError, match="20 steps or more, got 19"):
        tasks.multiplication(rng(), 19, 2)


@pytest.mark.parametrize(("marks", "places"), [(2, [(10, 20), (50, 60)]), (3, [(10, 20), (33, 43), (66, 76)])])
def test_temporal_order_reads_its_marks_as_a_binary_number(marks, places):
    x, target, lengths = tasks.temporal_order(rng(), MANY, marks)
    for b, text in enumerate(texts(x, lengths, tasks.ORDER)):
        assert text[0] == "E"
        assert text[-1] == "B"
        assert 100 <= len(text) <= 110
        at = [t for t, symbol in enumerate(text) if symbol in "XY"]
        assert len(at) == marks
        assert all(low <= t <= high for t, (low, high) in zip(at, places, strict=True))
        assert target[b] == int("".join(str("XY".index(text[t])) for t in at), 2)
    assert set(target) == set(range(2**marks))
    with pytest.raises(ValueError, match="marks of 2 or 3, got 4"):
        tasks.temporal_order(rng(), 2, 4)


@pytest.mark.parametrize("letters", [2, 3])
def test_counting_says_what_may_follow(letters):
    x, legal, lengths = tasks.counting(rng(), letters, 1, 9, MANY)
    names = "Sabc"[: letters + 1] + "T"
    for b, text in enumerate(texts(x, lengths, names)):
        n = text.count("a")
        assert text == "S" + "".join(letter * n for letter in "abc"[:letters])
        marks = legal[: len(text), b]
        following = text[1:] + "T"
        assert all(marks[t, names.index(symbol)] for t, symbol in enumerate(following))
        assert [int(m.sum()) for m in marks] == [1] + [2] * n + [1] * (len(text) - 1 - n)
        assert not x[len(text) :, b].any()
    with pytest.raises(ValueError, match="letters of 2 or 3"):
        tasks.counting(rng(), 4, 1, 2, 1)


@pytest.mark.parametrize(
    "draw",
    [
        lambda r: tasks.embedded_reber(r, 5),
        lambda r: tasks.long_lag(r, 5, 4, 5),
        lambda r: tasks.two_sequences(r, 20, 3, 5, "targets"),
        lambda r: tasks.temporal_order(r, 5),
        lambda r: tasks.counting(r, 3, 1, 4, 5),
    ],
)
def test_the_same_seed_gives_the_same_batch(draw):
    for one, other in zip(draw(rng(7)), draw(rng(7)), strict=True):
        np.testing.assert_array_equal(one, other)
