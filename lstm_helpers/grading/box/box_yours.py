"""``lstm_helpers.yours`` in the grader's box: of every piece of the exercises before, the reference.

Each exercise is graded by itself, so a student's own pieces of earlier ones are not here, nor is their mistake.
"""

from lstm_helpers.nn.functional import lstm_step, sigmoid
from lstm_helpers.nn.lstm import (
    lstm_backward,
    lstm_forward,
    lstm_forward_cached,
    lstm_step_backward,
    lstm_step_fused,
    pre_activation_gradients,
    project_inputs,
    weight_gradients,
)

__all__ = [
    "lstm_backward",
    "lstm_forward",
    "lstm_forward_cached",
    "lstm_step",
    "lstm_step_backward",
    "lstm_step_fused",
    "pre_activation_gradients",
    "project_inputs",
    "reload",
    "report",
    "sigmoid",
    "weight_gradients",
]


def report():
    """What the library holds here, in a sentence."""
    return "In the grader's box: the reference, every piece of it."


reload = report
