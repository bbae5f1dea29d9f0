"""The numbers of the pencil question of lesson 2, and those that slips give."""

import itertools

import numpy as np


def work_out(
    *,
    slopes=(0.36, 0.64),
    dh_1=lambda dz_2: 0.5 + dz_2 * 1.5,
    dh_0=lambda dz_1: dz_1 * 1.5,
    dw_h=lambda z2, z1: z2 * 0.6 + z1 * 0.5,
    db=lambda z2, z1: z2 + z1,
):
    """The numbers of the pencil question, or of a slip in it. slopes: those of step 2 and step 1."""
    dz_2 = 1.0 * slopes[0]
    arrived = dh_1(dz_2)
    dz_1 = arrived * slopes[1]
    return {
        "dz_2": dz_2,
        "dh_1": arrived,
        "dz_1": dz_1,
        "dh_0": dh_0(dz_1),
        "dw_h": dw_h(dz_2, dz_1),
        "db": db(dz_2, dz_1),
    }


A_SLOPE = "The slope of the tanh is 1 - h²: 0.36 at h_2, 0.64 at h_1."
ARRIVES = "dh_1 = 0.5 + dz_2 w_h = 0.5 + 0.36 * 1.5."
ON_THE_WAY = {  # name: (what the pencil does, advice); slips that give the same numbers share a name
    "one decimal on the way": ({"slopes": (0.4, 0.6)}, "Keep four decimals on the way, and give two."),
    "the square is missing in the slope": ({"slopes": (0.2, 0.4)}, A_SLOPE),
    "the square is missing in the slope of step 2": ({"slopes": (0.2, 0.64)}, A_SLOPE),
    "the square is missing in the slope of step 1": ({"slopes": (0.36, 0.4)}, A_SLOPE),
    "h² for the slope": ({"slopes": (0.64, 0.36)}, A_SLOPE),
    "h² for the slope of step 2, or the slope of step 1": ({"slopes": (0.64, 0.64)}, A_SLOPE),
    "h² for the slope of step 1, or the slope of step 2": ({"slopes": (0.36, 0.36)}, A_SLOPE),
    "tanh' is missing": ({"slopes": (1.0, 1.0)}, "dz = dh (1 - h²) at each step."),
    "tanh' is missing at step 2": ({"slopes": (1.0, 0.64)}, "dz = dh (1 - h²) at each step: dz_2 = 1 * 0.36."),
    "tanh' is missing at step 1": ({"slopes": (0.36, 1.0)}, "dz = dh (1 - h²) at each step: dz_1 = dh_1 * 0.64."),
    "the sigmoid's slope": ({"slopes": (0.16, 0.24)}, f"h (1 - h) belongs to the sigmoid. {A_SLOPE}"),
    "a plus in the slope": ({"slopes": (1.64, 1.36)}, A_SLOPE),
    "the bracket is squared in the slope": ({"slopes": (0.04, 0.16)}, A_SLOPE),
    "h is doubled, not squared": ({"slopes": (-0.6, -0.2)}, A_SLOPE),
    "the root of the slope": ({"slopes": (0.6, 0.8)}, f"{A_SLOPE} No root."),
    "the tanh is taken a second time": (
        {"slopes": (1 - np.tanh(0.8) ** 2, 1 - np.tanh(0.6) ** 2)},
        f"h is tanh(z) already. {A_SLOPE}",
    ),
    "the slope of the step before": ({"slopes": (0.64, 0.75)}, "dz_2 takes the slope at h_2, dz_1 that at h_1."),
    "the recurrent path is missing": ({"dh_1": lambda dz_2: 0.5}, f"{ARRIVES} Step 2 sends something back."),
    "w_h is missing on the way to step 1, or dh_1's own part has gone through tanh'": (
        {"dh_1": lambda dz_2: 0.5 + dz_2},
        f"{ARRIVES} The own 0.5 comes in as it is, what step 2 sends back goes through w_h.",
    ),
    "the loss's own gradient at step 1 is missing": ({"dh_1": lambda dz_2: dz_2 * 1.5}, ARRIVES),
    "tanh' is missing on the way to step 1": ({"dh_1": lambda dz_2: 2.0}, "Step 2 sends dz_2 w_h back, not dh_2 w_h."),
    "tanh' and w_h are missing on the way to step 1": ({"dh_1": lambda dz_2: 1.5}, ARRIVES),
    "w_h multiplies the own gradient as well": ({"dh_1": lambda dz_2: (0.5 + dz_2) * 1.5}, ARRIVES),
    "the two parts of dh_1 are multiplied": ({"dh_1": lambda dz_2: 0.5 * dz_2 * 1.5}, f"{ARRIVES} They are added."),
    "divided by w_h on the way to step 1": ({"dh_1": lambda dz_2: 0.5 + dz_2 / 1.5}, ARRIVES),
    "w_h is added, not multiplied": ({"dh_1": lambda dz_2: 0.5 + dz_2 + 1.5}, ARRIVES),
    "the two parts of dh_1 are subtracted": ({"dh_1": lambda dz_2: dz_2 * 1.5 - 0.5}, f"{ARRIVES} They are added."),
    "what step 2 sends back is subtracted": ({"dh_1": lambda dz_2: 0.5 - dz_2 * 1.5}, f"{ARRIVES} They are added."),
    "the loss's own gradient at step 1 is taken to be 1": ({"dh_1": lambda dz_2: 1 + dz_2 * 1.5}, ARRIVES),
    "h_1 instead of w_h": ({"dh_1": lambda dz_2: 0.5 + dz_2 * 0.6}, ARRIVES),
}
BOTH_STEPS = "The same w_h and b act in both steps: add the two parts."
READ = "w_h multiplied the state before: dw_h = dz_2 h_1 + dz_1 h_0."
START = "dh_0 = dz_1 w_h."
AT_THE_END = {
    "dw_h is made from the new hidden states": ({"dw_h": lambda z2, z1: z2 * 0.8 + z1 * 0.6}, READ),
    "only the last step counts for w_h and b": (
        {"dw_h": lambda z2, z1: z2 * 0.6, "db": lambda z2, z1: z2},
        BOTH_STEPS,
    ),
    "the initial state's gradient has not gone through w_h": ({"dh_0": lambda z1: z1}, START),
    "only the last step counts for w_h": ({"dw_h": lambda z2, z1: z2 * 0.6}, BOTH_STEPS),
    "only the last step counts for b": ({"db": lambda z2, z1: z2}, BOTH_STEPS),
    "only the first step counts for w_h and b": (
        {"dw_h": lambda z2, z1: z1 * 0.5, "db": lambda z2, z1: z1},
        BOTH_STEPS,
    ),
    "only the first step counts for w_h": ({"dw_h": lambda z2, z1: z1 * 0.5}, BOTH_STEPS),
    "only the first step counts for b": ({"db": lambda z2, z1: z1}, BOTH_STEPS),
    "means over the two steps": (
        {"dw_h": lambda z2, z1: (z2 * 0.6 + z1 * 0.5) / 2, "db": lambda z2, z1: (z2 + z1) / 2},
        f"{BOTH_STEPS} Nothing is halved.",
    ),
    "dw_h is a mean over the two steps": ({"dw_h": lambda z2, z1: (z2 * 0.6 + z1 * 0.5) / 2}, BOTH_STEPS),
    "db is a mean over the two steps": ({"db": lambda z2, z1: (z2 + z1) / 2}, BOTH_STEPS),
    "h_0 and h_1 are exchanged in dw_h": ({"dw_h": lambda z2, z1: z2 * 0.5 + z1 * 0.6}, READ),
    "h_1 in both parts of dw_h": ({"dw_h": lambda z2, z1: (z2 + z1) * 0.6}, READ),
    "h_0 in both parts of dw_h": ({"dw_h": lambda z2, z1: (z2 + z1) * 0.5}, READ),
    "dw_h without the states": ({"dw_h": lambda z2, z1: z2 + z1}, READ),
    "dw_h is multiplied by w_h": ({"dw_h": lambda z2, z1: (z2 + z1) * 1.5}, READ),
    "the parts of dw_h are subtracted": ({"dw_h": lambda z2, z1: z2 * 0.6 - z1 * 0.5}, BOTH_STEPS),
    "the parts of dw_h are multiplied": ({"dw_h": lambda z2, z1: z2 * 0.6 * z1 * 0.5}, BOTH_STEPS),
    "the parts of db are subtracted": ({"db": lambda z2, z1: z2 - z1}, BOTH_STEPS),
    "the parts of db are multiplied": ({"db": lambda z2, z1: z2 * z1}, BOTH_STEPS),
    "tanh' is missing in db": ({"db": lambda z2, z1: 1 + z1 / 0.64}, "b is added inside the tanh: db = dz_2 + dz_1."),
    "tanh' is missing in dw_h": (
        {"dw_h": lambda z2, z1: 0.6 + z1 / 0.64 * 0.5},
        "w_h acts inside the tanh: dw_h = dz_2 h_1 + dz_1 h_0.",
    ),
    "tanh' is missing in dw_h and db": (
        {"dw_h": lambda z2, z1: 0.6 + z1 / 0.64 * 0.5, "db": lambda z2, z1: 1 + z1 / 0.64},
        "w_h and b act inside the tanh: dw_h = dz_2 h_1 + dz_1 h_0, db = dz_2 + dz_1.",
    ),
    "db is the sum of the loss's own gradients": ({"db": lambda z2, z1: 1.5}, "db = dz_2 + dz_1."),
    "dh_0 is counted in db": ({"db": lambda z2, z1: z2 + z1 + z1 * 1.5}, "b acts in two steps: db = dz_2 + dz_1."),
    "dh_0 is divided by w_h": ({"dh_0": lambda z1: z1 / 1.5}, START),
    "dh_0 goes through a tanh of h_0": ({"dh_0": lambda z1: z1 * 1.5 * 0.75}, f"{START} No step made h_0."),
    "tanh' is missing in dh_0": ({"dh_0": lambda z1: z1 / 0.64 * 1.5}, START),
    "an own gradient is added to dh_0": (
        {"dh_0": lambda z1: z1 * 1.5 + 0.5},
        f"{START} The loss does not look at h_0.",
    ),
    "dh_0 is 0": ({"dh_0": lambda z1: 0.0}, f"{START} h_0 acts through step 1."),
    "dh_0 is multiplied by h_0": ({"dh_0": lambda z1: z1 * 0.5}, START),
}


def slips():
    """Yield (name, numbers, advice): a slip, then two at once where nothing else gives numbers that are near theirs."""
    singles = {name: work_out(**slip) for name, (slip, _) in (ON_THE_WAY | AT_THE_END).items()}
    yield from ((name, numbers, (ON_THE_WAY | AT_THE_END)[name][1]) for name, numbers in singles.items())
    known = [list(numbers.values()) for numbers in (work_out(), *singles.values())]
    likely = list(AT_THE_END)[:5]  # as a second slip
    pairs = itertools.chain(itertools.product(ON_THE_WAY, likely), itertools.combinations(likely, 2))
    for first, second in pairs:
        (one, advice), (other, more) = (ON_THE_WAY | AT_THE_END)[first], AT_THE_END[second]
        row = list((numbers := work_out(**one, **other)).values()) if not one.keys() & other.keys() else known[0]
        if np.abs(np.array(known) - row).max(axis=1).min() > 0.03:
            known.append(row)
            yield f"{first}, and {second}", numbers, f"{advice} {more}"
