"""``make paper``: the rules stop where the paper says, a run goes on after a kill, what is there is not run again."""

import contextlib
import dataclasses
import os
import signal
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest

from lstm_helpers import runs
from lstm_helpers.paper import results, rows, sittings, training
from lstm_helpers.paper.cells import CELLS
from lstm_helpers.paper.problems import Batch
from lstm_helpers.paper.rules import BothSets, FreshSet, Recent, Successive, TrainingSet
from tests import ROOT

SMALL = dataclasses.replace(rows.BY_NAME["reber"], hidden=4, training_set=8, tested=16)


class Asked:
    """A run that answers with these largest errors, and remembers how many sequences it was asked for."""

    def __init__(self, *largest):
        self.largest, self.asked = list(largest), 0

    def tested(self, number):
        self.asked += number
        errors = np.full(number, self.largest.pop(0) if len(self.largest) > 1 else self.largest[0])
        return errors / 2, errors

    def known(self):
        return self.tested(1)


@pytest.mark.parametrize(
    ("errors", "met"),
    [
        ([0.01] * 9, False),  # not enough of them
        ([0.01] * 10, True),
        ([0.01] * 9 + [0.05], False),  # one is wrong
        ([0.039] * 10, False),  # none is wrong, but they are too far off in the mean
    ],
)
def test_the_last_sequences_are_right_and_near(errors, met):
    assert Recent(10, 1, 0.02, 0.04).met([(e, e) for e in errors], Asked(0)) is met


def test_fewer_wrong_ones_than_allowed_are_enough():
    recent = [(0, 0.0)] * 8 + [(1, 1.0)] * 2
    assert not Recent(10, 2, np.inf, 0.04).met(recent, Asked(0))
    assert Recent(10, 3, np.inf, 0.04).met(recent, Asked(0))


def test_ten_thousand_in_a_row_are_looked_at_and_the_first_wrong_one_ends_it():
    rule = Successive(10_000, 0.25)
    run = Asked(0.2)
    assert rule.met([(0, 0.1)], run)
    assert run.asked == 10_000
    run = Asked(0.2, 0.2, 0.3)
    assert not rule.met([(0, 0.1)], run)
    assert run.asked == 1500
    run = Asked(0.2)
    assert not rule.met([(0, 0.3)], run)
    assert run.asked == 0


def test_a_tested_rule_bounds_the_wrong_ones_and_the_mean():
    assert FreshSet(256, 0, 0.2, 0.2).met([], Asked(0.1))
    assert not FreshSet(256, 0, 0.01, 0.2).met([], Asked(0.1))
    assert not FreshSet(256, 0, 9, 0.2).met([], Asked(0.3))
    assert FreshSet(256, 256, 9, 0.2).met([], Asked(0.3))


def test_a_long_stream_is_looked_at_alone():
    run = Asked(0.0, 0.0, 1.0)
    assert not Successive(10, 0.5, chunk=1).met([(0, 0.0)], run)
    assert run.asked == 3


def test_both_whole_sets_have_to_be_right():
    assert BothSets(number=5).met([], Asked(0, 0))
    assert not BothSets(number=5).met([], Asked(1, 0))
    assert not BothSets(number=5).met([], Asked(0, 1))
    assert TrainingSet().met([], Asked(0, 1))
    assert not TrainingSet().met([], Asked(1, 0))


@pytest.mark.parametrize("name", rows.BY_NAME)
def test_every_row_can_be_trained_and_a_perfect_answer_is_right(name):
    row = rows.BY_NAME[name]
    batch = row.problem.draw(np.random.default_rng(0), 3)
    perfect = {
        "Regression": lambda: batch.truth[:, None],
        "Symbols": lambda: 50 * np.eye(row.problem.outputs)[batch.truth],
        "LegalSymbols": lambda: batch.truth.astype(float),
    }[type(row.problem).__name__]()
    mean, largest = row.problem.errors(perfect, batch)
    assert mean.shape == largest.shape == (3,)
    assert largest.max() < 1e-6
    mean, largest = row.problem.errors(np.roll(perfect, 1, axis=-1) + 9 * (perfect.shape[-1] == 1), batch)
    assert largest.min() > row.rule.far


@pytest.mark.parametrize("cell", CELLS)
def test_a_run_goes_on_where_it_was_saved_to_the_last_bit(cell, tmp_path):
    whole, stopped = (training.Run(SMALL, cell, 3) for _ in range(2))
    for _ in range(60):
        whole.step()
    for _ in range(25):
        stopped.step()
    stopped.save(tmp_path / "run.npz")
    later = training.Run(SMALL, cell, 3)
    later.load(tmp_path / "run.npz")
    for _ in range(35):
        later.step()
    for key, value in whole.result().items():
        assert key == "seconds" or later.result()[key] == value, key
    for name, value in whole.optimiser.params.items():
        np.testing.assert_array_equal(later.optimiser.params[name], value)


def test_a_run_learns_and_what_answers_is_the_mean_of_its_weights():
    run = training.Run(rows.BY_NAME["order-2"], "LSTM", 0)
    while not run.over:
        run.step()
    assert run.met
    assert run.sequences < run.row.paper.sequences
    result = run.result()
    assert result["wrong"] < 0.01 * result["of"]
    worse = dict(run.mean)
    run.mean = {name: 0 * p for name, p in worse.items()}
    assert run.result()["wrong"] == result["of"]


def test_a_run_that_needs_too_long_has_failed():
    row = dataclasses.replace(SMALL, paper=dataclasses.replace(SMALL.paper, sequences=4))
    run = training.Run(row, "RNN", 0)
    while not run.over:
        run.step()
    assert (run.met, run.sequences) == (False, 8)


def test_what_the_table_holds_is_not_run_again_unless_its_recipe_is_another(tmp_path, monkeypatch):
    table = tmp_path / "paper.csv"
    row = rows.BY_NAME["words"]
    assert sittings.missing([row], ["LSTM"], 2, table) == [("words", "LSTM", 0), ("words", "LSTM", 1)]
    line = {"row": "words", "cell": "LSTM", "seed": 0, "met": 1, "sequences": 4000, "wrong": 0, "of": 10_000}
    line |= {"error": 0.0, "weights": 9, "seconds": 1.5, "date": "2026-11-29", "recipe": sittings.recipe(row, "LSTM")}
    results.add(line, table)
    assert sittings.missing([row], ["LSTM"], 2, table) == [("words", "LSTM", 1)]
    assert results.read(table)[0]["sequences"] == 4000
    other = dataclasses.replace(row, lr=0.5)
    assert len(sittings.missing([other], ["LSTM"], 2, table)) == 2


def test_a_row_names_its_cells_and_how_many_runs_it_wants(tmp_path):
    row = dataclasses.replace(rows.BY_NAME["reber"], seeds=2)
    wanted = sittings.missing([row], path=tmp_path / "none.csv")
    assert wanted == [("reber", cell, seed) for cell in ("LSTM", "LSTM of 1997", "RNN") for seed in (0, 1)]
    assert all({"LSTM", "RNN"} <= {*row.cells} for row in rows.ROWS)
    for table in ("1", "7", "9", "2000", "2001"):
        assert all("LSTM of 1997" in row.cells for row in rows.ROWS if row.table == table)


def test_a_recipe_is_that_of_its_own_row_and_cell():
    row = rows.BY_NAME["anbn"]
    recipe = sittings.recipe(row, "LSTM")
    same = dataclasses.replace(row, seeds=99, cells=("RNN",), name="another")
    assert sittings.recipe(same, "LSTM") == recipe
    other = [dataclasses.replace(row, **change) for change in ({"lr": 0.5}, {"pace": 0.5}, {"testing": None})]
    other += [dataclasses.replace(row, problem=rows.BY_NAME["anbncn"].problem)]
    assert recipe not in [sittings.recipe(one, "LSTM") for one in other] + [sittings.recipe(row, "RNN")]


def test_the_stored_table_holds_no_run_of_another_recipe():
    held = {(run["row"], run["cell"], run["recipe"]) for run in results.read()}
    assert held
    assert held == {(name, cell, sittings.recipe(rows.BY_NAME[name], cell)) for name, cell, _ in held}


def test_what_a_task_draws_is_part_of_the_recipe():
    row = rows.BY_NAME["adding-100"]
    recipe = sittings.recipe(row, "LSTM")
    drawn = row.problem.draw(np.random.default_rng(0), 4)
    changed = dataclasses.replace(drawn, target=drawn.target + 1)
    other = dataclasses.replace(row, problem=dataclasses.replace(row.problem, draw=lambda rng, batch: changed))
    assert sittings.recipe(other, "LSTM") != recipe


def test_the_cells_differ_by_their_equations_and_hardly_by_their_weights():
    weights = {cell: training.Run(rows.BY_NAME["adding-100"], cell, 0).weights for cell in CELLS}
    assert weights["LSTM"] == 4 * 8 * (2 + 8 + 1) + 8 + 1
    assert 0.7 < weights["LSTM of 1997"] / weights["LSTM"] < 1
    assert 0.7 < weights["RNN"] / weights["LSTM"] < 1.3
    layer = training.Run(rows.BY_NAME["adding-100"], "LSTM of 1997", 0).layer
    assert -np.log(99) < layer.params["b"][:8].min() < layer.params["b"][:8].max() < 0


def test_a_shortcut_lets_the_readout_see_the_input():
    row = dataclasses.replace(rows.BY_NAME["words"], hidden=2)
    run = training.Run(row, "LSTM", 0)
    for _ in range(60):
        run.layer.params["W_x"][...] = run.layer.params["W_h"][...] = 0  # a cell that says nothing
        run.step()
    batch = row.problem.draw(np.random.default_rng(0), 1)
    scores = run._scores(batch, train=False)
    assert (scores[1:-1, 0].argmax(axis=1) == batch.truth[1:-1, 0]).all()
    assert training.Run(dataclasses.replace(row, shortcut=False), "LSTM", 0).weights < run.weights


def test_a_cell_with_a_pace_goes_that_share_of_each_step():
    row = rows.BY_NAME["words"]
    whole, slow = (training.Run(dataclasses.replace(row, pace=pace), "LSTM", 0) for pace in (1, 0.25))
    start = {name: p.copy() for name, p in whole.optimiser.params.items()}
    for run in (whole, slow):
        run.step()
    for name, p in whole.optimiser.params.items():
        share = 0.25 if name.startswith("layer") else 1
        moved = slow.optimiser.params[name] - start[name]
        np.testing.assert_allclose(moved, share * (p - start[name]), atol=1e-6)


def test_fresh_sequences_may_be_longer_than_those_of_training():
    row = dataclasses.replace(rows.BY_NAME["anbn"], tested=20)
    run = training.Run(row, "LSTM", 0)
    assert len(run.training_set.x) == 2 * 10 + 1
    drawn = []
    run._judged = lambda batch: drawn.append(len(batch.x)) or (np.zeros(20), np.zeros(20))
    run.result()
    assert drawn[0] > 1000


@pytest.mark.parametrize("name", ["reber", "continual-reber", "anbn", "anbncn"])
def test_training_is_told_a_symbol_that_may_come(name):
    batch = rows.BY_NAME[name].problem.draw(np.random.default_rng(0), 20)
    told = np.take_along_axis(batch.truth, batch.target[..., None], axis=2)[..., 0]
    assert (told[batch.inside] == 1).all()
    following = batch.x[1:].argmax(axis=2)
    assert (batch.target[:-1] == following)[batch.inside[1:]].all()


def test_a_row_holds_where_no_figure_is_worse():
    row = rows.BY_NAME["adding-100"]
    run = {"met": 1, "sequences": 70_000, "wrong": 1, "of": 2560}
    assert results.reached(row, [run] * 5).holds
    assert not results.reached(row, [run | {"sequences": 80_000}] * 5).fewer
    assert not results.reached(row, [run | {"wrong": 2}] * 5).no_more_wrong
    assert not results.reached(row, [run] * 4 + [run | {"met": 0}]).as_often
    assert results.reached(row, [run | {"met": 0}]).sequences is None


def test_some_sequences_of_a_batch_are_whole():
    batch = Batch(np.arange(12).reshape(2, 3, 2), np.array([1, 2, 1]), np.arange(6).reshape(2, 3), np.arange(3))
    some = training.rows_of(batch, np.array([2, 0]))
    np.testing.assert_array_equal(some.x[0], [[4, 5], [0, 1]])
    np.testing.assert_array_equal(some.target, [[2, 0], [5, 3]])
    np.testing.assert_array_equal(some.truth, [2, 0])


def test_the_command_carries_out_what_is_missing_and_then_nothing(tmp_path):
    command = [sys.executable, "-m", "lstm_helpers.paper", "--rows", "lag-50-50", "--cells", "LSTM", "--seeds", "2"]
    first, second = (
        subprocess.run([*command, "--table", "runs.csv"], cwd=tmp_path, capture_output=True, text=True, check=True)
        for _ in range(2)
    )
    runs = results.read(tmp_path / "runs.csv")
    assert sorted(run["seed"] for run in runs) == [0, 1]
    assert results.reached(rows.BY_NAME["lag-50-50"], runs).holds
    assert "lag-50-50, LSTM, seed 1: after " in first.stdout + first.stderr
    assert "Nothing is missing" in second.stdout
    assert list((tmp_path / ".paper").glob("*.npz")) == []


LONG = [sys.executable, "-m", "lstm_helpers.paper", "--rows", "adding-1000", "--processes", "2", "--table", "runs.csv"]


@pytest.fixture
def sitting(tmp_path):
    """A sitting that takes long, with both of its workers at work."""
    saved = "import lstm_helpers.paper.training as t; t.SAVE_EVERY = 0"
    (tmp_path / "sitecustomize.py").write_text(f"try:\n    {saved}\nexcept ImportError:\n    pass\n", encoding="utf-8")
    held = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    process = subprocess.Popen(LONG, cwd=tmp_path, env=held, start_new_session=True, stdout=subprocess.PIPE, text=True)
    until = time.monotonic() + 120
    while len(list((tmp_path / ".paper").glob("*.npz"))) < 2:
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.1)
    yield process, tmp_path / ".paper"
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def at_work(group):
    """The processes of a group that have not ended."""
    for process in psutil.process_iter(["status"]):
        with contextlib.suppress(ProcessLookupError):
            if os.getpgid(process.pid) == group and process.info["status"] != psutil.STATUS_ZOMBIE:
                yield process


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("how", ["Ctrl-C", "to the sitting alone", "by force"])
def test_whatever_ends_a_sitting_ends_all_of_it_at_once(sitting, how):
    process, place = sitting
    assert len(list(at_work(process.pid))) > 2  # it, and both of its workers
    second = subprocess.run(LONG, cwd=place.parent, capture_output=True, text=True)
    assert (second.returncode, second.stdout) == (
        1, "Another sitting is at work here: wait for its end, or stop it with Ctrl-C.\n",
    )  # fmt: skip
    if how == "Ctrl-C":
        os.killpg(process.pid, signal.SIGINT)
    else:
        process.send_signal(signal.SIGINT if how == "to the sitting alone" else signal.SIGKILL)
    process.wait(timeout=20)
    assert process.returncode == (-signal.SIGKILL if how == "by force" else 130)
    until = time.monotonic() + 20
    while left := list(at_work(process.pid)):
        assert time.monotonic() < until, left
        time.sleep(0.05)


def test_a_saved_run_that_is_damaged_starts_anew(tmp_path, monkeypatch):
    monkeypatch.setitem(
        rows.BY_NAME, "reber", dataclasses.replace(SMALL, paper=dataclasses.replace(SMALL.paper, sequences=1))
    )
    whole = sittings.carry_out("reber", "LSTM", 0, tmp_path)
    version = sittings.recipe(rows.BY_NAME["reber"], "LSTM")
    file = tmp_path / f"reber-LSTM-0-{version}.npz"
    file.write_bytes(b"PK half of it")
    again = sittings.carry_out("reber", "LSTM", 0, tmp_path)
    assert {**again, "seconds": 0} == {**whole, "seconds": 0}
    assert not file.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--processes", "0"], "expected a whole number, 1 or more, got 0"),
        (["--seeds", "-1"], "expected a whole number, 1 or more, got -1"),
        (["--rows", "rebr"], "invalid choice: 'rebr'"),
        (["--table", "nowhere/runs.csv"], "it is not there"),
    ],
)
def test_what_cannot_work_is_refused_before_the_first_run(arguments, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        sittings.main(arguments)
    assert said in capsys.readouterr().err


def test_a_damaged_table_names_the_line_and_one_that_was_cut_off_is_made_again(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    run = dict.fromkeys(results.COLUMNS, "1") | {"row": "reber", "cell": "LSTM"}
    table = tmp_path / "runs.csv"
    for seed in range(3):
        results.add(run | {"seed": seed}, table)
    whole = table.read_text(encoding="utf-8")
    assert [each["seed"] for each in results.read(table)] == [0, 1, 2]
    for cut in range(whole.rindex("reber") + 1, len(whole)):  # the last line, at every place
        table.write_text(whole[:cut], encoding="utf-8")
        assert [each["seed"] for each in results.read(table)][:2] == [0, 1]
        results.add(run | {"seed": 7}, table)
        seeds = [each["seed"] for each in results.read(table)]
        assert seeds[:2] == [0, 1]
        assert seeds[-1] == 7
    table.write_text(whole.replace("LSTM,1,", "LSTM,one,"), encoding="utf-8")
    assert sittings.main(["--table", "runs.csv"]) == 1
    assert "runs.csv, line 3: this is no run (invalid literal" in capsys.readouterr().out
    table.write_text(whole.replace("LSTM,1,", "LSTM,"), encoding="utf-8")
    with pytest.raises(runs.Damaged, match="line 3: this is no run .* delete the line, and the run is made again"):
        results.read(table)
