"""Pages of slips: what can be written there, what is said where it cannot be read, and that every page holds."""

import re
import sys
import types
from pathlib import Path

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
        ("- **y for b** No.\n  `y` → `b` everywhere\n", [4.0, 8.0]),
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
    text = HEAD + "- **{what} is tripled** {what} is doubled; `{other}` stays.\n  `2 * {what}` → `3 * {what}`\n"
    sheet = sheet_of(tmp_path, text, words={"what": "x"})
    (slip,) = sheet.checks["double_and_add_cases"].misconceptions
    assert (slip.name, slip.advice) == ("x is tripled", "x is doubled; `{other}` stays.")
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
    "an arrow that is none": ("## a\n\n- **a** No.\n  `x` -> `y`\n", 4, "'`x` -> `y`' is no edit"),
    "another arrow": ("## a\n\n- **a** No.\n  `x` ⇒ `y`\n  `x` → `y`\n", 4, "is no edit: expected `old` → `new`"),
    "no arrow": ("## a\n\n- **a** No.\n  `x` `y`\n  `x` → `y`\n", 4, "is no edit"),
    "two spaces before the arrow": ("## a\n\n- **a** No.\n  `x`  → `y`\n  `x` → `y`\n", 4, "is no edit"),
    "a space behind an edit": ("## a\n\n- **a** No.\n  `x` → `y` \n  `x` → `y`\n", 4, "'`x` → `y` ' is no edit"),
    "an edit further to the right": ("## a\n\n- **a** No.\n    `x` → `y`\n", 4, "'  `x` → `y`' is no edit"),
    "no backtick at the start": ("## a\n\n- **a** No.\n  x` → `y`\n  `x` → `y`\n", 4, "is no edit"),
    "no backtick in the middle": ("## a\n\n- **a** No.\n  `x → `y`\n  `x` → `y`\n", 4, "is no edit"),
    "a value without a backtick": ("## a\n\n- **a** No.\n  → y`\n  `x` → `y`\n", 4, "is no edit"),
    "an edit in the line of the name": ("## a\n\n- **a** No. `x` → `y`\n  `x` → `y`\n", 3, "is no edit"),
    "a heading without its space": (
        "# T\n\n##a\n\n- **a** No.\n  `x` → `y`\n\n## b\n",
        3,
        "'##a' stands before the first",
    ),
    "a heading with a space in front": (" ## a\n\n## b\n", 1, "stands before the first heading"),
    "a lower heading first": ("Text.\n### a\n\n## b\n", 2, "stands before the first heading"),
    "a slip before the first heading": ("# a\n\n- **a** No.\n  `x` → `y`\n\n## b\n", 3, "stands before the first"),
    "a later heading without its space": ("## a\n\n##b\n", 3, "with a space after its signs"),
    "a heading in a slip": ("## a\n\n- **a** No.\n  ## b\n  `x` → `y`\n", 4, "'## b' stands in the advice"),
    "a slip in a slip": (
        "## a\n\n- **a** No.\n  - **b** No.\n  `x` → `y`\n",
        4,
        "begin a slip at the start of the line",
    ),
    "a block without its end": ("## a\n\n- **a** No.\n  ```diff\n  -x\n  +y\n", 4, "ends with ```"),
    "a block with other lines": ("## a\n\n- **a** No.\n  ```diff\n  x\n  ```\n", 4, "lines with - or + in front"),
    "text after the code": ("## a\n\n- **a** No.\n  `x` → `y`\n  more\n", 5, "'more' is no edit"),
    "a body and an edit": ("## a\n\n- **a** No.\n  → `x`\n  `x` → `y`\n", 5, "give one of them"),
    "two values": ("## a\n\n- **a** No.\n  → `x`\n  → `y`\n", 5, "two whole bodies: give one of them"),
    "a value and a body": ("## a\n\n- **a** No.\n  → `x`\n  ```diff\n  +return y\n  ```\n", 5, "two whole bodies"),
    "a body of another answer": ("## a\n\n### of b\n\n- **a** No.\n  → `x`\n", 5, "`### of b` does not apply to"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_page_that_does_not_parse_is_named_with_its_line(page, tmp_path, case):
    text, line, says = BAD[case]
    with pytest.raises(SlipError) as trouble:
        page(text)
    assert str(trouble.value).startswith(f"{tmp_path / 'slips.md'}, line {line}: ")
    assert says in str(trouble.value)


def test_a_page_in_another_encoding_is_named_with_its_line(tmp_path):
    path = tmp_path / "slips.md"
    path.write_bytes("## a\n\n- **a** Größe.\n  → `x`\n".encode("latin-1", "replace"))
    with pytest.raises(SlipError) as trouble:
        read(path)
    assert str(trouble.value) == f"{path}, line 3: this is not UTF-8: save the page as UTF-8 text"


@pytest.mark.parametrize("text", ["\ufeff## a\n\n{}", "## a\r\n\r\n{}", "\ufeff# T\n\n## a\n\n{}"])
def test_a_byte_order_mark_and_other_line_ends_hide_no_slip(page, text):
    (slip,) = page(text.format("- **a** No.\n  `x` → `y`\n"))
    assert (slip.checks, slip.edits) == (("a",), (("x", "y"),))


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
    ("slip", "line", "says"),
    [
        (
            "- **a** No.\n  `3 * x` → `x`\n",
            8,
            "double_and_add holds no '3 * x': this misconception has lost its anchor",
        ),
        ("- **a** No.\n  `+ b` → `- b`\n  `2 * x` → `(`\n", 8, "with this edit is not Python: '(' was never closed"),
        ("- **a** No.\n  `+ b` → `- b`\n  `x` → `b`\n", 9, "double_and_add holds 'x' 2 times: take a longer text"),
        ("- **a** No.\n  → `(`\n", 8, "this body is not Python: '(' was never closed"),
        ("- **a** No.\n  ```diff\n  +y = x\n  +for k in y\n  +    y = k\n  +return y\n  ```\n", 10, "expected ':'"),
        ("- **a** No.\n  `2 * x` → `2 * z`\n", 8, "nothing defines 'z': is it misspelt?"),
        ("- **a** No.\n  `2 * x` → `np.tahn(x)`\n", 8, "numpy has no 'tahn': is it misspelt?"),
        ("- **a** No.\n  ```diff\n  +y = x\n  +return [lenght(k) for k in y]\n  ```\n", 10, "nothing defines 'lenght'"),
        ("- **a** No.\n  `double_and_add(x` → `double(x`\n", 8, "leaves no function double_and_add"),
        (
            "### of nobody\n\n- **a** No.\n  `2 * x` → `x`\n",
            9,
            "no function 'nobody': correct the heading `### of nobody`",
        ),
    ],
)
def test_an_edit_that_makes_no_function_is_named_with_file_and_line(tmp_path, slip, line, says):
    sheet = sheet_of(tmp_path, HEAD + slip)
    with pytest.raises(SlipError) as trouble:
        sheet.checks["double_and_add_cases"].misconceptions[0].verified()
    assert str(trouble.value).startswith(f"{tmp_path / 'slips.md'}, line {line}, double_and_add_cases, 'a': ")
    assert says in str(trouble.value)


@pytest.mark.parametrize(
    ("slip", "line", "says"),
    [
        ("- **a** No.\n  `2 * x` → `x`\n- **a** Yes.\n  `+ b` → `- b`\n", 9, "has a slip 'a' already"),
        ("- **a** {thing} is no matrix.\n  `2 * x` → `x`\n", 7, "{thing} is no word that the check gives"),
        ("- **{thing}** No.\n  `2 * x` → `x`\n", 7, "they are: what"),
    ],
)
def test_a_slip_that_its_check_cannot_take_is_named_with_file_and_line(tmp_path, slip, line, says):
    with pytest.raises(SlipError) as trouble:
        sheet_of(tmp_path, HEAD + slip, words={"what": "x"})
    assert str(trouble.value).startswith(f"{tmp_path / 'slips.md'}, line {line}: ")
    assert says in str(trouble.value)


def halves(x):
    return hlaf(x)  # noqa: F821 - misspelt on purpose


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("2 * x", "hlaf(x)"), "nothing defines 'hlaf': is it misspelt?"),
        (halves, "nothing defines 'hlaf': is it misspelt?"),
        (("2 * x", "2 * "), "not Python: invalid syntax"),
        (("3 * x", "x"), "has lost its anchor"),
    ],
)
def test_a_slip_of_a_sheet_that_makes_no_function_is_named(tmp_path, change, says):
    check = sheet_of(tmp_path, HEAD).checks["double_and_add_cases"]
    check.wrong("a", change, "No.")
    with pytest.raises(ValueError, match=rf"double_and_add_cases, 'a': .*{re.escape(says)}"):
        check.misconceptions[0].verified()
    with pytest.raises(ValueError, match="has a slip 'a' already"):
        check.wrong("a", change, "No.")


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.exercise)
def test_every_slip_of_a_page_has_its_check_and_its_anchor(sheet):
    assert sheet.slips
    unknown = [
        f"{slip.where}: there is no check {n!r}" for slip in sheet.slips for n in slip.checks if n not in sheet.checks
    ]
    assert not unknown, f"correct the heading, to one of {', '.join(sheet.checks)}: {'; '.join(unknown)}"
    for check in sheet.checks.values():
        for misconception in check.misconceptions:
            misconception.verified()


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.exercise)
def test_every_check_of_functions_has_its_heading_and_slips_on_the_page(sheet):
    """A heading that is lost takes all its slips with it: those of the sheet are few."""
    on_page = {name: sum(name in slip.checks for slip in sheet.slips) for name in sheet.checks}
    few = {
        name: n for name, n in on_page.items() if sheet.checks[name].fresh and not sheet.checks[name].marks and n < 4
    }
    assert not few, f"slips.md of {sheet.exercise} has hardly any slips of these checks (under `## check`): {few}"


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.exercise)
def test_every_heading_and_every_item_of_a_page_is_read(sheet):
    path, _, _ = sheet.slips[0].where.rpartition(", line ")
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    headings = [line[3:] for line in lines if re.match(r"\s*##\s*\w", line)]
    assert headings == list(dict.fromkeys(", ".join(slip.checks) for slip in sheet.slips))
    assert sum(bool(re.match(r"\s*[-*+]\s*\*\*", line)) for line in lines) == len(sheet.slips)


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
    sys.modules.pop("lstm_own_sheet_mine")
    (tmp_path / "mine.md").write_text("##double\n\n- **a** No.\n  `2 * x` → `x`\n", encoding="utf-8")
    with pytest.raises(ValueError) as trouble:  # noqa: PT011 - the whole message counts
        own_sheets.read(tmp_path)
    assert str(trouble.value).startswith(f"{tmp_path / 'mine.md'}, line 1: '##double' stands before the first heading")
    (tmp_path / "mine.md").write_text("## double\n\n- **a** No.\n  `2 * x` → `tow * x`\n", encoding="utf-8")
    (sheet,) = own_sheets.read(tmp_path)
    (found,) = own_sheets.faults(sheet, checks.examine)
    assert found == f"{tmp_path / 'mine.md'}, line 4, double, 'a': nothing defines 'tow': is it misspelt?"


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
