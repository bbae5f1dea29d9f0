"""The right answers of exercise 06, as the solution shows them."""

import numpy as np

from lstm_helpers.nn.lstm import (
    cell_update_backward,
    gates_backward,
    hidden_update_backward,
    lstm_backward,
    lstm_forward_cached,
    lstm_step_backward,
    pre_activation_backward,
    pre_activation_gradients,
    weight_gradients,
)


def gradient_agreement(ours, numerical):
    """How well two gradients of the same array agree, in size and in direction.

    Shapes: any, both alike. Returns two numbers: the largest difference as a part of the largest numerical value, and
    the cosine of the angle between the two.
    """
    relative = np.abs(ours - numerical).max() / np.abs(numerical).max()
    cosine = np.sum(ours * numerical) / (np.linalg.norm(ours) * np.linalg.norm(numerical))
    return relative, cosine


__all__ = [
    "lstm_forward_cached",
    "hidden_update_backward",
    "cell_update_backward",
    "gates_backward",
    "pre_activation_backward",
    "lstm_step_backward",
    "lstm_backward",
    "pre_activation_gradients",
    "weight_gradients",
    "gradient_agreement",
]
