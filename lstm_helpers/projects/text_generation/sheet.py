"""Sheet of the project text generation: smoothed counts, bits per character, streams, sampling, beams, scoring."""

import functools
from importlib.resources import files

import numpy as np

from lstm_helpers import wording
from lstm_helpers.checks.cases import ONE_APART, finish, weights, without_units
from lstm_helpers.checks.compare import how_many
from lstm_helpers.checks.hidden import HiddenText
from lstm_helpers.checks.judge import close
from lstm_helpers.checks.sheet import Sheet, edit
from lstm_helpers.nn.functional import lstm_step

ROWS = without_units(ONE_APART)
sheet = Sheet(
    "text_generation",
    exercise="text_generation",
    profile="text_generation",
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
    return f"[{', '.join(map(str, at))}] is {got[at]}, expected {want[at]} ({how_many(wrong)})"


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
    for label, N, V, _ in ROWS:
        V += 2
        label = "one context, which was seen" if N == 1 else "more sizes" if label.startswith("square") else label
        counts = rng.integers(2, 9, size=(N, V)) * (rng.random((N, V)) < 0.5)
        counts[0, :3], counts[0, -1] = (3, 1, 0), 1
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
    "a context never seen gets NaN",
    (f"np.maximum({DISTINCT}, 1)", DISTINCT),
    "With s = 0 and u = 0 the formula is 0 / 0: there p is p_below.",
)
witten_bell_cases.wrong(
    "0 in place of 0 / 0",
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
for _name, _change, _advice in (
    (
        "the shorter context has the weight 1",
        (SHARE, "(counts + below) / (s + 1)"),
        "p_below has the weight u, above and below the line.",
    ),
    (
        "the two are averaged",
        (SHARE, "(counts / np.maximum(s, 1) + below) / 2"),
        "Counts have the weight s, p_below the weight u: no plain mean.",
    ),
    (
        "the weights s and u are exchanged",
        (SHARE, "(u * counts / np.maximum(s, 1) + s * below) / (s + u)"),
        "p_below has the weight u; where much was counted, the counts decide.",
    ),
    (
        "divided by s + V",
        (SHARE, "(counts + u * below) / (s + counts.shape[1])"),
        "The row must sum to 1: u times p_below come in, so divide by s + u.",
    ),
    ("u is squared", (SHARE, "(counts + u**2 * below) / (s + u**2)"), "p_below has the weight u."),
    (
        "p_below is uniform",
        (SHARE, "(counts + u / counts.shape[1]) / (s + u)"),
        "The shorter context knows more than that every character is alike: u * below.",
    ),
    (
        "the largest count in place of the sum",
        ("counts.sum(axis=1, keepdims=True)", "counts.max(axis=1, keepdims=True)"),
        "s is the sum of the row.",
    ),
    (
        "the logarithm of the probabilities",
        (SHARE, f"np.log(np.maximum({SHARE}, 1e-300))"),
        "Return the probabilities themselves.",
    ),
):
    witten_bell_cases.wrong(_name, _change, _advice)

S, RAW_U = "counts.sum(axis=1, keepdims=True)", f"np.maximum({DISTINCT}, 1)"
for _name, _change, _advice in (
    (
        "a context never seen becomes uniform",
        [
            (RAW_U, DISTINCT),
            (SHARE, "np.where(s > 0, (counts + u * below) / np.maximum(s + u, 1), 1 / counts.shape[1])"),
        ],
        "A context never seen says nothing of its own: there p is p_below.",
    ),
    (
        "u is counted down the columns",
        [(RAW_U, "np.maximum((counts > 0).sum(axis=0), 1)")],
        "u belongs to a row: axis 1.",
    ),
    ("s is summed down the columns", [(S, "counts.sum(axis=0)")], "s belongs to a row: axis 1."),
    (
        "s is summed down the columns, and u counts in the whole table",
        [(S, "counts.sum(axis=0)"), (RAW_U, "np.count_nonzero(counts)")],
        "Each row is one context, with a sum and a number of characters of its own: axis 1.",
    ),
    ("u counts in the whole table", [(RAW_U, "np.count_nonzero(counts)")], "u belongs to a row: axis 1."),
    ("s is the sum of the whole table", [(S, "counts.sum()")], "s belongs to a row: axis 1."),
    ("u counts what followed once", [("counts > 0", "counts == 1")], "u counts all that followed, `counts > 0`."),
    (
        "u counts different counts",
        [(RAW_U, "np.array([[len(set(row))] for row in counts.tolist()])")],
        "u counts the characters that did follow, `counts > 0`, whatever their counts.",
    ),
    (
        "u counts different counts above 0",
        [(RAW_U, "np.array([[max(len(set(row) - {0}), 1)] for row in counts.tolist()])")],
        "u counts the characters that did follow, `counts > 0`, also where two have the same count.",
    ),
    (
        "u is the largest count",
        [(RAW_U, "np.maximum(counts.max(axis=1, keepdims=True), 1)")],
        "u counts the characters that did follow, each once.",
    ),
    (
        "u is one too large",
        [(SHARE, "(counts + (u + 1) * below) / (s + u + 1)")],
        "u counts the characters that did follow.",
    ),
    ("divided by s + 1", [(SHARE, "(counts + u * below) / (s + 1)")], "u times p_below come in: divide by s + u."),
    ("divided by s + u + 1", [(SHARE, "(counts + u * below) / (s + u + 1)")], "Every row sums to 1: divide by s + u."),
    (
        "p_below only where nothing was counted, unscaled",
        [(SHARE, "np.where(counts > 0, counts / (s + u), below)")],
        "All characters get u times p_below, and all are divided by s + u.",
    ),
    (
        "p_below is shared out among what did not follow",
        [
            (
                SHARE,
                "np.where(counts > 0, counts, u * below / (below * (counts < 1)).sum(axis=1)[:, None]) / (s + u)",
            )
        ],
        "All characters get u times p_below, also those that were counted.",
    ),
    (
        "p_below only for a context never seen",
        [(SHARE, "np.where(s > 0, counts / np.maximum(s, 1), below)")],
        "A context that was seen is smoothed as well: (counts + u * p_below) / (s + u).",
    ),
    (
        "u times p_below is not divided",
        [(SHARE, "counts / (s + u) + u * below")],
        "Brackets: counts and u times p_below together are divided by s + u.",
    ),
    (
        "counts are not divided",
        [(SHARE, "counts + u * below / (s + u)")],
        "Brackets: counts and u times p_below together are divided by s + u.",
    ),
    (
        "counts over s, and u times p_below on top",
        [(SHARE, "counts / np.maximum(s, 1) + u * below")],
        "Counts and u times p_below together are divided by s + u.",
    ),
    (
        "the counts themselves are weighted",
        [(SHARE, "s / (s + u) * counts + u / (s + u) * below")],
        "The weight s / (s + u) belongs to counts / s: that is counts / (s + u).",
    ),
    (
        "p_below is averaged over the contexts",
        [("u * below", "u * below.mean(axis=0)")],
        "Each row has a p_below of its own.",
    ),
    ("the first row of p_below for all", [("u * below", "u * below[0]")], "Each row has a p_below of its own."),
    ("the logarithm to base 2", [(SHARE, f"np.log2({SHARE})")], "Return the probabilities themselves."),
):
    witten_bell_cases.wrong(_name, _change, _advice, alone=True)
witten_bell_cases.wrong(
    "p_below as it is", (SHARE, "below"), "The counts come in: counts + u * p_below.", plain=True, alone=True
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
    for label, B, V, T in ROWS:
        T, V = (B, B) if label.startswith("square") else (T + 2, V + 3)
        log_p = np.log(rng.dirichlet(np.ones(V), size=(T, B)))
        if label.startswith("large"):
            log_p = log_p * 100
        mask = rng.random((T, B)) < 0.6
        mask[0] = True
        mask[-1, 0] = False
        _, log_p = finish("float32" if label == "float32" else "", {"log_p": log_p})
        targets = rng.integers(V, size=(T, B))
        targets[0, 0] = 0  # a character like any other
        yield label, {**log_p, "targets": targets, "mask": mask}


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
    "the mask is inverted",
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
    "the result is NaN",
    ("[..., 0]", "[..., 0]\n    chosen = np.log(chosen)"),
    "A negative number has no logarithm, and log_p holds logarithms already: only the sign, the mean and the "
    "unit are left to do.",
    plain=True,
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
for _name, _change, _advice in (
    ("the common logarithm", ("/ np.log(2)", "/ np.log(10)"), "Bits need base 2: divide by `np.log(2)`."),
    ("divided by 2", ("/ np.log(2)", "/ 2"), "One bit is ln 2 = 0.693 nats: divide by `np.log(2)`."),
    ("bits are made twice", ("/ np.log(2)", "/ np.log(2) ** 2"), "Divide by `np.log(2)` once."),
    (
        "divided by the number of steps",
        ("mask.sum()", "len(mask)"),
        "Divide by the number of characters that count, `mask.sum()`.",
    ),
    (
        "divided by the number of streams",
        ("mask.sum()", "mask.shape[1]"),
        "Divide by the number of characters that count, `mask.sum()`.",
    ),
    (
        "each step has the same weight",
        (MEAN, "-((chosen * mask).sum(axis=1) / np.maximum(mask.sum(axis=1), 1)).mean()"),
        "Each character has the same weight: one sum over all, divided by one count.",
    ),
    (
        "the first character of the alphabet in place of the target",
        ("targets[..., None]", "0 * targets[..., None]"),
        "What counts is the character that did come, `targets`.",
    ),
    (
        "the mean over all V characters",
        ("chosen * mask", "log_p.mean(axis=2) * mask"),
        "What counts is the character that did come, `targets`.",
    ),
    (
        "the cost of the mean probability",
        (MEAN, "-np.log((np.exp(chosen) * mask).sum() / mask.sum())"),
        "The logarithms are averaged, not the probabilities: one bad guess must show.",
    ),
    (
        "the last step alone",
        (MEAN, "-(chosen * mask)[-1].sum() / np.maximum(mask[-1].sum(), 1)"),
        "All characters that count are averaged, over time too.",
    ),
    (
        "the first step alone",
        (MEAN, "-(chosen * mask)[0].sum() / mask[0].sum()"),
        "All characters that count are averaged, over time too.",
    ),
    (
        "the median",
        (MEAN, "-np.median(chosen[mask])"),
        "Bits per character are a mean, in which rare costly characters count.",
    ),
):
    bits_per_character_cases.wrong(_name, _change, _advice)

CHOSEN = "np.take_along_axis(log_p, targets[..., None], axis=2)[..., 0]"
ALL = f"{MEAN} / np.log(2)"
for _name, _change, _advice in (
    (
        "the logarithm of the logarithm",
        [(ALL, "-np.log2(-chosen[mask]).mean()")],
        "log_p holds logarithms already: only the sign, the mean and the unit are left to do.",
    ),
    ("the mean probability", [(ALL, "np.exp(chosen[mask]).mean()")], "The cost is minus the logarithm, in bits."),
    (
        "the entropy of the model",
        [("chosen * mask", "(np.exp(log_p) * log_p).sum(axis=2) * mask")],
        "What counts is the character that did come, `targets`.",
    ),
    (
        "divided by the common logarithm of 2",
        [("np.log(2)", "np.log10(2)")],
        "Natural logarithms: divide by `np.log(2)`.",
    ),
    (
        "divided by the logarithm of the alphabet",
        [("np.log(2)", "np.log(log_p.shape[2])")],
        "Bits need base 2: divide by `np.log(2)`.",
    ),
    (
        "divided by all entries of log_p",
        [("mask.sum()", "log_p.size")],
        "Divide by the number of characters that count, `mask.sum()`.",
    ),
    (
        "divided by V as well",
        [("mask.sum()", "mask.sum() / log_p.shape[2]")],
        "One of the V numbers counts for each character: divide by `mask.sum()` alone.",
    ),
    (
        "divided by the share that counts",
        [("mask.sum()", "mask.mean()")],
        "Divide by the number of characters that count, `mask.sum()`.",
    ),
    (
        "the means of the streams are added up",
        [(MEAN, "-((chosen * mask).sum(axis=0) / np.maximum(mask.sum(axis=0), 1)).sum()")],
        "Each character has the same weight: one sum over all, divided by one count.",
    ),
    (
        "the target of the next step",
        [("targets[..., None]", "np.roll(targets, -1, axis=0)[..., None]")],
        "log_p[t] and targets[t] belong together: nothing is shifted.",
    ),
    (
        "the target of the step before",
        [("targets[..., None]", "np.roll(targets, 1, axis=0)[..., None]")],
        "log_p[t] and targets[t] belong together: nothing is shifted.",
    ),
    (
        "the target of the next step, without the last one",
        [(CHOSEN, "np.take_along_axis(log_p[:-1], targets[1:, :, None], axis=2)[..., 0]\n    mask = mask[1:]")],
        "log_p[t] and targets[t] belong together: nothing is shifted.",
    ),
    (
        "the number before the target",
        [("targets[..., None]", "targets[..., None] - 1")],
        "The characters are counted from 0: targets are indices as they are.",
    ),
    ("the largest cost", [(MEAN, "-chosen[mask].min()")], "The mean over all that count is asked."),
    ("the smallest cost", [(MEAN, "-chosen[mask].max()")], "The mean over all that count is asked."),
    (
        "the sum over all V characters",
        [("chosen * mask", "log_p.sum(axis=2) * mask")],
        "What counts is the character that did come, `targets`.",
    ),
    ("the root of the mean square", [(MEAN, "np.sqrt(np.mean(chosen[mask] ** 2))")], "The plain mean is asked."),
    (
        "divided by one less than the count",
        [("mask.sum()", "(mask.sum() - 1)")],
        "Divide by the number of characters that count, `mask.sum()`.",
    ),
    (
        "character 0 is taken for what does not count",
        [(MEAN, "-chosen[targets > 0].mean()")],
        "The mask says what counts, whichever character it is.",
    ),
):
    bits_per_character_cases.wrong(_name, _change, _advice, alone=True)


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
    ("ids[1 : rows * B + 1].reshape(B, rows).T", "(inputs + 1)"),
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
for _name, _change, _advice in (
    (
        "the targets lie two characters on",
        ("ids[1 : rows * B + 1]", "np.append(ids[2 : rows * B + 1], ids[0])"),
        "The target is the next character: begin one place on.",
    ),
    (
        "the last target is the first character of the text",
        ("ids[1 : rows * B + 1]", "np.roll(ids[: rows * B], -1)"),
        "The last target is the character after the last input: `ids[1 : rows * B + 1]`.",
    ),
    (
        "time runs backwards",
        [(part, f"{part}[::-1]") for part in CUT],
        "The first row holds the first character of each stream.",
    ),
    (
        "the streams stand in reverse order",
        [(part, f"{part}[:, ::-1]") for part in CUT],
        "Column 0 is the beginning of the text.",
    ),
    (
        "one long column",
        [(part, part.replace("reshape(B, rows).T", "reshape(-1, 1)")) for part in CUT],
        "The text is cut into B streams, a column each: (rows, B).",
    ),
    (
        "the batch comes first in the targets alone",
        (CUT[1], CUT[1].removesuffix(".T")),
        "Time comes first in both: transpose to (rows, B).",
    ),
):
    streams_cases.wrong(_name, _change, _advice)

N_ROWS = "rows = (len(ids) - 1) // B"
for _name, _change, _advice in (
    (
        "len(ids) // B rows",
        [(N_ROWS, "rows = len(ids) // B")],
        "Each input needs a character after it: (len(ids) - 1) // B rows.",
    ),
    (
        "len(ids) // B rows, and the last target is the first character of the text",
        [(N_ROWS, "rows = len(ids) // B"), ("ids[1 : rows * B + 1]", "np.roll(ids, -1)[: rows * B]")],
        "Each input needs a character after it: (len(ids) - 1) // B rows.",
    ),
    (
        "len(ids) // B - 1 rows",
        [(N_ROWS, "rows = len(ids) // B - 1")],
        "Only the last character of the whole text is no input: (len(ids) - 1) // B rows.",
    ),
    (
        "one row too few",
        [(N_ROWS, f"{N_ROWS} - 1")],
        "The 1 for the last target is taken off once: (len(ids) - 1) // B.",
    ),
    (
        "the last row is a target alone",
        [(CUT[0], f"{CUT[0]}[:-1]"), (CUT[1], "ids[: rows * B].reshape(B, rows).T[1:]")],
        "The target of a stream's last input stands at the beginning of the next stream: cut the targets from the "
        "text, one place on.",
    ),
    (
        "the last target of a stream is its last input",
        [(CUT[1], "np.concatenate([inputs[1:], inputs[-1:]])")],
        "What follows the end of a stream is the first character of the next stream: cut the targets from the text.",
    ),
    (
        "the last target of a stream is 0",
        [(CUT[1], "np.concatenate([inputs[1:], 0 * inputs[-1:]])")],
        "What follows the end of a stream is the first character of the next stream: cut the targets from the text.",
    ),
    (
        "the targets are those of the next column",
        [(CUT[1], "np.roll(inputs, -1, axis=1)")],
        "The target of a character stands below it in its column: the next in time.",
    ),
    (
        "neighbours side by side, and targets from the row below",
        [(CUT[0], "ids[: rows * B].reshape(rows, B)"), (CUT[1], "np.roll(inputs, -1, axis=0)")],
        "Column k is a run of neighbours: `reshape(B, rows).T`, and the targets are cut from the text, one place on.",
    ),
    (
        "neighbours lie side by side in the targets alone",
        [(CUT[1], "ids[1 : rows * B + 1].reshape(rows, B)")],
        "The targets are cut as the inputs are: `reshape(B, rows).T`.",
    ),
    (
        "the batch comes first, and the targets wrap round in each stream",
        [(CUT[0], "ids[: rows * B].reshape(B, rows)"), (CUT[1], "np.roll(inputs, -1, axis=1)")],
        "Time comes first: transpose to (rows, B); and the targets are cut from the text, one place on.",
    ),
):
    streams_cases.wrong(_name, _change, _advice, alone=True)


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
    for label, B, V, _ in ROWS:
        V = V if label.startswith("square") else V + 2
        scores = rng.normal(size=(B, V)) * 2
        if label.startswith("large"):
            scores = (np.abs(scores) + 1000 * (1 + np.arange(B)[:, None])) * (1 if "positive" in label else -1)
        tau = rng.permutation(np.linspace(0.4, 1.7, B))[:, None] + rng.uniform(0, 0.1)
        yield finish(label, {"scores": scores, "tau": tau}, scaled=())
    yield (
        "temperatures near 0 and far above 1",
        {"scores": rng.normal(size=(3, 4)), "tau": np.array([[0.02], [50.0], [1e-4]])},
    )
    close = {"scores": 1e-7 * rng.normal(size=(2, 4)), "tau": np.array([[5e-8], [2e-7]])}
    yield "scores that differ by as little as the temperature", close
    far = np.array([[600.0, 599.0, 598.5, -900.0], [1.0, 0.5, 2.0, 0.0]])
    yield "one score far below the others", {"scores": far, "tau": np.array([[1.0], [0.8]])}


SOFTMAX = "e / e.sum(axis=1, keepdims=True)"
with_temperature_cases.wrong(
    "multiplied by the temperature",
    ("scores / tau", "scores * tau"),
    "A low temperature makes the choice bolder: divide, so that differences grow.",
)
with_temperature_cases.wrong(
    "the temperature has no effect",
    ("scores / tau", "scores"),
    "Divide the scores by tau: what is added to a whole row, or divides it after np.exp, cancels in the softmax.",
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
for _name, _change, _advice in (
    ("divided by the temperature twice", ("scores / tau", "scores / tau**2"), "Divide by tau once."),
    ("divided by the root of the temperature", ("scores / tau", "scores / np.sqrt(tau)"), "Divide by tau itself."),
    (
        "the first temperature for all rows",
        ("scores / tau", "scores / tau[0]"),
        "Each row has a temperature of its own: tau is (B, 1) and fits as it is.",
    ),
    (
        "the mean temperature for all rows",
        ("scores / tau", "scores / tau.mean()"),
        "Each row has a temperature of its own: tau is (B, 1) and fits as it is.",
    ),
    ("the temperatures stand in reverse order", ("scores / tau", "scores / tau[::-1]"), "Row n has temperature n."),
    (
        "the temperature is divided by the scores",
        ("scores / tau", "tau / scores"),
        "The other way round: divide the scores by tau.",
    ),
    (
        "a small number is added to the temperature",
        ("scores / tau", "scores / (tau + 1e-8)"),
        "tau is positive, so nothing is divided by 0, and near 0 the extra number changes the result.",
    ),
    ("powers of 2", ("np.exp(z", "np.exp2(z"), "The softmax has base e: np.exp."),
    (
        "probabilities to the power of 1 / tau that do not sum to 1",
        (
            SOFTMAX,
            "np.exp((scores - scores.max(axis=1, keepdims=True)) / tau) "
            "/ np.exp(scores - scores.max(axis=1, keepdims=True)).sum(axis=1, keepdims=True) ** (1 / tau)",
        ),
        "The power is right, the sum is not: divide the scores before the softmax.",
    ),
    ("all or nothing", (SOFTMAX, "(e == 1) * 1.0"), "At any temperature above 0 each character keeps a chance."),
    (
        "divided by the mean",
        (SOFTMAX, "e / e.mean(axis=1, keepdims=True)"),
        "Probabilities sum to 1: divide by the row's sum.",
    ),
    (
        "the sign is turned",
        ("np.exp(z - z.max(axis=1, keepdims=True))", "np.exp(z.min(axis=1, keepdims=True) - z)"),
        "The largest score becomes the largest probability.",
    ),
):
    with_temperature_cases.wrong(_name, _change, _advice)

E_LINE = "np.exp(z - z.max(axis=1, keepdims=True))"
for _name, _change, _advice in (
    (
        "multiplied by the temperature, and no maximum taken away",
        [("scores / tau", "scores * tau"), (E_LINE, "np.exp(z)")],
        "Divide by tau; and take each row's largest number away before np.exp, or it overflows.",
    ),
    (
        "overflow: the largest score is taken away undivided",
        [(E_LINE, "np.exp(z - scores.max(axis=1, keepdims=True))")],
        "Take the largest of z = scores / tau away, so that the largest exponent is 0.",
    ),
    (
        "overflow: the smallest is taken away",
        [(E_LINE, "np.exp(z - z.min(axis=1, keepdims=True))")],
        "Take the largest of each row away, so that the largest exponent is 0.",
    ),
    (
        "overflow: the mean is taken away",
        [(E_LINE, "np.exp(z - z.mean(axis=1, keepdims=True))")],
        "Take the largest of each row away, so that the largest exponent is 0.",
    ),
    (
        "overflow is turned into numbers",
        [(E_LINE, "np.exp(z)"), (SOFTMAX, f"np.nan_to_num({SOFTMAX})")],
        "Take the largest of each row away before np.exp: then nothing overflows.",
    ),
    (
        "large scores are clipped",
        [("scores / tau", "np.clip(scores / tau, -700, 700)")],
        "Clipped scores are all alike: take the largest of each row away.",
    ),
    (
        "one maximum for the whole batch, before the division",
        [("scores / tau", "(scores - scores.max()) / tau"), (E_LINE, "np.exp(z)")],
        "A row far below that maximum becomes 0 / 0: take each row's own largest number away.",
    ),
    (
        "the maximum runs over the batch",
        [(E_LINE, "np.exp(z - z.max(axis=0, keepdims=True))")],
        "Take each row's largest number away, axis 1: only that cancels in the row.",
    ),
    (
        "the sum runs over the batch",
        [(SOFTMAX, "e / e.sum(axis=0, keepdims=True)")],
        "Each row is a distribution of its own: sum over its row, axis 1.",
    ),
    (
        "the sum is that of the undivided scores",
        [(SOFTMAX, "e / np.exp(scores - scores.max(axis=1, keepdims=True)).sum(axis=1, keepdims=True)")],
        "tau belongs below the line too: divide e by its own sum.",
    ),
    (
        "shares of the scores, no exponential",
        [(SOFTMAX, "z / z.sum(axis=1, keepdims=True)")],
        "The softmax takes np.exp of the divided scores first.",
    ),
    (
        "the sigmoid of each score",
        [(SOFTMAX, "1 / (1 + np.exp(-z))")],
        "The softmax divides np.exp by the sum of its row.",
    ),
    (
        "the logarithms of the softmax",
        [(SOFTMAX, "z - z.max(axis=1, keepdims=True) - np.log(e.sum(axis=1, keepdims=True))")],
        "Return the probabilities themselves.",
    ),
    (
        "1e-6 is added to the temperature",
        [("scores / tau", "scores / (tau + 1e-6)")],
        "tau is positive, so nothing is divided by 0, and near 0 the extra number changes the result.",
    ),
    (
        "1e-12 is added to the temperature",
        [("scores / tau", "scores / (tau + 1e-12)")],
        "tau is positive, so nothing is divided by 0, and near 0 the extra number changes the result.",
    ),
):
    with_temperature_cases.wrong(_name, _change, _advice, alone=True)


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
    for label, B, V, _ in ROWS:
        if label.startswith("large"):
            continue
        V = V if label.startswith("square") else V + 3
        p = rng.permuted(np.sort(rng.dirichlet(np.full(V, 0.8), size=B) * 0.5 + _staircase(V)), axis=1)
        many = rng.integers(2, V, size=(B, 1)) if V > 2 else np.ones((B, 1), int)
        yield finish(label, {"p": p, "top": _between(p, many)}, scaled=())
    for label, many in (("the first alone holds enough", 1), ("only the last is left out", 5)):
        p = rng.permuted(rng.dirichlet(np.full(6, 2.0), size=3) * 0.5 + _staircase(6), axis=1)
        yield label, {"p": p, "top": _between(p, np.full((3, 1), many))}
    halves = np.array([0.5, 0.25, 0.1875, 0.0625])  # exact in binary, and so are their sums
    tie = rng.permuted(np.tile(halves, (3, 1)), axis=1)
    yield "a sum that is exactly top", {"p": tie, "top": np.array([[0.75], [0.5], [0.9375]])}
    rare = rng.permuted(np.tile([0.9, 0.09, 0.006, 0.003, 0.001], (2, 1)), axis=1)
    yield "very unlikely characters that belong to it", {"p": rare, "top": np.array([[0.9985], [0.9975]])}


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
    "nothing is cut",
    ("-np.sort(-p, axis=1)", "np.sort(p, axis=1)"),
    "Sum up the ranking from the largest down: np.sort gives the smallest first, `-np.sort(-p, axis=1)` the largest.",
    plain=True,
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
for _name, _change, _advice in (
    (
        "one more is kept where the sum is exactly top",
        ("before < top", "before <= top"),
        "The character that reaches `top` is the last one: the next is kept only if those before it hold less, `<`.",
    ),
    (
        "one more than needed is kept",
        (
            "np.where(before < top, ranked, 1)",
            "np.where(np.concatenate([0 * before[:, :1], before[:, :-1]], axis=1) < top, ranked, 1)",
        ),
        "As few as can be: stop at the character that reaches `top`.",
    ),
    (
        "the top of the first row for all",
        ("before < top", "before < top[0]"),
        "Each row has a share of its own: top is (B, 1) and fits as it is.",
    ),
    (
        "what holds less than 1 - top is cut from the top",
        ("before < top", "before < 1 - top"),
        "The kept ones hold at least top, those that are cut less than 1 - top.",
    ),
    (
        "the ranking runs over the batch",
        ("np.sort(-p, axis=1)", "np.sort(-p, axis=0)"),
        "Each row is ranked by itself: axis=1.",
    ),
    (
        "the most likely alone",
        ("np.where(before < top, ranked, 1).min(axis=1, keepdims=True)", "ranked[:, :1] + 0 * top"),
        "Keep as many as it takes to hold `top`.",
    ),
    (
        "divided by top",
        (RENORMALISED, "kept / top"),
        "What is left holds at least top, and mostly more: divide by its own sum.",
    ),
    (
        "softmax in place of the division",
        (
            RENORMALISED,
            "np.where(kept > 0, np.exp(kept), 0) / np.where(kept > 0, np.exp(kept), 0).sum(axis=1, keepdims=True)",
        ),
        "Divide by the sum: a softmax changes the proportions.",
    ),
    (
        "what is left is shared alike",
        (RENORMALISED, "(kept > 0) / (kept > 0).sum(axis=1, keepdims=True)"),
        "The kept ones stay in proportion: divide kept by its sum.",
    ),
    (
        "what was cut is given to all that are kept alike",
        (
            RENORMALISED,
            "np.where(kept > 0, kept + (p - kept).sum(axis=1)[:, None] / (kept > 0).sum(axis=1)[:, None], 0)",
        ),
        "The kept ones stay in proportion: divide by their sum.",
    ),
):
    nucleus_cases.wrong(_name, _change, _advice)


def _ranked(keep, finish, sign=-1):
    """A nucleus that keeps, in the order of the ranking, where keep(sums, ranked, top); finish(kept) is returned."""

    def slip(p, top):
        order = np.argsort(sign * p, axis=1)
        ranked = np.take_along_axis(p, order, axis=1)
        kept = np.zeros_like(p)
        np.put_along_axis(kept, order, np.where(keep(np.cumsum(ranked, axis=1), ranked, top), ranked, 0), axis=1)
        return finish(kept)

    return slip


def _placed(kept_of, finish):
    """A nucleus that ranks nothing: finish(kept_of(p, top))."""
    return lambda p, top: finish(kept_of(p, top))


def _shared(kept):
    return kept / kept.sum(axis=1, keepdims=True)


def _guarded(kept):
    return kept / np.maximum(kept.sum(axis=1, keepdims=True), 1e-12)


def _below(sums, ranked, top):
    return sums < top


def _at_most(sums, ranked, top):
    return sums <= top


def _reached(sums, ranked, top):
    return sums - ranked < top


def _and_first(keep):
    return lambda sums, ranked, top: keep(sums, ranked, top) | (np.arange(sums.shape[1]) == 0)


def _many(round_):
    """The k most likely, k a share of V."""
    return lambda sums, ranked, top: np.arange(sums.shape[1]) < np.maximum(round_(top * sums.shape[1]), 1)


def _misplaced(p, top):
    order = np.argsort(-p, axis=1)
    ranked = np.take_along_axis(p, order, axis=1)
    return p * np.take_along_axis(_reached(np.cumsum(ranked, axis=1), ranked, top), order, axis=1)


def _unplaced(p, top, keep=_reached):
    ranked = -np.sort(-p, axis=1)
    return np.where(keep(np.cumsum(ranked, axis=1), ranked, top), p, 0)


_DROPPED = "Together the kept ones must hold at least `top`: the one that reaches it belongs to them."
_RANK = "Rank by probability, the most likely first, before you sum up."
_PLACES = "Column k must stay character k: mark what is kept in p itself."
_SUM = "What counts is the sum of the ranking, not the single probability."
_SHARE = "The kept ones hold `top` of the probability, however many that takes."
for _name, _slip, _advice in (
    ("the one that crosses the line is dropped, 0 everywhere if it is the first", _ranked(_below, _guarded), _DROPPED),
    (
        "the one that crosses the line is dropped, if it is not the first",
        _ranked(_and_first(_below), _shared),
        _DROPPED,
    ),
    (
        "the one that crosses the line is dropped, and nothing renormalised",
        _ranked(_below, np.copy),
        f"{_DROPPED} And divide by the new sum.",
    ),
    ("the one that goes beyond the line is dropped, NaN if it is the first", _ranked(_at_most, _shared), _DROPPED),
    (
        "the one that goes beyond the line is dropped, 0 everywhere if it is the first",
        _ranked(_at_most, _guarded),
        _DROPPED,
    ),
    (
        "the one that goes beyond the line is dropped, if it is not the first",
        _ranked(_and_first(_at_most), _shared),
        _DROPPED,
    ),
    (
        "the one that goes beyond the line is dropped, and nothing renormalised",
        _ranked(_at_most, np.copy),
        f"{_DROPPED} And divide by the new sum.",
    ),
    ("the ranking begins with the least likely", _ranked(_reached, _shared, sign=1), _RANK),
    (
        "the ranking begins with the least likely, and stops below top",
        _ranked(_at_most, _guarded, sign=1),
        f"{_RANK} {_DROPPED}",
    ),
    (
        "the least likely are kept, those beyond the line",
        _ranked(lambda sums, ranked, top: sums > top, _guarded),
        "The nucleus is the top of the ranking, up to the character that reaches `top`.",
    ),
    ("no ranking at all", _placed(lambda p, top: np.where(np.cumsum(p, axis=1) - p < top, p, 0), _shared), _RANK),
    (
        "no ranking at all, and the one that crosses the line is dropped",
        _placed(lambda p, top: np.where(np.cumsum(p, axis=1) <= top, p, 0), _guarded),
        f"{_RANK} {_DROPPED}",
    ),
    (
        "the ranking is put back by the wrong permutation",
        _placed(_misplaced, _shared),
        "`order` leads from places to ranks; np.put_along_axis, or argsort of order, leads back.",
    ),
    ("the ranks are taken for places", _placed(_unplaced, _shared), _PLACES),
    (
        "each character is compared with 1 - top, the likeliest is kept",
        _placed(lambda p, top: np.where(p >= np.minimum(1 - top, p.max(axis=1, keepdims=True)), p, 0), _shared),
        _SUM,
    ),
    (
        "each character is compared with 1 - top, 0 where nothing is left",
        _placed(lambda p, top: np.where(p >= 1 - top, p, 0), _guarded),
        _SUM,
    ),
    (
        "each character is compared with top, 0 where nothing is left",
        _placed(lambda p, top: np.where(p >= top, p, 0), _guarded),
        _SUM,
    ),
    ("what is above top is cut", _placed(lambda p, top: np.where(p <= top, p, 0), _shared), _SUM),
    (
        "each character is compared with top times the largest",
        _placed(lambda p, top: np.where(p >= top * p.max(axis=1, keepdims=True), p, 0), _shared),
        _SUM,
    ),
    (
        "each character is compared with 1 - top times the largest",
        _placed(lambda p, top: np.where(p >= (1 - top) * p.max(axis=1, keepdims=True), p, 0), _shared),
        _SUM,
    ),
    ("the share top of the characters, rounded", _ranked(_many(np.round), _shared), _SHARE),
    ("the share top of the characters, rounded up", _ranked(_many(np.ceil), _shared), _SHARE),
    ("the share top of the characters, rounded down", _ranked(_many(np.floor), _shared), _SHARE),
    (
        "in the order of the ranking, without the one that crosses the line",
        lambda p, top: _guarded(np.where(np.cumsum(-np.sort(-p, axis=1), axis=1) <= top, -np.sort(-p, axis=1), 0)),
        f"{_PLACES} {_DROPPED}",
    ),
    (
        "divided by the sums of the columns, 0 where they are 0",
        _ranked(_reached, lambda kept: kept / np.maximum(kept.sum(axis=0), 1e-12)),
        "Divide each row by its own sum: axis 1.",
    ),
    (
        "divided by the sums of the columns",
        _ranked(_reached, lambda kept: kept / kept.sum(axis=0)),
        "Divide each row by its own sum: axis 1.",
    ),
    (
        "softmax of what is left, zeros and all",
        _ranked(_reached, lambda kept: np.exp(kept) / np.exp(kept).sum(axis=1, keepdims=True)),
        "Divide by the sum: a softmax changes the proportions, and makes something of the zeros.",
    ),
    ("1 for what is kept", _ranked(_reached, lambda kept: (kept > 0) * 1.0), "Keep the probabilities, over their sum."),
    (
        "what was cut is given to the likeliest",
        _ranked(
            _reached,
            lambda kept: np.where(
                kept == kept.max(axis=1, keepdims=True), kept + 1 - kept.sum(axis=1, keepdims=True), kept
            ),
        ),
        "The kept ones stay in proportion: divide by their sum.",
    ),
):
    nucleus_cases.wrong(_name, _slip, _advice)


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
        ("more lines than characters", 300, 4, 1),
        ("very unlikely continuations", 3, 5, 1000),
        ("float32", 3, 5, 1),
        ("two lines", 2, 5, 1),
    ):
        ranked = -np.arange(1, K * V + 1) * 0.3 * scale  # the totals of all candidates, no two alike
        total = -rng.uniform(1, 9, size=K) * scale
        log_p = rng.permutation(ranked).reshape(K, V) - total[:, None] - 9 * scale
        _, case = finish(label if label == "float32" else "", {"log_p": log_p, "total": total})
        yield label, case
    log_p = np.log(np.sort(rng.dirichlet(np.ones(6), size=3)))  # character 0 is never the likeliest
    yield "the first step: one line is alive", {"log_p": log_p, "total": np.array([-1500, -np.inf, -np.inf])}


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
    "the best come last", ("np.argsort(-every)[:K]", "np.argsort(every)[-K:]"), "The best first: reverse the order."
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
for _name, _change, _advice in (
    (
        "each line goes on with its own best character, the best line first",
        [
            ("(total[:, None] + log_p).ravel()", "total[:, None] + log_p"),
            ("np.argsort(-every)[:K]", "(every.argmax(axis=1) + np.arange(K) * V)[np.argsort(-every.max(axis=1))]"),
            ("every[best]", "every.ravel()[best]"),
        ],
        "All K * V continuations compete: two of the best may come from one line, and a line may die.",
    ),
    (
        "the best line alone goes on",
        (EVERY, "np.where(np.arange(K)[:, None] == total.argmax(), total[:, None] + log_p, -1e9 + log_p)"),
        "All lines that are alive compete with all their continuations.",
    ),
    (
        "the total is subtracted",
        (EVERY, "log_p - np.where(np.isfinite(total), total, 0)[:, None]"),
        "Logarithms are added: total[:, None] + log_p.",
    ),
    ("the mean of line and character", (EVERY, f"({EVERY}) / 2"), "The total is a sum: total[:, None] + log_p."),
    (
        "probabilities in place of their logarithms",
        ("every[best]", "np.exp(every[best])"),
        "Totals are log-probabilities: no np.exp.",
    ),
    (
        "one place too late in the ranking",
        ("np.argsort(-every)[:K]", "np.argsort(-every)[1 : K + 1]"),
        "The best is at place 0: `[:K]`.",
    ),
    ("V lines live on", ("[:K]", "[:V]"), "K lines live on, as many as before."),
    ("one line lives on", ("[:K]", "[:1]"), "K lines live on, as many as before."),
    (
        "character before line",
        ("return every[best], best // V, best % V", "return best // V, best % V, every[best]"),
        "Return the total first, then line and character.",
    ),
    ("lines as floats", ("best // V", "best / V"), "`//` divides whole numbers: the line is n // V."),
    (
        "counted from 1",
        ("best // V, best % V", "best // V + 1, best % V + 1"),
        "Lines and characters are counted from 0.",
    ),
    (
        "the totals of the old lines are returned",
        ("every[best], best", "total[best // V], best"),
        "The next step needs the new totals: every[best].",
    ),
):
    beam_step_cases.wrong(_name, _change, _advice)

EVERY_LINE, BEST = f"({EVERY}).ravel()", "np.argsort(-every)[:K]"
beam_step_cases.wrong(
    "the totals are added along the characters",
    (EVERY, "total + log_p"),
    "log_p is (K, V) and each of its K rows has one total: a column, (K, 1), is `total[:, None]`.",
    alone=True,
)
_COMPETE = "All K * V continuations compete: two of the best may come from one line, and a line may die."


def _own_best(log_p, total):
    """beam_step where each line goes on with the character that is likeliest after it."""
    new = total + log_p.max(axis=1)
    line = np.argsort(-new)
    return new[line], line, log_p.argmax(axis=1)[line]


def _best_of_characters(log_p, total):
    """beam_step where each character is taken once, after the line that suits it best."""
    every = total[:, None] + log_p
    best = np.argsort(-every.max(axis=0))[: len(total)]
    return every.max(axis=0)[best], every.argmax(axis=0)[best], best


def _best_line(log_p, total):
    """beam_step where the line with the highest total goes on alone."""
    new = total.max() + log_p[total.argmax()]
    best = np.argsort(-new)[: len(total)]
    return new[best], np.full(len(best), total.argmax()), best


for _name, _change, _advice in (
    ("each line goes on with the likeliest character after it", _own_best, _COMPETE),
    (
        "each line goes on with the likeliest character after it, in its place",
        edit(_own_best, ("np.argsort(-new)", "np.arange(len(new))")),
        f"{_COMPETE} And the best comes first.",
    ),
    ("each character is taken once", _best_of_characters, _COMPETE),
    ("the best line alone goes on, with what characters there are", _best_line, _COMPETE),
):
    beam_step_cases.wrong(_name, _change, _advice)
for _name, _change, _advice in (
    (
        "ranked by the step alone",
        [(BEST, "np.argsort(-log_p.ravel())[:K]")],
        "The highest totals live on: rank total[:, None] + log_p.",
    ),
    (
        "chosen by the step alone, then put in order",
        [(BEST, "np.argsort(-log_p.ravel())[:K]\n    best = best[np.argsort(-every[best])]")],
        "The highest totals live on: rank total[:, None] + log_p.",
    ),
    (
        "a line that is not alive counts as 0",
        [(EVERY, "np.where(np.isinf(total), 0, total)[:, None] + log_p")],
        "-inf stays -inf in the sum, and comes last by itself.",
    ),
    (
        "a line that is not alive counts as -1000",
        [(EVERY, "np.where(np.isinf(total), -1e3, total)[:, None] + log_p")],
        "-inf stays -inf in the sum, and comes last by itself.",
    ),
    ("the end of the ranking", [(BEST, "np.argsort(every)[::-1][-K:]")], "The best are at the front: `[:K]`."),
    (
        "the K best as np.argpartition leaves them",
        [(BEST, "np.argpartition(-every, K - 1)[:K]")],
        "The best first: np.argpartition finds them and leaves them in any order.",
    ),
    (
        "probabilities are added",
        [(EVERY, "np.log(np.exp(total)[:, None] + np.exp(log_p))")],
        "Probabilities are multiplied, so their logarithms are added: `total[:, None] + log_p`.",
    ),
    (
        "totals counted from the best",
        [("return every[best]", "return every[best] - every[best[0]]")],
        "Totals are log-probabilities of whole lines: return `every[best]`.",
    ),
    (
        "the totals are normalised",
        [("return every[best]", "return every[best] - np.log(np.exp(every[best]).sum())")],
        "Totals are log-probabilities of whole lines: return `every[best]`.",
    ),
    (
        "probabilities are multiplied",
        [(EVERY, "np.exp(total)[:, None] * np.exp(log_p)")],
        "Totals are log-probabilities, and their products become 0 soon: add the logarithms, total[:, None] + log_p.",
    ),
    ("the place in the flat array is returned as the line", [("best // V", "best")], "The line is n // V."),
    ("n modulo K is returned as the line", [("best // V", "best % K")], "The line is n // V."),
    ("the line is n // K", [("best // V", "best // K")], "A row of the (K, V) array holds V candidates: n // V."),
    ("the character is n % K", [("best % V", "best % K")], "A row of the (K, V) array holds V candidates: n % V."),
    ("the lines are counted from 1", [("best // V", "best // V + 1")], "Lines are counted from 0: n // V."),
    ("the characters are counted from 1", [("best % V", "best % V + 1")], "Characters are counted from 0: n % V."),
    ("the lines stay in their places", [("best // V", "np.arange(K)")], "A candidate goes on from line n // V."),
    ("the line is rounded", [("best // V", "np.round(best / V).astype(int)")], "`//` rounds down: the line is n // V."),
    (
        "lines and characters as floats",
        [("best // V, best % V", "np.floor(best / V), best - V * np.floor(best / V)")],
        "`//` and `%` of whole numbers are whole numbers: n // V and n % V.",
    ),
    (
        "the totals pile up over the lines",
        [("total[:, None]", "np.cumsum(total)[:, None]")],
        "Each line has a total of its own.",
    ),
    ("the sum of all totals", [("total[:, None]", "total.sum()")], "Each line has a total of its own: total[:, None]."),
    (
        "the best total for all lines",
        [("total[:, None]", "total.max()")],
        "Each line has a total of its own: total[:, None].",
    ),
    (
        "the totals are sorted first",
        [("total[:, None]", "np.sort(total)[::-1, None]")],
        "total[k] belongs to row k of log_p.",
    ),
    ("the totals are subtracted", [(EVERY, "log_p - total[:, None]")], "Logarithms are added: total[:, None] + log_p."),
):
    beam_step_cases.wrong(_name, _change, _advice, alone=True)


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
    for label, B, V, H in [*ONE_APART, ("one step", *ONE_APART[0][1:])]:
        V = V if label.startswith("square") else V + 1
        T = 1 if label == "one step" else 6
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
    "the cell state is not carried; the last step's is returned",
    [
        (STEP, "h, new = lstm_step(x, h, c, W_x, W_h, b)"),
        ("return np.stack(nats), h, c", "return np.stack(nats), h, new"),
    ],
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
for _name, _change, _advice in (
    (
        "c starts from zeros at every character",
        (STEP, "h, c = lstm_step(x, h, 0 * c, W_x, W_h, b)"),
        "The cell state is the memory: give lstm_step the c of the character before.",
    ),
    (
        "h starts from zeros at every character",
        (STEP, "h, c = lstm_step(x, 0 * h, c, W_x, W_h, b)"),
        "Give lstm_step the h of the character before.",
    ),
    ("the given c is not used", ("    nats = []", "    nats, c = [], 0 * c"), "Start from the h and c that are given."),
    ("the given h is not used", ("    nats = []", "    nats, h = [], 0 * h"), "Start from the h and c that are given."),
    (
        "h and c change places at each step",
        (STEP, "c, h = lstm_step(x, h, c, W_x, W_h, b)"),
        "lstm_step returns h first, then c.",
    ),
    (
        "the readout reads the state before the step",
        [(STEP, f"before = h\n        {STEP}"), ("h @ W_y", "before @ W_y")],
        "Read first, then guess: the scores come from the new h.",
    ),
    ("the first character is read at each step", ("[ids[t]]", "[ids[0]]"), "Step t reads character t."),
    (
        "the next character is read",
        ("[ids[t]]", "[ids[t + 1]]"),
        "The network must not see what it is to guess: it reads ids[t].",
    ),
    (
        "the cost of the first stream for all",
        ("ids[t + 1]]", "ids[t + 1, 0]]"),
        "Each stream has its own next character: ids[t + 1].",
    ),
    (
        "the cost of the likeliest character",
        ("-log_p[np.arange(len(h)), ids[t + 1]]", "-log_p.max(axis=1)"),
        "What counts is the character that did come, ids[t + 1].",
    ),
    ("the costs pile up", ("np.stack(nats)", "np.cumsum(nats, axis=0)"), "nats[t] is the cost of one character."),
    (
        "the mean over time",
        ("np.stack(nats)", "np.mean(nats, axis=0)"),
        "Keep the cost of each character: nats is (T, B).",
    ),
    ("the streams come first", ("np.stack(nats)", "np.stack(nats, axis=1)"), "Time comes first: nats is (T, B)."),
    (
        "the softmax runs over the batch",
        (LOG_P, "log_softmax((h @ W_y + b_y).T).T"),
        "Each row of scores is a guess of its own: log_softmax runs along its last axis, the characters.",
    ),
    (
        "the bias of the readout is added after the softmax",
        (LOG_P, "log_softmax(h @ W_y) + b_y"),
        "scores = h @ W_y + b_y first, then log_softmax.",
    ),
    ("the bias of the cell is missing", ("W_x, W_h, b)", "W_x, W_h, 0 * b)"), "Hand b to lstm_step as it is."),
):
    score_text_cases.wrong(_name, _change, _advice)

APPEND, RETURN = "nats.append(-log_p[np.arange(len(h)), ids[t + 1]])", "return np.stack(nats), h, c"
_ONE = "What counts is the character that did come, ids[t + 1]."
for _name, _change, _advice in (
    (
        "the last character is read too",
        [("    return", "    h, c = lstm_step(np.eye(len(W_x))[ids[-1]], h, c, W_x, W_h, b)\n    return")],
        "Characters 0 to T - 1 are read: the last one is only guessed, and the next chunk begins with it.",
    ),
    (
        "h and c are handed over in the wrong order",
        [(STEP, STEP.replace("x, h, c", "x, c, h"))],
        "lstm_step(x, h, c, ...).",
    ),
    (
        "h and c are handed over in the wrong order, and the minus is missing",
        [(STEP, STEP.replace("x, h, c", "x, c, h")), ("-log_p[", "log_p[")],
        "lstm_step(x, h, c, ...), and a cost is minus the logarithm.",
    ),
    (
        "h stays as it was given",
        [(STEP, STEP.replace("h, c =", "_, c ="))],
        "Two states go on: `h, c = lstm_step(x, h, c, ...)`.",
    ),
    (
        "the mean of all costs everywhere",
        [("np.stack(nats)", "np.full_like(np.stack(nats), np.mean(nats))")],
        "Keep the cost of each character: nats is (T, B).",
    ),
    (
        "multiplied by ln 2",
        [("np.stack(nats)", "np.stack(nats) * np.log(2)")],
        "This function gives nats: log_softmax has them already.",
    ),
    (
        "one minus the probability",
        [(APPEND, "nats.append(1 - np.exp(log_p[np.arange(len(h)), ids[t + 1]]))")],
        "A cost is minus the logarithm of the probability.",
    ),
    ("the entropy of the guess", [(APPEND, "nats.append(-(np.exp(log_p) * log_p).sum(axis=1))")], _ONE),
    ("the mean over all V characters", [(APPEND, "nats.append(-log_p.mean(axis=1))")], _ONE),
    ("the sum over all V characters", [(APPEND, "nats.append(-log_p.sum(axis=1))")], _ONE),
    (
        "the mean over the characters of all streams",
        [(APPEND, "nats.append(-log_p[:, ids[t + 1]].mean(axis=1))")],
        "One number for each row: `log_p[np.arange(B), ids[t + 1]]`.",
    ),
    ("the last character is guessed at each step", [("ids[t + 1]]", "ids[-1]]")], "Step t guesses ids[t + 1]."),
    (
        "the character after the next is guessed",
        [("ids[t + 1]]", "ids[min(t + 2, len(ids) - 1)]]")],
        "Step t guesses ids[t + 1].",
    ),
    (
        "one step too few",
        [("len(ids) - 1", "len(ids) - 2")],
        "There are T steps for T + 1 characters: range(len(ids) - 1).",
    ),
    (
        "the first step is left out",
        [("in range(len", "in range(1, len")],
        "Step 0 reads character 0: range(len(ids) - 1).",
    ),
    (
        "the first stream is read for all",
        [("[ids[t]]", "[ids[t, :1]].repeat(len(h), axis=0)")],
        "Each stream reads its own.",
    ),
    ("the text is read backwards", [("    nats = []", "    nats, ids = [], ids[::-1]")], "Step 0 reads character 0."),
    (
        "the text is read backwards, and each cost stands in its own row",
        [("in range(len(ids) - 1)", "in reversed(range(len(ids) - 1))"), ("np.stack(nats)", "np.stack(nats[::-1])")],
        "Step 0 reads character 0, and comes first.",
    ),
    (
        "the costs stand in reverse order",
        [("np.stack(nats)", "np.stack(nats[::-1])")],
        "nats[0] is the cost of ids[1].",
    ),
    (
        "nothing is read: x is 0",
        [("np.eye(len(W_x))[ids[t]]", "np.zeros((len(h), len(W_x)))")],
        "x is one-hot, (B, V): `np.eye(V)[ids[t]]`.",
    ),
    (
        "x is 1 everywhere",
        [("np.eye(len(W_x))[ids[t]]", "np.ones((len(h), len(W_x)))")],
        "x is one-hot, (B, V): `np.eye(V)[ids[t]]`.",
    ),
    ("c is returned in both places", [(RETURN, "return np.stack(nats), c, c")], "Return nats, h, c."),
    ("h is returned in both places", [(RETURN, "return np.stack(nats), h, h")], "Return nats, h, c."),
    ("the bias of the readout is subtracted", [("+ b_y", "- b_y")], "scores = h @ W_y + b_y."),
    ("the readout reads tanh of h", [("h @ W_y", "np.tanh(h) @ W_y")], "h is squashed already: h @ W_y + b_y."),
    ("the readout reads tanh of c", [("h @ W_y", "np.tanh(c) @ W_y")], "What the cell shows is h: h @ W_y + b_y."),
    (
        "the readout reads the given h at each step",
        [("    nats = []", "    nats, first = [], h"), ("h @ W_y", "first @ W_y")],
        "The scores come from the new h of each step.",
    ),
    ("a softmax of the softmax", [(LOG_P, f"log_softmax(np.exp({LOG_P}))")], "Scores go into log_softmax once."),
):
    score_text_cases.wrong(_name, _change, _advice, alone=True)
for _name, _change in (
    (
        "the given states are returned",
        [("    nats = []", "    nats, old = [], (h, c)"), (RETURN, "return np.stack(nats), *old")],
    ),
    (
        "the given c is returned",
        [("    nats = []", "    nats, old = [], c"), (RETURN, "return np.stack(nats), h, old")],
    ),
    (
        "the given h is returned",
        [("    nats = []", "    nats, old = [], h"), (RETURN, "return np.stack(nats), old, c")],
    ),
):
    score_text_cases.wrong(
        _name, _change, "Return the last h and c: the caller carries them on.", plain=True, alone=True
    )


# ---------------------------------------------------------------- 8. a model of one's own, on a page nobody has seen


def my_weights():
    """The weights of the stored model: W_x (V, 4H), W_h (H, 4H), b (4H,), W_y (H, V), b_y (V,)."""
    from lstm_helpers.projects.text_generation.model import stored

    p = stored()[0].params
    return p["lstm.W_x"], p["lstm.W_h"], p["lstm.b"], p["readout.W"], p["readout.b"]


V = 75  # characters of the novel
PIECES, PIECE = 23, 300  # of a page, side by side, and the characters in each
WARM = 64  # characters of a piece that are only read, before the first that is guessed
TIERS = ((0.10, 6), (0.06, 4), (0.03, 2))  # bits per character below the best counts -> points
ALIKE = 0.7  # the cosine from which two units are taken for one
COMMON = 24  # characters that decide on it: in rare ones a weight may be anything
MOST_UNITS = 512  # which the check runs in half a second


def _fault(text):
    """What is wrong with a page to score on, or ""."""
    from lstm_helpers.data import pride_and_prejudice

    if unknown := sorted({*text} - {*pride_and_prejudice()}):
        return f"it holds characters that the novel has not, such as {', '.join(map(repr, unknown[:5]))}: replace them"
    least = PIECES * PIECE
    return "" if len(text) >= least else f"it has {len(text):,} characters, expected at least {least:,}"


sheet.hidden = HiddenText(files("lstm_helpers").joinpath("projects", "text_generation", "hidden_page.txt"), _fault)


def _page():
    return _counted(sheet.hidden.text)


@functools.cache
def _counted(hidden):
    """(ids, bits): a text that no model was trained on, and what each character costs counts of order 6.

    Where a class is graded it is a page written for that, which no student has; in a student's edition it is the
    validation text of the novel.
    """
    from lstm_helpers.baselines.ngrams import WittenBell
    from lstm_helpers.data import pride_and_prejudice
    from lstm_helpers.projects.text_generation.model import Alphabet, split

    text = pride_and_prejudice()
    letters = Alphabet(text)
    learned, page, _ = split(letters.encode(text))
    if hidden is not None:
        page = letters.encode(hidden)
    counts = WittenBell(learned, len(letters), order=6)
    return page, counts.nats(np.concatenate([learned, page]), len(learned))[-1] / np.log(2)


def marks(outputs, cases):
    """Points for the weights of a model, by what it costs on pieces of the page beside the best counts there.

    The model is run here, by question 7, and is an LSTM whatever the notebook holds: counts cannot be handed in.
    """
    if trouble := _no_model(outputs[0]):
        return 0, *trouble
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
    """(what is said, the name of the cause) of arrays that are not the weights of one LSTM layer and its readout.

    () if they are.
    """
    H = len(given["W_h"]) if given["W_h"].ndim else 0
    if not 1 <= H <= MOST_UNITS:
        said = f"W_h has shape {given['W_h'].shape}, expected (H, 4H) with 1 to {MOST_UNITS:,} units"
        if given["W_h"].ndim == 2 and given["W_h"].shape[1] * 4 == H:
            return f"{said}: transpose it (torch keeps it so)", "W_h is transposed"
        return said, "more units than are allowed" if given["W_h"].shape == (H, 4 * H) else "W_h is no matrix (H, 4H)"
    shapes = {"W_x": (V, 4 * H), "W_h": (H, 4 * H), "b": (4 * H,), "W_y": (H, V), "b_y": (V,)}
    for name, shape in shapes.items():
        array = given[name]
        if array.shape != shape:
            said = f"{name} has shape {array.shape}, expected {shape} with W_h of {wording.count(H, 'unit')}"
            if array.shape == shape[::-1]:
                return f"{said}: transpose it (torch keeps it so)", f"{name} is transposed"
            if name == "W_x" and array.shape[1:] == shape[1:]:
                return said, f"a row of W_x for each of {wording.count(len(array), 'character')}, and the novel has {V}"
            return said, f"{name} has another shape than that of {wording.count(H, 'unit')}"
        if array.dtype.kind != "f":
            return f"{name} holds {array.dtype}, expected floating-point numbers", "whole numbers in place of floats"
        if not (np.abs(array) < 1e6).all():
            said = f"{name} holds NaN or a number beyond a million: such a model did not train well"
            return said, "NaN or huge numbers in the weights"
    return ()


@functools.cache
def _stored_units(hidden):
    return _units(dict(zip(("W_x", "W_h", "b", "W_y", "b_y"), my_weights(), strict=True)))


def _units(model):
    """What each unit reads and says of the COMMON most frequent characters, scaled to length 1, of one sign.

    Shape: (H, 5 * COMMON). Models that compute the same have the same of these, but for the order. Left out is what
    changes next to nothing: rare characters, a number that all rows of W_x have in common (b can hold it), one that
    all scores of a unit have in common (softmax drops it), and the sign of a unit, h and its candidate with it.
    """
    H = len(model["W_h"])
    common = np.argsort(-np.bincount(_page()[0], minlength=V), kind="stable")[:COMMON]
    W_y, W_x = model["W_y"][:, common].astype(np.float64), model["W_x"][common].astype(np.float64)
    W_y -= W_y.mean(axis=1, keepdims=True)
    W_x = (W_x - W_x.mean(axis=0)).reshape(COMMON, 4, H).transpose(2, 1, 0)
    sign = np.where((W_y**3).sum(axis=1, keepdims=True) < 0, -1, 1)
    rows = np.concatenate([sign * W_y, sign * W_x[:, 2], *W_x[:, [0, 1, 3]].swapaxes(0, 1)], axis=1)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


def _from_the_stored_model(given):
    """Whether at least half of its units, or half of the stored model's, have their like in the other.

    So they are the same in any order, cut, or among others that say nothing, or were trained on from there. Of models
    that were trained apart, the likest units have a cosine of about 0.35.
    """
    alike = _units(given) @ _stored_units(sheet.hidden.text).T
    return max(np.median(alike.max(axis=1)), np.median(alike.max(axis=0))) > ALIKE


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
