"""The right answers of exercise 07, as the solution shows them."""

import numpy as np

from lstm_helpers.nn.lstm import lstm_backward, lstm_forward_cached


def chrono_bias(b, u):
    """The biases b (4H,) with the forget gate's at log u and the input gate's at -log u.

    u (H,): draws from 1 to T - 1. Returns a new array (4H,), gates in the order i, f, g, o; g and o keep theirs.
    Source: Tallec & Ollivier 2018, section 3.
    """
    H = len(u)
    b = b.copy()
    b[H : 2 * H] = np.log(u)
    b[:H] = -np.log(u)
    return b


def adam_step(p, grad, m, v, t, lr):
    """One step of Adam: parameters p, their gradient, its running mean m and mean square v, all of one shape.

    t: the number of this step, 1 for the first; lr: the learning rate. Returns the new p, m, v.
    Source: Kingma & Ba 2015, algorithm 1.
    """
    m = 0.9 * m + 0.1 * grad
    v = 0.999 * v + 0.001 * grad**2
    m_hat = m / (1 - 0.9**t)
    v_hat = v / (1 - 0.999**t)
    p = p - lr * m_hat / (np.sqrt(v_hat) + 1e-8)
    return p, m, v


def masked_mse(pred, target, lengths):
    """The mean squared error over the steps that are there, and its gradient.

    pred, target (T, B); lengths (B,): how many steps each sequence has; the rest is padding, whatever stands in it.
    Returns the loss, one number, and the gradient with respect to pred (T, B), 0 on the padding.
    """
    mask = np.arange(len(pred))[:, None] < lengths
    error = np.where(mask, pred - target, 0)
    count = np.sum(mask)
    loss = np.sum(error**2) / count
    dpred = 2 * error / count
    return loss, dpred


def dropout(h, u, p):
    """Inverted dropout: h where u >= p, divided by 1 - p; 0 where u < p.

    h and u have one shape; u: a draw from 0 to 1 for each value; p: the share that is dropped.
    Source: Srivastava et al. 2014, section 10.
    """
    kept = u >= p
    return h * kept / (1 - p)


def cut_streams(series, B, T):
    """One long series (N,) as B streams, cut into chunks of T steps: inputs and targets, each (chunks, T, B).

    A stream is a run of (N - 1) // B neighbours, the first stream first. Chunk k + 1 goes on, in each column, where
    chunk k ended. Targets are the inputs one place on. What does not fill a chunk of every stream is left out.
    """
    rows = (len(series) - 1) // B
    chunks = rows // T
    x = series[: B * rows].reshape(B, rows)[:, : chunks * T]
    y = series[1 : B * rows + 1].reshape(B, rows)[:, : chunks * T]
    x = x.reshape(B, chunks, T).transpose(1, 2, 0)
    y = y.reshape(B, chunks, T).transpose(1, 2, 0)
    return x, y


def early_stopping(validation, patience):
    """The epoch with the lowest validation loss, and the epoch after which training stops: two whole numbers.

    validation (E,): the loss after each epoch, counted from 0. Training stops when ``patience`` epochs in a row have
    brought no loss below the lowest so far, or after the last one.
    """
    best = 0
    for epoch in range(len(validation)):
        if validation[epoch] < validation[best]:
            best = epoch
        if epoch - best == patience:
            break
    return best, epoch


def solved_after(errors, window):
    """After how many sequences a task counts as solved by the rule of 1997, or 0 if never: a whole number.

    errors (N,): the absolute error of each training sequence, in order. Solved after n: of the ``window`` most recent
    errors, the mean is below 0.01 and none is above 0.04.
    Source: Hochreiter & Schmidhuber 1997, section 5.4, there with a window of 2,000.
    """
    for n in range(window, len(errors) + 1):
        recent = errors[n - window : n]
        if np.mean(recent) < 0.01 and np.max(recent) <= 0.04:
            return n
    return 0


def overfit_test(losses, target):
    """Whether training on one batch again and again has learned it by heart.

    losses (N,): the loss of each update; target (B,): the targets of the batch, not all the same. Returns level, the
    mean squared error of the best fixed answer; left, the mean of the last ten losses as a share of it; and whether
    that is below 0.01.
    """
    level = np.mean((target - np.mean(target)) ** 2)
    left = np.mean(losses[-10:]) / level
    passed = left < 0.01
    return level, left, passed


def train_adding(params, batches, lr):
    """Train an LSTM with a read-out of its last state: one step of Adam for each batch. Returns the new parameters.

    params: a dictionary with W_x (2, 4H), W_h (H, 4H), b (4H,), W_out (H,), b_out (1,); batches: a list of pairs
    x (T, B, 2), target (B,). The prediction is h_T W_out + b_out, the loss the mean squared error of a batch.
    """
    params = dict(params)
    m = {name: np.zeros_like(p) for name, p in params.items()}
    v = {name: np.zeros_like(p) for name, p in params.items()}
    for t, (x, target) in enumerate(batches, start=1):
        W_x, W_h, W_out = params["W_x"], params["W_h"], params["W_out"]
        zeros = np.zeros((len(target), len(W_h)))
        h, c, gates = lstm_forward_cached(x, zeros, zeros, W_x, W_h, params["b"])
        pred = h[-1] @ W_out + params["b_out"]
        dpred = 2 * (pred - target) / len(target)
        dh = np.zeros_like(h[1:])
        dh[-1] = np.outer(dpred, W_out)
        _, _, _, dW_x, dW_h, db = lstm_backward(dh, zeros, zeros, x, h, c, gates, W_x, W_h)
        grads = {"W_x": dW_x, "W_h": dW_h, "b": db}
        grads |= {"W_out": dpred @ h[-1], "b_out": dpred.sum(keepdims=True)}
        for name, grad in grads.items():
            params[name], m[name], v[name] = adam_step(params[name], grad, m[name], v[name], t, lr)
    return params


__all__ = [
    "chrono_bias",
    "adam_step",
    "masked_mse",
    "dropout",
    "cut_streams",
    "early_stopping",
    "solved_after",
    "train_adding",
]
