"""Feedback pages: one a student, self-contained HTML, printable, with every piece of student text escaped."""

import functools
import itertools
import re
import unicodedata
import zipfile
from operator import attrgetter
from urllib.parse import quote

from markupsafe import Markup

from lstm_helpers import files, pages
from lstm_helpers.checks import judge, show
from lstm_helpers.grading.gradebook import assemble, lateness

LONGEST = 200  # bytes of a file name: every file system takes 255
DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # no file of Windows may be called so
OURS = b'<meta name="generator" content="lstm-course">'  # in the head of every page
MARKS = {  # state: how it is drawn, what it is called
    judge.CORRECT: ("✓", "right"),
    judge.WRONG: ("✗", "wrong"),
    judge.ERROR: ("!", "error"),
    judge.NOT_ATTEMPTED: ("–", "untouched"),
}
GIVEN = ("✎", "given")  # the same where a person gave the points


@functools.cache
def environment():
    """The templates: whatever a student wrote is escaped."""
    templates = pages.templates("lstm_helpers.grading.pages")
    templates.filters["code"] = show.inline_code
    templates.filters["sentence"] = sentence
    templates.filters["signed"] = lateness.signed
    templates.filters["mark"] = mark
    return templates


def sentence(text):
    """With a capital and a full stop."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def mark(result):
    """How a Result is drawn, and what that is called."""
    return GIVEN if assemble.is_by_hand(result) else MARKS[result.state]


def file_names(students):
    """{student: file name of the page}: names that every system takes, no two of them alike."""
    names, taken = {}, set()
    for student in students:
        stem = re.sub(r"[^\w.@ -]", "_", unicodedata.normalize("NFC", student)).strip(" .")
        stem = stem.encode()[:LONGEST].decode("utf-8", "ignore").strip(" .") or "student"
        stem = f"_{stem}" if DEVICES.fullmatch(stem) else stem
        name = next(n for k in itertools.count(1) if (n := stem if k == 1 else f"{stem} ({k})").casefold() not in taken)
        taken.add(name.casefold())  # Windows and macOS tell A.html from a.html no better
        names[student] = f"{name}.html"
    return names


def addresses(people, folder):
    """A function: student -> the address of the student's page in a folder beside the report."""
    made = {student: f"{folder}/{quote(file)}" for student, file in file_names(people).items()}
    return made.__getitem__


def links(people, up=""):
    """A function: student -> the link to the student's feedback page, their name on it; ``up`` leads to the report."""
    address, form = addresses(people, "feedback"), Markup('<a href="{}">{}</a>')
    made = {student: form.format(up + address(student), person.shown) for student, person in people.items()}
    return made.__getitem__


def write(book, folder):
    """Write ``folder/<student>.html`` for everybody in the book, one page each; older pages of ours are removed."""
    page = environment().get_template("feedback.html.jinja")
    folder.mkdir(parents=True, exist_ok=True)
    names = file_names(book.people)
    common = {
        "sheets": book.sheets,
        "marks": MARKS,
        "parts": parts,
        "for_student": assemble.for_student,
        "sum_of": lateness.sum_of,
        "when": pages.day(book.when),
        "confinement": book.confinement,
        "show": book.show,
    }
    for student, grades in itertools.groupby(book.grades, attrgetter("student")):
        shown = page.render(name=book.people[student].shown, grades=list(grades), **common)
        files.write(folder / names[student], shown, sync=False)
    clear(folder, names.values())
    _for_moodle(book, folder, names)


def clear(folder, but=()):
    """Remove the pages of an earlier run from ``folder``, but those names. What else lies there stays."""
    for old in set(folder.glob("*.html")) - {folder / name for name in but}:
        with old.open("rb") as page:
            ours = OURS in page.read(500)
        if ours:
            old.unlink()


def _for_moodle(book, folder, names):
    """Write ``folder/moodle.zip`` if Moodle's grading worksheet is the roster: its "Upload multiple feedback files".

    Moodle finds the student by the number in name_number_plugin_file (mod/assign/feedback/file/importziplib.php).
    """
    archive = folder / "moodle.zip"
    archive.unlink(missing_ok=True)
    numbers = {s: re.fullmatch(r"Participant (\d+)", p.lms.get("Identifier", "")) for s, p in book.people.items()}
    if not any(numbers.values()):
        return
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for student, number in numbers.items():
            if number and (page := folder / names[student]).exists():
                called = re.sub(r"[^\w. -]|_", " ", book.people[student].shown)
                member = zipfile.ZipInfo(f"{called}_{number[1]}_assignfeedback_file_feedback.html")
                member.compress_type = zipfile.ZIP_DEFLATED  # no time: written again, it is the same
                packed.writestr(member, page.read_bytes())


def parts(result):
    """The lines of a Result apart: what a person decided, points kept in a regrading, and what was found."""
    lines = [line for line in result.lines if line != result.cause_line]
    by_hand = lines.pop(0) if lines and lines[0].startswith(assemble.BY_HAND) else ""
    kept = lines.pop(0) if lines and lines[0].startswith(assemble.KEPT) else ""
    settled = assemble.settled(result)
    return {"by_hand": by_hand.removeprefix(assemble.BY_HAND), "settled": settled, "kept": kept, "lines": lines}
