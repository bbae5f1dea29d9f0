"""The exponential and the linear cells: equal to their plain equations in torch, which nothing stabilises; whole and in
parts, with lengths and without, for any shape."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm_helpers import nn
from lstm_helpers.nn import linear
from lstm_helpers.nn.exponential import stabilised


def forget(kind, z):
    return torch.exp(z) if kind == "exponential" else torch.sigmoid(z)


def slstm(layer, x, h, c, n, m, W_x, W_h, b):
    """Equations 8 to 14 of the paper as they stand. Returns h of all steps, and the states."""
    H, hs = layer.hidden_size, []
    c, n = c * torch.exp(m), n * torch.exp(m)
    within = torch.tensor(np.kron(np.eye(layer.heads), np.ones((H // layer.heads,) * 2)))
    for x_t in x:
        i, f, g, o = (x_t @ W_x + h @ (W_h * within.repeat(1, 4)) + b).split(H, 1)
        i, f, g, o = torch.exp(i), forget(layer.forget_gate, f), torch.tanh(g), torch.sigmoid(o)
        c, n = f * c + i * g, f * n + i
        h = o * c / n
        hs.append(h)
    return torch.stack(hs), (h, c, n)


def mlstm(layer, x, C, n, m, W_x, b):
    """Equations 19 to 27 as they stand."""
    (T, B, _), H, heads, hs = x.shape, layer.hidden_size, layer.heads, []
    C, n = C * torch.exp(m)[..., None, None], n * torch.exp(m)[..., None]
    z = x @ W_x + b
    q, k, v, o = (part.reshape(T, B, heads, -1) for part in z[..., : 4 * H].split(H, 2))
    i, f = torch.exp(z[..., 4 * H : -heads]), forget(layer.forget_gate, z[..., -heads:])
    for t in range(T):
        key = k[t] / (H // heads) ** 0.5
        C = f[t][..., None, None] * C + i[t][..., None, None] * v[t][..., :, None] * key[..., None, :]
        n = f[t][..., None] * n + i[t][..., None] * key
        divisor = torch.clamp((n * q[t]).sum(-1).abs(), min=1)
        read = (C * q[t][..., None, :]).sum(-1) / divisor[..., None]
        hs.append((torch.sigmoid(o[t]) * read).reshape(B, H))
    return torch.stack(hs), (C, n)


def minlstm(layer, x, h, W_x, b):
    hs = []
    for x_t in x:
        i, f, g = (x_t @ W_x + b).split(layer.hidden_size, 1)
        i, f = torch.sigmoid(i), torch.sigmoid(f)
        h = f / (f + i) * h + i / (f + i) * g
        hs.append(h)
    return torch.stack(hs), (h,)


def mingru(layer, x, h, W_x, b):
    hs = []
    for x_t in x:
        z, g = (x_t @ W_x + b).split(layer.hidden_size, 1)
        keep = 1 - (1 - layer.lowest) * torch.sigmoid(z)
        h = keep * h + (1 - keep) * g
        hs.append(h)
    return torch.stack(hs), (h,)


CELLS = {  # name: (class, its options, its equations)
    "sLSTM": (nn.SLSTM, {}, slstm),
    "sLSTM, two heads, f exponential": (nn.SLSTM, {"heads": 2, "forget_gate": "exponential"}, slstm),
    "mLSTM": (nn.MLSTM, {}, mlstm),
    "mLSTM, two heads, f exponential": (nn.MLSTM, {"heads": 2, "forget_gate": "exponential"}, mlstm),
    "minLSTM": (nn.MinLSTM, {}, minlstm),
    "minLSTM by scan": (nn.MinLSTM, {"recurrence": linear.scan}, minlstm),
    "minGRU": (nn.MinGRU, {}, mingru),
    "minGRU, signed, by scan": (nn.MinGRU, {"recurrence": linear.scan, "lowest": -1}, mingru),
}
every_cell = pytest.mark.parametrize("name", CELLS)
SHAPE = st.tuples(*(st.integers(1, top) for top in (9, 4, 4, 3)))  # T, B, D, and half of H


def build(name, D=3, H=4, dtype=np.float64, scale=1.5, seed=0):
    kind, options, _ = CELLS[name]
    layer = kind(D, H, rng=np.random.default_rng(seed), dtype=dtype, **options)
    for param in layer.params.values():
        param *= scale * H**0.5
    return layer


def drawn(layer, T, B, seed, started=True):
    """x, dh, and a state and its gradient as the layer takes them; a normaliser is positive."""
    rng = np.random.default_rng(seed)
    x, dh = rng.normal(size=(T, B, layer.input_size)), rng.normal(size=(T, B, layer.hidden_size))
    shapes = {part: layer._state_shape(part, B) for part in layer.states}
    state = [np.abs(rng.normal(size=s)) + 0.5 if part == "n" else rng.normal(size=s) for part, s in shapes.items()]
    dstate = [0 * one if part == "m" else rng.normal(size=one.shape) for part, one in zip(shapes, state, strict=True)]
    state, dstate = (tuple(parts) if len(parts) > 1 else parts[0] for parts in (state, dstate))
    return x, dh, state if started else None, dstate


def parts(state):
    return state if isinstance(state, tuple) else (state,)


@every_cell
@settings(max_examples=25, deadline=None, derandomize=True)
@given(SHAPE, st.booleans(), st.integers(0, 2**32 - 1))
def test_it_is_equal_to_its_plain_equations_forward_and_backward(name, shape, started, seed):
    T, B, D, half = shape
    layer = build(name, D, 2 * half, seed=seed)
    x, dh, state, dstate = drawn(layer, T, B, seed, started)
    h, end = layer.forward(x, state)
    dx, dstart = layer.backward(dh, dstate)
    zeros = tuple(np.zeros(layer._state_shape(part, B)) for part in layer.states)
    given_x, *start = (torch.tensor(a, requires_grad=True) for a in (x, *parts(zeros if state is None else state)))
    params = {key: torch.tensor(p, requires_grad=True) for key, p in layer.params.items()}
    wanted, ends = CELLS[name][2](layer, given_x, *start, **params)
    np.testing.assert_allclose(h, wanted.detach(), rtol=1e-9, atol=1e-10)
    loss = (torch.tensor(dh) * wanted).sum()
    held = parts(end)[-1] if layer.states[-1] == "m" else None  # c and n are held divided by exp(m)
    for part, ours, theirs, gradient in zip(layer.states, parts(end), ends, parts(dstate), strict=False):
        scale = np.exp(-held) if held is not None and part != "h" else np.ones(1)
        scale = torch.tensor(scale.reshape(scale.shape + (1,) * (ours.ndim - scale.ndim)))
        np.testing.assert_allclose(ours, (theirs * scale).detach(), rtol=1e-9, atol=1e-10)
        loss = loss + (torch.tensor(gradient) * theirs * scale).sum()
    loss.backward()
    theirs = {"x": given_x, **params}
    for key, ours in {"x": dx, **layer.grads}.items():
        gradient = theirs[key].grad.numpy()
        np.testing.assert_allclose(ours, gradient, rtol=0, atol=1e-8 * max(1, np.abs(gradient).max()), err_msg=key)
    if started:
        for part, ours, tensor in zip(layer.states, parts(dstart), start, strict=True):
            if part != "m":
                size = max(1, tensor.grad.abs().max().item())
                np.testing.assert_allclose(ours, tensor.grad, rtol=0, atol=1e-8 * size, err_msg=part)


@every_cell
def test_central_differences_agree_with_the_gradient_of_the_input(name):
    layer = build(name)
    x, dh, state, _ = drawn(layer, 5, 2, 1)
    layer.forward(x, state)
    dx, _ = layer.backward(dh)
    for k in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[k] += 1e-5
        down[k] -= 1e-5
        raised, lowered = (np.sum(dh * layer.forward(at, state, train=False)[0]) for at in (up, down))
        assert abs(dx[k] - (raised - lowered) / 2e-5) < 1e-6 * max(1, np.abs(dx).max())


@every_cell
@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.lists(st.integers(1, 7), min_size=1, max_size=4), st.integers(0, 2**32 - 1))
def test_a_sequence_in_a_batch_is_what_it_is_alone(name, lengths, seed):
    layer = build(name, seed=seed)
    x, dh, state, dstate = drawn(layer, 7, len(lengths), seed)
    h, end = layer.forward(x, state, np.array(lengths))
    dx, dstart = layer.backward(dh, dstate)
    grads, summed = layer.grads, {}
    for row, length in enumerate(lengths):
        one = [tuple(p[row : row + 1] for p in parts(s)) for s in (state, dstate)]
        one = [s if len(s) > 1 else s[0] for s in one]
        h_alone, end_alone = layer.forward(x[:length, row : row + 1], one[0])
        dx_alone, dstart_alone = layer.backward(dh[:length, row : row + 1], one[1])
        np.testing.assert_allclose(h[:length, row], h_alone[:, 0], atol=1e-12)
        np.testing.assert_allclose(dx[:length, row], dx_alone[:, 0], atol=1e-10)
        for ours, alone in zip(parts(end) + parts(dstart), parts(end_alone) + parts(dstart_alone), strict=True):
            np.testing.assert_allclose(ours[row], alone[0], atol=1e-10)
        summed = {key: summed.get(key, 0) + gradient for key, gradient in layer.grads.items()}
    assert not h[np.arange(7)[:, None] >= np.array(lengths)].any()
    for key, gradient in grads.items():
        np.testing.assert_allclose(gradient, summed[key], rtol=0, atol=1e-9 * max(1, np.abs(gradient).max()))


@every_cell
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_in_two_halves_it_is_what_it_is_whole(name, dtype):
    layer = build(name, dtype=dtype)
    x = np.random.default_rng(3).normal(size=(9, 2, 3)).astype(dtype)
    whole, end = layer.forward(x)
    first, middle = layer.forward(x[:4])
    second, last = layer.forward(x[4:], middle)
    assert whole.dtype == dtype
    tolerance = 1e-4 if dtype == np.float32 else 1e-12
    np.testing.assert_allclose(np.concatenate([first, second]), whole, rtol=tolerance, atol=tolerance)
    for one, other in zip(parts(end), parts(last), strict=True):
        assert one.dtype == dtype
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", [name for name in CELLS if "LSTM" in name])
@pytest.mark.parametrize("size", [1e3, 1e5])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gates_far_out_overflow_nowhere(name, size, dtype):
    layer = build(name, dtype=dtype)
    x = size * np.random.default_rng(0).normal(size=(20, 3, 3)).astype(dtype)
    with np.errstate(all="raise", under="ignore"):
        h, _ = layer.forward(x)
        dx, _ = layer.backward(np.ones_like(h))
    assert np.isfinite(h).all()
    assert np.isfinite(dx).all()


@given(st.integers(1, 40), st.integers(0, 2**32 - 1))
@settings(deadline=None, derandomize=True)
def test_a_scan_is_the_loop(T, seed):
    rng = np.random.default_rng(seed)
    keep, new, start = rng.uniform(-1, 1, (T, 2, 3)), rng.normal(size=(T, 2, 3)), rng.normal(size=(2, 3))
    np.testing.assert_allclose(linear.scan(keep, new, start), linear.loop(keep, new, start), atol=1e-12)


@given(st.tuples(*[st.floats(-700, 700)] * 3), st.booleans())
@settings(derandomize=True)
def test_of_the_stabilised_gates_one_is_one_and_their_ratio_stays(given_, empty):
    log_i, log_f, m_prev = map(np.float64, given_)
    i, f, m = stabilised(log_i, log_f, m_prev, np.bool_(empty))
    assert max(i, f) == 1
    if not empty and f > 0 < i:
        assert np.log(i) - np.log(f) == pytest.approx(log_i - log_f - m_prev, abs=1e-9)


def test_a_minimal_gru_that_may_turn_its_sign_says_the_parity_and_the_paper_s_cannot():
    bits = np.random.default_rng(0).integers(0, 2, (30, 4, 1)).astype(float)
    layer = nn.MinGRU(1, 1, rng=np.random.default_rng(0), dtype=np.float64, lowest=-1)
    layer.params["W_x"][:], layer.params["b"][:] = [[40.0, 0.0]], [-20.0, 0.0]  # a 1 turns the state, a 0 keeps it
    h, _ = layer.forward(bits, np.ones((4, 1)))
    np.testing.assert_array_equal(h < 0, np.cumsum(bits, axis=0) % 2 == 1)
    layer.lowest = 0
    h, _ = layer.forward(bits, np.ones((4, 1)))
    assert (h >= 0).all()


@pytest.mark.parametrize("make", [nn.SLSTM, nn.MLSTM])
def test_what_does_not_fit_is_refused(make):
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="heads that divide hidden_size 4, got 3"):
        make(2, 4, rng=rng, heads=3)
    with pytest.raises(ValueError, match="'sigmoid' or 'exponential', got 'tanh'"):
        make(2, 4, rng=rng, forget_gate="tanh")
    with pytest.raises(ValueError, match=r"carries \d states"):
        make(2, 4, rng=rng).forward(np.zeros((3, 1, 2), np.float32), (np.zeros((1, 4)),) * 2)
    with pytest.raises(ValueError, match="lowest from -1"):
        nn.MinGRU(2, 4, rng=rng, lowest=-1.1)


@every_cell
def test_an_empty_batch_has_empty_results_and_gradients_of_zero(name):
    layer = build(name)
    h, _ = layer.forward(np.zeros((5, 0, 3)))
    assert h.shape == (5, 0, 4)
    dx, _ = layer.backward(np.zeros_like(h))
    assert dx.shape == (5, 0, 3)
    assert all(not grad.any() for grad in layer.grads.values())


@every_cell
def test_a_stack_of_them_goes_on_from_the_state_that_it_returned_and_takes_its_gradient(name):
    kind, options, _ = CELLS[name]
    stack = nn.Stack(kind, 3, 4, layers=2, rng=np.random.default_rng(0), dtype=np.float64, **options)
    x = np.random.default_rng(1).normal(size=(6, 2, 3))
    h, end = stack.forward(x)
    stack.backward(np.ones_like(h), end)
    first, middle = stack.forward(x[:2])
    np.testing.assert_allclose(np.concatenate([first, stack.forward(x[2:], middle)[0]]), h, atol=1e-12)
