"""The pieces that a student's own LSTM is made of: the contract between the exercises and ``lstm_helpers.yours``."""

import functools
import importlib
from dataclasses import dataclass

from lstm_helpers import course


@dataclass(frozen=True)
class Piece:
    """One function of the library: its name, which is its check's name too, and the exercise that asks for it.

    takes: its arguments, in order; gives: what it returns, with shapes; used: what the library does with it.
    """

    name: str
    exercise: str
    takes: str
    gives: str
    used: str


GATES, CELL, FORWARD = "03_gates", "04_cell_state", "05_forward_through_time"
BACKWARD, TRAINING = "06_backward_through_time", "07_training_that_works"
PIECES = {
    piece.name: piece
    for piece in (
        Piece("sigmoid", GATES, "z", "any shape, as z", "where your own functions call it"),
        Piece(
            "lstm_step", CELL, "x, h_prev, c_prev, W_x, W_h, b", "h, c, each (B, H)", "where your own functions call it"
        ),
        Piece("project_inputs", FORWARD, "x, W_x, b", "(T, B, 4H)", "inside your lstm_forward"),
        Piece("lstm_step_fused", FORWARD, "z_x, h_prev, c_prev, W_h", "h, c, each (B, H)", "inside your lstm_forward"),
        Piece(
            "lstm_forward",
            FORWARD,
            "x, h_0, c_0, W_x, W_h, b",
            "h (T, B, H), and the pair of the last states (h, c), each (B, H)",
            "the forward pass without training: LSTM.forward(x, train=False)",
        ),
        Piece(
            "lstm_forward_cached",
            BACKWARD,
            "x, h_0, c_0, W_x, W_h, b",
            "h, c (T + 1, B, H), entry t is the state before step t; gates (T, B, 4H)",
            "the forward pass in training: LSTM.forward(x)",
        ),
        Piece(
            "lstm_step_backward",
            BACKWARD,
            "dh, dc, x, h_prev, c_prev, c, gates, W_x, W_h",
            "dx (B, D), dh_prev, dc_prev (B, H), dW_x, dW_h, db",
            "inside your lstm_backward",
        ),
        Piece(
            "lstm_backward",
            BACKWARD,
            "dh, dh_next, dc_next, x, h, c, gates, W_x, W_h",
            "dx (T, B, D), dh_0, dc_0 (B, H), dW_x, dW_h, db",
            "the backward pass: LSTM.backward(dh), until the next two are right",
        ),
        Piece(
            "pre_activation_gradients",
            BACKWARD,
            "dh, dh_next, dc_next, c, gates, W_h",
            "dz (T, B, 4H), dh_0, dc_0 (B, H)",
            "the quick backward pass, together with weight_gradients",
        ),
        Piece(
            "weight_gradients",
            BACKWARD,
            "dz, x, h",
            "dW_x, dW_h, db",
            "the quick backward pass, together with pre_activation_gradients",
        ),
        Piece("chrono_bias", TRAINING, "b, u", "a new b (4H,)", "where training starts"),
        Piece("adam_step", TRAINING, "p, grad, m, v, t, lr", "the new p, m, v", "the optimiser: Adam.step(grads)"),
    )
}
EXERCISES = tuple(dict.fromkeys(piece.exercise for piece in PIECES.values()))
WHOLE = ("LSTM", "Adam", "library", "report", "reload")  # what is made of pieces
HOMES = {lesson.stem: lesson.home for lesson in course.LESSONS}
LATER = tuple(lesson.stem for lesson in course.LESSONS if lesson.stem > TRAINING)  # the whole library is there for them


def of(exercise):
    """The Pieces that one exercise asks for, in its order."""
    return [piece for piece in PIECES.values() if piece.exercise == exercise]


@functools.cache
def given_to(exercise):
    """The names of ``lstm_helpers.yours`` that an answer to an exercise may use: pieces of the exercises before it;
    where these make a whole LSTM, that, and what the answer's own notebook has as its pieces; after the last of these
    exercises, all."""
    if exercise in LATER:
        return frozenset({*PIECES, *WHOLE})
    before = EXERCISES[: EXERCISES.index(exercise)] if exercise in EXERCISES else ()
    names = {name for name, piece in PIECES.items() if piece.exercise in before}
    return frozenset(names | {*WHOLE, *(piece.name for piece in of(TRAINING))} if exercise == TRAINING else names)


@functools.cache
def reference(exercise, name):
    """The course's own answer to the check of that name, which stands in for a student's."""
    # By its name, as the checks find their sheets: the lessons, which stand above, are data here.
    return getattr(importlib.import_module(f"lstm_helpers.{HOMES[exercise]}.answers"), name)
