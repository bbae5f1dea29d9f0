"""``lstm_helpers.yours`` in the grader's box: of every piece of the exercises before, the reference.

Each exercise is graded by itself, so a student's own pieces of earlier ones are not here, nor is their mistake. A piece
that the exercise itself asks for is the one in the notebook that is graded.
"""

from lstm_helpers import checks
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

ASKED = ("chrono_bias", "adam_step")  # in the exercise that is graded


def report():
    """What the library holds here, in a sentence."""
    return "In the grader's box: the reference, every piece of it."


reload = report


def __getattr__(name):
    if name in ASKED and name in checks.notebook:
        return checks.notebook[name]
    raise AttributeError(
        f"lstm_helpers.yours has no {name} when this exercise is graded: its box holds functions alone"
    )
