"""Sheet of the project translation: teacher forcing, copying, beams that end, BLEU, neighbours, the hybrid, weights."""

from importlib.resources import files

import numpy as np

from lstm_helpers.checks.cases import finish
from lstm_helpers.checks.judge import close, integers
from lstm_helpers.checks.sheet import Sheet
from lstm_helpers.projects.translation import answers, score

_DATA = files("lstm_helpers").joinpath("data")
READS = (
    _DATA.joinpath("world_dates.json.xz"),
    _DATA.joinpath("models", "world_dates.npz"),
    *([score.HIDDEN] if score.HIDDEN.is_file() else []),  # a student's edition has not
)
INTEGERS = integers("they are numbers of words or of lines")
sheet = Sheet.of(answers, profile="translation", reads=READS)


def numbers_or_truths(got, want, case):
    """Comparison for numbers of words or lines, and for booleans, for which 0 and 1 do as well."""
    if want.dtype.kind == "b" and got.dtype.kind == "b":
        got, want = got.astype(int), want.astype(int)
    elif want.dtype.kind == "b":
        got, want = got.astype(float), want.astype(float)
    return INTEGERS(got, want, case)


@sheet.check(
    returns=("given", "counts"),
    points=2,
    minutes=8,
    compare=numbers_or_truths,
    hints=[
        "What is read at step n is the right word of step n - 1. At step 0 there is none: `start` is read.",
        "Put a row of `start` above `ids` and leave the last row of `ids` out: `np.concatenate` of two parts.",
        "`counts` compares the number of the row with the length of the column: "
        "`np.arange(len(ids))[:, None] < lengths`.",
    ],
)
def teacher_forcing(rng):
    """What the writer reads while it learns, and which places count in the loss."""
    for label, N, B, start in (
        ("an ordinary batch", 5, 3, 7),
        ("other answers of the same shapes", 5, 3, 7),
        ("one answer", 4, 1, 9),
        ("one step", 1, 3, 7),
        ("square shapes", 4, 4, 0),
        ("start is word 0", 6, 2, 0),
    ):
        lengths = rng.integers(1, N + 1, size=B)
        lengths[0] = N
        if B > 1:
            lengths[-1] = max(1, N - 2)
        ids = rng.integers(1, 7, size=(N, B))
        ids[:, 0] = 1 + np.arange(N) % 6
        yield label, {"ids": ids, "lengths": lengths, "start": np.array(start)}


@sheet.check(
    returns="mixed",
    ranges={"mixed": (0, 1)},
    points=3,
    minutes=15,
    hints=[
        "Two parts for every word: the gate times what the writer says, and 1 - gate times all attention on places "
        "where that word stands in the source.",
        "`mixed[rows, source] += ...` adds only once where a word stands twice in a source. `np.add.at` adds each "
        "time; a loop over the T places does, too.",
        "`mixed = gate * p`, then `np.add.at(mixed, (np.arange(B)[:, None], source), (1 - gate) * a)`.",
    ],
)
def copy_or_write(rng):
    """The probabilities of words that are written from the vocabulary or copied from the source."""
    for label, B, T, V in (
        ("an ordinary batch", 3, 5, 7),
        ("other values of the same shapes", 3, 5, 7),
        ("one sentence", 1, 4, 6),
        ("one word in the source", 4, 1, 5),
        ("square shapes", 4, 4, 4),
        ("a long source", 2, 12, 5),
        ("float32", 2, 6, 8),
        ("longer sources", 2, 6, 8),
    ):
        source = rng.integers(V, size=(B, T))
        if T > 2:
            source[:, 2] = source[:, 0]  # a word that stands twice
        gate = rng.permutation(np.linspace(0.15, 0.9, B))[:, None]
        case = {"p": rng.dirichlet(np.ones(V), size=B), "a": rng.dirichlet(np.ones(T), size=B), "gate": gate}
        _, case = finish("float32" if label == "float32" else "", case)
        yield label, {"p": case["p"], "a": case["a"], "source": source, "gate": case["gate"]}
    yield (
        "a gate that is open and one that is shut",
        {
            "p": rng.dirichlet(np.ones(5), size=2),
            "a": rng.dirichlet(np.ones(3), size=2),
            "source": np.array([[4, 0, 4], [1, 2, 1]]),
            "gate": np.array([[1.0], [0.0]]),
        },
    )


@sheet.check(
    returns=("total", "line", "word", "ended"),
    points=3,
    minutes=15,
    compare=numbers_or_truths,
    hints=[
        "A line that has ended competes with one candidate only: itself, with `end` after it, at its old total.",
        "So give it a row of its own in place of its log-probabilities: 0 at `end`, `-np.inf` everywhere else.",
        "`np.where(ended[:, None], stay, log_p)`; then flat, sort, take K. A new line has ended if the line it comes "
        "from had, or if its word is `end`.",
    ],
)
def beam_with_end(rng):
    """The K best continuations of K lines, of which some have ended."""
    for label, K, V, ended, end, scale in (
        ("no line has ended", 3, 5, (), 1, 1),
        ("one line has ended", 3, 5, (1,), 1, 1),
        ("other values of the same shapes", 3, 5, (1,), 1, 1),
        ("two lines have ended", 4, 6, (0, 3), 0, 1),
        ("the end is the last word", 4, 6, (2,), 5, 1),
        ("one line", 1, 4, (), 2, 1),
        ("one line, and it has ended", 1, 4, (0,), 2, 1),
        ("all have ended", 3, 4, (0, 1, 2), 3, 1),
        ("as many lines as words", 4, 4, (1,), 0, 1),
        ("very unlikely continuations", 3, 5, (2,), 1, 300),
        ("float32", 4, 6, (0, 3), 2, 1),
    ):
        ranked = -np.arange(1, K * V + 1) * 0.3 * scale  # the totals of all candidates, no two alike
        total = -rng.permutation(np.linspace(0.4, 4, K) * scale) - 0.03
        log_p = rng.permutation(ranked).reshape(K, V) - total[:, None] - 0.5 * scale
        log_p = np.minimum(log_p, -0.01 * rng.random(size=(K, V)) * scale)
        if not ended:
            log_p[total.argmax(), end] = -0.02 * scale  # the best line ends now
        _, case = finish("float32" if label == "float32" else "", {"log_p": log_p, "total": total})
        yield label, {**case, "ended": np.isin(np.arange(K), ended), "end": np.array(end)}


@sheet.check(
    returns="best",
    points=2,
    minutes=10,
    compare=numbers_or_truths,
    hints=[
        "A longer line has a lower total, only because it has more factors below 1. Divide by what its "
        "length is worth.",
        "A line's words are those before the end, and the end itself. After the end all its numbers are `end`. A "
        "line that was cut off has no end: it has N words.",
        "`words = np.minimum((ids != end).sum(axis=0) + 1, len(ids))`, then the largest of `total / words**power`.",
    ],
)
def best_line(rng):
    """The line with the highest total for its length."""
    for label, N, K, end, power in (
        ("lines of several lengths", 7, 5, 1, 0.8),
        ("other values of the same shapes", 7, 5, 1, 0.8),
        ("power 1: the mean of a word", 8, 6, 0, 1.0),
        ("power 0: the total itself", 7, 4, 0, 0.0),
        ("one line", 5, 1, 2, 0.8),
        ("lines that were cut off", 6, 5, 3, 0.7),
        ("many lines", 9, 40, 1, 0.9),
        ("square shapes", 7, 7, 1, 0.6),
        ("the end has a higher number than the words", 6, 5, 9, 0.8),
        ("lines of more words than there are lines", 14, 5, 1, 0.8),
    ):
        yield label, _lines(rng, N, K, end, power, cut_off="cut off" in label)
    yield "a cut-off line against one that ended a word before", _a_word_apart(end=1)
    two = {"ids": np.array([[5, 6], [1, 5], [1, 8], [1, 4]]), "total": np.array([-2.4, -4.0])}
    yield "a cut-off line that is the best", {**two, "end": np.array(1), "power": np.array(1.0)}
    ids = np.where(np.arange(12)[:, None] < [0, 3, 11], 5, 1)
    three = {"ids": ids, "total": np.array([-1.0, -1.4, -3.0])}
    yield "lines of 1, 4 and 12 words", {**three, "end": np.array(1), "power": np.array(1.0)}
    yield (
        "an end at once",
        {
            "ids": np.array([[1, 4], [1, 5], [1, 1]]),
            "total": np.array([-2.0, -3.0]),
            "end": np.array(1),
            "power": np.array(0.8),
        },
    )


def _lines(rng, N, K, end, power, cut_off):
    """Lines in columns, among them, where there are enough, one that each wrong measure would choose.

    Their quotients, before all are made smaller, are -1 for the best, and lower for one that is shorter with a higher
    total (so for the total alone), for one of a single word (the total times the length) and for the longest (the mean
    of a word).
    """
    words, quotients = rng.integers(1, N + 1, size=K), -rng.uniform(1.4, 2, size=K)
    if K >= 4:
        long = (N + 3) // 2
        words[:4] = long, 2, 1, N
        quotients[0], quotients[3] = -1, -1.04
        quotients[1:3] = -rng.uniform(0.89, 0.91) * (long / 2) ** power, -rng.uniform(0.95, 0.97) * long**power
    if K >= 5:
        words[4], quotients[4] = 3, -1.1
    order = rng.permutation(K)
    words, quotients = words[order], 0.6 * quotients[order]
    ids = rng.integers(4, 9, size=(N, K))
    for k, n in enumerate(words):
        ids[n - 1 :, k] = end
    if cut_off:
        ids[-1, words == N] = 4
    return {"ids": ids, "total": quotients * words**power, "end": np.array(end), "power": np.array(power)}


def _a_word_apart(end):
    """Two lines that change places where the cut-off one is counted with an end that it has not."""
    return {
        "ids": np.array([[5, 6], [7, 5], [6, 8], [end, 4]]),
        "total": np.array([-4.2, -4.3]),
        "end": np.array(end),
        "power": np.array(1.0),
    }


def one_number(got, want, case):
    """Comparison for a number, for which a whole one such as 0 does as well."""
    return close(got.astype(float) if got.dtype.kind in "iu" else got, want, case)


@sheet.check(
    returns="bleu",
    ranges={"bleu": (0, 100)},
    compare=one_number,
    points=4,
    minutes=20,
    hints=[
        "Two sums for each n, over all sentences: the runs of n words in `said` that are right, and all runs of n "
        "words in `said`. Divide at the end, once.",
        "`mine & right` of two Counters keeps the smaller of both counts: that is the clipping. `.total()` sums them.",
        "BLEU is 100 * brevity * exp(mean of the four log precisions), with brevity = min(1, exp(1 - wanted words / "
        "said words)) over all sentences together.",
    ],
)
def bleu(rng):
    """BLEU of all sentences together."""
    for label, N, B, longer in (
        ("translations that are too short", 9, 3, -2),
        ("other values of the same shapes", 9, 3, -2),
        ("translations that are too long", 8, 4, 2),
        ("one sentence", 9, 1, -1),
        ("as long as the right ones", 7, 5, 0),
        ("many sentences", 10, 12, -1),
        ("repeated words", 8, 3, 2),
    ):
        yield label, _corpus(rng, N, B, longer, few=label == "repeated words")
    case = _corpus(rng, 8, 3, 0, few=False)
    yield "all right", {**case, "said": case["wanted"], "said_lengths": case["wanted_lengths"]}
    lengths = np.array([5, 5])
    wanted = np.array([[4, 9], [5, 8], [6, 7], [7, 6], [8, 5]])
    said = np.array([[4, 3], [5, 8], [6, 7], [3, 6], [8, 3]])
    words = np.array([[5, 6, 7, 8, 9, 4, 8]]).T
    yield (
        "a word too many at the beginning",
        {
            "said": np.concatenate([[[3]], words[:-1]]),
            "said_lengths": np.array([6]),
            "wanted": words,
            "wanted_lengths": np.array([6]),
        },
    )
    yield (
        "no run of four words is right",
        {"said": said, "said_lengths": lengths, "wanted": wanted, "wanted_lengths": lengths},
    )
    short = _corpus(rng, 9, 3, -1, few=False)
    short["said_lengths"][0] = 2
    yield "one translation of two words", short


def _corpus(rng, N, B, longer, few):
    """Sentences that share runs of words, some words of each repeated; what stands beyond a length is no word.

    ``wanted`` has two rows more of that than ``said``.
    """
    wanted_lengths = rng.integers(N - 2, N + 1, size=B)
    wanted = rng.integers(4, 8 if few else 30, size=(N + 2, B))
    said = wanted.copy()
    for b in range(B):
        said[rng.integers(N - 3), b] = 3
        said[5 if few else 0, b] = said[1, b]
        said[wanted_lengths[b] :, b] = said[2, b]  # words said too often
        wanted[wanted_lengths[b] :, b] = said[2, b]  # and no word of this one
    wanted = np.concatenate([wanted, said[2:4]])
    said_lengths = np.clip(wanted_lengths + longer, 5, N + 2)
    return {"said": said, "said_lengths": said_lengths, "wanted": wanted, "wanted_lengths": wanted_lengths}


@sheet.check(
    returns=("place", "similarity"),
    points=3,
    minutes=15,
    compare=INTEGERS,
    hints=[
        "The cosine is the product of two rows that both have length 1: divide each row by its length first.",
        "A row of zeros has length 0: divide by `np.maximum(length, 1e-12)`, and it is similar to nothing.",
        "Put -1 where a row may not be taken: `similar[np.arange(len(known)) == leave_out[:, None]] = -1`. Then argmax "
        "and max along axis 1.",
    ],
)
def nearest(rng):
    """The most similar known row for each query, by the cosine, without the one that may not be taken."""
    for label, M, N, V in (
        ("new sentences", 3, 5, 4),
        ("sentences that are known themselves", 5, 5, 6),
        ("other values of the same shapes", 5, 5, 6),
        ("some known, some new", 4, 7, 5),
        ("one query", 1, 4, 3),
        ("square shapes", 4, 4, 4),
        ("a sentence of unknown words", 3, 6, 4),
        ("rows of very different lengths", 4, 6, 5),
        ("float32", 4, 6, 3),
        ("more queries", 4, 6, 3),
    ):
        known = rng.uniform(0.05, 1, size=(N, V)) * (rng.random((N, V)) < 0.7) + 0.01
        queries = rng.uniform(0.05, 1, size=(M, V))
        leave_out = np.full(M, -1)
        if "known" in label or label in ("square shapes", "float32", "more queries"):
            own = rng.permutation(N)[:M]
            queries, leave_out = known[own].copy(), own
        if label.startswith("some"):
            leave_out[0] = -1
        if "unknown words" in label:
            queries[1], leave_out[1] = 0, 0
        if "lengths" in label:
            known *= 10.0 ** rng.permutation(N)[:, None]
        _, case = finish("float32" if label == "float32" else "", {"queries": queries, "known": known})
        yield label, {**case, "leave_out": leave_out}


@sheet.check(
    returns=("threshold", "quality"),
    points=3,
    minutes=15,
    hints=[
        "For one threshold: where the similarity is at least t, the quality of the neighbour, else that of the "
        "network. Then the mean.",
        "Try all thresholds on the validation part alone, and keep the best; of equal ones the first, as np.argmax "
        "does.",
        "The test part comes in once, with the threshold that is chosen already: "
        "`np.where(similar >= t, neighbour, network).mean()`.",
    ],
)
def hybrid(rng):
    """The threshold that the validation part chooses, and what it is worth on the test part."""
    for label, B, M, C in (
        ("ordinary parts", 8, 6, 4),
        ("other values of the same shapes", 8, 6, 4),
        ("a test part that would choose another", 9, 5, 5),
        ("similarities that are equal to a threshold", 8, 7, 4),
        ("two thresholds that are equally good", 6, 5, 3),
        ("one threshold", 5, 4, 1),
        ("the network is always better", 7, 5, 4),
        ("square shapes", 3, 3, 3),
    ):
        yield label, _parts(rng, label, B, M, C)
    yield (
        "two small gains and one large loss",
        {
            "validation": np.array([[0.1, 0.4, 0.5, 0.6, 0.8], [0.1, 0.52, 0.52, 0.1, 0.9], [0.5, 0.5, 0.5, 0.6, 0.4]]),
            "test": np.array([[0.2, 0.5, 0.9], [0.1, 0.2, 0.8], [0.6, 0.7, 0.3]]),
            "thresholds": np.array([0.3, 0.7]),
        },
    )


def _parts(rng, label, B, M, C):
    for _ in range(2000):
        thresholds = np.sort(rng.permutation(np.arange(1, 10))[:C] / 10)
        parts = {}
        for name, n in (("validation", B), ("test", M)):
            similar = rng.random(n)
            if "equal to" in label:
                similar[: n // 2] = thresholds[rng.integers(C, size=n // 2)]
            neighbour = np.clip(similar + rng.normal(size=n) * 0.3, 0, 1)
            network = np.clip(0.5 + rng.normal(size=n) * 0.2, 0, 1)
            if "always" in label:
                neighbour *= 0.3
            parts[name] = np.stack([similar, neighbour, network])
        if "equally" in label:  # no similarity of the validation part lies between the first two
            thresholds = np.array([0.4, 0.5, 0.9])
            parts["validation"][0] = np.array([0.1, 0.2, 0.6, 0.7, 0.95, 0.3])
            parts["validation"][1:] = np.array([[0.1, 0.2, 0.9, 0.8, 0.9, 0.1], [0.5, 0.6, 0.3, 0.4, 0.5, 0.4]])
            parts["test"][0, 0] = 0.45
        case = {**parts, "thresholds": thresholds}
        if (
            C == 1
            or "always" in label
            or "equally" in label
            or (_tells(case) and _at_least(case) == ("equal to" in label))
        ):
            return case
    raise AssertionError(f"no case for {label}")


def _tells(case):
    """Whether the test part would choose another threshold, and to its good."""
    other, better = answers.hybrid(case["test"], case["test"], case["thresholds"])
    chosen, quality = answers.hybrid(**case)
    return other != chosen and better > quality + 0.01


def _at_least(case):
    """Whether it makes a difference that a similarity equal to the threshold belongs to the neighbour."""
    below = case["test"] - np.array([[1e-9], [0], [0]])
    return answers.hybrid(**case)[1] != answers.hybrid(**{**case, "test": below})[1]


@sheet.check(
    returns=answers.NAMES,
    probe="made",
    marks=score.marks,
    points=6,
    minutes=20,
    hints=[
        "`my_model.params` is a dictionary of arrays. Print its keys, and the shape of each array.",
        "All arrays of the model, in the order of `NAMES`.",
        "`p = my_model.params`, then `return tuple(p[name] for name in NAMES)`. Right, but too few points? Train "
        "longer, on more languages, or with more unknown characters, so that it learns to read what it has not met.",
    ],
)
def my_date_reader(rng):
    """Your own reader on dates in languages that it has not met: it has to read more of them than the rules do.

    The dates are made afresh from the seed. They are no part of the case: the answer is made without them.
    """
    yield "fresh dates in other languages", {"seed": rng.integers(2**31)}
