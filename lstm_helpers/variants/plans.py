"""What a variant turns in each exercise of the course, and what of the text has to be edited by hand for it."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from lstm_helpers.variants.turns import Turn

BLOCKED = {  # arrays that hold a block for each layer, and along which axis
    **dict.fromkeys(("W_x", "W_h", "b", "W", "z_x", "dz", "gates", "dW_x", "dW_h", "db", "a", "result"), -1),
    **dict.fromkeys(("W_ih", "W_hh", "b_ih", "b_hh"), 0),
}
LSTM, GRU = "ifgo", "rzn"
ORDERS = {  # those that a class may get
    LSTM: [order for order in map("".join, itertools.permutations(LSTM)) if order[0] != "i"],
    GRU: ["zrn", "nrz", "nzr"],  # both gates side by side
}
CALLED = {"i": "input gate", "f": "forget gate", "g": "candidate", "o": "output gate",
          "r": "reset gate", "z": "update gate", "n": "candidate"}  # fmt: skip
ANY = None  # any other order of the results


@dataclass(frozen=True)
class Plan:
    """What is turned in one exercise.

    layers: {check: the course's layers} of those whose arrays hold a block for each; alike: those among them whose
    right answer is the same in every order, which is no turn; returns: {check: the ways in which its results may be
    asked for, or ANY}; edits(drawn): the (old, new) texts that have to be changed by hand.
    """

    layers: dict = field(default_factory=dict)
    alike: tuple = ()
    returns: dict = field(default_factory=dict)
    edits: Callable = lambda drawn: ()


@dataclass
class Drawn:
    """A Plan with what was drawn for one variant: the order of the layers, and the Turn of each check."""

    plan: Plan
    orders: dict
    turns: dict
    edits: list = field(default_factory=list)
    used: set = field(default_factory=set)  # edits whose text was found

    @property
    def returned(self):
        """{check: Turn} of those whose results are in another order than that of the layers."""
        return {n: t for n, t in self.turns.items() if t.returned and set(t.asked) != set(t.layers)}

    def layers_of(self, name):
        """The layers that a text of this check may name in their order; outside of the questions the LSTM's."""
        return self.plan.layers.get(name, "" if name else next(iter(self.orders), ""))

    def at(self, layer, layers=LSTM):
        """The number of a layer in the variant's order."""
        return self.orders[layers].index(layer)

    def listed(self, values, layers=LSTM):
        """Values, one for each of the course's layers, in the variant's order."""
        return [values[layers.index(layer)] for layer in self.orders[layers]]


UNTURNED = Drawn(Plan(), {}, {})


def draw(sheet, seed):
    """The Drawn of one of the course's Sheets: each exercise has numbers of its own, so that a change of one moves no
    other's."""
    plan = PLANS[sheet.exercise]
    rng = np.random.default_rng([seed, *sheet.exercise.encode()])
    orders = {layers: str(rng.choice(ORDERS[layers])) for layers in dict.fromkeys(plan.layers.values())}
    turns = {}
    for name in {**plan.layers, **plan.returns}:
        returns, layers = sheet.checks[name].returns, plan.layers.get(name, "")
        asked = returns
        if set(returns) == set(layers):
            asked = tuple(orders[layers])
        elif name in plan.returns:
            asked = _other_order(rng, returns, plan.returns[name])
        if name in plan.alike:
            layers = ""
        turn = Turn(returns, asked, layers, orders.get(layers, ""), BLOCKED if layers else {})
        if turn.reordered or turn.returned:
            turns[name] = turn
    drawn = Drawn(plan, orders, turns)
    drawn.edits = list(plan.edits(drawn))
    return drawn


def _other_order(rng, returns, ways):
    ways = ways or [way for way in itertools.permutations(returns) if way != returns]
    return ways[rng.integers(len(ways))]


# ---- the exercises --------------------------------------------------------------------------------------------------


def _gates(drawn):
    order, gru = drawn.orders[LSTM], drawn.orders[GRU]
    foreign = ", ".join(drawn.listed("iofg")).replace("g", "c")
    first = gru[0] == "n"
    cut = "slice(H, 3 * H), slice(0, H)" if first else "slice(0, 2 * H), slice(2 * H, 3 * H)"
    gates = [layer for layer in gru if layer != "n"]
    of_n = ": H" if first else "2 * H :"
    which = "second and the third" if first else "first and the second"
    blocks = {"i": 1.0, "f": 2.0, "g": 3.0, "o": 4.0}
    shown = [blocks[layer] for layer in drawn.listed("iofg")]
    return [
        ("It stores the four layers of an LSTM\nin the order **i, o, f, c**, where c is the candidate, our g.",
         f"Suppose that it stored the four layers\nof an LSTM in the order **{foreign}**, where c is the candidate, our g."),
        ("np.array([1.0, 4.0, 2.0, 3.0])))  # i is 1, o is 4, f is 2, g is 3", f"np.array({shown})))  # i is 1, f is 2, g is 3, o is 4"),
        ("from ONNX's order of the layers, i, o, f, c, into that of the course", f"from another order of the layers, {foreign}, into that of your sheet"),
        ("input gate, forget gate, candidate, output gate.", ", ".join(CALLED[k] for k in order) + "."),
        ("each (B, H): reset gate, update gate, candidate.", "each (B, H): " + ", ".join(CALLED[k] for k in gru) + "."),
        ("gates, new = slice(0, 2 * H), slice(2 * H, 3 * H)", f"gates, new = {cut}"),
        ("    r, z = np.split(", f"    {', '.join(gates)} = np.split("),
        ("r and z are gates as you know them, from the first and the second H columns. n needs r, so it comes last.",
         f"r and z are gates as you know them, from the {which} H columns. n needs r, so compute it last."),
        ("then @ W_h[:, 2 * H :], its own H columns", f"then @ W_h[:, {of_n}], its own H columns"),
        ("`n = np.tanh(x @ W_x[:, 2 * H :] + (r * h_prev) @ W_h[:, 2 * H :] + b[2 * H :])`",
         f"`n = np.tanh(x @ W_x[:, {of_n}] + (r * h_prev) @ W_h[:, {of_n}] + b[{of_n}])`"),
    ]  # fmt: skip


def _cell_state(drawn):
    blocks = {layer: drawn.at(layer) for layer in LSTM}
    on, off, b = (drawn.listed(row) for row in ([12.0, -12.0, 3.0, 0.0], [0.0, -12.0, 0.0, 0.0], [-6.0, 6.0, 0.0, 6.0]))
    return [
        *((f"return layer({squash}, {k}, x", f"return layer({squash}, {blocks[layer]}, x")
          for k, (layer, squash) in enumerate(zip(LSTM, ("sigmoid", "sigmoid", "np.tanh", "sigmoid"), strict=True))),
        ("for the arrays that `torch.nn.LSTMCell` keeps:", "for arrays in the shapes that `torch.nn.LSTMCell` keeps:"),
        ("on = [12.0, -12.0, 3.0, 0.0]", f"on = {on}"),
        ("off = [0.0, -12.0, 0.0, 0.0]", f"off = {off}"),
        ("b = np.array([-6.0, 6.0, 0.0, 6.0])", f"b = np.array({b})"),
    ]  # fmt: skip


def _forward(drawn):
    order = ", ".join(drawn.orders[LSTM])
    return [
        ("z_x = np.array([[9.0, -9.0, 1.0, 0.0]])", f"z_x = np.array([{drawn.listed([9.0, -9.0, 1.0, 0.0])}])"),
        ("the pair of the **last** states, as `torch.nn.LSTM`\ndoes: `return h, (h_last, c_last)`.",
         "the pair of the **last** states:\n`return (h_last, c_last), h`."),
        ("Returns h (T, B, H), 0 beyond each end, and (h_last, c_last).",
         "Returns (h_last, c_last) and h (T, B, H), 0 beyond each end."),
        ("Its gates lie in the order i, f, g, o. You\nget the four as arrays, and turn them into the three of this course.",
         f"In the four arrays that you\nget, the gates lie in the order of this sheet already, {order}. Turn them into the three of this course."),
    ]  # fmt: skip


def _backward(drawn):
    of_products = [name.removeprefix("d") for name in drawn.turns["pre_activation_backward"].asked]
    arrays = [name.removeprefix("d") for name in drawn.turns["lstm_backward"].asked]
    return [
        ("A backward function returns one gradient for each argument of its forward function, in the same order.",
         "A backward function returns one gradient for each argument of its forward function: each question says in\nwhich order."),
        ("Return one gradient for each\nargument of `cell_update(f, c_prev, i, g)`, in that order.",
         "Return one gradient for each\nargument of `cell_update(f, c_prev, i, g)`."),
        ("Return them in the order of the arguments.", "Return them in the order that the question gives."),
        ("# the shapes of x, h_prev, W_x, W_h, b", f"# the shapes of {', '.join(of_products)}"),
        ('arrays = {"x": x, "h_0": h_0, "c_0": c_0, "W_x": W_x, "W_h": W_h, "b": b}',
         f"arrays = {{{', '.join(f'{chr(34)}{name}{chr(34)}: {name}' for name in arrays)}}}"),
    ]  # fmt: skip


RUN = [(("h_last", "c_last"), "h")]
PLANS = {
    "03_gates": Plan(
        layers={"lstm_layers": LSTM, "gru_layers": GRU, "from_onnx": LSTM},
        edits=_gates,
    ),
    "04_cell_state": Plan(
        layers=dict.fromkeys(("lstm_step", "lstm_step_stacked", "torch_step", "latch"), LSTM),
        returns={"lstm_sizes": ANY},
        edits=_cell_state,
    ),
    "05_forward_through_time": Plan(
        layers=dict.fromkeys(
            ("project_inputs", "lstm_step_fused", "lstm_forward", "forward_in_two", "lstm_forward_masked",
             "lstm_forward_reset", "weights_from_torch", "torch_sgd_step"), LSTM),
        alike=("project_inputs", "weights_from_torch", "torch_sgd_step"),
        returns={
            **dict.fromkeys(("lstm_forward", "forward_in_two", "lstm_forward_masked", "lstm_forward_reset"), RUN),
            "pad": ANY, "weights_from_torch": ANY, "torch_sgd_step": ANY,
        },
        edits=_forward,
    ),
    "06_backward_through_time": Plan(
        layers=dict.fromkeys(
            ("lstm_forward_cached", "gates_backward", "pre_activation_backward", "lstm_step_backward", "lstm_backward",
             "pre_activation_gradients", "weight_gradients"), LSTM),
        alike=("pre_activation_backward", "weight_gradients"),
        returns=dict.fromkeys(
            ("hidden_update_backward", "cell_update_backward", "pre_activation_backward", "lstm_step_backward",
             "lstm_backward", "pre_activation_gradients", "weight_gradients", "coupled_update_backward",
             "gradient_agreement"), ANY),
        edits=_backward,
    ),
}  # fmt: skip
