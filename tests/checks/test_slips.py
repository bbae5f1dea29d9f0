"""Pages of slips: what can be written there, what is said where it cannot be read, and that every page holds."""

import types

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm_helpers import checks
from lstm_helpers.checks import own_sheets, slips
from lstm_helpers.checks.sheet import Sheet
from lstm_helpers.checks.slips import SlipError, read

SHEETS = list(checks.sheets().values())


@pytest.fixture
def page(tmp_path):
    """Writes a page and reads it."""

    def write(text):
        path = tmp_path / "slips.md"
        path.write_text(text, encoding="utf-8")
        return read(path)

    return write


def double_and_add(x, b):
    """The right answer of the sheet below."""
    y = 2 * x
    return y + b


def by_sum(x, b):
    """The same in another way."""
    return x + x + b


ONE = 1.0


def sheet_of(tmp_path, text, **options):
    (tmp_path / "slips.md").write_text(text, encoding="utf-8")
    sheet = Sheet("own", exercise="20_own", slips=tmp_path / "slips.md")

    @sheet.check(oracle=double_and_add, returns="y", points=1, minutes=1, hints=["Double it."], **options)
    def double_and_add_cases(rng):
        """Twice x, and b."""
        yield "a vector", {"x": rng.normal(size=3), "b": np.ones(3)}

    return sheet


def values(sheet, place=0):
    fn = sheet.checks["double_and_add_cases"].misconceptions[place].build()
    return fn(np.array([1.0, 2.0]), np.array([10.0, 20.0])).tolist()


HEAD = "# Any title\n\nAny text.\n\n## double_and_add_cases\n\n"


@pytest.mark.parametrize(
    ("slip", "gives"),
    [
        ("- **halved** No.\n  `2 * x` → `x / 2`\n", [10.5, 21.0]),
        ("- **no b** No.\n  ` + b` → nothing\n", [2.0, 4.0]),
        ("- **two** No.\n  `2 * x` → `x`\n  `y + b` → `y - b`\n", [-9.0, -18.0]),
        ("- **lines** No.\n  ```diff\n  -y = 2 * x\n  +y = x\n  +    y = y * 3\n  ```\n", [13.0, 26.0]),
        ("- **the value** No.\n  → `x - b`\n", [-9.0, -18.0]),
        ("- **body** No.\n  ```diff\n  +z = x\n  +\n  +return z * b\n  ```\n", [10.0, 40.0]),
        ("- **a name of the sheet** No.\n  `2 * x` → `ONE * x`\n", [11.0, 22.0]),
        ("### of by_sum\n\n- **less** No.\n  `x + x` → `x - x`\n", [10.0, 20.0]),
        ("- **long advice** that goes\n  on in another line.\n  `2 * x` → `x`\n", [11.0, 22.0]),
    ],
)
def test_each_way_to_write_a_slip(tmp_path, slip, gives):
    sheet = sheet_of(tmp_path, HEAD + slip)
    assert values(sheet) == gives
    (found,) = sheet.slips
    assert sheet.checks["double_and_add_cases"].misconceptions[0].advice in ("No.", "that goes on in another line.")
    assert (
        found.where
        == f"{tmp_path / 'slips.md'}, line {(HEAD + slip)[: (HEAD + slip).index('- **')].count(chr(10)) + 1}"
    )


def test_headings_say_how_a_slip_is_looked_for(tmp_path):
    slip = "- **{}** No.\n  `2 * x` → `{} * x`\n"
    text = "".join(
        f"\n{heading}\n\n{slip.format(name, number)}"
        for heading, name, number in (("", "often", 3), ("### rare", "alone", 4), ("### plain, rare", "both", 5))
    )
    often, alone, both = sheet_of(tmp_path, HEAD + text).checks["double_and_add_cases"].misconceptions
    assert (bool(often.edits), often.plain) == (True, False)
    assert (bool(alone.edits), alone.plain) == (False, False)
    assert (bool(both.edits), both.plain) == (False, True)


def test_words_in_braces_are_those_of_the_check(tmp_path):
    text = HEAD + "- **{what} is tripled** {what} is doubled; {other} stays.\n  `2 * {what}` → `3 * {what}`\n"
    sheet = sheet_of(tmp_path, text, words={"what": "x"})
    (slip,) = sheet.checks["double_and_add_cases"].misconceptions
    assert (slip.name, slip.advice) == ("x is tripled", "x is doubled; {other} stays.")
    assert values(sheet) == [13.0, 26.0]


def test_several_checks_share_a_block(page):
    (slip,) = page("## one, two\n\n- **a** No.\n  `x` → `y`\n")
    assert slip.checks == ("one", "two")


BAD = {  # a page that does not parse: (its text, the line that is named, what is said)
    "a line that is nothing": ("## a\n\nSome prose.\n", 3, "expected a heading"),
    "a heading that is no name": ("## a check\n", 1, "'a check' is no name of a check"),
    "an unknown way": ("## a\n\n### rarely\n", 3, "'rarely' is none of: rare, plain, of <another readable answer>"),
    "no name in bold": ("## a\n\n- a slip\n  `x` → `y`\n", 3, "expected `- **name** advice`"),
    "no advice": ("## a\n\n- **a**\n  `x` → `y`\n", 3, "the slip 'a' has no advice"),
    "no edit": ("## a\n\n- **a** No.\n", 3, "the slip 'a' has no edit"),
    "an arrow that is none": ("## a\n\n- **a** No.\n  `x` -> `y`\n", 3, "has no edit"),
    "a block without its end": ("## a\n\n- **a** No.\n  ```diff\n  -x\n  +y\n", 3, "ends with ```"),
    "a block with other lines": ("## a\n\n- **a** No.\n  ```diff\n  x\n  ```\n", 3, "lines with - or + in front"),
    "text after the code": ("## a\n\n- **a** No.\n  `x` → `y`\n  more\n", 3, "'more' is no edit"),
    "a body and an edit": ("## a\n\n- **a** No.\n  → `x`\n  `x` → `y`\n", 3, "give one of them"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_page_that_does_not_parse_is_named_with_its_line(page, tmp_path, case):
    text, line, says = BAD[case]
    with pytest.raises(SlipError) as trouble:
        page(text)
    assert str(trouble.value).startswith(f"{tmp_path / 'slips.md'}, line {line}: ")
    assert says in str(trouble.value)


@given(st.text(alphabet="#- *`→\n+abx=" + "diff", max_size=80))
def test_no_text_does_anything_but_parse_or_be_refused(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("page") / "slips.md"
    path.write_text(text, encoding="utf-8")
    found, said = [], ""
    try:
        found = read(path)
    except SlipError as trouble:
        said = str(trouble)
    assert not said or said.startswith(f"{path}, line ")
    assert all(slip.name and slip.advice and (slip.edits or slip.body) for slip in found)


@pytest.mark.parametrize(
    ("slip", "says"),
    [
        ("- **a** No.\n  `3 * x` → `x`\n", "double_and_add holds no '3 * x': this misconception has lost its anchor"),
        ("- **a** No.\n  `2 * x` → `(`\n", "was never closed"),
        ("### of nobody\n\n- **a** No.\n  `2 * x` → `x`\n", "'nobody'"),
    ],
)
def test_an_edit_that_has_lost_its_anchor_is_named_with_file_and_line(tmp_path, slip, says):
    sheet = sheet_of(tmp_path, HEAD + slip)
    with pytest.raises(SlipError) as trouble:
        sheet.checks["double_and_add_cases"].misconceptions[0].build()
    assert str(trouble.value).startswith(f"{tmp_path / 'slips.md'}, line ")
    assert "double_and_add_cases, 'a': " in str(trouble.value)
    assert says in str(trouble.value)


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.exercise)
def test_every_slip_of_a_page_has_its_check_and_its_anchor(sheet):
    assert sheet.slips
    unknown = [
        f"{slip.where}: there is no check {n!r}" for slip in sheet.slips for n in slip.checks if n not in sheet.checks
    ]
    assert not unknown, f"correct the heading, to one of {', '.join(sheet.checks)}: {'; '.join(unknown)}"
    for check in sheet.checks.values():
        for misconception in check.misconceptions:
            misconception.build()


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.exercise)
def test_no_word_in_braces_is_left_over(sheet):
    words = {word for check in sheet.checks.values() for word in check.words}
    for check in sheet.checks.values():
        for misconception in check.misconceptions:
            for text in (misconception.name, misconception.advice, *(t for edit in misconception.edits for t in edit)):
                assert not [word for word in words if f"{{{word}}}" in text], text


def test_slips_stand_on_pages_unless_they_are_computed():
    on_page = sum(len(slip.checks) for sheet in SHEETS for slip in sheet.slips)
    every = [m for sheet in SHEETS for check in sheet.checks.values() for m in check.misconceptions]
    numbers = sum(not check.fresh for sheet in SHEETS for check in sheet.checks.values() for _ in check.misconceptions)
    assert on_page > 0.95 * (len(every) - numbers)


def test_the_page_of_an_own_sheet_names_its_checks(tmp_path):
    (tmp_path / "mine.md").write_text("## doubled\n\n- **a** No.\n  `2 * x` → `x`\n", encoding="utf-8")
    (tmp_path / "mine.py").write_text(
        "from pathlib import Path\nimport numpy as np\nfrom lstm_helpers.checks.sheet import Sheet\n"
        "sheet = Sheet('mine', exercise='20_mine', slips=Path(__file__).with_name('mine.md'))\n"
        "def double(x):\n    return 2 * x\n"
        "@sheet.check(name='double', oracle=double, returns='y', points=1, minutes=1, hints=['h'])\n"
        "def cases(rng):\n    'Twice x.'\n    yield 'a', {'x': rng.normal(size=3)}\n",
        encoding="utf-8",
    )
    with pytest.raises(ValueError, match=r"mine.md, line 3: there is no check 'doubled'"):
        own_sheets.read(tmp_path)


def test_the_words_of_the_docstring_are_those_that_are_known():
    assert all(way in slips.__doc__ or f"### {way}" in slips.__doc__ or way == "plain" for way in slips.WAYS)


def test_a_sheet_of_the_course_without_a_row_or_an_answer_says_what_to_write():
    stray = types.ModuleType("lstm_helpers.lessons.stray.answers")
    stray.__file__ = "stray/answers.py"
    with pytest.raises(ValueError, match=r"stray belongs to no row of course/course.toml: add one"):
        Sheet.of(stray)
    sheet = Sheet("own", exercise="20_own", answers=stray)
    with pytest.raises(ValueError, match=r"stray/answers.py has no 'doubled': write the right answer there"):

        @sheet.check(returns="y", points=1, minutes=1, hints=["Double it."])
        def doubled(rng):
            """Twice x."""
