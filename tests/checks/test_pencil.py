"""Slips by pencil whose numbers coincide share a name, and only those."""

from lstm_helpers.checks import pencil


def test_slips_with_the_same_numbers_are_one_and_are_told_both_advices_where_they_differ():
    slips = [
        ("doubled", {"a": 4.0}, "Once.", 1),
        ("squared", {"a": 4.005}, "Once.", 2),
        ("halved", {"a": 1.0}, "Whole.", 3),
        ("cubed", {"a": 4.01}, "No power.", 4),
    ]
    assert pencil.as_one(slips) == [
        ("doubled, or squared, or cubed", {"a": 4.0}, "Once. No power.", 1),
        ("halved", {"a": 1.0}, "Whole.", 3),
    ]


def test_numbers_are_the_same_within_what_counts_as_right():
    assert pencil.near({"a": 1.0, "b": 2.0}, {"a": 1.01, "b": 1.99})
    assert not pencil.near({"a": 1.0, "b": 2.0}, {"a": 1.0, "b": 2.02})


def test_what_a_slip_changes_are_the_numbers_that_are_not_right():
    assert pencil.changed({"a": 1, "b": 3}, {"a": 1, "b": 2}) == {"b": 3}


def test_small_numbers_are_words():
    assert [pencil.word(n) for n in (0, 7, 12, 25)] == ["zero", "seven", "twelve", "25"]
