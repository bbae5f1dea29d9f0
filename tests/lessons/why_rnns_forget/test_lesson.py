"""Lesson 2 says what it measured. What its cells define is compared with the package and with what is stored."""

import re
from functools import partial

import numpy as np
import pytest

from lstm_helpers.data.tasks import recall
from lstm_helpers.explorers import GradientExplorer
from lstm_helpers.lessons.why_rnns_forget import experiments
from lstm_helpers.nn import RNN
from lstm_helpers.nn.functional import rnn_step
from tests import lessons

LESSON = lessons.read("02_why_rnns_forget")
PROSE = " ".join(lessons.prose(LESSON).split())
said = partial(lessons.printed, LESSON)


@pytest.fixture(scope="module")
def names():
    """What the cells define; training takes its time, so once for all tests. Explosions have their own test."""
    return lessons.define(LESSON, {}, r"_picture\(|explosion\(|along_the_gradient\(")


def test_what_the_cells_print_is_compared():
    assert lessons.compared(LESSON) >= 15


def test_claims_3_to_5_have_their_cells():
    claims = [c.metadata["claim"] for c in LESSON.cells if "claim" in c.metadata]
    assert claims == ["C03", ["C04", "C05"], ["C04", "C05"], "C05", "C04", "C04", "C03", "C04", "C04", "C05"]


def test_every_picture_tells_its_finding_in_alt_text():
    alts = lessons.alts(LESSON)
    assert len(alts) == 10
    assert all(len(alt) > 150 for alt in alts)


# ---------------------------------------------------------------- C03: what is remembered


def test_a_plain_rnn_with_the_usual_start_learns_ten_steps_and_not_twenty(names):
    plain = names["plain"]
    assert plain.shape == (3, 5)
    assert (plain[:, :2] < 0.05).all()
    assert (plain[:, 2:] > 0.6).all()  # by luck one gets a part of the way, on some processors
    assert (np.median(plain[:, 2:], axis=0) > 0.95).all()
    assert "Ten steps are learned almost perfectly; at twenty, nothing at all is learned" in PROSE


def test_a_run_with_luck_keeps_about_the_sign_and_no_number(names):
    lucky = [(lag, seed) for seed, lag in np.ndindex(3, 3) if names["plain"][seed, 2 + lag] < 0.9]
    for lag, seed in lucky:  # which runs these are depends on the processor
        run = experiments.learn(names["LAGS"][2 + lag], seed)
        low, high = np.quantile(run.answers, [0.1, 0.9])
        between = (run.answers > low + (high - low) / 4) & (run.answers < high - (high - low) / 4)
        assert between.mean() < 0.1
        assert 0.6 < run.end < 0.9
    assert "such a run answers one of two numbers" in PROSE


def test_the_orthogonal_start_learns_fifty_steps_and_mostly_not_a_hundred(names):
    kept = names["kept"]
    assert (kept[:, :2] < 0.1).all()
    assert sorted(kept[:, 2] > 0.9) == [False, True, True]
    assert "two of three runs fail" in PROSE


def test_between_ten_and_twenty_steps_luck_decides():
    first, *others = (experiments.learn(15, seed).end for seed in range(3))
    assert first < 0.05
    assert all(0.05 < end < 0.7 for end in others)
    assert "at lag 15 one run learns it, and the two others get part of the way" in PROSE


def test_more_updates_move_the_border_but_not_far():
    ends = [experiments.learn(20, seed, updates=2400).end for seed in range(3)]
    assert sorted(end < 0.1 for end in ends) == [False, False, True]
    assert all(experiments.learn(50, seed, updates=2400).end > 0.8 for seed in range(3))
    assert "with four times as many updates one run of the three learns lag 20, and none learns lag 50" in PROSE


def test_guessing_the_mean_costs_a_third():
    _, target = recall(np.random.default_rng(0), 1, 100_000)
    assert np.mean(target**2) == pytest.approx(experiments.GUESSING, abs=0.005)
    assert experiments.loss_of(np.zeros((100_000, 2)), target)[0] == pytest.approx(1, abs=0.01)


# ---------------------------------------------------------------- the way back


def test_the_pencil_numbers_of_one_step():
    h = rnn_step(*(np.array([[v]]) for v in (0.5, 0.8, 0.6, 1.5, -0.5)))
    assert h.item() == pytest.approx(np.tanh(1.0))
    dz = 1 - h.item() ** 2
    assert f"{dz:.2f}" == "0.42"
    for factor, name in ((0.6, "dx"), (1.5, "dh_prev"), (0.5, "dW_x"), (0.8, "dW_h"), (1, "db")):
        assert f"{name} {factor * dz:.4f}" in said("dh_prev = dz @ W_h.T")


def test_the_backward_pass_of_the_lesson_is_that_of_the_package():
    rng = np.random.default_rng(3)
    layer = RNN(2, 4, rng=rng, dtype=np.float64)
    x, start = rng.normal(size=(7, 3, 2)), rng.uniform(-1, 1, size=(3, 4))
    h, _ = layer.forward(x, start)
    dh = rng.normal(size=h.shape)
    dx, dstart = layer.backward(dh)
    weights = layer.params["W_x"], layer.params["W_h"]
    ours = experiments.backward_with(dh, x, np.concatenate([start[None], h]), *weights)
    theirs = (dx, dstart, layer.grads["W_x"], layer.grads["W_h"], layer.grads["b"])
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-12)


def test_training_uses_the_gradient_of_the_package():
    rng = np.random.default_rng(5)
    rnn = experiments._network("torch", rng)
    x, target, h = experiments._batch(rnn, 9, 4, rng)
    dh_last = experiments.loss_of(h[-1], target)[1]
    grads = experiments._gradients(rnn.params, dh_last, x, h)
    again, _ = rnn.forward(x)
    rnn.backward(np.concatenate([np.zeros_like(again[1:]), dh_last[None]]))
    for name, g in rnn.grads.items():
        np.testing.assert_allclose(grads[name], g, atol=1e-14)


def test_the_second_side_buys_five_digits(names):
    assert "the central difference agrees to about ten digits, the one-sided one to five" in PROSE
    assert -5.5 < np.log10(names["one_sided"]) < -4.5
    assert 4.5 < np.log10(names["one_sided"] / names["central"]) < 5.5


def test_the_check_finds_every_slip_and_the_loss_does_not(names):
    truth = names["truth"]
    dh, x, h, W_x, W_h = _small()
    for name, backward in experiments.slips().items():
        grads = backward(dh, x, h, W_x, W_h)[2:]
        right = all(experiments.agrees(g, t) for g, t in zip(grads, truth, strict=True))
        assert right == (name == "right"), name
    table = said("experiments.slips()")
    assert table.count("FAILS") == 5
    assert len(re.findall(r"FAILS +0\.0\n", table)) == 2
    assert "The loss gives three of the slips away. The other two learn about as well" in PROSE


def test_adam_divides_the_factor_of_a_mean_for_the_bias_out():
    slips = experiments.slips()
    right, mean = (experiments.learn(5, backward=slips[name]).end for name in ("right", "db a mean, not a sum"))
    assert mean == pytest.approx(right, abs=2e-3)


def _small():
    """The small network of section 3, which later cells write over."""
    rng = np.random.default_rng(1)
    T, B, D, H = 6, 4, 2, 3
    W_x, W_h, b = rng.normal(size=(D, H)), rng.normal(size=(H, H)), rng.normal(size=H)
    x, target = recall(rng, T - 1, B)
    x, h = x.astype(float), [rng.uniform(-1, 1, size=(B, H))]
    for x_t in x:
        h.append(rnn_step(x_t, h[-1], W_x, W_h, b))
    h = np.stack(h)
    dh = np.zeros((T, B, H))
    dh[-1, :, 0] = 2 / B * (h[-1, :, 0] - target)
    return dh, x, h, W_x, W_h


def test_the_small_network_loses_its_gradient_as_told():
    dh, x, h, W_x, W_h = _small()
    dx = np.linalg.norm(experiments.backward_with(dh, x, h, W_x, W_h)[0], axis=(1, 2))
    assert f"{dx[0]:.2f} of {dx[-1]:.2f} is left after five steps" in PROSE
    norms = experiments.arriving(dh[-1], h, W_h)
    kept = norms[1:] / norms[:-1]
    assert 1 / 3 < kept.min() < 0.36
    assert 0.85 < kept.max() < 0.9
    assert f"{norms[-1] / norms[0]:.0%}" == "2%"


# ---------------------------------------------------------------- C04, C05: vanishing and exploding


@pytest.mark.parametrize("rho", [0.5, 0.9, 1.0, 1.1, 1.5])
def test_the_slope_on_a_log_axis_is_the_log_of_the_spectral_radius(names, rho):
    norms, lags = names["norms"][rho], np.arange(50, 151)
    slope = np.polyfit(lags, np.log10(norms[lags]), 1)[0]
    assert slope == pytest.approx(np.log10(rho), abs=5e-4)
    assert 0.4 < norms[50] / norms[0] / rho**50 < 0.5
    assert "a little less than half of $\\rho^{50}$, for all five alike" in PROSE
    assert f"{round(slope, 3) + 0.0:24.3f} {np.log10(rho):12.3f}" in said("log10(rho)")
    assert (norms[50] / norms[0] < 1e-15) == (rho == 0.5)


def test_a_gradient_of_two_units_turns_to_the_eigenvector_and_shrinks_by_its_eigenvalue():
    pair = np.array([[0.9, 1.0], [0.0, 0.5]])
    np.testing.assert_allclose(sorted(np.linalg.eigvals(pair)), [0.5, 0.9])
    way = experiments.turned([0, 1], pair, slopes=1, steps=10)
    lengths = np.linalg.norm(way, axis=1)
    assert lengths[1] > lengths[0]  # "The arrow may even grow at first"
    assert lengths[10] / lengths[9] == pytest.approx(0.9, rel=0.01)
    assert abs(way[10, 1]) < 0.01 * way[10, 0]


def test_slopes_below_1_make_a_matrix_of_radius_below_1_explode_and_never_beyond_its_largest_singular_value():
    pair = np.array([[2.0, -2.2], [2.2, -2.0]])
    radius, stretch = np.abs(np.linalg.eigvals(pair)).max(), np.linalg.svd(pair, compute_uv=False)[0]
    assert (f"{radius:.2f}", f"{stretch:.1f}") == ("0.92", "4.2")
    alone, with_slopes = (np.linalg.norm(experiments.turned([1, 1], pair, s, 20), axis=1) for s in ((1, 1), (1, 0.1)))
    assert alone[20] / alone[0] == pytest.approx(radius**20)
    factor = with_slopes[20] / with_slopes[0]
    assert f"{factor:.0e}" == "8e+04"
    assert "the gradient grows 80,000-fold" in PROSE
    assert f"{factor**0.05:.2f} per step is below {stretch:.1f}" in PROSE
    assert (with_slopes[1:] <= stretch * with_slopes[:-1]).all()
    assert pytest.approx(0.1, abs=0.005) == 1 - 0.95**2  # "near h = 0.95, with the slope 0.1"


@pytest.mark.parametrize("start", ["torch", "orthogonal", 1.5])
def test_no_step_back_stretches_by_more_than_the_largest_singular_value(start):
    rng = np.random.default_rng(7)
    W_h = experiments.start_of(start, 32, rng)
    h = experiments.driven(W_h, 1.0, T=60, B=4, rng=rng)
    norms = experiments.arriving(rng.normal(size=(4, 32)), h, W_h)
    assert (norms[1:] <= np.linalg.svd(W_h, compute_uv=False)[0] * norms[:-1] * (1 + 1e-12)).all()


# ---------------------------------------------------------------- near and far


def test_the_parts_of_all_lags_add_up_to_the_whole_gradient():
    rng = np.random.default_rng(2)
    rnn = experiments._network("torch", rng)
    x = rng.uniform(-1, 1, (12, 5, 2))
    h, _ = rnn.forward(x)
    rnn.backward(rng.normal(size=h.shape))
    np.testing.assert_allclose(experiments.by_lag("torch", T=12, B=5, seed=2).sum(axis=0), rnn.grads["W_h"], atol=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_with_the_usual_start_far_lags_are_drowned_and_with_the_orthogonal_one_they_are_not(seed):
    assert experiments.share_beyond(experiments.by_lag("torch", seed=seed), 20) < 1e-3
    assert experiments.share_beyond(experiments.by_lag("orthogonal", seed=seed), 20) > 0.2
    assert experiments.share_beyond(experiments.by_lag("torch", seed=seed), 0) == pytest.approx(1)
    assert "less than a thousandth in a sum whose other terms" in PROSE


def test_saturation_takes_the_explosion_away(names):
    factors = {s: experiments.factor_a_step(n) for s, n in names["arrived"].items()}
    assert [f"{f:.2f}" for f in factors.values()] == ["1.06", "0.87", "0.58"]
    assert "1.5 to 1.06 per step" in PROSE
    assert "At strength 1 the gradient shrinks, by a factor of 0.87 per step" in PROSE
    assert "the factor is 0.58, despite the spectral radius of 1.5" in PROSE
    for strength, h in names["states"].items():
        slope = np.sqrt(((1 - h[30:] ** 2) ** 2).mean())
        assert 1.5 * slope == pytest.approx(factors[strength], rel=0.04)


def test_by_hand_the_line_is_level_near_a_scale_of_2_and_a_large_forget_bias_lifts_the_lstm():
    ends = [GradientExplorer(weight_scale=scale).compute()["rnn"][100] for scale in (1.5, 2, 2.5)]
    assert ends[0] < 1e-6
    assert 0.01 < ends[1] < 100 < ends[2]
    still, mild, strong = (GradientExplorer(weight_scale=1.5, inputs=s).compute() for s in (0.0, 0.1, 3.0))
    for line in ("rnn", "law", "lstm"):
        assert still[line][100] > mild[line][100] > strong[line][100]
    assert still["radius"] == strong["radius"] == pytest.approx(1.5)
    low, high = (GradientExplorer(weight_scale=1.5, forget_bias=b).compute()["lstm"][100] for b in (1.0, 5.0))
    assert low < 1e-4
    assert 0.1 < high < 10


def test_an_rnn_that_is_level_loses_eight_powers_of_ten_when_its_inputs_double_and_an_lstm_none(names):
    median = {}
    for s in (1.0, 2.0):
        draws = [GradientExplorer(inputs=s, seed=seed, **names["tuned"]).compute() for seed in range(5)]
        median[s] = {cell: np.median([draw[cell][100] for draw in draws]) for cell in ("rnn", "lstm")}
    assert 0.1 < median[1.0]["rnn"] < 10
    assert median[2.0]["rnn"] < 1e-8 * median[1.0]["rnn"]
    assert 0.1 < median[2.0]["lstm"] / median[1.0]["lstm"] < 10
    assert "The RNN that was level loses more than eight powers of ten" in PROSE
    assert "The LSTM, on the same inputs, stays within a factor of ten" in PROSE


def test_what_is_left_of_the_gradient_before_training():
    W_h, norms = experiments.before_training("torch")
    assert f"this one has $\\rho = {np.abs(np.linalg.eigvals(W_h)).max():.2f}$" in PROSE
    assert f"Its $\\sigma_{{\\max}}$ is {np.linalg.svd(W_h, compute_uv=False)[0]:.2f}" in PROSE
    assert f"{norms[10] / norms[0]:.1%}" == "0.6%"
    assert f"{norms[20] / norms[0]:.3%}" == "0.006%"
    W_h, norms = experiments.before_training("orthogonal")
    np.testing.assert_allclose(np.abs(np.linalg.eigvals(W_h)), 1)
    assert norms[50] / norms[0] > 0.1


def test_a_large_matrix_as_torch_draws_it_has_the_radius_of_the_circular_law():
    W = experiments.start_of("torch", 1000, np.random.default_rng(0))
    assert np.abs(np.linalg.eigvals(W)).max() == pytest.approx(1 / np.sqrt(3), rel=0.05)


# ---------------------------------------------------------------- C05: clipping


@pytest.mark.parametrize("seed", range(3))
def test_without_clipping_the_network_is_thrown_into_saturation_and_with_rare_cuts_it_learns(seed):
    without, rare = experiments.explosion(np.inf, seed=seed), experiments.explosion(1.5, seed=seed)
    assert without.end == pytest.approx(4, abs=0.1)
    assert np.abs(without.answers).min() > 0.95
    assert len(set(np.sign(without.answers))) == 1  # the same answer, whatever it read
    assert np.median(without.norms[-100:]) < 0.05
    assert max(without.losses[:20]) > 2.5  # "the first 20 updates"
    assert rare.end < 0.2
    assert 0.01 < experiments.share_cut(rare, 1.5) < 0.05
    assert np.median(rare.norms[-100:]) > 0.1


def test_a_gradient_that_has_vanished_after_an_explosion_may_come_back_and_vanishes_again():
    largest_later = []
    for seed in range(3):
        norms = np.array(experiments.explosion(np.inf, seed=seed).norms)
        gone = 14 + np.argmax(norms[14:] < 0.05)
        assert norms[gone] < 0.01 * norms[:gone].max()
        largest_later.append(norms[gone:].max())
    assert max(largest_later) > 1  # in which of the runs depends on the processor
    assert "they may creep back to where the slope is steep" in PROSE
    assert "After 800 updates all three networks sit in saturation" in PROSE


def test_small_steps_and_a_fixed_length_are_something_else_than_rare_cuts():
    small = experiments.explosion(np.inf, lr=0.02, seed=2)
    fixed = experiments.explosion(0.3, seed=2)
    assert small.end < 0.2
    assert fixed.end < 0.2
    assert f"{100 * experiments.share_cut(fixed, 0.3):.0f} % of the updates are cut" in PROSE
    assert "nearly all steps have the same length, 0.06" in PROSE


def test_the_largest_gradient_points_downhill_and_its_whole_step_goes_too_far():
    rare = experiments.explosion(1.5, seed=2)
    _, far = experiments.along_the_gradient(rare, [0])
    assert far == pytest.approx(0.2 * max(rare.norms))
    here, near, clipped, whole = experiments.along_the_gradient(rare, [0, 0.01, 0.2 * 1.5, far])[0]
    assert near < here
    assert clipped < 0.5 * here
    assert whole > 1.5 * here


def test_clipping_keeps_the_direction_and_brings_the_norm_to_the_limit():
    rng = np.random.default_rng(4)
    grads = [rng.normal(size=shape) for shape in ((3, 4), (4, 4), (4,))]
    long = np.concatenate([g.ravel() for g in grads])
    short = np.concatenate([g.ravel() for g in experiments.scaled(grads, 0.7)])
    assert np.linalg.norm(short) == pytest.approx(0.7)
    assert short @ long == pytest.approx(0.7 * np.linalg.norm(long))
    same = experiments.scaled(grads, 100.0)
    assert all(np.array_equal(a, b) for a, b in zip(same, grads, strict=True))
