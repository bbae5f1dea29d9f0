"""The cell: one LSTM unit with a hand on every number.

Try: press remember and run 10 steps, then forget and run one. What becomes of the cell state?

The browser computes and draws (``cell.js``); Python sees the same values and can set them.
"""

import math
import re
from pathlib import Path

import anywidget
import numpy as np
import traitlets

from lstm_helpers.explorers.shared import read, script, still, style
from lstm_helpers.nn import functional as F

HERE = Path(__file__).parent

# (w_x, w_h) of each layer, in the course's order. Small and all different, so that x and h move each layer visibly
# and a preset's bias of 8 still decides.
WEIGHTS = {"i": [0.6, 0.2], "f": [0.3, -0.2], "g": [1.0, 0.5], "o": [0.4, 0.3]}
BIASES = tuple(f"b_{layer}" for layer in WEIGHTS)


class CellExplorer(anywidget.AnyWidget):
    """One LSTM unit with D = 1 and H = 1, so that every quantity is one number.

    The pre-activation of layer k (i, f, g or o) is ``z_k = w_x x + w_h h_prev + b_k``. A slider each sets x, h_prev,
    c_prev and the four biases, beside the picture. "Overview" draws the gates as valves; "In full" writes each number,
    and its equation where one points at it. Presets set the biases of the forget and input gates. "Run 1 step" feeds c
    and h back as the next step's c_prev and h_prev.

    Traits, both ways between Python and the browser; numbers are plain, without a unit:

    - ``x`` (slider -2 to 2), ``h_prev`` (-1 to 1), ``c_prev`` (-3 to 3); other finite values can be typed or set;
    - ``b_i``, ``b_f``, ``b_g``, ``b_o`` (-8 to 8): each layer's own part of its pre-activation;
    - ``weights``: ``{"i": [w_x, w_h], "f": ..., "g": ..., "o": ...}``;
    - ``trace``: earlier values of c_prev, oldest first, the last 20 at most; written by the step buttons;
    - ``depth``: "overview" or "full".

    Raises traitlets.TraitError for a number that is not finite, and for another depth.
    """

    _esm = script(HERE / "cell.js")
    _css = style(HERE / "cell.css")

    x = traitlets.Float(0.5).tag(sync=True)
    h_prev = traitlets.Float(0.2).tag(sync=True)
    c_prev = traitlets.Float(0.8).tag(sync=True)
    b_i = traitlets.Float(0.0).tag(sync=True)
    b_f = traitlets.Float(1.0).tag(sync=True)
    b_g = traitlets.Float(0.0).tag(sync=True)
    b_o = traitlets.Float(0.0).tag(sync=True)
    weights = traitlets.Dict(WEIGHTS).tag(sync=True)
    trace = traitlets.List(traitlets.Float()).tag(sync=True)
    depth = traitlets.Enum(["overview", "full"], "overview").tag(sync=True)

    @traitlets.validate("x", "h_prev", "c_prev", *BIASES)
    def _finite(self, proposal):
        if not math.isfinite(proposal.value):
            raise traitlets.TraitError(f"{proposal.trait.name} = {proposal.value}: the cell needs a finite number")
        return proposal.value

    def __repr__(self):
        """What stands in its place where it cannot move: in a notebook opened without its kernel, or as a script."""
        now = ", ".join(f"{name} = {getattr(self, name):g}" for name in ("x", "h_prev", "c_prev", *BIASES))
        gives = ", ".join(f"{name} = {value:.3f}" for name, value in self.compute().items())
        return (
            f"The cell explorer, depth = {self.depth!r}. Run this cell to move its sliders. At {now} it gives {gives}."
        )

    def arrays(self):
        """The current values in the shapes of ``lstm_helpers.nn.functional``, with B = D = H = 1.

        Returns a dict: x, h_prev, c_prev (1, 1), W_x, W_h (1, 4), b (4,), layers in the order i, f, g, o.
        """
        w = np.array([self.weights[k] for k in "ifgo"], dtype=float)
        return {
            "x": np.array([[self.x]]),
            "h_prev": np.array([[self.h_prev]]),
            "c_prev": np.array([[self.c_prev]]),
            "W_x": w[None, :, 0],
            "W_h": w[None, :, 1],
            "b": np.array([self.b_i, self.b_f, self.b_g, self.b_o]),
        }

    def compute(self):
        """What ``lstm_helpers.nn.functional`` gives for the current values: a dict of i, f, g, o, c, h as floats."""
        a = self.arrays()
        c_prev = a.pop("c_prev")
        i, f, g, o = (layer(**a) for layer in (F.input_gate, F.forget_gate, F.candidate, F.output_gate))
        h, c = F.lstm_step(**a, c_prev=c_prev)
        return {k: v.item() for k, v in zip("ifgoch", (i, f, g, o, c, h), strict=True)}


ALT = (
    "One step of an LSTM cell. The previous cell state enters at the top left, is multiplied by the forget gate, "
    "gets the product of input gate and candidate added, and leaves at the top right as the new cell state. "
    "The previous hidden state and the input join at the bottom and feed four layers: forget gate, input gate, "
    "candidate, output gate. A copy of the new cell state goes through tanh, is multiplied by the output gate, "
    "and leaves to the right and upwards as the new hidden state."
)


LAYERS = {"f": "forget gate", "i": "input gate", "g": "candidate", "o": "output gate"}
LIT = re.compile(r'<g data-lit="([^"]*)"')  # what is drawn here stays clear for these parts of the cell


def _dimmed(svg, lit):
    """The drawing with all but the layer ``lit``, what it reads and what it multiplies drawn faintly."""
    return LIT.sub(lambda found: found[0] if lit in found[1].split() else f'{found[0]} opacity=".2"', svg)


def cell_picture(lit=""):
    """The explorer at its start values as a still picture, for a page without a kernel. Returns HTML with alt text.

    lit: "f", "i", "g" or "o" dims all but this layer and what it reads and multiplies.
    """
    svg, alt = read(HERE / "cell.svg"), ALT
    if lit:
        svg, alt = _dimmed(svg, lit), f"The {LAYERS[lit]} is lit, all else is dimmed. {ALT}"
    return still(svg, alt, width=764)
