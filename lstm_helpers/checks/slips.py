"""Slips as a page: what students get wrong, what to tell them, and the edit of the right answer that makes it.

A page is Markdown, so that it can be read by whoever teaches::

    ## cell_update

    - **f and i are swapped** f scales what was there, i scales what comes in.
      `f * c_prev + i * g` → `i * c_prev + f * g`

    ### rare

    - **the old cell state is squashed** c_prev is used as it is.
      `c_prev` → `np.tanh(c_prev)`

A level-two heading names the check, or several that share its slips. A level-three heading says how the slips below it
are looked for, by one of the WAYS, or names with ``of`` another readable answer to which the edits belong. Each slip is
an item: its name in bold, the advice, and one of

- edits, a line each, `old` → `new`; "nothing" is no text; ``everywhere`` behind it where ``old`` stands several times;
- an edit of several lines, in a block of ``diff``, with - before the old lines and + before the new ones;
- the whole body of the wrong function: a block of ``diff`` with + lines alone, or → `value` for one that returns it.

``{words}`` in braces are those that the check gives for itself (``words=`` in the sheet).
"""

import functools
import itertools
import re
from dataclasses import dataclass, replace
from pathlib import Path

WAYS = {
    "rare": "alone",  # too rare to look for it beside a second one
    "plain": "plain",  # the name says only what comes out
}
EDIT = re.compile(r"(?P<a>`+)(?P<old>.+?)(?P=a) → (?:(?P<b>`+)(?P<new>.+?)(?P=b)|nothing)(?P<all> everywhere)?")
VALUE = re.compile(r"→ (?P<a>`+)(?P<value>.+?)(?P=a)")
ITEM = re.compile(r"- \*\*(?P<name>.+?)\*\*(?: (?P<advice>.*))?")
NEARLY_EDIT = re.compile(r".*(→|⇒|⟶|⟹|➔|➜|[-=]>).*|`[^`]+`( *`[^`]+`)+")  # an arrow, or two texts and no word
HEADING_OR_SLIP = re.compile(r"\s*(##|[-*+] *\*\*)")
BRACES = re.compile(r"\{(\w+)\}")
EXPECTED = "expected a heading `## check`, or a slip, `- **name** advice`, with its edits below, indented by two spaces"
HEADING = "write a heading from the start of the line, with a space after its signs: `## check`, `### rare`"
AN_EDIT = (
    "expected `old` → `new` with this arrow, a space on each side, both in backticks, and nothing more in the line"
)


class SlipError(ValueError):
    """A page of slips that cannot be read, or a slip that makes no function: where it stands, and what to do."""


@dataclass(frozen=True)
class Slip:
    """One item of a page: of which checks, its name and advice, edits ((old, new), ...) or the body of the wrong
    function, how it is looked for, and where it stands ("slips.md, line 12").

    code: where each of its edits stands, or each line of its body; everywhere: those edits, by their number, that may
    change several places.
    """

    checks: tuple
    name: str
    advice: str
    edits: tuple
    body: str
    alone: bool
    plain: bool
    of: str
    where: str
    code: tuple = ()
    everywhere: frozenset = frozenset()

    def said_for(self, words):
        """The same with ``words``, {word in braces: text}, put in. SlipError for other braces that a student would
        read.
        """
        if "{" not in "".join([self.name, self.advice, self.body, *itertools.chain(*self.edits)]):
            return self
        known = re.compile("|".join(rf"\{{{re.escape(word)}\}}" for word in words) or "(?!)")
        put = functools.partial(known.sub, lambda found: words[found[0][1:-1]])
        edits = tuple((put(old), put(new)) for old, new in self.edits)
        said = replace(self, name=put(self.name), advice=put(self.advice), edits=edits, body=put(self.body))
        if strange := BRACES.search(re.sub(r"`[^`]*`", "", f"{said.name} {said.advice}")):
            given = f"they are: {', '.join(words)}" if words else "it gives none"
            raise SlipError(f"{self.where}: {strange[0]} is no word that the check gives with words=...; {given}")
        return said


def read(path):
    """The Slips of a page, in its order. SlipError with file and line where it does not parse."""
    lines = _lines(path)
    place = lambda number: f"{path}, line {number + 1}"  # noqa: E731
    first = next((k for k, line in enumerate(lines) if line.startswith("## ")), len(lines))
    for number, line in enumerate(lines[:first]):
        if HEADING_OR_SLIP.match(line):
            raise SlipError(f"{place(number)}: {line.strip()!r} stands before the first heading `## check`: {HEADING}")
    slips, checks, ways, number = [], (), {}, first
    while number < len(lines):
        line, where = lines[number], place(number)
        if line.startswith("## "):
            checks, ways = tuple(re.split(r",\s*", line[3:].strip())), {}
            if wrong := [name for name in checks if not name.isidentifier()]:
                raise SlipError(f"{where}: {wrong[0]!r} is no name of a check")
        elif line.startswith("### "):
            ways = _ways(line[4:].strip(), where)
        elif line.startswith("- "):
            last = next((k for k in range(number + 1, len(lines)) if lines[k] and lines[k][:2] != "  "), len(lines))
            slips.append(_slip(lines[number:last], functools.partial(_below, place, number), checks, ways))
            number = last - 1
        elif line.strip():
            raise SlipError(f"{where}: {line.strip()!r}: {HEADING if '##' in line else EXPECTED}")
        number += 1
    return slips


def _lines(path):
    """The lines of a page, with or without a byte order mark."""
    data = Path(path).read_bytes()
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    except UnicodeDecodeError as trouble:
        line = data.count(b"\n", 0, trouble.start) + 1
        raise SlipError(f"{path}, line {line}: this is not UTF-8: save the page as UTF-8 text") from None


def _below(place, first, number):
    """Where a line stands that is numbered from another one on."""
    return place(first + number)


def _ways(heading, where):
    """{field of Slip: value} of a level-three heading such as "rare, plain" or "of two_passes"."""
    ways = {}
    for way in re.split(r",\s*", heading):
        if way in WAYS:
            ways[WAYS[way]] = True
        elif way.startswith("of ") and way[3:].isidentifier():
            ways["of"] = way[3:]
        else:
            raise SlipError(f"{where}: {way!r} is none of: {', '.join([*WAYS, 'of <another readable answer>'])}")
    return ways


def _slip(lines, place, checks, ways):
    """The Slip of the lines of an item; place(number) says where each of them stands."""
    lines = [lines[0], *(line[2:] for line in lines[1:])]
    while not lines[-1].strip():
        lines.pop()
    item = ITEM.fullmatch(lines[0])
    if not item:
        raise SlipError(
            f"{place(0)}: {lines[0]!r}: expected `- **name** advice` on one line, or the advice going on below"
        )
    at = next((k for k, line in enumerate(lines[1:], 1) if _begins_code(line)), len(lines))
    _is_advice([item["advice"] or "", *lines[1:at]], place)
    advice = " ".join([item["advice"] or "", *map(str.strip, lines[1:at])]).strip()
    code = _code(lines[at:], functools.partial(_below, place, at))
    if not advice or not (code["edits"] or code["body"]):
        missing = "advice: write after the name what to do"
        if advice:
            missing = (
                "edit: expected below the advice, indented by two spaces, `old` → `new` (with this arrow), or a body"
            )
        raise SlipError(f"{place(0)}: the slip {item['name']!r} has no {missing}")
    given = {"alone": False, "plain": False, "of": ""} | ways
    if code["body"] and given["of"]:
        raise SlipError(
            f"{place(0)}: the slip {item['name']!r} has a whole body, which `### of {given['of']}` does not apply to: "
            "move it under another heading"
        )
    return Slip(checks, item["name"], advice, where=place(0), **code, **given)


def _begins_code(line):
    return line.startswith("```") or EDIT.fullmatch(line) or VALUE.fullmatch(line)


def _is_advice(lines, place):
    """SlipError for a line of the advice that was meant for something else."""
    for number, line in enumerate(lines):
        if line.strip().startswith("#"):
            raise SlipError(f"{place(number)}: {line!r} stands in the advice: {HEADING}")
        if HEADING_OR_SLIP.match(line):
            raise SlipError(f"{place(number)}: {line!r} stands in the advice: begin a slip at the start of the line")
        if NEARLY_EDIT.fullmatch(line.strip()):
            raise SlipError(f"{place(number)}: {line!r} is no edit: {AN_EDIT}")


def _code(lines, place):
    """{edits, body, code, everywhere} of a Slip, from the lines below the advice."""
    edits, bodies, code, everywhere, number = [], [], [], [], 0
    while number < len(lines):
        line, where = lines[number], place(number)
        if found := EDIT.fullmatch(line):
            everywhere += [len(edits)] if found["all"] else []
            edits.append((found["old"], found["new"] or ""))
            code.append(where)
        elif found := VALUE.fullmatch(line):
            bodies.append(f"return {found['value']}")
            code.append(where)
        elif line.startswith("```diff"):
            end = next((k for k in range(number + 1, len(lines)) if lines[k].startswith("```")), None)
            if end is None or not all(row[:1] in ("-", "+") for row in lines[number + 1 : end]):
                raise SlipError(f"{where}: a block of ``` has lines with - or + in front, and ends with ```")
            old, new = ("\n".join(row[1:] for row in lines[number + 1 : end] if row[0] == sign) for sign in "-+")
            if old:
                edits.append((old, new))
                code.append(where)
            else:
                bodies.append(new)
                code += map(place, range(number + 1, end))
            number = end
        else:
            raise SlipError(f"{where}: {line!r} is no edit and no block: {AN_EDIT}")
        if len(bodies) > 1 or bodies and edits:
            two = "two whole bodies" if len(bodies) > 1 else "a whole body and an edit of the right answer"
            raise SlipError(f"{where}: {two}: give one of them")
        number += 1
    body = bodies[0] if bodies else ""
    return {"edits": tuple(edits), "body": body, "code": tuple(code), "everywhere": frozenset(everywhere)}
