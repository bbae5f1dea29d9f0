"""Right but different answers to sheet 11: loops, weights that are edited, other solvers. None raises an alarm."""

import numpy as np

from tests.checks.mutants import LAST_AXIS
from tests.checks.solved import solution

SPACE = solution("11_looking_inside")[0]
linear_probe, lstm_step = SPACE["linear_probe"], SPACE["lstm_step"]

# ---------------------------------------------------------------- searching


def saturation_by_loop(gate, lengths):
    shut, wide = np.zeros(gate.shape[2]), np.zeros(gate.shape[2])
    for b, length in enumerate(lengths):
        for values in gate[:length, b]:
            shut += values < 0.1
            wide += values > 0.9
    return shut / lengths.sum(), wide / lengths.sum()


def saturation_by_mask(gate, lengths):
    real = np.arange(gate.shape[0]).reshape(-1, 1, 1) < lengths[None, :, None]
    return [((side & real).sum((0, 1)) / lengths.sum()).astype(gate.dtype) for side in (gate < 0.1, gate > 0.9)]


def saturation_by_pieces(gate, lengths):
    seen = np.vstack([gate[: lengths[b], b] for b in range(gate.shape[1])])
    return np.count_nonzero(seen < 0.1, axis=0) / len(seen), np.count_nonzero(seen > 0.9, axis=0) / len(seen)


def places_by_sorting(values, count, apart):
    found = []
    for flat in np.argsort(-values, axis=None):
        t, b = divmod(int(flat), values.shape[1])
        if all(b != other or abs(t - s) >= apart for s, other in found):
            found.append((t, b))
        if len(found) == count:
            break
    return np.array(found)


def places_by_mask(values, count, apart):
    free, places = np.ones(values.shape, bool), np.zeros((int(count), 2), int)
    steps = np.arange(len(values))
    for n in range(int(count)):
        t, b = divmod(np.argmax(np.where(free, values, -np.inf)), values.shape[1])
        places[n] = t, b
        free[np.abs(steps - t) < apart, b] = False
    return places


def places_by_list(values, count, apart):
    every = sorted(((-v, t, b) for (t, b), v in np.ndenumerate(values)))
    found = []
    while len(found) < count:
        _, t, b = every[0]
        found.append([t, b])
        every = [p for p in every if p[2] != b or abs(p[1] - t) >= apart]
    return np.array(found)


# ---------------------------------------------------------------- ablation


def ablated_by_where(x, h_0, c_0, W_x, W_h, b, unit, value, when):
    h, c, out = h_0, c_0, np.empty((len(x), *h_0.shape), x.dtype)
    column = np.arange(h_0.shape[1]) == unit
    for t in range(len(x)):
        h, c = lstm_step(x[t], h, c, W_x, W_h, b)
        h = np.where(column & when[t], value, h).astype(x.dtype)
        out[t] = h
    return out


def ablated_by_edited_weights(x, h_0, c_0, W_x, W_h, b, unit, value, when):
    rows = W_h.copy()
    rows[unit] = 0
    gone = (rows, b + value * W_h[unit])
    h, c, hs = h_0, c_0, []
    for t in range(len(x)):
        h, c = lstm_step(x[t], h, c, W_x, *(gone if t and when[t - 1] else (W_h, b)))
        hs.append(h)
    hs = np.stack(hs)
    hs[when, :, unit] = value
    return hs


def ablated_by_gates(x, h_0, c_0, W_x, W_h, b, unit, value, when):
    H, h, c, hs = h_0.shape[1], h_0, c_0, np.zeros((x.shape[0], *h_0.shape), h_0.dtype)
    for t, x_t in enumerate(x):
        z = np.concatenate([x_t, h], axis=1) @ np.concatenate([W_x, W_h]) + b
        i, f, o = (1 / (1 + np.exp(-z[:, k * H : (k + 1) * H])) for k in (0, 1, 3))
        c = f * c + i * np.tanh(z[:, 2 * H : 3 * H])
        hs[t] = o * np.tanh(c)
        hs[t, :, unit] = value if when[t] else hs[t, :, unit]
        h = hs[t]
    return hs


# ---------------------------------------------------------------- probes


def probe_by_stacking(states, yes, strength):
    N, H = states.shape
    rows = np.vstack([np.c_[states, np.ones(N)], np.c_[np.sqrt(strength) * np.eye(H), np.zeros(H)]])
    return np.linalg.lstsq(rows, np.r_[2.0 * yes - 1, np.zeros(H)], rcond=None)[0]


def probe_by_centring(states, yes, strength):
    y = np.where(yes, 1.0, -1.0)
    middle, level = states.mean(axis=0), y.mean()
    A = states - middle
    w = np.linalg.solve(A.T @ A + strength * np.eye(A.shape[1]), A.T @ (y - level))
    return np.append(w, level - middle @ w)


def probe_by_inverse(states, yes, strength):
    A = np.hstack([states, np.ones((len(states), 1))])
    K = np.diag([float(strength)] * states.shape[1] + [0.0])
    return np.linalg.inv(A.T @ A + K) @ (A.T @ (yes.astype(float) * 2 - 1))


def selectivity_spelled_out(states, yes, words, unseen, unseen_yes, unseen_words, coins, strength):
    shares = []
    for train, test in ((yes, unseen_yes), (coins[words], coins[unseen_words])):
        w = linear_probe(states, train, strength)
        shares.append(float((np.where(unseen @ w[:-1] + w[-1] > 0, True, False) == test).sum() / len(test)))
    return tuple(shares)


def selectivity_with_a_column(states, yes, words, unseen, unseen_yes, unseen_words, coins, strength):
    A = np.c_[unseen, np.ones(len(unseen))]
    fact = A @ probe_by_inverse(states, yes, strength) > 0
    control = A @ probe_by_inverse(states, np.take(coins, words), strength) > 0
    return 1 - np.mean(fact ^ unseen_yes), 1 - np.mean(control ^ np.take(coins, unseen_words))


def selectivity_by_loop(states, yes, words, unseen, unseen_yes, unseen_words, coins, strength):
    old = np.array([coins[k] for k in words])
    w_fact, w_coin = linear_probe(states, yes, strength), linear_probe(states, old, strength)
    right = [0, 0]
    for state, fact, word in zip(unseen, unseen_yes, unseen_words, strict=True):
        right[0] += bool(state @ w_fact[:-1] > -w_fact[-1]) == fact
        right[1] += bool(state @ w_coin[:-1] > -w_coin[-1]) == coins[word]
    return right[0] / len(unseen), right[1] / len(unseen)


# ---------------------------------------------------------------- attribution


def parts_by_cumprod(i, f, g, c_0):
    after = np.ones((len(f) + 1, *c_0.shape), f.dtype)
    after[:-1] = np.cumprod(f[::-1], axis=0)[::-1]
    return after * np.concatenate([c_0[None], i * g])


def parts_by_double_loop(i, f, g, c_0):
    parts = [c_0] + [i[t] * g[t] for t in range(len(i))]
    for k in range(len(parts)):
        for t in range(k, len(f)):
            parts[k] = parts[k] * f[t]
    return np.array(parts)


def parts_by_growing(i, f, g, c_0):
    parts = c_0[np.newaxis]
    for t in range(f.shape[0]):
        parts = np.vstack([parts * f[t], (i[t] * g[t])[np.newaxis]])
    return parts


def occlusion_restoring(x, stand_in, h_0, c_0, W_x, W_h, b, w):
    def last(x):
        h, c = h_0, c_0
        for t in range(len(x)):
            h, c = lstm_step(x[t], h, c, W_x, W_h, b)
        return h @ w

    before, x = last(x), x.copy()
    falls = np.zeros(x.shape[:2], x.dtype)
    for t in range(len(x)):
        kept = x[t].copy()
        x[t] = stand_in
        falls[t] = before - last(x)
        x[t] = kept
    return falls


def occlusion_in_one_batch(x, stand_in, h_0, c_0, W_x, W_h, b, w):
    T, B, D = x.shape
    every = np.repeat(x[:, None], T + 1, axis=1)  # (T, T + 1, B, D), the last as it is
    every[np.arange(T), np.arange(T)] = stand_in
    h, c = np.tile(h_0, (T + 1, 1)), np.tile(c_0, (T + 1, 1))
    for x_t in every.reshape(T, (T + 1) * B, D):
        h, c = lstm_step(x_t, h, c, W_x, W_h, b)
    scores = (h @ w).reshape(T + 1, B)
    return scores[-1] - scores[:-1]


def occlusion_going_on_from_kept_states(x, stand_in, h_0, c_0, W_x, W_h, b, w):
    states = [(h_0, c_0)]
    for x_t in x:
        states.append(lstm_step(x_t, *states[-1], W_x, W_h, b))
    falls = []
    for t in range(len(x)):
        h, c = lstm_step(np.broadcast_to(stand_in, x[t].shape), *states[t], W_x, W_h, b)
        for x_t in x[t + 1 :]:
            h, c = lstm_step(x_t, h, c, W_x, W_h, b)
        falls.append((states[-1][0] - h) @ w)
    return np.stack(falls)


STYLES = {
    "saturation": (saturation_by_loop, saturation_by_mask, saturation_by_pieces),
    "top_places": (places_by_sorting, places_by_mask, places_by_list),
    "ablated_forward": (ablated_by_where, ablated_by_edited_weights, ablated_by_gates),
    "linear_probe": (probe_by_stacking, probe_by_centring, probe_by_inverse),
    "selectivity": (selectivity_spelled_out, selectivity_with_a_column, selectivity_by_loop),
    "contributions": (parts_by_cumprod, parts_by_double_loop, parts_by_growing),
    "occlusion": (occlusion_restoring, occlusion_in_one_batch, occlusion_going_on_from_kept_states),
}
PENCIL = "insight_by_pencil"
_RIGHT = {"by_mean": 0.4, "by_zero": 1.8, "wide": 0.5, "selectivity": 12, "left": 0.36}
NUMBERS = (
    {**_RIGHT, "gradient": 0.14, "occluded": 0.96},
    {**_RIGHT, "gradient": 0.1413, "occluded": 0.964},
    {**_RIGHT, "selectivity": 12.0, "gradient": np.float32(0.141), "occluded": np.float32(0.964)},
)
# Mutants of the solution that compute the same: the changed line, and why.
OPEN = "no value of a case stands exactly at the border, and what holds there is left open"
SHAPE = "left is a copy of values"
STATES = "there is one answer for each state"
SAME = {
    "return ((seen <= 0.1).mean(axis=0), (seen > 0.9).mean(axis=0))": OPEN,
    "return ((seen < 0.1).mean(axis=0), (seen >= 0.9).mean(axis=0))": OPEN,
    "return np.mean((unseen @ w[:-1] + w[-1] >= 0) == test)": OPEN,
    "t, b = np.unravel_index(left.argmax(), values.shape)": SHAPE,
    "left[max(t - apart + 1, 0):t + apart, b] = -np.inf": "the larger of two numbers, in either order",
    "for x_t, now in zip(x, when):": "x and when both have T steps",
    "h[::-1, unit] = value": "every row of the column gets the same value",
    "held = strength * np.eye(A.shape[-1])": LAST_AXIS,
    "A = np.column_stack([states, np.ones(len(yes))])": STATES,
}
