"""What stands in for NumPy's floating-point warnings in a browser says what NumPy itself says here."""

import contextlib
import warnings

import numpy as np
import pytest

from lstm_helpers.checks import floats, probe

CALLS = [
    (np.exp, 1000.0),
    (np.exp, -1000.0),
    (np.exp, np.inf),
    (np.exp, np.nan),
    (np.exp, np.float32([1.0, 100.0])),
    (np.expm1, 1000.0),
    (np.log, 0.0),
    (np.log, -1.0),
    (np.log1p, -1.0),
    (np.log1p, -2.0),
    (np.sqrt, -1.0),
    (np.square, 1e200),
    (np.reciprocal, 0.0),
    (np.divide, 1.0, 0.0),
    (np.divide, 0.0, 0.0),
    (np.divide, np.inf, np.inf),
    (np.divide, 1.0, np.inf),
    (np.divide, 1e300, np.array([[1e-300], [1.0]])),
    (np.power, 10.0, 400.0),
    (np.power, 0.0, -1.0),
    (np.power, -8.0, 1 / 3),
]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call[0].__name__}({', '.join(map(str, call[1:]))})")
def test_the_same_is_told_as_numpy_tells_here(call):
    function, *inputs = call
    with warnings.catch_warnings(record=True) as caught, np.errstate(all="warn", under="ignore"):
        warnings.simplefilter("always")
        out = function(*inputs)
    said = [str(warning.message).partition(" encountered")[0] for warning in caught]
    kind = floats._gone_wrong(function, inputs, out, where=True)
    assert said == ([floats.WORDS[kind]] if kind else [])


def told(action):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        action()
    return {str(warning.message) for warning in caught if warning.filename == __file__}


def test_a_watched_function_warns_at_the_line_that_called_it_and_only_where_it_is_wanted():
    def call():
        with floats.watched():
            np.exp(np.array([1000.0]))

    assert "overflow encountered in exp" in told(call)
    with np.errstate(all="ignore"):
        assert told(call) == set()


def test_an_operator_on_what_a_watched_function_gave_is_watched_too(monkeypatch):
    wanted = np.geterr()
    monkeypatch.setattr(np, "geterr", lambda: wanted)

    def call():
        with np.errstate(all="ignore"), floats.watched():  # NumPy itself says nothing, as in a browser
            one = given = np.exp(np.array([0.0, 1.0]))
            one /= np.log(np.array([1.0, 2.0]))
            assert one is given
            assert one.tolist() == [np.inf, np.e / np.log(2)]

    assert "divide by zero encountered in divide" in told(call)


def test_what_overflows_in_its_own_place_is_told():
    z = np.array([1000.0])
    with floats.watched():
        assert "overflow encountered in exp" in told(lambda: np.exp(z, out=z))


@pytest.mark.parametrize("left", [np.inf, np.nan])
def test_what_was_not_computed_is_not_told(left):
    out = np.array([left, 1.0])
    with floats.watched():
        assert told(lambda: np.divide([1.0, 1.0], [0.0, 1.0], out=out, where=[False, True])) == set()


def test_what_else_a_function_has_is_numpys_and_all_are_numpys_again_at_the_end():
    own = {name: getattr(np, name) for name in floats.WATCHED}
    with floats.watched():
        one = np.exp([0.0, 0.0])
        assert np.divide.outer(one, [2.0, 4.0, 1.0]).tolist() == 2 * [[0.5, 0.25, 1.0]]
        assert np.square(np.array([10**30], object)).tolist() == [10**60]
        assert (one @ np.ones((2, 3))).tolist() == [2, 2, 2]  # nor is a product looked at, whose shapes differ
    assert {name: getattr(np, name) for name in floats.WATCHED} == own


class Silent:
    """np.exp as it is in a browser."""

    nin, __name__, own = 1, "exp", np.exp

    def __call__(self, z):
        with np.errstate(all="ignore"):
            return Silent.own(z)


def test_who_wants_an_error_gets_one(monkeypatch):
    monkeypatch.setattr(np, "exp", Silent())
    with (
        floats.watched(),
        np.errstate(over="raise"),
        pytest.raises(FloatingPointError, match="overflow encountered in exp"),
    ):
        np.exp(np.array([1000.0]))


@pytest.mark.parametrize(("watch", "seen"), [(floats.watched, ["overflow"]), (contextlib.nullcontext, [])])
def test_a_probe_sees_what_a_browsers_numpy_does_not_say(monkeypatch, watch, seen):
    monkeypatch.setattr(np, "exp", Silent())
    monkeypatch.setattr(probe, "_warning", watch)
    case = {"z": np.array([-1000.0])}
    assert probe.watch(lambda z: 1 / (1 + np.exp(-z)), case, "call", "s", 0).floats == seen
