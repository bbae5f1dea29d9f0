"""The numbers of the pencil question of lesson 2, and those that slips give."""

import itertools
from dataclasses import dataclass

import numpy as np

from lstm_helpers.checks import pencil

APART = 0.03  # two slips at once are told only where no other numbers are as near
BOTH_STEPS = "The same w_h and b act in both steps: add the two parts."
READ = "w_h multiplied the state before: dw_h = dz_2 h_1 + dz_1 h_0."
START = "dh_0 = dz_1 w_h."


@dataclass(frozen=True)
class Given:
    """The numbers that the question gives: the states, the recurrent weight, and the loss's own gradients at h_2 and
    at h_1."""

    h_0: float = 0.5
    h_1: float = 0.6
    h_2: float = 0.8
    w_h: float = 1.5
    own_2: float = 1
    own_1: float = 0.5

    def work_out(self, **given):
        """The six numbers of the question; ``given`` takes the place of what is right."""
        return {**self.by(), **given}

    @property
    def slopes(self):
        """Those of the tanh in step 2 and in step 1."""
        return round(1 - self.h_2**2, 4), round(1 - self.h_1**2, 4)

    def by(self, *, slopes=None, dh_1=None, dh_0=None, dw_h=None, db=None):
        """The six numbers by right work, or with slips in it: each goes on with what came before."""
        at_2, at_1 = slopes or self.slopes
        dz_2 = self.own_2 * at_2
        arrived = dh_1(dz_2) if dh_1 else self.own_1 + dz_2 * self.w_h
        dz_1 = arrived * at_1
        return {
            "dz_2": dz_2,
            "dh_1": arrived,
            "dz_1": dz_1,
            "dh_0": dh_0(dz_1) if dh_0 else dz_1 * self.w_h,
            "dw_h": dw_h(dz_2, dz_1) if dw_h else dz_2 * self.h_1 + dz_1 * self.h_0,
            "db": db(dz_2, dz_1) if db else dz_2 + dz_1,
        }

    def _of_slopes(self):
        """(name, what the pencil does, advice) of slips at the slopes of both steps."""
        one, two, (at_2, at_1) = self.h_1, self.h_2, self.slopes
        told = f"The slope of the tanh is 1 - h²: {at_2} at h_2, {at_1} at h_1."
        each = "dz = dh (1 - h²) at each step"
        of = lambda slope: (slope(two), slope(one))  # noqa: E731
        slips = [
            (
                "one decimal on the way",
                (round(at_2, 1), round(at_1, 1)),
                "Keep four decimals on the way, and give two.",
            ),
            ("the square is missing in the slope", of(lambda h: 1 - h), told),
            ("the square is missing in the slope of step 2", (1 - two, at_1), told),
            ("the square is missing in the slope of step 1", (at_2, 1 - one), told),
            ("h² for the slope", of(lambda h: h**2), told),
            ("h² for the slope of step 2", (two**2, at_1), told),
            ("the slope of step 1 for both steps", (at_1, at_1), told),
            ("h² for the slope of step 1", (at_2, one**2), told),
            ("the slope of step 2 for both steps", (at_2, at_2), told),
            ("tanh' is missing", (1.0, 1.0), f"{each}."),
            ("tanh' is missing at step 2", (1.0, at_1), f"{each}: dz_2 = {self.own_2:g} * {at_2}."),
            ("tanh' is missing at step 1", (at_2, 1.0), f"{each}: dz_1 = dh_1 * {at_1}."),
            ("the sigmoid's slope", of(lambda h: h * (1 - h)), f"h (1 - h) belongs to the sigmoid. {told}"),
            ("a plus in the slope", of(lambda h: 1 + h**2), told),
            ("the bracket is squared in the slope", of(lambda h: (1 - h) ** 2), told),
            ("h is doubled, not squared", of(lambda h: 1 - 2 * h), told),
            ("the root of the slope", of(lambda h: np.sqrt(1 - h**2)), f"{told} No root."),
            (
                "the tanh is taken a second time",
                of(lambda h: 1 - np.tanh(h) ** 2),
                f"h is tanh(z) already. {told}",
            ),
            (
                "the slope of the step before",
                (at_1, 1 - self.h_0**2),
                "dz_2 takes the slope at h_2, dz_1 that at h_1.",
            ),
        ]
        return [(name, {"slopes": slopes}, advice) for name, slopes, advice in slips]

    def _on_the_way(self):
        """(name, what the pencil does, advice) of slips on the way from step 2 to step 1."""
        own, w, two, at_1 = self.own_1, self.w_h, self.own_2, self.slopes[1]
        arrives = f"dh_1 = {own} + dz_2 w_h = {own} + {round(two * self.slopes[0], 4):g} * {w}."
        added = f"{arrives} They are added."
        apart = f"{arrives} The own {own} comes in as it is, what step 2 sends back goes through w_h."
        slips = [
            ("the recurrent path is missing", lambda dz_2: own, f"{arrives} Step 2 sends something back."),
            ("w_h is missing on the way to step 1", lambda dz_2: own + dz_2, apart),
            ("dh_1's own part has gone through tanh'", lambda dz_2: own * at_1 + dz_2 * w, apart),
            ("the loss's own gradient at step 1 is missing", lambda dz_2: dz_2 * w, arrives),
            (
                "tanh' is missing on the way to step 1",
                lambda dz_2: own + two * w,
                "Step 2 sends dz_2 w_h back, not dh_2 w_h.",
            ),
            ("tanh' and w_h are missing on the way to step 1", lambda dz_2: own + two, arrives),
            ("w_h multiplies the own gradient as well", lambda dz_2: (own + dz_2) * w, arrives),
            ("the two parts of dh_1 are multiplied", lambda dz_2: own * dz_2 * w, added),
            ("divided by w_h on the way to step 1", lambda dz_2: own + dz_2 / w, arrives),
            ("w_h is added, not multiplied", lambda dz_2: own + dz_2 + w, arrives),
            ("the two parts of dh_1 are subtracted", lambda dz_2: dz_2 * w - own, added),
            ("what step 2 sends back is subtracted", lambda dz_2: own - dz_2 * w, added),
            (f"the loss's own gradient at step 1 is taken to be {two:g}", lambda dz_2: two + dz_2 * w, arrives),
            ("h_1 instead of w_h", lambda dz_2: own + dz_2 * self.h_1, arrives),
        ]
        return [(name, {"dh_1": dh_1}, advice) for name, dh_1, advice in slips]

    def _of_the_weights(self):
        """(name, what the pencil does, advice) of slips in dw_h and db, the likely ones first."""
        start, one, two, w, own, at_1 = self.h_0, self.h_1, self.h_2, self.w_h, self.own_2, self.slopes[1]
        dw_h, db = (lambda z2, z1: z2 * one + z1 * start), (lambda z2, z1: z2 + z1)
        half_w, half_b = (lambda z2, z1: dw_h(z2, z1) / 2), (lambda z2, z1: db(z2, z1) / 2)
        last_w, first_w = (lambda z2, z1: z2 * one), (lambda z2, z1: z1 * start)
        last_b, first_b = (lambda z2, z1: z2), (lambda z2, z1: z1)
        whole_w, whole_b = (lambda z2, z1: own * one + z1 / at_1 * start), (lambda z2, z1: own + z1 / at_1)
        return [
            ("dw_h is made from the new hidden states", {"dw_h": lambda z2, z1: z2 * two + z1 * one}, READ),
            ("only the last step counts for w_h and b", {"dw_h": last_w, "db": last_b}, BOTH_STEPS),
            ("the initial state's gradient has not gone through w_h", {"dh_0": lambda z1: z1}, START),
            ("only the last step counts for w_h", {"dw_h": last_w}, BOTH_STEPS),
            ("only the last step counts for b", {"db": last_b}, BOTH_STEPS),
            ("only the first step counts for w_h and b", {"dw_h": first_w, "db": first_b}, BOTH_STEPS),
            ("only the first step counts for w_h", {"dw_h": first_w}, BOTH_STEPS),
            ("only the first step counts for b", {"db": first_b}, BOTH_STEPS),
            ("means over the two steps", {"dw_h": half_w, "db": half_b}, f"{BOTH_STEPS} Nothing is halved."),
            ("dw_h is a mean over the two steps", {"dw_h": half_w}, BOTH_STEPS),
            ("db is a mean over the two steps", {"db": half_b}, BOTH_STEPS),
            ("h_0 and h_1 are exchanged in dw_h", {"dw_h": lambda z2, z1: z2 * start + z1 * one}, READ),
            ("h_1 in both parts of dw_h", {"dw_h": lambda z2, z1: (z2 + z1) * one}, READ),
            ("h_0 in both parts of dw_h", {"dw_h": lambda z2, z1: (z2 + z1) * start}, READ),
            ("dw_h without the states", {"dw_h": db}, READ),
            ("dw_h is multiplied by w_h", {"dw_h": lambda z2, z1: (z2 + z1) * w}, READ),
            ("the parts of dw_h are subtracted", {"dw_h": lambda z2, z1: z2 * one - z1 * start}, BOTH_STEPS),
            ("the parts of dw_h are multiplied", {"dw_h": lambda z2, z1: z2 * one * z1 * start}, BOTH_STEPS),
            ("the parts of db are subtracted", {"db": lambda z2, z1: z2 - z1}, BOTH_STEPS),
            ("the parts of db are multiplied", {"db": lambda z2, z1: z2 * z1}, BOTH_STEPS),
            ("tanh' is missing in db", {"db": whole_b}, "b is added inside the tanh: db = dz_2 + dz_1."),
            ("tanh' is missing in dw_h", {"dw_h": whole_w}, "w_h acts inside the tanh: dw_h = dz_2 h_1 + dz_1 h_0."),
            (
                "tanh' is missing in dw_h and db",
                {"dw_h": whole_w, "db": whole_b},
                "w_h and b act inside the tanh: dw_h = dz_2 h_1 + dz_1 h_0, db = dz_2 + dz_1.",
            ),
            (
                "db is the sum of the loss's own gradients",
                {"db": lambda z2, z1: own + self.own_1},
                "db = dz_2 + dz_1.",
            ),
            (
                "dh_0 is counted in db",
                {"db": lambda z2, z1: z2 + z1 + z1 * w},
                "b acts in two steps: db = dz_2 + dz_1.",
            ),
        ]

    def _of_the_start(self):
        """(name, what the pencil does, advice) of slips in dh_0."""
        start, w, at_1 = self.h_0, self.w_h, self.slopes[1]
        return [
            ("dh_0 is divided by w_h", {"dh_0": lambda z1: z1 / w}, START),
            (
                "dh_0 goes through a tanh of h_0",
                {"dh_0": lambda z1: z1 * w * (1 - start**2)},
                f"{START} No step made h_0.",
            ),
            ("tanh' is missing in dh_0", {"dh_0": lambda z1: z1 / at_1 * w}, START),
            (
                "an own gradient is added to dh_0",
                {"dh_0": lambda z1: z1 * w + self.own_1},
                f"{START} The loss does not look at h_0.",
            ),
            ("dh_0 is 0", {"dh_0": lambda z1: 0.0}, f"{START} h_0 acts through step 1."),
            ("dh_0 is multiplied by h_0", {"dh_0": lambda z1: z1 * start}, START),
        ]

    def _made(self, slips):
        return pencil.as_one([(name, self.by(**how), advice, how) for name, how, advice in slips])

    def slips(self):
        """Of pencil_gradients: (name, the numbers that it changes, advice): a slip, then two at once where nothing else
        gives numbers that are near theirs.
        """
        on_the_way = self._made([*self._of_slopes(), *self._on_the_way()])
        at_the_end = self._made([*self._of_the_weights(), *self._of_the_start()])
        right, likely = self.by(), at_the_end[:5]  # as a second slip
        made = [(name, numbers, advice) for name, numbers, advice, _ in (*on_the_way, *at_the_end)]
        known = [list(numbers.values()) for numbers in (right, *(numbers for _, numbers, _ in made))]
        pairs = [*itertools.product(on_the_way, likely), *itertools.combinations(likely, 2)]
        for (first, _, advice, one), (second, _, more, other) in pairs:
            numbers = self.by(**one, **other) if not one.keys() & other.keys() else right
            row = list(numbers.values())
            if np.abs(np.array(known) - row).max(axis=1).min() > APART:
                known.append(row)
                made.append((f"{first}, and {second}", numbers, f"{advice} {more}"))
        return [(name, pencil.changed(numbers, right), advice) for name, numbers, advice in made]

    def texts(self):
        """What of these numbers stands in the question, in its hints and in its solution."""
        right = pencil.entries(self.work_out())
        return [
            f"| {self.h_0} | {self.h_1} | {self.h_2} | {self.w_h} |",
            f"Its own gradient is {self.own_2:g} at $h_2$ and {self.own_1} at $h_1$.",
            right,
            f"two gradients: its own, {self.own_1}, and",
        ]


GIVEN = Given()
OTHERS = [  # such that no two slips make the same numbers
    Given(0.9, 0.7, 0.4, 1.6, 2, 0.4),
    Given(0.3, 0.4, 0.8, 1.2, 2, 1.2),
    Given(0.8, 0.3, 0.7, 1.8, 2, 0.4),
    Given(0.7, 0.8, 0.4, 1.8, 2, 0.6),
    Given(0.3, 0.9, 0.5, 2.0, 2, 0.8),
    Given(0.9, 0.3, 0.8, 2.0, 1, 1.5),
    Given(0.3, 0.4, 0.6, 1.6, 1, 0.8),
    Given(0.6, 0.5, 0.3, 1.6, 1, 0.6),
    Given(0.4, 0.8, 0.5, 2.0, 1, 0.4),
    Given(0.7, 0.9, 0.3, 1.6, 1, 1.5),
]
