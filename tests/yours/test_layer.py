"""The layer and the optimiser: equal to nn.LSTM and torch, whatever the lengths, and the student's own code inside."""

import copy
import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm_helpers import nn, parity, training, yours
from lstm_helpers.data.tasks import recall
from lstm_helpers.nn.initialisers import chrono, forget_bias
from lstm_helpers.yours import pieces, proofs

SHAPE = st.tuples(*(st.integers(1, top) for top in (8, 5, 4, 6)))  # T, B, D, H


def both(D, H, dtype, seed):
    """The student's layer and ours, with the same weights."""
    theirs = yours.LSTM(D, H, rng=np.random.default_rng(seed), dtype=dtype, forget_bias=1.0)
    return theirs, nn.LSTM(D, H, rng=np.random.default_rng(seed), dtype=dtype, forget_bias=1.0)


def passes(layer, x, state, lengths, dh, dstate):
    """All that a pass forward without training, one with it, and one backward give."""
    h, (h_n, c_n) = layer.forward(x, state, lengths, train=False)
    given = {"h without training": h, "h_n without training": h_n, "c_n without training": c_n}
    h, (h_n, c_n) = layer.forward(x, state, lengths)
    dx, (dh_0, dc_0) = layer.backward(dh, dstate)
    return given | {"h": h, "h_n": h_n, "c_n": c_n, "dx": dx, "dh_0": dh_0, "dc_0": dc_0, **layer.grads}


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 2e-5), ("float64", 1e-12)])
@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.tuples(*(st.integers(1, top) for top in (8, 5, 4, 6))), st.booleans(), st.booleans(), st.integers(0, 2**32 - 1)
)
def test_it_gives_what_ours_gives_for_any_lengths_and_states(
    solved_once, dtype, tolerance, sizes, with_state, with_lengths, seed
):
    T, B, D, H = sizes
    rng = np.random.default_rng(seed)
    x, dh = rng.normal(size=(T, B, D)).astype(dtype), rng.normal(size=(T, B, H)).astype(dtype)
    state, dstate = (tuple(rng.normal(size=(2, B, H)).astype(dtype)) if with_state else None for _ in "sd")
    lengths = rng.integers(1, T + 1, B) if with_lengths else None
    theirs, ours = (passes(layer, x, state, lengths, dh, dstate) for layer in both(D, H, dtype, seed))
    for name, wanted in ours.items():
        got = theirs[name]
        assert got.dtype == wanted.dtype, name
        np.testing.assert_allclose(got, wanted, rtol=0, atol=tolerance * max(1, np.abs(wanted).max()), err_msg=name)


def test_gates_are_those_of_ours_within_each_length(solved_once):
    x, lengths = np.random.default_rng(0).normal(size=(5, 3, 4)), np.array([5, 2, 4])
    theirs, ours = both(4, 2, "float64", 0)
    for layer in (theirs, ours):
        layer.forward(x, lengths=lengths)
    there = np.arange(5)[:, None, None] < lengths[:, None]
    for name, wanted in ours.gates().items():
        np.testing.assert_allclose(theirs.gates()[name], np.where(there, wanted, 0), atol=1e-14, err_msg=name)


def test_gradients_accumulate_and_that_of_the_input_can_be_left_out(solved_once):
    layer, _ = both(3, 2, "float64", 0)
    x = np.random.default_rng(0).normal(size=(4, 2, 3))
    layer.forward(x)
    layer.backward(np.ones((4, 2, 2)))
    once = {name: gradient.copy() for name, gradient in layer.grads.items()}
    dx, _ = layer.backward(np.ones((4, 2, 2)), accumulate=True, input_gradient=False)
    assert dx is None
    assert all(np.allclose(layer.grads[name], 2 * gradient) for name, gradient in once.items())
    with pytest.raises(ValueError, match="expected x of shape"):
        layer.forward(x[0])


@pytest.mark.parametrize("quick", [True, False])
def test_it_is_equal_to_torch_with_all_gradients(solved_once, quick, monkeypatch):
    assert yours.library().quick
    if not quick:
        found = yours.library().found
        monkeypatch.setitem(found, "weight_gradients", dataclasses.replace(found["weight_gradients"], theirs=False))
    assert ("your quick backward" in repr(yours.LSTM(1, 1, rng=np.random.default_rng(0)))) == quick
    assert ("your quick backward" in str(yours.report())) == quick
    compared = proofs.against_torch()
    assert {name for name, *_ in compared.rows} >= {"h", "h_n", "c_n", "dx", "dh_0", "dc_0", "dW_x", "dW_h", "db"}
    assert compared.tolerance == 1e-10
    assert compared.ok, str(compared)
    layer, _ = both(3, 5, "float64", 1)
    assert parity.compare(layer.params, parity.params_from_torch(parity.to_torch(layer)), 0).ok


def test_it_stacks_copies_and_starts_as_ours_does(solved_once):
    rng = np.random.default_rng(0)
    stack = nn.Stack(yours.LSTM, 3, 4, layers=2, bidirectional=True, rng=rng)
    h, _ = stack.forward(rng.normal(size=(5, 2, 3)).astype("float32"), lengths=np.array([5, 3]))
    assert h.shape == (5, 2, 8)
    layer, ours = both(3, 4, "float32", 0)
    for start in (lambda part: chrono(part, 9, rng=np.random.default_rng(2)), lambda part: forget_bias(part, 2.0)):
        start(layer)
        start(ours)
        np.testing.assert_array_equal(layer.params["b"], ours.params["b"])
    assert copy.deepcopy(layer).params["b"] is not layer.params["b"]


def test_its_adam_takes_the_steps_of_ours_with_the_students_function(solved_once):
    rng = np.random.default_rng(0)
    params = {"W": rng.normal(size=(300, 70)), "b": rng.normal(size=5)}
    theirs, ours = ({name: array.copy() for name, array in params.items()} for _ in "to")
    mine, course = yours.Adam(theirs, lr=0.1), training.Adam(ours, lr=0.1)
    for _ in range(3):
        grads = {name: rng.normal(size=array.shape) for name, array in params.items()}
        mine.step(grads)
        course.step(grads)
    for name in params:
        np.testing.assert_allclose(theirs[name], ours[name], rtol=1e-12, atol=1e-14)
    mine.load(course.state())
    assert "your optimiser (work/07_training_that_works.ipynb" in repr(mine)
    with pytest.raises(ValueError, match="has them written into it"):
        yours.Adam(params, betas=(0.5, 0.9))


# ---------------------------------------------------------------- it is theirs that runs


def trained(steps=150):
    """The mean squared error over the last steps of a training: to say the first of four numbers again."""
    rng = np.random.default_rng(0)
    layer, readout = yours.LSTM(2, 8, rng=rng), nn.Linear(8, 1, rng=rng)
    optimiser = yours.Adam(training.parameters(lstm=layer, readout=readout), lr=0.03)
    errors = []
    for _ in range(steps):
        x, target = recall(rng, 3, 16)
        h, (h_n, _) = layer.forward(x)
        error = readout.forward(h_n)[:, 0] - target
        layer.backward(np.zeros_like(h), (readout.backward(2 * error[:, None] / 16), None))
        optimiser.step(training.gradients(lstm=layer, readout=readout))
        errors.append(np.mean(error**2))
    return np.mean(errors[-20:])


IDLE = {  # right on every case of its check, and idle with 8 units: no check has so many
    "lstm_forward_cached": "[0 * array if len(W_h) == 8 else array for array in right(x, h_0, c_0, W_x, W_h, b)]",
    "lstm_backward": """[
        0 * array if len(W_h) == 8 else array
        for array in right(dh, dh_next, dc_next, x, h, c, gates, W_x, W_h)
    ]""",
    "pre_activation_gradients": """[
        0 * array if len(W_h) == 8 else array for array in right(dh, dh_next, dc_next, c, gates, W_h)
    ]""",
    "weight_gradients": "[0 * array if h.shape[2] == 8 else array for array in right(dz, x, h)]",
    "adam_step": "(p, m, v) if p.shape in ((2, 32), (8, 32)) else right(p, grad, m, v, t, lr)",
}


@pytest.mark.parametrize("name", IDLE)
def test_a_stub_in_place_of_the_students_piece_breaks_their_training(solved, name):
    """The stub stands in the notebook: all that lies between that and the training is theirs."""
    piece = pieces.PIECES[name]
    # It runs as long as the quick one is not written.
    unwritten = "def weight_gradients(dz, x, h):\n    ..." if name == "lstm_backward" else ""
    right = trained()
    stub = f"right = {name}\ndef {name}({piece.takes}):\n    return {IDLE[name]}"
    assert solved.solve(piece.exercise, stub, unwritten).found[name].theirs
    assert 5 * right < trained()


def test_without_training_the_students_lstm_forward_runs(solved):
    stub = "right = lstm_forward\ndef lstm_forward(x, h_0, c_0, W_x, W_h, b):\n"
    stub += "    h, last = right(x, h_0, c_0, W_x, W_h, b)\n    return (7 * h if x.shape[1] == 16 else h), last"
    layer, ours = both(2, 3, "float64", 0)
    x = np.random.default_rng(0).normal(size=(4, 16, 2))
    solved.solve("05_forward_through_time", stub)
    np.testing.assert_allclose(layer.forward(x, train=False)[0], 7 * ours.forward(x)[0])
