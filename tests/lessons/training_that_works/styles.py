"""Sheet 07, right but different: loops, other algebra, other names, other dtypes. None may raise a false alarm."""

import math
from collections import deque

import numpy as np

from lstm_helpers.lessons.training_that_works.answers import adam_step
from lstm_helpers.nn.lstm import lstm_backward, lstm_forward_cached
from tests.checks.mutants import FROM_THE_END


def biases_by_split(b, u):
    i, f, g, o = np.split(b, 4)
    return np.concatenate([-np.log(u), np.log(u), g, o])


def biases_by_rows(b, u):
    rows = b.reshape(4, -1).copy()
    rows[0], rows[1] = np.log(1 / u), np.log(u)
    return rows.ravel()


def biases_by_loop(biases, draws):
    new, H = np.array(biases), len(biases) // 4
    for k in range(H):
        new[k], new[H + k] = -math.log(draws[k]), math.log(draws[k])
    return new


def adam_on_copies(p, grad, m, v, t, lr):
    p, m, v = p.copy(), m.copy(), v.copy()
    m += (1 - 0.9) * (grad - m)
    v *= 0.999
    v += (1 - 0.999) * grad * grad
    p -= lr / (1 - 0.9**t) * m / (np.sqrt(v) / np.sqrt(1 - 0.999**t) + 1e-8)
    return p, m, v


def adam_with_named_rates(p, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * np.square(grad)
    step = (m / (1 - np.power(beta1, t))) / (np.power(v / (1 - np.power(beta2, t)), 0.5) + eps)
    return [p - lr * step, m, v]


def adam_number_by_number(p, grad, m, v, t, lr):
    new = np.array(
        [
            (
                a - float(lr) * (0.9 * c + 0.1 * g) / (1 - 0.9 ** int(t))
                / (math.sqrt((0.999 * d + 0.001 * g * g) / (1 - 0.999 ** int(t))) + 1e-8),
                0.9 * c + 0.1 * g,
                0.999 * d + 0.001 * g * g,
            )
            for a, g, c, d in zip(p.ravel(), grad.ravel(), m.ravel(), v.ravel(), strict=True)
        ]
    )  # fmt: skip
    return tuple(new[:, k].reshape(p.shape) for k in range(3))


def loss_by_loop(pred, target, lengths):
    dpred, total, count = np.zeros_like(pred), 0.0, int(sum(lengths))
    for b in range(pred.shape[1]):
        for t in range(int(lengths[b])):
            e = pred[t, b] - target[t, b]
            total += e * e
            dpred[t, b] = 2 * e / count
    return total / count, dpred


def loss_by_product(pred, target, lengths):
    T, B = pred.shape
    mask = (np.tile(np.arange(T).reshape(T, 1), (1, B)) < lengths).astype(pred.dtype)
    error = (np.nan_to_num(pred) - np.nan_to_num(target)) * mask  # 0 times NaN would be NaN
    return (error * error).sum() / mask.sum(), 2 / mask.sum() * error


def loss_by_picking(pred, target, lengths):
    there = np.arange(pred.shape[0]) < lengths[:, None]
    e = (pred - target)[there.T]
    d = np.zeros(pred.shape)
    d[there.T] = 2 * e / e.size
    return np.mean(e**2), d


def dropout_by_where(h, u, p):
    return np.where(u < p, 0, h / (1 - p))


def dropout_on_a_copy(h, u, p):
    out = h * (1 / (1 - p))
    out[u < p] = 0.0
    return out


def dropout_by_floats(values, draws, share):
    mask = (draws >= share).astype(values.dtype) / (1 - share)
    return mask * values


def streams_by_loop(series, B, T):
    rows = (len(series) - 1) // B
    xs, ys = [], []
    for k in range(rows // T):
        start = k * T
        xs.append(np.stack([series[b * rows + start : b * rows + start + T] for b in range(B)], axis=1))
        ys.append(np.stack([series[b * rows + start + 1 : b * rows + start + T + 1] for b in range(B)], axis=1))
    return np.array(xs), np.array(ys)


def streams_transposed_first(series, B, T):
    rows = (series.size - 1) // B
    K = rows // T
    cut = lambda s: s[: rows * B].reshape(B, rows).T[: K * T].reshape(K, T, B)  # noqa: E731
    return cut(series[:-1]), cut(series[1:])


def streams_by_index(series, B, T):
    rows = (len(series) - 1) // int(B)
    k, t, b = np.ogrid[: rows // int(T), : int(T), : int(B)]
    at = b * rows + k * int(T) + t
    return series[at], series[at + 1]


def stopping_with_a_counter(validation, patience):
    best, lowest, waited = 0, math.inf, 0
    for epoch, loss in enumerate(validation):
        if loss < lowest:
            best, lowest, waited = epoch, loss, 0
        else:
            waited += 1
            if waited >= patience:
                return best, epoch
    return best, len(validation) - 1


def stopping_by_argmin(validation, patience):
    for stop in range(len(validation)):
        best = int(np.argmin(validation[: stop + 1]))
        if stop - best >= patience:
            return best, stop
    return int(np.argmin(validation)), len(validation) - 1


def stopping_by_while(losses, p):
    best = epoch = 0
    while epoch < len(losses) - 1 and epoch - best < p:
        epoch += 1
        best = epoch if losses[epoch] < losses[best] else best
    return float(best), np.int64(epoch)


def solved_by_windows(errors, window):
    if len(errors) < window:
        return 0
    recent = np.lib.stride_tricks.sliding_window_view(errors, int(window))
    good = (recent.mean(axis=1) < 0.01) & ~(recent > 0.04).any(axis=1)
    return int(np.argmax(good)) + int(window) if good.any() else 0


def solved_by_a_queue(errors, window):
    recent = deque(maxlen=int(window))
    for n, e in enumerate(errors, 1):
        recent.append(e)
        if len(recent) == window and sum(recent) / len(recent) < 0.01 and max(recent) <= 0.04:
            return n
    return 0


def solved_by_running_sums(errors, window):
    totals, wrong = np.cumsum(np.r_[0.0, errors]), np.cumsum(np.r_[0, errors > 0.04])
    for n in range(int(window), len(errors) + 1):
        if (totals[n] - totals[n - window]) / window < 0.01 and wrong[n] == wrong[n - window]:
            return np.float64(n)
    return 0.0


def by_heart_in_short(losses, target):
    left = losses[-10:].mean() / target.var()
    return target.var(), left, bool(left < 0.01)


def by_heart_by_loop(losses, target):
    mean = sum(target) / len(target)
    level = sum((y - mean) ** 2 for y in target) / len(target)
    late = list(losses)[max(0, len(losses) - 10) :]
    left = sum(late) / len(late) / level
    return level, left, 1 if left < 0.01 else 0


def by_heart_by_moments(losses, target):
    level = np.mean(target.astype(float) ** 2) - np.mean(target.astype(float)) ** 2
    left = np.average(losses[::-1][:10]) / level
    return np.array([level, left, left < 0.01])


def training_by_hand(params, batches, lr):
    W_x, W_h, b, W_out, b_out = (params[name].copy() for name in ("W_x", "W_h", "b", "W_out", "b_out"))
    weights = [W_x, W_h, b, W_out, b_out]
    moments = [(0 * w, 0 * w) for w in weights]
    for number, (x, y) in enumerate(batches):
        B, H = len(y), W_h.shape[0]
        h, c, gates = lstm_forward_cached(x, np.zeros((B, H)), np.zeros((B, H)), *weights[:3])
        error = h[-1].dot(weights[3]) + weights[4] - y
        dh = np.zeros((len(x), B, H))
        dh[len(x) - 1] = (2 / B) * error[:, None] * weights[3]
        back = lstm_backward(dh, np.zeros((B, H)), np.zeros((B, H)), x, h, c, gates, *weights[:2])[3:]
        grads = [*back, (2 / B) * h[-1].T @ error, np.array([(2 / B) * error.sum()])]
        for k in range(5):
            weights[k], *moments[k] = adam_step(weights[k], grads[k], *moments[k], number + 1, lr)
    return dict(zip(("W_x", "W_h", "b", "W_out", "b_out"), weights, strict=True))


def training_in_columns(params, batches, lr):
    p = {name: array.astype(float) for name, array in params.items()}
    state = {name: (np.zeros(a.shape), np.zeros(a.shape)) for name, a in p.items()}
    t = 0
    while t < len(batches):
        x, target = batches[t]
        t += 1
        zero = np.zeros((x.shape[1], p["W_out"].size))
        h, c, gates = lstm_forward_cached(x, zero, zero, p["W_x"], p["W_h"], p["b"])
        column = p["W_out"].reshape(-1, 1)
        d = 2 * (h[-1] @ column + p["b_out"] - target.reshape(-1, 1)) / x.shape[1]
        dh = np.concatenate([np.zeros((len(x) - 1, *zero.shape)), (d @ column.T)[None]])
        *_, dW_x, dW_h, db = lstm_backward(dh, zero, zero, x, h, c, gates, p["W_x"], p["W_h"])
        grads = {"W_x": dW_x, "W_h": dW_h, "b": db}
        grads.update(W_out=(h[-1].T @ d).ravel(), b_out=d.sum(axis=0))
        new = {name: adam_step(p[name], grads[name], *state[name], t, lr) for name in p}
        p, state = {n: a for n, (a, _, _) in new.items()}, {n: (m, v) for n, (_, m, v) in new.items()}
    return p


def training_with_its_own_adam(params, batches, lr, beta1=0.9, beta2=0.999):
    names = list(params)
    new = {name: np.array(params[name]) for name in names}
    m, v = {}, {}
    for t, (x, target) in enumerate(batches, 1):
        zeros = np.zeros((x.shape[1], new["W_h"].shape[0]))
        h, c, gates = lstm_forward_cached(x, zeros, zeros, new["W_x"], new["W_h"], new["b"])
        e = h[-1] @ new["W_out"] + new["b_out"][0] - target
        dh = np.zeros(h[1:].shape)
        dh[-1] = np.einsum("b,h->bh", e, new["W_out"]) * 2 / e.size
        back = lstm_backward(dh, zeros, zeros, x, h, c, gates, new["W_x"], new["W_h"])
        g = dict(zip(("x", "h_0", "c_0", "W_x", "W_h", "b"), back, strict=True))
        g["W_out"], g["b_out"] = 2 * np.mean(e[:, None] * h[-1], axis=0), 2 * np.mean(e, keepdims=True)
        for name in names:
            m[name] = beta1 * m.get(name, 0) + (1 - beta1) * g[name]
            v[name] = beta2 * v.get(name, 0) + (1 - beta2) * g[name] ** 2
            step = m[name] / (1 - beta1**t) / (np.sqrt(v[name] / (1 - beta2**t)) + 1e-8)
            new[name] = new[name] - lr * step
    return new


STYLES = {
    "chrono_bias": (biases_by_split, biases_by_rows, biases_by_loop),
    "adam_step": (adam_on_copies, adam_with_named_rates, adam_number_by_number),
    "masked_mse": (loss_by_loop, loss_by_product, loss_by_picking),
    "dropout": (dropout_by_where, dropout_on_a_copy, dropout_by_floats),
    "cut_streams": (streams_by_loop, streams_transposed_first, streams_by_index),
    "early_stopping": (stopping_with_a_counter, stopping_by_argmin, stopping_by_while),
    "solved_after": (solved_by_windows, solved_by_a_queue, solved_by_running_sums),
    "overfit_test": (by_heart_in_short, by_heart_by_loop, by_heart_by_moments),
    "train_adding": (training_by_hand, training_in_columns, training_with_its_own_adam),
}
PENCIL = "adam_by_pencil"
NUMBERS = (
    {"m1": 1, "v1": 0.4, "p1": 2, "m2": 2, "v2": 1.26, "p2": 0.9645},
    {"m1": 1.0, "v1": 0.4, "p1": 2.0, "m2": 2.0, "v2": 1.26, "p2": 0.97},
    dict(zip(("m1", "v1", "p1", "m2", "v2", "p2"), np.float32([1, 0.4, 2, 2, 1.26, 0.96]), strict=True)),
)
A_ZERO = "a single zero is spread over the shape of the gradient"
# Mutants of the solution that compute the same: the changed line, and why.
SAME = {
    "b[H:-2 * H] = np.log(u)": FROM_THE_END,
    "level = np.mean((np.mean(target) - target) ** 2)": "a square has no sign",
    "count = np.sum(lengths)": "as many steps count as the lengths add up to",
    "mask = np.arange(len(target))[:, None] < lengths": "pred and target have the same shape",
    "m = {name: np.zeros_like(lr) for name, p in params.items()}": A_ZERO,
    "m = {name: np.zeros_like(params) for name, p in params.items()}": A_ZERO,
    "v = {name: np.zeros_like(lr) for name, p in params.items()}": A_ZERO,
    "v = {name: np.zeros_like(m) for name, p in params.items()}": A_ZERO,
    "v = {name: np.zeros_like(params) for name, p in params.items()}": A_ZERO,
    "grads |= {'W_out': dpred @ h[-1], 'b_out': dpred.sum()}": "a number is spread over the one entry of b_out",
    "dpred = 2 * (pred - target) / len(pred)": "there is a prediction for each target",
    "dpred = 2 * (pred - target) / len(zeros)": "there is a state for each target",
    "dh = np.zeros_like(c[1:])": "h and c have the same shape",
    "v = {name: np.zeros_like(p) for name, p in m.items()}": "m has the names and shapes of the parameters",
    "zeros = np.zeros((len(target), len(W_out)))": "W_out has an entry for each hidden unit",
    "if epoch - best >= patience:": "epoch - best grows by at most 1 an epoch, and training stops at patience",
}
