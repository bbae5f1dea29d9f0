"""Embedding, linear layer and losses: equal to torch, masked steps left out, calm at large numbers."""

from inspect import Parameter, signature

import numpy as np
import pytest
import torch

from lstm_helpers import nn, parity
from lstm_helpers.nn import initialisers

TOLERANCE = {np.float64: 1e-10, np.float32: 1e-5}
both_dtypes = pytest.mark.parametrize("dtype", TOLERANCE, ids=["float64", "float32"])


def normal(*shape, dtype=np.float64, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def embedding(num=7, dim=3, dtype=np.float64):
    return nn.Embedding(num, dim, rng=np.random.default_rng(0), dtype=dtype)


def linear(D_in=3, D_out=4, dtype=np.float64):
    return nn.Linear(D_in, D_out, rng=np.random.default_rng(0), dtype=dtype)


IDS = np.array([[1, 1, 5], [6, 0, 1]])


@both_dtypes
@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (5, 3, 7, 4), (40, 8, 3, 5), (2, 2, 500, 3)], ids=str)
def test_embedding_equals_torch(shape, dtype):
    T, B, num, dim = shape
    layer, ids = embedding(num, dim, dtype), np.random.default_rng(1).integers(0, num, (T, B))
    W = torch.from_numpy(layer.params["W"].copy()).requires_grad_()
    theirs, dx = torch.nn.functional.embedding(torch.from_numpy(ids), W), normal(T, B, dim, dtype=dtype)
    theirs.backward(torch.from_numpy(dx))
    ours = {"x": layer.forward(ids)}
    assert layer.backward(dx) is None
    ours["W"] = layer.grads["W"]
    assert all(v.dtype == dtype for v in ours.values())
    assert parity.compare(ours, {"x": theirs, "W": W.grad}, TOLERANCE[dtype]).ok


def test_a_symbol_that_occurs_more_than_once_gathers_the_sum():
    layer = embedding()
    layer.forward(IDS)
    layer.backward(np.ones((2, 3, 3)))
    assert layer.grads["W"][:, 0].tolist() == [1, 3, 0, 0, 0, 1, 1]


@both_dtypes
@pytest.mark.parametrize("front", [(1, 1), (5, 3), (4,), ()], ids=str)
def test_linear_equals_torch(front, dtype):
    layer, x, dy = linear(dtype=dtype), normal(*front, 3, dtype=dtype), normal(*front, 4, dtype=dtype, seed=1)
    p = {k: torch.from_numpy(v.copy()).requires_grad_() for k, v in ({"x": x} | layer.params).items()}
    theirs = p["x"] @ p["W"] + p["b"]
    theirs.backward(torch.from_numpy(dy))
    ours = {"y": layer.forward(x), "x": layer.backward(dy)} | layer.grads
    assert all(v.dtype == dtype for v in ours.values())
    result = parity.compare(ours, {"y": theirs} | {k: v.grad for k, v in p.items()}, TOLERANCE[dtype])
    assert result.ok, result


@pytest.mark.parametrize(
    ("layer", "given", "shape"), [(embedding(), IDS, (2, 3, 3)), (linear(), normal(2, 3, 3), (2, 3, 4))], ids=["E", "L"]
)
def test_the_contract_of_every_layer(layer, given, shape):
    first, given = layer.forward(given), given.copy()
    kept, dy = first.copy(), normal(*shape)
    layer.backward(dy)
    once = layer.grads
    layer.backward(dy, accumulate=True)
    assert all((layer.grads[k] == 2 * g).all() for k, g in once.items())
    layer.backward(dy)
    assert all((layer.grads[k] == g).all() for k, g in once.items())
    assert layer.grads.keys() == layer.params.keys()

    layer.forward(given)[...] = 99  # nothing given or returned is shared with the inside
    changed = given.copy()
    layer.forward(changed)
    changed[...] = 0
    layer.backward(dy)
    assert all((layer.grads[k] == g).all() for k, g in once.items())

    for p in layer.params.values():  # a change in place is seen by the next pass
        p *= 2
    assert np.allclose(layer.forward(given), 2 * kept, rtol=1e-14)
    assert (first == kept).all()

    layer.forward(given, train=False)
    with pytest.raises(RuntimeError, match="call forward first"):
        layer.backward(dy)


# losses

SHAPES = [(1, 1, 1), (1, 4, 3), (7, 1, 5), (6, 3, 9)]
masks = pytest.mark.parametrize("masked", [False, True], ids=["all steps", "mask"])
shapes = pytest.mark.parametrize("shape", SHAPES, ids=str)


def drawn_mask(T, B):
    mask = np.random.default_rng(3).random((T, B)) < 0.6
    mask[0, 0] = True
    return mask


def written_out(name, x, other):
    """The loss of each step, or of each number, in torch."""
    if name == "mean_squared_error":
        return (x - other) ** 2
    return -torch.log_softmax(x, dim=-1).gather(-1, other[..., None])[..., 0]


@both_dtypes
@masks
@shapes
@pytest.mark.parametrize("name", ["softmax_cross_entropy", "mean_squared_error"])
def test_loss_and_gradient_equal_torch(name, shape, masked, dtype):
    *front, V = shape
    given, mask = 3 * normal(*shape, dtype=dtype), drawn_mask(*front) if masked else None
    classes = np.random.default_rng(1).integers(0, V, front)
    other = classes if name == "softmax_cross_entropy" else normal(*shape, dtype=dtype, seed=1)
    x = torch.from_numpy(given.copy()).requires_grad_()
    each = written_out(name, x, torch.from_numpy(other))
    theirs = (each if mask is None else each[torch.from_numpy(mask)]).mean()
    theirs.backward()
    loss, gradient = getattr(nn, name)(given, other, mask)
    assert isinstance(loss, float)
    assert gradient.dtype == dtype
    ours = {"loss": loss, "gradient": gradient}
    result = parity.compare(ours, {"loss": theirs, "gradient": x.grad}, TOLERANCE[dtype])
    assert result.ok, result


def test_what_stands_in_masked_targets_does_not_matter():
    mask = drawn_mask(6, 3)
    logits, targets = normal(6, 3, 4), np.random.default_rng(1).integers(0, 4, (6, 3))
    loss, gradient = nn.softmax_cross_entropy(logits, targets, mask)
    again, same = nn.softmax_cross_entropy(logits, np.where(mask, targets, -100), mask.astype(float))
    assert loss == again
    assert (gradient == same).all()
    assert not gradient[~mask].any()

    target = normal(6, 3, 4, seed=1)
    loss, gradient = nn.mean_squared_error(logits, target, mask)
    again, same = nn.mean_squared_error(logits, np.where(mask[..., None], target, np.nan), mask)
    assert loss == again
    assert (gradient == same).all()
    assert not gradient[~mask].any()


def test_one_row_per_sequence_is_enough():
    logits = normal(5, 3)
    loss, gradient = nn.softmax_cross_entropy(logits, np.zeros(5, int))
    wide, _ = nn.softmax_cross_entropy(logits[None], np.zeros((1, 5), int))
    assert loss == wide
    assert gradient.shape == (5, 3)


@both_dtypes
@pytest.mark.filterwarnings("error")
def test_losses_are_calm_at_ten_thousand(dtype):
    logits = np.array([[[1e4, -1e4, 0], [-1e4, -1e4, -1e4]]], dtype)
    with np.errstate(all="raise", under="ignore"):
        right, d = nn.softmax_cross_entropy(logits[:, :1], np.array([[0]]))
        wrong, dw = nn.softmax_cross_entropy(logits[:, :1], np.array([[1]]))
        even, _ = nn.softmax_cross_entropy(logits[:, 1:], np.array([[2]]))
        square, _ = nn.mean_squared_error(logits, -logits)
    assert (right, d.ravel().tolist()) == (0, [0, 0, 0])
    assert (wrong, dw.ravel().tolist()) == (2e4, [1, -1, 0])
    assert even == pytest.approx(np.log(3), rel=1e-6)
    assert square == pytest.approx(4e8 * 5 / 6, rel=1e-6)


def test_losses_leave_what_they_were_given_alone():
    logits, targets, mask = normal(6, 3, 4), np.ones((6, 3), int), drawn_mask(6, 3)
    kept = [a.copy() for a in (logits, targets, mask)]
    nn.softmax_cross_entropy(logits, targets, mask)
    nn.mean_squared_error(logits, logits + 1, mask)
    assert all((a == b).all() for a, b in zip(kept, (logits, targets, mask), strict=True))


L, Y = np.zeros((2, 3, 4)), np.zeros((2, 3), int)


@pytest.mark.parametrize(
    ("act", "error", "says"),
    [
        (lambda: embedding().forward(IDS[0]), ValueError, r"expected ids of shape \(T, B\), got \(3,\)"),
        (lambda: embedding().forward(IDS + 1), ValueError, r"ids from 0 to 6, got 7 at \(1, 0\): .* num = 7"),
        (lambda: embedding().forward(IDS - 1), ValueError, r"got -1 at \(1, 1\)"),
        (lambda: embedding().forward(IDS * 1.0), TypeError, r"expected integers in ids, got float64: .*astype\(int\)"),
        (lambda: embedding(dtype=int), TypeError, "expected dtype float32 or float64, got int64"),
        (lambda: embedding().backward(L), RuntimeError, "call forward first"),
        (lambda: linear().forward(L), ValueError, r"expected x of shape \(T, B, 3\), got \(2, 3, 4\): the last axis"),
        (lambda: linear().forward(normal(3, dtype=np.float32)), TypeError, "x of float64, as the layer, got float32"),
        (lambda: linear().forward([1.0, 2, 3]), TypeError, "got a list: convert"),
        (lambda: linear().forward(np.full(3, np.inf)), ValueError, r"expected finite numbers in x, got inf at \(0,\)"),
        (lambda: nn.softmax_cross_entropy(L, L), ValueError, r"expected targets of shape \(2, 3\), got \(2, 3, 4\)"),
        (lambda: nn.softmax_cross_entropy(L, Y + 4), ValueError, r"expected targets from 0 to 3, got 4 at \(0, 0\)"),
        (
            lambda: nn.softmax_cross_entropy(L, Y - 1),
            ValueError,
            r"got -1 at \(0, 0\): .* scores of no more classes, V = 4",
        ),
        (lambda: nn.softmax_cross_entropy(L, Y * 1.0), TypeError, "expected integers in targets, got float64"),
        (lambda: nn.softmax_cross_entropy(L.astype(int), Y), TypeError, "logits of float32 or float64, got int64"),
        (lambda: nn.softmax_cross_entropy(L + np.nan, Y), ValueError, "expected finite numbers in logits, got nan"),
        (lambda: nn.softmax_cross_entropy(L[0, 0], 1), ValueError, r"logits of shape \(T, B, size\), got \(4,\)"),
        (lambda: nn.softmax_cross_entropy(L, Y, Y[0]), ValueError, r"expected mask of shape \(2, 3\), got \(3,\)"),
        (lambda: nn.softmax_cross_entropy(L, Y, Y), ValueError, "expected at least one step that counts"),
        (lambda: nn.softmax_cross_entropy(L, Y, Y + 0.5), ValueError, r"true or false \(1 or 0\) in mask, got 0.5"),
        (lambda: nn.mean_squared_error(L, L[:1]), ValueError, r"expected target of shape \(2, 3, 4\), got \(1, 3, 4\)"),
        (lambda: nn.mean_squared_error(L, L + np.nan), ValueError, "expected finite numbers in target, got nan"),
    ],
)
def test_errors_say_what_was_given_and_expected(act, error, says):
    with pytest.raises(error, match=says):
        act()


def test_errors_of_the_backward_pass():
    layer = embedding()
    layer.forward(IDS)
    with pytest.raises(ValueError, match=r"expected dx of shape \(2, 3, 3\), got \(2, 3, 4\)"):
        layer.backward(L)
    layer = linear()
    layer.forward(normal(2, 3, 3))
    with pytest.raises(ValueError, match=r"expected dy of shape \(2, 3, 4\), got \(2, 3, 3\)"):
        layer.backward(normal(2, 3, 3))


def test_the_loss_is_the_same_whichever_way_the_scores_lie_in_memory():
    rng = np.random.default_rng(0)
    scores, targets = rng.normal(size=(6, 5)), rng.integers(5, size=6)
    loss, gradient = nn.softmax_cross_entropy(scores, targets)
    for order in (np.asfortranarray(scores), scores[::-1].copy()[::-1]):
        again, same = nn.softmax_cross_entropy(order, targets)
        assert again == pytest.approx(loss, rel=1e-14)
        np.testing.assert_allclose(same, gradient, atol=1e-15)


def test_a_generator_is_given_by_its_name_everywhere():
    drawing = [getattr(nn, name) for name in nn.__all__] + [initialisers.uniform, initialisers.orthogonal]
    asked = {make: signature(make).parameters.get("rng") for make in (*drawing, initialisers.chrono)}
    without = {nn.DotAttention, nn.mean_squared_error, nn.softmax_cross_entropy}  # draw nothing
    assert {make for make, parameter in asked.items() if parameter is None} == without
    assert {parameter.kind for parameter in asked.values() if parameter} == {Parameter.KEYWORD_ONLY}
