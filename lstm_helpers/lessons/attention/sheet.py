"""Sheet 10: scores, masked weights, the way back, one decoder step, greedy decoding, self-attention, by pencil."""

from functools import partial

import numpy as np

from lstm_helpers.checks.cases import finish, weights
from lstm_helpers.checks.judge import integers, two_decimals
from lstm_helpers.checks.sheet import Sheet
from lstm_helpers.lessons.attention import answers, by_pencil

sheet = Sheet.of(answers)

# T steps, B sentences, Q numbers in the query, K in a key, A in the network between, all different but in the square.
SIZES = [
    ("an ordinary batch", 5, 3, 2, 4, 6),
    ("other values of the same shapes", 5, 3, 2, 4, 6),
    ("one sentence in the batch", 4, 1, 3, 2, 5),
    ("one step", 1, 3, 4, 2, 5),
    ("one number in the query", 4, 2, 1, 3, 5),
    ("one number in a key", 4, 2, 3, 1, 5),
    ("square shapes, all sizes 3", 3, 3, 3, 3, 3),
    ("large positive inputs", 6, 4, 3, 2, 5),
    ("large negative inputs", 6, 4, 3, 2, 5),
    ("float32", 4, 2, 5, 3, 6),
    ("a larger batch", 6, 4, 3, 2, 5),
    ("longer queries", 4, 2, 5, 3, 6),
]
ROWS = {  # labels of functions that know neither queries nor keys
    "one number in the query": "more sizes",
    "one number in a key": "more sizes again",
    "square shapes, all sizes 3": "square shapes",
    "longer queries": "longer rows",
}
TIMES_100 = ("upstream gradients times 100", *SIZES[0][1:])


def _lengths(rng, T, B):
    """Lengths (B,), one of them T, and where there is room for it a shorter one and one of 1."""
    return rng.permutation(np.resize([T, max(1, T - 2), 1], B))


def _softmax(e, lengths):
    p = np.exp(e - e.max(axis=1, keepdims=True)) * (np.arange(e.shape[1]) < lengths[:, None])
    return p / p.sum(axis=1, keepdims=True)


@sheet.check(
    returns="e",
    points=3,
    minutes=12,
    hints=[
        "Bring query and keys to the same size A with their matrices, add them, squash, weigh the A numbers with v.",
        "`s @ W_q` is (B, A) and `k @ W_k` is (T, B, A): NumPy adds the first to each of the T steps.",
        "`z = np.tanh(s @ W_q + k @ W_k)`; `z @ v` is (T, B), and its transpose is (B, T).",
    ],
)
def additive_scores(rng):
    """Additive scores of one query for each key."""
    for label, T, B, Q, K, A in SIZES:
        case = {
            "s": rng.normal(size=(B, Q)),
            "k": rng.normal(size=(T, B, K)),
            "W_q": rng.normal(size=(Q, A)),
            "W_k": rng.normal(size=(K, A)),
            "v": rng.permutation(A) / A - 0.37,
        }
        yield finish(label, case, scaled=("s", "k"))


@sheet.check(
    returns="a",
    ranges={"a": (0, 1)},
    points=4,
    minutes=15,
    hints=[
        "Make a table of booleans, (B, T): which step counts? `np.arange(T) < lengths[:, None]`.",
        "Put -inf where a step does not count, before you take the largest score away: exp(-inf) is exactly 0.",
        "A row in which nothing counts has -inf as its largest score and 0 as its sum. Put 0 and 1 in their place "
        "with np.where, before you subtract and divide.",
    ],
)
def masked_weights(rng):
    """The softmax of scores over the steps that count: exactly 0 elsewhere, and never NaN."""
    for label, T, B, *_ in SIZES:
        e = rng.normal(size=(B, T)) * 2
        if label.startswith("large"):
            e = (np.abs(e) + 1000) * (1 if "positive" in label else -1)
        label = ROWS.get(label, label)
        _, e = finish(label, {"e": e}, scaled=())
        yield label, {**e, "lengths": _lengths(rng, T, B)}
    e = rng.normal(size=(3, 5))
    yield "every step counts", {"e": e, "lengths": np.full(3, 5)}
    yield "a sentence of which nothing counts", {"e": e, "lengths": np.array([4, 0, 2])}
    far = e.copy()
    far[:, 3:] += 900
    yield "scores of the padding far above the others", {"e": far, "lengths": np.array([3, 2, 3])}
    apart = e.copy()
    apart[0] += 2000
    yield "one sentence with scores far above those of the others", {"e": apart, "lengths": np.array([4, 5, 3])}
    yield "nothing counts anywhere", {"e": e[:2], "lengths": np.array([0, 0])}


@sheet.check(
    returns="de",
    points=2,
    minutes=8,
    hints=[
        "The weights compete: a higher score raises its own weight and takes from all others of its row.",
        "From each da take the mean of da, weighted by a: `(a * da).sum(axis=1)`. One mean for each row.",
        "`a * (da - (a * da).sum(axis=1)[:, None])`.",
    ],
)
def softmax_backward(rng):
    """The gradient of the scores from that of the weights."""
    for label, T, B, *_ in [*SIZES, TIMES_100]:
        lengths = _lengths(rng, T, B)
        da = rng.normal(size=(B, T)) * (100 if label == TIMES_100[0] else 1)
        label = ROWS.get(label, label)
        yield finish(label, {"da": da, "a": _softmax(rng.normal(size=(B, T)) * 1.5, lengths)}, scaled=("da",))


@sheet.check(
    returns=("ds", "dk", "dW"),
    points=5,
    minutes=20,
    uses=("softmax_backward",),
    hints=[
        "Three stations: from dcontext to da (a product with the keys), from da to de (question 3), from de to s, k, "
        "W. A key is used twice, in the context and in its score: its two gradients add up.",
        "`da[b, t]` is the product of `dcontext[b]` and `k[t, b]`. Of the scores: each key gets de times s W; s and W "
        "get the keys, weighted by de and added up over the steps.",
        "`along = np.einsum('bt,tbk->bk', de, k)`, then `ds = along @ W.T`, `dW = s.T @ along` and "
        "`dk = a.T[..., None] * dcontext + de.T[..., None] * (s @ W)`.",
    ],
)
def attention_backward(rng):
    """Back through multiplicative attention: the gradients of query, keys and weights' matrix."""
    for label, T, B, Q, K, _ in [*SIZES, TIMES_100]:
        s, k, W = rng.normal(size=(B, Q)), rng.normal(size=(T, B, K)), rng.normal(size=(Q, K))
        a = _softmax(np.einsum("bk,tbk->bt", s @ W, k), _lengths(rng, T, B))
        dcontext = rng.normal(size=(B, K)) * (100 if label == TIMES_100[0] else 1)
        yield finish(label, {"dcontext": dcontext, "a": a, "s": s, "k": k, "W": W}, scaled=("dcontext",))


def _decoder(rng, label, T, B, D, K, H, V=5):
    """A decoder before a step: its state, the keys that it may look at, and its weights."""
    M = 7 if H != 3 else 3
    case = {
        "h": rng.uniform(-1, 1, size=(B, H)),
        "c": rng.normal(size=(B, H)) * 1.5,
        "k": rng.normal(size=(T, B, K)),
        "lengths": _lengths(rng, T, B),
        **weights(rng, D, H),
        "W": rng.normal(size=(H, K)),
        "W_c": rng.normal(size=(H + K, M)),
        "W_y": rng.normal(size=(M, V)),
    }
    if label == "float32":
        case = {name: a if name == "lengths" else a.astype(np.float32) for name, a in case.items()}
    return case


@sheet.check(
    returns=("scores", "h", "c", "a"),
    ranges={"a": (0, 1), "h": (-1, 1)},
    points=4,
    minutes=15,
    uses=("masked_weights",),
    hints=[
        "In this order: one step of the LSTM, scores of the keys for the new h, weights, context, and what is said.",
        "The scores of the keys are `np.einsum('bk,tbk->bt', h @ W, k)`: each key times h W, added up over K.",
        "`context = np.einsum('bt,tbk->bk', a, k)`; then `np.tanh(np.concatenate([h, context], axis=1) @ W_c) @ W_y`.",
    ],
)
def decoder_step(rng):
    """One step of a decoder that looks back at the encoder's states."""
    for label, T, B, D, K, H in SIZES:
        if not label.startswith("large"):
            label = {"one number in the query": "one number in x", "longer queries": "longer inputs"}.get(label, label)
            case = _decoder(rng, label, T, B, D, K, H)
            x = rng.normal(size=(B, D)).astype(case["h"].dtype)
            yield label, {"x": x, **case}
    yield "one hidden unit", {"x": rng.normal(size=(2, 3)), **_decoder(rng, "", 4, 2, 3, 5, 1)}
    large = _decoder(rng, "", 5, 3, 2, 4, 6)
    large["k"] *= 1000
    yield "keys of a thousand", {"x": rng.normal(size=(3, 2)), **large}


@sheet.check(
    returns="ids",
    compare=integers("the numbers of symbols"),
    points=4,
    minutes=15,
    uses=("masked_weights", "decoder_step"),
    hints=[
        "Begin with the symbol `start` in every sequence. `E[last]` are the rows of the symbols written last.",
        "Each pass: decoder_step, then `scores.argmax(axis=1)`, one symbol for each sequence, which is read next.",
        "A sequence that has ended stays ended: `last = np.where(last == end, end, scores.argmax(axis=1))`. Collect "
        "`last` in a list and return it as an array, (most, B).",
    ],
)
def greedy_answer(rng):
    """Greedy decoding, in which an ended answer stays ended."""
    for label, T, B, D, K, H, most, start, end in [
        ("an ordinary batch", 5, 6, 2, 4, 3, 8, 0, 1),
        ("other values of the same shapes", 5, 6, 2, 4, 3, 8, 0, 1),
        ("other signs for start and end", 5, 6, 2, 4, 3, 8, 3, 2),
        ("one sentence in the batch", 4, 1, 3, 2, 5, 9, 0, 1),
        ("one step", 4, 6, 3, 2, 5, 1, 4, 0),
        ("one hidden unit", 4, 5, 3, 2, 1, 6, 0, 1),
        ("square shapes, all sizes 3", 3, 3, 3, 3, 3, 6, 2, 0),
        ("float32", 4, 5, 2, 6, 3, 7, 0, 1),
    ]:
        V = 5 if "square" not in label else 3
        for _ in range(1000):  # until an answer ends early, and would have gone on to say something else
            case = _decoder(rng, label, T, B, D, K, H, V)
            case = {"E": rng.normal(size=(V, D)).astype(case["h"].dtype), **case}
            case |= {"start": np.array(start), "end": np.array(end), "most": np.array(most)}
            if most < 3 or _tells(case):
                break
        yield label, case


def _tells(case):
    """Whether answers end at different steps, and the decoder would have said more after its end sign."""
    end, most = case["end"], case["most"]
    if (answers.greedy_answer(**{**case, "most": 1}) == end).any():  # most draws: one ends before it has begun
        return False
    on = answers.greedy_answer(**{**case, "end": -1})
    over = np.maximum.accumulate(on == end, axis=0)
    ended = over.argmax(axis=0)[over[-1]]
    more = (over & (on != end)).any()
    return bool(more and len(set(ended.tolist())) > (0 if on.shape[1] == 1 or most < 4 else 1))


@sheet.check(
    returns="contexts",
    points=6,
    minutes=20,
    hints=[
        "e[b, i, j], how well step j answers the query of step i, is the product of q[i, b] and k[j, b], divided by "
        "the root of D. Step i may look at steps 0 to i.",
        "`np.tri(T)` has ones where column j is at most row i. Put -inf elsewhere, then the softmax over j.",
        "`np.einsum('ibd,jbd->bij', q, k) / D**0.5`, `np.where(np.tri(T) > 0, e, -np.inf)`, softmax over axis 2, and "
        "`np.einsum('bij,jbm->ibm', a, v)`.",
    ],
)
def self_attention(rng):
    """Scaled dot-product attention in which no step sees a later one."""
    for label, T, B, D, M, _ in SIZES:
        label = {"one number in the query": "D = 1", "one number in a key": "one number in a value"}.get(label, label)
        case = {name: rng.normal(size=(T, B, D)) for name in "qk"} | {"v": rng.normal(size=(T, B, M))}
        if label.startswith("large"):  # scores of thousands
            sign = 1 if "positive" in label else -1
            case |= {"q": 100 * np.abs(case["q"]), "k": 100 * sign * np.abs(case["k"])}
        yield finish(label, case, scaled=())


@sheet.check(
    oracle=by_pencil.GIVEN.work_out(),
    returns=("weight", "context", "dscore", "swapped", "spread", "crossing"),
    points=4,
    minutes=15,
    probe="value",
    compare=two_decimals,
    hints=[
        "exp(ln 1) is 1 and exp(ln 2) is 2; the third step is padding. Divide by the sum of those that count. The "
        "context is the weighted mean of the keys.",
        "de_1 = a_1 * (da_1 - mean), with da = the keys, since dcontext is 1; the mean is the context. When keys "
        "change places, their scores go with them.",
        "A product of two independent numbers of mean 0 and variance 1 has variance 1; 64 of them add up to 64, and "
        "the root is asked. Last: 2 T T H = 8 T H H.",
    ],
)
def attention_by_pencil(rng):
    """Attention worked out by hand: weights, gradient, order, spread of a dot product, and cost."""
    yield "the numbers of the question", {}


for _name, _changed, _advice in by_pencil.GIVEN.slips():
    attention_by_pencil.wrong(_name, partial(by_pencil.GIVEN.work_out, **_changed), _advice)
