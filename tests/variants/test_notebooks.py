"""The notebooks of a variant: the key is right in every cell, and nothing in them contradicts what is asked."""

import contextlib
import io
import itertools
import re
from types import SimpleNamespace

import pytest

from lstm_helpers import checks, variants
from lstm_helpers.checks.probe import spelled
from lstm_helpers.commands import build, cli, variant
from lstm_helpers.variants import plans, texts
from tests import ROOT
from tests.checks.solved import MARKERS
from tests.variants.kinds import SEEDS, TURNED, key

BATCH_FIRST = [exercise for exercise, plan in plans.PLANS.items() if plan.batch_first]
LAYERS = ("03_gates", "04_cell_state", "05_forward_through_time", "06_backward_through_time")


def sections(notebook):
    """{check: (its Markdown and the docstrings, its code)} of a notebook's questions."""
    found = {}
    for section in variant.fill.sections(notebook.cells):
        text = "\n".join(cell.source for cell in section)
        if name := re.search(r'^check\("(?:[\w/]+/)?(\w+)"', text, re.M):
            found[name[1]] = text
    return found


@pytest.mark.parametrize("exercise", [*LAYERS, *BATCH_FIRST])
def test_every_check_of_a_key_is_right(exercise, monkeypatch):
    monkeypatch.setenv("LSTM_COURSE_STRICT", "1")
    monkeypatch.setenv("LSTM_COURSE_PROGRESS", "off")
    monkeypatch.setenv("JPY_SESSION_NAME", f"{exercise}.ipynb")
    space = {"__name__": "__main__"}
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        for cell in key(exercise, 7).cells:
            if cell.cell_type == "code":
                exec(MARKERS.sub("", cell.source), space)
    assert printed.getvalue().count(": correct, ") == len(checks.sheets()[exercise].checks)


@pytest.mark.parametrize(("exercise", "seed"), [*itertools.product(LAYERS, SEEDS[::3]), *((e, 7) for e in plans.PLANS)])
def test_no_turned_question_shows_the_order_of_the_course(exercise, seed):
    drawn, sheet = variants.plan(exercise, seed), variants.sheet(exercise, seed)
    written = sections(key(exercise, seed))
    for name, turn in drawn.turns.items():
        check = sheet.checks[name]
        shown = "\n".join([written[name], check.asks, *check.hints])
        assert all(clause in written[name] for clause in turn.said)
        if turn.reordered and name != "from_onnx":  # which tells the order of a file, too
            assert not re.search(rf"(?<!do, ){', '.join(turn.layers)}\b", shown)  # but for arguments
            assert ", ".join(turn.order) in written[name]
        if turn.returned:
            assert f"return {spelled(turn.returns)}" not in shown
            assert f"Returns {spelled(turn.returns)}" not in shown


@pytest.mark.parametrize("exercise", LAYERS)
def test_outside_of_what_is_told_of_other_programs_no_text_names_the_order_of_the_course(exercise):
    for seed in SEEDS:
        drawn = variants.plan(exercise, seed)
        exercises = build.exercise_of(key(exercise, seed)).cells
        of_a_file = sections(SimpleNamespace(cells=exercises)).get("from_onnx", "")
        text = "\n".join(cell.source for cell in exercises).replace(of_a_file, "")
        assert not re.search(r"(?<!do, )\bi, f, g, o\b", text), seed
        assert texts.prose("In short: i, f, g, o.", drawn) == f"In short: {', '.join(drawn.orders['ifgo'])}."


def test_a_cell_that_takes_results_takes_them_in_the_order_of_the_class_beside_what_was_edited_by_hand():
    for seed in SEEDS[:3]:
        relative, cosine = variants.plan("06_backward_through_time", seed).turns["gradient_agreement"].asked
        code = "\n".join(cell.source for cell in key("06_backward_through_time", seed).cells)
        assert f"        {relative}, {cosine} = gradient_agreement(ours, numerical(array))" in code


TIME_FIRST = re.compile(
    r"\(T(?: \+ 1)?, B|\(most, B\)\.|`most` rows|tbk|ibd|jbm|[Tt]ime (?:comes )?first\b|one (?:col|r)\w+ for each step"
)


@pytest.mark.parametrize(("exercise", "name"), [(e, name) for e in BATCH_FIRST for name in plans.PLANS[e].batch_first])
def test_where_the_batch_comes_first_no_text_has_time_there(exercise, name):
    for seed in SEEDS[::3]:
        check, written = variants.sheet(exercise, seed).checks[name], sections(key(exercise, seed))[name]
        told = [text for slip in check.misconceptions for text in (slip.name, slip.advice)]
        found = [text for text in [written, *check.hints, *told] if TIME_FIRST.search(text)]
        assert [text for text in found if not text.startswith("time comes first in ")] == []  # the name of a slip
        assert "the batch comes first, before time, in `" in written


@pytest.mark.parametrize("exercise", BATCH_FIRST)
def test_the_opening_of_a_sheet_says_that_the_batch_comes_first(exercise):
    opening = key(exercise, 7).cells[0].source
    assert ", the batch first" in opening
    assert "time first" not in opening


def test_slips_speak_of_the_order_of_the_class():
    order = ", ".join(variants.plan("03_gates", 7).orders["ifgo"])
    said = {m.name: m.advice for m in variants.sheet("03_gates", 7).checks["lstm_layers"].misconceptions}
    assert any(f"lie in the order {order}" in advice for advice in said.values())
    assert not any("i, f, g, o" in advice for name, advice in said.items() if not name.startswith("the course's own"))


@pytest.mark.parametrize("exercise", plans.PLANS)
def test_a_variant_changes_what_it_turns_and_the_rest_stays(exercise):
    """Its questions are those of the course, in their order; where nothing is turned, the text is the course's, too."""
    (solution,) = (path for path, _ in build.pairs() if path.stem == exercise)
    before, after = sections(build.nbformat.read(solution, as_version=4)), sections(key(exercise, 7))
    assert list(before) == list(after)
    turned = {name for where, name in TURNED if where == exercise}
    using = turned | {name for name, check in checks.sheets()[exercise].checks.items() if set(check.uses) & turned}
    moved = {name for name in before if before[name] != after[name]}
    assert turned <= moved
    assert moved <= using | set(variants.plan(exercise, 7).plan.layers) | {name for name in before if any(
        old in before[name] for old, _ in variants.plan(exercise, 7).edits)}  # fmt: skip


def test_the_notebook_asks_its_own_checks_and_says_whose_it_is():
    cells = key("03_gates", 7).cells
    assert "**Variant 7.**" in cells[0].source
    assert cells[1].source.endswith("check = variant(7)")
    assert variants.named([cell.source for cell in cells]) == 7
    assert not any(cell.get("outputs") for cell in cells)  # those of the course show its own order


@pytest.mark.parametrize(
    ("cells", "number"),
    [
        (["check = variant(7)"], 7),
        (["check = variant(8)", "x = 1", "check = variant(7)"], 7),  # what is run last asks
        (["# check = variant(7)"], None),
        (["print(7)"], None),
    ],
)
def test_a_notebook_names_the_variant_that_its_checks_are_of(cells, number):
    assert variants.named(cells) == number


def test_the_command_writes_exercises_without_answers_and_the_key(tmp_path, capsys):
    assert cli.main(["variant", "--seed", "7", "--out", str(tmp_path / "class-7")]) == 0
    made = {p.relative_to(tmp_path / "class-7").as_posix() for p in (tmp_path / "class-7").rglob("*.ipynb")}
    assert {"exercises/03_gates.ipynb", "solutions/03_gates.ipynb", "exercises/projects/speech.ipynb"} <= made
    assert len(made) == 2 * len(checks.sheets())
    assert "BEGIN SOLUTION" not in (tmp_path / "class-7/exercises/03_gates.ipynb").read_text(encoding="utf-8")
    said = capsys.readouterr().out
    assert re.search(r"03_gates +9 of 16 points asked otherwise", said)
    assert "--variant 7" in said


def test_the_guide_says_how_many_points_are_asked_otherwise():
    sheets = checks.sheets()
    turned = sum(variants.turned_points(exercise, 7) for exercise in sheets)
    guide = (ROOT / "docs/instructors.md").read_text(encoding="utf-8")
    assert f"asked otherwise, {turned / sum(sheet.points for sheet in sheets.values()):.0%}".replace("%", " %") in guide


def test_a_variant_is_not_written_over_another_one_nor_into_a_course_folder(tmp_path, capsys):
    """A key among what is handed out would be handed out, too; in the course it would replace the solutions."""
    for seed, status in (("7", 0), ("7", 0), ("8", 2)):
        assert cli.main(["variant", "--seed", seed, "--out", str(tmp_path)]) == status
    assert "is an exercise of variant 7: give each variant a folder of its own" in capsys.readouterr().err
    edition = tmp_path / "edition"
    (edition / "notebooks").mkdir(parents=True)
    (edition / "notebooks/00_start_here.ipynb").touch()
    assert cli.main(["variant", "--seed", "8", "--out", str(edition)]) == 2
    assert "is a course folder, and the key would lie in it" in capsys.readouterr().err
    assert not (edition / "solutions").exists()


def test_a_text_that_is_gone_is_missed():
    variants.plan("03_gates", 999).edits.append(("a sentence that nobody wrote", ""))
    with pytest.raises(ValueError, match="is not there: 'a sentence that nobody wrote'"):
        key("03_gates", 999)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ('def pad(rows, lengths):\n    """Returns x, mask."""\n    return made\n', "has no 2 values to exchange"),
        ("both = pad(rows, lengths)\nprint(both[k])\n", "by a number that is not known"),
        ("print(pad(rows, lengths))  # by hand: 1, 2, 3\n", "another number of results"),
        ('def pad(rows, lengths):\n    """What it does."""\n    return x, mask\n', "no sentence that begins with"),
        ("print(pad(rows, lengths)[0])\nx = = 3\n", "leaves no Python"),
        ('def pad(rows, lengths):\n    """Returns x, zeros where mask is, too."""\n    return x, mask\n', "tells more"),
    ],
)
def test_code_that_cannot_be_turned_is_told(source, told):
    with pytest.raises(texts.Lost, match=told):
        texts.source(source, variants.plan("05_forward_through_time", 7), "pad")
