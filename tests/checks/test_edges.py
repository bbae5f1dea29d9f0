"""Wrong answers that are right but for one edge of what the exercise promises: each passed before its case came."""

import numpy as np
import pytest

from lstm_helpers import checks
from lstm_helpers.checks import judge
from lstm_helpers.checks.sheet import edit
from lstm_helpers.lessons.backward_through_time import answers as backward_pass
from lstm_helpers.lessons.forward_through_time import answers as forward_pass
from lstm_helpers.lessons.gates import sheet as gates
from lstm_helpers.lessons.sequences import answers as sequences
from lstm_helpers.lessons.training_that_works import answers as optimising
from lstm_helpers.lessons.why_rnns_forget import answers as rnn_gradients
from lstm_helpers.projects.text_generation import answers as text_generation
from tests.checks.solved import fails

WRONG = {}  # (the check's name, the edge): an answer that fails there alone


def fails_at(name, edge):
    def add(answer):
        WRONG[name, edge] = answer
        return answer

    return add


@fails_at("encode", "a code beyond one byte")
def table_of_bytes(codes, vocab):
    table = np.zeros(256, int)
    table[vocab] = np.arange(len(vocab))
    return table[codes]


@fails_at("one_hot", "a vocabulary with gaps")
def ids_by_distance(ids, vocab):
    return np.eye(len(vocab))[vocab[ids] - vocab.min()]


@fails_at("one_hot", "three axes")
def two_axes_at_most(ids, vocab):
    x = np.zeros((*ids.shape, len(vocab)))
    if ids.ndim == 1:
        x[np.arange(len(ids)), ids] = 1
    else:
        for t in range(ids.shape[0]):
            for n in range(ids.shape[1]):
                x[t, n, ids[t, n]] = 1
    return x


@fails_at("from_onnx", "three axes")
def matrices_and_vectors_alone(a):
    i, o, f, g = np.split(a, 4, axis=0 if a.ndim == 1 else 1)
    return np.concatenate([i, f, g, o], axis=0 if a.ndim == 1 else 1)


@fails_at("pad", "an empty sequence")
def one_step_at_least(rows, lengths):
    x, mask = forward_pass.pad(rows, lengths)
    mask[0] = 1
    return x, mask


WRONG |= {
    ("sampling_probabilities", "a temperature near 0"): edit(
        sequences.sampling_probabilities, ("temperature[:, None]", "np.maximum(temperature, 0.1)[:, None]")
    ),
    ("sampling_probabilities", "scores as small as the temperature"): edit(
        sequences.sampling_probabilities, ("temperature[:, None]", "(temperature[:, None] + 1e-8)")
    ),
    ("with_temperature", "scores as small as the temperature"): edit(
        text_generation.with_temperature, ("/ tau", "/ (tau + 1e-8)")
    ),
    ("spectral_rescale", "small numbers"): edit(rnn_gradients.spectral_rescale, ("/ radius", "/ (radius + 1e-8)")),
    ("clip_by_norm", "zero gradients"): edit(
        rnn_gradients.clip_by_norm, ("min(1, limit / norm)", "min(norm, limit) / norm")
    ),
    ("clip_by_norm", "tiny gradients"): edit(rnn_gradients.clip_by_norm, ("limit / norm", "limit / (norm + 1e-6)")),
    ("clip_by_norm", "tinier gradients"): edit(rnn_gradients.clip_by_norm, ("limit / norm", "limit / (norm + 1e-8)")),
    ("clip_by_norm", "a norm just below the limit"): edit(
        rnn_gradients.clip_by_norm, ("min(1, limit / norm)", "(limit / (norm + 1e-6) if norm > limit - 1e-6 else 1)")
    ),
    ("gradient_agreement", "tiny gradients"): edit(
        backward_pass.gradient_agreement,
        ("np.abs(numerical).max()", "(np.abs(numerical).max() + 1e-8)"),
        ("np.linalg.norm(numerical)", "np.linalg.norm(numerical) + 1e-8"),
    ),
    ("masked_mse", "NaN in the padding"): edit(
        optimising.masked_mse, ("np.where(mask, pred - target, 0)", "mask * (pred - target)")
    ),
    ("central_difference", "a weight of 0"): edit(
        rnn_gradients.central_difference,
        ("up[k] += eps", "up[k] *= 1 + eps"),
        ("down[k] -= eps", "down[k] *= 1 - eps"),
        ("(2 * eps)", "((up[k] - down[k]) or 1)"),
    ),
    ("sigmoid", "numbers below -25"): lambda z: gates.F.sigmoid(np.clip(z, -25, 25)),
    ("sigmoid", "numbers below -30"): lambda z: gates.F.sigmoid(np.clip(z, -30, 30)),
    ("sigmoid", "large numbers in float32"): lambda z: 1 / (1 + np.exp(-np.clip(z, -500, 500))),
    ("sigmoid", "small results computed in float32"): lambda z: (1 + np.tanh(z.astype(np.float32) / 2)) / 2,
    ("tanh_backward", "saturated hidden states"): lambda dh, h: dh * np.maximum(1 - h**2, 1e-3),
    ("solved_after", "a large mean and a small median"): edit(optimising.solved_after, ("np.mean", "np.median")),
    ("lstm_forward_masked", "a real step of zeros"): edit(
        forward_pass.lstm_forward_masked,
        ("mask[t][:, None]", "(mask[t] * (np.abs(x[t]).sum(axis=1) > 0))[:, None]"),
    ),
    ("early_stopping", "losses that fall slowly"): edit(
        optimising.early_stopping, ("< validation[best]", "< validation[best] - 1e-4")
    ),
    ("early_stopping", "losses that fall by a millionth"): edit(
        optimising.early_stopping, ("< validation[best]", "< validation[best] * (1 - 1e-6)")
    ),
    ("gates_backward", "a saturated candidate"): edit(
        backward_pass.gates_backward, ("(1 - g**2)", "np.clip(1 - g**2, 0.01, 1)")
    ),
    ("gates_backward", "a candidate next to 1"): edit(
        backward_pass.gates_backward, ("(1 - g**2)", "np.maximum(1 - g**2, 1e-5)")
    ),
    ("gates_backward", "a shut gate"): edit(
        backward_pass.gates_backward, ("f * (1 - f)", "np.maximum(f * (1 - f), 0.01)")
    ),
    ("hidden_update_backward", "an output gate of exactly 0"): lambda dh, o, c: (
        dh * (o * np.tanh(c)) / o,
        dh * o * (1 - np.tanh(c) ** 2),
    ),
    ("cell_update_backward", "a forget gate of exactly 0"): edit(
        backward_pass.cell_update_backward, ("dc * c_prev,", "dc * (f * c_prev) / f,")
    ),
    ("cell_update_backward", "an input gate of exactly 0"): edit(
        backward_pass.cell_update_backward, ("dc * g,", "dc * (i * g) / i,")
    ),
    ("cell_update_backward", "a cell state of exactly 0"): edit(
        backward_pass.cell_update_backward, ("dc * f,", "dc * (f * c_prev) / c_prev,")
    ),
    ("gates_backward", "a gate of exactly 0"): edit(
        backward_pass.gates_backward, ("f * (1 - f)", "f**2 * (1 - f) / f")
    ),
    ("cell_update_backward", "a forget gate that is shut"): edit(
        backward_pass.cell_update_backward, ("dc * c_prev,", "dc * f * c_prev / np.maximum(f, 0.05),")
    ),
    ("cell_update_backward", "a candidate next to 0"): edit(
        backward_pass.cell_update_backward, ("dc * i", "dc * i * g / np.where(np.abs(g) < 0.01, 0.01, g)")
    ),
    ("dropout", "a draw a little below p"): edit(optimising.dropout, ("u >= p", "np.round(u, 2) >= p")),
    ("nucleus", "a sum that is exactly top"): edit(text_generation.nucleus, ("before < top", "before <= top")),
}


@pytest.mark.parametrize(("name", "edge"), WRONG, ids=lambda part: part)
def test_an_answer_that_fails_at_one_edge_is_not_right(name, edge):
    check = checks.find(name)
    for seed in range(12):
        cases = check.draw(seed)
        assert fails(check, WRONG[name, edge], cases, judge.observe(check, check.oracle, cases)), f"seed {seed}"
