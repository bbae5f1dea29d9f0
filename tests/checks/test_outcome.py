"""A check with an outcome: cases first, then one long run; and a limit in processor time."""

import dataclasses
import inspect
import signal
import time

import numpy as np
import pytest

from lstm_helpers import checks
from lstm_helpers.checks import judge, probe
from lstm_helpers.checks.sheet import Outcome
from lstm_helpers.grading.box.host import Box, Limits, Seat
from lstm_helpers.grading.box.profiles import PROFILES, stage
from lstm_helpers.lessons.training_that_works import answers, trained

CHECK = checks.find("train_adding")


def first_batches_only(params, batches, lr):
    """Right in every case of a few batches."""
    return answers.train_adding(params, batches[:20], lr)


def short(steps):
    """The check with a training of so many batches, so that a test need not wait for the whole."""

    def cases(rng):
        for label, case in CHECK.outcome.cases(rng):
            batches = [f"batches.{k}." for k in range(steps, trained.STEPS)]
            yield label, {name: array for name, array in case.items() if not name.startswith(tuple(batches))}

    return dataclasses.replace(CHECK, outcome=Outcome(cases, CHECK.outcome.marks))


def test_the_reference_learns_to_add_from_any_start():
    for seed in range(3):
        result = checks.examine(CHECK, CHECK.oracle, seed)
        assert result.right, result.text
        assert "fresh sequences were answered wrong" in result.text


def test_what_is_right_for_a_few_batches_and_does_not_learn_gets_no_point():
    result = checks.examine(short(40), first_batches_only)
    assert (result.state, result.points) == (judge.WRONG, 0)
    assert result.cause == "a long training goes another way than its first batches"
    assert result.hints == CHECK.hints


def test_an_outcome_is_not_looked_at_before_all_cases_are_right():
    looks = []

    def see(cases):
        looks.append(len(cases))
        return list(probe.watch_all(lambda params, batches, lr: params, cases, CHECK.probe, CHECK.returns))

    assert judge.judge(CHECK, 0, see).state == judge.WRONG
    assert looks == [len(CHECK.draw(0))]


def test_an_error_in_the_long_run_is_said():
    def breaks(params, batches, lr):
        if len(batches) > 20:
            raise ValueError("too long for me")
        return answers.train_adding(params, batches, lr)

    result = checks.examine(short(30), breaks)
    assert (result.state, result.points) == (judge.ERROR, 0)
    assert "too long for me" in result.text


def test_what_is_trained_into_other_shapes_or_into_nan_is_wrong():
    ((_, case),) = CHECK.outcome.draw(0)
    start = {name: case[f"params.{name}"] for name in trained.PARAMS}
    assert trained.marks([start | {"W_out": np.ones((16, 1))}], [case], 5)[0] == 0
    points, said, _ = trained.marks([start | {"W_out": np.full(16, np.nan)}], [case], 5)
    assert points == 0
    assert "100.0%" in said
    assert trained.wrong_answers(start) > 0.5


# ---------------------------------------------------------------- dictionaries and lists of arrays


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (lambda params, batches, lr: print(), "Is a `return` missing?"),
        (lambda params, batches, lr: tuple(params.values()), "expected a dictionary with W_x"),
        (lambda params, batches, lr: {"W_x": params["W_x"]}, "has no W_h, b, W_out, b_out"),
        (lambda weights: weights, "the exercise calls it with (params, batches, lr)"),
    ],
)
def test_a_result_of_another_structure_is_said(made, says):
    result = checks.examine(CHECK, made)
    assert result.points == 0
    assert says in result.text


def test_an_array_put_into_a_dictionary_that_was_given_is_a_change_of_it():
    def changes(params, batches, lr):
        params["b"] = params["b"] + 1
        return params

    seen = next(probe.watch_all(changes, [CHECK.draw(0)[0][1]], "nested", CHECK.returns))
    assert seen.changed == ["params.b"]


# ---------------------------------------------------------------- processor time


def test_time_in_which_the_machine_does_other_things_does_not_count():
    def waits(x):
        time.sleep(0.5)
        return x

    (seen,) = probe.watch_all(waits, [{"x": np.ones(2)}], "call", "y", seconds=0.01, processor=0.2)
    assert seen.status == "ok"


def test_a_loop_without_end_is_stopped_after_its_processor_time():
    def endless(x):
        while True:
            pass

    (seen,) = probe.watch_all(endless, [{"x": np.ones(2)}], "call", "y", processor=0.2)
    assert (seen.status, seen.text) == ("timeout", "no answer after 0.2 seconds of computing. Does a loop never end?")


def test_code_that_sleeps_is_stopped_by_the_clock():
    def sleeps(x):
        time.sleep(600)

    (seen,) = probe.watch_all(sleeps, [{"x": np.ones(2)}], "call", "y", processor=0.05)
    assert seen.status == "timeout"


def test_the_signals_are_as_they_were():
    before = [signal.getsignal(number) for number in (signal.SIGALRM, signal.SIGPROF)]
    with probe.time_limit(5, processor=True):
        assert [signal.getsignal(number) for number in (signal.SIGALRM, signal.SIGPROF)] != before
    assert [signal.getsignal(number) for number in (signal.SIGALRM, signal.SIGPROF)] == before
    assert signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)


# ---------------------------------------------------------------- in the grader's box


def test_the_box_gives_the_verdict_of_the_notebook(tmp_path):
    asked = short(30)
    source = "\n\n".join(map(inspect.getsource, (answers.adam_step, answers.train_adding)))
    cells = [
        f"import numpy as np\nfrom lstm_helpers.yours import lstm_backward, lstm_forward_cached\n\n{source}",
        "from time import sleep",
    ]
    profile = CHECK.sheet.profile
    limits = Limits(probe=0.001)  # of the other checks: this one has its own, or nothing could be seen
    with Box(Seat(stage(tmp_path, profile), PROFILES[profile].rules), limits) as box:
        assert [box.run(cell) for cell in cells] == [None, None]
        graded = judge.judge(asked, 0, lambda cases: box.see(asked, cases, ["train_adding"]))
    told = checks.examine(asked, answers.train_adding)
    assert (graded.state, graded.points, graded.lines) == (told.state, told.points, told.lines)
    assert graded.state == judge.WRONG  # 30 batches are not enough: the run was judged, and not the cases alone
