"""A check that was mended is run again on what the store holds: the right ones move, and nothing else is touched."""

import csv
import inspect
import os
import re
import shutil
import subprocess
import sys

import pytest

from lstm_helpers.checks import judge
from lstm_helpers.grading import regrade, run, workers
from lstm_helpers.grading.box import sandbox
from lstm_helpers.grading.gradebook import assemble, store, versions
from tests import ROOT
from tests.grading.handed import SHEETS, lay_out, notebook
from tests.grading.test_run import counted  # noqa: F401

STEM = "20_leaky_memory"
GOOD = "return keep * c_prev + (1 - keep) * x_t"
FAULTY = "return keep * c_prev + x_t"  # the oracle of a sheet that was handed out with a mistake in it
LEAK = f"import numpy as np\ndef leak(c_prev, x_t, keep):\n    {GOOD}\n"
ALL = """
def leak_all(x, c_0, keep):
    c, states = c_0, []
    for x_t in x:
        c = leak(c, x_t, keep)
        states.append(c)
    return np.stack(states)
"""
CLASS = {
    "right": notebook(LEAK, ALL, "steps = 6.58"),
    "lucky": notebook(LEAK.replace(GOOD, FAULTY), ALL, "steps = 6.58"),
    "own": notebook(LEAK, ALL.replace("leak(c,", "leak(c_0,")),
    "blank": notebook("x = 1"),
}
BEFORE = {"right": ("0", "3"), "lucky": ("2", "3"), "own": ("0", "0"), "blank": ("0", "0")}


def holds():
    """Whether the sandbox works on this machine."""
    try:
        workers.confinement(False, "numpy")
    except sandbox.Refused:
        return False
    return True


def command(*arguments):
    """Run lstm-course in a process of its own, since a loaded sheet stays loaded."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("LSTM_COURSE_")}
    unsafe = [] if holds() or arguments[0] != "grade" else ["--unsafe-no-sandbox"]
    code = "import sys\nfrom lstm_helpers.commands.cli import main\n"
    code += "if __name__ == '__main__':\n    sys.exit(main(sys.argv[1:]))\n"
    given = [sys.executable, "-c", code, *map(str, arguments), *unsafe]
    return subprocess.run(given, cwd=ROOT, env=clean, capture_output=True, text=True, timeout=300)


def points(out):
    with (out / "grades.csv").open(encoding="utf-8") as file:
        return {row["student"]: (row["leak"], row["leak_all"]) for row in csv.DictReader(file)}


@pytest.fixture
def graded(tmp_path):
    """(sheets, class, out) of a class that was graded with a faulty check, which is mended now."""
    sheets = shutil.copytree(ROOT / "docs/own-sheets", tmp_path / "mine")
    module = sheets / "leaky_memory.py"
    right = module.read_text(encoding="utf-8")
    kept = 'KEPT = "keep * c_prev + (1 - keep) * x_t"'
    assert kept in right
    faulty = right.replace(f"    {GOOD}", f"    {FAULTY}").replace(kept, 'KEPT = "keep * c_prev + x_t"')
    module.write_text(faulty.replace('(KEPT, "keep * c_prev + x_t")', '(KEPT, "keep * c_prev + 2 * x_t")'))
    folder = lay_out(tmp_path / "class", {f"{name}/{STEM}.ipynb": text for name, text in CLASS.items()})
    out = tmp_path / "out"
    ran = command("grade", folder, "--out", out, "--sheets", sheets, "--seed", 3, "--jobs", 1)
    assert ran.returncode == 0, ran.stderr
    assert points(out) == BEFORE
    module.write_text(right, encoding="utf-8")
    return sheets, folder, out


def test_a_mended_check_moves_who_it_should_and_nobody_down(graded, tmp_path):
    sheets, folder, out = graded
    ran = command("grade", "--regrade", "leak", "--out", out, "--jobs", 1)
    assert ran.returncode == 0, ran.stderr
    assert points(out) == {"right": ("2", "3"), "lucky": ("2", "3"), "own": ("2", "0"), "blank": ("0", "0")}
    assert "20_leaky_memory.leak: 4 looked at again, 2 moved, 1 kept more" in ran.stdout
    assert re.search(r"^  right +0 -> 2  \+2$", ran.stdout, re.M)
    assert re.search(r"^  lucky +2 -> 2  \+0 \(it gives 0 now; --allow-lower would take it\)$", ran.stdout, re.M)
    page = (out / "feedback/lucky.html").read_text(encoding="utf-8")
    assert "it gives 0 of 2 points now. You keep the 2 of before." in page
    rows = list(csv.DictReader((out / "regrade.csv").open(encoding="utf-8")))
    assert [(r["student"], r["moves_by"]) for r in rows if r["check"] == "leak"] == [
        *(("blank", "0"), ("lucky", "0"), ("own", "2"), ("right", "2"))
    ]
    assert "regrade.html" in (out / "report.html").read_text(encoding="utf-8")

    # the next run grades nothing again because of this check
    again = command("grade", folder, "--out", out, "--sheets", sheets, "--jobs", 1)
    assert again.returncode == 0, again.stderr
    assert points(out)["lucky"] == ("2", "3")

    # and with the word of the instructor, all are where a fresh run would put them
    lower = command("grade", "--regrade", f"{STEM}.leak", "--allow-lower", "--out", out, "--jobs", 1)
    assert lower.returncode == 0, lower.stderr
    fresh = command("grade", folder, "--out", tmp_path / "fresh", "--sheets", sheets, "--seed", 3, "--jobs", 1)
    assert fresh.returncode == 0, fresh.stderr
    assert points(out) == points(tmp_path / "fresh")
    assert points(out)["lucky"] == ("0", "3")


def test_another_change_beside_the_check_is_refused_with_its_name(graded):
    sheets, _, out = graded
    module = sheets / "leaky_memory.py"
    module.write_text(module.read_text(encoding="utf-8").replace("math.log(0.5)", "math.log(0.4)"), encoding="utf-8")
    ran = command("grade", "--regrade", "leak", "--out", out, "--jobs", 1)
    assert ran.returncode == 2
    assert "20_leaky_memory: since it was graded, half_life changed as well. Name them too" in ran.stderr
    assert points(out) == BEFORE


def test_a_change_of_what_all_share_is_refused_with_its_name_and_the_way_on(tmp_path, monkeypatch, counted):  # noqa: F811
    folder, out, said = lay_out(tmp_path / "a class", {"ann/03_gates.ipynb": notebook("x = 1")}), tmp_path / "out", []
    run.grade(folder, out, say=said.append)
    before = (out / "grades.csv").read_bytes()
    hashed = versions._module_hash
    monkeypatch.setattr(versions, "_module_hash", lambda m: "other" if m is versions.compare else hashed(m))
    with pytest.raises(
        ValueError, match="what judges every check has changed as well: lstm_helpers/checks/compare.py."
    ) as told:
        regrade.regrade(out, ["sigmoid"], say=said.append)
    assert f"`lstm-course grade '{folder}' --out {out}` grades all of it anew" in str(told.value)
    assert (out / "grades.csv").read_bytes() == before
    run.grade(folder, out, say=said.append)
    assert counted == ["ann", "ann"]
    with store.Store(out, make=False) as opened:  # as an earlier course kept it
        kept = opened.setting("parts")
        opened.set(
            "parts",
            {v: {"": "x"} | {n: h for n, h in of.items() if n in SHEETS["03_gates"].checks} for v, of in kept.items()},
        )
    with pytest.raises(ValueError, match="what judges every check has changed as well. Nothing was changed"):
        regrade.regrade(out, ["sigmoid"], say=said.append)


def test_a_check_that_is_none_is_refused_with_those_that_are():
    assert regrade.checks_named(["sigmoid", "03_gates.gate_bias"], SHEETS, ["03_gates"]) == {
        "03_gates": ("sigmoid", "gate_bias")
    }
    with pytest.raises(ValueError, match="--regrade sigmoi: nothing that was graded has such a check. There are 03_"):
        regrade.checks_named(["sigmoi"], SHEETS, ["03_gates"])
    with pytest.raises(ValueError, match="There are none"):
        regrade.checks_named(["sigmoid"], SHEETS, [])
    twice = {"a": SHEETS["03_gates"], "b": SHEETS["03_gates"]}
    with pytest.raises(ValueError, match=r"--regrade sigmoid: a and b have it: write a\.sigmoid"):
        regrade.checks_named(["sigmoid"], twice, ["a", "b"])


def test_one_student_alone_and_a_check_that_gave_nothing_leave_the_rest_as_it_was(tmp_path, counted):  # noqa: F811
    files = {f"{name}/03_gates.ipynb": notebook("x = 1") for name in ("ann", "bob")}
    folder, out, said = lay_out(tmp_path / "class", files), tmp_path / "out", []
    run.grade(folder, out, say=said.append)
    before = (out / "grades.csv").read_bytes()
    assert regrade.regrade(out, ["sigmoid"], students=["bob"], say=said.append) == 1
    assert counted == ["ann", "bob", "bob"]
    assert "bob, 03_gates: left as it was; the check was not run" in said
    assert (out / "grades.csv").read_bytes() == before
    with pytest.raises(ValueError, match="--student bo: nobody who handed in is called so: did you mean 'bob'"):
        regrade.regrade(out, ["sigmoid"], students=["bo"], say=said.append)


def test_kept_points_are_told_once():
    before = judge.Result("sigmoid", judge.CORRECT, 2, 2, ["well"])
    lower = judge.Result("sigmoid", judge.WRONG, 0, 3, ["no"])
    once = regrade.higher(before, lower)
    assert (once.points, once.of, once.state, once.lines[1:]) == (3, 3, judge.CORRECT, ["well"])
    assert "2 of 2 became 3 of 3. You keep the 3 of before." in once.lines[0]
    twice = regrade.higher(once, lower)
    assert (twice.points, twice.of, twice.state, twice.lines[1:]) == (3, 3, judge.CORRECT, ["well"])
    assert regrade.higher(lower, before) is before


@pytest.mark.parametrize(
    ("before", "now", "kept"),
    [((2, 2), (0, 1), 1), ((1, 2), (0, 1), 0.5), ((1, 2), (1, 1), 1), ((0, 2), (0, 1), 0), ((1, 2), (2, 5), 2.5)],
)
def test_of_a_check_whose_maximum_changed_the_share_is_kept(before, now, kept):
    results = [judge.Result("sigmoid", judge.WRONG, *told) for told in (before, now)]
    counts = regrade.higher(*results)
    assert (counts.points, counts.of) == (kept, now[1])


def test_nobody_keeps_more_than_a_check_that_gives_fewer_points_now():
    before = judge.Result("sigmoid", judge.CORRECT, 4, 4, ["well"])
    now = judge.Result("sigmoid", judge.CORRECT, 2, 2, ["well"])
    assert regrade.higher(before, now) == now


def test_points_of_a_check_that_changed_never_stand_beside_the_new_maximum_in_silence(graded):
    sheets, folder, out = graded
    module = sheets / "leaky_memory.py"
    text = module.read_text(encoding="utf-8")
    module.write_text(text.replace("points=2", "points=5", 1), encoding="utf-8")
    assert module.read_text(encoding="utf-8") != text
    told = "20_leaky_memory: leak, leak_all changed since these were graded: "  # one uses the other

    def remarks():
        rows = csv.DictReader((out / "grades.csv").open(encoding="utf-8"))
        return {r["student"]: (r["of"], assemble.EARLIER in r["remarks"]) for r in rows}

    ran = command("report", "--out", out)
    assert ran.returncode == 0, ran.stderr
    assert f"{told}blank, lucky, own, right" in ran.stdout
    assert f"`lstm-course grade {folder} --out {out}` grades them anew" in ran.stdout
    assert (
        f"`lstm-course grade --regrade {STEM}.leak --regrade {STEM}.leak_all --out {out}` lowers nobody's points"
        in ran.stdout
    )
    old = remarks()["right"][0]
    assert set(remarks().values()) == {(old, True)}

    ran = command("grade", folder, "--out", out, "--sheets", sheets, "--student", "right", "--jobs", 1)
    assert ran.returncode == 0, ran.stderr
    assert f"{told}blank, lucky, own\n" in ran.stdout
    assert remarks() == {
        "right": (f"{float(old) + 3:g}", False),
        **dict.fromkeys(("blank", "lucky", "own"), (old, True)),
    }

    ran = command("grade", "--regrade", "leak", "--regrade", "leak_all", "--out", out, "--jobs", 1)
    assert ran.returncode == 0, ran.stderr
    assert "changed since" not in ran.stdout
    assert set(remarks().values()) == {(f"{float(old) + 3:g}", False)}


def test_the_parts_of_a_sheet_tell_which_check_changed(monkeypatch):
    sheet = SHEETS["03_gates"]
    before = versions.parts_of(sheet)
    assert [name for name in before if not name.startswith(versions.SHARED)] == list(sheet.checks)
    assert all(before == versions.parts_of(sheet) for _ in range(20))

    def changed():
        now = versions.parts_of(sheet)
        return [name for name in before if now[name] != before[name]]

    monkeypatch.setattr(sheet.checks["sigmoid"], "points", 3)
    assert changed() == ["sigmoid"]
    monkeypatch.undo()
    monkeypatch.setattr(sheet, "profile", "torch")
    assert changed() == ["all: its profile"]
    monkeypatch.undo()
    hashed = versions._module_hash
    monkeypatch.setattr(versions, "_module_hash", lambda m: "other" if m is versions.compare else hashed(m))
    assert changed() == ["all: lstm_helpers/checks/compare.py"]


def test_whatever_the_judges_read_of_the_checks_is_a_judge_or_only_says_why():
    known = {module.__name__.rpartition(".")[2] for module in versions.JUDGES}
    for module in versions.JUDGES:
        text = inspect.getsource(module)
        read = set(re.findall(r"^from lstm_helpers\.checks\.(\w+) import", text, re.M))
        for names in re.findall(r"^from lstm_helpers\.checks import (.+)", text, re.M):
            read |= set(names.split(", "))
        assert read <= known | {"show", "diagnose", "shared", "slips"}, module.__name__


def test_the_version_of_a_sheet_is_that_of_its_checks(monkeypatch):
    sheet = SHEETS["03_gates"]
    before = versions.version_of(sheet)
    assert before == versions.version_of(sheet) != versions.version_of(SHEETS["04_cell_state"])
    monkeypatch.setattr(sheet.checks["sigmoid"], "points", 3)
    assert versions.version_of(sheet) != before
