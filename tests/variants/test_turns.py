"""A turn there and back changes nothing, and what it turns is seen from the other side as it is."""

import inspect

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm_helpers.variants.turns import Turn

ORDERS = st.permutations("ifgo").map("".join)
RETURNS = (("h", ("h_last", "c_last"), "W_x"), ("W_x", ("c_last", "h_last"), "h"))
BLOCKED = {"W_x": -1, "W_ih": 0}


@settings(deadline=None, max_examples=25)
@given(ORDERS, st.integers(1, 3), st.integers(1, 3))
def test_there_and_back_an_array_is_what_it_was(order, H, D):
    turn = Turn("W_x", "W_x", "ifgo", order, BLOCKED)
    arrays = {"W_x": np.arange(4.0 * D * H).reshape(D, 4 * H), "W_ih": np.arange(4.0 * H * D).reshape(4 * H, D)}
    back = turn.out_of(turn.into(arrays))
    assert all(np.array_equal(back[name], array) for name, array in arrays.items())


@settings(deadline=None, max_examples=25)
@given(ORDERS)
def test_the_blocks_of_the_class_lie_in_its_order(order):
    turn = Turn("b", "b", "ifgo", order, {"b": -1})
    b = turn.into({"b": np.repeat([0.0, 1.0, 2.0, 3.0], 2)})["b"]
    assert "".join("ifgo"[int(k)] for k in b[::2]) == order


def answer(W_x, x, W_ih):
    return x, (x + 1, x + 2), W_x * np.arange(W_x.size)  # tells the blocks apart that it is given


@settings(deadline=None, max_examples=25)
@given(ORDERS)
def test_a_turned_answer_undone_is_the_answer(order):
    turn = Turn(*RETURNS, "ifgo", order, BLOCKED)
    W_x, x = np.arange(8.0).reshape(1, 8), np.ones(2)
    x_0, (h, c), w = turn.undone(turn.of(answer))(W_x, x, W_ih=np.zeros((4, 1)))
    assert np.array_equal(w, W_x**2)
    assert (x_0[0], h[0], c[0]) == (1, 2, 3)


def test_results_stand_in_the_order_and_the_brackets_of_the_class():
    w, (c, h), x = Turn(*RETURNS).of(answer)(np.zeros((1, 4)), np.zeros(1), np.zeros((4, 1)))
    assert (w.shape, c, h, x) == ((1, 4), 2, 1, 0)


def test_an_input_that_is_changed_in_place_is_changed_for_the_class_too():
    def changes(b):
        b[0] = 9.0  # of the course's first layer
        return b

    b = np.arange(4.0)
    Turn("b", "b", "ifgo", "fgio", {"b": -1}).of(changes)(b)
    assert b.tolist() == [0, 1, 9, 3]


@pytest.mark.parametrize("odd", [np.float64(2.0), np.zeros(3), np.zeros(()), [1.0, 2.0, 3.0, 4.0]], ids=str)
def test_what_has_no_block_for_each_layer_is_given_as_it_is(odd):
    """Whoever leaves out an axis is told by the check, and not by the turn."""
    made = Turn(*RETURNS, "ifgo", "fgio", BLOCKED).of(lambda W_x: W_x)(odd)
    assert np.array_equal(made, odd)


def test_what_a_turned_answer_reaches_is_what_the_answer_does():
    assert Turn(*RETURNS).of(answer).__globals__ is answer.__globals__


def over_time(x, h):
    x[0] += 10.0  # the first step of every sequence
    return x.cumsum(axis=0), h


def test_with_the_batch_first_an_answer_takes_and_gives_it_so():
    turn = Turn(("sums", "h"), ("sums", "h"), exchanged=("x", "sums"))
    x, h = np.arange(6.0).reshape(2, 3), np.ones((2, 4))
    sums, same = turn.of(over_time)(x, h)
    assert sums.tolist() == [[10, 11, 13], [13, 17, 22]]
    assert same is h
    assert x[:, 0].tolist() == [10, 13]  # what it changed in place is changed for the class, too
    assert np.array_equal(turn.undone(turn.of(over_time))(x.T.copy(), h)[0], over_time(x.T.copy(), h)[0])
    assert turn.into({"x": x, "h": h})["x"].shape == turn.out_of({"x": x, "h": h})["x"].shape == (3, 2)
    assert list(turn.said) == ["the batch comes first, before time, in `x` and `sums`"]


@pytest.mark.parametrize("result", [None, 3.0, [1, 2], np.zeros(()), (np.zeros(4),)])
def test_another_result_than_was_asked_for_is_handed_on_as_it_is(result):
    made = Turn(*RETURNS, "ifgo", "ogfi", BLOCKED).of(lambda b: result)(np.zeros(4))
    assert made is result


def test_a_turned_answer_takes_the_arguments_of_the_course():
    turned = Turn(*RETURNS, "ifgo", "ogfi", BLOCKED).of(answer)
    assert inspect.signature(turned) == inspect.signature(answer)
