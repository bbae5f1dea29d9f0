"""Stacked and bidirectional layers: equal to torch.nn, to their sequences one by one, and to their own parts."""

import numpy as np
import pytest
import torch
from torch.nn.utils import rnn as packing

from lstm_helpers import nn, parity

TOLERANCE = {np.float64: 1e-10, np.float32: 1e-5}  # largest difference over largest value, whole tensor
CELLS = {
    "tanh RNN": (torch.nn.RNN, {}),
    "relu RNN": (torch.nn.RNN, {"nonlinearity": "relu"}),
    "LSTM": (torch.nn.LSTM, {}),
    "GRU": (torch.nn.GRU, {}),
}
# T, B, D, H, layers, bidirectional, lengths: the corners first, then cases from a seeded generator
SHAPES = [
    (1, 1, 1, 1, 1, False, False),
    (1, 1, 1, 1, 1, True, True),
    (1, 3, 2, 4, 3, True, False),
    (9, 1, 3, 2, 2, True, True),
    (6, 4, 1, 3, 4, False, True),
    (7, 5, 4, 1, 2, True, True),
    (30, 3, 3, 4, 2, True, False),
    (8, 6, 3, 5, 1, False, True),
]
for _seed in range(8):
    _rng = np.random.default_rng(_seed)
    SHAPES.append((*map(int, _rng.integers(2, 10, 4)), int(_rng.integers(1, 4)), bool(_seed % 2), bool(_seed // 2 % 2)))
CASES = [(cell, *shape, dtype) for cell in CELLS for shape in SHAPES for dtype in TOLERANCE]


def named(case):
    cell, T, B, D, H, layers, bidirectional, lengths, dtype = case
    options = [f"T{T}", f"B{B}", f"D{D}", f"H{H}", f"layers{layers}", dtype.__name__]
    return "-".join([cell, *options, *["two ways"] * bidirectional, *["lengths"] * lengths])


def drawn_lengths(rng, T, B):
    """Lengths out of order, the longest equal to T, as packing and unpacking leave it."""
    lengths = rng.integers(1, T + 1, B)
    lengths[rng.integers(B)] = T
    return lengths


def states(arrays, is_lstm):
    return tuple(arrays[:2]) if is_lstm else arrays[0]


def parts(state):
    return state if isinstance(state, tuple) else (state,)


def both_passes(module, x, state, lengths, dh, dstate):
    """Output, final state and all gradients of a torch module, under our names."""
    x = torch.from_numpy(x).requires_grad_()
    start = [torch.from_numpy(s).requires_grad_() for s in parts(state)]
    given = x if lengths is None else packing.pack_padded_sequence(x, torch.from_numpy(lengths), enforce_sorted=False)
    h, end = module(given, tuple(start) if len(start) > 1 else start[0])
    if lengths is not None:
        h, _ = packing.pad_packed_sequence(h, total_length=len(x))
    loss = (h * torch.from_numpy(dh)).sum()
    for e, d in zip(parts(end), parts(dstate), strict=True):
        loss = loss + (e * torch.from_numpy(d)).sum()
    loss.backward()
    out = {"h": h, "dx": x.grad} | {f"end {k}": e for k, e in enumerate(parts(end))}
    return out | {f"dstart {k}": s.grad for k, s in enumerate(start)} | parity.grads_from_torch(module)


def our_passes(layer, x, state, lengths, dh, dstate, **kwargs):
    h, end = layer.forward(x, state, lengths)
    dx, dstart = layer.backward(dh, dstate, **kwargs)
    out = {"h": h, "dx": dx} | {f"end {k}": e for k, e in enumerate(parts(end))}
    return out | {f"dstart {k}": s for k, s in enumerate(parts(dstart))} | dict(layer.grads)


def drawn_case(T, B, D, H, layers, bidirectional, padded, dtype, is_lstm, seed=0):
    rng = np.random.default_rng(seed)
    n, width = layers * (1 + bidirectional), (1 + bidirectional) * H
    draw = lambda *shape: rng.normal(size=shape).astype(dtype)  # noqa: E731
    lengths = drawn_lengths(rng, T, B) if padded else None
    state, dstate = (states([draw(n, B, H), draw(n, B, H)], is_lstm) for _ in range(2))
    return draw(T, B, D), state, lengths, draw(T, B, width), dstate


def as_single(value, ours):
    """A plain layer's state has no axis for the layers."""
    return value if isinstance(ours, nn.Stack) or value is None else jointly(lambda s: s[0], value)


def jointly(change, state):
    return tuple(map(change, state)) if isinstance(state, tuple) else change(state)


def test_there_are_at_least_sixty_cases_and_every_kind_is_among_them():
    assert len(set(CASES)) >= 60
    for cell in CELLS:
        kinds = {(layers > 1, ways, padded) for c, *_, layers, ways, padded, _ in CASES if c == cell}
        assert len(kinds) == 8, cell


@pytest.mark.parametrize("case", CASES, ids=named)
def test_outputs_and_all_gradients_equal_torch(case):
    cell, T, B, D, H, layers, bidirectional, padded, dtype = case
    kind, options = CELLS[cell]
    torch.manual_seed(T + B)
    module = kind(D, H, layers, bidirectional=bidirectional, dtype=getattr(torch, dtype.__name__), **options)
    x, state, lengths, dh, dstate = drawn_case(T, B, D, H, layers, bidirectional, padded, dtype, kind is torch.nn.LSTM)
    theirs = both_passes(module, x, state, lengths, dh, dstate)
    layer = parity.from_torch(module)
    assert isinstance(layer, nn.Stack) == (layers > 1 or bidirectional)
    ours = our_passes(layer, x, as_single(state, layer), lengths, dh, as_single(dstate, layer))
    if not isinstance(layer, nn.Stack):
        ours = {k: v[None] if k[:3] in ("end", "dst") else v for k, v in ours.items()}
    assert all(v.dtype == dtype for v in ours.values())
    result = parity.compare(ours, theirs, TOLERANCE[dtype])
    # A sum that cancels to next to nothing keeps the rounding of its terms, of size 1: the floor is four of theirs.
    floor = 4 * np.finfo(dtype).eps
    assert all(relative <= result.tolerance or off <= floor for *_, off, relative in result.rows), result


LAYERS = [nn.RNN, nn.LSTM, nn.GRU, nn.PeepholeLSTM]
any_layer = pytest.mark.parametrize("kind", LAYERS, ids=lambda kind: kind.__name__)


def made(kind=nn.LSTM, layers=2, bidirectional=True, dtype=np.float64, **options):
    return nn.Stack(
        kind, 3, 4, layers=layers, bidirectional=bidirectional, rng=np.random.default_rng(7), dtype=dtype, **options
    )


def drawn_for(kind, T=6, B=4, padded=True, dtype=np.float64):
    return drawn_case(T, B, 3, 4, 2, True, padded, dtype, len(kind.states) == 2, seed=3)


@any_layer
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 1e-6)], ids=["float64", "float32"])
def test_a_padded_batch_equals_its_sequences_one_by_one(kind, dtype, tolerance):
    stack = made(kind, dtype=dtype)
    x, state, lengths, dh, dstate = drawn_for(kind, dtype=dtype)
    together = our_passes(stack, x, state, lengths, dh, dstate)
    summed = {}
    for b, n in enumerate(lengths):
        one = jointly(lambda s, b=b: s[:, b : b + 1], state)
        done = jointly(lambda s, b=b: s[:, b : b + 1], dstate)
        alone = our_passes(stack, x[:n, b : b + 1], one, None, dh[:n, b : b + 1], done)
        for name, value in alone.items():
            if name in stack.params:
                summed[name] = summed.get(name, 0) + value
                continue
            mine = together[name][:n, b : b + 1] if name in ("h", "dx") else together[name][:, b : b + 1]
            assert parity.compare({name: mine}, {name: value}, tolerance).ok, (name, b)
    assert parity.compare({k: together[k] for k in summed}, summed, 4 * tolerance).ok
    padding = np.arange(len(x))[:, None] >= lengths
    assert not together["h"][padding].any()
    assert not together["dx"][padding].any()


@any_layer
def test_what_stands_in_the_padding_changes_nothing(kind):
    stack = made(kind)
    x, state, lengths, dh, dstate = drawn_for(kind)
    before = our_passes(stack, x, state, lengths, dh, dstate)
    padding = np.arange(len(x))[:, None] >= lengths
    x[padding], dh[padding] = 1e3, 1e3
    after = our_passes(stack, x, state, lengths, dh, dstate)
    assert all((after[name] == value).all() for name, value in before.items())


@pytest.mark.parametrize("residual", [False, True], ids=["plain", "residual"])
@any_layer
def test_the_gradient_is_that_of_the_central_difference_with_dropout(kind, residual):
    stack = made(kind, layers=3, dropout=0.4, residual=residual)
    x, _, lengths, dh, _ = drawn_for(kind)
    seed = stack._rng.bit_generator.state

    def loss():
        stack._rng.bit_generator.state = seed  # the same numbers dropped each time
        return (stack.forward(x, None, lengths)[0] * dh).sum()

    loss()
    dx, _ = stack.backward(dh)
    grads, eps = {k: g.copy() for k, g in stack.grads.items()} | {"x": dx}, 1e-6
    for name, array in [*stack.params.items(), ("x", x)]:
        for place in [tuple(np.random.default_rng(k).integers(array.shape)) for k in range(4)]:
            kept = array[place]
            array[place] = kept + eps
            above = loss()
            array[place] = kept - eps
            below = loss()
            array[place] = kept
            assert grads[name][place] == pytest.approx((above - below) / (2 * eps), rel=1e-5, abs=1e-7), (name, place)


class Passing(nn.RNN):
    """An RNN whose h is its x: what a stack of it gives back is what dropout made of x."""

    def _forward(self, x, start, lengths, train):
        return x.copy(), start, () if train else None

    def _backward(self, cache, dh, dend, ends, input_gradient):
        return dh.copy(), dend, {name: np.zeros_like(p) for name, p in self.params.items()}


def passing(layers, dropout, seed=0):
    return nn.Stack(Passing, 50, 50, layers=layers, dropout=dropout, rng=np.random.default_rng(seed))


ONES = np.ones((20, 100, 50), np.float32)


def test_dropout_keeps_the_expected_value_and_drops_the_given_share():
    h, _ = passing(2, 0.3).forward(ONES)
    assert np.unique(h).tolist() == [0, pytest.approx(1 / 0.7)]
    assert (h == 0).mean() == pytest.approx(0.3, abs=0.01)
    assert h.mean() == pytest.approx(1, abs=0.01)


def test_dropout_acts_between_layers_only():
    assert (passing(1, 0.5).forward(ONES)[0] == 1).all()  # not before the first, not after the last
    twice = passing(3, 0.5).forward(ONES)[0]
    assert np.unique(twice).tolist() == [0, 4]
    assert (twice > 0).mean() == pytest.approx(0.25, abs=0.01)


def test_a_residual_layer_adds_what_it_read_and_the_lowest_does_not():
    def heights(**options):
        return np.unique(nn.Stack(Passing, 50, 50, layers=3, rng=np.random.default_rng(0), **options).forward(ONES)[0])

    assert heights(residual=True).tolist() == [4]  # each of the two upper ones says what it read, once more
    assert heights().tolist() == [1]


def test_without_training_nothing_is_dropped():
    assert (passing(3, 0.5).forward(ONES, train=False)[0] == 1).all()


def test_the_gradient_goes_where_the_numbers_were_kept():
    stack = passing(3, 0.5)
    h, _ = stack.forward(ONES)
    dx, _ = stack.backward(ONES)
    assert (dx == h).all()


def test_each_forward_pass_drops_other_numbers_and_a_seed_brings_them_back():
    stack = passing(2, 0.5)
    first, second = stack.forward(ONES)[0], stack.forward(ONES)[0]
    assert (first != second).any()
    again = passing(2, 0.5)
    assert (again.forward(ONES)[0] == first).all()
    assert (again.forward(ONES)[0] == second).all()


@any_layer
def test_without_training_the_output_is_the_same_and_nothing_is_kept(kind):
    stack = made(kind)
    x, state, lengths, dh, _ = drawn_for(kind)
    trained = stack.forward(x, state, lengths)
    h, end = stack.forward(x, state, lengths, train=False)
    assert (h == trained[0]).all()
    assert all((a == b).all() for a, b in zip(parts(end), parts(trained[1]), strict=True))
    with pytest.raises(RuntimeError, match="call forward"):
        stack.backward(dh)
    assert all(part._cache is None for part in (stack, *stack.layers.values()))


@any_layer
def test_accumulate_adds_to_the_gradients_of_before(kind):
    stack = made(kind)
    x, state, lengths, dh, dstate = drawn_for(kind)
    once = our_passes(stack, x, state, lengths, dh, dstate)
    our_passes(stack, x, state, lengths, dh, dstate)
    assert all((stack.grads[k] == once[k]).all() for k in stack.params)
    our_passes(stack, x, state, lengths, dh, dstate, accumulate=True)
    assert all((stack.grads[k] == 2 * once[k]).all() for k in stack.params)
    stack.grads = {}
    assert len(stack.grads) == 0
    our_passes(stack, x, state, lengths, dh, dstate, accumulate=True)
    assert all((stack.grads[k] == once[k]).all() for k in stack.params)


@any_layer
def test_nothing_given_or_returned_is_shared_with_the_inside(kind):
    x, state, lengths, dh, dstate = drawn_for(kind)
    expected = our_passes(made(kind), x, state, lengths, dh, dstate)
    stack = made(kind)
    x2, lengths2, state2 = x.copy(), lengths.copy(), jointly(np.copy, state)
    h, end = stack.forward(x2, state2, lengths2)
    for array in (x2, h, *parts(state2), *parts(end)):
        array[...] = 99
    lengths2[...] = 1
    dh2 = dh.copy()
    dx, dstart = stack.backward(dh2, dstate)
    assert (dh2 == dh).all()
    got = {"dx": dx} | {f"dstart {k}": s for k, s in enumerate(parts(dstart))} | dict(stack.grads)
    assert all((got[name] == expected[name]).all() for name in got)
    later = stack.forward(x, state, lengths)[0]
    kept = later.copy()
    stack.forward(2 * x, state, lengths)
    assert (later == kept).all()


@any_layer
def test_params_are_the_arrays_of_the_inner_layers(kind):
    stack = made(kind)
    assert list(stack.layers) == ["l0", "l0r", "l1", "l1r"]
    assert list(stack.params)[:3] == ["l0.W_x", "l0.W_h", "l0.b"]
    assert all(stack.params[f"{n}.{k}"] is a for n, layer in stack.layers.items() for k, a in layer.params.items())
    assert len(stack.params) == sum(len(layer.params) for layer in stack.layers.values())
    x = drawn_for(kind)[0]
    h, _ = stack.forward(x)
    stack.backward(np.ones_like(h))
    assert all(stack.grads[f"{n}.{k}"] is a for n, layer in stack.layers.items() for k, a in layer.grads.items())
    assert stack.grads.keys() == stack.params.keys()


@any_layer
def test_a_change_of_params_is_seen_by_the_next_pass(kind):
    stack, x = made(kind), drawn_for(kind)[0]
    other = made(kind)
    other.params.update({name: 0.5 * array for name, array in stack.params.items()})
    before, _ = stack.forward(x)
    for array in stack.params.values():
        array *= 0.5
    after, _ = stack.forward(x)
    assert (before != after).any()
    assert (after == other.forward(x)[0]).all()
    other.params["l1r.W_x"] = np.zeros_like(other.params["l1r.W_x"])
    assert not other.layers["l1r"].params["W_x"].any()
    with pytest.raises(KeyError, match=r"l9\.W_x"):
        other.params["l9.W_x"] = 0


def test_options_reach_the_inner_layers():
    assert all(layer.nonlinearity == "relu" for layer in made(nn.RNN, nonlinearity="relu").layers.values())
    assert all((layer.params["b"][4:8] == 5).all() for layer in made(forget_bias=5).layers.values())


def test_a_part_of_the_state_may_be_left_out():
    stack, (x, (h, _), *_) = made(), drawn_for(nn.LSTM)
    assert (stack.forward(x, (h, None))[0] == stack.forward(x, (h, np.zeros_like(h)))[0]).all()


X = np.zeros((6, 4, 3))


@pytest.mark.parametrize(
    ("act", "error", "says"),
    [
        (lambda: made(layers=0), ValueError, "expected layers of 1 or more, got 0"),
        (lambda: made(dropout=1.0), ValueError, "expected dropout from 0 up to, not including, 1, got 1.0"),
        (lambda: made(dropout=-0.1), ValueError, "got -0.1"),
        (lambda: made().forward(X, np.zeros((4, 4, 4))), ValueError, r"expected state \(h, c\), got 4 in all"),
        (
            lambda: made().forward(X, (np.zeros((4, 4)), None)),
            ValueError,
            r"h in state of shape \(4, B, 4\), got \(4, 4\): one \(B, H\) for each of the layers l0, l0r, l1, l1r",
        ),
        (lambda: made().forward(X, (None, np.zeros((4, 5, 4)))), ValueError, r"c of shape \(4, 4\), got \(5, 4\)"),
        (lambda: made().forward(X[0]), ValueError, r"x\[None\]"),
        (lambda: made().forward(X, lengths=[1, 2, 3, 7]), ValueError, "lengths of 1 to 6"),
        (lambda: made().backward(X), RuntimeError, "call forward"),
        (lambda: made().params["b"], KeyError, "b"),
    ],
    ids=["no layers", "all dropped", "negative", "one array", "no axis", "batch", "x", "lengths", "first", "name"],
)
def test_errors_say_what_was_given_and_expected(act, error, says):
    with pytest.raises(error, match=says):
        act()


def test_errors_of_the_backward_pass():
    stack = made()
    stack.forward(X)
    with pytest.raises(ValueError, match=r"expected dh of shape \(6, 4, 8\), got \(6, 4, 4\)"):
        stack.backward(np.zeros((6, 4, 4)))
    with pytest.raises(ValueError, match=r"expected h in dstate of shape \(4, 4, 4\), got \(2, 4, 4\)"):
        stack.backward(np.zeros((6, 4, 8)), (np.zeros((2, 4, 4)), None))
    with pytest.raises(ValueError, match="lengths"):
        stack.forward(X, lengths=[0, 1, 1, 1])
    with pytest.raises(RuntimeError, match="call forward"):  # a pass that failed leaves nothing behind
        stack.backward(np.zeros((6, 4, 8)))
