"""Sheet 07: one step of Adam, where biases start, padding, dropout, streams, and when to stop."""

import numpy as np

from lstm_helpers.checks.judge import two_decimals
from lstm_helpers.checks.sheet import Sheet, edit

sheet = Sheet("optimising", exercise="07_training_that_works")


def whole_number(got, want, case):
    """Comparison for a count or an index: an integer, or a float that is one."""
    if got.shape != want.shape:
        return f"has shape {got.shape}, expected one number"
    if got.dtype.kind not in "biuf":
        return f"has dtype {got.dtype}, expected a whole number"
    whole = "" if float(got).is_integer() else "the whole number "  # NaN and inf are none
    return "" if got == want else f"is {got.item():.6g}, expected {whole}{want.item():.6g}"


# ---------------------------------------------------------------- where the biases start


def chrono_bias(b, u):
    """The biases b (4H,) with the forget gate's at log u and the input gate's at -log u.

    u (H,): draws from 1 to T - 1. Returns a new array (4H,), gates in the order i, f, g, o; g and o keep theirs.
    Source: Tallec & Ollivier 2018, section 3.
    """
    H = len(u)
    b = b.copy()
    b[H : 2 * H] = np.log(u)
    b[:H] = -np.log(u)
    return b


@sheet.check(
    oracle=chrono_bias,
    returns="b",
    name="chrono_bias",
    points=2,
    minutes=6,
    hints=[
        "Two of the four blocks of b change. In the order i, f, g, o, which columns are they, in terms of H?",
        "Work on `b.copy()`, so that the caller's array stays as it is. `np.log` is the natural logarithm.",
        "`b[H:2 * H] = np.log(u)` for the forget gate and `b[:H] = -np.log(u)` for the input gate.",
    ],
)
def chrono_cases(rng):
    """Biases that spread the memories of the units over 1 to T - 1 steps."""
    for label, H, longest in [
        ("an ordinary layer", 3, 50),
        ("other values of the same shapes", 3, 50),
        ("one hidden unit", 1, 20),
        ("five hidden units", 5, 400),
        ("a very long task", 2, 10**6),
        ("float32", 4, 100),
    ]:
        dtype = np.float32 if label == "float32" else np.float64
        b, u = rng.permutation(4 * H) / (2 * H) - 0.93, rng.uniform(2, longest - 1, H)
        yield label, {"b": b.astype(dtype), "u": u.astype(dtype)}
    yield "a unit that forgets at once, u = 1", {"b": rng.normal(size=8), "u": np.array([1.0, 7.0])}


F_LINE, I_LINE = "b[H : 2 * H] = np.log(u)", "b[:H] = -np.log(u)"
chrono_wrong = chrono_cases.wrong
chrono_wrong(
    "the two gates are swapped",
    [(F_LINE, "b[H : 2 * H] = -np.log(u)"), (I_LINE, "b[:H] = np.log(u)")],
    "The order is i, f, g, o: the first block is the input gate's, and it gets the minus.",
)
chrono_wrong("the input gate's biases are left", (I_LINE, "pass"), "The first H biases become -log u.")
chrono_wrong("the forget gate's biases are left", (F_LINE, "pass"), "The second H biases become log u.")
chrono_wrong(
    "the input gate has no minus", ("= -np.log", "= np.log"), "A cell that keeps for long takes in little: -log u."
)
chrono_wrong(
    "no logarithm",
    [("= np.log(u)", "= u"), ("= -np.log(u)", "= -u")],
    "The bias goes through the sigmoid: sigmoid(log u) is u / (u + 1), sigmoid(u) is nearly 1 for any u.",
)
chrono_wrong(
    "the gate's value in place of its bias",
    [("= np.log(u)", "= u / (u + 1)"), ("= -np.log(u)", "= 1 / (u + 1)")],
    "u / (u + 1) is what the gate says; the bias that makes the sigmoid say it is log u.",
)
chrono_wrong(
    "the logarithm to base 10",
    ("np.log(", "np.log10("),
    "The sigmoid is made of e, so the logarithm is the natural one: np.log.",
)
chrono_wrong(
    "the candidate's slice for the forget gate",
    ("b[H : 2 * H]", "b[2 * H : 3 * H]"),
    "The order is i, f, g, o: the forget gate is second, columns H to 2H.",
)
chrono_wrong(
    "the output gate's slice for the forget gate",
    ("b[H : 2 * H]", "b[3 * H :]"),
    "The order is i, f, g, o: the forget gate is second, columns H to 2H.",
)
chrono_wrong(
    "every fourth bias is taken for a gate",
    [("b[H : 2 * H]", "b[1::4]"), ("b[:H]", "b[::4]")],
    "The biases of one gate lie side by side: the first H are the input gate's, the next H the forget gate's.",
)
chrono_wrong(
    "one over the logarithm",
    ("= -np.log(u)", "= 1 / np.log(u)"),
    "The input gate's bias is -log u, which is log(1 / u), not 1 / log u.",
)
chrono_wrong(
    "the logarithm of u - 1",
    [("= np.log(u)", "= np.log(u - 1)"), ("= -np.log(u)", "= -np.log(u - 1)")],
    "u goes into the logarithm as it is: T - 1 is the largest u that can be drawn.",
)
chrono_wrong(
    "the values are added to the old ones",
    [("] = np.log", "] += np.log"), ("] = -np.log", "] -= np.log")],
    "The drawn biases of the two gates are replaced.",
)
chrono_wrong("b is changed in place", ("    b = b.copy()\n", ""), "Start with b = b.copy().")
chrono_wrong(
    "the other two blocks become zero",
    ("b = b.copy()", "b = np.zeros_like(b)"),
    "Candidate and output gate keep the biases that were drawn: start from b.copy().",
)
for _name, _change, _advice in (
    (
        "the logarithm to base 2",
        [("np.log(u)", "np.log2(u)")],
        "The sigmoid is made of e, so the logarithm is the natural one: np.log.",
    ),
    (
        "the logarithm of u + 1",
        [("np.log(u)", "np.log1p(u)")],
        "u goes into the logarithm as it is: sigmoid(log u) is u / (u + 1).",
    ),
    (
        "the forget gate gets the minus too",
        (F_LINE, "b[H : 2 * H] = -np.log(u)"),
        "A unit that is to remember keeps its forget gate open: +log u.",
    ),
    (
        "u itself for the input gate",
        (I_LINE, "b[:H] = -u"),
        "The input gate's bias is the logarithm with a minus, -log u.",
    ),
    ("u itself for the forget gate", (F_LINE, "b[H : 2 * H] = u"), "The forget gate's bias is the logarithm, log u."),
    ("the units in reverse order", [("np.log(u)", "np.log(u[::-1])")], "Unit k gets the k-th draw."),
    ("one draw for all units", [("np.log(u)", "np.log(u[0])")], "Each unit gets a draw of its own: the whole u."),
    (
        "the mean of the draws for all units",
        [("np.log(u)", "np.log(u.mean())")],
        "Each unit gets a draw of its own: the whole u.",
    ),
    (
        "the output gate's slice for the input gate",
        (I_LINE, "b[3 * H :] = -np.log(u)"),
        "The order is i, f, g, o: the input gate is first, columns 0 to H.",
    ),
    (
        "the candidate's slice for the input gate",
        (I_LINE, "b[2 * H : 3 * H] = -np.log(u)"),
        "The order is i, f, g, o: the input gate is first, columns 0 to H.",
    ),
    ("exp in place of the logarithm", [("np.log(u)", "np.exp(-u)")], "The bias is the logarithm of u: np.log."),
    ("the root of u", [("np.log(u)", "np.sqrt(u)")], "The bias is the logarithm of u: np.log."),
):
    chrono_wrong(_name, _change, _advice)


# ---------------------------------------------------------------- one step of Adam


def adam_step(p, grad, m, v, t, lr):
    """One step of Adam: parameters p, their gradient, its running mean m and mean square v, all of one shape.

    t: the number of this step, 1 for the first; lr: the learning rate. Returns the new p, m, v.
    Source: Kingma & Ba 2015, algorithm 1.
    """
    m = 0.9 * m + 0.1 * grad
    v = 0.999 * v + 0.001 * grad**2
    m_hat = m / (1 - 0.9**t)
    v_hat = v / (1 - 0.999**t)
    p = p - lr * m_hat / (np.sqrt(v_hat) + 1e-8)
    return p, m, v


@sheet.check(
    oracle=adam_step,
    returns=("p", "m", "v"),
    name="adam_step",
    points=4,
    minutes=12,
    hints=[
        "Five lines, in the order of the five equations. Both running means first: they need the new gradient.",
        "The corrected means divide by `1 - 0.9**t` and `1 - 0.999**t`. They serve this step alone: return m, v.",
        "`p = p - lr * m_hat / (np.sqrt(v_hat) + 1e-8)`: the root is taken of the corrected mean square.",
    ],
)
def adam_cases(rng):
    """One step of Adam, with bias correction."""
    for label, shape, t in [
        ("in the middle of a run", (3, 4), 7),
        ("other values of the same shapes", (3, 4), 7),
        ("the second step", (2, 3), 2),
        ("a late step", (4,), 5000),
        ("a single weight", (1, 1), 3),
        ("a square matrix", (3, 3), 12),
        ("large positive gradients", (2, 4), 9),
        ("large negative gradients", (2, 4), 9),
        ("float32", (2, 5), 4),
    ]:
        grad, v = rng.normal(size=shape), rng.uniform(0.2, 3, size=shape)
        if label.startswith("large"):
            grad = np.abs(grad) * (1e3 if "positive" in label else -1e3)
        case = {"p": rng.normal(size=shape), "grad": grad, "m": rng.normal(size=shape), "v": v}
        case |= {"t": np.array(t), "lr": np.array(rng.uniform(0.05, 0.3))}
        if label == "float32":
            case = {name: a if name == "t" else a.astype(np.float32) for name, a in case.items()}
        yield label, case
    zeros, signs = np.zeros((2, 3)), rng.choice([-1.0, 1.0], size=(2, 3))
    first = {"p": rng.normal(size=(2, 3)), "m": zeros, "v": zeros, "t": np.array(1), "lr": np.array(0.1)}
    yield "the first step, m and v still zero", first | {"grad": signs * rng.uniform(0.5, 3, size=(2, 3))}
    yield "a gradient of zero at the first step", first | {"grad": zeros}
    yield "tiny gradients", first | {"grad": signs * rng.uniform(0.5, 2, size=(2, 3)) * 1e-8}


adam_wrong = adam_cases.wrong
adam_wrong(
    "no bias correction",
    [("m / (1 - 0.9**t)", "m"), ("v / (1 - 0.999**t)", "v")],
    "m and v start at zero and are too small at first: divide by 1 - 0.9**t and 1 - 0.999**t.",
)
adam_wrong("the mean is not corrected", ("m / (1 - 0.9**t)", "m"), "Divide m by 1 - 0.9**t.")
adam_wrong("the mean square is not corrected", ("v / (1 - 0.999**t)", "v"), "Divide v by 1 - 0.999**t.")
adam_wrong(
    "both corrections use 0.9", ("0.999**t", "0.9**t"), "Each mean has its own rate: 0.999 belongs to the mean square."
)
adam_wrong(
    "the corrected means are returned",
    ("return p, m, v", "return p, m_hat, v_hat"),
    "The next step goes on from m and v themselves; the corrected ones serve this step only.",
)
adam_wrong(
    "the root is missing", ("np.sqrt(v_hat)", "v_hat"), "Divide by the root: a mean of squares has another unit."
)
adam_wrong(
    "epsilon inside the root",
    ("(np.sqrt(v_hat) + 1e-8)", "np.sqrt(v_hat + 1e-8)"),
    "1e-8 is added after the root. Inside it acts like 1e-4.",
)
adam_wrong(
    "epsilon is not in the denominator",
    (" + 1e-8", ""),
    "Where every gradient was 0, the step is 0 / 0: divide by (np.sqrt(v_hat) + 1e-8), in brackets.",
)
adam_wrong(
    "epsilon is added before the correction",
    ("(np.sqrt(v_hat) + 1e-8)", "((np.sqrt(v) + 1e-8) / np.sqrt(1 - 0.999**t))"),
    "Correct v first, take the root, then add 1e-8.",
)
adam_wrong("the gradient is not squared", ("grad**2", "grad"), "v is the running mean of the squared gradient.")
adam_wrong(
    "the size of the gradient, not its square",
    ("grad**2", "np.abs(grad)"),
    "v is the running mean of grad**2, not of its absolute value.",
)
adam_wrong(
    "the mean is squared, not the gradient", ("0.001 * grad**2", "0.001 * m**2"), "v takes in grad**2: m is not in it."
)
adam_wrong("the learning rate is missing", ("p - lr * m_hat", "p - m_hat"), "The whole step is multiplied by lr.")
adam_wrong(
    "multiplied by the correction",
    [("m / (1 - 0.9**t)", "m * (1 - 0.9**t)"), ("v / (1 - 0.999**t)", "v * (1 - 0.999**t)")],
    "m and v are too small at first, so the correction makes them larger: divide.",
)
adam_wrong(
    "the bracket is raised to the power",
    [("(1 - 0.9**t)", "(1 - 0.9) ** t"), ("(1 - 0.999**t)", "(1 - 0.999) ** t")],
    "The power belongs to 0.9 alone: 1 - 0.9**t.",
)
adam_wrong(
    "the old means are returned",
    [
        ("    m = 0.9", "    m_hat = 0.9"),
        ("    v = 0.999", "    v_hat = 0.999"),
        ("m_hat = m / ", "m_hat = m_hat / "),
        ("v_hat = v / ", "v_hat = v_hat / "),
    ],
    "The next step goes on from the new m and v: return those.",
    plain=True,
)
adam_wrong(
    "0.99 and 0.01 for the mean square",
    ("0.999 * v + 0.001 *", "0.99 * v + 0.01 *"),
    "The weights of old and new are 0.999 and 0.001.",
)
adam_wrong(
    "the weights of old and new are exchanged",
    [("0.9 * m + 0.1 * grad", "0.1 * m + 0.9 * grad"), ("0.999 * v + 0.001 *", "0.001 * v + 0.999 *")],
    "0.9 and 0.999 belong to the old mean: it changes slowly.",
)
adam_wrong("the step goes uphill", ("p - lr", "p + lr"), "The gradient points uphill: subtract.")
adam_wrong("the gradient in place of its mean", ("lr * m_hat", "lr * grad"), "The step follows the corrected mean.")
adam_wrong("the steps are counted from 0", [("0.9**t", "0.9 ** (t - 1)"), ("0.999**t", "0.999 ** (t - 1)")],
           "t is 1 at the first step; with 0 the correction divides by zero.")  # fmt: skip
adam_wrong(
    "the new gradient is added whole",
    [("0.1 * grad", "grad"), ("0.001 * grad**2", "grad**2")],
    "A running mean gives the new value the weight 0.1, and 0.001.",
)
adam_wrong(
    "p is changed in place",
    ("p = p - lr * m_hat", "p -= lr * m_hat"),
    "`-=` writes into the caller's array: p = p - ...",
)
adam_wrong(
    "brackets are missing in the correction",
    [("m / (1 - 0.9**t)", "m / 1 - 0.9**t"), ("v / (1 - 0.999**t)", "v / 1 - 0.999**t")],
    "`m / 1 - 0.9**t` divides by 1 first: write m / (1 - 0.9**t).",
)
adam_wrong(
    "t multiplies in place of being the exponent",
    [("0.9**t", "0.9 * t"), ("0.999**t", "0.999 * t")],
    "The weight of the old mean shrinks as a power: 0.9**t.",
)
adam_wrong(
    "0.99 in place of 0.999",
    [("0.999", "0.99"), ("0.001", "0.01")],
    "The mean square changes more slowly: 0.999 and 0.001.",
)
adam_wrong(
    "the step is made with the old m",
    [("    m = 0.9 * m", "    old = m\n    m = 0.9 * m"), ("m_hat = m / ", "m_hat = old / ")],
    "m takes in this step's gradient first; the new m makes the step.",
)
adam_wrong(
    "the step is made with the old v",
    [("    v = 0.999 * v", "    old = v\n    v = 0.999 * v"), ("v_hat = v / ", "v_hat = old / ")],
    "v takes in this step's gradient first; the new v makes the step.",
)
adam_wrong(
    "the correction comes before the update of m and v",
    [
        ("    m = 0.9 * m + 0.1 * grad\n    v = 0.999 * v + 0.001 * grad**2\n", ""),
        ("    p = p", "    m = 0.9 * m + 0.1 * grad\n    v = 0.999 * v + 0.001 * grad**2\n    p = p"),
    ],
    "This step uses this step's gradient: update m and v first.",
)
for _name, _change, _advice in (
    (
        "the corrections are exchanged",
        [("m / (1 - 0.9**t)", "m / (1 - 0.999**t)"), ("v / (1 - 0.999**t)", "v / (1 - 0.9**t)")],
        "Each mean has its own rate: 0.9 belongs to m, 0.999 to v.",
    ),
    (
        "the rates of m and v are exchanged",
        [("0.9 * m + 0.1 * grad", "0.999 * m + 0.001 * grad"), ("0.999 * v + 0.001 * grad", "0.9 * v + 0.1 * grad")],
        "0.9 and 0.1 belong to m, 0.999 and 0.001 to v.",
    ),
    (
        "the corrections add",
        [("(1 - 0.9**t)", "(1 + 0.9**t)"), ("(1 - 0.999**t)", "(1 + 0.999**t)")],
        "The corrections divide by 1 minus the power.",
    ),
    (
        "the correction of the next step",
        [("0.9**t", "0.9 ** (t + 1)"), ("0.999**t", "0.999 ** (t + 1)")],
        "t is the number of this step, 1 at the first: the power is t.",
    ),
    (
        "the same correction at each step",
        [("0.9**t)", "0.9)"), ("0.999**t)", "0.999)")],
        "The correction fades with t: 1 - 0.9**t.",
    ),
    ("the learning rate divides", ("p - lr * m_hat /", "p - m_hat / lr /"), "The step is multiplied by lr."),
    (
        "the gradient over the root",
        ("lr * m_hat / (np.sqrt(v_hat) + 1e-8)", "lr * grad / (np.sqrt(v) + 1e-8)"),
        "The step takes the corrected means, m_hat and v_hat.",
    ),
    (
        "plain gradient descent",
        ("lr * m_hat / (np.sqrt(v_hat) + 1e-8)", "lr * grad"),
        "Adam divides the corrected mean by the root of the corrected mean square.",
    ),
    (
        "the step is not divided by the root",
        ("lr * m_hat / (np.sqrt(v_hat) + 1e-8)", "lr * m_hat"),
        "Divide by np.sqrt(v_hat) + 1e-8.",
    ),
    (
        "multiplied by the root",
        ("m_hat / (np.sqrt(v_hat) + 1e-8)", "m_hat * (np.sqrt(v_hat) + 1e-8)"),
        "Divide by the root: where gradients are large the step becomes small.",
    ),
    (
        "the root of the mean as well",
        ("lr * m_hat /", "lr * np.sqrt(np.abs(m_hat)) * np.sign(m_hat) /"),
        "The root is taken of the mean square alone.",
    ),
    ("epsilon is 1e-6", ("1e-8", "1e-6"), "epsilon is 1e-8: with tiny gradients a larger one decides the step."),
    ("m takes in the square", ("0.1 * grad\n", "0.1 * grad**2\n"), "m is the running mean of the gradient itself."),
    (
        "the gradients are averaged over the array",
        ("0.1 * grad\n", "0.1 * grad.mean()\n"),
        "Each number is treated alone: no mean over the array.",
    ),
    ("m and v are returned in the wrong order", ("return p, m, v", "return p, v, m"), "Return p, m, v."),
    ("the mean square of m", ("np.sqrt(v_hat)", "np.abs(m_hat)"), "Divide by the root of v_hat."),
    ("the new mean forgets the old", ("0.9 * m + 0.1 * grad", "0.1 * grad"), "m keeps 0.9 of its old value."),
    (
        "the new mean square forgets the old",
        ("0.999 * v + 0.001 * grad**2", "0.001 * grad**2"),
        "v keeps 0.999 of its old value.",
    ),
):
    adam_wrong(_name, _change, _advice)


# ---------------------------------------------------------------- two steps of Adam by pencil


def _pencil(*, correct=(1, 2), root=True, m_old=0.5, v_old=0.9, follow="mean", keep=1):
    """The six numbers of the pencil question, or of a slip in it. correct: the t of each correction, or None."""
    p, m, v, numbers = 3.0, 0.0, 0.0, {}
    for step, grad in enumerate((2.0, 3.0)):
        m = keep * m_old * m + (1 - m_old) * grad
        v = keep * v_old * v + (1 - v_old) * grad**2
        m_hat, v_hat = (m / (1 - m_old ** correct[step]), v / (1 - v_old ** correct[step])) if correct else (m, v)
        p -= (m_hat if follow == "mean" else grad) / (np.sqrt(v_hat) if root else v_hat)
        numbers |= {f"m{step + 1}": m, f"v{step + 1}": v, f"p{step + 1}": p}
    return numbers


@sheet.check(
    oracle=_pencil(),
    returns=("m1", "v1", "p1", "m2", "v2", "p2"),
    name="adam_by_pencil",
    points=2,
    minutes=12,
    probe="value",
    compare=two_decimals,
    hints=[
        "The first step: m1 = 0.5 * 0 + 0.5 * 2 and v1 = 0.9 * 0 + 0.1 * 4. Then the corrections, with t = 1.",
        "The corrected values of the first step are m1 / 0.5 and v1 / 0.1: the gradient and its square. So the first "
        "step is as long as lr, here 1.",
        "The second step: m2 = 0.5 * m1 + 0.5 * 3, v2 = 0.9 * v1 + 0.1 * 9; divide by 1 - 0.25 and by 1 - 0.81; "
        "then p2 = p1 - m_hat / sqrt(v_hat).",
    ],
)
def adam_by_pencil(rng):
    """Two steps of Adam worked out by hand, six numbers to two decimals."""
    yield "the numbers of the question", {}


adam_by_pencil.wrong("no bias correction", _pencil(correct=None), "Divide m by 1 - 0.5**t and v by 1 - 0.9**t.")
adam_by_pencil.wrong("the root is missing", _pencil(root=False), "The step divides by the root of v_hat.")
adam_by_pencil.wrong(
    "the two rates are exchanged", _pencil(m_old=0.9, v_old=0.5), "0.5 belongs to the mean, 0.9 to the mean square."
)
adam_by_pencil.wrong(
    "the gradient in place of its mean", _pencil(follow="gradient"), "The numerator is m_hat, the corrected mean."
)
adam_by_pencil.wrong(
    "the step goes uphill",
    {**_pencil(), "p1": 4.0, "p2": 6.0 - _pencil()["p2"]},
    "Subtract the step from p.",
)
adam_by_pencil.wrong(
    "the second correction uses t = 1", _pencil(correct=(1, 1)), "At the second step t is 2: 1 - 0.25 and 1 - 0.81."
)
adam_by_pencil.wrong(
    "the old means are dropped", _pencil(keep=0), "m2 = 0.5 * m1 + 0.5 * 3, and v2 = 0.9 * v1 + 0.1 * 9."
)


_M_HAT = {"m1": 2.0, "v1": 4.0, "m2": 2 / 0.75, "v2": 1.26 / 0.19}
adam_by_pencil.wrong(
    "the corrected means in place of m and v",
    {**_pencil(), **_M_HAT},
    "m and v are asked; what is divided by 1 - 0.5**t and 1 - 0.9**t is used in the step alone.",
)
adam_by_pencil.wrong(
    "the second step goes on from the corrected means",
    {**_pencil(), "m2": 2.5, "v2": 4.5, "p2": 2 - 2.5 / 0.75 / np.sqrt(4.5 / 0.19)},
    "m2 = 0.5 * m1 + 0.5 * 3, with m1 before its correction; v2 likewise.",
)
adam_by_pencil.wrong(
    "the gradient is not squared",
    {**_pencil(), "v1": 0.2, "p1": 3 - np.sqrt(2), "v2": 0.48, "p2": 3 - np.sqrt(2) - 2 / 0.75 / np.sqrt(0.48 / 0.19)},
    "v takes in the square: v1 = 0.9 * 0 + 0.1 * 4.",
)
adam_by_pencil.wrong(
    "the second step starts from 3 again",
    {**_pencil(), "p2": _pencil()["p2"] + 1},
    "p2 = p1 - step: it goes on from p1.",
)


# ---------------------------------------------------------------- padding


def masked_mse(pred, target, lengths):
    """The mean squared error over the steps that are there, and its gradient.

    pred, target (T, B); lengths (B,): how many steps each sequence has; the rest is padding, whatever stands in it.
    Returns the loss, one number, and the gradient with respect to pred (T, B), 0 on the padding.
    """
    mask = np.arange(len(pred))[:, None] < lengths
    error = np.where(mask, pred - target, 0)
    count = np.sum(mask)
    loss = np.sum(error**2) / count
    dpred = 2 * error / count
    return loss, dpred


@sheet.check(
    oracle=masked_mse,
    returns=("loss", "dpred"),
    name="masked_mse",
    points=3,
    minutes=12,
    hints=[
        "First the mask (T, B): step t of sequence b counts if t < lengths[b].",
        "`np.arange(T)[:, None] < lengths` compares a column (T, 1) with a row (B,): true where a step counts. "
        "Use it on the error; loss and gradient both follow from that.",
        "`error = np.where(mask, pred - target, 0)`, `count = mask.sum()`, loss `np.sum(error**2) / count`, gradient "
        "`2 * error / count`.",
    ],
)
def masked_cases(rng):
    """The mean squared error of padded sequences, with its gradient."""
    for label, T, lengths in [
        ("an ordinary batch", 5, [5, 2, 4]),
        ("other values of the same shapes", 5, [3, 5, 1]),
        ("one sequence", 4, [3]),
        ("one step", 1, [1, 1, 1]),
        ("no padding", 3, [3, 3]),
        ("as many steps as sequences", 3, [1, 3, 2]),
        ("large positive values", 4, [2, 4]),
        ("large negative values", 4, [4, 3]),
        ("float32", 6, [6, 1, 3, 2]),
    ]:
        shape = T, len(lengths)
        pred, target, scale = rng.normal(size=shape), rng.normal(size=shape), 1e3 if "large" in label else 1
        if "large" in label:
            pred = np.abs(pred) if "positive" in label else -np.abs(pred)
        padding = np.arange(T)[:, None] >= np.array(lengths)
        target = np.where(padding, target + rng.choice([-50, 50]), target)  # what a careless mean would notice
        case = {"pred": scale * pred, "target": target, "lengths": np.array(lengths)}
        if label == "float32":
            case = {name: a if name == "lengths" else a.astype(np.float32) for name, a in case.items()}
        yield label, case
    padding = np.arange(5)[:, None] >= np.array([5, 2, 0])
    pred, target = rng.normal(size=(2, 5, 3))
    case = {"pred": np.where(padding, 1e6, pred), "target": target, "lengths": np.array([5, 2, 0])}
    yield "a sequence of no steps", case
    yield "NaN in the padding", {**case, "target": np.where(padding, np.nan, target)}


WHERE = "np.where(mask, pred - target, 0)"
masked_wrong = masked_cases.wrong
masked_wrong(
    "the mean is taken over the padding too",
    ("np.sum(mask)", "pred.size"),
    "Divide by the number of steps that count, lengths.sum(), not by T * B.",
)
masked_wrong("the padding is not masked", (WHERE, "pred - target"), "Set the error to 0 where t >= lengths[b].")
masked_wrong(
    "no mask at all", [(WHERE, "pred - target"), ("np.sum(mask)", "pred.size")], "Only steps t < lengths[b] count."
)
masked_wrong(
    "the gradient is not masked",
    ("2 * error /", "2 * (pred - target) /"),
    "Padding must not teach: its gradient is 0.",
)
masked_wrong("one step too many", ("< lengths", "<= lengths"), "Steps count from 0: the last one is lengths[b] - 1.")
masked_wrong(
    "one step too few", ("< lengths", "< lengths - 1"), "lengths[b] steps count: t runs from 0 to lengths[b] - 1."
)
masked_wrong(
    "the steps are compared as a row",
    ("np.arange(len(pred))[:, None]", "np.arange(len(pred))"),
    "np.arange(T)[:, None] is a column, (T, 1): against the row lengths, (B,), it gives a mask (T, B).",
)
masked_wrong(
    "the mask acts on pred alone",
    (WHERE, "pred * mask - target"),
    "Mask the difference: the target of the padding must not count either.",
)
masked_wrong("the mask is inverted", (WHERE, "np.where(mask, 0, pred - target)"), "True means that the step counts.")
masked_wrong(
    "the padding is taken to come first",
    ("np.arange(len(pred))[:, None]", "np.arange(len(pred))[::-1, None]"),
    "A sequence begins at step 0; its padding is at the end.",
)
masked_wrong("the 2 is missing in the gradient", ("2 * error /", "error /"), "The derivative of e**2 is 2 e.")
masked_wrong(
    "the loss is halved, and its gradient",
    [("np.sum(error**2) / count", "np.sum(error**2) / (2 * count)"), ("2 * error /", "error /")],
    "That is half the mean squared error: no 1/2 here.",
)
masked_wrong(
    "the gradient is not divided by the count",
    ("2 * error / count", "2 * error"),
    "The loss is a mean, so its gradient is divided by the same count.",
)
masked_wrong("the gradient has the opposite sign", ("2 * error /", "-2 * error /"), "d/dpred (pred - target)**2 is +2.")
masked_wrong(
    "each sequence is averaged by itself",
    [("np.sum(error**2) / count", "np.mean(np.sum(error**2, axis=0) / np.sum(mask, axis=0))"),
     ("2 * error / count", "2 * error / np.sum(mask, axis=0) / len(lengths)")],
    "That gives each sequence the same weight; here each step has the same weight.",
)  # fmt: skip
masked_wrong(
    "the means of the sequences are added up",
    [("np.sum(error**2) / count", "np.sum(np.sum(error**2, axis=0) / np.sum(mask, axis=0))"),
     ("2 * error / count", "2 * error / np.sum(mask, axis=0)")],
    "Here one mean runs over the steps of the whole batch: one sum, divided by one count.",
)  # fmt: skip
masked_wrong("a sum in place of the mean", ("count = np.sum(mask)", "count = 1.0"), "Divide both by the count.")
masked_wrong(
    "the root of the mean",
    ("np.sum(error**2) / count", "np.sqrt(np.sum(error**2) / count)"),
    "No root: the mean of the squares is asked.",
)
masked_wrong(
    "the absolute error", ("error**2", "np.abs(error)"), "The squared error is asked: error**2, and 2 * error below it."
)
masked_wrong(
    "divided by the number of sequences",
    ("count = np.sum(mask)", "count = len(lengths)"),
    "Divide by the number of steps that count, not of sequences.",
)
masked_wrong(
    "the loss alone is divided by T * B",
    ("np.sum(error**2) / count", "np.mean(error**2)"),
    "np.mean counts the padding too: divide the sum by the number of steps that count.",
)
ERROR_LINE = "error = np.where(mask, pred - target, 0)"
for _name, _change, _advice in (
    (
        "the padding is multiplied by 0",
        (WHERE, "mask * (pred - target)"),
        "Padding may be anything, and 0 times NaN is NaN: choose with np.where(mask, ..., 0).",
    ),
    (
        "the mask acts on target alone",
        (WHERE, "pred - np.where(mask, target, 0)"),
        "Mask the difference: what is predicted on the padding must not count either.",
    ),
    (
        "the gradient is divided by T * B",
        ("2 * error / count", "2 * error / pred.size"),
        "The loss is a mean over the steps that count, so its gradient is divided by the same count.",
    ),
    (
        "the gradient is divided by the number of sequences",
        ("2 * error / count", "2 * error / len(lengths)"),
        "The loss is a mean over the steps that count, so its gradient is divided by the same count.",
    ),
    (
        "the gradient is that of the root",
        ("2 * error / count", "2 * error / count / np.sqrt(loss)"),
        "The loss has no root: 2 * error / count.",
    ),
    ("the gradient is the squared error", ("2 * error / count", "error**2 / count"), "The derivative of e**2 is 2 e."),
    (
        "the gradient is divided by the count twice",
        ("2 * error / count", "2 * error / count**2"),
        "One mean, so one division by the count.",
    ),
    (
        "the gradient is multiplied by the loss",
        ("2 * error / count", "2 * error * loss / count"),
        "The derivative of e**2 is 2 e, and the loss is not in it.",
    ),
    (
        "the sign alone is the gradient",
        ("2 * error / count", "2 * np.sign(error) / count"),
        "The size of the error counts too: 2 * error / count.",
    ),
    (
        "the largest squared error",
        ("np.sum(error**2) / count", "np.max(error**2)"),
        "A mean over the steps that count is asked.",
    ),
    (
        "the square of the mean error",
        ("np.sum(error**2) / count", "(np.sum(error) / count) ** 2"),
        "Square each error first, then take the mean: else plus and minus cancel.",
    ),
    (
        "the last real step alone",
        ("np.arange(len(pred))[:, None] < lengths", "np.arange(len(pred))[:, None] == (lengths - 1)"),
        "All steps t < lengths[b] count.",
    ),
    (
        "the mean of lengths in place of their sum",
        ("np.sum(mask)", "np.mean(lengths)"),
        "Divide by the number of steps that count over the whole batch: lengths.sum().",
    ),
    (
        "the longest sequence's steps are the count",
        ("np.sum(mask)", "lengths.max()"),
        "Divide by the number of steps that count over the whole batch: lengths.sum().",
    ),
    (
        "all sequences are as long as the first",
        ("< lengths", "< lengths[0]"),
        "Each sequence has its own length: compare with the whole row, lengths.",
    ),
    ("loss and gradient are exchanged", ("return loss, dpred", "return dpred, loss"), "Return the loss first."),
):
    masked_wrong(_name, _change, _advice)


# ---------------------------------------------------------------- dropout


def dropout(h, u, p):
    """Inverted dropout: h where u >= p, divided by 1 - p; 0 where u < p.

    h and u have one shape; u: a draw from 0 to 1 for each value; p: the share that is dropped.
    Source: Srivastava et al. 2014, section 10.
    """
    kept = u >= p
    return h * kept / (1 - p)


@sheet.check(
    oracle=dropout,
    returns="h",
    name="dropout",
    points=2,
    minutes=6,
    hints=[
        "`u >= p` is an array of True and False, one for each value. Multiplied, True is 1 and False is 0.",
        "On average the fraction 1 - p of the values is left. What must they be multiplied by, so that the sum stays?",
        "`h * (u >= p) / (1 - p)`.",
    ],
)
def dropout_cases(rng):
    """Inverted dropout of an array, with the random draws given."""
    for label, shape, p in [
        ("an ordinary batch", (2, 3, 4), 0.3),
        ("other values of the same shapes", (2, 3, 4), 0.3),
        ("one value", (1, 1, 1), 0.2),
        ("most is dropped", (3, 2, 5), 0.8),
        ("a matrix", (3, 3), 0.4),
        ("nothing is dropped", (2, 4), 0.0),
        ("large positive values", (3, 4), 0.25),
        ("large negative values", (3, 4), 0.25),
        ("float32", (2, 2, 6), 0.5),
    ]:
        h, u = rng.normal(size=shape), rng.uniform(size=shape)
        if label.startswith("large"):
            h = np.abs(h) * (1e3 if "positive" in label else -1e3)
        if u.size > 4 and p:  # both must occur
            u.flat[rng.permutation(u.size)[:4]] = [0.05, 0.1, 0.9, 0.95]
        dtype = np.float32 if label == "float32" else np.float64
        yield label, {"h": h.astype(dtype), "u": u.astype(dtype), "p": np.array(p, dtype)}
    u = np.array([[0.5, 0.25, 0.75], [0.0, 0.5, 0.999]])
    yield "a draw that equals p", {"h": rng.normal(size=(2, 3)), "u": u, "p": np.array(0.5)}


KEPT, SCALED = "kept = u >= p", "h * kept / (1 - p)"
dropout_wrong = dropout_cases.wrong
dropout_wrong(
    "what is left is not scaled",
    (SCALED, "h * kept"),
    "Divide by 1 - p, so that the sum stays the same on average, and nothing has to change when dropout is off.",
)
dropout_wrong("kept and dropped are exchanged", (">=", "<"), "Drop where u < p, keep where u >= p.")
dropout_wrong("multiplied by 1 - p", (SCALED, "h * kept * (1 - p)"), "What is left becomes larger: divide by 1 - p.")
dropout_wrong("divided by p", (SCALED, "h * kept / p"), "p is the share that is dropped; 1 - p is what is left.")
dropout_wrong(
    "p is taken for the share that is kept",
    (f"{KEPT}\n    return {SCALED}", "kept = u < p\n    return h * kept / p"),
    "p is the share that is dropped: keep where u >= p, divide by 1 - p.",
)
dropout_wrong("a draw equal to p is dropped", (">=", ">"), "Dropped where u < p: a draw equal to p is kept.")
dropout_wrong("one mask for every row", (KEPT, "kept = u[:1] >= p"), "Every value has its own draw: use all of u.")
dropout_wrong(
    "one mask for all columns",
    (KEPT, "kept = u[..., :1] >= p"),
    "Every value has its own draw: use all of u.",
)
dropout_wrong(
    "scaled by the share that happened to be kept",
    (SCALED, "h * kept / max(kept.mean(), 1e-9)"),
    "Divide by 1 - p, the share kept on average, whatever this draw gave.",
)
dropout_wrong("scaled and not dropped", (SCALED, "h / (1 - p)"), "Multiply by the mask too.")
dropout_wrong("the mask is returned", (SCALED, "kept / (1 - p)"), "Multiply the mask by h.")
dropout_wrong(
    "h is changed in place",
    (f"return {SCALED}", "h *= kept / (1 - p)\n    return h"),
    "`*=` writes into the caller's array: make a new one.",
)
dropout_wrong(
    "brackets are missing", (SCALED, "h * kept / 1 - p"), "`/ 1 - p` divides by 1 and subtracts p: write / (1 - p)."
)
dropout_wrong(
    "the kept values are picked out",
    (SCALED, "h[kept] / (1 - p)"),
    "The shape stays: multiply by the mask, so that what is dropped becomes 0.",
)
dropout_wrong("the values are compared, not the draws", (KEPT, "kept = h >= p"), "The draw decides: u >= p.")
dropout_wrong(
    "the draws are multiplied in", (SCALED, "h * u / (1 - p)"), "A draw is no mask yet: u >= p says what is kept."
)
dropout_wrong("kept where u is above 1 - p", (KEPT, "kept = u > 1 - p"), "Keep where u >= p: that is the share 1 - p.")
dropout_wrong(
    "random numbers of your own",
    (KEPT, "kept = np.random.uniform(size=u.shape) >= p"),
    "The draws are given: use u, so that the answer is certain.",
)
for _name, _change, _advice in (
    ("multiplied by p", (SCALED, "h * kept * p"), "Divide by 1 - p, the share that is left."),
    ("divided by 1 + p", (SCALED, "h * kept / (1 + p)"), "1 - p is the share that is left."),
    ("scaled by the root", (SCALED, "h * kept / np.sqrt(1 - p)"), "Divide by 1 - p itself, without a root."),
    (
        "what is dropped is scaled",
        (SCALED, "np.where(kept, h, h / (1 - p))"),
        "What is dropped becomes 0; what is kept is divided by 1 - p.",
    ),
    ("what is dropped stays", (SCALED, "np.where(kept, h / (1 - p), h)"), "What is dropped becomes 0."),
    ("what is dropped becomes p", (SCALED, "np.where(kept, h / (1 - p), p)"), "What is dropped becomes 0."),
    (
        "whole rows are dropped",
        (KEPT, "kept = u.min(axis=-1, keepdims=True) >= p"),
        "Every value has its own draw: u >= p.",
    ),
    ("the draws are compared with one half", (KEPT, "kept = u >= 0.5"), "Compare with p."),
    ("the draws are rounded", (KEPT, "kept = np.round(u)"), "Compare with p: u >= p."),
    ("scaled twice", (SCALED, "h * kept / (1 - p) ** 2"), "Divide by 1 - p once."),
    (
        "the mean of what is kept",
        (SCALED, "h * kept / (1 - p) / h.size"),
        "Nothing is averaged: each kept value divided by 1 - p.",
    ),
):
    dropout_wrong(_name, _change, _advice)


# ---------------------------------------------------------------- one long series, cut for a carried state


def cut_streams(series, B, T):
    """One long series (N,) as B streams, cut into chunks of T steps: inputs and targets, each (chunks, T, B).

    A stream is a run of (N - 1) // B neighbours, the first stream first. Chunk k + 1 goes on, in each column, where
    chunk k ended. Targets are the inputs one place on. What does not fill a chunk of every stream is left out.
    """
    rows = (len(series) - 1) // B
    chunks = rows // T
    x = series[: B * rows].reshape(B, rows)[:, : chunks * T]
    y = series[1 : B * rows + 1].reshape(B, rows)[:, : chunks * T]
    x = x.reshape(B, chunks, T).transpose(1, 2, 0)
    y = y.reshape(B, chunks, T).transpose(1, 2, 0)
    return x, y


@sheet.check(
    oracle=cut_streams,
    returns=("x", "y"),
    name="cut_streams",
    points=4,
    minutes=15,
    hints=[
        "First make the streams: `series[:B * rows].reshape(B, rows)` has stream b in row b. Targets: the same cut, "
        "one place on.",
        "Then cut the columns into chunks: keep `chunks * T` columns, and `.reshape(B, chunks, T)`.",
        "The axes are now (B, chunks, T): `.transpose(1, 2, 0)` puts them in the order (chunks, T, B).",
    ],
)
def stream_cases(rng):
    """A long series as a batch of streams whose state can be carried from chunk to chunk."""
    for label, N, B, T in [
        ("an ordinary series", 40, 3, 4),
        ("other values of the same shapes", 40, 3, 4),
        ("one stream", 15, 1, 4),
        ("chunks of one step", 11, 2, 1),
        ("a length that the batch divides", 24, 4, 2),
        ("nothing is left over", 37, 3, 4),
        ("one chunk", 21, 2, 9),
        ("as many steps as streams", 31, 3, 3),
        ("large positive values", 29, 2, 5),
        ("large negative values", 29, 2, 5),
        ("float32", 53, 4, 6),
    ]:
        series = rng.normal(size=N)
        if label.startswith("large"):
            series = np.abs(series) * (1e3 if "positive" in label else -1e3)
        dtype = np.float32 if label == "float32" else np.float64
        yield label, {"series": series.astype(dtype), "B": np.array(B), "T": np.array(T)}


X_CUT, Y_CUT = "reshape(B, rows)[:, : chunks * T]\n    y", "reshape(B, rows)[:, : chunks * T]\n    x"
ORDER = ".reshape(B, chunks, T).transpose(1, 2, 0)"
stream_wrong = stream_cases.wrong
stream_wrong("the targets are the inputs", ("series[1 : B * rows + 1]", "series[: B * rows]"), "Begin one place on.")
stream_wrong("inputs and targets are exchanged", ("return x, y", "return y, x"), "Return the inputs first.")
stream_wrong("the batch comes before time", (".transpose(1, 2, 0)", ".transpose(1, 0, 2)"), "Time comes first: (T, B).")
stream_wrong(
    "neighbours lie side by side in the batch",
    [(".reshape(B, rows)[", ".reshape(rows, B).T[")],
    "A stream is a run of neighbours: reshape to (B, rows), then row b is stream b.",
)
stream_wrong(
    "the chunks are dealt out over the batch",
    [("x" + ORDER, "x.reshape(chunks, B, T).transpose(0, 2, 1)"),
     ("y" + ORDER, "y.reshape(chunks, B, T).transpose(0, 2, 1)")],
    "Chunk k + 1 must go on where chunk k ended in the same column: reshape to (B, chunks, T), then move the axes.",
)  # fmt: skip
stream_wrong(
    "the arrays are reshaped, their axes not moved",
    (ORDER, ".reshape(chunks, T, B)"),
    "reshape keeps the order of the numbers: reshape to (B, chunks, T) and transpose to (chunks, T, B).",
)
stream_wrong(
    "the target of a chunk's last step wraps round",
    ("    return x, y", "    y = np.roll(x, -1, axis=1)\n    return x, y"),
    "The target of the last step of a chunk is the first input of the next: shift the series before you cut it.",
)
stream_wrong(
    "the targets lie one place back",
    ("series[1 : B * rows + 1]", "np.concatenate([series[:1], series])[: B * rows]"),
    "The target is the number that comes next.",
)
stream_wrong(
    "the streams' axis comes first", (ORDER, ".reshape(B, chunks, T)"), "The order of the axes is (chunks, T, B)."
)
stream_wrong(
    "the end of each stream is kept, not its start",
    ("[:, : chunks * T]", "[:, rows - chunks * T :]"),
    "What does not fill a chunk is left out at the end.",
)
stream_wrong(
    "the last number is an input too",
    [
        ("rows = (len(series) - 1) // B", "rows = len(series) // B"),
        ("series[1 : B * rows + 1]", "np.roll(series, -1)[: B * rows]"),
    ],
    "No number comes after the last one, so a stream has (N - 1) // B steps.",
)
stream_wrong(
    "a chunk begins one step after the one before",
    [
        ("x" + ORDER, "np.stack([x[:, k : k + T].T for k in range(chunks)])"),
        ("y" + ORDER, "np.stack([y[:, k : k + T].T for k in range(chunks)])"),
    ],
    "Chunk k begins at step k * T of its stream: the chunks do not overlap.",
)
stream_wrong(
    "the rest is left out at the end of the series alone",
    ("    chunks = rows // T\n", "    chunks = rows // T\n    rows = chunks * T\n"),
    "Each stream is a run of (N - 1) // B neighbours, so the second one begins there; the rest falls off each stream.",
)
ROWS = "rows = (len(series) - 1) // B"
for _name, _change, _advice in (
    (
        "the streams have one step too few",
        (ROWS, "rows = (len(series) - 1) // B - 1"),
        "A stream has (N - 1) // B steps: the 1 is taken away once.",
    ),
    (
        "the targets lie two places on",
        ("series[1 : B * rows + 1]", "np.append(series[2 : B * rows + 1], series[0])"),
        "The target is the next number: begin one place on.",
    ),
    (
        "the targets end where the series begins",
        ("series[1 : B * rows + 1]", "np.roll(series[: B * rows], -1)"),
        "The last target is the number after the last input: series[1 : B * rows + 1].",
    ),
    (
        "the chunks run backwards",
        [("x" + ORDER, f"x{ORDER}[::-1]"), ("y" + ORDER, f"y{ORDER}[::-1]")],
        "The first chunk holds the first steps of each stream.",
    ),
    (
        "the streams run backwards",
        [("x" + ORDER, f"x{ORDER}[:, :, ::-1]"), ("y" + ORDER, f"y{ORDER}[:, :, ::-1]")],
        "The first column is the first stream, from the start of the series.",
    ),
    (
        "the first chunk alone",
        [("x" + ORDER, f"x{ORDER}[:1]"), ("y" + ORDER, f"y{ORDER}[:1]")],
        "All chunks are asked: (chunks, T, B).",
    ),
    (
        "no chunks: one long run of the streams",
        [("x" + ORDER, "x.T"), ("y" + ORDER, "y.T")],
        "Cut the streams into chunks of T steps: (chunks, T, B).",
    ),
    (
        "the rest is filled up with zeros",
        [
            ("chunks = rows // T", "chunks = -(-rows // T)"),
            (
                X_CUT,
                X_CUT.replace("[:, : chunks * T]", "").replace(
                    "reshape(B, rows)", "reshape(B, rows)\n    x = np.pad(x, ((0, 0), (0, chunks * T - rows)))"
                ),
            ),
            (
                Y_CUT,
                Y_CUT.replace("[:, : chunks * T]", "").replace(
                    "reshape(B, rows)", "reshape(B, rows)\n    y = np.pad(y, ((0, 0), (0, chunks * T - rows)))"
                ),
            ),
        ],
        "Leave out what does not fill a whole chunk: nothing is filled up.",
    ),
):
    stream_wrong(_name, _change, _advice)


# ---------------------------------------------------------------- when to stop


def early_stopping(validation, patience):
    """The epoch with the lowest validation loss, and the epoch after which training stops: two whole numbers.

    validation (E,): the loss after each epoch, counted from 0. Training stops when ``patience`` epochs in a row have
    brought no loss below the lowest so far, or after the last one.
    """
    best = 0
    for epoch in range(len(validation)):
        if validation[epoch] < validation[best]:
            best = epoch
        if epoch - best == patience:
            break
    return best, epoch


@sheet.check(
    oracle=early_stopping,
    returns=("best", "stop"),
    name="early_stopping",
    compare=whole_number,
    points=2,
    minutes=10,
    hints=[
        "Go through the epochs one by one, as training does: what comes later is not known yet.",
        "Remember the best epoch so far. `epoch - best` is how long you have waited for a better one.",
        "`if validation[epoch] < validation[best]: best = epoch`, then `if epoch - best == patience: break`, and "
        "return best and epoch.",
    ],
)
def stopping_cases(rng):
    """Which epoch's parameters to keep, and when to stop."""
    for label, ranks, patience in [
        ("a lower loss that comes too late", [5, 4, 3, 3.5, 3.2, 3.1, 2, 1], 2),
        ("other values of the same shapes", [5, 3, 4, 2, 2.5, 2.2, 2.1, 1], 2),
        ("patience of one epoch", [5, 4, 4.5, 3], 1),
        ("never stopped", [6, 5, 4, 4.2, 3.9, 3], 5),
        ("the last epoch is not the best", [6, 5, 4, 4.2], 5),
        ("the same loss again", [5, 4, 4, 4, 3], 2),
        ("one epoch", [3], 3),
        ("worse from the start", [1, 2, 3, 4, 5], 3),
        ("up and down", [9, 8, 8.5, 7, 7.5, 7.2, 6, 6.5, 6.7, 6.6, 1], 3),
    ]:
        losses = rng.uniform(0.5, 2) * np.array(ranks, float) + rng.uniform(-1, 1)
        yield label, {"validation": losses, "patience": np.array(patience)}


LOWER, WAITED = "validation[epoch] < validation[best]", "epoch - best == patience"
stopping_wrong = stopping_cases.wrong
stopping_wrong(
    "the same loss counts as better", (LOWER, LOWER.replace("<", "<=")), "Only a lower loss is new: <, not <=."
)
stopping_wrong(
    "compared with the epoch before",
    (LOWER, "validation[epoch] < validation[max(epoch - 1, 0)]"),
    "Compare with the lowest loss so far, validation[best].",
)
stopping_wrong("stops one epoch late", (WAITED, "epoch - best > patience"), "Stop as soon as patience is used up.")
stopping_wrong(
    "stops one epoch early", (WAITED, "epoch > 0 and epoch - best >= patience - 1"), "patience epochs may fail."
)
stopping_wrong(
    "the whole list is searched",
    ("return best, epoch", "return int(np.argmin(validation)), epoch"),
    "What comes after the stop was never trained: the best epoch is among those before it.",
)
stopping_wrong("training never stops", (WAITED, "False"), "Break when epoch - best has reached the patience.")
stopping_wrong(
    "the last epoch is kept", ("return best, epoch", "return epoch, epoch"), "Keep the epoch of the lowest loss."
)
stopping_wrong(
    "the loss in place of the epoch",
    ("return best, epoch", "return validation[best], epoch"),
    "Return the number of the epoch, not its loss.",
)
stopping_wrong("epochs counted from 1", ("return best, epoch", "return best + 1, epoch + 1"), "The first epoch is 0.")
stopping_wrong(
    "how many epochs were trained, not the last one",
    ("return best, epoch", "return best, epoch + 1"),
    "The epochs are counted from 0: return the number of the last one.",
)
stopping_wrong("the highest loss", (LOWER, "validation[epoch] > validation[best]"), "Lower is better.")
stopping_wrong(
    "failures are counted in total",
    [("    best = 0\n", "    best = failed = 0\n"), ("            best = epoch\n", "            best = epoch\n"
      "        elif epoch > 0:\n            failed += 1\n"), (WAITED, "failed == patience")],
    "In a row: a new lowest loss starts the count again.",
)  # fmt: skip
stopping_wrong(
    "best and stop are exchanged", ("return best, epoch", "return epoch, best"), "Return the best epoch first."
)
stopping_wrong(
    "the first epoch counts as a failure",
    [
        ("    best = 0\n", "    best = waited = 0\n"),
        ("            best = epoch\n", "            best, waited = epoch, 0\n        else:\n            waited += 1\n"),
        (WAITED, "waited >= patience"),
    ],
    "The first loss is the lowest so far: begin to wait at epoch 1.",
)
stopping_wrong(
    "the lowest of all, and patience after it",
    (
        "return best, epoch",
        "low = int(np.argmin(validation))\n    return low, min(low + patience, len(validation) - 1)",
    ),
    "Training may have stopped before the lowest loss of all: go through the epochs one by one.",
)
for _name, _change, _advice in (
    (
        "compared with the first epoch",
        (LOWER, "validation[epoch] < validation[0]"),
        "Compare with the lowest loss so far, validation[best].",
    ),
    (
        "stops at the first loss that is not lower",
        (WAITED, "epoch > best"),
        "Training goes on until patience epochs in a row have brought nothing.",
    ),
    (
        "stops patience epochs after the first",
        (WAITED, "epoch == patience"),
        "The count starts again with each new lowest loss: epoch - best.",
    ),
    (
        "the epoch before the stop",
        ("return best, epoch", "return best, epoch - 1"),
        "Training stops after the epoch at which the patience is used up: return that one.",
    ),
    (
        "the best epoch is where it stops",
        ("return best, epoch", "return best, best"),
        "Training goes on for patience epochs after the best one.",
    ),
    ("best is counted from 1", ("return best, epoch", "return best + 1, epoch"), "The first epoch is 0."),
    (
        "best and the waiting time",
        ("return best, epoch", "return best, epoch - best"),
        "The second number is the epoch after which training stops.",
    ),
    (
        "the stop for never is the length",
        ("return best, epoch", "return best, epoch if epoch - best == patience else len(validation)"),
        "Without a stop the last epoch is len(validation) - 1.",
    ),
    (
        "the stop for never is the patience after the best",
        ("return best, epoch", "return best, best + patience"),
        "Where training ends first, the last epoch is len(validation) - 1.",
    ),
    (
        "the last lowest loss",
        ("return best, epoch", "return epoch - int(np.argmin(validation[: epoch + 1][::-1])), epoch"),
        "Of equal losses the first one is the best epoch: a later one is not below it.",
    ),
):
    stopping_wrong(_name, _change, _advice)


# ---------------------------------------------------------------- solved, by the rule of 1997


def solved_after(errors, window):
    """After how many sequences a task counts as solved by the rule of 1997, or 0 if never: a whole number.

    errors (N,): the absolute error of each training sequence, in order. Solved after n: of the ``window`` most recent
    errors, the mean is below 0.01 and none is above 0.04.
    Source: Hochreiter & Schmidhuber 1997, section 5.4, there with a window of 2,000.
    """
    for n in range(window, len(errors) + 1):
        recent = errors[n - window : n]
        if np.mean(recent) < 0.01 and np.max(recent) <= 0.04:
            return n
    return 0


@sheet.check(
    oracle=solved_after,
    returns="n",
    name="solved_after",
    compare=whole_number,
    points=3,
    minutes=12,
    hints=[
        "After n sequences, the most recent ones are `errors[n - window:n]`. What is the smallest n worth a look?",
        "Go through n = window, window + 1, ... up to len(errors), and look at the mean and the largest of each slice.",
        "`for n in range(window, len(errors) + 1):` take the slice, return n if `np.mean(recent) < 0.01 and "
        "np.max(recent) <= 0.04`; after the loop return 0.",
    ],
)
def solved_cases(rng):
    """After how many training sequences the adding problem is solved, by the rule of 1997."""

    def small(count):
        return rng.uniform(0.001, 0.006, count)

    def large(count):
        return rng.uniform(0.1, 0.3, count)

    def middling(count):
        return rng.uniform(0.02, 0.03, count)

    spike, tail = np.array([0.05]), small(9)
    for label, errors, window in [
        ("an ordinary run", [large(6), small(3), spike, tail], 5),
        ("other values of the same shapes", [large(3), small(4), spike, small(4), tail[:7]], 5),
        ("no wrong answer, but no small mean at first", [middling(4), small(20)], 4),
        ("a wrong answer among small ones", [small(5), spike, small(8), spike, tail, small(6)], 10),
        ("solved, and then a wrong answer", [large(3), small(5), large(2)], 5),
        ("solved at the last sequence", [large(4), small(6)], 6),
        ("one sequence too few", [large(4), small(5)], 6),
        ("never solved", [large(12)], 4),
        ("right from the start", [small(9)], 4),
        ("fewer sequences than the window", [small(3)], 5),
        ("a large mean and a small median", [small(3), [0.035, 0.035], small(8)], 5),
        ("a wrong answer that ends the first window", [small(9), spike, small(14)], 10),
        ("a single error of 0.5 in a long window", [small(60) / 5, [0.5], small(90) / 5], 70),
        ("an error of exactly 0.04", [large(2), small(4), [0.04], small(9)], 7),
        ("a window of one, and a mean of exactly 0.01", [[0.01], large(2), small(2)], 1),
        ("an error of 0.02 among small ones", [large(2), small(3), [0.02], small(9)], 5),
    ]:
        yield label, {"errors": np.concatenate(errors), "window": np.array(window)}


MEAN, MOST = "np.mean(recent) < 0.01", "np.max(recent) <= 0.04"
solved_wrong = solved_cases.wrong
solved_wrong("the largest error is not looked at", (f" and {MOST}", ""), "None of the recent errors may be above 0.04.")
solved_wrong("the mean is not looked at", (f"{MEAN} and ", ""), "The mean of the recent errors must be below 0.01.")
solved_wrong("one of the two is enough", (" and ", " or "), "Both must hold: and.")
solved_wrong(
    "all errors so far, not the recent ones", ("errors[n - window : n]", "errors[:n]"), "Only the last `window`."
)
solved_wrong(
    "the last errors of the run, again and again",
    ("errors[n - window : n]", "errors[-window:]"),
    "After n sequences the later ones are not known: errors[n - window:n].",
)
solved_wrong(
    "the first errors, again and again", ("errors[n - window : n]", "errors[:window]"), "The slice moves with n."
)
solved_wrong(
    "the index of the last sequence",
    ("return n\n", "return n - 1\n"),
    "n sequences have been seen: the count, not the index.",
)
solved_wrong(
    "where the window begins",
    ("return n\n", "return n - window\n"),
    "The window has to have been seen: return its end, n.",
)
solved_wrong(
    "begins before the window is full",
    [("range(window,", "range(1,"), ("errors[n - window : n]", "errors[max(n - window, 0) : n]")],
    "There must have been `window` sequences: begin at n = window.",
)
solved_wrong("the last sequence is not looked at", ("len(errors) + 1", "len(errors)"), "n goes up to len(errors).")
solved_wrong(
    "only every window-th sequence is looked at",
    ("len(errors) + 1)", "len(errors) + 1, window)"),
    "After every sequence the rule may be met: n goes up by 1.",
)
solved_wrong("an error of 0.04 counts as wrong", (MOST, "np.max(recent) < 0.04"), "Wrong is above 0.04: <= is right.")
solved_wrong("a mean of 0.01 is enough", (MEAN, "np.mean(recent) <= 0.01"), "The mean must be below 0.01: <.")
solved_wrong(
    "the newest error is left out", ("errors[n - window : n]", "errors[n - window : n - 1]"), "A slice ends before n."
)
solved_wrong(
    "the error after the window is looked at",
    ("errors[n - window : n]", "errors[n - window : n + 1]"),
    "A slice ends before its end: errors[n - window:n] holds the `window` errors up to sequence n.",
)


def _by_start(errors, window):
    """solved_after as it is written with the window's start: the slips with it are edits of it."""
    for start in range(len(errors) - window + 1):
        recent = errors[start : start + window]
        if np.mean(recent) < 0.01 and np.max(recent) <= 0.04:
            return start + window
    return 0


for _name, _change, _advice in (
    (
        "the first sequence of the window, counted from 1",
        ("return n\n", "return n - window + 1\n"),
        "The whole window has to have been seen: return its end, n.",
    ),
    (
        "where the window begins, cut off at the end",
        edit(_by_start, ("len(errors) - window + 1", "len(errors)"), ("return start + window", "return start")),
        "The slice looks ahead, and at the end it is shorter than the window: take errors[n - window:n] and return n.",
    ),
    (
        "the window looks ahead, cut off at the end",
        edit(_by_start, ("len(errors) - window + 1", "len(errors)")),
        "At the end of errors the slice is shorter than the window, which must be full: stop at len(errors) - window.",
    ),
    ("the sequence after the window", ("return n\n", "return n + 1\n"), "n sequences have been seen: return n."),
    (
        "the median in place of the mean",
        (MEAN, "np.median(recent) < 0.01"),
        "The mean of the recent errors must be below 0.01.",
    ),
    (
        "the sum in place of the mean",
        (MEAN, "np.sum(recent) < 0.01"),
        "The mean of the recent errors must be below 0.01.",
    ),
    ("0.4 in place of 0.04", (MOST, "np.max(recent) <= 0.4"), "None of the errors may be above 0.04."),
    (
        "all must be below 0.01",
        (f"{MEAN} and {MOST}", "np.max(recent) < 0.01"),
        "The mean must be below 0.01; a single error may be as large as 0.04.",
    ),
    (
        "the newest error alone is compared with 0.04",
        (MOST, "recent[-1] <= 0.04"),
        "None of the recent errors may be above 0.04: look at the largest.",
    ),
    (
        "the whole length for never",
        ("    return 0", "    return len(errors)"),
        "If the task is never solved, return 0.",
    ),
    ("-1 for never", ("    return 0", "    return -1"), "If the task is never solved, return 0."),
    (
        "the last n, not the first",
        ("return n\n    return 0", "found = n\n    return locals().get('found', 0)"),
        "The smallest n is asked: return it as soon as the rule is met.",
    ),
    (
        "the return for never stands inside the loop",
        ("    return 0", "        return 0"),
        "`return 0` ends the loop at its first turn: move it to the left, under the `for`.",
    ),
):
    solved_wrong(_name, _change, _advice)
