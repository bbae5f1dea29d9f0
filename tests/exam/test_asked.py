"""Questions as they are asked: fresh numbers, shuffled options, and marks that say why."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm_helpers.exam import bank as pages
from lstm_helpers.exam.asked import LETTERS, ask
from lstm_helpers.predictions.kinds import Unclear

QUESTIONS = pages.load().questions
BY_KIND = {kind: [q for q in QUESTIONS.values() if q.kind == kind] for kind in pages.KINDS}
seeds = st.integers(0, 2**32 - 1)


def asked(question, seed=0):
    return ask(question, np.random.default_rng(seed))


@pytest.mark.parametrize("question", [q for q in QUESTIONS.values() if q.options], ids=lambda q: q.name)
def test_of_the_options_one_is_right_and_each_wrong_one_says_why_and_what_is_right(question):
    each = asked(question)
    for k, option in enumerate(each.parts):
        mark = each.mark(each.read(LETTERS[k].lower()))
        assert mark.right == option.right
        assert option.why in mark.said
        right = next(option for option in each.parts if option.right)
        assert mark.right or right.text in mark.said


@given(seed=seeds, name=st.sampled_from([q.name for q in BY_KIND["number"]]))
def test_the_right_number_is_right_and_each_usual_wrong_one_is_told_what_it_is(seed, name):
    question = QUESTIONS[name]
    each = asked(question, seed)
    right, *slips = question.results
    assert "{" not in each.text
    assert each.mark(right.value(each.numbers)).right
    for slip in slips:
        value = slip.value(each.numbers)
        if np.isfinite(value):
            mark = each.mark(value)
            assert mark.share == 0
            same = [other for other in slips if abs(other.value(each.numbers) - value) < 1e-9]
            near = [other for other in slips if other.why in mark.said]
            assert near, (question.name, each.numbers, slip.code)
            assert slip in near or same[0] in near or near[0] in slips[: slips.index(slip)]


@pytest.mark.parametrize("question", BY_KIND["number"], ids=lambda q: q.name)
def test_a_rounded_answer_is_right_and_the_numbers_are_fresh(question):
    several = [asked(question, seed) for seed in range(40)]
    assert len({tuple(each.numbers.items()) for each in several}) > 2
    for each in several:
        value = question.results[0].value(each.numbers)
        assert each.mark(float(f"{value:.3g}")).right or abs(value) > 1000
        assert not each.mark(value * 1.3 + 1).right


@pytest.mark.parametrize("question", BY_KIND["order"], ids=lambda q: q.name)
def test_an_order_is_right_up_to_steps_that_may_be_swapped_and_half_right_at_best(question):
    each = asked(question)
    for order in itertools.islice(itertools.permutations(range(len(each.parts))), 720):
        mark = each.mark(list(order))
        ranks = [each.parts[k][0] for k in order]
        assert mark.right == (ranks == sorted(ranks))
        if not mark.right:
            assert 0 <= mark.share < 0.5
            assert "has to come before" in mark.said


@given(seed=seeds, name=st.sampled_from([q.name for q in BY_KIND["order"]]))
def test_steps_are_never_shown_in_their_order(seed, name):
    ranks = [rank for rank, _ in asked(QUESTIONS[name], seed).parts]
    assert ranks != sorted(ranks)


@given(seed=seeds, name=st.sampled_from([q.name for q in BY_KIND["match"]]), data=st.data())
def test_a_match_counts_each_pair_and_names_the_wrong_ones(seed, name, data):
    each = asked(QUESTIONS[name], seed)
    given_ = data.draw(
        st.lists(st.integers(0, len(each.choices) - 1), min_size=len(each.parts), max_size=len(each.parts))
    )
    mark = each.mark(given_)
    wrong = [part for part, k in zip(each.parts, given_, strict=True) if each.choices[k] != part[1]]
    assert mark.share == pytest.approx(1 - len(wrong) / len(each.parts))
    for left, right in wrong:
        assert f'{left}: "{right}"' in mark.said


@pytest.mark.parametrize("kind", pages.KINDS)
@pytest.mark.parametrize(
    "typed", ["", "?", "Z", "AA", "-1 0", "nan", "1e999", "99", "\N{SNOWMAN}" * 50, "a b c d e f g"]
)
def test_what_is_no_answer_is_told_what_is_wanted(kind, typed):
    each = asked(BY_KIND[kind][0])
    if kind == "number" and typed == "99":
        assert each.read(typed) == 99
        return
    with pytest.raises(Unclear, match="give"):
        each.read(typed)


@pytest.mark.parametrize(
    ("name", "typed", "meant"),
    [
        ("product-of-gates", "1/3", 1 / 3),
        ("product-of-gates", ".33", 0.33),
        ("product-of-gates", "3,5", 3.5),
        ("product-of-gates", "0,386", 0.386),
        ("product-of-gates", "12 %", 0.12),
        ("product-of-gates", "12,5 per cent", 0.125),
        ("product-of-gates", "\u2212 0.5", -0.5),
        ("product-of-gates", "1\u00a0000", 1000),
        ("product-of-gates", "13,513", 13_513),
        ("padding-count", "12 %", 12),
        ("padding-count", "12", 12),
        ("padding-count", "12 percent", 12),
    ],
)
def test_a_number_may_be_written_in_several_ways(name, typed, meant):
    assert asked(QUESTIONS[name]).read(typed) == pytest.approx(meant)


@pytest.mark.parametrize("seed", range(20))
def test_a_decimal_comma_before_three_digits_is_read_as_one_where_only_that_can_be_meant(seed):
    each = asked(QUESTIONS["half-life"], seed)
    right = each.question.results[0].value(each.numbers)
    assert each.mark(each.read(f"{right:.3f}".replace(".", ","))).right
    each = asked(QUESTIONS["count-lstm"], seed)
    right = each.question.results[0].value(each.numbers)
    assert each.mark(each.read(f"{right:,.0f}")).right


@pytest.mark.parametrize("typed", ["1x 2 3 4", "1 2 junk 3 4", "9" * 5000, "A1 B2 C3 D4", "1,2,3", "%", "1 % 2 3 4"])
def test_a_match_with_something_else_in_it_is_no_answer(typed):
    with pytest.raises(Unclear, match="give a number for each letter"):
        asked(QUESTIONS["gate-range"]).read(typed)


def test_a_question_says_how_exactly_its_number_is_asked():
    said = {name: asked(QUESTIONS[name]).exactness for name in ("product-of-gates", "count-lstm", "padding-count")}
    assert said == {"product-of-gates": "to within 2 %", "count-lstm": "a whole number", "padding-count": "to within 1"}


@pytest.mark.parametrize("question", BY_KIND["number"], ids=lambda q: q.name)
def test_every_number_of_the_table_can_be_drawn_and_no_two_results_are_told_apart_by_luck(question):
    seen = {name: set() for name, _ in question.numbers}
    for seed in range(300):
        each = asked(question, seed)
        for name, value in each.numbers.items():
            seen[name].add(value)
        values = [result.value(each.numbers) for result in question.results]
        finite = [value for value in values if np.isfinite(value)]
        assert len({f"{value:.9g}" for value in finite}) == len(finite)
    assert seen == {name: set(values) for name, values in question.numbers}


def test_the_right_order_is_told_with_the_steps_that_may_be_swapped():
    each = asked(QUESTIONS["order-recipe"])
    first = sorted(LETTERS[k] for k, (rank, _) in enumerate(each.parts) if rank == 1)
    assert each.solution.startswith(f"{first[0]} and {first[1]} (in either order), ")


@pytest.mark.parametrize("typed", ["cab", "C A B", "c, a, b", "C>A>B"])
def test_an_order_may_be_typed_in_several_ways(typed):
    question = next(q for q in BY_KIND["order"])
    each = asked(question)
    rest = LETTERS[3 : len(each.parts)]
    assert each.read(typed + rest) == [2, 0, 1, *range(3, len(each.parts))]
