"""Sheet 07: one step of Adam, where biases start, padding, dropout, streams, and when to stop."""

import numpy as np

from lstm_helpers.checks.judge import close, two_decimals
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
        "Two of the four blocks of b change. In the order i, f, g, o, which entries are they, in terms of H?",
        "Work on `b.copy()`, so that the caller's array stays as it is. `np.log` is the natural logarithm.",
        "`b[H:2 * H] = np.log(u)` for the forget gate and `b[:H] = -np.log(u)` for the input gate.",
    ],
)
def chrono_cases(rng):
    """Biases that spread the memories of the units over 1 to T - 1 steps."""
    for label, H, longest in [
        ("an ordinary layer", 3, 50),
        ("other values of the same shapes", 3, 50),
        ("one hidden unit", 1, 50),
        ("five hidden units", 5, 50),
        ("a very long task", 3, 10**6),
        ("float32", 3, 50),
    ]:
        dtype = np.float32 if label == "float32" else np.float64
        b, u = rng.permutation(4 * H) / (2 * H) - 0.93, rng.uniform(2, longest - 1, H)
        yield label, {"b": b.astype(dtype), "u": u.astype(dtype)}
    yield "a unit that forgets at once, u = 1", {"b": rng.normal(size=12), "u": np.array([1.0, 7.0, 30.0])}
    yield "draws that are whole numbers", {"b": rng.normal(size=12), "u": rng.integers(2, 60, 3)}


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
    "The order is i, f, g, o: the forget gate is second, the entries from H to 2H.",
)
chrono_wrong(
    "the output gate's slice for the forget gate",
    ("b[H : 2 * H]", "b[3 * H :]"),
    "The order is i, f, g, o: the forget gate is second, the entries from H to 2H.",
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
        "The order is i, f, g, o: the input gate is first, entries 0 to H.",
    ),
    (
        "the candidate's slice for the input gate",
        (I_LINE, "b[2 * H : 3 * H] = -np.log(u)"),
        "The order is i, f, g, o: the input gate is first, entries 0 to H.",
    ),
    ("exp in place of the logarithm", [("np.log(u)", "np.exp(-u)")], "The bias is the logarithm of u: np.log."),
    ("the root of u", [("np.log(u)", "np.sqrt(u)")], "The bias is the logarithm of u: np.log."),
):
    chrono_wrong(_name, _change, _advice)

for _name, _change, _advice in (
    (
        "the forget gate's old biases are added",
        [(F_LINE, "b[H : 2 * H] += np.log(u)")],
        "The drawn biases of the two gates are replaced: `=` and no `+=`.",
    ),
    (
        "the input gate's old biases are added",
        [(I_LINE, "b[:H] -= np.log(u)")],
        "The drawn biases of the two gates are replaced: `=` and no `-=`.",
    ),
    *(
        (
            f"the logarithm to base {base} for the {gate} gate",
            [(line, line.replace("np.log", f"np.log{base}"))],
            "The sigmoid is made of e, so the logarithm is the natural one: np.log.",
        )
        for base in (2, 10)
        for gate, line in (("forget", F_LINE), ("input", I_LINE))
    ),
    ("one over u for the input gate", [(I_LINE, "b[:H] = 1 / u")], "The input gate's bias is -log u."),
    (
        "one over the logarithm for both gates",
        [(F_LINE, "b[H : 2 * H] = 1 / np.log(u)"), (I_LINE, "b[:H] = -1 / np.log(u)")],
        "The bias is the logarithm itself: log u and -log u.",
    ),
    (
        "input and forget gate take turns",
        [(F_LINE, "b[1 : 2 * H : 2] = np.log(u)"), (I_LINE, "b[: 2 * H : 2] = -np.log(u)")],
        "The biases of one gate lie side by side: the first H are the input gate's, the next H the forget gate's.",
    ),
    ("the draws are sorted", [("np.log(u)", "np.log(np.sort(u))")], "Unit k gets the k-th draw, as they come."),
    (
        "the mean of the logarithms for all units",
        [("np.log(u)", "np.log(u).mean()")],
        "Each unit gets a draw of its own: the whole log u.",
    ),
    (
        "the largest draw for all units",
        [("np.log(u)", "np.log(u.max())")],
        "Each unit gets a draw of its own: the whole u.",
    ),
    (
        "the forget gate's value in place of its bias",
        [(F_LINE, "b[H : 2 * H] = u / (u + 1)")],
        "u / (u + 1) is what the gate says; the bias that makes the sigmoid say it is log u.",
    ),
    (
        "the gate's value, and minus it for the input gate",
        [("np.log(u)", "(u / (u + 1))")],
        "u / (u + 1) is what the gate says; the bias that makes the sigmoid say it is log u.",
    ),
    (
        "the logarithm of the gate's value",
        [("np.log(u)", "np.log(u / (u + 1))")],
        "u goes into the logarithm as it is.",
    ),
    (
        "the logarithm of u + 1 for the forget gate",
        [(F_LINE, "b[H : 2 * H] = np.log(u + 1)")],
        "u goes into the logarithm as it is: sigmoid(log u) is u / (u + 1).",
    ),
    (
        "the logarithm of u - 1 for the forget gate",
        [(F_LINE, "b[H : 2 * H] = np.log(u - 1)")],
        "u goes into the logarithm as it is: T - 1 is the largest u that can be drawn.",
    ),
    ("the draws are rounded", [("np.log(u)", "np.log(np.round(u))")], "u goes into the logarithm as it is."),
    (
        "the input gate gets minus the old biases of the forget gate",
        [(I_LINE, ""), (F_LINE, f"b[:H] = -b[H : 2 * H]\n    {F_LINE}")],
        "The input gate's bias is -log u, whatever stood in the forget gate's block before.",
    ),
    (
        "candidate and output gate get the same pair",
        [("return b", "return np.tile(b[: 2 * H], 2)")],
        "Candidate and output gate keep the biases that were drawn.",
    ),
    (
        "all gates but the forget gate get the minus",
        [("b = b.copy()", "b = np.tile(-np.log(u), 4)")],
        "Candidate and output gate keep the biases that were drawn.",
    ),
    (
        "the other two blocks become one",
        [("b = b.copy()", "b = np.ones_like(b)")],
        "Candidate and output gate keep the biases that were drawn: start from b.copy().",
    ),
    (
        "the forget gate's bias is 1",
        [(F_LINE, "b[H : 2 * H] = 1")],
        "Each unit gets a draw of its own: log u.",
    ),
    (
        "the old biases are multiplied",
        [(F_LINE, "b[H : 2 * H] *= np.log(u)"), (I_LINE, "b[:H] *= -np.log(u)")],
        "The drawn biases of the two gates are replaced.",
    ),
):
    chrono_wrong(_name, _change, _advice, alone=True)


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
        ("the second step", (3, 4), 2),
        ("a late step", (3, 4), 5000),
        ("a vector", (4,), 7),
        ("a single weight", (1, 1), 7),
        ("a square matrix", (3, 3), 7),
        ("large positive gradients", (3, 4), 7),
        ("large negative gradients", (3, 4), 7),
        ("float32", (3, 4), 7),
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

M_LINE, V_LINE = "0.9 * m + 0.1 * grad\n", "0.999 * v + 0.001 * grad**2"
M_HAT, V_HAT, STEP = "m / (1 - 0.9**t)", "v / (1 - 0.999**t)", "lr * m_hat / (np.sqrt(v_hat) + 1e-8)"
for _name, _change, _advice in (
    (
        "the rates of m and v are exchanged, in the corrections too",
        [
            (M_LINE, "0.999 * m + 0.001 * grad\n"),
            (V_LINE, "0.9 * v + 0.1 * grad**2"),
            (M_HAT, "m / (1 - 0.999**t)"),
            (V_HAT, "v / (1 - 0.9**t)"),
        ],
        "0.9 and 0.1 belong to m, 0.999 and 0.001 to v.",
    ),
    (
        "both corrections use 0.999",
        [(M_HAT, "m / (1 - 0.999**t)")],
        "Each mean has its own rate: 0.9 belongs to m.",
    ),
    ("both means have the rate 0.9", [(V_LINE, "0.9 * v + 0.1 * grad**2")], "0.999 and 0.001 belong to v."),
    (
        "both means have the rate 0.9, and the corrections",
        [(V_LINE, "0.9 * v + 0.1 * grad**2"), (V_HAT, "v / (1 - 0.9**t)")],
        "0.999 and 0.001 belong to v, and 0.999**t to its correction.",
    ),
    ("both means have the rate 0.999", [(M_LINE, "0.999 * m + 0.001 * grad\n")], "0.9 and 0.1 belong to m."),
    (
        "both means have the rate 0.999, and the corrections",
        [(M_LINE, "0.999 * m + 0.001 * grad\n"), (M_HAT, "m / (1 - 0.999**t)")],
        "0.9 and 0.1 belong to m, and 0.9**t to its correction.",
    ),
    ("0.99 and 0.01 for the mean", [(M_LINE, "0.99 * m + 0.01 * grad\n")], "The weights of m are 0.9 and 0.1."),
    (
        "the rates of the pencil question",
        [
            (M_LINE, "0.5 * m + 0.5 * grad\n"),
            (V_LINE, "0.9 * v + 0.1 * grad**2"),
            (M_HAT, "m / (1 - 0.5**t)"),
            (V_HAT, "v / (1 - 0.9**t)"),
        ],
        "Here the rates are 0.9 for m and 0.999 for v.",
    ),
    (
        "the weights of old and new are exchanged in m",
        [(M_LINE, "0.1 * m + 0.9 * grad\n")],
        "0.9 belongs to the old m: it changes slowly.",
    ),
    (
        "the weights of old and new are exchanged in v",
        [(V_LINE, "0.001 * v + 0.999 * grad**2")],
        "0.999 belongs to the old v: it changes slowly.",
    ),
    ("m takes in the new gradient whole", [(M_LINE, "0.9 * m + grad\n")], "The new gradient has the weight 0.1."),
    ("v takes in the new square whole", [(V_LINE, "0.999 * v + grad**2")], "The new square has the weight 0.001."),
    (
        "the weight of the new square is squared",
        [(V_LINE, "0.999 * v + (0.001 * grad) ** 2")],
        "The square is that of the gradient alone: 0.001 * grad**2.",
    ),
    (
        "v takes in the square of the old m",
        [("    m = 0.9", "    old = m\n    m = 0.9"), ("grad**2", "old**2")],
        "v takes in grad**2: m is not in it.",
    ),
    (
        "v takes in the distance from the mean",
        [("    m = 0.9", "    old = m\n    m = 0.9"), ("grad**2", "(grad - old) ** 2")],
        "v takes in grad**2: m is not in it.",
    ),
    (
        "the squares are averaged over the array",
        [("grad**2", "np.mean(grad**2)")],
        "Each number is treated alone: no mean over the array.",
    ),
    (
        "the squares are summed over the array",
        [("grad**2", "np.sum(grad**2)")],
        "Each number is treated alone: no sum over the array.",
    ),
    (
        "one root for the whole array",
        [("np.sqrt(v_hat)", "np.sqrt(v_hat.mean())")],
        "Each number is treated alone: no mean over the array.",
    ),
    (
        "the norm of v over the whole array",
        [("np.sqrt(v_hat)", "np.sqrt(v_hat.sum())")],
        "Each number is treated alone: no sum over the array.",
    ),
    ("the corrected m is returned", [("return p, m, v", "return p, m_hat, v")], "The next step goes on from m itself."),
    ("the corrected v is returned", [("return p, m, v", "return p, m, v_hat")], "The next step goes on from v itself."),
    ("m, v and p are returned in this order", [("return p, m, v", "return m, v, p")], "Return p first, then m and v."),
    ("the step in place of p", [("p - lr", "lr")], "Subtract the step from p, and return the new p."),
    ("minus the step in place of p", [("p - lr", "-lr")], "The step starts from p: p - lr * ..."),
    ("the learning rate twice", [("p - lr", "p - lr**2")], "The step is multiplied by lr once."),
    ("the learning rate is divided by t", [("p - lr", "p - lr / t")], "t is in the corrections alone."),
    (
        "the learning rate is divided by the root of t",
        [("p - lr", "p - lr / np.sqrt(t)")],
        "t is in the corrections alone.",
    ),
    ("the sign of the gradient", [(STEP, "lr * np.sign(grad)")], "The step is m_hat over the root of v_hat."),
    ("the sign of the mean", [(STEP, "lr * np.sign(m)")], "The step is m_hat over the root of v_hat."),
    (
        "the gradient is corrected, not its mean",
        [(M_HAT, "grad / (1 - 0.9**t)")],
        "m is what is too small at first: the step takes m / (1 - 0.9**t).",
    ),
    (
        "weight decay as in AdamW, 0.01",
        [("p - lr", "p - 0.01 * lr * p - lr")],
        "This is Adam alone: nothing but the step is taken off p.",
    ),
    (
        "the old means make the step, and are not corrected",
        [
            ("    p = p", "    p = p"),
            ("    m = 0.9", "    m_hat, v_hat = m, v\n    m = 0.9"),
            (f"    m_hat = {M_HAT}\n    v_hat = {V_HAT}\n", ""),
        ],
        "This step uses this step's gradient: update m and v first, then correct them.",
    ),
    (
        "the old v makes the step, without any correction",
        [
            ("    m = 0.9", "    v_hat = v\n    m = 0.9"),
            (f"    m_hat = {M_HAT}\n    v_hat = {V_HAT}\n", "    m_hat = m\n"),
        ],
        "v takes in this step's gradient first; then both means are corrected.",
    ),
    ("multiplied by the correction of m", [(M_HAT, "m * (1 - 0.9**t)")], "m is too small at first: divide."),
    ("multiplied by the correction of v", [(V_HAT, "v * (1 - 0.999**t)")], "v is too small at first: divide."),
    (
        "brackets are missing in the correction of m",
        [(M_HAT, "m / 1 - 0.9**t")],
        "`m / 1 - 0.9**t` divides by 1 first: write m / (1 - 0.9**t).",
    ),
    (
        "brackets are missing in the correction of v",
        [(V_HAT, "v / 1 - 0.999**t")],
        "`v / 1 - 0.999**t` divides by 1 first: write v / (1 - 0.999**t).",
    ),
    (
        "the corrections have the weights of the new values",
        [("0.9**t", "0.1**t"), ("0.999**t", "0.001**t")],
        "What is missing at first is the weight of the old mean, 0.9**t and 0.999**t.",
    ),
    *(
        (f"{what} in the correction of {mean}", [(f"{rate}**t", power)], f"The correction of {mean} is 1 - {rate}**t.")
        for mean, rate in (("m", "0.9"), ("v", "0.999"))
        for what, power in (
            ("t + 1 is the exponent", f"{rate} ** (t + 1)"),
            ("t - 1 is the exponent", f"{rate} ** (t - 1)"),
        )
    ),
    ("t multiplies in the correction of m", [("0.9**t", "0.9 * t")], "The correction of m is 1 - 0.9**t."),
    ("0.99 in the correction of v", [("0.999**t", "0.99**t")], "v has the rate 0.999, in its correction too."),
    (
        "the root leaves out the correction of v",
        [(V_HAT, "v"), ("np.sqrt(v_hat)", "np.sqrt(v_hat) / (1 - 0.999**t)")],
        "Under the root stands v / (1 - 0.999**t), corrected once.",
    ),
    ("epsilon is 1e-7", [("1e-8", "1e-7")], "epsilon is 1e-8: with tiny gradients another one changes the step."),
    ("epsilon is 1e-5", [("1e-8", "1e-5")], "epsilon is 1e-8: with tiny gradients another one changes the step."),
    ("epsilon is 1e-9", [("1e-8", "1e-9")], "epsilon is 1e-8: with tiny gradients another one changes the step."),
    ("epsilon is 1e-10", [("1e-8", "1e-10")], "epsilon is 1e-8: with tiny gradients another one changes the step."),
    ("epsilon is subtracted", [("+ 1e-8", "- 1e-8")], "epsilon is added: the root may be 0."),
):
    adam_wrong(_name, _change, _advice, alone=True)
for _which, _returned in (("m", "return p, old, v"), ("v", "return p, m, old")):
    adam_wrong(
        f"the old {_which} is returned",
        [("    m = 0.9", f"    old = {_which}\n    m = 0.9"), ("return p, m, v", _returned)],
        f"The next step goes on from the new {_which}.",
        plain=True,
        alone=True,
    )


# ---------------------------------------------------------------- two steps of Adam by pencil


def _pencil(
    *, m_old=0.5, v_old=0.9, m_new=None, v_new=None, m_by=None, v_by=None, m_keep=1, v_keep=1,
    grads=(2.0, 3.0), square=np.square, root=np.sqrt, start=3.0, lr=1.0, step=None,
):  # fmt: skip
    """The six numbers of the pencil question, or of a slip in it.

    m_old, m_new: the weights of old and new in m; m_by(t): what m is divided by in step t; m_keep: 0 forgets the old m;
    step(m_hat, v_hat, grad): the step, if it is another one.
    """
    m_new, v_new = 1 - m_old if m_new is None else m_new, 1 - v_old if v_new is None else v_new
    m_by, v_by = m_by or (lambda t: 1 - m_old**t), v_by or (lambda t: 1 - v_old**t)
    step = step or (lambda m_hat, v_hat, grad: m_hat / root(v_hat))
    p, m, v, numbers = start, 0.0, 0.0, {}
    for t, grad in enumerate(grads, 1):
        m = m_keep * m_old * m + m_new * grad
        v = v_keep * v_old * v + v_new * square(grad)
        p -= lr * step(m / m_by(t), v / v_by(t), grad)
        numbers |= {f"m{t}": m, f"v{t}": v, f"p{t}": p}
    return numbers


def _second(*, m=2.0, v=1.26, m_by=0.75, v_by=0.19, p=2.0, root=np.sqrt):
    """The six numbers, with a slip in the second step alone."""
    return {**_pencil(), "m2": m, "v2": v, "p2": p - m / m_by / root(v / v_by)}


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


adam_by_pencil.wrong(
    "no bias correction", _pencil(m_by=lambda t: 1, v_by=lambda t: 1), "Divide m by 1 - 0.5**t and v by 1 - 0.9**t."
)
adam_by_pencil.wrong("the root is missing", _pencil(root=lambda v: v), "The step divides by the root of v_hat.")
adam_by_pencil.wrong(
    "the two rates are exchanged", _pencil(m_old=0.9, v_old=0.5), "0.5 belongs to the mean, 0.9 to the mean square."
)
adam_by_pencil.wrong(
    "the gradient in place of its mean",
    _pencil(step=lambda m_hat, v_hat, grad: grad / np.sqrt(v_hat)),
    "The numerator is m_hat, the corrected mean.",
)
adam_by_pencil.wrong(
    "the step goes uphill",
    {**_pencil(), "p1": 4.0, "p2": 6.0 - _pencil()["p2"]},
    "Subtract the step from p.",
)
adam_by_pencil.wrong(
    "the second correction uses t = 1", _second(m_by=0.5, v_by=0.1), "At the second step t is 2: 1 - 0.25 and 1 - 0.81."
)
adam_by_pencil.wrong(
    "the old means are dropped", _pencil(m_keep=0, v_keep=0), "m2 = 0.5 * m1 + 0.5 * 3, and v2 = 0.9 * v1 + 0.1 * 9."
)


_M_HAT = {"m1": 2.0, "v1": 4.0, "m2": 2 / 0.75, "v2": 1.26 / 0.19}
adam_by_pencil.wrong(
    "the corrected means in place of m and v",
    {**_pencil(), **_M_HAT},
    "m and v are asked; what is divided by 1 - 0.5**t and 1 - 0.9**t is used in the step alone.",
)
adam_by_pencil.wrong(
    "the second step goes on from the corrected means",
    _second(m=2.5, v=4.5),
    "m2 = 0.5 * m1 + 0.5 * 3, with m1 before its correction; v2 likewise.",
)
adam_by_pencil.wrong(
    "the gradient is not squared",
    _pencil(square=lambda grad: grad),
    "v takes in the square: v1 = 0.9 * 0 + 0.1 * 4.",
)
adam_by_pencil.wrong(
    "the second step starts from 3 again",
    {**_pencil(), "p2": _pencil()["p2"] + 1},
    "p2 = p1 - step: it goes on from p1.",
)
_SECOND = "At the second step t is 2: "
for _name, _numbers, _advice in (
    ("m is not corrected", _pencil(m_by=lambda t: 1), "Divide m by 1 - 0.5**t in the step."),
    ("v is not corrected", _pencil(v_by=lambda t: 1), "Divide v by 1 - 0.9**t in the step."),
    (
        "multiplied by the corrections",
        _pencil(m_by=lambda t: 1 / (1 - 0.5**t), v_by=lambda t: 1 / (1 - 0.9**t)),
        "m and v are too small at first, so the corrections make them larger: divide.",
    ),
    (
        "the corrections add",
        _pencil(m_by=lambda t: 1 + 0.5**t, v_by=lambda t: 1 + 0.9**t),
        "The corrections divide by 1 minus the power.",
    ),
    ("both corrections use 0.5", _pencil(v_by=lambda t: 1 - 0.5**t), "v is divided by 1 - 0.9**t."),
    ("both corrections use 0.9", _pencil(m_by=lambda t: 1 - 0.9**t), "m is divided by 1 - 0.5**t."),
    (
        "the corrections are exchanged",
        _pencil(m_by=lambda t: 1 - 0.9**t, v_by=lambda t: 1 - 0.5**t),
        "m is divided by 1 - 0.5**t and v by 1 - 0.9**t.",
    ),
    (
        "divided by the power itself",
        _pencil(m_by=lambda t: 0.5**t, v_by=lambda t: 0.9**t),
        "m is divided by 1 - 0.5**t and v by 1 - 0.9**t.",
    ),
    (
        "the correction of v comes after its root",
        _pencil(v_by=lambda t: (1 - 0.9**t) ** 2),
        "Correct v first, then take the root.",
    ),
    ("both rates are 0.9", _pencil(m_old=0.9), "0.5 belongs to the mean: m1 = 0.5 * 0 + 0.5 * 2."),
    ("both rates are 0.5", _pencil(v_old=0.5), "0.9 belongs to the mean square: v1 = 0.9 * 0 + 0.1 * 4."),
    ("the rates of question 2", _pencil(m_old=0.9, v_old=0.999), "Here the rates are 0.5 for m and 0.9 for v."),
    (
        "the weights of old and new are exchanged in v",
        _pencil(v_old=0.1, v_by=lambda t: 1 - 0.9**t),
        "The old v has the weight 0.9, the new square 0.1.",
    ),
    (
        "the weights of old and new are exchanged in v, and in its correction",
        _pencil(v_old=0.1),
        "The old v has the weight 0.9, the new square 0.1.",
    ),
    ("m takes in the gradient whole", _pencil(m_new=1), "The new gradient has the weight 0.5: m1 = 0.5 * 2."),
    ("v takes in the square whole", _pencil(v_new=1), "The new square has the weight 0.1: v1 = 0.1 * 4."),
    (
        "m and v take in the new values whole",
        _pencil(m_new=1, v_new=1),
        "The new values have the weights 0.5 and 0.1: m1 = 0.5 * 2 and v1 = 0.1 * 4.",
    ),
    (
        "the gradient is doubled, not squared",
        _pencil(square=lambda grad: 2 * grad),
        "v takes in the square, at the second step 3 * 3 = 9.",
    ),
    (
        "the weight of the new square is squared",
        _pencil(square=lambda grad: 0.1 * grad**2),
        "The square is that of the gradient alone: v1 = 0.1 * 4.",
    ),
    (
        "no square, and m is not corrected",
        _pencil(square=lambda grad: grad, m_by=lambda t: 1),
        "v takes in the square, v1 = 0.1 * 4; and m is divided by 1 - 0.5**t in the step.",
    ),
    (
        "no square, and no bias correction",
        _pencil(square=lambda grad: grad, m_by=lambda t: 1, v_by=lambda t: 1),
        "v takes in the square, v1 = 0.1 * 4; and the step uses m / (1 - 0.5**t) and v / (1 - 0.9**t).",
    ),
    (
        "the root of the whole fraction",
        _pencil(step=lambda m_hat, v_hat, grad: np.sqrt(m_hat / v_hat)),
        "The root is taken of the corrected v alone.",
    ),
    (
        "multiplied by the root",
        _pencil(step=lambda m_hat, v_hat, grad: m_hat * np.sqrt(v_hat)),
        "The step divides by the root of the corrected v.",
    ),
    (
        "plain gradient descent",
        _pencil(step=lambda m_hat, v_hat, grad: grad),
        "The step is the corrected m over the root of the corrected v.",
    ),
    (
        "the corrected mean alone makes the step",
        _pencil(step=lambda m_hat, v_hat, grad: m_hat),
        "Divide the step by the root of the corrected v.",
    ),
    (
        "the mean alone makes the step",
        _pencil(m_by=lambda t: 1, step=lambda m_hat, v_hat, grad: m_hat),
        "The step is the corrected m over the root of the corrected v.",
    ),
    (
        "the gradient and v, both as they are",
        _pencil(v_by=lambda t: 1, step=lambda m_hat, v_hat, grad: grad / np.sqrt(v_hat)),
        "The step is the corrected m over the root of the corrected v.",
    ),
    ("lr is 0.1", _pencil(lr=0.1), "Here lr is 1."),
    ("p stays 3", _pencil(lr=0.001), "Here lr is 1, and the first step is as long as that."),
    (
        "the rates are exchanged, but not in the corrections",
        _pencil(m_old=0.9, v_old=0.5, m_by=lambda t: 1 - 0.5**t, v_by=lambda t: 1 - 0.9**t),
        "0.5 belongs to the mean, 0.9 to the mean square.",
    ),
    (
        "the corrected means of the first step in place of m1 and v1",
        {**_pencil(), "m1": 2.0, "v1": 4.0},
        "m1 and v1 are asked as they are; the corrected ones are used in the step alone.",
    ),
    ("v1 alone without the square", {**_pencil(), "v1": 0.2}, "v1 = 0.9 * 0 + 0.1 * 4: the square of 2 is 4."),
    ("v1 is 4, the square itself", {**_pencil(), "v1": 4.0}, "v1 = 0.9 * 0 + 0.1 * 4: v is asked as it is."),
    ("v2 alone without the square", {**_pencil(), "v2": 0.66}, "v2 = 0.9 * v1 + 0.1 * 9: the square of 3 is 9."),
    ("p starts from 0", _pencil(start=0.0), "p starts from 3."),
    (
        "the gradients are exchanged",
        _pencil(grads=(3.0, 2.0)),
        "The gradient is 2 at the first step and 3 at the second.",
    ),
    ("the gradient is 2 at both steps", _pencil(grads=(2.0, 2.0)), "At the second step the gradient is 3."),
    ("the gradient is 3 at both steps", _pencil(grads=(3.0, 3.0)), "At the first step the gradient is 2."),
    (
        "the steps in place of p",
        {**_pencil(), "p1": 1.0, "p2": 2 - _pencil()["p2"]},
        "p1 = 3 - step, and p2 goes on from there.",
    ),
    ("the second step in place of p2", {**_pencil(), "p2": 2 - _pencil()["p2"]}, "p2 = p1 - step."),
    ("the second step is added", {**_pencil(), "p2": 4 - _pencil()["p2"]}, "Subtract the step: p2 = p1 - step."),
    ("m2 starts from 0 again", _second(m=1.5), "m2 = 0.5 * m1 + 0.5 * 3: it goes on from m1."),
    ("v2 starts from 0 again", _second(v=0.9), "v2 = 0.9 * v1 + 0.1 * 9: it goes on from v1."),
    ("m2 holds 1 of the first step, not 0.5", _second(m=2.5), "m2 = 0.5 * m1 + 0.5 * 3, and m1 is 1."),
    ("v2 takes in v1 whole", _second(v=1.3), "v2 = 0.9 * v1 + 0.1 * 9: v1 has the weight 0.9."),
    (
        "m2 and v2 take in m1 and v1 whole",
        _second(m=2.5, v=1.3),
        "m2 = 0.5 * m1 + 0.5 * 3 and v2 = 0.9 * v1 + 0.1 * 9: m1 and v1 are weighted, too.",
    ),
    ("the second gradient is not squared", _second(v=0.66), "v2 = 0.9 * v1 + 0.1 * 9: the square of 3 is 9."),
    ("v2 starts from the corrected v1", _second(v=4.5), "v2 = 0.9 * v1 + 0.1 * 9, with v1 before its correction."),
    ("a slip of the decimal point in 0.1 * 9", _second(v=0.45), "v2 = 0.36 + 0.9."),
    ("the second correction of m uses t = 1", _second(m_by=0.5), _SECOND + "m is divided by 1 - 0.25."),
    ("the second correction of v uses t = 1", _second(v_by=0.1), _SECOND + "v is divided by 1 - 0.81."),
    ("the second step is not corrected", _second(m_by=1, v_by=1), _SECOND + "divide by 1 - 0.25 and by 1 - 0.81."),
    ("m is not corrected at the second step", _second(m_by=1), _SECOND + "m is divided by 1 - 0.25."),
    ("v is not corrected at the second step", _second(v_by=1), _SECOND + "v is divided by 1 - 0.81."),
    ("m2 is divided by 0.25", _second(m_by=0.25), "The correction is 1 - 0.5**2 = 0.75."),
    ("v2 is divided by 0.81", _second(v_by=0.81), "The correction is 1 - 0.9**2 = 0.19."),
    (
        "m2 and v2 are divided by the powers",
        _second(m_by=0.25, v_by=0.81),
        "The corrections are 1 - 0.5**2 = 0.75 and 1 - 0.9**2 = 0.19.",
    ),
    ("the root is missing at the second step", _second(root=lambda v: v), "The step divides by the root of v_hat."),
    (
        "the second step uses m1",
        {**_pencil(), "p2": 2 - 1 / 0.75 / np.sqrt(1.26 / 0.19)},
        "The second step uses the new m2.",
    ),
    (
        "the second step uses v1",
        {**_pencil(), "p2": 2 - 2 / 0.75 / np.sqrt(0.4 / 0.19)},
        "The second step uses the new v2.",
    ),
    (
        "the second step uses m1 and v1",
        {**_pencil(), "p2": 2 - 1 / 0.75 / np.sqrt(0.4 / 0.19)},
        "The second step uses the new m2 and v2.",
    ),
    ("the second step is as long as lr", {**_pencil(), "p2": 1.0}, "That holds for the first step alone: work it out."),
    (
        "the corrected m in place of m",
        {**_pencil(), "m1": 2.0, "m2": 2 / 0.75},
        "m is asked as it is; what is divided by 1 - 0.5**t is used in the step alone.",
    ),
    (
        "the corrected v in place of v",
        {**_pencil(), "v1": 4.0, "v2": 1.26 / 0.19},
        "v is asked as it is; what is divided by 1 - 0.9**t is used in the step alone.",
    ),
    (
        "the corrected means of the second step in place of m2 and v2",
        {**_pencil(), "m2": 2 / 0.75, "v2": 1.26 / 0.19},
        "m2 and v2 are asked as they are; the corrected ones are used in the step alone.",
    ),
):
    adam_by_pencil.wrong(_name, _numbers, _advice)


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
        ("large positive values", 5, [5, 2, 4]),
        ("large negative values", 5, [5, 2, 4]),
        ("float32", 5, [5, 2, 4]),
        ("more sequences", 6, [6, 1, 3, 2]),
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
    yield "NaN in the padding", {**case, **{name: np.where(padding, np.nan, case[name]) for name in ("pred", "target")}}


WHERE = "np.where(mask, pred - target, 0)"
masked_wrong = masked_cases.wrong
masked_wrong(
    "the mean is taken over the padding too",
    ("np.sum(mask)", "pred.size"),
    "Divide by the number of steps that count, lengths.sum(), not by T * B.",
)
masked_wrong("the padding is not masked", (WHERE, "pred - target"), "Set the error to 0 where t >= lengths[b].")
masked_wrong(
    "the padding is not masked, and counts in the mean",
    [(WHERE, "pred - target"), ("np.sum(mask)", "pred.size")],
    "Only steps t < lengths[b] count.",
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

LOSS, DPRED = "np.sum(error**2) / count", "2 * error / count"
OF_EACH, OF_STEP = "np.maximum(lengths, 1)", "np.maximum(mask.sum(axis=1), 1)"
for _name, _change, _advice in (
    (
        "divided by the number of rows",
        [("np.sum(mask)", "len(pred)")],
        "Divide by the number of steps that count over the whole batch: lengths.sum().",
    ),
    (
        "the loss is divided by the number of rows",
        [(LOSS, "np.sum(error**2) / len(pred)")],
        "Divide the loss, too, by the number of steps that count.",
    ),
    (
        "the gradient is divided by the number of rows",
        [(DPRED, "2 * error / len(pred)")],
        "The loss is a mean over the steps that count, so its gradient is divided by the same count.",
    ),
    (
        "the loss is divided by the number of sequences",
        [(LOSS, "np.sum(error**2) / len(lengths)")],
        "Divide the loss, too, by the number of steps that count.",
    ),
    ("the loss is a sum", [(LOSS, "np.sum(error**2)")], "Divide the loss, too, by the number of steps that count."),
    ("the loss alone is halved", [(LOSS, f"{LOSS} / 2")], "No 1/2 here: the mean of the squares is asked."),
    ("the loss alone is doubled", [(LOSS, f"2 * {LOSS}")], "The mean of the squares is asked, once."),
    (
        "divided by one less than the count",
        [("np.sum(mask)", "(np.sum(mask) - 1)")],
        "Divide by the number of steps that count.",
    ),
    (
        "the absolute error, and its sign",
        [("error**2", "np.abs(error)"), (DPRED, "np.sign(error) / count")],
        "The squared error is asked: error**2, and 2 * error below it.",
    ),
    (
        "the variance of the error",
        [(LOSS, "np.var(error[mask])")],
        "The mean error is not taken off before the square.",
    ),
    (
        "the root of the mean, and its gradient",
        [(LOSS, f"np.sqrt({LOSS})"), (DPRED, "error / count / loss")],
        "No root: the mean of the squares is asked.",
    ),
    (
        "each sequence is averaged by itself, an empty one to 0",
        [(LOSS, f"np.mean(np.sum(error**2, axis=0) / {OF_EACH})"), (DPRED, f"2 * error / {OF_EACH} / len(lengths)")],
        "That gives each sequence the same weight; here each step has the same weight.",
    ),
    (
        "each sequence is averaged by itself, an empty one does not count",
        [
            (LOSS, f"np.sum(np.sum(error**2, axis=0) / {OF_EACH}) / np.sum(lengths > 0)"),
            (DPRED, f"2 * error / {OF_EACH} / np.sum(lengths > 0)"),
        ],
        "That gives each sequence the same weight; here each step has the same weight.",
    ),
    (
        "the loss alone is averaged sequence by sequence",
        [(LOSS, f"np.mean(np.sum(error**2, axis=0) / {OF_EACH})")],
        "That gives each sequence the same weight; here each step has the same weight.",
    ),
    (
        "the means of the sequences are added up, an empty one is 0",
        [(LOSS, f"np.sum(np.sum(error**2, axis=0) / {OF_EACH})"), (DPRED, f"2 * error / {OF_EACH}")],
        "Here one mean runs over the steps of the whole batch: one sum, divided by one count.",
    ),
    (
        "the gradient is divided by the length of its sequence",
        [(DPRED, f"2 * error / {OF_EACH}")],
        "One mean runs over the whole batch: each gradient is divided by the same count.",
    ),
    (
        "the gradient is divided by the length of its sequence, NaN for an empty one",
        [(DPRED, "2 * error / lengths")],
        "One mean runs over the whole batch: each gradient is divided by the same count.",
    ),
    (
        "the gradient is that of the mean of each sequence",
        [(DPRED, f"2 * error / {OF_EACH} / len(lengths)")],
        "One mean runs over the whole batch: each gradient is divided by the same count.",
    ),
    (
        "each row is averaged by itself",
        [
            (LOSS, f"np.mean(np.sum(error**2, axis=1) / {OF_STEP})"),
            (DPRED, f"2 * error / {OF_STEP}[:, None] / len(pred)"),
        ],
        "That gives each row the same weight; here each step that counts has the same weight.",
    ),
    (
        "the loss alone is averaged row by row",
        [(LOSS, f"np.mean(np.sum(error**2, axis=1) / {OF_STEP})")],
        "That gives each row the same weight; here each step that counts has the same weight.",
    ),
    (
        "all sequences are as long as the shortest",
        [("< lengths", "< lengths.min()")],
        "Each sequence has its own length: compare with the whole row, lengths.",
    ),
    (
        "all sequences are as long as the longest",
        [("< lengths", "< lengths.max()")],
        "Each sequence has its own length: compare with the whole row, lengths.",
    ),
    (
        "the lengths stand in reverse order",
        [("< lengths", "< lengths[::-1]")],
        "Column b belongs to lengths[b].",
    ),
    (
        "NaN alone is taken for padding",
        [("np.arange(len(pred))[:, None] < lengths", "~np.isnan(pred - target)")],
        "Padding may be anything: lengths says what counts, t < lengths[b].",
    ),
    (
        "the gradient is multiplied by the mask",
        [(DPRED, "2 * (pred - target) * mask / count")],
        "Padding may be anything, and 0 times NaN is NaN: choose with np.where(mask, ..., 0).",
    ),
    ("the gradient is twice the squared error", [(DPRED, "2 * error**2 / count")], "The derivative of e**2 is 2 e."),
    ("the error is missing in the gradient", [(DPRED, "2 * mask / count")], "The derivative of e**2 is 2 e."),
    (
        "pred in place of the error in the gradient",
        [(DPRED, "2 * np.where(mask, pred, 0) / count")],
        "The derivative of e**2 is 2 e, with e = pred - target.",
    ),
    ("the gradient is halved, and not divided", [(DPRED, "error")], "The gradient is 2 * error / count."),
):
    masked_wrong(_name, _change, _advice, alone=True)


# ---------------------------------------------------------------- dropout


def dropout(h, u, p):
    """Inverted dropout: h where u >= p, divided by 1 - p; 0 where u < p.

    h and u have one shape; u: a draw from 0 to 1 for each value; p: the share that is dropped.
    Source: Srivastava et al. 2014, section 10.
    """
    kept = u >= p
    return h * kept / (1 - p)


def bounded(got, want, case):
    """As ``close``, but beyond a million all is infinite: what was divided by 0, or by any small number instead."""

    def bound(array):
        return np.where(np.abs(array) > 1e6, np.copysign(np.inf, array), array).astype(array.dtype)

    return close(bound(got) if got.dtype.kind == "f" else got, bound(want), case)


@sheet.check(
    oracle=dropout,
    returns="h",
    name="dropout",
    compare=bounded,
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
        ("one value", (1, 1, 1), 0.3),
        ("most is dropped", (2, 3, 4), 0.8),
        ("a matrix", (3, 3), 0.3),
        ("nothing is dropped", (2, 3, 4), 0.0),
        ("large positive values", (2, 3, 4), 0.3),
        ("large negative values", (2, 3, 4), 0.3),
        ("float32", (2, 3, 4), 0.3),
    ]:
        h, u = rng.normal(size=shape), rng.uniform(size=shape)
        if label.startswith("large"):
            h = np.abs(h) * (1e3 if "positive" in label else -1e3)
        if u.size == 1:
            u = 0.5 + u / 2  # it is kept: 0 is right, whatever it is divided by
        elif p:  # both must occur
            u.flat[rng.permutation(u.size)[:4]] = [0.05, 0.1, 0.9, 0.95]
        dtype = np.float32 if label == "float32" else np.float64
        yield label, {"h": h.astype(dtype), "u": u.astype(dtype), "p": np.array(p, dtype)}
    u = rng.permuted(np.tile([0.3, 0.7, 0.5, 0.1], (2, 3, 1)), axis=2)
    yield "a draw that equals p", {"h": rng.normal(size=(2, 3, 4)), "u": u, "p": np.array(0.3)}
    u = rng.permuted(np.tile([0.3 - 1e-9, 0.3 + 1e-9, 0.1, 0.9], (2, 3, 1)), axis=2)
    yield "draws a little below and above p", {"h": rng.normal(size=(2, 3, 4)), "u": u, "p": np.array(0.3)}


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

for _name, _change, _advice in (
    ("divided by p where it is not 0", [("/ (1 - p)", "/ (p or 1)")], "1 - p is what is left: divide by that."),
    (
        "p is taken for the share that is kept, 0 where it is 0",
        [(KEPT, "kept = u < p"), (SCALED, "h * kept / (p or 1)")],
        "p is the share that is dropped: keep where u >= p, divide by 1 - p.",
    ),
    ("divided by the draw", [(SCALED, "h * kept / np.maximum(u, 1e-6)")], "Divide by 1 - p, one number for all."),
    ("divided by one minus the draw", [(SCALED, "h * kept / (1 - u)")], "Divide by 1 - p, one number for all."),
    ("a draw equal to p is kept, and all below it", [(KEPT, "kept = u <= p")], "Drop where u < p, keep where u >= p."),
    ("kept where u is below 1 - p", [(KEPT, "kept = u < 1 - p")], "Keep where u >= p: the draw decides as is."),
    ("kept where u is at most 1 - p", [(KEPT, "kept = u <= 1 - p")], "Keep where u >= p: the draw decides as is."),
    ("kept where u is at least 1 - p", [(KEPT, "kept = u >= 1 - p")], "Keep where u >= p: that is the share 1 - p."),
    (
        "all is scaled by 1 - p, and nothing dropped",
        [(SCALED, "h * (1 - p)")],
        "Here values are dropped in training: multiply by the mask, and divide by 1 - p.",
    ),
    ("the mask is returned unscaled", [(SCALED, "kept * 1.0")], "Multiply the mask by h, and divide by 1 - p."),
    (
        "the share p of the draws at hand",
        [(KEPT, "kept = u >= np.quantile(u, p)")],
        "Compare with p itself: the draw decides for each value alone.",
    ),
    ("multiplied by 1 + p", [(SCALED, "h * kept * (1 + p)")], "Divide by 1 - p, the share that is left."),
    ("multiplied by p over 1 - p", [(SCALED, "h * kept * p / (1 - p)")], "Divide by 1 - p, and no more."),
    (
        "scaled to keep this sum",
        [(SCALED, "h * kept * (h.sum() / (h * kept).sum())")],
        "Divide by 1 - p, which keeps the sum on average, whatever this draw gave.",
    ),
    ("divided by 1 - p squared inside", [(SCALED, "h * kept / (1 - p**2)")], "Divide by 1 - p."),
    (
        "the draws are multiplied in, and the mask",
        [(SCALED, "h * kept * u / (1 - p)")],
        "The draw only decides what is kept: it is no factor.",
    ),
    (
        "one half in place of p",
        [(KEPT, "kept = u >= 0.5"), (SCALED, "2 * h * kept")],
        "Compare with p, and divide by 1 - p.",
    ),
    (
        "two slips at once: what is left is not scaled; and h is changed in place",
        [(SCALED, "h"), (KEPT, f"{KEPT}\n    h[~kept] = 0")],
        "Divide by 1 - p, so that the sum stays the same on average; and make a new array, np.where(kept, h, 0).",
    ),
    ("h itself decides, by its size", [(KEPT, "kept = np.abs(h) >= p")], "The draw decides: u >= p."),
):
    dropout_wrong(_name, _change, _advice, alone=True)


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
        ("a length that the batch divides", 39, 3, 4),
        ("a length that the batch divides, and the chunks", 24, 4, 2),
        ("nothing is left over", 37, 3, 4),
        ("one chunk", 21, 2, 9),
        ("as many steps as streams", 31, 3, 3),
        ("large positive values", 40, 3, 4),
        ("large negative values", 40, 3, 4),
        ("float32", 40, 3, 4),
        ("more streams", 53, 4, 6),
        ("longer chunks", 29, 2, 5),
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


def _by_stream(series, B, T):
    """cut_streams as it is written stream by stream, with N // B steps in each: the last target is missing."""
    rows = len(series) // B
    chunks = rows // T
    x = np.array([series[b * rows : b * rows + chunks * T] for b in range(B)])
    y = np.array([series[b * rows + 1 : b * rows + 1 + chunks * T] for b in range(B)])
    return tuple(part.reshape(B, chunks, T).transpose(1, 2, 0) for part in (x, y))


stream_wrong(
    "N // B steps in each stream, cut one by one",
    _by_stream,
    "Each input needs a number after it, so a stream has (N - 1) // B steps.",
)

X_SERIES, Y_SERIES = "series[: B * rows]", "series[1 : B * rows + 1]"
CHUNKS = "chunks = rows // T"
for _name, _change, _advice in (
    (
        "N // B steps in a stream",
        [(ROWS, "rows = len(series) // B")],
        "Each input needs a number after it, so a stream has (N - 1) // B steps.",
    ),
    (
        "N // B - 1 steps in a stream",
        [(ROWS, "rows = len(series) // B - 1")],
        "Only the last number of the whole series is no input: (N - 1) // B steps in a stream.",
    ),
    (
        "the last target of a stream is its own first number",
        [
            (Y_CUT.partition("\n")[0], "reshape(B, rows)[:, : chunks * T]"),
            (f"y = {Y_SERIES}.reshape(B, rows)", f"y = np.roll({X_SERIES}.reshape(B, rows), -1, axis=1)"),
        ],
        "What follows the end of a stream is the first number of the next stream: cut the targets from the series.",
    ),
    (
        "the last target of a column is its own first number",
        [
            (
                f"y = {Y_SERIES}.reshape(B, rows)[:, : chunks * T]",
                f"y = np.roll({X_SERIES}.reshape(B, rows)[:, : chunks * T], -1, axis=1)",
            )
        ],
        "The last target is the number that comes next in the series: cut the targets from the series.",
    ),
    (
        "each stream gives its own last number away as a target",
        [
            (ROWS, "rows = len(series) // B - 1"),
            (f"{X_SERIES}.reshape(B, rows)", "series[: B * (rows + 1)].reshape(B, rows + 1)"),
            (f"{Y_SERIES}.reshape(B, rows)[:, :", "series[: B * (rows + 1)].reshape(B, rows + 1)[:, 1 : 1 +"),
        ],
        "Only the last number of the whole series is no input: a stream has (N - 1) // B steps.",
    ),
    ("the target is the input plus 1", [("return x, y", "return x, x + 1")], "The target is the next of the series."),
    (
        "the last target of a chunk is 0",
        [("return x, y", "return x, np.concatenate([x[:, 1:], 0 * x[:, :1]], axis=1)")],
        "The target of the last step of a chunk is the first input of the next: shift the series before you cut it.",
    ),
    (
        "the last target of a chunk is its last input",
        [("return x, y", "return x, np.concatenate([x[:, 1:], x[:, -1:]], axis=1)")],
        "The target of the last step of a chunk is the first input of the next: shift the series before you cut it.",
    ),
    (
        "neighbours are dealt out over the chunks",
        [(ORDER, ".reshape(B, T, chunks).transpose(2, 1, 0)")],
        "A chunk is a run of T neighbours: step t of chunk k is place k * T + t of its stream.",
    ),
    (
        "the series is cut into chunks before streams",
        [
            (
                "return x, y",
                "n = B * chunks * T\n    x, y = series[:n], series[1 : n + 1]\n    "
                "return tuple(a.reshape(chunks, B, T).transpose(0, 2, 1) for a in (x, y))",
            )
        ],
        "Chunk k + 1 must go on where chunk k ended in the same column: first the streams, then the chunks.",
    ),
    (
        "columns are reshaped as if they were rows",
        [(ORDER, ".T.reshape(chunks, B, T).transpose(0, 2, 1)")],
        "After `.T` time comes first, so it is `.reshape(chunks, T, B)`.",
    ),
    ("B and T are exchanged", [("    rows", "    B, T = T, B\n    rows")], "B streams, chunks of T steps."),
    (
        "one chunk too few",
        [(CHUNKS, "chunks = rows // T - 1")],
        "A stream has rows // T whole chunks.",
    ),
    (
        "the last chunk is missing where all fits",
        [(CHUNKS, "chunks = (rows - 1) // T")],
        "A stream has rows // T whole chunks: the 1 for the last target is taken off already.",
    ),
    (
        "the streams begin at the end of the series",
        [(X_SERIES, "series[-B * rows - 1 : -1]"), (Y_SERIES, "series[-B * rows :]")],
        "The first stream begins at the start of the series: what is left over is at its end.",
    ),
    (
        "time runs backwards",
        [("return x, y", "return x[:, ::-1], y[:, ::-1]")],
        "Step 0 of a chunk is its first: in the order of the series.",
    ),
):
    stream_wrong(_name, _change, _advice, alone=True)


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
        ("never stopped", [6, 5, 4, 4.2, 4 - 1e-8, 4 - 2e-8], 5),
        ("the last epoch is not the best", [6, 5, 4, 4.3, 4.2], 5),
        ("the same loss again", [5, 4, 4, 4, 4, 4, 5], 2),
        ("one epoch", [3], 3),
        ("worse from the start", [1, 2, 3, 4, 5], 3),
        ("up and down", [9, 8, 8.5, 7, 7.5, 7.2, 6, 6.5, 6.7, 6.6, 1], 3),
    ]:
        losses = rng.uniform(0.5, 2) * np.array(ranks, float) + rng.uniform(-1, 1)
        yield label, {"validation": losses, "patience": np.array(patience)}
    losses = rng.uniform(0.5, 2) - 1e-8 * np.arange(5)
    yield "each loss a little below the one before", {"validation": losses, "patience": np.array(2)}
    losses = rng.uniform(0.05, 0.1) * np.array([9, 8, 8.5, 7, 7.5, 7.2, 7.1, 6])
    yield "losses below 1", {"validation": losses, "patience": np.array(3)}


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

START, BETTER, BREAK = "    best = 0\n", "            best = epoch\n", f"        if {WAITED}:\n            break\n"
for _name, _change, _advice in (
    (
        "lower by a margin",
        [(LOWER, "validation[epoch] < validation[best] - 1e-3")],
        "Any loss below the lowest so far is new, by however little.",
    ),
    (
        "stops at the first loss that is higher than the one before",
        [(WAITED, "epoch and validation[epoch] > validation[epoch - 1]")],
        "Training goes on until patience epochs in a row have brought nothing below the lowest so far.",
    ),
    (
        "stops after patience rises in a row",
        [(WAITED, "epoch >= patience and (np.diff(validation[epoch - patience : epoch + 1]) > 0).all()")],
        "An epoch counts as failed if it is not below the lowest so far, also where it is below the one before.",
    ),
    (
        "a loss below the one before starts the count again",
        [
            (START, "    best = waited = 0\n"),
            (
                BETTER,
                f"{BETTER}        lower = not epoch or validation[epoch] < validation[epoch - 1]\n"
                "        waited = 0 if lower else waited + 1\n",
            ),
            (WAITED, "waited == patience"),
        ],
        "Only a loss below the lowest so far starts the count again.",
    ),
    (
        "the same loss again is no failure",
        [
            (START, "    best = waited = 0\n"),
            (BETTER, "            best, waited = epoch, 0\n        waited += validation[epoch] > validation[best]\n"),
            (WAITED, "waited == patience"),
        ],
        "An epoch counts as failed if it is not below the lowest so far: an equal loss, too.",
    ),
    (
        "it asks whether to stop before it looks at the loss",
        [(BREAK, ""), (f"        if {LOWER}", f"{BREAK}        if {LOWER}")],
        "First the new loss, then the question whether patience is used up.",
    ),
    (
        "improvements are counted",
        [
            (START, "    best = found = 0\n"),
            (BETTER, f"{BETTER}            found += 1\n"),
            (WAITED, "found == patience"),
        ],
        "patience counts the epochs in a row that brought nothing.",
    ),
    (
        "the lowest so far starts at 1",
        [
            (START, "    best, low = 0, 1.0\n"),
            (LOWER, "validation[epoch] < low"),
            (BETTER, "            best, low = epoch, validation[epoch]\n"),
        ],
        "The first loss is the lowest so far, whatever its size: start from it or from np.inf.",
    ),
    (
        "the stop for never is -1",
        [("return best, epoch", f"return best, epoch if {WAITED} else -1")],
        "Without a stop the last epoch is len(validation) - 1.",
    ),
    (
        "the stop for never is 0",
        [("return best, epoch", f"return best, epoch if {WAITED} else 0")],
        "Without a stop the last epoch is len(validation) - 1.",
    ),
    (
        "the stop for never is the best",
        [("return best, epoch", f"return best, epoch if {WAITED} else best")],
        "Without a stop the last epoch is len(validation) - 1.",
    ),
    (
        "the two losses in place of the epochs",
        [("return best, epoch", "return validation[best], validation[epoch]")],
        "Return the numbers of the epochs, not their losses.",
    ),
    (
        "the loss at the stop in place of the epoch",
        [("return best, epoch", "return best, validation[epoch]")],
        "Return the number of the epoch, not its loss.",
    ),
    (
        "the highest loss up to the stop",
        [("return best, epoch", "return int(np.argmax(validation[: epoch + 1])), epoch")],
        "Lower is better.",
    ),
    (
        "one epoch of the next is looked at after the stop",
        [("return best, epoch", "return int(np.argmin(validation[: epoch + 2])), epoch")],
        "What comes after the stop was never trained: the best epoch is among those before it.",
    ),
):
    stopping_wrong(_name, _change, _advice, alone=True)


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
        ("an error of 0.02 among small ones", [large(2), small(3) / 2, [0.02], small(9) / 2], 8),
        ("an error of 0.03 in a shorter window", [large(2), small(3) / 2, [0.03], small(9) / 2], 5),
        ("solved, then wrong answers, then solved again", [small(9), large(3), small(7)], 5),
    ]:
        yield label, {"errors": np.concatenate(errors), "window": np.array(window)}


MEAN, MOST = "np.mean(recent) < 0.01", "np.max(recent) <= 0.04"
solved_wrong = solved_cases.wrong
solved_wrong("the largest error sets no bound", (f" and {MOST}", ""), "None of the recent errors may be above 0.04.")
solved_wrong("the mean sets no bound", (f"{MEAN} and ", ""), "The mean of the recent errors must be below 0.01.")
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

RULE, SLICE = f"{MEAN} and {MOST}", "errors[n - window : n]"
for _name, _change, _advice in (
    (
        "the last stretch of small errors, not the first",
        [
            (SLICE + "\n", SLICE + "\n        rest = [errors[k - window : k] for k in range(n, len(errors) + 1)]\n"),
            (RULE, "all(np.mean(each) < 0.01 and np.max(each) <= 0.04 for each in rest)"),
        ],
        "A task that is solved may fail again later, and counts as solved all the same: go through n from `window` "
        "upwards, and return the first that fits.",
    ),
    (
        "how often the rule is met",
        [
            ("    for n", "    met = 0\n    for n"),
            ("            return n\n    return 0", "            met += 1\n    return met"),
        ],
        "The smallest n is asked: return it as soon as the rule is met.",
    ),
    (
        "all must be at most 0.01",
        [(RULE, "np.max(recent) <= 0.01")],
        "The mean must be below 0.01; a single error may be as large as 0.04.",
    ),
    (
        "all must be below 0.01, and the index is returned",
        [(RULE, "np.max(recent) < 0.01"), ("return n\n", "return n - 1\n")],
        "The mean must be below 0.01, a single error may be 0.04; and the count is returned, not the index.",
    ),
    (
        "0.001 in place of 0.01",
        [(MEAN, "np.mean(recent) < 0.001")],
        "The mean of the recent errors must be below 0.01.",
    ),
    (
        "the root of the mean square",
        [(MEAN, "np.sqrt(np.mean(recent**2)) < 0.01")],
        "The plain mean of the recent errors must be below 0.01.",
    ),
    (
        "the largest of all errors so far",
        [(MOST, "np.max(errors[:n]) <= 0.04")],
        "None of the recent errors may be above 0.04: older ones do not count.",
    ),
    (
        "the mean of all errors so far",
        [(MEAN, "np.mean(errors[:n]) < 0.01")],
        "The mean of the recent errors must be below 0.01: older ones do not count.",
    ),
    (
        "the mean of the whole run",
        [(MEAN, "np.mean(errors) < 0.01")],
        "The mean of the recent errors must be below 0.01: older and later ones do not count.",
    ),
    (
        "the largest of the whole run",
        [(MOST, "np.max(errors) <= 0.04")],
        "None of the recent errors may be above 0.04: older and later ones do not count.",
    ),
    ("begins one sequence too late", [("range(window,", "range(window + 1,")], "The window is full at n = window."),
    (
        "the oldest error is left out",
        [(SLICE, "errors[n - window + 1 : n]")],
        "The `window` most recent errors are errors[n - window:n].",
    ),
    (
        "the error before the window is looked at",
        [(SLICE, "errors[max(n - window - 1, 0) : n]")],
        "The `window` most recent errors are errors[n - window:n].",
    ),
    (
        "the index of the last sequence, cut off at the end",
        [(SLICE, "errors[n - window + 1 : n + 1]")],
        "The `window` errors up to sequence n are errors[n - window:n].",
    ),
    (
        "the window after n is looked at",
        [(SLICE, "errors[n : n + window]")],
        "The `window` most recent errors, up to sequence n, are errors[n - window:n].",
    ),
    (
        "a slice that begins before the first error",
        [("range(window,", "range(1,")],
        "For n below `window` the slice begins at a negative place, counted from the end: begin at n = window.",
    ),
    (
        "n and the window after it",
        [("return n\n", "return n + window\n")],
        "The window ends at n: return that.",
    ),
):
    solved_wrong(_name, _change, _advice, alone=True)
