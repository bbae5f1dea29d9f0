"""The right answers of exercise 10, as the solution shows them."""

import numpy as np

from lstm_helpers.nn.functional import lstm_step


def additive_scores(s, k, W_q, W_k, v):
    """How well each key answers the query, by a small network. Source: Bahdanau et al. 2015, appendix A.1.2.

    Shapes: s (B, Q), k (T, B, K), W_q (Q, A), W_k (K, A), v (A,). Returns e (B, T).
    """
    z = np.tanh(s @ W_q + k @ W_k)
    return (z @ v).T


def masked_weights(e, lengths):
    """The softmax of scores over the steps that count.

    Shapes: e (B, T), lengths (B,) whole numbers from 0 to T. Returns a (B, T), exactly 0 from each length on.
    """
    counts = np.arange(e.shape[1]) < lengths[:, None]
    e = np.where(counts, e, -np.inf)
    top = np.where(lengths > 0, e.max(axis=1), 0)
    p = np.exp(e - top[:, None])
    total = np.where(lengths > 0, p.sum(axis=1), 1)
    return p / total[:, None]


def softmax_backward(da, a):
    """From the gradient of the weights a = softmax(e) to that of the scores. Shapes: all (B, T)."""
    return a * (da - (a * da).sum(axis=1)[:, None])


def attention_backward(dcontext, a, s, k, W):
    """Back through context = sum over t of a_t k_t, a = softmax(e), e_t = s W k_t.

    Shapes: dcontext (B, K), a (B, T), s (B, Q), k (T, B, K), W (Q, K). Returns ds, dk, dW.
    Source: the scores are Luong, Pham & Manning 2015, equation 8.
    """
    da = np.einsum("bk,tbk->bt", dcontext, k)
    de = softmax_backward(da, a)
    along = np.einsum("bt,tbk->bk", de, k)
    dk = a.T[..., None] * dcontext + de.T[..., None] * (s @ W)
    return along @ W.T, dk, s.T @ along


def decoder_step(x, h, c, k, lengths, W_x, W_h, b, W, W_c, W_y):
    """One step of a decoder that looks back. Source: Luong, Pham & Manning 2015, equations 5 and 6.

    Shapes: x (B, D), h, c (B, H), k (T, B, K), lengths (B,), W_x (D, 4H), W_h (H, 4H), b (4H,), W (H, K),
    W_c (H + K, M), W_y (M, V). Returns scores (B, V), h, c (B, H), a (B, T).
    """
    h, c = lstm_step(x, h, c, W_x, W_h, b)
    a = masked_weights(np.einsum("bk,tbk->bt", h @ W, k), lengths)
    context = np.einsum("bt,tbk->bk", a, k)
    out = np.tanh(np.concatenate([h, context], axis=1) @ W_c)
    return out @ W_y, h, c, a


def greedy_answer(E, h, c, k, lengths, W_x, W_h, b, W, W_c, W_y, start, end, most):
    """Write answers: at each step the symbol with the highest score, which is read at the next step.

    Shapes: E (V, D), one row for each symbol; start, end, most whole numbers; the others as in decoder_step.
    Returns ids (most, B): from a sequence's first ``end`` on, all of them ``end``.
    """
    ids, last = [], np.full(len(h), start)
    for _ in range(most):
        scores, h, c, _ = decoder_step(E[last], h, c, k, lengths, W_x, W_h, b, W, W_c, W_y)
        last = np.where(last == end, end, scores.argmax(axis=1))
        ids.append(last)
    return np.array(ids)


def self_attention(q, k, v):
    """Scaled dot-product attention in which step t sees the steps up to t. Source: Vaswani et al. 2017, equation 1.

    Shapes: q, k (T, B, D), v (T, B, M). Returns the contexts (T, B, M).
    """
    e = np.einsum("ibd,jbd->bij", q, k) / q.shape[2] ** 0.5
    e = np.where(np.tri(len(q)) > 0, e, -np.inf)
    p = np.exp(e - e.max(axis=2)[..., None])
    a = p / p.sum(axis=2)[..., None]
    return np.einsum("bij,jbm->ibm", a, v)


__all__ = [
    "additive_scores",
    "masked_weights",
    "softmax_backward",
    "attention_backward",
    "decoder_step",
    "greedy_answer",
    "self_attention",
]
