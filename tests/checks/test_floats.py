"""What stands in for NumPy's floating-point warnings in a browser says what NumPy itself says here."""

import itertools
import warnings

import numpy as np
import pytest

from lstm_helpers import checks, course
from lstm_helpers.checks import floats, probe
from lstm_helpers.site import lite
from tests.checks.solved import every_styles

VALUES = (0.0, -0.0, 1.0, -1.0, 0.5, 2.0, -3.0, 1e-300, -1e300, 1.7e308, 100.0, -1000.0, np.inf, -np.inf)
UNSURE = {  # where NumPy says more than came to pass, or as the processor's library has it
    **dict.fromkeys(("power", "float_power"), (np.inf, -np.inf)),
    **dict.fromkeys(("floor_divide", "divmod"), (1e-300, 1.7e308)),
}
FUNCTIONS = {
    value.__name__: value
    for value in vars(np).values()
    if isinstance(value, np.ufunc)
    and not value.signature
    and any(kind.startswith(f"{value.nin * 'd'}->d") for kind in value.types)
}


def said_by_numpy(action):
    with warnings.catch_warnings(record=True) as caught, np.errstate(all="warn", under="ignore"):
        warnings.simplefilter("always")
        out = action()
    return out, {str(warning.message).partition(" encountered")[0] for warning in caught}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_every_function_of_numpys_is_told_of_as_numpy_tells_here(function, dtype):
    with np.errstate(over="ignore", under="ignore"):
        values = np.array(VALUES).astype(dtype)
    values = [v for v in values if float(v) not in UNSURE.get(function.__name__, ())]
    for chosen in itertools.product(values, repeat=function.nin):
        inputs = [np.array([v]) for v in chosen]
        out, said = said_by_numpy(lambda inputs=inputs: function(*inputs))
        kinds = floats._gone_wrong(function.__name__, inputs, out, {})
        assert {floats.WORDS[kind] for kind in kinds} == said, chosen


def test_what_is_nan_already_is_not_told_again():
    with floats.watched():
        assert told(lambda: np.exp([np.nan]) + np.divide([1.0], [np.nan])) == set()


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


# ---------------------------------------------------------------- a student's code, as silent as in a browser


@pytest.fixture
def browser(monkeypatch):
    """Probes as in a browser: NumPy says nothing itself, and what stands in for it does."""
    own = np.geterr
    monkeypatch.setattr(probe, "_errstate", lambda **_: np.errstate(all="call", call=lambda *_: None))
    monkeypatch.setattr(np, "geterr", lambda: {kind: "warn" if how == "call" else how for kind, how in own().items()})
    monkeypatch.setattr(probe, "_given", floats.followed)
    monkeypatch.setattr(probe, "_warning", floats.watched)


def silenced(z):
    with np.errstate(over="ignore"):
        return 1 / (1 + 2.7**-z)


def in_place(z):
    s = np.zeros(z.shape)
    s += 2.7**z
    s /= s
    return s


WRITTEN = {
    "a power": lambda z: 1 / (1 + 2.7**-z),
    "of an array that was made anew": lambda z: 1 / (1 + np.e ** -np.asarray(z, float)),
    "of numbers one by one": lambda z: np.array([1 / (1 + 2.7**-v) for v in z]),
    "of numbers of single precision": lambda z: np.array([2.7**v for v in z.astype(np.float32)]),
    "of what was put together": lambda z: 2.7 ** np.where(z > 0, z, -z) + 2.7 ** np.stack([z, z]),
    "in place": in_place,
    "where nobody wants to hear it": silenced,
    "a quotient": lambda z: 1 / (z - 3),
    "a quotient of numbers": lambda z: np.log(0.5) / np.log(z[2] / 3),
    "a remainder": lambda z: z % (z - 3),
    "two results": lambda z: np.divmod(z, z - 3)[1],
    "a sum": lambda z: (z[:2] ** 2 * 1e302).sum() + np.sum(z[:2] ** 2 * 1e302),
    "a sum of both infinities": lambda z: np.sum([z[0] * 1e308, z[1] * 1e308]),
    "a mean of nothing": lambda z: np.mean(z[:0]),
    "a product of matrices": lambda z: (z * 1e160) @ (z * 1e160),
    "all within reach": lambda z: np.exp(z - z.max()) / np.exp(z - z.max()).sum() + np.tanh(z) ** 2,
    "a maximum that begins with inf": lambda z: np.min(z, initial=np.inf),
    "no number where none is asked for": lambda z: np.log(z, where=z > 0, out=np.zeros(z.shape)),
}


def watched(answer, cases, check=None):
    how = (check.probe, check.returns) if check else ("call", "s")
    seen = list(probe.watch_all(answer, cases, *how))
    return [vars(one) | {"outputs": {name: array.tobytes() for name, array in one.outputs.items()}} for one in seen]


@pytest.mark.filterwarnings("ignore:Mean of empty slice")
@pytest.mark.parametrize("how", WRITTEN)
def test_a_probe_in_a_browser_sees_what_it_sees_here(how, request):
    cases = [{"z": np.array([-1000.0, 1000.0, 3.0])}]
    here = watched(WRITTEN[how], cases)
    request.getfixturevalue("browser")
    assert watched(WRITTEN[how], cases) == here
    assert here[0]["status"] == "ok"


WRONG = {
    "no such method": lambda z: z.sigmoid(),
    "an index": lambda z: z[7],
    "shapes": lambda z: z + np.zeros(2),
    "one array for several": lambda z: np.stack([z, z]),
    "a text": lambda z: z + "1",
    "a call": lambda z: z(1),
}


@pytest.mark.parametrize("how", WRONG)
def test_an_error_says_in_a_browser_what_it_says_here(how, request):
    cases = [{"z": np.array([1.0, 2.0, 3.0])}] * 2
    here = list(probe.watch_all(WRONG[how], cases, "call", ("s", "t", "u")))
    request.getfixturevalue("browser")
    assert list(probe.watch_all(WRONG[how], cases, "call", ("s", "t", "u"))) == here
    assert here[0].status in ("error", "misfit")


THERE = {
    name: check
    for lesson in course.LESSONS
    if lesson.has_sheet and lesson.number in lite.STEMS
    for name, check in checks.sheets()[lesson.stem].checks.items()
}
STYLES = {name: styles for module in every_styles() for name, styles in module.STYLES.items()}


@pytest.mark.parametrize("name", THERE)
def test_right_answers_and_where_a_warning_counts_wrong_ones_are_seen_as_they_are_here(name, request):
    check = THERE[name]
    cases = [case for _, case in check.draw(0)]
    answers = [check.oracle, *STYLES.get(name, ())]
    if check.quiet:
        answers += [misconception.build() for misconception in check.misconceptions]
    here = [watched(answer, cases, check) for answer in answers]
    request.getfixturevalue("browser")
    for answer, seen in zip(answers, here, strict=True):
        assert watched(answer, cases, check) == seen
