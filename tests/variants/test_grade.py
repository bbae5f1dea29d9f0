"""A class with exercises of its own is graded by the number that it was given, whatever its notebooks say."""

import csv
import json

import pytest

from lstm_helpers import variants
from lstm_helpers.commands import build, cli
from lstm_helpers.grading import class_variant, regrade, results, run
from tests.grading.handed import lay_out
from tests.grading.test_run import UNSAFE
from tests.variants.kinds import key

EXERCISE = "05_forward_through_time"
PUBLIC = next(path for path, _ in build.pairs() if path.stem == EXERCISE)
COMMON = {"jobs": 1, "unsafe": UNSAFE, "say": str}
UNTURNED = 1 + 2  # project_inputs, last_states


def mixed(seed, pasted):
    """The key of a variant with the public answer in the place of one of its functions."""
    notebook = key(EXERCISE, seed).copy()
    public = build.nbformat.read(PUBLIC, as_version=4)
    answers = {cell.id: cell for cell in public.cells if f"def {pasted}(" in cell.source}
    notebook.cells = [answers.get(cell.id, cell) for cell in notebook.cells]
    return build.text_of(notebook)


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """(folder of the results, what was said) of a class of five, of variant 7."""
    home, said = tmp_path_factory.mktemp("variant"), []
    handed = {
        "own": build.text_of(key(EXERCISE, 7)),
        "other": build.text_of(key(EXERCISE, 8)),
        "public": PUBLIC.read_text(encoding="utf-8"),
        "step": mixed(7, "lstm_step_fused"),
        "empty": build.text_of(build.exercise_of(key(EXERCISE, 7))),
    }
    files = {f"{student}/{EXERCISE}.ipynb": text for student, text in handed.items()}
    folder = lay_out(home / "class", files)
    run.grade(folder, home / "out", variant=7, seed=11, **{**COMMON, "say": said.append})
    return home, "\n".join(said)


def rows(home):
    with open(home / "out" / "grades.csv", encoding="utf-8-sig") as table:
        return {row["student"]: row for row in csv.DictReader(table)}


def test_the_key_has_all_points_and_the_public_solution_those_of_what_is_not_turned(graded):
    earned = {student: float(row["points"]) for student, row in rows(graded[0]).items()}
    assert (earned["own"], earned["public"], earned["empty"]) == (28, UNTURNED, 0)
    assert UNTURNED <= earned["other"] < 28


def test_one_pasted_answer_costs_its_own_points_alone(graded):
    """The others call it; a right answer of the variant takes its place, in the box."""
    row = rows(graded[0])["step"]
    assert float(row["lstm_step_fused"]) == 0
    assert float(row["points"]) == 28 - 3


def test_the_feedback_of_the_public_solution_says_what_is_asked(graded):
    page = (graded[0] / "out" / "feedback" / "public.html").read_text(encoding="utf-8")
    assert "own order of the layers." in page
    assert "Your sheet asks otherwise" in page


def test_a_notebook_that_names_another_class_is_told(graded):
    told = {student: row["remarks"] for student, row in rows(graded[0]).items()}
    assert told["other"] == "the notebook names variant 8, and was graded as variant 7"
    assert told["public"] == "the notebook names no variant, and was graded as variant 7"
    assert "variant" not in told["own"] + told["empty"]
    assert f"  other: {told['other']}" in graded[1].split("\n")
    assert "most of them name" not in graded[1]


@pytest.mark.parametrize(
    "line", ["check = variant(7)", "check = variant( seed=7 )", "from x import variant; check = variant(7)"]
)
def test_the_number_is_found_however_its_line_is_written(line):
    assert variants.named(["import numpy as np", line]) == 7


@pytest.mark.parametrize(
    ("cell", "variant", "told"),
    [
        (
            "check = variant(7)",
            None,
            "most of them name variant 7: if the class was given that, grade with --variant 7",
        ),
        ("", 7, "most of them name no variant: if the class was given that, grade with --variant none"),
    ],
)
def test_a_class_that_is_graded_by_a_number_that_it_does_not_name_is_told(cell, variant, told):
    """Whoever forgot `--variant 7` would read of slips that nobody made."""
    (remark,) = class_variant.remarks([cell], EXERCISE, variant)
    tally = results.Tally(of=28, points=[0.5, 0.5, 1.0], count=4, otherwise={remark: ["ada", "ben"]})
    assert f"  {told}" in list(tally.lines(EXERCISE))
    tally.points.append(1.0)
    assert f"  {told}" not in list(tally.lines(EXERCISE))


def test_results_and_report_hold_the_variant(graded):
    out = graded[0] / "out"
    assert json.loads((out / "grades.json").read_text(encoding="utf-8"))["variant"] == 7
    assert "variant 7" in (out / "report.html").read_text(encoding="utf-8")
    assert results.report(out, say=str) == 0
    assert rows(graded[0])["own"]["points"] == "28"


def test_a_check_is_run_again_as_the_class_was_asked(graded):
    said = []
    assert regrade.regrade(graded[0] / "out", ["weights_from_torch"], **{**COMMON, "say": said.append}) == 0
    assert "weights_from_torch: 5 looked at again, 0 moved" in "\n".join(said)


def test_the_number_is_remembered_until_it_is_taken_off(graded, capsys):
    folder, out = str(graded[0] / "class"), str(graded[0] / "out")
    assert cli.main(["grade", folder, "--out", out, "--dry-run"]) == 0
    assert "0 to grade, 5 graded already" in capsys.readouterr().out
    assert cli.main(["grade", folder, "--out", out, "--dry-run", "--variant", "none"]) == 0
    assert "5 to grade, 0 graded already" in capsys.readouterr().out
