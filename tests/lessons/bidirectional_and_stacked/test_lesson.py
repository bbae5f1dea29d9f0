"""Lesson 09: the stored runs are whole and are of today's recipes, and its prose says what they and its cells say."""

import csv
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch.nn.utils import rnn as packing

from lstm_helpers import data, nn
from lstm_helpers.lessons.bidirectional_and_stacked import answers, experiments, networks, runs
from tests import lessons

NOTEBOOK = lessons.read("09_bidirectional_and_stacked")
PROSE = lessons.prose(NOTEBOOK)
printed = partial(lessons.printed, NOTEBOOK)
DIGITS, NOVEL = "spoken digits", "next character"
mean = lambda task, network: experiments.figures_of(task, network).mean()  # noqa: E731


# ---------------------------------------------------------------- the stored runs


def test_no_run_of_the_plan_is_missing():
    assert runs.missing(runs.read()) == []


def test_a_run_of_another_recipe_is_not_read(tmp_path):
    lines = runs.TABLE.read_text(encoding="utf-8").splitlines()
    table = tmp_path / "family.csv"
    table.write_text("\n".join([*lines[:3], lines[3][:-8] + "00000000"]) + "\n", encoding="utf-8")
    assert [row["lr"] for row in runs.read(table)] == [0.003, 0.01]


def test_trials_come_first_and_decide_the_rate_of_the_five_runs():
    trials = [row for row in runs.read() if row["seed"] == runs.TRIAL]
    assert runs.missing([])[:4] == [(DIGITS, "LSTM", runs.TRIAL, rate) for rate in (0.003, 0.01, 0.03, 0.1)]
    todo = runs.missing(trials)
    assert {seed for _, _, seed, _ in todo} == set(runs.SEEDS)
    tried = runs.trials(trials)[DIGITS, "coupled gates"]
    assert {lr for task, network, _, lr in todo if (task, network) == (DIGITS, "coupled gates")} == {
        min(tried, key=tried.get)
    }


def test_main_carries_out_what_is_missing_and_keeps_what_is_there(tmp_path, monkeypatch, capsys):
    rows, table = runs.TABLE.read_text(encoding="utf-8").splitlines(), tmp_path / "family.csv"
    last = rows.pop()
    table.write_text("\n".join(rows) + "\n", encoding="utf-8")
    asked = []
    wanted = dict(zip(runs.COLUMNS, next(csv.reader([last])), strict=True))
    monkeypatch.setattr(runs, "carry_out", lambda *run: asked.append(run) or wanted)
    assert runs.main(table) == 0
    assert len(asked) == 1
    assert table.read_text(encoding="utf-8").splitlines() == [*rows, last]
    assert wanted["network"] in capsys.readouterr().out


def test_a_stored_run_comes_out_again():
    """One short run, made anew: the same figure up to what another processor rounds otherwise."""
    stored = next(r for r in runs.read() if (r["task"], r["network"], r["seed"]) == (DIGITS, "GRU", 0))
    again = runs.carry_out(DIGITS, "GRU", 0, stored["lr"])
    assert {k: again[k] for k in ("hidden", "weights", "recipe")} == {
        k: stored[k] for k in ("hidden", "weights", "recipe")
    }
    assert again["figure"] == pytest.approx(stored["figure"], abs=1)


@pytest.mark.parametrize("task", [DIGITS, NOVEL])
def test_compared_networks_have_nearly_the_same_number_of_weights(task):
    for network in {row["network"] for row in runs.read() if row["task"] == task}:
        assert experiments.row_of(task, network)["weights"] == pytest.approx(runs.WEIGHTS[task], rel=0.05), network


def test_an_interval_is_that_of_five_pairs(monkeypatch):
    pairs = {"LSTM": np.array([3.0, 2, 4, 3, 2]), "GRU": np.array([2.0, 1.5, 2, 2, 1.5])}
    monkeypatch.setattr(experiments, "figures_of", lambda task, network: pairs[network])
    found = experiments.compared(DIGITS, "GRU")
    assert (found.mean, found.verdict) == (-1, "lower")
    assert found.half == pytest.approx(2.776 * np.std([1, 0.5, 2, 1, 0.5], ddof=1) / 5**0.5)
    assert experiments.Compared(0.1, 0.2, None).verdict == "no clear difference"
    assert experiments.Compared(0.3, 0.2, None).verdict == "higher"


# ---------------------------------------------------------------- tasks and networks


def test_a_word_ends_where_the_novel_has_a_space():
    letters, ends = networks.WordEnds().train
    words = "".join(chr(97 + c) + " " * e for c, e in zip(letters[:40], ends[:40], strict=True))
    assert words.startswith("it is a truth universally acknowledged")


def test_an_answer_that_comes_later_is_about_the_same_letter():
    now, later = networks.WordEnds(), networks.WordEnds(4)
    one, other = next(now.tests()), next(later.tests())
    assert (one.x == other.x).all()
    assert one.asked.sum() == other.asked.sum()
    assert (one.targets[one.asked] == other.targets[other.asked]).all()


def test_the_recordings_that_are_asked_were_not_learned_from():
    task = networks.SpokenDigits()
    assert (len(task.learned), len(task.held)) == (2000, 630)
    assert not set(task.learned) & set(task.held)
    recordings, digits = data.spoken_digits()
    assert (len(recordings), sum(map(len, recordings)), sorted({r.shape[1] for r in recordings})) == (
        2700,
        48_560,
        [13],
    )
    assert np.bincount(digits).tolist() == [270] * 10
    assert sum(len(r) > 30 for r in recordings) == 70


@pytest.mark.parametrize("task", [networks.SpokenDigits, networks.WordEnds])
def test_a_network_learns_its_gradient_is_right(task):
    """Along one random direction the loss changes as fast as the gradient says."""
    task = task()
    network = networks.Network(
        task, networks.Recipe(nn.LSTM, layers=2, bidirectional=True), 6, rng=np.random.default_rng(0)
    )
    batch, rng, eps = task.batch(np.random.default_rng(1)), np.random.default_rng(2), 3e-3
    _, grads = network.learn(batch)
    arrays = {f"{layer}.{name}": p for layer, of in network.layers.items() for name, p in of.params.items()}
    steps = {name: rng.normal(size=p.shape).astype(np.float32) for name, p in arrays.items()}
    slope, losses = sum((grads[name] * step).sum() for name, step in steps.items()), []
    for sign in (1, -2):
        for name, step in steps.items():
            arrays[name] += np.float32(sign * eps) * step
        losses.append(network.learn(batch)[0])
    assert (losses[0] - losses[1]) / (2 * eps) == pytest.approx(slope, rel=0.02)


def test_each_direction_sees_its_own_half():
    both = nn.Stack(nn.LSTM, 3, 4, bidirectional=True, rng=np.random.default_rng(0))
    forward, backward = (experiments.reach(both, 6, part) > 0 for part in (slice(0, 4), slice(4, 8)))
    assert (forward == np.tri(6, dtype=bool)).all()
    assert (backward == np.tri(6, dtype=bool).T).all()


# ---------------------------------------------------------------- the answers


def test_the_answers_are_those_of_torch():
    torch.manual_seed(0)
    rng, lengths = np.random.default_rng(0), np.array([5, 2, 4])
    module = torch.nn.LSTM(4, 3, bidirectional=True, dtype=torch.float64)
    x = torch.from_numpy(rng.normal(size=(5, 3, 4))).requires_grad_()
    packed = packing.pack_padded_sequence(x, torch.from_numpy(lengths), enforce_sorted=False)
    out, (h_n, c_n) = module(packed)
    out, _ = packing.pad_packed_sequence(out)
    weights = []
    for end in ("", "_reverse"):
        W_x, W_h, b_x, b_h = (
            getattr(module, f"{name}_l0{end}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        )
        weights += [W_x.detach().numpy().T, W_h.detach().numpy().T, (b_x + b_h).detach().numpy()]
    ours = answers.bidirectional_forward(x.detach().numpy(), lengths, *weights)
    for mine, theirs in zip(ours, (out, h_n, c_n), strict=True):
        np.testing.assert_allclose(mine, theirs.detach().numpy(), atol=1e-12)
    dout, dh_n = rng.normal(size=out.shape), rng.normal(size=h_n.shape)
    ((out * torch.from_numpy(dout)).sum() + (h_n * torch.from_numpy(dh_n)).sum()).backward()
    dx, dW_x, _, _, _, dW_h_r, _ = answers.bidirectional_backward(dout, dh_n, x.detach().numpy(), lengths, *weights)
    np.testing.assert_allclose(dx, x.grad.numpy(), atol=1e-12)
    np.testing.assert_allclose(dW_x, module.weight_ih_l0.grad.numpy().T, atol=1e-12)
    np.testing.assert_allclose(dW_h_r, module.weight_hh_l0_reverse.grad.numpy().T, atol=1e-12)


def test_stacked_answers_are_those_of_torch():
    torch.manual_seed(1)
    rng, module = np.random.default_rng(1), torch.nn.LSTM(3, 3, 3, dtype=torch.float64)
    x = torch.from_numpy(rng.normal(size=(5, 2, 3))).requires_grad_()
    h, (h_n, c_n) = module(x)
    arrays = {name: p.detach().numpy() for name, p in module.named_parameters()}
    W_x, W_h = (np.stack([arrays[f"weight_{k}h_l{layer}"].T for layer in range(3)]) for k in "ih")
    b = np.stack([arrays[f"bias_ih_l{layer}"] + arrays[f"bias_hh_l{layer}"] for layer in range(3)])
    for mine, theirs in zip(answers.stacked_forward(x.detach().numpy(), W_x, W_h, b), (h, h_n, c_n), strict=True):
        np.testing.assert_allclose(mine, theirs.detach().numpy(), atol=1e-12)
    dh = rng.normal(size=h.shape)
    (h * torch.from_numpy(dh)).sum().backward()
    dx, dW_x, dW_h, db = answers.stacked_backward(dh, x.detach().numpy(), W_x, W_h, b)
    np.testing.assert_allclose(dx, x.grad.numpy(), atol=1e-12)
    for layer in range(3):
        np.testing.assert_allclose(dW_x[layer], getattr(module, f"weight_ih_l{layer}").grad.numpy().T, atol=1e-12)
        np.testing.assert_allclose(dW_h[layer], getattr(module, f"weight_hh_l{layer}").grad.numpy().T, atol=1e-12)
        np.testing.assert_allclose(db[layer], getattr(module, f"bias_ih_l{layer}").grad.numpy(), atol=1e-12)


@pytest.mark.parametrize("directions", [1, 2])
@pytest.mark.parametrize(("cell", "blocks"), [(nn.LSTM, 4), (nn.CoupledLSTM, 3), (nn.RNN, 1)])
def test_counted_weights_are_those_that_a_stack_has(cell, blocks, directions):
    stack = nn.Stack(cell, 5, 7, layers=3, bidirectional=directions == 2, rng=np.random.default_rng(0))
    assert networks.count(stack) == answers.stack_weights(5, 7, 3, directions, blocks)


# ---------------------------------------------------------------- what the prose says of the runs


def told(task, network, **against):
    """A difference as the prose tells it: "-0.1 ± 0.8"."""
    found = experiments.compared(task, network, **against)
    return f"{found.mean:+.1f} ± {found.half:.1f}"


def test_a_second_direction_pays_where_the_answer_depends_on_what_comes():
    one, both = (experiments.figures_of("word ends", name) for name in ("LSTM", "both directions"))
    assert both.max() < one.min() / 1.5  # "each of its five seeds is far below each of the forward ones"
    assert f"from {one.mean():.1f} % to {both.mean():.1f} %" in PROSE
    assert experiments.compared("word ends", "both directions").verdict == "lower"


def test_to_wait_two_letters_buys_two_thirds_and_four_buy_less():
    wrong = {name: experiments.figures_of(*where).mean() for name, where in experiments.CONTEXT.items()}
    gain = wrong["forward"] - wrong["both directions"]
    share = {k: (wrong["forward"] - wrong[f"forward, answer {k} later"]) / gain for k in (1, 2, 4)}
    assert share[2] == pytest.approx(2 / 3, abs=0.03)
    assert share[4] < share[1] < share[2]
    assert experiments.compared("word ends, 4 later", "LSTM", against_task="word ends, 2 later").verdict == "higher"


def test_two_layers_in_each_direction_make_no_clear_difference():
    found = experiments.compared("word ends", "both directions, 2 layers", against="both directions")
    assert found.verdict == "no clear difference"
    assert f"({found.mean:.1f} ± {found.half:.1f} more letters wrong)" in PROSE


def test_a_second_direction_halves_the_errors_on_the_digits():
    assert mean(DIGITS, "both directions") / mean(DIGITS, "LSTM") == pytest.approx(0.5, abs=0.05)
    assert experiments.compared(DIGITS, "both directions").verdict == "lower"


def test_depth_buys_nothing_at_equal_weights_and_residual_connections_save_it():
    verdicts = {name: experiments.compared(NOVEL, name).verdict for name in experiments.DEEP}
    assert verdicts == {"2 layers": "higher", "4 layers": "higher", "4 layers, residual": "no clear difference"}
    assert f"{mean(NOVEL, '4 layers'):.2f} bits" in PROSE
    found = experiments.compared(NOVEL, "4 layers, residual")
    assert f"{found.mean:+.2f} ± {found.half:.2f} bits" in PROSE
    assert experiments.compared(DIGITS, "2 layers").verdict == "no clear difference"
    assert experiments.compared(DIGITS, "4 layers").verdict == "higher"
    deep = experiments.figures_of(DIGITS, "4 layers")
    assert f"{deep.min():.0f} to {deep.max():.0f} % wrong, {deep.mean():.0f} % on average" in PROSE


def test_four_plain_layers_know_little_more_than_how_frequent_letters_are():
    assert mean(NOVEL, "4 layers") == pytest.approx(experiments.letter_frequencies(), abs=0.15)


def test_letter_frequencies_are_those_of_a_model_that_guesses_by_them_alone(monkeypatch):
    monkeypatch.setattr(runs, "made", lambda task: SimpleNamespace(train=np.array([0, 0, 3, 5])))
    assert experiments.letter_frequencies() == 1.5


def test_plain_layers_pass_on_a_part_of_a_part_and_residual_layers_nearly_all():
    one, two, four = (np.array(experiments.before_training(layers)) for layers in (1, 2, 4))
    assert two / one == pytest.approx([1 / 5, 1 / 5], abs=0.05)
    assert one / four == pytest.approx([40, 90], rel=0.1)  # "a fortieth", "a ninetieth"
    assert np.array(experiments.before_training(4, True)) == pytest.approx(one, rel=0.2)


def test_what_the_prose_says_of_the_family():
    digits, novel = (
        {name: experiments.compared(task, name).verdict for name in experiments.FAMILY if name != "LSTM"}
        for task in (DIGITS, NOVEL)
    )
    assert [name for name, said in digits.items() if said == "lower"] == ["forget bias 1", "GRU", "coupled gates"]
    assert [name for name, said in digits.items() if said == "higher"] == ["plain RNN"]
    assert [name for name, said in novel.items() if said == "lower"] == ["GRU", "coupled gates", "layer norm"]
    assert [name for name, said in novel.items() if said == "higher"] == ["forget bias 1", "no forget gate"]
    bias, gru, coupled, lstm = (mean(DIGITS, name) for name in ("forget bias 1", "GRU", "coupled gates", "LSTM"))
    assert (
        f"from {lstm:.1f} % to {bias:.1f} %, as good as the GRU ({gru:.1f} %) and coupled gates ({coupled:.1f} %)"
        in PROSE
    )
    assert round(mean(DIGITS, "plain RNN") - lstm) == 15
    assert min(experiments.FAMILY, key=partial(mean, NOVEL)) == "layer norm"
    forget = experiments.compared(NOVEL, "forget bias 1")
    assert f"{forget.mean:+.2f} ± {forget.half:.2f}" in PROSE


def test_the_peephole_was_measured_at_the_wrong_rate():
    tried = experiments.trials(DIGITS)["peephole"]
    assert tried == {0.01: 2.0, 0.03: 2.0}
    assert f"its five seeds are at {mean(DIGITS, 'peephole, rate 0.03'):.1f} %" in PROSE
    assert f"the difference to the LSTM is {told(DIGITS, 'peephole, rate 0.03')}" in PROSE


def test_the_rate_moves_an_lstm_further_than_the_choice_of_a_gated_cell():
    spread = {}
    for task in (DIGITS, NOVEL):
        tried = experiments.trials(task)
        cells = [min(tried[name].values()) for name in tried if name != "plain RNN"]
        spread[task] = np.ptp(list(tried["LSTM"].values())), np.ptp(cells)
    assert round(spread[DIGITS][0]) == 8  # "it moves by eight"
    assert spread[DIGITS][1] == pytest.approx(1, abs=0.01)  # "by one percentage point"
    assert spread[NOVEL][0] / spread[NOVEL][1] == pytest.approx(3, abs=0.2)
    tried = experiments.trials(NOVEL)["LSTM"]
    assert tried[0.03] - tried[0.1] == pytest.approx(0.02, abs=0.005)
    high = experiments.figures_of(NOVEL, "LSTM", rate=0.1)
    assert f"spread from {high.min():.2f} to {high.max():.2f}" in PROSE


# ---------------------------------------------------------------- what its cells print


def test_what_the_live_cells_printed_is_what_the_prose_says():
    assert "furthest apart: 0.00000000" in printed("furthest apart")
    assert "out[-1]: forward half 12, backward half  1" in printed("steps of the input that each half")
    assert printed("module = torch").count("True") == 2
    assert "forward half 12, backward half 12" in printed("deep = nn.Stack")  # "a second layer on top"
    cheating = printed("bits per character after 100 updates")
    one, both = (float(line.split()[-1]) for line in cheating.splitlines()[1:])
    assert one == pytest.approx(3, abs=0.2)
    assert both < 0.3
    assert "is at about 3 bits" in PROSE
    assert "one layer 14,016   two layers 32,640" in printed("weights = lambda")
