"""The LSTM over a whole sequence: first as the equations are, forward and backward, then as a layer that trains.

Shapes everywhere: ``T`` time steps, ``B`` batch, ``D`` input features, ``H`` hidden units; ``x`` is ``(T, B, D)``.
The weights ``W_x (D, 4H)``, ``W_h (H, 4H)``, ``b (4H,)`` hold four gates side by side in the order i, f, g, o.

The functions are what the lessons derive and the checks compare with. The gates and cell states of all steps, which
``lstm_backward`` takes, are those that ``lstm_forward_cached`` keeps. The layer computes the same in less time:
its fused kernel, ``nn._lstm_kernel``, is tested against the functions.
"""

import numpy as np

from lstm_helpers.nn._lstm_kernel import Kernel
from lstm_helpers.nn.functional import sigmoid
from lstm_helpers.nn.recurrent import Recurrent

GATES = ("i", "f", "g", "o")

# ---- forward: all inputs ahead in one product, then one product a step ----------------------------------------------


def project_inputs(x, W_x, b):
    """The share that the inputs have in all pre-activations. x (T, B, D), W_x (D, 4H), b (4H,). Returns (T, B, 4H)."""
    return x @ W_x + b


def lstm_step_fused(z_x, h_prev, c_prev, W_h):
    """One step from the projected input. z_x (B, 4H), h_prev and c_prev (B, H), W_h (H, 4H). Returns h, c, (B, H)."""
    z = z_x + h_prev @ W_h
    i, f, g, o = np.split(z, 4, axis=1)
    c = sigmoid(f) * c_prev + sigmoid(i) * np.tanh(g)
    h = sigmoid(o) * np.tanh(c)
    return h, c


def lstm_forward(x, h_0, c_0, W_x, W_h, b):
    """The cell over x (T, B, D) from h_0 and c_0 (B, H). Returns h (T, B, H) and the pair of the last states."""
    h, c, hs = h_0, c_0, []
    for z_x in project_inputs(x, W_x, b):
        h, c = lstm_step_fused(z_x, h, c, W_h)
        hs.append(h)
    return np.stack(hs), (h, c)


def lstm_forward_cached(x, h_0, c_0, W_x, W_h, b):
    """As lstm_forward, and it keeps what the backward pass needs: its cache.

    Shapes: x (T, B, D), h_0, c_0 (B, H). Returns h, c (T + 1, B, H), where entry t is the state before step t, and
    gates (T, B, 4H), the values i, f, g, o of each step side by side.
    """
    h, c, gates = [h_0], [c_0], []
    for x_t in x:
        z_i, z_f, z_g, z_o = np.split(x_t @ W_x + h[-1] @ W_h + b, 4, axis=1)
        i, f, g, o = sigmoid(z_i), sigmoid(z_f), np.tanh(z_g), sigmoid(z_o)
        gates.append(np.concatenate([i, f, g, o], axis=1))
        c.append(f * c[-1] + i * g)
        h.append(o * np.tanh(c[-1]))
    return np.array(h), np.array(c), np.array(gates)


def lstm_forward_masked(x, mask, h_0, c_0, W_x, W_h, b):
    """As lstm_forward, and mask (T, B) is 1 on real steps. Beyond a sequence's end h is 0, and its states stay."""
    h, c, hs = h_0, c_0, []
    for t, z_x in enumerate(project_inputs(x, W_x, b)):
        m = mask[t][:, None]
        h_new, c_new = lstm_step_fused(z_x, h, c, W_h)
        h = m * h_new + (1 - m) * h
        c = m * c_new + (1 - m) * c
        hs.append(m * h)
    return np.stack(hs), (h, c)


# ---- backward: the pieces of a step, the whole step, then all steps -------------------------------------------------


def hidden_update_backward(dh, o, c):
    """From the gradient of h = o * tanh(c) to those of o and c.

    Shapes: all (B, H). Returns do, dc: the part of dL/dc that comes through h.
    """
    do = dh * np.tanh(c)
    dc = dh * o * (1 - np.tanh(c) ** 2)
    return do, dc


def cell_update_backward(dc, f, c_prev, i, g):
    """From the gradient of c = f * c_prev + i * g to those of its four arguments.

    Shapes: all (B, H). Returns df, dc_prev, di, dg.
    """
    return dc * c_prev, dc * f, dc * g, dc * i


def gates_backward(di, df, dg, do, i, f, g, o):
    """From the gradients of the four layers' values to that of the pre-activations, side by side.

    Shapes: all arguments (B, H). Returns dz (B, 4H) in the order i, f, g, o.
    """
    return np.concatenate([di * i * (1 - i), df * f * (1 - f), dg * (1 - g**2), do * o * (1 - o)], axis=1)


def pre_activation_backward(dz, x, h_prev, W_x, W_h):
    """From the gradient of z = x W_x + h_prev W_h + b to those of its five arguments.

    Shapes: dz (B, 4H), x (B, D), h_prev (B, H), W_x (D, 4H), W_h (H, 4H).
    Returns dx (B, D), dh_prev (B, H), dW_x (D, 4H), dW_h (H, 4H), db (4H,).
    """
    return dz @ W_x.T, dz @ W_h.T, x.T @ dz, h_prev.T @ dz, dz.sum(axis=0)


def lstm_step_backward(dh, dc, x, h_prev, c_prev, c, gates, W_x, W_h):
    """One step backwards: from the gradients of h and c to those of all that ``lstm_step`` takes.

    Shapes: dh, dc, h_prev, c_prev, c (B, H), x (B, D), gates (B, 4H) in the order i, f, g, o, W_x (D, 4H),
    W_h (H, 4H). dc is what arrives from the next step; what comes through h is added here.
    Returns dx, dh_prev, dc_prev, dW_x, dW_h, db.
    """
    i, f, g, o = np.split(gates, 4, axis=1)
    do, dc_shown = hidden_update_backward(dh, o, c)
    df, dc_prev, di, dg = cell_update_backward(dc + dc_shown, f, c_prev, i, g)
    dz = gates_backward(di, df, dg, do, i, f, g, o)
    dx, dh_prev, dW_x, dW_h, db = pre_activation_backward(dz, x, h_prev, W_x, W_h)
    return dx, dh_prev, dc_prev, dW_x, dW_h, db


def lstm_backward(dh, dh_next, dc_next, x, h, c, gates, W_x, W_h):
    """All steps backwards, from the last to the first.

    Shapes: dh (T, B, H); dh_next, dc_next (B, H), the gradients of the last states from beyond the end; x (T, B, D);
    h, c (T + 1, B, H), entry t is the state before step t; gates (T, B, 4H); W_x (D, 4H), W_h (H, 4H).
    Returns dx (T, B, D), dh_0, dc_0 (B, H), dW_x, dW_h, db.
    """
    dx = np.empty_like(x)
    dW_x = dW_h = db = 0
    for t in reversed(range(len(x))):
        dx[t], dh_next, dc_next, dW_x_t, dW_h_t, db_t = lstm_step_backward(
            dh[t] + dh_next, dc_next, x[t], h[t], c[t], c[t + 1], gates[t], W_x, W_h
        )
        dW_x, dW_h, db = dW_x + dW_x_t, dW_h + dW_h_t, db + db_t
    return dx, dh_next, dc_next, dW_x, dW_h, db


def pre_activation_gradients(dh, dh_next, dc_next, c, gates, W_h):
    """The loop of the backward pass alone: only what a step needs from the step after it.

    Shapes: dh (T, B, H), dh_next, dc_next (B, H), c (T + 1, B, H), gates (T, B, 4H), W_h (H, 4H), as lstm_backward.
    Returns dz (T, B, 4H), dh_0, dc_0 (B, H).
    """
    dz = np.empty_like(gates)
    for t in reversed(range(len(gates))):
        i, f, g, o = np.split(gates[t], 4, axis=1)
        do, dc_shown = hidden_update_backward(dh[t] + dh_next, o, c[t + 1])
        df, dc_next, di, dg = cell_update_backward(dc_next + dc_shown, f, c[t], i, g)
        dz[t] = gates_backward(di, df, dg, do, i, f, g, o)
        dh_next = dz[t] @ W_h.T
    return dz, dh_next, dc_next


def weight_gradients(dz, x, h):
    """What all steps and all sequences contribute to the parameters, in one product each, after the loop.

    Shapes: dz (T, B, 4H), x (T, B, D), h (T + 1, B, H), entry t is the state before step t.
    Returns dW_x (D, 4H), dW_h (H, 4H), db (4H,).
    """
    dz = dz.reshape(-1, dz.shape[2])
    dW_x = x.reshape(len(dz), -1).T @ dz
    dW_h = h[:-1].reshape(len(dz), -1).T @ dz
    return dW_x, dW_h, dz.sum(axis=0)


# ---- the layer ------------------------------------------------------------------------------------------------------


class LSTM(Recurrent):
    """Long short-term memory, gates in the order i, f, g, o.

    ``forget_bias`` sets the forget gate's slice of b; by default it is drawn like every other parameter.
    Source: Hochreiter & Schmidhuber 1997; forget gate: Gers, Schmidhuber & Cummins 2000.

    >>> lstm = LSTM(3, 5, rng=np.random.default_rng(0))
    >>> h, (h_last, c_last) = lstm.forward(np.zeros((7, 2, 3), np.float32))
    >>> h.shape, c_last.shape
    ((7, 2, 5), (2, 5))
    """

    blocks = 4
    states = ("h", "c")

    def __init__(self, input_size, hidden_size, *, rng, dtype=np.float32, forget_bias=None):
        super().__init__(input_size, hidden_size, rng=rng, dtype=dtype)
        if forget_bias is not None:
            self.params["b"][hidden_size : 2 * hidden_size] = forget_bias
        self._kernel = Kernel(input_size, hidden_size, self.dtype)

    def __getstate__(self):
        # A copy has a kernel of its own: two layers in one workspace would write over each other's forward pass.
        return {**self.__dict__, "_kernel": Kernel(self.input_size, self.hidden_size, self.dtype)}

    def _forward(self, x, start, lengths, train):
        return self._kernel.forward(self.params, x, start, lengths, train)

    def _backward(self, cache, dh, dend, ends, input_gradient):
        return self._kernel.backward(self.params, cache, dh, dend, ends, input_gradient)

    def gates(self):
        """What the last forward pass saw: i, f, g, o and the cell state c, each a copy of shape (T, B, H)."""
        *_, cache = self._forward_cache("gates()")
        return self._kernel.gates(cache)
