"""What readers of the exercise texts wrote for the two passes through time, and the cause that each answer is told."""

import inspect

import pytest

from lstm_helpers import checks
from tests.checks.test_false_names import looks

WALK = """
    def lstm_backward(dh, dh_next, dc_next, x, h, c, gates, W_x, W_h):
        dx, dW_x, dW_h, db = np.zeros_like(x), 0 * W_x, 0 * W_h, np.zeros(W_x.shape[1])
        {before}
        for t in reversed(range(len(x))):
            {first}
            dx[t], dh_next, {dc}, gx, gh, gb = lstm_step_backward(
                {dh}, dc_next, x[t], h[t], c[t], c[t + 1], gates[t], W_x, W_h)
            dW_x, dW_h, db = {add}
        return dx, dh_next, {dc}, dW_x, dW_h, db
    """
PLAIN_WALK = {
    "before": "",
    "first": "",
    "dc": "dc_next",
    "dh": "dh[t] + dh_next",
    "add": "dW_x + gx, dW_h + gh, db + gb",
}


def walk(**changed):
    return WALK.format(**(PLAIN_WALK | changed))


ANSWERS = [  # source, the cause that is named
    (
        """
        def project_inputs(x, W_x, b):
            T, B, D = x.shape
            return (x.transpose(1, 0, 2).reshape(-1, D) @ W_x + b).reshape(T, B, -1)
        """,
        "steps and sequences are mixed by a reshape",
    ),
    (
        """
        def lstm_step_fused(z_x, h_prev, c_prev, W_h):
            H = h_prev.shape[1]
            z = z_x + h_prev @ W_h
            i, f, o, g = sigmoid(z[:, :H]), sigmoid(z[:, H:2*H]), sigmoid(z[:, 2*H:3*H]), np.tanh(z[:, 2*H:3*H])
            c = f * c_prev + i * g
            return o * np.tanh(c), c
        """,
        "the candidate's block for the output gate",
    ),
    (
        """
        def lstm_forward(x, h_0, c_0, W_x, W_h, b):
            out, h, c = np.zeros((len(x), *h_0.shape)), h_0, c_0
            for t, z in enumerate(project_inputs(x, W_x, b)):
                h, c = lstm_step_fused(z, h, c, W_h)
                out[t - 1] = h
            return out, (h, c)
        """,
        "each step is stored one place early",
    ),
    (
        """
        def lstm_forward(x, h_0, c_0, W_x, W_h, b):
            h, c, out = h_0.copy(), c_0.copy(), []
            for z in project_inputs(x, W_x, b):
                h[:], c[:] = lstm_step_fused(z, h, c, W_h)
                out.append(h)
            return np.array(out), (h, c)
        """,
        "every row is the last state",
    ),
    (
        """
        def forward_in_two(x_1, x_2, h_0, c_0, W_x, W_h, b):
            h_1, (h, c) = lstm_forward(x_1, h_0, c_0, W_x, W_h, b)
            h_2, (h_last, _) = lstm_forward(x_2, h, c, W_x, W_h, b)
            return np.vstack((h_1, h_2)), (h_last, c)
        """,
        "c_last is that at the cut",
    ),
    (
        """
        def pad(rows, lengths):
            mask = (np.arange(max(lengths))[:, None] < lengths).astype(float)
            x = np.zeros((*mask.shape, rows.shape[1]))
            x[mask == 1] = rows
            return x, mask
        """,
        "the rows are dealt out step by step",
    ),
    (
        """
        def last_states(h, lengths):
            return np.array([h[n - 1, k - 1] for k, n in enumerate(lengths)])
        """,
        "the sequence before is looked at",
    ),
    (
        """
        def lstm_forward_masked(x, mask, h_0, c_0, W_x, W_h, b):
            h, c, out = h_0, c_0, []
            for z, m in zip(project_inputs(x, W_x, b), mask[..., None]):
                new_h, new_c = lstm_step_fused(z, h, c, W_h)
                h, c = np.where(m > 0, new_h, h), np.where(m > 0, new_c, h)
                out.append(h * m)
            return np.array(out), (h, c)
        """,
        "beyond the end c holds h",
    ),
    (
        """
        def weights_from_torch(weight_ih, weight_hh, bias_ih, bias_hh):
            return weight_ih.T, weight_hh, bias_hh
        """,
        "two slips at once: weight_hh is not transposed; and bias_ih is forgotten",
    ),
    (
        """
        def hidden_update_backward(dh, o, c):
            return dh * np.tanh(c), dh * o * 1 - np.tanh(c) ** 2
        """,
        "the brackets of 1 - tanh(c)**2 are missing",
    ),
    (
        """
        def cell_update_backward(dc, f, c_prev, i, g):
            return dc * f, dc * f, dc * g, dc * g
        """,
        "two slips at once: df has f in place of c_prev; and dg has g in place of i",
    ),
    (
        """
        def gates_backward(di, df, dg, do, i, f, g, o):
            parts = [di * i * (1 - i), df * f * (1 - f), dg * (1 - g ** 2), do * o * (1 - o)]
            return np.stack(parts, axis=-1).reshape(len(i), -1)
        """,
        "the four values of a unit lie side by side",
    ),
    (
        """
        def pre_activation_backward(dz, x, h_prev, W_x, W_h):
            H = h_prev.shape[1]
            return dz @ W_x.T, dz @ W_h.T, x.T @ dz, dz[:, :H].T @ dz, dz.mean(axis=0)
        """,
        "two slips at once: the bias's gradient is averaged over the batch; and dW_h is made with a part of dz",
    ),
    (
        """
        def lstm_step_backward(dh, dc, x, h_prev, c_prev, c, gates, W_x, W_h):
            i, f, g, o = np.split(gates, 4, axis=1)
            t = np.tanh(c)
            dc = dc + dh * o * (1 - t ** 2)
            dz = [dc * g * i * (1 - i), dc * c_prev * f * (1 - f), dc * i * (1 - g ** 2), dh * t * o * (1 - o)]
            dz = np.hstack(dz)
            return dz @ W_x.T, dz @ W_h.T, dc, x.T @ dz, h_prev.T @ dz, dz
        """,
        "two slips at once: the forget gate is missing in dc_prev; "
        "and the bias's gradient is not summed over the batch",
    ),
    (walk(dc="dc_0"), "dc_next stays what it was, and the first step's is returned"),
    (walk(before="end = dh_next", dh="dh[t] + dh_next + end * (t < len(x) - 1)"),
     "the dh_next that is given arrives at every step"),
    (walk(first="if t % 3 == 0: dh_next, dc_next = 0 * dh_next, 0 * dc_next"),
     "what is passed back is dropped at steps 0, 3, 6"),
    (
        """
        def gradient_agreement(ours, numerical):
            cosine = np.sum(ours * numerical) / np.linalg.norm(ours) ** 2
            return np.abs(ours - numerical).max() / np.abs(numerical).max(), cosine
        """,
        "the length of ours twice",
    ),
]  # fmt: skip


def name_of(source):
    return inspect.cleandoc(source).split("(")[0].removeprefix("def ")


@pytest.mark.parametrize(("source", "cause"), ANSWERS, ids=[f"{name_of(s)}: {c}" for s, c in ANSWERS])
def test_the_cause_is_named(source, cause):
    assert {result.cause for result in looks(name_of(source), source, range(4))} == {cause}


COUNTS = {"parameters": 2480, "in_torch": 2560, "products_by_gate": 400, "products_fused": 51, "padding": 0.3}
PENCIL = {"do": 1.8103, "dc": 1.2530, "df": 2.5060, "dc_prev": 1.1277, "dz_f": 0.2255, "dz_g": 0.4010}
NUMBERS = [  # the check, what is written in place of the right numbers, the cause
    ("pencil_counts", {"padding": 60}, "the steps of padding, not their fraction"),
    ("pencil_counts", {"padding": 0.43}, "the padding is divided by the real steps"),
    (
        "pencil_counts",
        {"products_by_gate": 1600, "padding": 60},
        "two slips at once: each sequence is counted, gate by gate; and the steps of padding, not their fraction",
    ),
    (
        "pencil_counts",
        {"parameters": 2560, "in_torch": 2480, "products_fused": 50},
        "two slips at once: the product before the loop is not counted; and the two counts of parameters are exchanged",
    ),
    ("pencil_backward", {"do": 3.0}, "c is not squashed in do"),
    (
        "pencil_backward",
        {"dc": 1.36, "df": 2.72, "dc_prev": 1.23, "dz_f": 0.25, "dz_g": 0.44},
        "the output gate is missing in dc",
    ),
    (
        "pencil_backward",  # the second slip works with the number that the first one gave
        {"dc": 0.2531, "df": 0.5062, "dc_prev": 0.2278, "dz_f": 0.0456, "dz_g": -0.1215},
        "two slips at once: the dc that arrives is not added; and the derivative of the sigmoid for the candidate",
    ),
    ("pencil_counts", {"padding": 0.37, "parameters": 2481}, ""),
    ("pencil_backward", {"do": 2.2, "dz_f": 1.7}, ""),
]


@pytest.mark.parametrize(("name", "wrong", "cause"), NUMBERS)
def test_the_cause_of_wrong_numbers_is_named(name, wrong, cause):
    right = {"pencil_counts": COUNTS, "pencil_backward": PENCIL}[name]
    assert checks.examine(checks.find(name), right).right
    result = checks.examine(checks.find(name), {**right, **wrong})
    assert result.points == 0
    assert result.cause == cause, result.text
