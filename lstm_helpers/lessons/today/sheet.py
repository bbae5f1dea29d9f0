"""Sheet 12: stabilised steps, one pass of a scan, the way back, machines that a linear recurrence keeps, by pencil."""

from functools import partial

import numpy as np

from lstm_helpers.checks.cases import finish
from lstm_helpers.checks.judge import integers, two_decimals
from lstm_helpers.checks.sheet import Sheet
from lstm_helpers.lessons.today import answers, by_pencil

sheet = Sheet.of(answers)

# T steps, B sequences, H units, all different but in the square.
STEPS = [
    ("an ordinary batch", 6, 3, 2),
    ("other values of the same shapes", 6, 3, 2),
    ("one sequence in the batch", 5, 1, 3),
    ("one unit", 4, 3, 1),
    ("square shapes, all sizes 3", 3, 3, 3),
    ("large positive inputs", 5, 4, 2),
    ("large negative inputs", 5, 4, 2),
    ("float32", 4, 2, 5),
    ("a larger batch", 5, 4, 2),
    ("more units", 4, 2, 5),
]
FIRST_STEP = "the first step, where nothing is held and m is -inf"


def _held(rng, *shape):
    """A normaliser or a divisor's part: positive numbers."""
    return rng.uniform(0.4, 2, size=shape)


@sheet.check(
    returns=("h", "c", "n", "m"),
    points=5,
    minutes=20,
    hints=[
        "Four blocks, i, f, g, o. The new m is the larger of log f + m and z_i; then both gates are exponentials.",
        "log f of a sigmoid gate is `-np.logaddexp(0, -z_f)`: it stays finite where the sigmoid itself is 0. With "
        "`kept = m - np.logaddexp(0, -z_f)`, the new m is `np.maximum(kept, z_i)`.",
        "`i = np.exp(z_i - m)` and `f = np.exp(kept - m)`, with the new m. Then `c = f * c + i * np.tanh(z_g)`, "
        "`n = f * n + i`, `h = sigmoid(z_o) * c / n`.",
    ],
)
def slstm_step(rng):
    """One step of sLSTM, with c and n held divided by exp(m)."""
    for label, _, B, H in STEPS:
        case = {
            "z": rng.normal(size=(B, 4 * H)) * 1.5,
            "c": rng.normal(size=(B, H)),
            "n": _held(rng, B, H),
            "m": rng.normal(size=(B, H)) * 2,
        }
        if label.startswith("large"):  # the input gate alone, since the size of the others says nothing
            case["z"][:, :H] = np.abs(case["z"][:, :H]) * (1000 if "positive" in label else -1000)
        yield finish(label, case, scaled=())
    case = {"z": rng.normal(size=(3, 8)), "c": np.zeros((3, 2)), "n": np.zeros((3, 2)), "m": np.full((3, 2), -np.inf)}
    case["z"][0, 0] -= 6  # an input gate below its forget gate: there an m that began at 0 would be the larger one
    yield FIRST_STEP, case
    far = {"z": rng.normal(size=(3, 8)), "c": rng.normal(size=(3, 2)), "n": _held(rng, 3, 2)}
    far["z"][:, :4] = [-900, -950, -800, -750]  # both gates nearly shut
    yield "both gates nearly shut", far | {"m": rng.normal(size=(3, 2))}
    yield "a large m", {**far, "z": rng.normal(size=(3, 8)), "m": 900 + rng.normal(size=(3, 2))}


@sheet.check(
    returns=("read", "C", "n", "m"),
    points=5,
    minutes=20,
    hints=[
        "m, i and f are as in question 1, a number per sequence. Divide the key by the root of d, then update C and n.",
        "What is added to C is an outer product, row from the value and column from the key: "
        "`v[:, :, None] * k[:, None]`, times i. n gets i * k.",
        "The divisor is the larger of |n . q| and exp(-m), with the new n and m: "
        "`np.maximum(np.abs((n * q).sum(axis=1)), np.exp(-m))`. What is read is C q over it: "
        "`np.einsum('bvk,bk->bv', C, q)`.",
    ],
)
def mlstm_step(rng):
    """One step of a matrix memory, with C and n held divided by exp(m)."""
    for label, _, B, d in STEPS:
        label = {"one unit": "one number in a key", "more units": "longer keys"}.get(label, label)
        case = {name: rng.normal(size=(B, d)) for name in "qkv"}
        case |= {"z_i": rng.normal(size=B), "z_f": rng.normal(size=B) * 1.5}
        case |= {"C": rng.normal(size=(B, d, d)), "n": rng.normal(size=(B, d)), "m": rng.normal(size=B)}
        case["n"][0] *= 0.02  # one query that hardly fits, one that does
        case["z_i"][0] -= 3
        if label.startswith("large"):
            case["z_i"] = np.abs(case["z_i"]) * (1000 if "positive" in label else -1000)
        yield finish(label, case, scaled=())
    case = {name: rng.normal(size=(3, 2)) for name in "qkv"} | {"z_i": rng.normal(size=3), "z_f": rng.normal(size=3)}
    yield FIRST_STEP, {**case, "C": np.zeros((3, 2, 2)), "n": np.zeros((3, 2)), "m": np.full(3, -np.inf)}
    held = {"C": rng.normal(size=(3, 2, 2)), "n": rng.normal(size=(3, 2))}
    yield "an m far below 0", {**case, **held, "z_i": rng.normal(size=3) - 12, "m": rng.normal(size=3) - 12}
    yield "an m far above 0", {**case, **held, "m": rng.normal(size=3) + 12}


def _recurrence(rng, T, B, H):
    """a, b, and the h that they make of a start."""
    a, b, start = rng.uniform(-1.4, 1.4, (T, B, H)), rng.normal(size=(T, B, H)), rng.normal(size=(B, H))
    h, last = np.empty_like(b), start
    for t in range(T):
        h[t] = last = a[t] * last + b[t]
    return a, b, h, start


@sheet.check(
    returns=("new_a", "new_b"),
    points=3,
    minutes=12,
    hints=[
        "The first `reach` steps have nobody so far to the left: they stay as they are.",
        "Joining an earlier step (a, b) and a later one (a', b') gives (a' a, a' b + b'). All steps at once: the later "
        "ones are `a[reach:]`, the earlier ones `a[:-reach]`.",
        "Copy first: `new_a, new_b = a.copy(), b.copy()`. Then `new_a[reach:] *= a[:-reach]` and "
        "`new_b[reach:] += a[reach:] * b[:-reach]`, all from the old a and b.",
    ],
)
def scan_pass(rng):
    """One pass of a scan: every step takes in the one `reach` places before it."""
    for label, T, B, H in STEPS:
        a, b, *_ = _recurrence(rng, T, B, H)
        label, case = finish(label, {"a": a, "b": b}, scaled=("a", "b"))
        yield label, {**case, "reach": np.array(1 if T == 4 else 2)}
    a, b, *_ = _recurrence(rng, 9, 2, 3)
    yield "a reach of 4 in 9 steps", {"a": a, "b": b, "reach": np.array(4)}
    yield "a reach of 8 in 9 steps", {"a": a, "b": b, "reach": np.array(8)}


@sheet.check(
    returns=("da", "db", "dstart"),
    points=4,
    minutes=20,
    hints=[
        "Lesson 6: from the last step to the first. What arrives at h_t is dh[t], and what step t + 1 sends back.",
        "h_t = a_t h_{t-1} + b_t: all that arrives at h_t goes to b_t as it is, to a_t times h_{t-1}, and to h_{t-1} "
        "times a_t.",
        "In the loop `db[t] = dh[t] + arriving` and `arriving = a[t] * db[t]`, with arriving 0 at first. After it, "
        "`da = db * before`, where before is start, then h without its last step; dstart is what arrives in the end.",
    ],
)
def recurrence_backward(rng):
    """Back through a linear recurrence."""
    times_100 = ("upstream gradients times 100", *STEPS[0][1:])
    for label, T, B, H in [*STEPS, ("one step", 1, 3, 2), times_100]:
        a, _, h, start = _recurrence(rng, T, B, H)
        dh = rng.normal(size=(T, B, H)) * (100 if "100" in label else 1)
        yield finish(label, {"dh": dh, "a": a, "h": h, "start": start}, scaled=("dh",))


@sheet.check(
    returns=("a", "b"),
    points=2,
    minutes=10,
    hints=[
        "Ask what each bit has to do with h = 0 and with h = 1. A zero changes neither of them.",
        "A one turns 0 into 1 and 1 into 0. Two equations, a * 0 + b = 1 and a * 1 + b = 0, give a and b.",
        "For a one a = -1, b = 1; for a zero a = 1, b = 0. In one line: `1.0 - 2 * bits, 1.0 * bits`.",
    ],
)
def parity_gates(rng):
    """Gates with which a linear recurrence is the parity of the bits so far."""
    for label, T, B in [
        ("an ordinary batch", 6, 3),
        ("other values of the same shapes", 6, 3),
        ("one sequence in the batch", 7, 1),
        ("one step", 1, 4),
        ("square shapes", 4, 4),
        ("a longer batch", 9, 5),
    ]:
        bits = rng.integers(2, size=(T, B))
        bits.flat[:2] = 0, 1
        yield label, {"bits": bits}
    yield "ones only", {"bits": np.ones((5, 2), int)}
    yield "zeros only", {"bits": np.zeros((5, 2), int)}


@sheet.check(
    returns="A",
    points=3,
    minutes=15,
    hints=[
        "Column s of a matrix is what it makes of the vector with a single 1 at s. Where does state s go?",
        "A[v] has a single 1 in each column: in column s it stands in row table[v, s].",
        "`A = np.zeros((V, S, S))`, then in two loops `A[v, table[v, s], s] = 1`.",
    ],
)
def machine_matrices(rng):
    """A matrix for each symbol of a state machine."""
    for label, V, S in [
        ("an ordinary machine", 3, 4),
        ("other moves of the same sizes", 3, 4),
        ("one symbol", 1, 5),
        ("one state", 3, 1),
        ("as many symbols as states", 4, 4),
        ("more symbols than states", 6, 3),
    ]:
        table = rng.integers(S, size=(V, S))
        while S > 2 and (np.take_along_axis(table, table, axis=1) == np.arange(S)).all(axis=1).any():
            table = rng.integers(S, size=(V, S))  # a matrix that is its own transpose hides a slip
        yield label, {"table": table}
    yield "orders only", {"table": np.array([rng.permutation([1, 2, 3, 4, 0]) for _ in range(3)])}
    yield "one cycle, there and back", {"table": np.array([np.roll(np.arange(5), k) for k in (-1, 1)])}
    yield "a symbol that leads to one state", {"table": np.array([np.full(4, 2), np.arange(4)])}
    yield "a last state that no symbol leads to", {"table": np.array([[1, 0, 0, 2], [0, 2, 1, 1]])}


MAPS = {  # label: maps, each with its own longest cycle, and tails that lead into it
    "orders of four states": [[0, 1, 2, 3], [1, 0, 2, 3], [1, 2, 0, 3], [1, 2, 3, 0], [1, 0, 3, 2]],
    "states that nobody comes back to": [[0, 0, 1, 2], [1, 0, 0, 2], [1, 2, 0, 0], [3, 3, 3, 3], [1, 1, 3, 2]],
    "a cycle that state 0 is not in": [[0, 2, 1, 1], [1, 2, 3, 1], [3, 1, 2, 3], [1, 3, 2, 1], [2, 2, 3, 1]],
    "the longest cycle is not the last": [[1, 2, 0, 3, 4], [1, 0, 2, 3, 4], [1, 2, 0, 4, 3], [0, 1, 3, 4, 2]],
    "one state": [[0], [0]],
    "one map": [[4, 0, 1, 2, 3]],
    "two states": [[0, 1], [1, 0], [0, 0], [1, 1]],
    "cycles of several lengths": [[1, 0, 3, 4, 5, 2], [1, 0, 3, 2, 5, 4], [1, 0, 0, 3, 4, 5], [0, 1, 3, 4, 5, 2]],
}


@sheet.check(
    returns="needed",
    compare=integers("0, 1 or 2"),
    points=4,
    minutes=20,
    hints=[
        "Start in a state and follow the map. If you come back to it, you have been round a cycle: count its steps.",
        "States outside of every cycle do not matter. The longest cycle decides: length 1 gives 0, length 2 gives 1, "
        "anything longer gives 2.",
        "For each state: `at, steps = turns[state], 1`; while `at` is not the state and steps is below S, go on to "
        "`turns[at]` and count. At the end `min(longest, 3) - 1`, in an array of integers.",
    ],
)
def eigenvalues_needed(rng):
    """Which eigenvalues a linear recurrence needs to follow a symbol that is repeated for ever."""
    for label, maps in MAPS.items():
        maps = rng.permutation(np.array(maps))
        if "cycle" not in label or "lengths" in label:
            name = rng.permutation(maps.shape[1])  # the same machine, its states named anew
            maps = name[maps[:, np.argsort(name)]]
        yield label, {"maps": maps}


@sheet.check(
    oracle=by_pencil.GIVEN.work_out(),
    returns=("grown", "fixed", "joined_a", "joined_b", "passes", "mean", "read", "settles"),
    points=4,
    minutes=20,
    probe="value",
    compare=two_decimals,
    hints=[
        "Attention keeps a key and a value for each step, an LSTM h and c for the last one. Join two steps by putting "
        "the first into the second: a' (a h + b) + b'.",
        "Each pass doubles the reach. In sLSTM h is a mean weighted by exp of what is given. In mLSTM the divisor is "
        "the larger of |n . q| and exp(-m); exp(-ln 4) is 1/4.",
        "Where a state has settled, h = 0.75 h + 1.",
    ],
)
def today_by_pencil(rng):
    """Memory, scan, normaliser, floor and a settled state, worked out by hand."""
    yield "the numbers of the question", {}


for _name, _changed, _advice in by_pencil.GIVEN.slips():
    today_by_pencil.wrong(_name, partial(by_pencil.GIVEN.work_out, **_changed), _advice)
