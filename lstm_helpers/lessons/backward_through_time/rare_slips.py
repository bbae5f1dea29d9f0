"""Slips of sheet 06 beside those that stand with its checks: (name, edits of the right answer, advice), and True for a
plain one.

OFTEN: two of them may come together in one answer. RARE: each is looked for by itself.
"""
# ruff: noqa: E501  a table: one slip a line

import re

PARTNER = (
    "Each factor of a product gets dc times its partner: df = dc * c_prev, dc_prev = dc * f, di = dc * g, dg = dc * i."
)
BOTH_PARTS = "do = dh * tanh(c), dc = dh * o * (1 - tanh(c)**2)."
NO_SUM = "Each number has a gradient of its own, (B, H): nothing is summed or averaged over the batch here."
LATER = "The squashings are a step of their own, and it comes later."
SLOPES = "The slope of the sigmoid is s * (1 - s), that of tanh 1 - g**2, each at the layer's own value."
ORDER = "The columns lie in the order i, f, g, o."
SIDE = "np.concatenate([...], axis=1) puts the four side by side, (B, 4H)."
SUM = "b was added to every row, so it collects from every row, once: dz.sum(axis=0)."
COLLECT = "Every row used the same weights, so they collect the sum: x.T @ dz, h_prev.T @ dz."
FIVE_OF = "dx = dz @ W_x.T, dh_prev = dz @ W_h.T, dW_x = x.T @ dz, dW_h = h_prev.T @ dz."
WHOLE = "The whole gradient of c is dc + dc_shown: what arrives and what comes through h, each once."
ROADS = "dh_prev = dz @ W_h.T and dc_prev = f times the whole dc go back, and nothing is added to them."
PIECES = "Hand on and take back in the order of the `def` lines: cell_update_backward(dc, f, c_prev, i, g), df, dc_prev, di, dg."
PLACES = (
    "dh[t], x[t] and gates[t] are those of step t; h[t] and c[t] are the states before it, c[t + 1] the one after it."
)
ARRIVE = "dh_next and dc_next arrive at the last step; at each other step it is what the step after has passed back."
BOTH_BACK = "What a step passes back takes the place of dh_next and dc_next, as it is."
FROM_ZERO = "Start from zeros and add each step's gradient."
LARGEST = "The largest difference, over the largest numerical value: np.abs(ours - numerical).max() / np.abs(numerical).max()."
COS = "The sum of the products, over both lengths: np.sum(ours * numerical) / (norm(ours) * norm(numerical))."

DO, DC = "do = dh * np.tanh(c)", "dc = dh * o * (1 - np.tanh(c) ** 2)"
FOUR = "dc * c_prev, dc * f, dc * g, dc * i"
I, F, G, O = "di * i * (1 - i)", "df * f * (1 - f)", "dg * (1 - g**2)", "do * o * (1 - o)"
ROW = ", ".join((I, F, G, O))
JOINED = f"np.concatenate([{ROW}], axis=1)"
FIVE = "dz @ W_x.T, dz @ W_h.T, x.T @ dz, h_prev.T @ dz, dz.sum(axis=0)"
SPLIT, HIDDEN, CELL = (
    "i, f, g, o = np",
    "hidden_update_backward(dh, o, c)",
    "cell_update_backward(dc + dc_shown, f, c_prev, i, g)",
)
DZ, BACK = "gates_backward(di, df, dg, do, i, f, g, o)", "return dx, dh_prev, dc_prev, dW_x, dW_h, db"
PRODUCTS = "pre_activation_backward(dz, x, h_prev, W_x, W_h)"
TAKEN, STEPS = "dx[t], dh_next, dc_next, dW_x_t", "for t in reversed(range(len(x))):"
ADDED, OUT = "dW_x, dW_h, db = dW_x + dW_x_t, dW_h + dW_h_t, db + db_t", "return dx, dh_next, dc_next, dW_x, dW_h, db"
ARRIVES, STATES = "dh[t] + dh_next, dc_next", "h[t], c[t], c[t + 1]"
LARGE, BY, COSINE = "np.abs(ours - numerical).max()", "np.abs(numerical).max()", "np.sum(ours * numerical)"
RELATIVE, LENGTHS = f"{LARGE} / {BY}", "(np.linalg.norm(ours) * np.linalg.norm(numerical))"
NORMS = f"{COSINE} / {LENGTHS}"


def _order(letters):
    return ROW, ", ".join({"i": I, "f": F, "g": G, "o": O}[letter] for letter in letters)


def _four(*changed, **only):
    """Edits of cell_update_backward: its four products, all of them, or those that are named.

    A new product has dc behind its first factor, so that it is not taken for one of the right answer's.
    """
    if changed:
        return FOUR, ", ".join(changed)
    right = dict(zip(("df", "dc_prev", "di", "dg"), FOUR.split(", "), strict=True))
    return [(right[name], re.sub(r"dc \* (\w+)(?![\w.(])", r"\1 * dc", new)) for name, new in only.items()]


def _dz(row):
    """Edits of lstm_step_backward: the pre-activations' gradient written out."""
    return DZ, f"np.concatenate([{row}], axis=1)"


def _back(**changed):
    """Edits of lstm_step_backward: what it returns."""
    names = BACK.removeprefix("return ").split(", ")
    return BACK, "return " + ", ".join(changed.get(name, name) for name in names)


def _out(**changed):
    """Edits of lstm_backward: what it returns."""
    names = OUT.removeprefix("return ").split(", ")
    return OUT, "return " + ", ".join(changed.get(name, name) for name in names)


OFTEN = {
    "hidden_update_backward": [
        ("do has the wrong sign", (DO, "do = -dh * np.tanh(c)"), BOTH_PARTS),
        ("tanh(c) stands in place of o in dc", (DC, "dc = dh * np.tanh(c) * (1 - np.tanh(c) ** 2)"), "The factor beside tanh(c) is o: dc = dh * o * (1 - tanh(c)**2)."),
        ("do is the slope of o's sigmoid", (DO, "do = dh * o * (1 - o)"), f"{LATER} do = dh * tanh(c)."),
        ("2 * tanh(c) in place of the square", ("np.tanh(c) ** 2", "np.tanh(c) * 2"), "`**` is the power, `*` the product: 1 - np.tanh(c) ** 2."),
    ],
    "cell_update_backward": [
        ("df has f in place of c_prev", _four(df="dc * f"), PARTNER),
        ("df has i in place of c_prev", _four(df="dc * i"), PARTNER),
        ("df has g in place of c_prev", _four(df="dc * g"), PARTNER),
        ("dc_prev has c_prev in place of f", _four(dc_prev="dc * c_prev"), PARTNER),
        ("dc_prev has g in place of f", _four(dc_prev="dc * g"), PARTNER),
        ("di has i in place of g", _four(di="dc * i"), PARTNER),
        ("di has f in place of g", _four(di="dc * f"), PARTNER),
        ("di has c_prev in place of g", _four(di="dc * c_prev"), PARTNER),
        ("dg has g in place of i", _four(dg="dc * g"), PARTNER),
        ("dg has 1 - f in place of i", _four(dg="dc * (1 - f)"), PARTNER),
        ("the partner is missing in df", _four(df="dc"), PARTNER, True),
        ("df goes through f's sigmoid already", _four(df="dc * c_prev * f * (1 - f)"), LATER),
        ("di goes through i's sigmoid already", _four(di="dc * g * i * (1 - i)"), LATER),
        ("dg goes through g's tanh already", _four(dg="dc * i * (1 - g**2)"), LATER),
        ("f is in df as well", _four(df="dc * f * c_prev"), PARTNER),
        ("i is in di as well", _four(di="dc * i * g"), PARTNER),
        ("g is in dg as well", _four(dg="dc * i * g"), PARTNER),
        ("the new cell state is in di", _four(di="dc * (f * c_prev + i * g)"), PARTNER),
    ],
    "gates_backward": [
        *[
            (f"1 - {k} alone for the {name}", (old, f"d{k} * (1 - {k})"), SLOPES)
            for k, name, old in (("i", "input gate", I), ("f", "forget gate", F), ("o", "output gate", O))
        ],
        *[
            (f"the slope of tanh for the {name}", (old, f"d{k} * (1 - {k}**2)"), SLOPES)
            for k, name, old in (("i", "input gate", I), ("f", "forget gate", F), ("o", "output gate", O))
        ],
        *[
            (f"the {name} is squashed once more", (old, f"d{k} * sigmoid({k}) * (1 - sigmoid({k}))"), f"{k} is the value after the sigmoid: its slope is {k} * (1 - {k}).")
            for k, name, old in (("i", "input gate", I), ("f", "forget gate", F), ("o", "output gate", O))
        ],
        ("g comes in once more", (G, "dg * g * (1 - g**2)"), SLOPES),
        ("2 * g in place of the square", ("g**2", "g * 2"), "`**` is the power, `*` the product: 1 - g**2."),
    ],
    "pre_activation_backward": [
        ("dW_x is averaged over the batch", ("x.T @ dz,", "x.T @ dz / len(x),"), COLLECT),
        ("dW_h is averaged over the batch", ("h_prev.T @ dz", "h_prev.T @ dz / len(x)"), COLLECT),
        ("dW_x is transposed", ("x.T @ dz,", "dz.T @ x,"), "dW_x has the shape of W_x, (D, 4H): x.T @ dz."),
        ("dW_h is transposed", ("h_prev.T @ dz", "dz.T @ h_prev"), "dW_h has the shape of W_h, (H, 4H): h_prev.T @ dz."),
        ("dx is transposed", ("dz @ W_x.T", "W_x @ dz.T"), "dx has the shape of x, (B, D): dz @ W_x.T."),
        ("dh_prev is transposed", ("dz @ W_h.T", "W_h @ dz.T"), "dh_prev has the shape of h_prev, (B, H): dz @ W_h.T."),
        ("the bias's gradient is that of the first row", ("dz.sum(axis=0)", "dz[0]"), SUM),
        ("the bias's gradient is multiplied by B", ("dz.sum(axis=0)", "dz.sum(axis=0) * len(dz)"), SUM),
        ("the bias's gradient is doubled", ("dz.sum(axis=0)", "2 * dz.sum(axis=0)"), SUM),
        ("dW_x is made with h_prev", ("x.T @ dz,", "h_prev.T @ dz,"), "W_x met x: dW_x (D, 4H) is x.T @ dz."),
        ("dW_h is made with a part of dz", ("h_prev.T @ dz", "dz[:, : h_prev.shape[1]].T @ dz"), "W_h met h_prev: dW_h (H, 4H) is h_prev.T @ dz."),
        ("dx goes through W_h", ("dz @ W_x.T", "dz @ W_h.T"), FIVE_OF),
        ("dh_prev goes through W_x", ("dz @ W_h.T", "dz @ W_x.T"), FIVE_OF),
        ("dx follows the first layer alone", ("dz @ W_x.T", "dz[:, : h_prev.shape[1]] @ W_x[:, : h_prev.shape[1]].T"), "x went into all four layers: take all 4H columns."),
        ("dh_prev follows the first layer alone", ("dz @ W_h.T", "dz[:, : h_prev.shape[1]] @ W_h[:, : h_prev.shape[1]].T"), "h_prev went into all four layers: take all 4H columns."),
    ],
    "lstm_step_backward": [
        ("the bias's gradient is not summed over the batch", _back(db="dz"), "b is (4H,), one for the whole batch: sum dz over the rows."),
        ("the bias's gradient is summed over the columns", _back(db="dz.sum(axis=1)"), "Sum over the batch, axis 0: what is left is (4H,)."),
        ("what comes through h comes in twice", ("dc + dc_shown", "dc + 2 * dc_shown"), WHOLE),
        ("the mean of dc and what comes through h", ("dc + dc_shown", "(dc + dc_shown) / 2"), WHOLE),
        ("the weights' gradients are averaged over the batch", _back(dW_x="dW_x / len(x)", dW_h="dW_h / len(x)"), COLLECT),
        ("the weights' gradients are transposed", _back(dW_x="dW_x.T", dW_h="dW_h.T"), "dW_x has the shape of W_x, dW_h that of W_h."),
        ("the output gate is missing in what comes through h", ("dc + dc_shown", "dc + dh * (1 - np.tanh(c) ** 2)"), BOTH_PARTS),
    ],
    "lstm_backward": [
        (
            "dc_next stays what it was, and the first step's is returned",
            [(TAKEN, "dx[t], dh_next, dc_0, dW_x_t"), _out(dc_next="dc_0")],
            "Each step gives a new dc_prev: it is the dc_next of the step before. Assign it to dc_next.",
        ),
        (
            "dh_next stays what it was, and the first step's is returned",
            [(TAKEN, "dx[t], dh_0, dc_next, dW_x_t"), _out(dh_next="dh_0")],
            "Each step gives a new dh_prev: it is the dh_next of the step before. Assign it to dh_next.",
        ),
        ("the mean of dh[t] and dh_next", ("dh[t] + dh_next", "(dh[t] + dh_next) / 2"), "h_t is used twice, and the two gradients are added."),
        ("dh[t] and dh_next are multiplied", ("dh[t] + dh_next", "dh[t] * dh_next"), "h_t is used twice, and the two gradients are added."),
        ("dh[t] is added to dc_next", (ARRIVES, "dh[t] + dh_next, dc_next + dh[t]"), "dh belongs to h alone; the step itself adds what comes through h to dc."),
        ("dh of the first step at every step", ("dh[t] + dh_next", "dh[0] + dh_next"), "h_t has its own gradient, dh[t]."),
        ("dh of all steps at every step", ("dh[t] + dh_next", "dh.sum(axis=0) + dh_next"), "h_t has its own gradient, dh[t]."),
        ("h one step early", ("h[t], c[t]", "h[t - 1], c[t]"), PLACES),
        ("x one step early", ("dc_next, x[t]", "dc_next, x[t - 1]"), PLACES),
    ],
}  # fmt: skip

RARE = {
    "hidden_update_backward": [
        ("both have the wrong sign", [(DO, "do = -dh * np.tanh(c)"), (DC, "dc = -dh * o * (1 - np.tanh(c) ** 2)")], f"No minus: {BOTH_PARTS}"),
        ("tanh(c)**2 in place of 1 - tanh(c)**2", (DC, "dc = dh * o * np.tanh(c) ** 2"), "The derivative of tanh is 1 - tanh(c)**2."),
        ("the root of the slope", (DC, "dc = dh * o * np.sqrt(1 - np.tanh(c) ** 2)"), "The derivative of tanh is 1 - tanh(c)**2, that is 1 / cosh(c)**2."),
        ("the slope of the sigmoid of c", (DC, "dc = dh * o * sigmoid(c) * (1 - sigmoid(c))"), "c goes through tanh: its slope is 1 - tanh(c)**2."),
        ("o and the slope are added", (DC, "dc = dh * (o + 1 - np.tanh(c) ** 2)"), "The chain rule multiplies: dh * o * (1 - tanh(c)**2)."),
        ("the brackets of 1 - tanh(c)**2 are missing", (DC, "dc = dh * o * 1 - np.tanh(c) ** 2"), "Products come first: put 1 - tanh(c)**2 in brackets."),
        ("do is in dc as a whole", (DC, "dc = dh * np.tanh(c) + dh * o * (1 - np.tanh(c) ** 2)"), BOTH_PARTS),
        ("the slope is taken at dh", (DC, "dc = dh * o * (1 - np.tanh(dh) ** 2)"), "The tanh saw c: its slope is 1 - tanh(c)**2."),
        ("the slope is taken at o", (DC, "dc = dh * o * (1 - np.tanh(o) ** 2)"), "The tanh saw c: its slope is 1 - tanh(c)**2."),
        ("1 - o**2 in place of the slope of tanh(c)", (DC, "dc = dh * o * (1 - o**2)"), "The tanh saw c: its slope is 1 - tanh(c)**2."),
        ("tanh is taken of o * c", [(DO, "do = dh * c * (1 - np.tanh(o * c) ** 2)"), (DC, "dc = dh * o * (1 - np.tanh(o * c) ** 2)")], "h is o * tanh(c): the tanh sees c alone."),
        ("tanh is taken of o * c in both", [(DO, "do = dh * np.tanh(o * c)"), (DC, "dc = dh * o * (1 - np.tanh(o * c) ** 2)")], "h is o * tanh(c): the tanh sees c alone."),
        ("dh goes into dc once more", (DC, "dc = dh + dh * o * (1 - np.tanh(c) ** 2)"), BOTH_PARTS),
        ("dh goes through tanh in do", (DO, "do = np.tanh(dh) * np.tanh(c)"), BOTH_PARTS),
        ("dh is divided by the local gradients", [(DO, "do = dh / np.tanh(c)"), (DC, "dc = dh / (o * (1 - np.tanh(c) ** 2))")], f"The chain rule multiplies: {BOTH_PARTS}"),
        ("dh is squared", [(DO, "do = dh**2 * np.tanh(c)"), (DC, "dc = dh**2 * o * (1 - np.tanh(c) ** 2)")], BOTH_PARTS),
        ("dh is squared in dc", (DC, "dc = dh**2 * o * (1 - np.tanh(c) ** 2)"), BOTH_PARTS),
        ("o is squared in dc", (DC, "dc = dh * o**2 * (1 - np.tanh(c) ** 2)"), BOTH_PARTS),
        ("c comes in as a factor of dc", (DC, "dc = dh * o * c * (1 - np.tanh(c) ** 2)"), BOTH_PARTS),
        ("do is dh", (DO, "do = dh * 1"), BOTH_PARTS, True),
        ("dc is dh", (DC, "dc = dh * 1"), BOTH_PARTS, True),
        ("do is 1 - tanh(c)", (DO, "do = dh * (1 - np.tanh(c))"), BOTH_PARTS),
        ("tanh is taken twice", [(DO, "do = dh * np.tanh(np.tanh(c))"), (DC, "dc = dh * o * (1 - np.tanh(np.tanh(c)) ** 2)")], "c is the cell state itself: one tanh, tanh(c)."),
        ("the slope is taken at tanh(c)", (DC, "dc = dh * o * (1 - np.tanh(np.tanh(c)) ** 2)"), "The slope is 1 - tanh(c)**2: square tanh(c), with no second tanh."),
        ("1 / (1 + c**2) as slope", (DC, "dc = dh * o / (1 + c**2)"), "That is the slope of arctan. That of tanh is 1 - tanh(c)**2."),
        ("the slope of tanh is squared", (DC, "dc = dh * o * (1 - np.tanh(c) ** 2) ** 2"), "The slope comes in once: 1 - tanh(c)**2."),
        ("central differences with a large step", (DC, "dc = dh * o * (np.tanh(c + 0.5) - np.tanh(c - 0.5))"), "Differences are only near: write the slope, 1 - tanh(c)**2."),
        ("the sum over the batch", ("return do, dc", "return do.sum(axis=0), dc.sum(axis=0)"), NO_SUM),
        ("the mean over the batch", ("return do, dc", "return do.mean(axis=0), dc.mean(axis=0)"), NO_SUM),
        ("@ in place of *", ("dh * np.tanh(c)", "dh @ np.tanh(c)"), "Number by number: `*`."),
        ("@ in place of * in both", [("dh * np.tanh(c)", "dh @ np.tanh(c)"), ("dh * o *", "dh @ o *")], "Number by number: `*`."),
        ("a matrix product with the transposed", [(DO, "do = dh @ np.tanh(c).T"), (DC, "dc = dh @ o.T")], "Number by number: `*`."),
        ("the gate multiplies one part of the slope only", (DC, "dc = dh * (o - np.tanh(c) ** 2)"), BOTH_PARTS),
    ],
    "cell_update_backward": [
        ("f is squared in dc_prev", _four(dc_prev="dc * f * f"), PARTNER),
        ("dc_prev goes through f's sigmoid", _four(dc_prev="dc * f * (1 - f)"), PARTNER),
        ("dc_prev goes through the tanh of c_prev", _four(dc_prev="dc * f * (1 - np.tanh(c_prev) ** 2)"), "c_prev goes into c as it is: dc_prev = dc * f."),
        ("dc goes through the tanh of c first", _four(*(p.replace("dc *", "dc * (1 - np.tanh(f * c_prev + i * g) ** 2) *") for p in FOUR.split(", "))), "dc is the whole gradient of c already: the tanh lies behind it, in h."),
        ("the other product is in df and di", _four(df="dc * (c_prev + i * g)", di="dc * (g + f * c_prev)"), "The other product does not change with f: its derivative is 0."),
        ("the sum over the batch", _four(*(f"({p}).sum(axis=0)" for p in FOUR.split(", "))), NO_SUM),
        ("the mean over the batch", _four(*(f"({p}).mean(axis=0)" for p in FOUR.split(", "))), NO_SUM),
        ("the sum over the batch for the three layers", _four(df="(dc * c_prev).sum(axis=0)", di="(dc * g).sum(axis=0)", dg="(dc * i).sum(axis=0)"), NO_SUM),
        ("each gets half of dc", _four(*(f"{p} / 2" for p in FOUR.split(", "))), "A sum passes the whole dc on to each of its terms."),
        ("all signs are turned", _four(*(f"-{p}" for p in FOUR.split(", "))), "These are gradients, not steps of a descent: no minus."),
        *[(f"{name} has the wrong sign", _four(**{name: f"-{right}"}), PARTNER) for name, right in zip(("df", "dc_prev", "di", "dg"), FOUR.split(", "), strict=True)],
        ("a matrix product with the transposed", _four("dc @ c_prev.T", "dc @ f.T", "dc @ g.T", "dc @ i.T"), "Number by number: `*`."),
        ("@ in place of *", _four("dc @ c_prev", "dc @ f", "dc @ g", "dc @ i"), "Number by number: `*`."),
        ("dc and the partner are added", _four("dc + c_prev", "dc + f", "dc + g", "dc + i"), "The chain rule multiplies: dc times the partner."),
        ("g goes through tanh once more", _four(di="dc * np.tanh(g)"), "g is the value after tanh: di = dc * g."),
        ("c_prev and g go through tanh", _four(df="dc * np.tanh(c_prev)", di="dc * np.tanh(g)"), "c_prev and g come in as they are: dc * c_prev, dc * g."),
        ("i goes through the sigmoid once more", _four(dg="dc * sigmoid(i)"), "i is the value after the sigmoid: dg = dc * i."),
        ("f goes through the sigmoid once more", _four(dc_prev="dc * sigmoid(f)"), "f is the value after the sigmoid: dc_prev = dc * f."),
        ("f and i go through the sigmoid once more", _four(dc_prev="dc * sigmoid(f)", dg="dc * sigmoid(i)"), "f and i are the values after the sigmoid."),
        ("dc is divided by the factor itself", _four("dc / f", "dc / c_prev", "dc / i", "dc / g"), PARTNER),
        ("each is multiplied by both factors", _four("dc * f * c_prev", "dc * f * c_prev", "dc * i * g", "dc * i * g"), PARTNER),
        ("each factor is in its own gradient as well", _four(df="dc * f * c_prev", di="dc * i * g"), PARTNER),
        ("dc_prev is squared in f and c_prev is lost", _four(df="dc * f * f"), PARTNER),
        ("dc is missing in df", _four(df="1 * c_prev"), "A local gradient says how c reacts; multiply it by dc.", True),
        ("dc is missing in dc_prev", _four(dc_prev="1 * f"), "A local gradient says how c reacts; multiply it by dc.", True),
        ("dc is missing in di", _four(di="1 * g"), "A local gradient says how c reacts; multiply it by dc.", True),
        ("dc is missing in dg", _four(dg="1 * i"), "A local gradient says how c reacts; multiply it by dc.", True),
        ("all are zero", _four(*(f"0 * {p}" for p in FOUR.split(", "))), PARTNER, True),
        ("what belongs to a sum", _four("dc + 0 * f", "dc * f", "dc + 0 * f", "dc * i"), PARTNER, True),
        ("i's and f's slopes come too early", _four(df="dc * c_prev * f * (1 - f)", di="dc * g * i * (1 - i)"), LATER),
    ],
    "gates_backward": [
        *[(f"the order is {', '.join(letters)}", _order(letters), ORDER) for letters in ("ofig", "gifo", "oifg", "iofg", "foig", "fogi", "gfio", "ofgi", "fgio")],
        ("s alone in the slope of the sigmoid", [(I, "di * i"), (F, "df * f"), (O, "do * o")], SLOPES),
        ("s alone for all four", (ROW, "di * i, df * f, dg * g, do * o"), SLOPES),
        ("1 - s alone for all four", (ROW, "di * (1 - i), df * (1 - f), dg * (1 - g), do * (1 - o)"), SLOPES),
        ("the slope of the sigmoid is squashed by half", [(I, "di * sigmoid(i) * (1 - i)"), (F, "df * sigmoid(f) * (1 - f)"), (O, "do * sigmoid(o) * (1 - o)")], "i, f and o are the values after the sigmoid: i * (1 - i)."),
        *[
            (f"the {name} has the slope of {other}", (old, f"d{k} * {other} * (1 - {other})"), SLOPES)
            for k, name, old, others in (("i", "input gate", I, "fo"), ("f", "forget gate", F, "io"), ("o", "output gate", O, "if"))
            for other in others
        ],
        *[
            (f"{k} * (1 - {other}) for the {name}", (old, f"d{k} * {k} * (1 - {other})"), SLOPES)
            for k, name, old, others in (("i", "input gate", I, "fo"), ("f", "forget gate", F, "io"), ("o", "output gate", O, "if"))
            for other in others
        ],
        *[
            (f"the {name} gets d{other}", (old, old.replace(f"d{k}", f"d{other}")), "Each layer has its own gradient: di, df, dg, do.")
            for k, name, old in (("i", "input gate", I), ("f", "forget gate", F), ("g", "candidate", G), ("o", "output gate", O))
            for other in "ifgo"
            if other != k
        ],
        ("the slopes of candidate and output gate are exchanged", [(G, "dg * g * (1 - g)"), (O, "do * (1 - o**2)")], SLOPES),
        ("1 - s alone, and tanh's slope for the output gate", [(I, "di * (1 - i)"), (F, "df * (1 - f)"), (O, "do * (1 - o**2)")], SLOPES),
        ("the brackets are missing", (ROW, "di * i * 1 - i, df * f * 1 - f, dg * 1 - g**2, do * o * 1 - o"), "Products come first: put 1 - s in brackets."),
        ("the brackets of the candidate are missing", (G, "dg * 1 - g**2"), "Products come first: put 1 - g**2 in brackets."),
        ("the four values of a unit lie side by side", (JOINED, f"np.stack([{ROW}], axis=-1).reshape(len(i), -1)"), f"A layer's H columns lie together: {SIDE}"),
        ("the four are reshaped, not joined", (JOINED, f"np.stack([{ROW}]).reshape(len(i), -1)"), f"A reshape mixes rows and layers: {SIDE}"),
        ("dz is transposed", (JOINED, f"{JOINED}.T"), "dz is (B, 4H): one row for each sequence."),
        ("three layers, not four", (JOINED, f"np.concatenate([{I}, {F}, {O}], axis=1)"), f"The candidate's part is missing: {SIDE}"),
        ("the sum over the batch", (JOINED, f"{JOINED}.sum(axis=0)"), NO_SUM),
        ("the mean over the batch", (JOINED, f"{JOINED}.mean(axis=0)"), NO_SUM),
        ("the candidate gets no gradient", (G, "0 * dg"), SLOPES),
        ("the root of the candidate's slope", (G, "dg * np.sqrt(1 - g**2)"), SLOPES),
        ("g**2 in place of 1 - g**2", (G, "dg * g**2"), SLOPES),
        ("the slopes are made of gradient and value", (ROW, "i * di * (1 - di), f * df * (1 - df), g * (1 - dg**2), o * do * (1 - do)"), SLOPES),
        ("the slopes are 1 where a value is positive", (ROW, "di * (i > 0), df * (f > 0), dg * (g > 0), do * (o > 0)"), f"That is the slope of a ReLU. {SLOPES}"),
        ("the slope of the sigmoid for all four, of s squashed again", (ROW, ", ".join(f"d{k} * sigmoid({k}) * (1 - sigmoid({k}))" for k in "ifgo")), SLOPES),
        ("the slope of tanh of the gates squashed again", [(I, "di * (1 - np.tanh(i) ** 2)"), (F, "df * (1 - np.tanh(f) ** 2)"), (O, "do * (1 - np.tanh(o) ** 2)")], SLOPES),
        ("the slope of the sigmoid for the candidate squashed again", (G, "dg * sigmoid(g) * (1 - sigmoid(g))"), SLOPES),
        ("all signs are turned", (JOINED, f"-{JOINED}"), "These are gradients, not steps of a descent: no minus."),
        ("gradients and slopes are multiplied by the values", (ROW, "di * i * (1 - i) * i, df * f * (1 - f) * f, dg * (1 - g**2) * g, do * o * (1 - o) * o"), SLOPES),
    ],
    "pre_activation_backward": [
        ("the bias's gradient is B", ("dz.sum(axis=0)", "np.full(dz.shape[1], float(len(dz)))"), f"1 is the local gradient of b: multiply by dz. {SUM}"),
        ("the bias's gradient is dz transposed", ("dz.sum(axis=0)", "dz.T"), SUM),
        ("the bias's gradient is that of the first layer", ("dz.sum(axis=0)", "dz[:, : h_prev.shape[1]].sum(axis=0)"), "b has 4H numbers: sum all columns of dz, over the rows."),
        ("the bias's gradient piles up", ("dz.sum(axis=0)", "np.cumsum(dz, axis=0)"), SUM),
        ("the bias's gradient is the product over the rows", ("dz.sum(axis=0)", "dz.prod(axis=0)"), SUM),
        ("the bias's gradient is divided by 4", ("dz.sum(axis=0)", "dz.sum(axis=0) / 4"), SUM),
        ("the bias's gradient has the wrong sign", ("dz.sum(axis=0)", "-dz.sum(axis=0)"), SUM),
        ("dh_prev is another product", ("dz @ W_h.T", "dz @ W_h"), "dh_prev (B, H) is dz (B, 4H) @ (4H, H): the matrix is W_h.T."),
        ("x is not transposed", ("x.T @ dz,", "x @ dz,"), "dW_x (D, 4H) is (D, B) @ (B, 4H): x.T @ dz."),
        ("h_prev is not transposed", ("h_prev.T @ dz", "h_prev @ dz"), "dW_h (H, 4H) is (H, B) @ (B, 4H): h_prev.T @ dz."),
        ("dh_prev is made with the forward product", ("dz @ W_h.T", "h_prev @ W_h @ W_h.T"), FIVE_OF),
        ("dx is made with the forward product", ("dz @ W_x.T", "x @ W_x @ W_x.T"), FIVE_OF),
        ("dh_prev is multiplied, not a matrix product", ("dz @ W_h.T", "dz * W_h"), FIVE_OF),
        ("dx is multiplied, not a matrix product", ("dz @ W_x.T", "dz * W_x"), FIVE_OF),
        ("np.outer in place of the matrix product", ("x.T @ dz, h_prev.T @ dz", "np.outer(x, dz), np.outer(h_prev, dz)"), f"np.outer forgets the axes. {COLLECT}"),
        ("the batch is summed before the product", ("x.T @ dz, h_prev.T @ dz", "np.outer(x.sum(axis=0), dz.sum(axis=0)), np.outer(h_prev.sum(axis=0), dz.sum(axis=0))"), f"Each row's x goes with its own dz. {COLLECT}"),
        ("the batch is averaged before the product", ("x.T @ dz, h_prev.T @ dz", "np.outer(x.mean(axis=0), dz.mean(axis=0)), np.outer(h_prev.mean(axis=0), dz.mean(axis=0))"), f"Each row's x goes with its own dz. {COLLECT}"),
        ("only the first sequence in the weights' gradients", ("x.T @ dz, h_prev.T @ dz", "x[:1].T @ dz[:1], h_prev[:1].T @ dz[:1]"), COLLECT),
        ("only the last sequence in the weights' gradients", ("x.T @ dz, h_prev.T @ dz", "x[-1:].T @ dz[-1:], h_prev[-1:].T @ dz[-1:]"), COLLECT),
        ("dh_prev goes through the slope of tanh", ("dz @ W_h.T", "dz @ W_h.T * (1 - h_prev**2)"), "The step before does that: here dh_prev = dz @ W_h.T."),
        ("h_prev is added to dh_prev", ("dz @ W_h.T", "dz @ W_h.T + h_prev"), FIVE_OF),
        ("dx and dh_prev are averaged over the batch", ("dz @ W_x.T, dz @ W_h.T", "dz @ W_x.T / len(x), dz @ W_h.T / len(x)"), "Each row has its own x and h_prev: nothing is averaged."),
        ("dx and dh_prev are summed over the batch", ("dz @ W_x.T, dz @ W_h.T", "(dz @ W_x.T).sum(axis=0), (dz @ W_h.T).sum(axis=0)"), "Each row has its own x and h_prev: nothing is summed."),
        ("the size of x in dW_x", ("x.T @ dz,", "np.abs(x).T @ dz,"), "x with its sign: dW_x = x.T @ dz."),
        ("the weights less their gradients", ("x.T @ dz, h_prev.T @ dz", "W_x - x.T @ dz, W_h - h_prev.T @ dz"), "Return the gradients: the step of the descent comes later."),
        ("the weights' gradients are divided by their inputs", ("x.T @ dz, h_prev.T @ dz", "x.T @ dz / x.shape[1], h_prev.T @ dz / h_prev.shape[1]"), COLLECT),
        ("dW_x is divided by D", ("x.T @ dz,", "x.T @ dz / x.shape[1],"), COLLECT),
        ("the weights' gradients are multiplied by B", ("x.T @ dz, h_prev.T @ dz", "x.T @ dz * len(x), h_prev.T @ dz * len(x)"), COLLECT),
        ("an inverse in place of the transpose", ("dz @ W_x.T, dz @ W_h.T", "dz @ np.linalg.pinv(W_x), dz @ np.linalg.pinv(W_h)"), f"Backwards is no inverse: {FIVE_OF}"),
        ("the matrices are reshaped, not transposed", ("W_x.T, dz @ W_h.T", "W_x.reshape(W_x.shape[::-1]), dz @ W_h.reshape(W_h.shape[::-1])"), "reshape mixes the numbers: .T turns rows into columns."),
        ("x and h_prev are reshaped, not transposed", ("x.T @ dz, h_prev.T @ dz", "x.reshape(x.shape[::-1]) @ dz, h_prev.reshape(h_prev.shape[::-1]) @ dz"), "reshape mixes the numbers: .T turns rows into columns."),
        ("dh_prev is made from dx", ("dz @ W_h.T", "dz @ W_x.T @ W_x @ W_h.T"), FIVE_OF),
        ("the weights stand beside their inputs", (FIVE, "dz @ W_x.T, x.T @ dz, dz @ W_h.T, h_prev.T @ dz, dz.sum(axis=0)"), "The order is dx, dh_prev, dW_x, dW_h, db."),
        ("the bias comes first", (FIVE, "dz.sum(axis=0), dz @ W_x.T, dz @ W_h.T, x.T @ dz, h_prev.T @ dz"), "The order is dx, dh_prev, dW_x, dW_h, db."),
        ("h_prev's come before x's", (FIVE, "dz @ W_h.T, dz @ W_x.T, h_prev.T @ dz, x.T @ dz, dz.sum(axis=0)"), "The order is dx, dh_prev, dW_x, dW_h, db."),
    ],
    "lstm_step_backward": [
        ("o and c are handed on in the wrong order", (HIDDEN, "hidden_update_backward(dh, c, o)"), "hidden_update_backward takes dh, o, c."),
        ("i and g are handed on before f and c_prev", (CELL, "cell_update_backward(dc + dc_shown, i, g, f, c_prev)"), PIECES),
        ("f and c_prev are handed on in the wrong order", (CELL, "cell_update_backward(dc + dc_shown, c_prev, f, i, g)"), PIECES),
        ("i and g are handed on in the wrong order", (CELL, "cell_update_backward(dc + dc_shown, f, c_prev, g, i)"), PIECES),
        ("i and f are handed on in the wrong order", (CELL, "cell_update_backward(dc + dc_shown, i, c_prev, f, g)"), PIECES),
        ("df, di, dg, dc_prev are taken from the cell update", ("df, dc_prev, di, dg =", "df, di, dg, dc_prev ="), PIECES),
        ("do and dg are handed on in the wrong order", (DZ, "gates_backward(di, df, do, dg, i, f, g, o)"), f"gates_backward takes di, df, dg, do. {ORDER}"),
        ("values and gradients are handed on in the wrong order", (DZ, "gates_backward(i, f, g, o, di, df, dg, do)"), "gates_backward takes the gradients first, then the values."),
        ("the values f and i are handed on in the wrong order", (DZ, "gates_backward(di, df, dg, do, f, i, g, o)"), ORDER),
        ("the values o and g are handed on in the wrong order", (DZ, "gates_backward(di, df, dg, do, i, f, o, g)"), ORDER),
        *[(f"the gates are taken in the order {', '.join(k)}", (SPLIT, f"{', '.join(k)} = np"), "The columns of gates lie in the order i, f, g, o.") for k in ("igfo", "fiog", "oifg", "ofig", "iofg", "gifo", "ogfi")],
        ("the gates are cut by rows", ("np.split(gates, 4, axis=1)", "np.split(gates, 4)"), "A gate is a block of columns: np.split(gates, 4, axis=1)."),
        ("every fourth column is a gate", ("np.split(gates, 4, axis=1)", "(gates[:, k::4] for k in range(4))"), "A gate's H columns lie side by side: np.split(gates, 4, axis=1)."),
        ("x's and h_prev's gradients are taken in the wrong order", ("dx, dh_prev, dW_x, dW_h, db =", "dh_prev, dx, dW_h, dW_x, db ="), "pre_activation_backward returns dx, dh_prev, dW_x, dW_h, db."),
        ("dh is handed on in place of h_prev", (PRODUCTS, "pre_activation_backward(dz, x, dh, W_x, W_h)"), "The layers read h_{t-1}: dW_h = h_prev.T @ dz."),
        ("c_prev is handed on in place of h_prev", (PRODUCTS, "pre_activation_backward(dz, x, c_prev, W_x, W_h)"), "The layers read h_{t-1}: dW_h = h_prev.T @ dz."),
        ("gates are handed on in place of dz", (PRODUCTS, "pre_activation_backward(gates, x, h_prev, W_x, W_h)"), "The products get the gradient of the pre-activations, dz."),
        ("only what comes through h goes back to c_prev", _back(dc_prev="f * dc_shown"), ROADS),
        ("dc goes back to c_prev once more", _back(dc_prev="dc_prev + dc"), ROADS),
        ("the whole dc goes back to c_prev once more", _back(dc_prev="dc_prev + dc + dc_shown"), ROADS),
        ("1 - f in dc_prev", _back(dc_prev="(1 - f) * (dc + dc_shown)"), ROADS),
        ("dh is returned as dh_prev", _back(dh_prev="1 * dh"), ROADS, True),
        ("dc is returned as dc_prev", _back(dc_prev="1 * dc"), ROADS, True),
        ("dh_prev is multiplied by o", _back(dh_prev="dh_prev * o"), ROADS),
        ("dh_prev goes through the slope of tanh", _back(dh_prev="dh_prev * (1 - h_prev**2)"), ROADS),
        ("the states' gradients come first", (BACK, "return dh_prev, dc_prev, dx, dW_x, dW_h, db"), "The order is dx, dh_prev, dc_prev, dW_x, dW_h, db."),
        ("dc is added to dh, and to what comes through h", (HIDDEN, "hidden_update_backward(dh + dc, o, c)"), "dh belongs to h and dc to c: add dc once, to what comes through h."),
        ("dh stands in place of dc", ("dc + dc_shown", "dh + dc_shown"), WHOLE),
        ("dh and dc are exchanged", [(HIDDEN, "hidden_update_backward(dc, o, c)"), ("dc + dc_shown", "dh + dc_shown")], "dh belongs to h, and goes through the hidden update; dc belongs to c."),
        ("tanh(c) is handed on to the hidden update", (HIDDEN, "hidden_update_backward(dh, o, np.tanh(c))"), "hidden_update_backward takes c itself, and does the tanh."),
        ("tanh(c_prev) is handed on to the cell update", (CELL, CELL.replace("c_prev", "np.tanh(c_prev)")), "The cell update takes c_prev as it is."),
        ("di knows dc alone", ("dz = gates", "di = dc * g\n    dz = gates"), WHOLE),
        ("df knows dc alone", ("dz = gates", "df = dc * c_prev\n    dz = gates"), WHOLE),
        ("dg knows dc alone", ("dz = gates", "dg = dc * i\n    dz = gates"), WHOLE),
        ("the three layers know dc alone, dc_prev is right", ("dz = gates", "df, di, dg = dc * c_prev, dc * g, dc * i\n    dz = gates"), WHOLE),
        ("the three layers know what comes through h alone", ("dz = gates", "df, di, dg = dc_shown * c_prev, dc_shown * g, dc_shown * i\n    dz = gates"), WHOLE),
        ("s is missing in the slope of the sigmoid", _dz("di * (1 - i), df * (1 - f), dg * (1 - g**2), do * (1 - o)"), SLOPES),
        ("the derivative of the sigmoid for the candidate", _dz(ROW.replace(G, "dg * g * (1 - g)")), SLOPES),
        ("the derivative of tanh for the gates", _dz("di * (1 - i**2), df * (1 - f**2), dg * (1 - g**2), do * (1 - o**2)"), SLOPES),
        ("g is not squared", _dz(ROW.replace("g**2", "g")), SLOPES),
        ("the derivatives of all three sigmoids are missing", _dz("di, df, dg * (1 - g**2), do"), SLOPES),
        ("c is not squashed in do", ("do, dc_shown = hidden_update_backward(dh, o, c)", "do, dc_shown = dh * c, dh * o * (1 - np.tanh(c) ** 2)"), BOTH_PARTS),
        ("o is in do as well", ("dz = gates", "do = do * o\n    dz = gates"), BOTH_PARTS),
        ("c stands in place of tanh(c) in the derivative", ("dc + dc_shown", "dc + dh * o * (1 - c**2)"), BOTH_PARTS),
        ("tanh(c) is not squared", ("dc + dc_shown", "dc + dh * o * (1 - np.tanh(c))"), BOTH_PARTS),
        ("h stands in place of tanh(c) in the derivative", ("dc + dc_shown", "dc + dh * o * (1 - (o * np.tanh(c)) ** 2)"), "1 - h**2 is the plain RNN's slope. Here the tanh saw c: 1 - tanh(c)**2."),
        ("tanh in place of its derivative", ("dc + dc_shown", "dc + dh * o * np.tanh(c)"), BOTH_PARTS),
        ("each gets itself in place of its partner", ("dz = gates", "whole = dc + dc_shown\n    df, dc_prev, di, dg = whole * f, whole * c_prev, whole * i, whole * g\n    dz = gates"), PARTNER),
        ("the candidate is missing in di", ("dz = gates", "di = dc + dc_shown\n    dz = gates"), PARTNER),
        ("the input gate is missing in dg", ("dz = gates", "dg = dc + dc_shown\n    dz = gates"), PARTNER),
        ("the bias's gradient keeps a batch axis", _back(db="db[None]"), "b is (4H,): sum without keepdims."),
        ("dW_x is averaged over the batch", _back(dW_x="dW_x / len(x)"), COLLECT),
        ("dW_h is averaged over the batch", _back(dW_h="dW_h / len(x)"), COLLECT),
    ],
    "lstm_backward": [
        ("nothing is carried, and dh_next and dc_next are returned", (TAKEN, "dx[t], _, _, dW_x_t"), "A step's dh_prev and dc_prev are the dh_next and dc_next of the step before it: assign them in the loop."),
        ("dh_next comes in at the last step alone", ("dh[t] + dh_next", "dh[t] + dh_next * (t == len(x) - 1)"), "At every step add what the step after has passed back, dh_next."),
        ("dc_next comes in at the last step alone", ("dh_next, dc_next, x[t]", "dh_next, dc_next * (t == len(x) - 1), x[t]"), "At every step hand on what the step after has passed back, dc_next."),
        ("dh_next and dc_next come in at the last step alone", (ARRIVES, "dh[t] + dh_next * (t == len(x) - 1), dc_next * (t == len(x) - 1)"), "At every step hand on what the step after has passed back."),
        ("what is passed back is dropped at every third step", (STEPS, f"{STEPS}\n        if t < len(x) - 1 and (len(x) - 1 - t) % 3 == 0:\n            dh_next, dc_next = 0 * dh_next, 0 * dc_next"), "Truncating loses what comes from far: carry dh_next and dc_next through all steps."),
        ("what is passed back is dropped at steps 0, 3, 6", (STEPS, f"{STEPS}\n        if t % 3 == 0:\n            dh_next, dc_next = 0 * dh_next, 0 * dc_next"), "Truncating loses what comes from far: carry dh_next and dc_next through all steps."),
        ("dc_next is not carried, and the parameters' gradients are not added up", [(TAKEN, "dx[t], dh_next, dc_0, dW_x_t"), (ADDED, "dW_x, dW_h, db = dW_x_t, dW_h_t, db_t"), _out(dc_next="dc_0")], "Assign each step's dc_prev to dc_next. The same weights were used at every step: add."),
        ("dh_next is not carried, and the parameters' gradients are not added up", [(TAKEN, "dx[t], dh_0, dc_next, dW_x_t"), (ADDED, "dW_x, dW_h, db = dW_x_t, dW_h_t, db_t"), _out(dh_next="dh_0")], "Assign each step's dh_prev to dh_next. The same weights were used at every step: add."),
        ("the weights' gradients are averaged over time", _out(dW_x="dW_x / len(x)", dW_h="dW_h / len(x)"), "They are added up over time. If the loss is a mean, dh has the 1/T already."),
        ("the bias's gradient is averaged over time", _out(db="db / len(x)"), "It is added up over time. If the loss is a mean, dh has the 1/T already."),
        ("the bias's gradient is averaged over the batch", _out(db="db / x.shape[1]"), "b collects from every row: a sum."),
        ("the weights' gradients are averaged over the batch", _out(dW_x="dW_x / x.shape[1]", dW_h="dW_h / x.shape[1]"), COLLECT),
        ("c one step early, both", ("c[t], c[t + 1]", "c[t - 1], c[t]"), PLACES),
        ("h and c one step late", (STATES, "h[t + 1], c[t + 1], c[t + 1]"), PLACES),
        ("dh one step late", ("dh[t] + dh_next", "(dh[t + 1] if t + 1 < len(dh) else 0) + dh_next"), PLACES),
        ("dh one step late, the last one twice", ("dh[t] + dh_next", "dh[min(t + 1, len(dh) - 1)] + dh_next"), PLACES),
        ("dh and dc are handed on in the wrong order", (ARRIVES, "dc_next, dh[t] + dh_next"), "lstm_step_backward takes dh first, then dc."),
        ("dh_next piles up over the steps", [(TAKEN, "dx[t], dh_back, dc_next, dW_x_t"), (ADDED, f"dh_next = dh_next + dh_back\n        {ADDED}")], BOTH_BACK),
        ("dc_next piles up over the steps", [(TAKEN, "dx[t], dh_next, dc_back, dW_x_t"), (ADDED, f"dc_next = dc_next + dc_back\n        {ADDED}")], BOTH_BACK),
        ("dh_next and dc_next pile up over the steps", [(TAKEN, "dx[t], dh_back, dc_back, dW_x_t"), (ADDED, f"dh_next, dc_next = dh_next + dh_back, dc_next + dc_back\n        {ADDED}")], BOTH_BACK),
        ("the dh_next that is given arrives at every step", [(STEPS, f"end = dh_next\n    {STEPS}"), ("dh[t] + dh_next", "dh[t] + dh_next + end * (t < len(x) - 1)")], ARRIVE),
        ("the dc_next that is given arrives at every step", [(STEPS, f"end = dc_next\n    {STEPS}"), ("dh_next, dc_next, x[t]", "dh_next, dc_next + end * (t < len(x) - 1), x[t]")], ARRIVE),
        ("what is passed back is cut off at 1", (ADDED, f"dh_next = np.clip(dh_next, -1, 1)\n        {ADDED}"), "Clipping belongs to the training: pass dh_prev on as it is."),
        ("what is passed back decays", (ADDED, f"dh_next = 0.9 * dh_next\n        {ADDED}"), BOTH_BACK),
        ("dh[0] is added to dh_0", _out(dh_next="dh_next + dh[0]"), "dh[0] belongs to h[1], what step 0 gives out: dh_0 is what step 0 passes back."),
        ("dh_0 and dc_0 are zero", _out(dh_next="0 * dh_next", dc_next="0 * dc_next"), "dh_0 and dc_0 are what the first step passes back.", True),
        ("dh_0 is zero", _out(dh_next="0 * dh_next"), "dh_0 is what the first step passes back.", True),
        ("dc_0 is zero", _out(dc_next="0 * dc_next"), "dc_0 is what the first step passes back.", True),
        ("dh_next and dc_next are returned as they were given", [(STEPS, f"given = dh_next, dc_next\n    {STEPS}"), (OUT, "return dx, *given, dW_x, dW_h, db")], "dh_0 and dc_0 are what the first step passes back.", True),
        ("h is read from the other end", ("x[t], h[t]", "x[t], h[len(x) - 1 - t]"), PLACES),
        ("c is read from the other end", ("c[t], c[t + 1]", "c[len(x) - t], c[len(x) - 1 - t]"), PLACES),
        ("c is read from the other end, in its order", ("c[t], c[t + 1]", "c[len(x) - 1 - t], c[len(x) - t]"), PLACES),
        ("the forget gate is in dc_prev twice", (ADDED, f"dc_next = dc_next * np.split(gates[t], 4, axis=1)[1]\n        {ADDED}"), "The step has multiplied by f already: pass its dc_prev on as it is."),
        ("the parameters' gradients are multiplied over time", [("dW_x = dW_h = db = 0", "dW_x = dW_h = db = 1"), (ADDED, "dW_x, dW_h, db = dW_x * dW_x_t, dW_h * dW_h_t, db * db_t")], FROM_ZERO),
        ("the parameters' gradients start from 1", ("dW_x = dW_h = db = 0", "dW_x = dW_h = db = 1"), FROM_ZERO),
        ("the weights' gradients start from the weights", ("dW_x = dW_h = db = 0", "dW_x, dW_h, db = W_x, W_h, 0"), FROM_ZERO),
        ("the gradient of the first step alone is in dx, at all places", ("return dx,", "return 0 * dx + dx[0],"), "dx[t] belongs to x[t]: fill place t."),
        ("the gradient of the first step alone in place of dx", ("return dx,", "return dx[0],"), "dx is (T, B, D): each x_t has a gradient of its own."),
        ("the parameters' gradients come first", (OUT, "return dW_x, dW_h, db, dx, dh_next, dc_next"), "The order is dx, dh_0, dc_0, dW_x, dW_h, db."),
        ("dx is divided by T", ("return dx,", "return dx / len(x),"), "dx is left as it is. If the loss is a mean, dh has the 1/T already."),
        ("everything is averaged over time", (OUT, "return dx / len(x), dh_next / len(x), dc_next / len(x), dW_x / len(x), dW_h / len(x), db / len(x)"), "If the loss is a mean, dh has the 1/T already."),
        ("the whole x is handed to each step", ("dc_next, x[t]", "dc_next, x"), PLACES),
        ("the whole h is handed to each step", ("x[t], h[t]", "x[t], h"), PLACES),
        ("the whole dh is handed to each step", ("dh[t] + dh_next", "dh + dh_next"), PLACES),
        ("the walk starts one step beyond the end", (STEPS, "for t in range(len(x), 0, -1):"), "The last step is T - 1: for t in reversed(range(len(x)))."),
    ],
    "gradient_agreement": [
        ("the mean difference over the largest value", (LARGE, "np.abs(ours - numerical).mean()"), LARGEST),
        ("each difference by its own number, with its sign", (RELATIVE, "(np.abs(ours - numerical) / numerical).max()"), LARGEST),
        ("divided by the length", (f"/ {BY}", "/ np.linalg.norm(numerical)"), LARGEST),
        ("divided by the larger of both", (f"/ {BY}", "/ max(np.abs(ours).max(), np.abs(numerical).max())"), LARGEST),
        ("divided by the mean of both", (f"/ {BY}", "/ ((np.abs(ours) + np.abs(numerical)) / 2).max()"), LARGEST),
        ("the mean of the relative differences", (RELATIVE, "(np.abs(ours - numerical) / np.abs(numerical)).mean()"), LARGEST),
        ("each difference by the sum of both numbers", (RELATIVE, "(np.abs(ours - numerical) / (np.abs(ours) + np.abs(numerical))).max()"), LARGEST),
        ("a tiny number is added below the difference", (RELATIVE, f"{LARGE} / ({BY} + 1e-12)"), "Neither array is all zero, so nothing is divided by 0; and for tiny gradients the extra number decides."),
        ("a tiny number is added to the lengths", (LENGTHS, f"({LENGTHS} + 1e-12)"), "Neither array is all zero, so nothing is divided by 0; and for tiny gradients the extra number decides."),
        ("a tiny number is added below both", [(RELATIVE, f"{LARGE} / ({BY} + 1e-12)"), (LENGTHS, f"({LENGTHS} + 1e-12)")], "Neither array is all zero, so nothing is divided by 0; and for tiny gradients the extra number decides."),
        ("the largest values are compared, with their signs", (LARGE, "np.abs(ours.max() - numerical.max())"), LARGEST),
        ("one minus the relative difference", (RELATIVE, f"1 - {RELATIVE}"), LARGEST),
        ("both largest values are squared", (RELATIVE, f"({RELATIVE}) ** 2"), LARGEST),
        ("the mean square of the differences", (RELATIVE, "((ours - numerical) ** 2).mean()"), LARGEST),
        ("the root of the mean square over the largest value", (LARGE, "np.sqrt(((ours - numerical) ** 2).mean())"), LARGEST),
        ("the length of the difference over the largest value", (LARGE, "np.linalg.norm(ours - numerical)"), LARGEST),
        ("the length of the difference alone", (RELATIVE, "np.linalg.norm(ours - numerical)"), LARGEST),
        ("ours over the numerical one", (LARGE, "np.abs(ours).max()"), f"Subtract first. {LARGEST}"),
        ("the sum in place of the difference", (LARGE, "np.abs(ours + numerical).max()"), f"Subtract. {LARGEST}"),
        ("the difference at the largest numerical value", (LARGE, "np.abs((ours - numerical).ravel()[np.abs(numerical).argmax()])"), LARGEST),
        ("the place of the largest difference", (LARGE, "np.abs(ours - numerical).argmax()"), f"argmax gives a place, max the value. {LARGEST}"),
        ("the median of the differences", (LARGE, "np.median(np.abs(ours - numerical))"), LARGEST),
        ("upside down", (RELATIVE, f"{BY} / {LARGE}"), LARGEST),
        ("the largest of each column", (RELATIVE, "np.abs(ours - numerical).max(axis=0) / np.abs(numerical).max(axis=0)"), f"max without an axis looks at the whole array. {LARGEST}"),
        ("Python's max", (RELATIVE, "max(np.abs(ours - numerical)) / max(np.abs(numerical))"), "max() of Python compares rows: np.abs(...).max() looks at all numbers."),
        ("the absolute value is taken nowhere", (RELATIVE, "(ours - numerical).max() / numerical.max()"), LARGEST),
        ("divided by the length of the products", (LENGTHS, "np.linalg.norm(ours * numerical)"), COS),
        ("the sizes of the products are summed", (COSINE, "np.sum(np.abs(ours * numerical))"), f"The signs say where the gradients point. {COS}"),
        ("the cosine of the cosine", (NORMS, f"np.cos({NORMS})"), f"That number is the cosine already. {COS}"),
        ("the correlation", (NORMS, "(np.sum((ours - ours.mean()) * (numerical - numerical.mean())) / (np.linalg.norm(ours - ours.mean()) * np.linalg.norm(numerical - numerical.mean()) + 1e-300))"), f"The means are not taken away. {COS}"),
        ("np.corrcoef in place of the cosine", (NORMS, "np.corrcoef(ours.ravel(), numerical.ravel())[0, 1]"), f"A correlation takes the means away. {COS}"),
        *[
            (f"np.linalg.norm with the order {order}, for both", (RELATIVE, f"np.linalg.norm(ours - numerical, {order}) / np.linalg.norm(numerical, {order})"), f"With an order np.linalg.norm is another number for a matrix, and none for three axes. {LARGEST}")
            for order in ("np.inf", "1", "2")
        ],
        ("the lengths are those of matrices", (LENGTHS, "(np.linalg.norm(ours, 2) * np.linalg.norm(numerical, 2))"), f"With an order np.linalg.norm is another number for a matrix, and none for three axes. {COS}"),
        ("divided by the length of ours alone", (LENGTHS, "np.linalg.norm(ours)"), COS),
        ("divided by the numerical length alone", (LENGTHS, "np.linalg.norm(numerical)"), COS),
        ("the length of ours twice", (LENGTHS, "np.linalg.norm(ours) ** 2"), COS),
        ("divided by the sums of the numbers", (LENGTHS, "(np.sum(ours) * np.sum(numerical))"), f"A length is the root of the sum of squares. {COS}"),
        ("divided by the sums of the sizes", (LENGTHS, "(np.abs(ours).sum() * np.abs(numerical).sum())"), f"A length is the root of the sum of squares. {COS}"),
        ("divided by the largest values", (LENGTHS, "(np.abs(ours).max() * np.abs(numerical).max())"), f"A length is the root of the sum of squares. {COS}"),
        ("divided by the length of the difference", (LENGTHS, "np.linalg.norm(ours - numerical)"), COS),
        ("a cosine for each row", (NORMS, "np.sum(ours * numerical, axis=-1) / (np.linalg.norm(ours, axis=-1) * np.linalg.norm(numerical, axis=-1))"), f"The sum runs over the whole array, without an axis. {COS}"),
        ("the mean of the rows' cosines", (NORMS, "np.mean(np.sum(ours * numerical, axis=-1) / (np.linalg.norm(ours, axis=-1) * np.linalg.norm(numerical, axis=-1)))"), f"The sum runs over the whole array, without an axis. {COS}"),
        ("the share of equal signs", (NORMS, "np.mean(np.sign(ours) == np.sign(numerical))"), COS),
        ("the cosine is squared", (NORMS, f"({NORMS}) ** 2"), COS),
        ("the cosine has the wrong sign", (NORMS, f"-{NORMS}"), COS),
        ("the first product alone", (COSINE, "ours.ravel()[0] * numerical.ravel()[0]"), COS),
        ("negative cosines become 0", (NORMS, f"max({NORMS}, 0.0)"), "-1 means that the gradient points the wrong way: keep the sign."),
        ("both numbers are rounded to two decimals", ("return relative, cosine", "return np.round(relative, 2), np.round(cosine, 2)"), "Leave the numbers as they are: an agreement of a millionth is to be seen."),
        ("both numbers are rounded to three decimals", ("return relative, cosine", "return np.round(relative, 3), np.round(cosine, 3)"), "Leave the numbers as they are: an agreement of a millionth is to be seen."),
        ("both numbers are rounded to four decimals", ("return relative, cosine", "return np.round(relative, 4), np.round(cosine, 4)"), "Leave the numbers as they are: an agreement of a millionth is to be seen."),
        ("the cosine is rounded to three decimals", ("return relative, cosine", "return relative, np.round(cosine, 3)"), "Leave the numbers as they are."),
        ("the cosine is rounded to two decimals", ("return relative, cosine", "return relative, np.round(cosine, 2)"), "Leave the numbers as they are."),
        ("0 and 1 whatever the arrays are", ("return relative, cosine", "return 0.0, 1.0"), "Work both numbers out from the two arrays.", True),
    ],
}  # fmt: skip

CHAIN = "do = dh * tanh(c) and dc = 1.0 + dh * o * (1 - tanh(c)**2), with c = 1.5 and tanh(1.5) = 0.9051."
CELLS = "With the whole dc: df = dc * c_prev, dc_prev = dc * f, dg = dc * i."
LAST = "dz_f = df * f * (1 - f) and dz_g = dg * (1 - g**2), dg = dc * i."

PENCIL = [  # of pencil_backward: (name, what is changed in the calculation, advice)
    ("c is not squashed in do", {"do": 3.0}, CHAIN),
    ("do has o in place of tanh(c)", {"do": 1.4}, CHAIN),
    ("dh is missing in do", {"do": 0.9051}, CHAIN),
    ("the slope of o's sigmoid is in do", {"do": 2 * 0.9051 * 0.21}, f"{LATER} {CHAIN}"),
    ("do has the slope of tanh", {"do": 2 * (1 - 0.9051**2)}, CHAIN),
    ("do has o in place of dh", {"do": 0.7 * 0.9051}, CHAIN),
    ("the sigmoid in do", {"do": 2 * 0.8176}, CHAIN),
    ("do is dh", {"do": 2.0}, CHAIN),
    ("tanh of the old cell state in do", {"do": 2 * 0.9640}, CHAIN),
    ("do has the wrong sign", {"do": -2 * 0.9051}, CHAIN),
    ("do in per cent", {"do": 181.03}, "Write the number itself."),
    ("tanh of the old cell state", {"shown": 0.9640}, CHAIN),
    ("old and new cell state are exchanged", {"shown": 0.9640, "seen": 1.5}, CHAIN),
    ("tanh(1.5) is rounded to one decimal", {"shown": 0.9}, "Keep four decimals on the way: 0.9051."),
    ("tanh(1.5) is rounded to two decimals", {"shown": 0.91}, "Keep four decimals on the way: 0.9051."),
    ("the output gate is missing in dc", {"gate": 1.0}, CHAIN),
    ("1 - o in dc", {"gate": 0.3}, CHAIN),
    ("the slope of o's sigmoid in dc", {"gate": 0.21}, CHAIN),
    ("f in place of o in dc", {"gate": 0.9}, CHAIN),
    ("i in place of o in dc, or o twice", {"gate": 0.5}, CHAIN),
    ("dh is missing in dc", {"above": 1.0}, CHAIN),
    ("tanh(c) in place of its derivative", {"slope_c": 0.9051}, CHAIN),
    ("tanh is not squared", {"slope_c": 1 - 0.9051}, CHAIN),
    ("c in place of tanh(c) in the derivative, or the dc that arrives is subtracted", {"slope_c": 1 - 1.5**2}, CHAIN),
    ("tanh(c)**2 in place of 1 - tanh(c)**2", {"slope_c": 0.9051**2}, CHAIN),
    ("1 + tanh(c)**2", {"slope_c": 1 + 0.9051**2}, CHAIN),
    ("h in place of tanh(c) in the derivative", {"slope_c": 1 - (0.7 * 0.9051) ** 2}, CHAIN),
    ("the derivative is taken at the old cell state", {"slope_c": 1 - 0.9640**2}, CHAIN),
    ("the derivative of tanh is taken twice", {"slope_c": (1 - 0.9051**2) ** 2}, CHAIN),
    ("dc is built on do", {"above": 2 * 0.9051}, CHAIN),
    ("only the dc that arrives", {"above": 0.0}, CHAIN),
    ("what comes through h is subtracted", {"above": -2.0}, CHAIN),
    ("2.0 arrives in dc", {"dc": 2.0}, CHAIN),
    ("the dc that arrives is multiplied by o", {"dc": 0.7}, CHAIN),
    ("the dc that arrives is multiplied by f", {"dc": 0.9}, "The forget gate comes in at dc_prev: dc = 1.0 + what comes through h."),
    ("the dc that arrives is multiplied by i", {"dc": 0.5}, CHAIN),
    ("dh and the dc that arrives are exchanged", {"do": 0.9051, "above": 1.0, "dc": 2.0}, CHAIN),
    ("the mean of the two parts of dc", {"dc": 0.5, "above": 1.0}, "The two parts are added: dc = 1.0 + what comes through h."),
    ("df has f or tanh(c) in place of c_prev", {"seen": 0.9}, CELLS),
    ("c_prev is missing in df", {"seen": 1.0}, CELLS),
    ("df has g in place of c_prev", {"seen": -0.6}, CELLS),
    ("df has i in place of c_prev", {"seen": 0.5}, CELLS),
    ("f is in df as well", {"seen": 1.8}, CELLS),
    ("tanh of the old cell state in df", {"seen": 0.9640}, CELLS),
    ("df with the dc that arrives alone", {"df": 2.0}, CELLS),
    ("df with what comes through h alone", {"df": 0.506}, CELLS),
    ("df has f in place of c_prev, dz_f is right", {"df": 1.1277, "dz_f": 0.2255}, CELLS),
    ("f and c_prev are each in their own gradient", {"seen": 0.9, "kept": 2.0}, CELLS),
    ("dc_prev with what comes through h alone", {"back": 0.253}, CELLS),
    ("1 - f in dc_prev", {"kept": 0.1}, CELLS),
    ("dc_prev has c_prev in place of f", {"kept": 2.0}, CELLS),
    ("dc_prev has i in place of f", {"kept": 0.5}, CELLS),
    ("dc_prev has o in place of f", {"kept": 0.7}, CELLS),
    ("dc_prev has g in place of f", {"kept": -0.6}, CELLS),
    ("f is in dc_prev twice", {"kept": 0.81}, CELLS),
    ("f times c_prev in dc_prev", {"kept": 1.8}, CELLS),
    ("dc_prev goes through f's sigmoid", {"kept": 0.09}, CELLS),
    ("f in dc_prev for what comes through h alone", {"dc_prev": 1.2277}, CELLS),
    ("f and i are exchanged", {"kept": 0.5, "slope_f": 0.25, "entered": 0.9}, "f is 0.9, i is 0.5."),
    ("f alone in the slope of the forget gate", {"slope_f": 0.9}, LAST),
    ("the slope of tanh for the forget gate", {"slope_f": 1 - 0.81}, LAST),
    ("the slope of the input gate for the forget gate", {"slope_f": 0.25}, LAST),
    ("the slope of the output gate for the forget gate", {"slope_f": 0.21}, LAST),
    ("1 + f in the slope of the forget gate", {"slope_f": 0.9 * 1.9}, LAST),
    ("1 - f is squared", {"slope_f": 0.01}, LAST),
    ("the slope of the forget gate has the wrong sign", {"slope_f": -0.09}, LAST),
    ("f is squashed once more", {"slope_f": 0.2055}, "f is the value after the sigmoid: f * (1 - f) = 0.09."),
    ("dz_f is made with dc, not with df", {"dz_f": 0.1128}, LAST),
    ("dz_f is made with dc_prev", {"dz_f": 0.1015}, LAST),
    ("dz_f is the slope alone", {"dz_f": 0.09}, LAST),
    ("the input gate is missing in dz_g", {"entered": 1.0}, LAST),
    ("g in place of i in dz_g", {"entered": -0.6}, LAST),
    ("f in place of i in dz_g", {"entered": 0.9}, LAST),
    ("o in place of i in dz_g", {"entered": 0.7}, LAST),
    ("g is in dz_g as well", {"entered": -0.3}, LAST),
    ("1 + g in the slope of the candidate", {"slope_g": 0.4}, LAST),
    ("1 + g**2", {"slope_g": 1.36}, LAST),
    ("g**2 in place of 1 - g**2", {"slope_g": 0.36}, LAST),
    ("the slope of the candidate has the wrong sign", {"slope_g": -0.64}, LAST),
    ("g is squashed once more", {"slope_g": 1 - 0.5370**2}, "g is the value after tanh: 1 - g**2 = 0.64."),
    ("1 - g is squared", {"slope_g": 1.6**2}, LAST),
    ("dz_g with the dc that arrives alone", {"dz_g": 0.32}, LAST),
    ("dz_g with what comes through h alone", {"dz_g": 0.081}, LAST),
    ("dz_g is the slope alone", {"dz_g": 0.64}, LAST),
    ("0.25 in place of the slope of the candidate", {"slope_g": 0.25}, LAST),
    ("dz_f and dz_g are exchanged", {"dz_f": 0.4010, "dz_g": 0.2255}, LAST),
    ("do and dc are exchanged", {"do": 1.2530, "dc_given": 1.8103}, "do is the gradient of the output gate, dc that of the cell state."),
    ("all signs are turned", {"do": -1.8103, "dc": -1.0, "above": -2.0}, "These are gradients, not steps of a descent: no minus."),
    ("both squashings are missing", {"slope_f": 1.0, "slope_g": 1.0}, LAST),
]  # fmt: skip
