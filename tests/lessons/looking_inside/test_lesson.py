"""Lesson 11: what it measures holds, and the numbers in its text are those that come out."""

import ast
import hashlib
import itertools
import tomllib
from collections import Counter
from functools import partial

import numpy as np
import pytest

from lstm_helpers import nn
from lstm_helpers.data import opening, pride_and_prejudice
from lstm_helpers.data.letters import Alphabet
from lstm_helpers.explorers import OwnExplorer
from lstm_helpers.lessons.looking_inside import answers, by_pencil, experiments, long_run, readers, toy
from lstm_helpers.lessons.training_that_works import experiments as training
from lstm_helpers.projects.text_generation import model as project
from tests import lessons

NOTEBOOK = lessons.read("11_looking_inside")
PROSE = lessons.prose(NOTEBOOK)
printed = partial(lessons.printed, NOTEBOOK)


@pytest.fixture(scope="module")
def reader():
    return toy.stored()


@pytest.fixture(scope="module")
def page():
    return experiments.toy_reading()


@pytest.fixture(scope="module")
def novelist():
    return experiments.novelist()


@pytest.fixture(scope="module")
def held(novelist):
    return experiments.reading(novelist[1], "held")


@pytest.fixture(scope="module")
def seen(novelist, held):
    return experiments.watch(novelist[0], held.x, "if")


# ---------------------------------------------------------------- the toy page, and the truth about the novel


def test_a_toy_page_keeps_its_rules_and_its_facts_are_those_of_its_symbols():
    ids, place, bracket, chance = toy.pages(np.random.default_rng(0), 200, 40)
    for b in range(40):
        page = "".join(toy.SYMBOLS[k] for k in ids[:, b])
        assert {len(line) for line in page.split("\n")[:-1]} == {toy.LINE}
        open_ = ""
        for t, s in enumerate(page):
            if s in "([":
                assert not open_
                open_ = s
            elif s in ")]":
                assert open_ + s in ("()", "[]")
                open_ = ""
            assert bracket[t, b] == " ([".index(open_ or " ")
            assert place[t, b] == len(page[: t + 1].split("\n")[-1])
    ends = ids == toy.SYMBOLS.index("\n")
    assert (chance[ends] == 1).all()
    assert (chance[~ends] < 1).all()


def test_the_chance_of_each_symbol_is_how_often_it_comes():
    ids, place, bracket, _ = toy.pages(np.random.default_rng(1), 100, 400)
    free = (place[:-1] < toy.LINE) & (bracket[:-1] == toy.ROUND)
    assert np.mean(ids[1:][free] == toy.SYMBOLS.index(")")) == pytest.approx(toy.CHANGE, abs=0.01)
    free = (place[:-1] < toy.LINE) & (bracket[:-1] == toy.NONE)
    assert np.mean(ids[1:][free] == toy.SYMBOLS.index("[")) == pytest.approx(toy.CHANGE / 2, abs=0.01)


def test_quotations_places_and_words_of_a_text_are_found():
    text = '"No," he said.\n\n"On and on,\n\n"and on." No'
    quoted, place, words = experiments.facts(text)
    assert [text[t] for t in np.flatnonzero(np.diff(quoted.astype(int)) == 1) + 1] == ['"', '"']
    assert not quoted[text.index(" he")]
    assert quoted[text.index("On")]
    assert not quoted[text.index("\n\n", 20) + 1]  # a paragraph begins outside
    assert place[0] == 1
    assert place[text.index("\n")] == 0
    assert words[2] == words[-1] >= 0 > words[1]  # No and No


def test_the_pieces_of_the_novel_begin_with_a_paragraph_share_no_character_and_hold_what_their_facts_say(held):
    assert np.diff(np.sort(held.start)).min() >= experiments.T
    for b, start in enumerate(held.start):
        assert held.text[start - 2 : start] == "\n\n"
        assert held.bracket[0, b] == (held.text[start] == '"')
    assert held.x.shape == (experiments.T, experiments.B)


def test_the_stored_reader_is_what_its_provenance_says_and_predicts_as_well_as_can_be(reader, page):
    folder = toy.WEIGHTS.parent
    told = tomllib.loads((folder / "provenance.toml").read_text(encoding="utf-8"))["toy_page.npz"]
    assert hashlib.sha256(toy.WEIGHTS.read_bytes()).hexdigest() == told["sha256"]
    assert told["settings"] == toy.SETTINGS
    text, least = page
    counts = text.where["all"]
    cost = experiments.costs(reader, text.x, text.y)[counts].mean()
    assert least[counts].mean() < cost < least[counts].mean() + 0.006


def test_training_a_reader_anew_learns_the_same_kind_of_page():
    model = toy.trained(steps=60)
    text, _ = experiments.toy_reading(B=16)
    assert experiments.costs(model, text.x, text.y)[text.where["all"]].mean() < np.log2(len(toy.SYMBOLS)) - 0.3


def test_the_model_of_the_novel_is_read_as_the_project_reads_it(novelist, held):
    theirs, letters = project.stored()[0], Alphabet(pride_and_prejudice())
    x = held.x[:40, :3]
    np.testing.assert_allclose(
        experiments.log_p(novelist[0], x), project.log_softmax(theirs.scores(x)[0]) / np.log(2), rtol=1e-4, atol=1e-4
    )
    assert novelist[1].characters == letters.characters
    first = experiments.untrained(novelist[1]).params
    for name, array in project.new_model(len(letters), 512, np.random.default_rng(0)).params.items():
        assert (first[name] == array).all()


# ---------------------------------------------------------------- ablation


def test_an_ablated_unit_is_read_as_a_constant_by_everybody():
    rng = np.random.default_rng(2)
    model = readers.Reader(len(toy.SYMBOLS), 5, rng=rng)
    x = rng.integers(len(toy.SYMBOLS), size=(7, 3))
    changed = experiments.without_unit(model, 2, 0.3)
    p, h_0 = model.lstm.params, np.zeros((3, 5), np.float32)
    h_0[:, 2] = 0.3
    h = answers.ablated_forward(
        model.one_hot[x], h_0, 0 * h_0, p["W_x"], p["W_h"], p["b"], 2, np.float32(0.3), np.ones(7, bool)
    )
    expected = model.readout.forward(h, train=False)
    found, _ = changed.lstm.forward(model.one_hot[x], train=False)
    np.testing.assert_allclose(changed.readout.forward(found, train=False), expected, atol=1e-5)
    assert not np.shares_memory(changed.params["lstm.b"], model.params["lstm.b"])


def test_a_held_gate_stands_where_it_is_held_and_the_others_move():
    model = readers.Reader(len(toy.SYMBOLS), 5, rng=np.random.default_rng(3))
    x = np.random.default_rng(4).integers(len(toy.SYMBOLS), size=(6, 3))
    fixed = experiments.watch(experiments.with_gate_held(model, "f", [1, 3], [0.25, 0.75]), x, "if")
    assert np.allclose(fixed["f"][..., 1], 0.25, atol=1e-3)
    assert np.allclose(fixed["f"][..., 3], 0.75, atol=1e-3)
    assert fixed["f"][..., 0].std() > 0.01 < fixed["i"][..., 1].std()


def test_the_counter_is_needed_and_the_second_best_is_a_spectator(reader, page):
    text, _ = page
    counts = text.where["all"]
    r = experiments.correlation(experiments.watch(reader, text.x)["c"][counts], text.place[counts])
    assert list(np.argsort(-np.abs(r))[:2]) == [2, 8]
    assert r[[2, 8]] == pytest.approx([0.90, -0.63], abs=0.01)
    seen = experiments.watch(reader, text.x, "ig")
    for bracket, unit, follows in ((toy.SQUARE, 6, 0.96), (toy.ROUND, 3, 0.93)):
        to = np.abs(experiments.correlation(seen["c"][counts], (text.bracket == bracket)[counts]))
        assert to.argmax() == unit
        assert to[unit] == pytest.approx(follows, abs=0.01)
    opens = counts & (text.x == toy.SYMBOLS.index("["))
    assert [round(float(np.median(seen[gate][opens][:, 6].astype(float))), 2) for gate in "ig"] == [1.00, 0.98]
    before, means = experiments.costs(reader, text.x, text.y), experiments.mean_h(reader, text)
    cost = {
        k: experiments.damage(experiments.without_unit(reader, k, means[k]), text, before) for k in (0, 2, 4, 5, 6, 8)
    }
    assert cost[2]["line end"] > 14
    assert cost[2]["closing"] < 0.4
    assert abs(cost[8]["line end"]) < 0.02
    assert cost[8]["all"] < 0.02
    assert cost[6]["closing"] > 3
    assert abs(cost[6]["line end"]) < 0.02
    assert min(cost[0]["line end"], cost[5]["line end"]) > 2  # "Units 0 and 5 cost 2 to 4 bits"
    assert max(cost[0]["line end"], cost[5]["line end"]) < 4
    zero = experiments.damage(experiments.without_unit(reader, 4, 0), text, before)
    assert zero["line end"] > 10 > 0.1 > cost[4]["line end"]
    h, _ = reader.lstm.forward(reader.one_hot[text.x], train=False)
    assert (h[counts][:, [9, 4]] > 0.5).mean(axis=0).min() > 0.75  # "stand far above zero most of the time"


def test_one_unit_follows_quotations_and_another_one_looks_as_if_it_did(novelist, held, seen):
    model, letters = novelist
    counts = held.where["all"]
    r = experiments.correlation(seen["c"][counts], held.bracket[counts])
    assert r[[388, 248]] == pytest.approx([0.88, -0.44], abs=0.02)
    loud = experiments.loudest(held, -seen["c"][..., 248], count=10)
    assert sum(quoted for _, quoted, _ in loud) == 9
    assert loud[0][2].endswith("* * * * ")
    assert sum('"' in context[-6:] for _, quoted, context in loud if quoted) == 7  # "most of them just after it begins"
    assert loud[0][0] / loud[1][0] == pytest.approx(6.8, abs=0.3)  # "nearly seven times"
    assert experiments.rewritten(model, letters, held, 388, 2)[0] > 3.5 * experiments.rewritten(
        model, letters, held, 388, None
    )[0]  # fmt: skip


def test_the_table_of_ablations_is_whole_belongs_to_its_recipe_and_one_unit_stands_alone(novelist, held, seen):
    rows = long_run.read()
    assert [row["unit"] for row in rows] == list(range(512))
    assert {row["recipe"] for row in rows} == {long_run.recipe()}
    closing = np.array([row["closing"] for row in rows])
    assert closing.argmax() == 388
    assert closing[388] > 0.9
    assert np.delete(closing, 388).max() < 0.25
    assert abs(closing[248]) < 0.05
    r = experiments.correlation(seen["c"][held.where["all"]], held.bracket[held.where["all"]])
    order = [np.argsort(np.argsort(np.delete(v, 388))) for v in (np.abs(r), closing)]
    assert abs(np.corrcoef(*order)[0, 1]) < 0.1  # "units that follow quotations better do not cost more"
    model, _ = novelist
    before, means = experiments.costs(model, held.x, held.y), experiments.mean_h(model, held)
    now = experiments.damage(experiments.without_unit(model, 388, means[388]), held, before)
    assert now["closing"] == pytest.approx(closing[388], abs=0.02)


def test_ablations_that_were_stopped_go_on_where_they_were(tmp_path, monkeypatch):
    path = tmp_path / "runs.csv"
    monkeypatch.setattr(long_run, "recipe", lambda: "short")
    monkeypatch.setattr(experiments, "damage", lambda *_: dict.fromkeys(long_run.KINDS, 0.5))
    monkeypatch.setattr(experiments, "costs", lambda *_: None)
    long_run.ablate([0, 1, 2], path)
    assert long_run.missing(path) == list(range(3, 512))
    long_run.ablate([3], path)
    assert [row["unit"] for row in long_run.read(path)] == [0, 1, 2, 3]


# ---------------------------------------------------------------- by hand: the explorer of your own model


def test_a_quotation_that_nobody_ends_leaks_away():
    assert experiments.UNCLOSED.count('"') == 1
    assert "248 characters after the mark" in PROSE
    assert len(experiments.UNCLOSED) == 1 + 248
    c = OwnExplorer(text=experiments.UNCLOSED).compute()["c"][:, 388]
    assert c.max() > 1.4
    assert 20 < np.flatnonzero(c > 1)[-1] < 60
    assert c[150:].max() < 0.3
    widget = OwnExplorer()
    spoken = widget.compute()["c"][widget.at, 388]
    assert widget.at - widget.text.rindex('"', 0, widget.at) == 52
    assert f"still stands at {spoken:.1f} after 52 characters; in the question's text at {c[52]:.1f}" in PROSE


def test_without_its_opening_mark_the_cell_is_empty_and_the_closing_mark_comes_all_the_same():
    widget = OwnExplorer()
    text = widget.text[: widget.at + 1]
    mark, opener = widget.characters.index('"'), text.rindex('"')
    now = widget.compute()
    assert round(100 * now["p"][widget.at, mark]) == 65
    assert (np.abs(now["depends"]) > abs(now["depends"][opener])).sum() == 12
    text = text[:opener] + text[opener + 1 :]
    unopened = OwnExplorer(text=text, at=len(text) - 1).compute()
    assert round(100 * unopened["p"][-1, mark]) == 51
    assert abs(unopened["c"][-1, 388]) < 0.15
    for said in ("gives the closing mark 65 %", "and leave it 51 %", "12 characters have a larger bar"):
        assert said in PROSE


def test_the_state_falls_at_the_character_after_a_mark_that_follows_punctuation():
    text, found = OwnExplorer().text, []
    for words in (text, text.replace("?", "")):
        c, mark = OwnExplorer(text=words).compute()["c"][:, 388], words.rindex('"')
        found += [round(float(value), 1) for value in c[mark : mark + 2]]
    assert found[:2] == [1.8, 0.2]
    assert found[3] == 1.0
    assert "after* the mark, from 1.8 to 0.2. Without the `?` it stays at 1.0" in PROSE


def test_your_reader_is_the_one_that_lesson_7_kept(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LSTM_COURSE_PROGRESS", str(tmp_path / "progress.json"))
    assert experiments.your_reader() is None
    assert "run section 10 of lesson 7" in capsys.readouterr().out
    training.keep_reader(0, 0.5)
    mine = experiments.your_reader()
    assert mine.about == {"name": "your model", "units": 48, "bits": 32, "searched": 9600}
    weights, characters = training.kept_reader()
    assert mine.characters == characters
    assert (
        np.frombuffer(mine.weights[: weights["lstm.W_x"].nbytes], "<f4").tolist()
        == weights["lstm.W_x"].ravel().tolist()
    )
    assert len(opening(experiments.LEARNED)) == 100_000 + training.CHARACTERS  # what it was trained and chosen on


# ---------------------------------------------------------------- C17


def test_claim_17_is_measured_where_the_map_says():
    assert [cell.metadata["claim"] for cell in NOTEBOOK.cells if "claim" in cell.metadata] == ["C17", "C17"]


def test_gates_that_cannot_decide_cost_line_ends_most_of_all(reader, page):
    text, _ = page
    before, saw = experiments.costs(reader, text.x, text.y), experiments.watch(reader, text.x, "f")
    fixed = experiments.with_gate_held(reader, "f", range(16), experiments.mean_gate(saw, "f", text))
    assert experiments.damage(fixed, text, before)["line end"] == pytest.approx(6.06, abs=0.2)


def test_the_gates_of_the_quotation_cell_wipe_write_and_hold(novelist, held, seen):
    opening = experiments.after_marks(novelist[1], held, seen, 388, True)
    closing = experiments.after_marks(novelist[1], held, seen, 388, False)
    (_, f_mark, _), (i_next, f_next, _), (i_second, _, _), _, (i_later, f_later, c_later) = opening
    assert (f_mark, f_next) == pytest.approx((0.34, 0.04), abs=0.02)
    assert (i_next, i_second) == pytest.approx((0.96, 0.99), abs=0.02)
    assert i_later < 0.05
    assert f_later > 0.99
    assert c_later == pytest.approx(2, abs=0.2)
    assert closing[0][1] > 0.8
    assert closing[1][1] < 0.03
    assert abs(closing[1][2]) < 0.2


def test_forget_gates_of_the_novelist_decide_and_it_costs_a_little_when_they_cannot(novelist, held, seen):
    model, _ = novelist
    before, mean = experiments.costs(model, held.x, held.y), experiments.mean_gate(seen, "f", held)
    cost = experiments.damage(experiments.with_gate_held(model, "f", range(512), mean), held, before)
    assert cost["all"] == pytest.approx(0.146, abs=0.01)
    assert cost["closing"] / cost["all"] == pytest.approx(4, abs=0.3)  # "four times that at closing marks"
    assert before[held.where["all"]].mean() == pytest.approx(1.6, abs=0.05)


# ---------------------------------------------------------------- probes and attribution


def test_a_probe_that_may_memorise_does_and_its_control_shows_it():
    rng = np.random.default_rng(6)
    words = np.where(rng.random((80, 20)) < 0.5, rng.integers(40, size=(80, 20)), -1)
    bracket = rng.integers(2, size=(80, 20))
    told = np.eye(40)[words] * (words >= 0)[..., None] + 0.01 * rng.normal(size=(80, 20, 40))
    told[: experiments.WARM] = 1.0  # what comes before the state is warm says nothing, and does not count
    text = experiments.Reading(words, words, words, bracket, {}, words)
    fact, control = experiments.probe((told, text), (told, text), strength=1e-3)
    assert control > 0.95
    assert fact < 0.7


def test_the_forget_gates_of_the_novelist_are_those_of_the_text(held, seen):
    f = seen["f"][held.where["all"]]
    assert (f > 0.9).mean(axis=0)[388] > 0.95
    assert ((f > 0.9).mean(axis=0) > 0.9).sum() == 2
    assert ((f < 0.1).mean(axis=0) > 0.5).sum() == pytest.approx(40, abs=2)
    assert np.mean((f < 0.1) | (f > 0.9)) == pytest.approx(0.37, abs=0.01)


def test_most_places_are_outside_quotations(held):
    at = held.words >= 0
    at[: experiments.WARM] = False
    assert 1 - held.bracket[at].mean() == pytest.approx(0.61, abs=0.005)  # "is right at 61 %"
    assert np.mean(held.words[at] % 2 == 0) == pytest.approx(0.54, abs=0.005)  # "Guessing gets 54 %"


def test_gradient_times_input_is_what_differences_say_and_misses_what_is_stored(reader):
    told = experiments.attribution(reader)
    assert np.median(told.score) > 6
    assert np.median(told.swapped) < -6
    assert experiments.first(told.gradient, told.opener) < 0.15
    assert 0.55 < experiments.first(told.occlusion, told.opener) < 0.8
    top = np.abs(told.occlusion).argmax(axis=0)
    missed = top != told.opener
    assert (top < told.opener)[missed].all()
    assert {toy.SYMBOLS[s] for s in told.x[top, np.arange(len(top))][missed]} == {"]"}
    model = readers.Reader(len(toy.SYMBOLS), 4, rng=np.random.default_rng(7))
    small = experiments.attribution(model, T=9, count=60)
    aim = model.readout.params["W"][:, 4] - model.readout.params["W"][:, 6]
    sign = np.where(small.x[small.opener, 0] == 3, 1, -1)[0]
    for t in range(9):
        sides = []
        for step in (1e-2, -1e-2):
            x = model.one_hot[small.x[:, :1]].copy()
            x[t] *= 1 + step
            sides.append(sign * (model.lstm.forward(x, train=False)[0][-1] @ aim)[0])
        assert (sides[0] - sides[1]) / 2e-2 == pytest.approx(small.gradient[t, 0], abs=2e-4)


# ---------------------------------------------------------------- the text


def test_every_picture_has_its_alt_text():
    alts = lessons.alts(NOTEBOOK)
    assert len(alts) == 6
    assert all(len(alt) > 100 for alt in alts)


def test_a_cell_that_is_run_again_finds_what_it_found():
    cells = [ast.parse(c.source) for c in NOTEBOOK.cells if c.cell_type == "code" and "def " not in c.source]
    named = [{n.id for n in ast.walk(c) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)} for c in cells]
    read = [{n.id for n in ast.walk(c) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)} for c in cells]
    twice = {name for name, cells_of_it in Counter(itertools.chain(*named)).items() if cells_of_it > 1} - {"ways"}
    for n, names in enumerate(read):
        assert not names & twice - named[n]  # another cell would decide which of two networks is meant


def test_the_numbers_of_the_text():
    assert "unit 388                 1.01" in printed("for k in (388, 248)")
    assert "98%       83%        15" in printed("experiments.probe(")
    assert "unit 367   |r| 0.21" in printed("experiments.explained(")
    assert "input gate  1.00\ncandidate   0.98" in printed("opens =")
    assert "trained 28%   never learned 48%" in printed("experiments.explained(")
    assert "certain for whoever counts" in PROSE
    assert "32 pieces of 600 characters" in PROSE
    assert (experiments.B, experiments.T - experiments.WARM) == (32, 600)


def test_what_is_left_in_a_cell_adds_up_to_it():
    rng = np.random.default_rng(8)
    lstm = nn.LSTM(3, 4, rng=rng, dtype=np.float64)
    start = (rng.normal(size=(2, 4)), rng.normal(size=(2, 4)))
    _, (_, c) = lstm.forward(rng.normal(size=(6, 2, 3)), start)
    seen = lstm.gates()
    np.testing.assert_allclose(answers.contributions(seen["i"], seen["f"], seen["g"], start[1]).sum(axis=0), c)


def test_the_pencil_question_is_right():
    exact = by_pencil.GIVEN.work_out()
    h = np.array([by_pencil.GIVEN.high, by_pencil.GIVEN.low])
    assert exact["by_mean"] == pytest.approx(np.abs(2 * (h - h.mean())).max())
    assert exact["by_zero"] == pytest.approx(np.abs(2 * h).max())
    shape = (3, 1, 1)
    later = answers.contributions(
        np.zeros(shape), np.reshape(by_pencil.GIVEN.kept, shape), np.zeros(shape), np.full((1, 1), 0.9)
    )
    assert exact["left"] == pytest.approx(later[0].item())
    at = lambda x: by_pencil.sigmoid(8 * x - 4)  # noqa: E731
    assert exact["gradient"] == pytest.approx((at(1.001) - at(0.999)) / 0.002, rel=1e-3)
    assert exact["occluded"] == pytest.approx(at(1) - at(0))
