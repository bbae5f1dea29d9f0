"""Sheet 13, right but different: loops, other algebra, other names, other dtypes. None may raise a false alarm."""

import itertools
import math

import numpy as np

from lstm_helpers.lessons.exam.answers import speech_step
from lstm_helpers.lessons.exam.by_pencil import GIVEN


def step_by_blocks(x, h, c, weight_ih, weight_hh, bias_ih, bias_hh, weight_out, bias_out):
    z = (weight_ih @ x.T + weight_hh @ h.T).T + (bias_ih + bias_hh)
    i, f, g, o = np.split(z, 4, axis=1)
    squash = lambda v: 0.5 * (1 + np.tanh(v / 2))  # noqa: E731
    c = squash(f) * c + squash(i) * np.tanh(g)
    h = squash(o) * np.tanh(c)
    return squash((h * (h > 0)).dot(weight_out) + bias_out), h, c


def step_in_one_matrix(x, h_old, c_old, W_ih, W_hh, b_ih, b_hh, w, b):
    with np.errstate(over="ignore"):
        z = np.hstack([x, h_old]) @ np.hstack([W_ih, W_hh]).T + b_ih + b_hh
        gates = 1 / (1 + np.exp(-z))
        H = W_hh.shape[1]
        c = gates[:, H : 2 * H] * c_old + gates[:, :H] * np.tanh(z[:, 2 * H : -H])
        h = gates[:, -H:] * np.tanh(c)
        return [1 / (1 + np.exp(-(np.where(h < 0, 0, h) @ w + b[0]))), h, c]


def step_sequence_by_sequence(x, h, c, weight_ih, weight_hh, bias_ih, bias_hh, weight_out, bias_out):
    squash = lambda v: 0.5 * (1 + np.tanh(v / 2))  # noqa: E731
    H, rows = h.shape[1], []
    for xn, hn, cn in zip(x, h, c, strict=True):
        z = (weight_ih @ xn + bias_ih + weight_hh @ hn + bias_hh).reshape(4, H)
        new_c = squash(z[1]) * cn + squash(z[0]) * np.tanh(z[2])
        new_h = squash(z[3]) * np.tanh(new_c)
        score = sum(max(a, 0.0) * w for a, w in zip(new_h, weight_out, strict=True)) + float(bias_out[0])
        rows.append((1 / (1 + math.exp(-score)), new_h, new_c))
    return tuple(np.stack(part) for part in zip(*rows, strict=True))


def listening_into_an_array(features, **weights):
    T, B, _ = features.shape
    p = np.empty((T, B))
    h = c = np.zeros((B, len(weights["weight_out"])))
    for t in range(T):
        p[t], h, c = speech_step(features[t], h, c, **weights)
    return p


def listening_with_names(features, weight_ih, weight_hh, bias_ih, bias_hh, weight_out, bias_out):
    state = [np.zeros((features.shape[1], weight_ih.shape[0] // 4), features.dtype)] * 2
    heard = []
    for x in features:
        p, *state = speech_step(x, *state, weight_ih, weight_hh, bias_ih, bias_hh, weight_out, bias_out)
        heard += [p]
    return np.stack(heard)


def listening_by_accumulate(features, **weights):
    zeros = np.zeros((features.shape[1], weights["weight_hh"].shape[1]))
    step = lambda seen, x: speech_step(x, *seen[1:], **weights)  # noqa: E731
    return np.array([p for p, _, _ in itertools.accumulate(features, step, initial=(0, zeros, zeros))][1:][:])


def segments_by_while(p, start, stop, least):
    rows, t, T = [], 0, p.shape[0]
    while t < T:
        if p[t] < start:
            t += 1
            continue
        first = t
        while t < T and p[t] >= stop:
            t += 1
        if t - first >= least:
            rows.append([first, t])
    return np.array(rows) if rows else np.zeros((0, 2), int)


def segments_by_state(p, start, stop, least):
    on, inside = np.zeros(len(p) + 2, np.int8), 0
    for t, value in enumerate(p):
        inside = int(value >= stop) if inside else int(value >= start)
        on[t + 1] = inside
    edges = np.diff(on)
    pairs = np.column_stack([np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)])
    return pairs[pairs[:, 1] - pairs[:, 0] >= least].astype(np.int32)


def segments_with_a_flag(probabilities, high, low, shortest):
    out, open_, begun = np.zeros((0, 2)), False, 0
    for t, value in enumerate([*probabilities, -1.0]):
        if not open_ and value >= high:
            open_, begun = True, t
        elif open_ and value < low:
            open_ = False
            if t - begun >= shortest:
                out = np.vstack([out, [begun, t]])
    return out.astype(np.uint8)


STYLES = {
    "speech_step": (step_by_blocks, step_in_one_matrix, step_sequence_by_sequence),
    "listen": (listening_into_an_array, listening_with_names, listening_by_accumulate),
    "speech_segments": (segments_by_while, segments_by_state, segments_with_a_flag),
}
JUDGED_OTHERWISE = {"speech_step": "written_out holds the whole step in one place, so that slips are edits of it"}
PENCIL = "parakeet_by_pencil"
NUMBERS = (
    GIVEN.work_out(),
    {name: float(number) for name, number in GIVEN.work_out().items()},
    {"parameters": 2 * 3_281_920, "carried": 4 * 640, "products": 2 * 2560 * 1280, "one_bias": 2560 * 1281},
)
# Mutants of the solution that compute the same: the changed line, and why.
OR_NONE = "None equals nothing but itself"
SAME = {
    "p = sigmoid(np.maximum(0, h) @ weight_out + bias_out)": "the larger of two numbers does not depend on their order",
    "B, H = (features.shape[1], weights['weight_hh'].shape[-1])": "the last axis of weight_hh (4H, H) is axis 1",
    "if first == None and p[t] >= start:": OR_NONE,
    "elif first != None and p[t] < stop:": OR_NONE,
    "if first != None:": OR_NONE,
    "return np.array(long_enough).reshape(len(long_enough), 2)": "where there is none, an array of floats will do",
}
# (check, whose answer is given): a name that is right
TRUE_OF = {("speech_step", "ablated_forward"): "weight_ih is handed to lstm_step as it comes"}
