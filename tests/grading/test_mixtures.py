"""What people hand in: some answers right, some wrong, some untouched, some that raise, never end or kill the program,
some whose names are taken again when their checks have been asked.

The property: in any mixture, a notebook earns the sum of what each of its answers earns alone, beside right ones; and
each check says of it what ``check()`` says in the notebook.
"""

import ast
import base64
import contextlib
import functools
import hashlib
import io
import itertools
import pickle
import random
import re
from dataclasses import replace
from unittest import mock

import nbformat
import numpy as np
import pytest

from lstm_helpers import checks
from lstm_helpers.checks import judge
from lstm_helpers.checks.sheet import Sheet
from lstm_helpers.grading import score
from lstm_helpers.grading.box import host, sandbox
from lstm_helpers.grading.gradebook.grade import GRADED, NOT_GRADED
from lstm_helpers.projects import own_weights
from lstm_helpers.projects.text_generation import model
from tests import ROOT
from tests.checks.solved import MARKERS
from tests.grading.handed import SHEETS
from tests.grading.test_run import UNSAFE

LIMITS = host.Limits(cell=1.0, probe=1.0, start=60.0, notebook=300.0)
PATIENT = replace(LIMITS, cell=60.0, probe=30.0)  # where nothing is endless
SEED = checks.SEED  # the cases of the notebook, so that both see the same
RAISED = (
    "raise ValueError('no')",
    "raise NotImplementedError('later')",
    "raise SystemExit(3)",
    "raise KeyboardInterrupt",
    "not_there",
    "return [0][1]",
)
DEADLY = ("import os; os._exit(3)", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
ENDLESS = ("while True: pass", "import time; time.sleep(1e6)")
KINDS = ("right", "wrong", "untouched", "a hole inside", "nothing", "raises", "gone", "taken again")
TAKEN = (  # what the notebook does with a name, or with one that the answer reads, once its check has been asked
    *("{name} = 3", "{name} = np.zeros((2, 3))", "del {name}", "for {name} in range(3): pass", "{name} = ..."),
    *("{name} = {name} if 0 else None", "{name} = [{name}]", "from math import pi as {name}", "{name} = [1.0]"),
    *("def {name}(*_, **__):\n    ...", "def {name}(*a, **k):\n    return 0.25", "class {name}: pass"),
    *("def {name}(z):\n    ...\ncheck('{name}', {name})", "{name} = lambda *a, **k: 1 / 0", "np = {name} = None"),
    *("sum = len = zip = range = 3", "del np", "{name} = {name}.__call__(*[np.ones((2, 2))] * 9)"),
)
LAST = "\n# as the last thing in the notebook:\n"
OWN_MODEL = re.compile(r'^my_model = unpack\("(.*)"\)$', re.M)
PROJECTS = ("sentiment", "forecasting", "translation", "speech", "action_recognition")
OTHER = dict(zip(PROJECTS, PROJECTS[1:] + PROJECTS[:1], strict=True))
BAD = ("none", "cut", "another project's", "a bomb", "objects", "not a number")  # own models that are brought in
BROKEN = ("for x in", "1 / 0", "import not_there", "del np", "%%not_a_magic", "  x = 1\n y = 2", "return 3")


@functools.cache
def cells_of(folder, exercise):
    """The sources of the code cells that hold no check, without the markers of a solution."""
    (path,) = (ROOT / folder).rglob(f"{exercise}.ipynb")
    listed = [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]
    return tuple(MARKERS.sub("", c.source) for c in listed if not c.metadata.get("nbgrader", {}).get("grade"))


@functools.cache
def places(exercise, folder="solutions"):
    """{check: (number of the cell, first line, last line)} of the last statement that defines each answer."""
    found = {}
    for number, source in enumerate(cells_of(folder, exercise)):
        for node in ast.parse(source).body:
            targets = node.targets if isinstance(node, ast.Assign) else []
            names = [node.name] if isinstance(node, ast.FunctionDef) else [getattr(t, "id", "") for t in targets]
            for name in names:
                if name in SHEETS[exercise].checks:
                    found[name] = number, node.lineno - 1, node.end_lineno
    return found


def text_at(exercise, name, folder):
    number, first, last = places(exercise, folder)[name]
    return "\n".join(cells_of(folder, exercise)[number].splitlines()[first:last])


def written(exercise, name, kind, pick):
    """The source of one answer of a kind; ``pick`` chooses among several."""
    check, right = SHEETS[exercise].checks[name], text_at(exercise, name, "solutions")
    if kind == "right":
        return right
    if kind == "taken again":
        return right + LAST + pick(TAKEN).format(name=name)
    if kind == "untouched":
        return text_at(exercise, name, "exercises")
    if kind == "gone":
        return "pass"
    if not check.fresh:
        slips = [m.build() for m in check.misconceptions] or [dict.fromkeys(check.returns, 1)]  # judged by marks
        return {
            "wrong": f"{name} = {pick(slips)!r}",
            "a hole inside": f"{name} = {dict.fromkeys(check.returns, 1.5) | {check.returns[0]: ...}!r}",
        }.get(kind, f"{name} = None")
    (function,) = ast.parse(right).body
    head = f"def {name}({ast.unparse(function.args)}):\n    "
    bodies = {"a hole inside": ["found = ...\n    return found"], "nothing": ["nothing = 1"], "raises": RAISED}
    bodies |= {"deadly": DEADLY, "endless": ENDLESS}
    if kind != "wrong":
        return head + pick(bodies[kind])
    off = f"{name} = (lambda right: lambda *a, **k: off_by(right(*a, **k), {pick([1, -1, 3])}))({name})"
    return f"{right}\n{OFF_BY}\n{off}"


OFF_BY = """
def off_by(value, step):
    if isinstance(value, tuple):
        return off_by(value[0], step), *value[1:]
    return value + step * (1 + abs(value))
"""


@functools.cache
def model_line(exercise, line="right"):
    """The text that a project's notebook unpacks as the student's own model: the solution's, or one of BAD."""
    if line == "right":
        return OWN_MODEL.search("\n".join(cells_of("solutions", exercise)))[1]
    if line == "cut":
        return model_line(exercise)[: len(model_line(exercise)) // 2]
    if line == "another project's":
        return model_line(OTHER[exercise])
    arrays = {"W": np.zeros(1 << 27, np.int8) if line == "a bomb" else np.array([{}])}
    if line == "not a number":
        held = own_weights.unpack(model_line(exercise)).params
        arrays = {name: np.ones(w.shape, np.int8) for name, w in held.items()}
        arrays |= {f"{name} scale": np.full(w.shape[1:], np.nan, np.float32) for name, w in held.items()}
    stored = io.BytesIO()
    np.savez_compressed(stored, **arrays)
    return base64.b85encode(stored.getvalue()).decode()


def with_line(exercise, source, line):
    """A cell of a project's solution, with one of BAD in the place of the model that it brings in."""
    if line == "none":
        return OWN_MODEL.sub("pass", source)
    return source.replace(model_line(exercise), model_line(exercise, line))


def notebook(exercise, answers, asked=False, line="right"):
    """The sources of the cells of a solution, with the answers {check: source} in the place of its own.

    asked: each check is asked in the cell below its answer, as in an exercise. line: "right", or one of BAD.
    """
    sources = cells_of("solutions", exercise)
    cells = [(s if line == "right" else with_line(exercise, s, line)).splitlines() for s in sources]
    below, last = {}, []
    for name, (number, first, end) in sorted(places(exercise).items(), key=lambda item: item[1], reverse=True):
        answer, _, later = answers[name].partition(LAST)
        cells[number][first:end] = answer.splitlines()
        below.setdefault(number, []).insert(0, f"check({name!r}, {name})")
        last.append(later)
    listed = [(["\n".join(lines)], below.get(number, []) if asked else []) for number, lines in enumerate(cells)]
    return [source for both in listed for part in both for source in part] + [later for later in last if later]


def in_a_notebook(exercise, answers, asked=False, only=None, line="right"):
    """{check: Result} as the notebook itself gives them: in the cells that ask, or of what is there in the end.

    only: the one check whose Result is wanted; the others are not looked at.
    """
    space, told = {"__name__": "__main__"}, {}
    wanted = {only} if only else SHEETS[exercise].checks.keys()

    def check(name, obj):
        if name not in wanted:
            return
        result = checks.examine(SHEETS[exercise].checks[name], obj)
        if name not in told or result.points >= told[name].points:
            told[name] = result

    with contextlib.redirect_stdout(io.StringIO()), mock.patch.object(checks, "check", check):
        for source in notebook(exercise, answers, asked, line):
            with contextlib.suppress(Exception, KeyboardInterrupt, SystemExit):
                exec(source, space)
        for name in () if asked else wanted & space.keys():
            check(name, space[name])
    return {
        name: told.get(name, judge.Result(name, judge.NOT_ATTEMPTED, 0, asked_for.points))
        for name, asked_for in SHEETS[exercise].checks.items()
        if name in wanted
    }


@functools.cache
def alone(exercise, name, source, line="right"):
    """The points of one answer beside right ones."""
    return in_a_notebook(exercise, right_ones(exercise) | {name: source}, LAST in source, name, line)[name].points


def right_ones(exercise):
    return {name: text_at(exercise, name, "solutions") for name in places(exercise)}


def once(marks):
    """The marks of a model, worked out once for the same outputs on the same cases: most notebooks bring in ours."""
    known = {}

    def remembered(outputs, cases):
        given = hashlib.sha256(pickle.dumps((outputs, cases))).digest()
        if given not in known:
            known[given] = marks(outputs, cases)
        return known[given]

    return remembered


@pytest.fixture(scope="module", autouse=True)
def marked_once():
    with pytest.MonkeyPatch.context() as patch:
        for check in (check for sheet in SHEETS.values() for check in sheet.checks.values() if check.marks):
            patch.setattr(check, "marks", once(check.marks))
        yield


@pytest.fixture(scope="module")
def boxes():
    with sandbox.Boxes(unsafe=UNSAFE) as opened:
        yield opened


def graded(boxes, exercise, answers, asked=False, limits=PATIENT):
    return score.grade_notebook(notebook(exercise, answers, asked), "ann", SHEETS[exercise], boxes, SEED, limits)


def deserved(exercise, answers, kinds):
    """{check: points}: what never ends or kills the program earns nothing, and is not tried in this process."""
    return {
        name: 0 if kinds[name] in ("deadly", "endless") else alone(exercise, name, source)
        for name, source in answers.items()
    }


MIXTURES = (  # does the notebook ask its checks, kinds of some of its answers, kinds that no answer is of
    (True, (), ("gone",)),
    (False, (), ("gone", "taken again")),
    (True, ("deadly",), ()),
    (False, ("deadly", "endless"), ("taken again",)),
)


def mixture(exercise, number):
    """(kinds, answers) by check, and whether the notebook asks its checks itself.

    From one notebook of a sheet to the next an answer is of another kind, and all kinds are about as frequent.
    """
    asked, costly, left_out = MIXTURES[number]
    chance, names = random.Random(f"{exercise} {number}"), list(places(exercise))
    usual = [kind for kind in KINDS if kind not in left_out]
    kinds = {name: usual[(5 * number + number // 2 + place) % len(usual)] for place, name in enumerate(names)}
    functions = [name for name in names if SHEETS[exercise].checks[name].fresh and kinds[name] != "gone"]
    kinds |= dict(zip(chance.sample(functions, len(costly)), costly, strict=True))
    kinds = {n: "untouched" if SHEETS[exercise].checks[n].marks and k == "wrong" else k for n, k in kinds.items()}
    return kinds, {name: written(exercise, name, kind, chance.choice) for name, kind in kinds.items()}, asked


@pytest.mark.parametrize("exercise", SHEETS)
def test_every_kind_of_answer_is_in_some_mixture_of_every_sheet(exercise):
    drawn = [mixture(exercise, number)[0] for number in range(len(MIXTURES))]
    assert {kind for kinds in drawn for kind in kinds.values()} == {*KINDS, "deadly", "endless"}
    assert all(len({kinds[name] for kinds in drawn}) > 1 for name in drawn[0])


@pytest.mark.parametrize("number", range(len(MIXTURES)))
@pytest.mark.parametrize("exercise", SHEETS)
def test_a_notebook_earns_the_sum_of_what_its_answers_earn_alone_and_what_check_says_of_each(boxes, exercise, number):
    kinds, answers, asked = mixture(exercise, number)
    limits = LIMITS if "endless" in kinds.values() else PATIENT
    grade = graded(boxes, exercise, answers, asked, limits=limits)
    told = {result.check: result for result in grade.results}
    want = deserved(exercise, answers, kinds)
    assert {name: result.points for name, result in told.items()} == want, (kinds, answers)
    assert (grade.state, grade.points) == (GRADED, sum(want.values()))
    if not {"deadly", "endless", "gone"} & set(kinds.values()):  # a missing helper may be told in other words
        here = in_a_notebook(exercise, answers, asked)
        said = {name: (r.state, r.points, r.carried, r.cause) for name, r in told.items()}
        assert said == {name: (r.state, r.points, r.carried, r.cause) for name, r in here.items()}, kinds


def test_in_a_class_of_projects_each_question_earns_what_it_earns_alone_whatever_model_is_brought_in(boxes):
    """Graded one after the other, in random order; cells that are broken stand anywhere.

    Each project is handed in with its right model and with three others, each of which is in two or three projects.
    """
    chance = random.Random(15)
    dealt = {exercise: [BAD[(k + j) % len(BAD)] for j in range(3)] for k, exercise in enumerate(PROJECTS)}
    handed_in = [(exercise, line) for exercise in PROJECTS for line in ("right", *dealt[exercise])]
    chance.shuffle(handed_in)
    for exercise, line in handed_in:
        *names, last = places(exercise)
        kinds = {name: chance.choice(["right", "wrong", "untouched", "a hole inside", "raises"]) for name in names}
        kinds[last] = "right"
        answers = {name: written(exercise, name, kind, chance.choice) for name, kind in kinds.items()}
        cells = notebook(exercise, answers, line=line)
        for broken in chance.sample(BROKEN, 3):
            cells.insert(chance.randrange(1, len(cells) + 1), broken)
        if "del np" in cells:  # as after a restart
            cells.insert(cells.index("del np") + 1, "import numpy as np")
        grade = score.grade_notebook(cells, "ann", SHEETS[exercise], boxes, SEED, PATIENT)
        want = {name: alone(exercise, name, answers[name]) for name in names}
        want[last] = alone(exercise, last, answers[last], line)
        assert {result.check: result.points for result in grade.results} == want, (exercise, line, kinds, cells)
        assert (grade.state, grade.points) == (GRADED, sum(want.values()))
        assert (want[last] > 0) == (line == "right")


@pytest.mark.parametrize("exercise", SHEETS)
def test_one_untouched_answer_costs_its_own_points_alone(boxes, exercise):
    full = {name: check.points for name, check in SHEETS[exercise].checks.items()}
    for name in places(exercise):
        stub = text_at(exercise, name, "exercises")
        with contextlib.ExitStack() as stack:
            for check in SHEETS[exercise].checks.values():
                if name not in check.uses:  # a whole training that does not read the untouched answer is in mixtures
                    stack.enter_context(mock.patch.object(check, "outcome", None))
            grade = graded(boxes, exercise, right_ones(exercise) | {name: stub})
        assert {r.check: r.points for r in grade.results} == full | {name: 0}, name


@pytest.mark.parametrize("at_once", [False, True])
def test_what_becomes_of_a_name_after_its_check_costs_nothing(boxes, at_once):
    full = {name: check.points for name, check in SHEETS["03_gates"].checks.items()}
    ways = [way for way in TAKEN if not (at_once and re.search(r"\b(np|sum)\b", way.partition("{name}.__call__")[0]))]
    for first in range(0, len(ways), len(full)):
        cells = notebook("03_gates", right_ones("03_gates"), asked=True)
        for name, way in zip(full, itertools.cycle(ways[first:] + ways[:first])):
            asks = cells.index(f"check({name!r}, {name})")
            cells.insert(asks + 1 if at_once else len(cells), way.format(name=name))
        grade = score.grade_notebook(cells, "ann", SHEETS["03_gates"], boxes, SEED, PATIENT)
        assert {r.check: r.points for r in grade.results} == full, cells
        assert not [r.check for r in grade.results if r.carried]


# --- what check() takes, the grader takes ------------------------------------------------------------------------

DTYPES = (
    *("np.uint8", "np.uint16", "np.uint32", "np.uint64", "np.int8", "np.int16", "np.int32", "np.int64", "bool"),
    *("np.float16", "np.float32", "np.float64", "np.longdouble", "np.complex64", "np.complex128", "np.clongdouble"),
    *("'>f4'", "'>f8'", "'>i4'", "'>u8'", "'>c16'", "'U4'", "'S3'", "object", "'M8[s]'"),
)
AS = """
def as_dtype(value, dtype):
    if isinstance(value, tuple):
        return tuple(as_dtype(v, dtype) for v in value)
    return np.asarray(value).astype(dtype)
"""


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("exercise", "name"), [("01_sequences", "encode"), ("03_gates", "sigmoid"), ("04_cell_state", "lstm_step")]
)
def test_an_answer_of_any_dtype_is_judged_alike_in_notebook_and_grader(boxes, exercise, name, dtype):
    other = f"{text_at(exercise, name, 'solutions')}\n{AS}\n"
    other += f"{name} = (lambda right: lambda *a, **k: as_dtype(right(*a, **k), {dtype}))({name})"
    answers = right_ones(exercise) | {name: other}
    here = in_a_notebook(exercise, answers, only=name)[name]
    there = next(r for r in graded(boxes, exercise, answers).results if r.check == name)
    assert (there.state, there.points, there.lines) == (here.state, here.points, here.lines)


@pytest.mark.parametrize(
    "value",
    ["np.float64(0.25)", "0.25", "np.array(0.25)", "True", "7", "[1.0]", "(1.0,)", "'0.5'", "None", "1j", "..."],
)
def test_an_answer_that_is_no_array_is_judged_alike_in_notebook_and_grader(boxes, value):
    answers = right_ones("03_gates") | {"sigmoid": f"def sigmoid(z):\n    return {value}"}
    here = in_a_notebook("03_gates", answers, only="sigmoid")["sigmoid"]
    there = next(r for r in graded(boxes, "03_gates", answers).results if r.check == "sigmoid")
    assert (there.state, there.points, there.lines) == (here.state, here.points, here.lines)


@pytest.mark.parametrize("made", ["np.stack(right(*a, **k))", "np.stack(right(*a, **k))[:1]"])
def test_several_results_in_one_array_are_judged_alike_in_notebook_and_grader(boxes, made):
    other = f"{text_at('04_cell_state', 'lstm_step', 'solutions')}\n"
    other += f"lstm_step = (lambda right: lambda *a, **k: {made})(lstm_step)"
    answers = right_ones("04_cell_state") | {"lstm_step": other}
    here = in_a_notebook("04_cell_state", answers, only="lstm_step")["lstm_step"]
    there = next(r for r in graded(boxes, "04_cell_state", answers).results if r.check == "lstm_step")
    assert (there.state, there.points, there.lines) == (here.state, here.points, here.lines)
    assert here.right == ("[:1]" not in made)


@pytest.mark.parametrize("units", [430, 512])
def test_a_model_of_any_size_that_the_check_takes_is_judged_alike_in_notebook_and_grader(boxes, units):
    trained = model.new_model(75, units, np.random.default_rng(units))
    answers = right_ones("text_generation") | {"my_weights": text_at("text_generation", "my_weights", "solutions")}
    cells = notebook("text_generation", answers)
    (at,) = [k for k, source in enumerate(cells) if "my_model" in source and "unpack(" in source][:1]
    cells[at] = f'my_model = unpack("{own_weights.pack(trained.params)}")'
    grade = score.grade_notebook(cells, "ann", SHEETS["text_generation"], boxes, SEED, PATIENT)
    assert not [f for f in grade.failures if f[1] == "BoxDied"]
    (told,) = [r for r in grade.results if r.check == "my_weights"]
    assert "ended the program" not in told.text


@pytest.mark.parametrize(
    "line",
    [
        *(
            "%cd ..",
            "%cd -q ..",
            "%bookmark here",
            "%store",
            "%store -r",
            "%load_ext not_there",
            "%reload_ext autoreload",
        ),
        *(
            "%matplotlib widget",
            "%matplotlib notebook",
            "%matplotlib qt",
            "%config InlineBackend.figure_format = 'svg'",
        ),
        *(
            "%autosave 60",
            "%not_a_magic at all",
            "%pip install rich",
            "!pip install rich seaborn",
            "!ls",
            "%env A=1",
            "%pwd",
            "%precision 3",
        ),
        *("%load_ext autoreload", "%autoreload 2", "%time x = 1", "%who", "%xmode Plain", "%colors nocolor"),
    ],
)
def test_a_magic_costs_no_answer_in_its_cell(boxes, line):
    cells = notebook("03_gates", right_ones("03_gates"))
    joined = "\n".join([line, *cells])
    grade = score.grade_notebook([joined], "ann", SHEETS["03_gates"], boxes, SEED, PATIENT)
    assert grade.points == SHEETS["03_gates"].points, grade.failures


def test_who_tries_to_install_something_does_not_wait_for_a_network(boxes):
    asks = "[sys.executable, '-m', 'pip', 'install', 'rich']"
    tries = f"import subprocess, sys\nran = subprocess.run({asks}, capture_output=True)"
    shows = "assert b'Retrying' not in ran.stderr, ran.stderr"
    joined = "\n".join([tries, shows, *notebook("03_gates", right_ones("03_gates"))])
    grade = score.grade_notebook([joined], "ann", SHEETS["03_gates"], boxes, SEED, PATIENT)
    assert grade.points == SHEETS["03_gates"].points, grade.failures


@pytest.mark.parametrize("magic", ["%%time", "%%capture", "%%prun", "%%not_a_magic", "%%timeit_not_there -n 3"])
def test_a_magic_over_a_cell_costs_no_answer_in_it(boxes, magic):
    joined = "\n".join([magic, *notebook("03_gates", right_ones("03_gates"))])
    grade = score.grade_notebook([joined], "ann", SHEETS["03_gates"], boxes, SEED, PATIENT)
    assert grade.points == SHEETS["03_gates"].points, grade.failures


# --- a reply is never taken for another question's ---------------------------------------------------------------

LATE_REPLY = """
import sys
from lstm_helpers.grading.box import messages
write, held = messages.write, []
def hold_one_back(stream, header, arrays=None):
    if header.get("part") == 1 and not held:
        held.append((header, arrays))  # a reply is lost, and comes with the next question's
        return
    write(stream, header, arrays)
messages.write = hold_one_back
"""


def test_a_lost_reply_is_an_error_of_the_grader_and_never_a_grade(boxes):
    cells = [LATE_REPLY, *notebook("03_gates", right_ones("03_gates"))]
    grade = score.grade_notebook(cells, "ann", SHEETS["03_gates"], boxes, SEED, PATIENT)
    assert (grade.state, grade.points, grade.results) == (NOT_GRADED, None, [])
    assert "do not belong to the questions" in grade.note
    assert grade.stopped == ["sent replies to other questions than were asked"]


def test_a_check_is_not_judged_on_fewer_cases_than_were_asked():
    check = checks.find("sigmoid")
    cases = check.draw(SEED)
    with pytest.raises(RuntimeError, match=f"sigmoid: 1 answer to {len(cases)} cases"):
        judge.judge(check, SEED, lambda _: [replace(s) for s in judge.observe(check, check.oracle, cases)[:1]])


def written_out(x):
    return 2 * x


def doubled(x):
    return layer(x) + 1


layer = written_out


def test_errors_are_carried_forward_where_the_right_answer_has_another_name_in_our_files(boxes):
    """What a check compares with need not be called as the check: ``layer`` is ``written_out`` here."""
    ours = Sheet("odd", exercise="60_odd")
    more = {"returns": "y", "points": 1, "minutes": 1, "hints": ["Read.", "Count.", "Look."]}
    for name, oracle, uses in (("layer", written_out, ()), ("doubled", doubled, ("layer",))):
        ours.check(name=name, oracle=oracle, uses=uses, **more)(
            lambda rng: [(f"{k} rows", {"x": rng.normal(size=(k, 3))}) for k in (1, 2, 4)]
        )
    cells = ["def layer(x):\n    return 3 * x\n\ndef doubled(x):\n    return layer(x) + 1"]
    grade = score.grade_notebook(cells, "ann", ours, boxes, SEED, PATIENT)
    assert {r.check: (r.points, r.carried) for r in grade.results} == {"layer": (0, []), "doubled": (1, ["layer"])}
