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

- edits, a line each, `old` → `new`; "nothing" is no text;
- an edit of several lines, in a block of ``diff``, with - before the old lines and + before the new ones;
- the whole body of the wrong function: a block of ``diff`` with + lines alone, or → `value` for one that returns it.

``{words}`` in braces are those that the check gives for itself (``words=`` in the sheet).
"""

import functools
import re
from dataclasses import dataclass, replace
from pathlib import Path

WAYS = {
    "rare": "alone",  # too rare to look for it beside a second one
    "plain": "plain",  # the name says only what comes out
}
EDIT = re.compile(r"(?P<a>`+)(?P<old>.+?)(?P=a) → (?:(?P<b>`+)(?P<new>.+?)(?P=b)|nothing)")
VALUE = re.compile(r"→ (?P<a>`+)(?P<value>.+?)(?P=a)")
ITEM = re.compile(r"- \*\*(?P<name>.+?)\*\*(?: (?P<advice>.*))?")
EXPECTED = "expected a heading `## check`, or a slip, `- **name** advice`, with its edits below, indented by two spaces"


class SlipError(ValueError):
    """A page of slips that cannot be read, or an edit that has lost its anchor: file, line, and what to do."""


@dataclass(frozen=True)
class Slip:
    """One item of a page: of which checks, its name and advice, edits ((old, new), ...) or the body of the wrong
    function, how it is looked for, and where it stands ("slips.md, line 12")."""

    checks: tuple
    name: str
    advice: str
    edits: tuple
    body: str
    alone: bool
    plain: bool
    of: str
    where: str

    def said_for(self, words):
        """The same with ``words``, {word in braces: text}, put in."""
        if not words:
            return self
        known = re.compile("|".join(rf"\{{{re.escape(word)}\}}" for word in words))
        put = functools.partial(known.sub, lambda found: words[found[0][1:-1]])
        edits = tuple((put(old), put(new)) for old, new in self.edits)
        return replace(self, name=put(self.name), advice=put(self.advice), edits=edits, body=put(self.body))


def read(path):
    """The Slips of a page, in its order. SlipError with file and line where it does not parse."""
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    first = next((k for k, line in enumerate(lines) if line.startswith("## ")), len(lines))
    slips, checks, ways, number = [], (), {}, first
    while number < len(lines):
        line, where = lines[number], f"{path}, line {number + 1}"
        if line.startswith("## "):
            checks, ways = tuple(re.split(r",\s*", line[3:].strip())), {}
            if wrong := [name for name in checks if not name.isidentifier()]:
                raise SlipError(f"{where}: {wrong[0]!r} is no name of a check")
        elif line.startswith("### "):
            ways = _ways(line[4:].strip(), where)
        elif line.startswith("- "):
            last = next((k for k in range(number + 1, len(lines)) if lines[k] and lines[k][:2] != "  "), len(lines))
            if not checks:
                raise SlipError(f"{where}: a slip before the first heading: {EXPECTED}")
            slips.append(_slip(lines[number:last], where, checks, ways))
            number = last - 1
        elif line.strip():
            raise SlipError(f"{where}: {line.strip()!r}: {EXPECTED}")
        number += 1
    return slips


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


def _slip(lines, where, checks, ways):
    lines = [lines[0], *(line[2:] for line in lines[1:])]
    while not lines[-1].strip():
        lines.pop()
    item = ITEM.fullmatch(lines[0])
    if not item:
        raise SlipError(
            f"{where}: {lines[0]!r}: expected `- **name** advice` on one line, or the advice going on below"
        )
    at = next((k for k, line in enumerate(lines[1:], 1) if _begins_code(line)), len(lines))
    advice = " ".join([item["advice"] or "", *map(str.strip, lines[1:at])]).strip()
    edits, body = _code(lines[at:], where)
    if not advice or not (edits or body):
        missing = "advice: write after the name what to do"
        if advice:
            missing = (
                "edit: expected below the advice, indented by two spaces, `old` → `new` (with this arrow), or a body"
            )
        raise SlipError(f"{where}: the slip {item['name']!r} has no {missing}")
    given = {"alone": False, "plain": False, "of": ""} | ways
    return Slip(checks, item["name"], advice, edits, body, where=where, **given)


def _begins_code(line):
    return line.startswith("```") or EDIT.fullmatch(line) or VALUE.fullmatch(line)


def _code(lines, where):
    """(edits, body) of the lines below the advice."""
    edits, body, number = [], "", 0
    while number < len(lines):
        line = lines[number]
        if found := EDIT.fullmatch(line):
            edits.append((found["old"], found["new"] or ""))
        elif found := VALUE.fullmatch(line):
            body = f"return {found['value']}"
        elif line.startswith("```diff"):
            end = next((k for k in range(number + 1, len(lines)) if lines[k].startswith("```")), None)
            if end is None or not all(row[:1] in ("-", "+") for row in lines[number + 1 : end]):
                raise SlipError(f"{where}: a block of ``` has lines with - or + in front, and ends with ```")
            old, new = ("\n".join(row[1:] for row in lines[number + 1 : end] if row[0] == sign) for sign in "-+")
            if old:
                edits.append((old, new))
            else:
                body = new
            number = end
        else:
            raise SlipError(f"{where}: {line!r} is no edit, `old` → `new`, and no block")
        number += 1
    if body and edits:
        raise SlipError(f"{where}: a whole body and an edit of the right answer: give one of them")
    return tuple(edits), body
