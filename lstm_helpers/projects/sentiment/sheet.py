"""Sheet of the project sentiment: reading backwards, embeddings, pooling, a soft loss, calibration, a fair interval."""

import functools
from importlib.resources import files

import numpy as np

from lstm_helpers.checks.cases import ONE_APART, finish, without_units
from lstm_helpers.checks.sheet import Sheet
from lstm_helpers.projects.judging import COPIED, no_model, own_parts, told
from lstm_helpers.projects.sentiment import answers

_DATA, _HERE = files("lstm_helpers").joinpath("data"), files("lstm_helpers").joinpath("projects", "sentiment")
HIDDEN = _HERE.joinpath("hidden_tweets.tsv.gz")  # no student's edition has it
READS = (_DATA.joinpath("tweets.tsv.gz"), _DATA.joinpath("models", "tweets_lstm.npz"), HIDDEN)
sheet = Sheet.of(answers, profile="sentiment", reads=[path for path in READS if path.is_file()])
TEXTS = [row for row in ONE_APART if not row[0].startswith("one hidden")]


def _lengths(rng, T, B):
    """(B,): the longest has T tokens, the others fewer where there are others."""
    lengths = rng.permutation(np.concatenate([[T], rng.integers(1, T, size=B - 1)]) if T > 1 else np.ones(B, int))
    return lengths.astype(int)


def _finished(label, case, scaled=("x",)):
    """``finish`` for the floats of a case: numbers of rows, lengths and masks stay what they are."""
    floats = {name: array for name, array in case.items() if array.dtype.kind == "f"}
    label, made = finish(label, floats, scaled)
    return label, case | made


def _mask(lengths):
    return np.arange(lengths.max())[:, None] < lengths


@sheet.check(
    returns="turned",
    points=2,
    minutes=8,
    hints=[
        "Find for each place (t, b) the step that it takes its vector from. Inside the text that is `lengths - 1 - t`, "
        "in the padding t itself.",
        "`t = np.arange(len(x))[:, None]` is a column, `lengths` a row: `np.where(t < lengths, lengths - 1 - t, t)` "
        "has the shape (T, B).",
        "`x[source, np.arange(len(lengths))]` takes for each text b its own steps: the result is (T, B, D).",
    ],
)
def reversed_inside(rng):
    """Each text backwards within its own length; the padding stays where it is."""
    for label, B, D, T in [*TEXTS, ("one step", 3, 4, 1), ("all texts full", 3, 2, 5)]:
        T = T if label in ("one step", "all texts full") or label.startswith("square") else T + 3
        lengths = np.full(B, T) if label == "all texts full" else _lengths(rng, T, B)
        yield _finished(label, {"x": rng.normal(size=(T, B, D)), "lengths": lengths})


@sheet.check(
    returns="dtable",
    points=3,
    minutes=15,
    hints=[
        "Forward, token k is the sum of its n_k rows over the root of n_k. So each of its rows gets dvectors[k] / "
        "sqrt(n_k), and a row that serves several tokens gets the sum.",
        "`n = np.bincount(of)` counts the pieces of each token. `(dvectors / np.sqrt(n)[:, None])[of]` is the gradient "
        "of each of the P pieces, (P, E).",
        "`dtable[pieces] += ...` keeps only one of several: `np.add.at(dtable, pieces, ...)` adds them all.",
    ],
)
def piece_gradients(rng):
    """The gradient of a table of embeddings whose rows are shared by tokens and stand in one token more than once."""
    for label, K, E, V in [*TEXTS, ("one piece each", 4, 3, 5)]:
        V = V if label.startswith("square") else V + 4
        n = np.ones(K, int) if label == "one piece each" else rng.permutation(np.arange(K) % 4 + 1)
        pieces = rng.integers(V - 1, size=n.sum())  # the last row belongs to no token
        if len(pieces) > 1 and label != "one piece each":
            pieces[-1] = pieces[0]
        case = {"dvectors": rng.normal(size=(K, E)), "pieces": pieces, "of": np.repeat(np.arange(K), n)}
        yield _finished(label, {**case, "table": rng.normal(size=(V, E))}, scaled=("dvectors",))


@sheet.check(
    returns=("context", "a"),
    points=3,
    minutes=12,
    hints=[
        "The scores are `np.tanh(h) @ v`, (T, B). The padding must get no weight at all: put -inf there before exp.",
        "The weights of one text sum to 1 over time, axis 0: `np.exp(e - e.max(axis=0))` over its sum along axis 0.",
        "`(a[:, :, None] * h).sum(axis=0)` is the mean of h with these weights, (B, D).",
    ],
)
def attention_pool(rng):
    """The mean of h over a text, with weights that h decides."""
    for label, B, D, T in [*TEXTS, ("one step", 3, 4, 1)]:
        T = T if label == "one step" or label.startswith("square") else T + 3
        lengths = _lengths(rng, T, B)
        case = {"h": rng.normal(size=(T, B, D)), "v": rng.normal(size=D) * 2, "mask": _mask(lengths)}
        yield _finished(label, case, scaled=("v",))
    h, mask = 0.5 + np.abs(rng.normal(size=(5, 3, 2))), _mask(np.array([2, 5, 3]))
    h[:, 2] *= -1
    for text in 0, 2:  # far below the middle one; the first text below its own padding, too
        h[mask[:, text], text] /= 1000
    yield "scores far apart", {"h": h, "v": 1000 + np.abs(rng.normal(size=2)), "mask": mask}


@sheet.check(
    returns="dh",
    points=2,
    minutes=12,
    hints=[
        "Of each unit only the step with the largest h changes the result. There dh is dlargest, everywhere else 0.",
        "`np.where(mask[:, :, None], h, -np.inf).argmax(axis=0)` is that step, (B, D): the padding never wins.",
        "`dh = np.zeros_like(h)`, then `np.put_along_axis(dh, place[None], dlargest[None], axis=0)`.",
    ],
)
def max_pool_backward(rng):
    """The gradient of max pooling over time: it goes where the largest value came from."""
    for label, B, D, T in [*TEXTS, ("one step", 3, 4, 1), ("all of h is negative", 3, 4, 5)]:
        T = T if label == "one step" or label.startswith("square") else T + 3
        lengths = _lengths(rng, T, B)
        mask = _mask(lengths)
        h = rng.permuted(np.linspace(-1, 1, T * B * D)).reshape(T, B, D)  # no two alike: no tie
        h = (h - 1.1) / 2.2 if label == "all of h is negative" else h  # above -1, as every h of an LSTM
        h = np.where(mask[:, :, None], h, 0)  # as a layer leaves it beyond a text's end
        yield _finished(label, {"dlargest": rng.normal(size=(B, D)), "h": h, "mask": mask}, scaled=("dlargest",))


@sheet.check(
    returns=("loss", "dz"),
    points=3,
    minutes=15,
    hints=[
        "The target of a rating is `1 / (1 + np.exp(-sharp * ratings))`, between 0 and 1. The cross-entropy is "
        "-target log p - (1 - target) log(1 - p), with p the sigmoid of z.",
        "Written in z that is log(1 + exp(z)) - target * z, and `np.logaddexp(0, z)` is log(1 + exp(z)) without "
        "overflow.",
        "The gradient of one text's loss is p - target. The loss is a mean: divide by `len(z)`. "
        "`0.5 * (1 + np.tanh(z / 2))` is a sigmoid that never overflows.",
    ],
)
def soft_loss(rng):
    """The cross-entropy of logits with soft targets that the ratings give, and its gradient."""
    for label, B, _, _ in without_units(ONE_APART):
        z = rng.normal(size=B) * 2
        case = {"z": z, "ratings": rng.permutation(np.linspace(-2.2, 2.7, B)), "sharp": np.array(rng.uniform(1.5, 3))}
        yield _finished(label, case, scaled=("z",))


EDGES = {
    "ten bins": np.linspace(0.5, 1, 11),
    "five bins": np.linspace(0.5, 1, 6),
    "one bin": np.array([0.5, 1]),
    "bins of several widths": np.array([0.5, 0.6, 0.65, 0.9, 0.97, 1]),
    "more texts": np.linspace(0.5, 1, 6),
    "few texts in many bins": np.linspace(0.5, 1, 11),
    "texts on a border": np.array([0.5, 0.625, 0.75, 0.875, 1]),
}


@sheet.check(
    returns="error",
    points=3,
    minutes=15,
    hints=[
        "The model says positive where p is above 1/2. It is then p sure, and otherwise 1 - p: `np.maximum(p, 1 - p)`.",
        "In each bin compare two means: of how sure it is, and of how often it is right, `(p > 0.5) == y`. The size of "
        "the difference counts by the share of all texts in the bin.",
        "`place = np.digitize(sure, edges[1:-1])` is each text's bin. Skip a bin without texts: its mean is NaN.",
    ],
)
def calibration_error(rng):
    """The expected calibration error: how far what a model claims is from what it achieves."""
    for label, edges in EDGES.items():
        N = {"more texts": 60, "few texts in many bins": 4}.get(label, 30)
        p = rng.permutation(np.concatenate([rng.uniform(0.03, 0.47, N // 3), rng.uniform(0.53, 0.98, N - N // 3)]))
        if label == "more texts":
            p[:2] = 0.5, 1  # 0.5 says negative, and 1 belongs to the last bin
        if label == "texts on a border":
            p[:4] = 0.625, 0.25, 0.875, 0.375
        # Right in every second bin, mostly wrong in the others: neighbours that are put together cancel.
        place = np.digitize(np.maximum(p, 1 - p), edges[1:-1])
        right = (place % 2 == 0) | (rng.random(N) < 0.25)
        y = np.where(p > 0.5, right, ~right).astype(int)
        y[p == 1] = 0
        yield label, {"p": p, "y": y, "edges": edges}


@sheet.check(
    returns=("difference", "low", "high"),
    points=2,
    minutes=12,
    hints=[
        "A model is right about a text where `(votes > 0) == y`. The gain on one text is 1 if ours alone is right, "
        "-1 if theirs alone is, else 0.",
        "Each row of `drawn` is a test set that might have been: `gain[drawn]` is (R, N), and its mean along axis 1 "
        "the difference of the two accuracies there.",
        "`np.quantile(..., [0.025, 0.975])` of those R differences are the limits. The difference itself is "
        "`gain.mean()`.",
    ],
)
def paired_interval(rng):
    """The difference of two models' accuracies on one test set, with its 95 % interval (paired bootstrap)."""
    for label, N, R in (
        ("an ordinary test", 40, 300),
        ("other values of the same shapes", 40, 300),
        ("few texts", 7, 200),
        ("few draws", 30, 11),
        ("as many draws as texts", 25, 25),
        ("draws smaller than the test", 40, 90),
        ("votes of exactly 0", 20, 60),
        ("models that differ on one text", 80, 60),
    ):
        y = (rng.random(N) < 0.7).astype(int)
        true = np.where(y == 1, 1, -1)
        ours = true * np.abs(rng.normal(size=N)) * np.where(rng.random(N) < 0.15, -1, 1)
        theirs = true * np.abs(rng.normal(size=N)) * np.where(rng.random(N) < 0.35, -1, 1)
        if label == "votes of exactly 0":
            ours[:3], theirs[3:5] = 0, 0
        if label == "models that differ on one text":  # too rare to be seen in the quantiles of single texts
            theirs = ours.copy()
            ours[7], theirs[7] = true[7], -true[7]
        size = (R, N // 2) if label == "draws smaller than the test" else (R, N)
        yield label, {"ours": ours, "theirs": theirs, "y": y, "drawn": rng.integers(N, size=size)}


# ---- a model of the student's own ------------------------------------------------------------------------------------

TIERS = ((-0.01, 6), (-0.02, 4), (-0.03, 2))  # rank correlation above that of the ridge -> points
# From here on a reader is taken for one that was made from a stored one, by what ``told`` says of their units on
# made-up texts. Thirteen that were trained apart, with 2 to 96 units, two of them on the votes of a stored reader, have
# 0.04 to 0.19. Copies that are turned, split, cut, trained on, mixed with another, or have as much noise as leaves them
# a point have more than 0.35, nearly all of them more than 0.6.
COPY = 0.3
MOST_UNITS, MOST_ROWS, MOST_SIZE = 96, 65_536, 64
# What is handed in may be right but for its order: cause -> pairs of arrays that have changed places.
EXCHANGED = {
    "forwards and backwards are exchanged": tuple((name, f"{name}_back") for name in ("W_x", "W_h", "b")),
    "the two tables are exchanged": (("words", "pieces"),),
}


@functools.cache
def _held():
    """(texts, ratings, votes of the ridge): 350 tweets that no student has; in a student's edition those by which the
    script chooses the pass, a ninth of the tweets that ship."""
    from lstm_helpers.baselines.text_ridge import TextRidge
    from lstm_helpers.data.tweets import read, tweets
    from lstm_helpers.projects.sentiment.split import validation

    learned, held = validation(tweets())
    if HIDDEN.is_file():
        learned, held = tweets(), read(HIDDEN)
    return held.texts, held.ratings, TextRidge(learned.texts, learned.ratings).predict(held.texts)


def rank_correlation(votes, ratings):
    """Spearman's: how far the order of the votes is that of the ratings, from -1 to 1. Ties share their ranks."""

    def ranks(values):
        _, of, counts = np.unique(values, return_inverse=True, return_counts=True)
        return (np.cumsum(counts) - (counts - 1) / 2)[of]

    one, other = ranks(votes), ranks(ratings)
    return float(np.corrcoef(one, other)[0, 1]) if one.std() else 0.0


def _shapes(given):
    """{name: shape} for H units; the tables say how many rows and how large a vector."""
    rows = {name: np.shape(given[name])[0] if np.ndim(given[name]) else 0 for name in ("words", "pieces")}
    E = np.shape(given["words"])[-1] if np.ndim(given["words"]) else 0

    def shapes(H):
        return {
            "words": (min(max(rows["words"], 1), MOST_ROWS), min(max(E, 1), MOST_SIZE)),
            "pieces": (min(max(rows["pieces"], 1), MOST_ROWS), min(max(E, 1), MOST_SIZE)),
            **{f"W_x{end}": (E, 4 * H) for end in ("", "_back")},
            **{f"W_h{end}": (H, 4 * H) for end in ("", "_back")},
            **{f"b{end}": (4 * H,) for end in ("", "_back")},
            "v": (2 * H,),
            "W": (4 * H, 1),
            "b_out": (1,),
        }

    return shapes


def _reader(given):
    from lstm_helpers.projects.sentiment.model import with_weights

    return with_weights({answers.NAMES[name]: array.astype(np.float32) for name, array in given.items()})


@functools.cache
def _made_up():
    """300 texts of 3 to 29 words, drawn from those of the tweets that ship: on sense, all good readers agree."""
    from lstm_helpers.data.tweets import tweets
    from lstm_helpers.projects.sentiment import text

    rng = np.random.default_rng(0)
    words = np.array(sorted({token for line in tweets().texts for token in text.tokens(line)}), dtype=object)
    return [list(rng.choice(words, size=rng.integers(3, 30))) for _ in range(300)]


def _said(reader):
    """What the units of a Reader say of each token of the made-up texts: (places, units)."""
    return np.concatenate([reading.h for reading in reader.read(_made_up())])


@functools.cache
def _of_the_stored():
    from lstm_helpers.projects.sentiment.model import stored

    return own_parts([_said(reader) for reader in stored()])


def _exchanged(given, least):
    """Which of EXCHANGED, put right, makes a reader of {name: array} that reaches ``least``; "" for none."""
    texts, ratings, _ = _held()
    for cause, pairs in EXCHANGED.items():
        put_right = {one: given[other] for pair in pairs for one, other in (pair, pair[::-1])}
        if rank_correlation(np.nan_to_num(_reader(given | put_right).logits(texts)), ratings) >= least:
            return cause
    return ""


def _reads_no_order(reader, texts, votes):
    """Whether a reader orders the texts as before when the words of each are shuffled.

    A linear rule over counts, laid into the cells of an LSTM, does so to the last digit (1.0000); readers that were
    trained, with 4 to 96 units, keep 0.975 to 0.993 of their order.
    """
    from lstm_helpers.projects.sentiment import text

    rng = np.random.default_rng(0)
    mixed = [list(rng.permutation(np.array(text.tokens(line), dtype=object))) for line in texts]
    return rank_correlation(votes, reader.logits(mixed)) > 0.9995


def marks(outputs, cases):
    """Points for the weights of a reader, by how it orders texts that nobody has seen, beside the ridge.

    The reader is run here, and is an LSTM whatever the notebook holds.
    """
    (given,) = outputs
    if trouble := no_model(given, "W_h", _shapes(given), MOST_UNITS):
        return 0, *trouble
    with np.errstate(over="ignore", invalid="ignore"):
        reader = _reader(given)
        if told(_said(reader), _of_the_stored()) > COPY:
            return COPIED
        texts, ratings, ridge = _held()
        votes = reader.logits(texts)
    mine, theirs = (rank_correlation(np.nan_to_num(v), ratings) for v in (votes, ridge))
    points = next((points for gain, points in TIERS if mine - theirs >= gain), 0)
    asked = ", ".join(f"{points} points from {theirs + gain:.3f} up" for gain, points in reversed(TIERS))
    said = f"rank correlation with the ratings {mine:.3f}; ridge on words and characters has {theirs:.3f} ({asked})"
    if points and _reads_no_order(reader, texts, votes):
        said += "\nBut it says the same of each tweet with its words in another order: it is a bag of words, no reader."
        return 0, said, "reads no order"
    if points:
        return points, said, ""
    with np.errstate(over="ignore", invalid="ignore"):
        cause = _exchanged(given, theirs + TIERS[-1][0])
    if cause:
        return 0, f"{said}\nLikely cause: {cause}. The table of the question has the order.", cause
    if mine < 0.1:
        said += "\nThat is next to nothing. Is this a trained model, its arrays in the order that is asked for?"
        return 0, said, "no better than chance"
    return 0, said, "far behind the ridge"


@sheet.check(
    returns=tuple(answers.NAMES),
    probe="made",
    marks=marks,
    points=6,
    minutes=20,
    hints=[
        "`my_model.params` is a dictionary of arrays. Print its keys, and the shape of each array.",
        "Eleven arrays, in the order of the table above: tables, forwards, backwards, attention, readout. `l0` reads "
        "forwards, `l0r` backwards.",
        'Begin with `p = my_model.params` and `return p["vectors.words"], p["vectors.pieces"], p["lstm.l0.W_x"], ...`. '
        "Right, but too few points? Train with another `--seed`, more `--units`, or more `--passes`, and keep the one "
        "with the lowest validation value.",
    ],
)
def my_reader(rng):
    """Your own reader on tweets it has not seen: it has to order them nearly as well as ridge does, or better."""
    yield "tweets that nobody has seen", {"tweets": np.arange(350)}
