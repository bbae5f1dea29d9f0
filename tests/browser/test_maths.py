"""The explorers' mathematics in the browser against the package's: both sides are fed the same random cases."""

import numpy as np
import pytest

from lstm_helpers import nn
from lstm_helpers.explorers import shared
from lstm_helpers.training import Adam, clip_by_norm

pytestmark = pytest.mark.browser

MATHS = shared.HERE / "maths.js"
SIZES = [(1, 1, 1, 1), (1, 3, 2, 5), (6, 1, 3, 4), (5, 2, 4, 1), (9, 4, 1, 3), (30, 16, 2, 32)]  # T, B, D, H

CASES = [(size, scale) for size in SIZES for scale in (1.0, 4.0)]  # with larger weights, gates stand open or shut

# Runs a function of the script on arrays of numbers: lists come as they do from Python, nested; and go flat.
CALL = """([name, args]) => {
  const flat = (v) => Array.isArray(v) ? Float64Array.from(v.flat(Infinity)) : v;
  const from = (v) => v && v.constructor === Object
    ? Object.fromEntries(Object.entries(v).map(([k, w]) => [k, from(w)])) : flat(v);
  const to = (v) => ArrayBuffer.isView(v) ? [...v]
    : v && typeof v === "object" ? Object.fromEntries(Object.entries(v).map(([k, w]) => [k, to(w)])) : v;
  return to(maths[name](...args.map(from)));
}"""
FUNCTIONS = """window.rnn = (params, x, B, h_0, up) => {
  const pass = maths.rnnForward(params, x, B, h_0);
  return { ...pass, ...maths.rnnBackward(params, pass, up) , states: pass.h };
};
window.lstm = (params, x, B, h_0, c_0, up) => {
  const pass = maths.lstmForward(params, x, B, h_0, c_0);
  return { ...pass, ...maths.lstmBackward(params, pass, up), states: pass.h, cells: pass.c };
};
window.optimised = (params, grads, settings) => {
  const optimiser = maths.adam(params, ...Object.values(settings));
  for (const one of Object.values(grads)) optimiser.step(one);
  return params;
};
window.clipped = (grads, limit) => ({ norm: maths.clipByNorm(grads, limit), grads });"""


@pytest.fixture
def maths(page):
    """``maths(name, *args)``: what a function of maths.js gives for numbers and nested lists of numbers."""
    page.evaluate(
        """async (js) => {
          const module = await import(URL.createObjectURL(new Blob([js], { type: "text/javascript" })));
          window.maths = { ...module };
        }""",
        shared.script(MATHS),
    )
    page.evaluate(f"() => {{ {FUNCTIONS} Object.assign(maths, {{ rnn, lstm, optimised, clipped }}); }}")

    def call(name, *args):
        return page.evaluate(CALL, [name, [plain(arg) for arg in args]])

    return call


def plain(value):
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items()}
    return value.tolist() if isinstance(value, np.ndarray) else value


def same(got, expected, name=""):
    np.testing.assert_allclose(got, np.ravel(expected), rtol=1e-6, atol=1e-9, err_msg=name)


def test_the_rnn_is_the_packages(maths):
    rng = np.random.default_rng(7)
    for (T, B, D, H), scale in CASES:
        compare_rnn(maths, rng, scale, T, B, D, H)


def compare_rnn(maths, rng, scale, T, B, D, H):
    layer = nn.RNN(D, H, rng=rng, dtype=np.float64)
    for p in layer.params.values():
        p *= scale
    x, h_0, dh, dh_T = (rng.normal(size=s) for s in ((T, B, D), (B, H), (T, B, H), (B, H)))
    got = maths("rnn", layer.params, x, B, h_0, {"dh": dh, "dh_T": dh_T})
    h, _ = layer.forward(x, h_0)
    dx, dh_0 = layer.backward(dh, dh_T)
    same(got["states"], [h_0, *h])
    same(got["dx"], dx)
    same(got["dh"][: B * H], dh_0)
    for name, grad in layer.grads.items():
        same(got["grads"][name], grad, name)


def test_the_lstm_is_the_packages(maths):
    rng = np.random.default_rng(8)
    for (T, B, D, H), scale in CASES:
        compare_lstm(maths, rng, scale, T, B, D, H)


def compare_lstm(maths, rng, scale, T, B, D, H):
    layer = nn.LSTM(D, H, rng=rng, dtype=np.float64)
    for p in layer.params.values():
        p *= scale
    x, dh = rng.normal(size=(T, B, D)), rng.normal(size=(T, B, H))
    h_0, c_0, dh_T, dc_T = rng.normal(size=(4, B, H))
    got = maths("lstm", layer.params, x, B, h_0, c_0, {"dh": dh, "dh_T": dh_T, "dc_T": dc_T})
    h, (_, c_T) = layer.forward(x, (h_0, c_0))
    gates = layer.gates()
    dx, (dh_0, dc_0) = layer.backward(dh, (dh_T, dc_T))
    same(got["states"], [h_0, *h])
    same(got["cells"][-B * H :], c_T)
    same(got["gates"], np.concatenate([gates[k] for k in "ifgo"], axis=2))
    same(got["dx"], dx)
    same(got["dh"][: B * H], dh_0)
    same(got["dc"][: B * H], dc_0)
    for name, grad in layer.grads.items():
        same(got["grads"][name], grad, name)


def test_states_start_at_zero_and_gradients_that_are_left_out_are_zero(maths):
    T, B, D, H = 4, 3, 2, 5
    rng = np.random.default_rng(0)
    x, up = rng.normal(size=(T, B, D)), rng.normal(size=(B, H))
    rnn, lstm = (kind(D, H, rng=rng, dtype=np.float64) for kind in (nn.RNN, nn.LSTM))
    h, _ = rnn.forward(x)
    rnn.backward(np.zeros_like(h), up)
    same(maths("rnn", rnn.params, x, B, None, {"dh_T": up})["grads"]["W_h"], rnn.grads["W_h"])
    h, _ = lstm.forward(x)
    lstm.backward(np.zeros_like(h), (up, None))
    same(maths("lstm", lstm.params, x, B, None, None, {"dh_T": up})["grads"]["W_h"], lstm.grads["W_h"])


def test_the_gradient_of_every_state_is_that_of_a_run_that_starts_there(maths):
    T, B, D, H = 6, 2, 3, 4
    rng = np.random.default_rng(1)
    lstm = nn.LSTM(D, H, rng=rng, dtype=np.float64)
    x, dh = rng.normal(size=(T, B, D)), rng.normal(size=(T, B, H))
    got = maths("lstm", lstm.params, x, B, None, None, {"dh": dh})
    for t in range(1, T):
        _, state = lstm.forward(x[:t])
        lstm.forward(x[t:], state)
        _, (dh_t, dc_t) = lstm.backward(dh[t:])
        o, c = np.split(np.reshape(got["gates"], (T, B, 4 * H))[t - 1], 4, axis=1)[3], state[1]
        dh_t = dh_t + dh[t - 1]
        same(np.reshape(got["dh"], (T + 1, B, H))[t].ravel(), dh_t)
        same(np.reshape(got["dc"], (T + 1, B, H))[t].ravel(), dc_t + dh_t * o * (1 - np.tanh(c) ** 2))


def test_readout_and_losses_are_the_packages(maths):
    rng = np.random.default_rng(2)
    for N, D, K in ((1, 1, 1), (5, 3, 2), (7, 4, 6)):
        linear = nn.layers.Linear(D, K, rng=rng, dtype=np.float64)
        x, dy = rng.normal(size=(N, D)), rng.normal(size=(N, K))
        same(maths("linearForward", linear.params, x), linear.forward(x))
        got = maths("linearBackward", linear.params, x, dy)
        same(got["dx"], linear.backward(dy))
        for name, grad in linear.grads.items():
            same(got["grads"][name], grad, name)
        targets = rng.integers(K, size=N)
        for scores in (dy, 1000 * dy):  # the larger ones would overflow without care
            loss, gradient = nn.softmax_cross_entropy(scores, targets)
            got = maths("softmaxCrossEntropy", scores, targets)
            same(got["loss"], loss)
            same(got["gradient"], gradient)
        target = rng.normal(size=(N, K))
        loss, gradient = nn.mean_squared_error(dy, target)
        got = maths("meanSquaredError", dy, target)
        same(got["loss"], loss)
        same(got["gradient"], gradient)


def test_adam_is_the_packages(maths):
    rng = np.random.default_rng(3)
    compare_adam(maths, rng, 0.01)
    compare_adam(maths, rng, 0.01, [0.8, 0.95], 1e-3)


def compare_adam(maths, rng, *settings):
    params = {"W": rng.normal(size=(3, 4)), "b": rng.normal(size=4)}
    start = {key: p.copy() for key, p in params.items()}
    grads = [{key: rng.normal(size=p.shape) * 10.0**k for key, p in params.items()} for k in (0, -3, 1, -1, 0)]
    theirs = Adam(params, *settings)
    for one in grads:
        theirs.step(one)
    calls = {str(k): one for k, one in enumerate(grads)}
    got = maths("optimised", start, calls, dict(enumerate(settings)))
    for key, p in params.items():
        same(got[key], p, key)


def test_clipping_is_the_packages(maths):
    rng = np.random.default_rng(4)
    for limit in (0.5, 100.0):
        grads = {"W": rng.normal(size=(3, 4)), "b": rng.normal(size=4)}
        got = maths("clipped", grads, limit)
        assert got["norm"] == pytest.approx(clip_by_norm(grads, limit))
        for key, grad in grads.items():
            same(got["grads"][key], grad, key)


def test_random_numbers_are_those_of_their_seed_and_spread_as_they_should(page, maths):
    draw = """(seed) => { const rng = maths.random(seed), many = { length: 20000 };
      const draw = [() => rng.uniform(-1, 3), rng.normal, () => rng.integer(5)];
      return draw.map((one) => Array.from(many, one)); }"""
    uniform, normal, integer = map(np.array, page.evaluate(draw, 5))
    assert -1 <= uniform.min() < -0.99
    assert 2.99 < uniform.max() < 3
    assert uniform.mean() == pytest.approx(1, abs=0.03)
    assert (normal.mean(), normal.std()) == pytest.approx((0, 1), abs=0.03)
    assert (np.abs(normal) < 1.96).mean() == pytest.approx(0.95, abs=0.01)
    np.testing.assert_allclose(np.bincount(integer), 4000, rtol=0.06)
    assert np.abs(np.corrcoef(uniform[1:], uniform[:-1])[0, 1]) < 0.03
    again, other = (page.evaluate(draw, seed)[0] for seed in (5, 6))
    np.testing.assert_array_equal(uniform, again)
    assert np.abs(np.corrcoef(uniform, other)[0, 1]) < 0.03


def test_a_layer_starts_as_it_should(page, maths):
    made = page.evaluate(
        """() => { const rng = maths.random(1), lstm = maths.recurrentParams(3, 16, 4, rng);
          maths.makeOrthogonal(lstm, rng); maths.setForgetBias(lstm, 1.5);
          return { ...Object.fromEntries(Object.entries(lstm).map(([k, v]) => [k, [...v]])),
                   turn: Array.from({ length: 2000 }, () => maths.orthogonal(2, rng)[0]) }; }"""
    )
    W_x, W_h, b = (np.array(made[name]) for name in ("W_x", "W_h", "b"))
    assert (W_x.size, W_h.size, b.size) == (3 * 64, 16 * 64, 64)
    assert 0.24 < np.abs(W_x).max() <= 0.25
    assert (b == 1.5).nonzero()[0].tolist() == list(range(16, 32))
    blocks = np.split(W_h.reshape(16, 64), 4, axis=1)
    for q in blocks:
        np.testing.assert_allclose(q.T @ q, np.eye(16), atol=1e-12)
    assert not np.allclose(blocks[0], blocks[1])
    assert np.quantile(made["turn"], [0.25, 0.75]) == pytest.approx(
        [-(0.5**0.5), 0.5**0.5], abs=0.08
    )  # any angle alike
