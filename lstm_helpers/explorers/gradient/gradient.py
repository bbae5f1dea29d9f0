"""The gradient: what is left of it step by step back, in an RNN and in an LSTM.

Try: inputs of 0, 0.1 and 3. Which lines come down, and what does another forget bias do?

The browser draws the networks, computes, and shows what it finds (``gradient.js``); Python sees the same settings and
can set them, and ``GradientExplorer.compute`` follows the same gradients with ``lstm_helpers.nn``.
"""

import math
from pathlib import Path

import anywidget
import numpy as np
import traitlets

from lstm_helpers import nn
from lstm_helpers.explorers import shared
from lstm_helpers.explorers.chance import Random, orthogonal
from lstm_helpers.nn import initialisers

HERE = Path(__file__).parent
H, D, BEFORE, LONGEST = 24, 8, 50, 200  # as in gradient.js: units, inputs, steps read before, and the longest way back
LIMITS = {"weight_scale": (0.1, 3), "inputs": (0, 3), "forget_bias": (-3, 8)}


class GradientExplorer(anywidget.AnyWidget):
    """An RNN and an LSTM with 24 untrained units each, and what is left of a gradient after every step back.

    Left after k steps: the Frobenius norm of the Jacobian of the last state in the state k steps before, over the root
    of 24. That is the root mean square of what is left of a gradient of norm 1, over all its directions. The RNN's
    state is h; the LSTM's is c, along all paths. Both have read 50 random steps before.

    Traits, both ways between Python and the browser:

    - ``weight_scale``: 0.1 to 3, a factor of all recurrent weights; ``orthogonal``: whether each (H, H) block of them
      is a random orthogonal matrix, or a random normal one whose spectral radius is 1 before the factor;
    - ``inputs``: 0 to 3, the standard deviation of what the inputs add to each unit;
    - ``forget_bias``: -3 to 8, of the LSTM; its other biases, and those of the RNN, are 0;
    - ``length``: 2 to 200, the steps through which the gradient is followed; ``lag``: how many steps back it is read
      off;
    - ``seed``: a whole number, that of the weights and the inputs.

    Raises traitlets.TraitError for what is no such value.
    """

    _esm = shared.script(shared.HERE / "maths.js", HERE / "gradient.js")
    _css = shared.style(HERE / "gradient.css")

    weight_scale = traitlets.Float(1.0).tag(sync=True)
    orthogonal = traitlets.Bool(False).tag(sync=True)
    inputs = traitlets.Float(1.0).tag(sync=True)
    forget_bias = traitlets.Float(1.0).tag(sync=True)
    length = traitlets.Int(100, min=2, max=LONGEST).tag(sync=True)
    lag = traitlets.Int(50, min=0, max=LONGEST).tag(sync=True)
    seed = traitlets.Int(2, min=0, max=2**31 - 1).tag(sync=True)  # the rule of thumb is as good as for most draws

    @traitlets.validate(*LIMITS)
    def _within(self, proposal):
        name, value = proposal.trait.name, proposal.value
        low, high = LIMITS[name]
        if not low <= value <= high:
            raise traitlets.TraitError(f"{name} = {value}: choose a number from {low} to {high}")
        return value

    def __repr__(self):
        """What stands in its place where it cannot move: in a notebook opened without its kernel, or as a script."""
        numbers = ("weight_scale", "inputs", "forget_bias", "length", "lag", "seed")
        now = ", ".join(f"{name} = {getattr(self, name):g}" for name in numbers)
        kind = "orthogonal" if self.orthogonal else "random"
        found, k = self.compute(), min(self.lag, self.length)
        return (
            f"The gradient explorer. Run this cell to move its sliders. With {kind} weights and {now}, after {k} steps "
            f"back {found['rnn'][k]:.1g} of a gradient is left in the RNN and {found['lstm'][k]:.1g} in the LSTM."
        )

    def compute(self):
        """What the browser shows for these settings, followed with ``lstm_helpers.nn``.

        Returns {"rnn", "law", "lstm", "gates": what is left after 0 to ``length`` steps, (length + 1,); "radius",
        "stretch": the spectral radius and the largest singular value of the RNN's W_h}. law: by the rule of thumb, by
        which a step multiplies by the radius and by the root mean square of the slopes of the tanh; gates: along the
        cell state alone, where nothing but the LSTM's forget gates multiplies.
        """
        rng, nets = Random(self.seed), []
        for kind, blocks in (nn.RNN, 1), (nn.LSTM, 4):
            layer = kind(D, H, rng=np.random.default_rng(0), dtype=np.float64)
            layer.params["W_x"][:] = rng.normal((D, blocks * H)) / math.sqrt(D)
            layer.params["W_h"][:] = np.hstack([self._block(rng) for _ in range(blocks)])
            layer.params["b"][:] = 0
            nets.append(layer)
        x = self.inputs * rng.normal((LONGEST + BEFORE, 1, D))[BEFORE + self.length - 1 :: -1]
        rnn, lstm = nets
        initialisers.forget_bias(lstm, self.forget_bias)
        slopes = 1 - rnn.forward(x)[0][: BEFORE - 1 : -1, 0] ** 2  # the last step first
        lstm.forward(x)
        kept = np.cumprod(lstm.gates()["f"][: BEFORE - 1 : -1, 0], axis=0)
        W_h = rnn.params["W_h"]
        radius = np.abs(np.linalg.eigvals(W_h)).max()
        return {
            "rnn": left_in_rnn(rnn, x, self.length),
            "law": np.cumprod([1, *radius * _typical(slopes)]),
            "lstm": left_in_lstm(lstm, x, self.length),
            "gates": np.array([1, *_typical(kept)]),
            "radius": radius,
            "stretch": np.linalg.norm(W_h, ord=2),
        }

    def _block(self, rng):
        if self.orthogonal:
            return self.weight_scale * orthogonal(H, rng)
        W = rng.normal((H, H))
        return self.weight_scale * W / np.abs(np.linalg.eigvals(W)).max()


def _typical(values):
    """The root mean square over the units: values (T, H), result (T,)."""
    return np.sqrt((values**2).mean(axis=1))


def left_in_rnn(layer, x, length):
    """What is left of a gradient of h_T after 0, 1, ... ``length`` steps back: (length + 1,). x (T, 1, D)."""
    H = layer.hidden_size
    h, _ = layer.forward(x)
    dh, left = np.eye(H), [1.0]
    for t in range(len(x) - 1, len(x) - 1 - length, -1):
        layer.forward(x[t : t + 1].repeat(H, axis=1), h[t - 1].repeat(H, axis=0))
        _, dh = layer.backward(np.zeros((1, H, H)), dh)
        left.append(np.linalg.norm(dh) / math.sqrt(H))
    return np.array(left)


def left_in_lstm(layer, x, length):
    """The same of a gradient of c_T, along all paths: those through c, and those through h and the gates."""
    H = layer.hidden_size
    states = [(np.zeros((1, H)), np.zeros((1, H)))]
    o = []
    for x_t in x:
        states.append(layer.forward(x_t[None], states[-1])[1])
        o.append(layer.gates()["o"][0])
    dh, dc, left = np.zeros((H, H)), np.eye(H), [1.0]
    for t in range(len(x) - 1, len(x) - 1 - length, -1):
        h, c = states[t]
        layer.forward(x[t : t + 1].repeat(H, axis=1), (h.repeat(H, axis=0), c.repeat(H, axis=0)))
        _, (dh, dc) = layer.backward(np.zeros((1, H, H)), (dh, dc))
        whole = dc + dh * o[t - 1] * (1 - np.tanh(c) ** 2)  # h is made of c
        left.append(np.linalg.norm(whole) / math.sqrt(H))
    return np.array(left)


def gradient_picture():
    """Random weights at a scale of 1.5 as a still picture, for a page without a kernel. Returns HTML with alt text."""
    found = GradientExplorer(weight_scale=1.5).compute()
    bound = found["stretch"]
    rnn, law, lstm, gates = (f"{found[name][50]:.0e}" for name in ("rnn", "law", "lstm", "gates"))
    alt = (
        "What is left of a gradient, step by step back to lag 100, on a logarithmic axis, in an RNN and in an LSTM "
        "that nobody has trained. The recurrent weights are random with spectral radius 1.5, the inputs random of "
        "strength 1, the forget bias is 1. By the radius alone the RNN's gradient would grow 1.5-fold a step, and the "
        f"bound by the largest singular value allows {bound:.2f}-fold; both lines leave the picture at once. Measured, "
        f"it falls nearly along a straight line: {rnn} is left at lag 50, where radius times slope of the tanh says "
        f"{law}. The LSTM's gradient of the cell state falls more slowly, to {lstm}; along its forget gates alone it "
        f"would fall to {gates}."
    )
    return shared.still(shared.read(HERE / "gradient.svg"), alt, width=700)
