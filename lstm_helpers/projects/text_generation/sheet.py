"""Sheet of the project text generation: smoothed counts, bits per character, streams, sampling, beams, scoring."""

import functools
from importlib.resources import files

import numpy as np

from lstm_helpers.checks.cases import ONE_APART, finish, weights, without_units
from lstm_helpers.checks.hidden import HiddenText, fault_of
from lstm_helpers.checks.judge import integers
from lstm_helpers.checks.sheet import Sheet, edit
from lstm_helpers.nn import LSTM
from lstm_helpers.projects.judging import COPIED, alike, no_model
from lstm_helpers.projects.text_generation import answers, nucleus_slips

ROWS = without_units(ONE_APART)
_DATA = files("lstm_helpers").joinpath("data")  # the novel and the course's model, which a model is held against
READS = (_DATA.joinpath("pride_and_prejudice.txt.xz"), _DATA.joinpath("models", "pride_lstm.npz"))
sheet = Sheet.of(answers, profile="text_generation", reads=READS)


@sheet.check(
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
def witten_bell(rng):
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


@sheet.check(
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
def bits_per_character(rng):
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


@sheet.check(
    returns=("inputs", "targets"),
    points=2,
    minutes=10,
    compare=integers("they are numbers of characters or of lines"),
    hints=[
        "Column k is a run of neighbours in the text. Below a character in its column stands the one that follows it.",
        "`reshape(B, rows)` puts neighbours side by side in a row, one stream a row; `.T` makes the rows columns.",
        "`rows = (len(ids) - 1) // B`; inputs from `ids[: rows * B]`, targets from `ids[1 : rows * B + 1]`, both with "
        "`.reshape(B, rows).T`.",
    ],
)
def streams(rng):
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


@sheet.check(
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
def with_temperature(rng):
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


@sheet.check(
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
def nucleus(rng):
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


for _wrong in nucleus_slips.WRONG:
    nucleus.wrong(*_wrong)


@sheet.check(
    returns=("total", "line", "character"),
    points=3,
    minutes=15,
    compare=integers("they are numbers of characters or of lines"),
    hints=[
        "Every line may go on with every character: K * V candidates compete for K places.",
        "A candidate's total is its line's total plus its own log-probability: `total[:, None] + log_p`, (K, V). Make "
        "it flat with `.ravel()` and sort.",
        "`best = np.argsort(-every)[:K]`. In the flat array, candidate n is character `n % V` after line `n // V`.",
    ],
)
def beam_step(rng):
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
    (
        "each line goes on with the likeliest character after it, lines that are not alive in reverse order",
        edit(_own_best, ("np.argsort(-new)", "np.argsort(new)[::-1]")),
        _COMPETE,
    ),
    (
        "each line goes on with the likeliest character after it, and the characters stay in their places",
        edit(_own_best, ("log_p.argmax(axis=1)[line]", "log_p.argmax(axis=1)")),
        f"{_COMPETE} And each character goes where its line goes.",
    ),
    ("each character is taken once", _best_of_characters, _COMPETE),
    ("the best line alone goes on, with what characters there are", _best_line, _COMPETE),
):
    beam_step.wrong(_name, _change, _advice)


@sheet.check(
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
def score_text(rng):
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


PIECES, PIECE = 23, 300  # of a page, side by side, and the characters in each
WARM = 64  # characters of a piece that are only read, before the first that is guessed
TIERS = ((0.10, 6), (0.06, 4), (0.03, 2))  # bits per character below the best counts -> points
ALIKE = 0.7  # from here on a model is taken for the course's: two that were trained apart have about 0.34
MOST_UNITS = 512  # which the check runs in half a second


def _fault(text):
    """What is wrong with a page to score on, or ""."""
    from lstm_helpers.data import pride_and_prejudice

    return fault_of(text, pride_and_prejudice(), "the novel", least=PIECES * PIECE)


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
    from lstm_helpers.data.letters import Alphabet, split

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
    if trouble := no_model(outputs[0], "W_h", _shapes, MOST_UNITS, "character"):
        return 0, *trouble
    if alike(_h(outputs[0]), _stored_h(sheet.hidden.text)) > ALIKE:
        return COPIED
    page, counts = _page()
    places = cases[0]["starts"] + np.arange(PIECE)[:, None]
    model = {name: array.astype(np.float64) for name, array in outputs[0].items()}
    h, c = np.zeros((2, PIECES, len(model["W_h"])))
    nats, _, _ = answers.score_text(page[places], h, c, **model)
    cost, best = nats[WARM - 1 :].mean() / np.log(2), counts[places[WARM:]].mean()
    points = next((points for gain, points in TIERS if best - cost >= gain), 0)
    asked = ", ".join(f"{points} points from {best - gain:.2f} down" for gain, points in reversed(TIERS))
    said = f"{cost:.2f} bits per character where the best counts cost {best:.2f} ({asked})"
    cause = "" if points else "no better than counts"
    if cost > np.log2(answers.V):
        cause = "worse than a model that knows nothing"
        said += (
            f"\nOne that knows nothing costs {np.log2(answers.V):.2f}. Is this a trained model? Are the blocks of its "
            "columns in the order i, f, g, o?"
        )
    return points, said, cause


def _shapes(H):
    return {"W_x": (answers.V, 4 * H), "W_h": (H, 4 * H), "b": (4 * H,), "W_y": (H, answers.V), "b_y": (answers.V,)}


@functools.cache
def _stored_h(hidden):
    """``_h`` of the course's own model on the page that counts now."""
    return _h(dict(zip(("W_x", "W_h", "b", "W_y", "b_y"), answers.my_weights(), strict=True)))


def _h(model):
    """What each unit of a model says at each place of the page's first pieces: (places, H)."""
    V, H = model["W_x"].shape[0], len(model["W_h"])
    lstm = LSTM(V, H, rng=np.random.default_rng(0))
    for name, array in lstm.params.items():
        array[...] = model[name]
    ids = _page()[0][: PIECES * PIECE].reshape(PIECES, PIECE).T
    return lstm.forward(np.eye(V, dtype=lstm.dtype)[ids], train=False)[0][WARM:].reshape(-1, H)


@sheet.check(
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
def my_weights(rng):
    """Your own model on pages it has not seen: it has to guess better than counts.

    Pieces of the page are read side by side. The first WARM characters of a piece are only read. The page itself is
    no part of the case: the answer is made without it.
    """
    page, _ = _page()
    starts = PIECE * np.sort(rng.choice(len(page) // PIECE, PIECES, replace=False))
    yield f"{PIECES} pieces of {PIECE} characters", {"starts": starts}
