"""Right but different answers to sheet 02: loops, einsum, other algebra, other containers. None is a false alarm."""

import math

import numpy as np

from lstm_helpers.lessons.why_rnns_forget.answers import rnn_backward, rnn_step_backward

# ---------------------------------------------------------------- through the tanh


def slope_by_factors(dh, h):
    return dh * (1 + h) * (1 - h)


def slope_as_a_difference(upstream, output):
    return upstream - upstream * np.square(output)


def slope_by_loop(dh, h):
    dz = np.zeros_like(dh)
    for n in range(dh.shape[0]):
        for k in range(dh.shape[1]):
            dz[n, k] = dh[n, k] * (1 - h[n, k] * h[n, k])
    return dz


def slope_on_a_copy(dh, h):
    dz = dh.copy()
    dz *= 1 - h * h
    return dz


# ---------------------------------------------------------------- one step


def step_by_einsum(dh, x, h_prev, h, W_x, W_h):
    dz = dh * (1 - h * h)
    return (
        np.einsum("bh,dh->bd", dz, W_x),
        np.einsum("bk,jk->bj", dz, W_h),
        np.einsum("bd,bh->dh", x, dz),
        np.einsum("bj,bk->jk", h_prev, dz),
        np.einsum("bh->h", dz),
    )


def step_sample_by_sample(dh, x, h_prev, h, W_x, W_h):
    dx, dh_prev = np.zeros_like(x), np.zeros_like(h_prev)
    dW_x, dW_h, db = np.zeros_like(W_x), np.zeros_like(W_h), np.zeros_like(W_h[0])
    for n in range(len(x)):
        dz = dh[n] * (1 - h[n] ** 2)
        dx[n], dh_prev[n] = W_x @ dz, W_h @ dz
        dW_x += np.outer(x[n], dz)
        dW_h += np.outer(h_prev[n], dz)
        db += dz
    return dx, dh_prev, dW_x, dW_h, db


def step_with_stacked_weights(dh, x, h_prev, h, W_x, W_h):
    D = x.shape[1]
    dz = dh * (1 - h**2)
    dboth = dz @ np.vstack([W_x, W_h]).T
    dW = np.hstack([x, h_prev]).T @ dz
    return [dboth[:, :D], dboth[:, D:], dW[:D], dW[D:], np.ones(len(x), dz.dtype) @ dz]


def step_by_transposes(up, inputs, old, new, Wx, Wh):
    dz = np.multiply(1 - new**2, up)
    return (Wx @ dz.T).T, (Wh @ dz.T).T, (dz.T @ inputs).T, (dz.T @ old).T, np.sum(dz, 0)


# ---------------------------------------------------------------- one step with a ReLU


def relu_by_where(dh, x, h_prev, h, W_x, W_h):
    dz = np.where(h > 0, dh, 0)
    return dz @ W_x.T, dz @ W_h.T, x.T @ dz, h_prev.T @ dz, dz.sum(axis=0)


def relu_by_mask(dh, x, h_prev, h, W_x, W_h):
    dz = dh.copy()
    dz[h == 0] = 0
    return dz @ W_x.T, dz @ W_h.T, x.T @ dz, h_prev.T @ dz, dz.sum(axis=0)


def relu_by_sign(dh, x, h_prev, h, W_x, W_h):
    dz = dh * np.sign(h)
    return np.dot(dz, W_x.T), np.dot(dz, W_h.T), np.dot(x.T, dz), np.dot(h_prev.T, dz), np.sum(dz, axis=0)


def relu_by_the_tanh_step(dh, x, h_prev, h, W_x, W_h):
    """A state of 0 has the slope 1 in the tanh step: what goes in is masked already."""
    return rnn_step_backward(dh * (h > 0), x, h_prev, 0 * h, W_x, W_h)


def relu_number_by_number(dh, x, h_prev, h, W_x, W_h):
    dz = np.zeros_like(dh)
    for n in range(len(dh)):
        for k in range(dh.shape[1]):
            if h[n, k] > 0:
                dz[n, k] = dh[n, k]
    return dz @ W_x.T, dz @ W_h.T, x.T @ dz, h_prev.T @ dz, dz.sum(axis=0)


# ---------------------------------------------------------------- through time


def time_with_sums_at_the_end(dh, x, h, W_x, W_h):
    """All dz first, then one matrix product for each weight matrix, as the package's layer does."""
    T, B, D = x.shape
    dz = np.empty_like(dh)
    carried = np.zeros_like(h[0])
    for t in range(T - 1, -1, -1):
        dz[t] = (dh[t] + carried) * (1 - h[t + 1] ** 2)
        carried = dz[t] @ W_h.T
    flat = dz.reshape(T * B, -1)
    dW_h = h[:-1].reshape(T * B, -1).T @ flat
    return dz @ W_x.T, carried, x.reshape(T * B, D).T @ flat, dW_h, flat.sum(0)


def time_into_a_copy(dh, x, h, W_x, W_h):
    dh = dh.copy()
    start = np.zeros_like(h[0])
    dx, dW_x, dW_h, db = [], np.zeros_like(W_x), np.zeros_like(W_h), np.zeros(W_h.shape[0])
    for t in range(len(x) - 1, -1, -1):
        dx_t, back, a, b, c = rnn_step_backward(dh[t], x[t], h[t], h[t + 1], W_x, W_h)
        dx.insert(0, dx_t)
        dW_x += a
        dW_h += b
        db += c
        if t:
            dh[t - 1] += back
        else:
            start = back
    return np.array(dx), start, dW_x, dW_h, db


def time_by_recursion(dh, x, h, W_x, W_h):
    dx, back, dW_x, dW_h, db = rnn_step_backward(dh[-1], x[-1], h[-2], h[-1], W_x, W_h)
    if len(x) == 1:
        return dx[None], back, dW_x, dW_h, db
    earlier = dh[:-1].copy()
    earlier[-1] += back
    dxs, start, *sums = time_by_recursion(earlier, x[:-1], h[:-1], W_x, W_h)
    return np.concatenate([dxs, dx[None]]), start, *(a + b for a, b in zip(sums, (dW_x, dW_h, db), strict=True))


def time_path_by_path(dh, x, h, W_x, W_h):
    """The gradient of each step's own loss followed to the beginning, by itself, and all of them added up."""
    dx, start = np.zeros_like(x), np.zeros_like(h[0])
    sums = [np.zeros_like(W_x), np.zeros_like(W_h), np.zeros_like(W_h[0])]
    for end in range(len(x)):
        sent = dh[end]
        for t in range(end, -1, -1):
            dx_t, sent, *parts = rnn_step_backward(sent, x[t], h[t], h[t + 1], W_x, W_h)
            dx[t] += dx_t
            sums = [a + b for a, b in zip(sums, parts, strict=True)]
        start = start + sent
    return dx, start, *sums


# ---------------------------------------------------------------- through time, cut


def cut_before_the_step(dh, x, h, W_x, W_h, length):
    T, dx, sums = len(x), np.zeros_like(x), [0, 0, 0]
    carried = np.zeros_like(h[0])
    for t in range(T - 1, -1, -1):
        if (t + 1) % length == 0:
            carried = np.zeros_like(carried)
        dx[t], carried, *parts = rnn_step_backward(dh[t] + carried, x[t], h[t], h[t + 1], W_x, W_h)
        sums = [a + b for a, b in zip(sums, parts, strict=True)]
    return dx, *sums


def cut_by_slices(dh, x, h, W_x, W_h, length):
    dx, sums = [], [0, 0, 0]
    for a in range(0, len(x), length):
        piece = slice(a, a + length)
        dx_piece, _, *parts = rnn_backward(dh[piece], x[piece], h[a : a + length + 1], W_x, W_h)
        dx.append(dx_piece)
        sums = [p + q for p, q in zip(sums, parts, strict=True)]
    return np.concatenate(dx), *sums


def cut_by_a_mask(dh, x, h, W_x, W_h, length):
    goes_on = (np.arange(len(x)) % length != 0).astype(h.dtype)
    dz = np.zeros_like(dh)
    carried = np.zeros_like(h[0])
    for t in reversed(range(len(x))):
        dz[t] = (dh[t] + carried) * (1 - h[t + 1] ** 2)
        carried = goes_on[t] * (dz[t] @ W_h.T)
    sums = np.einsum("tbd,tbh->dh", x, dz), np.einsum("tbk,tbh->kh", h[:-1], dz), dz.sum(axis=(0, 1))
    return dz @ W_x.T, *sums


def cut_by_recursion(dh, x, h, W_x, W_h, length):
    dx, _, *sums = rnn_backward(dh[:length], x[:length], h[: length + 1], W_x, W_h)
    if len(x) <= length:
        return dx, *sums
    later, *others = cut_by_recursion(dh[length:], x[length:], h[length:], W_x, W_h, length)
    return np.concatenate([dx, later]), *(a + b for a, b in zip(sums, others, strict=True))


# ---------------------------------------------------------------- the check of a gradient


def _loss(w, x, y):
    return ((np.tanh(x @ w) - y) ** 2).mean()


def difference_by_two_loops(w, x, y, eps=1e-5):
    grad = np.zeros(w.shape)
    for j in range(w.shape[0]):
        for k in range(w.shape[1]):
            moved = w.copy()
            moved[j, k] = w[j, k] + eps
            above = _loss(moved, x, y)
            moved[j, k] = w[j, k] - eps
            grad[j, k] = (above - _loss(moved, x, y)) / (2 * eps)
    return grad


def difference_restored_from_a_saved_value(w, x, y, eps=1e-5):
    grad = np.zeros_like(w)
    for k in np.ndindex(*w.shape):
        before = w[k]
        w[k] = before + eps
        above = _loss(w, x, y)
        w[k] = before - eps
        below = _loss(w, x, y)
        w[k] = before
        grad[k] = (above - below) / 2 / eps
    return grad


def difference_by_unit_matrices(w, x, y, eps=2e-5):
    slopes = []
    for k in range(w.size):
        step = np.zeros(w.size)
        step[k] = eps / 2
        step = step.reshape(w.shape)
        slopes.append((_loss(w + step, x, y) - _loss(w - step, x, y)) / eps)
    return np.array(slopes).reshape(w.shape)


def difference_derived(w, x, y, eps=1e-5):
    out = np.tanh(x @ w)
    return x.T @ (2 * (out - y) * (1 - out**2) / y.size)


# ---------------------------------------------------------------- the spectral radius


def rescale_by_eig(W, rho):
    values, _ = np.linalg.eig(W)
    return rho * W / max(abs(values))


def rescale_by_parts(W, rho):
    values = np.linalg.eigvals(W)
    return W * (rho / np.sqrt(values.real**2 + values.imag**2).max())


def rescale_by_sorting(W, rho):
    sizes = sorted(abs(v) for v in np.linalg.eigvals(W))
    return np.divide(W, sizes[-1]) * float(rho)


# ---------------------------------------------------------------- what arrives


def norms_by_backwards_slices(dh, h, W_h):
    out = [math.sqrt((dh**2).sum())]
    for state in h[:0:-1]:
        dh = np.dot(dh * (1 - state**2), W_h.T)
        out.append(math.sqrt((dh**2).sum()))
    return np.asarray(out)


def norms_into_an_array(dh, h, W_h):
    T = len(h) - 1
    norms = np.zeros(T + 1)
    norms[0] = np.linalg.norm(dh)
    for lag in range(1, T + 1):
        dh = (dh - dh * h[T - lag + 1] ** 2) @ W_h.transpose()
        norms[lag] = np.linalg.norm(dh.ravel())
    return norms


def norms_by_jacobians(dh, h, W_h):
    """One Jacobian (H, H) for each sample and step, multiplied up."""
    norms = [np.linalg.norm(dh)]
    product = [np.eye(len(W_h)) for _ in dh]
    for t in range(len(h) - 1, 0, -1):
        product = [p @ (np.diag(1 - row**2) @ W_h.T) for p, row in zip(product, h[t], strict=True)]
        norms.append(np.linalg.norm([row @ p for row, p in zip(dh, product, strict=True)]))
    return np.array(norms)


# ---------------------------------------------------------------- clipping


def clip_by_if(dW_x, dW_h, db, limit):
    norm = math.sqrt((dW_x**2).sum() + (dW_h**2).sum() + (db**2).sum())
    if norm > limit:
        dW_x, dW_h, db = (g * (limit / norm) for g in (dW_x, dW_h, db))
    return dW_x, dW_h, db


def clip_one_long_vector(dW_x, dW_h, db, limit):
    norm = np.linalg.norm(np.concatenate([dW_x.ravel(), dW_h.ravel(), db]))
    return [g / max(1, norm / limit) for g in (dW_x, dW_h, db)]


def clip_with_a_small_number(dW_x, dW_h, db, limit):
    """The 1e-12 keeps a norm of zero from being divided by."""
    squares = [np.sum(np.square(g)) for g in (dW_x, dW_h, db)]
    scale = np.minimum(1.0, limit / (np.sqrt(sum(squares)) + 1e-12))
    return dW_x * scale, dW_h * scale, db * scale


STYLES = {
    "tanh_backward": (slope_by_factors, slope_as_a_difference, slope_by_loop, slope_on_a_copy),
    "rnn_step_backward": (step_by_einsum, step_sample_by_sample, step_with_stacked_weights, step_by_transposes),
    "relu_step_backward": (
        relu_by_where,
        relu_by_mask,
        relu_by_sign,
        relu_by_the_tanh_step,
        relu_number_by_number,
    ),
    "truncated_backward": (cut_before_the_step, cut_by_slices, cut_by_a_mask, cut_by_recursion),
    "rnn_backward": (time_with_sums_at_the_end, time_into_a_copy, time_by_recursion, time_path_by_path),
    "central_difference": (
        difference_by_two_loops,
        difference_restored_from_a_saved_value,
        difference_by_unit_matrices,
        difference_derived,
    ),
    "spectral_rescale": (rescale_by_eig, rescale_by_parts, rescale_by_sorting),
    "gradient_norm_by_lag": (norms_by_backwards_slices, norms_into_an_array, norms_by_jacobians),
    "clip_by_norm": (clip_by_if, clip_one_long_vector, clip_with_a_small_number),
}
PENCIL = "pencil_gradients"
NUMBERS = (
    {"dz_2": 0.36, "dh_1": 1.04, "dz_1": 0.6656, "dh_0": 0.9984, "dw_h": 0.5488, "db": 1.0256},
    {"dz_2": 0.36, "dh_1": 1.04, "dz_1": 0.67, "dh_0": 1.0, "dw_h": 0.55, "db": 1.03},
    {"dz_2": 0.36, "dh_1": 1.04, "dz_1": 0.66, "dh_0": 0.99, "dw_h": 0.54, "db": 1.02},  # cut off, not rounded
)
# Mutants of the solution that compute the same: the changed line, and why.
SAME = {
    "for t in reversed(range(len(f))):": "i and f have as many steps",
    "for t in reversed(range(len(w))):": "w has as many steps as i",
    "for k in np.ndindex(grad.shape):": "grad has the shape of w",
    "scale = min(limit / norm, 1)": "the smaller of two does not depend on their order",
    "dz = dh * (h != 0)": "what comes out of a ReLU is never negative",
    "if t % length <= 0:": "a remainder is never negative",
    "for t in reversed(range(len(dh))):": "dh has as many steps as x",
    "for t in reversed(range(len(dx))):": "dx has as many steps as x",
    "for t in reversed(range(len(gates))):": "gates has as many steps as x",
}
TRUE_OF = {("tanh_backward", "hidden_update"): "tanh in place of its slope"}  # (check, whose answer is given): right
