"""Unrolled: a recurrent network over time, forward and backward, and which h is which.

Try: both directions, and light up output[-1]. How much has each of its halves read?

The browser computes and draws (``unrolled.js``, with ``maths.js``); Python sees the same values and can set them.
"""

import math
from pathlib import Path

import anywidget
import numpy as np
import traitlets

from lstm_helpers import nn
from lstm_helpers.explorers.shared import read, script, still, style

HERE = Path(__file__).parent

PADDING = ("none", "lengths given", "lengths not given")
LOSSES = ("output[-1]", "h_n", "every step")
T_MOST = 8

# Two sequences, and the weights of each layer and direction; gates in the order i, f, g, o. Layer 1 reads the first row
# of its W_x where there is one direction, both where there are two. One digit each, so that they can be typed.
X = [[0.9, 0.2, 1.4, 0.6, 0.1, 1.1, 0.3, 0.8], [0.5, 1.2, 0.3, 0.8, 0.2, 1.0, 0.6, 0.4]]
WEIGHTS = {
    "l0": {"W_x": [[0.6, 0.3, 1.0, 0.4]], "W_h": [0.2, 0.1, 0.5, 0.3], "b": [0.1, 0.6, 0.1, 0.4]},
    "l0r": {"W_x": [[0.4, 0.2, 0.8, 0.5]], "W_h": [0.3, 0.2, 0.6, 0.1], "b": [0.2, 0.8, 0.2, 0.3]},
    "l1": {"W_x": [[0.5, 0.2, 1.4, 0.3], [0.3, 0.4, 0.9, 0.2]], "W_h": [0.1, 0.3, 0.4, 0.2], "b": [0.3, 0.7, 0.1, 0.6]},
    "l1r": {
        "W_x": [[0.3, 0.4, 0.9, 0.2], [0.6, 0.1, 1.6, 0.4]],
        "W_h": [0.2, 0.1, 0.5, 0.1],
        "b": [0.1, 0.5, 0.2, 0.5],
    },
}


def _numbers(name, given, shape):
    """``given``, nested lists of finite numbers of this shape; otherwise a TraitError that says what was expected."""
    try:
        array = np.array(given, dtype=float)
    except (TypeError, ValueError):
        array = np.array(math.nan)
    if array.shape != shape or not np.isfinite(array).all():
        raise traitlets.TraitError(f"{name}: expected finite numbers of shape {shape}, got {given!r}")
    return given


class UnrolledExplorer(anywidget.AnyWidget):
    """An LSTM of one unit over a short sequence: folded or unrolled, both sweeps step by step, and its arrays.

    D = 1 and H = 1, so that every h is one number. The loss is half the sum of h^2 over what it reads, so that the
    gradient comes in as h itself. In the drawing a box is one step of one direction of one layer; all boxes of a row
    share one W.

    Traits, both ways between Python and the browser:

    - ``layers`` (1 or 2), ``bidirectional``, ``steps`` (T, 2 to 8);
    - ``padding``: "none" is one sequence; "lengths given" and "lengths not given" are two, of which the second is two
      steps shorter (``lengths``) and padded with zeros;
    - ``loss``: "output[-1]", "h_n" (the end states of the last layer) or "every step";
    - ``at``: how many steps of the two sweeps are done, layers T forward and layers T backward;
    - ``lit``: the name whose boxes are lit: "", "output[0]", "output[-1]", "h_n[0]", ...; ``folded``;
    - ``x``: two sequences of 8 numbers; ``weights``: for each of l0, l0r (backwards), l1, l1r W_x, W_h and b.

    Raises traitlets.TraitError for what is not one of these.
    """

    _esm = script(HERE.parent / "maths.js", HERE / "unrolled.js")
    _css = style(HERE / "unrolled.css")

    layers = traitlets.Int(1).tag(sync=True)
    bidirectional = traitlets.Bool(True).tag(sync=True)
    steps = traitlets.Int(5).tag(sync=True)
    padding = traitlets.Enum(PADDING, "none").tag(sync=True)
    loss = traitlets.Enum(LOSSES, "output[-1]").tag(sync=True)
    at = traitlets.Int().tag(sync=True)
    lit = traitlets.Unicode("output[-1]").tag(sync=True)
    folded = traitlets.Bool(False).tag(sync=True)
    x = traitlets.List(X).tag(sync=True)
    weights = traitlets.Dict(WEIGHTS).tag(sync=True)

    @traitlets.validate("layers", "steps", "at")
    def _in_range(self, proposal):
        name, value = proposal.trait.name, proposal.value
        low, high = {"layers": (1, 2), "steps": (2, T_MOST), "at": (0, 2 * self.layers * self.steps)}[name]
        if not low <= value <= high:
            raise traitlets.TraitError(f"{name} = {value}: expected {low} to {high}")
        return value

    @traitlets.validate("lit")
    def _has_that_name(self, proposal):
        if proposal.value not in ("", *self.names()):
            raise traitlets.TraitError(f"lit = {proposal.value!r}: this network has {', '.join(self.names())}")
        return proposal.value

    @traitlets.validate("x")
    def _two_sequences(self, proposal):
        return _numbers("x", proposal.value, np.shape(X))

    @traitlets.validate("weights")
    def _of_every_row(self, proposal):
        for row, arrays in WEIGHTS.items():
            given = proposal.value.get(row)
            if not isinstance(given, dict) or set(given) != set(arrays):
                raise traitlets.TraitError(f"weights: expected W_x, W_h and b for {row}, got {given!r}")
            for part, array in arrays.items():
                _numbers(f"{part} of {row}", given[part], np.shape(array))
        return proposal.value

    @traitlets.default("at")
    def _after_the_forward_sweep(self):
        return self.layers * self.steps

    @traitlets.observe("layers", "steps", "bidirectional")
    def _keep_what_there_is(self, change):
        self.at = min(self.at, 2 * self.layers * self.steps)
        if self.lit not in self.names():
            self.lit = ""

    def __repr__(self):
        """What stands in its place where it cannot move: in a notebook opened without its kernel, or as a script."""
        now = ", ".join(f"{name} = {getattr(self, name):g}" for name in ("layers", "steps", "at"))
        ways = "both directions" if self.bidirectional else "one direction"
        batch = "one sequence" if self.padding == "none" else f"two sequences, {self.padding}"
        output, h_n, loss = (self.compute()[name] for name in ("output", "h_n", "loss"))
        gives = f"output[-1] = {output[-1].round(2).tolist()}, h_n = {h_n.round(2).tolist()}"
        return (
            f"The unrolled explorer. Run this cell to step through its sweeps. With {now}, {ways}, {batch}, it gives "
            f"{gives}; the loss over {self.loss} is {loss:.3f}."
        )

    def names(self):
        """The names that ``lit`` can have in this network, a list."""
        return ["output[0]", "output[-1]", *(f"h_n[{k}]" for k in range(self.layers * (1 + self.bidirectional)))]

    def lengths(self):
        """How many real steps each sequence of the batch has: (B,)."""
        return np.array([self.steps] if self.padding == "none" else [self.steps, max(1, self.steps - 2)])

    def arrays(self):
        """The batch x (T, B, 1), zeros on the padding."""
        lengths = self.lengths()
        x = np.array(self.x)[: len(lengths), : self.steps].T
        return (x * (np.arange(self.steps)[:, None] < lengths))[:, :, None]

    def network(self):
        """The same network as an ``nn.Stack`` of float64."""
        stack = nn.Stack(
            nn.LSTM, 1, 1, layers=self.layers, bidirectional=self.bidirectional, rng=np.random.default_rng(0),
            dtype=np.float64,
        )  # fmt: skip
        for name, layer in stack.layers.items():
            for part, array in layer.params.items():
                layer.params[part] = np.ravel(self.weights[name][part])[: array.size].reshape(array.shape).astype(float)
        return stack

    def compute(self):
        """What ``lstm_helpers.nn`` gives: a dict of output (T, B, directions), h_n, c_n, loss, dx (T, B, 1), grads.

        grads: the gradients of the parameters by name, "l0.W_x" and so on.
        """
        stack, lengths = self.network(), self.lengths()
        given = lengths if self.padding == "lengths given" else None
        output, (h_n, c_n) = stack.forward(self.arrays(), lengths=given)
        dh, dh_n = np.zeros_like(output), np.zeros_like(h_n)
        if self.loss == "h_n":
            top = slice(-stack.directions, None)
            dh_n[top] = h_n[top]
        else:
            at = slice(None) if self.loss == "every step" else slice(-1, None)
            dh[at] = output[at]
        loss = ((dh**2).sum() + (dh_n**2).sum()) / 2
        dx, _ = stack.backward(dh, (dh_n, np.zeros_like(c_n)))
        return {"output": output, "h_n": h_n, "c_n": c_n, "loss": loss, "dx": dx, "grads": dict(stack.grads)}


# What unrolled.svg shows, and in words.
STILL = {"steps": 6, "padding": "lengths given"}
ALT = (
    "A bidirectional LSTM, unrolled over six steps, with a batch of two sequences of six and four steps. The forward "
    "row goes from left to right; the backward row starts at each sequence's own last step and ends at t = 0. A row "
    "has one W for all steps. output[-1] is lit: of the first sequence it holds the forward h after six steps and the "
    "backward h after only one; of the second sequence it holds zeros: padding. The end states lie elsewhere, "
    "the backward ones at t = 0, the forward one of the second sequence at t = 3."
)


def unrolled_picture():
    """A padded batch of two as a still picture, for a page without a kernel. Returns HTML with alternative text."""
    return still(read(HERE / "unrolled.svg"), ALT, width=900)
