"""The checks of variants: their key is right, the public solution is not and is told so, slips keep their names."""

import itertools
import re

import numpy as np
import pytest

from lstm_helpers import checks, variants
from lstm_helpers.checks import judge
from lstm_helpers.grading.box.references import source_of
from lstm_helpers.grading.gradebook import versions
from lstm_helpers.variants import plans
from lstm_helpers.variants.asking import TurnedCheck
from lstm_helpers.variants.turns import Turn
from tests.variants.kinds import SEEDS, TURNED, judged, turned

EVERY = 40  # of how many slips one is tried here; tests/variants/test_slips.py tries all of one variant


def of(number):
    """A seed for a parametrised test: together they are all ten."""
    return SEEDS[number % len(SEEDS)]


@pytest.mark.parametrize("seed", SEEDS)
def test_every_key_is_right_and_every_public_solution_wrong(seed):
    for exercise, name in TURNED:
        check, base = turned(exercise, name, seed)
        if check.marks:
            continue
        cases = check.draw(seed)[:3]
        right = judge.observe(check, check.oracle, cases)
        public = judge.observe(check, base.oracle, cases)
        same = [judge.differs(check, a, b, case) == "" for a, b, (_, case) in zip(public, right, cases, strict=True)]
        assert all(seen.status == "ok" for seen in right), (exercise, name)
        assert not all(same), (exercise, name)


def test_a_class_is_asked_with_the_cases_of_the_course_turned():
    """What a case is about, such as a gate that is shut, lies in the block that this gate has in the class."""
    for exercise, name in TURNED:
        check, base = turned(exercise, name, 7)
        for (label, case), (same, there) in zip(check.draw(3), base.draw(3), strict=True):
            assert label == same
            for array, given in (check.turn.out_of(case) if isinstance(check.turn, Turn) else case).items():
                np.testing.assert_array_equal(given, there[array], err_msg=f"{name}: {array}")


@pytest.mark.parametrize(("number", "exercise", "name"), [(k, *where) for k, where in enumerate(TURNED)])
def test_the_public_solution_is_named_and_the_key_is_right(number, exercise, name):
    check, base = turned(exercise, name, of(number))
    assert judged(check, check.oracle, number).right
    result = judged(check, base.oracle)
    assert result.points == 0
    assert result.cause.startswith("the course's own "), result.text
    if not check.marks:
        assert "Your sheet asks otherwise" in result.advice
        assert all(clause in result.advice for clause in check.turn.said)


@pytest.mark.parametrize(("number", "exercise", "name"), [(k, *where) for k, where in enumerate(TURNED)])
def test_slips_keep_their_names(number, exercise, name):
    check, _ = turned(exercise, name, of(number))
    for slip in check.misconceptions[number % EVERY :: EVERY]:
        result = judged(check, slip.build())
        assert result.state != judge.CORRECT, slip.name
        assert result.cause in (slip.name, *(m.name for m in check.misconceptions if m.first)), result.text


def test_who_leaves_out_one_of_two_turns_is_told_which():
    check, _ = turned("06_backward_through_time", "lstm_step_backward", 7)
    names = [slip.name for slip in check.misconceptions if slip.first]
    assert names == [
        "the course's own order of the layers",
        "the course's own order of the results",
        "the course's own order of the layers and of the results",
    ]
    assert [judged(check, slip.build()).cause for slip in check.misconceptions if slip.first] == names


def test_who_leaves_the_time_first_is_told_so_whatever_comes_of_it():
    """Most answers end in an error, some in numbers of the right shape."""
    for exercise, name in (
        ("10_attention", "additive_scores"),
        ("10_attention", "greedy_answer"),
        ("10_attention", "self_attention"),
        ("11_looking_inside", "top_places"),
        ("11_looking_inside", "contributions"),
    ):
        check, base = turned(exercise, name, 7)
        result = judged(check, base.oracle)
        assert (result.points, result.cause) == (0, "the course's own order of the axes")
        assert "the batch comes first, before time, in `" in result.advice


def test_a_wrong_shape_is_told_in_the_shapes_of_the_class():
    check, base = turned("10_attention", "self_attention", 7)
    text = judged(check, lambda q, k, v: check.oracle(q, k, v).swapaxes(0, 1)).text
    assert re.search(r"has shape \(5, 3, \d\), expected \(3, 5, \d\)", text)


def test_no_slip_speaks_of_the_order_of_the_results_in_the_course():
    told = re.compile(r"(?:The order is|Return) (\w+(?:, \w+)+)")
    for exercise, name in TURNED:
        check, base = turned(exercise, name, 7)
        for slip in check.misconceptions if check.turn.returned else ():
            for listed in told.findall(slip.advice):
                assert set(listed.split(", ")) != set(base.returns) or tuple(listed.split(", ")) == check.returns, slip


def test_no_slip_tells_the_place_of_a_layer_or_who_else_writes_the_order():
    of_the_course = re.compile(
        r"\b[ifgorzn] is the (?:first|second|third|last)\b|candidate is (?:first|second|third|last)"
        r"|(?:first|second|third|last) (?:H columns|H of|of the four)"
        r"|(?:textbooks|notes|cells) (?:write|keep)|\bas in (?:many|old)\b"
    )
    for seed, (exercise, name) in itertools.product(SEEDS[:3], TURNED):
        check, _ = turned(exercise, name, seed)
        for slip in check.misconceptions if check.turn.reordered else ():
            assert not of_the_course.search(slip.advice), (name, slip.advice)


def test_weights_that_a_student_chose_are_told_of_in_the_order_of_the_class():
    check, base = turned("04_cell_state", "latch", 7)
    W_x, W_h, b = base.oracle()
    of = {layer: k for k, layer in enumerate("ifgo")}
    textbook = [of[layer] for layer in "fiog"]
    said = judged(check, check.turn.of(lambda: (W_x[:, textbook], W_h[:, textbook], b[textbook]))).text
    assert f"The order here is {', '.join(check.turn.order)}: put them so." in said
    assert "textbooks" not in said


def test_a_right_answer_of_a_variant_stands_in_where_an_earlier_one_is_wrong():
    sheet, base = variants.sheet("05_forward_through_time", 7), checks.sheets()["05_forward_through_time"]
    space = {"np": np}
    exec(
        source_of([sheet.checks[name].oracle for name in ("project_inputs", "lstm_step_fused", "lstm_forward")]), space
    )
    case = sheet.checks["lstm_forward"].draw(3)[0][1]
    there, here = space["lstm_forward"](**case), sheet.checks["lstm_forward"].oracle(**case)
    assert repr(there) == repr(here)
    assert repr(there) != repr(base.checks["lstm_forward"].oracle(**case))


def test_a_sheet_that_changes_moves_no_other_one():
    drawn = {exercise: plans.draw(checks.sheets()[exercise], 7).turns for exercise in reversed([*plans.PLANS])}
    assert drawn == {exercise: variants.plan(exercise, 7).turns for exercise in plans.PLANS}


def test_no_question_is_asked_as_in_the_course_by_chance():
    for exercise, seed in itertools.product(plans.PLANS, range(50)):
        turns = variants.plan(exercise, seed).turns
        assert turns.keys() == {name for where, name in TURNED if where == exercise}
        numbers = plans.PLANS[exercise].numbers
        assert all(t.reordered or t.returned or t.exchanged for name, t in turns.items() if name not in numbers)


@pytest.mark.parametrize("exercise", [stem for stem in plans.PLANS if stem[:2] in ("03", "04", "05", "06")])
def test_ten_classes_have_at_least_seven_sheets(exercise):
    assert len({str(variants.plan(exercise, seed).turns) for seed in SEEDS}) >= 7


def test_the_version_by_which_a_class_was_graded_tells_variants_apart():
    of_sheet = [versions.version_of(variants.sheet("03_gates", seed)) for seed in (7, 8, 7)]
    assert of_sheet[0] == of_sheet[2] != of_sheet[1]
    assert of_sheet[0] != versions.version_of(checks.sheets()["03_gates"])


def test_what_is_not_turned_is_asked_as_in_the_course():
    sheet = variants.sheet("03_gates", 7)
    assert not isinstance(sheet.checks["sigmoid"], TurnedCheck)
    assert variants.turned_points("03_gates", 7) == sum(
        sheet.checks[name].points for name in ("lstm_layers", "gru_layers", "from_onnx")
    )
    assert judged(sheet.checks["sigmoid"], checks.sheets()["03_gates"].checks["sigmoid"].oracle).right


@pytest.mark.parametrize("seed", ["7", -1, 1.5, None])
def test_a_notebook_that_names_no_number_is_told(seed):
    with pytest.raises(ValueError, match="expected the whole number"):
        checks.variant(seed)
