"""What a check says, and that it never raises in a notebook."""

import functools
import json
import linecache
import math
import os
import re
import warnings
from types import SimpleNamespace

import IPython
import numpy as np
import pytest

from lstm_helpers import checks
from lstm_helpers.checks import check, inspection, judge, probe
from lstm_helpers.checks.sheet import Sheet
from lstm_helpers.course import progress
from lstm_helpers.lessons.gates import answers
from lstm_helpers.nn import functional as F
from tests.checks.solved import solution


@pytest.fixture(autouse=True)
def own_progress(tmp_path, monkeypatch):
    monkeypatch.setenv("LSTM_COURSE_PROGRESS", str(tmp_path / "progress.json"))
    monkeypatch.delenv("LSTM_COURSE_STRICT", raising=False)


def notebook(source):
    """The names that a notebook's cell defines."""
    space = {"np": np, "sigmoid": F.sigmoid}
    exec(source, space)
    return space


STUBS = [
    "...",
    "pass",
    "return",
    "return None",
    "raise NotImplementedError",
    "raise NotImplementedError()",
    '"what it does"\n    ...',
    '"what it does"\n    # YOUR CODE HERE\n    raise NotImplementedError("later")',
]


@pytest.mark.parametrize("body", STUBS)
def test_an_untouched_body_is_not_attempted(body):
    result = check("sigmoid", notebook(f"def f(z):\n    {body}")["f"])
    assert (result.state, result.points) == (judge.NOT_ATTEMPTED, 0)


@pytest.mark.parametrize("body", ["while True: pass", "return 0", "z = 1", "return z", "raise ValueError"])
def test_a_short_body_that_does_something_is_an_attempt(body):
    f = notebook(f"def f(z):\n    {body}")["f"]
    assert not probe.is_untouched(f)


def test_a_placeholder_left_in_the_code_is_not_attempted_and_shown():
    result = check("hidden_update", notebook("def hidden_update(o, c):\n    return o * ...")["hidden_update"])
    assert result.state == judge.NOT_ATTEMPTED
    assert "..." in result.text


def test_numbers_left_open_are_not_attempted_and_half_of_them_is_said():
    open_ = dict.fromkeys("ifgoch", ...)
    assert check("pencil", open_).state == judge.NOT_ATTEMPTED
    assert "f, g, o, c, h are still empty" in check("pencil", {**open_, "i": 0.62}).text


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({1: 0.62, 2: 0.38, "c ": 1}, "it holds 1, 2, 'c ', but no i, f, g and 3 more: keep the names"),
        ({"I": 1, "F": 1, "G": 1, "O": 1}, "it holds 'I', 'F', 'G' and 1 more, but no i, f, g and 3 more"),
        (dict.fromkeys("ifgoc", 0.5) | {"h_t": 0.4}, "it holds 'h_t', but no h"),
    ],
)
def test_numbers_under_other_names_are_an_attempt_and_the_names_are_said(given, said):
    result = check("pencil", given)
    assert result.state == judge.WRONG
    assert said in result.text


def test_a_note_beside_all_the_numbers_does_no_harm_and_a_placeholder_under_another_name_is_none():
    right = checks.find("pencil").oracle
    assert check("pencil", {**right, "my note": 7}).right
    assert check("pencil", {"my note": ...}).state == judge.NOT_ATTEMPTED


def test_a_thing_that_says_it_equals_everything_is_not_taken_for_a_placeholder():
    class Anything:
        def __eq__(self, other):
            return True

        __hash__ = None

    assert "is a Anything, expected one number" in check("pencil", dict.fromkeys("ifgoch", Anything())).text


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("0.62", "is text: write it without quotes"),
        ("0,62", "and without a comma"),
        ("Yes", "write True or False, without quotes"),
        ((0, 62), "with a point"),
        (62.2, "per cent"),
        (-0.62, "sign"),
        (0.6, "right to one decimal"),
        (0.65, "not the number"),
    ],
)
def test_a_wrong_number_is_explained_and_the_right_one_not_shown(number, said):
    right = {"i": 0.62, "f": 0.73, "g": -0.72, "o": 0.88, "c": 0.72, "h": 0.55}
    result = check("pencil", {**right, "i": number})
    assert result.state == judge.WRONG
    assert said in result.text
    assert "0.62" not in result.text.replace(str(number), "")


def test_an_error_shows_the_students_own_line_and_the_shapes_there():
    source = "def hidden_update(o, c):\n    half = c[:, :1]\n    return o @ np.tanh(half)"
    linecache.cache["cell"] = (len(source), None, source.splitlines(True), "cell")
    space = {"np": np}
    exec(compile(source, "cell", "exec"), space)
    result = check("hidden_update", space["hidden_update"])
    assert result.state == judge.ERROR
    assert "line 3: return o @ np.tanh(half)" in result.text
    assert "shapes there: o (3, 2), half (3, 1)" in result.text
    assert "this matrix product does not fit" in result.text


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("np.linalg.solve(np.eye(3), np.ones(4))", "np.linalg.solve(A, b) needs as many numbers in b as A has rows"),
        ("(c > 0) - (o > 0)", "True and False cannot be subtracted"),
        ("-(c > 0)", "True and False cannot be subtracted"),
    ],
)
def test_an_error_of_numpy_is_told_in_plain_words(line, said):
    space = {"np": np}
    exec(f"def hidden_update(o, c):\n    return {line}", space)
    result = check("hidden_update", space["hidden_update"])
    assert result.state == judge.ERROR
    assert said in result.text
    assert "gufunc" not in result.text
    assert "numpy boolean" not in result.text


def test_a_wrong_value_shows_expected_received_where_and_with_what():
    result = check("hidden_update", lambda o, c: o * np.sin(c))
    assert result.state == judge.WRONG
    assert "h[0, 0] is " in result.text
    assert ", expected " in result.text
    assert "of 6 values differ, largest difference" in result.text
    assert "First seen with: an ordinary batch (o (3, 2), c (3, 2))" in result.text
    assert "your h" in result._repr_html_()


def test_right_only_in_some_cases_says_in_which():
    def only_one_sample(f, c_prev, i, g):
        return f[0] * c_prev + i[0] * g

    assert "Right only with: one sample in the batch; gates wide open" in check("cell_update", only_one_sample).text


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda o, c: print(o), "h is None. Is a `return` missing?"),
        (lambda o, c: [o * np.tanh(c)], "list of length 1, expected one array: np.stack makes one"),
        (lambda o, c: (o * np.tanh(c)).astype(int), "has dtype int64, expected floats"),
        (lambda o, c: (o * np.tanh(c)).astype(np.float16), "has dtype float16, expected floats"),
        (lambda o, c: (o * np.tanh(c))[0], "has shape (2,), expected (3, 2)"),
        (lambda o, c: (o * np.tanh(c)).T, "has shape (2, 3), expected (3, 2)"),
        (lambda o, c: "0.5", "is a str, expected a NumPy array"),
        (lambda o: o, "your function takes (o); the exercise calls it with (o, c)"),
        (F.hidden_update(np.ones(1), np.ones(1)), "expected your function: write its name, no brackets"),
    ],
)
def test_a_result_of_another_kind_is_said_in_words(function, said):
    result = check("hidden_update", function)
    assert result.state in (judge.WRONG, judge.ERROR)
    assert said in result.text


def test_a_tuple_of_the_wrong_length_is_said_in_words():
    assert "returns 1 value, expected 2 values: h, c" in check("lstm_step", lambda *a, **k: (1.0,)).text
    assert "returns None, expected 2 values: h, c" in check("lstm_step", lambda *a, **k: print()).text


def test_a_transposed_result_and_a_swapped_output_are_noticed():
    assert "the transpose of what is expected" in check("hidden_update", lambda o, c: (o * np.tanh(c)).T).text

    def first_right(x, h_prev, c_prev, W_x, W_h, b):
        h, c = F.lstm_step(x, h_prev, c_prev, W_x, W_h, b)
        return h, h

    assert "h is returned for c" in check("lstm_step", first_right).text


def test_a_value_out_of_range_a_wrong_sign_and_the_output_that_is_right_are_noticed():
    assert "but it lies between -1 and 1" in check("hidden_update", lambda o, c: 2 * o * np.tanh(c)).text
    weights = checks.find("memory_weights").oracle
    assert "Your result w has the opposite sign." in check("memory_weights", lambda i, f: -weights(i, f)).text

    def half_right(x, h_prev, c_prev, W_x, W_h, b):
        h, c = F.lstm_step(x, h_prev, c_prev, W_x, W_h, b)
        return 0.5 * h, c

    assert "Right: c. Wrong: h." in check("lstm_step", half_right).text


def test_cutting_rows_where_columns_are_meant_is_noticed():
    source = "def lstm_layers(x, h_prev, W_x, W_h, b):\n    return [x @ W_x[2:4]] * 4"
    linecache.cache["rows"] = (len(source), None, source.splitlines(True), "rows")
    space = {}
    exec(compile(source, "rows", "exec"), space)
    assert "`W_x[2:4]` cuts rows." in check("lstm_layers", space["lstm_layers"]).text


def test_cutting_rows_is_not_called_wrong_where_rows_have_to_be_cut():
    source = "def lstm_step_stacked(x, h_prev, c_prev, W, b):\n"
    source += "    return lstm_step(x, h_prev, c_prev, W[2:], W[:2], b)"
    linecache.cache["stacked"] = (len(source), None, source.splitlines(True), "stacked")
    space = {"lstm_step": F.lstm_step}
    exec(compile(source, "stacked", "exec"), space)
    told = check("lstm_step_stacked", space["lstm_step_stacked"]).text
    assert "W (8, 20)" in told
    assert "cuts rows" not in told


def test_an_input_changed_in_place_is_wrong_even_if_the_values_are_right():
    def in_place(o, c):
        np.tanh(c, out=c)
        return o * c

    result = check("hidden_update", in_place)
    assert result.state == judge.WRONG
    assert "your code changes its input c" in result.text


def test_several_inputs_that_are_changed_and_a_result_named_in_the_plural_are_told_in_good_english():
    def in_place(dW_x, dW_h, db, limit):
        norm = np.sqrt(sum((g**2).sum() for g in (dW_x, dW_h, db)))
        for g in (dW_x, dW_h, db):
            g *= min(1, limit / max(norm, 1e-9))
        return dW_x, dW_h, db

    assert (
        "changes its inputs dW_x, dW_h, db: work on a copy, without += or *= on them"
        in check("clip_by_norm", in_place).text
    )
    pairs = check("next_pairs", lambda ids: (ids, np.roll(ids, -1, axis=0)))
    assert "Your result inputs is the input ids, unchanged, in every case." in pairs.text


def test_minus_zero_is_shown_as_zero():
    def with_ones(h, u, p):
        return np.where(u >= p, h / (1 - p), 1.0)

    answered = [check("dropout", with_ones), check("hidden_update", lambda o, c: -0.0 * o)]
    for result in answered:
        assert result.state == judge.WRONG
        assert not re.search(r"-0(\.0*)?(?![\d.])", result.text + result.table), result.text
    assert "is 1, expected 0 " in answered[0].text
    assert "Your result h is 0 everywhere" in answered[1].text


def test_reading_a_size_from_the_notebook_is_noticed():
    space = notebook(
        "H = 4\ndef lstm_layers(x, h_prev, W_x, W_h, b):\n    z = x @ W_x + h_prev @ W_h + b\n"
        "    return sigmoid(z[:, :H]), sigmoid(z[:, H:2*H]), np.tanh(z[:, 2*H:3*H]), sigmoid(z[:, 3*H:])"
    )
    assert "Your code reads H from the notebook" in check("lstm_layers", space["lstm_layers"]).text


def test_code_that_remembers_an_earlier_call_is_wrong():
    memory = {}

    def remembers(o, c):
        return memory.setdefault(o.shape, o * np.tanh(c)).copy()

    assert not check("hidden_update", remembers).right


def test_an_endless_loop_ends(monkeypatch):
    monkeypatch.setattr(probe, "SECONDS", 0.2)
    result = check("sigmoid", notebook("def sigmoid(z):\n    while True:\n        z = z + 1")["sigmoid"])
    assert result.state == judge.ERROR
    assert "Does a loop never end?" in result.text


@pytest.mark.parametrize("exception", [SystemExit, KeyboardInterrupt, RecursionError, GeneratorExit, ZeroDivisionError])
def test_whatever_the_code_raises_the_check_returns(exception):
    def raises(z):
        raise exception

    result = check("sigmoid", raises)
    assert result.state == judge.ERROR
    assert result.points == 0


def test_where_no_notebook_shows_the_feedback_it_is_printed(capsys, monkeypatch):
    result = check("sigmoid", np.tanh)
    assert capsys.readouterr().out == f"{result.text}\n"
    assert "Likely cause: tanh in place of the sigmoid." in result.text
    monkeypatch.setattr(IPython, "get_ipython", lambda: SimpleNamespace(kernel="a notebook's"))
    assert check("sigmoid", np.tanh).text == result.text
    assert capsys.readouterr().out == f"{result.line}\n"


def test_what_the_code_prints_or_warns_is_kept_out_of_the_cell(capsys):
    def chatty(o, c):
        print("looking at", o.shape)
        warnings.warn("careful", stacklevel=1)
        return o

    result = check("hidden_update", chatty)
    said = capsys.readouterr()
    assert said.out.startswith("hidden_update: wrong, 0 of 1 point\n")
    assert "looking at" not in said.out
    assert said.err == ""
    assert "looking at (3, 2)" in result._repr_html_()


def test_the_students_global_random_state_and_warning_filters_are_left_alone():
    np.random.seed(5)
    expected = np.random.RandomState(5).rand()
    filters = list(warnings.filters)
    check("sigmoid", lambda z: np.random.rand(*z.shape))
    assert np.random.rand() == expected
    assert warnings.filters == filters


def test_the_result_is_points_as_a_number_html_and_one_plain_line(capsys):
    result = check("lstm_layers", answers.lstm_layers)
    assert capsys.readouterr().out == "lstm_layers: correct, 4 of 4 points\n"
    assert float(repr(result)) == 4.0
    assert 'role="status"' in result._repr_html_()
    assert ">Right.</div>" in result._repr_html_()  # the row in the notebook is not an empty one
    assert "hint" not in result._repr_html_()


def test_feedback_is_escaped_and_hints_lie_one_inside_the_other():
    def nasty(o, c):
        raise ValueError("<script>alert(1)</script>")

    shown = check("hidden_update", nasty)._repr_html_()
    assert "<script>" not in shown
    assert shown.index("hint 1 of 3") < shown.index("hint 2 of 3") < shown.index("hint 3 of 3")
    assert shown.count("<details") == shown.count("</details>") == 3


def test_an_unknown_name_is_answered_with_the_nearest(capsys):
    result = check("lstm_layer", F.forget_gate)
    assert "did you mean 'lstm_layers'" in result.text
    assert capsys.readouterr().out


def test_strict_raises_one_short_error_unless_fully_right(monkeypatch):
    monkeypatch.setenv("LSTM_COURSE_STRICT", "1")
    assert check("sigmoid", F.sigmoid).right
    with pytest.raises(checks.CheckFailed, match="sigmoid: wrong, 0 of 2 points"):
        check("sigmoid", np.tanh)


HALF_BUILT = """
def sigmoid(z):
    return np.tanh(z)
def lstm_layers(x, h_prev, W_x, W_h, b):
    i, f, g, o = np.split(x @ W_x + h_prev @ W_h + b, 4, axis=1)
    return sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
"""


def test_an_earlier_functions_fault_is_not_held_against_a_later_one(monkeypatch):
    space = notebook(HALF_BUILT)
    students_own = space["sigmoid"]
    result = check("lstm_layers", space["lstm_layers"])
    assert (result.state, result.points, result.carried) == (judge.CORRECT, 4, ["sigmoid"])
    assert "Not right yet before it: sigmoid" in result.text
    assert not result.right
    assert space["sigmoid"] is students_own
    monkeypatch.setenv("LSTM_COURSE_STRICT", "1")
    with pytest.raises(checks.CheckFailed):
        check("lstm_layers", space["lstm_layers"])


def test_an_untouched_earlier_function_is_replaced_too():
    space = notebook(HALF_BUILT.replace("return np.tanh(z)", "..."))
    assert check("lstm_layers", space["lstm_layers"]).carried == ["sigmoid"]


def test_a_fault_of_its_own_stays_a_fault_beside_a_faulty_helper():
    space = notebook(HALF_BUILT.replace(" + b, 4", ", 4"))
    result = check("lstm_layers", space["lstm_layers"])
    assert (result.state, result.points, result.carried) == (judge.WRONG, 0, [])
    assert result.cause == "the bias is missing"
    assert "With a correct sigmoid in place of yours:" in result.text


def test_results_are_remembered_with_the_best_points(tmp_path):
    check("sigmoid", np.tanh)
    check("sigmoid", F.sigmoid)
    check("sigmoid", np.tanh)
    entry = progress.load()["sigmoid"]
    assert (entry["state"], entry["points"], entry["best"], entry["tries"]) == (judge.WRONG, 0, 2, 3)
    assert json.loads((tmp_path / "progress.json").read_text())["checks"]["sigmoid"] == entry


def test_a_progress_file_that_cannot_be_read_is_kept_aside(tmp_path):
    (tmp_path / "progress.json").write_text("{half a fi")
    assert check("sigmoid", F.sigmoid).right
    assert progress.load()["sigmoid"]["best"] == 2
    assert [p.read_text() for p in tmp_path.glob("progress.broken*")] == ["{half a fi"]


def test_a_progress_file_that_cannot_be_written_costs_one_sentence(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LSTM_COURSE_PROGRESS", str(tmp_path / "file" / "progress.json"))
    result = check("sigmoid", F.sigmoid)
    assert result.right
    assert "could not be remembered" in result.text


def test_arguments_may_have_other_names_and_defaults():
    assert check("hidden_update", lambda gate, cell: gate * np.tanh(cell)).right
    assert check("sigmoid", lambda z, scale=1: F.sigmoid(z * scale)).right


def test_the_solutions_are_right():
    for sheet in checks.sheets().values():
        space, _ = solution(sheet.exercise)
        for name, one in sheet.checks.items():
            assert checks.examine(one, space[name], seed=99).right


def test_a_transpose_is_no_variable_of_the_notebook():
    space = {"T": 5, "H": 3}
    exec("def f(x):\n    return x.T * H", space)
    assert inspection.globals_read(space["f"]) == ["H"]


def test_a_wrong_index_is_an_error_and_a_stub_is_not():
    def index(x):
        return x[1.5]

    def stub(x):
        return np.tanh(...) + x

    seen = [next(probe.watch_all(fn, [{"x": np.ones(3)}], "call", "y")).status for fn in (index, stub)]
    assert seen == ["error", "untouched"]


def test_bytecode_made_by_hand_is_looked_at_like_any_other():
    def double(x):
        return 2 * x

    double.__code__ = double.__code__.replace(co_consts=(*double.__code__.co_consts, []))  # has no hash
    seen = next(probe.watch_all(double, [{"x": np.ones(3)}], "call", "y"))
    assert (seen.status, seen.reads) == ("ok", [])


def test_what_is_right_is_worked_out_once_for_all_who_are_asked_the_same():
    worked, sheet = [], Sheet("many", exercise="90_many")

    def double(x):
        worked.append(len(x))
        return 2 * x

    @sheet.check(oracle=double, returns="y", points=1, minutes=1, hints=("a", "b", "c"))
    def doubled(rng):
        """Twice x."""
        yield "three numbers", {"x": rng.normal(size=3)}
        yield "four numbers", {"x": rng.normal(size=4)}

    asked = sheet.checks["doubled"]
    assert [checks.examine(asked, answer, seed=5).right for answer in (lambda x: x + x, lambda x: x)] == [True, False]
    assert worked == [3, 3, 4]
    assert checks.examine(asked, lambda x: x + x, seed=6).right
    assert len(worked) == 6


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("np.split(x, 4)", "np.split cuts the rows unless `axis=` says otherwise (`axis=-1` is the last axis)"),
        ("np.split(x, 4, axis=-1)", "what it cuts here does not make so many equal pieces"),
        ("np.concatenate(x, x)", "np.concatenate takes its arrays as one list: [h, x]"),
        ("np.stack(x[:2], x)", "one whole number belongs. np.stack takes its arrays as one list: [h, x]"),
        ("x[:x.shape[0] * x]", "belongs: a slice such as h[:n] begins and ends at one number, the same for all"),
        ("max(x, 0)", "`max` and the like need one True or False"),
        ("y + x", "NameError: there is no `y` here"),
        ("(lambda: (q + x, q := 1))()", "UnboundLocalError: `q` is read before"),
    ],
)
def test_an_error_of_numpy_or_python_is_put_into_plain_words(body, said):
    space = {"np": np}
    exec(f"def f(x): return {body}", space)
    (seen,) = probe.watch_all(space["f"], [{"x": np.ones((3, 6))}], "call", "y")
    assert (seen.status, said in seen.text) == ("error", True), seen.text


@pytest.mark.parametrize("body", ["x[:x]", "list(range(x))", "np.zeros((x, 2))", "x.sum(axis=x)"])
def test_an_error_in_plain_words_names_no_function_that_the_line_does_not_call(body):
    space = {"np": np}
    exec(f"def f(x): return {body}", space)
    (seen,) = probe.watch_all(space["f"], [{"x": np.array([2, 1])}], "call", "y")
    assert "an array stands where one whole number belongs" in seen.text
    assert "concatenate" not in seen.text


@pytest.mark.parametrize("odd", ["text", "complex", "object", "time"])
def test_an_array_of_another_kind_is_said_in_words(odd):
    made = {"text": "np.array([['a'] * c.shape[1]] * len(c))", "complex": "c + 0j"}
    made |= {"object": "c.astype(object)", "time": "np.zeros(c.shape, 'datetime64[s]')"}
    space = {"np": np}
    exec(f"def cell_update(c, f, i, g): return {made[odd]}", space)
    result = check("cell_update", space["cell_update"])
    assert (result.state, result.points) == (judge.WRONG, 0)
    assert "expected" in result.text
    assert result._repr_html_()


def test_a_list_is_told_what_makes_an_array_of_it():
    assert "np.array makes one" in check("sigmoid", lambda z: z.tolist() if z.ndim < 2 else [1.0, 2.0]).text
    assert "np.stack makes one" in check("sigmoid", lambda z: [z, z]).text


def test_code_in_the_likely_cause_is_shown_as_code():
    result = judge.Result("f", judge.WRONG, 0, 1, cause="`x` is cut", advice="Cut `x[1:]`.")
    result.lines.append(result.cause_line)
    assert "<code>x[1:]</code>" in result._repr_html_()


def test_a_function_that_makes_something_is_called_without_the_case():
    case = {"x": np.ones(3)}
    seen = {
        name: next(probe.watch_all(fn, [case], "made", ("a", "b")))
        for name, fn in {
            "right": lambda: (np.arange(2), np.ones(1)),
            "stub": notebook("def f():\n    ...")["f"],
            "not called": (np.arange(2), np.ones(1)),
            "asks": lambda x: (x, x),
        }.items()
    }
    assert {name: one.status for name, one in seen.items()} == {
        "right": "ok",
        "stub": "untouched",
        "not called": "misfit",
        "asks": "error",
    }
    assert seen["right"].outputs["a"].tolist() == [0, 1]
    assert "expected your function: write its name, no brackets" in seen["not called"].text
    assert "missing 1 required positional argument: 'x'" in seen["asks"].text


def test_what_has_no_right_answer_is_marked_and_a_cause_can_be_named():
    sheet = Sheet("own", exercise="91_own")

    def marks(outputs, cases):
        larger = [bool(o["y"] > c["x"]) for o, c in zip(outputs, cases, strict=True)]
        cause = "never larger" if not any(larger) else "the last is forgotten" if not larger[-1] else ""
        return float(sum(larger)), f"{sum(larger)} are larger", cause

    @sheet.check(returns="y", points=4, minutes=1, hints=("a", "b", "c"), marks=marks)
    def guess(rng):
        """More than x."""
        for x in range(4):
            yield f"{x}", {"x": np.array(float(x))}

    look = functools.partial(checks.examine, sheet.checks["guess"])
    good, half, none = look(lambda x: x + 1), look(lambda x: x + (x > 1)), look(lambda x: x)
    faulty = look(lambda x: x + (x < 3))  # some points, and a fault that has a name
    assert [(r.state, r.points, r.lines, r.cause, r.hints) for r in (good, half, none, faulty)] == [
        (judge.CORRECT, 4, ["4 are larger"], "", ()),
        (judge.CORRECT, 2, ["2 are larger"], "", ()),
        (judge.WRONG, 0, ["0 are larger"], "never larger", ("a", "b", "c")),
        (judge.WRONG, 3, ["3 are larger"], "the last is forgotten", ("a", "b", "c")),
    ]
    fails = look(lambda x: x + [1][int(x)])
    assert (fails.state, fails.points, fails.hints) == (judge.ERROR, 0, ("a", "b", "c"))
    assert look(lambda x: ...).state == judge.NOT_ATTEMPTED


def test_a_function_that_numpy_vectorised_is_called_as_it_was_written():
    other_name = np.vectorize(lambda q: 1 / (1 + np.exp(-q)) if q >= 0 else np.exp(q) / (1 + np.exp(q)), otypes=[float])
    assert check("sigmoid", other_name).right


def seen_of(body, **case):
    space = {"np": np, "math": math}
    exec(f"def f({', '.join(case)}):\n    {body}", space)
    return next(probe.watch_all(space["f"], [case], "call", "y"))


@pytest.mark.parametrize(
    ("body", "said", "unsaid"),
    [
        ("return x.shape[2]", "no entry of that number in this tuple", "one axis only"),
        ("return x.sum(axis=2)", "no axis 2 in an array with 2", "one axis only"),
        ("return x @ 3.0", "this is one number", "the last size on the left"),
        ("raise ValueError('could not broadcast: my own words')", "my own words", "element by element"),
        ("return math.exp(x)", "math.exp takes one number", "was given an array: use"),
    ],
)
def test_what_is_said_of_an_error_is_true_of_it(body, said, unsaid):
    seen = seen_of(body, x=np.ones((3, 6)))
    assert said in seen.text
    assert unsaid not in seen.text


def test_only_a_line_of_ones_own_is_told_to_be_deleted():
    space = {"np": np}
    exec("def f(x, library):\n    return library(x)", space)
    elsewhere = notebook("def library(x):\n    raise NotImplementedError('not for this dtype')")["library"]
    answer = functools.partial(space["f"], library=elsewhere)
    seen = next(probe.watch_all(answer, [{"x": np.ones(2)}], "call", "y"))
    assert "delete it" not in seen.text


def test_where_a_nan_comes_from_is_said_only_where_numpy_met_it():
    written = check("hidden_update", lambda o, c: np.where(o > 0.5, np.nan, o)).text
    met = check("hidden_update", lambda o, c: np.where(c > 0, np.log(-np.abs(o)), o)).text
    assert "inf - inf" not in written
    assert "holds NaN" in written
    assert "On the way NumPy met an invalid value" in met


def test_per_cent_and_a_wrong_sign_are_not_seen_in_a_number_that_is_merely_small():
    assert "per cent" not in judge.two_decimals(np.asarray(0.5), np.asarray(0.003), {})
    assert "per cent" in judge.two_decimals(np.asarray(62.0), np.asarray(0.62), {})


@pytest.mark.parametrize(
    ("got", "want", "rounded"),
    [(0.7, 0.7238, True), (2.5, 2.5461, True), (-0.7, -0.7663, True), (2.0, 2.0135, True)]
    + [(0.76, 0.7238, False), (2.52, 2.506, False), (0.02, 0.0041, False), (0.0, 0.05, False)],
)
def test_rounding_is_blamed_only_for_a_number_that_it_makes(got, want, rounded):
    """One that a wrong method brings near is not called close: nothing of the right method has to be in it."""
    said = judge.two_decimals(np.asarray(got), np.asarray(want), {})
    assert ("right to one decimal" in said, "not the number" in said) == (rounded, not rounded)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("n = q.shape[2]", "in this tuple: q.shape has one for each axis of q"),
        ("n = (q, 1)[2]", "in this tuple"),
        ("n = q.shape[2] + k.shape[0]", "in this tuple"),
    ],
)
def test_a_tuple_that_is_too_short_is_told_by_the_names_of_the_students_own_line(line, said):
    source = f"def hidden_update(o, c):\n    q, k = o, c\n    {line}\n    return n"
    linecache.cache["tuple"] = (len(source), None, source.splitlines(True), "tuple")
    space = {"np": np}
    exec(compile(source, "tuple", "exec"), space)
    assert f"{said}\n" in check("hidden_update", space["hidden_update"]).text


@pytest.mark.parametrize("cut", ["np.split(x, 4, axis=2)", "np.array_split(x, 4, 2)"])
def test_an_axis_that_is_not_there_is_told_by_the_students_own_line(cut):
    seen = seen_of(f"return {cut}[0]", x=np.ones((4, 8)))
    assert "an axis that the array does not have" in seen.text
    assert "this tuple" not in seen.text


def test_float32_is_not_told_as_the_reason_where_sizes_differ_too():
    def softmax(logits):
        e = np.exp(logits - logits.max(axis=-1, keepdims=True))
        return e / (e.sum(axis=-1, keepdims=True) + 1e-5)

    assert "Right only with" not in check("softmax", softmax).text


@pytest.mark.parametrize("name", ["one_hot", "softmax", "cross_entropy", "sampling_probabilities", "tanh_backward"])
def test_a_label_names_no_unit_and_no_step_that_the_function_does_not_have(name):
    asked = checks.find(name)
    without = ("T =", "D =", "time step") if name == "tanh_backward" else ("hidden unit", "D =")
    assert not [label for label, _ in asked.draw(0) if any(word in label for word in without)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_an_answer_that_forks_leaves_no_second_notebook_behind(tmp_path):
    """The copy of the program that its answer made would otherwise print, remember points, and go on."""
    trace = tmp_path / "processes"

    def sigmoid(z):
        os.fork()
        return 1 / (1 + np.exp(-z))

    watched = probe.watch(sigmoid, {"z": np.zeros(2)}, "call", "s", 0)
    with open(trace, "a") as file:
        file.write("here\n")
    os.waitpid(-1, 0)
    assert watched.status == "ok"
    assert trace.read_text() == "here\n"
