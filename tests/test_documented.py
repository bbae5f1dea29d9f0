"""Every command line and every example of the README and of docs/ is run, or parsed by what would run it."""

import ast
import dataclasses
import inspect
import math
import os
import re
import shlex
import shutil
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

from lstm_helpers import checks
from lstm_helpers.checks import compare, own_sheets
from lstm_helpers.checks.sheet import Check, Outcome, Sheet
from lstm_helpers.commands import cli
from lstm_helpers.grading import limits, workers
from lstm_helpers.grading.gradebook import appeals, policy, roster, weights
from tests import ROOT
from tests.grading.handed import SHEETS
from tests.grading.test_run import UNSAFE

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMAND = re.compile(r"^(?:\.venv(?:/bin/|\\Scripts\\))?lstm-course\b")
# What is another program's is not run here: it would install, download or wait. Why that is enough stands beside it.
OTHERS = {
    r"make \w+": "the target is in the Makefile (below)",
    r"(\.venv\\Scripts\\python -m )?pip install .*": "files and extras that it names are there (below)",
    r"conda (env create -f environment\.yml|activate lstm-course)": "tests/test_dependencies.py reads it",
    r"python -m pytest( tests/\S+)+( -k \w+)?": "the files and folders are there (below)",
    r"py -3 -m venv \.venv": "Python's own, on Windows",
    r"\.venv\\Scripts\\python tests\\run\.py": "tests/run.py is what runs this",
    r"(sudo )?apt install (bubblewrap|make python3-venv)": "the system's own",
    r"dask (scheduler|worker tcp://\S+ --nthreads 1)": "tests/grading/test_cluster.py starts both",
    r"nbgrader (generate_assignment|autograde|export)\b.*": "tests/grading/test_nbgrader.py runs them",
    r"mkdir -p class/ann && cp .*": "tests/grading/handed.py lays such a class out",
    r"mkdir -p source/03_gates && cp .*": "tests/grading/test_nbgrader.py lays the same files out",
    r"docker (build|run)\b.*": "docs/container.md says what of it was run",
}
RUN = [  # in this order, in one folder, as an instructor would: what they write is there afterwards
    ("lstm-course bundle --out lstm-course.zip", "lstm-course.zip"),
    ("lstm-course grade submissions/ --out grades/ --dry-run", ""),
    ("lstm-course grade submissions/ --out grades/", "grades/report.html"),
    ("lstm-course report --out grades/", "grades/grades.csv"),
    ("lstm-course report --out grades/ --late none", "grades/canvas.csv"),
    ("lstm-course report --out grades/ --no-anonymous", "grades/feedback/ada.html"),
    ("lstm-course build --sheets my-sheets", "my-sheets/exercises/20_leaky_memory.ipynb"),
    ("lstm-course bundle --sheets my-sheets", "lstm-course.zip"),
    ("lstm-course grade submissions/ --out grades/ --sheets my-sheets", "grades/moodle/20_leaky_memory.csv"),
    ("lstm-course doctor", ""),
]
PARSED_ALONE = {  # parsed, and run by the tests that are named
    "lab": "tests/browser starts the real JupyterLab",
    "build 0": "tests/test_build.py; it would write into the course",
    "grade class": "tests/grading/test_grade.py: it stands for any folder",
    "reset": "tests/test_course.py and tests/test_work.py, in a folder of their own",
    "check": "tests/test_runner.py",
    "progress --": "tests/test_progress.py",
    "lstm-course mine": "tests/yours/test_mine.py",
    "--hidden": "tests/grading/test_hidden.py",
    "--cluster": "tests/grading/test_cluster.py, which starts a cluster",
    "submitted/": "tests/grading/test_nbgrader.py: it stands for any folder",
    "--regrade": "tests/grading/test_regrade.py",
    "--requests": "tests/grading/test_appeals.py",
    "lstm-course inventory": "tests/exam/test_inventory.py",
    "lstm-course variant": "tests/variants/test_notebooks.py",
    "--variant": "tests/variants/test_grade.py",
}


def lines_of(page):
    """The command lines of a page: whole lines of code blocks, and code within the text that begins like one."""
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"^ *```(?:sh|powershell)?\n(.*?)^ *```", text, re.M | re.S)
    listed = [line for block in blocks if is_commands(block) for line in block.replace("\\\n", " ").splitlines()]
    prose = re.sub(r"^ *```.*?^ *```", "", text, flags=re.M | re.S)
    listed += [code for code in re.findall(r"`([^`\n]+)`", prose) if COMMAND.match(code) or " install " in code]
    return [re.split(r"\s{2,}(?:#|\w)", line)[0].strip() for line in listed if line.strip()]


def is_commands(block):
    return bool(re.match(r"(\S*lstm-course|make|conda|py|\S*python|pip|dask|nbgrader|mkdir|docker) ", block.lstrip()))


LINES = [(page.name, line) for page in PAGES for line in lines_of(page)]
MENTIONED = {
    f"lstm-course {name}" for name in ("grade", "build", "report", "bundle", "check", "reset")
}  # in a sentence
OURS = sorted({COMMAND.sub("lstm-course", line) for _, line in LINES if COMMAND.match(line)})


def test_there_are_command_lines_to_look_at():
    assert len(OURS) > 12
    assert {page for page, _ in LINES} >= {"README.md", "instructors.md", "own-sheets.md", "maintainers.md"}


@pytest.mark.parametrize("line", OURS)
def test_a_command_line_is_one_that_the_command_takes(line):
    given = shlex.split(line)[1:]
    if line in MENTIONED:
        with pytest.raises(SystemExit) as stop:
            cli.parser().parse_args([*given, "--help"])
        assert stop.value.code == 0
    else:
        assert callable(cli.parser().parse_args(given).run)


@pytest.mark.parametrize("line", OURS)
def test_a_command_line_is_run_here_or_where_it_is_said(line):
    assert line in MENTIONED or line in dict(RUN) or any(part in line for part in PARSED_ALONE)


@pytest.mark.parametrize("line", sorted({line for _, line in LINES if not COMMAND.match(line)}))
def test_a_command_line_of_another_program_is_known(line):
    assert any(re.fullmatch(known, line) for known in OTHERS), f"{line!r}: say in OTHERS who runs it"
    if target := re.match(r"make (\w+)", line):
        assert re.search(rf"^{target[1]}:", (ROOT / "Makefile").read_text(), re.M)
    for named in re.findall(r"--constraint (\S+)", line):
        assert (ROOT / named).is_file()
    for named in re.findall(r"tests/\S+", line):
        assert (ROOT / named).exists()
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert set(re.findall(r"\.\[(\w+)\]", line)) <= extras.keys()


@pytest.fixture
def place(tmp_path_factory):
    """A folder with submissions to the course's exercise and to the template's."""
    folder = tmp_path_factory.mktemp("day")
    shutil.copytree(ROOT / "docs" / "own-sheets", folder / "my-sheets", ignore=shutil.ignore_patterns("__pycache__"))
    for student in ("ada", "grace"):
        (folder / "submissions" / student).mkdir(parents=True)
        shutil.copyfile(ROOT / "solutions" / "03_gates.ipynb", folder / "submissions" / student / "03_gates.ipynb")
    return folder


@pytest.fixture
def forgotten():
    """What a command loads of other sheets stays loaded in a process: other tests know nothing of it."""
    before = set(checks.sheets())
    yield
    for name in checks.sheets().keys() - before:
        del checks.sheets()[name]
    for name in [name for name in sys.modules if name.startswith("lstm_own_sheet_")]:
        del sys.modules[name]
    workers.sheets_of.cache_clear()


@pytest.mark.usefixtures("forgotten")
def test_the_documented_commands_do_what_they_say_one_after_the_other(place, monkeypatch, capsys):
    monkeypatch.chdir(place)
    for line, written in RUN:  # a later one reports what an earlier one graded
        assert line in OURS
        given = shlex.split(line)[1:]
        if "--sheets" in given and given[0] == "grade":
            own_one = place / "my-sheets" / "solutions" / "20_leaky_memory.ipynb"
            shutil.copyfile(own_one, place / "submissions" / "ada" / "20_leaky_memory.ipynb")
        code = cli.main([*given, *(["--unsafe-no-sandbox"] if UNSAFE and given[0] == "grade" else [])])
        assert code == 0, f"{line}: {capsys.readouterr().err}"
        assert not written or (place / written).is_file(), line


# --- examples of files ---------------------------------------------------------------------------------------------


def students(rows):
    return [row.student for row in rows]


FILES = {  # the beginning of a block: (what reads it, what it must give)
    "student,name,": (lambda path: roster.read(path, SHEETS).people, ["ada", "grace"]),
    "student,exercise,check,points": (lambda path: students(roster.read_by_hand(path, SHEETS)), ["ada", "grace"]),
    "student,exercise,check,reason": (lambda path: students(appeals.read(path, SHEETS)), ["ada"]),
    "deadline =": (lambda path: policy.read(str(path), SHEETS).by_exercise, ["04_cell_state"]),
    '["03_gates"]': (lambda path: weights.read(path, SHEETS), ["03_gates"]),
}
BLOCKS = re.findall(r"^```\n(.*?)^```", (ROOT / "docs" / "instructors.md").read_text(encoding="utf-8"), re.M | re.S)
TEXTS = re.findall(r'`--(late|limits) "([^"]+)"`', (ROOT / "docs" / "instructors.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize("block", [b for b in BLOCKS if not is_commands(b)], ids=lambda b: b.split("\n")[0])
def test_the_example_of_a_file_is_read_as_it_stands(tmp_path, block):
    (begins,) = (begins for begins in FILES if block.startswith(begins))
    read, gives = FILES[begins]
    path = tmp_path / ("a.csv" if "," in begins else "a.toml")
    path.write_text(block, encoding="utf-8")
    assert list(read(path)) == gives


@pytest.mark.parametrize("begins", FILES)
def test_each_kind_of_file_has_an_example(begins):
    assert [block for block in BLOCKS if block.startswith(begins)]


@pytest.mark.parametrize(("option", "text"), TEXTS)
def test_the_example_of_a_text_is_read_as_it_stands(option, text):
    if option == "late":
        assert policy.read(text, SHEETS).rule.max == 0.5
    else:
        assert limits.read(text)


def test_texts_have_examples():
    assert {option for option, _ in TEXTS} == {"late", "limits"}


# --- every option of a sheet ---------------------------------------------------------------------------------------

OPTIONS = (ROOT / "docs" / "own-sheets.md").read_text(encoding="utf-8").partition("## Every option")[2]
SET_BY_SHEET = {"asks", "cases", "misconceptions", "sheet"}  # by the decorator, from what stands below it


def documented(heading):
    """{option: its example} of the table below a heading."""
    table = OPTIONS.partition(f"### `{heading}(...)`")[2].partition("###")[0]
    return dict(re.findall(r"^\| `\**(\w+)` \| .+ \| `(.+)` \|$", table, re.M))


def parameters(fn):
    return {name for name, p in inspect.signature(fn).parameters.items() if name not in ("self", "more")}


CHECK = parameters(Sheet.check) | {field.name for field in dataclasses.fields(Check)} - SET_BY_SHEET


@pytest.mark.parametrize(
    ("heading", "options"),
    [("Sheet", parameters(Sheet)), ("@sheet.check", CHECK), ("wrong", parameters(Check.wrong))],
)
def test_the_page_names_every_option_and_no_other(heading, options):
    assert documented(heading).keys() == options


@pytest.mark.parametrize("option", sorted(CHECK))
def test_the_example_of_an_option_is_one_that_the_sheet_takes(option):
    example = ast.parse(f"f({documented('@sheet.check')[option]})", mode="eval").body
    assert [keyword.arg for keyword in example.keywords] == [option]
    space = {"two_decimals": compare.two_decimals, "leak": lambda c: c, "np": np, "math": math, "Path": Path}
    space["Outcome"] = Outcome
    value = eval(compile(ast.Expression(example.keywords[0].value), "example", "eval"), space)
    template = SHEETS["03_gates"].checks["sigmoid"]
    with_it = dataclasses.replace(template, **{option: value})
    if option == "probe":
        with_it = dataclasses.replace(with_it, oracle={"steps": 1.0})
    assert list(own_sheets._misshapen_check(with_it)) == []


def test_the_examples_of_a_sheet_and_of_a_misconception_are_python():
    for heading in ("Sheet", "wrong"):
        for option, example in documented(heading).items():
            whole = example.startswith(("Sheet(", "(", '"'))
            parsed = ast.parse(example if whole else f"f({example})", mode="eval").body
            keywords = [keyword.arg for keyword in getattr(parsed, "keywords", ())]
            assert not keywords or option in keywords or option in ("name", "inside")


def test_what_the_page_says_of_profiles_is_what_there_is():
    for profile in own_sheets.PROFILES:
        assert f'`"{profile}"`' in OPTIONS
    assert os.path.exists(ROOT / "docs" / "own-sheets" / "leaky_memory.py")
