"""Lesson 07: what it measured holds when measured again, and its prose says what its cells print."""

import re
from functools import partial

import numpy as np
import pytest

from lstm_helpers import nn
from lstm_helpers.data.tasks import adding
from lstm_helpers.explorers import TrainExplorer
from lstm_helpers.lessons.training_that_works import experiments
from lstm_helpers.nn.functional import sigmoid
from tests import lessons

NOTEBOOK = lessons.read("07_training_that_works")
PROSE = lessons.prose(NOTEBOOK)
printed = partial(lessons.printed, NOTEBOOK)
CODE = {"".join(c["source"]): c for c in NOTEBOOK["cells"] if c["cell_type"] == "code"}
CODE_TEXT = "\n".join(CODE)


def stored_table():
    """The whole table as stored: {row: (errors of three seeds, how many are solved)}."""
    found = {}
    for line in printed("experiments.compare(*experiments.CHOICES)").splitlines()[1:]:
        name, numbers, solved = line[:30].strip(), line[30:-6].split(), line[-6]
        found[name] = [float(n) for n in numbers[:3]], int(solved)
    return found


TABLE = stored_table()
RECIPE = TABLE["the recipe"][0]


def test_the_table_has_every_choice_with_three_seeds():
    assert list(TABLE) == list(experiments.CHOICES)
    assert all(len(errors) == 3 for errors, _ in TABLE.values())


@pytest.mark.parametrize("name", ["the recipe", "forget bias 3, input bias -3", "no clipping", "padding read as input"])
def test_what_makes_no_difference_lies_in_the_spread_of_the_recipe(name):
    errors, solved = TABLE[name]
    assert solved == 3
    assert np.mean(errors) <= max(RECIPE) < 0.015


@pytest.mark.parametrize(
    "name", ["SGD, lr 0.1", "SGD, biases as drawn", "biases as drawn", "forget bias 1", "chrono, input gate only"]
)
def test_what_decides_leaves_the_network_where_a_fixed_answer_is(name):
    errors, solved = TABLE[name]
    assert solved == 0
    assert errors == pytest.approx([experiments.ALWAYS_HALF] * 3, abs=0.005)


def test_what_the_prose_says_of_the_other_rows():
    mean = {name: np.mean(errors) for name, (errors, _) in TABLE.items()}
    for name, solved in {"forget bias 3": 0, "chrono, forget gate only": 1}.items():
        assert (sum(e > 0.15 for e in TABLE[name][0]), TABLE[name][1]) == (2, solved)  # two of three on the plateau
    assert min(TABLE["SGD, momentum 0.9, lr 1"][0]) > 0.15
    assert TABLE["lr 10 times smaller"][1] == 0
    solved, half_way, lost = sorted(TABLE["lr 10 times larger"][0])  # "a lottery"
    assert solved < 0.015 < 0.03 < half_way < 0.08 < 0.15 < lost
    assert TABLE["lr 10 times larger"][1] == 1
    times = {name: m / mean["the recipe"] for name, m in mean.items()}
    assert 1.8 < times["dropout 0.2"] < 2.4
    assert 2 < times["lr falls to 0 (cosine)"] < 3
    assert 1.8 < times["a spoiled batch"] < 2.4  # "doubles the error"
    assert times["a spoiled batch, no clipping"] == pytest.approx(5, abs=0.5)
    assert mean["a spoiled batch, no clipping"] / mean["a spoiled batch"] == pytest.approx(2.5, abs=0.2)
    assert "2.5 times as large without it as with it" in PROSE
    assert max(TABLE["a spoiled batch"][0]) < min(TABLE["a spoiled batch, no clipping"][0])
    assert mean["gradient through 40 steps"] == pytest.approx(experiments.ALWAYS_HALF / 6, abs=0.003)  # "a sixth"
    assert f"{mean['the same, state not carried']:.2f}" == "0.15"
    assert "an error of 0.15" in PROSE


def test_each_run_of_the_recipe_rests_on_the_plateau_for_60_steps():
    for seed in experiments.SEEDS:
        loss = experiments.train(seed).history.loss
        assert np.mean(loss[40:60]) > 0.03
        assert np.mean(loss[-50:]) < 0.001
    assert "for 60 steps or more" in PROSE


@pytest.mark.parametrize(
    ("name", "seed", "low", "high"),
    [
        ("the recipe", 1, 0.004, 0.015),
        ("biases as drawn", 0, 0.155, 0.170),
        ("SGD, lr 0.1", 0, 0.155, 0.170),
        ("forget bias 3, input bias -3", 1, 0.004, 0.018),
        ("a spoiled batch", 2, 0.008, 0.030),
        ("a spoiled batch, no clipping", 2, 0.030, 0.5),
        ("gradient through 40 steps", 1, 0.010, 0.040),
        ("the same, state not carried", 1, 0.125, 0.165),
    ],
)
def test_a_row_measured_again_gives_what_is_stored(name, seed, low, high):
    run = experiments.train(seed, **experiments.CHOICES[name])
    assert low < run.error < high
    assert low < TABLE[name][0][seed] < high


def test_clipping_never_acts_in_the_recipe():
    assert "the recipe           clipped: 0 of 900" in printed("(norms > 1).sum()")
    assert "lr 10 times larger   clipped: 6 of 900" in printed("(norms > 1).sum()")
    assert "6 steps of 900 do" in PROSE
    assert max(experiments.train(0).history.norm) < 1
    assert TABLE["no clipping"] == TABLE["the recipe"]


def test_a_fixed_answer_is_worth_016_and_wrong_in_85_of_100():
    target = adding(np.random.default_rng(1997), 50, 1000)[1]
    off = np.abs(target - 0.5)
    assert f"error {off.mean():.2f}, wrong {(off > 0.04).mean():.0%}" in printed("always 0.5")
    assert "0.16 is the number to remember" in PROSE
    assert f"{np.mean(off**2):.2f}" == "0.04"


def test_the_network_that_nothing_teaches_stays_at_that_level():
    assert "sequences: 0.16" in printed("p -= 0.1 * grads[name]")
    assert "sequences: 0.16" in printed("adam, rng=rng, steps=300")


def test_the_gradients_of_your_layer_equal_the_trial():
    backward, trial = re.findall(r"-?\d+\.\d{4}", printed("by trial"))
    assert backward == trial
    H, weights = 8, 4 * 8 * (2 + 8 + 1)
    assert weights == 352
    assert f"weights: {weights + H + 1}" in printed("def make_step")


def test_the_library_of_the_stored_lesson_is_that_of_the_solutions():
    (report,) = CODE["yours.report()"]["outputs"]
    assert "12 of 12 pieces are yours" in "".join(report["data"]["text/plain"])
    assert CODE_TEXT.count("layer=yours.LSTM") >= 3


def test_one_batch_is_learned_by_heart_by_a_sound_step_alone():
    rows = [line.rsplit(maxsplit=3) for line in printed("experiments.FAULTS").splitlines()[1:]]
    sound, *broken = ([float(share) for share in shares] for _, *shares in rows)
    assert len(broken) == len(experiments.FAULTS)
    assert max(sound) < 0.01
    assert min(min(shares) for shares in broken) > 0.5
    assert "keeps at least half of the level" in PROSE
    losses, level = experiments.one_batch(seed=1)
    assert losses[-10:].mean() < level / 100
    losses, level = experiments.one_batch("the LSTM gets no update", seed=1)
    assert losses[-10:].mean() > level / 2


def test_an_untrained_network_starts_where_it_should():
    starts = [experiments.one_batch(seed=seed, steps=1)[0][0] for seed in experiments.SEEDS]
    a = 1 / np.sqrt(8)
    low, high = (0.5 - a) ** 2 + 0.04, (0.5 + a) ** 2 + 0.04
    assert all(low - 0.02 < loss < high + 0.02 for loss in starts)  # the targets of eight sequences vary less or more
    assert f"from {low:.2f} to {high:.2f}" in PROSE


def test_a_half_open_input_gate_lets_the_cells_drift():
    rows = re.findall(r"^(.+?) {2,}([\d.]+) +(\d+)%$", printed("what_cells_hold"), re.MULTILINE)
    found = {name: (float(size), int(read)) for name, size, read in rows}
    open_gate = [found["chrono, forget gate only"], found["forget bias 3"]]
    shut = [found["chrono"], found["forget bias 3, input bias -3"]]
    assert min(size for size, _ in open_gate) > 2 > 1 > max(size for size, _ in shut)
    assert max(read for _, read in open_gate) <= 12
    assert min(read for _, read in shut) > 2 * max(read for _, read in open_gate)
    assert 1 - np.tanh(2) ** 2 < 0.08


def test_how_far_an_untrained_gradient_reaches():
    left = {start: experiments.reach(start)[-1] for start in ("as drawn", "forget bias 1", "forget bias 3", "chrono")}
    assert left["as drawn"] < 1e-9
    assert left["forget bias 1"] < 1e-3
    assert left["forget bias 3"] > left["chrono"] > 0.01


def test_a_bias_of_log_u_keeps_for_u_steps():
    u = np.array([2.0, 20.0, 48.0])
    np.testing.assert_allclose(sigmoid(np.log(u)), u / (u + 1))
    np.testing.assert_allclose(sigmoid(-np.log(u)), 1 / (u + 1))
    assert f"the forget gate is {sigmoid(np.log(20)):.3f} and the input gate {sigmoid(-np.log(20)):.3f}" in PROSE
    assert f"{(20 / 21) ** 20:.2f}" == "0.38"  # "about 37 % is left"
    assert np.log(0.5) / np.log(20 / 21) / 20 == pytest.approx(0.7, abs=0.02)  # the half-life


def test_the_start_that_is_called_chrono_is_that_of_the_package():
    b = experiments.network(3)[1].params["b"]
    assert (b[8:16] >= 0).all()
    np.testing.assert_array_equal(b[:8], -b[8:16])
    np.testing.assert_allclose(np.exp(b[8:16]).max(), 25, atol=24)
    half = experiments.network(3, "chrono, forget gate only")[1].params["b"]
    np.testing.assert_array_equal(half[8:16], b[8:16])
    np.testing.assert_array_equal(half[:8], experiments.network(3, "as drawn")[1].params["b"][:8])


def test_first_steps_of_adam_have_one_length():
    lines = printed("experiments.FIRST_STEPS.items()").splitlines()
    assert lines[2].split()[1:] == ["-0.0300", "-0.0300", "0.0300"]
    assert float(lines[3].split()[2]) / -0.03 == pytest.approx(10**0.5, abs=0.01)
    assert "three times too long" in PROSE


def test_dropout_and_early_stopping_help_on_the_small_text():
    pattern = r"lowest (\S+) after pass +(\d+)   last (\S+)"
    without, with_it = (re.findall(pattern, printed(f"tell(dropout={p})")) for p in ("0.0", "0.5"))
    assert len(without) == len(with_it) == 3
    saved = [float(last) - float(low) for low, _, last in without]
    assert all(0.2 < bits < 0.32 for bits in saved)  # "about a quarter of a bit"
    assert all(int(at) in (7, 8) for _, at, _ in without)  # "after seven or eight passes"
    assert max(float(last) - float(low) for low, _, last in with_it) < 0.06
    assert max(float(low) for low, *_ in with_it) < min(float(low) for low, *_ in without)


def test_the_text_measured_again_overfits_without_dropout():
    training, validation = experiments.read_text(0, 0.0)
    assert training.shape == validation.shape == (16,)
    assert validation[-1] > validation.min() + 0.15
    assert training[-1] < 2.3


def test_the_reader_is_kept_beside_the_progress_as_it_was_trained(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LSTM_COURSE_PROGRESS", str(tmp_path / "work" / "progress.json"))
    with pytest.raises(FileNotFoundError, match="run section 10 of lesson 7"):
        experiments.kept_reader()
    experiments.keep_reader(0, 0.0)
    assert capsys.readouterr().out == f"Its weights are kept for lesson 11, in work/{experiments.KEPT}.\n"
    weights, characters = experiments.kept_reader()
    assert {name: array.shape for name, array in weights.items()} == {
        "lstm.W_x": (72, 192), "lstm.W_h": (48, 192), "lstm.b": (192,), "readout.W": (48, 72), "readout.b": (72,),
    }  # fmt: skip
    text = experiments.opening(100_000 + experiments.CHARACTERS)[100_000:]
    ids = np.array([characters.index(character) for character in text])
    lstm, readout = nn.LSTM(72, 48, rng=np.random.default_rng(0)), nn.Linear(48, 72, rng=np.random.default_rng(0))
    for name, array in experiments.parameters(lstm=lstm, readout=readout).items():
        array[...] = weights[name]
    x, target = next(experiments.chunks(ids, 40, len(ids)))
    scores = readout.forward(lstm.forward(np.eye(72, dtype=np.float32)[x])[0])
    bits = nn.softmax_cross_entropy(scores, target)[0] / np.log(2)
    assert bits == pytest.approx(experiments.read_text(0, 0.0)[1].min(), abs=1e-4)  # the best pass, not the last
    (tmp_path / "work" / experiments.KEPT).write_bytes(b"half a file")
    with pytest.raises(ValueError, match="cannot be read.*run section 10 of lesson 7 again"):
        experiments.kept_reader()


def test_nothing_is_kept_where_the_memory_is_off(monkeypatch, capsys):
    monkeypatch.setenv("LSTM_COURSE_PROGRESS", "off")
    experiments.keep_reader(0, 0.0)
    assert capsys.readouterr().out == ""
    with pytest.raises(FileNotFoundError):
        experiments.kept_reader()


# ---------------------------------------------------------------- by hand: the explorer that trains


def learned(seed=0, **settings):
    """The updates at which RNN and LSTM had learned to recall, 0 for never."""
    runs = TrainExplorer(seed=seed, **settings).train()
    return runs["rnn"]["learned"], runs["lstm"]["learned"]


def test_what_you_find_by_hand_is_what_comes_out():
    assert learned(length=40) == (0, 0)
    (cell,) = (cell for source, cell in CODE.items() if 'outcome("07-recall"' in source)
    assert "Result: neither." in str(cell["outputs"])
    for seed in (0, 7):  # the second is the slowest of the eight
        rnn, lstm = learned(seed, length=40, forget_bias=3)
        assert rnn == 0 < lstm <= 220
    assert "all eight seeds that we tried learned within 220 updates" in PROSE
    assert all(learned(length=10))
    for seed, rnn_learns in ((0, True), (2, False)):  # the first two of five, and the others
        rnn, lstm = learned(seed, length=20)
        assert (rnn > 0, lstm > 0) == (rnn_learns, True)
        rnn, lstm = learned(seed, length=30)
        assert (rnn > 0, lstm > 0) == (rnn_learns, False)
    assert f"{sigmoid(1.0):.2f}" == "0.73"
    assert "$\\sigma(1) = 0.73$ forgets" in PROSE
    rnn, lstm = learned(3, length=40, forget_bias=3, clip=0.01)
    assert rnn > 0
    assert 0 < lstm < 200


def test_a_rate_ten_times_larger_is_a_lottery_for_both():
    runs = dict(re.findall(r"^(RNN|LSTM) +([\d ]+)$", printed("fast = ["), re.MULTILINE))
    count = {kind: sum(int(n) > 0 for n in found.split()) for kind, found in runs.items()}
    assert count == {"RNN": 3, "LSTM": 2}
    assert "Two LSTMs learn, where all five did with 0.01; three RNNs do, where none did" in PROSE


# ---------------------------------------------------------------- the adding problem by the rule of 1997


def solve():
    """The lesson's own function, from its cell."""
    names = {"np": np, "experiments": experiments, "adding": adding, "B": experiments.B}
    exec("from lstm_helpers.training import Adam, gradients, parameters", names)
    (source,) = (source for source in CODE if "def solve(" in source)
    exec(source, names)
    return names["solve"]


@pytest.fixture(scope="module")
def solved():
    return solve()(0, nn.LSTM)


def test_the_adding_problem_is_solved_by_the_rule_of_1997(solved):
    *_, errors = solved
    assert len(errors) < 40_000
    recent = errors[-2000:]
    assert recent.mean() < 0.01
    assert recent.max() <= 0.04
    one_batch_before = errors[-2032:-32]
    assert not (one_batch_before.mean() < 0.01 and one_batch_before.max() <= 0.04)


def test_seed_5_needs_more_than_twice_as_many_sequences():
    *_, errors = solve()(5, nn.LSTM)
    stored = re.findall(r"^nn +8 +\d +([\d,]+)", printed("solved = {}"), re.MULTILINE)
    assert 2 * max(int(n.replace(",", "")) for n in stored) < len(errors) < 74_000


def test_what_it_learned_holds_on_fresh_sequences(solved):
    lstm, readout, _ = solved
    assert isinstance(lstm, nn.LSTM)
    errors = experiments.fresh_errors(lstm, readout, T=100, count=2560)
    assert (errors > experiments.FAR).sum() <= 12
    target = adding(np.random.default_rng(1997), 100, 2560)[1]
    assert abs(target[errors.argmax()] - 0.5) > np.quantile(abs(target - 0.5), 0.97)  # the extreme ones are hardest


def test_the_stored_runs_agree_with_the_prose():
    row = r"^(\w+)\s+(\d)\s+(\d)\s+([\d,]+)\s+(\d+)$"
    rows = re.findall(row, printed("solved = {}"), re.MULTILINE)
    eight = [int(n.replace(",", "")) for _, H, _, n, _ in rows if H == "8"]
    assert [whose for whose, *_ in rows] == ["yours", "nn", "nn", "nn", "nn"]
    assert eight[0] == eight[1]
    assert "from the same seed, need the same number of sequences" in PROSE
    assert min(eight) > 0.15 * 74_000
    assert max(eight) < 0.25 * 74_000
    assert "about a fifth of the paper's sequences" in PROSE
    assert max(int(wrong) for *_, wrong in rows) <= 3
    assert "all five: True" in printed("len(errors) < 74_000")
    assert 4 * 4 * (2 + 4 + 1) + 5 == 117
    assert "117 weights" in PROSE


def test_every_picture_has_alt_text_with_its_finding():
    pages = [
        "".join(output["data"]["text/html"])
        for cell in CODE.values()
        for output in cell["outputs"]
        if "<img" in "".join(output.get("data", {}).get("text/html", ""))
    ]
    assert len(pages) == 10
    assert all(len(re.search(r'<img alt="([^"]+)"', page)[1]) > 80 for page in pages)


def test_an_interrupted_run_is_not_kept_as_a_row_of_the_table(monkeypatch):
    whole = experiments.runs.__wrapped__
    real, calls = experiments.adding, []

    def stopped(rng, T, B):
        calls.append(T)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return real(rng, T, B)

    monkeypatch.setattr(experiments, "adding", stopped)
    with pytest.raises(KeyboardInterrupt):
        whole("no clipping")
    assert len(calls) == 5, "nothing went on after the interrupt"
