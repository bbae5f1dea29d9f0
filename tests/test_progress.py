"""The progress file: nothing in it breaks a check or the first page, none of it is lost, no more is kept than said."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import lstm_helpers
from lstm_helpers import checks, course
from lstm_helpers.checks import judge
from lstm_helpers.commands import cli
from lstm_helpers.course import progress
from lstm_helpers.lessons import start
from lstm_helpers.nn import functional as F
from tests import users

GATES = checks.sheets()["03_gates"]


@pytest.fixture(autouse=True)
def file(tmp_path, monkeypatch):
    """The progress file of a course that holds no exercises."""
    (tmp_path / "notebooks").mkdir()
    (tmp_path / course.START_PAGE).write_text("{}")
    (tmp_path / "notebooks" / "03_gates.ipynb").write_text("{}")
    (tmp_path / "work").mkdir()
    monkeypatch.setenv("LSTM_COURSE_HOME", str(tmp_path))
    monkeypatch.delenv("LSTM_COURSE_PROGRESS", raising=False)
    return tmp_path / "work" / "progress.json"


def result(points=2, of=2, check="sigmoid", cause=""):
    state = judge.CORRECT if points == of else judge.WRONG
    return judge.Result(check, state, points, of, cause=cause)


def first_page():
    """(state, points, of) of lesson 03 on the map, which has to show."""
    shown = start.course_map()
    assert "03 Gates" in shown._repr_html_()
    assert "03_gates" in repr(shown)
    (row,) = [row for row in shown.rows if row["lesson"].stem == "03_gates"]
    return row["state"], row["got"], row["of"]


def kept(file):
    return [p.read_bytes() for p in file.parent.glob("progress.broken*")]


# ---------------------------------------------------------------- what is remembered


def test_the_file_holds_the_last_try_the_best_points_their_count_and_the_named_cause_and_no_more(file):
    assert checks.check("sigmoid", lambda z: F.sigmoid(-z)).cause
    first = json.loads(file.read_text())
    assert checks.check("sigmoid", F.sigmoid).right
    second = json.loads(file.read_text())
    assert first.keys() == second.keys() == {"version", "checks", "predictions", "questions"}
    assert first["version"] == progress.VERSION
    assert list(second["checks"]) == ["sigmoid"]
    before, entry = first["checks"]["sigmoid"], second["checks"]["sigmoid"]
    assert entry.keys() == {"state", "points", "of", "best", "tries", "when", "course", "cause"}
    assert (before["state"], before["points"], before["tries"]) == (judge.WRONG, 0, 1)
    assert before["cause"]
    assert (entry["state"], entry["points"], entry["tries"]) == (judge.CORRECT, 2, 2)
    assert entry["cause"] == before["cause"]  # for the review before the exam
    assert entry["course"] == lstm_helpers.__version__


def test_a_file_of_the_first_version_goes_on(file):
    old = {"state": "wrong", "points": 0, "of": 2, "best": 2, "tries": 4, "when": "2026-10-01T10:00:00"}
    file.write_text(json.dumps({"sigmoid": old, "gate_bias": old}))
    assert first_page() == (start.STARTED, 4, GATES.points)
    assert progress.remember(result(points=0)) == ""
    entries = json.loads(file.read_text())["checks"]
    assert (entries["sigmoid"]["best"], entries["sigmoid"]["tries"]) == (2, 5)
    assert entries["gate_bias"] == old
    assert kept(file) == []


def test_a_file_that_was_deleted_starts_anew_with_the_next_check(file):
    progress.remember(result())
    progress.remember_prediction("03-four", {"guess": 1.0})
    file.unlink()
    assert first_page()[:2] == ("next", 0)
    progress.remember(result(points=1))
    assert (progress.load()["sigmoid"]["tries"], progress.load_predictions()) == (1, {})
    assert first_page()[:2] == ("started", 1)


def test_a_file_of_a_newer_version_is_left_alone_and_the_check_says_so(file):
    text = json.dumps({"version": progress.VERSION + 1, "tables": []})
    file.write_text(text)
    said = checks.check("sigmoid", F.sigmoid)
    assert said.right
    assert "was written by a newer version of the course: get that version, or rename the file" in said.text
    assert file.read_text() == text
    assert first_page()[0] in (start.OPEN, start.NEXT)


def test_a_check_that_was_worth_other_points_counts_in_todays(file):
    for worth in (1, 30):
        for name, check in GATES.checks.items():
            progress.remember(result(points=check.points * worth, of=check.points * worth, check=name))
        assert first_page() == (start.DONE, GATES.points, GATES.points)
    file.unlink()
    progress.remember(result(points=20, of=40))
    assert first_page() == (start.STARTED, GATES.checks["sigmoid"].points, GATES.points)


def test_points_go_over_to_the_successor_of_a_renamed_check(file, monkeypatch):
    monkeypatch.setitem(course.RETIRED, "squash", course.Retired("03_gates", "sigmoid", same=True))
    monkeypatch.setitem(course.RETIRED, "other", course.Retired("03_gates", "gate_bias", same=False))
    for name in ("squash", "other"):
        progress.remember(result(check=name))
    assert first_page() == (start.STARTED, 2, GATES.points)
    progress.remember(result(points=0, of=2))
    assert progress.load()["sigmoid"]["best"] == 2


def test_who_had_all_the_parts_of_a_merged_check_right_has_it_right(file):
    parts = course.merged()["lstm_layers"]
    assert parts == ["forget_gate", "input_gate", "candidate", "output_gate"]
    for name in parts[:3]:
        progress.remember(result(check=name))
    assert "lstm_layers" not in progress.load()
    progress.remember(result(check=parts[3], points=0, of=2))
    assert "lstm_layers" not in progress.load()
    progress.remember(result(check=parts[3]))
    kept = progress.load()
    assert (kept["lstm_layers"]["best"], kept["lstm_layers"]["of"]) == (8, 8)
    assert first_page() == (start.STARTED, GATES.checks["lstm_layers"].points, GATES.points)
    assert {*parts} <= kept.keys()


def test_a_relative_name_counts_from_the_course_folder_wherever_a_notebook_runs(file, monkeypatch):
    monkeypatch.setenv("LSTM_COURSE_PROGRESS", "own.json")
    monkeypatch.chdir(file.parent)
    assert progress.path() == file.parent.parent.resolve() / "own.json"


def test_a_link_to_another_place_is_followed_and_stays(file, tmp_path):
    elsewhere = tmp_path / "elsewhere.json"
    file.symlink_to(elsewhere)
    progress.remember(result())
    assert file.is_symlink()
    assert "sigmoid" in json.loads(elsewhere.read_text())["checks"]


# ---------------------------------------------------------------- damage

ENTRY = {"state": "correct", "points": 2, "of": 2, "best": 2, "tries": 1, "when": "2026-10-01T10:00:00"}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
entries = st.fixed_dictionaries({}, optional={key: json_values | st.just(value) for key, value in ENTRY.items()})
tables = st.dictionaries(st.sampled_from(list(GATES.checks)), json_values | entries, max_size=4)


@given(
    held=json_values
    | tables
    | st.fixed_dictionaries({"version": st.just(2) | json_values}, optional={"checks": json_values | tables})
)
@example(held={"sigmoid": {**ENTRY, "best": None}})
@example(held={"sigmoid": {**ENTRY, "best": "two"}})
@example(held={"sigmoid": {**ENTRY, "tries": None}})
@example(held={"sigmoid": {**ENTRY, "tries": "3"}})
@example(held={"sigmoid": {**ENTRY, "best": float("nan")}})
@example(held={"sigmoid": {**ENTRY, "best": float("inf")}})
@example(held={"sigmoid": {**ENTRY, "best": 10**400}})
@example(held={"sigmoid": {**ENTRY, "points": -1, "of": 0}})
@example(held={"sigmoid": {key: value for key, value in ENTRY.items() if key != "best"}})
@example(held={"version": 2})
@example(held={"version": 2, "checks": {"sigmoid": None}})
@settings(max_examples=200, deadline=None)
def test_no_json_breaks_a_check_or_the_first_page_and_none_is_lost(held):
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        file = Path(folder) / "progress.json"
        patch.setenv("LSTM_COURSE_PROGRESS", str(file))
        text = json.dumps(held).encode()
        file.write_bytes(text)
        before = progress.load()
        state, got, of = first_page()
        assert 0 <= got <= of
        assert (state == start.DONE) == (got == of)
        said = progress.remember(result())
        if "newer version" in said:
            assert file.read_bytes() == text
            return
        assert said == ""
        after = progress.load()
        assert after["sigmoid"]["best"] >= 2
        assert {name: entry for name, entry in before.items() if name != "sigmoid"} == {
            name: entry for name, entry in after.items() if name != "sigmoid"
        }
        written = json.loads(file.read_text())["checks"]
        carried = all(written.get(name) == entry for name, entry in _table(held).items() if name != "sigmoid")
        assert kept(file) == [text] or (carried and isinstance(held, dict))
        first_page()


def _table(held):
    table = held.get("checks") if isinstance(held, dict) and "version" in held else held
    return table if isinstance(table, dict) else {}


@pytest.mark.parametrize(
    "data",
    [b"", b"{half a fi", b"\xff\xfe\x00", b"[" * 100_000, b"1" * 5000, b'{"sigmoid": {"best": ' + b"9" * 5000 + b"}}"],
    ids=["empty", "half", "no text", "nested", "digits", "many digits"],
)
def test_what_is_no_json_is_kept_beside_the_file(file, data):
    file.write_bytes(data)
    assert progress.trouble()[0].endswith("is damaged")
    assert first_page()[1] == 0
    assert checks.check("sigmoid", F.sigmoid).right
    assert progress.load()["sigmoid"]["best"] == 2
    assert kept(file) == [data]
    assert progress.trouble() is None


def test_a_file_with_the_mark_that_windows_editors_write_is_read(file):
    file.write_text(json.dumps({"sigmoid": ENTRY}), encoding="utf-8-sig")
    assert progress.load() == {"sigmoid": ENTRY}
    progress.remember(result(check="gate_bias"))
    assert kept(file) == []


def test_two_damaged_files_are_both_kept(file):
    for data in (b"first", b"second"):
        file.write_bytes(data)
        progress.remember(result())
    assert sorted(kept(file)) == [b"first", b"second"]


def test_a_folder_in_its_place_costs_one_sentence(file):
    file.mkdir()
    said = checks.check("sigmoid", F.sigmoid)
    assert said.right
    assert "could not be remembered" in said.text
    assert file.is_dir()
    assert first_page()[1] == 0


@users.needs_posix
def test_a_full_disk_costs_one_sentence_and_keeps_what_was_there(file):
    progress.remember(result())
    before = file.read_bytes()
    code = "from lstm_helpers import checks; from lstm_helpers.nn import functional as F\n"
    code += "print(checks.check('sigmoid', F.sigmoid).text)"
    ran = users.run(code, room=100, LSTM_COURSE_HOME=file.parent.parent)
    assert "sigmoid: correct" in ran.stdout, ran.stderr
    assert f"could not be remembered: {file}: no file of this size may be written there" in ran.stdout
    assert file.read_bytes() == before
    assert sorted(p.name for p in file.parent.iterdir()) == ["progress.json", "progress.json.lock"]


@users.needs_posix
def test_a_folder_that_one_may_not_write_in_costs_one_sentence(file):
    file.parent.chmod(0o555)
    code = "from lstm_helpers import checks; from lstm_helpers.nn import functional as F\n"
    code += "print(checks.check('sigmoid', F.sigmoid).text)"
    ran = users.run(code, LSTM_COURSE_HOME=file.parent.parent)
    assert "sigmoid: correct" in ran.stdout, ran.stderr
    assert f"could not be remembered: {file}: you may not write there" in ran.stdout


# ---------------------------------------------------------------- two notebooks at once

WRITER = """
import sys
from lstm_helpers.course import progress
from lstm_helpers.checks.judge import Result
for number in range(60):
    said = progress.remember(Result(f"{sys.argv[1]}{number}", "correct", 1, 1))
    said += progress.remember(Result("both", "wrong", 0, 1))
    if said:
        sys.exit(said)
"""


def test_notebooks_that_write_at_the_same_time_lose_nothing_of_one_another(file):
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, name]) for name in ("a", "b")]
    assert [writer.wait(timeout=600) for writer in writers] == [0, 0]
    remembered = progress.load()
    assert len(remembered) == 2 * 60 + 1
    assert remembered["both"]["tries"] == 2 * 60


def test_a_file_that_cannot_be_written_is_named_with_its_variable(file, monkeypatch):
    monkeypatch.setenv("LSTM_COURSE_PROGRESS", "notebooks")
    assert "(LSTM_COURSE_PROGRESS names it: correct that, or unset it)" in progress.remember(result())


# ---------------------------------------------------------------- from one copy of the course to another


def carried(checks_held, at, name="theirs.json"):
    """A file of progress of another copy of the course."""
    held = {"version": progress.VERSION, "checks": checks_held, "predictions": {}, "questions": {}}
    (at / name).write_text(json.dumps(held))
    return at / name


def entry(points, when, tries=1, best=None):
    state = judge.CORRECT if points == 2 else judge.WRONG
    return {"state": state, "points": points, "of": 2, "best": points if best is None else best, "tries": tries,
            "when": when, "course": "0.1.0", "cause": ""}  # fmt: skip


def test_of_two_copies_the_later_try_counts_with_the_best_points_of_both(file, tmp_path):
    ours = {"sigmoid": entry(2, "2026-10-01T10:00:00", tries=5), "half_life": entry(0, "2026-10-01T11:00:00")}
    theirs = {"sigmoid": entry(0, "2026-10-02T10:00:00"), "forget_gate": entry(2, "2026-10-01T09:00:00")}
    file.write_bytes(carried(ours, tmp_path, "ours.json").read_bytes())
    assert progress.take_in(carried(theirs, tmp_path)) == 2
    held = progress.load()
    assert held["sigmoid"] == theirs["sigmoid"] | {"best": 2, "tries": 5}
    assert (held["half_life"], held["forget_gate"]) == (ours["half_life"], theirs["forget_gate"])


def test_a_file_taken_in_twice_changes_nothing_the_second_time(file, tmp_path):
    theirs = carried({"sigmoid": entry(2, "2026-10-02T10:00:00", tries=3)}, tmp_path)
    assert progress.take_in(theirs) == 1
    first = file.read_bytes()
    assert progress.take_in(theirs) == 0
    assert file.read_bytes() == first


def test_what_is_exported_is_taken_in_whole(file, tmp_path):
    checks.check("sigmoid", F.sigmoid)
    before = progress.load()
    progress.export(tmp_path / "mine.json")
    file.unlink()
    assert progress.take_in(tmp_path / "mine.json") == 1
    assert progress.load() == before


@pytest.mark.parametrize("text", ["", "[]", '{"version": 4, "checks": {"sigmoid": 3}}'])
def test_a_file_that_is_none_of_progress_is_refused_and_ours_stays(file, tmp_path, text):
    checks.check("sigmoid", F.sigmoid)
    before = file.read_bytes()
    (tmp_path / "other.json").write_text(text)
    with pytest.raises(ValueError, match="no file of progress"):
        progress.take_in(tmp_path / "other.json")
    assert file.read_bytes() == before


def test_the_command_carries_it_over_and_says_how_much(file, tmp_path, capsys):
    checks.check("sigmoid", F.sigmoid)
    mine = str(tmp_path / "mine.json")
    assert cli.main(["progress", "--export", mine]) == 0
    file.unlink()
    assert cli.main(["progress", "--import", mine]) == 0
    assert "1 entry of" in capsys.readouterr().out
    assert cli.main(["progress", "--import", str(tmp_path / "none.json")]) == 2
    assert "is no file" in capsys.readouterr().err
