"""Relatives of the LSTM: each class is one change of its equations, over whole sequences."""

import numpy as np

from lstm_helpers.nn.functional import sigmoid
from lstm_helpers.nn.recurrent import Recurrent
from lstm_helpers.nn.relatives import layer_norm, standardise


class _Relative(Recurrent):
    """The LSTM's two states and its loop over time; a subclass gives the equations of one time step.

    A subclass sets ``names``, its blocks in the order of the columns, the output gate last, and writes ``_step`` and
    ``_slopes``. h_t = o_t * tanh(c_t) is shared.
    """

    states = ("h", "c")
    names = ()

    @property
    def blocks(self):
        return len(self.names)

    def _split(self, a):
        """The blocks of an array (..., blocks*H), as views."""
        return np.split(a, self.blocks, axis=-1)

    def _step(self, gates, c_prev):
        """Turn the pre-activations ``gates (B, blocks*H)`` into gates, in place, and return c (B, H)."""
        raise NotImplementedError

    def _slopes(self, gates, c_prev):
        """For all time steps: dc / d(pre-activation) of each block but o, in order, and dc / dc_prev."""
        raise NotImplementedError

    def _output_slopes(self, o, shown):
        """For all time steps: dh / d(pre-activation of o), and dh / dc with h = o * tanh(c)."""
        return shown * o * (1 - o), o * (1 - shown * shown)

    def _from_input(self, x):
        """The share of all pre-activations that needs no state, bias included: (T, B, blocks*H)."""
        return x @ self.params["W_x"] + self.params["b"]

    def _from_state(self, h_prev):
        return h_prev @ self.params["W_h"]

    def _shown(self, c):
        """What the output gate lets out."""
        return np.tanh(c)

    def _pull_backs(self, h, c):
        """Two functions of a time step and a gradient there: from tanh's argument to c_t, from z_t to h_prev W_h."""
        return (lambda t, gradient: gradient), (lambda t, gradient: gradient)

    def _gradients(self, x, h, c, dz, dshown, input_gradient):
        """dx and the gradients of the parameters, from those of the pre-activations (dz) and of tanh's arguments."""
        flat = dz.reshape(-1, dz.shape[-1])
        grads = {
            "W_x": x.reshape(-1, self.input_size).T @ flat,
            "W_h": h[:-1].reshape(-1, self.hidden_size).T @ flat,
            "b": flat.sum(axis=0),
        }
        return dz @ self.params["W_x"].T if input_gradient else None, grads

    def _forward(self, x, start, lengths, train):
        T, B, _ = x.shape
        H = self.hidden_size
        gates = self._from_input(x)  # pre-activations, then gates
        h, c = np.empty((2, T + 1, B, H), self.dtype)
        h[0], c[0] = start
        for t in range(T):
            gates[t] += self._from_state(h[t])
            c[t + 1] = self._step(gates[t], c[t])
            h[t + 1] = gates[t, :, -H:] * self._shown(c[t + 1])
            if lengths is not None:
                h[t + 1][lengths <= t] = 0
        last = np.full(B, T) if lengths is None else lengths
        end = [state[last, np.arange(B)] for state in (h, c)]
        return h[1:].copy(), end, (x.copy(), gates, h, c) if train else None

    def _backward(self, cache, dh, dend, ends, input_gradient):
        x, gates, h, c = cache
        T, B, H = dh.shape
        shown, W_h = self._shown(c[1:]), self.params["W_h"]
        slopes, keep = self._slopes(gates, c[:-1])
        slope_o, through = self._output_slopes(gates[..., -H:], shown)
        to_c, to_product = self._pull_backs(h, c)
        dz, dshown = np.empty_like(gates), np.empty_like(shown)
        carried, dc = np.zeros((2, B, H), self.dtype)
        for t in reversed(range(T)):
            if t in ends:
                carried[ends[t]] += dend[0][ends[t]]
                dc[ends[t]] += dend[1][ends[t]]
            dh_t = dh[t] + carried
            dshown[t] = dh_t * through[t]
            dc = dc + to_c(t, dshown[t])
            for block, slope in zip(self._split(dz[t]), slopes, strict=False):
                np.multiply(dc, slope[t], out=block)
            dz[t, :, -H:] = dh_t * slope_o[t]
            dc = dc * keep[t]
            carried = to_product(t, dz[t]) @ W_h.T
        dx, grads = self._gradients(x, h, c, dz, dshown, input_gradient)
        return dx, [carried, dc], grads

    def gates(self):
        """What the last forward pass saw: its gates by name and the cell state c, each a copy of shape (T, B, H)."""
        *_, (_, gates, _, c) = self._forward_cache("gates()")
        named = dict(zip(self.names, self._split(gates), strict=True)) | {"c": c[1:]}
        return {name: array.copy() for name, array in named.items()}


class LSTM1997(_Relative):
    """The LSTM before the forget gate: c = c_prev + i g. Blocks in the order i, g, o.

    Source: Hochreiter & Schmidhuber 1997. The paper squashes the candidate by 2 tanh(z / 2) and the cell state by
    tanh(c / 2); here both are tanh. The paper also cuts the gradient at the gates; here it is whole.
    """

    names = ("i", "g", "o")

    def _step(self, gates, c_prev):
        i, g, o = self._split(gates)
        i[:], g[:], o[:] = sigmoid(i), np.tanh(g), sigmoid(o)
        return c_prev + i * g

    def _slopes(self, gates, c_prev):
        i, g, _ = self._split(gates)
        return (g * i * (1 - i), i * (1 - g * g)), np.ones_like(i)


class CoupledLSTM(_Relative):
    """The LSTM that adds exactly as much as it forgets: c = f c_prev + (1 - f) g. Blocks in the order f, g, o.

    Source: Greff et al. 2017, "LSTM: a search space odyssey", the variant CIFG.
    """

    names = ("f", "g", "o")

    def _step(self, gates, c_prev):
        f, g, o = self._split(gates)
        f[:], g[:], o[:] = sigmoid(f), np.tanh(g), sigmoid(o)
        return f * c_prev + (1 - f) * g

    def _slopes(self, gates, c_prev):
        f, g, _ = self._split(gates)
        return ((c_prev - g) * f * (1 - f), (1 - f) * (1 - g * g)), f


class _FourGates(_Relative):
    """Gates i, f, g, o and c = f c_prev + i g, as the LSTM."""

    names = ("i", "f", "g", "o")

    def _step(self, gates, c_prev):
        i, f, g, o = self._split(gates)
        i[:], f[:], g[:], o[:] = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
        return f * c_prev + i * g

    def _slopes(self, gates, c_prev):
        i, f, g, _ = self._split(gates)
        return (g * i * (1 - i), c_prev * f * (1 - f), i * (1 - g * g)), f


class PeepholeLSTM(_FourGates):
    """The LSTM whose gates see the cell state: i and f see c_prev, o sees c. Blocks in the order i, f, g, o.

    ``params`` also holds p (3H,): one weight for each unit of i, f and o.
    Source: Gers & Schmidhuber 2000, "Recurrent nets that time and count"; tanh of c as in Greff et al. 2017.
    """

    def _shapes(self):
        return super()._shapes() | {"p": (3 * self.hidden_size,)}

    def _step(self, gates, c_prev):
        i, f, g, o = self._split(gates)
        p_i, p_f, p_o = np.split(self.params["p"], 3)
        i[:], f[:], g[:] = sigmoid(i + p_i * c_prev), sigmoid(f + p_f * c_prev), np.tanh(g)
        c = f * c_prev + i * g
        o[:] = sigmoid(o + p_o * c)
        return c

    def _slopes(self, gates, c_prev):
        (slope_i, slope_f, slope_g), f = super()._slopes(gates, c_prev)
        p_i, p_f, _ = np.split(self.params["p"], 3)
        return (slope_i, slope_f, slope_g), f + p_i * slope_i + p_f * slope_f

    def _output_slopes(self, o, shown):
        slope_o, through = super()._output_slopes(o, shown)
        return slope_o, through + np.split(self.params["p"], 3)[2] * slope_o

    def _gradients(self, x, h, c, dz, dshown, input_gradient):
        dx, grads = super()._gradients(x, h, c, dz, dshown, input_gradient)
        dz_i, dz_f, _, dz_o = self._split(dz)
        summands = (dz_i * c[:-1], dz_f * c[:-1], dz_o * c[1:])
        return dx, grads | {"p": np.concatenate([s.sum(axis=(0, 1)) for s in summands])}


def _standardise_back(dy, y, deviation):
    """From the gradient of ``y, deviation = standardise(v)`` with respect to y, to that with respect to v."""
    return (dy - dy.mean(axis=-1, keepdims=True) - y * (dy * y).mean(axis=-1, keepdims=True)) / deviation


class LayerNormLSTM(_FourGates):
    """The layer-normalised LSTM: z = LN(x W_x) + LN(h_prev W_h) + b, and h = o tanh(LN(c)). Blocks: i, f, g, o.

    ``params`` also holds the gains gain_x and gain_h (4H,), gain_c (H,), which start at 1, and bias_c (H,), which
    starts at 0; the biases of the first two norms are part of b. Each norm is taken over a whole row.
    Source: Ba, Kiros & Hinton 2016, "Layer normalization", supplement, equations 20 to 22; epsilon 1e-5.
    """

    def __init__(self, input_size, hidden_size, *, rng, dtype=np.float32):
        super().__init__(input_size, hidden_size, rng=rng, dtype=dtype)
        for gain in ("gain_x", "gain_h", "gain_c"):
            self.params[gain][:] = 1
        self.params["bias_c"][:] = 0

    def _shapes(self):
        H = self.hidden_size
        return super()._shapes() | {"gain_x": (4 * H,), "gain_h": (4 * H,), "gain_c": (H,), "bias_c": (H,)}

    def _from_input(self, x):
        return layer_norm(x @ self.params["W_x"], self.params["gain_x"], self.params["b"])

    def _from_state(self, h_prev):
        return layer_norm(h_prev @ self.params["W_h"], self.params["gain_h"])

    def _shown(self, c):
        return np.tanh(layer_norm(c, self.params["gain_c"], self.params["bias_c"]))

    def _pull_backs(self, h, c):
        gain_c, gain_h = self.params["gain_c"], self.params["gain_h"]
        y_c, deviation_c = standardise(c[1:])
        y_h, deviation_h = standardise(h[:-1] @ self.params["W_h"])
        return (
            lambda t, gradient: _standardise_back(gradient * gain_c, y_c[t], deviation_c[t]),
            lambda t, gradient: _standardise_back(gradient * gain_h, y_h[t], deviation_h[t]),
        )

    def _gradients(self, x, h, c, dz, dshown, input_gradient):
        p = self.params
        y_x, deviation_x = standardise(x @ p["W_x"])
        y_h, deviation_h = standardise(h[:-1] @ p["W_h"])
        from_x = _standardise_back(dz * p["gain_x"], y_x, deviation_x)
        from_h = _standardise_back(dz * p["gain_h"], y_h, deviation_h)
        dx, grads = super()._gradients(x, h, c, from_x, dshown, input_gradient)
        grads["W_h"] = np.tensordot(h[:-1], from_h, ([0, 1], [0, 1]))
        grads["b"] = dz.sum(axis=(0, 1))
        grads["gain_x"] = (dz * y_x).sum(axis=(0, 1))
        grads["gain_h"] = (dz * y_h).sum(axis=(0, 1))
        grads["gain_c"] = (dshown * standardise(c[1:])[0]).sum(axis=(0, 1))
        grads["bias_c"] = dshown.sum(axis=(0, 1))
        return dx, grads
