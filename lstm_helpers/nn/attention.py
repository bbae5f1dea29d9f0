"""Attention: for each query, a weighted mean of the keys, with weights that the query and the keys decide.

Shapes, time first as everywhere: queries (T_q, B, Q), keys (T, B, K), context (T_q, B, K), weights (T_q, B, T). A
single query per sequence, such as a decoder's state s (B, Q), is s[None].
"""

import numpy as np

from lstm_helpers.nn.base import Layer, expect, expect_lengths, expect_sizes


class _Attention(Layer):
    """What the kinds of attention share: everything but the score e (B, T_q, T) of a query for a key.

    a_qt = exp(e_qt) / sum over t' of exp(e_qt'), context_q = sum over t of a_qt k_t. A subclass writes ``_score`` and
    ``_score_backward``; both see the batch first: queries (B, T_q, Q), keys (B, T, K).
    """

    def __init__(self, query_size, key_size, params, dtype):
        super().__init__(params, dtype)
        self.query_size, self.key_size = query_size, key_size

    def forward(self, query, keys, lengths=None, *, train=True):
        """``query (T_q, B, Q)``, ``keys (T, B, K)`` to context (T_q, B, K) and weights (T_q, B, T).

        lengths (B,): how many keys of each sequence count, in any order; the weights beyond are exactly 0.
        train=False keeps nothing for ``backward``.
        Raises ValueError or TypeError with what was given, what was expected and what to do.
        """
        hint = "give a query (B, Q) a time axis with query[None]" if np.ndim(query) == 2 else "time comes first"
        query = self._checked("query", query, ("T_q", "B", self.query_size), hint)
        keys = self._checked("keys", keys, ("T", query.shape[1], self.key_size), "time, the query's batch, one key")
        if not len(keys):
            raise ValueError(f"expected one key or more, got keys {keys.shape}: there is no mean of nothing")
        q, k = (a.transpose(1, 0, 2).copy() for a in (query, keys))
        e, scored = self._score(q, k)
        if lengths is not None:
            e[~np.broadcast_to(_counting(lengths, len(keys), len(k))[:, None], e.shape)] = -np.inf
        e -= e.max(axis=-1, keepdims=True)  # the largest is 0: exp cannot overflow
        a = np.exp(e, out=e)
        a /= a.sum(axis=-1, keepdims=True)
        self._cache = (q, k, a, scored) if train else None
        return _time_first(a @ k), _time_first(a)

    def backward(self, dcontext, dweights=None, *, accumulate=False):
        """From the gradients of context and weights (zeros by default) to those of query and keys; sets ``grads``.

        Raises RuntimeError without a forward pass.
        """
        q, k, a, scored = self._forward_cache()
        B, T_q, T = a.shape
        expect("dcontext", dcontext, (T_q, B, self.key_size), "the shape of the context that forward returned")
        dcontext = np.asarray(dcontext, self.dtype).transpose(1, 0, 2)
        da = dcontext @ k.transpose(0, 2, 1)
        if dweights is not None:
            expect("dweights", dweights, (T_q, B, T), "the shape of the weights that forward returned")
            da = da + np.asarray(dweights, self.dtype).transpose(1, 0, 2)
        de = a * (da - (a * da).sum(axis=-1, keepdims=True))
        dq, dk, grads = self._score_backward(q, k, scored, de)
        self._set_grads(grads, accumulate)
        return _time_first(dq), _time_first(dk + a.transpose(0, 2, 1) @ dcontext)


class AdditiveAttention(_Attention):
    """Additive attention: e_qt = v . tanh(q W_q + k_t W_k).

    params: W_q (Q, A), W_k (K, A), v (A,), drawn uniformly from +-1/sqrt of their number of rows; A is
    ``attention_size``. Source: Bahdanau, Cho & Bengio 2015, "Neural machine translation by jointly learning to align
    and translate", appendix A.1.2.

    >>> attention = AdditiveAttention(3, 4, 5, rng=np.random.default_rng(0))
    >>> context, weights = attention.forward(np.zeros((1, 2, 3), np.float32), np.zeros((7, 2, 4), np.float32))
    >>> context.shape, weights.shape
    ((1, 2, 4), (1, 2, 7))
    """

    def __init__(self, query_size, key_size, attention_size, *, rng, dtype=np.float32):
        expect_sizes(query_size=query_size, key_size=key_size, attention_size=attention_size)
        shapes = {"W_q": (query_size, attention_size), "W_k": (key_size, attention_size), "v": (attention_size,)}
        super().__init__(query_size, key_size, {name: _drawn(rng, shape) for name, shape in shapes.items()}, dtype)

    def _score(self, q, k):
        p = self.params
        s = np.tanh((q @ p["W_q"])[:, :, None] + (k @ p["W_k"])[:, None])  # (B, T_q, T, A)
        return s @ p["v"], s

    def _score_backward(self, q, k, s, de):
        p = self.params
        dz = de[..., None] * p["v"] * (1 - s * s)  # (B, T_q, T, A)
        dz_q, dz_k = dz.sum(axis=2), dz.sum(axis=1)
        grads = {"W_q": _rows(q).T @ _rows(dz_q), "W_k": _rows(k).T @ _rows(dz_k), "v": _rows(s).T @ de.ravel()}
        return dz_q @ p["W_q"].T, dz_k @ p["W_k"].T, grads


class GeneralAttention(_Attention):
    """Multiplicative attention, "general": e_qt = q W k_t.

    params: W (Q, K), drawn uniformly from +-1/sqrt(Q). Source: Luong, Pham & Manning 2015, "Effective approaches to
    attention-based neural machine translation", equation 8.
    """

    def __init__(self, query_size, key_size, *, rng, dtype=np.float32):
        expect_sizes(query_size=query_size, key_size=key_size)
        super().__init__(query_size, key_size, {"W": _drawn(rng, (query_size, key_size))}, dtype)

    def _score(self, q, k):
        return q @ self.params["W"] @ k.transpose(0, 2, 1), None

    def _score_backward(self, q, k, _, de):
        W = self.params["W"]
        along_keys = de @ k  # (B, T_q, K)
        return along_keys @ W.T, de.transpose(0, 2, 1) @ (q @ W), {"W": _rows(q).T @ _rows(along_keys)}


class DotAttention(_Attention):
    """Multiplicative attention, "dot": e_qt = q . k_t, with queries and keys of the same ``size``; no parameters.

    Source: Luong, Pham & Manning 2015, equation 8.
    """

    def __init__(self, size, *, dtype=np.float32):
        expect_sizes(size=size)
        super().__init__(size, size, {}, dtype)

    def _score(self, q, k):
        return q @ k.transpose(0, 2, 1), None

    def _score_backward(self, q, k, _, de):
        return de @ k, de.transpose(0, 2, 1) @ q, {}


class SelfAttention(Layer):
    """Causal self-attention: every step asks itself and the steps before it. One head, without positions.

    q = x W_q, k = x W_k, v = x W_v; h_t = sum over j <= t of a_tj v_j, a_t = softmax over j of q_t . k_j / sqrt(H).
    Called as the recurrent layers are; the state (k, v) holds the keys and the values of all steps so far, each
    (T, B, H): it grows with every step. params: W_q, W_k, W_v (D, H), drawn uniformly from +-1/sqrt(D).
    Source: Vaswani et al. 2017, "Attention is all you need", section 3.2.1.

    >>> layer = SelfAttention(3, 4, rng=np.random.default_rng(0))
    >>> h, (k, v) = layer.forward(np.zeros((7, 2, 3), np.float32))
    >>> h.shape, k.shape
    ((7, 2, 4), (7, 2, 4))
    """

    forward_call = "forward(x)"

    def __init__(self, input_size, hidden_size, *, rng, dtype=np.float32):
        expect_sizes(input_size=input_size, hidden_size=hidden_size)
        self.input_size, self.hidden_size = input_size, hidden_size
        super().__init__({name: _drawn(rng, (input_size, hidden_size)) for name in ("W_q", "W_k", "W_v")}, dtype)

    def forward(self, x, state=None, *, train=True):
        """``x (T, B, D)``, and the state of the steps before them, to h (T, B, H) and the state with these steps.

        train=False keeps nothing for ``backward``.
        Raises ValueError or TypeError with what was given, what was expected and what to do.
        """
        self._checked("x", x, ("T", "B", self.input_size), "time comes first, then the batch")
        q, k, v = (x @ self.params[name] for name in ("W_q", "W_k", "W_v"))
        if state is not None:
            k, v = (np.concatenate([past, new]) for past, new in zip(self._past(state, x), (k, v), strict=True))
        e = _batch_first(q) @ k.transpose(1, 2, 0)
        e *= self.hidden_size**-0.5
        e[:, ~np.tri(*e.shape[1:], k=len(k) - len(x), dtype=bool)] = -np.inf
        e -= e.max(axis=-1, keepdims=True)
        a = np.exp(e, out=e)
        a /= a.sum(axis=-1, keepdims=True)
        self._cache = (x.copy(), q, k, v, a) if train else None
        return _time_first(a @ _batch_first(v)), (k.copy(), v.copy())

    def backward(self, dh, *, accumulate=False):
        """From the gradient ``dh (T, B, H)`` to that of x and that of the state given to ``forward``; sets ``grads``.

        Raises RuntimeError without a forward pass.
        """
        x, q, k, v, a = self._forward_cache()
        expect("dh", dh, q.shape, "the shape of the h that forward returned")
        dh = _batch_first(np.asarray(dh, self.dtype))
        da = dh @ v.transpose(1, 2, 0)
        de = a * (da - (a * da).sum(axis=-1, keepdims=True))
        de *= self.hidden_size**-0.5
        dq = _time_first(de @ _batch_first(k))
        dk, dv = (_time_first(weights.transpose(0, 2, 1) @ by) for weights, by in ((de, _batch_first(q)), (a, dh)))
        past = len(k) - len(x)
        new = {"W_q": dq, "W_k": dk[past:], "W_v": dv[past:]}
        self._set_grads({name: _rows(x).T @ _rows(d) for name, d in new.items()}, accumulate)
        return sum(d @ self.params[name].T for name, d in new.items()), (dk[:past], dv[:past])

    def _past(self, state, x):
        """The keys and values of earlier steps, checked."""
        shape = ("T", x.shape[1], self.hidden_size)
        return [
            self._checked(name, part, shape, "as forward returned it") for name, part in zip("kv", state, strict=True)
        ]


def _drawn(rng, shape):
    bound = shape[0] ** -0.5
    return rng.uniform(-bound, bound, shape)


def _rows(array):
    return array.reshape(-1, array.shape[-1])


def _time_first(array):
    return array.transpose(1, 0, 2).copy()


def _batch_first(array):
    return array.transpose(1, 0, 2)


def _counting(lengths, T, B):
    """Which keys count, (B, T)."""
    return np.arange(T) < expect_lengths(lengths, T, B, ", the T of keys", "count the real keys")[:, None]
