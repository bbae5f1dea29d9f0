"""What a wrong answer is told in a variant: places of results and of blocks are those of the class, or not named."""

import re

import numpy as np
import pytest

from lstm_helpers import checks, variants
from lstm_helpers.variants import plans
from lstm_helpers.variants.turns import Turn
from tests.variants.kinds import SEEDS, TURNED, judged, turned

PLACES = {"first": 0, "second": 1, "third": 2, "last": -1}
A_PLACE = rf"(?:{'|'.join(PLACES)})"
OF_A_RESULT = re.compile(rf"(?i)\b{A_PLACE} result\b|\bhidden state first\b")
RETURNS_FIRST = re.compile(r"\b(\w+) returns (\w+) first\b")
OF_A_BLOCK = re.compile(rf"(?<!:H\] is the )\b{A_PLACE} (?:H columns|H of|of the four|block|layer)")
IS_PLACED = re.compile(rf"\b([ifgo]) (?:is )?the ({A_PLACE})\b")
CUT = re.compile(
    r"\b([ifgorzn]) (?:=|is|is made of|has) (?:\w+\.)?(?:sigmoid\(|tanh\()?(?:z\[:, ([^\]]*)\]|slice\(([^)]*)\))"
)
ORDER = re.compile(r"in the order (\w), (\w), (\w), (\w)$")
SOME = SEEDS[::3]


def told(check):
    """(name, advice) of each slip of the course, as the class reads them."""
    return [(slip.name, slip.advice) for slip in check.misconceptions if not slip.first]


@pytest.mark.parametrize("exercise", plans.PLANS)
def test_no_result_is_told_by_the_place_that_it_has_in_the_course(exercise):
    for seed in SOME:
        turns = variants.plan(exercise, seed).turns
        for name, check in variants.sheet(exercise, seed).checks.items():
            if any(turns[n].returned for n in (name, *check.uses) if n in turns):
                texts = [" | ".join(both) for both in told(check)] + [*check.hints, check.asks]
                assert not [text for text in texts if OF_A_RESULT.search(text)], name
                for function, result in RETURNS_FIRST.findall("\n".join(texts)):
                    asked = getattr(turns.get(function), "asked", (result,))
                    assert asked[0] == result, (seed, name, function)


@pytest.mark.parametrize(("exercise", "name"), [pair for pair in TURNED if pair[1] in plans.PLANS[pair[0]].layers])
def test_blocks_are_told_where_they_lie(exercise, name):
    found = 0
    for seed in SOME:
        check, _ = turned(exercise, name, seed)
        if not isinstance(check.turn, Turn) or not check.turn.reordered:
            continue
        order = check.turn.order
        for text in [*(" | ".join(both) for both in told(check)), *check.hints]:
            assert not OF_A_BLOCK.search(text) or text in check.hints, (seed, text)
            for layer, place in IS_PLACED.findall(text):
                assert order[PLACES[place]] == layer, (seed, text)
            for layer, cut, bounds in CUT.findall(text):
                part = slice(*map(int_of, (cut or bounds).replace(":", ",").split(",")))
                assert list(order[part]) == [layer], (seed, text)
                found += 1
    assert found or (exercise, name) != ("04_cell_state", "lstm_step_stacked")


def int_of(bound):
    """A bound of a slice, in blocks."""
    return eval(bound, {"H": 1}) if bound.strip() else None


def test_the_order_in_which_a_slip_leaves_the_gates_of_torch_is_the_one_that_it_names():
    """Its right answer is the same in every order, and its slips move places: what stands there is the class's."""
    for seed in SEEDS:
        check, _ = turned("05_forward_through_time", "weights_from_torch", seed)
        order = variants.plan("05_forward_through_time", seed).orders["ifgo"]
        rows = np.arange(4.0).repeat(2)
        case = {"weight_ih": rows[:, None] * np.ones(3), "weight_hh": rows[:, None] * np.ones(2)}
        named = [(slip, found) for slip in check.misconceptions if (found := ORDER.search(slip.name))]
        assert len(named) >= 7
        for slip, found in named:
            made = dict(zip(check.returns, slip.build()(**case, bias_ih=rows, bias_hh=0 * rows), strict=True))
            assert [order[int(k)] for k in made["W_x"][0, ::2]] == list(found.groups()), (seed, slip.name)


def test_a_slip_about_the_place_of_a_result_says_no_more_than_that_it_is_another():
    names = {seed: dict(told(turned("03_gates", "gru_layers", seed)[0])) for seed in SEEDS}
    assert not [seed for seed, slips in names.items() if "the candidate comes first" in slips]
    names = dict(told(turned("06_backward_through_time", "cell_update_backward", 7)[0]))
    assert not [name for name in names if name.startswith("they are returned in the order")]


def test_the_layers_are_listed_in_the_order_of_the_class():
    called = {"i": "input gate", "f": "forget gate", "g": "candidate", "o": "output gate"}
    for seed in SEEDS:
        check, course = turned("03_gates", "lstm_layers", seed)
        listed = re.findall("|".join(called.values()), check.asks)
        assert listed == [called[layer] for layer in check.turn.order]
        assert len(re.findall("|".join(called.values()), course.asks)) == 4


def test_who_answers_as_the_course_in_two_respects_is_told_both():
    check, course = turned("03_gates", "lstm_layers", 7)
    assert judged(check, course.oracle).cause == "the course's own order of the layers and of the results"
    assert checks.sheets()["03_gates"].checks["lstm_layers"] is course
