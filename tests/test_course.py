"""The student's own copies, the map of the course, and the commands around them."""

import json
import re
import shutil
from datetime import UTC, datetime, timedelta

import pytest

from lstm_helpers import checks, course
from lstm_helpers.commands import cli
from lstm_helpers.course import copying, places, work
from lstm_helpers.exam import bank as pages
from lstm_helpers.exam import schedule
from lstm_helpers.lessons import start
from tests import ROOT
from tests.checks.solved import code_cells


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A copy of the course without lessons' pictures, as a student has it."""
    for notebook in (ROOT / "notebooks").rglob("*.ipynb"):
        copy = tmp_path / notebook.relative_to(ROOT)
        copy.parent.mkdir(exist_ok=True)
        copy.write_text("{}")
    shutil.copytree(ROOT / "exercises", tmp_path / "exercises", ignore=shutil.ignore_patterns(".*"))
    monkeypatch.setenv("LSTM_COURSE_HOME", str(tmp_path))
    monkeypatch.delenv("LSTM_COURSE_PROGRESS", raising=False)
    return tmp_path


def test_each_exercise_and_lesson_is_copied_once_and_then_left_alone(home):
    there = {p.relative_to(home / "exercises") for p in (home / "exercises").rglob("*.ipynb")}
    lessons = {p.relative_to(home / "notebooks") for p in (home / "notebooks").rglob("*.ipynb")}
    there |= {"lessons" / path for path in lessons}
    assert {copy.relative_to(home / "work") for copy in work.lay_out()} == there
    mine = home / "work" / "03_gates.ipynb"
    mine.write_text("my work")
    assert work.lay_out() == []
    assert mine.read_text() == "my work"


def test_reset_gives_a_fresh_copy_and_keeps_the_old_one(home, capsys):
    work.lay_out()
    mine = home / "work" / "03_gates.ipynb"
    mine.write_text("my work")
    assert cli.main(["reset", "03_gates"]) == 0
    assert mine.read_bytes() == copying.laid_out(home / "exercises" / "03_gates.ipynb")
    (backup,) = [p for p in mine.parent.iterdir() if p.name.startswith("03_gates.2")]
    assert backup.read_text() == "my work"
    assert backup.name in capsys.readouterr().out


EXERCISES = ["01_sequences", "02_why_rnns_forget", "03_gates", "text_generation", "20_gates_of_mine"]
FORMS = {
    "03_gates": ["3", "03", "03_gates", "03_GATES.IPYNB", "work/03_gates.ipynb", "C:\\course\\work\\03_gates.ipynb",
                 "exercises/03_gates.ipynb", "03_gates-Copy1.ipynb", "03_gates (1)", "/ann/course/work/03_gates.ipynb"],
    "02_why_rnns_forget": ["rnn", "forget"],
    "text_generation": ["text", "exercises/projects/text_generation.ipynb"],
    "20_gates_of_mine": ["20", "mine", "20_gates_of_mine"],
}  # fmt: skip


@pytest.mark.parametrize(("exercise", "given"), [(e, given) for e, forms in FORMS.items() for given in forms])
def test_an_exercise_may_be_named_as_a_person_would(exercise, given):
    assert course.meant(given, EXERCISES) == exercise


@pytest.mark.parametrize("given", ["", ".", "33", "ann/03_gates.ipynb", "submissions/ann/03", "e", "0", "../"])
def test_what_is_no_exercise_is_answered_with_those_that_are(given):
    with pytest.raises(
        ValueError, match="there is no exercise .*; there are: 01_sequences, 02_why_rnns_forget, 03_gates"
    ):
        course.meant(given, EXERCISES)


def test_what_may_be_several_exercises_is_none():
    with pytest.raises(ValueError, match="'gates' may be 03_gates or 20_gates_of_mine: name one of them"):
        course.meant("gates", EXERCISES)


@pytest.mark.parametrize("command", [["reset"], ["build"], ["check"], ["grade", "DIR", "--out", "OUT", "--exercise"]])
def test_every_command_that_takes_an_exercise_takes_the_same_names(command, capsys, monkeypatch):
    asked = []

    def meant(given, known, what="exercise"):
        asked.append(given)
        raise ValueError("seen")

    monkeypatch.setattr(course, "meant", meant)
    assert cli.main([*command, "03"]) == 2
    assert asked == ["03"]
    assert "seen" in capsys.readouterr().err


def test_reset_of_a_copy_in_which_nothing_was_written_makes_no_backup(home):
    work.lay_out()
    mine = home / "work" / "03_gates.ipynb"
    fresh = mine.read_bytes()
    assert work.reset("gates") == (mine, None)
    run = json.loads(fresh)  # as JupyterLab saves it after a run
    run["metadata"]["language_info"]["version"] = "3.12.1"
    for cell in run["cells"]:
        cell["source"] = "".join(cell["source"])
        cell |= {"outputs": [], "execution_count": 7} if cell["cell_type"] == "code" else {}
    mine.write_text(json.dumps(run, indent=4))
    assert work.reset("gates") == (mine, None)
    assert mine.read_bytes() == fresh
    assert sorted(p.name for p in mine.parent.glob("03_gates*")) == ["03_gates.ipynb"]


@pytest.mark.parametrize("name", ["lessons/03_gates", "03_gates"])
def test_reset_keeps_the_outputs_of_a_run_and_says_where(lessons, home, capsys, name):
    mine = home / "work" / f"{name}.ipynb"
    held = json.loads(mine.read_text())
    first = next(cell for cell in held["cells"] if cell["cell_type"] == "code")
    first["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["an hour of training"]}]
    mine.write_text(json.dumps(held))
    assert cli.main(["reset", name]) == 0
    said = capsys.readouterr().out
    (kept,) = mine.parent.glob("03_gates.2*.ipynb")
    assert f" is {kept.relative_to(home)}." in said
    assert "an hour of training" in kept.read_text()
    assert "an hour of training" not in mine.read_text()
    assert cli.main(["reset", name]) == 0
    assert "Nothing of yours was in the old one." in capsys.readouterr().out


@pytest.mark.parametrize("change", ["word", "cell", "comment", "kind", "picture"])
def test_reset_keeps_whatever_was_written(home, change):
    work.lay_out()
    mine = home / "work" / "03_gates.ipynb"
    held = json.loads(mine.read_text())
    cells = held["cells"]
    if change == "cell":
        cells.append({"cell_type": "markdown", "metadata": {}, "source": "my notes"})
    if change == "kind":
        cells[0]["cell_type"] = "raw"
    if change == "picture":
        cells[0]["attachments"] = {"a.png": {"image/png": ""}}
    if change in ("word", "comment"):
        where = next(cell for cell in cells if (cell["cell_type"] == "code") == (change == "comment"))
        where["source"] = [*where["source"], "# mine"]
    mine.write_text(json.dumps(held))
    written = mine.read_bytes()
    assert work.reset("gates")[1].read_bytes() == written


def test_a_project_is_reset_in_its_folder(home):
    copy, backup = work.reset("text_generation")
    assert (copy, backup) == (home / "work" / "projects" / "text_generation.ipynb", None)
    assert copy.read_bytes() == copying.laid_out(home / "exercises" / "projects" / "text_generation.ipynb")


# ---------------------------------------------------------------- copies of lessons


@pytest.fixture
def lessons(home):
    """The course folder with the lessons as they are stored; everything is laid out."""
    shutil.copytree(ROOT / "notebooks", home / "notebooks", ignore=shutil.ignore_patterns(".*"), dirs_exist_ok=True)
    work.lay_out()
    return home / "work" / "lessons"


def links_of(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    return [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if not re.match(r"\w+:|#", link)]


def test_every_link_of_a_copy_leads_on_and_to_a_copy_where_there_is_one(lessons, home):
    copies = sorted((home / "work").rglob("*.ipynb"))
    reached = set()
    for copy in copies:
        for link in links_of(copy):
            there = (copy.parent / link.partition("#")[0]).resolve()
            assert there.is_file(), f"{copy.name}: {link}"
            reached.add(there)
    assert {path.relative_to(home).as_posix() for path in reached - set(copies)} <= {
        course.START_PAGE,
        "notebooks/formula_sheet.pdf",
    }
    assert set(copies) - reached <= {lessons / "primer.ipynb"}


@pytest.mark.parametrize(
    ("path", "text", "becomes"),
    [
        ("notebooks/03_gates.ipynb", "[a](04_cell_state.ipynb#A)", "[a](04_cell_state.ipynb#A)"),
        ("notebooks/03_gates.ipynb", "[a](../work/03_gates.ipynb)", "[a](../03_gates.ipynb)"),
        ("notebooks/03_gates.ipynb", "[a](../exercises/03_gates.ipynb)", "[a](../03_gates.ipynb)"),
        ("notebooks/03_gates.ipynb", "[a](00_start_here.ipynb)", "[a](00_start_here.ipynb)"),
        ("notebooks/03_gates.ipynb", "![p](p.svg)", "![p](../../notebooks/p.svg)"),
        ("notebooks/03_gates.ipynb", '<img src="p.svg">', '<img src="../../notebooks/p.svg">'),
        ("notebooks/projects/text_generation.ipynb", "[a](../03_gates.ipynb)", "[a](../03_gates.ipynb)"),
        ("exercises/03_gates.ipynb", "[a](../notebooks/03_gates.ipynb#A)", "[a](lessons/03_gates.ipynb#A)"),
        ("exercises/03_gates.ipynb", "[a](04_cell_state.ipynb)", "[a](04_cell_state.ipynb)"),
        ("notebooks/03_gates.ipynb", "[a](#A) f[t](x) [b](https://x.org/03_gates.ipynb) [c](../../../x)", None),
    ],
)
def test_links_are_rewritten_for_the_place_of_the_copy(home, path, text, becomes):
    (home / "notebooks" / "p.svg").write_text("<svg/>")
    cells = [{"cell_type": kind, "metadata": {}, "source": [text]} for kind in ("markdown", "code")]
    (home / path).write_text(json.dumps({"cells": cells, "metadata": {}}))
    copied = json.loads(copying.laid_out(home / path))["cells"]
    assert copied[0]["source"] == [becomes or text]
    assert copied[1]["source"] == [text]  # code is left alone


RESULT = {"cell_type": "code", "metadata": {}, "outputs": [], "source": 'print(x)\noutcome("03-x", x)'}
PICTURE = {"cell_type": "code", "metadata": {}, "outputs": [], "source": "figures.picture(x)"}


@pytest.mark.parametrize(
    ("text", "folded", "left"),
    [
        ("Half of it is gone.\n\n## Next", "Half of it is gone.", "## Next"),
        ("It is about\n\n$$x$$\n\nper step.\n\nSo much.", "It is about\n\n$$x$$\n\nper step.", "So much."),
        ("A gate keeps.", "A gate keeps.", ""),
        ("## A heading first\n\nText.", None, None),
        ("**Predict.** And now?", None, None),
    ],
)
@pytest.mark.parametrize("between", [[], [PICTURE]])
def test_what_explains_a_result_is_folded_in_a_copy_and_nothing_else(home, text, folded, left, between):
    after = {"cell_type": "markdown", "metadata": {}, "source": text}
    cells = [dict(after, source="Before."), RESULT, *between, after, dict(after, source="Later.")]
    path = home / "notebooks" / "p.ipynb"
    path.write_text(json.dumps({"cells": cells, "metadata": {}}))
    copied = [cell["source"] for cell in json.loads(copying.laid_out(path))["cells"]]
    if folded is None:
        assert copied == [cell["source"] for cell in cells]
        return
    whole = f"<details>\n<summary>{copying.FOLDED}</summary>\n\n{folded}\n\n</details>\n\n{left}".rstrip()
    assert copied == ["Before.", RESULT["source"], *(each["source"] for each in between), whole, "Later."]


def test_most_predictions_of_a_lesson_have_what_explains_them_folded(lessons):
    for stem in ("01_sequences", "04_cell_state", "07_training_that_works"):
        cells = json.loads((lessons / f"{stem}.ipynb").read_text())["cells"]
        sources = ["".join(cell["source"]) for cell in cells]
        results = sum("\noutcome(" in source for source in sources)
        assert sum(copying.FOLDED in source for source in sources) >= 0.8 * results > 0


def test_a_lesson_is_reset_by_a_name_of_its_own(lessons, capsys):
    for name in ("03_gates.ipynb", "../03_gates.ipynb"):
        held = json.loads((lessons / name).read_text())
        held["cells"].append({"cell_type": "markdown", "metadata": {}, "source": "mine"})
        (lessons / name).write_text(json.dumps(held))
    assert cli.main(["reset", "lessons/03_gates"]) == 0
    said = capsys.readouterr().out
    assert "Close its tab without saving" in said  # else JupyterLab asks whether to write the old one over it
    assert "work/lessons/03_gates.ipynb is fresh. Your old copy, with what you wrote and its outputs, is " in said
    assert " is work/lessons/03_gates.2" in said
    assert "mine" in (lessons.parent / "03_gates.ipynb").read_text()
    assert cli.main(["reset", "03_gates"]) == 0
    said = capsys.readouterr().out
    assert "work/03_gates.ipynb is fresh." in said
    assert "That is the exercise; for the lesson: `" in said
    assert "reset lessons/03_gates`" in said


@pytest.mark.parametrize("given", ["lessons/03", "lessons/gates", "work/lessons/03_gates.ipynb", "lessons\\03_gates"])
def test_a_lesson_may_be_named_as_a_person_would(lessons, given):
    assert work.copy_of(given)[1] == lessons / "03_gates.ipynb"


def test_a_project_and_the_glossary_have_copies_that_can_be_named(lessons):
    assert work.copy_of("lessons/projects/text")[1] == lessons / "projects" / "text_generation.ipynb"
    assert work.copy_of("lessons/glossary")[1] == lessons / "glossary.ipynb"
    with pytest.raises(ValueError, match="there is no lesson 'x'; there are: 00_start_here, 01_sequences"):
        work.copy_of("lessons/x")


def test_who_has_work_already_gets_the_lessons_added(home):
    work.lay_out()
    shutil.rmtree(home / "work" / "lessons")
    (home / "work" / "03_gates.ipynb").write_text("mine")
    assert {copy.parent.name for copy in work.lay_out()} == {"lessons", "projects"}
    assert (home / "work" / "03_gates.ipynb").read_text() == "mine"


def test_a_lesson_that_was_changed_after_it_was_opened_is_named_until_it_is_reset(lessons, home):
    assert work.outdated() == []
    source = home / "notebooks" / "03_gates.ipynb"
    held = json.loads(source.read_text())
    held["cells"][0]["outputs"] = ["another run"]
    source.write_text(json.dumps(held))
    assert work.outdated() == []
    held["cells"][0]["source"] = ["Another beginning"]
    source.write_text(json.dumps(held))
    assert work.outdated() == [lessons / "03_gates.ipynb"]
    assert places.copies().remedy == "`lstm-course reset lessons/03_gates` gives you a fresh one and keeps the old"
    assert "Another beginning" not in (lessons / "03_gates.ipynb").read_text()
    work.reset("lessons/03_gates")
    assert "Another beginning" in (lessons / "03_gates.ipynb").read_text()
    assert work.outdated() == []
    assert places.copies().ok


def test_reset_of_an_unknown_exercise_names_the_known_ones(home, capsys):
    assert cli.main(["reset", "33_gates"]) == 2
    said = capsys.readouterr().err
    assert "there is no exercise '33_gates'; there are: 01_sequences, 02_why_rnns_forget, 03_gates, " in said


def test_outside_the_course_the_error_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.delenv("LSTM_COURSE_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(course, "HERE", tmp_path / "a" / "b" / "course")
    with pytest.raises(FileNotFoundError, match="set LSTM_COURSE_HOME"):
        course.root()


def states(home, progress):
    (home / "work").mkdir(exist_ok=True)
    (home / "work" / "progress.json").write_text(json.dumps(progress))
    return {row["lesson"].stem: row["state"] for row in start.course_map().rows}


def earned(**points):
    return {name: {"best": best} for name, best in points.items()}


FIRST = ("01_sequences", "02_why_rnns_forget")
GATES = {name: check.points for name, check in checks.sheets()["03_gates"].checks.items()}


def test_the_map_says_what_is_done_and_what_is_next(home):
    assert states(home, {})["01_sequences"] == start.NEXT
    assert states(home, {})["03_gates"] == start.OPEN
    before = {check.name: check.points for stem in FIRST for check in checks.sheets()[stem].checks.values()}
    assert states(home, earned(**before))["03_gates"] == start.NEXT
    assert states(home, earned(sigmoid=0))["03_gates"] == start.STARTED
    done = states(home, earned(**before, **GATES))
    assert (done["03_gates"], done["04_cell_state"]) == (start.DONE, start.NEXT)
    (home / "notebooks" / "05_forward_through_time.ipynb").unlink()
    assert states(home, {})["05_forward_through_time"] == start.PLANNED


def test_the_plan_of_who_has_done_it_all_says_so_and_what_is_next(home):
    lessons, projects = (
        {
            name: check.points
            for row in rows
            if row.has_sheet
            for name, check in checks.sheets()[row.stem].checks.items()
        }
        for rows in (course.LESSONS, course.PROJECTS)
    )
    states(home, earned(**lessons | {"adam_step": 0}))
    assert start.plan()._repr_html_().startswith("<table")  # a question is left
    states(home, earned(**lessons))
    assert repr(start.plan()) == "Every day of the plan is done. Next: the project Text generation."
    shown = start.plan()._repr_html_()
    assert shown.startswith(
        '<p>Every day of the plan is done. Next: <a href="../work/lessons/projects/text_generation.ipynb">'
    )
    assert shown.index("<details>") < shown.index("<table")
    states(home, earned(**lessons | projects))
    assert repr(start.plan()).endswith("and every project. What is left of the map is in preparation.")


def test_the_map_says_on_which_days_of_the_plan_an_exercise_lies(home):
    shown = start.course_map()._repr_html_()
    on = [m.groups() for m in re.finditer(r"exercise (\d\d)</a><br>\d+ min, days? ([\d and]+) of the plan", shown)]
    days = {}
    for day, parts in enumerate(start.plan().days, 1):
        for path in dict.fromkeys(path for path, _, _ in parts if re.match(r"work/\d\d_", path)):
            days.setdefault(path[5:7], []).append(str(day))
    assert dict(on) == {number: " and ".join(of) for number, of in days.items()}
    assert {number for number, of in on if "and" in of} >= {"06", "07"}  # two hours are no one sitting


def test_the_map_links_to_the_lesson_and_to_the_students_own_copy(home):
    shown = start.course_map()._repr_html_()
    assert '<a href="../work/lessons/03_gates.ipynb">03 Gates</a>' in shown
    assert '<a href="../work/03_gates.ipynb">exercise 03</a>' in shown
    assert (home / "work" / "03_gates.ipynb").exists()
    assert (home / "work" / "lessons" / "03_gates.ipynb").exists()
    assert '<a href="../work/lessons/projects/text_generation.ipynb">Project: Text generation</a>' in shown
    assert '<a href="../work/projects/text_generation.ipynb">exercise</a>' in shown
    assert (home / "work" / "projects" / "text_generation.ipynb").exists()
    (home / "notebooks" / "05_forward_through_time.ipynb").unlink()
    assert "05_forward_through_time.ipynb" not in start.course_map()._repr_html_()
    assert "03_gates" in repr(start.course_map())


@pytest.mark.parametrize("folder", ["notebooks", "work/lessons", "."])
def test_the_links_of_the_map_lead_on_from_wherever_the_page_is_run(home, monkeypatch, folder):
    work.lay_out()
    monkeypatch.chdir(home / folder)
    links = re.findall(r'href="([^"]+)"', start.course_map()._repr_html_())
    assert links
    assert [link for link in links if not (home / folder / link).is_file()] == []


def test_the_map_shows_which_pieces_of_the_own_lstm_are_right(home, capsys):
    right = earned(sigmoid=GATES["sigmoid"], lstm_step=checks.find("lstm_step").points, adam_step=0)
    states(home, right)
    assert "for your own LSTM: <code>sigmoid</code>" in start.course_map()._repr_html_()  # the copy is a fresh one
    shutil.copy(ROOT / "solutions" / "03_gates.ipynb", home / "work" / "03_gates.ipynb")
    shutil.copy(ROOT / "solutions" / "07_training_that_works.ipynb", home / "work")
    shown = start.course_map()._repr_html_()
    assert "for your own LSTM: ✓ <code>sigmoid</code>" in shown
    assert "for your own LSTM: <code>lstm_step</code>" in shown
    assert "✓ <code>adam_step</code>" not in shown
    assert "<code>adam_step</code>" in shown
    assert cli.main(["reset", "03"]) == 0
    assert "for your own LSTM: <code>sigmoid</code>" in start.course_map()._repr_html_()


def test_the_map_says_how_many_guesses_were_made_and_came_close(home):
    made = {f"03-{k}": {"guess": k} | result for k, result in enumerate([{}, *[COMPARED] * 2])}
    states(home, {"version": 4, "checks": {}, "predictions": made | {"speech-a": {"guess": 1}}, "questions": {}})
    shown = start.course_map()
    assert "<small>3 guesses made, 2 close</small>" in shown._repr_html_()
    assert re.search(r"03_gates .*\n  3 guesses made, 2 close\n○ 04", repr(shown))
    assert re.search(r"speech .*\n  1 guess made, 0 close\n", repr(shown))


COMPARED = {"close": True, "surprise": 0.1, "line": "your guess 1, the result 1"}


def test_the_map_says_what_of_the_exam_is_due_once_something_was_answered(home):
    states(home, {})
    assert "Review" not in start.course_map()._repr_html_()
    first, second, *_ = pages.load().questions
    day = timedelta(days=1)
    entries = {
        name: schedule.review({}, share=1, now=datetime.now(UTC) - ago)
        for name, ago in {first: 100 * day, second: 0 * day}.items()
    }
    kept = {"version": 4, "checks": {}, "predictions": {}, "questions": entries | {"of an older bank": entries[first]}}
    states(home, kept)
    link = '<a href="../work/lessons/13_exam.ipynb">Review</a>: 1 question of the exam is due.'
    assert link in start.course_map()._repr_html_()
    assert repr(start.course_map()).startswith("Review, work/lessons/13_exam.ipynb: 1 question of the exam is due.\n")


def test_the_map_as_text_names_the_pieces_of_the_own_lstm(home):
    states(home, earned(sigmoid=GATES["sigmoid"]))
    shutil.copy(ROOT / "solutions" / "03_gates.ipynb", home / "work" / "03_gates.ipynb")
    assert re.search(r"◐ 03_gates +started +2 of 16 points\n  in your own LSTM: sigmoid\n", repr(start.course_map()))


TOML = (ROOT / "lstm_helpers" / "course" / "course.toml").read_text(encoding="utf-8")
ROW = TOML[TOML.index("[[lesson]]") : TOML.index("[[lesson]]", TOML.index("[[lesson]]") + 1)]


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("minutes =", "minuts =", "course.toml, the row of 01_sequences: there is no key 'minuts'; the keys are stem"),
        ('question = "How', '# "How', "course.toml, the row of 01_sequences: it has no question; the keys are stem"),
        ('claims = ["C01"]', 'claims = ["C99"]', "the row of 01_sequences: there is no claim 'C99' under [claims]"),
        (ROW, ROW + ROW, "course.toml, the row of 01_sequences stands twice: delete one of the two"),
        ('stem = "01_sequences"', 'stem = "01_sequences', "course.toml is no TOML: "),
        ("[planned]", "[plan]", "course.toml has no part [planned]: put it back"),
    ],
    ids=lambda v: v if len(v) < 30 else "",
)
def test_a_fault_of_the_map_is_told_with_its_row(old, new, why):
    assert old in TOML
    with pytest.raises(ValueError, match=re.escape(why)):
        course.read_map(TOML.replace(old, new, 1))


def test_lesson_stems_are_unique_and_in_order():
    stems = [lesson.stem for lesson in course.LESSONS]
    assert stems == sorted(set(stems))
    every = [*course.LESSONS, *course.PROJECTS]
    assert len({lesson.stem for lesson in every}) == len(every)
    folder = ROOT / "notebooks"
    written = {path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.ipynb")}
    known = {lesson.path for lesson in every} | {"00_start_here", "primer", "glossary"}
    assert {path for path in written if ".ipynb_checkpoints" not in path} <= known


def test_check_runs_a_notebook_and_says_what_is_not_right(home, capsys):
    exercise = ROOT / "exercises" / "03_gates.ipynb"
    assert cli.main(["check", str(exercise)]) == 1
    said = capsys.readouterr().out
    assert f"{len(GATES)} of {len(code_cells(exercise))} code cells are not right yet" in said
    assert "lstm_layers: not attempted, 0 of 4 points" in said
    assert cli.main(["check", str(home / "nothing.ipynb")]) == 2
    assert "there is no notebook" in capsys.readouterr().err
