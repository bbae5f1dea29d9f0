"""Sheet 11: saturation, top places, ablation, a probe and its control, what a cell holds, occlusion, by pencil."""

from functools import partial

import numpy as np

from lstm_helpers.checks.cases import SIZES, finish, weights
from lstm_helpers.checks.judge import integers, two_decimals
from lstm_helpers.checks.sheet import Sheet
from lstm_helpers.lessons.looking_inside import answers, by_pencil

sheet = Sheet.of(answers)

STEPS = (5, 5, 4, 3, 3, 6, 6, 4)  # T beside each of SIZES, other than its B, D and H but where the case is square


def _sizes(*more):
    """(label, T, B, D, H) of each case."""
    return [(label, T, *size) for T, (label, *size) in zip(STEPS, SIZES, strict=True)] + list(more)


ONE_STEP = ("one step", 1, 3, 4, 2)


@sheet.check(
    returns=("shut", "wide"),
    ranges={"shut": (0, 1), "wide": (0, 1)},
    points=3,
    minutes=10,
    hints=[
        "First pick the steps that count: column b has lengths[b] of them, from the top. Then count below 0.1 and "
        "above 0.9, unit by unit.",
        "`np.arange(T)[:, None] < lengths` is a table (T, B) of booleans, and `gate[table]` are the steps that count, "
        "one row of H numbers each.",
        "`seen = gate[np.arange(len(gate))[:, None] < lengths]`; then `(seen < 0.1).mean(axis=0)`, the same above 0.9.",
    ],
)
def saturation(rng):
    """The share of real steps at which each unit's gate is nearly shut, and nearly open."""
    for label, T, B, _, H in [*_sizes(ONE_STEP), ("a longer batch", 40, 6, 2, 3)]:
        if label.startswith("large"):
            continue
        gate = rng.beta(0.25, 0.25, size=(T, B, H))
        gate[(np.abs(gate - 0.1) < 0.01) | (np.abs(gate - 0.9) < 0.01)] = 0.5
        lengths = rng.permutation(np.resize([T, max(1, T - 2), 1, max(1, T - 1)], B))
        label, case = finish(label, {"gate": gate}, scaled=())
        yield label, {**case, "lengths": lengths}
    for label, high, low in (("always open", 1.0, 0.91), ("always shut", 0.09, 0.0)):
        yield label, {"gate": rng.uniform(low, high, size=(4, 2, 3)), "lengths": np.array([4, 2])}


@sheet.check(
    returns="places",
    compare=integers("the places"),
    points=4,
    minutes=15,
    hints=[
        "Work on a copy. Take the highest value, note where it stands, and rule out what is too close to it in its own "
        "sequence. Then again.",
        "`np.unravel_index(left.argmax(), left.shape)` is the pair (t, b) of the highest value. A value of -inf is "
        "never taken again.",
        "The steps from t - apart + 1 to t + apart - 1 are too close: "
        "`left[max(0, t - apart + 1) : t + apart, b] = -np.inf`. A slice must not begin below 0.",
    ],
)
def top_places(rng):
    """Where a unit fires most, no two places of one sequence too close to each other."""
    for label, T, B, count, apart in [
        ("an ordinary batch", 40, 3, 6, 3),
        ("other values of the same shapes", 40, 3, 6, 3),
        ("one sequence in the batch", 29, 1, 4, 4),
        ("neighbours are allowed", 14, 4, 9, 1),
        ("the next but one is allowed", 26, 3, 7, 2),
        ("one place", 6, 4, 1, 3),
        ("as many steps as sequences", 12, 12, 2, 3),
        ("float32", 38, 2, 5, 4),
    ]:
        values = np.cumsum(rng.normal(size=(T, B)), axis=0)  # neighbours are alike, as those of a cell state are
        label, case = finish(label, {"values": values - values.mean()}, scaled=())
        yield label, {**case, "count": np.array(count), "apart": np.array(apart)}
    slope = np.sort(rng.normal(size=(45, 2)), axis=0)
    yield "values that rise all the time", {"values": slope, "count": np.array(6), "apart": np.array(3)}
    yield "values that fall all the time", {"values": slope[::-1].copy(), "count": np.array(6), "apart": np.array(4)}
    yield "all values negative", {"values": slope - 10, "count": np.array(3), "apart": np.array(5)}


def _cell(rng, T, B, D, H):
    """A sequence, a start and the weights of a cell."""
    return {
        "x": rng.normal(size=(T, B, D)),
        "h_0": rng.uniform(-1, 1, size=(B, H)),
        "c_0": rng.normal(size=(B, H)) * 1.5,
        **weights(rng, D, H),
    }


@sheet.check(
    returns="h",
    points=5,
    minutes=15,
    hints=[
        "Run the loop of exercise 05 over the steps. Where `when` is true, write over one column of the new h "
        "before anybody reads it.",
        "Who reads h of step t? The caller, in what you return, and the next step. Both have to see the replaced "
        "value; c is left as it is.",
        "`h, c = lstm_step(...)`, then `if now: h[:, unit] = value`, then append h. The next pass takes this h.",
    ],
)
def ablated_forward(rng):
    """The LSTM in which everybody reads a constant in place of one unit's h, at some of the steps."""
    for n, (label, T, B, D, H) in enumerate(_sizes(ONE_STEP, ("every step", 5, 3, 4, 2), ("no step", 5, 3, 4, 2))):
        label, case = finish(label, _cell(rng, T, B, D, H), scaled=("x",))
        when = rng.permutation(np.arange(T) % 3 != 1) if T > 1 else np.array([True])
        if label in ("every step", "no step"):
            when = np.full(T, label == "every step")
        value = np.array(rng.uniform(0.3, 0.9) * (-1) ** n, dtype=case["x"].dtype)
        yield label, {**case, "unit": np.array(rng.integers(H)), "value": value, "when": when}


def _states(rng, N, H, V, spread=1.0):
    """N states that tell a fact and a little of each word: states (N, H), yes (N,), words (N,)."""
    words, yes = rng.integers(V, size=N), rng.random(N) < 0.4
    yes[:2] = True, False
    told = rng.normal(size=(N, H)) * spread
    told[:, 0] += 1.3 * yes
    told += np.sin(7.0 * words[:, None] + np.arange(H)) * 0.7 + 0.4
    return told, yes, words


@sheet.check(
    returns="w",
    points=3,
    minutes=12,
    hints=[
        "Put a column of ones to the right of the states for the bias. The targets are +1 and -1.",
        "Least squares with small weights: solve (A'A + K) w = A' target, where K has `strength` on its diagonal, and "
        "0 in the corner of the bias.",
        "`A = np.column_stack([states, np.ones(len(states))])`, `held = strength * np.eye(A.shape[1])`, "
        "`held[-1, -1] = 0`, `np.linalg.solve(A.T @ A + held, A.T @ np.where(yes, 1, -1))`.",
    ],
)
def linear_probe(rng):
    """The weights of a linear probe, the bias last."""
    for label, N, H, strength in [
        ("an ordinary set", 12, 3, 0.7),
        ("other values of the same shapes", 12, 3, 0.7),
        ("one unit", 9, 1, 0.3),
        ("more units than states", 4, 6, 0.5),
        ("as many states as units", 5, 5, 0.8),
        ("weights held strongly", 14, 3, 40.0),
        ("weights held hardly at all", 14, 2, 0.05),
        ("float32", 16, 4, 2.0),
    ]:
        states, yes, _ = _states(rng, N, H, 5)
        label, case = finish(label, {"states": states}, scaled=())
        yield label, {**case, "yes": yes, "strength": np.array(strength, case["states"].dtype)}
    states, yes, _ = _states(rng, 7, 3, 4)
    yield "all of them yes", {"states": states, "yes": np.full(7, True), "strength": np.array(0.4)}


@sheet.check(
    returns=("accuracy", "control"),
    ranges={"accuracy": (0, 1), "control": (0, 1)},
    points=4,
    minutes=12,
    uses=("linear_probe",),
    hints=[
        "Two probes, trained and judged alike: one on the fact, one on the coins. Train on `states`, judge on "
        "`unseen`.",
        "`coins[words]` is the coin of each place's word, a fact like `yes`; `coins[unseen_words]` is that of the "
        "unseen places.",
        "Write a function inside: `w = linear_probe(states, train, strength)`, "
        "`np.mean((unseen @ w[:-1] + w[-1] > 0) == test)`. Call it once with the fact, once with the coins.",
    ],
)
def selectivity(rng):
    """A probe's accuracy on unseen states, and its control's."""
    for label, N, M, H, V, strength in [
        ("an ordinary set", 40, 31, 3, 6, 0.7),
        ("other values of the same shapes", 40, 31, 3, 6, 0.7),
        ("one unit", 30, 23, 1, 5, 0.3),
        ("as many unseen places as seen ones", 25, 25, 4, 6, 0.5),
        ("more units than states", 8, 29, 12, 5, 0.9),
        ("weights held strongly", 40, 37, 3, 7, 60.0),
        ("many words", 60, 41, 5, 30, 1.0),
        ("an untold fact", 35, 33, 2, 6, 1.0),
    ]:
        for _ in range(1000):  # until both probes err on both sets, unlike each other, and no place is a close call
            case = _two_sets(rng, N, M, H, V, strength, told="untold" not in label)
            if _separates(case):
                break
        yield label, case


def _two_sets(rng, N, M, H, V, strength, told=True):
    (states, yes, words), (unseen, unseen_yes, unseen_words) = _states(rng, N, H, V), _states(rng, M, H, V)
    if not told:
        yes, unseen_yes = rng.permutation(yes), rng.permutation(unseen_yes)
    coins = rng.permutation(np.arange(V) % 2 == 0)
    case = {"states": states, "yes": yes, "words": words, "unseen": unseen, "unseen_yes": unseen_yes}
    return case | {"unseen_words": unseen_words, "coins": coins, "strength": np.array(strength)}


def _separates(case):
    """Whether the case tells a right answer from its neighbours: other data, other labels, a value close to 0."""
    shares, closest = [], 1.0
    for train, test in ((case["yes"], case["unseen_yes"]), (case["coins"][case["words"]],
                                                            case["coins"][case["unseen_words"]])):  # fmt: skip
        w = answers.linear_probe(case["states"], train, case["strength"])
        on = case["unseen"] @ w[:-1] + w[-1]
        closest = min(closest, np.abs(on).min())
        shares += [np.mean((on > 0) == test), np.mean((case["states"] @ w[:-1] + w[-1] > 0) == train)]
        shares += [np.mean((on - w[-1] > 0) == test), np.mean((on > 0.5) == test)]
    return closest > 1e-4 and len({round(share, 6) for share in shares}) >= 7 and max(shares[0], shares[4]) < 1


@sheet.check(
    returns="parts",
    points=4,
    minutes=12,
    hints=[
        "c_t = f_t * c_before + i_t * g_t. Every step adds i * g, and multiplies all that was there before by its "
        "forget gate.",
        "Begin with the T + 1 rows c_0, i_1 g_1, i_2 g_2, ... Go through the steps: row t + 1 is written at step t, "
        "and the rows before it are multiplied by f[t].",
        "`parts = np.concatenate([c_0[None], i * g])`, and for each t `parts[: t + 1] *= f[t]`. Their sum over axis 0 "
        "has to be the last cell state.",
    ],
)
def contributions(rng):
    """What the start and each step have left in the last cell state."""
    for label, T, B, _, H in _sizes(ONE_STEP):
        if label.startswith("large"):
            continue
        case = {name: rng.uniform(0.05, 0.98, size=(T, B, H)) for name in "if"}
        case |= {"g": rng.uniform(-1, 1, size=(T, B, H)), "c_0": rng.normal(size=(B, H)) * 1.5}
        label = {"longer inputs": "a longer start"}.get(label, label)
        yield finish(label, case, scaled=())
    shut = rng.uniform(0.2, 0.9, size=(5, 2, 3))
    shut[2] = 0  # step 2 forgets all
    more = {name: rng.uniform(0.1, 0.9, size=(5, 2, 3)) for name in "ig"}
    yield "a forget gate at 0", {"i": more["i"], "f": shut, "g": more["g"], "c_0": rng.normal(size=(2, 3))}
    large = {"i": more["i"], "f": rng.uniform(0.9, 1, size=(5, 2, 3)), "g": more["g"], "c_0": np.full((2, 3), 40.0)}
    yield "a large start", large


@sheet.check(
    returns="falls",
    points=4,
    minutes=15,
    hints=[
        "One run as it is, and one for each step in which that step's input alone is another one. The score is that of "
        "the last h.",
        "Make a fresh copy of x for every step: the others have to be as they were. `changed[t] = stand_in` fills all "
        "rows of the batch.",
        "`falls.append(score(x) - score(changed))`, where score runs the loop and returns `h @ w`, one number for each "
        "sequence.",
    ],
)
def occlusion(rng):
    """By how much a score falls when one input is replaced by a stand-in, step by step."""
    for label, T, B, D, H in _sizes(ONE_STEP):
        if label.startswith("large"):
            continue
        case = _cell(rng, T, B, D, H) | {"w": rng.normal(size=H), "stand_in": rng.normal(size=D)}
        first = ("x", "stand_in", "h_0", "c_0", "W_x", "W_h", "b", "w")
        yield finish(label, {name: case[name] for name in first}, scaled=())
    case = _cell(rng, 4, 3, 2, 5)
    names = ("h_0", "c_0", "W_x", "W_h", "b")
    yield "a stand-in of zeros", {
        "x": case["x"], "stand_in": np.zeros(2), **{name: case[name] for name in names}, "w": rng.normal(size=5),
    }  # fmt: skip


@sheet.check(
    oracle=by_pencil.GIVEN.work_out(),
    returns=tuple(by_pencil.GIVEN.work_out()),
    points=4,
    minutes=15,
    probe="value",
    compare=two_decimals,
    hints=[
        "The mean of 0.9 and 0.5 is 0.7. What changes in h reaches the reader times 2. A share is a number of values "
        "by all of them.",
        "Selectivity is a difference of two accuracies. What was written is multiplied by the forget gate of each "
        "later step.",
        "The slope of sigmoid(8 x - 4) is 8 times s (1 - s), with s = sigmoid(4) = 0.9820. Occlusion: sigmoid(4) "
        "less sigmoid(-4) = 0.0180.",
    ],
)
def insight_by_pencil(rng):
    """Ablation, saturation, selectivity, what is left, gradient and occlusion worked out by hand."""
    yield "the numbers of the question", {}


for _name, _changed, _advice in by_pencil.GIVEN.slips():
    insight_by_pencil.wrong(_name, partial(by_pencil.GIVEN.work_out, **_changed), _advice)
