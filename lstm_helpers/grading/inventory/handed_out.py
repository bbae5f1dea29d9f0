"""What is handed out: the paper to print and its key, a form that works without a network, and a table to fill in."""

import base64
import csv
import hashlib
import io

from markupsafe import Markup

from lstm_helpers import files, pages, wording
from lstm_helpers.exam.asked import LETTERS
from lstm_helpers.exam.markup import inline
from lstm_helpers.exam.printed import head, say, sheet
from lstm_helpers.grading.gradebook import tables
from lstm_helpers.grading.inventory import HERE, OPTIONS, WHEN, asked, misconception, questions
from lstm_helpers.grading.inventory.answers import COLUMNS, EMPTY

TITLE = "LSTM from Scratch: concept inventory"
MINUTES = 30
EMPTY_LINES = 40  # of a table without a roster
TOLD = (
    "There are no marks: this shows how a class thinks before the course and after it. Each question has one right "
    "answer. Nobody is expected to know them all. If you are not sure, take what seems most likely to you."
)


def write(out, seed, roster=None):
    """Write paper, key, form and table, for before and for after, into the folder ``out``.

    roster: a Roster, whose students then stand in the tables. A table that is there already may hold answers, and is
    left as it is. Returns (the paths written, those left). Raises OSError.
    """
    out.mkdir(parents=True, exist_ok=True)
    contents, left = {}, []
    for when in WHEN:
        contents[out / f"{when}.pdf"] = bytes(_paper(when, seed).output())
        contents[out / f"{when}_key.pdf"] = bytes(_key(when, seed).output())
        contents[out / f"{when}.html"] = form(when, seed).encode()
        if (table := out / f"{when}.csv").exists():
            left.append(table)
        else:
            contents[table] = _table(f"{when}-{seed}", roster).encode("utf-8-sig")  # so that Excel reads names
    files.export(contents)
    return list(contents), left


def _paper(when, seed):
    name = f"{when}-{seed}"
    told = f"{wording.count(len(questions()), 'question')}, {MINUTES} minutes. {TOLD}\n\n"
    pdf = sheet(TITLE, f"{TITLE}, paper {name}", f"Paper {name}. {told}Name:  ______________________________")
    _boxes(pdf)
    for number, each in enumerate(asked(when, seed), 1):
        head(pdf, number, _height(pdf, each))
        say(pdf, each.text)
        pdf.ln(1)
        for letter, part in zip(LETTERS, each.parts, strict=False):
            pdf.set_font("text", "B", 10)
            pdf.set_x(pdf.l_margin + 4)
            pdf.cell(7, 5, letter)
            say(pdf, part.text, indent=11)
            pdf.ln(0.6)
    return pdf


def _boxes(pdf):
    """A box for each answer, in which its letter is written: whoever types them in reads one line."""
    say(pdf, "Write the letter of each answer into its box.")
    pdf.ln(1)
    wide, row = (pdf.w - pdf.l_margin - pdf.r_margin) / 10, 11
    for k in range(len(questions())):
        x, y = pdf.l_margin + wide * (k % 10), pdf.get_y() + row * (k // 10)
        pdf.rect(x, y, wide, row)
        pdf.set_font("text", "", 7)
        pdf.text(x + 1, y + 3, str(k + 1))
    pdf.set_y(pdf.get_y() + row * -(-len(questions()) // 10))
    pdf.ln(1)


def _height(pdf, each):
    """How many millimetres a question takes: none is torn apart by the end of a page."""
    pdf.set_font("text", "", 10)
    wide = pdf.w - pdf.l_margin - pdf.r_margin
    texts = [(each.text.replace("\n", " "), wide), *((part.text, wide - 11) for part in each.parts)]
    lines = sum(len(pdf.multi_cell(w, 5, text, dry_run=True, output="LINES")) for text, w in texts)
    return 11 + 5 * lines + 0.6 * OPTIONS


def _key(when, seed):
    name = f"{when}-{seed}"
    title = f"{TITLE}, key"
    pdf = sheet(title, f"{title}, paper {name}", f"Paper {name}. For whoever teaches: not to be handed out.")
    listed = asked(when, seed)
    letters = [each.solution[0] for each in listed]
    say(pdf, "   ".join(f"{number} {letter}" for number, letter in enumerate(letters, 1)), "B")
    for number, each in enumerate(listed, 1):
        head(pdf, number, 50)
        say(pdf, each.solution, "B")
        for letter, part in zip(LETTERS, each.parts, strict=False):
            if part.right:
                say(pdf, f"{letter}  {part.why}", indent=4, size=9)
            else:
                known = misconception(part)
                say(pdf, f"{letter}  {known.why} {known.source}", indent=4, size=9)
    return pdf


def form(when, seed):
    """The same questions as one page that needs no network: its last button makes a line of the table (CSV).

    It holds no right answer, so that nobody finds them in its source.
    """
    script = (HERE / "form.js").read_text(encoding="utf-8")
    listed = [
        {
            "text": Markup(inline(each.text)),
            "parts": [(LETTERS[k], Markup(inline(part.text))) for k, part in enumerate(each.parts)],
        }
        for each in asked(when, seed)
    ]
    return (
        pages.templates(__package__)
        .get_template("form.html.jinja")
        .render(
            title=TITLE,
            told=TOLD,
            minutes=MINUTES,
            paper=f"{when}-{seed}",
            when=when,
            empty=EMPTY,
            asked=listed,
            script=Markup(script),
            script_hash=script_hash(script),
        )
    )


def script_hash(script):
    """What allows a page's own script, and no other."""
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"


def _table(paper, roster):
    students = list(roster.people) if roster else [""] * EMPTY_LINES
    text = io.StringIO(newline="")
    csv.writer(text).writerows([COLUMNS, *([tables.cell(student), paper, ""] for student in students)])
    return text.getvalue()
