"""A mock exam: a fair choice of questions by seed, on the screen or on paper with its key.

The paper is A4, black on white, with room to write; the key, a file of its own, has the answers with their reasons and
the mark scheme. Both are made from the same draw: the same seed gives the same exam.
"""

import io
from pathlib import Path

import numpy as np

from lstm_helpers import files, wording
from lstm_helpers.exam import bank as pages
from lstm_helpers.exam import essay
from lstm_helpers.exam.asked import LETTERS, ask
from lstm_helpers.exam.printed import head, say, sheet
from lstm_helpers.predictions.kinds import figure

TITLE = "LSTM from Scratch: mock exam"
MARKS, PER_MARK = 40, 90  # beside the essay; seconds a mark
SHORT = 2
ROOM = {"number": 1, "short": 6}  # lines to write on


def draw(seed, bank=None):
    """The questions of mock exam number ``seed``: a list of Asked, over all topics and kinds, 40 marks.

    Two short answers come last; no objective is asked twice before each has been asked once.
    """
    bank = bank or pages.load()
    rng = np.random.default_rng(seed)
    questions = list(bank.questions.values())
    order = [questions[k] for k in rng.permutation(len(questions))]
    short = [question for question in order if question.kind == "short"][:SHORT]
    marks, taken, counts = sum(question.worth for question in short), [], {}
    kinds = {}
    rest = [question for question in order if question.kind != "short"]
    while marks < MARKS and rest:
        # what has been asked least: its objective, then its kind; among equals the first in the random order
        best = min(
            rest, key=lambda q: (counts.get(q.objective, 0), kinds.get(q.kind, 0) / (4 if q.kind == "choice" else 1))
        )
        rest.remove(best)
        if marks + best.worth > MARKS:
            continue
        taken.append(best)
        marks += best.worth
        counts[best.objective] = counts.get(best.objective, 0) + 1
        kinds[best.kind] = kinds.get(best.kind, 0) + 1
    topic = {name: k for k, names in enumerate(bank.topics.values()) for name in names}
    taken.sort(key=lambda question: topic[question.name])
    return [ask(question, rng) for question in (*taken, *short)]


def seconds(asked):
    """How long a mock exam of these questions takes."""
    return PER_MARK * sum(each.question.worth for each in asked)


def write(path, seed):
    """Write the paper to ``path``, a .pdf, and its key beside it, as ``..._key.pdf``. Returns both paths."""
    path = Path(path)
    if path.suffix.lower() != ".pdf":
        raise ValueError(f"{path.name}: give the paper's name with .pdf behind it, such as mock_exam.pdf")
    asked = draw(seed)
    key = path.with_name(f"{path.stem}_key.pdf")
    files.export({path: bytes(_paper(asked, seed).output()), key: bytes(_key(asked, seed).output())})
    return path, key


def _paper(asked, seed):
    marks = sum(each.question.worth for each in asked)
    the_essay = essay.load()
    essay_marks = sum(each.marks for each in the_essay.scheme)
    minutes = round(seconds(asked) / 60) + 20
    pdf = sheet(
        TITLE,
        f"{TITLE}, number {seed}",
        f"Number {seed}. {marks + essay_marks} marks, {minutes} minutes. No notes; a pocket calculator is allowed.\n\n"
        "Name:  ______________________________",
    )
    for number, each in enumerate(asked, 1):
        _question(pdf, number, each)
    _head(pdf, len(asked) + 1, essay_marks, 40)
    say(pdf, the_essay.question)
    _lines(pdf, 28)
    return pdf


def _head(pdf, number, marks, room):
    head(pdf, number, room, f"[{wording.count(marks, 'mark')}]")


def _question(pdf, number, each):
    question = each.question
    _head(pdf, number, question.worth, 45 + (60 if question.picture else 0))
    say(pdf, each.text)
    if question.picture:
        _picture(pdf, question.picture)
    pdf.ln(1)
    for letter, part in zip(LETTERS, each.parts, strict=False):
        if question.options:
            say(pdf, f"□  {letter}   {part.text}", indent=4)
        elif question.kind == "order":
            say(pdf, f"{letter}   {part[1]}", indent=4)
        else:
            say(pdf, f"{letter if not question.picture else ''}   {part[0]}:  ______", indent=4)
    if each.choices:
        say(pdf, "Choose from:", "I", indent=4)
        for k, choice in enumerate(each.choices, 1):
            say(pdf, f"{k} = {choice}", "I", indent=8)
    if question.kind == "order":
        say(pdf, "Order:  " + "  ".join(["____"] * len(each.parts)), indent=4)
    if each.exactness:
        say(pdf, f"({each.exactness})", indent=4, size=9)
    _lines(pdf, ROOM.get(question.kind, 0))


def _lines(pdf, count):
    for _ in range(count):
        if pdf.will_page_break(9):
            pdf.add_page()
        pdf.ln(8)
        pdf.line(pdf.l_margin, pdf.get_y(), pdf.w - pdf.r_margin, pdf.get_y())
    pdf.ln(2 if count else 0)


def _picture(pdf, name):
    from matplotlib import pyplot

    from lstm_helpers.exam.figures import PICTURES

    fig, alt = PICTURES[name]()
    held = io.BytesIO()
    fig.savefig(held, format="png", dpi=200, metadata={"Software": None})
    pyplot.close(fig)
    pdf.image(held, w=95, alt_text=alt)


def _key(asked, seed):
    title = f"{TITLE}, key"
    pdf = sheet(title, f"{title}, number {seed}", f"Number {seed}. For whoever marks it.")
    for number, each in enumerate(asked, 1):
        question = each.question
        _head(pdf, number, question.worth, 30)
        say(pdf, f"{each.solution}  ({each.exactness})" if each.exactness else each.solution, "B")
        if each.choices:
            numbered = (
                f"{letter} {each.choices.index(right) + 1}"
                for letter, (_, right) in zip(LETTERS, each.parts, strict=False)
            )
            say(pdf, "   ".join(numbered), indent=4, size=9)
        if question.kind == "number":
            for result in question.results:
                value = figure(result.value(each.numbers), 4)
                say(pdf, f"{'=' if result.right else '≠'} {value}: {result.why}", indent=4, size=9)
        for letter, part in zip(LETTERS, each.parts, strict=False):
            if question.options:
                say(pdf, f"{letter}  {part.why}", indent=4, size=9)
        if question.kind == "order":
            say(pdf, "Half a mark a swap is a fair deduction.", "I", indent=4, size=9)
        if question.why:
            say(pdf, question.why, indent=4, size=9)
        for marks, text in question.marks:
            say(pdf, f"({marks}) {text}", indent=4, size=9)
    the_essay = essay.load()
    _head(pdf, len(asked) + 1, sum(each.marks for each in the_essay.scheme), 60)
    for each in the_essay.scheme:
        say(pdf, f"({each.marks}) {each.name}: {each.text}", indent=4, size=9)
    say(pdf, "Where marks are lost", "B")
    for loss in the_essay.losses:
        say(pdf, f"- {loss}", indent=4, size=9)
    say(pdf, "Model answer", "B")
    say(pdf, the_essay.model, indent=4, size=9)
    return pdf
