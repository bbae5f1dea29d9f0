"""One time step of each relative of the LSTM, written as the equations are; shapes and orders as in ``functional``."""

import numpy as np

from lstm_helpers.nn.functional import cell_update, hidden_update, sigmoid


def gru_step(x, h_prev, W_x, W_h, b, b_hn):
    """One step of the GRU that resets after the product: r scales what h_prev contributes to the new values n.

    Shapes: x (B, D), h_prev (B, H), W_x (D, 3H), W_h (H, 3H), b (3H,), blocks in the order r, z, n; b_hn (H,).
    Returns h (B, H): the fraction z of the old state and the fraction 1 - z of the new values.
    Source: Cho et al. 2014; the reset after the product and the order of blocks as in torch.nn.GRUCell.
    """
    H = h_prev.shape[-1]
    zx, zh = x @ W_x + b, h_prev @ W_h
    r = sigmoid(zx[:, :H] + zh[:, :H])
    z = sigmoid(zx[:, H : 2 * H] + zh[:, H : 2 * H])
    n = np.tanh(zx[:, 2 * H :] + r * (zh[:, 2 * H :] + b_hn))
    return (1 - z) * n + z * h_prev


def gru_step_reset_before(x, h_prev, W_x, W_h, b):
    """One step of the GRU that resets before the product: r scales h_prev itself, then comes the product.

    Shapes: x (B, D), h_prev (B, H), W_x (D, 3H), W_h (H, 3H), b (3H,), blocks in the order r, z, n. Returns h (B, H).
    Source: Cho et al. 2014, equations 5 to 8.
    """
    H = h_prev.shape[-1]
    zx = x @ W_x + b
    r = sigmoid(zx[:, :H] + h_prev @ W_h[:, :H])
    z = sigmoid(zx[:, H : 2 * H] + h_prev @ W_h[:, H : 2 * H])
    n = np.tanh(zx[:, 2 * H :] + (r * h_prev) @ W_h[:, 2 * H :])
    return (1 - z) * n + z * h_prev


def peephole_step(x, h_prev, c_prev, W_x, W_h, b, p):
    """One step of the LSTM whose gates see the cell state: i and f see the old one, o the new one.

    Shapes: x (B, D), h_prev and c_prev (B, H), W_x (D, 4H), W_h (H, 4H), b (4H,), blocks in the order i, f, g, o;
    p (3H,), one weight for each unit of i, f and o. Returns h, c, each (B, H).
    Source: Gers & Schmidhuber 2000, "Recurrent nets that time and count"; tanh of c as in Greff et al. 2017.
    """
    p_i, p_f, p_o = np.split(p, 3)
    i, f, g, o = np.split(x @ W_x + h_prev @ W_h + b, 4, axis=1)
    i = sigmoid(i + p_i * c_prev)
    f = sigmoid(f + p_f * c_prev)
    c = cell_update(f, c_prev, i, np.tanh(g))
    o = sigmoid(o + p_o * c)
    return hidden_update(o, c), c


def coupled_step(x, h_prev, c_prev, W_x, W_h, b):
    """One step of the LSTM that adds exactly as much as it forgets: i = 1 - f.

    Shapes: x (B, D), h_prev and c_prev (B, H), W_x (D, 3H), W_h (H, 3H), b (3H,), blocks in the order f, g, o.
    Returns h, c, each (B, H); c stays between -1 and 1 when it starts there.
    Source: Greff et al. 2017, "LSTM: a search space odyssey", the variant CIFG.
    """
    f, g, o = np.split(x @ W_x + h_prev @ W_h + b, 3, axis=1)
    f = sigmoid(f)
    c = cell_update(f, c_prev, 1 - f, np.tanh(g))
    return hidden_update(sigmoid(o), c), c


def lstm_1997_step(x, h_prev, c_prev, W_x, W_h, b):
    """One step of the LSTM without forget gate: the cell state only ever adds, c = c_prev + i * g.

    Shapes: x (B, D), h_prev and c_prev (B, H), W_x (D, 3H), W_h (H, 3H), b (3H,), blocks in the order i, g, o.
    Returns h, c, each (B, H).
    Source: Hochreiter & Schmidhuber 1997. The paper squashes the candidate by 4 sigmoid(z) - 2, which is 2 tanh(z / 2),
    and the cell state by 2 sigmoid(c) - 1, which is tanh(c / 2); here both are tanh, as in every later LSTM.
    """
    i, g, o = np.split(x @ W_x + h_prev @ W_h + b, 3, axis=1)
    c = cell_update(1, c_prev, sigmoid(i), np.tanh(g))
    return hidden_update(sigmoid(o), c), c


def standardise(v, epsilon=1e-5):
    """Shift and scale each row of ``v`` to mean 0 and variance 1.

    Shapes: v (..., N). Returns the result (..., N) and the deviation it was divided by, (..., 1): the square root of
    variance + epsilon, so that a row of equal numbers becomes zeros.
    Source: Ba, Kiros & Hinton 2016, "Layer normalization", equation 3.
    """
    centred = v - v.mean(axis=-1, keepdims=True)
    deviation = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + epsilon)
    return centred / deviation, deviation


def layer_norm(v, gain, bias=0):
    """Layer normalisation: each row standardised, then scaled by ``gain`` and shifted by ``bias``.

    Shapes: v (..., N), gain and bias (N,). Returns (..., N). Source: Ba, Kiros & Hinton 2016, equation 4.
    """
    return gain * standardise(v)[0] + bias


def layer_norm_lstm_step(x, h_prev, c_prev, W_x, W_h, b, gain_x, gain_h, gain_c, bias_c):
    """One step of the layer-normalised LSTM: both products and the shown cell state pass through a layer norm.

    Shapes: x (B, D), h_prev and c_prev (B, H), W_x (D, 4H), W_h (H, 4H), b, gain_x and gain_h (4H,), blocks in the
    order i, f, g, o; gain_c and bias_c (H,). Each norm of a product is taken over all 4H numbers of a row.
    Returns h, c, each (B, H); c itself is not normalised, only what tanh sees of it.
    Source: Ba, Kiros & Hinton 2016, supplement, equations 20 to 22; b stands for the sum of the paper's three biases.
    """
    z = layer_norm(x @ W_x, gain_x) + layer_norm(h_prev @ W_h, gain_h) + b
    i, f, g, o = np.split(z, 4, axis=1)
    c = cell_update(sigmoid(f), c_prev, sigmoid(i), np.tanh(g))
    return hidden_update(sigmoid(o), layer_norm(c, gain_c, bias_c)), c
