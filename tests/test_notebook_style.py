"""Every lesson and solution keeps the style: short cells, alt text, clean stored outputs, claims with a home."""

import ast
import builtins
import html
import json
import math
import re
import statistics

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from lstm_helpers.checks import sheets
from lstm_helpers.course import LESSONS, MAP, PROJECTS, START_PAGE
from lstm_helpers.grading.box.profiles import PROFILES
from tests import ROOT

FOLDERS = ("notebooks", "solutions")
REQUIRED = (
    "notebooks/00_start_here",
    *(f"notebooks/{lesson.path}" for lesson in (*LESSONS, *PROJECTS) if lesson.has_sheet),
)
NOTEBOOKS = [
    p for folder in FOLDERS for p in sorted((ROOT / folder).rglob("*.ipynb")) if ".ipynb_checkpoints" not in p.parts
]
CLAIMS = MAP["claims"]
HOMES = {lesson.path: lesson.claims for lesson in (*LESSONS, *PROJECTS)} | MAP["planned"]
LONGEST_MEDIAN, LONGEST_90_PERCENT, SHORTEST_ALT = 7, 20, 15
MACHINE_PATH = re.compile(
    r"(?<![\w./])/(home|root|tmp|work|Users)/|\b[A-Z]:\\\w+\\"
)  # "../work/" is a link of the course
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
COMPARED = "nbval-check-output"
WIDEST = 96  # columns of code that a laptop shows beside the file browser
PACKED = re.compile(r'\w+ = unpack\("[^"\s]{1000,}"\)')  # a trained model as text: data that nobody reads


def name_of(path):
    return path.relative_to(ROOT).with_suffix("").as_posix()


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def joined(text):
    """A notebook's text field, which is a string or a list of lines."""
    return text if isinstance(text, str) else "".join(text)


def source(cell):
    return joined(cell["source"])


def code_cells(nb):
    return [c for c in nb["cells"] if c["cell_type"] == "code" and source(c).strip()]


def outputs(nb):
    return [o for c in nb["cells"] for o in c.get("outputs", [])]


def cell_lines(nbs):
    """How many lines that are not blank each code cell has, in order of size."""
    return sorted(sum(bool(line.strip()) for line in source(c).splitlines()) for nb in nbs for c in code_cells(nb))


def alt_texts(nb):
    """The alt text of each picture in Markdown and in outputs; "" for a picture that has none."""
    markdown = "\n".join(source(c) for c in nb["cells"] if c["cell_type"] == "markdown")
    shown = [o.get("data", {}) for o in outputs(nb)]
    pages = [markdown, *(joined(data["text/html"]) for data in shown if "text/html" in data)]
    alts = re.findall(r"!\[([^\]]*)\]\(", markdown)
    for page in pages:
        for tag in re.findall(r"<img\b[^>]*>", page):
            alt = re.search(r"""\balt=(?:"([^"]*)"|'([^']*)')""", tag)
            alts.append(html.unescape((alt[1] or alt[2] or "") if alt else ""))
        for svg in re.findall(r"<svg\b.*?</svg>", page, re.S):
            label = re.search(r'^<svg\b[^>]*\baria-label="([^"]*)"|<title\b[^>]*>(.*?)</title>', svg)
            alts.append(html.unescape(label[1] or label[2]) if label else "")
    # JupyterLab shows a bare image output without any alt text, so it must not be there
    alts += ["" for data in shown for mime in data if mime.startswith("image/") and "text/html" not in data]
    return alts


def claims_of(nb):
    """The claim ids in the metadata of a notebook's cells."""
    given = [c["metadata"]["claim"] for c in nb["cells"] if "claim" in c["metadata"]]
    return {claim for claims in given for claim in ([claims] if isinstance(claims, str) else claims)}


def problems(nb):
    """What is stored in a notebook that should not be, or is missing: a list of sentences."""
    found = []
    if "widgets" in nb["metadata"]:
        found.append("widget state is stored in the notebook's metadata")
    ids = [c.get("id") for c in nb["cells"]]
    if None in ids or len(set(ids)) < len(ids):
        found.append("cells have no id, or share one")
    for cell in nb["cells"]:
        where = f"cell {cell.get('id')}"
        for output in cell.get("outputs", []):
            if output["output_type"] == "error":
                found.append(f"{where} stores the error {output.get('ename')}")
            if output.get("name") == "stderr":
                found.append(f"{where} stores output on stderr")
            if WIDGET_VIEW in output.get("data", {}):
                found.append(f"{where} stores a widget view")
            if joined(output.get("data", {}).get("text/plain", "")).startswith("<IPython."):
                found.append(f"{where} stores an output that says nothing where no HTML is shown: see figures.Picture")
        text = re.sub(r"base64,[A-Za-z0-9+/=]+", "", "\n".join(strings(cell)))
        if path := MACHINE_PATH.search(text):
            found.append(f"{where} names a path of one machine: {path[0]}")
        if cell["cell_type"] == "code" and source(cell).strip() and cell["execution_count"] is None:
            found.append(f"{where} was not executed")  # nbval would then compare nothing, without a word
        if COMPARED in cell["metadata"].get("tags", []) and not cell.get("outputs"):
            found.append(f"{where} is to be compared and stores no output")
    short = [alt for alt in alt_texts(nb) if len(alt.strip()) < SHORTEST_ALT]
    found += [f"a picture has the alt text {alt!r}: say what it shows" for alt in short]
    return found


def strings(value):
    """All strings inside a JSON value."""
    if isinstance(value, dict):
        value = value.values()
    return [value] if isinstance(value, str) else [s for v in value for s in strings(v)] if not scalar(value) else []


def scalar(value):
    return value is None or isinstance(value, (bool, int, float))


@pytest.mark.parametrize("name", REQUIRED)
def test_a_notebook_that_the_course_needs_is_there(name):
    assert (ROOT / f"{name}.ipynb").is_file()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name_of)
def test_a_notebook_is_stored_clean(path):
    assert problems(read(path)) == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_code_cells_are_short(folder):
    lines = cell_lines(read(p) for p in NOTEBOOKS if p.is_relative_to(ROOT / folder))
    assert lines, f"no code cells in {folder}/"
    assert statistics.median(lines) <= LONGEST_MEDIAN
    long = sum(n > LONGEST_90_PERCENT for n in lines)
    assert long <= len(lines) / 10, f"{long} of {len(lines)} code cells have more than {LONGEST_90_PERCENT} lines"


def unspaced_folds(nb):
    """Ids of the cells in which a paragraph stands below a fold: JupyterLab leaves no gap there."""
    below = re.compile(r"</details>(?!\s*(?:#|<details|\Z))")
    return [cell["id"] for cell in nb["cells"] if cell["cell_type"] == "markdown" and below.search(source(cell))]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name_of)
def test_what_stands_below_a_fold_has_a_cell_of_its_own(path):
    assert unspaced_folds(read(path)) == []


def test_a_paragraph_below_a_fold_is_found_and_a_heading_is_not():
    fold = "<details>\n<summary>Answer</summary>\n\n5\n</details>\n"
    texts = {"end": fold, "text": f"{fold}\nNow go on.", "heading": f"{fold}\n## Next", "two": fold + fold}
    cells = [{"cell_type": "markdown", "id": name, "source": text} for name, text in texts.items()]
    assert unspaced_folds({"cells": cells}) == ["text"]


def told(result, text):
    """Whether a result stands in a text. Looked for are numbers, and answers of two words or more."""
    number = re.match(r"-?[\d,.]+", result)
    wanted = re.escape(number[0] if number else result)
    return bool(number or " " in result) and bool(re.search(rf"(?<![\w.^-]){wanted}(?![\w.,]\d|\w)", text))


def told_at_once(nb):
    """Names of the predictions whose result a student meets too early.

    That is in the first printed line, which JupyterLab shows of an output that is folded away, and in the first
    sentence of the text below the experiment.
    """
    found, name, result = [], "", ""
    for cell in nb["cells"]:
        if cell["cell_type"] == "code":
            named = re.search(r'outcome\(\s*"([\w-]+)"', source(cell))
            shown = cell.get("outputs", [])
            results = re.findall(
                r"Result: ([^<]+)\.<", "".join(joined(o.get("data", {}).get("text/html", "")) for o in shown)
            )
            if named and results:
                name, result = named[1], html.unescape(results[-1])
                if told(result, joined(shown[0].get("text", "")).partition("\n")[0]):
                    found.append(name)
        elif name:
            if told(result, re.split(r"[.?!:] ", " ".join(source(cell).split()))[0]):
                found.append(name)
            name = ""
    return found


@pytest.mark.parametrize("lesson", [lesson for lesson in LESSONS if lesson.has_sheet], ids=lambda lesson: lesson.stem)
def test_a_result_is_not_told_too_early(lesson):
    assert told_at_once(read(ROOT / "notebooks" / f"{lesson.path}.ipynb")) == []


def test_a_result_that_is_told_too_early_is_found():
    def lesson(result, text, printed=""):
        stream = {"output_type": "stream", "text": printed}
        shown = {"output_type": "display_data", "data": {"text/html": f"<p><strong>Result: {result}.</strong></p>"}}
        experiment = {"cell_type": "code", "source": 'outcome("01-x", 2)', "outputs": [stream, shown]}
        return {"cells": [experiment, {"cell_type": "markdown", "source": text}]}

    assert told_at_once(lesson("48 per cent", "At 48 % it is no better. Why?")) == ["01-x"]
    assert told_at_once(lesson("near 1", "It runs\nnear 1, for ever.")) == ["01-x"]
    assert told_at_once(lesson("48 per cent", "Why?", "right at 48 %\n")) == ["01-x"]
    assert told_at_once(lesson("48 per cent", "Compare the rows. At 48 % it is no better.", "right at:\n48 %\n")) == []
    assert told_at_once(lesson("8 passes", "There are 1.8 or 80 of them.")) == []


ASKED, SHOWN = "predict", "outcome"
ANY_TEXT = {"str", "join", "min", "max"}  # their results are texts that do not stand in the code


def calls_of(nb):
    """{name of a prediction: {"predict": (the call, its cell's tree), "outcome": ...}} of a lesson."""
    found = {}
    for cell in code_cells(nb):
        tree = ast.parse(TransformerManager().transform_cell(source(cell)))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in (ASKED, SHOWN):
                found.setdefault(node.args[0].value, {})[node.func.id] = (node, tree)
    return found


def assigned(tree):
    """{name: [the values that a cell assigns to it]}, where each is one plain name."""
    values = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AugAssign):
            target = node.target if isinstance(node, ast.AugAssign) else node.targets[0]
            if isinstance(target, ast.Name):
                values.setdefault(target.id, []).append(node.value)
    return values


def fixed(node, values):
    """Whether an expression says the same however the run comes out: nothing in it was measured."""
    once = {name for name, given in values.items() if len(given) == 1 and isinstance(given[0], ast.Constant)}
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)} <= once | set(dir(builtins))


def told_by_hand(nb):
    """Names of the predictions whose result is written into the lesson in place of being measured."""
    outcomes = {name: calls[SHOWN] for name, calls in calls_of(nb).items() if SHOWN in calls}
    return [name for name, (call, tree) in outcomes.items() if fixed(call.args[1], assigned(tree))]


def places(index):
    """The entries of a list that an index can choose; None where that cannot be told."""
    if isinstance(index, ast.Constant):
        return {index.value}
    if isinstance(index, ast.IfExp):
        one, other = places(index.body), places(index.orelse)
        return None if one is None or other is None else one | other
    if isinstance(index, ast.Call) and getattr(index.func, "id", "") == "int":
        return {0, 1}
    if isinstance(index, ast.Call) and getattr(index.func, "attr", "") == "digitize":
        return set(range(len(index.args[1].elts) + 1))
    return None


def options_of(call, tree):
    """The texts that a prediction offers to choose from; None for another kind, or where they do not stand there."""
    kind, values = call.args[1], assigned(tree)
    if isinstance(kind, ast.Name):
        kind = values[kind.id][0]
    if getattr(kind.func, "id", "") != "choice":
        return None
    listed = kind.args
    if isinstance(listed[0], ast.Starred):
        listed = values[listed[0].value.id][0].elts if listed[0].value.id in values else []
    return [option.value for option in listed] or None


def right_places(notebooks):
    """{how many choices are offered: [the place of the right one, by each prediction]} of these lessons, as stored."""
    found = {}
    for nb in notebooks:
        results = {
            name: re.search(r"Result: (.*)\.</strong>", str(cell["outputs"]))[1]
            for cell in code_cells(nb)
            for name in calls_of({"cells": [cell]})
            if "Result: " in str(cell["outputs"])
        }
        for name, calls in calls_of(nb).items():
            if offered := options_of(*calls[ASKED]):
                found.setdefault(len(offered), []).append(offered.index(results[name]))
    return found


def at_most_by_chance(count, of, share):
    """How probable it is that no more than ``count`` of so many come out, each with probability ``share``."""
    return sum(math.comb(of, k) * share**k * (1 - share) ** (of - k) for k in range(count + 1))


def too_telling(places, offered):
    """(place, how often it is right) of each place of so many that chance would make as rare or as frequent once in 20
    times: who always, or never, chooses it guesses well without a thought.
    """
    counts = [(place, places.count(place)) for place in range(offered)]
    of = len(places), 1 / offered
    return [
        (place, n)
        for place, n in counts
        if at_most_by_chance(n, *of) < 0.05 or 1 - at_most_by_chance(n - 1, *of) < 0.05
    ]


def never_chosen(nb):
    """(name, choice) of each choice that is offered and that no run can give as the result."""
    found = []
    for name, calls in calls_of(nb).items():
        (asked, tree), (shown, below) = calls[ASKED], calls[SHOWN]
        kind, result = asked.args[1], shown.args[1]
        if isinstance(kind, ast.Name):
            kind = assigned(tree)[kind.id][0]
        if getattr(kind.func, "id", "") != "choice":
            continue
        if isinstance(kind.args[0], ast.Starred):
            listed = kind.args[0].value.id
            used = [n for n in ast.walk(result) if isinstance(n, ast.Name) and n.id == listed]
            options = [option.value for option in assigned(tree)[listed][0].elts] if listed in assigned(tree) else []
            if not used:
                found += [(name, option) for option in options]
            elif isinstance(result, ast.Subscript) and (chosen := places(result.slice)) is not None:
                found += [(name, option) for k, option in enumerate(options) if k not in chosen]
            continue
        values = assigned(below)
        parts = [result, *(v for n in ast.walk(result) if isinstance(n, ast.Name) for v in values.get(n.id, []))]
        nodes = [node for part in parts for node in ast.walk(part)]
        written = {node.value for node in nodes if isinstance(node, ast.Constant)}
        called = [node.func for node in nodes if isinstance(node, ast.Call)]
        if not {getattr(func, "id", getattr(func, "attr", "")) for func in called} & ANY_TEXT:
            found += [(name, option.value) for option in kind.args if option.value not in written]
    return found


def lesson_of(*sources):
    """A lesson of these code cells, as far as the readers of its code need it."""
    return {"cells": [{"cell_type": "code", "source": text} for text in sources]}


LESSON_FILES = [p for p in NOTEBOOKS if p.is_relative_to(ROOT / "notebooks")]


@pytest.mark.parametrize("path", LESSON_FILES, ids=name_of)
def test_the_result_of_a_prediction_is_measured(path):
    assert told_by_hand(read(path)) == []


@pytest.mark.parametrize("path", LESSON_FILES, ids=name_of)
def test_every_choice_of_a_prediction_can_come_out(path):
    assert never_chosen(read(path)) == []


def test_no_place_among_the_choices_tells_the_right_one():
    found = right_places(map(read, LESSON_FILES))
    assert sum(map(len, found.values())) > 40
    assert {offered: telling for offered, places in found.items() if (telling := too_telling(places, offered))} == {}


def test_a_place_that_is_right_too_often_or_too_seldom_is_found():
    assert too_telling([0] * 13 + [1] * 4 + [2] * 17, 3) == [(1, 4), (2, 17)]
    assert too_telling([0] * 11 + [1] * 11 + [2] * 12, 3) == []
    assert too_telling([0] * 8 + [1], 2) == [(0, 8), (1, 1)]


@pytest.mark.parametrize(
    "shown",
    ['outcome("01-x", "no")', 'outcome("01-x", -0.5)', 'outcome("01-x", f"no")', 'a = "no"\noutcome("01-x", a)'],
)
def test_a_result_that_is_written_by_hand_is_found(shown):
    assert told_by_hand(lesson_of(shown)) == ["01-x"]


@pytest.mark.parametrize(
    "shown",
    ['outcome("01-x", round(c, 2))', 'outcome("01-x", ways[int(c > 1)])', 'a = 0\na += c\noutcome("01-x", a)'],
)
def test_a_result_that_is_measured_is_none_by_hand(shown):
    assert told_by_hand(lesson_of(shown)) == []


THREE = 'ways = "a", "b", "c"\npredict("01-x", choice(*ways))'


@pytest.mark.parametrize(
    ("asked", "shown", "never"),
    [
        ('predict("01-x", choice("a", "b", "c"))', 'outcome("01-x", "a" if c else "b")', ["c"]),
        ('predict("01-x", choice("a", "b"))', 'r = "a"\nr = "b"\noutcome("01-x", r)', []),
        (THREE, 'outcome("01-x", ways[int(c > 1)])', ["c"]),
        (THREE, 'outcome("01-x", ways[2 if c else int(d > 1)])', []),
        (THREE, 'outcome("01-x", ways[np.digitize(c, [1])])', ["c"]),
        (THREE, 'outcome("01-x", ways[np.digitize(c, [1, 2])])', []),
        (THREE, 'outcome("01-x", other[0])', ["a", "b", "c"]),
        ('kind = choice("a", "b")\npredict("01-x", kind)', 'outcome("01-x", "a")', ["b"]),
        ('predict("01-x", choice("a", "b"))', 'outcome("01-x", min(c, key=c.get))', []),
        ('predict("01-x", number())', 'outcome("01-x", c)', []),
    ],
)
def test_a_choice_that_cannot_come_out_is_found(asked, shown, never):
    assert [option for _, option in never_chosen(lesson_of(asked, shown))] == never


def begins_with_the_answer(nb):
    """Ids of the cells of folded outputs whose first one, of which JupyterLab shows a line, is no printed line.

    A cell that shows nothing, or only prints, is none of them.
    """
    hidden = [c for c in nb["cells"] if c["metadata"].get("jupyter", {}).get("outputs_hidden") and c.get("outputs")]
    return [cell["id"] for cell in hidden if cell["outputs"][0]["output_type"] != "stream"]


@pytest.mark.parametrize("path", LESSON_FILES, ids=name_of)
def test_what_is_folded_away_begins_with_a_printed_line(path):
    assert begins_with_the_answer(read(path)) == []


def test_a_fold_that_begins_with_the_answer_is_found():
    printed, shown = {"output_type": "stream"}, {"output_type": "display_data"}
    cells = {"told": [shown, printed], "not": [printed, shown], "bare": []}
    folded = {"jupyter": {"outputs_hidden": True}}
    nb = [{"id": name, "metadata": folded, "outputs": given} for name, given in cells.items()]
    nb.append({"id": "open", "metadata": {}, "outputs": [shown]})
    assert begins_with_the_answer({"cells": nb}) == ["told"]


def wide_lines(nb):
    """The lines of code, docstrings and comments with them, that are cut where the page is narrow."""
    lines = [line for cell in code_cells(nb) for line in source(cell).splitlines()]
    return [line for line in lines if len(line) > WIDEST and not PACKED.fullmatch(line)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name_of)
def test_code_is_not_cut_beside_the_file_browser(path):
    wide = wide_lines(read(path))
    assert not wide, f"at most {WIDEST} columns:\n" + "\n".join(wide)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name_of)
def test_claims_named_in_cells_exist(path):
    assert claims_of(read(path)) <= set(CLAIMS)


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_claim_has_a_home_once_its_lessons_are_written(claim):
    assert CLAIMS[claim].strip()
    homes = [path for path, settled in HOMES.items() if claim in settled]
    lessons = [ROOT / "notebooks" / f"{path}.ipynb" for path in homes]
    assert lessons
    if all(path.is_file() for path in lessons):
        assert any(claim in claims_of(read(path)) for path in lessons), f"no cell of {homes} settles it"


def test_no_row_names_a_claim_that_is_none():
    assert {claim for settled in HOMES.values() for claim in settled} == set(CLAIMS)


def test_the_claims_are_numbered_without_a_gap():
    assert list(CLAIMS) == [f"C{n:02d}" for n in range(1, len(CLAIMS) + 1)]


# the reader above finds what it looks for


def notebook(cell_type="code", text="1", metadata=None, cell_metadata=None, **output):
    cell = {"cell_type": cell_type, "id": "a", "source": [text], "metadata": cell_metadata or {}}
    if cell_type == "code":
        cell |= {"execution_count": 1, "outputs": [{"output_type": "display_data", **output}] if output else []}
    return {"metadata": metadata or {}, "cells": [cell]}


GOOD = '<img alt="the forget gate opens" src="data:image/png;base64,aa/tmp/aa">'


@pytest.mark.parametrize(
    ("nb", "says"),
    [
        (notebook(metadata={"widgets": {}}), "widget state"),
        (notebook(output_type="error", ename="ZeroDivisionError"), "the error ZeroDivisionError"),
        (notebook(output_type="stream", name="stderr", text="warning"), "stderr"),
        (notebook(data={WIDGET_VIEW: {}}), "widget view"),
        (notebook(text="open('/Users/me/x')"), "path of one machine: /Users/"),
        (notebook(data={"text/plain": ["<open file '", "/tmp/x'>"]}), "path of one machine: /tmp/"),
        (notebook("markdown", r"C:\Users\me"), "path of one machine"),
        (notebook(cell_metadata={"tags": [COMPARED]}), "stores no output"),
        (notebook(data={"text/html": GOOD, "text/plain": ["<IPython.core.display.HTML object>"]}), "says nothing"),
        (notebook(data={"text/html": GOOD, "text/plain": ["<IPython.lib.display.Audio object>"]}), "says nothing"),
        (notebook(data={"text/html": "<img src='x'>"}), "alt text ''"),
        (notebook(data={"text/html": ["<img alt='short' ", "src='x'>"]}), "alt text 'short'"),
        (notebook(data={"text/html": "<svg><path/></svg>"}), "alt text ''"),
        (notebook(data={"image/png": "aaaa"}), "alt text ''"),
        (notebook("markdown", "![cell](cell.svg)"), "alt text 'cell'"),
        (notebook("markdown", "<img src='cell.svg'>"), "alt text ''"),
        (notebook() | {"cells": notebook()["cells"] * 2}, "share one"),
        ({"metadata": {}, "cells": [notebook()["cells"][0] | {"execution_count": None}]}, "not executed"),
    ],
)
def test_a_notebook_with_a_flaw_is_found(nb, says):
    (flaw,) = problems(nb)
    assert says in flaw


@pytest.mark.parametrize(
    "nb",
    [
        notebook(),
        notebook(text=""),
        notebook(text=r'print("A:\n", c)'),
        notebook(data={"text/html": GOOD, "text/plain": "Picture: the forget gate opens"}),
        notebook(data={"text/html": '<svg aria-label="a cell with three gates"></svg>'}),
        notebook("markdown", "[your copy](../work/03_gates.ipynb) ![a cell with three gates](x.svg)"),
    ],
)
def test_a_notebook_without_a_flaw_passes(nb):
    assert problems(nb) == []


def test_claims_are_read_as_a_string_or_a_list():
    assert claims_of(notebook(cell_metadata={"claim": "C09"})) == {"C09"}
    assert claims_of(notebook(cell_metadata={"claim": ["C10", "C11"]})) == {"C10", "C11"}


def test_lines_of_code_that_are_too_wide_are_found_and_prose_is_left():
    wide = "x = " + "1" * (WIDEST - 3)
    assert wide_lines(notebook(text=f"y = 1\n{wide}\n{wide[:-1]}")) == [wide]
    assert wide_lines(notebook("markdown", wide)) == []
    packed = f'my_model = unpack("{"P" * 1000}")'
    assert wide_lines(notebook(text=packed)) == []
    assert wide_lines(notebook(text=f"{packed}; print(1)")) != []


def test_lines_are_counted_without_the_blank_ones():
    assert cell_lines([notebook(text="a\n\n  \nb"), notebook(text=""), notebook("markdown", "x")]) == [2]


EXERCISES = [lesson for lesson in (*LESSONS, *PROJECTS) if lesson.has_sheet]


@pytest.mark.parametrize("lesson", EXERCISES, ids=lambda lesson: lesson.stem)
def test_an_exercise_ends_with_a_link_to_what_is_next(lesson):
    path = ROOT / "exercises" / f"{lesson.path}.ipynb"
    last = source(read(path)["cells"][-1])
    links = re.findall(r"\[([^\]]+)\]\(([^)]+)\)", re.split(r"Next:\s", last)[-1])
    following = EXERCISES[EXERCISES.index(lesson) + 1 :]
    target = f"notebooks/{following[0].path}.ipynb" if following else START_PAGE
    wanted = (
        f"the last cell of solutions/{lesson.path}.ipynb has to say: All correct? ... Next: [...](link to {target})"
    )
    assert "All correct?" in last, wanted
    assert "Next:" in last, wanted
    assert len(links) == 1, wanted
    said, link = links[0]
    assert (ROOT / "work" / lesson.path).parent.joinpath(link).resolve() == (ROOT / target).resolve(), wanted
    if following:
        name = f"lesson {int(following[0].number)}" if following[0].number else "the project"
        assert said.lower() == f"{name}, {following[0].title.lower()}", wanted


def kept_to(lesson):
    """The paragraph of an exercise that says what every answer has to keep to."""
    first = source(read(ROOT / "exercises" / f"{lesson.path}.ipynb")["cells"][0])
    parts = [part for part in first.split("\n\n") if part.startswith("**What every answer has to keep to.**")]
    return " ".join("".join(parts).split())


@pytest.mark.parametrize("lesson", EXERCISES, ids=lambda lesson: lesson.stem)
def test_an_exercise_says_that_arrays_are_asked_and_no_lists(lesson):
    sentence = "Return NumPy arrays, not lists, and a plain number where one number is asked."
    assert sentence in kept_to(lesson), (
        f"the first cell has to have a paragraph: **What every answer has to keep to.** {sentence}"
    )


@pytest.mark.parametrize("lesson", EXERCISES, ids=lambda lesson: lesson.stem)
def test_an_exercise_says_when_torch_is_not_there_to_be_graded_with(lesson):
    """In a notebook torch is there, and an answer built on it is called correct."""
    alone = PROFILES[sheets()[lesson.stem].profile].framework == "numpy"
    sentence = "Use NumPy alone: torch and other packages are not there when it is graded."
    assert (sentence in kept_to(lesson)) == alone
