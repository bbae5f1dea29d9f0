"""The mathematics: equal to torch.nn, safe for large inputs, with the properties that the lessons claim."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lstm_helpers import nn, parity
from lstm_helpers.nn import functional as F

settings.register_profile("course", deadline=None, derandomize=True)  # a busy machine is no failure
settings.load_profile("course")

# T, B, D, H: the corners first, then shapes from a seeded generator
SHAPES = [
    (1, 1, 1, 1),
    (1, 3, 4, 5),
    (6, 1, 4, 5),
    (6, 3, 1, 5),
    (6, 3, 4, 1),
    (1, 1, 4, 5),
    (40, 2, 3, 3),
    (5, 4, 8, 2),
]
SHAPES += [tuple(map(int, np.random.default_rng(seed).integers(1, 12, 4))) for seed in range(36)]
TOLERANCE = {np.float32: 2e-6, np.float64: 1e-12}  # largest difference over largest value, whole tensor
DTYPES = list(TOLERANCE)
LAYERS = {"LSTM": (nn.LSTM, F.lstm_step, 2), "RNN": (nn.RNN, F.rnn_step, 1)}

both_dtypes = pytest.mark.parametrize("dtype", DTYPES, ids=["float32", "float64"])
both_layers = pytest.mark.parametrize("name", LAYERS)
all_shapes = pytest.mark.parametrize("shape", SHAPES, ids=str)


def torch_dtype(dtype):
    return getattr(torch, np.dtype(dtype).name)


def drawn(name, shape, dtype, seed=0):
    """An input x and a non-zero state, as the layer ``name`` takes it: h, or (h, c)."""
    T, B, D, H = shape
    rng = np.random.default_rng(seed)
    x, h, c = (rng.normal(size=s).astype(dtype) for s in ((T, B, D), (B, H), (B, H)))
    return x, ((np.tanh(h), 2 * c) if LAYERS[name][2] == 2 else np.tanh(h))


def tensors(state, axis=False):
    """The same state for torch, with a layer axis in front where the module wants one."""
    parts = [torch.from_numpy(s[None] if axis else s) for s in (state if isinstance(state, tuple) else (state,))]
    return tuple(parts) if len(parts) > 1 else parts[0]


def flat(state):
    return dict(zip("hc", state if isinstance(state, tuple) else (state,), strict=False))


def bare(state):
    """torch's state as a dictionary of (B, H) tensors."""
    return {k: v.reshape(v.shape[-2:]) for k, v in flat(state).items()}


# parity with torch


def test_there_are_at_least_forty_shapes_and_the_corners_are_among_them():
    assert len(set(SHAPES)) >= 40
    T, B, D, H = map(set, zip(*SHAPES, strict=True))
    assert 1 in T & B & D & H


@both_dtypes
@both_layers
@all_shapes
def test_layers_equal_torch(name, shape, dtype):
    T, B, D, H = shape
    torch.manual_seed(sum(shape))
    module = getattr(torch.nn, name)(D, H, dtype=torch_dtype(dtype))
    x, state = drawn(name, shape, dtype)
    h, last = parity.from_torch(module).forward(x, state)
    with torch.no_grad():
        h_torch, last_torch = module(torch.from_numpy(x), tensors(state, axis=True))
    assert h.dtype == dtype
    assert all(s.dtype == dtype for s in flat(last).values())
    compared = parity.compare({"all h": h}, {"all h": h_torch}, TOLERANCE[dtype])
    assert compared.ok, compared
    compared = parity.compare(flat(last), bare(last_torch), TOLERANCE[dtype])
    assert compared.ok, compared


@both_dtypes
@both_layers
@all_shapes
def test_steps_equal_torch_cells(name, shape, dtype):
    _, B, D, H = shape
    torch.manual_seed(sum(shape))
    cell = getattr(torch.nn, name + "Cell")(D, H, dtype=torch_dtype(dtype))
    x, state = drawn(name, (1, B, D, H), dtype, seed=1)
    step, p = LAYERS[name][1], parity.params_from_torch(cell)
    ours = step(x[0], *flat(state).values(), p["W_x"], p["W_h"], p["b"])
    with torch.no_grad():
        theirs = cell(torch.from_numpy(x[0]), tensors(state))
    compared = parity.compare(flat(ours), flat(theirs), TOLERANCE[dtype])
    assert compared.ok, compared
    assert all(part.dtype == dtype for part in flat(ours).values())


@both_layers
def test_a_state_left_out_is_zero(name):
    layer = LAYERS[name][0](3, 4, rng=np.random.default_rng(0))
    x, state = drawn(name, (5, 2, 3, 4), np.float32)
    zero = tuple(0 * s for s in state) if isinstance(state, tuple) else 0 * state
    np.testing.assert_array_equal(layer.forward(x)[0], layer.forward(x, zero)[0])
    assert not np.array_equal(layer.forward(x)[0], layer.forward(x, state)[0])


# layers equal the step functions


@both_dtypes
@both_layers
@pytest.mark.parametrize("shape", SHAPES[:16], ids=str)
def test_layers_equal_their_step_in_a_loop(name, shape, dtype):
    T, B, D, H = shape
    kind, step, _ = LAYERS[name]
    layer = kind(D, H, rng=np.random.default_rng(2), dtype=dtype)
    x, state = drawn(name, shape, dtype)
    h, last = layer.forward(x, state)
    p, now = layer.params, tuple(flat(state).values())
    for t in range(T):
        now = tuple(flat(step(x[t], *now, p["W_x"], p["W_h"], p["b"])).values())
        np.testing.assert_allclose(h[t], now[0], rtol=0, atol=4 * np.finfo(dtype).eps * T)
    compared = parity.compare(flat(last), flat(now if len(now) > 1 else now[0]), TOLERANCE[dtype])
    assert compared.ok, compared


@given(st.integers(1, 5), st.integers(1, 5), st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_stacked_weights_give_the_same_step(B, D, H, seed):
    rng = np.random.default_rng(seed)
    x, h, c, W_x, W_h, b = (rng.normal(size=s) for s in ((B, D), (B, H), (B, H), (D, 4 * H), (H, 4 * H), (4 * H,)))
    split, stacked = F.lstm_step(x, h, c, W_x, W_h, b), F.lstm_step_stacked(x, h, c, np.vstack([W_h, W_x]), b)
    np.testing.assert_allclose(stacked, split, rtol=0, atol=1e-13 * (1 + np.abs(c).max()))


# the sigmoid


def test_sigmoid_is_precise_in_the_far_tail():
    exact = 4.2483542552915889953e-18  # exp(-40) / (1 + exp(-40)), with 20 digits
    assert abs(F.sigmoid(np.array(-40.0)) / exact - 1) < 1e-12


def test_sigmoid_at_known_points():
    np.testing.assert_allclose(F.sigmoid(np.log([1.0, 3.0, 1 / 3])), [0.5, 0.75, 0.25], rtol=1e-15)


@given(st.floats(-1e300, 1e300))
def test_sigmoid_is_symmetrical(z):
    z = np.array(z)
    assert abs(F.sigmoid(z) + F.sigmoid(-z) - 1) <= np.finfo(float).eps


@both_dtypes
@given(data=st.data())
def test_sigmoid_keeps_shape_and_dtype_and_rises(dtype, data):
    width = np.dtype(dtype).itemsize * 8
    z = data.draw(arrays(dtype, (3, 4), elements=st.floats(-1e4, 1e4, width=width)))
    s = F.sigmoid(z)
    assert s.shape == z.shape
    assert s.dtype == dtype
    order = np.argsort(z, axis=None)
    assert (np.diff(s.ravel()[order]) >= 0).all()


# what the lessons claim about gates and states

GATES = [F.input_gate, F.forget_gate, F.output_gate]


@st.composite
def one_step(draw, limit=1e4):
    """x, h_prev, c_prev, W_x, W_h, b with values up to ``limit``."""
    B, D, H = (draw(st.integers(1, 4)) for _ in "BDH")
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    scale = draw(st.sampled_from([0.0, 1e-3, 1.0, 30.0, limit]))
    x, c = scale * rng.normal(size=(B, D)), scale * rng.normal(size=(B, H))
    h = rng.uniform(-1, 1, (B, H))
    return x, h, c, rng.normal(size=(D, 4 * H)), rng.normal(size=(H, 4 * H)), rng.normal(size=4 * H)


@given(one_step())
def test_gates_are_fractions_and_the_candidate_lies_between_minus_one_and_one(case):
    x, h, _, *weights = case
    for gate in GATES:
        value = gate(x, h, *weights)
        assert ((value >= 0) & (value <= 1)).all()
    assert (np.abs(F.candidate(x, h, *weights)) <= 1).all()


@given(arrays(float, 8, elements=st.floats(-30, 30, exclude_min=True, exclude_max=True)))
def test_a_gate_is_never_quite_shut_or_open_below_thirty(z):
    H = len(z)
    for k, gate in ((0, F.input_gate), (1, F.forget_gate), (3, F.output_gate)):
        b = np.full(4 * H, 1e4)  # the other gates' slices hold a value that would show
        b[k * H : (k + 1) * H] = z
        value = gate(np.zeros((1, 1)), np.zeros((1, H)), np.zeros((1, 4 * H)), np.zeros((H, 4 * H)), b)
        assert ((value > 0) & (value < 1)).all()


@given(arrays(float, (3, 4), elements=st.floats(allow_nan=False, allow_infinity=False)),
       arrays(float, (3, 4), elements=st.floats(-1, 1)))  # fmt: skip
def test_forget_gate_one_and_input_gate_zero_keep_the_cell_state_to_the_bit(c, g):
    kept = F.cell_update(np.ones_like(c), c, np.zeros_like(c), g)
    assert (kept + 0.0).tobytes() == (c + 0.0).tobytes()  # + 0.0 makes -0.0 and 0.0 one


@both_dtypes
def test_a_thousand_steps_with_open_forget_gate_keep_the_cell_state_to_the_bit(dtype):
    lstm = nn.LSTM(2, 3, rng=np.random.default_rng(0), dtype=dtype)
    lstm.params["b"][:3], lstm.params["b"][3:6] = -1e4, 1e4
    x, state = drawn("LSTM", (1000, 2, 2, 3), dtype)
    _, (_, c) = lstm.forward(x, state)
    assert c.tobytes() == state[1].tobytes()


@given(one_step())
def test_hidden_state_is_bounded_and_cell_state_grows_by_one_at_most(case):
    x, h, c, *weights = case
    h_new, c_new = F.lstm_step(x, h, c, *weights)
    assert (np.abs(h_new) <= 1).all()
    assert (np.abs(c_new) <= np.abs(c) + 1).all()


# large inputs, and arrays that stay what they were


@both_dtypes
@pytest.mark.parametrize("sign", [1, -1])
def test_inputs_of_ten_thousand_give_no_warning_and_finite_numbers(dtype, sign):
    rng = np.random.default_rng(0)
    large = sign * np.full((3, 2, 4), 1e4, dtype)
    with np.errstate(all="raise", under="ignore"):
        assert np.isfinite(F.sigmoid(large)).all()
        for name, (kind, _, parts) in LAYERS.items():
            layer = kind(4, 5, rng=rng, dtype=dtype)
            state = np.full((2, 5), sign * 1e4, dtype)
            h, last = layer.forward(large, (state,) * 2 if parts == 2 else state)
            assert np.isfinite(h).all(), name
            assert all(np.isfinite(s).all() for s in flat(last).values()), name
        weights = (rng.normal(size=s).astype(dtype) for s in ((4, 20), (5, 20), (20,)))
        h, c = F.lstm_step(large[0], state, state, *weights)
        assert np.isfinite([h, c]).all()


@both_layers
def test_layers_leave_their_inputs_alone_and_give_away_none_of_their_own_arrays(name):
    layer = LAYERS[name][0](3, 4, rng=np.random.default_rng(0))
    (x, state), (x2, state2) = (drawn(name, (5, 2, 3, 4), np.float32, seed=s) for s in (0, 1))
    given_arrays = [x, *flat(state).values(), *layer.params.values()]
    before = [a.tobytes() for a in given_arrays]
    h, last = layer.forward(x, state)
    results = [h, *flat(last).values()]
    first = [a.tobytes() for a in results]
    layer.forward(x2, state2)
    assert [a.tobytes() for a in given_arrays] == before
    assert [a.tobytes() for a in results] == first
    h[...] = 7
    assert [a.tobytes() for a in results[1:]] == first[1:]
    for a in results:
        assert not any(np.shares_memory(a, b) for b in given_arrays)
        a[...] = 7  # a student writes into what they were given
    assert layer.forward(x, state)[0].tobytes() == first[0]


def test_gates_are_copies():
    lstm = nn.LSTM(3, 4, rng=np.random.default_rng(0))
    lstm.forward(drawn("LSTM", (5, 2, 3, 4), np.float32)[0])
    seen = lstm.gates()
    for values in seen.values():
        values[...] = 7
    assert not any((values == 7).any() for values in lstm.gates().values())


@both_layers
def test_steps_leave_their_inputs_alone(name):
    rng = np.random.default_rng(0)
    parts = LAYERS[name][2]
    wide = 16 if parts == 2 else 4
    shapes = ((2, 3), *[(2, 4)] * parts, (3, wide), (4, wide), (wide,))
    case = [rng.normal(size=s) for s in shapes]
    for a in case:
        a.setflags(write=False)  # writing into one of them now raises
    for result in flat(LAYERS[name][1](*case)).values():
        assert not any(np.shares_memory(result, a) for a in case)


# parameters


@both_dtypes
@both_layers
def test_parameters_are_drawn_as_torch_draws_them(name, dtype):
    layer = LAYERS[name][0](30, 25, rng=np.random.default_rng(0), dtype=dtype)
    wide = 100 if name == "LSTM" else 25
    assert {k: v.shape for k, v in layer.params.items()} == {
        "W_x": (30, wide),
        "W_h": (25, wide),
        "b": (wide,),
    }
    everything = np.concatenate([v.ravel() for v in layer.params.values()])
    assert everything.dtype == dtype
    assert 0.19 < np.abs(everything).max() <= 0.2  # +-1/sqrt(25)
    assert abs(everything.std() - 0.2 / 3**0.5) < 0.005
    again = LAYERS[name][0](30, 25, rng=np.random.default_rng(0), dtype=dtype)
    assert all((v == again.params[k]).all() for k, v in layer.params.items())


def test_forget_bias_sets_the_forget_gates_slice_and_nothing_else():
    plain, biased = (nn.LSTM(3, 4, rng=np.random.default_rng(0), forget_bias=b) for b in (None, 3))
    assert (biased.params["b"][4:8] == 3).all()
    different = plain.params["b"] != biased.params["b"]
    assert not different[:4].any()
    assert not different[8:].any()


# errors that say what was given, what was expected, and what to do


def wrong(change):
    """x of an LSTM (3 inputs, 4 units, float32) after ``change``."""
    return change(np.zeros((5, 2, 3), np.float32))


def with_value(value):
    def change(x):
        x[2, 1, 0] = value
        return x

    return change


@both_layers
@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        (lambda x: x[0], ValueError, ["(T, B, 3)", "(2, 3)", "add a time axis with x[None]"]),
        (lambda x: x[..., :2], ValueError, ["(T, B, 3)", "(5, 2, 2)", "time comes first, then the batch"]),
        (lambda x: x.astype(np.float64), TypeError, ["of float32", "got float64", "np.asarray(x, 'float32')"]),
        (lambda x: x.astype(int), TypeError, ["of float32", "got int64", "np.asarray(x, 'float32')"]),
        (lambda x: x.tolist(), TypeError, ["of float32", "got a list", "np.asarray(x, 'float32')"]),
        (with_value(np.nan), ValueError, ["finite", "got nan at (2, 1, 0)", "look at where the data"]),
        (with_value(-np.inf), ValueError, ["finite", "got -inf at (2, 1, 0)", "look at where the data"]),
    ],
)  # fmt: skip
def test_a_wrong_input_is_explained(name, change, error, says):
    layer = LAYERS[name][0](3, 4, rng=np.random.default_rng(0))
    with pytest.raises(error) as caught:
        layer.forward(wrong(change))
    for words in says:
        assert words in str(caught.value)


def test_a_wrong_state_is_explained():
    zeros, x = np.zeros((2, 4), np.float32), np.zeros((5, 2, 3), np.float32)
    lstm, rnn = (kind(3, 4, rng=np.random.default_rng(0)) for kind in (nn.LSTM, nn.RNN))
    with pytest.raises(ValueError, match=r"expected c of shape \(2, 4\), got \(1, 4\): one row for each sequence"):
        lstm.forward(x, (zeros, zeros[:1]))
    with pytest.raises(ValueError, match=r"expected state \(h, c\), got 3 in all"):
        lstm.forward(x, (zeros, zeros, zeros))
    with pytest.raises(ValueError, match=r"expected state of shape \(2, 4\), got \(2, 2, 4\)"):
        rnn.forward(x, (zeros, zeros))
    with pytest.raises(ValueError, match=r"expected finite numbers in h, got nan at \(0, 0\)"):
        lstm.forward(x, (zeros * np.nan, zeros))


@both_layers
def test_a_layer_of_integers_is_refused(name):
    with pytest.raises(TypeError, match="expected dtype float32 or float64, got int64"):
        LAYERS[name][0](3, 4, rng=np.random.default_rng(0), dtype=np.int64)


def test_gates_before_forward_is_explained():
    with pytest.raises(RuntimeError, match=r"call forward\(x\) first"):
        nn.LSTM(3, 4, rng=np.random.default_rng(0)).gates()
