"""Sheet 01, right but different: loops, other algebra, other dtypes. None may raise a false alarm."""

import math

import numpy as np

from tests.checks.mutants import LAST_AXIS
from tests.checks.solved import solution

SPACE = solution("01_sequences")[0]
rnn_step, softmax = SPACE["rnn_step"], SPACE["softmax"]


def encode_by_broadcasting(codes, vocab):
    return (codes[:, None] == vocab).argmax(axis=1)


def encode_by_sorting(codes, vocab):
    order = np.argsort(vocab)
    return order[np.searchsorted(vocab[order], codes)]


def encode_by_list_index(codes, vocab):
    known = vocab.tolist()
    return np.array([known.index(code) for code in codes.tolist()], dtype=np.int32)


def encode_by_where(text, symbols):
    ids = np.zeros(len(text), dtype=np.uint16)
    for k, symbol in enumerate(symbols):
        ids[text == symbol] = k
    return ids


def one_hot_by_comparison(ids, vocab):
    return (ids[..., None] == np.arange(len(vocab))).astype(float)


def one_hot_by_writing(ids, vocab):
    x = np.zeros((*ids.shape, len(vocab)), np.float32)
    np.put_along_axis(x, ids[..., None], 1, axis=-1)
    return x


def one_hot_by_loop(ids, vocab):
    x = np.zeros((ids.size, vocab.size))
    for row, k in enumerate(ids.ravel()):
        x[row, k] = 1
    return x.reshape(*ids.shape, vocab.size)


def pairs_as_a_list(ids):
    T = len(ids) - 1
    return [ids[0:T], ids[1 : T + 1]]


def pairs_by_roll(ids):
    return ids[:-1].copy(), np.roll(ids, -1, axis=0)[:-1]


def pairs_by_loop(ids):
    steps = range(ids.shape[0] - 1)
    return np.array([ids[t] for t in steps]), np.array([ids[t + 1] for t in steps])


def step_stacked(x, h_prev, W_x, W_h, b):
    return np.tanh(np.concatenate([x, h_prev], axis=1) @ np.concatenate([W_x, W_h]) + b)


def step_by_samples(x, h_prev, W_x, W_h, b):
    return np.array([np.tanh(W_x.T @ x[n] + W_h.T @ h_prev[n] + b) for n in range(len(x))])


def step_by_exponentials(inputs, hidden, Wx, Wh, bias):
    z = np.einsum("bd,dh->bh", inputs, Wx) + hidden.dot(Wh)
    z += bias
    e = np.exp(-2 * np.abs(z))
    return np.sign(z) * (1 - e) / (1 + e)


def loop_into_an_array(x, h_0, W_x, W_h, b):
    T, B, _ = x.shape
    h = np.empty((T + 1, B, h_0.shape[1]), x.dtype)
    h[0] = h_0
    for t in range(T):
        h[t + 1] = rnn_step(x[t], h[t], W_x, W_h, b)
    return h[1:]


def loop_with_inputs_ahead(x, h_0, W_x, W_h, b):
    z = x @ W_x + b
    states = []
    for t in range(len(z)):
        before = h_0 if t == 0 else states[t - 1]
        states.append(np.tanh(z[t] + before @ W_h))
    return np.array(states)


def loop_over_each_text(x, h_0, W_x, W_h, b):
    out = np.zeros((x.shape[0], x.shape[1], len(b)))
    for n in range(x.shape[1]):
        h = h_0[n]
        for t in range(x.shape[0]):
            h = np.tanh(x[t, n] @ W_x + h @ W_h + b)
            out[t, n] = h
    return out


def by_recursion(x, h_0, W_x, W_h, b):
    h = step_stacked(x[0], h_0, W_x, W_h, b)
    return h[None] if len(x) == 1 else np.concatenate([h[None], by_recursion(x[1:], h, W_x, W_h, b)])


def softmax_by_logarithms(logits):
    z = logits - np.max(logits, axis=-1)[..., None]
    return np.exp(z - np.log(np.sum(np.exp(z), axis=-1))[..., None])


def softmax_by_logaddexp(logits):
    return np.exp(logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True))


def softmax_in_place(logits):
    p = logits.copy()
    p -= p.max(-1, keepdims=True)
    np.exp(p, out=p)
    p /= p.sum(-1, keepdims=True)
    return p


def softmax_by_rows(logits):
    rows = logits.reshape(-1, logits.shape[-1])
    made = []
    for row in rows:
        e = np.exp(row - max(row))
        made.append(e / sum(e))
    return np.array(made).reshape(logits.shape)


def price_by_index(logits, targets):
    T, B, _ = logits.shape
    z = logits - logits.max(axis=2, keepdims=True)
    log2_p = (z - np.log(np.exp(z).sum(axis=2))[:, :, None]) / np.log(2)
    return -np.mean(log2_p[np.arange(T)[:, None], np.arange(B), targets])


def price_by_one_hot(logits, targets):
    log_p = logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)
    chosen = np.eye(logits.shape[-1])[targets]
    return -(log_p * chosen).sum() / targets.size / math.log(2)


def price_by_loop(logits, targets):
    total = 0.0
    for t in range(targets.shape[0]):
        for n in range(targets.shape[1]):
            row = logits[t, n].astype(float)
            top = row.max()
            total += math.log2(sum(math.exp(v - top) for v in row)) - (row[targets[t, n]] - top) / math.log(2)
    return total / targets.size


def perplexity_by_nats(p):
    return np.exp(-np.log(p).mean())


def perplexity_by_loop(probabilities):
    bits = 0.0
    for q in probabilities:
        bits -= math.log2(q)
    return 2 ** (bits / len(probabilities))


def perplexity_by_root(p):
    return np.prod(np.power(p, -1 / p.size))


def perplexity_as_a_number(p):
    return float(10 ** np.mean(np.log10(1 / p)))


def gradient_in_place(logits, targets):
    T, B, _ = logits.shape
    d = softmax(logits)
    d[np.arange(T)[:, None], np.arange(B), targets] -= 1
    return d / (T * B) / np.log(2)


def gradient_along_the_axis(logits, targets):
    z = logits - logits.max(-1, keepdims=True)
    p = np.exp(z - np.log(np.exp(z).sum(-1, keepdims=True)))
    np.put_along_axis(p, targets[..., None], np.take_along_axis(p, targets[..., None], -1) - 1, -1)
    return np.log2(np.e) * p / targets.size


def gradient_by_loop(logits, targets):
    d = np.zeros(logits.shape)
    for t in range(targets.shape[0]):
        for n in range(targets.shape[1]):
            d[t, n] = softmax(logits[t, n])
            d[t, n, targets[t, n]] -= 1
    d /= targets.shape[0] * targets.shape[1]
    return d / math.log(2)


def gradient_by_comparison(logits, targets):
    came = targets[:, :, None] == np.arange(logits.shape[2])
    return -(came - softmax(logits)) / np.log(2) / np.prod(targets.shape)


def tempered_by_transposing(logits, temperature):
    return softmax((logits.T / temperature).T)


def tempered_by_rows(logits, temperature):
    return np.stack([softmax(row / tau) for row, tau in zip(logits, temperature, strict=True)])


def tempered_by_powers(logits, temperature):
    p = np.exp(logits - logits.max(axis=1, keepdims=True)) ** (1 / temperature.reshape(-1, 1))
    return p / p.sum(axis=1, keepdims=True)


STYLES = {
    "encode": (encode_by_broadcasting, encode_by_sorting, encode_by_list_index, encode_by_where),
    "one_hot": (one_hot_by_comparison, one_hot_by_writing, one_hot_by_loop),
    "next_pairs": (pairs_as_a_list, pairs_by_roll, pairs_by_loop),
    "rnn_step": (step_stacked, step_by_samples, step_by_exponentials),
    "rnn_forward": (loop_into_an_array, loop_with_inputs_ahead, loop_over_each_text, by_recursion),
    "softmax": (softmax_by_logarithms, softmax_by_logaddexp, softmax_in_place, softmax_by_rows),
    "cross_entropy": (price_by_index, price_by_one_hot, price_by_loop),
    "perplexity": (perplexity_by_nats, perplexity_by_loop, perplexity_by_root, perplexity_as_a_number),
    "loss_gradient": (gradient_in_place, gradient_along_the_axis, gradient_by_loop, gradient_by_comparison),
    "sampling_probabilities": (tempered_by_transposing, tempered_by_rows, tempered_by_powers),
}
PENCIL = "pencil_bits"
NUMBERS = (
    {"h": 0.5370, "p_a": 0.7523, "p_b": 0.2477, "bits_a": 0.4105, "bits_b": 2.0136},
    {"h": 0.54, "p_a": 0.75, "p_b": 0.25, "bits_a": 0.41, "bits_b": 2.01},
    dict(zip(("h", "p_a", "p_b", "bits_a", "bits_b"), np.float32([0.537, 0.752, 0.248, 0.41, 2.02]), strict=True)),
)
# Mutants of the solution that compute the same: the changed line, and why.
SAME = {
    "return e / e.sum(axis=-1, keepdims=True)": LAST_AXIS,
    "right = np.take_along_axis(log_p, targets[..., None])": "the default axis is the last",
    "correct = np.eye(p.shape[-1])[targets]": "probabilities and scores have the same shape",
}
TRUE_OF = {  # (check, whose answer is given): a name that is right
    ("softmax", "sigmoid"): "the sigmoid of each score",
    ("sampling_probabilities", "with_temperature"): "the temperatures lie along the wrong axis",
}
