"""One function is copied from the course, those that it calls are the class's: the order that it takes is named."""

import contextlib
import io

import pytest

from lstm_helpers import checks, variants
from lstm_helpers.checks import judge
from lstm_helpers.checks.probe import spelled
from lstm_helpers.commands import build
from tests.checks.solved import MARKERS
from tests.variants.kinds import key

CAUSE = "the course's own order of what other functions return"
COPIED = [  # (exercise, what is copied, what it takes the results of)
    ("02_why_rnns_forget", "rnn_backward", "rnn_step_backward"),
    ("05_forward_through_time", "forward_in_two", "lstm_forward"),
    ("06_backward_through_time", "lstm_step_backward", "cell_update_backward"),
    ("06_backward_through_time", "lstm_backward", "lstm_step_backward"),
    ("06_backward_through_time", "pre_activation_gradients", "hidden_update_backward"),
    ("09_bidirectional_and_stacked", "bidirectional_forward", "end_states"),
    ("10_attention", "greedy_answer", "decoder_step"),
]


def functions(notebook):
    """{name: source} of the cells that define what a notebook's checks ask for."""
    code = [MARKERS.sub("", cell.source) for cell in notebook.cells if cell.cell_type == "code"]
    return {cell.partition("def ")[2].partition("(")[0]: cell for cell in code if "def " in cell}


def with_one(exercise, name, source):
    """The function of a notebook of variant 7 whose other functions are those of the key."""
    space = {"__name__": "__main__"}
    with contextlib.redirect_stdout(io.StringIO()):
        for cell in key(exercise, 7).cells:
            if cell.cell_type == "code" and not cell.source.startswith("check("):
                exec(MARKERS.sub("", cell.source), space)
            if f"def {name}(" in cell.source:
                break
        exec(source, space)
    return space[name]


def asked(exercise, name):
    return variants.sheet(exercise, 7).checks[name]


@pytest.mark.parametrize(("exercise", "name", "called"), COPIED)
def test_a_copied_function_is_told_what_the_others_return(exercise, name, called):
    (path,) = (path for path, _ in build.pairs() if path.stem == exercise)
    course = functions(build.nbformat.read(path, as_version=4))[name]
    result = checks.examine(asked(exercise, name), with_one(exercise, name, course))
    assert (result.points, result.cause) == (0, CAUSE)
    assert f"`{called}` returns `{spelled(asked(exercise, called).returns)}`" in result.text


@pytest.mark.parametrize(
    ("exercise", "name", "here", "there"),
    [
        ("05_forward_through_time", "forward_in_two", "(c, h), h_1 = lstm_forward", "h_1, (h, c) = lstm_forward"),
        (
            "06_backward_through_time",
            "lstm_backward",
            "dc_next, dW_x_t, dW_h_t, db_t, dx[t], dh_next = lstm_step_backward",
            "dx[t], dh_next, dc_next, dW_x_t, dW_h_t, db_t = lstm_step_backward",
        ),
    ],
)
def test_who_returns_as_the_class_and_takes_as_the_course_is_told_the_same(exercise, name, here, there):
    ours = functions(key(exercise, 7))[name]
    assert here in ours
    assert checks.examine(asked(exercise, name), with_one(exercise, name, ours)).state == judge.CORRECT
    result = checks.examine(asked(exercise, name), with_one(exercise, name, ours.replace(here, there)))
    assert result.cause == CAUSE
    assert "Read the question" not in result.text  # what it returns itself is right


def test_what_may_be_another_slip_as_well_has_the_name_of_that():
    """Two results that are exchanged may have been taken in the wrong order, or be returned in it."""
    exercise, name = "09_bidirectional_and_stacked", "bidirectional_forward"
    ours = with_one(exercise, name, functions(key(exercise, 7))[name])

    def bidirectional_forward(x, lengths, W_x, W_h, b, W_x_r, W_h_r, b_r):
        made = dict(zip(asked(exercise, name).returns, ours(x, lengths, W_x, W_h, b, W_x_r, W_h_r, b_r), strict=True))
        made["h_n"], made["c_n"] = made["c_n"], made["h_n"]
        return tuple(made.values())

    result = checks.examine(asked(exercise, name), bidirectional_forward)
    assert (result.points, result.cause) == (0, "h_n and c_n are exchanged")


@pytest.mark.parametrize(
    ("exercise", "name", "old", "new", "slip"),
    [
        ("03_gates", "lstm_layers", " + b", "", "the bias is missing"),
        ("04_cell_state", "lstm_step_stacked", "[h_prev, x]", "[x, h_prev]", "x comes first"),
        ("06_backward_through_time", "cell_update_backward", "dc * f", "dc * (1 - f)", "1 - f in place of f"),
    ],
)
def test_a_copied_function_with_a_slip_of_its_own_is_told_both(exercise, name, old, new, slip):
    (path,) = (path for path, _ in build.pairs() if path.stem == exercise)
    course = functions(build.nbformat.read(path, as_version=4))[name]
    assert old in course
    result = checks.examine(asked(exercise, name), with_one(exercise, name, course.replace(old, new, 1)))
    assert result.cause.startswith("two slips at once: the course's own order of the ")
    assert result.cause.endswith(f"; and {slip}")
