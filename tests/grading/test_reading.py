"""What students hand in, as it comes from folders and learning platforms, and what is made of it."""

import gzip
import io
import json
import os
import time
import zipfile

import pytest

from lstm_helpers.grading.pages import flags
from lstm_helpers.grading.submissions import class_folder, reading, sources
from tests.grading.handed import SHEETS, SIGMOID, lay_out, notebook

GATES = notebook(SIGMOID, 'check("sigmoid", sigmoid)')


def found(folder, files=None, **more):
    return reading.find(lay_out(folder, files) if files else folder, SHEETS, **more)


def pairs(result):
    return [(h.student, h.exercise) for h in result.handed_in]


def zipped(files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 10, 1, 12, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


@pytest.mark.parametrize(
    "name",
    [
        "03_gates.ipynb",
        "03_gates (1).ipynb",
        "03_gates-1.ipynb",
        "03_gates-Copy1.ipynb",
        "Copy of 03_gates.ipynb",
        "03_GATES.IPYNB",
        "gates (1).ipynb",
        "hw/My Gates final.ipynb",
        "03-gates_v2.ipynb",
        "foo.ipynb",
        "3.ipynb",
    ],
)
def test_a_renamed_file_answers_its_exercise(tmp_path, name):
    result = found(tmp_path, {f"ann/{name}": GATES})
    assert pairs(result) == [("ann", "03_gates")]
    assert bool(result.handed_in[0].remarks) == (name != "03_gates.ipynb")


def test_the_checks_that_are_asked_decide_where_the_name_says_nothing(tmp_path):
    given = "\n".join(f"def {name}(): ..." for name in SHEETS["03_gates"].checks)
    result = found(tmp_path, {"ann/a.ipynb": notebook(given, 'check("cell_update", cell_update)')})
    assert pairs(result) == [("ann", "04_cell_state")]


def test_a_file_without_any_check_is_known_by_what_it_defines(tmp_path):
    assert pairs(found(tmp_path, {"ann/a.ipynb": notebook(SIGMOID)})) == [("ann", "03_gates")]


def test_the_newest_of_two_files_counts_and_a_remark_says_which(tmp_path):
    lay_out(tmp_path, {"ann/03_gates.ipynb": GATES, "ann/03_gates (1).ipynb": GATES})
    os.utime(tmp_path / "ann/03_gates (1).ipynb", (2e9, 2e9))
    handed = found(tmp_path).handed_in[0]
    assert handed.file == "03_gates (1).ipynb"
    assert "the newest counts, 03_gates (1).ipynb, not 03_gates.ipynb" in handed.remarks[-1]
    os.utime(tmp_path / "ann/03_gates.ipynb", (2.1e9, 2.1e9))
    assert found(tmp_path).handed_in[0].file == "03_gates.ipynb"


def test_a_file_that_answers_nothing_is_listed_and_not_lost(tmp_path):
    result = found(tmp_path, {"ann/03_gates.ipynb": GATES, "bob/essay.ipynb": notebook("1"), "loose.ipynb": GATES})
    assert {(student, file) for student, file, _ in result.strays} == {("bob", "essay.ipynb"), ("", "loose.ipynb")}
    assert list(result.students) == ["ann", "bob"]


def test_a_moodle_zip_a_canvas_zip_and_a_gradescope_folder(tmp_path):
    moodle = {
        "Ada Lovelace_12345_assignsubmission_file_/03_gates.ipynb": GATES,
        "Bo Li_777_assignsubmission_file_/work.zip": zipped({"deep/04_cell_state.ipynb": GATES}),
        "__MACOSX/Ada/._03_gates.ipynb": "x",
    }
    (tmp_path / "moodle.zip").write_bytes(zipped(moodle))
    result = found(tmp_path / "moodle.zip")
    assert pairs(result) == [("Ada Lovelace_12345", "03_gates"), ("Bo Li_777", "04_cell_state")]
    assert result.students["Ada Lovelace_12345"] == ["Ada Lovelace", "12345", "Participant 12345"]
    assert json.loads(result.handed_in[1].read()) == json.loads(GATES)
    assert result.handed_in[0].submitted == time.mktime((2026, 10, 1, 12, 0, 0, 0, 0, -1))

    canvas = {"lovelaceada_12_345_gates.ipynb": GATES, "libo_LATE_77_346_03_gates-1.ipynb": GATES}
    canvas |= {"libo2_78_347_gates.ipynb": GATES}
    (tmp_path / "canvas.zip").write_bytes(zipped(canvas))
    assert [h.remarks[-1] for h in found(tmp_path / "canvas.zip").handed_in if h.student == "libo_77"] == [
        "late, says Canvas"
    ]
    assert pairs(found(tmp_path / "canvas.zip")) == [
        ("libo2_78", "03_gates"),
        ("libo_77", "03_gates"),
        ("lovelaceada_12", "03_gates"),
    ]

    told = "submission_9:\n  :submitters:\n  - :name: Ada\n    :sid: '55'\n    :email: ada@example.org\n"
    scope = found(tmp_path / "gs", {"submission_9/03_gates.ipynb": GATES, "submission_metadata.yml": told})
    assert pairs(scope) == [("submission_9", "03_gates")]
    assert scope.students["submission_9"] == ["9", "Ada", "55", "ada@example.org"]


LESSON = notebook("print('no check is asked here')")
STUB = notebook('def sigmoid(z):\n    """Squash."""\n    # YOUR CODE HERE\n    ...', 'check("sigmoid", sigmoid)')
OTHER = notebook(SIGMOID + "# once more")
CLONE = {"README.md": "", "exercises/03_gates.ipynb": STUB, "notebooks/03_gates.ipynb": LESSON, ".git/a.ipynb": GATES}
CLASSES = {  # how a class arrives: (files, who handed in which file)
    "moodle, no folders": (
        {"Ann Lee_12_assignsubmission_file_03_gates.ipynb": GATES, "Bo Li_9_assignsubmission_file_gates.ipynb": GATES},
        {("Ann Lee_12", "03_gates.ipynb"), ("Bo Li_9", "gates.ipynb")},
    ),
    "moodle, a file that is called like another student's": (
        {"Ann Lee_12_assignsubmission_file_evil_9_assignsubmission_file_03_gates.ipynb": GATES},
        {("Ann Lee_12", "evil_9_assignsubmission_file_03_gates.ipynb")},
    ),
    "canvas, a file that is called like another student's": (
        {"leeann_12_34_evil_9_assignsubmission_file_03_gates.ipynb": GATES, "libo_9_35_03_gates.ipynb": GATES},
        {("leeann_12", "evil_9_assignsubmission_file_03_gates.ipynb"), ("libo_9", "03_gates.ipynb")},
    ),
    "google classroom, a file that is called like another student's": (
        {"Ann Lee - Bo Li_9_assignsubmission_file_03_gates.ipynb": GATES, "Bo Li - 03_gates.ipynb": GATES},
        {("Ann Lee", "Bo Li_9_assignsubmission_file_03_gates.ipynb"), ("Bo Li", "03_gates.ipynb")},
    ),
    "moodle, unpacked into a folder of its own": (
        {
            "LSTM-Gates-7/Ann Lee_12_assignsubmission_file/03_gates.ipynb": GATES,
            "LSTM-Gates-7/Ann Lee_12_assignsubmission_onlinetext/onlinetext.html": "see the file",
            "LSTM-Gates-7/Bo Li_9_assignsubmission_file/hw/03_gates.ipynb": GATES,
        },
        {("Ann Lee_12", "03_gates.ipynb"), ("Bo Li_9", "hw/03_gates.ipynb")},
    ),
    "canvas, unpacked into a folder of its own": (
        {"submissions/leeann_LATE_12_34_03_gates-2.ipynb": GATES, "submissions/libo_9_35_03_gates.ipynb": GATES},
        {("leeann_12", "03_gates-2.ipynb"), ("libo_9", "03_gates.ipynb")},
    ),
    "canvas, graded anonymously": (
        {"anon_Ab3dE_34_03_gates.ipynb": GATES, "LATE_anon_12345_35_03_gates.ipynb": GATES},
        {("anon_Ab3dE", "03_gates.ipynb"), ("anon_12345", "03_gates.ipynb")},
    ),
    "google classroom": (
        {"Homework 3/Ann Lee - 03_gates.ipynb": GATES, "Homework 3/Bo Li - Copy of 03_gates.ipynb": GATES},
        {("Ann Lee", "03_gates.ipynb"), ("Bo Li", "Copy of 03_gates.ipynb")},
    ),
    "nbgrader": (
        {"submitted/ann/03_gates/03_gates.ipynb": GATES, "submitted/bo/03_gates/03_gates.ipynb": GATES},
        {("ann", "03_gates/03_gates.ipynb"), ("bo", "03_gates/03_gates.ipynb")},
    ),
    "nbgrader, one student": (
        {"ann/03_gates/03_gates.ipynb": GATES, "ann/04_cell_state/notes.txt": ""},
        {("ann", "03_gates/03_gates.ipynb")},
    ),
    "clones of the course": (
        {f"lstm-{who}/{path}": text for who in ("ann", "bo") for path, text in CLONE.items()}
        | {"lstm-ann/work/03_gates.ipynb": GATES, "lstm-bo/exercises/03_gates.ipynb": GATES}
        | {"lstm-ann/env/pyvenv.cfg": "", "lstm-ann/env/a/03_gates.ipynb": OTHER},
        {("lstm-ann", "work/03_gates.ipynb"), ("lstm-bo", "exercises/03_gates.ipynb")},
    ),
}


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
@pytest.mark.parametrize("name", [name for name in CLASSES if name != "clones of the course"])
def test_each_platforms_class_is_its_students(tmp_path, name, packed):
    files, expected = CLASSES[name]
    (tmp_path / "class.zip").write_bytes(zipped(files))
    result = reading.find(tmp_path / "class.zip" if packed else lay_out(tmp_path / "class", files), SHEETS)
    assert {(h.student, h.file) for h in result.handed_in} == expected
    assert result.strays == []


def test_of_a_clone_of_the_course_the_students_own_copy_counts(tmp_path):
    files, expected = CLASSES["clones of the course"]
    result = found(tmp_path, files)
    assert {(h.student, h.file) for h in result.handed_in} == expected
    assert [h.remarks for h in result.handed_in] == [[], []]


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
def test_gradescopes_export_tells_names_times_and_groups(tmp_path, packed):
    told = """
submission_8:
  :submitters:
  - :name: Ann Lee
    :sid: '0042'
  :created_at: 2026-06-10 14:14:00.000000000 -07:00
submission_9:
  :submitters:
  - :name: Bo Li
    :sid: '43'
  - :name: Cy
    :sid: '44'
"""
    files = {f"assignment_1_export/submission_{k}/03_gates.ipynb": GATES for k in (8, 9)}
    files["assignment_1_export/submission_metadata.yml"] = told
    (tmp_path / "class.zip").write_bytes(zipped(files))
    result = reading.find(tmp_path / "class.zip" if packed else lay_out(tmp_path / "class", files), SHEETS)
    assert result.students == {
        "submission_8": ["8", "Ann Lee", "0042"],
        "submission_9": ["9", "Bo Li", "43"],
        "submission_9 (2)": ["9", "Cy", "44"],
    }
    one, two, three = result.handed_in
    assert one.submitted == 1781126040.0
    assert two.read() == three.read()
    assert three.remarks == ["handed in by a group of 2: submission_9"]


@pytest.mark.parametrize(
    ("files", "counts", "said"),
    [
        ({"03_gates.ipynb": STUB, "03_gates-Copy1.ipynb": GATES}, "03_gates-Copy1.ipynb", ""),
        ({"03_gates.ipynb": LESSON, "03_gates_final.ipynb": GATES}, "03_gates_final.ipynb", ""),
        (
            {"03_gates.ipynb": GATES[:50], "03_gates (1).ipynb": GATES},
            "03_gates (1).ipynb",
            "exercise: 03_gates.ipynb cannot",
        ),
        ({"03_gates.ipynb": GATES, "03_gates (1).ipynb": OTHER}, "03_gates.ipynb", "one age, and the plainer name"),
    ],
    ids=["untouched", "lesson", "cut short", "one age"],
)
def test_of_several_files_one_with_an_answer_counts(tmp_path, files, counts, said):
    (handed,) = found(tmp_path, {f"ann/{name}": text for name, text in files.items()}).handed_in
    assert handed.file == counts
    remarks = [text for text in handed.remarks if "files for this exercise" in text]
    assert [said in text for text in remarks] == ([True] if said else [])


@pytest.mark.parametrize("name", ["03_gates.ipynb.txt", "03_gates.ipynb.json", "03_gates.json", "a.ipynb.download"])
def test_an_ending_that_a_browser_or_mail_program_added_does_no_harm(tmp_path, name):
    assert pairs(found(tmp_path, {f"ann/{name}": GATES})) == [("ann", "03_gates")]


@pytest.mark.parametrize("name", ["03_gates.py", "scan.pdf", "03_gates.html", "hw.rar", "hw.7z", "data.json"])
def test_who_handed_in_something_else_is_listed_with_it(tmp_path, name):
    result = found(tmp_path, {f"ann/{name}": "x", "bo/03_gates.ipynb": GATES, "bo/03_gates.pdf": "x"})
    assert [(student, file) for student, file, _ in result.strays] == [("ann", name)]
    packed = tmp_path / "canvas.zip"
    packed.write_bytes(zipped({f"leeann_12_34_{name}": "x", "libo_9_35_03_gates.ipynb": GATES}))
    assert [(student, file) for student, file, _ in found(packed).strays] == [("leeann_12", name)]


@pytest.mark.parametrize(
    "name",
    [
        "05.pdf",
        "exercise 5.pdf",
        "homework.rar",
        "solution.py",
        "hw/answers.docx",
        "in.zip",
        "05.tex",
        "Q.html",
    ],
)
def test_what_looks_like_work_is_listed_beside_the_notebook_of_another_exercise(tmp_path, name):
    work = zipped({"answers/05.pdf": "x"}) if name == "in.zip" else "x"
    result = found(tmp_path, {"kim/04_cell_state.ipynb": GATES, f"kim/{name}": work})
    assert pairs(result) == [("kim", "04_cell_state")]
    told = "in.zip/answers/05.pdf" if name == "in.zip" else name
    assert [(student, file) for student, file, _ in result.strays] == [("kim", told)]


@pytest.mark.parametrize(
    "name",
    ["04_cell_state.pdf", "scan.png", "numbers.csv", "x.npz", "readme.pdf", "notes.txt", "__pycache__/a.pyc",
     "notebooks/formula_sheet.pdf", "work/your_lstm.html",
     ".ipynb_checkpoints/a.py", "lstm_helpers/nn/lstm.py", "data/novel.txt", "a.json"],
)  # fmt: skip
def test_copies_data_pictures_and_what_the_course_hands_out_are_not_listed(tmp_path, name):
    assert found(tmp_path, {"kim/04_cell_state.ipynb": GATES, f"kim/{name}": "x"}).strays == []


def test_work_is_not_crowded_out_by_other_files_and_more_of_it_is_counted(tmp_path):
    files = {f"kim/a{k:03}.png": "x" for k in range(50)} | {f"kim/b{k:02}.pdf": "x" for k in range(25)}
    for more in ({}, {"kim/04_cell_state.ipynb": GATES}):
        result = found(tmp_path / f"{len(more)}", {**files, **more, "bo/03_gates.ipynb": GATES})
        assert [file for _, file, _ in result.strays] == [*(f"b{k:02}.pdf" for k in range(20)), ""]
        assert result.strays[-1] == ("kim", "", "5 more files like these")


def test_work_that_lies_in_no_students_folder_is_listed(tmp_path):
    result = found(tmp_path, {"kim/04_cell_state.ipynb": GATES, "Ann Lee - 05.pdf": "x", "class.csv": "x"})
    assert [(student, file) for student, file, _ in result.strays] == [("", "Ann Lee - 05.pdf")]


@pytest.mark.parametrize("name", ["José/03_gates.ipynb".encode(), b"Jos\x82\\hw\\03_gates.ipynb"], ids=["macOS", "DOS"])
def test_names_in_a_zip_that_does_not_say_how_they_are_written(tmp_path, name):
    packed = zipped({"x" * len(name): GATES, "Bo/03_gates.ipynb": GATES}).replace(b"x" * len(name), name)
    (tmp_path / "c.zip").write_bytes(packed)
    assert pairs(found(tmp_path / "c.zip")) == [("Bo", "03_gates"), ("José", "03_gates")]


def test_a_zip_of_the_one_folder_that_holds_the_class(tmp_path):
    (tmp_path / "c.zip").write_bytes(zipped({"all/ann/03_gates.ipynb": GATES, "all/bob/x/03_gates.ipynb": GATES}))
    assert pairs(found(tmp_path / "c.zip")) == [("ann", "03_gates"), ("bob", "03_gates")]


def test_a_students_own_zip_in_the_folder(tmp_path):
    assert pairs(found(tmp_path, {"ann/hw.zip": zipped({"03_gates.ipynb": GATES})})) == [("ann", "03_gates")]
    assert pairs(found(tmp_path, {"bob.zip": zipped({"03_gates.ipynb": GATES})}))[1] == ("bob", "03_gates")


def test_a_zip_that_climbs_or_explodes_harms_nobody(tmp_path):
    bomb = zipped({"03_gates.ipynb": b"0" * (reading.LARGEST_NOTEBOOK + 1)})
    assert len(bomb) < 100_000
    climbing = zipped({"../../../ann/03_gates.ipynb": GATES, "/etc/04_cell_state.ipynb": GATES})
    result = found(tmp_path, {"bomb/w.zip": bomb, "climbs/w.zip": climbing, "cut/w.zip": zipped({"a": "b"})[:40]})
    refused = {h.student: h for h in result.handed_in}["bomb"]
    with pytest.raises(reading.Unreadable, match="larger than 20 MB"):
        refused.read()
    assert pairs(result)[1:] == [("climbs", "03_gates"), ("climbs", "04_cell_state")]
    assert result.handed_in[1].read().decode() == GATES
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bomb", "climbs", "cut"]
    assert "no zip that can be opened" in next(why for student, _, why in result.strays if student == "cut")


def test_a_damaged_or_locked_member_costs_one_row(tmp_path):
    broken = bytearray(zipped({"03_gates.ipynb": os.urandom(200)}))
    broken[60] ^= 255
    (handed,) = found(tmp_path, {"ann/w.zip": bytes(broken)}).handed_in
    with pytest.raises(reading.Unreadable, match="cannot be unpacked"):
        handed.read()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_pipes_links_and_folders_named_like_a_notebook_do_not_hang_or_leak(tmp_path):
    lay_out(tmp_path, {"ann/03_gates.ipynb": GATES, "secret.txt": "s", "dir/03_gates.ipynb/x": "", "up/note": ""})
    for student in ("pipe", "outside", "neighbour", "device", "loop", "inside"):
        (tmp_path / student).mkdir()
    os.mkfifo(tmp_path / "pipe/03_gates.ipynb")
    (tmp_path / "outside/03_gates.ipynb").symlink_to("/etc/hostname")
    (tmp_path / "neighbour/03_gates.ipynb").symlink_to(tmp_path / "ann/03_gates.ipynb")
    (tmp_path / "device/03_gates.ipynb").symlink_to("/dev/zero")
    (tmp_path / "loop/03_gates.ipynb").symlink_to("03_gates.ipynb")
    (tmp_path / "inside/real").write_text(GATES)
    (tmp_path / "inside/03_gates.ipynb").symlink_to("real")
    (tmp_path / "folder").symlink_to(tmp_path / "ann")
    result = found(tmp_path)
    for handed in result.handed_in:
        if handed.student in ("ann", "inside"):
            assert handed.read().decode() == GATES
        else:
            with pytest.raises(reading.Unreadable):
                handed.read()
    assert {h.student for h in result.handed_in} == {"ann", "pipe", "outside", "neighbour", "device", "loop", "inside"}
    assert ("folder", "", "a link in place of a folder: it is not followed") in result.strays


def test_a_file_without_permission_says_so(tmp_path, monkeypatch):
    handed = found(tmp_path, {"ann/03_gates.ipynb": GATES}).handed_in[0]

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)  # root may open everything
    with pytest.raises(reading.Unreadable, match="Permission denied"):
        handed.read()


def test_strange_names_are_kept_apart_and_printable(tmp_path):
    for name in ("🎓 line\nbreak".encode(), b"latin-\xe9", b"latin-\xea", "A\u030angstro\u0308m".encode()):
        os.makedirs(os.path.join(os.fsencode(tmp_path), name))
        with open(os.path.join(os.fsencode(tmp_path), name, b"03_gates.ipynb"), "w") as file:
            file.write(GATES)
    names = [h.student for h in found(tmp_path).handed_in]
    assert sorted(names) == sorted(["🎓 line\nbreak", "latin-\\xe9", "latin-\\xea", "Ångström"])
    assert all(h.read().decode() == GATES for h in found(tmp_path).handed_in)


CELLS = ["a = 'é'", "b = 1"]
OLD = {"worksheets": [{"cells": [{"cell_type": "code", "input": s} for s in CELLS]}], "nbformat": 3}


@pytest.mark.parametrize(
    "data",
    [
        notebook(*CELLS).encode(),
        b"\xef\xbb\xbf" + notebook(*CELLS).encode(),
        notebook(*CELLS).encode("utf-16"),
        notebook(*CELLS).encode("utf-32"),
        json.dumps(json.loads(notebook(*CELLS)), ensure_ascii=False).encode("latin-1"),
        json.dumps(OLD).encode(),
        json.dumps({"cells": [{"cell_type": "code", "source": [s]} for s in CELLS]}).encode(),
        notebook(*CELLS, metadata={"kernelspec": 7}, nbformat="x").encode(),
        json.dumps({"cells": [*json.loads(notebook(*CELLS))["cells"], 5, None, {}, {"cell_type": []}]}).encode(),
    ],
    ids=["plain", "bom", "utf-16", "utf-32", "latin-1", "nbformat 3", "bare", "odd metadata", "odd cells"],
)
def test_the_same_code_is_read_from_every_shape_of_file(data):
    assert reading.parse(data).cells == CELLS


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "an empty file"),
        (b" \n", "an empty file"),
        (GATES.encode()[:90], "not JSON, or cut short"),
        (b"[]", "holds no cells"),
        (b"{}", "holds no cells"),
        (b"[" * 200_000, "no notebook"),
        (b"\xff\xfe\xfa", "not UTF-8"),
        (b"PK\x03\x04\xff\xff", "it is a zip archive, whatever its name. Hand in the .ipynb itself"),
        (gzip.compress(GATES.encode()), "it is a gzip archive"),
        (b"%PDF-1.7", "it is a PDF"),
        (b"\n<!DOCTYPE html>", "it is a web page"),
    ],
)
def test_what_is_no_notebook_says_why(data, why):
    with pytest.raises(reading.Unreadable, match=why):
        reading.parse(data)


def test_a_notebook_of_text_alone_has_no_code():
    assert reading.parse(json.dumps({"cells": [{"cell_type": "markdown", "source": "x"}]}).encode()).cells == []


def test_the_hash_of_the_code_ignores_outputs_ids_and_metadata():
    stripped = json.loads(GATES)
    for cell in stripped["cells"]:
        del cell["outputs"], cell["metadata"]
    codes = [reading.content_of(reading.parse(text.encode()).cells) for text in (GATES, json.dumps(stripped))]
    assert codes[0] == codes[1]
    assert codes[0] != reading.content_of(["other"])


def test_nothing_to_grade_is_said_in_plain_words(tmp_path):
    with pytest.raises(NotADirectoryError, match="expected DIR/<student>"):
        reading.find(tmp_path / "nowhere", SHEETS)
    with pytest.raises(ValueError, match="holds no student's folder"):
        found(tmp_path)
    with pytest.raises(ValueError, match="there is no exercise '99'; there are: 01_sequences"):
        found(tmp_path, only=["99"])
    with pytest.raises(ValueError, match="holds a folder 03_gates, an exercise where a student is expected"):
        found(tmp_path / "turned", {"03_gates/ann.ipynb": GATES})
    with pytest.raises(ValueError, match="no student has a file named like an exercise"):
        found(tmp_path / "other", {"ann/x.txt": ""})


RESULTS = {"grades.sqlite": "", "feedback/ann.html": "", "moodle/03_gates.csv": "", "old/03_gates.ipynb": GATES}


def test_the_folder_of_the_results_is_no_student(tmp_path):
    files = {"ann/03_gates.ipynb": GATES, **{f"out/{name}": text for name, text in RESULTS.items()}}
    result = found(tmp_path, files, out=tmp_path / "out")
    assert pairs(result) == [("ann", "03_gates")]
    assert result.strays == []


def test_the_results_of_another_run_are_listed_and_no_student(tmp_path):
    files = {"ann/03_gates.ipynb": GATES, **{f"other/{name}": text for name, text in RESULTS.items()}}
    result = found(tmp_path, files, out=tmp_path / "out")
    assert list(result.students) == ["ann"]
    assert result.strays == [("other", "grades.sqlite", "the results of a run, and no student's folder")]


@pytest.mark.parametrize(
    ("class_", "out", "why"),
    [
        ("a", "a", "--out is the folder of the submissions"),
        ("a", "a/ann/out", "lies in a folder of the submissions, .*ann: choose another --out, such as .*a-grades"),
        ("a", "a/ann", "holds notebooks: it is the folder of a student"),
        ("a/feedback", "a", "lies where --out .* writes its results"),
        ("a/moodle/b", "a", "lies where --out .* writes its results"),
    ],
)
def test_submissions_and_results_do_not_lie_in_one_another(tmp_path, class_, out, why):
    lay_out(tmp_path / class_, {"ann/03_gates.ipynb": GATES, "bob/03_gates.ipynb": GATES})
    (tmp_path / "link").symlink_to(tmp_path / out)
    for named in (tmp_path / out, tmp_path / "link"):
        with pytest.raises(ValueError, match=why):
            reading.find(tmp_path / class_, SHEETS, out=named)


def test_results_beside_the_students_and_submissions_among_the_results_are_fine(tmp_path):
    lay_out(tmp_path, {"ann/03_gates.ipynb": GATES, "bob/03_gates.ipynb": GATES})
    assert len(reading.find(tmp_path, SHEETS, out=tmp_path / "grades").handed_in) == 2
    assert len(reading.find(tmp_path, SHEETS, out=tmp_path.parent).handed_in) == 2


DOTTED = {
    ".ann/hw/03_gates.ipynb": GATES,
    ".bob.ipynb": GATES,
    "cat/.03_gates.ipynb": GATES,
    "dan/.hidden/03_gates.ipynb": GATES,
    "eve/.hidden/04_cell_state.ipynb": GATES,  # and one that counts
    "eve/03_gates.ipynb": GATES,
    "fay/._03_gates.ipynb": "x",  # macOS
    "fay/.ipynb_checkpoints/03_gates-checkpoint.ipynb": GATES,
    "fay/.venv/pyvenv.cfg": "",
    "fay/.venv/lib/03_gates.ipynb": GATES,
    ".git/03_gates.ipynb": GATES,
    ".DS_Store": "",
    ".cache/notes.txt": "",
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("above", ["", "class/"])
def test_a_hidden_notebook_is_listed_and_never_dropped(tmp_path, packed, above):
    files = {above + name: content for name, content in DOTTED.items() if not packed or "venv" not in name}
    if packed:
        (tmp_path / "c.zip").write_bytes(zipped(files))
    result = reading.find(tmp_path / "c.zip" if packed else lay_out(tmp_path / "c", files), SHEETS)
    assert pairs(result) == [("eve", "03_gates")]
    assert sorted((student, file) for student, file, why in result.strays if why == reading.HIDDEN) == [
        ("", ".bob.ipynb"),
        (".ann", "hw/03_gates.ipynb"),
        ("cat", ".03_gates.ipynb"),
        ("dan", ".hidden/03_gates.ipynb"),
    ]
    assert set(result.students) == {"cat", "dan", "eve", "fay"}


def test_a_hidden_notebook_in_a_students_own_zip_is_listed(tmp_path):
    result = found(tmp_path, {"ann/hw.zip": zipped({".h/03_gates.ipynb": GATES}), "bob/03_gates.ipynb": GATES})
    assert result.strays == [("ann", "hw.zip/.h/03_gates.ipynb", reading.HIDDEN)]


@pytest.mark.parametrize(
    ("cells", "evidence"),
    [
        (
            ["import torch\ndef sigmoid(z):\n    return torch.nn.LSTM(2, 3)(z)"],
            ["code cell 1, line 3:", "torch.nn.LSTM"],
        ),
        (
            ["import torch.nn as nn", "class C(nn.Module):\n  x = nn.GRU\ndef sigmoid(z): return C()"],
            ["cell 2, line 2"],
        ),
        (["from torch.nn import LSTMCell as Mine\nsigmoid = Mine(1, 2)"], ["torch.nn.LSTMCell"]),
        (["import torch\nsigmoid = getattr(torch.nn, 'LSTM')"], ["torch.nn.LSTM"]),
        (
            ["def sigmoid(z):\n  from lstm_helpers.nn import functional\n  return functional.sigmoid(z)"],
            ["line 2", "line 3"],
        ),
        (["import jax\n%time 1\ndef helper(z): return jax.nn.sigmoid(z)", "sigmoid = helper"], ["line 3"]),
        (["import importlib\nsigmoid = importlib.import_module('keras').ops.sigmoid"], ["keras"]),
    ],
)
def test_a_library_that_gives_the_answer_is_shown_with_its_line(cells, evidence):
    told = "\n".join(flags.library_use(cells, SHEETS["03_gates"]))
    assert all(part in told for part in evidence), told


def test_code_that_is_nested_too_deep_or_too_long_is_flagged_for_that():
    assert (
        "nested too deep" in flags.library_use(["a = sigmoid = 1", "sigmoid = a" + ".b" * 1500], SHEETS["03_gates"])[0]
    )
    assert "more than 64 kB of code" in flags.library_use(["x" * (1 << 20), "y"], SHEETS["03_gates"])[0]


@pytest.mark.parametrize(
    "cells",
    [
        [SIGMOID, "import torch\nprint(torch.nn.LSTM(1, 2))"],
        ["import numpy as np\ndef sigmoid(z): return np.linalg.norm(z)"],
        ["import torch.nn as nn\nclass sigmoid(nn.Module):\n  w = nn.Parameter()"],
        ["from lstm_helpers.checks import check\ndef sigmoid(z): return z\ncheck('sigmoid', sigmoid)"],
        ["def sigmoid(z:", "a" + ".b" * 30_000],
    ],
)
def test_what_defines_no_answer_is_not_flagged(cells):
    assert flags.library_use(cells, SHEETS["03_gates"]) == []


def test_the_time_that_counts_for_a_zip_is_not_one_that_its_student_wrote_into_it(tmp_path):
    os.utime(lay_out(tmp_path, {"ann/hw.zip": zipped({"03_gates.ipynb": GATES})}) / "ann/hw.zip", (2e9, 2e9))
    assert found(tmp_path).handed_in[0].submitted == 2e9


def test_one_student_of_many_zips_does_not_use_up_the_files_of_the_class(tmp_path, monkeypatch):
    monkeypatch.setattr(class_folder, "MOST_OWN", 5)
    monkeypatch.setattr(sources, "MOST_FILES", 20)
    full = zipped(dict.fromkeys(["1.ipynb", "2.ipynb", "3.ipynb", "4.ipynb", "03_gates.ipynb"], GATES))
    assert len(found(tmp_path, {f"ann/{k}.zip": full for k in range(9)} | {"bob/03_gates.ipynb": GATES}).students) == 2


def test_a_zip_of_very_many_files_is_not_opened(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "MOST_FILES", 50)
    files = {"ann/hw.zip": zipped({f"{k}.txt": "" for k in range(60)}), "bob/03_gates.ipynb": GATES}
    assert found(tmp_path, files).strays == [("ann", "hw.zip", "hw.zip: a zip of more than 50 files")]


def test_long_names_and_many_files_do_not_fill_the_tables(tmp_path):
    names = [f"{'x' * 9000}{k}gates.ipynb" for k in range(99)]
    (handed,) = found(tmp_path, {"ann/hw.zip": zipped(dict.fromkeys(names, GATES))}).handed_in
    assert all(len(remark) < 10_000 for remark in handed.remarks)
    assert any("and 78 more" in remark for remark in handed.remarks)
