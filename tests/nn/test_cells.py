"""The GRU against torch, and the cells that torch lacks against autograd, differences and their own step functions."""

from itertools import product

import numpy as np
import pytest
import torch

from lstm_helpers.nn import GRU, LSTM1997, CoupledLSTM, LayerNormLSTM, PeepholeLSTM, relatives

DTYPES = (np.float32, np.float64)
EXACT = {np.float32: 1e-5, np.float64: 1e-10}  # against another implementation
SAME = {np.float32: 1e-6, np.float64: 1e-12}  # against itself, batched in another way


def gru_before(*sizes, **options):
    return GRU(*sizes, reset_after=False, **options)


# Each cell once more, in torch and from its equations: the states and the gates of one step.
def gru_reference(x, h, W_x, W_h, b, b_hn=None):
    H = h.shape[1]
    W_r, W_z, W_n = W_x.split(H, 1)
    U_r, U_z, U_n = W_h.split(H, 1)
    b_r, b_z, b_n = b.split(H)
    r = torch.sigmoid(x @ W_r + h @ U_r + b_r)
    z = torch.sigmoid(x @ W_z + h @ U_z + b_z)
    recalled = (r * h) @ U_n if b_hn is None else r * (h @ U_n + b_hn)
    n = torch.tanh(x @ W_n + b_n + recalled)
    return ((1 - z) * n + z * h,), {"r": r, "z": z, "n": n}


def peephole_reference(x, h, c, W_x, W_h, b, p):
    H = h.shape[1]
    i, f, g, o = (x @ W_x + h @ W_h + b).split(H, 1)
    i, f, g = torch.sigmoid(i + p[:H] * c), torch.sigmoid(f + p[H : 2 * H] * c), torch.tanh(g)
    c = f * c + i * g
    o = torch.sigmoid(o + p[2 * H :] * c)
    return (o * torch.tanh(c), c), {"i": i, "f": f, "g": g, "o": o, "c": c}


def coupled_reference(x, h, c, W_x, W_h, b):
    f, g, o = (x @ W_x + h @ W_h + b).split(h.shape[1], 1)
    f, g, o = torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)
    c = f * c + (1 - f) * g
    return (o * torch.tanh(c), c), {"f": f, "g": g, "o": o, "c": c}


def lstm_1997_reference(x, h, c, W_x, W_h, b):
    i, g, o = (x @ W_x + h @ W_h + b).split(h.shape[1], 1)
    i, g, o = torch.sigmoid(i), torch.tanh(g), torch.sigmoid(o)
    c = c + i * g
    return (o * torch.tanh(c), c), {"i": i, "g": g, "o": o, "c": c}


def layer_norm_reference(x, h, c, W_x, W_h, b, gain_x, gain_h, gain_c, bias_c):
    H = h.shape[1]
    norm = torch.nn.functional.layer_norm
    z = norm(x @ W_x, (4 * H,), gain_x) + norm(h @ W_h, (4 * H,), gain_h) + b
    i, f, g, o = z.split(H, 1)
    i, f, g, o = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)
    c = f * c + i * g
    return (o * torch.tanh(norm(c, (H,), gain_c, bias_c)), c), {"i": i, "f": f, "g": g, "o": o, "c": c}


CELLS = {  # name: the layer, its step function, its equations in torch
    "gru": (GRU, relatives.gru_step, gru_reference),
    "gru_reset_before": (gru_before, relatives.gru_step_reset_before, gru_reference),
    "peephole": (PeepholeLSTM, relatives.peephole_step, peephole_reference),
    "coupled": (CoupledLSTM, relatives.coupled_step, coupled_reference),
    "lstm_1997": (LSTM1997, relatives.lstm_1997_step, lstm_1997_reference),
    "layer_norm": (LayerNormLSTM, relatives.layer_norm_lstm_step, layer_norm_reference),
}
every_cell = pytest.mark.parametrize("name", CELLS)
every_dtype = pytest.mark.parametrize("dtype", DTYPES, ids=("float32", "float64"))
LENGTHS = [4, 7, 1, 7, 2]  # of five sequences, in no order, two of them whole


def build(name, dtype=np.float64, D=3, H=4):
    """A layer of which no parameter is special: gains are not 1 and biases not 0."""
    rng = np.random.default_rng(D * 10 + H)
    layer = CELLS[name][0](D, H, rng=rng, dtype=dtype)
    for param in layer.params.values():
        param += rng.normal(0, 0.3, param.shape).astype(dtype)
    return layer


def data(layer, T=7, B=5):
    """x, a state, and gradients of h and of the state, each state a tuple."""
    rng = np.random.default_rng(T * 10 + B)

    def normal(*shape):
        return rng.normal(size=shape).astype(layer.dtype)

    state, dstate = ([normal(B, layer.hidden_size) for _ in layer.states] for _ in range(2))
    return normal(T, B, layer.input_size), tuple(state), normal(T, B, layer.hidden_size), tuple(dstate)


def packed(layer, state):
    """A tuple of states as the layer takes it."""
    return state if len(layer.states) > 1 else state[0]


def parts(state):
    return state if isinstance(state, tuple) else (state,)


def run(layer, x, state, dh, dstate, lengths=None, **options):
    """Everything that a pass forward and a pass backward return, by name."""
    h, end = layer.forward(x, packed(layer, state), lengths)
    dx, dstart = layer.backward(dh, packed(layer, dstate), **options)
    named = {"h": h, "dx": dx} | {f"d{name}": g for name, g in layer.grads.items()}
    for name, last, first in zip(layer.states, parts(end), parts(dstart), strict=True):
        named |= {f"{name}_end": last, f"d{name}_start": first}
    return named


def assert_close(got, wanted, tolerance):
    """Every tensor of ``wanted`` is in ``got``, off by at most ``tolerance`` times its largest number."""
    assert got.keys() == wanted.keys()
    for name, b in wanted.items():
        a = got[name]
        assert a.shape == b.shape, name
        off = np.abs(a - b).max() / max(np.abs(b).max(), np.finfo(np.float64).tiny)
        assert off <= tolerance, f"{name}: off by {off:.1e} of its largest number"


SIZES = [
    (1, 1, 1, 1),
    (1, 4, 3, 2),
    (6, 1, 3, 4),
    (6, 4, 1, 4),
    (6, 4, 3, 1),
    (20, 5, 7, 11),
    (40, 3, 16, 8),
    (5, 9, 2, 32),
]


@pytest.mark.parametrize(
    ("sizes", "padded", "with_state", "dtype"), list(product(SIZES, (False, True), (False, True), DTYPES)), ids=str
)
def test_the_gru_equals_torch(sizes, padded, with_state, dtype):
    T, B, D, H = sizes
    layer = build("gru", dtype, D, H)
    x, (h_start,), dh, (dend,) = data(layer, T, B)
    lengths = np.random.default_rng(T + B).integers(1, T + 1, B) if padded else None
    p = layer.params
    torch_gru = torch.nn.GRU(D, H, dtype=torch.from_numpy(x).dtype)
    share = np.random.default_rng(1).normal(size=2 * H).astype(dtype)  # torch has two biases for r and z: both in use
    weights = {
        "weight_ih_l0": p["W_x"].T,
        "weight_hh_l0": p["W_h"].T,
        "bias_ih_l0": np.concatenate([p["b"][: 2 * H] - share, p["b"][2 * H :]]),
        "bias_hh_l0": np.concatenate([share, p["b_hn"]]),
    }
    torch_gru.load_state_dict({name: torch.from_numpy(w.copy()) for name, w in weights.items()})
    x_torch = torch.from_numpy(x).requires_grad_()
    start = torch.from_numpy(h_start if with_state else np.zeros_like(h_start))[None].requires_grad_()
    if padded:
        sequence = torch.nn.utils.rnn.pack_padded_sequence(x_torch, torch.from_numpy(lengths), enforce_sorted=False)
        h, end = torch_gru(sequence, start)
        h, _ = torch.nn.utils.rnn.pad_packed_sequence(h, total_length=T)
    else:
        h, end = torch_gru(x_torch, start)
    ((h * torch.from_numpy(dh)).sum() + (end[0] * torch.from_numpy(dend)).sum()).backward()
    dparams = {name: w.grad.numpy() for name, w in torch_gru.named_parameters()}
    wanted = {
        "h": h.detach().numpy(),
        "h_end": end[0].detach().numpy(),
        "dx": x_torch.grad.numpy(),
        "dh_start": start.grad[0].numpy(),
        "dW_x": dparams["weight_ih_l0"].T,
        "dW_h": dparams["weight_hh_l0"].T,
        "db": dparams["bias_ih_l0"],
        "db_hn": dparams["bias_hh_l0"][2 * H :],
    }
    got = run(layer, x, (h_start if with_state else None,), dh, (dend,), lengths)
    assert_close(got, wanted, EXACT[dtype])


@every_cell
@pytest.mark.parametrize("lengths", [None, LENGTHS], ids=("whole", "padded"))
def test_gradients_equal_central_differences(name, lengths):
    layer = build(name)
    x, state, dh, dstate = data(layer)
    got = run(layer, x, state, dh, dstate, lengths)

    def loss():
        h, end = layer.forward(x, packed(layer, state), lengths, train=False)
        return (h * dh).sum() + sum((s * ds).sum() for s, ds in zip(parts(end), dstate, strict=True))

    def slope(array, where, step=1e-5):
        before, values = array[where], []
        for moved in (before + step, before - step):
            array[where] = moved
            values.append(loss())
        array[where] = before
        return (values[0] - values[1]) / (2 * step)

    varied = {"dx": x} | {f"d{key}": p for key, p in layer.params.items()}
    varied |= {f"d{key}_start": s for key, s in zip(layer.states, state, strict=True)}
    wanted = {}
    for key, array in varied.items():
        wanted[key] = np.array([slope(array, where) for where in np.ndindex(array.shape)]).reshape(array.shape)
    assert_close({key: got[key] for key in wanted}, wanted, 1e-6)


@every_cell
@pytest.mark.parametrize("lengths", [None, LENGTHS], ids=("whole", "padded"))
def test_results_gradients_and_gates_equal_the_equations_in_torch(name, lengths):
    layer, reference = build(name), CELLS[name][2]
    x, state, dh, dstate = data(layer)
    got = run(layer, x, state, dh, dstate, lengths)
    params = {key: torch.from_numpy(p.copy()).requires_grad_() for key, p in layer.params.items()}
    x_torch = torch.from_numpy(x).requires_grad_()
    start = [torch.from_numpy(s).requires_grad_() for s in state]
    live, end, loss, h = start, [None] * len(start), 0, np.zeros_like(dh)
    last = torch.tensor(lengths or [len(x)] * x.shape[1])[:, None]
    for t in range(len(x)):
        live, gates = reference(x_torch[t], *live, **params)
        shown = torch.where(last > t, live[0], 0)
        h[t] = shown.detach()
        loss = loss + (shown * torch.from_numpy(dh[t])).sum()
        end = [now if e is None else torch.where(last > t, now, e) for now, e in zip(live, end, strict=True)]
        within = last[:, 0].numpy() > t
        seen = layer.gates()
        assert_close(
            {key: value[t, within] for key, value in seen.items()},
            {key: value.detach().numpy()[within] for key, value in gates.items()},
            1e-12,
        )
    sum((e * torch.from_numpy(d)).sum() for e, d in zip(end, dstate, strict=True)).add(loss).backward()
    wanted = {"h": h, "dx": x_torch.grad.numpy()} | {f"d{key}": p.grad.numpy() for key, p in params.items()}
    for key, e, s in zip(layer.states, end, start, strict=True):
        wanted |= {f"{key}_end": e.detach().numpy(), f"d{key}_start": s.grad.numpy()}
    assert_close(got, wanted, 1e-10)


@every_cell
@every_dtype
def test_a_layer_equals_its_step_function_in_a_loop(name, dtype):
    layer, step = build(name, dtype), CELLS[name][1]
    x, state, _, _ = data(layer)
    h, end = layer.forward(x, packed(layer, state), train=False)
    assert h.dtype == dtype
    for t in range(len(x)):
        state = parts(step(x[t], *state, **layer.params))
        assert_close({"h": h[t]}, {"h": state[0]}, EXACT[dtype])
    assert_close(dict(enumerate(parts(end))), dict(enumerate(state)), EXACT[dtype])


@every_cell
@every_dtype
def test_a_padded_batch_equals_its_sequences_one_by_one(name, dtype):
    layer = build(name, dtype)
    x, state, dh, dstate = data(layer)
    got = run(layer, x, state, dh, dstate, LENGTHS)
    wanted = {key: np.zeros_like(value) for key, value in got.items()}
    for row, n in enumerate(LENGTHS):
        row = slice(row, row + 1)
        alone = run(layer, x[:n, row], [s[row] for s in state], dh[:n, row], [d[row] for d in dstate])
        for key, value in alone.items():
            if key in ("h", "dx"):
                wanted[key][:n, row] = value
            elif key.endswith(("_end", "_start")):
                wanted[key][row] = value
            else:
                wanted[key] += value
    assert_close(got, wanted, SAME[dtype])
    for row, n in enumerate(LENGTHS):
        assert not got["h"][n:, row].any()
        assert not got["dx"][n:, row].any()


@every_cell
@every_dtype
def test_huge_inputs_give_finite_numbers_and_no_warning(name, dtype):
    layer = build(name, dtype)
    x, state, dh, dstate = data(layer)
    with np.errstate(all="raise", under="ignore"):
        for huge in (np.full_like(x, 1e4), np.full_like(x, -1e4), np.sign(x) * dtype(1e4)):
            for key, value in run(layer, huge, state, dh, dstate, LENGTHS).items():
                assert np.isfinite(value).all(), key
                assert value.dtype == dtype, key


@every_cell
def test_accumulate_adds_to_the_gradients(name):
    layer = build(name)
    x, state, dh, dstate = data(layer)
    once = run(layer, x, state, dh, dstate)
    twice = run(layer, x, state, 2 * dh, tuple(2 * d for d in dstate), accumulate=True)
    for key in layer.params:
        np.testing.assert_allclose(twice[f"d{key}"], 3 * once[f"d{key}"], rtol=1e-12, atol=1e-14)
    set_again = run(layer, x, state, dh, dstate)
    assert_close(set_again, once, 0)


@every_cell
def test_results_and_inputs_are_left_alone(name):
    layer = build(name)
    inputs = x, state, dh, dstate = data(layer)
    before = [np.copy(a) for a in (x, *state, dh, *dstate)]
    first = run(layer, *inputs, LENGTHS) | layer.gates()
    kept = {key: value.copy() for key, value in first.items()}
    run(layer, 2 * x, dstate, 3 * dh, state, LENGTHS, accumulate=True)
    run(layer, *inputs)  # without lengths the layer sees dh itself
    assert_close(first, kept, 0)
    for a, b in zip((x, *state, dh, *dstate), before, strict=True):
        np.testing.assert_array_equal(a, b)
    # And the other way round: what the layer keeps for backward does not follow a change of what was given or returned.
    h, end = layer.forward(x, packed(layer, state), LENGTHS)
    for array in (h, *parts(end), x, *state, *layer.gates().values()):
        array += 1
    for _ in range(2):
        dx, _ = layer.backward(dh, packed(layer, dstate))
        for key, value in ({"x": dx} | layer.grads).items():
            np.testing.assert_array_equal(value, kept[f"d{key}"], err_msg=key)


@every_cell
def test_a_parameter_changed_in_place_counts_at_once(name):
    for key in build(name).params:
        layer, fresh = build(name), build(name)
        inputs = data(layer)
        before = run(layer, *inputs)
        for changed in (layer, fresh):
            changed.params[key][...] *= 1.5
        after = run(layer, *inputs)
        assert np.abs(after["h"] - before["h"]).max() > 1e-6, key
        assert_close(after, run(fresh, *inputs), 0)


@every_cell
def test_inference_keeps_nothing_for_backward(name):
    layer = build(name)
    x, state, dh, _ = data(layer)
    trained, _ = layer.forward(x, packed(layer, state), LENGTHS)
    h, _ = layer.forward(x, packed(layer, state), LENGTHS, train=False)
    np.testing.assert_array_equal(h, trained)
    with pytest.raises(RuntimeError, match="call forward"):
        layer.backward(dh)
    with pytest.raises(RuntimeError, match="call forward"):
        layer.gates()
