"""Lesson 09: the stored runs are whole and are of today's recipes, and its prose says what they and its cells say."""

from functools import partial

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
    wanted = dict(zip(runs.COLUMNS, last.split(","), strict=True))
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
        assert experiments.row_of(task, network)["weights"] == pytest.approx(runs.WEIGHTS[task], rel=0.03), network


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
    assert (len(task.learned), len(task.held)) == (2000, 900)
    assert not set(task.learned) & set(task.held)
    recordings, digits = data.spoken_digits()
    assert (len(recordings), sum(map(len, recordings)), sorted({r.shape[1] for r in recordings})) == (
        3000,
        53_999,
        [13],
    )
    assert np.bincount(digits).tolist() == [300] * 10
    assert sum(len(r) > 30 for r in recordings) == 78


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
