"""The numbers of the pencil question of lesson 6, and what slips change in them."""

from dataclasses import dataclass

import numpy as np

LATER = "The squashings are a step of their own, and it comes later."
CELLS = "With the whole dc: df = dc * c_prev, dc_prev = dc * f, dg = dc * i."
LAST = "dz_f = df * f * (1 - f) and dz_g = dg * (1 - g**2), dg = dc * i."


@dataclass(frozen=True)
class Given:
    """The numbers that the question gives: the four layers, the gradient of h, and the dc that arrives."""

    i: float = 0.5
    f: float = 0.9
    g: float = -0.6
    o: float = 0.7
    c_prev: float = 2.0
    dh: float = 2.0
    dc: float = 1.0

    @property
    def c(self):
        """The new cell state."""
        return round(self.f * self.c_prev + self.i * self.g, 2)

    def work_out(
        self,
        *,
        shown=None,
        slope_c=None,
        gate=None,
        above=None,
        dc=None,
        seen=None,
        kept=None,
        back=None,
        entered=None,
        slope_f=None,
        slope_g=None,
        **given,
    ):
        """The numbers of the question, or of a slip in it: whatever is given takes the place of what is right.

        dc: what arrives; given: results that a slip gives, whatever leads to them. What follows from them follows.
        """

        def instead(changed, right):
            return right if changed is None else changed

        shown = instead(shown, np.tanh(self.c))
        do = given.get("do", self.dh * shown)
        through = instead(above, self.dh) * instead(gate, self.o) * instead(slope_c, 1 - shown**2)
        dc = instead(dc, self.dc) + through
        df = given.get("df", dc * instead(seen, self.c_prev))
        dc_prev = given.get("dc_prev", instead(back, dc) * instead(kept, self.f))
        dz_f = given.get("dz_f", df * instead(slope_f, self.f * (1 - self.f)))
        dz_g = given.get("dz_g", dc * instead(entered, self.i) * instead(slope_g, 1 - self.g**2))
        return {"do": do, "dc": given.get("dc_given", dc), "df": df, "dc_prev": dc_prev, "dz_f": dz_f, "dz_g": dz_g}

    def slips(self):
        """Of pencil_backward: (name, what is changed in the calculation, advice) of each."""
        i, f, g, o, before, c, dh, dc = self.i, self.f, self.g, self.o, self.c_prev, self.c, self.dh, self.dc
        shown, old, exact = np.tanh(c), np.tanh(before), self.work_out()
        through = exact["dc"] - dc
        keep = f"Keep four decimals on the way: {shown:.4f}."
        chain = (
            f"do = dh * tanh(c) and dc = {dc} + dh * o * (1 - tanh(c)**2), with c = {c} and tanh({c}) = {shown:.4f}."
        )
        return [
            ("the derivative of tanh(c) is missing", {"slope_c": 1.0}, "dh * o is multiplied by 1 - tanh(c)**2."),
            ("the dc that arrives is not added", {"dc": 0.0}, f"c is used twice: dc = {dc} + what comes through h."),
            (
                "the new cell state in df",
                {"seen": c},
                f"The forget gate met the old cell state: df = dc times {before}.",
            ),
            ("the forget gate is missing in dc_prev", {"kept": 1.0}, "dc_prev = dc times f."),
            ("the derivative of the forget gate is missing", {"slope_f": 1.0}, "dz_f = df times f times (1 - f)."),
            ("the derivative of the candidate is missing", {"slope_g": 1.0}, "dz_g = dg times (1 - g**2)."),
            (
                "the derivative of the sigmoid for the candidate",
                {"slope_g": g * (1 - g)},
                "g went through tanh: its slope is 1 - g**2.",
            ),
            (
                "dc_prev without the part that comes through h",
                {"back": dc},
                "dc_prev is f times the whole dc, the part through h included.",
            ),
            ("g is not squared", {"slope_g": 1 - g}, "The slope of tanh is 1 - g**2."),
            (
                "f is missing in the slope of the forget gate",
                {"slope_f": 1 - f},
                "The slope of the sigmoid has two factors: dz_f = df times f times (1 - f).",
            ),
            (
                "the output gate is in do",
                {"do": dh * o * shown},
                "The factor beside o is tanh(c): do = dh times tanh(c), without o.",
            ),
            (
                "df and dc_prev are exchanged",
                {"df": exact["dc_prev"], "dc_prev": exact["df"], "dz_f": exact["dz_f"]},
                "Each factor gets its partner: df = dc times c_prev, dc_prev = dc times f.",
            ),
            ("c is not squashed in do", {"do": dh * c}, chain),
            ("do has o in place of tanh(c)", {"do": dh * o}, chain),
            ("dh is missing in do", {"do": shown}, chain),
            ("the slope of o's sigmoid is in do", {"do": dh * shown * o * (1 - o)}, f"{LATER} {chain}"),
            ("do has the slope of tanh", {"do": dh * (1 - shown**2)}, chain),
            ("do has o in place of dh", {"do": o * shown}, chain),
            ("the sigmoid in do", {"do": dh / (1 + np.exp(-c))}, chain),
            ("do is dh", {"do": dh}, chain),
            ("tanh of the old cell state in do", {"do": dh * old}, chain),
            ("do has the wrong sign", {"do": -dh * shown}, chain),
            ("do in per cent", {"do": 100 * dh * shown}, "Write the number itself."),
            ("tanh of the old cell state", {"shown": old}, chain),
            ("old and new cell state are exchanged", {"shown": old, "seen": c}, chain),
            (f"tanh({c}) is rounded to one decimal", {"shown": round(shown, 1)}, keep),
            (f"tanh({c}) is rounded to two decimals", {"shown": round(shown, 2)}, keep),
            ("the output gate is missing in dc", {"gate": 1.0}, chain),
            ("1 - o in dc", {"gate": 1 - o}, chain),
            ("the slope of o's sigmoid in dc", {"gate": o * (1 - o)}, chain),
            ("f in place of o in dc", {"gate": f}, chain),
            ("i in place of o in dc, or o twice", {"gate": i}, chain),
            ("dh is missing in dc", {"above": 1.0}, chain),
            ("tanh(c) in place of its derivative", {"slope_c": shown}, chain),
            ("tanh is not squared", {"slope_c": 1 - shown}, chain),
            (
                "c in place of tanh(c) in the derivative, or the dc that arrives is subtracted",
                {"slope_c": 1 - c**2},
                chain,
            ),
            ("tanh(c)**2 in place of 1 - tanh(c)**2", {"slope_c": shown**2}, chain),
            ("1 + tanh(c)**2", {"slope_c": 1 + shown**2}, chain),
            ("h in place of tanh(c) in the derivative", {"slope_c": 1 - (o * shown) ** 2}, chain),
            ("the derivative is taken at the old cell state", {"slope_c": 1 - old**2}, chain),
            ("the derivative of tanh is taken twice", {"slope_c": (1 - shown**2) ** 2}, chain),
            ("dc is built on do", {"above": dh * shown}, chain),
            ("only the dc that arrives", {"above": 0.0}, chain),
            ("what comes through h is subtracted", {"above": -dh}, chain),
            (f"{dh} arrives in dc", {"dc": dh}, chain),
            ("the dc that arrives is multiplied by o", {"dc": dc * o}, chain),
            (
                "the dc that arrives is multiplied by f",
                {"dc": dc * f},
                f"The forget gate comes in at dc_prev: dc = {dc} + what comes through h.",
            ),
            ("the dc that arrives is multiplied by i", {"dc": dc * i}, chain),
            ("dh and the dc that arrives are exchanged", {"do": dc * shown, "above": dc, "dc": dh}, chain),
            (
                "the mean of the two parts of dc",
                {"dc": dc / 2, "above": dh / 2},
                f"The two parts are added: dc = {dc} + what comes through h.",
            ),
            ("df has f or tanh(c) in place of c_prev", {"seen": f}, CELLS),
            ("c_prev is missing in df", {"seen": 1.0}, CELLS),
            ("df has g in place of c_prev", {"seen": g}, CELLS),
            ("df has i in place of c_prev", {"seen": i}, CELLS),
            ("f is in df as well", {"seen": f * before}, CELLS),
            ("tanh of the old cell state in df", {"seen": old}, CELLS),
            ("df with the dc that arrives alone", {"df": dc * before}, CELLS),
            ("df with what comes through h alone", {"df": through * before}, CELLS),
            ("df has f in place of c_prev, dz_f is right", {"df": exact["dc"] * f, "dz_f": exact["dz_f"]}, CELLS),
            ("f and c_prev are each in their own gradient", {"seen": f, "kept": before}, CELLS),
            ("dc_prev with what comes through h alone", {"back": through}, CELLS),
            ("1 - f in dc_prev", {"kept": 1 - f}, CELLS),
            ("dc_prev has c_prev in place of f", {"kept": before}, CELLS),
            ("dc_prev has i in place of f", {"kept": i}, CELLS),
            ("dc_prev has o in place of f", {"kept": o}, CELLS),
            ("dc_prev has g in place of f", {"kept": g}, CELLS),
            ("f is in dc_prev twice", {"kept": f**2}, CELLS),
            ("f times c_prev in dc_prev", {"kept": f * before}, CELLS),
            ("dc_prev goes through f's sigmoid", {"kept": f * (1 - f)}, CELLS),
            ("f in dc_prev for what comes through h alone", {"dc_prev": dc + through * f}, CELLS),
            ("f and i are exchanged", {"kept": i, "slope_f": i * (1 - i), "entered": f}, f"f is {f}, i is {i}."),
            ("f alone in the slope of the forget gate", {"slope_f": f}, LAST),
            ("the slope of tanh for the forget gate", {"slope_f": 1 - f**2}, LAST),
            ("the slope of the input gate for the forget gate", {"slope_f": i * (1 - i)}, LAST),
            ("the slope of the output gate for the forget gate", {"slope_f": o * (1 - o)}, LAST),
            ("1 + f in the slope of the forget gate", {"slope_f": f * (1 + f)}, LAST),
            ("1 - f is squared", {"slope_f": (1 - f) ** 2}, LAST),
            ("the slope of the forget gate has the wrong sign", {"slope_f": -f * (1 - f)}, LAST),
            (
                "f is squashed once more",
                {"slope_f": _slope(f)},
                f"f is the value after the sigmoid: f * (1 - f) = {f * (1 - f):.2f}.",
            ),
            ("dz_f is made with dc, not with df", {"dz_f": exact["dc"] * f * (1 - f)}, LAST),
            ("dz_f is made with dc_prev", {"dz_f": exact["dc_prev"] * f * (1 - f)}, LAST),
            ("dz_f is the slope alone", {"dz_f": f * (1 - f)}, LAST),
            ("the input gate is missing in dz_g", {"entered": 1.0}, LAST),
            ("g in place of i in dz_g", {"entered": g}, LAST),
            ("f in place of i in dz_g", {"entered": f}, LAST),
            ("o in place of i in dz_g", {"entered": o}, LAST),
            ("g is in dz_g as well", {"entered": i * g}, LAST),
            ("1 + g in the slope of the candidate", {"slope_g": 1 + g}, LAST),
            ("1 + g**2", {"slope_g": 1 + g**2}, LAST),
            ("g**2 in place of 1 - g**2", {"slope_g": g**2}, LAST),
            ("the slope of the candidate has the wrong sign", {"slope_g": g**2 - 1}, LAST),
            (
                "g is squashed once more",
                {"slope_g": 1 - np.tanh(g) ** 2},
                f"g is the value after tanh: 1 - g**2 = {1 - g**2:.2f}.",
            ),
            ("1 - g is squared", {"slope_g": (1 - g) ** 2}, LAST),
            ("dz_g with the dc that arrives alone", {"dz_g": dc * i * (1 - g**2)}, LAST),
            ("dz_g with what comes through h alone", {"dz_g": through * i * (1 - g**2)}, LAST),
            ("dz_g is the slope alone", {"dz_g": 1 - g**2}, LAST),
            ("0.25 in place of the slope of the candidate", {"slope_g": 0.25}, LAST),
            ("dz_f and dz_g are exchanged", {"dz_f": exact["dz_g"], "dz_g": exact["dz_f"]}, LAST),
            (
                "do and dc are exchanged",
                {"do": exact["dc"], "dc_given": exact["do"]},
                "do is the gradient of the output gate, dc that of the cell state.",
            ),
            (
                "all signs are turned",
                {"do": -dh * shown, "dc": -dc, "above": -dh},
                "These are gradients, not steps of a descent: no minus.",
            ),
            ("both squashings are missing", {"slope_f": 1.0, "slope_g": 1.0}, LAST),
        ]

    def texts(self):
        """What of these numbers stands in the question, in its hints and in its solution."""
        table = (self.i, self.f, self.g, self.o, self.c_prev, self.c, self.dh, self.dc)
        right = {name: f"{number:.2f}" for name, number in self.work_out().items()}
        return [
            f"| {' | '.join(map(str, table))} |",
            f"$\\tanh({self.c}) = {np.tanh(self.c):.4f}$",
            f"tanh({self.c}) is {np.tanh(self.c):.4f}.",
            ", ".join(f'"{name}": {number}' for name, number in right.items()),
        ]


def _slope(f):
    """The slope of a sigmoid at a value that has been through it already."""
    s = 1 / (1 + np.exp(-f))
    return s * (1 - s)


GIVEN = Given()
OTHERS = [  # of the same kind, and such that no two slips make the same numbers
    Given(0.6, 0.8, -0.8, 0.7, 2.4, 2.2, 2.4),
    Given(0.6, 0.7, -0.8, 0.8, 2.2, 1.4, 2.4),
    Given(0.8, 0.7, -0.6, 0.6, 2.2, 2.4, 1.8),
    Given(0.6, 0.7, -0.8, 0.8, 2.4, 1.4, 1.8),
    Given(0.8, 0.7, -0.4, 0.6, 2.4, 2.4, 1.8),
]
