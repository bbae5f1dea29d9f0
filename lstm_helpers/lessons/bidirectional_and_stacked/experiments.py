"""What lesson 9 measures: how far an output sees, where words end, and what the stored runs say in pairs."""

from dataclasses import dataclass

import numpy as np

from lstm_helpers import intervals, nn
from lstm_helpers.lessons.bidirectional_and_stacked import networks, runs

FAMILY, DEEP = runs.FAMILY, runs.DEEP
CONTEXT = {
    "forward": ("word ends", "LSTM"),
    **{f"forward, answer {delay} later": (task, "LSTM") for task, delay in runs.LATER.items()},
    "both directions": ("word ends", "both directions"),
    "both directions, 2 layers": ("word ends", "both directions, 2 layers"),
}
count = networks.count


def reach(layer, T, part=slice(None)):
    """How strongly each output step depends on each input step of a random text: (T outputs, T inputs).

    An entry is the largest change of an h when that input is drawn anew; 0 means that the output never sees it. part:
    which of the numbers of h are looked at.
    """
    rng = np.random.default_rng(9)
    x, other = rng.normal(size=(2, T, 1, layer.input_size)).astype(layer.dtype)
    h, _ = layer.forward(x, train=False)
    seen = np.empty((T, T))
    for k in range(T):
        changed = x.copy()
        changed[k] = other[k]
        seen[:, k] = np.abs(layer.forward(changed, train=False)[0] - h)[:, 0, part].max(axis=1)
    return seen


def word_ends(recipe, seed=0, delay=0, steps=None):
    """A trained network of the task WordEnds, of the size of the stored runs, and its per cent of wrong letters."""
    task = networks.WordEnds(delay)
    hidden = recipe.fitted(task.inputs, runs.WORD_ENDS)
    network, _ = networks.trained(task, recipe, hidden_size=hidden, lr=0.03, seed=seed, steps=steps)
    return network, network.tested()


def spaced(network, start, length):
    """A stretch of the text that nobody learned from, with spaces where the network says that words end.

    It reads MARGIN letters more at either end.
    """
    letters, _ = network.task.test
    margin = networks.MARGIN
    part = letters[start - margin : start + length + margin]
    ends = network.scores(networks.Batch(part[:, None], None)).argmax(axis=2)[margin:-margin, 0]
    return "".join(
        chr(letter + ord("a")) + " " * int(end) for letter, end in zip(part[margin:-margin], ends, strict=True)
    )


def next_character(bidirectional, steps, seed=0):
    """Bits per character of an LSTM on the novel after some updates: 48 units, in one direction or in both."""
    task = runs.made("next character")
    recipe = networks.Recipe(nn.LSTM, bidirectional=bidirectional)
    network, _ = networks.trained(task, recipe, hidden_size=48, lr=0.03, seed=seed, steps=steps)
    return network.tested()


@dataclass(frozen=True)
class Compared:
    """A network against another one with the same five seeds: mean difference of their figures, half of its 95 %
    interval, and the five differences."""

    mean: float
    half: float
    pairs: np.ndarray

    @property
    def verdict(self):
        """ "lower" or "higher" where the interval leaves 0 out, else "no clear difference"."""
        if abs(self.mean) <= self.half:
            return "no clear difference"
        return "lower" if self.mean < 0 else "higher"

    def __str__(self):
        return f"{self.mean:+.2f} ± {self.half:.2f}  {self.verdict}"


def figures_of(task, network, rate=None):
    """The figures of the five seeds with the chosen rate, or with another one, in their order."""
    rows = runs.read()
    rate = rate or runs.chosen(runs.trials(rows), task, network)
    found = {(row["task"], row["network"], row["seed"], row["lr"]): row["figure"] for row in rows}
    return np.array([found[task, network, seed, rate] for seed in runs.SEEDS])


def compared(task, network, against="LSTM", against_task=None):
    """``Compared`` of two networks of the stored runs."""
    ours, theirs = figures_of(task, network), figures_of(against_task or task, against)
    return Compared(*intervals.over_seeds(ours, theirs), ours - theirs)


def letter_frequencies():
    """Bits per character on the novel for a model that knows nothing but how frequent each character is."""
    characters = runs.made("next character").train
    shares = np.bincount(characters) / len(characters)
    return float(-(shares[shares > 0] * np.log2(shares[shares > 0])).sum())


def before_training(layers, residual=False, T=160, B=32, D=24, H=20):
    """What a new stack passes on, upwards and back: the spread over time of a top unit's h where random inputs of
    spread 1 go in, and that of the input's gradient where one of spread 1 comes in at the top."""
    rng = np.random.default_rng(0)
    stack = nn.Stack(nn.LSTM, D, H, layers=layers, residual=residual, rng=rng)
    h, _ = stack.forward(rng.normal(size=(T, B, D)).astype(np.float32))
    dx, _ = stack.backward(rng.normal(size=(T, B, H)).astype(np.float32))
    return tuple(float(array.std(axis=(0, 1)).mean()) for array in (h, dx))


def trials(task):
    """The trial runs of the family: {cell: {learning rate: figure}}."""
    tried = runs.trials(runs.read())
    return {name: tried[task, name] for name in FAMILY}


def row_of(task, network):
    """One line of the table of runs: that of the first seed."""
    return next(r for r in runs.read() if (r["task"], r["network"], r["seed"]) == (task, network, 0))


def milliseconds(recipe, hidden=48, T=32, B=32, D=24, repeats=9):
    """The shortest of some processor times for one forward and backward pass, in milliseconds."""
    import time

    rng = np.random.default_rng(0)
    stack, x = recipe.stack(D, hidden, rng), rng.normal(size=(T, B, D)).astype(np.float32)
    dh = rng.normal(size=(T, B, hidden * stack.directions)).astype(np.float32)
    times = []
    for _ in range(repeats):
        start = time.process_time()
        stack.forward(x)
        stack.backward(dh)
        times.append(time.process_time() - start)
    return 1000 * min(times)
