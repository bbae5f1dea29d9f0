"""Sheet 01: from characters to one-hot rows, the RNN step and its loop over time, and the price of a guess in bits.

Shapes: ``N`` characters of a text, ``V`` of the vocabulary, ``T`` time steps, ``B`` sequences, ``D`` input features,
``H`` units. The functions in front of each check are its readable answers; a later one calls the earlier ones.
"""

from functools import partial

import numpy as np

from lstm_helpers.checks.cases import SIZES, finish, without_units
from lstm_helpers.checks.judge import integers, two_decimals
from lstm_helpers.checks.sheet import Sheet, edit
from lstm_helpers.lessons.sequences import answers, by_pencil

sheet = Sheet.of(answers)

ROWS = without_units(SIZES)  # for functions of rows of V numbers
TIMES = (4, 4, 5, 6, 3, 5, 5, 3)  # time steps T of each of SIZES; never B, D or H but in the square case


def rnn_weights(rng, D, H):
    """W_x (D, H), W_h (H, H), b (H,): every bias distinct and none zero."""
    return {
        "W_x": rng.normal(size=(D, H)),
        "W_h": rng.normal(size=(H, H)),
        "b": rng.permutation(H) / H - 0.77,
    }


@sheet.check(
    returns="ids",
    compare=integers("they are places in the vocabulary"),
    points=1,
    minutes=5,
    hints=[
        "The id of a character is its place in `vocab`, counted from 0.",
        "A dictionary finds places fast. `for k, code in enumerate(vocab)` runs through codes and places together.",
        "`place = {code: k for k, code in enumerate(vocab)}`, then look up `place[code]` for every code of `codes`, "
        "and make an array of the list.",
    ],
)
def encode(rng):
    """The place of each character in the vocabulary."""
    letters = np.arange(97, 123)
    shapes = [
        ("an ordinary text", 12, 6),
        ("another text of the same length", 12, 6),
        ("a text of one character", 1, 4),
        ("a vocabulary of one character", 3, 1),
        ("as many characters as in the vocabulary", 5, 5),
        ("a long text", 100, 26),
    ]
    for label, N, V in shapes:
        vocab = rng.permutation(letters)[:V]
        if V > 2:
            vocab = np.roll(np.sort(vocab), 1)  # neither rising nor falling, whatever the seed
        yield label, {"codes": rng.choice(vocab, size=N), "vocab": vocab}
    vocab = np.array([122, 101, 32, 116, 97])
    yield "the text is part of the vocabulary", {"codes": vocab[[1, 3, 4, 3]], "vocab": vocab}
    beyond = np.array([8364, 97, 228, 0, 128512])  # a code is any number, not one byte
    yield "characters beyond the keyboard's", {"codes": beyond[[4, 0, 2, 1, 3, 0]], "vocab": beyond}
    many = rng.permutation(np.arange(97, 397))
    yield "a vocabulary of 300 characters", {"codes": many[[299, 0, 256, 17, 270]], "vocab": many}


def _place(codes, vocab):
    return (codes[:, None] == vocab).argmax(axis=1)


def _codes(rng, V):
    """A vocabulary of V codes with gaps between them, in no order."""
    return rng.permutation(np.arange(97, 123))[:V]


@sheet.check(
    returns="x",
    points=1,
    minutes=4,
    hints=[
        "Row `k` of the unit matrix has its 1 in column `k`. `np.eye` makes unit matrices.",
        "An array of integers may be used as an index: `a[ids]` takes one row of `a` for each id, and keeps the shape.",
        "`np.eye(len(vocab))`, indexed with `ids`.",
    ],
)
def one_hot(rng):
    """A row of V numbers for each id: one 1, else 0."""
    for (label, B, V, _), T in zip(ROWS, TIMES, strict=True):
        if label.startswith("large") or label == "float32":
            continue  # ids have no size and no precision
        ids = rng.integers(V - 1, size=(T, B))
        ids[0, 0] = 1  # the last symbol never occurs; one that is not the first does
        yield label, {"ids": ids, "vocab": _codes(rng, V)}
    yield "one axis", {"ids": np.array([2, 0, 4, 4, 1]), "vocab": _codes(rng, 7)}
    yield "three axes", {"ids": rng.integers(4, size=(3, 2, 5)), "vocab": _codes(rng, 4)}
    yield "the last symbol occurs", {"ids": np.array([[4, 0], [3, 4], [1, 2]]), "vocab": _codes(rng, 5)}


@sheet.check(
    returns=("inputs", "targets"),
    compare=integers("they are places in the vocabulary"),
    points=1,
    minutes=4,
    hints=[
        "The character after the last one is not known, so the last one is never an input. Which is never a target?",
        "Time is the first axis. Both results have one row less than `ids`.",
        "`ids[:-1]` is everything but the last row, `ids[1:]` everything but the first.",
    ],
)
def next_pairs(rng):
    """Inputs, and as targets the same texts one step later."""
    shapes = [
        ("an ordinary batch", 5, 3),
        ("other values of the same shape", 5, 3),
        ("one time step", 2, 4),
        ("one text", 7, 1),
        ("a square", 4, 4),
        ("more texts than steps", 3, 6),
    ]
    for label, rows, B in shapes:
        yield label, {"ids": rng.permutation(rows * B).reshape(rows, B) + 1}


@sheet.check(
    returns="h",
    ranges={"h": (-1, 1)},
    points=2,
    minutes=8,
    hints=[
        "Three things are added up: what the input says, what the previous hidden state says, and the bias.",
        "(B, D) @ (D, H) gives (B, H); so does (B, H) @ (H, H); b is (H,) and is added to each row.",
        "`np.tanh` of `x @ W_x + h_prev @ W_h + b`.",
    ],
)
def rnn_step(rng):
    """One step of the plain RNN."""
    for label, B, D, H in SIZES:
        case = {"x": rng.normal(size=(B, D)), "h_prev": rng.uniform(-1, 1, size=(B, H)), **rnn_weights(rng, D, H)}
        yield finish(label, case)


@sheet.check(
    returns="h",
    ranges={"h": (-1, 1)},
    points=3,
    minutes=10,
    uses=("rnn_step",),
    hints=[
        "The state of one step is the previous state of the next. Before the first step it is `h_0`.",
        "`for x_t in x` walks along the first axis, time: each `x_t` is (B, D). Collect every state in a list.",
        "Start with `h, states = h_0, []`; in the loop `h = rnn_step(x_t, h, W_x, W_h, b)` and `states.append(h)`; at "
        "the end `np.stack(states)`.",
    ],
)
def rnn_forward(rng):
    """The hidden states of all steps, from an initial state."""
    sizes = [(*size, T) for size, T in zip(SIZES, TIMES, strict=True)] + [("one time step", 2, 3, 4, 1)]
    for label, B, D, H, T in sizes:
        case = {"x": rng.normal(size=(T, B, D)), "h_0": rng.uniform(-1, 1, size=(B, H)), **rnn_weights(rng, D, H)}
        yield finish(label, case)


LOOP = "rnn_step(x_t, h, W_x, W_h, b)"


def by_index(x, h_0, W_x, W_h, b):
    """rnn_forward as it is written with an index: the slips with ``t`` are edits of it."""
    h = np.zeros((len(x), *h_0.shape), x.dtype)
    for t in range(len(x)):
        h[t] = answers.rnn_step(x[t], h[t - 1] if t else h_0, W_x, W_h, b)
    return h


BEFORE = "h[t - 1] if t else h_0"
for _name, _change, _advice in (
    (
        "h[t - 1] wraps round at t = 0",
        edit(by_index, (BEFORE, "h[t - 1]"), ("    for t", "    h[0] = h_0\n    for t")),
        "At t = 0 `h[t - 1]` is h[-1], the last row, which is still empty: let the first step read `h_0`.",
    ),
    (
        "the last step is not computed",
        edit(by_index, ("range(len(x))", "range(len(x) - 1)")),
        "`range(T - 1)` ends with T - 2: all T inputs are read with `range(T)`.",
    ),
    (
        "a step reads its own row",
        edit(by_index, (BEFORE, "h[t] if t else h_0")),
        "Before the step, row t is still empty. The state of the step before is h[t - 1], and at t = 0 it is `h_0`.",
    ),
    (
        "the row two steps earlier",
        edit(by_index, (BEFORE, "h[t - 2] if t > 1 else h_0")),
        "The previous state is that of one step earlier, h[t - 1].",
    ),
    (
        "every step reads the first input",
        ("rnn_step(x_t,", "rnn_step(x[0],"),
        "Step t reads its own input, x[t].",
    ),
    (
        "h_0 is added at each step",
        (LOOP, f"{LOOP} + h_0"),
        "`h_0` is what the first step reads as the previous state; nothing is added after the step.",
    ),
    ("W_h is transposed", (LOOP, "np.tanh(x_t @ W_x + h @ W_h.T + b)"), "`h @ W_h`, without `.T`."),
    ("the old state does not go through W_h", (LOOP, "np.tanh(x_t @ W_x + h + b)"), "Each step adds `h @ W_h`."),
    (
        "the bracket of tanh closes after the input's part",
        (LOOP, "np.tanh(x_t @ W_x) + h @ W_h + b"),
        "Put the whole sum inside the brackets of np.tanh, in each step.",
    ),
    (
        "the sigmoid in place of tanh",
        (LOOP, "1 / (1 + np.exp(-(x_t @ W_x + h @ W_h + b)))"),
        "A hidden value may be negative: tanh runs from -1 to 1.",
    ),
    (
        "the last input is not read",
        ("in x:", "in x[:-1]:"),
        "`x[:-1]` leaves out the last step: T inputs give T states.",
    ),
    (
        "the first input is not read",
        ("in x:", "in x[1:]:"),
        "`x[1:]` leaves out the first step: T inputs give T states.",
    ),
    (
        "the list runs from the last state to the first",
        ("np.stack(states)", "np.stack(states[::-1])"),
        "Leave the states in the order of time: the first row belongs to the first input.",
    ),
    (
        "the mean over time",
        ("np.stack(states)", "np.mean(states, axis=0)"),
        "The states of all steps are asked, (T, B, H), without a mean.",
    ),
    (
        "time is the last axis of the result",
        ("np.stack(states)", "np.stack(states, axis=-1)"),
        "The result is (T, B, H), time first: np.stack(states) needs no axis.",
    ),
    (
        "the states of a sample side by side",
        ("np.stack(states)", "np.hstack(states)"),
        "np.hstack puts the steps side by side, (B, T * H): np.stack gives them an axis of their own, time.",
    ),
):
    rnn_forward.wrong(_name, _change, _advice)


def _logits(rng, front, V, label):
    """Scores that differ within a row by a few units; "large" ones lie far from 0, each row elsewhere."""
    logits = rng.normal(size=(*front, V)) * 2
    if label.startswith("large"):
        far = rng.uniform(800, 900, size=(*front, 1)) + 1000 * np.arange(np.prod(front)).reshape(*front, 1)
        logits = logits + (far if "positive" in label else -far)
    return logits


@sheet.check(
    returns="p",
    ranges={"p": (0, 1)},
    points=2,
    minutes=8,
    quiet=True,
    hints=[
        "Exponentials are positive; divided by their sum they add up to 1. The sum runs along the last axis.",
        "`keepdims=True` keeps the summed axis as an axis of size 1, so that the division fits: (..., V) / (..., 1).",
        "Subtract each row's maximum first, so that `np.exp` never overflows: "
        "`e = np.exp(logits - logits.max(axis=-1, keepdims=True))`, then `e / e.sum(axis=-1, keepdims=True)`.",
    ],
)
def softmax(rng):
    """Probabilities along the last axis, for scores of any size and without a warning."""
    for (label, B, V, H), T in zip(ROWS, TIMES, strict=True):
        logits = _logits(rng, (T, B), V + (H == 1), label)
        yield label, {"logits": logits.astype(np.float32 if label == "float32" else np.float64)}
    yield "one row", {"logits": rng.normal(size=6)}
    yield "two axes", {"logits": rng.normal(size=(2, 5))}
    apart = rng.normal(size=(2, 3, 4))
    apart[..., 1] += 3000
    yield "one score far above the others", {"logits": apart}


def _in_silence(softmax_of):
    """A softmax that tells NumPy not to warn."""

    def silent(logits):
        with np.errstate(all="ignore"):
            return softmax_of(logits)

    return silent


def _plain_softmax(logits, axis=-1):
    return np.exp(logits) / np.exp(logits).sum(axis=axis, keepdims=True)


def _by_blocks(logits):
    return np.array([answers.softmax(np.ravel(row)).reshape(np.shape(row)) for row in logits])


def _two_or_three_axes(logits):
    axis = 1 if logits.ndim > 1 else 0
    e = np.exp(logits - logits.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


for _name, _change, _advice in (
    (
        "each block of the first axis adds up to 1",
        _by_blocks,
        "`for row in logits` runs along the first axis, where each item may be a matrix: use the last axis, `axis=-1`.",
    ),
    (
        "axis 1 in two and three axes",
        _two_or_three_axes,
        "In (T, B, V) axis 1 is the batch. The last axis is `axis=-1`, however many there are.",
    ),
    (
        "np.exp overflows, and the warning is switched off",
        _in_silence(_plain_softmax),
        "Without the warning it is still inf / inf: subtract each row's maximum first. That changes no probability.",
    ),
    (
        "NaN is turned into 0",
        _in_silence(lambda logits: np.nan_to_num(_plain_softmax(logits))),
        "Those probabilities are not 0: subtract each row's maximum first, then no NaN comes up.",
    ),
    (
        "NaN is turned into 0, with a warning on the way",
        lambda logits: np.nan_to_num(_plain_softmax(logits)),
        "Those probabilities are not 0: subtract each row's maximum first, then no NaN comes up.",
    ),
    (
        "infinity is turned into a large number",
        lambda logits: np.nan_to_num(np.exp(logits)) / np.nan_to_num(np.exp(logits)).sum(axis=-1, keepdims=True),
        "Exponentials that are cut off are no longer in the right proportion: subtract each row's maximum first.",
    ),
):
    softmax.wrong(_name, _change, _advice)


def _guesses(rng):
    """Scores of any size and the characters that did come, as cases."""
    for (label, B, V, H), T in zip(ROWS, TIMES, strict=True):
        V = V + (H == 1)
        logits = _logits(rng, (T, B), V, label).astype(np.float32 if label == "float32" else np.float64)
        targets = rng.integers(V, size=(T, B))
        targets[0, 0], targets[-1, -1] = V - 1, 0
        yield label, {"logits": logits, "targets": targets}


@sheet.check(
    returns="bits",
    ranges={"bits": (0, np.inf)},
    points=3,
    minutes=12,
    uses=("softmax",),
    hints=[
        "Of the V probabilities of a guess one counts: that of the character that did come. Its price is -log2 of it.",
        "log softmax needs no softmax: with `shifted = logits - maximum` it is "
        "`shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))`. So the logarithm never sees a 0.",
        "`np.take_along_axis(log_p, targets[..., None], axis=-1)` picks the log-probability of each target. Then minus "
        "the mean, divided by `np.log(2)`.",
    ],
)
def cross_entropy(rng):
    """The mean price of a character in bits, for scores of any size."""
    yield from _guesses(rng)
    sure = rng.normal(size=(2, 3, 5)) * 2
    targets = rng.integers(4, size=(2, 3))
    sure[..., 4] += 3000  # all but certain of a symbol that does not come
    yield "a sure guess that is wrong: p of the target is rounded to 0", {"logits": sure, "targets": targets}
    yield "one time step", {"logits": rng.normal(size=(1, 2, 4)), "targets": rng.integers(4, size=(1, 2))}


@sheet.check(
    returns="perplexity",
    ranges={"perplexity": (1, np.inf)},
    points=2,
    minutes=6,
    hints=[
        "The price of each character is -log2 of its probability. Perplexity is 2 to the power of their mean.",
        "The product of 2,000 probabilities is too small for the computer, which makes 0 of it. Add up logarithms.",
        "The mean of `np.log2(p)`, with a minus sign, is the exponent of 2.",
    ],
)
def perplexity(rng):
    """The number of equally likely characters among which a model is as unsure."""
    for label, N in (("an ordinary text", 12), ("another text of the same length", 12), ("another length", 7)):
        yield label, {"p": rng.uniform(0.02, 0.9, size=N)}
    yield "a text of one character", {"p": np.array([0.3])}
    yield "a long text, whose product is rounded to 0", {"p": rng.uniform(0.05, 0.7, size=2000)}
    yield "every character had the probability 1/75", {"p": np.full(9, 1 / 75)}
    yield "every character was sure", {"p": np.ones(5)}
    surprised = rng.uniform(0.3, 0.9, size=40)
    surprised[7] = 1e-20
    yield "one character was a great surprise", {"p": surprised}
    yield "float32", {"p": rng.uniform(0.05, 0.9, size=10).astype(np.float32)}


@sheet.check(
    returns="d_logits",
    points=3,
    minutes=10,
    uses=("softmax", "one_hot"),
    hints=[
        "The lesson has the gradient of one guess, in nats: p, less 1 at the target. Do that for all guesses at once.",
        "The loss is a mean over T * B guesses, so each guess has a part of 1 / (T * B) in it. A bit is ln 2 nats: how "
        "does a gradient change when the loss is divided by ln 2?",
        "`np.eye(logits.shape[-1])[targets]` has the 1 of each target, (T, B, V). Subtract it from softmax, and divide "
        "by `targets.size * np.log(2)`.",
    ],
)
def loss_gradient(rng):
    """The gradient of the mean price in bits with respect to the scores."""
    yield from _guesses(rng)
    sure = rng.normal(size=(2, 3, 5)) * 2
    sure[..., 4] += 3000  # all but certain of a symbol that does not come
    yield "a sure guess that is wrong", {"logits": sure, "targets": rng.integers(4, size=(2, 3))}
    yield "one time step", {"logits": rng.normal(size=(1, 2, 4)), "targets": rng.integers(4, size=(1, 2))}


@sheet.check(
    returns="p",
    ranges={"p": (0, 1)},
    points=2,
    minutes=7,
    uses=("softmax",),
    hints=[
        "Divide the scores first, then turn them into probabilities. A temperature below 1 makes differences larger.",
        "`logits` is (B, V) and `temperature` is (B,): each row has a temperature of its own, so make it a column.",
        "`temperature[:, None]` is (B, 1). Then `softmax(logits / temperature[:, None])`.",
    ],
)
def sampling_probabilities(rng):
    """The probabilities to draw from at a temperature for each row."""
    for label, B, V, H in ROWS:
        case = {
            "logits": _logits(rng, (B,), V + (H == 1), label),
            "temperature": rng.permutation(np.linspace(0.3, 2.5, B + 2))[:B],  # all distinct, none 1
        }
        yield finish(label, case, scaled=())
    yield (
        "temperatures near 0 and far above 1",
        {"logits": rng.normal(size=(3, 4)) * [[1], [100], [1]], "temperature": np.array([0.02, 50.0, 1e-4])},
    )
    close = {"logits": 1e-7 * rng.normal(size=(2, 4)), "temperature": np.array([5e-8, 2e-7])}
    yield "scores that differ by as little as the temperature", close


def _tempered_e(logits, temperature):
    z = logits / temperature[:, None]
    return np.exp(z - z.max(axis=-1, keepdims=True))


@sheet.check(
    oracle=by_pencil.GIVEN.work_out(),
    returns=("h", "p_a", "p_b", "bits_a", "bits_b"),
    ranges={"h": (-1, 1), "p_a": (0, 1), "p_b": (0, 1), "bits_a": (0, np.inf), "bits_b": (0, np.inf)},
    points=2,
    minutes=10,
    probe="value",
    compare=two_decimals,
    hints=[
        "First h = tanh(0.8 + 0.5 * (-0.6) + 0.1). The input is one-hot: its product with W_x is 0.8.",
        "Scores: 2h for a, -h + 0.5 for b. Take the exponential of both and divide each by their sum.",
        "A price is -log2 p = -ln p / 0.6931. The two probabilities add up to 1; the likelier letter costs less.",
    ],
)
def pencil_bits(rng):
    """One step and one guess worked out by hand, five numbers to two decimals."""
    yield "the numbers of the question", {}


for _name, _changed, _advice in by_pencil.GIVEN.slips():
    pencil_bits.wrong(_name, partial(by_pencil.GIVEN.work_out, **_changed), _advice)
