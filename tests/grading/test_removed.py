"""A file that counted and is no longer there is named, with what counts now."""

import os

import pytest

from lstm_helpers.grading import plan, results, run, terminal
from lstm_helpers.grading.gradebook import assemble, roster
from lstm_helpers.grading.gradebook.book import Person
from tests.grading.handed import lay_out, notebook
from tests.grading.test_appeals import points
from tests.grading.test_edited_tables import pseudonyms
from tests.grading.test_run import counted  # noqa: F401

OLD, NEW = "03_gates.ipynb", "03_gates (1).ipynb"


@pytest.fixture
def graded(tmp_path, counted):  # noqa: F811
    """(folder, out) of a class in which linus has handed in twice, and the newer file counts."""
    files = {f"linus/{OLD}": notebook("def sigmoid(z):\n    return 1"), "ann/03_gates.ipynb": notebook("x = 1")}
    files[f"linus/{NEW}"] = notebook("def sigmoid(z):\n    return 1 + 1")
    folder, out = lay_out(tmp_path / "class", files), tmp_path / "out"
    os.utime(folder / f"linus/{NEW}", (2e9, 2e9))
    run.grade(folder, out, say=str)
    return folder, out


def told(folder, out, how=run.grade, **more):
    """The lines in the terminal that say what is no longer there."""
    said = []
    how(folder, out, say=said.append, **more)
    return [line for text in said for line in text.splitlines() if "no longer in" in line]


def test_a_newer_file_that_is_gone_is_named_with_the_older_one_that_counts_now(graded):
    folder, out = graded
    before = points(out)["linus"]
    assert told(folder, out) == []
    (folder / f"linus/{NEW}").unlink()
    expected = [f"no longer in {folder}: linus/{NEW}. For 03_gates, linus/{OLD} counts now"]
    assert told(folder, out, plan.dry_run) == expected
    assert told(folder, out, students=["ann"]) == []  # linus stays as he was
    assert points(out)["linus"] == before
    assert told(folder, out) == expected
    assert float(points(out)["linus"]) < float(before)
    assert told(folder, out) == []


def test_a_still_newer_file_beside_it_takes_nothing_off(graded):
    folder, out = graded
    lay_out(folder, {"linus/03_gates (2).ipynb": notebook("def sigmoid(z):\n    return 3")})
    os.utime(folder / "linus/03_gates (2).ipynb", (2.1e9, 2.1e9))
    assert told(folder, out) == []


def test_the_file_of_another_folder_that_counts_now_is_named_with_it(graded, tmp_path):
    folder, out = graded
    late = lay_out(
        tmp_path / "late", {"Linus/03_gates.ipynb": notebook("def sigmoid(z):\n    return 4"), "bo/x.md": ""}
    )
    os.utime(late / "Linus/03_gates.ipynb", (2.1e9, 2.1e9))
    people = roster.Roster({"p1": Person("p1", "linus"), "p2": Person("p2", "ann")})
    assert told(late, out, display=assemble.Display(roster=people)) == []
    (late / "Linus/03_gates.ipynb").unlink()
    lay_out(late, {"bo/03_gates.ipynb": notebook("x = 2")})
    expected = [f"no longer in {late}: Linus/03_gates.ipynb. For 03_gates, linus/{NEW} of {folder} counts now"]
    assert told(late, out) == expected


def test_where_names_are_hidden_neither_student_nor_file_is_named(graded):
    folder, out = graded
    results.report(out, assemble.Display(anonymous=True), say=str)
    hidden = pseudonyms(out)
    (folder / f"linus/{NEW}").unlink()
    (folder / "ann/03_gates.ipynb").unlink()
    assert told(folder, out) == [
        f"no longer in {folder}: a file of {hidden['linus']}. For 03_gates, another file counts now",
        f"no longer in {folder}, so it does not count: a file of {hidden['ann']}. Back in its place, it counts again",
    ]


def test_where_names_are_hidden_one_student_is_asked_for_by_pseudonym_and_a_dry_run_tells_no_name(graded, counted):  # noqa: F811
    folder, out = graded
    lay_out(folder, {"linus/linus 05.pdf": "x", "bo ek/readme.txt": "", "linus/03_gates (9).ipynb": notebook("x = 9")})
    os.utime(folder / "linus/03_gates (9).ipynb", (2.2e9, 2.2e9))
    results.report(out, assemble.Display(anonymous=True), say=str)
    who, said = pseudonyms(out)["linus"], []
    lay_out(folder, {f"linus/{NEW}": notebook("def sigmoid(z):\n    return 12")})
    os.utime(folder / f"linus/{NEW}", (2.3e9, 2.3e9))
    plan.dry_run(folder, out, students=[who], say=said.append)
    assert f"  to grade: {who}\n" in said[0]
    assert f"not recognised: a file of {who}\n" in said[0]
    told = said[0].replace(str(folder), "")
    assert not any(name in told for name in ("linus", "ann\n", "ann,", "bo ek"))
    counted.clear()
    run.grade(folder, out, students=[who], say=said.append)
    assert counted == ["linus"]
    with pytest.raises(ValueError, match=f"nobody who handed in is called so: did you mean '{who}'"):
        run.grade(folder, out, students=[f"{who}x"], say=said.append)
    with pytest.raises(ValueError, match="--student linu: nobody who handed in is called so; there are 'anonymous-"):
        run.grade(folder, out, students=["linu"], say=said.append)


def test_of_many_files_that_are_gone_some_are_named_and_the_others_counted(tmp_path, counted):  # noqa: F811
    files = {f"s{k}/{name}": notebook(f"def sigmoid(z):\n    return {k}") for k in range(12) for name in (OLD, NEW)}
    folder, out = lay_out(tmp_path / "class", files), tmp_path / "out"
    for k in range(12):
        os.utime(folder / f"s{k}/{NEW}", (2e9, 2e9))
    run.grade(folder, out, say=str)
    for k in range(12):
        (folder / f"s{k}/{NEW}").unlink()
    lines = told(folder, out)
    assert len(lines) == terminal.LISTED + 1
    assert lines[-1] == f"no longer in {folder}: 4 more files that gave way to another"
