"""What a variant turns in each exercise of the course."""

import functools
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from lstm_helpers.variants import edits
from lstm_helpers.variants.turns import Numbers, Turn

BLOCKED = {  # arrays that hold a block for each layer, and along which axis
    **dict.fromkeys(("W_x", "W_h", "b", "W", "z_x", "dz", "gates", "dW_x", "dW_h", "db", "a", "result"), -1),
    **dict.fromkeys(("W_ih", "W_hh", "b_ih", "b_hh"), 0),
}
LSTM, GRU = "ifgo", "rzn"
ORDERS = {  # those that a class may get: neither the first layer nor tanh stays where the course has it
    LSTM: [order for order in map("".join, itertools.permutations(LSTM)) if order[0] != "i" and order[2] != "g"],
    GRU: ["zrn", "nrz", "nzr"],  # both gates side by side
}
ANY = ()  # any other order of the results


@dataclass(frozen=True)
class Plan:
    """What is turned in one exercise.

    layers: {check: the course's layers} of those whose arrays hold a block for each; alike: those among them whose
    right answer is the same in every order, which is no turn; returns: {check: the ways in which its results may be
    asked for, or ANY}; batch_first: {check: its arguments and results in which the batch comes before time, not after
    it, in every variant}; numbers: the checks by pencil whose module of numbers draws others; edits(drawn): the (old,
    new) texts that have to be changed by hand.
    """

    layers: dict = field(default_factory=dict)
    alike: tuple = ()
    returns: dict = field(default_factory=dict)
    batch_first: dict = field(default_factory=dict)
    numbers: tuple = ()
    edits: Callable = lambda drawn: ()


@dataclass
class Drawn:
    """A Plan with what was drawn for one variant: the order of the layers, and the Turn of each check."""

    plan: Plan
    orders: dict
    turns: dict
    edits: list = field(default_factory=list)
    used: set = field(default_factory=set)  # edits whose text was found

    @functools.cached_property
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

    def asked(self, name):
        """The results of a check, in the variant's order."""
        return self.turns[name].asked


def draw(sheet, seed):
    """The Drawn of one of the course's Sheets: each exercise has numbers of its own, so that a change of one moves no
    other's."""
    plan = PLANS[sheet.exercise]
    rng = np.random.default_rng([seed, *sheet.exercise.encode()])
    orders = {layers: str(rng.choice(ORDERS[layers])) for layers in dict.fromkeys(plan.layers.values())}
    run = RUN[rng.integers(len(RUN))]  # one way for all that return what a run returns
    turns = {}
    for name in {**plan.layers, **plan.returns, **plan.batch_first}:
        returns, layers = sheet.checks[name].returns, plan.layers.get(name, "")
        asked = returns
        if set(returns) == set(layers):
            asked = tuple(orders[layers])
        elif name in plan.returns:
            ways = plan.returns[name] or other_orders(returns)
            asked = ways[rng.integers(len(ways))] if ways is not RUN else run
        layers = "" if name in plan.alike else layers
        exchanged = tuple(plan.batch_first.get(name, "").split())
        turn = Turn(returns, asked, layers, orders.get(layers, ""), BLOCKED if layers else {}, exchanged)
        if turn.reordered or turn.returned or turn.exchanged:
            turns[name] = turn
    of_numbers = []
    for name in plan.numbers:
        by_pencil = sheet.checks[name].within["by_pencil"]
        turns[name] = Numbers(by_pencil.OTHERS[rng.integers(len(by_pencil.OTHERS))])
        of_numbers += zip(by_pencil.GIVEN.texts(), turns[name].given.texts(), strict=True)
    drawn = Drawn(plan, orders, turns)
    drawn.edits = [*plan.edits(drawn), *of_numbers]
    return drawn


def other_orders(names):
    """The other orders in which results may be asked for: of many of them those that are easy to follow."""
    if len(names) < 4:
        return [way for way in itertools.permutations(names) if way != names]
    return [names[k:] + names[:k] for k in range(1, len(names))] + [names[::-1]]


UNTURNED = Drawn(Plan(), {}, {})
RUN = [(("h_last", "c_last"), "h"), (("c_last", "h_last"), "h"), ("h", ("c_last", "h_last"))]


def _of(names, turned):
    return dict.fromkeys(names.split(), turned)


PLANS = {
    "01_sequences": Plan(returns=_of("next_pairs", ANY), numbers=("pencil_bits",)),
    "02_why_rnns_forget": Plan(
        returns=_of("rnn_step_backward relu_step_backward rnn_backward truncated_backward clip_by_norm", ANY),
        numbers=("pencil_gradients",),
        edits=edits.why_rnns_forget,
    ),
    "03_gates": Plan(
        layers={"lstm_layers": LSTM, "gru_layers": GRU, "from_onnx": LSTM},
        edits=edits.gates,
    ),
    "04_cell_state": Plan(
        layers=_of("lstm_step lstm_step_stacked torch_step latch", LSTM),
        returns=_of("lstm_sizes", ANY),
        numbers=("pencil",),
        edits=edits.cell_state,
    ),
    "05_forward_through_time": Plan(
        layers=_of("project_inputs lstm_step_fused lstm_forward forward_in_two lstm_forward_masked lstm_forward_reset "
                   "weights_from_torch torch_sgd_step", LSTM),
        alike=("project_inputs", "weights_from_torch", "torch_sgd_step"),
        returns=_of("lstm_forward forward_in_two lstm_forward_masked lstm_forward_reset", RUN)
        | _of("pad weights_from_torch torch_sgd_step", ANY),
        numbers=("pencil_counts",),
        edits=edits.forward_through_time,
    ),
    "06_backward_through_time": Plan(
        layers=_of("lstm_forward_cached gates_backward pre_activation_backward lstm_step_backward lstm_backward "
                   "pre_activation_gradients weight_gradients", LSTM),
        alike=("pre_activation_backward", "weight_gradients"),
        returns=_of("hidden_update_backward cell_update_backward pre_activation_backward lstm_step_backward "
                    "lstm_backward pre_activation_gradients weight_gradients coupled_update_backward "
                    "gradient_agreement", ANY),
        numbers=("pencil_backward",),
        edits=edits.backward_through_time,
    ),
    "07_training_that_works": Plan(
        returns=_of("adam_step masked_mse cut_streams early_stopping overfit_test", ANY),
        numbers=("adam_by_pencil",),
        edits=edits.training_that_works,
    ),
    "08_long_term_memory": Plan(
        layers=_of("counter", LSTM),
        returns=_of("order_sequences lstm1997_step", ANY),
        numbers=("levels",),
        edits=edits.long_term_memory,
    ),
    "09_bidirectional_and_stacked": Plan(
        returns=_of("end_states bidirectional_forward bidirectional_backward stacked_forward stacked_backward "
                    "peephole_step", ANY),
        numbers=("which_end",),
        edits=edits.bidirectional_and_stacked,
    ),
    "10_attention": Plan(
        returns=_of("attention_backward decoder_step", ANY),
        batch_first={
            "additive_scores": "k", "attention_backward": "k dk", "decoder_step": "k", "greedy_answer": "k ids",
            "self_attention": "q k v contexts",
        },
        numbers=("attention_by_pencil",),
        edits=edits.attention,
    ),
    "11_looking_inside": Plan(
        returns=_of("saturation selectivity", ANY),
        batch_first={
            "saturation": "gate", "top_places": "values", "ablated_forward": "x h", "contributions": "i f g parts",
            "occlusion": "x falls",
        },
        numbers=("insight_by_pencil",),
        edits=edits.looking_inside,
    ),
    "12_today": Plan(
        returns=_of("slstm_step mlstm_step scan_pass recurrence_backward parity_gates", ANY),
        numbers=("today_by_pencil",), edits=edits.today
    ),
    "13_exam": Plan(returns=_of("speech_step", ANY), numbers=("parakeet_by_pencil",), edits=edits.exam),
    "text_generation": Plan(returns=_of("streams beam_step score_text", ANY), edits=edits.text_generation),
    "sentiment": Plan(returns=_of("attention_pool soft_loss paired_interval", ANY), edits=edits.sentiment),
    "translation": Plan(returns=_of("teacher_forcing beam_with_end nearest hybrid", ANY), edits=edits.translation),
    "speech": Plan(returns=_of("prefix_beam", ANY), edits=edits.speech),
    "forecasting": Plan(
        returns=_of("windows pinball rolling_origins just_yesterday price_forecasts", ANY), edits=edits.forecasting
    ),
    "action_recognition": Plan(returns=_of("backwards attention_pool_backward convlstm_step", ANY)),
}  # fmt: skip
