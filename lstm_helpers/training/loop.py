"""The training loop, and how a long sequence is cut for it.

``fit`` asks for two functions: ``step(batch)`` returns a loss and gradients; ``batches(rng)`` makes the batches of one
pass. The rest (clip, schedule, update, validate, save, stop) is the same for every network and is here.

>>> def step(batch):
...     x, y = batch
...     h, _ = lstm.forward(x)
...     loss, dh = ...
...     lstm.backward(dh, input_gradient=False)
...     return loss, gradients(lstm=lstm)
"""

import math
import signal
import threading
import time
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np

from lstm_helpers.live import somebody_waits
from lstm_helpers.training import checkpoint as checkpoints
from lstm_helpers.training.clipping import clip_by_norm


def chunks(sequence, batch, length):
    """Cut one long sequence into ``batch`` parallel streams and walk them together, ``length`` steps at a time.

    sequence: tokens (N,) or vectors (N, D). Each stream is a run of (N - 1) // batch neighbours. Column k of one chunk
    goes on in column k of the next, so the state carried over fits (truncated backpropagation through time).
    Yields (inputs, targets), copies, each (length, batch) or (length, batch, D): targets are the inputs one place on.
    Every item is an input once and in order; the last chunk may be shorter, and the fewer than ``batch`` items that
    fill no row are left out. Source: Williams & Peng 1990.
    Raises ValueError if the sequence is too short for one row.
    """
    sequence = np.asarray(sequence)
    if batch < 1 or length < 1:
        raise ValueError(f"expected batch and length of 1 or more, got batch={batch}, length={length}")
    rows = (len(sequence) - 1) // batch
    if rows < 1:
        raise ValueError(f"expected more items than streams, batch = {batch}, got {len(sequence)}: lower batch")

    def streams(part):
        return part[: rows * batch].reshape(batch, rows, *sequence.shape[1:]).swapaxes(0, 1)

    inputs, targets = streams(sequence[:-1]), streams(sequence[1:])
    return ((inputs[t : t + length].copy(), targets[t : t + length].copy()) for t in range(0, rows, length))


def counted(items, thing, number=None):
    """The items, one by one. Where somebody waits at a notebook, a line says how far it is: "step 40 of 569".

    number: of the items, where ``len`` does not tell. At the end the line is gone; a build never has it.
    """
    number = len(items) if number is None else number
    wide = len(f"{thing} {number} of {number}")
    waited = somebody_waits()
    last = -math.inf
    for k, item in enumerate(items, start=1):
        if waited and time.perf_counter() - last > 0.5:
            last = time.perf_counter()
            print(f"\r{f'{thing} {k} of {number}':<{wide}}", end="", flush=True)
        yield item
    if waited:
        print(f"\r{'':{wide}}\r", end="", flush=True)


@dataclass
class History:
    """What a run saw. One entry per step in each list; validation has its own, shorter pair."""

    step: list = field(default_factory=list)  # 1, 2, 3, ...
    loss: list = field(default_factory=list)
    lr: list = field(default_factory=list)
    norm: list = field(default_factory=list)  # of the gradient, before clipping
    seconds: list = field(default_factory=list)  # since the start, pauses left out
    validation_step: list = field(default_factory=list)  # after which step each value was taken
    validation: list = field(default_factory=list)
    ended: str = ""  # "finished", "patience" or "interrupted"

    @property
    def best(self):
        """(step, value) of the lowest validation value, or None without one."""
        values = [(v, s) for s, v in zip(self.validation_step, self.validation, strict=True) if not math.isnan(v)]
        return min(values)[::-1] if values else None

    def whole(self):
        """This history, for runs that are compared or remembered. Raises KeyboardInterrupt if it was interrupted."""
        if self.ended == "interrupted":
            raise KeyboardInterrupt(f"interrupted after {len(self.step)} steps: nothing of this run is kept")
        return self


def fit(
    step,
    batches,
    optimiser,
    *,
    rng,
    epochs=None,
    steps=None,
    every=None,
    clip=math.inf,
    schedule=None,
    evaluate=None,
    patience=None,
    carry=None,
    checkpoint=None,
    progress=True,
):
    """Train until ``epochs`` passes or ``steps`` steps are done. Returns a History.

    step(batch) -> (loss, grads): forward and backward; grads is named as ``optimiser.params``.
    batches(rng) -> the batches of one pass, drawn by this generator and nothing else; it is asked anew for each pass.
    A resumed run makes the earlier batches of its pass again to skip them: let a pass end, even if the task never does.
    rng: a NumPy generator, for the batches and for whatever ``step`` draws from it (dropout).
    every: steps between two looks (evaluate, save); by default the end of each pass.
    clip: the limit of the gradient's global norm, or None. schedule: step (from 0) -> learning rate.
    evaluate() -> a number, lower is better. The parameters end as they were at the lowest, in place; ``patience`` looks
    in a row without a new lowest end the run.
    carry: a dictionary that ``step`` keeps from one batch to the next: the state of truncated backpropagation. It is
    emptied at the start of each pass and saved with the rest (arrays, numbers, text, None, and tuples, lists and
    dictionaries of them).
    checkpoint: a file, written at each look and at the end. If it is there already, the run goes on from it, to the
    last bit as if it had never stopped; ``epochs`` and ``steps`` count from the first start. Delete it to start anew.
    progress: whether a bar is shown. With ``epochs``, the number of steps to expect lets it tell the time left.
    When it cannot be written in the middle of a run (the disk is full), the run warns, goes on and tries again.
    Ctrl-C (in Jupyter: the stop button) ends the run after the step in hand, saves, and keeps the best so far; a second
    one ends it at once.
    """
    _check_arguments(batches, rng, epochs, steps, every, evaluate, patience)
    run = _Run(optimiser, rng, {} if carry is None else carry, checkpoint)
    goal = partial(run.goal, epochs, steps, patience)
    expected = steps if steps is not None or progress is True else progress
    with _bar(progress, expected, run.history) as show, _ctrl_c() as asked:
        try:
            for batch, ends_pass in run.rest(batches, goal):
                loss, grads = step(batch)
                run.update(loss, grads, clip, schedule, ends_pass)
                if ends_pass if every is None else len(run.history.step) % every == 0:
                    run.look(evaluate)
                show()
                if asked():
                    break
            run.end(goal() or "interrupted")
        except KeyboardInterrupt:  # in the middle of a step: the file of the last look stands
            run.history.ended = "interrupted"
    run.restore_best()
    return run.history


def _check_arguments(batches, rng, epochs, steps, every, evaluate, patience):
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"expected rng to be a NumPy generator, got a {type(rng).__name__}: np.random.default_rng(0)")
    if (epochs is None) == (steps is None):
        raise ValueError(f"expected epochs or steps, one of them, got epochs={epochs}, steps={steps}")
    for name, given, least in (
        ("epochs", epochs, 0),
        ("steps", steps, 0),
        ("every", every, 1),
        ("patience", patience, 1),
    ):
        if given is not None and not given >= least:
            raise ValueError(f"expected {name} of {least} or more, got {given}: leave it out to do without")
    if not callable(batches):
        raise TypeError(
            f"expected batches to be a function of a generator, got a {type(batches).__name__}: "
            "give batches=lambda rng: ..., which makes the batches of one pass"
        )
    if steps is not None and evaluate is not None and every is None:
        raise ValueError("with steps, say how often to evaluate: every=100, for example")
    if patience is not None and evaluate is None:
        raise ValueError("patience waits for a better validation value: give evaluate, a function that returns one")


COUNTS = ("waited", "passes", "position", "seed")  # what a checkpoint holds: numbers of a _Run, and its dictionaries
NESTED = ("params", "best", "optimiser", "carry", "rng", "history")


class _Run:
    """Everything that one run would need to go on elsewhere."""

    def __init__(self, optimiser, rng, carry, checkpoint):
        self.optimiser, self.rng, self.carry = optimiser, rng, carry
        self.history = History()
        self.best = {}  # the parameters at the lowest validation value
        self.waited = 0  # looks since then
        self.passes, self.position, self.seed = 0, 0, 0  # passes done, batches done of this one, its seed
        self.file = None if checkpoint is None else Path(checkpoint)
        if self.file is not None:
            checkpoints.prepare(self.file)
            if self.file.exists():
                self.load()
        before = self.history.seconds[-1] if self.history.seconds else 0.0
        self._started = time.perf_counter() - before

    def goal(self, epochs, steps, patience):
        """Why the run is over, or "" while it is not."""
        if patience is not None and self.waited >= patience:
            return "patience"
        over = self.passes >= epochs if steps is None else len(self.history.step) >= steps
        return "finished" if over else ""

    def rest(self, batches, goal):
        """(batch, whether it ends a pass), pass after pass from where the run stands, until ``goal()``.

        A pass has a seed of its own, so its batches can be made again, and those already used be skipped.
        """
        while not goal():
            if self.position == 0:
                self.seed = int(self.rng.integers(2**63))
                self.carry.clear()
            one_pass = iter(batches(np.random.default_rng(self.seed)))
            end = object()
            batch = next(islice(one_pass, self.position, None), end)
            if batch is end:
                raise ValueError(
                    f"batches(rng) ended at number {self.position} or before, and this pass needs one more: "
                    "let it return a fresh list or generator at each call"
                )
            while batch is not end and not goal():
                following = next(one_pass, end)
                yield batch, following is end
                batch = following

    def update(self, loss, grads, clip, schedule, ends_pass):
        """Clip the gradients, step, and note it."""
        history, grads = self.history, self.optimiser.joined(grads)
        norm = clip_by_norm(grads, math.inf if clip is None else clip)
        if schedule is not None:
            self.optimiser.lr = schedule(len(history.step))
        self.optimiser.step(grads)
        seconds = time.perf_counter() - self._started
        values = (len(history.step) + 1, float(loss), float(self.optimiser.lr), norm, seconds)
        for name, value in zip(("step", "loss", "lr", "norm", "seconds"), values, strict=True):
            getattr(history, name).append(value)
        self.position = 0 if ends_pass else self.position + 1
        self.passes += ends_pass
        if self.file is not None:
            checkpoints.expect_storable("carry", self.carry)

    def look(self, evaluate):
        """Evaluate, and save."""
        if evaluate is not None:
            self.judge(float(evaluate()))
        self.save()

    def end(self, why):
        """The run is over: ``why`` is as in History."""
        self.history.ended = why
        self.save()

    def judge(self, value):
        """A validation value: keep the parameters if none was lower."""
        lowest = self.history.best
        self.history.validation.append(value)
        self.history.validation_step.append(len(self.history.step))
        if value < (math.inf if lowest is None else lowest[1]):
            self.best = {name: p.copy() for name, p in self.optimiser.params.items()}
            self.waited = 0
        else:
            self.waited += 1

    def restore_best(self):
        for name, best in self.best.items():
            self.optimiser.params[name][...] = best

    def save(self):
        """Write the checkpoint, if there is to be one.

        A failure is a warning: what the run has learned so far must not be lost by it.
        """
        if self.file is None:
            return
        history = {n: np.array(v) if isinstance(v, list) else v for n, v in vars(self.history).items()}
        values = {name: getattr(self, name) for name in ("best", "carry", *COUNTS)} | {"history": history}
        values |= {"params": dict(self.optimiser.params), "optimiser": self.optimiser.state()}
        values |= {"rng": self.rng.bit_generator.state}
        try:
            checkpoints.write(self.file, values)
        except OSError as trouble:
            warnings.warn(
                f"the checkpoint {self.file} could not be written ({trouble.strerror or trouble}); training goes on, "
                "and the next look tries again",
                RuntimeWarning,
                stacklevel=4,
            )

    def load(self):
        """Take everything back from the checkpoint.

        Raises ValueError, and changes nothing, if it is damaged, or of other parameters, another optimiser or another
        kind of generator.
        """
        saved = checkpoints.read(self.file)
        columns = [f.name for f in fields(History)]
        for part, names in ((saved, (*COUNTS, *NESTED)), (saved.get("history", {}), columns)):
            if missing := [name for name in names if name not in part]:
                raise checkpoints.unreadable(self.file, f"{missing[0]} is missing")
        mine, theirs = _forms(self.optimiser.params), _forms(saved["params"])
        if mine != theirs or saved["best"] and _forms(saved["best"]) != mine:
            odd = min((k for k in mine.keys() | theirs.keys() if mine.get(k) != theirs.get(k)), default="best")
            raise ValueError(
                f"{self.file.name} is the checkpoint of another network ({odd} does not match): "
                "delete it to start anew, or name another file"
            )
        own, given = (state["bit_generator"] for state in (self.rng.bit_generator.state, saved["rng"]))
        if own != given:
            raise ValueError(
                f"{self.file.name} goes on with a generator {given}, got rng with {own}: give the same kind"
            )
        self.optimiser.load(saved["optimiser"])
        self.rng.bit_generator.state = saved["rng"]
        for name, p in self.optimiser.params.items():
            p[...] = saved["params"][name]
        self.carry.clear()
        self.carry.update(saved["carry"])
        kept = ((name, saved["history"][name]) for name in columns)
        self.history = History(**{n: v if isinstance(v, str) else np.asarray(v).tolist() for n, v in kept})
        for name in ("best", *COUNTS):
            setattr(self, name, saved[name])


def _forms(arrays):
    return {name: (array.shape, array.dtype) for name, array in arrays.items()}


@contextmanager
def _bar(progress, expected, history):
    """A function that shows a History in a progress bar, or nothing."""
    if not progress:
        yield lambda: None
        return
    from tqdm.auto import tqdm

    with tqdm(total=expected, initial=len(history.step), unit="step") as bar:

        def show():
            seen = {"loss": f"{history.loss[-1]:.4g}"}
            if history.validation:
                seen["validation"] = f"{history.validation[-1]:.4g}"
            bar.set_postfix(seen, refresh=False)
            bar.update()

        yield show
        if history.ended != "interrupted":
            bar.total = bar.n  # fewer steps than expected are no failure, and tqdm would paint the bar red


@contextmanager
def _ctrl_c():
    """A function that says whether Ctrl-C was pressed. The first is held back, so that no update is cut in two."""
    pressed = []

    def hold(number, frame):
        if pressed:
            raise KeyboardInterrupt
        pressed.append(number)

    if threading.current_thread() is not threading.main_thread():  # signals reach the main thread only
        yield lambda: False
        return
    before = signal.signal(signal.SIGINT, hold)
    try:
        yield lambda: bool(pressed)
    finally:
        signal.signal(signal.SIGINT, before)
