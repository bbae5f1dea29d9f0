"""Attention: equal to torch's autograd on the equations, blind to the padding, calm at large scores."""

import numpy as np
import pytest
import torch

from lstm_helpers import nn, parity

TOLERANCE = {np.float64: 1e-10, np.float32: 1e-5}
# T_q, B, T, Q, K, A
SHAPES = [(1, 1, 1, 1, 1, 1), (1, 3, 5, 4, 4, 2), (4, 1, 6, 3, 3, 5), (3, 2, 1, 2, 2, 3), (5, 4, 7, 6, 6, 3)]
UNEQUAL = [(1, 3, 5, 2, 4, 3), (4, 2, 6, 5, 3, 2)]  # Q and K differ: not for the dot product
CASES = [(k, s) for k in ("additive", "general", "dot") for s in SHAPES + (UNEQUAL if k != "dot" else [])]
every_case = pytest.mark.parametrize(("kind", "shape"), CASES, ids=str)
both_dtypes = pytest.mark.parametrize("dtype", TOLERANCE, ids=["float64", "float32"])
KINDS = pytest.mark.parametrize("kind", ["additive", "general", "dot"])


def made(kind, Q, K, A, dtype=np.float64):
    rng = np.random.default_rng(1)
    if kind == "dot":
        return nn.DotAttention(Q, dtype=dtype)
    if kind == "general":
        return nn.GeneralAttention(Q, K, rng=rng, dtype=dtype)
    return nn.AdditiveAttention(Q, K, A, rng=rng, dtype=dtype)


def drawn(shape, dtype=np.float64):
    T_q, B, T, Q, K, _ = shape
    rng = np.random.default_rng(2)
    sizes = (T_q, B, Q), (T, B, K), (T_q, B, K), (T_q, B, T)
    return [rng.normal(size=s).astype(dtype) for s in sizes], rng.integers(1, T + 1, B)


def written_out(kind, p, query, keys, lengths):
    """The equations for one query and one sequence at a time, in torch."""
    T_q, B, T = len(query), query.shape[1], len(keys)
    context, weights = torch.zeros(T_q, B, keys.shape[2], dtype=keys.dtype), torch.zeros(T_q, B, T, dtype=keys.dtype)
    for i in range(T_q):
        for b in range(B):
            n, q = T if lengths is None else int(lengths[b]), query[i, b]
            k = keys[:n, b]
            if kind == "additive":
                e = torch.tanh(q @ p["W_q"] + k @ p["W_k"]) @ p["v"]
            else:
                e = k @ (p["W"].T @ q if kind == "general" else q)
            a = torch.softmax(e, dim=0)
            weights[i, b, :n], context[i, b] = a, a @ k
    return context, weights


@both_dtypes
@every_case
@pytest.mark.parametrize("padded", [False, True], ids=["all keys", "lengths"])
def test_outputs_and_all_gradients_equal_torch(kind, shape, padded, dtype):
    (query, keys, dcontext, dweights), lengths = drawn(shape, dtype)
    lengths = lengths if padded else None
    attention = made(kind, *shape[3:], dtype)
    p, inputs = (
        {k: torch.from_numpy(v.copy()).requires_grad_() for k, v in arrays.items()}
        for arrays in (attention.params, {"query": query, "keys": keys})
    )
    context, weights = written_out(kind, p, **inputs, lengths=lengths)
    ((context * torch.from_numpy(dcontext)).sum() + (weights * torch.from_numpy(dweights)).sum()).backward()
    theirs = {"context": context, "weights": weights} | {k: v.grad for k, v in (inputs | p).items()}

    ours = dict(zip(["context", "weights"], attention.forward(query, keys, lengths), strict=True))
    ours |= dict(zip(["query", "keys"], attention.backward(dcontext, dweights), strict=True)) | attention.grads
    assert all(v.dtype == dtype for v in ours.values())
    result = parity.compare(ours, theirs, TOLERANCE[dtype])
    assert result.ok, result


@KINDS
def test_the_gradient_of_the_context_alone_takes_that_of_the_weights_as_zero(kind):
    (query, keys, dcontext, dweights), lengths = drawn((3, 2, 5, 4, 4, 3))
    attention = made(kind, 4, 4, 3)
    attention.forward(query, keys, lengths)
    alone = attention.backward(dcontext)
    both = attention.backward(dcontext, 0 * dweights)
    assert all((a == b).all() for a, b in zip(alone, both, strict=True))


@KINDS
def test_weights_sum_to_one_and_are_exactly_zero_beyond_the_lengths(kind):
    (query, keys, *_), _ = drawn((3, 4, 7, 4, 4, 3))
    lengths = np.array([3, 7, 1, 5])
    _, weights = made(kind, 4, 4, 3).forward(query, keys, lengths)
    beyond = np.arange(7) >= lengths[:, None]
    assert (weights[:, beyond] == 0).all()
    assert (weights[:, ~beyond] > 0).all()
    assert np.allclose(weights.sum(axis=-1), 1, rtol=0, atol=1e-15)
    assert (weights[:, 2, 0] == 1).all()


@KINDS
def test_what_stands_in_the_padding_changes_nothing(kind):
    (query, keys, dcontext, _), _ = drawn((3, 4, 7, 4, 4, 3))
    lengths, attention = np.array([3, 7, 1, 5]), made(kind, 4, 4, 3)
    results = []
    for filler in (0, 1e4):
        keys[np.arange(7)[:, None] >= lengths] = filler
        results.append([*attention.forward(query, keys, lengths), *attention.backward(dcontext)])
    assert all((a == b).all() for a, b in zip(*results, strict=True))
    assert not results[0][3][np.arange(7)[:, None] >= lengths].any()


@both_dtypes
@KINDS
@pytest.mark.filterwarnings("error")
def test_scores_of_ten_thousand_give_no_warning_and_choose_the_largest(kind, dtype):
    attention = made(kind, 2, 2, 2, dtype)
    signs = np.array([[[1, 1]], [[-1, -1]], [[0, 0]]], dtype)
    for name, value in attention.params.items():
        value[...] = 1e4 if name == "v" else np.eye(2)
    query = np.array([[[1e4, 0]], [[-1e4, 0]]], dtype)
    with np.errstate(all="raise", under="ignore"):
        context, weights = attention.forward(query, signs * dtype(1e4), np.array([3]))
        grads = attention.backward(np.ones_like(context))
    assert all(np.isfinite(a).all() for a in (context, weights, *grads, *attention.grads.values()))
    if kind != "additive":  # its scores saturate with tanh
        assert weights[0, 0].tolist() == [1, 0, 0]
        assert weights[1, 0].tolist() == [0, 1, 0]


@KINDS
def test_nothing_given_or_returned_is_shared_with_the_inside(kind):
    (query, keys, dcontext, _), _ = drawn((3, 2, 5, 4, 4, 3))
    attention = made(kind, 4, 4, 3)
    attention.forward(query, keys)
    expected = attention.backward(dcontext)
    q, k = query.copy(), keys.copy()
    for array in (*attention.forward(q, k), q, k):
        array[...] = 99
    assert all((a == b).all() for a, b in zip(attention.backward(dcontext), expected, strict=True))


@pytest.mark.parametrize("kind", ["additive", "general"])
def test_accumulate_and_a_change_of_params_in_place(kind):
    (query, keys, dcontext, _), _ = drawn((3, 2, 5, 4, 4, 3))
    attention = made(kind, 4, 4, 3)
    before = attention.forward(query, keys)[1]
    attention.backward(dcontext)
    once = attention.grads
    attention.backward(dcontext, accumulate=True)
    assert all((attention.grads[k] == 2 * g).all() for k, g in once.items())
    attention.backward(dcontext)
    assert all((attention.grads[k] == g).all() for k, g in once.items())
    for p in attention.params.values():
        p[...] = 0
    assert (before != 0.2).any()
    assert np.allclose(attention.forward(query, keys)[1], 0.2, rtol=0, atol=1e-15)


@KINDS
def test_without_training_nothing_is_kept(kind):
    (query, keys, dcontext, _), _ = drawn((3, 2, 5, 4, 4, 3))
    attention = made(kind, 4, 4, 3)
    trained = attention.forward(query, keys)
    assert all((a == b).all() for a, b in zip(attention.forward(query, keys, train=False), trained, strict=True))
    with pytest.raises(RuntimeError, match="call forward first"):
        attention.backward(dcontext)


QUERY, KEYS = np.zeros((3, 2, 4)), np.zeros((5, 2, 4))


@pytest.mark.parametrize(
    ("query", "keys", "lengths", "error", "says"),
    [
        (QUERY[0], KEYS, None, ValueError, r"expected query of shape \(T_q, B, 4\), got \(2, 4\): .*query\[None\]"),
        (QUERY, KEYS[:, :1], None, ValueError, r"expected keys of shape \(T, 2, 4\), got \(5, 1, 4\)"),
        (QUERY, KEYS[..., :3], None, ValueError, r"expected keys of shape \(T, 2, 4\), got \(5, 2, 3\)"),
        (QUERY.astype("f4"), KEYS, None, TypeError, r"expected query of float64, as the layer, got float32: convert"),
        (QUERY, KEYS + np.nan, None, ValueError, r"expected finite numbers in keys, got nan at \(0, 0, 0\)"),
        (QUERY, KEYS, [0, 2], ValueError, r"expected lengths of 1 to 5, the T of keys, got \[0, 2\]"),
        (QUERY, KEYS, [1, 6], ValueError, r"got \[1, 6\]"),
        (QUERY, KEYS, [1.0, 2.0], ValueError, r"got \[1.0, 2.0\]"),
        (QUERY, KEYS, [1, 2, 3], ValueError, r"expected lengths of shape \(2,\), got \(3,\)"),
    ],
    ids=["no time", "batch", "key size", "dtype", "nan", "length 0", "length 6", "fractions", "three lengths"],
)
def test_errors_say_what_was_given_and_expected(query, keys, lengths, error, says):
    with pytest.raises(error, match=says):
        made("dot", 4, 4, 0).forward(query, keys, lengths)


def test_errors_of_the_backward_pass():
    attention = made("dot", 4, 4, 0)
    attention.forward(QUERY, KEYS)
    with pytest.raises(ValueError, match=r"expected dcontext of shape \(3, 2, 4\), got \(2, 4\)"):
        attention.backward(QUERY[0])
    with pytest.raises(ValueError, match=r"expected dweights of shape \(3, 2, 5\), got \(3, 2, 4\)"):
        attention.backward(QUERY, QUERY)


# ---------------------------------------------------------------- causal self-attention


def torch_self_attention(layer, x, past=None):
    """h of torch's own attention in which no step sees a later one; leaves to read gradients from."""
    leaves = {name: torch.tensor(a, requires_grad=True) for name, a in {"x": x, **layer.params}.items()}
    q, k, v = (leaves["x"] @ leaves[name] for name in ("W_q", "W_k", "W_v"))
    if past is not None:
        leaves |= {name: torch.tensor(a, requires_grad=True) for name, a in zip("kv", past, strict=True)}
        k, v = torch.cat([leaves["k"], k]), torch.cat([leaves["v"], v])
    mask = torch.ones(len(q), len(k), dtype=bool).tril(len(k) - len(q))
    q, k, v = (part.transpose(0, 1) for part in (q, k, v))
    return torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(0, 1), leaves


@pytest.mark.parametrize("before", [0, 3])
def test_self_attention_and_its_gradients_are_those_of_torch(before):
    rng = np.random.default_rng(before)
    layer = nn.SelfAttention(3, 4, rng=rng, dtype=np.float64)
    x, dh = rng.normal(size=(5, 2, 3)), rng.normal(size=(5, 2, 4))
    past = tuple(rng.normal(size=(2, before, 2, 4))) if before else None
    wanted, leaves = torch_self_attention(layer, x, past)
    wanted.backward(torch.tensor(dh))
    h, state = layer.forward(x, past)
    dx, dpast = layer.backward(dh)
    assert [part.shape for part in state] == [(before + 5, 2, 4)] * 2
    np.testing.assert_allclose(h, wanted.detach(), rtol=0, atol=1e-12)
    ours = {"x": dx, **layer.grads} | (dict(zip("kv", dpast, strict=True)) if before else {})
    for name, gradient in ours.items():
        np.testing.assert_allclose(gradient, leaves[name].grad, rtol=0, atol=1e-12, err_msg=name)


def test_self_attention_in_parts_is_that_of_the_whole_and_its_state_grows_with_every_step():
    layer = nn.SelfAttention(3, 4, rng=np.random.default_rng(0), dtype=np.float64)
    x, state, parts = np.random.default_rng(1).normal(size=(6, 2, 3)), None, []
    for t in range(6):
        h, state = layer.forward(x[t : t + 1], state, train=False)
        parts.append(h)
        assert len(state[0]) == t + 1
    np.testing.assert_allclose(np.concatenate(parts), layer.forward(x)[0], rtol=0, atol=1e-12)


def test_self_attention_says_what_it_expects():
    layer = nn.SelfAttention(3, 4, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"expected x of shape \(T, B, 3\)"):
        layer.forward(np.zeros((5, 3), np.float32))
    with pytest.raises(ValueError, match=r"expected k of shape \(T, 2, 4\)"):
        layer.forward(np.zeros((5, 2, 3), np.float32), (np.zeros((1, 3, 4), np.float32),) * 2)
    with pytest.raises(RuntimeError, match="forward"):
        layer.backward(np.zeros((5, 2, 4), np.float32))
