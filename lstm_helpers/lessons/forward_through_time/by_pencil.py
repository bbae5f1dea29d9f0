"""The numbers of the pencil question of lesson 5, and what slips change in them."""


def counted(D=10, H=20, T=50, lengths=(50, 40, 30, 20)):
    """The numbers of the question: parameters of both layers, calls of @, and the fraction of padding."""
    one = D * 4 * H + H * 4 * H + 4 * H
    return {
        "parameters": one,
        "in_torch": one + 4 * H,
        "products_by_gate": 8 * T,
        "products_fused": T + 1,
        "padding": 1 - sum(lengths) / (T * len(lengths)),
    }


RIGHT = counted()

COUNTED_ONCE = "One @ does the step for all B sequences, and each step is done once: B does not count."
LAYERS = "W_x is (D, 4H), W_h (H, 4H), b (4H,): 800 + 1600 + 80."
TORCH = "torch keeps what the course keeps, and one bias more, bias_hh, with 4H numbers."
BY_GATE = "Four layers, two products each, at each of 50 steps."
FUSED = "One product before the loop, for the inputs of all steps, and one for h at each of 50 steps."
PADDING = "The fraction is padding / all steps: of T * B steps, all that are not real."

SLIPS = [  # of pencil_counts: (name, the numbers that it changes, advice)
    (
        "the bias is not counted",
        {"parameters": RIGHT["parameters"] - 80, "in_torch": RIGHT["in_torch"] - 80},
        "b has 4H numbers, and they are parameters too.",
    ),
    (
        "one gate is counted, not four",
        {"parameters": 620, "in_torch": 640},
        "All four layers have weights: W_x is (D, 4H), W_h (H, 4H), b (4H,).",
    ),
    ("torch has one bias", {"in_torch": RIGHT["parameters"]}, "torch keeps bias_ih and bias_hh, 4H numbers each."),
    (
        "torch's second bias has H numbers",
        {"in_torch": RIGHT["parameters"] + 20},
        "bias_hh has one number for each pre-activation: 4H.",
    ),
    ("one product per gate", {"products_by_gate": 200}, "Each layer multiplies twice: x by W_x and h by W_h."),
    (
        "each sequence is counted",
        {"products_by_gate": 1600, "products_fused": 204},
        "One @ does the step for all B sequences: B does not count.",
    ),
    (
        "each sequence is counted, gate by gate",
        {"products_by_gate": 1600},
        "One @ does the step for all B sequences: B does not count.",
    ),
    (
        "the real steps of all sequences are counted",
        {"products_by_gate": 1120, "products_fused": 141},
        "One @ does a step for all B sequences, padding included: there are T = 50 steps.",
    ),
    (
        "the inputs are multiplied at every step, and once before the loop",
        {"products_fused": 101},
        "The product before the loop does the inputs of all steps: in the loop only h is left.",
    ),
    (
        "the inputs are multiplied at every step",
        {"products_fused": 100},
        "All inputs are there before the loop: one product for all steps.",
    ),
    (
        "the product before the loop is not counted",
        {"products_fused": 50},
        "One product for each step, and one before the loop.",
    ),
    (
        "the padding is divided by the real steps",
        {"padding": 60 / 140},
        "The fraction is that of all T times B steps, the padding included.",
    ),
    ("the share of real steps", {"padding": 0.7}, "0.7 of the array is real: the padding is the rest."),
    ("W_h is not counted", {"parameters": 880, "in_torch": 960}, LAYERS),
    ("W_h is not counted in the course's parameters", {"parameters": 880}, LAYERS),
    ("W_x is not counted", {"parameters": 1680, "in_torch": 1760}, f"W_x or W_h is too small: {LAYERS}"),
    ("W_x is not counted in the course's parameters", {"parameters": 1680}, f"W_x or W_h is too small: {LAYERS}"),
    (
        "three layers are counted, not four",
        {"parameters": 1860, "in_torch": 1920},
        "An LSTM has four layers, i, f, g, o; three is a GRU.",
    ),
    (
        "three layers are counted in the course's parameters",
        {"parameters": 1860},
        "An LSTM has four layers, i, f, g, o; three is a GRU.",
    ),
    ("the bias is counted for one layer alone", {"parameters": 2420, "in_torch": 2440}, LAYERS),
    ("the bias is counted for one layer alone, torch's is right", {"parameters": 2420}, LAYERS),
    ("the bias is not counted in the course's parameters", {"parameters": 2400}, LAYERS),
    ("no bias is counted, in torch either", {"parameters": 2400, "in_torch": 2400}, f"{LAYERS} {TORCH}"),
    ("W_x is counted as large as W_h", {"parameters": 3280, "in_torch": 3360}, LAYERS),
    ("W_x is counted as large as W_h in the course's parameters", {"parameters": 3280}, LAYERS),
    ("the course has two biases", {"parameters": 2560}, "Two biases are torch's: the course has one b, 4H numbers."),
    ("one bias too many in both", {"parameters": 2560, "in_torch": 2640}, f"{LAYERS} {TORCH}"),
    ("torch has everything twice", {"in_torch": 4960}, TORCH),
    ("torch has no bias", {"in_torch": 2400}, TORCH),
    ("torch has three biases", {"in_torch": 2640}, TORCH),
    ("torch's number is that of one layer", {"in_torch": 640}, TORCH),
    ("the two counts of parameters are exchanged", {"parameters": 2560, "in_torch": 2480}, TORCH),
    ("one layer is counted in the course's parameters", {"parameters": 620}, "All four layers have weights: times 4."),
    (
        "each sequence has its own weights",
        {"parameters": 9920, "in_torch": 10240},
        "The weights are the same for all sequences: B does not count.",
    ),
    (
        "each sequence has its own weights in the course's parameters",
        {"parameters": 9920},
        "The weights are the same for all sequences: B does not count.",
    ),
    (
        "each step has its own weights",
        {"parameters": 124000, "in_torch": 128000},
        "The weights are the same at every step: T does not count.",
    ),
    (
        "each step has its own weights in the course's parameters",
        {"parameters": 124000},
        "The weights are the same at every step: T does not count.",
    ),
    (
        "D is counted once, not 4H times",
        {"parameters": 1690, "in_torch": 1770},
        "4H (D + H + 1): mind the brackets, all three have 4H columns.",
    ),
    (
        "D is counted once, not 4H times, in the course's parameters",
        {"parameters": 1690},
        "4H (D + H + 1): mind the brackets, all three have 4H columns.",
    ),
    ("one step is counted", {"products_by_gate": 8}, "The whole run has T = 50 steps: 8 products at each of them."),
    (
        "one step is counted in both",
        {"products_by_gate": 8, "products_fused": 2},
        f"The whole run has T = 50 steps. {FUSED}",
    ),
    ("the real steps of all sequences are counted, gate by gate", {"products_by_gate": 1120}, COUNTED_ONCE),
    (
        "each sequence is counted, and one product per gate",
        {"products_by_gate": 800},
        f"{BY_GATE} One @ does all B sequences.",
    ),
    ("two products at each step, not eight", {"products_by_gate": 100}, BY_GATE),
    ("one product at each step, gate by gate", {"products_by_gate": 50}, BY_GATE),
    ("49 steps, gate by gate", {"products_by_gate": 392}, BY_GATE),
    ("one product too many, gate by gate", {"products_by_gate": 401}, f"{BY_GATE} Nothing is done before the loop."),
    (
        "a product for each of the two biases as well",
        {"products_by_gate": 600},
        f"{BY_GATE} A bias is added, without @.",
    ),
    (
        "three layers, gate by gate",
        {"products_by_gate": 300},
        "An LSTM has four layers, i, f, g, o, each with two products at each step.",
    ),
    ("everything twice, gate by gate", {"products_by_gate": 800, "products_fused": 102}, f"{BY_GATE} {FUSED}"),
    ("one product too many in the loop", {"products_fused": 52}, FUSED),
    ("one product in all", {"products_fused": 1}, FUSED),
    ("one step of the fused run is counted", {"products_fused": 2}, FUSED),
    (
        "four products at each step of the fused run",
        {"products_fused": 200},
        f"W_h holds all four layers, and B does not count. {FUSED}",
    ),
    (
        "four products at each step of the fused run, and one before",
        {"products_fused": 201},
        f"W_h holds all four layers, and B does not count. {FUSED}",
    ),
    ("each sequence of the fused run is counted", {"products_fused": 204}, COUNTED_ONCE),
    ("the real steps of the fused run are counted", {"products_fused": 140}, COUNTED_ONCE),
    ("the real steps of the fused run are counted, and one product before", {"products_fused": 141}, COUNTED_ONCE),
    ("49 steps in the fused run", {"products_fused": 49}, FUSED),
    ("the fused run has as many products", {"products_fused": 400}, FUSED),
    (
        "the two counts of products are exchanged",
        {"products_by_gate": 51, "products_fused": 400},
        f"Gate by gate needs more: {BY_GATE}",
    ),
    ("the steps of padding, not their fraction", {"padding": 60}, "60 steps are padding: divide by all T * B = 200."),
    ("per cent, not a fraction", {"padding": 30}, "A fraction is asked: 30 per cent is 0.3."),
    ("the share of real steps in per cent", {"padding": 70}, PADDING),
    ("the real steps, not the fraction of the others", {"padding": 140}, PADDING),
    ("all steps by the padding", {"padding": 200 / 60}, PADDING),
    ("real steps by padding", {"padding": 140 / 60}, PADDING),
    (
        "the padding of the shortest sequence alone",
        {"padding": 0.6},
        "All four sequences count: (0 + 10 + 20 + 30) of 200 steps.",
    ),
    ("the padding is divided by twice the steps", {"padding": 0.15}, PADDING),
    ("the padding is divided by T alone", {"padding": 1.2}, "Divide by all T * B = 200 steps."),
    ("0.75 for the padding", {"padding": 0.75}, "3 of 4 sequences are padded, but steps are counted: 60 of 200."),
]
