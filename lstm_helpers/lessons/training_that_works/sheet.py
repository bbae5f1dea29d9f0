"""Sheet 07: Adam, where biases start, padding, dropout, streams, when to stop, one batch; and a whole training."""

import functools

import numpy as np

from lstm_helpers.checks.judge import close, two_decimals, whole_number
from lstm_helpers.checks.sheet import Outcome, Sheet, edit
from lstm_helpers.lessons.training_that_works import answers, by_pencil, trained

# A training of 300 batches takes seconds, and a student may run it in a cell of their own, too.
sheet = Sheet.of(answers, profile="after_backward", limits={"cell": "2m", "notebook": "10m"})


@sheet.check(
    returns="b",
    points=2,
    minutes=6,
    hints=[
        "Two of the four blocks of b change. In the order i, f, g, o, which entries are they, in terms of H?",
        "Work on `b.copy()`, so that the caller's array stays as it is. `np.log` is the natural logarithm.",
        "`b[H:2 * H] = np.log(u)` for the forget gate and `b[:H] = -np.log(u)` for the input gate.",
    ],
)
def chrono_bias(rng):
    """Biases that spread the memories of the units over 1 to T - 1 steps."""
    for label, H, longest in [
        ("an ordinary layer", 3, 50),
        ("other values of the same shapes", 3, 50),
        ("one hidden unit", 1, 50),
        ("five hidden units", 5, 50),
        ("a very long task", 3, 10**6),
        ("float32", 3, 50),
    ]:
        dtype = np.float32 if label == "float32" else np.float64
        b, u = rng.permutation(4 * H) / (2 * H) - 0.93, rng.uniform(2, longest - 1, H)
        yield label, {"b": b.astype(dtype), "u": u.astype(dtype)}
    yield "a unit that forgets at once, u = 1", {"b": rng.normal(size=12), "u": np.array([1.0, 7.0, 30.0])}
    yield "draws that are whole numbers", {"b": rng.normal(size=12), "u": rng.integers(2, 60, 3)}


@sheet.check(
    returns=("p", "m", "v"),
    points=4,
    minutes=12,
    hints=[
        "Five lines, in the order of the five equations. Both running means first: they need the new gradient.",
        "The corrected means divide by `1 - 0.9**t` and `1 - 0.999**t`. They serve this step alone: return m, v.",
        "`p = p - lr * m_hat / (np.sqrt(v_hat) + 1e-8)`: the root is taken of the corrected mean square.",
    ],
)
def adam_step(rng):
    """One step of Adam, with bias correction."""
    for label, shape, t in [
        ("in the middle of a run", (3, 4), 7),
        ("other values of the same shapes", (3, 4), 7),
        ("the second step", (3, 4), 2),
        ("a late step", (3, 4), 5000),
        ("a vector", (4,), 7),
        ("a single weight", (1, 1), 7),
        ("a square matrix", (3, 3), 7),
        ("large positive gradients", (3, 4), 7),
        ("large negative gradients", (3, 4), 7),
        ("float32", (3, 4), 7),
    ]:
        grad, v = rng.normal(size=shape), rng.uniform(0.2, 3, size=shape)
        if label.startswith("large"):
            grad = np.abs(grad) * (1e3 if "positive" in label else -1e3)
        case = {"p": rng.normal(size=shape), "grad": grad, "m": rng.normal(size=shape), "v": v}
        case |= {"t": np.array(t), "lr": np.array(rng.uniform(0.05, 0.3))}
        if label == "float32":
            case = {name: a if name == "t" else a.astype(np.float32) for name, a in case.items()}
        yield label, case
    zeros, signs = np.zeros((2, 3)), rng.choice([-1.0, 1.0], size=(2, 3))
    first = {"p": rng.normal(size=(2, 3)), "grad": zeros, "m": zeros, "v": zeros, "t": np.array(1)}
    first |= {"lr": np.array(0.1)}
    yield "the first step, m and v still zero", first | {"grad": signs * rng.uniform(0.5, 3, size=(2, 3))}
    yield "a gradient of zero at the first step", first
    yield "tiny gradients", first | {"grad": signs * rng.uniform(0.5, 2, size=(2, 3)) * 1e-8}


@sheet.check(
    oracle=by_pencil.GIVEN.work_out(),
    returns=("m1", "v1", "p1", "m2", "v2", "p2"),
    points=2,
    minutes=12,
    probe="value",
    compare=two_decimals,
    hints=[
        "The first step: m1 = 0.5 * 0 + 0.5 * 2 and v1 = 0.9 * 0 + 0.1 * 4. Then the corrections, with t = 1.",
        "The corrected values of the first step are m1 / 0.5 and v1 / 0.1: the gradient and its square. So the first "
        "step is as long as lr, here 1.",
        "The second step: m2 = 0.5 * m1 + 0.5 * 3, v2 = 0.9 * v1 + 0.1 * 9; divide by 1 - 0.25 and by 1 - 0.81; "
        "then p2 = p1 - m_hat / sqrt(v_hat).",
    ],
)
def adam_by_pencil(rng):
    """Two steps of Adam worked out by hand, six numbers to two decimals."""
    yield "the numbers of the question", {}


for _name, _changed, _advice in by_pencil.GIVEN.slips():
    adam_by_pencil.wrong(_name, functools.partial(by_pencil.GIVEN.work_out, **_changed), _advice)


@sheet.check(
    returns=("loss", "dpred"),
    points=3,
    minutes=12,
    hints=[
        "First the mask (T, B): step t of sequence b counts if t < lengths[b].",
        "`np.arange(T)[:, None] < lengths` compares a column (T, 1) with a row (B,): true where a step counts. "
        "Use it on the error; loss and gradient both follow from that.",
        "`error = np.where(mask, pred - target, 0)`, `count = mask.sum()`, loss `np.sum(error**2) / count`, gradient "
        "`2 * error / count`.",
    ],
)
def masked_mse(rng):
    """The mean squared error of padded sequences, with its gradient."""
    for label, T, lengths in [
        ("an ordinary batch", 5, [5, 2, 4]),
        ("other values of the same shapes", 5, [3, 5, 1]),
        ("one sequence", 4, [3]),
        ("one step", 1, [1, 1, 1]),
        ("no padding", 3, [3, 3]),
        ("as many steps as sequences", 3, [1, 3, 2]),
        ("large positive values", 5, [5, 2, 4]),
        ("large negative values", 5, [5, 2, 4]),
        ("float32", 5, [5, 2, 4]),
        ("more sequences", 6, [6, 1, 3, 2]),
    ]:
        shape = T, len(lengths)
        pred, target, scale = rng.normal(size=shape), rng.normal(size=shape), 1e3 if "large" in label else 1
        if "large" in label:
            pred = np.abs(pred) if "positive" in label else -np.abs(pred)
        padding = np.arange(T)[:, None] >= np.array(lengths)
        target = np.where(padding, target + rng.choice([-50, 50]), target)  # what a careless mean would notice
        case = {"pred": scale * pred, "target": target, "lengths": np.array(lengths)}
        if label == "float32":
            case = {name: a if name == "lengths" else a.astype(np.float32) for name, a in case.items()}
        yield label, case
    padding = np.arange(5)[:, None] >= np.array([5, 2, 0])
    pred, target = rng.normal(size=(2, 5, 3))
    case = {"pred": np.where(padding, 1e6, pred), "target": target, "lengths": np.array([5, 2, 0])}
    yield "a sequence of no steps", case
    yield "NaN in the padding", {**case, **{name: np.where(padding, np.nan, case[name]) for name in ("pred", "target")}}


def bounded(got, want, case):
    """As ``close``, but beyond a million all is infinite: what was divided by 0, or by any small number instead."""

    def bound(array):
        return np.where(np.abs(array) > 1e6, np.copysign(np.inf, array), array).astype(array.dtype)

    return close(bound(got) if got.dtype.kind == "f" else got, bound(want), case)


@sheet.check(
    returns="h",
    compare=bounded,
    points=2,
    minutes=6,
    hints=[
        "`u >= p` is an array of True and False, one for each value. Multiplied, True is 1 and False is 0.",
        "On average the fraction 1 - p of the values is left. What must they be multiplied by, so that the sum stays?",
        "`h * (u >= p) / (1 - p)`.",
    ],
)
def dropout(rng):
    """Inverted dropout of an array, with the random draws given."""
    for label, shape, p in [
        ("an ordinary batch", (2, 3, 4), 0.3),
        ("other values of the same shapes", (2, 3, 4), 0.3),
        ("one value", (1, 1, 1), 0.3),
        ("most is dropped", (2, 3, 4), 0.8),
        ("a matrix", (3, 3), 0.3),
        ("nothing is dropped", (2, 3, 4), 0.0),
        ("large positive values", (2, 3, 4), 0.3),
        ("large negative values", (2, 3, 4), 0.3),
        ("float32", (2, 3, 4), 0.3),
    ]:
        h, u = rng.normal(size=shape), rng.uniform(size=shape)
        if label.startswith("large"):
            h = np.abs(h) * (1e3 if "positive" in label else -1e3)
        if u.size == 1:
            u = 0.5 + u / 2  # it is kept: 0 is right, whatever it is divided by
        elif p:  # both must occur
            u.flat[rng.permutation(u.size)[:4]] = [0.05, 0.1, 0.9, 0.95]
        dtype = np.float32 if label == "float32" else np.float64
        yield label, {"h": h.astype(dtype), "u": u.astype(dtype), "p": np.array(p, dtype)}
    u = rng.permuted(np.tile([0.3, 0.7, 0.5, 0.1], (2, 3, 1)), axis=2)
    yield "a draw that equals p", {"h": rng.normal(size=(2, 3, 4)), "u": u, "p": np.array(0.3)}
    u = rng.permuted(np.tile([0.3 - 1e-9, 0.3 + 1e-9, 0.1, 0.9], (2, 3, 1)), axis=2)
    yield "draws a little below and above p", {"h": rng.normal(size=(2, 3, 4)), "u": u, "p": np.array(0.3)}


@sheet.check(
    returns=("x", "y"),
    points=4,
    minutes=15,
    hints=[
        "First make the streams: `series[:B * rows].reshape(B, rows)` has stream b in row b. Targets: the same cut, "
        "one place on.",
        "Then cut the columns into chunks: keep `chunks * T` columns, and `.reshape(B, chunks, T)`.",
        "The axes are now (B, chunks, T): `.transpose(1, 2, 0)` puts them in the order (chunks, T, B).",
    ],
)
def cut_streams(rng):
    """A long series as a batch of streams whose state can be carried from chunk to chunk."""
    for label, N, B, T in [
        ("an ordinary series", 40, 3, 4),
        ("other values of the same shapes", 40, 3, 4),
        ("one stream", 15, 1, 4),
        ("chunks of one step", 11, 2, 1),
        ("a length that the batch divides", 39, 3, 4),
        ("a length that the batch divides, and the chunks", 24, 4, 2),
        ("nothing is left over", 37, 3, 4),
        ("one chunk", 21, 2, 9),
        ("as many steps as streams", 31, 3, 3),
        ("large positive values", 40, 3, 4),
        ("large negative values", 40, 3, 4),
        ("float32", 40, 3, 4),
        ("more streams", 53, 4, 6),
        ("longer chunks", 29, 2, 5),
    ]:
        series = rng.normal(size=N)
        if label.startswith("large"):
            series = np.abs(series) * (1e3 if "positive" in label else -1e3)
        dtype = np.float32 if label == "float32" else np.float64
        yield label, {"series": series.astype(dtype), "B": np.array(B), "T": np.array(T)}


@sheet.check(
    returns=("best", "stop"),
    compare=whole_number,
    points=2,
    minutes=10,
    hints=[
        "Go through the epochs one by one, as training does: what comes later is not known yet.",
        "Remember the best epoch so far. `epoch - best` is how long you have waited for a better one.",
        "`if validation[epoch] < validation[best]: best = epoch`, then `if epoch - best == patience: break`: the epoch "
        "at which the loop ends is stop.",
    ],
)
def early_stopping(rng):
    """Which epoch's parameters to keep, and when to stop."""
    for label, ranks, patience in [
        ("a lower loss that comes too late", [5, 4, 3, 3.5, 3.2, 3.1, 2, 1], 2),
        ("other values of the same shapes", [5, 3, 4, 2, 2.5, 2.2, 2.1, 1], 2),
        ("patience of one epoch", [5, 4, 4.5, 3], 1),
        ("never stopped", [6, 5, 4, 4.2, 4 - 1e-8, 4 - 2e-8], 5),
        ("the last epoch is not the best", [6, 5, 4, 4.3, 4.2], 5),
        ("the same loss again", [5, 4, 4, 4, 4, 4, 5], 2),
        ("one epoch", [3], 3),
        ("worse from the start", [1, 2, 3, 4, 5], 3),
        ("up and down", [9, 8, 8.5, 7, 7.5, 7.2, 6, 6.5, 6.7, 6.6, 1], 3),
    ]:
        losses = rng.uniform(0.5, 2) * np.array(ranks, float) + rng.uniform(-1, 1)
        yield label, {"validation": losses, "patience": np.array(patience)}
    losses = rng.uniform(0.5, 2) - 1e-8 * np.arange(5)
    yield "each loss a little below the one before", {"validation": losses, "patience": np.array(2)}
    losses = rng.uniform(0.05, 0.1) * np.array([9, 8, 8.5, 7, 7.5, 7.2, 7.1, 6])
    yield "losses below 1", {"validation": losses, "patience": np.array(3)}


@sheet.check(
    returns="n",
    compare=whole_number,
    points=3,
    minutes=12,
    hints=[
        "After n sequences, the most recent ones are `errors[n - window:n]`. What is the smallest n worth a look?",
        "Go through n = window, window + 1, ... up to len(errors), and look at the mean and the largest of each slice.",
        "`for n in range(window, len(errors) + 1):` take the slice, return n if `np.mean(recent) < 0.01 and "
        "np.max(recent) <= 0.04`; after the loop return 0.",
    ],
)
def solved_after(rng):
    """After how many training sequences the adding problem is solved, by the rule of 1997."""

    def small(count):
        return rng.uniform(0.001, 0.006, count)

    def large(count):
        return rng.uniform(0.1, 0.3, count)

    def middling(count):
        return rng.uniform(0.02, 0.03, count)

    spike, tail = np.array([0.05]), small(9)
    for label, errors, window in [
        ("an ordinary run", [large(6), small(3), spike, tail], 5),
        ("other values of the same shapes", [large(3), small(4), spike, small(4), tail[:7]], 5),
        ("no wrong answer, but no small mean at first", [middling(4), small(20)], 4),
        ("a wrong answer among small ones", [small(5), spike, small(8), spike, tail, small(6)], 10),
        ("solved, and then a wrong answer", [large(3), small(5), large(2)], 5),
        ("solved at the last sequence", [large(4), small(6)], 6),
        ("one sequence too few", [large(4), small(5)], 6),
        ("never solved", [large(12)], 4),
        ("right from the start", [small(9)], 4),
        ("fewer sequences than the window", [small(3)], 5),
        ("a large mean and a small median", [small(3), [0.035, 0.035], small(8)], 5),
        ("a wrong answer that ends the first window", [small(9), spike, small(14)], 10),
        ("a single error of 0.5 in a long window", [small(60) / 5, [0.5], small(90) / 5], 70),
        ("an error of exactly 0.04", [large(2), small(4), [0.04], small(9)], 7),
        ("a window of one, and a mean of exactly 0.01", [[0.01], large(2), small(2)], 1),
        ("an error of 0.02 among small ones", [large(2), small(3) / 2, [0.02], small(9) / 2], 8),
        ("an error of 0.03 in a shorter window", [large(2), small(3) / 2, [0.03], small(9) / 2], 5),
        ("solved, then wrong answers, then solved again", [small(9), large(3), small(7)], 5),
    ]:
        yield label, {"errors": np.concatenate(errors), "window": np.array(window)}


MEAN, MOST = "np.mean(recent) < 0.01", "np.max(recent) <= 0.04"


def _by_start(errors, window):
    """solved_after as it is written with the window's start: the slips with it are edits of it."""
    for start in range(len(errors) - window + 1):
        recent = errors[start : start + window]
        if np.mean(recent) < 0.01 and np.max(recent) <= 0.04:
            return start + window
    return 0


for _name, _change, _advice in (
    (
        "the first sequence of the window, counted from 1",
        ("return n\n", "return n - window + 1\n"),
        "The whole window has to have been seen: return its end, n.",
    ),
    (
        "where the window begins, cut off at the end",
        edit(_by_start, ("len(errors) - window + 1", "len(errors)"), ("return start + window", "return start")),
        "The slice looks ahead, and at the end it is shorter than the window: take errors[n - window:n] and return n.",
    ),
    (
        "the window looks ahead, cut off at the end",
        edit(_by_start, ("len(errors) - window + 1", "len(errors)")),
        "At the end of errors the slice is shorter than the window, which must be full: stop at len(errors) - window.",
    ),
    ("the sequence after the window", ("return n\n", "return n + 1\n"), "n sequences have been seen: return n."),
    (
        "the median in place of the mean",
        (MEAN, "np.median(recent) < 0.01"),
        "The mean of the recent errors must be below 0.01.",
    ),
    (
        "the sum in place of the mean",
        (MEAN, "np.sum(recent) < 0.01"),
        "The mean of the recent errors must be below 0.01.",
    ),
    ("0.4 in place of 0.04", (MOST, "np.max(recent) <= 0.4"), "None of the errors may be above 0.04."),
    (
        "all must be below 0.01",
        (f"{MEAN} and {MOST}", "np.max(recent) < 0.01"),
        "The mean must be below 0.01; a single error may be as large as 0.04.",
    ),
    (
        "the newest error alone is compared with 0.04",
        (MOST, "recent[-1] <= 0.04"),
        "None of the recent errors may be above 0.04: look at the largest.",
    ),
    (
        "the whole length for never",
        ("    return 0", "    return len(errors)"),
        "If the task is never solved, return 0.",
    ),
    ("-1 for never", ("    return 0", "    return -1"), "If the task is never solved, return 0."),
    (
        "the last n, not the first",
        ("return n\n    return 0", "found = n\n    return locals().get('found', 0)"),
        "The smallest n is asked: return it as soon as the rule is met.",
    ),
    (
        "the return for never stands inside the loop",
        ("    return 0", "        return 0"),
        "`return 0` ends the loop at its first turn: move it to the left, under the `for`.",
    ),
):
    solved_after.wrong(_name, _change, _advice)


def number_or_verdict(got, want, case):
    """Comparison for a number, or for a truth value: True and False, or 1 and 0."""
    return whole_number(got, want.astype(int), case) if want.dtype.kind == "b" else close(got, want, case)


@sheet.check(
    returns=("level", "left", "passed"),
    compare=number_or_verdict,
    points=3,
    minutes=10,
    hints=[
        "Which single number, answered for every sequence, has the smallest mean squared error? That error is the "
        "level, and statistics has a name for it.",
        "The best fixed answer is the mean of the targets, so the level is their variance. `losses[-10:]` are the last "
        "ten losses, or all if there are fewer.",
        "`level = np.mean((target - np.mean(target)) ** 2)`, `left = np.mean(losses[-10:]) / level`, and passed is "
        "`left < 0.01`.",
    ],
)
def overfit_test(rng):
    """The overfit-one-batch test: from the losses of a run on one batch, whether the training step can learn."""
    for label, N, B, ends in [
        ("learned by heart", 60, 8, 0.003),
        ("other values of the same shapes", 60, 8, 0.003),
        ("it stays at the level", 60, 8, 1.0),
        ("half learned", 60, 8, 0.4),
        ("a little below a hundredth", 60, 8, 0.0095),
        ("a little above a hundredth", 60, 8, 0.0105),
        ("a twentieth is left", 60, 8, 0.05),
        ("more sequences", 150, 20, 0.006),
        ("two sequences", 40, 2, 0.002),
        ("exactly ten losses", 10, 8, 0.5),
        ("fewer than ten losses", 6, 8, 0.3),
        ("as many losses as sequences", 12, 12, 0.008),
        ("large targets", 60, 8, 0.004),
        ("negative targets", 60, 8, 0.004),
        ("targets close to each other", 60, 8, 0.5),
        ("float32", 60, 8, 0.02),
    ]:
        target = rng.uniform(0.1, 0.9, B) + np.linspace(-0.2, 0.3, B)
        target *= {"large targets": 100, "negative targets": -1, "targets close to each other": 0.02}.get(label, 1)
        level = np.var(target)
        losses = level * (ends + 5 * np.exp(-np.arange(N) / 4)) * rng.uniform(0.7, 1.3, N)
        losses[-10:] *= ends * level / np.mean(losses[-10:])
        dtype = np.float32 if label == "float32" else np.float64
        yield label, {"losses": losses.astype(dtype), "target": target.astype(dtype)}
    target = rng.uniform(0.1, 0.9, 8)
    level, rest = np.var(target), rng.uniform(0.001, 0.004, 9)
    early = np.concatenate([rng.uniform(0.5, 3, 30), [0.0005], rng.uniform(0.02, 0.1, 20)])
    for label, late in (
        ("a single high loss among the last ten", np.insert(rest, 4, 0.2)),
        ("the last loss is low, those before it are not", np.append(10 * rest + 0.02, 0.001)),
        ("the last loss is high, those before it are not", np.append(rest, 0.05)),
    ):
        yield label, {"losses": level * np.concatenate([early, late]), "target": target}
    yield "exactly a hundredth is left", {"losses": np.array([0.01]), "target": np.array([-1.0, 1.0])}


TRAINING_POINTS = 5


@sheet.check(
    returns=trained.PARAMS,
    probe="nested",
    processor=30.0,
    outcome=Outcome(trained.training, functools.partial(trained.marks, points=TRAINING_POINTS)),
    uses=("chrono_bias", "adam_step"),
    points=TRAINING_POINTS,
    minutes=25,
    hints=[
        "Before the loop: a copy of the dictionary, and for each parameter an m and a v of zeros. In the loop: "
        "forward, prediction, its gradient, backward, five steps of Adam.",
        "`h[-1]` (B, H) is the last state. The loss sees no other one, so `dh` (T, B, H) is zero but for "
        "`dh[-1] = np.outer(dpred, W_out)`, with `dpred = 2 * (pred - target) / B`.",
        "The read-out learns too: `dW_out = dpred @ h[-1]`, `db_out` is the sum of dpred, of shape (1,). The number of "
        "the step, t, starts at 1, and m and v go on from batch to batch.",
    ],
)
def train_adding(rng):
    """The whole training loop of an LSTM with a read-out, from your own pieces."""
    for label, H, sizes in [
        ("two batches", 3, [(5, 4), (5, 4)]),
        ("other values of the same shapes", 3, [(5, 4), (5, 4)]),
        ("one batch", 3, [(5, 4)]),
        ("batches of different sizes", 3, [(4, 2), (6, 5), (5, 3)]),
        ("one sequence in a batch", 4, [(4, 1), (4, 1)]),
        ("one hidden unit", 1, [(5, 3), (5, 3)]),
        ("one step", 3, [(1, 4), (1, 4)]),
        ("as many steps as sequences and units", 3, [(3, 3), (3, 3)]),
        ("five batches", 2, [(4, 3)] * 5),
        ("float32", 3, [(5, 4), (5, 4)]),
    ]:
        params = trained.start(rng, H, longest=8)
        params["b_out"] = rng.normal(size=1)
        batches = [(rng.normal(size=(T, B, 2)), rng.normal(size=B)) for T, B in sizes]
        case = trained.as_case(params, batches, rng.uniform(0.02, 0.1))
        yield label, {name: a.astype(np.float32) for name, a in case.items()} if label == "float32" else case
