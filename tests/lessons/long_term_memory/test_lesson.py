"""Lesson 08: what it measures holds, and the numbers in its text are those that come out."""

import csv
import re
from functools import partial

import numpy as np
import pytest

from lstm_helpers import nn
from lstm_helpers.data import tasks_1997
from lstm_helpers.lessons.long_term_memory import cells, experiments, figures
from lstm_helpers.paper import problems, results
from lstm_helpers.paper.rows import ROWS
from tests import lessons

NOTEBOOK = lessons.read("08_long_term_memory")
PROSE = lessons.prose(NOTEBOOK)
printed = partial(lessons.printed, NOTEBOOK)
ORDER = problems.temporal_order(2)


def met(cell):
    """How many of five seeds learn it, at each lag."""
    return [sum(run["met"] for run in experiments.of("lag", lag, cell)) for lag in experiments.LAGS]


def test_what_the_cells_print_is_compared():
    assert lessons.compared(NOTEBOOK) >= 18


def test_its_claims_have_their_cells_and_every_picture_its_alt_text():
    claims = [c.metadata["claim"] for c in NOTEBOOK.cells if "claim" in c.metadata]
    assert sorted(claims) == ["C02", "C06", "C06", "C15"]
    alts = lessons.alts(NOTEBOOK)
    assert len(alts) == 6
    assert all(len(alt) > 200 for alt in alts)


# ---------------------------------------------------------------- C15: it remembers over long sequences


def test_claim_15_lstms_remember_at_every_lag_and_plain_rnns_at_none():
    assert met("LSTM, chrono") == [5, 5, 5, 5]
    assert met("RNN") == [0, 0, 0, 0]


def test_it_is_the_start_that_remembers_as_much_as_the_cell():
    assert met("LSTM, as drawn") == [0, 0, 0, 0]
    assert met("cell of 1997")[:2] == [5, 5]
    assert met("cell of 1997")[3] == 0
    assert met("GRU")[0] == 5
    assert met("GRU")[2:] == [0, 0]


def test_the_cell_of_1997_learns_a_long_lag_once_its_input_gates_are_shut():
    assert printed("its blocks are i, g, o").count(": learned") == 3


def test_the_outer_letters_are_mostly_near_and_the_plain_rnn_guesses_at_every_lag():
    near = printed("between the outer letters")
    assert "median 7 symbols" in near
    assert int(re.search(r"ten or more in (\d+)%", near)[1]) < 25  # "fewer than a quarter"
    right = [run["score"] for lag in experiments.LAGS for run in experiments.of("lag", lag, "RNN")]
    assert 0.45 < min(right) <= max(right) < 0.56


def test_a_plain_rnn_learns_the_embedded_grammar_and_needs_longer():
    assert printed("needed[cell]").count("3 of 3") == 2
    assert "Result: later." in str([o for c in NOTEBOOK.cells if 'outcome("08-reber"' in c.source for o in c.outputs])


# ---------------------------------------------------------------- C02: the tables of 1997


def test_claim_02_the_paper_is_reproduced_row_by_row_and_what_is_missed_is_marked():
    lines = figures.table()
    main = [(row, reached) for row, cell, reached in lines if cell == "LSTM"]
    assert [row.name for row, _ in main] == [row.name for row in ROWS]
    assert len({figures.row_label(row) for row, _ in main}) == len(main)
    assert [figures.verdict(*line) for line in main].count("yes") >= 10
    assert figures.share_with_fewer_sequences() > 0.8  # the prose says: in most rows


def test_the_lstm_comes_first_and_the_contrast_only_where_it_was_run():
    lines = [(row.name, cell) for row, cell, _ in figures.table()]
    assert set(lines) == {(row.name, "LSTM") for row in ROWS} | {(run["row"], run["cell"]) for run in results.read()}
    for row in ROWS:
        assert next(cell for name, cell in lines if name == row.name) == "LSTM"


TWO_CLASSES = ("plain-", "noisy-", "targets-")  # experiment 3


def test_what_the_prose_says_of_the_contrast():
    reached = {(row.name, cell): r for row, cell, r in figures.table()}
    missed = {
        name: r.runs - r.met for (name, cell), r in reached.items() if r and cell == "LSTM of 1997" and r.met < r.runs
    }
    assert missed == {"continual-reber": 1}
    assert all(r.met == r.runs for (_, cell), r in reached.items() if r and cell == "LSTM")
    lags = [f"lag-{q}-{q}" for q in (100, 200, 500)]
    for name in (*lags, "reber", "adding-100", "adding-500", "multiplication-140", "order-2", "order-3"):
        assert reached[name, "RNN"].met == 0, name
    assert reached["lag-50-50", "RNN"].met == 1
    bits = {name: r for (name, cell), r in reached.items() if cell == "RNN" and name.startswith(TWO_CLASSES)}
    assert len(bits) == 6
    for name, rnn in bits.items():
        assert abs(rnn.wrong - reached[name, "LSTM"].wrong) < 0.016, name
        assert rnn.met / rnn.runs >= 0.5 if name.startswith("targets") else 1 <= rnn.met <= 4, name
    assert bits["targets-100-1"].sequences[1:] == (21_120, 556_480)
    streams = [reached["continual-reber", cell] for cell in ("LSTM", "LSTM of 1997")]
    assert streams[0].sequences[0] < streams[1].sequences[0]
    assert streams[1].wrong == 0


def test_the_table_shows_the_papers_figures_beside_ours():
    run = {"row": "order-2", "seed": 0, "met": 1, "sequences": 9000, "wrong": 3, "of": 2560}
    lines = list(figures.table_lines([run | {"cell": "LSTM"}, run | {"cell": "RNN", "met": 0}]))
    at = next(n for n, line in enumerate(lines) if line.startswith("6 order, 2"))
    assert lines[at].split()[3:] == ["31,390", "9,000", "0.04%", "0.12%", "1", "of", "1", "NO"]
    assert lines[at + 1].split() == ["RNN", "-", "-", "0", "of", "1"]
    assert next(line for line in lines if line.startswith("6 order, 3")).endswith("not run")


def test_figures_that_were_not_checked_are_not_shown_and_nothing_is_compared_with_them():
    runs = [run for run in results.read() if (run["row"], run["cell"]) == ("anbn", "LSTM")]
    assert runs
    (line,) = (line for line in figures.table_lines(runs) if line.startswith("2001 a^n b^n   "))
    assert "22,000" not in line
    assert not line.endswith(("yes", "NO"))
    assert "22,000" not in figures.paper_picture(runs).data


def test_the_picture_of_the_tables_marks_missed_and_missing_rows():
    lstm = [run for run in results.read() if (run["row"], run["cell"]) == ("reber", "LSTM")]
    one = [run | {"sequences": 5280} for run in lstm]
    slow = [run | {"sequences": 10**6} for run in one]
    unmet = [run | {"met": 0} for run in one]
    told = {"ours 5,280, nothing worse": one, "ours 1,000,000, something worse": slow, "not run yet": []}
    for said, runs in (told | {"never met": unmet}).items():
        assert f"1 embedded Reber: paper 8,440, {said}" in figures.paper_picture(runs).data
    both = one + [run | {"cell": "RNN", "met": 0} for run in one]
    assert "1 embedded Reber by the RNN, never met" in figures.paper_picture(both).data
    half = one + [run | {"cell": "RNN", "met": run["seed"] % 2} for run in one]
    assert "1 embedded Reber by the RNN, 5,280 in 5 of 10 runs" in figures.paper_picture(half).data


# ---------------------------------------------------------------- C06: where the memory is


@pytest.fixture(scope="module")
def remembering():
    net = experiments.Network(ORDER, "LSTM, chrono", seed=0)
    ended, _ = experiments.learn_until(net, window=2000, far=0.3, error=0.1)
    assert ended
    return net


def test_claim_06_the_answer_goes_with_the_cell_state_and_not_with_the_hidden_state(remembering):
    moved = experiments.transplant(remembering, t=30)
    assert moved["neither"] < 0.02
    assert moved["h"] < 0.2
    assert moved["c"] > 0.9
    assert moved["both"] > 0.98


def test_before_the_first_mark_nothing_can_be_moved(remembering):
    assert max(experiments.transplant(remembering, t=5).values()) < 0.02


def test_going_on_from_a_state_is_the_same_as_one_run(remembering):
    batch = ORDER.draw(np.random.default_rng(3), 40)
    h, c = experiments.states_at(remembering, batch, 30)
    whole = remembering.scores(batch).argmax(axis=1)
    np.testing.assert_array_equal(experiments.answers_from(remembering, batch, 30, h, c), whole)


def test_the_students_network_met_the_rule_of_1997_sooner_than_the_paper():
    assert "rule met: True" in printed("layer=yours.LSTM")
    (cell,) = (c for c in NOTEBOOK.cells if "layer=yours.LSTM" in c.source and c.cell_type == "code")
    said = re.search(r"Result: ([\d,]+) sequences", str(cell.outputs))[1]
    assert int(said.replace(",", "")) < 31_390


# ---------------------------------------------------------------- streams, and counting


def test_without_a_forget_gate_the_cell_state_grows_in_a_straight_line():
    net = experiments.Network(problems.continual_reber(1), "cell of 1997", 0, H=16).practise(100)
    _, _, size = experiments.read_stream(net, strings=60, batch=4)
    assert 4.5 < size[600] / size[100] < 7.5


def test_forget_gates_are_told_apart_where_a_string_begins():
    net = experiments.Network(problems.continual_reber(8), "LSTM, chrono", 0, H=3)
    net.layer.params["W_h"][:] = 0
    net.layer.params["b"][3:6] = 10
    net.layer.params["W_x"][:, 3:6] = 0
    net.layer.params["W_x"][tasks_1997.REBER.index("B"), 3:6] = -20  # shut at every B, of an inner string too
    begins, elsewhere = experiments.forget_gates(net, strings=10, batch=3)
    assert (begins < 0.001).all()
    assert ((elsewhere > 0.85) & (elsewhere < 0.95)).all()
    said = re.search(r"below 0.5: (\d+) of 16 where a string begins, (\d+) elsewhere", printed("forget_gates"))
    assert int(said[1]) > int(said[2])


def test_today_s_cell_keeps_up_with_a_stream_once_it_has_been_trained_on_streams():
    assert "wrong at 0." in printed("experiments.read_stream(learner.practise(600))")
    scores = [run["score"] for run in experiments.of("strings", 8, "LSTM, chrono")]
    assert np.median(scores) > 1000


def test_both_cells_are_lost_at_the_same_place_of_a_stream_and_it_is_not_growth_that_does_it():
    lines = printed("figures.stream_picture(sizes)").splitlines()[1:3]
    assert [re.search(r"first after (\d+) right ones", line)[1] for line in lines] == ["11", "11"]
    assert all(int(re.search(r"wrong at (\d+)%", line)[1]) > 25 for line in lines)
    assert int(re.search(r"beyond 5 after 1,000: (\d+)%", printed("units beyond 5"))[1]) > 50
    drawn = problems.continual_reber(100).draw(np.random.default_rng(99), 20)
    second_e = [np.flatnonzero(letters == tasks_1997.REBER.index("E"))[1] for letters in drawn.x.argmax(axis=2).T]
    assert np.median(second_e) + 1 == 11  # the symbol after the end of the first string


def test_without_a_cell_state_no_run_counts_beyond_12_and_with_one_each_gets_to_11():
    scores = {
        cell: [run["score"] for letters in (2, 3) for run in experiments.of("counting", letters, cell)]
        for cell in experiments.CELLS
    }
    assert max(scores["RNN"] + scores["GRU"]) == 12
    with_c = sorted(scores["LSTM, as drawn"] + scores["LSTM, chrono"] + scores["cell of 1997"])
    assert (len(with_c), with_c[0], *with_c[-3:]) == (30, 11, 43, 50, 112)


def test_lstms_count_further_than_they_were_trained_and_grus_do_not():
    for cell, least, most in (("LSTM, chrono", 12, 500), ("cell of 1997", 14, 500), ("GRU", 10, 11), ("RNN", 0, 12)):
        assert least <= np.median([run["score"] for run in experiments.of("counting", 2, cell)]) <= most


# ---------------------------------------------------------------- the experiments themselves


def test_a_string_is_judged_wrong_if_one_legal_symbol_scores_no_higher_than_an_illegal_one():
    net = experiments.Network(problems.continual_reber(2), "LSTM, chrono", 0)
    drawn = net.task.draw(np.random.default_rng(0), 3)
    net.scores = lambda batch, train=False: drawn.truth.astype(float)
    wrong, inside = experiments.wrong_steps(net, drawn)
    assert not wrong.any()
    assert inside.sum() == drawn.lengths.sum()
    spoilt = drawn.truth.astype(float)
    spoilt[5, 1] = 1 - spoilt[5, 1]
    net.scores = lambda batch, train=False: spoilt
    assert np.argwhere(experiments.wrong_steps(net, drawn)[0]).tolist() == [[5, 1]]


def test_the_network_learns_from_the_symbol_that_came_after():
    drawn = problems.continual_reber(3).draw(np.random.default_rng(1), 4)
    for n, length in enumerate(drawn.lengths):
        assert (drawn.x[1:length, n].argmax(axis=1) == drawn.target[: length - 1, n]).all()
        assert tasks_1997.REBER[drawn.target[length - 1, n]] == "B"
        assert (drawn.truth[np.arange(length), n, drawn.target[:length, n]] == 1).all()


def test_the_rule_needs_a_full_window_without_a_wrong_answer():
    class Learner:
        task = problems.adding(20)
        rng = np.random.default_rng(0)
        errors = iter([0.5, 0.1, 0.1, 0.4, *[0.1] * 9])

        def learn(self, batch):
            return [np.full(batch.x.shape[1], next(self.errors))] * 2

    assert experiments.learn_until(Learner(), window=6, far=0.3, batch=2, most=40) == (True, 14)


def test_a_network_takes_any_layer_in_the_place_of_its_own():
    alike = [experiments.Network(ORDER, "LSTM, chrono", 3, layer=layer) for layer in (None, nn.LSTM)]
    for name, array in alike[0].layer.params.items():
        np.testing.assert_array_equal(array, alike[1].layer.params[name])


def test_stored_runs_are_those_of_the_recipe_and_all_of_them():
    assert cells.missing() == []
    runs = experiments.stored()
    assert len(runs) == len(experiments.CELLS) * sum(seeds for _, _, seeds in cells.TASKS)


def test_a_run_is_added_once_and_not_again(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(cells, "TASKS", [(cells.counting, 2, 1)])
    table = tmp_path / "runs.csv"
    with open(table, "w", newline="") as stream:
        held = [
            ("counting", 2, cell, 0, 1, 5, 9, 1, "today", cells.recipe(cells.counting, cell)) for cell in cells.CELLS
        ]
        csv.writer(stream).writerows([cells.COLUMNS, *held[1:]])
    assert [one[1:] for one in cells.missing(table)] == [(2, held[0][2], 0)]
    assert cells.main(["--table", str(table)]) == 0
    assert cells.missing(table) == []
    assert capsys.readouterr().out.startswith("counting 2 RNN 0")


def test_the_table_of_who_can_do_what_holds_the_stored_runs():
    named = {"plain RNN": "RNN", "LSTM, biases as drawn": "LSTM, as drawn", "LSTM, chrono biases": "LSTM, chrono"}
    rows = [line.strip("| ").split(" | ") for line in PROSE.splitlines() if re.match(r"\| .* of 5", line)]
    assert {named.get(row[0], row[0]) for row in rows} == set(experiments.CELLS)
    for told, remembers, keeps_up, counts in rows:
        cell = named.get(told, told)
        kept = experiments.of("strings", 8, cell)
        assert remembers.startswith(f"{met(cell)[-1]} of 5")
        assert keeps_up == f"{sum(run['met'] for run in kept)} of {len(kept)}"
        assert float(counts) == np.median([run["score"] for run in experiments.of("counting", 2, cell)])
