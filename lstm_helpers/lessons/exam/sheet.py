"""Sheet 13: a deployed voice detector step by step, stretches of speech, what a step costs, an essay to be marked."""

import functools

import numpy as np

from lstm_helpers import wording
from lstm_helpers.checks.cases import ONE_APART, finish
from lstm_helpers.checks.judge import counted
from lstm_helpers.checks.sheet import Sheet
from lstm_helpers.lessons.exam import answers, by_pencil
from lstm_helpers.nn.functional import sigmoid

sheet = Sheet.of(answers, profile="after_training")
TIMES = (5, 5, 4, 6, 3, 5, 5, 6, 5, 6)  # time steps T of each of ONE_APART; never B, D or H but in the square case


def _weights(rng, D, H):
    """Small weights of a detector, every bias distinct and none zero; some units of h are negative."""
    return {
        "weight_ih": rng.normal(size=(4 * H, D)),
        "weight_hh": rng.normal(size=(4 * H, H)),
        "bias_ih": rng.permutation(4 * H) / (2 * H) - 0.93,
        "bias_hh": rng.permutation(4 * H) / (3 * H) - 0.57,
        "weight_out": rng.uniform(1, 3, H) * rng.permutation(np.resize([1.0, -1.0], H)),
        "bias_out": rng.uniform(0.2, 0.6, 1),
    }


def written_out(x, h, c, weight_ih, weight_hh, bias_ih, bias_hh, weight_out, bias_out):
    """The step with everything in one place: slips are edits of it."""
    H = h.shape[1]
    z = x @ weight_ih.T + h @ weight_hh.T + bias_ih + bias_hh
    i = sigmoid(z[:, :H])
    f = sigmoid(z[:, H : 2 * H])
    g = np.tanh(z[:, 2 * H : 3 * H])
    o = sigmoid(z[:, 3 * H :])
    c = f * c + i * g
    h = o * np.tanh(c)
    p = sigmoid(np.maximum(h, 0) @ weight_out + bias_out)
    return p, h, c


by_step = answers.speech_step  # slips in the call of lstm_step are edits of it


@sheet.check(
    oracle=written_out,
    returns=("p", "h", "c"),
    ranges={"p": (0, 1), "h": (-1, 1)},
    points=3,
    minutes=12,
    hints=[
        "Two parts: one step of an LSTM, which you have, and one line that makes a probability of the new h. What do "
        "torch's arrays need before your `lstm_step` can read them?",
        "Your W_x is (D, 4H), torch's weight_ih (4H, D): `.T` turns it. Your b is one vector: the sum of the two. "
        "The second part is sigmoid(relu(h) · w + b), with relu(h) = np.maximum(h, 0).",
        "`h, c = lstm_step(x, h, c, weight_ih.T, weight_hh.T, bias_ih + bias_hh)`, then "
        "`p = sigmoid(np.maximum(h, 0) @ weight_out + bias_out)`, and return all three.",
    ],
)
def speech_step(rng):
    """One step of a deployed voice detector: the probability of speech, and the new states."""
    for label, B, D, H in ONE_APART:
        case = {"x": rng.normal(size=(B, D)), "h": rng.uniform(-1, 1, size=(B, H)), "c": 2 * rng.normal(size=(B, H))}
        yield finish(label, {**case, **_weights(rng, D, H)})


@sheet.check(
    returns="p",
    ranges={"p": (0, 1)},
    points=2,
    minutes=8,
    uses=("speech_step",),
    hints=[
        "h and c start as zeros, (B, H) each. H is the number of columns of weight_hh.",
        "Loop over the steps: `for x in features` gives x (B, D). What a step returns as h and c goes into the "
        "next one.",
        "`p, h, c = speech_step(x, h, c, **weights)` in the loop, append p to a list, and `np.array` of the list at "
        "the end.",
    ],
)
def listen(rng):
    """The probability of speech at each step of a recording."""
    for (label, B, D, H), T in zip(ONE_APART, TIMES, strict=True):
        yield finish(label, {"features": rng.normal(size=(T, B, D)), **_weights(rng, D, H)}, scaled=("features",))
    yield "one step", {"features": rng.normal(size=(1, 3, 4)), **_weights(rng, 4, 2)}


def stretches(got, want, case):
    """Comparison for stretches: whole numbers (n, 2). Says what differs, or ""."""
    whole = lambda rows: not rows.size or rows.dtype.kind in "iu"  # noqa: E731
    if np.array_equal(got, want) and whole(got) == whole(want):
        return ""
    if got.ndim != 2 or got.shape[1] != 2 or want.shape[1:] != (2,):
        return f"has shape {got.shape}, expected (n, 2), a row for each stretch; (0, 2) where there is none"
    if not whole(got):
        return f"has dtype {got.dtype}, expected integers: they are numbers of steps"
    said = lambda rows: ", ".join(f"{a} to {b}" for a, b in rows.tolist()) or "none"  # noqa: E731
    count = wording.count(len(got), "stretch", "stretches")
    return f"holds {count} ({said(got)}), expected {len(want)} ({said(want)})"


HIGH, LOW, BETWEEN = "+", "-", "~"  # at or above start; below stop; between the two


@sheet.check(
    returns="segments",
    compare=stretches,
    points=4,
    minutes=18,
    hints=[
        "Go through the steps one by one and remember one thing: are you inside a stretch, and where did it begin? "
        "Which of the two thresholds counts depends on that alone.",
        "Outside: if p[t] >= start, remember `first = t`. Inside: if p[t] < stop, note (first, t), and forget first. "
        "One case is left after the loop.",
        "Use `first = None` for outside. After the loop, a stretch that is still open ends at len(p). Keep those with "
        "`b - a >= least`, and make `np.array(kept, dtype=int).reshape(-1, 2)` of them.",
    ],
)
def speech_segments(rng):
    """The stretches of speech in a row of probabilities, by two thresholds and a shortest length."""
    for label, pattern, least in [
        ("an ordinary recording", "--+++~~+--~-++++~--", 2),
        ("other values of the same length", "-~-++~+++--~~-+++--", 2),
        ("p between the thresholds, before a stretch", "-~~~++++---~~~-+++-", 2),
        ("p between the thresholds, inside a stretch", "--++~~~~++--+~~~---", 2),
        ("a stretch that is long by its end between the thresholds", "--+~~~~--++----", 4),
        ("speech at the first step", "+++~--++++-", 2),
        ("speech at the last step", "--+++-++++", 2),
        ("an end between the thresholds", "--+++--++~~", 2),
        ("a stretch that is open at the end, and too short", "-++++--+", 3),
        ("a stretch that is open at the end, and just long enough", "-++++--+++", 3),
        ("a gap of one step", "-+++-+++-", 2),
        ("stretches of exactly the shortest length, and one less", "-+++-++-+++-", 3),
        ("two short stretches that make no long one", "-++-++-++-+++++-", 3),
        ("every stretch counts, least = 1", "-+-++--+~-+", 1),
        ("every stretch counts, least = 0", "-+-++--+~-", 0),
        ("no speech", "--~~-~---", 2),
        ("no stretch is long enough", "-++--+~--++-", 4),
        ("speech all the time", "+++~~+++", 3),
        ("one step of speech", "+", 1),
        ("one step without", "~", 1),
        ("float32", "--+++~~+--~-++++~--", 2),
    ]:
        start, stop = np.round(rng.uniform(0.5, 0.7), 3), np.round(rng.uniform(0.2, 0.4), 3)
        draws = {HIGH: (start + 0.01, 1), LOW: (0, stop - 0.01), BETWEEN: (stop + 0.01, start - 0.01)}
        case = {"p": np.array([rng.uniform(*draws[sign]) for sign in pattern])}
        case |= {"start": np.array(start), "stop": np.array(stop)}
        if label == "float32":
            case = {name: array.astype(np.float32) for name, array in case.items()}
        yield label, {**case, "least": np.array(least)}
    p = np.array([0.1, 0.625, 0.9, 0.3, 0.25, 0.8, 0.2, 0.625, 0.25, 0.24, 0.6, 0.1])
    yield "p that equals a threshold", {"p": p, "start": np.array(0.625), "stop": np.array(0.25), "least": np.array(2)}
    p = np.array([0.1, 0.5, 0.7, 0.4, 0.5, 0.5, 0.49, 0.2])
    yield "one threshold for both", {"p": p, "start": np.array(0.5), "stop": np.array(0.5), "least": np.array(1)}


@sheet.check(
    oracle=by_pencil.GIVEN.work_out(),
    returns=tuple(by_pencil.GIVEN.work_out()),
    points=3,
    minutes=10,
    probe="value",
    compare=counted,
    hints=[
        "Write down the shapes of torch's four arrays for one layer, with D = H = 640. The second layer reads h of the "
        "first, so it has the same shapes.",
        "Carried: what has to be there for the next step to start, in both layers. A matrix (m, n) times a vector "
        "takes m * n multiplications.",
        "One layer has 4H (D + H + 2) parameters with torch's two biases, and 4H (D + H) multiplications. It carries "
        "2H numbers.",
    ],
)
def parakeet_by_pencil(rng):
    """Parameters, state and multiplications of two stacked LSTM layers, counted by pencil."""
    yield "the numbers of the question", {}


for _name, _changed, _advice in by_pencil.GIVEN.slips():
    parakeet_by_pencil.wrong(_name, functools.partial(by_pencil.GIVEN.work_out, **_changed), _advice)

MARKING_POINTS = 4


@sheet.check(
    oracle={name: float(sentence.right) for name, sentence in by_pencil.ESSAY.items()},
    returns=tuple(by_pencil.ESSAY),
    points=MARKING_POINTS,
    minutes=12,
    probe="value",
    marks=functools.partial(by_pencil.marks, points=MARKING_POINTS),
    hints=[
        'Read the lesson\'s list "marks are lost in the same places every year" beside the essay.',
        "Test each claim with a number or an extreme: a gate at 0 and at 1, ten steps, a sequence that is not yet "
        "over.",
        "A sentence with a right half and a wrong half is wrong. Half of the twelve are.",
    ],
)
def marked_essay(rng):
    """An essay on the LSTM, marked sentence by sentence."""
    yield "the twelve sentences", {}
