"""Sheet of the project text generation: smoothed counts, bits per character, streams, sampling, beams, scoring."""

import functools
from importlib.resources import files

import numpy as np

from lstm_helpers.checks.cases import SIZES, finish, weights
from lstm_helpers.checks.judge import close
from lstm_helpers.checks.sheet import Sheet
from lstm_helpers.nn.functional import lstm_step

HIDDEN = files("lstm_helpers").joinpath("grading", "hidden_page.txt")  # not in a student's edition
sheet = Sheet(
    "text_generation",
    exercise="text_generation",
    profile="text_generation",
    reads=[HIDDEN] if HIDDEN.is_file() else [],
    gives=[
        "lstm_helpers.nn.functional.lstm_step",
        *(f"lstm_helpers.projects.text_generation.{name}" for name in ("bring_in", "unpack")),
    ],
)


def numbers_or_floats(got, want, case):
    """As ``close``, and where integers are expected, integers, all of them equal."""
    if want.dtype.kind not in "iu":
        return close(got, want, case)
    if got.shape != want.shape:
        return f"has shape {got.shape}, expected {want.shape}"
    if got.dtype.kind not in "iu":
        return f"has dtype {got.dtype}, expected integers: they are numbers of characters or of lines"
    wrong = got != want
    if not wrong.any():
        return ""
    at = tuple(int(k) for k in np.argwhere(wrong)[0])
    return (
        f"[{', '.join(map(str, at))}] is {got[at]}, expected {want[at]} ({wrong.sum()} of {wrong.size} values differ)"
    )


# ---------------------------------------------------------------- 1. counts, smoothed


def witten_bell(counts, below):
    """counts (N, V) of what followed N contexts, below (N, V) the shorter contexts' probabilities. Returns p (N, V)."""
    s = counts.sum(axis=1, keepdims=True)
    u = np.maximum((counts > 0).sum(axis=1, keepdims=True), 1)  # 1 for a context never seen: p_below is left
    return (counts + u * below) / (s + u)


@sheet.check(
    name="witten_bell",
    oracle=witten_bell,
    returns="p",
    ranges={"p": (0, 1)},
    points=2,
    minutes=10,
    hints=[
        "Two numbers for each row of counts: s, how often the context occurred, and u, how many different characters "
        "followed it. Keep them as columns, `keepdims=True`.",
        "s is `counts.sum(axis=1, keepdims=True)`; u sums `counts > 0` in the same way.",
        "Make u at least 1, `np.maximum(u, 1)`, then `(counts + u * below) / (s + u)`: where nothing was counted, that "
        "is `below`.",
    ],
)
def witten_bell_cases(rng):
    """The probabilities of the next character from counts, smoothed by those of the shorter context."""
    for label, N, V, _ in SIZES:
        V += 2
        counts = rng.integers(2, 9, size=(N, V)) * (rng.random((N, V)) < 0.5)
        counts[0, :3] = 3, 1, 0
        if N > 1:
            counts[-1] = 0  # a context never seen
        if N > 2:
            counts[1] = 0
            counts[1, rng.integers(V)] = 4  # one that has only ever gone on in one way
        if label.startswith("large"):
            counts *= 1000
        _, below = finish(label, {"below": rng.dirichlet(np.ones(V), size=N)}, scaled=())
        yield label, {"counts": counts, **below}


DISTINCT, SHARE = "(counts > 0).sum(axis=1, keepdims=True)", "(counts + u * below) / (s + u)"
witten_bell_cases.wrong(
    "no smoothing: counts divided by their sum",
    (SHARE, "counts / np.maximum(s, 1)"),
    "A character that never followed would get 0, and one of them costs infinitely many bits: mix p_below in.",
)
witten_bell_cases.wrong(
    "add-one smoothing",
    (SHARE, "(counts + 1) / (s + counts.shape[1])"),
    "Here what is added is not 1 for each character but u * p_below.",
)
witten_bell_cases.wrong(
    "u is the number of occurrences",
    (DISTINCT, "counts.sum(axis=1, keepdims=True)"),
    "u counts different characters, each once: sum `counts > 0`.",
)
witten_bell_cases.wrong(
    "u is the size of the alphabet",
    (DISTINCT, "np.full_like(s, counts.shape[1])"),
    "u counts the characters that did follow, not all that exist.",
)
witten_bell_cases.wrong(
    "u counts the characters that did not follow",
    ("counts > 0", "counts == 0"),
    "u counts the different characters that did follow: `counts > 0`.",
)
witten_bell_cases.wrong(
    "u leaves out what followed only once", ("counts > 0", "counts > 1"), "Once is enough: `counts > 0`."
)
witten_bell_cases.wrong(
    "u is missing in the numerator", ("u * below", "below"), "p_below has the weight u, above and below the line."
)
witten_bell_cases.wrong(
    "u is missing in the denominator",
    ("/ (s + u)", "/ np.maximum(s, 1)"),
    "The row must sum to 1: s counts and u times p_below are divided by s + u.",
)
witten_bell_cases.wrong(
    "a context never seen gets 0 everywhere",
    (f"np.maximum({DISTINCT}, 1)", DISTINCT),
    "With s = 0 and u = 0 the formula is 0 / 0: there p is p_below.",
)
witten_bell_cases.wrong(
    "0 in the place of 0 / 0",
    [
        (f"np.maximum({DISTINCT}, 1)", DISTINCT),
        (SHARE, "np.where(s > 0, (counts + u * below) / np.maximum(s + u, 1), 0)"),
    ],
    "A context never seen says nothing of its own: there p is p_below.",
)
witten_bell_cases.wrong(
    "one s and one u for all contexts together",
    ("sum(axis=1, keepdims=True)", "sum()"),
    "Each row is one context, with a sum and a number of characters of its own: axis=1.",
)
witten_bell_cases.wrong(
    "sums run over the contexts",
    ("axis=1", "axis=0"),
    "Each row is one context: sum along its row, axis 1.",
)
witten_bell_cases.wrong(
    "the shorter context is asked only where nothing was counted",
    ("(counts + u * below) / (s + u)", "np.where(counts > 0, counts, u * below) / (s + u)"),
    "All characters get a share of it, also those that were counted: `counts + u * below`.",
)
witten_bell_cases.wrong(
    "the sums lie as a row",
    (
        "(counts + u * below) / (s + u)",
        "(counts + u[:, 0] * below) / (s[:, 0] + u[:, 0])",
    ),
    "One s and one u for each row of counts: keep them as columns, `keepdims=True`.",
)


# ---------------------------------------------------------------- 2. bits per character


def bits_per_character(log_p, targets, mask):
    """log_p (T, B, V) natural logarithms, targets (T, B) integers, mask (T, B) booleans. Returns one number."""
    chosen = np.take_along_axis(log_p, targets[..., None], axis=2)[..., 0]
    return -(chosen * mask).sum() / mask.sum() / np.log(2)


@sheet.check(
    name="bits_per_character",
    oracle=bits_per_character,
    returns="bits",
    points=2,
    minutes=8,
    hints=[
        "Of each V numbers only one counts: the log-probability of the character that did come.",
        "`np.take_along_axis(log_p, targets[..., None], axis=2)[..., 0]` picks them, (T, B). The mask says which "
        "count.",
        "Minus the sum of `chosen * mask`, divided by `mask.sum()`, divided by `np.log(2)` to turn nats into bits.",
    ],
)
def bits_per_character_cases(rng):
    """The mean cost of the characters that count, in bits."""
    for label, B, V, T in SIZES:
        T, V = (B, B) if label.startswith("square") else (T + 2, V + 3)
        log_p = np.log(rng.dirichlet(np.ones(V), size=(T, B)))
        if label.startswith("large"):
            log_p = log_p * 100
        mask = rng.random((T, B)) < 0.6
        mask[0] = True
        mask[-1, 0] = False
        _, log_p = finish("float32" if label == "float32" else "", {"log_p": log_p})
        yield label, {**log_p, "targets": rng.integers(V, size=(T, B)), "mask": mask}


MEAN = "-(chosen * mask).sum() / mask.sum()"
bits_per_character_cases.wrong(
    "nats, not bits", (" / np.log(2)", ""), "One bit is ln 2 = 0.693 nats: divide by `np.log(2)`."
)
bits_per_character_cases.wrong(
    "multiplied by ln 2", ("/ np.log(2)", "* np.log(2)"), "There are more bits than nats: divide by ln 2."
)
bits_per_character_cases.wrong(
    "the minus sign is missing", (MEAN, MEAN[1:]), "Logarithms of probabilities are negative, a cost is positive."
)
bits_per_character_cases.wrong(
    "what is masked counts as 0 in the mean",
    (MEAN, "-(chosen * mask).mean()"),
    "Divide by the number of characters that count, `mask.sum()`.",
)
bits_per_character_cases.wrong("the mask is not used", (MEAN, "-chosen.mean()"), "Leave out what the mask leaves out.")
bits_per_character_cases.wrong(
    "the mask is turned round",
    (MEAN, "-(chosen * ~mask).sum() / (~mask).sum()"),
    "True means: this character counts.",
)
bits_per_character_cases.wrong(
    "each stream has the same weight",
    (MEAN, "-((chosen * mask).sum(axis=0) / mask.sum(axis=0)).mean()"),
    "Each character has the same weight: one sum over all, divided by one count.",
)
bits_per_character_cases.wrong(
    "the cost of the most likely character",
    ("np.take_along_axis(log_p, targets[..., None], axis=2)[..., 0]", "log_p.max(axis=2)"),
    "What counts is the character that did come, `targets`.",
)
bits_per_character_cases.wrong(
    "the sum, not the mean", (" / mask.sum()", ""), "Bits per character: divide by how many count."
)
bits_per_character_cases.wrong(
    "the logarithm is taken twice",
    ("[..., 0]", "[..., 0]\n    chosen = np.log(chosen)"),
    "log_p holds logarithms already: only the sign, the mean and the unit are left to do.",
)
bits_per_character_cases.wrong(
    "one cost for each character, not their mean",
    (f"{MEAN} / np.log(2)", "-(chosen * mask) / np.log(2)"),
    "One number is asked: the sum over all that count, divided by how many do.",
)
bits_per_character_cases.wrong(
    "perplexity",
    ("return " + MEAN + " / np.log(2)", "return np.exp(" + MEAN + ")"),
    "exp(nats) is the perplexity. Bits are nats divided by ln 2.",
)
bits_per_character_cases.wrong(
    "two to the power of the mean",
    (
        "-(chosen * mask).sum() / mask.sum() / np.log(2)",
        "2 ** (-(chosen * mask).sum() / mask.sum())",
    ),
    "A power undoes a logarithm. Bits are nats divided by ln 2.",
)
bits_per_character_cases.wrong(
    "targets is used as an index alone",
    ("np.take_along_axis(log_p, targets[..., None], axis=2)[..., 0]", "log_p[targets].mean(axis=(2, 3))"),
    "`log_p[targets]` picks steps by the numbers of characters. Pick one entry of the last axis for each t and b.",
)


# ---------------------------------------------------------------- 3. streams for a carried state


def streams(ids, h):
    """ids (N,) one long text, h (B, H) the state that is carried. Returns inputs and targets, each (rows, B)."""
    B = len(h)
    rows = (len(ids) - 1) // B
    inputs = ids[: rows * B].reshape(B, rows).T
    targets = ids[1 : rows * B + 1].reshape(B, rows).T
    return inputs, targets


@sheet.check(
    name="streams",
    oracle=streams,
    returns=("inputs", "targets"),
    points=2,
    minutes=10,
    compare=numbers_or_floats,
    hints=[
        "Column k is a run of neighbours in the text. Below a character in its column stands the one that follows it.",
        "`reshape(B, rows)` puts neighbours side by side in a row, one stream a row; `.T` makes the rows columns.",
        "`rows = (len(ids) - 1) // B`; inputs from `ids[: rows * B]`, targets from `ids[1 : rows * B + 1]`, both with "
        "`.reshape(B, rows).T`.",
    ],
)
def streams_cases(rng):
    """A text cut into as many streams as the state has rows: inputs, and targets one place on."""
    for label, N, B, H in (
        ("an ordinary text", 24, 3, 2),
        ("other characters, the same sizes", 24, 3, 2),
        ("one character left over, for the last target", 13, 4, 3),
        ("a length that B divides", 20, 5, 2),
        ("one stream", 9, 1, 3),
        ("one row", 7, 4, 2),
        ("as many rows as streams", 19, 4, 5),
    ):
        yield label, {"ids": rng.permutation(75)[:N], "h": rng.normal(size=(B, H))}


CUT = "ids[: rows * B].reshape(B, rows).T", "ids[1 : rows * B + 1].reshape(B, rows).T"
streams_cases.wrong(
    "neighbours lie side by side in a row",
    [(part, part.replace("reshape(B, rows).T", "reshape(rows, B)")) for part in CUT],
    "Then column k skips B characters at each step, and the carried state belongs to another place of the text: "
    "`reshape(B, rows).T`.",
)
streams_cases.wrong(
    "the batch comes first",
    ("(B, rows).T", "(B, rows)"),
    "Time comes first: transpose to (rows, B).",
)
streams_cases.wrong(
    "targets are the inputs themselves",
    ("ids[1 : rows * B + 1]", "ids[: rows * B]"),
    "The target is the next character: begin one place on.",
)
streams_cases.wrong(
    "each stream's last target is its own first character",
    (CUT[1], "np.roll(inputs, -1, axis=0)"),
    "What follows the end of a stream is the first character of the next stream: cut the targets from the text.",
)
streams_cases.wrong(
    "targets are one character back",
    [(CUT[0], "?"), (CUT[1], CUT[0]), ("?", CUT[1])],
    "The target comes after its input: inputs begin at 0, targets at 1.",
)
streams_cases.wrong(
    "B and H are mixed up", ("len(h)", "h.shape[1]"), "h is (B, H): the number of streams is its number of rows."
)
streams_cases.wrong(
    "the streams begin at the end of the text",
    [("ids[: rows * B]", "ids[-rows * B - 1 : -1]"), ("ids[1 : rows * B + 1]", "ids[-rows * B :]")],
    "What fills no row is left out at the end of the text, not at its beginning.",
)
streams_cases.wrong(
    "the next number is taken for the next character",
    ("ids[1 : rows * B + 1].reshape(B, rows).T", "inputs + 1"),
    "`inputs + 1` is another character of the alphabet. The target is the character one place on in the text.",
)
streams_cases.wrong(
    "each stream gives its own last character away as a target",
    [
        ("rows = (len(ids) - 1) // B", "rows = len(ids) // B - 1"),
        ("ids[: rows * B].reshape(B, rows).T", "ids[: (rows + 1) * B].reshape(B, rows + 1)[:, :-1].T"),
        ("ids[1 : rows * B + 1].reshape(B, rows).T", "ids[: (rows + 1) * B].reshape(B, rows + 1)[:, 1:].T"),
    ],
    "The target of a stream's last input stands at the beginning of the next stream: only one character of the whole "
    "text is never an input.",
)


# ---------------------------------------------------------------- 4. temperature


def with_temperature(scores, tau):
    """scores (B, V), tau (B, 1), a temperature for each row. Returns the probabilities p (B, V)."""
    z = scores / tau
    e = np.exp(z - z.max(axis=1, keepdims=True))  # the largest exponent is 0: no overflow
    return e / e.sum(axis=1, keepdims=True)


@sheet.check(
    name="with_temperature",
    oracle=with_temperature,
    returns="p",
    ranges={"p": (0, 1)},
    points=1,
    minutes=6,
    hints=[
        "Divide first, then the softmax you know from lesson 1, row by row.",
        "Take the largest number of each row away before `np.exp`, so that it cannot overflow.",
        "`z = scores / tau`, `e = np.exp(z - z.max(axis=1, keepdims=True))`, then e divided by its sum over each row.",
    ],
)
def with_temperature_cases(rng):
    """The softmax of scores divided by a temperature."""
    for label, B, V, _ in SIZES:
        V = V if label.startswith("square") else V + 2
        scores = rng.normal(size=(B, V)) * 2
        if label.startswith("large"):
            scores = (np.abs(scores) + 1000 * (1 + np.arange(B)[:, None])) * (1 if "positive" in label else -1)
        tau = rng.permutation(np.linspace(0.4, 1.7, B))[:, None] + rng.uniform(0, 0.1)
        yield finish(label, {"scores": scores, "tau": tau}, scaled=())


SOFTMAX = "e / e.sum(axis=1, keepdims=True)"
with_temperature_cases.wrong(
    "multiplied by the temperature",
    ("scores / tau", "scores * tau"),
    "A low temperature makes the choice bolder: divide, so that differences grow.",
)
with_temperature_cases.wrong(
    "the temperature is not used", ("scores / tau", "scores"), "Divide the scores by tau before the softmax."
)
with_temperature_cases.wrong(
    "the probabilities are divided, not the scores",
    [("scores / tau", "scores"), (SOFTMAX, f"{SOFTMAX} / tau")],
    "tau goes inside the exponential: divide the scores.",
)
with_temperature_cases.wrong(
    "overflow: the largest score was not taken away",
    ("z - z.max(axis=1, keepdims=True)", "z"),
    "exp(1000) is inf, and inf / inf is NaN: subtract each row's largest number first.",
)
with_temperature_cases.wrong(
    "one maximum for the whole batch",
    ("z.max(axis=1, keepdims=True)", "z.max()"),
    "A row far below that maximum becomes 0 / 0: take each row's own largest number away.",
)
with_temperature_cases.wrong(
    "one sum for the whole batch",
    ("e.sum(axis=1, keepdims=True)", "e.sum()"),
    "Each row is a distribution of its own: sum over its row.",
)
with_temperature_cases.wrong(
    "the softmax runs over the batch",
    ("axis=1", "axis=0"),
    "Axis 0 is the batch; the characters lie on axis 1.",
)
with_temperature_cases.wrong(
    "not divided by the sum", (SOFTMAX, "e"), "Probabilities sum to 1: divide by the row's sum."
)
with_temperature_cases.wrong(
    "logarithms of the probabilities", (SOFTMAX, f"np.log({SOFTMAX})"), "Return the probabilities themselves."
)


# ---------------------------------------------------------------- 5. the nucleus


def nucleus(p, top):
    """p (B, V), top (B, 1), the share to keep. Returns the cut and renormalised probabilities (B, V)."""
    ranked = -np.sort(-p, axis=1)  # the most likely first
    before = np.cumsum(ranked, axis=1) - ranked  # what the more likely ones hold already
    least = np.where(before < top, ranked, 1).min(axis=1, keepdims=True)
    kept = np.where(p >= least, p, 0)
    return kept / kept.sum(axis=1, keepdims=True)


@sheet.check(
    name="nucleus",
    oracle=nucleus,
    returns="q",
    ranges={"q": (0, 1)},
    points=3,
    minutes=15,
    hints=[
        "Rank each row, the most likely first: `-np.sort(-p, axis=1)`. Walk down until the sum has reached `top`.",
        "A character is kept if those before it hold less than `top`: `np.cumsum(ranked, axis=1) - ranked < top`.",
        "`least = np.where(before < top, ranked, 1).min(axis=1, keepdims=True)` is the smallest that is kept. Keep "
        "`p >= least`, put 0 elsewhere, divide by the new sum.",
    ],
)
def nucleus_cases(rng):
    """Keep the fewest most likely characters that hold `top` of the probability together."""
    for label, B, V, _ in SIZES:
        if label.startswith("large"):
            continue
        V = V if label.startswith("square") else V + 3
        p = rng.permuted(np.sort(rng.dirichlet(np.full(V, 0.8), size=B) * 0.5 + _staircase(V)), axis=1)
        many = rng.integers(2, V, size=(B, 1)) if V > 2 else np.ones((B, 1), int)
        yield finish(label, {"p": p, "top": _between(p, many)}, scaled=())
    for label, many in (("the first alone holds enough", 1), ("only the last is left out", 5)):
        p = rng.permuted(rng.dirichlet(np.full(6, 2.0), size=3) * 0.5 + _staircase(6), axis=1)
        yield label, {"p": p, "top": _between(p, np.full((3, 1), many))}


def _staircase(V):
    """A distribution times a half, no two values alike: ties would leave the order open."""
    steps = np.arange(1, V + 1)
    return 0.5 * steps / steps.sum()


def _between(p, many):
    """A share for each row that ``many`` characters reach, and one fewer does not, with room on both sides."""
    sums = np.concatenate([np.zeros((len(p), 1)), np.cumsum(-np.sort(-p, axis=1), axis=1)], axis=1)
    high, low = (np.take_along_axis(sums, many - back, axis=1) for back in (0, 1))
    return 0.3 * low + 0.7 * high


RENORMALISED = "kept / kept.sum(axis=1, keepdims=True)"
nucleus_cases.wrong(
    "the character that crosses the line is dropped",
    ("np.cumsum(ranked, axis=1) - ranked", "np.cumsum(ranked, axis=1)"),
    "Together the kept ones must hold at least `top`: the one that reaches it belongs to them.",
)
nucleus_cases.wrong("not renormalised", (RENORMALISED, "kept"), "What is left sums to less than 1: divide by its sum.")
nucleus_cases.wrong(
    "the least likely are kept",
    ("np.where(p >= least, p, 0)", "np.where(p < least, p, 0)"),
    "The nucleus is the top of the ranking.",
)
nucleus_cases.wrong(
    "the ranking runs upwards",
    ("-np.sort(-p, axis=1)", "np.sort(p, axis=1)"),
    "np.sort gives the smallest first: rank with `-np.sort(-p, axis=1)`.",
)
nucleus_cases.wrong(
    "the characters are left in the order of the ranking",
    ("np.where(p >= least, p, 0)", "np.where(before < top, ranked, 0)"),
    "Column k must stay character k: mark what is kept in p itself.",
)
nucleus_cases.wrong(
    "each character is compared with top",
    ("np.where(p >= least, p, 0)", "np.where(p >= top, p, 0)"),
    "top is the share that the kept ones hold together, not a bound for each.",
)
nucleus_cases.wrong(
    "each character is compared with 1 - top",
    ("np.where(p >= least, p, 0)", "np.where(p >= 1 - top, p, 0)"),
    "What counts is the sum of the ranking, not the single probability.",
)
nucleus_cases.wrong(
    "the characters are taken in the order of the alphabet",
    ("-np.sort(-p, axis=1)", "p"),
    "Rank by probability before you sum up.",
)
nucleus_cases.wrong(
    "one sum for the whole batch",
    (RENORMALISED, "kept / kept.sum()"),
    "Each row is a distribution of its own: divide by its own sum.",
)


# ---------------------------------------------------------------- 6. one step of beam search


def beam_step(log_p, total):
    """log_p (K, V) of the next character of each line, total (K,) so far. Returns total, line, character, each (K,)."""
    K, V = log_p.shape
    every = (total[:, None] + log_p).ravel()
    best = np.argsort(-every)[:K]
    return every[best], best // V, best % V


@sheet.check(
    name="beam_step",
    oracle=beam_step,
    returns=("total", "line", "character"),
    points=3,
    minutes=15,
    compare=numbers_or_floats,
    hints=[
        "Every line may go on with every character: K * V candidates compete for K places.",
        "A candidate's total is its line's total plus its own log-probability: `total[:, None] + log_p`, (K, V). Make "
        "it flat with `.ravel()` and sort.",
        "`best = np.argsort(-every)[:K]`. In the flat array, candidate n is character `n % V` after line `n // V`.",
    ],
)
def beam_step_cases(rng):
    """The K best of all continuations of K lines, the best first."""
    for label, K, V, scale in (
        ("an ordinary step", 3, 5, 1),
        ("other values of the same shapes", 3, 5, 1),
        ("one line", 1, 4, 1),
        ("as many lines as characters", 4, 4, 1),
        ("many lines", 20, 30, 1),
        ("very unlikely continuations", 3, 6, 1000),
        ("float32", 2, 5, 1),
    ):
        ranked = -np.arange(1, K * V + 1) * 0.3 * scale  # the totals of all candidates, no two alike
        total = -rng.uniform(1, 9, size=K) * scale
        log_p = rng.permutation(ranked).reshape(K, V) - total[:, None] - 9 * scale
        _, case = finish(label if label == "float32" else "", {"log_p": log_p, "total": total})
        yield label, case
    log_p = np.log(rng.dirichlet(np.ones(6), size=3))
    yield "the first step: one line is alive", {"log_p": log_p, "total": np.array([-1.5, -np.inf, -np.inf])}


EVERY = "total[:, None] + log_p"
beam_step_cases.wrong(
    "each line keeps its own best character",
    [
        ("(total[:, None] + log_p).ravel()", "total[:, None] + log_p"),
        ("np.argsort(-every)[:K]", "every.argmax(axis=1) + np.arange(K) * V"),
        ("every[best]", "every.max(axis=1)"),
    ],
    "All K * V continuations compete: two of the best may come from one line, and a line may die.",
)
beam_step_cases.wrong(
    "the totals so far are forgotten", (EVERY, "log_p + 0 * V"), "A candidate's total includes its line: add `total`."
)
beam_step_cases.wrong(
    "the worst are kept", ("-every", "every"), "np.argsort sorts upwards: sort `-every`, or take the last K."
)
beam_step_cases.wrong(
    "the best come last", ("np.argsort(-every)[:K]", "np.argsort(every)[-K:]"), "The best first: turn the order round."
)
beam_step_cases.wrong(
    "line and character are swapped",
    ("best // V, best % V", "best % V, best // V"),
    "Candidate n is character n % V after line n // V, and the line is returned first.",
)
beam_step_cases.wrong(
    "divided by the number of lines",
    ("best // V, best % V", "best // K, best % K"),
    "A row of the (K, V) array holds V candidates: divide by V.",
)
beam_step_cases.wrong(
    "the place in the flat array is returned as the character",
    ("best % V", "best"),
    "The flat place is line * V + character: take it modulo V.",
)
beam_step_cases.wrong(
    "the log-probability of the step is returned, not the total",
    ("every[best]", "log_p.ravel()[best]"),
    "The next step needs the totals: return `every[best]`.",
)
beam_step_cases.wrong(
    "the total is added along the wrong axis",
    (EVERY, "np.resize(total, V)[None] + log_p"),
    "total belongs to the lines, the rows: `total[:, None]`.",
)
beam_step_cases.wrong(
    "logarithms are multiplied",
    (EVERY, "total[:, None] * log_p"),
    "Probabilities are multiplied, so their logarithms are added: `total[:, None] + log_p`.",
)
beam_step_cases.wrong(
    "the flat array is that of the transpose",
    ("(total[:, None] + log_p).ravel()", "(total + log_p.T).ravel()"),
    "In `every` the lines have to be the rows, (K, V), or n // V is no line.",
)
beam_step_cases.wrong(
    "the K best in any order",
    ("np.argsort(-every)[:K]", "np.sort(np.argsort(-every)[:K])"),
    "The best first: np.argpartition finds them and leaves them in any order.",
)


# ---------------------------------------------------------------- 7. the whole model reads a text


def log_softmax(scores):
    """Logarithms of the softmax over the last axis."""
    shifted = scores - scores.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def score_text(ids, h, c, W_x, W_h, b, W_y, b_y):
    """ids (T + 1, B), h and c (B, H), W_y (H, V), b_y (V,). Returns nats (T, B) and the h and c to carry on."""
    nats = []
    for t in range(len(ids) - 1):
        x = np.eye(len(W_x))[ids[t]]
        h, c = lstm_step(x, h, c, W_x, W_h, b)
        log_p = log_softmax(h @ W_y + b_y)
        nats.append(-log_p[np.arange(len(h)), ids[t + 1]])
    return np.stack(nats), h, c


@sheet.check(
    name="score_text",
    oracle=score_text,
    returns=("nats", "h", "c"),
    points=4,
    minutes=20,
    hints=[
        "One pass of a loop for each character that is read: T of them, for T + 1 characters. h and c go on.",
        "`x = np.eye(len(W_x))[ids[t]]` is one-hot, (B, V). `lstm_step` gives the new h and c; `h @ W_y + b_y` are the "
        "scores of the next character.",
        "`nats.append(-log_softmax(scores)[np.arange(len(h)), ids[t + 1]])` in the loop; at the end "
        "`return np.stack(nats), h, c`.",
    ],
)
def score_text_cases(rng):
    """What each character of B streams costs, read by LSTM and readout from a carried state."""
    for label, B, V, H in SIZES:
        V = V if label.startswith("square") else V + 1
        T = 1 if label == "one sample in the batch" else 6
        ids = np.stack([rng.permutation(np.arange(T + 1) % V) for _ in range(B)], axis=1)
        case = {
            "h": rng.uniform(-1, 1, size=(B, H)),
            "c": rng.normal(size=(B, H)) * 2,
            **weights(rng, V, H),
            "W_y": rng.normal(size=(H, V)) * 2,
            "b_y": rng.permutation(V) / V - 0.45,
        }
        _, case = finish(label, case, scaled=("W_y",))
        yield label, {"ids": ids, **case}


STEP, LOG_P = "h, c = lstm_step(x, h, c, W_x, W_h, b)", "log_softmax(h @ W_y + b_y)"
score_text_cases.wrong(
    "the state starts again at every character",
    (STEP, "h, c = lstm_step(x, 0 * h, 0 * c, W_x, W_h, b)"),
    "Give lstm_step the h and c of the character before.",
)
score_text_cases.wrong(
    "the carried state is not used",
    ("    nats = []", "    nats, h, c = [], 0 * h, 0 * c"),
    "Start from the h and c that are given: they know what came before this chunk.",
)
score_text_cases.wrong(
    "the cell state is not carried",
    (STEP, "h, _ = lstm_step(x, h, c, W_x, W_h, b)"),
    "Two states go on: h and c.",
)
score_text_cases.wrong(
    "the hidden state is not carried",
    [("    nats = []", "    nats, first = [], h"), ("lstm_step(x, h, c,", "lstm_step(x, first, c,")],
    "Two states go on: h and c.",
)
score_text_cases.wrong(
    "the cost of the character just read",
    ("ids[t + 1]", "ids[t]"),
    "The readout says what comes next: look up ids[t + 1].",
)
score_text_cases.wrong(
    "the readout reads the cell state", ("h @ W_y", "c @ W_y"), "What the cell shows is h: h @ W_y + b_y."
)
score_text_cases.wrong("the bias of the readout is missing", (" + b_y", ""), "scores = h @ W_y + b_y.")
score_text_cases.wrong(
    "scores in place of log-probabilities",
    (LOG_P, "(h @ W_y + b_y)"),
    "Scores do not sum to anything: put them through log_softmax.",
)
score_text_cases.wrong(
    "probabilities in place of their logarithms",
    (LOG_P, f"np.exp({LOG_P})"),
    "A cost is minus the logarithm of the probability.",
)
score_text_cases.wrong(
    "the minus sign is missing", ("nats.append(-log_p", "nats.append(log_p"), "A cost is positive: minus the logarithm."
)
score_text_cases.wrong(
    "bits, not nats", ("np.stack(nats)", "np.stack(nats) / np.log(2)"), "This function gives nats; bits come later."
)
score_text_cases.wrong("h and c are returned in the wrong order", (", h, c\n", ", c, h\n"), "Return nats, h, c.")
score_text_cases.wrong(
    "the mean over the streams",
    ("np.stack(nats)", "np.stack(nats).mean(axis=1, keepdims=True) + 0 * np.stack(nats)"),
    "Keep each stream's own cost: nats is (T, B).",
)
score_text_cases.wrong(
    "every step starts from the states that were given",
    [
        ("h, c = lstm_step(x, h, c, W_x, W_h, b)", "h_t, c_t = lstm_step(x, h, c, W_x, W_h, b)"),
        ("log_softmax(h @ W_y + b_y)", "log_softmax(h_t @ W_y + b_y)"),
        ("return np.stack(nats), h, c", "return np.stack(nats), h_t, c_t"),
    ],
    "The next step starts from the new states: `h, c = lstm_step(x, h, c, ...)`.",
)
score_text_cases.wrong(
    "rows are picked by the number of the character",
    ("-log_p[np.arange(len(h)), ids[t + 1]]", "-log_p[ids[t + 1]]"),
    "One number for each row: `log_p[np.arange(B), ids[t + 1]]`.",
)
score_text_cases.wrong(
    "the number of the character is read, not its one-hot row",
    ("np.eye(len(W_x))[ids[t]]", "ids[t]"),
    "x is (B, V): `np.eye(V)[ids[t]]`.",
)


# ---------------------------------------------------------------- 8. a model of one's own, on a page nobody has seen


def my_weights():
    """The weights of the stored model: W_x (V, 4H), W_h (H, 4H), b (4H,), W_y (H, V), b_y (V,)."""
    from lstm_helpers.projects.text_generation import stored

    p = stored()[0].params
    return p["lstm.W_x"], p["lstm.W_h"], p["lstm.b"], p["readout.W"], p["readout.b"]


V = 75  # characters of the novel
PIECES, PIECE = 23, 300  # of a page, side by side, and the characters in each
WARM = 64  # characters of a piece that are only read, before the first that is guessed
TIERS = ((0.10, 6), (0.06, 4), (0.03, 2))  # bits per character below the best counts -> points
ALIKE = 0.7  # the cosine from which two units are taken for one
MOST_UNITS = 512  # which the check runs in half a second


@functools.cache
def _page():
    """(ids, bits): a text that no model was trained on, and what each character costs counts of order 6.

    Where a class is graded it is a page written for that, which no student has; in a student's edition it is the
    validation text of the novel.
    """
    from lstm_helpers.data import pride_and_prejudice
    from lstm_helpers.ngrams import WittenBell
    from lstm_helpers.projects.text_generation import Alphabet, split

    text = pride_and_prejudice()
    letters = Alphabet(text)
    learned, page, _ = split(letters.encode(text))
    if HIDDEN.is_file():
        page = letters.encode(HIDDEN.read_text(encoding="utf-8"))
    counts = WittenBell(learned, len(letters), order=6)
    return page, counts.nats(np.concatenate([learned, page]), len(learned))[-1] / np.log(2)


def marks(outputs, cases):
    """Points for the weights of a model, by what it costs on pieces of the page beside the best counts there.

    The model is run here, by question 7, and is an LSTM whatever the notebook holds: counts cannot be handed in.
    """
    if trouble := _no_model(outputs[0]):
        return 0, trouble, "the arrays are not those of a model"
    if _from_the_stored_model(outputs[0]):
        return (
            0,
            "These are the weights of the model that the course trained. Train your own: its line is above.",
            ("the course's own model"),
        )
    page, counts = _page()
    places = cases[0]["starts"] + np.arange(PIECE)[:, None]
    model = {name: array.astype(np.float64) for name, array in outputs[0].items()}
    h, c = np.zeros((2, PIECES, len(model["W_h"])))
    nats, _, _ = score_text(page[places], h, c, **model)
    cost, best = nats[WARM - 1 :].mean() / np.log(2), counts[places[WARM:]].mean()
    points = next((points for gain, points in TIERS if best - cost >= gain), 0)
    asked = ", ".join(f"{points} points from {best - gain:.2f} down" for gain, points in reversed(TIERS))
    said = f"{cost:.2f} bits per character where the best counts cost {best:.2f} ({asked})"
    cause = "" if points else "no better than counts"
    if cost > np.log2(V):
        cause = "worse than a model that knows nothing"
        said += (
            f"\nOne that knows nothing costs {np.log2(V):.2f}. Is this a trained model? Are the blocks of its columns "
            "in the order i, f, g, o?"
        )
    return points, said, cause


def _no_model(given):
    """What keeps arrays from being the weights of one LSTM layer and its readout, or ""."""
    H = len(given["W_h"]) if given["W_h"].ndim else 0
    if not 1 <= H <= MOST_UNITS:
        return f"W_h has shape {given['W_h'].shape}, expected (H, 4H) with 1 to {MOST_UNITS:,} units"
    shapes = {"W_x": (V, 4 * H), "W_h": (H, 4 * H), "b": (4 * H,), "W_y": (H, V), "b_y": (V,)}
    for name, shape in shapes.items():
        array = given[name]
        if array.shape != shape:
            turned = ": transpose it (torch keeps it so)" if array.shape == shape[::-1] else ""
            return f"{name} has shape {array.shape}, expected {shape} with the {H} units of W_h{turned}"
        if array.dtype.kind != "f":
            return f"{name} holds {array.dtype}, expected floating-point numbers"
        if not (np.abs(array) < 1e6).all():
            return f"{name} holds NaN or a number beyond a million: such a model did not train well"
    return ""


@functools.cache
def _stored_units():
    return _units(dict(zip(("W_x", "W_h", "b", "W_y", "b_y"), my_weights(), strict=True)))


def _units(model):
    """What each unit reads and says, scaled to length 1: (H, 5V)."""
    H = len(model["W_h"])
    rows = np.concatenate([model["W_y"], model["W_x"].reshape(V, 4, H).transpose(2, 0, 1).reshape(H, 4 * V)], axis=1)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


def _from_the_stored_model(given):
    """Whether at least half of the units are units of the stored model, in any order, or were trained on from there.

    Among the units of a model that was trained apart, the likest to one of the stored have a cosine of about 0.25.
    """
    likest = (_units(given).astype(np.float32) @ _stored_units().T.astype(np.float32)).max(axis=1)
    return np.median(likest) > ALIKE


@sheet.check(
    name="my_weights",
    oracle=my_weights,
    returns=("W_x", "W_h", "b", "W_y", "b_y"),
    probe="made",
    marks=marks,
    points=6,
    minutes=20,
    hints=[
        "`my_model.params` is a dictionary of arrays. Print its keys, and the shape of each array.",
        "Five arrays, in this order: `lstm.W_x`, `lstm.W_h`, `lstm.b`, `readout.W`, `readout.b`.",
        '`p = my_model.params`, then `return p["lstm.W_x"], p["lstm.W_h"], p["lstm.b"], p["readout.W"], '
        'p["readout.b"]`. Right, but too few points? Train longer, with more units, and watch the validation value: it '
        "has to fall below that of the counts, 1.84.",
    ],
)
def my_weights_cases(rng):
    """Your own model on pages it has not seen: it has to guess better than counts.

    Pieces of the page are read side by side. The first WARM characters of a piece are only read. The page itself is
    no part of the case: the answer is made without it.
    """
    page, _ = _page()
    starts = PIECE * np.sort(rng.choice(len(page) // PIECE, PIECES, replace=False))
    yield f"{PIECES} pieces of {PIECE} characters", {"starts": starts}
