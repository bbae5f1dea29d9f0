"""The memory: one LSTM unit over 40 steps, whose gates a person draws, and four challenges.

Try: solve keep, then draw new numbers. Do the same gates still work?

The browser computes, draws and judges (``memory.js``); Python sees the same values and can set them.
"""

from pathlib import Path

import anywidget
import numpy as np
import traitlets

from lstm_helpers import wording
from lstm_helpers.explorers.shared import read, script, still, style
from lstm_helpers.nn import functional as F

HERE = Path(__file__).parent

STEPS = 40
WEIGHT = 3  # the candidate's weight for the input: its only one
FIRST = {"keep": 1.5, "count": 0.0, "latch": 0.0, "leak": 0.0}  # challenge -> the cell state before step 1
HALF = [0.5] * STEPS  # as the gates of a cell that was not trained


class MemoryExplorer(anywidget.AnyWidget):
    """One LSTM unit over a sequence of 40 steps, of which a person draws all three gates, step by step.

    The input x is drawn by a seed; the candidate follows from it, g = tanh(3 x). What the gates make of it is shown at
    once: c_t = f_t c_{t-1} + i_t g_t and h_t = o_t tanh(c_t). Each challenge names what the cell state has to do; the
    browser judges it and says at which step which gate is at fault.

    Traits, both ways between Python and the browser:

    - ``challenge``: "keep" (the third value until step 40), "count" (the ones), "latch" (set, hold, reset) or "leak"
      (with a forget gate of at most 0.97);
    - ``seed``: 1 to a million; draws the challenge's input;
    - ``f``, ``i``, ``o``: the forget, input and output gate, a list of 40 fractions each;
    - ``solved``: challenge -> the seeds with which it has been solved; written by the browser. It lasts as long as
      the widget.

    Raises traitlets.TraitError for a value that is none of these.
    """

    _esm = script(HERE / "memory.js")
    _css = style(HERE / "memory.css")

    challenge = traitlets.Unicode("keep").tag(sync=True)
    seed = traitlets.Int(1).tag(sync=True)
    f = traitlets.List(traitlets.Float(), HALF).tag(sync=True)
    i = traitlets.List(traitlets.Float(), HALF).tag(sync=True)
    o = traitlets.List(traitlets.Float(), HALF).tag(sync=True)
    solved = traitlets.Dict().tag(sync=True)

    @traitlets.validate("challenge")
    def _known(self, proposal):
        if proposal.value not in FIRST:
            raise traitlets.TraitError(f"no challenge {proposal.value!r}: choose one of {', '.join(FIRST)}")
        return proposal.value

    @traitlets.validate("seed")
    def _can_draw(self, proposal):
        if not 1 <= proposal.value <= 10**6:
            raise traitlets.TraitError(f"seed = {proposal.value}: choose one from 1 to 1,000,000")
        return proposal.value

    @traitlets.validate("f", "i", "o")
    def _fractions(self, proposal):
        name, values = proposal.trait.name, proposal.value
        if len(values) != STEPS:
            said = wording.count(len(values), "value")
            raise traitlets.TraitError(f"{name} has {said}, expected one for each of the {STEPS} steps")
        for step, value in enumerate(values, 1):
            if not 0 <= value <= 1:
                raise traitlets.TraitError(f"{name} = {value} at step {step}: a gate is a fraction from 0 to 1")
        return values

    @traitlets.validate("solved")
    def _seeds(self, proposal):
        for name, seeds in proposal.value.items():
            if name not in FIRST or not isinstance(seeds, list) or not all(isinstance(s, int) for s in seeds):
                raise traitlets.TraitError(f"solved[{name!r}] = {seeds!r}: expected a challenge and a list of seeds")
        return proposal.value

    def __repr__(self):
        """What stands in its place where it cannot move: in a notebook opened without its kernel, or as a script."""
        now = self.compute()
        done = ", ".join(f"{name} ({len(seeds)})" for name, seeds in self.solved.items()) or "none"
        return (
            f"The memory explorer. Run this cell to draw its gates. With challenge = {self.challenge}, "
            f"seed = {self.seed} and these gates, step {STEPS} ends at c = {now['c'][-1]:.3f}, h = {now['h'][-1]:.3f}. "
            f"Challenges solved: {done}."
        )

    def compute(self):
        """What ``lstm_helpers.nn.functional`` gives for the drawn gates: a dict of x, g, f, i, o, c, h, each (40,)."""
        x = _inputs(self.challenge, self.seed)
        g = np.tanh(WEIGHT * x)
        f, i, o = (np.array(gate) for gate in (self.f, self.i, self.o))
        c = [FIRST[self.challenge]]
        for t in range(STEPS):
            c.append(F.cell_update(f[t], c[-1], i[t], g[t]))
        c = np.array(c[1:])
        return {"x": x, "g": g, "f": f, "i": i, "o": o, "c": c, "h": F.hidden_update(o, c)}


def _dice(seed):
    """pick(low, high): whole numbers from a Lehmer generator, which JavaScript's numbers hold exactly, too."""

    def pick(low, high):
        nonlocal state
        state = state * 48271 % 2147483647
        return low + state % (high - low + 1)

    state = seed
    for _ in range(3):  # neighbouring seeds begin alike
        pick(0, 1)
    return pick


def _inputs(challenge, seed):
    """The input of a challenge, (40,): the same numbers that ``inputs`` in memory.js draws."""
    pick = _dice(seed)
    x = np.zeros(STEPS)
    if challenge == "keep":
        for t in range(STEPS):
            x[t] = ((1 if pick(0, 1) else -1) * pick(2, 6) if t == 2 else pick(-10, 10)) / 10
    if challenge == "count":
        t = pick(0, 2)
        while t < STEPS:
            x[t] = 1 if pick(0, 4) < 3 else -1
            t += pick(1, 4)
    if challenge == "latch":
        x[:] = [pick(-5, 5) / 10 for _ in range(STEPS)]
        t = pick(2, 4)
        for mark in "SSRSRRSR":
            if t < STEPS:
                x[t] = 1 if mark == "S" else -1
            t += pick(3, 6)
    if challenge == "leak":
        x[:8] = [pick(3, 10) / 10 for _ in range(8)]
    return x


def memory_picture():
    """The explorer at its start values as a still picture, for a page without a kernel. Returns HTML with alt text."""
    now = MemoryExplorer().compute()
    g, c = (now[name].round(2).tolist() for name in "gc")
    alt = (
        f"One LSTM unit over {STEPS} steps, one lane below the other: input and candidate, forget gate, input gate, "
        "cell state, output gate, hidden state. All gates stand half open at every step. The candidate of step 3, "
        f"{g[2]:.2f}, should be kept until step {STEPS}. Only half of it is written, every later step halves "
        f"what is there and adds half of its own candidate, and the cell state wanders between {min(c[3:]):.2f} and "
        f"{max(c[3:]):.2f}: the value is lost."
    )
    return still(read(HERE / "memory.svg"), alt.replace("-", "\N{MINUS SIGN}"), width=860)
