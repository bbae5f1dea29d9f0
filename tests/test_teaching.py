"""The teaching guides: a plan that fills the hour, and nothing named that its lesson or its sheet does not have."""

import json
import re
import tomllib

import pytest

from tests import ROOT

FOLDER = ROOT / "docs" / "teaching"
MAP = tomllib.loads((ROOT / "lstm_helpers" / "course" / "course.toml").read_text(encoding="utf-8"))
STEMS = ["00_start_here", *(row["stem"] for row in MAP["lesson"])]
WITHOUT = []  # lessons whose guide is still to be written
GUIDED = [stem for stem in STEMS if stem not in WITHOUT]
SET = [stem for stem in GUIDED if stem != "00_start_here"]  # those with a sheet
WORDS = 1350  # about two printed pages, tables and equations included


def guide(stem):
    return (FOLDER / f"{stem}.md").read_text(encoding="utf-8")


def part(stem, heading):
    """What stands below a heading of the guide, up to the next one."""
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", guide(stem), re.M | re.S)
    assert found, f"{stem}.md has no part '## {heading}'"
    return found[1]


def rows(text):
    """The cells of a table's rows, without its head."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[2:]]


def lesson(stem, folder="notebooks"):
    """The markdown and the code of a notebook."""
    cells = json.loads((ROOT / folder / f"{stem}.ipynb").read_text(encoding="utf-8"))["cells"]
    kinds = ("markdown", "code")
    return ["\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == kind) for kind in kinds]


def headings(stem):
    """The headings of a lesson, without their numbers: those change when a section comes in."""
    return set(re.findall(r"^#+ (?:\d+\. )?(.+?) *$", lesson(stem)[0], re.M))


def slips(stem):
    """(check, name of a slip) for each slip of the lesson's sheet."""
    path = ROOT / "lstm_helpers" / "lessons" / stem[3:] / "slips.md"
    found, checks = set(), []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            checks = line[3:].split(", ")
        elif slip := re.match(r"- \*\*(.+?)\*\*", line):
            found |= {(check, slip[1]) for check in checks}
    return found


def test_every_lesson_of_the_map_has_a_guide_and_every_guide_a_lesson():
    assert {path.stem for path in FOLDER.glob("*.md")} - {"README"} == set(GUIDED)
    assert set(WITHOUT) <= set(STEMS)


@pytest.mark.parametrize("stem", GUIDED)
def test_a_plan_fills_fifty_minutes(stem):
    plan = rows(part(stem, "Fifty minutes"))
    assert sum(int(minutes) for minutes, *_ in plan) == 50
    assert all(len(row) == 4 and all(row) for row in plan)


@pytest.mark.parametrize("stem", GUIDED)
def test_the_short_version_fills_twenty_five(stem):
    assert sum(map(int, re.findall(r"\((\d+)\)", part(stem, "Twenty-five minutes")))) == 25


@pytest.mark.parametrize("stem", GUIDED)
def test_a_plan_names_headings_of_its_lesson(stem):
    named = [name for row in rows(part(stem, "Fifty minutes")) for name in re.findall(r"\*([^*]+)\*", row[2])]
    assert named, "name headings in the third column, *like this*"
    assert set(named) <= headings(stem)


@pytest.mark.parametrize("stem", GUIDED)
def test_predictions_and_explorers_that_are_named_are_in_the_lesson(stem):
    code = lesson(stem)[1]
    for name in re.findall(r"`(\d\d-[a-z0-9-]+)`", guide(stem)):
        assert f'predict("{name}"' in code, name
    for name in re.findall(r"`(\w+Explorer)`", guide(stem)):
        assert f"{name}(" in code, name


@pytest.mark.parametrize("stem", SET)
def test_slips_are_named_as_the_sheet_names_them(stem):
    named = [(row[0].strip("`"), row[1].strip("*")) for row in rows(part(stem, "Where they stumble"))]
    assert len(named) == 5
    assert set(named) <= slips(stem)


@pytest.mark.parametrize("stem", SET)
def test_questions_for_the_room_come_with_both_answers(stem):
    asked = part(stem, "Questions for the room")
    count = len(re.findall(r"^\d\. ", asked, re.M))
    assert 4 <= count <= 6
    assert asked.count("*Wanted:*") == asked.count("*You will hear:*") == count


def questions(stem):
    """(points, minutes) of each question of the exercise."""
    found = re.findall(r"^## \d+\. .*\((\d+) points?, (\d+) minutes\)", lesson(stem, "exercises")[0], re.M)
    return [(int(points), int(minutes)) for points, minutes in found]


def minutes_of(stem, chosen):
    """The minutes of some questions, given as "1 to 3, 6 and 10" or "1–3, 6, 10"."""
    numbers = []
    for first, last in re.findall(r"(\d+)(?:(?: to |–)(\d+))?", chosen):
        numbers += range(int(first), int(last or first) + 1)
    return sum(questions(stem)[number - 1][1] for number in numbers)


@pytest.mark.parametrize("stem", SET)
def test_the_size_of_the_exercise_is_that_of_its_headings(stem):
    points, minutes = (sum(sizes) for sizes in zip(*questions(stem), strict=True))
    assert f"{len(questions(stem))} questions, {points} points, {minutes} minutes" in part(stem, "To set")


CHOICE = r"(\d+(?: to \d+)?(?:(?:, | and )\d+(?: to \d+)?)*) \((\d+) minutes\)"


@pytest.mark.parametrize("stem", SET)
def test_the_minutes_of_what_is_set_are_those_of_its_questions(stem):
    for chosen, minutes in re.findall(CHOICE, " ".join(part(stem, "To set").split())):
        assert minutes_of(stem, chosen) == int(minutes), chosen


def test_the_plan_of_a_term_counts_the_minutes_of_its_questions():
    plan = re.findall(r"ex\. (\d\d): ([\d–, ]+) \((\d+)\)", guide("00_start_here"))
    assert len(plan) == 10
    for number, chosen, minutes in plan:
        stem = next(stem for stem in SET if stem.startswith(number))
        assert minutes_of(stem, chosen) == int(minutes), (stem, chosen)


@pytest.mark.parametrize("stem", GUIDED)
def test_a_guide_is_two_pages_and_has_all_its_parts(stem):
    for heading in ("On the board", "Eight minutes on paper", "Twenty-five minutes"):
        assert part(stem, heading).strip()
    assert len(guide(stem).split()) <= WORDS


PAGES = ["README", *GUIDED]


@pytest.mark.parametrize("stem", PAGES)
def test_links_lead_to_files(stem):
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", guide(stem)):
        assert target.startswith("https://") or (FOLDER / target).exists(), target
