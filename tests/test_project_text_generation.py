"""The project text generation: its counts, its model, its long training, and the numbers in its text."""

import hashlib
import re
import tomllib
from functools import partial
from importlib.resources import files
from types import SimpleNamespace

import numpy as np
import pytest

from lstm_helpers import checks
from lstm_helpers.checks import judge
from lstm_helpers.checks import text_generation as sheet
from lstm_helpers.data import pride_and_prejudice
from lstm_helpers.figures import text_generation as lesson
from lstm_helpers.ngrams import WittenBell, compressed_bits
from lstm_helpers.nn import LSTM
from lstm_helpers.projects import text_generation as project
from tests import lessons

NOTEBOOK = lessons.read("projects/text_generation")
PROSE = lessons.prose(NOTEBOOK)
printed = partial(lessons.printed, NOTEBOOK)
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
    with pytest.raises(KeyError, match="é"):
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


def test_torch_in_the_place_of_our_layer_trains_the_same_model(ids):
    runs = []
    for layer in (LSTM, project.TorchLSTM):
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


def test_the_learning_rate_warms_up_falls_to_half_and_then_to_zero():
    rate = project._falling(0.01, 1000, 500)
    assert rate(0) == pytest.approx(0.0001)
    assert rate(1000) == pytest.approx(0.005)
    assert rate(999) == pytest.approx(0.005, rel=0.01)
    assert rate(1250) == pytest.approx(0.0025)
    assert rate(1500) == rate(1600) == 0


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
    return checks.find("next_character")


@pytest.fixture(scope="module")
def answer(asked, novelist):
    """A function: what to make of the scores (B, V) of the stored network -> an answer to the last question.

    The network is a large one: its scores on the cases of seed 0 are worked out once.
    """
    contexts = [case["contexts"] for _, case in asked.draw(0)]
    scores = {part.tobytes(): novelist.scores(part)[0][-1] for part in contexts}
    return lambda change: lambda contexts: change(scores[contexts.tobytes()])


def test_a_packed_model_is_one_line_of_text_and_costs_next_to_nothing(novelist, reading):
    text = project.pack(novelist)
    assert re.fullmatch(r"[0-9A-Za-z!#$%&()*+;<=>?@^_`{|}~-]+", text)
    ids, start = reading[0][:590_000], reading[1]
    assert project.bits(project.unpack(text).nats(ids, start)) - project.bits(novelist.nats(ids, start)) < 0.01
    with pytest.raises(ValueError, match=r"not all of a packed model .*: run bring_in"):
        project.unpack(text[:1000])


def test_bringing_in_makes_a_cell_that_gives_the_model_back(tmp_path, monkeypatch, capsys, small):
    cells = []
    project.bring_in(tmp_path)
    assert "call it in a notebook" in capsys.readouterr().out
    monkeypatch.setattr("IPython.get_ipython", lambda: SimpleNamespace(set_next_input=cells.append))
    project.bring_in(tmp_path)
    assert "python -m lstm_helpers.projects.text_generation --own" in capsys.readouterr().out
    assert cells == []
    np.savez(tmp_path / "pride_lstm.npz", **small[0].params)
    project.bring_in(tmp_path)
    space = {"unpack": project.unpack}
    exec(cells[0], space)
    for name, array in space["my_model"].params.items():
        assert array == pytest.approx(small[0].params[name], abs=float(np.abs(small[0].params[name]).max()) / 250)


def costs(result):
    """(cost of the model, cost of the best counts) as the feedback says them."""
    return tuple(
        map(float, re.findall(r"([\d.]+) bits per character where the best counts cost ([\d.]+)", result.text)[0])
    )


def test_a_model_earns_by_what_it_saves_beside_the_best_counts(answer, asked):
    def spoiled(share):  # some of the probability goes to characters that never come
        return answer(lambda scores: np.log((1 - share) * np.exp(project.log_softmax(scores)) + share / 75))

    seen = {}
    for share in np.linspace(0, 0.2, 15):
        result = checks.examine(asked, spoiled(share))
        cost, best = costs(result)
        seen[result.points] = best - cost
        assert result.state == (judge.CORRECT if result.points else judge.WRONG)
    assert set(seen) == {6, 4, 2, 0}
    for points, least in ((6, 0.10), (4, 0.06), (2, 0.03)):
        assert seen[points] >= least - 0.011  # both costs are told with two decimals
    assert seen[0] < 0.041


def test_counting_earns_nothing(asked, ids):
    learned, _, _ = project.split(ids)
    for order in (5, 6, 7):
        counts = WittenBell(learned, 75, order)
        result = checks.examine(asked, lambda contexts, c=counts: np.log([c.distribution(row) for row in contexts.T]))
        assert result.points == 0
        assert costs(result)[0] >= costs(result)[1]


def test_what_is_no_log_probability_is_said_in_words(answer, asked):
    slips = {
        "log_softmax, not softmax": lambda scores: np.exp(project.log_softmax(scores)),
        "scores become log_p by log_softmax": lambda scores: scores,
        "one row for each context, not for each step": lambda scores: np.stack([project.log_softmax(scores)] * 2),
        "holds NaN": lambda scores: scores * np.nan,
        "holds int64": lambda scores: np.zeros(scores.shape, int),
    }
    for said, slip in slips.items():
        result = checks.examine(asked, answer(slip))
        assert (result.state, result.points, result.hints) == (judge.WRONG, 0, asked.hints)
        assert said in result.text
    fails = checks.examine(asked, answer(lambda scores: scores + np.ones(3)))
    assert (fails.state, fails.hints) == (judge.ERROR, asked.hints)
    assert checks.examine(asked, lambda contexts: ...).state == judge.NOT_ATTEMPTED


@pytest.mark.parametrize("seed", range(4))
def test_no_context_holds_a_character_that_is_still_to_be_guessed(asked, seed):
    read, guessed = set(), 0
    for _, case in asked.draw(seed):
        here = [sheet._place_after()[column.tobytes()] for column in case["contexts"].T.copy()]
        read |= {place - back for place in here for back in range(1, sheet.LENGTH + 1)}
        assert not read & set(here)
        guessed += len(here)
    assert guessed == sheet.PIECES * (sheet.PIECE - sheet.LENGTH)


def test_the_page_that_a_class_is_scored_on_is_not_in_the_novel(text, letters):
    page, _ = sheet._page()
    assert len(page) >= sheet.PIECES * sheet.PIECE
    assert len(lesson.longest_copy(letters.decode(page), text)) < 40


# ---------------------------------------------------------------- where things are


def test_places_quotations_and_new_words():
    assert lesson.place_in_word("It's so").tolist() == [1, 2, 0, 1, 0, 1, 2]
    assert (
        lesson.in_quotation('a "b" c "d\n\ne').tolist()
        == [False] * 3 + [True] * 2 + [False] * 4 + [True] * 2 + [False] * 2
    )
    assert lesson.in_new_word("A cat, Cats", "a cat").tolist() == [False] * 7 + [True] * 4


def test_copies_and_repetitions():
    assert lesson.longest_copy("xxhello thexx", "say hello then") == "hello the"
    assert lesson.longest_copy("abc", "xyz") == ""
    assert lesson.repeated("abcabcabc", 3) == pytest.approx(4 / 7)
    assert lesson.repeated("abcdefgh", 3) == 0


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


def test_c19_the_lstm_beats_counts_and_packers_on_the_test_text(on_the_test_text):
    for name, value in on_the_test_text.items():
        assert f"{name:<20} {value:.2f} bits per character\n" in printed("LSTM, long training")
    lstm = on_the_test_text.pop("LSTM, long training")
    assert lstm <= 1.68
    assert lstm < min(on_the_test_text.values())
    assert (
        f"{lstm:.2f} bits per character where the best count reaches {on_the_test_text['counts, order 6']:.2f}" in PROSE
    )
    gain = 1 - lstm / on_the_test_text["counts, order 6"]
    assert f"of about {gain:.0%}".replace("%", " %") in PROSE
    assert f"here {on_the_test_text['counts, order 6']:.2f} and {on_the_test_text['bz2']:.2f}" in PROSE


def test_the_live_training_reaches_what_it_promises():
    assert "at most 2.10 bits: True   better than counting: False" in printed("live = bits")


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
