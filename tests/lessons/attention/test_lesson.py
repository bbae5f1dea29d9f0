"""Lesson 10: what it measures holds, and the numbers in its text are those that come out."""

from functools import partial

import numpy as np
import pytest

from lstm_helpers import nn
from lstm_helpers.data import dates
from lstm_helpers.explorers import AttentionExplorer
from lstm_helpers.lessons.attention import by_pencil, experiments, long_run
from tests import lessons

NOTEBOOK = lessons.read("10_attention")
PROSE = lessons.prose(NOTEBOOK)
printed = partial(lessons.printed, NOTEBOOK)
BY_HAND = "saturday, june 18, 1994"


@pytest.fixture(scope="module")
def model():
    return experiments.miniature("general")[0]


@pytest.fixture(scope="module")
def plain():
    return experiments.miniature("none")[0]


@pytest.fixture(scope="module")
def test_set():
    return experiments.unseen(500)


# ---------------------------------------------------------------- the dates


def test_sentences_hold_their_dates_and_no_date_of_a_test_is_ever_trained():
    rng = np.random.default_rng(0)
    for unseen in (False, True):
        texts, answers = dates.sentences(rng, 300, (1, 3), unseen=unseen)
        for text, answer in zip(texts, answers, strict=True):
            days = [dates.date.fromisoformat(one) for one in answer.split(" ")]
            assert all((day.toordinal() % dates.HELD_BACK == 0) == unseen for day in days)
            assert all(any(dates.written(day, form) in text for form in dates.FORMS) for day in days)


def test_numbers_of_characters_give_the_text_back_and_the_weekday_is_right():
    texts, answers = dates.sentences(np.random.default_rng(1), 50)
    ids, lengths = dates.numbered(texts)
    assert ["".join(dates.SOURCE[k] for k in ids[:n, b]) for b, n in enumerate(lengths)] == texts
    target, _ = dates.numbered([answer + dates.END for answer in answers], dates.TARGET)
    assert dates.spelled(target) == answers
    assert dates.written(dates.date(1994, 6, 18), dates.FORMS[-1]) == "saturday, june 18th, 1994"
    assert [dates.written(dates.date(2000, 1, d), dates.FORMS[2])[4:8] for d in (1, 2, 3, 11, 23)] == [
        "1st ", "2nd ", "3rd ", "11th", "23rd",
    ]  # fmt: skip


def test_the_same_seed_makes_the_same_sentences():
    one, other = (dates.sentences(np.random.default_rng(7), 5, (1, 3)) for _ in range(2))
    assert one == other


# ---------------------------------------------------------------- the network


@pytest.mark.parametrize("kind", experiments.KINDS)
def test_the_gradient_of_the_whole_network_is_that_of_differences(kind):
    rng = np.random.default_rng(3)
    model = experiments.Translator(kind, 5, rng=rng, layer=partial(nn.LSTM, dtype=np.float32), E=4)
    batch = experiments.batch_of(*dates.sentences(rng, 3, (1, 2)))
    _, grads = model.learn(batch)
    assert grads.keys() == model.params.keys()
    for name, p in model.params.items():
        direction = rng.normal(size=p.shape).astype(np.float32)
        direction /= np.linalg.norm(direction)
        kept, sides = p.copy(), []
        for step in (3e-2, -3e-2):
            p[...] = kept + np.float32(step) * direction
            sides.append(model.learn(batch)[0])
        p[...] = kept
        assert (sides[0] - sides[1]) / 6e-2 == pytest.approx(float((grads[name] * direction).sum()), rel=0.05, abs=3e-4)


def test_greedy_decoding_of_a_batch_is_that_of_each_sentence_by_itself(model, test_set):
    texts = test_set[0][:20]
    together = dates.spelled(model.greedy(*dates.numbered(texts))[0])
    assert together == [dates.spelled(model.greedy(*dates.numbered([text]))[0])[0] for text in texts]


# ---------------------------------------------------------------- what the lesson says


def test_with_a_look_back_unseen_dates_come_out_and_without_most_do_not_after_the_same_batches(model, plain, test_set):
    assert experiments.exact(model, *test_set).mean() > 0.9
    assert experiments.exact(plain, *test_set).mean() < 0.5


def test_after_its_first_mistake_a_decoder_does_worse_on_its_own_text(plain, test_set):
    taught, alone = experiments.exposure(plain, *test_set)["after a mistake"]
    assert taught - alone > 0.1


def test_without_a_mask_answers_depend_on_their_neighbours_and_with_it_none_does(model):
    without, masked = experiments.neighbour(model)
    assert masked == 0 < without


def test_sharp_weights_are_followed_by_the_digits_and_not_by_the_dashes(model):
    rows = experiments.sharp_looks(model)
    share = {n: rows[rows[:, 0] == n, 1].mean() for n in range(10)}
    assert min(share[n] for n in (2, 3, 8, 9)) > 0.8
    assert max(share.get(n, 0) for n in (4, 7)) < 0.1
    assert rows[np.isin(rows[:, 0], (0, 1)), 1].mean() < 0.7
    assert 0.4 < rows[:, 1].mean() < 0.9


def test_the_largest_weight_is_at_work_and_a_random_one_is_not(model, test_set):
    texts, answers = test_set[0][:300], test_set[1][:300]
    assert experiments.without_the_top(model, texts, answers, "top") > 0.25
    assert experiments.without_the_top(model, texts, answers, "uniform") > 0.25
    assert experiments.without_the_top(model, texts, answers, "random") < 0.02


def test_both_kinds_go_back_as_central_differences_say(capsys):
    assert max(experiments.judge(kind) for kind in ("general", "additive")) < 1e-8
    assert capsys.readouterr().out.count("0.00000000\n") == 8
    assert printed("experiments.judge(kind)").count("0.00000000\n") == 8


def test_the_root_of_d_keeps_the_spread_at_one():
    for D in (4, 64, 256):
        spread, top, scaled = experiments.spread(D)
        assert spread == pytest.approx(D**0.5, rel=0.05)
        assert scaled < 0.4
    assert top > 0.7


# ---------------------------------------------------------------- C26: the stored table


def test_the_table_belongs_to_the_recipe_and_holds_three_seeds_of_each_network():
    runs = long_run.read()
    assert {run["recipe"] for run in runs} == {long_run.recipe()}
    assert long_run.missing() == []


def test_claim_26_is_measured_where_the_map_says():
    assert [cell.metadata["claim"] for cell in NOTEBOOK.cells if "claim" in cell.metadata] == ["C26", "C26"]


def _median(kind, column, H=64):
    return np.median([run[column] for run in long_run.read() if (run["kind"], run["H"]) == (kind, H)])


def test_with_attention_long_sentences_come_out_as_well_as_short_ones_and_without_they_do_not():
    assert _median("none", "dates_1") > 0.9
    assert _median("none", "dates_3") < 0.2
    assert _median("none", "each_2") == pytest.approx(1 / 2, abs=0.05)  # "of two dates it gets one, of three a third"
    assert _median("none", "each_3") == pytest.approx(1 / 3, abs=0.05)
    assert "after about 400 batches, that of the other after about 160" in PROSE
    assert _median("none", "learned") == pytest.approx(400, abs=30)
    assert _median("general", "learned") == pytest.approx(160, abs=15)
    wider = [run for run in long_run.read() if run["H"] == 112]
    assert len(wider) == 3  # "in each of three runs"
    assert all(run["dates_1"] == 1 and run["dates_2"] < 0.1 and run["dates_3"] == 0 for run in wider)
    assert _median("none", "dates_4") == _median("general", "dates_4") == 0  # "for neither network"
    assert _median("general", "dates_3") > 0.8
    assert _median("general", "to_80") > 0.7 > 0.2 > _median("none", "to_80")


def test_a_run_that_is_stopped_goes_on_from_its_checkpoint(tmp_path, monkeypatch):
    monkeypatch.setattr(long_run, "recipe", lambda: "short")
    short = {"stages": ((2, 1), (2, 2)), "tested": 10}
    whole = long_run.carry_out("general", 4, 0, tmp_path / "a", **short)
    real, calls = experiments.Translator.learn, []

    def stops(self, batch):
        calls.append(1)
        if len(calls) == 4:
            raise MemoryError
        return real(self, batch)

    train = experiments.train
    monkeypatch.setattr(experiments, "train", lambda *a, every, **more: train(*a, every=2, **more))
    monkeypatch.setattr(experiments.Translator, "learn", stops)
    with pytest.raises(MemoryError):
        long_run.carry_out("general", 4, 0, tmp_path / "b", **short)
    assert list((tmp_path / "b").iterdir())
    again = long_run.carry_out("general", 4, 0, tmp_path / "b", **short)
    assert len(calls) == 4 + 2
    assert again == whole
    assert not list((tmp_path / "b").iterdir())


# ---------------------------------------------------------------- the text


def test_every_picture_has_its_alt_text():
    alts = lessons.alts(NOTEBOOK)
    assert len(alts) == 6
    assert all(len(alt) > 100 for alt in alts)


def test_the_numbers_of_the_text():
    assert f"$V = {len(dates.TARGET)}$ characters" in PROSE
    assert (dates.LAST - dates.FIRST + 1) == 36525  # "a choice among 36,525, about 15 bits"
    assert "a choice among 36,525, about 15 bits" in PROSE
    assert round(np.log2(36525)) == 15
    assert sum(count for count, _ in long_run.STAGES) == 2000
    assert "800 with one date in each sentence, 400 with one or two, 800 with one to three" in PROSE
    assert [count for count, _ in long_run.STAGES] == [800, 400, 800]
    lengths = [len(text) for text in dates.sentences(np.random.default_rng(0), 2000, (1, 3), (0, 2))[0]]
    assert min(lengths) == 8 < 75 < max(lengths)


def test_the_pencil_question_is_right():
    a = np.array([1.0, 2.0]) / 3
    keys = np.array(by_pencil.GIVEN.keys[:2])
    de = a * (keys - a @ keys)
    exact = by_pencil.GIVEN.work_out()
    assert exact["weight"] == pytest.approx(a[0])
    assert exact["context"] == exact["swapped"] == pytest.approx(a @ keys)
    assert exact["dscore"] == pytest.approx(de[0])
    T, H = exact["crossing"], by_pencil.GIVEN.H
    assert 2 * T**2 * H == 8 * H**2 * T


# ---------------------------------------------------------------- by hand: the explorer's reader


def test_a_dash_sends_the_decoder_on_to_the_month_and_its_eyes_with_it():
    alone, dash = (AttentionExplorer(source=BY_HAND, forced=forced).compute() for forced in ("", "...-"))
    assert (alone["answer"], dash["answer"]) == ("1994-06-18", "199-06-18-")
    assert [BY_HAND[now["weights"][4].argmax()] for now in (alone, dash)] == ["4", "u"]  # the year, the month
    assert printed('outcome("10-dash"').split()[-1] == dash["answer"]


def test_all_weight_on_a_letter_of_june_writes_its_number():
    alone = AttentionExplorer(source=BY_HAND).compute()["weights"]
    assert alone[9].argmax() == BY_HAND.index("18") + 1
    assert alone[9].max() > 0.99
    moved = AttentionExplorer(source=BY_HAND, looks={9: [BY_HAND.index("n"), 1.0]}).compute()
    assert moved["answer"] == "1994-06-16"
    assert "6" not in BY_HAND
    assert "on 'n': 1994-06-16" in printed('outcome("10-moved"')
