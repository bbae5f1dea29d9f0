"""The bank as a deck for Anki: a card a question, the reasons on the back. Numbers are drawn once per card."""

import tempfile
import zlib
from pathlib import Path

import numpy as np

from lstm_helpers import files
from lstm_helpers.exam import bank as pages
from lstm_helpers.exam.asked import LETTERS, ask
from lstm_helpers.exam.markup import block, inline
from lstm_helpers.exam.sitting import picture

DECK, MODEL = 1_704_067_201, 1_704_067_202  # any two numbers that stay the same: Anki tells decks by them


def write(path):
    """Write the deck to ``path``, an .apkg. The same bank gives the same cards. Returns the path.

    Its cards bear the time of writing: Anki takes ids and the newer of two wordings from it, and has no card number 0.
    """
    try:
        import genanki
    except ImportError:
        raise ImportError("a deck for Anki needs the package genanki: pip install genanki") from None
    path = Path(path)
    if path.suffix.lower() != ".apkg":
        raise ValueError(f"{path.name}: give the deck's name with .apkg behind it, such as lstm.apkg")
    model = genanki.Model(
        MODEL,
        "LSTM from Scratch",
        fields=[{"name": "Question"}, {"name": "Answer"}],
        templates=[{"name": "Card", "qfmt": "{{Question}}", "afmt": "{{FrontSide}}<hr id=answer>{{Answer}}"}],
        css=".card{font:18px sans-serif;text-align:left;max-width:44em;margin:auto} img{max-width:100%}",
    )
    deck = genanki.Deck(DECK, "LSTM from Scratch")
    bank = pages.load()
    for question in bank.questions.values():
        each = ask(question, np.random.default_rng(zlib.crc32(question.name.encode())))
        note = genanki.Note(
            model, [_front(each), _back(each)], guid=genanki.guid_for("lstm-from-scratch", question.name), due=0
        )
        note.tags = [question.objective, question.kind]
        deck.add_note(note)
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "deck.apkg"
        genanki.Package(deck).write_to_file(made)
        files.export({path: made.read_bytes()})
    return path


def _front(each):
    question, rows = each.question, []
    for letter, part in zip(LETTERS, each.parts, strict=False):
        said = part.text if question.options else part[1] if question.kind == "order" else part[0]
        rows.append(f"<p><b>{letter}</b> {inline(said)}</p>")
    if each.choices:
        rows.append(f"<p>{', '.join(map(inline, each.choices))}</p>")
    image = picture(question.picture) if question.picture else ""
    return block(each.text) + image + "".join(rows)


def _back(each):
    question = each.question
    reasons = [
        f"<p><b>{letter}</b> {inline(part.why)}</p>"
        for letter, part in zip(LETTERS, each.parts, strict=False)
        if question.options
    ]
    reasons += [f"<p>({marks}) {inline(text)}</p>" for marks, text in question.marks]
    if question.steps:
        reasons.append(f"<ol>{''.join(f'<li value={k}>{inline(text)}</li>' for k, text in question.steps)}</ol>")
    why = question.results[0].why if question.results else question.why
    return f"<p><b>{inline(each.solution)}</b></p>{f'<p>{inline(why)}</p>' if why else ''}{''.join(reasons)}"
