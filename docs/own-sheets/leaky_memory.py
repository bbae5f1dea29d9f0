"""A template of a sheet: a memory that leaks. Copy the folder, rename its files, and put your own questions in.

A module holds one sheet. It may import NumPy and lstm_helpers, and no other file of this folder.
"""

import math

import numpy as np

from lstm_helpers.checks.judge import two_decimals
from lstm_helpers.checks.sheet import Sheet

sheet = Sheet("leaky_memory", exercise="20_leaky_memory")  # profile="torch" if the answers need torch


# The right answers, named as the students' functions are, and written as you would show them: a misconception is an
# edit of this text.
def leak(c_prev, x_t, keep):
    return keep * c_prev + (1 - keep) * x_t


def leak_all(x, c_0, keep):
    c, states = c_0, []
    for x_t in x:
        c = leak(c, x_t, keep)
        states.append(c)
    return np.stack(states)


# A check is a generator of cases, labelled arrays; its docstring is what it asks. Let all sizes differ.
@sheet.check(
    name="leak",
    oracle=leak,
    returns="c",
    points=2,
    minutes=5,
    hints=[
        "Two terms are added: what is kept of the memory, and what comes in.",
        "Where 0.9 of the memory is kept, 0.1 of the input comes in.",
        "`keep * c_prev + ... * x_t`",
    ],
)
def leak_cases(rng):
    """The memory one step later: one part is kept, the rest comes from the input."""
    for label, B, H in [("a batch", 3, 2), ("one sample", 1, 4), ("one unit", 2, 1), ("square", 3, 3)]:
        c_prev, x_t = 2 * rng.normal(size=(B, H)), rng.normal(size=(B, H))
        yield label, {"c_prev": c_prev, "x_t": x_t, "keep": rng.uniform(0.6, 0.9, size=H)}


KEPT = "keep * c_prev + (1 - keep) * x_t"
leak_cases.wrong("the input is not scaled", (KEPT, "keep * c_prev + x_t"), "Only 1 - keep of the input comes in.")
leak_cases.wrong("keep and 1 - keep are swapped", (KEPT, "(1 - keep) * c_prev + keep * x_t"), "keep scales the memory.")
leak_cases.wrong("nothing is forgotten", (KEPT, "c_prev + (1 - keep) * x_t"), "Multiply c_prev by keep.")
leak_cases.wrong("the input is forgotten", (KEPT, "keep * c_prev"), "Add what comes in: (1 - keep) * x_t.")


@sheet.check(
    name="leak_all",
    oracle=leak_all,
    returns="c",
    points=3,
    minutes=10,
    uses=("leak",),  # a fault of the student's own leak is not held against this
    hints=[
        "The memory after one step is what the next step starts from.",
        "Collect the memory of every step in a list.",
        "`np.stack(states)` makes one array (T, B, H) of a list of T arrays (B, H).",
    ],
)
def leak_all_cases(rng):
    """The memory after each time step of a sequence."""
    for label, T, B, H in [("a sequence", 5, 3, 2), ("one time step", 1, 2, 3), ("one sample", 4, 1, 2)]:
        x, c_0 = rng.normal(size=(T, B, H)), 2 * rng.normal(size=(B, H))
        yield label, {"x": x, "c_0": c_0, "keep": rng.uniform(0.6, 0.9, size=H)}


leak_all_cases.wrong("each step starts from c_0", ("c = leak(c,", "c = leak(c_0,"), "Hand each memory on.")
leak_all_cases.wrong("the memory before each step", [("c = leak", "states.append(c)\n        c = leak"),
                     ("keep)\n        states.append(c)", "keep)")], "Append the memory after the step.")  # fmt: skip
leak_all_cases.wrong("the last step first", ("in x:", "in x[::-1]:"), "Time runs along the first axis, from 0.")
leak_all_cases.wrong("the list backwards", ("np.stack(states)", "np.stack(states[::-1])"), "The first step is first.")


# A number worked out by hand: one case, no arrays.
@sheet.check(
    name="half_life",
    oracle={"steps": math.log(0.5) / math.log(0.9)},
    returns=("steps",),
    points=1,
    minutes=3,
    probe="value",
    compare=two_decimals,
    hints=["After n steps 0.9 ** n is left.", "0.9 ** n = 0.5: take the logarithm.", "n = log(0.5) / log(0.9)"],
)
def half_life_cases(rng):
    """After how many steps half of the memory is left when keep is 0.9, to two decimals."""
    yield "the number of the question", {}


half_life_cases.wrong("the part that leaks", {"steps": math.log(0.5) / math.log(0.1)}, "0.9 is kept, 0.1 leaks.")
