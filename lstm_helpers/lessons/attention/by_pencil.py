"""The numbers of the pencil question of lesson 10, and what slips change in it."""

SCORES, KEYS, D, H = (1.0, 2.0, 5.0), (3.0, 9.0, 30.0), 64, 128  # exp of the scores; the third step is padding


def work_out(*, weight=1 / 3, sign=1.0, **given):
    """The numbers of the pencil question, or of a slip in it: what follows from the first weight follows.

    given: results that a slip gives, whatever leads to them.
    """
    context = given.get("context", weight * KEYS[0] + (1 - weight) * KEYS[1])
    return {
        "weight": weight,
        "context": context,
        "dscore": given.get("dscore", sign * weight * (KEYS[0] - context)),
        "swapped": given.get("swapped", context),
        "spread": given.get("spread", float(D) ** 0.5),
        "crossing": given.get("crossing", 4.0 * H),
    }


EXACT = work_out()

SLIPS = [  # of attention_by_pencil: (name, what is changed in the calculation, advice)
    (
        "the padding has a weight",
        {"weight": 1 / 8, "context": (3 + 18 + 150) / 8},
        "The third step is padding: its weight is exactly 0, so the other two are divided by 1 + 2.",
    ),
    (
        "the padding's weight is set to 0 after the division",
        {"weight": 1 / 8, "context": (3 + 18) / 8},
        "Then the two weights do not add up to 1: divide by the sum of those that count, 1 + 2.",
    ),
    (
        "the exponentials are not divided by their sum",
        {"weight": 1.0, "context": 21.0},
        "The weights add up to 1: divide each exponential by 1 + 2.",
    ),
    (
        "the scores are divided by their sum, without exp",
        {"weight": 0.0},
        "exp first: the exponentials of ln 1 and ln 2 are 1 and 2.",
    ),
    (
        "the keys have the same weight",
        {"weight": 1 / 2},
        "The second score is higher by ln 2, so its weight is twice as large.",
    ),
    (
        "the softmax takes nothing away in the gradient",
        {"dscore": 1.0},
        "da is the key, 3. A higher score also takes weight from the other step: de = a * (da - the mean of da), and "
        "the mean is the context.",
    ),
    (
        "the gradient of the score has the other sign",
        {"sign": -1.0},
        "A higher first score pulls the context from 7 towards 3, downwards: the gradient is negative.",
    ),
    (
        "the weight is missing in the gradient of the score",
        {"dscore": -4.0},
        "de = a * (da - the mean of da): the factor a_1 is still to come.",
    ),
    (
        "the keys change places and the weights stay",
        {"swapped": 5.0},
        "Each score is made from its own key and moves with it: the same weighted mean, 7.",
    ),
    (
        "the variance in place of the standard deviation",
        {"spread": 64.0},
        "Each product has a variance of 1, their sum one of 64. The standard deviation is its root.",
    ),
    (
        "the spread of one product",
        {"spread": 1.0},
        "The variances of 64 independent products add up: 64, and the root of that is 8. Divided by the root of D it "
        "would be 1.",
    ),
    (
        "the standard deviations are added",
        {"spread": 128.0},
        "Variances of independent numbers add up, 64 times 1. The standard deviation is the root of that.",
    ),
    (
        "the T is divided out the wrong way",
        {"crossing": 32.0},
        "2 T T H = 8 T H H: divide both sides by 2 T H.",
    ),
    (
        "one of the two products is left out",
        {"crossing": 1024.0},
        "Attention needs T T H products for the scores and as many for the contexts: 2 T T H = 8 T H H.",
    ),
    (
        "the LSTM's product with x is left out",
        {"crossing": 256.0},
        "Two matrices of H times 4H meet each step, one for x and one for h: 8 H H.",
    ),
    (
        "one gate in place of four",
        {"crossing": 128.0},
        "The LSTM has four layers, each with two matrices of H times H: 8 H H per step.",
    ),
]
