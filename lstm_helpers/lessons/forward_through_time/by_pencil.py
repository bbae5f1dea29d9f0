"""The numbers of the pencil question of lesson 5, and what slips change in them."""

from dataclasses import dataclass

COUNTED_ONCE = "One @ does the step for all B sequences, and each step is done once: B does not count."
TORCH = "torch keeps what the course keeps, and one bias more, bias_hh, with 4H numbers."
PADDING = "The fraction is padding / all steps: of T * B steps, all that are not real."


@dataclass(frozen=True)
class Given:
    """The numbers that the question gives: the sizes of the network, and how long its sequences are."""

    D: int = 10
    H: int = 20
    lengths: tuple = (50, 40, 30, 20)

    def work_out(self, **given):
        """The numbers of the question: parameters of both layers, calls of @, and the fraction of padding; ``given``
        takes the place of what is right."""
        one, T = 4 * self.H * (self.D + self.H + 1), max(self.lengths)
        return {
            "parameters": one,
            "in_torch": one + 4 * self.H,
            "products_by_gate": 8 * T,
            "products_fused": T + 1,
            "padding": 1 - sum(self.lengths) / (T * len(self.lengths)),
            **given,
        }

    def slips(self):
        """Of pencil_counts: (name, the numbers that it changes, advice) of each."""
        D, H, T, B = self.D, self.H, max(self.lengths), len(self.lengths)
        one, torch, *_, share = self.work_out().values()
        weights, real, steps = one - 4 * H, sum(self.lengths), T * B
        empty, shorter = steps - real, sum(n < T for n in self.lengths)
        layers = f"W_x is (D, 4H), W_h (H, 4H), b (4H,): {4 * H * D} + {4 * H * H} + {4 * H}."
        by_gate = f"Four layers, two products each, at each of {T} steps."
        fused = f"One product before the loop, for the inputs of all steps, and one for h at each of {T} steps."
        return [
            (
                "the bias is not counted",
                {"parameters": one - 4 * H, "in_torch": torch - 4 * H},
                "b has 4H numbers, and they are parameters too.",
            ),
            (
                "one gate is counted, not four",
                {"parameters": one // 4, "in_torch": torch // 4},
                "All four layers have weights: W_x is (D, 4H), W_h (H, 4H), b (4H,).",
            ),
            ("torch has one bias", {"in_torch": one}, "torch keeps bias_ih and bias_hh, 4H numbers each."),
            (
                "torch's second bias has H numbers",
                {"in_torch": one + H},
                "bias_hh has one number for each pre-activation: 4H.",
            ),
            (
                "one product per gate",
                {"products_by_gate": 4 * T},
                "Each layer multiplies twice: x by W_x and h by W_h.",
            ),
            (
                "each sequence is counted",
                {"products_by_gate": 8 * T * B, "products_fused": (T + 1) * B},
                "One @ does the step for all B sequences: B does not count.",
            ),
            (
                "each sequence is counted, gate by gate",
                {"products_by_gate": 8 * T * B},
                "One @ does the step for all B sequences: B does not count.",
            ),
            (
                "the real steps of all sequences are counted",
                {"products_by_gate": 8 * real, "products_fused": real + 1},
                f"One @ does a step for all B sequences, padding included: there are T = {T} steps.",
            ),
            (
                "the inputs are multiplied at every step, and once before the loop",
                {"products_fused": 2 * T + 1},
                "The product before the loop does the inputs of all steps: in the loop only h is left.",
            ),
            (
                "the inputs are multiplied at every step",
                {"products_fused": 2 * T},
                "All inputs are there before the loop: one product for all steps.",
            ),
            (
                "the product before the loop is not counted",
                {"products_fused": T},
                "One product for each step, and one before the loop.",
            ),
            (
                "the padding is divided by the real steps",
                {"padding": empty / real},
                "The fraction is that of all T times B steps, the padding included.",
            ),
            (
                "the share of real steps",
                {"padding": real / steps},
                f"{real / steps:g} of the array is real: the padding is the rest.",
            ),
            ("W_h is not counted", {"parameters": one - 4 * H * H, "in_torch": torch - 4 * H * H}, layers),
            ("W_h is not counted in the course's parameters", {"parameters": one - 4 * H * H}, layers),
            (
                "W_x is not counted",
                {"parameters": one - 4 * H * D, "in_torch": torch - 4 * H * D},
                f"W_x or W_h is too small: {layers}",
            ),
            (
                "W_x is not counted in the course's parameters",
                {"parameters": one - 4 * H * D},
                f"W_x or W_h is too small: {layers}",
            ),
            (
                "three layers are counted, not four",
                {"parameters": one // 4 * 3, "in_torch": torch // 4 * 3},
                "An LSTM has four layers, i, f, g, o; three is a GRU.",
            ),
            (
                "three layers are counted in the course's parameters",
                {"parameters": one // 4 * 3},
                "An LSTM has four layers, i, f, g, o; three is a GRU.",
            ),
            (
                "the bias is counted for one layer alone",
                {"parameters": weights + H, "in_torch": weights + 2 * H},
                layers,
            ),
            ("the bias is counted for one layer alone, torch's is right", {"parameters": weights + H}, layers),
            ("the bias is not counted in the course's parameters", {"parameters": weights}, layers),
            ("no bias is counted, in torch either", {"parameters": weights, "in_torch": weights}, f"{layers} {TORCH}"),
            (
                "W_x is counted as large as W_h",
                {"parameters": 8 * H * H + 4 * H, "in_torch": 8 * H * H + 8 * H},
                layers,
            ),
            ("W_x is counted as large as W_h in the course's parameters", {"parameters": 8 * H * H + 4 * H}, layers),
            (
                "the course has two biases",
                {"parameters": torch},
                "Two biases are torch's: the course has one b, 4H numbers.",
            ),
            ("one bias too many in both", {"parameters": torch, "in_torch": torch + 4 * H}, f"{layers} {TORCH}"),
            ("torch has everything twice", {"in_torch": 2 * one}, TORCH),
            ("torch has no bias", {"in_torch": weights}, TORCH),
            ("torch has three biases", {"in_torch": torch + 4 * H}, TORCH),
            ("torch's number is that of one layer", {"in_torch": torch // 4}, TORCH),
            ("the two counts of parameters are exchanged", {"parameters": torch, "in_torch": one}, TORCH),
            (
                "one layer is counted in the course's parameters",
                {"parameters": one // 4},
                "All four layers have weights: times 4.",
            ),
            (
                "each sequence has its own weights",
                {"parameters": B * one, "in_torch": B * torch},
                "The weights are the same for all sequences: B does not count.",
            ),
            (
                "each sequence has its own weights in the course's parameters",
                {"parameters": B * one},
                "The weights are the same for all sequences: B does not count.",
            ),
            (
                "each step has its own weights",
                {"parameters": T * one, "in_torch": T * torch},
                "The weights are the same at every step: T does not count.",
            ),
            (
                "each step has its own weights in the course's parameters",
                {"parameters": T * one},
                "The weights are the same at every step: T does not count.",
            ),
            (
                "D is counted once, not 4H times",
                {"parameters": weights - 4 * H * D + D + 4 * H, "in_torch": weights - 4 * H * D + D + 8 * H},
                "4H (D + H + 1): mind the brackets, all three have 4H columns.",
            ),
            (
                "D is counted once, not 4H times, in the course's parameters",
                {"parameters": weights - 4 * H * D + D + 4 * H},
                "4H (D + H + 1): mind the brackets, all three have 4H columns.",
            ),
            (
                "one step is counted",
                {"products_by_gate": 8},
                f"The whole run has T = {T} steps: 8 products at each of them.",
            ),
            (
                "one step is counted in both",
                {"products_by_gate": 8, "products_fused": 2},
                f"The whole run has T = {T} steps. {fused}",
            ),
            ("the real steps of all sequences are counted, gate by gate", {"products_by_gate": 8 * real}, COUNTED_ONCE),
            (
                "each sequence is counted, and one product per gate",
                {"products_by_gate": 4 * T * B},
                f"{by_gate} One @ does all B sequences.",
            ),
            ("two products at each step, not eight", {"products_by_gate": 2 * T}, by_gate),
            ("one product at each step, gate by gate", {"products_by_gate": T}, by_gate),
            (f"{T - 1} steps, gate by gate", {"products_by_gate": 8 * (T - 1)}, by_gate),
            (
                "one product too many, gate by gate",
                {"products_by_gate": 8 * T + 1},
                f"{by_gate} Nothing is done before the loop.",
            ),
            (
                "a product for each of the two biases as well",
                {"products_by_gate": 12 * T},
                f"{by_gate} A bias is added, without @.",
            ),
            (
                "three layers, gate by gate",
                {"products_by_gate": 6 * T},
                "An LSTM has four layers, i, f, g, o, each with two products at each step.",
            ),
            (
                "everything twice, gate by gate",
                {"products_by_gate": 16 * T, "products_fused": 2 * (T + 1)},
                f"{by_gate} {fused}",
            ),
            ("one product too many in the loop", {"products_fused": T + 2}, fused),
            ("one product in all", {"products_fused": 1}, fused),
            ("one step of the fused run is counted", {"products_fused": 2}, fused),
            (
                "four products at each step of the fused run",
                {"products_fused": 4 * T},
                f"W_h holds all four layers, and B does not count. {fused}",
            ),
            (
                "four products at each step of the fused run, and one before",
                {"products_fused": 4 * T + 1},
                f"W_h holds all four layers, and B does not count. {fused}",
            ),
            ("each sequence of the fused run is counted", {"products_fused": (T + 1) * B}, COUNTED_ONCE),
            ("the real steps of the fused run are counted", {"products_fused": real}, COUNTED_ONCE),
            (
                "the real steps of the fused run are counted, and one product before",
                {"products_fused": real + 1},
                COUNTED_ONCE,
            ),
            (f"{T - 1} steps in the fused run", {"products_fused": T - 1}, fused),
            ("the fused run has as many products", {"products_fused": 8 * T}, fused),
            (
                "the two counts of products are exchanged",
                {"products_by_gate": T + 1, "products_fused": 8 * T},
                f"Gate by gate needs more: {by_gate}",
            ),
            (
                "the steps of padding, not their fraction",
                {"padding": empty},
                f"{empty} steps are padding: divide by all T * B = {steps}.",
            ),
            (
                "per cent, not a fraction",
                {"padding": 100 * share},
                f"A fraction is asked: {100 * share:g} per cent is {share:g}.",
            ),
            ("the share of real steps in per cent", {"padding": 100 * real / steps}, PADDING),
            ("the real steps, not the fraction of the others", {"padding": real}, PADDING),
            ("all steps by the padding", {"padding": steps / empty}, PADDING),
            ("real steps by padding", {"padding": real / empty}, PADDING),
            (
                "the padding of the shortest sequence alone",
                {"padding": 1 - min(self.lengths) / T},
                f"All {B} sequences count: ({' + '.join(str(T - n) for n in self.lengths)}) of {steps} steps.",
            ),
            ("the padding is divided by twice the steps", {"padding": share / 2}, PADDING),
            ("the padding is divided by T alone", {"padding": empty / T}, f"Divide by all T * B = {steps} steps."),
            (
                f"{shorter / B:g} for the padding",
                {"padding": shorter / B},
                f"{shorter} of {B} sequences are padded, but steps are counted: {empty} of {steps}.",
            ),
        ]

    def texts(self):
        """What of these numbers stands in the question, in its hints and in its solution."""
        D, H, T, B = self.D, self.H, max(self.lengths), len(self.lengths)
        right, real = self.work_out(), sum(self.lengths)
        *most, last = self.lengths
        reads = f"reads $B = {B}$ sequences of {', '.join(map(str, most))} and {last} steps, padded to $T = {T}$."
        return [
            f"An LSTM with $D = {D}$ and $H = {H}$ {reads}",
            f"`torch.nn.LSTM({D}, {H})`",
            f"the sequences have {' + '.join(map(str, self.lengths))}.",
            f'"parameters": {right["parameters"]},  # {D} * {4 * H} + {H} * {4 * H} + {4 * H}',
            f'"in_torch": {right["in_torch"]},  # and {4 * H} more',
            f'"products_by_gate": {right["products_by_gate"]},  # 8 at each of {T} steps',
            f'"products_fused": {right["products_fused"]},',
            f'"padding": {right["padding"]:g},  # {T * B - real} of {T * B}',
        ]


GIVEN = Given()
OTHERS = [  # such that no two slips make the same numbers
    Given(12, 30, (40, 30, 25, 15, 10)),
    Given(15, 24, (60, 42, 36, 24, 18)),
    Given(14, 25, (80, 60, 40, 30, 30)),
    Given(18, 32, (25, 25, 20, 15, 10, 10)),
    Given(6, 40, (45, 36, 30, 24, 18)),
    Given(16, 36, (30, 27, 24, 18, 15, 12)),
]
