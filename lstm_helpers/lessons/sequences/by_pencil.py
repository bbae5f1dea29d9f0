"""The numbers of the pencil question of lesson 1, and those that slips give."""

import numpy as np

SHARES = {  # how the pencil makes two numbers of the scores of a and b
    "softmax": lambda e: e / e.sum(),
    "none": lambda e: e,
    "each by the other": lambda e: e / e[::-1],
    "each by 1 more": lambda e: e / (1 + e),
}
WORTH = np.array([2.0, -1.0]), np.array([0.0, 0.5])  # W_y and b_y, for a and b


def work_out(*, z=0.6, h=None, scores=lambda h, W, b: W * h + b, power=np.exp, share="softmax", bits=None):
    """The numbers of the pencil question, or of a slip in it: state, probabilities of a and b, their prices."""
    h = np.tanh(z) if h is None else h
    p_a, p_b = p = SHARES[share](power(scores(h, *WORTH)))
    bits_a, bits_b = bits(p) if bits else -np.log2(p)
    return {"h": h, "p_a": p_a, "p_b": p_b, "bits_a": bits_a, "bits_b": bits_b}


BEFORE_THE_PRICE = {  # name: (what the pencil does, advice); several slips give the same numbers and share a name
    "tanh is missing": ({"h": 0.6}, "h = tanh(0.6), which is less than 0.6."),
    "the previous state is left out": ({"z": 0.9}, "The sum has three parts: add h_prev * W_h = 0.5 * (-0.6)."),
    "the sign of W_h is lost, or the sum is doubled": (
        {"z": 1.2},
        "W_h is -0.6: 0.8 - 0.3 + 0.1 = 0.6, and h is the tanh of that.",
    ),
    "the sum inside the tanh is not complete": (
        {"z": 0.5},
        "All three parts stand inside one tanh, the bias too: 0.8 + 0.5 * (-0.6) + 0.1 = 0.6.",
    ),
    "the bias is added after the tanh": ({"h": np.tanh(0.5) + 0.1}, "b stands inside the brackets: tanh(0.5 + 0.1)."),
    "the bias is subtracted": ({"z": 0.4}, "The bias is added: 0.8 - 0.3 + 0.1 = 0.6."),
    "the bias is added twice": ({"z": 0.7}, "0.8 - 0.3 + 0.1 is 0.6: the bias counts once."),
    "the input's part is left out": ({"z": -0.2}, "The sum has three parts: the input's is 0.8."),
    "the input's part alone": ({"z": 0.8}, "The sum has three parts: add 0.5 * (-0.6) and 0.1."),
    "h_prev is left out of its product, or the sum is halved": (
        {"z": 0.3},
        "The past's part is h_prev * W_h = 0.5 * (-0.6), and h is the tanh of the whole sum: 0.8 - 0.3 + 0.1 = 0.6.",
    ),
    "W_h is left out of its product": ({"z": 1.4}, "The past's part is a product: h_prev * W_h = 0.5 * (-0.6) = -0.3."),
    "the input is multiplied by h_prev": ({"z": 0.2}, "0.8 is x W_x already: it is added as it is."),
    "W_h multiplies more than h_prev": (
        {"z": 1.3 * -0.6 + 0.1},
        "First the product, then the sum: 0.8 + 0.5 * (-0.6) + 0.1.",
    ),
    "the bias goes into the product, or h is rounded to one decimal": (
        {"z": 0.55},
        "First the product, then the sum: 0.8 + (0.5 * (-0.6)) + 0.1. Keep four decimals on the way.",
    ),
    "the old state is added to the new": ({"h": np.tanh(0.6) + 0.5}, "The new state is tanh(0.6), and nothing more."),
    "the sigmoid in place of tanh": ({"h": 1 / (1 + np.exp(-0.6))}, "The plain RNN squashes with tanh."),
    "the tangent in place of tanh": (
        {"h": np.tan(0.6)},
        "The key is tanh, or hyp and tan: tanh(0.6) is less than 0.6.",
    ),
    "the tangent of 0.6 degrees": (
        {"h": np.tan(np.radians(0.6))},
        "The key is tanh, or hyp and tan, and has no degrees.",
    ),
    "the inverse of tanh": ({"h": np.arctanh(0.6)}, "h = tanh(0.6), which is less than 0.6: not its inverse."),
    "sinh in place of tanh": ({"h": np.sinh(0.6)}, "h = tanh(0.6): sinh divided by cosh, less than 0.6."),
    "tanh is taken twice": ({"h": np.tanh(np.tanh(0.6))}, "h = tanh(0.6), once."),
    "the slope of tanh in place of tanh": ({"h": 1 - np.tanh(0.6) ** 2}, "h = tanh(0.6) itself, not 1 - tanh²."),
    "the bias b_y is left out, or added to both scores": (
        {"scores": lambda h, W, b: W * h},
        "Only b has a bias: its score is W_y h + b_y = -h + 0.5, that of a is 2h.",
    ),
    "the bias b_y counts for a, or with a minus": (
        {"scores": lambda h, W, b: W * h - b},
        "The bias 0.5 belongs to b and is added: its score is -h + 0.5, that of a is 2h.",
    ),
    "the sign of W_y for b is lost": (
        {"scores": lambda h, W, b: np.abs(W) * h + b},
        "W_y for b is -1: its score is -h + 0.5.",
    ),
    "W_y and h are added": (
        {"scores": lambda h, W, b: W + h + b},
        "A score is a product and a bias: W_y h + b_y.",
    ),
    "the sum before the tanh in the scores": (
        {"scores": lambda h, W, b: W * 0.6 + b},
        "The scores are made from h, after the tanh: 2h and -h + 0.5.",
    ),
    "b_y is multiplied by h as well": (
        {"scores": lambda h, W, b: (W + b) * h},
        "First the product, then the bias: -h + 0.5.",
    ),
    "the two letters are exchanged, or the signs of their scores": (
        {"scores": lambda h, W, b: (W * h + b)[::-1]},
        "The score of a is 2h, that of b -h + 0.5, and softmax takes e^score: a is the likelier letter.",
    ),
    "powers of 2 in place of exponentials": (
        {"power": np.exp2},
        "Softmax takes e^score. Base 2 comes in at the price.",
    ),
    "powers of 10 in place of exponentials": (
        {"power": lambda s: 10.0**s},
        "Softmax takes e^score: the key e^x, not 10^x.",
    ),
    "the scores in place of their exponentials": (
        {"power": np.abs},
        "Softmax takes the exponential of each score, then divides by their sum.",
    ),
    "the exponentials are not divided by their sum": (
        {"share": "none"},
        "Probabilities add up to 1: divide both by their sum. A price is never negative.",
    ),
    "each exponential is divided by the other": (
        {"share": "each by the other"},
        "Below the line stands the sum of both exponentials.",
    ),
    "the sigmoid of each score": (
        {"share": "each by 1 more"},
        "Below the line stands the sum of both exponentials, not 1 and one of them. The two add up to 1.",
    ),
}
IN_THE_PRICE = {  # name: (what the pencil makes of the two probabilities, advice)
    "nats, not bits": (lambda p: -np.log(p), "Divide ln p by ln 2 = 0.6931 to get bits."),
    "the common logarithm": (
        lambda p: -np.log10(p),
        "The key 'log' of many calculators has base 10: bits need base 2.",
    ),
    "the minus sign of the price is missing": (
        np.log2,
        "The logarithm of a probability is negative, a price is positive: -log2 p.",
    ),
    "nats, and the minus sign of the price is missing": (
        np.log,
        "A price is positive, -log2 p, and -ln p is divided by ln 2 = 0.6931 to get bits.",
    ),
    "multiplied by ln 2": (
        lambda p: -np.log(p) * np.log(2),
        "ln p is divided by ln 2 = 0.6931 to get bits, not multiplied by it.",
    ),
    "divided by 2 in place of ln 2": (lambda p: -np.log(p) / 2, "ln p is divided by ln 2, which is 0.6931."),
    "each price is weighted with its probability": (
        lambda p: -p * np.log2(p),
        "What came, came: its price counts in full, -log2 p. The weights belong to the entropy.",
    ),
    "the entropy in place of two prices": (
        lambda p: 0 * p - (p * np.log2(p)).sum(),
        "Each letter has a price of its own, -log2 p: no mean of the two.",
    ),
    "the two prices are exchanged": (
        lambda p: -np.log2(p)[::-1],
        "The likelier letter costs less: bits_a is made from p_a.",
    ),
    "1 minus the probability is taken for the price": (lambda p: 1 - p, "The price is a logarithm: -log2 p."),
    "the price is not a logarithm": (
        lambda p: 1 / p,
        "1 / p is the number of even choices. Its logarithm is the price.",
    ),
    "a power in place of the logarithm": (lambda p: 2.0**-p, "The price is a logarithm: -log2 p = -ln p / 0.6931."),
    "nats for a alone": (
        lambda p: -np.log(p) / [1, np.log(2)],
        "Both prices are in bits: divide ln p_a by ln 2 = 0.6931 too.",
    ),
    "nats for b alone": (
        lambda p: -np.log(p) / [np.log(2), 1],
        "Both prices are in bits: divide ln p_b by ln 2 = 0.6931 too.",
    ),
    "the price of b is 1 minus that of a": (
        lambda p: np.array([-np.log2(p[0]), 1 + np.log2(p[0])]),
        "The probabilities add up to 1, their prices do not: -log2 p_b.",
    ),
}

TOGETHER = tuple(IN_THE_PRICE)[:5]  # slips of the price that are likely to come after another one


def slips():
    """Yield (name, numbers, advice): a slip, then two at once where nothing else gives numbers that are as good as
    theirs.
    """
    slips = [(name, work_out(**slip), advice) for name, (slip, advice) in BEFORE_THE_PRICE.items()]
    slips += [(name, work_out(bits=bits), advice) for name, (bits, advice) in IN_THE_PRICE.items()]
    yield from slips
    known = [list(numbers.values()) for numbers in (work_out(), *(numbers for _, numbers, _ in slips))]
    for name, (slip, advice) in BEFORE_THE_PRICE.items():
        for second in TOGETHER:
            bits, more = IN_THE_PRICE[second]
            numbers = work_out(**slip, bits=bits)
            row = list(numbers.values())
            if np.isfinite(row).all() and np.abs(np.array(known) - row).max(axis=1).min() > 0.03:
                known.append(row)
                yield f"{name}, and then {second}", numbers, f"{advice} {more}"
