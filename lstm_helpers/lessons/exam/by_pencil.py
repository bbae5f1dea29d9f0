"""The numbers of the pencil question of lesson 13 with those that slips give, and the essay that is to be marked."""

from dataclasses import dataclass
from typing import NamedTuple

from lstm_helpers import wording

PARAKEET = 640  # units in each layer of its prediction network
PARAMETERS = "Per layer: weight_ih (4H, D), weight_hh (4H, H), and two biases (4H,). Then both layers."
CARRIED = "Each layer carries h and c to the next step, H numbers each."
PRODUCTS = "A matrix times a vector takes one multiplication for each entry of the matrix; there are two in each layer."
ONE_BIAS = "One layer, with the bias counted once: 4H (D + H + 1)."
ROWS = "A bias has a number for each row of the matrices: 4H."
GATES = "i, f, g and o are made anew at each step."


@dataclass(frozen=True)
class Given:
    """The number that the question gives: so many units has each of the two layers, and so many numbers it reads."""

    H: int = PARAKEET

    def counted(self, *, layers=2, rows=4, biases=2, states=2):
        """The numbers of the question, or of a slip in it. rows: layers of weights in a cell, 4 in an LSTM."""
        matrices = rows * self.H * 2 * self.H
        return {
            "parameters": layers * (matrices + biases * rows * self.H),
            "carried": layers * states * self.H,
            "products": layers * matrices,
            "one_bias": matrices + rows * self.H,
        }

    def work_out(self, **given):
        """The numbers of the question; ``given`` takes the place of what is right."""
        return {**self.counted(), **given}

    def _only(self, *names, **options):
        """Some of the numbers, as a slip gives them."""
        other = self.counted(**options)
        return {name: other[name] for name in names}

    def slips(self):
        """Of parakeet_by_pencil: (name, the numbers that it changes, advice) of each."""
        H, right, changed = self.H, self.counted(), self._only
        return [
            ("one layer is counted, not two", changed("parameters", "carried", "products", layers=1),
             "Two layers are stacked."),
            ("the parameters of one layer", changed("parameters", layers=1), f"That is one layer. {PARAMETERS}"),
            ("half of what is carried: h alone, or one layer alone", changed("carried", states=1), CARRIED),
            ("h of one layer alone is carried", {"carried": H},
             f"There are two layers, with two states each. {CARRIED}"),
            ("half of the multiplications: one matrix alone, or one layer alone", changed("products", layers=1),
             PRODUCTS),
            ("one of the four layers of a cell", changed("parameters", "products", "one_bias", rows=1),
             "Three gates and the candidate have weights: the matrices have 4H rows."),
            ("three gates, and no candidate", changed("parameters", "products", "one_bias", rows=3),
             "The candidate has weights, too: 4H rows. Three layers are a GRU."),
            ("one bias in the parameters", changed("parameters", biases=1),
             f"torch keeps two biases in each layer. {PARAMETERS}"),
            ("no bias in the parameters", changed("parameters", biases=0), f"Biases are parameters. {PARAMETERS}"),
            ("no bias in the layer with one", {"one_bias": right["products"] // 2},
             f"The one bias that is left has 4H numbers. {ONE_BIAS}"),
            ("both layers with one bias", {"one_bias": 2 * right["one_bias"]}, f"One layer is asked there. {ONE_BIAS}"),
            ("a bias of H numbers in the layer with one", {"one_bias": right["products"] // 2 + H}, ROWS),
            ("two biases in the layer with one", {"one_bias": right["parameters"] // 2},
             f"That is torch's layer. {ONE_BIAS}"),
            ("biases of H numbers", {"parameters": right["products"] + 4 * H}, ROWS),
            ("weight_hh is not counted",
             {"parameters": 2 * 4 * H * (H + 2), "products": 2 * 4 * H * H, "one_bias": 4 * H * (H + 1)},
             "Each layer has two matrices: one for its input, one for its own state."),
            ("the biases are multiplied, too", {"products": right["parameters"]}, f"A bias is added. {PRODUCTS}"),
            ("one bias is multiplied", {"products": 2 * right["one_bias"]}, f"A bias is added. {PRODUCTS}"),
            ("additions are counted as well", {"products": 2 * right["products"]},
             f"Multiplications alone are asked. {PRODUCTS}"),
            ("the gates of a step are carried", {"carried": right["carried"] + 2 * 4 * H}, f"{GATES} {CARRIED}"),
            ("four values per unit are carried", {"carried": 4 * 2 * H}, f"{GATES} {CARRIED}"),
            ("the second layer reads input and state of the first",
             {"parameters": right["parameters"] + 4 * H * H, "products": right["products"] + 4 * H * H},
             f"The second layer reads h of the first, {H} numbers, in place of the input."),
        ]  # fmt: skip

    def texts(self):
        """What of these numbers stands in the question, in its hints and in its solution."""
        H, rows, right = self.H, 4 * self.H, self.counted()
        whose = "Parakeet" if self.H == PARAKEET else "a relative of Parakeet"
        return [
            f"The prediction network of {whose}, which turns speech into text, is **two stacked LSTM layers of "
            f"{wording.count(H, 'unit')}**. The first one reads {wording.count(H, 'number')} per step",
            f"with D = H = {H}.",
            f"# a layer: 4 * {H} rows, in each {H} + {H} weights and two biases: "
            f"{rows} * {2 * H + 2} = {right['parameters'] // 2:,}.",
            f"2 * 2 * {H}. products: two layers, 2 * {rows} * {2 * H}.",
            f"# one bias: {rows} * {2 * H + 1}",
            *(f'    "{name}": {number:_},' for name, number in right.items()),
        ]


GIVEN = Given()
OTHERS = [Given(H) for H in (320, 360, 440, 480, 520, 560, 680, 720, 880, 960)]  # no slip is a right number rounded


class Sentence(NamedTuple):
    """A sentence of the essay: what it says, whether that is right, and why, told when it was misjudged."""

    text: str
    right: bool
    why: str


ESSAY = {
    "s1": Sentence(
        "An LSTM is a recurrent network: at each step it reads an input together with its own states of the step "
        "before.",
        True,
        "That is what recurrent means: the states that a step leaves are read by the next one.",
    ),
    "s2": Sentence(
        "It was introduced in 1997, because a plain RNN has no memory: each of its outputs depends on the present "
        "input alone.",
        False,
        "The year is right, the reason is not. A plain RNN has a state, and with it a memory. What it lacks is the "
        "training signal from far back.",
    ),
    "s3": Sentence(
        "In a plain RNN, the gradient over many steps is a product of one factor per step, so that it shrinks or grows "
        "exponentially with the distance.",
        True,
        "This is vanishing and exploding in one sentence, with the reason.",
    ),
    "s4": Sentence(
        "The cell state is the memory; the hidden state is the output of the step, and the gates of the next step read "
        "it.",
        True,
        "Both states have their own work here: c is kept, h is shown, and the gates read x and h.",
    ),
    "s5": Sentence(
        "The forget gate is a sigmoid of the input and the hidden state; where it is 1, the old cell state is erased.",
        False,
        "The gate multiplies the old cell state: at 1 all of it is kept, at 0 it is erased. The name leads astray.",
    ),
    "s6": Sentence(
        "The input gate puts the input and the hidden state through a tanh, which gives the new values to be stored.",
        False,
        "That is the candidate. The input gate is a sigmoid, and says how much of the candidate is added.",
    ),
    "s7": Sentence(
        "The new cell state is $c_t = f_t \\odot c_{t-1} + i_t \\odot g_t$: a part of the old one, and a part of the "
        "candidate.",
        True,
        "This is the cell update, and each term is explained.",
    ),
    "s8": Sentence(
        "The hidden state is $h_t = \\tanh(o_t \\odot c_t)$, so that it lies between -1 and 1.",
        False,
        "It does lie between -1 and 1, but the tanh belongs around c alone: the gate scales what has been squashed.",
    ),
    "s9": Sentence(
        "On the direct path from $c_{t-1}$ to $c_t$ stands neither a matrix nor a tanh: there the gradient is "
        "multiplied by the forget gate.",
        True,
        "The derivative of f * c_prev + i * g along this path is f. The tanh stands on the way to h.",
    ),
    "s10": Sentence(
        "For this reason gradients cannot vanish in an LSTM, however long the sequence is.",
        False,
        "Vanishing is reduced, and not abolished: a product of forget gates below 1 shrinks as well.",
    ),
    "s11": Sentence(
        "If the forget gate is 0.9 at each step, about a third of the gradient is left on this path after ten steps.",
        True,
        "Work it out: 0.9 to the power of 10 is 0.35.",
    ),
    "s12": Sentence(
        "A bidirectional LSTM reads the sequence from both ends, and therefore suits live captions, where each word "
        "has to appear as soon as it is spoken.",
        False,
        "Its first half is right. But the backward direction starts at the last step, and of live speech that is not "
        "there yet.",
    ),
}  # fmt: skip


def marks(outputs, cases, points):
    """One point less for each sentence that is misjudged: (points, what is said, the cause or "")."""
    (given,) = outputs
    if strange := [name for name in ESSAY if given[name] not in (0, 1)]:
        return 0, f"{strange[0]} is {float(given[strange[0]]):g}: write True or False.", "neither True nor False"
    wrong = [name for name, sentence in ESSAY.items() if bool(given[name]) != sentence.right]
    if not wrong:
        return points, f"All {len(ESSAY)} sentences are judged as they deserve.", ""
    name, more = wrong[0], len(wrong) - 1
    sentence, number = ESSAY[name], name[1:]
    verdict = "is right, and you marked it as wrong" if sentence.right else "is wrong, and you marked it as right"
    others = f" {'One more is' if more == 1 else f'{more} more are'} misjudged." if more else ""
    cause = f"sentence {number} is {'right, and marked as wrong' if sentence.right else 'wrong, and marked as right'}"
    alike = ""
    if len({bool(given[each]) for each in ESSAY}) == 1:
        cause, alike = "all sentences are marked alike", "All sentences are marked alike. "
    return max(0, points - len(wrong)), f"{alike}Sentence {number} {verdict}. {sentence.why}{others}", cause
