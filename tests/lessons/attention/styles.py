"""Right but different answers to sheet 10: loops, einsum and matmul, masks by other means. None raises an alarm."""

import numpy as np

from tests.checks.mutants import LAST_AXIS
from tests.checks.solved import solution

SPACE = solution("10_attention")[0]
masked_weights, softmax_backward, decoder_step, lstm_step = (
    SPACE[name] for name in ("masked_weights", "softmax_backward", "decoder_step", "lstm_step")
)

# ---------------------------------------------------------------- scores and weights


def scores_by_loop(s, k, W_q, W_k, v):
    e = np.empty((len(s), len(k)), s.dtype)
    for t, key in enumerate(k):
        e[:, t] = np.tanh(s @ W_q + key @ W_k) @ v
    return e


def scores_by_einsum(s, k, W_q, W_k, v):
    z = np.einsum("bq,qa->ba", s, W_q)[None] + np.einsum("tbk,kj->tbj", k, W_k)
    return np.einsum("tba,a->bt", np.tanh(z), v)


def scores_of_both_side_by_side(s, k, W_q, W_k, v):
    both = np.concatenate([np.broadcast_to(s, (len(k), *s.shape)), k], axis=2)
    return np.swapaxes(np.tanh(both @ np.vstack([W_q, W_k])) @ v, 0, 1)


def weights_row_by_row(e, lengths):
    a = np.zeros_like(e)
    for row, scores, n in zip(a, e, lengths, strict=True):
        if n:
            p = np.exp(scores[:n] - scores[:n].max())
            row[:n] = p / p.sum()
    return a


def weights_by_product(e, lengths):
    mask = np.arange(e.shape[1]) < lengths.reshape(-1, 1)
    top = np.max(e, axis=1, keepdims=True, where=mask, initial=-1e30)
    p = np.exp(np.minimum(e - top, 0)) * mask
    return p / np.maximum(p.sum(axis=1, keepdims=True), 1e-30)


def weights_by_logarithm(e, lengths):
    hidden = np.arange(e.shape[1])[None] >= lengths[:, None]
    z = np.where(hidden, np.asarray(-1e30, e.dtype), e)
    z = z - z.max(axis=-1, keepdims=True)
    return np.where(hidden, 0, np.exp(z - np.log(np.exp(z).sum(axis=-1, keepdims=True)))).astype(e.dtype)


# ---------------------------------------------------------------- backwards


def softmax_by_matrix(da, a):
    J = np.einsum("bi,ij->bij", a, np.eye(a.shape[1], dtype=a.dtype)) - a[:, :, None] * a[:, None]
    return np.einsum("bij,bj->bi", J, da)


def softmax_by_loop(da, a):
    return np.array([w * (d - w @ d) for d, w in zip(da, a, strict=True)])


def softmax_in_two_terms(da, a):
    both = a * da
    return both - a * both.sum(axis=-1, keepdims=True)


def attention_batch_first(dcontext, a, s, k, W):
    keys = k.transpose(1, 0, 2)
    da = (keys @ dcontext[:, :, None])[:, :, 0]
    de = a * (da - (a * da).sum(axis=1, keepdims=True))
    weighed = (de[:, None] @ keys)[:, 0]
    dkeys = a[:, :, None] * dcontext[:, None] + de[:, :, None] * (s @ W)[:, None]
    return weighed @ W.T, dkeys.transpose(1, 0, 2), s.T @ weighed


def attention_sentence_by_sentence(dcontext, a, s, k, W):
    ds, dk, dW = np.zeros_like(s), np.zeros_like(k), np.zeros_like(W)
    for b in range(len(s)):
        da = k[:, b] @ dcontext[b]
        de = a[b] * (da - a[b] @ da)
        for t in range(len(k)):
            dk[t, b] = a[b, t] * dcontext[b] + de[t] * (s[b] @ W)
            ds[b] += de[t] * (W @ k[t, b])
            dW += de[t] * np.outer(s[b], k[t, b])
    return ds, dk, dW


def attention_by_einsum(dcontext, a, s, k, W):
    de = softmax_backward((dcontext[None] * k).sum(axis=2).T, a)
    ds = np.einsum("bt,tbk,qk->bq", de, k, W)
    dW = np.einsum("bt,bq,tbk->qk", de, s, k)
    return [ds, np.einsum("bt,bk->tbk", a, dcontext) + np.einsum("bt,bq,qk->tbk", de, s, W), dW]


# ---------------------------------------------------------------- the decoder


def step_by_matmul(x, h, c, k, lengths, W_x, W_h, b, W, W_c, W_y):
    h, c = lstm_step(x, h, c, W_x, W_h, b)
    keys = k.transpose(1, 0, 2)
    a = masked_weights((keys @ (h @ W)[:, :, None])[:, :, 0], lengths)
    context = (a[:, None] @ keys)[:, 0]
    return np.tanh(np.hstack((h, context)) @ W_c) @ W_y, h, c, a


def step_with_a_split_matrix(x, h, c, k, lengths, W_x, W_h, b, W, W_c, W_y):
    h, c = lstm_step(x, h, c, W_x, W_h, b)
    H = h.shape[1]
    a = weights_row_by_row(((h @ W) * k).sum(axis=2).T, lengths)
    context = (a.T[:, :, None] * k).sum(axis=0)
    return np.tanh(h @ W_c[:H] + context @ W_c[H:]) @ W_y, h, c, a


def step_sentence_by_sentence(x, h, c, k, lengths, W_x, W_h, b, W, W_c, W_y):
    h, c = lstm_step(x, h, c, W_x, W_h, b)
    scores, weights = [], np.zeros((len(h), len(k)), k.dtype)
    for n, length in enumerate(lengths):
        e = np.array([h[n] @ W @ key for key in k[:length, n]])
        p = np.exp(e - e.max())
        weights[n, :length] = p / p.sum()
        context = weights[n] @ k[:, n]
        scores.append(np.tanh(np.r_[h[n], context] @ W_c) @ W_y)
    return np.array(scores), h, c, weights


def greedy_with_a_flag(E, h, c, k, lengths, W_x, W_h, b, W, W_c, W_y, start, end, most):
    ids = np.full((int(most), len(h)), end)
    last, running = np.full(len(h), start), np.ones(len(h), bool)
    for t in range(int(most)):
        scores, h, c, _ = decoder_step(E[last], h, c, k, lengths, W_x, W_h, b, W, W_c, W_y)
        last = np.argmax(scores, axis=1)
        ids[t, running] = last[running]
        running &= last != end
    return ids


def greedy_that_stops(E, h, c, k, lengths, W_x, W_h, b, W, W_c, W_y, start, end, most):
    ids, last = [], np.repeat(start, len(h))
    while len(ids) < most:
        scores, h, c, _ = decoder_step(E[last], h, c, k, lengths, W_x, W_h, b, W, W_c, W_y)
        last = scores.argmax(axis=1)
        ids.append(last)
    ids = np.stack(ids)
    over = np.cumsum(ids == end, axis=0) > 0
    ids[over] = end
    return ids


def greedy_sentence_by_sentence(E, h, c, k, lengths, W_x, W_h, b, W, W_c, W_y, start, end, most):
    ids = np.full((most, len(h)), end)
    for n in range(len(h)):
        one, last, state = slice(n, n + 1), start, (h[n : n + 1], c[n : n + 1])
        for t in range(most):
            scores, *state, _ = decoder_step(E[last][None], *state, k[:, one], lengths[one], W_x, W_h, b, W, W_c, W_y)
            last = scores[0].argmax()
            if last == end:
                break
            ids[t, n] = last
    return ids


# ---------------------------------------------------------------- self-attention


def causal_by_loop(q, k, v):
    out = np.zeros_like(v)
    for b in range(q.shape[1]):
        for i in range(len(q)):
            e = k[: i + 1, b] @ q[i, b] / np.sqrt(q.shape[2])
            p = np.exp(e - e.max())
            out[i, b] = p @ v[: i + 1, b] / p.sum()
    return out


def causal_batch_first(q, k, v):
    q, k, v = (a.transpose(1, 0, 2) for a in (q, k, v))
    e = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1])
    later = np.triu(np.ones(e.shape[1:], bool), k=1)
    e[:, later] = -np.inf
    e = np.exp(e - e.max(axis=-1, keepdims=True))
    return (e / e.sum(axis=-1, keepdims=True) @ v).transpose(1, 0, 2)


def causal_with_scaled_queries(q, k, v):
    e = np.einsum("ibd,jbd->ijb", q * q.shape[2] ** -0.5, k)
    i, j = np.indices(e.shape[:2])
    e = np.where((j <= i)[:, :, None], e, -1e30)
    p = np.exp(e - e.max(axis=1, keepdims=True))
    return (p[..., None] * v[None]).sum(axis=1) / p.sum(axis=1)[..., None]


STYLES = {
    "additive_scores": (scores_by_loop, scores_by_einsum, scores_of_both_side_by_side),
    "masked_weights": (weights_row_by_row, weights_by_product, weights_by_logarithm),
    "softmax_backward": (softmax_by_matrix, softmax_by_loop, softmax_in_two_terms),
    "attention_backward": (attention_batch_first, attention_sentence_by_sentence, attention_by_einsum),
    "decoder_step": (step_by_matmul, step_with_a_split_matrix, step_sentence_by_sentence),
    "greedy_answer": (greedy_with_a_flag, greedy_that_stops, greedy_sentence_by_sentence),
    "self_attention": (causal_by_loop, causal_batch_first, causal_with_scaled_queries),
}
PENCIL = "attention_by_pencil"
NUMBERS = (
    {"weight": 1 / 3, "context": 7, "dscore": -4 / 3, "swapped": 7, "spread": 8, "crossing": 512},
    {"weight": 0.333, "context": 7.0, "dscore": -1.333, "swapped": 7.0, "spread": 8.0, "crossing": 512.0},
    {"weight": np.float32(0.33), "context": 7, "dscore": np.float32(-1.33), "swapped": 7, "spread": 8, "crossing": 512},
)
# Mutants of the solution that compute the same: the changed line, and why.
NO_NEGATIVE = "no length is negative"
NOTHING = "a row in which nothing counts holds -inf and zeros, whatever is taken away or divided by"
ONE_LENGTH = "both have T steps"
SAME = {
    "top = np.where(lengths != 0, e.max(axis=1), 0)": NO_NEGATIVE,
    "total = np.where(lengths != 0, p.sum(axis=1), 1)": NO_NEGATIVE,
    "top = np.where(lengths > 0, e.max(axis=1), -1)": NOTHING,
    "top = np.where(lengths > 0, e.max(axis=1), 1)": NOTHING,
    "total = np.where(lengths > 0, p.sum(axis=1), -1)": NOTHING,
    "total = np.where(lengths > 0, p.sum(axis=1), 2)": NOTHING,
    "total = np.where(lengths > 1, p.sum(axis=1), 1)": "the sum over one step is exp(0), 1",
    "counts = np.arange(e.shape[-1]) < lengths[:, None]": LAST_AXIS,
    "top = np.where(lengths > 0, e.max(axis=-1), 0)": LAST_AXIS,
    "total = np.where(lengths > 0, p.sum(axis=-1), 1)": LAST_AXIS,
    "return a * (da - (a * da).sum(axis=-1)[:, None])": LAST_AXIS,
    "out = np.tanh(np.concatenate([h, context], axis=-1) @ W_c)": LAST_AXIS,
    "last = np.where(last == end, end, scores.argmax(axis=-1))": LAST_AXIS,
    "last = np.where(last == end, last, scores.argmax(axis=1))": "there last is end",
    "ids, last = ([], np.full(len(c), start))": "h and c have a row for each sentence",
    "ids, last = ([], np.full(len(lengths), start))": "h and lengths have a row for each sentence",
    "e = np.where(np.tri(len(q)) != 0, e, -np.inf)": "np.tri holds ones and zeros",
    "e = np.einsum('ibd,jbd->bij', q, k) / k.shape[2] ** 0.5": "q and k both have D numbers",
    "e = np.where(np.tri(len(k)) > 0, e, -np.inf)": ONE_LENGTH,
    "e = np.where(np.tri(len(v)) > 0, e, -np.inf)": ONE_LENGTH,
}
