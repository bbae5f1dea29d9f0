"""The numbers of the pencil question of lesson 6, and what slips change in it."""

import numpy as np

SHOWN = np.tanh(1.5)


def work_out(
    *,
    shown=SHOWN,
    slope_c=None,
    gate=0.7,
    above=2.0,
    dc=1.0,
    seen=2.0,
    kept=0.9,
    back=None,
    entered=0.5,
    slope_f=0.9 * 0.1,
    slope_g=1 - 0.6**2,
    **given,
):
    """The numbers of the pencil question, or of a slip in it: i = 0.5, f = 0.9, g = -0.6, o = 0.7, dh = 2.

    dc: what arrives; given: results that a slip gives, whatever leads to them. What follows from them follows.
    """
    do = given.get("do", 2.0 * shown)
    dc = dc + above * gate * (1 - shown**2 if slope_c is None else slope_c)
    df = given.get("df", dc * seen)
    dc_prev = given.get("dc_prev", (dc if back is None else back) * kept)
    dz_f, dz_g = given.get("dz_f", df * slope_f), given.get("dz_g", dc * entered * slope_g)
    return {"do": do, "dc": given.get("dc_given", dc), "df": df, "dc_prev": dc_prev, "dz_f": dz_f, "dz_g": dz_g}


LATER = "The squashings are a step of their own, and it comes later."

CHAIN = "do = dh * tanh(c) and dc = 1.0 + dh * o * (1 - tanh(c)**2), with c = 1.5 and tanh(1.5) = 0.9051."
CELLS = "With the whole dc: df = dc * c_prev, dc_prev = dc * f, dg = dc * i."
LAST = "dz_f = df * f * (1 - f) and dz_g = dg * (1 - g**2), dg = dc * i."

EXACT = work_out()

SLIPS = [  # of pencil_backward: (name, what is changed in the calculation, advice)
    ("the derivative of tanh(c) is missing", {"slope_c": 1.0}, "dh * o is multiplied by 1 - tanh(c)**2."),
    ("the dc that arrives is not added", {"dc": 0.0}, "c is used twice: dc = 1.0 + what comes through h."),
    ("the new cell state in df", {"seen": 1.5}, "The forget gate met the old cell state: df = dc times 2.0."),
    ("the forget gate is missing in dc_prev", {"kept": 1.0}, "dc_prev = dc times f."),
    ("the derivative of the forget gate is missing", {"slope_f": 1.0}, "dz_f = df times f times (1 - f)."),
    ("the derivative of the candidate is missing", {"slope_g": 1.0}, "dz_g = dg times (1 - g**2)."),
    (
        "the derivative of the sigmoid for the candidate",
        {"slope_g": -0.6 * 1.6},
        "g went through tanh: its slope is 1 - g**2.",
    ),
    (
        "dc_prev without the part that comes through h",
        {"back": 1.0},
        "dc_prev is f times the whole dc, the part through h included.",
    ),
    ("g is not squared", {"slope_g": 1.6}, "The slope of tanh is 1 - g**2."),
    (
        "f is missing in the slope of the forget gate",
        {"slope_f": 0.1},
        "The slope of the sigmoid has two factors: dz_f = df times f times (1 - f).",
    ),
    (
        "the output gate is in do",
        {"do": 2.0 * 0.7 * SHOWN},
        "The factor beside o is tanh(c): do = dh times tanh(c), without o.",
    ),
    (
        "df and dc_prev are exchanged",
        {"df": EXACT["dc_prev"], "dc_prev": EXACT["df"], "dz_f": EXACT["dz_f"]},
        "Each factor gets its partner: df = dc times c_prev, dc_prev = dc times f.",
    ),
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
    (
        "the dc that arrives is multiplied by f",
        {"dc": 0.9},
        "The forget gate comes in at dc_prev: dc = 1.0 + what comes through h.",
    ),
    ("the dc that arrives is multiplied by i", {"dc": 0.5}, CHAIN),
    ("dh and the dc that arrives are exchanged", {"do": 0.9051, "above": 1.0, "dc": 2.0}, CHAIN),
    (
        "the mean of the two parts of dc",
        {"dc": 0.5, "above": 1.0},
        "The two parts are added: dc = 1.0 + what comes through h.",
    ),
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
    (
        "do and dc are exchanged",
        {"do": 1.2530, "dc_given": 1.8103},
        "do is the gradient of the output gate, dc that of the cell state.",
    ),
    (
        "all signs are turned",
        {"do": -1.8103, "dc": -1.0, "above": -2.0},
        "These are gradients, not steps of a descent: no minus.",
    ),
    ("both squashings are missing", {"slope_f": 1.0, "slope_g": 1.0}, LAST),
]
