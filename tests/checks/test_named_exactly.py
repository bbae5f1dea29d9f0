"""A name says what was done and no more: one side that is cut off is not two, and one slip is not a pair of them."""

import pytest

from lstm_helpers import checks
from tests.checks.test_false_names import looks

BACKWARDS = "the text is read backwards, and each state stands in its own row"
ONE_SIDE = {  # (check, the line that cuts): cause
    ("gate_bias", "p = np.minimum(p, 1 - 1e-15)"): "p is kept 1e-15 below 1",
    ("gate_bias", "p = np.maximum(p, 1e-7)"): "p is kept 1e-07 above 0",
    ("gate_bias", "p = np.maximum(p, 1e-12)"): "1e-12 is added to p or to the fraction, or p is kept that far above 0",
    ("gate_bias", "p = np.maximum(p, 1e-16)"): "1e-16 is added to p, or p is kept at least that far above 0",
    ("gate_bias", "p = np.clip(p, 1e-15, 1 - 1e-15)"): "p is kept 1e-15 away from 0 and 1",
    ("steps_to_half", "f = np.minimum(f, 1 - 1e-12)"): "f is kept 1e-12 below 1",
    ("steps_to_half", "f = np.clip(f, 1e-5, 1 - 1e-5)"): "f is kept 1e-05 away from 0 and 1",
    ("steps_to_half", "f = np.minimum(f, 1 - 1e-5)"): "f is kept 1e-05 below 1",
    ("sigmoid", "s = np.maximum(s, 1e-7)"): "the result is kept 1e-07 above 0",
    ("sigmoid", "s = np.minimum(s, 1 - 1e-5)"): "the result is kept 1e-05 below 1",
    ("sigmoid", "s = np.clip(s, 1e-5, 1 - 1e-5)"): "the result is kept 1e-05 away from 0 and 1",
}
AROUND = {
    "gate_bias": "def gate_bias(p):\n    {cut}\n    return np.log(p) - np.log(1 - p)",
    "steps_to_half": "def steps_to_half(b):\n    f = 1 / (1 + np.exp(-b))\n    {cut}\n"
    "    return np.log(0.5) / np.log(f)",
    "sigmoid": "def sigmoid(z):\n    e = np.exp(-np.abs(z))\n    s = np.where(z >= 0, 1, e) / (1 + e)\n    {cut}\n"
    "    return s",
}


@pytest.mark.parametrize(("name", "cut"), ONE_SIDE)
def test_what_is_cut_off_at_one_end_is_not_called_cut_off_at_both(name, cut):
    source = AROUND[name].format(cut=cut)
    assert {result.cause for result in looks(name, source)} == {ONE_SIDE[name, cut]}


IN_THEIR_ROWS = {  # a run from the last step to the first that puts each result where it belongs
    "lstm_forward": """
        def lstm_forward(x, h_0, c_0, W_x, W_h, b):
            out = np.zeros((len(x), *h_0.shape))
            h, c = h_0, c_0
            for t in reversed(range(len(x))):
                h, c = lstm_step_fused(x[t] @ W_x + b, h, c, W_h)
                out[t] = h
            return out, (h, c)
        """,
    "forward_in_two": """
        def forward_in_two(x_1, x_2, h_0, c_0, W_x, W_h, b):
            h_2, (h, c) = lstm_forward(x_2[::-1], h_0, c_0, W_x, W_h, b)
            h_1, last = lstm_forward(x_1[::-1], h, c, W_x, W_h, b)
            return np.concatenate([h_1[::-1], h_2[::-1]]), last
        """,
    "lstm_forward_masked": """
        def lstm_forward_masked(x, mask, h_0, c_0, W_x, W_h, b):
            out = np.zeros((len(x), *h_0.shape))
            h, c = h_0, c_0
            for t in reversed(range(len(x))):
                m = mask[t][:, None]
                h_new, c_new = lstm_step_fused(x[t] @ W_x + b, h, c, W_h)
                h, c = m * h_new + (1 - m) * h, m * c_new + (1 - m) * c
                out[t] = m * h
            return out, (h, c)
        """,
    "score_text": """
        def score_text(ids, h, c, W_x, W_h, b, W_y, b_y):
            nats = np.zeros((len(ids) - 1, len(h)))
            for t in range(len(ids) - 2, -1, -1):
                h, c = lstm_step(np.eye(len(W_x))[ids[t]], h, c, W_x, W_h, b)
                nats[t] = -log_softmax(h @ W_y + b_y)[np.arange(len(h)), ids[t + 1]]
            return nats, h, c
        """,
}


@pytest.mark.parametrize("name", IN_THEIR_ROWS)
def test_a_run_backwards_with_each_result_in_its_row_is_one_slip(name):
    causes = {result.cause for result in looks(name, IN_THEIR_ROWS[name])}
    assert causes == {BACKWARDS.replace("state", "cost") if name == "score_text" else BACKWARDS}


PENCIL = {  # (check, the numbers in their order): cause
    ("pencil_counts", "2480 2560 400 51 0.75"): "0.75 for the padding",
    ("pencil_bits", "0.54 0.75 0.25 0.42 2.0"): "two decimals on the way",
    ("pencil_bits", "0.5 0.73 0.27 0.45 1.90"): "the bias goes into the product, or h is rounded to one decimal",
    ("pencil_backward", "1.82 1.24 2.48 1.12 0.22 0.40"): "tanh(1.5) is rounded to two decimals",
    ("pencil_gradients", "0.4 1.1 0.66 0.99 0.57 1.06"): "one decimal on the way",
}


@pytest.mark.parametrize(("name", "numbers"), PENCIL)
def test_numbers_that_rounding_on_the_way_makes_are_told_so(name, numbers):
    check = checks.find(name)
    given = dict(zip(check.oracle, map(float, numbers.split()), strict=True))
    assert checks.examine(check, given).cause == PENCIL[name, numbers]


def test_a_cell_that_goes_on_through_padding_of_zeros_is_told_so():
    source = """
        def lstm_forward_masked(x, mask, h_0, c_0, W_x, W_h, b):
            h, c, out = h_0, c_0, []
            for t in range(len(x)):
                m = mask[t][:, None]
                h_new, c = lstm_step_fused((m * x[t]) @ W_x + b, h, c, W_h)
                h = m * h_new + (1 - m) * h
                out.append(m * h)
            return np.stack(out), (h, c)
        """
    assert {r.cause for r in looks("lstm_forward_masked", source)} == {"c does not stay, and x is 0 beyond the end"}


def test_a_nucleus_keeps_very_unlikely_characters_too():
    source = """
        def nucleus(p, top):
            order = np.argsort(-p, axis=1)
            ranked = np.take_along_axis(p, order, axis=1)
            kept = (np.cumsum(ranked, axis=1) - ranked < top - 1e-12) & (ranked > 0.01)
            out = np.zeros_like(p)
            np.put_along_axis(out, order, ranked * kept, axis=1)
            return out / out.sum(axis=1, keepdims=True)
        """
    assert {result.points for result in looks("nucleus", source)} == {0}
