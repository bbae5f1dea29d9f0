"""Wrong answers of other hands to sheets 01 to 06: each is told its cause, on any seed."""

import textwrap

import pytest

from tests.checks.test_false_names import looks

LAYERS, BLOCKS = "x, h_prev, W_x, W_h, b", "H, z = h_prev.shape[1], x @ W_x + h_prev @ W_h + b\n"
SQUASHED = ", ".join(
    f"{squash}(z[:, {{{k}}}])" for k, squash in enumerate(["sigmoid", "sigmoid", "np.tanh", "sigmoid"])
)
SOFT = "soft = lambda a: np.exp(a - a.max(1)[:, None]) / np.exp(a - a.max(1)[:, None]).sum(1)[:, None]\n"
FRIEND = (
    "H = {H}\nz = x @ W_ih.T + h_prev @ W_hh.T + b_ih + b_hh\ni, f = sigmoid(z[:, :H]), sigmoid(z[:, H : 2 * H])\n"
    "g, o = np.tanh(z[:, {g}]), sigmoid(z[:, 3 * H :])\nc = {c}\nreturn o * np.tanh(c), c"
)
BACKWARD = "dh, dh_next, dc_next, x, h, c, gates, W_x, W_h"
WALK = (
    "dx, dW_x, dW_h, db = np.zeros_like(x), 0, 0, 0\nfor t in {steps}:\n    whole = dh[t] + dh_next\n"
    "    dx[t], dh_next, dc_next, a, b, s = lstm_step_backward(\n"
    "        whole, dc_next, x[t], h[t], c[t], c[t + 1], gates[t], W_x, W_h)\n"
    "    dW_x, dW_h, db = dW_x + a, dW_h + b, db + s\n{after}return dx, dh_next, dc_next, dW_x, dW_h, db"
)
PIECES = (
    "done = [rnn_backward(dh[a : a + length], x[a : a + length], h[a : a + length + 1], W_x, W_h)\n"
    "        for a in range(0, len(x) - length + 1, length)]\n"
    "return np.concatenate([d[0] for d in done]), *(sum(d[k] for d in done) for k in (2, 3, 4))"
)
KEEPS = (
    "H, h, c = h_0.shape[1], np.zeros((len(x) + 1, *h_0.shape), x.dtype), np.zeros((len(x) + 1, *c_0.shape), x.dtype)\n"
    "gates, h_t, c_t = [], h_0, c_0\nfor t in range(len(x)):\n    z = x[t] @ W_x + h_t @ W_h + b\n"
    "    i, f, _, o = np.split(sigmoid(z), 4, axis=1)\n    g = np.tanh(z[:, 2 * H : 3 * H])\n"
    "    c_t = f * c_t + i * g\n    h_t = o * np.tanh(c_t)\n    h[t + 1], c[t + 1] = h_t, c_t\n"
    "    gates.append({kept})\n{start}return h, c, np.array(gates)"
)
ROW, START = "np.concatenate([i, f, g, o], axis=1)", "h[0], c[0] = h_0, c_0\n"
CACHED, TALL = "x, h_0, c_0, W_x, W_h, b", "rows = dz.reshape(-1, dz.shape[-1])\n"
TOLD = [  # check, arguments, lines, cause
    (
        "loss_gradient",
        "logits, targets",
        "d = np.zeros(logits.shape)\np = np.take_along_axis(softmax(logits), targets[..., None], -1)\n"
        "np.put_along_axis(d, targets[..., None], -1 / p, -1)\nreturn d / targets.size / np.log(2)",
        "the gradient with respect to the probabilities, and infinite where one is 0",
    ),
    (
        "loss_gradient",
        "logits, targets",
        "return -np.eye(logits.shape[-1])[targets] / softmax(logits) / (len(targets) * targets.shape[1] * np.log(2))",
        "the gradient with respect to the probabilities, and they may be 0",
    ),
    (
        "rnn_backward",
        "dh, x, h, W_x, W_h",
        "dx, back, A, B, s = np.zeros_like(x), np.zeros_like(h[0]), 0, 0, 0\nfor t in range(len(x) - 1, 0, -1):\n"
        "    dz = (dh[t] + back) * (1 - h[t + 1] ** 2)\n    dx[t], back = dz @ W_x.T, dz @ W_h.T\n"
        "    A, B, s = A + x[t].T @ dz, B + h[t].T @ dz, s + dz.sum(0)\nreturn dx, back, A, B, s",
        "the first step is left out, and numbers 0 are what the sums start with",
    ),
    (
        "truncated_backward",
        "dh, x, h, W_x, W_h, length",
        PIECES,
        "a last piece that is shorter is left out, in dx as well",
    ),
    (
        "lstm_layers",
        LAYERS,
        f"{SOFT}{BLOCKS}".replace("sigmoid", "soft")
        + "return "
        + SQUASHED.replace("sigmoid", "soft").format(":H", "H : 2 * H", "2 * H : 3 * H", "3 * H :"),
        "softmax in place of the sigmoid",
    ),
    (
        "lstm_layers",
        LAYERS,
        BLOCKS + "return " + SQUASHED.format(":H", ": 2 * H", ": 3 * H", ": 4 * H"),
        "every block begins with the first column",
    ),
    (
        "lstm_layers",
        LAYERS,
        BLOCKS + "return " + SQUASHED.format(":H", "1 : H + 1", "2 : H + 2", "3 : H + 3"),
        "the blocks lie one column apart",
    ),
    (
        "lstm_layers",
        LAYERS,
        BLOCKS + "return " + SQUASHED.format(":H", "H : 2 * H", "2 * H : 3 * H", "3 * H : -1"),
        "the last column of o is left out",
    ),
    (
        "gru_layers",
        LAYERS,
        "H = h_prev.shape[1]\nz_x, z_h = x @ W_x, h_prev @ W_h + b\nr = sigmoid(z_x[:, :H] + z_h[:, :H])\n"
        "z = sigmoid(z_x[:, H : 2 * H] + z_h[:, H : 2 * H])\n"
        "return r, z, np.tanh(z_x[:, 2 * H :] + r * z_h[:, 2 * H :])",
        "r scales the product and the bias",
    ),
    *(
        ("torch_step", "x, h_prev, c_prev, W_ih, W_hh, b_ih, b_hh", FRIEND.format(H=H, g=g, c=c), cause)
        for H, g, c, cause in [
            ("W_ih.shape[1]", "H : 2 * H", "f * (c_prev + i * g)", "all three mistakes are still there"),
            ("W_ih.shape[1]", "H : 2 * H", "f * c_prev + i * g", "the mistakes of shape and of slice are still there"),
            (
                "W_ih.shape[1]",
                "2 * H : 3 * H",
                "f * (c_prev + i * g)",
                "the mistakes of shape and of sum are still there",
            ),
        ]
    ),
    (
        "lstm_forward_cached",
        CACHED,
        KEEPS.format(kept="np.stack([i, f, g, o], -1)", start=START),
        "the four values are kept on a last axis of their own",
    ),
    (
        "lstm_forward_cached",
        CACHED,
        KEEPS.format(kept="sigmoid(z)", start=START),
        "the sigmoid of z_g is kept in place of g",
    ),
    ("lstm_forward_cached", CACHED, KEEPS.format(kept=ROW, start=""), "the places of h_0 and c_0 are left at 0"),
    (
        "lstm_step_backward",
        "dh, dc, x, h_prev, c_prev, c, gates, W_x, W_h",
        "i, f, g, o = np.split(gates, 4, axis=1)\ndo, shown = hidden_update_backward(dh, o, c)\ndo = do * o * (1 - o)\n"
        "df, dc_prev, di, dg = cell_update_backward(dc + shown, f, c_prev, i, g)\n"
        "dz = gates_backward(di, df, dg, do, i, f, g, o)\n"
        "dx, dh_prev, dW_x, dW_h, db = pre_activation_backward(dz, x, h_prev, W_x, W_h)\n"
        "return dx, dh_prev, dc_prev, dW_x, dW_h, db",
        "the slope of the output gate comes in twice",
    ),
    (
        "lstm_backward",
        BACKWARD,
        WALK.format(steps="reversed(range(len(x)))", after="    dh_next = whole + dh_next\n"),
        "the whole dh of a step goes on to the step before",
    ),
    (
        "lstm_backward",
        BACKWARD,
        WALK.format(steps="range(len(x) - 1, 0, -1)", after=""),
        "the first step is left out, and numbers 0 are what the sums start with",
    ),
    (
        "weight_gradients",
        "dz, x, h",
        f"{TALL}return x.reshape(-1, x.shape[-1]).T @ rows, h.reshape(-1, h.shape[-1]).T @ rows, rows.sum(axis=0)",
        "h has one state more than dz has steps",
    ),
    (
        "weight_gradients",
        "dz, x, h",
        "T, B, _ = x.shape\nrows = dz.reshape(T * B, -1)\n"
        "return x.reshape(T * B, -1).T @ rows, h.reshape(T * B, -1).T @ rows, rows.sum(axis=0)",
        "h has one state more than there are steps, and does not fill T * B rows",
    ),
    ("weight_gradients", "dz, x, h", "return x.T @ dz, h[:-1].T @ dz, dz.sum(axis=0).sum(axis=0)", ".T of three axes"),
    (
        "weight_gradients",
        "dz, x, h",
        "s = dz.sum(axis=0)\nreturn x.sum(axis=0).T @ s, h[:-1].sum(axis=0).T @ s, s.sum(axis=0)",
        "the steps are added up before the products",
    ),
    (
        "coupled_update_backward",
        "dc, f, c_prev, g",
        "return dc * c_prev - g, dc * f, dc - dc * f",
        "the brackets are missing in df",
    ),
]


@pytest.mark.parametrize(("name", "arguments", "lines", "cause"), TOLD, ids=[f"{told[0]}, {told[-1]}" for told in TOLD])
def test_the_cause_of_a_wrong_answer_is_told(name, arguments, lines, cause):
    source = f"def {name}({arguments}):\n{textwrap.indent(lines, '    ')}"
    assert {result.cause for result in looks(name, source)} == {cause}
