"""The project text generation: its counts, its model, its long training, and the numbers in its text."""

import functools
import hashlib
import os
import re
import signal
import subprocess
import sys
import tomllib
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from lstm_helpers import checks, yours
from lstm_helpers.baselines.ngrams import WittenBell, compressed_bits
from lstm_helpers.checks import judge
from lstm_helpers.data import pride_and_prejudice
from lstm_helpers.nn import LSTM
from lstm_helpers.projects import own_weights
from lstm_helpers.projects.text_generation import __main__ as script
from lstm_helpers.projects.text_generation import answers, experiments, own_model, sheet
from lstm_helpers.projects.text_generation import model as project
from tests import lessons
from tests.checks.solved import solution

NOTEBOOK = lessons.read("projects/text_generation")
PROSE = lessons.prose(NOTEBOOK)
printed = functools.partial(lessons.printed, NOTEBOOK)
MODELS = files("lstm_helpers.data").joinpath("models")


@pytest.fixture(scope="module")
def text():
    return pride_and_prejudice()


@pytest.fixture(scope="module")
def letters(text):
    return project.Alphabet(text)


@pytest.fixture(scope="module")
def ids(letters, text):
    return letters.encode(text)


@pytest.fixture(scope="module")
def novelist():
    return project.stored()[0]


@pytest.fixture(scope="module")
def reading(ids):
    """Training and validation text, and where the second begins."""
    learned, held, _ = project.split(ids)
    return np.concatenate([learned, held]), len(learned)


@pytest.fixture
def small():
    """An untrained model of 5 characters and 7 units, and a text."""
    return project.new_model(5, 7, np.random.default_rng(0)), np.random.default_rng(1).integers(5, size=120)


# ---------------------------------------------------------------- the text


def test_the_parts_follow_one_another_and_the_last_tenth_is_the_test_text(ids):
    learned, held, final = project.split(ids)
    assert np.array_equal(np.concatenate([learned, held, final]), ids)
    assert (len(learned), len(held), len(final)) == (582_051, 34_239, 68_477)


def test_an_alphabet_goes_there_and_back_and_names_a_character_it_does_not_know(letters):
    assert letters.decode(letters.encode("Mr. Darcy\n")) == "Mr. Darcy\n"
    with pytest.raises(KeyError, match="expected characters of this alphabet, got é: it knows"):
        letters.encode("née")


# ---------------------------------------------------------------- the model


def test_log_probabilities_sum_to_one_and_do_not_depend_on_what_comes_after(small):
    model, ids = small
    log_p = model.log_p(ids, 40, streams=1)
    assert np.exp(log_p).sum(axis=1) == pytest.approx(np.ones(80), rel=1e-5)
    other = ids.copy()
    other[80:] = (other[80:] + 1) % 5
    assert np.array_equal(model.log_p(other, 40, streams=1)[:41], log_p[:41])
    assert not np.allclose(model.log_p(other, 40, streams=1)[41:], log_p[41:])


def test_reading_in_many_streams_gives_what_reading_in_one_gives(small):
    model, ids = small
    scores, _ = model.scores(ids[:-1, None])
    one_by_one = -np.take_along_axis(project.log_softmax(scores), ids[1:, None, None], axis=-1)[:, 0, 0]
    for streams in (1, 3, 7):
        nats = model.nats(ids, 60, streams=streams, warm=59)
        assert nats == pytest.approx(one_by_one[59:], abs=1e-4)
    assert not np.allclose(model.nats(ids, 60, streams=7, warm=0), one_by_one[59:], atol=1e-3)


@pytest.mark.parametrize("other", [project.TorchLSTM, yours.LSTM])
def test_another_layer_instead_of_ours_trains_the_same_model(ids, other):
    runs = []
    for layer in (LSTM, other):
        model, state, losses = project.new_model(75, 16, np.random.default_rng(1), layer=layer), None, []
        optimiser = project.AdamW(model.params, 2e-3)
        for inputs, targets in list(project.chunks(ids[:5000], 8, 20))[:15]:
            loss, grads, state = model.loss(inputs, targets, state)
            optimiser.step(grads)
            losses.append(loss)
        runs.append((losses, grads, state, model.params))
    (losses, grads, state, params), (their_losses, their_grads, their_state, their_params) = runs
    assert losses == pytest.approx(their_losses, abs=1e-4)
    for part, their_part in zip(state, their_state, strict=True):
        assert part == pytest.approx(their_part, abs=1e-3)
    for name in grads:
        assert grads[name] == pytest.approx(their_grads[name], abs=1e-4)
        assert params[name] == pytest.approx(their_params[name], abs=1e-3)


def test_drop_connect_leaves_the_weights_as_they_were_and_gives_no_gradient_to_what_it_dropped(ids):
    model = project.new_model(75, 32, np.random.default_rng(2), dropout=0.4, drop_connect=0.25)
    before = model.lstm.params["W_h"].copy()
    _, grads, _ = model.loss(ids[:200].reshape(20, 10), ids[1:201].reshape(20, 10))
    assert np.array_equal(model.lstm.params["W_h"], before)
    assert (grads["lstm.W_h"] == 0).mean() == pytest.approx(0.25, abs=0.02)
    assert (grads["readout.W"] != 0).any()


# ---------------------------------------------------------------- choosing


def test_temperature_and_nucleus():
    scores = np.log([0.5, 0.3, 0.2])
    assert project.with_temperature(scores, 1.0) == pytest.approx([0.5, 0.3, 0.2])
    assert project.with_temperature(scores, 0.5) == pytest.approx(np.array([25, 9, 4]) / 38)
    assert project.nucleus(np.array([0.1, 0.5, 0.1, 0.3]), 0.6) == pytest.approx([0, 0.625, 0, 0.375])
    assert project.nucleus(np.array([0.2, 0.8]), 1.0) == pytest.approx([0.2, 0.8])


@pytest.mark.filterwarnings("error")
def test_temperature_and_nucleus_at_their_ends():
    scores = np.array([[1.0, 3.0, 3.0], [9.0, 0.0, -9.0]])
    for cold in (0, 5e-324, 1e-300):
        assert project.with_temperature(scores, cold).tolist() == [[0, 0.5, 0.5], [1, 0, 0]]
    assert project.with_temperature(scores, np.inf) == pytest.approx(np.full((2, 3), 1 / 3))
    assert project.nucleus(np.array([0.1, 0.5, 0.4]), 0).tolist() == [0, 1, 0]
    for temperature in (-1, np.nan):
        with pytest.raises(ValueError, match="a temperature of 0 or more, got"):
            project.with_temperature(scores, temperature)
    for top in (-0.1, 1.5, np.nan):
        with pytest.raises(ValueError, match="top from 0 to 1, got"):
            project.nucleus(np.array([0.5, 0.5]), top)


def test_temperature_zero_and_a_nucleus_of_nothing_are_the_greedy_choice(small):
    model, _ = small
    greedy = project.beam_search(model, [1, 2], 9, 1)
    for options in ({"temperature": 0}, {"top": 0}):
        assert project.sample(model, [1, 2], 9, np.random.default_rng(0), **options) == greedy


def test_a_text_that_begins_with_nothing_is_refused(small):
    model, _ = small
    with pytest.raises(ValueError, match="a beginning of one character or more, got none"):
        project.sample(model, [], 9, np.random.default_rng(0))
    with pytest.raises(ValueError, match="a beginning of one character or more, got none"):
        project.beam_search(model, [], 9, 2)
    with pytest.raises(ValueError, match="beams of 1 or more, got 0"):
        project.beam_search(model, [1], 9, 0)


def test_one_beam_is_the_greedy_choice_and_many_find_a_likelier_text(novelist, letters):
    start = letters.encode("She was ")
    greedy = list(start)
    for _ in range(30):
        scores, _ = novelist.scores(np.array(greedy)[:, None])
        greedy.append(int(scores[-1, 0].argmax()))
    one, eight = (project.beam_search(novelist, start, 30, K) for K in (1, 8))
    assert one == greedy
    costs = [novelist.nats(np.array(found), len(start), streams=1).sum() for found in (one, eight)]
    assert costs[1] < costs[0]


def test_a_cold_sample_is_the_greedy_one(novelist, letters):
    start = letters.encode("She was ")
    cold = project.sample(novelist, start, 20, np.random.default_rng(0), temperature=1e-3)
    assert cold == project.beam_search(novelist, start, 20, 1)


# ---------------------------------------------------------------- the long training

TINY = {**project.SETTINGS, "H": 6, "B": 256, "T": 200, "to_half": 1}


def test_a_training_that_was_stopped_goes_on_as_if_it_had_not(tmp_path):
    whole = project.train(tmp_path / "whole", False, {**TINY, "to_zero": 1}, progress=False)
    project.train(tmp_path / "parts", False, {**TINY, "to_zero": 0}, progress=False)
    with pytest.raises(FileExistsError, match="go on with --resume"):
        project.train(tmp_path / "parts", False, {**TINY, "to_zero": 1}, progress=False)
    parts = project.train(tmp_path / "parts", True, {**TINY, "to_zero": 1}, progress=False)
    assert parts["sha256"] == whole["sha256"]
    logs = [(tmp_path / folder / "pride_lstm.json").read_text() for folder in ("whole", "parts")]
    assert logs[0] == logs[1]


def test_a_training_stopped_in_its_first_pass_has_no_result_yet_and_goes_on(tmp_path, capsys):
    settings = {**TINY, "to_zero": 0}
    whole = project.train(tmp_path / "whole", False, settings, progress=False)
    assert whole["ended"] == "finished"

    class Impatient(LSTM):
        def backward(self, *given, **options):  # Ctrl-C in the first step
            signal.raise_signal(signal.SIGINT)
            return super().backward(*given, **options)

    assert project.train(tmp_path / "parts", False, settings, layer=Impatient, progress=False) is None
    assert not (tmp_path / "parts" / "pride_lstm.npz").exists()
    capsys.readouterr()
    assert project.train(tmp_path / "parts", True, settings)["sha256"] == whole["sha256"]
    shown = capsys.readouterr()
    assert re.search(r"It goes on after step 1 of [\d,]+\.\n", shown.out)
    assert re.search(r"\d/\d+ \[[^]]*loss=", shown.err)  # steps of all of them


def test_the_script_says_in_one_line_what_keeps_it_from_training(tmp_path):
    (tmp_path / "pride_lstm.checkpoint.npz").write_bytes(b"")
    command = [sys.executable, "-m", "lstm_helpers.projects.text_generation", "--own", "--folder", tmp_path]
    ran = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"})
    assert ran.returncode == 1
    assert "go on with --resume, or delete its folder to start anew" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize(
    ("options", "layer"),
    [
        (["--own"], yours.LSTM),
        (["--own", "--layer", "nn"], LSTM),
        (["--layer", "yours"], yours.LSTM),
        (["--own", "--layer", "torch"], script.LAYERS["torch"]),
        ([], script.LAYERS["torch"]),
    ],
)
def test_the_script_trains_the_students_own_lstm_unless_asked_otherwise(monkeypatch, capsys, options, layer):
    trained = []
    monkeypatch.setattr(script, "train", lambda *given, layer: trained.append(layer))
    monkeypatch.setattr(sys, "argv", ["text_generation", *options])
    script.main()
    assert trained == [layer]
    said = capsys.readouterr().out.splitlines()[0]
    assert ("forward pass" in said) == (layer is yours.LSTM)  # it says whose functions run
    assert said.split(" trains")[0] in ("Your LSTM", "The course's LSTM", "torch.nn.LSTM")


@pytest.mark.parametrize(
    ("python", "said"),
    [
        ("/ann/course/.venv/bin/python", ".venv/bin/python -m lstm_helpers.projects.text_generation --own"),
        ("/ann/course/.venv/bin/python3", ".venv/bin/python -m lstm_helpers.projects.text_generation --own"),
        ("/opt/conda/bin/python", "python -m lstm_helpers.projects.text_generation --own"),
    ],
)
def test_the_line_that_trains_a_model_names_the_python_of_the_course(monkeypatch, python, said):
    monkeypatch.setattr(own_weights.course, "root", lambda: Path("/ann/course"))
    monkeypatch.setattr(sys, "executable", python)
    assert Path(own_model.TRAINING.command()).as_posix() == said


def test_the_learning_rate_warms_up_falls_to_half_and_then_to_zero():
    rate = project._falling(0.01, 1000, 500)
    assert rate(0) == pytest.approx(0.0001)
    assert rate(1000) == pytest.approx(0.005)
    assert rate(999) == pytest.approx(0.005, rel=0.01)
    assert rate(1250) == pytest.approx(0.0025)
    assert rate(1500) == rate(1600) == 0


def test_torchs_layer_says_that_it_gives_no_gradient_of_its_input():
    layer = project.TorchLSTM(5, 4, rng=np.random.default_rng(0))
    h, _ = layer.forward(np.ones((3, 2, 5), np.float32))
    with pytest.raises(ValueError, match="expected input_gradient=False"):
        layer.backward(np.ones_like(h), input_gradient=True)
    layer.backward(np.ones_like(h), input_gradient=False)
    assert layer.grads["W_x"].shape == (5, 16)


def test_what_is_stored_has_its_hash():
    told = tomllib.loads(MODELS.joinpath("provenance.toml").read_text(encoding="utf-8"))
    for name in ("pride_lstm.npz", "pride_lstm.csv", "pride_lstm.json"):
        assert hashlib.sha256(MODELS.joinpath(name).read_bytes()).hexdigest() == told[name]["sha256"]
    assert told["pride_lstm.npz"]["settings"] == project.SETTINGS


def test_the_stored_weights_reach_what_the_log_says(novelist, reading):
    _, log, samples = project.stored()
    best = min(row["validation"] for row in log)
    assert project.bits(novelist.nats(*reading)) == pytest.approx(best, abs=0.003)
    assert {f"{row['step']:.0f}" for row in log} == set(samples)


# ---------------------------------------------------------------- a model of one's own, handed in and scored


@pytest.fixture(scope="module")
def asked():
    return checks.find("my_weights")


def test_a_packed_model_is_one_line_of_text_and_costs_next_to_nothing(novelist, reading):
    text = own_weights.pack(novelist.params)
    assert re.fullmatch(r"[0-9A-Za-z!#$%&()*+;<=>?@^_`{|}~-]+", text)
    ids, start = reading[0][:590_000], reading[1]
    again = project.with_weights(own_weights.unpack(text).params)
    assert project.bits(again.nats(ids, start)) - project.bits(novelist.nats(ids, start)) < 0.01
    with pytest.raises(ValueError, match=r"not all of a packed model .*: run bring_in"):
        own_weights.unpack(text[:1000])


def test_bringing_in_makes_a_cell_that_gives_the_model_back(tmp_path, monkeypatch, capsys, small):
    cells = []
    own_model.bring_in(tmp_path)
    assert "call it in a notebook" in capsys.readouterr().out
    monkeypatch.setattr("IPython.get_ipython", lambda: SimpleNamespace(set_next_input=cells.append))
    own_model.bring_in(tmp_path)
    said = capsys.readouterr().out
    assert "python -m lstm_helpers.projects.text_generation --own\n" in said
    assert "there is no my_model" in said
    (tmp_path / "pride_lstm.checkpoint.npz").write_bytes(b"")
    own_model.bring_in(tmp_path)
    said = capsys.readouterr().out
    assert "it still runs, or it was stopped" in said
    assert "python -m lstm_helpers.projects.text_generation --own --resume\n" in said
    assert cells == []
    np.savez(tmp_path / "pride_lstm.npz", **small[0].params)
    (tmp_path / "pride_lstm.csv").write_text("step,validation\n10,2.5\n20,2.123\n30,2.2\n", encoding="utf-8")
    own_model.bring_in(tmp_path)
    assert "2.12 bits per character on the validation text, the best of 3 passes" in capsys.readouterr().out
    space = {"unpack": own_weights.unpack}
    exec(cells[0], space)
    for name, array in space["my_model"].params.items():
        assert array == pytest.approx(small[0].params[name], abs=float(np.abs(small[0].params[name]).max()) / 250)


def costs(result):
    """(cost of the model, cost of the best counts) as the feedback says them."""
    return tuple(
        map(float, re.findall(r"([\d.]+) bits per character where the best counts cost ([\d.]+)", result.text)[0])
    )


def own():
    return solution("text_generation")[0]["my_model"].params


def handed_in(**change):
    """An answer to the last question: the weights of the model that the solution trained, some of them changed."""
    weights = dict(zip(("W_x", "W_h", "b", "W_y", "b_y"), own().values(), strict=True))
    return lambda: tuple(change.get(name, lambda w: w)(w) for name, w in weights.items())


def test_a_model_earns_by_what_it_saves_beside_the_best_counts(asked):
    seen = {}
    for share in np.linspace(0.5, 1, 15):  # of a readout that is too timid
        result = checks.examine(asked, handed_in(W_y=lambda w, share=share: share * w))
        cost, best = costs(result)
        seen[result.points] = best - cost
        assert result.state == (judge.CORRECT if result.points else judge.WRONG)
        assert result.cause == ("" if result.points else "no better than counts")
    assert set(seen) == {6, 4, 2, 0}
    for points, least in ((6, 0.10), (4, 0.06), (2, 0.03)):
        assert seen[points] >= least - 0.011  # both costs are told with two decimals
    assert seen[0] < 0.041


@pytest.mark.parametrize("noise", [0, 0.1])
@pytest.mark.parametrize("units", [512, 300])
def test_the_model_that_the_course_trained_earns_nothing_in_any_order_cut_or_with_noise(asked, units, noise):
    rng = np.random.default_rng(0)
    W_x, W_h, b, W_y, b_y = (w.astype(np.float64) for w in answers.my_weights())
    order = rng.permutation(512)[:units]
    columns = np.concatenate([order + k * 512 for k in range(4)])
    theirs = W_x[:, columns], W_h[order][:, columns], b[columns], W_y[order], b_y
    result = checks.examine(asked, lambda: tuple(w + noise * w.std() * rng.normal(size=w.shape) for w in theirs))
    assert (result.state, result.points, result.cause) == (judge.WRONG, 0, "the course's own model")


def in_disguise(how, W_x, W_h, b, W_y, b_y):
    """The weights changed by what a model does not show, or hardly."""
    rng, H = np.random.default_rng(1), len(W_h)
    if how == "signs":  # of h, and of the candidate that makes it
        sign = rng.choice([-1, 1], H, p=[0.9, 0.1])
        W_h, W_y = W_h * sign[:, None], W_y * sign[:, None]
        whole = np.concatenate([np.ones(2 * H), sign, np.ones(H)])
        W_x, W_h, b = W_x * whole, W_h * whole, b * whole
    elif how == "a part of the bias in W_x":
        moved = 3 * rng.normal(size=4 * H)
        W_x, b = W_x + moved, b - moved
    elif how == "more for all scores":
        W_y = W_y + 3 * rng.normal(size=(H, 1))
    elif how == "rare characters":
        rare = np.flatnonzero(np.bincount(sheet._page()[0], minlength=len(W_x)) < 5)
        W_x, W_y = W_x.copy(), W_y.copy()
        W_x[rare], W_y[:, rare] = 50 * rng.normal(size=(len(rare), 4 * H)), W_y[:, rare] - 1
    return W_x, W_h, b, W_y, b_y


@pytest.mark.parametrize("how", ["signs", "a part of the bias in W_x", "more for all scores", "rare characters"])
def test_the_model_that_the_course_trained_earns_nothing_in_disguise(asked, how):
    theirs = in_disguise(how, *(w.astype(np.float64) for w in answers.my_weights()))
    result = checks.examine(asked, lambda: theirs)
    assert (result.state, result.points, result.cause) == (judge.WRONG, 0, "the course's own model")


def test_a_model_of_ones_own_is_like_the_stored_one_in_no_disguise(asked):
    mine = tuple(w.astype(np.float64) for w in handed_in()())
    for how in ("signs", "a part of the bias in W_x", "more for all scores"):
        assert checks.examine(asked, lambda how=how: in_disguise(how, *mine)).points == 6


def test_the_cost_is_that_of_the_package_on_the_pieces_of_the_case(asked):
    model = project.with_weights(own())
    page, counts = sheet._page()
    ((_, case),) = asked.draw(3)
    pieces = [page[start : start + sheet.PIECE] for start in case["starts"]]
    cost = np.mean([project.bits(model.nats(piece, sheet.WARM, 1, sheet.WARM)) for piece in pieces])
    best = np.mean([counts[start + sheet.WARM : start + sheet.PIECE] for start in case["starts"]])
    assert costs(checks.examine(asked, handed_in(), 3)) == pytest.approx((cost, best), abs=0.0051)


def test_the_pieces_do_not_overlap_and_change_with_the_seed(asked):
    draws = [asked.draw(seed)[0][1]["starts"] for seed in range(20)]
    assert all((np.diff(starts) >= sheet.PIECE).all() for starts in draws)
    assert len(sheet._page()[0]) >= max(starts[-1] for starts in draws) + sheet.PIECE


@pytest.fixture(params=["the page of the grader", "the page of a student"])
def either_page(request, monkeypatch, tmp_path):
    if request.param == "the page of a student":
        monkeypatch.setattr(sheet.sheet.hidden, "file", tmp_path / "not there")
    return sheet._page()


def test_counts_of_any_order_stay_below_the_first_tier_wherever_the_pieces_lie(either_page, asked, ids):
    page, best = either_page
    learned, _, _ = project.split(ids)
    whole = np.concatenate([learned, page])
    every_order = WittenBell(learned, 75, 9).nats(whole, len(learned)) / np.log(2)
    for seed in range(30):
        places = asked.draw(seed)[0][1]["starts"] + np.arange(sheet.WARM, sheet.PIECE)[:, None]
        assert (best[places].mean() - every_order[:, places].mean(axis=(1, 2))).max() < 0.01


def turned_blocks(w):
    """The columns in the order f, g, o, i."""
    return np.roll(w, -w.shape[-1] // 4, axis=-1)


def test_what_is_no_model_is_said_in_words(asked, small):
    right = handed_in()
    slips = {
        "W_x has shape (768, 75), expected (75, 768) with W_h of 192 units: transpose it": handed_in(W_x=np.transpose),
        "W_y has shape (75, 192), expected (192, 75)": handed_in(W_y=np.transpose),
        "b has shape (192,), expected (768,)": handed_in(b=lambda b: b[:192]),
        "W_h has shape (768,), expected (H, 4H) with 1 to 512 units": handed_in(W_h=lambda w: w[0]),
        "W_h has shape (600, 2400), expected": handed_in(W_h=lambda w: np.zeros((600, 2400))),
        "W_h has shape (), expected": handed_in(W_h=lambda w: np.float64(1)),
        "W_x has shape (5, 28), expected (75, 28)": lambda: tuple(small[0].params.values()),
        "b_y holds NaN": handed_in(b_y=lambda b: b * np.nan),
        "b_y holds int64": handed_in(b_y=lambda b: b.astype(np.int64)),
        "returns 4 values, expected 5 values: W_x, W_h, b, W_y, b_y": lambda: right()[:4],
        "expected your function: write its name, no brackets": right(),
        "One that knows nothing costs 6.23": handed_in(W_x=turned_blocks, W_h=turned_blocks, b=turned_blocks),
    }
    for said, slip in slips.items():
        result = checks.examine(asked, slip)
        assert (result.state, result.points, result.hints) == (judge.WRONG, 0, asked.hints)
        assert said in result.text
    fails = checks.examine(asked, lambda: undefined)  # noqa: F821
    assert (fails.state, fails.hints) == (judge.ERROR, asked.hints)
    assert checks.examine(asked, lambda: ...).state == judge.NOT_ATTEMPTED


def test_a_model_of_infinite_certainty_has_a_cost_and_no_warning(asked):
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        result = checks.examine(asked, handed_in(W_y=lambda w: w * 1e5))
    assert result.cause == "worse than a model that knows nothing"
    assert "nan" not in result.text


def test_the_page_that_a_class_is_scored_on_is_not_in_the_novel(text, letters):
    page, _ = sheet._page()
    assert len(page) >= sheet.PIECES * sheet.PIECE
    assert len(experiments.longest_copy(letters.decode(page), text)) < 40


# ---------------------------------------------------------------- beams of one's own


def by_loop(order):
    """beam_step where each line goes on with its own best character, written as a loop over the lines."""

    def own_best(log_p, total):
        ways = [(total[k] + row.max(), k, int(row.argmax())) for k, row in enumerate(log_p)]
        return tuple(np.array(part) for part in zip(*order(ways), strict=True))

    return own_best


def characters_left_behind(log_p, total):
    new = total + log_p.max(axis=1)
    line = np.argsort(-new)
    return new[line], line, log_p.argmax(axis=1)


@pytest.mark.parametrize(
    "answer",
    [
        by_loop(list),
        by_loop(lambda ways: sorted(ways, reverse=True)),
        by_loop(lambda ways: sorted(ways, key=lambda way: -way[0])),
        characters_left_behind,
    ],
    ids=["in its place", "sorted backwards", "sorted by total", "characters left behind"],
)
def test_lines_that_each_go_on_with_their_own_best_character_are_named_however_they_are_written(answer):
    result = checks.examine(checks.find("beam_step"), answer)
    assert "each line goes on with the likeliest character after it" in result.cause
    assert "two of the best may come from one line" in result.text


# ---------------------------------------------------------------- where things are


def test_places_quotations_and_new_words():
    assert experiments.place_in_word("It's so").tolist() == [1, 2, 0, 1, 0, 1, 2]
    assert (
        experiments.in_quotation('a "b" c "d\n\ne').tolist()
        == [False] * 3 + [True] * 2 + [False] * 4 + [True] * 2 + [False] * 2
    )
    assert experiments.in_new_word("A cat, Cats", "a cat").tolist() == [False] * 7 + [True] * 4


def test_words_that_a_text_knows_are_counted_without_the_last_one_in_any_case():
    assert experiments.known_words("The cat, Dogs; the ca", "a CAT the dog") == pytest.approx(3 / 4)


def test_copies_and_repetitions():
    assert experiments.longest_copy("xxhello thexx", "say hello then") == "hello the"
    assert experiments.longest_copy("abc", "xyz") == ""
    assert experiments.repeated("abcabcabc", 3) == pytest.approx(4 / 7)
    assert experiments.repeated("abcdefgh", 3) == 0


# ---------------------------------------------------------------- the numbers of the notebook


def test_the_rivals_are_as_good_as_the_text_says(text, ids, reading):
    read, start = reading
    unseen = [project.bits(nats) for nats in WittenBell(ids[:start], 75, 7).nats(read, start)]
    assert "".join(f"{value:6.2f}" for value in unseen) in printed("order=7")
    assert int(np.argmin(unseen)) == 5
    assert f"**{min(unseen):.2f} on the validation text is the number to beat.**" in PROSE
    packed = compressed_bits(text[:start], text[start : len(read)])
    for name, value in packed.items():
        assert f"{name:<5} {value:.2f} bits per character\n" in printed("packed.items()")
    assert min(packed.values()) > min(unseen)


@pytest.fixture(scope="module")
def on_the_test_text(text, ids, novelist):
    before = len(ids) - len(project.split(ids)[2])
    found = compressed_bits(text[:before], text[before:])
    found["counts, order 6"] = project.bits(WittenBell(ids[:before], 75, 6).nats(ids, before)[-1])
    found["LSTM, long training"] = project.bits(novelist.nats(ids, before))
    return found


def test_c19_the_lstm_beats_counts_and_compressors_on_the_test_text(on_the_test_text):
    for name, value in on_the_test_text.items():
        row = f"{name:<20} {value:.2f} bits per character   perplexity {2**value:.1f}\n"
        assert row in printed("LSTM, long training")
    lstm = on_the_test_text["LSTM, long training"]
    assert lstm <= 1.68
    assert lstm == min(on_the_test_text.values())
    assert f"{lstm:.2f} bits per character where the counts reach {on_the_test_text['counts, order 6']:.2f}" in PROSE
    gain = 1 - lstm / on_the_test_text["counts, order 6"]
    assert f"of about {gain:.0%}".replace("%", " %") in PROSE
    reached = f"{on_the_test_text['counts, order 6']:.2f} and {on_the_test_text['bz2']:.2f}"
    assert f"Counting and compression reach {reached} here" in PROSE


def test_perplexity_and_probability_of_the_test_text_are_those_of_its_bits(ids, on_the_test_text):
    N = len(project.split(ids)[2])
    lstm, counts = (on_the_test_text[name] for name in ("LSTM, long training", "counts, order 6"))
    assert f"as unsure as among {2**lstm:.1f} characters instead of {2**counts:.1f}" in PROSE
    powers = {name: -N * bits * np.log10(2) for name, bits in (("LSTM", lstm), ("counts", counts))}
    said = printed("all probabilities multiplied")
    for name, power in powers.items():
        assert f"{name:<6} 10 to the power of {round(power, -2):,.0f}\n" in said
    assert "all probabilities multiplied: 0.0\n" in said  # so small that the computer rounds it to 0
    times = f"{round(powers['LSTM'] - powers['counts'], -2):.0f}"
    assert f"about $10^{{{times}}}$ times as probable" in PROSE
    assert f"multiplied {N:,} times" in PROSE


def kneser_ney(learned, reading, start, order, V=75):
    """-log p of ``reading`` from place ``start`` on, by counts with modified Kneser-Ney smoothing: (N - start,).

    Of a shorter context counts in how many different ways it was met, not how often. Three discounts an order.
    Source: Chen & Goodman 1999, equations 27 to 30.
    """
    codes = WittenBell(learned, V, 1)._codes
    tables, grams = [], None
    for n in range(order - 1, -1, -1):
        met = codes(learned, order, n) if grams is None else grams % V ** (n + 1)
        grams, counts = np.unique(met, return_counts=True)
        once, twice, thrice, four = (np.sum(counts == k) for k in (1, 2, 3, 4))
        y = once / (once + 2 * twice)
        D = np.array([0, 1 - 2 * y * twice / once, 2 - 3 * y * thrice / twice, 3 - 4 * y * four / thrice])
        if not np.isfinite(D).all() or D.min() < 0:  # single characters: hardly any is met less than five times
            D = np.array([0, 0.75, 0.75, 0.75])
        off = D[np.minimum(counts, 3)]
        contexts, first = np.unique(grams // V, return_index=True)
        sums = [np.add.reduceat(part, first) for part in (counts, off)]
        tables.append((dict(zip(grams.tolist(), counts - off, strict=True)), contexts, *sums))
    p = np.full(len(reading) - start, 1 / V)
    for n, (kept, contexts, totals, shares) in enumerate(reversed(tables)):
        wanted = codes(reading, n + 1, start)
        place = np.minimum(np.searchsorted(contexts, wanted // V), len(contexts) - 1)
        mixed = (np.array([kept.get(k, 0) for k in wanted.tolist()]) + shares[place] * p) / totals[place]
        p = np.where(contexts[place] == wanted // V, mixed, p)
    return -np.log(p)


def test_the_strongest_counts_come_nearer_and_do_not_reach_the_lstm(ids, reading, on_the_test_text):
    start, before = reading[1], len(ids) - len(project.split(ids)[2])
    chosen = [project.bits(kneser_ney(ids[:start], reading[0], start, order)) for order in (6, 7)]
    assert chosen[1] < chosen[0]
    found = project.bits(kneser_ney(ids[:before], ids, before, 7))
    lstm = project.bits(project.stored()[0].nats(ids, before))
    assert lstm < found < on_the_test_text["counts, order 6"]
    gain = f"{1 - lstm / found:.0%}".replace("%", " %")
    assert f"gets {found:.2f} out of the same text with order 7, and the gain shrinks to about {gain}" in PROSE


def test_the_live_training_reaches_what_it_promises():
    (live,) = re.findall(r"live model: ([\d.]+) bits", printed("live = bits"))
    (counts,) = re.findall(r"the counts: ([\d.]+) bits", printed("live = bits"))
    assert float(counts) < float(live) <= 2.10


def test_the_shares_of_known_words_in_the_text_are_those_of_the_runs():
    shares = dict(re.findall(r"(temperature [\d.]+, nucleus [\d.]+): (\d+)% known", printed("known words")))
    at_one = shares["temperature 1.0, nucleus 1.0"]
    assert f"At $\\tau = 1$, {at_one} % of the words that it writes are words of the training text" in PROSE
    assert 1 / (1 - int(at_one) / 100) == pytest.approx(8, abs=0.5)  # "at 1 it invents one word in eight"
    assert 0.25 < 1 - int(shares["temperature 1.3, nucleus 1.0"]) / 100 < 0.33  # "almost one in three"
    assert shares["temperature 0.3, nucleus 1.0"] == "100"


def test_the_likeliest_character_that_a_question_names_has_that_probability(novelist, letters):
    scores, _ = novelist.scores(letters.encode("Elizabeth was s")[:, None])
    likeliest = project.with_temperature(scores[-1, 0], 1.0).max()
    assert f"After *Elizabeth was s* the likeliest character has probability {likeliest:.2f}" in PROSE


def test_torch_and_numpy_give_the_same_run():
    said = printed("largest difference below")
    assert "largest difference below 0.0001: True" in said
    assert "no: off by" not in said
    for ours, theirs in re.findall(r"ours ([\d.]+) +torch ([\d.]+)", said):
        assert ours == theirs


def test_the_lstm_knows_whether_a_quotation_is_open_and_counts_do_not():
    rows = re.findall(r"(inside|outside) +counts ([\d.]+) +LSTM ([\d.]+)", printed("counts_say"))
    (_, *inside), (_, *outside) = rows
    by_counts, by_lstm = (float(a) / float(b) for a, b in zip(inside, outside, strict=True))
    assert by_lstm > 3
    assert by_lstm > by_counts
