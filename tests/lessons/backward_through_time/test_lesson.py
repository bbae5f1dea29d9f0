"""Lesson 06: what it measures holds, and the numbers in its text are those that come out."""

import math
import re
from functools import partial

import numpy as np
import pytest

from lstm_helpers import nn
from lstm_helpers.lessons.backward_through_time import experiments, sheet
from lstm_helpers.nn import functional as fn
from tests import ROOT, lessons
from tests.checks.solved import code_cells, solution

NOTEBOOK = lessons.read("06_backward_through_time")
PROSE = lessons.prose(NOTEBOOK)
EXERCISE = ROOT / "exercises" / "06_backward_through_time.ipynb"
printed = partial(lessons.printed, NOTEBOOK)
BIASES = (0, 1, 3, 5)


@pytest.fixture(scope="module")
def names():
    """What the cells define; pictures are left out."""
    return lessons.define(NOTEBOOK, {"experiments": experiments})


def test_what_the_cells_print_is_compared():
    assert lessons.compared(NOTEBOOK) >= 30


def test_claim_16_has_its_cells_and_every_picture_its_alt_text():
    claims = [c.metadata["claim"] for c in NOTEBOOK.cells if "claim" in c.metadata]
    assert claims == ["C16", "C16", "C16"]
    alts = lessons.alts(NOTEBOOK)
    assert len(alts) == 3
    assert all(len(alt) > 200 for alt in alts)


# ---------------------------------------------------------------- the backward pass is right


def test_the_piece_that_the_lesson_shows_goes_back_as_central_differences_say(names):
    rng = np.random.default_rng(1)
    o, c, upstream = rng.normal(size=(3, 3, 5))
    found = names["hidden_update_backward"](upstream, o, c)
    for ours, array in zip(found, (o, c), strict=True):
        judged = names["numerical"](lambda: np.sum(upstream * fn.hidden_update(o, c)), array)
        np.testing.assert_allclose(ours, judged, atol=1e-8)


def test_the_judge_of_the_pieces_sees_a_wrong_formula(capsys, monkeypatch):
    rng = np.random.default_rng(2)
    arrays = dict(zip(("f", "c_prev", "i", "g"), rng.normal(size=(4, 3, 5)), strict=True))
    experiments.judge("cell update", rng.normal(size=(3, 5)), **arrays)
    assert capsys.readouterr().out.count("0.00000000\n") == 4
    ahead, back = experiments.PIECES["cell update"]
    swapped = (ahead, lambda *given: [back(*given)[k] for k in (2, 1, 0, 3)])
    monkeypatch.setitem(experiments.PIECES, "cell update", swapped)
    experiments.judge("cell update", rng.normal(size=(3, 5)), **arrays)
    assert capsys.readouterr().out.count("0.00000000\n") == 2


def test_the_tables_against_central_differences_and_torch_are_all_yes():
    for beginning in ("step_back(dh, dc_next, x, h_prev", "judge needed", "tolerance=1e-12"):
        rows = printed(beginning).splitlines()[1:7]
        assert [row.split()[-1] for row in rows] == ["yes"] * 6
        assert all("0.0000000" in row and "1.00000" in row for row in rows)


def test_the_lessons_pass_agrees_with_central_differences_on_other_cases_too(capsys):
    for T, B, D, H, seed in ((1, 3, 4, 2, 0), (4, 1, 3, 5, 1), (6, 2, 5, 3, 2)):
        rows = experiments.gradient_check(experiments.forward, experiments.backward, T, B, D, H, seed)
        assert all(ok and cosine > 1 - 1e-9 for _, _, cosine, ok in rows)
    assert capsys.readouterr().out.count("yes") == 18


def test_a_layer_of_128_units_has_as_many_parameters_as_the_text_says():
    assert f"{4 * 128 * (128 + 128) + 4 * 128:,} parameters" in PROSE
    sizes = [5 * 2 * 3, 2 * 4, 2 * 4, 3 * 16, 4 * 16, 16]
    assert f"twice for each of {sum(sizes)} numbers" in PROSE
    assert f"six arrays, {sum(sizes)} numbers" in PROSE
    assert f"the judge needed: {2 * sum(sizes)}\n" in printed("judge needed")
    assert "32 values are kept" in printed("steps, for each unit")
    assert "1,202; with 32 sequences and 128 units, 4.9 million numbers" in PROSE
    assert 6 * 200 + 2 == 1202
    assert round(1202 * 32 * 128 / 1e6, 1) == 4.9


def test_what_is_used_twice_collects_twice():
    text = printed("through h alone")
    off = [float(line.split()[-1]) for line in text.splitlines()]
    assert off[0] > 1 < off[1]  # "each part alone is off by more than 1"
    assert off[2] == 0


def test_a_flat_tanh_lets_about_a_thousandth_through():
    assert 1 - math.tanh(4) ** 2 == pytest.approx(0.00134, abs=1e-5)
    assert "c = 4:  do = 0.9993   dc_shown = 0.0013" in printed("hidden_update_backward(1.0")


def test_the_judge_confirms_every_piece():
    assert printed("fn.hidden_update(o, c))\ndo, dc_shown").count("0.00000000\n") == 2
    assert printed('judge("cell update", dc').count("0.00000000\n") == 8
    assert printed('judge("squashings"').count("0.00000000\n") == 1
    assert printed('judge("products"').count("0.00000000\n") == 5


def test_the_step_by_pencil_is_the_step_of_lesson_4_and_what_the_code_gives():
    """Every row of the table: what stands in the middle gives what stands on the right, and that is exact to 0.0002."""
    table = PROSE[PROSE.index("<summary>The whole step, worked out") :]
    rows = re.findall(r"^\| \$(\S+?)(?: =|\$).* \| ([^|]*\d[^|]*) \| (-?[\d.]+) \|$", table, re.MULTILINE)
    for _, work, result in rows:
        exact = eval(work.translate({0xB7: "*", 0x2212: "-"}))
        assert exact == pytest.approx(float(result), abs=1.5e-4), work
    by_hand = {name: float(result) for name, _, result in rows}
    assert len(by_hand) == 12

    x, h_prev, c_prev = np.array([[0.5, -1.0]]), np.array([[0.4]]), np.array([[1.2]])
    W_x, W_h = np.array([[0.6, 1.2, -0.8, 0.4], [-0.5, -0.5, -1.1, 0.9]]), np.array([[0.7, -0.5, 0.5, 1.5]])
    h, c, gates = experiments.forward(x[None], h_prev, c_prev, W_x, W_h, np.array([0.1, 1.0, 0.2, -0.3]))
    assert c[1].item() == pytest.approx(1.6562, abs=5e-5)
    np.testing.assert_allclose(gates[0, 0], [0.7649, 0.8699, 0.8005, 0.4013], atol=5e-5)
    back = experiments.step_back(np.ones((1, 1)), np.full((1, 1), 0.5), x, h_prev, c_prev, c[1], gates[0], W_x, W_h)
    assert by_hand["dh_{t-1}"] == pytest.approx(back[1].item(), abs=2e-4)
    assert by_hand["dc_{t-1}"] == pytest.approx(back[2].item(), abs=2e-4)
    np.testing.assert_allclose([by_hand[f"dz_{gate}"] for gate in "ifgo"], back[5], atol=2e-4)


def test_a_saturated_gate_learns_little_whether_open_or_shut():
    s = fn.sigmoid(np.array([-5.0, 0.0, 5.0]))
    assert "forget gate 0.0067: 0.0067 of dc goes to the past, 0.0066 of df to z_f" in printed("of df to z_f")
    np.testing.assert_allclose(s * (1 - s), [0.0066, 0.25, 0.0066], atol=5e-5)


# ---------------------------------------------------------------- C16: less vanishing, not none


@pytest.fixture(scope="module")
def norms(names):
    return names["norms"]


@pytest.fixture(scope="module")
def later(names):
    return names["later"]


def test_the_norms_are_those_of_the_backward_pass(names):
    """rnn_norms and lstm_norms walk by themselves; here nn's layers and the lesson's loop say the same."""
    T, B, D, H = 12, 3, 4, 5
    for bias in BIASES:
        walked = experiments.lstm_norms(bias, T, B, D, H, seed=3)
        rng = np.random.default_rng(3)
        layer = nn.LSTM(D, H, rng=rng, dtype=np.float64, forget_bias=bias)
        x, dh = rng.normal(size=(T, B, D)), np.zeros((T, B, H))
        dh[-1] = rng.normal(size=(B, H))
        zeros = np.zeros((B, H))
        h, c, gates = experiments.forward(x, zeros, zeros, **layer.params)
        weights = layer.params["W_x"], layer.params["W_h"]
        _, dh_0, dc_0, *_ = experiments.backward(dh, zeros, zeros, x, h, c, gates, *weights)
        layer.forward(x)
        _, (dh_layer, dc_layer) = layer.backward(dh)
        np.testing.assert_allclose([dh_layer, dc_layer], [dh_0, dc_0], atol=1e-12)
        # one step before the first: what the walk would note there
        f_0 = gates[0][:, H : 2 * H]
        after = experiments.backward(dh[1:], zeros, zeros, x[1:], h[1:], c[1:], gates[1:], *weights)
        assert np.linalg.norm(after[1] + dh[0]) == pytest.approx(walked["h"][0])
        shown = names["hidden_update_backward"](after[1] + dh[0], gates[0][:, 3 * H :], c[1])[1]
        assert np.linalg.norm(after[2] + shown) == pytest.approx(walked["c"][0])
        np.testing.assert_allclose((after[2] + shown) * f_0, dc_0)


def test_the_road_alone_fades_at_the_rate_of_the_forget_gate(norms):
    for bias in BIASES:
        theory = fn.sigmoid(np.float64(bias))
        assert theory - 0.001 < experiments.rate(norms[bias]["road"]) < theory + 0.02


def test_the_whole_gradient_vanishes_less_than_in_an_rnn_but_it_still_vanishes(norms):
    left = {bias: np.median(norms[bias]["c"][:, 0]) for bias in BIASES}
    assert np.median(norms["RNN"]["h"][:, 0]) < 1e-49
    orthogonal = np.median(norms["RNN, orthogonal"]["h"][:, 0])
    assert 1e-17 < orthogonal < 1e-15  # "about as much as the RNN with an orthogonal start"
    assert 0.1 < orthogonal / left[1] < 10
    assert 1e-43 < left[0] < 1e-41
    assert 1e-16 < left[1] < 1e-15
    assert 1 < left[3] < 10
    assert 25 < left[5] < 40
    wholes = [norms[bias][key][:, 0] for bias in BIASES for key in ("c", "road")]
    assert sum(int((c > road).sum()) for c, road in zip(wholes[::2], wholes[1::2], strict=True)) == 20
    rates = [experiments.rate(norms[bias]["c"]) for bias in BIASES]
    assert rates == sorted(rates)
    assert all(rate > experiments.rate(norms[bias]["road"]) for rate, bias in zip(rates, BIASES, strict=True))


def test_the_table_and_the_text_say_what_was_measured(norms):
    table = printed("norms = experiments.norms_over_time()")
    for bias in BIASES:
        run, f = norms[bias], fn.sigmoid(np.float64(bias))
        road, whole = (experiments.rate(run[key]) for key in ("road", "c"))
        numbers = f"{f:.2f} {road:.2f} {whole:.2f} {experiments.spread(run['c'][:, 0])}"
        assert f"b = {bias} {numbers}" in re.sub(" +", " ", table)
    for name in ("RNN", "RNN, orthogonal"):
        rnn = norms[name]["h"]
        assert f"{experiments.rate(rnn):.2f}   {experiments.spread(rnn[:, 0])}\n" in table
    left = {bias: np.median(norms[bias]["c"][:, 0]) for bias in BIASES}
    assert f"about {-math.log10(left[0]):.0f} powers of ten are lost" in PROSE
    assert f"$b_f = 1$ loses {-math.log10(left[1]):.0f}, about" in PROSE
    most = max(norms[5]["c"][:, 0])
    assert f"{left[5]:.0f}-fold at $b_f = 5$, in one of the five starts even {most:.0f}-fold" in PROSE
    assert f"is worse, with {-math.log10(np.median(norms['RNN']['h'][:, 0])):.0f}." in PROSE
    assert f"($10^{{{round(math.log10(left[0]))}}}$ after 199 steps)" in PROSE


def test_the_gradient_grows_at_the_start_of_a_text_and_not_in_its_middle(norms, later):
    table = printed('"in the middle": later')
    for bias in (3, 5):
        start, middle = norms[bias]["c"][:, 0], later[bias]["c"][:, 0]
        assert f"at the start of the text {experiments.spread(start)}\n" in table
        assert f"in the middle            {experiments.spread(middle)}\n" in table
        assert np.median(start) > 4 * np.median(middle)
        assert 0.3 < np.median(middle) < 3  # "at about full size"
        # the last 50 steps back: the curves bend upwards there, most of all at the first step of the text
        profile = np.median(norms[bias]["c"], axis=0)
        assert profile[0] / profile[25] > profile[25] / profile[50] > 1
    # "first drop by more than a factor of 10"
    assert all(np.median(norms[bias]["h"], axis=0)[-5] < 0.1 for bias in (3, 5))


def test_the_tanh_is_steep_at_the_start_of_a_text_and_flat_after_200_steps():
    rng = np.random.default_rng(0)
    layer = nn.LSTM(8, 32, rng=rng, dtype=np.float64, forget_bias=5)
    layer.forward(rng.normal(size=(200, 16, 8)))
    slope = 1 - np.tanh(layer.gates()["c"]) ** 2
    assert f"mean slope {slope[0].mean():.2f} at the first step for $b_f = 5$" in PROSE
    assert f"the tanh is flat ({slope[-1].mean():.2f})" in PROSE


def test_one_shut_gate_stops_the_road():
    open_, shut = fn.sigmoid(5.0), fn.sigmoid(-5.0)
    assert open_**98 == pytest.approx(0.5178, abs=5e-5)
    assert open_**99 * shut < 0.005  # "less than half a per cent"
    assert "step 101: 0.5178" in printed("np.prod")
    assert "step  99: 0.0034" in printed("np.prod")


# ---------------------------------------------------------------- a wrong backward pass that learns


def test_the_wrong_pass_learns_over_10_steps_and_not_over_30(names):
    curves = names["curves"]
    for name in ("right", "dc cut"):
        losses = curves[10][name]
        assert losses.shape == (4, 150)
        assert losses[:, 0].mean() == pytest.approx(math.log(2), abs=0.02)
        assert losses[:, -20:].mean() < 0.05
    assert np.median(curves[30]["right"][:, -20:]) < 0.05
    assert abs(np.median(curves[30]["dc cut"][:, -20:]) - math.log(2)) < 0.02
    # "starts 1 and 3 never leave chance, 0 starts to learn and loses all of it, 2 learns and loses half of it"
    runs = curves[30]["dc cut"]
    smooth = np.array([np.convolve(run, np.ones(5) / 5, "valid") for run in runs])
    lowest, ends = smooth.min(axis=1), runs[:, -20:].mean(axis=1)
    assert (lowest > 0.6).tolist() == [False, True, False, True]
    assert lowest[0] < 0.3 < 0.65 < ends[0]
    assert lowest[2] < 0.15 < 0.3 < ends[2] < 0.5
    stumbles = [run[np.argmax(run < 0.05) :].max() for run in curves[30]["right"]]  # once it was solved
    assert (np.array(stumbles) > 0.1).tolist() == [False, False, True, False]
    assert max(curves[30]["right"][:, -20:].mean(axis=1)) < 0.05


def test_the_wrong_gradient_points_downhill_whether_it_learns_or_not():
    angles = {T: np.array([experiments.angles(T, seed, 150) for seed in range(4)]) for T in (10, 30)}
    table = printed("experiments.angles(T, seed, 150)")
    for T, found in angles.items():
        below = f"below 90 in {100 * (found < 90).mean():.0f}% of all"
        assert f"T = {T}: at the first update {found[:, 0].round()} degrees; {below}" in table
        assert (found < 90).mean() > 0.95


def test_the_judge_finds_the_mistake_in_every_array_but_with_one_step_only_in_c_0(capsys):
    rows = experiments.gradient_check(experiments.forward, experiments.backward_cut, 5)
    assert not any(ok for *_, ok in rows)
    assert {name: cosine for name, _, cosine, _ in rows}["c_0"] == 0
    rows = experiments.gradient_check(experiments.forward, experiments.backward_cut, 1)
    assert [name for name, *_, ok in rows if not ok] == ["c_0"]
    capsys.readouterr()


# ---------------------------------------------------------------- the table of what to look for


@pytest.fixture
def judged(capsys):
    """judged(name of a misconception of sheet 06, T) -> {array: (largest difference, cosine, ok)}."""
    wrong = {m.name: m for m in sheet.sheet.checks["lstm_backward"].misconceptions}

    def look(name, T):
        rows = experiments.gradient_check(experiments.forward, wrong[name].build(), T)
        capsys.readouterr()
        return {array: more for array, *more in rows}

    return look


def _faults(rows):
    return [name for name, (*_, ok) in rows.items() if not ok]


def test_a_missing_forget_gate_shows_with_one_step_at_c_0_alone(judged):
    for name in ("the forget gate is missing in dc_prev", "dc through the forget gate is missing"):
        assert _faults(judged(name, 1)) == ["c_0"]


@pytest.mark.parametrize("name", ["the derivative of the input gate is missing", "c one step late: c_t for c_{t-1}"])
def test_a_gates_fault_shows_with_one_step_in_its_own_block(name):
    (wrong,) = (m for m in sheet.sheet.checks["lstm_backward"].misconceptions if m.name == name)
    rng, B, D, H = np.random.default_rng(0), 2, 3, 4
    x, state, weights = rng.normal(size=(1, B, D)), rng.normal(size=(2, B, H)), rng.normal(size=(D + H, 4 * H))
    h, c, gates = experiments.forward(x, *state, weights[:D], weights[D:], np.ones(4 * H))
    given = rng.normal(size=(1, B, H)), *np.zeros((2, B, H)), x, h, c, gates, weights[:D], weights[D:]
    right, seen = experiments.backward(*given), wrong.build()(*given)
    block = slice(0, H) if "input" in name else slice(H, 2 * H)
    off = np.abs(right[3] - seen[3]) > 1e-9
    assert off[:, block].all()
    assert off.sum() == D * H


@pytest.mark.parametrize(
    "name",
    [
        "dh of the step after is not added",
        "dc of the step after is not passed on",
        "the parameters' gradients are not added up over time",
    ],
)
def test_what_is_passed_back_shows_with_more_than_one_step(judged, name):
    assert _faults(judged(name, 1)) == []
    assert {"W_x", "W_h", "b"} <= set(_faults(judged(name, 5)))


def test_faults_that_show_in_one_parameter_or_as_one_factor(judged):
    assert _faults(judged("the bias's gradient is not added up over time", 5)) == ["b"]
    assert _faults(judged("h one step late: h_t for h_{t-1}", 5)) == ["W_h"]
    for over in ("the batch", "time"):
        rows = judged(f"the parameters' gradients are averaged over {over}", 5)
        assert _faults(rows) == ["W_x", "W_h", "b"]
        assert all(rows[array][1] > 1 - 1e-9 for array in ("W_x", "W_h", "b"))  # the direction is right


# ---------------------------------------------------------------- the exercise's proof


def test_the_proof_tells_a_gradient_of_another_shape_and_goes_on(capsys):
    space = dict(solution("06_backward_through_time")[0])
    right = space["lstm_backward"]

    def transposed(*given):
        dx, dh_0, dc_0, dW_x, dW_h, db = right(*given)
        return dx, dh_0, dc_0, dW_x.T, 2 * dW_h, db

    (proof,) = (c for c in code_cells(EXERCISE) if "numerical(array))" in c.source)
    exec(proof.source, space | {"lstm_backward": transposed})
    told = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [line[:2] for line in told] == [
        ["x", "ok"], ["h_0", "ok"], ["c_0", "ok"], ["W_x", "WRONG"], ["W_h", "WRONG"], ["b", "ok"],
    ]  # fmt: skip
    assert " ".join(told[3]) == "W_x WRONG shape (8, 5), expected (5, 8)"
