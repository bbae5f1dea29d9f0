"""A hidden page of the instructor's own: read strictly, kept in the store, sent to the workers, part of the version."""

import dataclasses
import random

import pytest

from lstm_helpers import checks
from lstm_helpers.commands import cli
from lstm_helpers.data import pride_and_prejudice
from lstm_helpers.grading import hidden, plan, results, run, workers
from lstm_helpers.grading.box import sandbox
from lstm_helpers.grading.box.host import Limits
from lstm_helpers.grading.gradebook import versions
from lstm_helpers.grading.gradebook.store import Key, Store
from lstm_helpers.projects.text_generation import sheet as project
from tests.grading.handed import SHEETS, lay_out, notebook
from tests.grading.test_run import LIMITS, counted  # noqa: F401

SHEET = SHEETS["text_generation"]
NOVEL = pride_and_prejudice()
OTHER = " ".join(random.Random(1).choices(NOVEL.split(), k=1500))  # a text in its characters that is not in it
LINE = "It was not the first time that the bridge had been closed.\n"


@pytest.fixture(autouse=True)
def the_courses_own_afterwards():
    yield
    hidden.use(SHEETS, {})


@pytest.fixture
def folder(tmp_path):
    files = {"ann/text_generation.ipynb": notebook("def my_weights():\n    return 1"), "ann/03_gates.ipynb": notebook()}
    return lay_out(tmp_path / "class", files)


@pytest.fixture
def tasks(counted, monkeypatch):  # noqa: F811
    """The tasks that a worker got."""
    listed, grade_one = [], workers.grade_one

    def watched(task):
        listed.append(task)
        return grade_one(task)

    monkeypatch.setattr(workers, "grade_one", watched)
    return listed


def page(tmp_path, content):
    path = tmp_path / "page.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("short " * 10, "it has 60 characters, expected at least 6,900"),
        (" " * 9000, "it has 1 different character, expected at least 20"),
        ("ab\n" * 3000, "it has 3 different characters, expected at least 20"),
        (LINE * 200, "% of it repeats what stands before: take a text that goes on"),
        (OTHER + OTHER, "% of it repeats what stands before"),
        (NOVEL, "100% of it stands in the novel, which every student has"),
        (NOVEL[5000:14000].replace("\n", " "), "100% of it stands in the novel"),
        (OTHER + NOVEL[-4000:], "% of it stands in the novel"),
        ("".join(random.Random(2).choices(NOVEL, k=1_000_001)), "1000001 characters, expected at most 1,000,000"),
        (b"a" * 4_000_001, "it has 4,000,001 bytes, expected at most 4,000,000: cut a page out of it"),
        ("€" + OTHER, "it holds characters that the novel has not, such as '€': replace them"),
        (b"\xff" * 8000, "it is not UTF-8"),
        (None, "Expected a text file"),
    ],
)
def test_a_page_that_cannot_be_used_is_refused_before_anything_is_graded(tmp_path, folder, capsys, content, why):
    path = tmp_path / "nowhere.txt" if content is None else page(tmp_path, content)
    code = cli.main(["grade", str(folder), "--out", str(tmp_path / "out"), "--hidden", str(path)])
    said = capsys.readouterr().err
    assert code == 2
    assert f"--hidden {path}" in said
    assert why in said
    assert not (tmp_path / "out").exists()


def test_the_courses_own_page_and_one_like_it_can_be_used(tmp_path):
    for text in (SHEET.hidden.file.read_text(encoding="utf-8"), OTHER, OTHER + LINE * 20):
        assert hidden.read(page(tmp_path, text), SHEETS) == {"text_generation": text}


def test_answers_are_scored_on_the_page_that_counts(tmp_path):
    before = project._page()[0]
    hidden.use(SHEETS, hidden.read(page(tmp_path, OTHER), SHEETS))
    assert len(project._page()[0]) == len(OTHER)
    hidden.use(SHEETS, {})
    assert (project._page()[0] == before).all()


def test_the_version_of_that_sheet_alone_depends_on_the_page():
    def now():
        return {e: (versions.version_of(sheet), versions.parts_of(sheet)) for e, sheet in SHEETS.items()}

    before = now()
    hidden.use(SHEETS, {"text_generation": OTHER})
    after = now()
    assert [e for e in before if after[e] != before[e]] == ["text_generation"]
    assert {n for n, h in after["text_generation"][1].items() if before["text_generation"][1][n] != h} == {
        f"{versions.SHARED}its hidden text"
    }


def test_a_page_is_kept_sent_to_the_workers_and_taken_off(tmp_path, folder, tasks):
    def grade(**more):
        tasks.clear()
        run.grade(folder, tmp_path / "out", limits=LIMITS, say=str, **more)
        return {task.exercise: task.hidden for task in tasks}

    assert grade() == {"text_generation": {}, "03_gates": {}}
    assert grade(hidden_texts={"text_generation": OTHER}) == {"text_generation": {"text_generation": OTHER}}
    assert grade() == {}  # it is kept, and nothing is to be graded again
    results.report(tmp_path / "out", say=str)
    assert SHEET.hidden.text == OTHER
    assert grade(hidden_texts={}) == {"text_generation": {}}  # a worker finds that this code is graded already
    assert SHEET.hidden.text != OTHER


def test_a_dry_run_says_what_another_page_would_grade_anew_and_keeps_nothing(tmp_path, folder, tasks):
    run.grade(folder, tmp_path / "out", limits=Limits(), say=str)
    said = []
    plan.dry_run(folder, tmp_path / "out", hidden_texts={"text_generation": OTHER}, say=said.append)
    assert "text_generation: 1 to grade, 0 graded already" in said[0]
    assert "03_gates: 0 to grade, 1 graded already" in said[0]
    plan.dry_run(folder, tmp_path / "out", say=said.append)
    assert "text_generation: 0 to grade, 1 graded already" in said[1]


def test_a_worker_uses_the_page_of_its_task_and_no_other(monkeypatch):
    class Boxes:
        def confinement(self, profile):
            return sandbox.Confinement("bubblewrap")

    monkeypatch.setattr(workers, "_boxes", lambda unsafe: Boxes())
    seen = []
    monkeypatch.setattr(workers.score, "grade_notebook", lambda *given: seen.append(SHEET.hidden.given) or 1 / 0)
    data = notebook("x = 1").encode()
    own = Key(versions.version_of(SHEET), 1, "bubblewrap")
    hidden.use(SHEETS, {"text_generation": OTHER})
    theirs = dataclasses.replace(own, version=versions.version_of(SHEET))
    for key, texts in ((theirs, {"text_generation": OTHER}), (own, {})):
        task = workers.Task(data, "ann", "text_generation", key, Limits(), hidden=texts)
        with pytest.raises(ZeroDivisionError):
            workers.grade_one(task)
    assert seen == [OTHER, None]


def test_a_check_can_be_looked_at_again_with_the_page_of_the_class(tmp_path, folder, tasks, capsys):
    out = tmp_path / "out"
    run.grade(folder, out, limits=LIMITS, say=str, hidden_texts={"text_generation": OTHER})
    hidden.use(SHEETS, {})  # as in a process of its own
    tasks.clear()
    cli.main(["grade", "--regrade", "my_weights", "--out", str(out)])
    assert [task.hidden for task in tasks] == [{"text_generation": OTHER}], capsys.readouterr().err
    with Store(out, make=False) as store:
        assert store.setting(hidden.SETTING) == {"text_generation": OTHER}
    assert cli.main(["grade", "--regrade", "my_weights", "--out", str(out), "--hidden", "none"]) == 2
    assert "--hidden belongs to grading a folder" in capsys.readouterr().err


def test_without_a_sheet_that_is_scored_so_there_is_nothing_to_give(tmp_path):
    gates = {"03_gates": checks.sheets()["03_gates"]}
    with pytest.raises(ValueError, match="no sheet is scored on a hidden text: leave the option out"):
        hidden.read(page(tmp_path, OTHER), gates)
