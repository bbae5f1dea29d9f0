"""The mock exam on paper, the deck for Anki, and the essay's page."""

import re
import sqlite3
import zipfile

import pytest

from lstm_helpers import exam
from lstm_helpers.exam import bank as pages
from lstm_helpers.exam import essay, mock_exam
from lstm_helpers.exam.bank import BankError


def test_paper_and_key_are_the_same_for_the_same_number(tmp_path):
    one = exam.write_paper(tmp_path / "a.pdf", seed=2)
    two = exam.write_paper(tmp_path / "b.pdf", seed=2)
    assert [path.name for path in one] == ["a.pdf", "a_key.pdf"]
    for first, second in zip(one, two, strict=True):
        assert first.read_bytes()[:5] == b"%PDF-"
        assert strip(first) == strip(second)
    assert strip(one[0]) != strip(exam.write_paper(tmp_path / "c.pdf", seed=3)[0])


def strip(path):
    return re.sub(rb"/ID \[[^]]*\]", b"", path.read_bytes())


def test_a_paper_says_what_name_it_wants(tmp_path):
    with pytest.raises(ValueError, match="give the paper's name with .pdf behind it, such as mock_exam.pdf"):
        exam.write_paper(tmp_path / "mock")
    with pytest.raises(ValueError, match=".apkg behind it"):
        exam.write_deck(tmp_path / "lstm.zip")


def test_the_deck_has_a_card_for_each_question_and_is_the_same_each_time(tmp_path):
    pytest.importorskip("genanki", reason="the deck for Anki needs genanki, of the extra dev")
    one, two = (notes(exam.write_deck(tmp_path / f"{name}.apkg"), tmp_path / name) for name in "ab")
    assert one == two
    assert len(one) == len(pages.load().questions)
    for _, back in one:
        assert len(re.sub("<[^>]+>", "", back)) > 20


def notes(deck, folder):
    folder.mkdir()
    with zipfile.ZipFile(deck) as held:
        held.extract("collection.anki2", folder)
    with sqlite3.connect(folder / "collection.anki2") as db:
        return [fields.split("\x1f") for (fields,) in db.execute("select flds from notes")]


def test_the_scheme_has_ten_marks_and_the_model_answer_touches_all_of_it():
    page = essay.load()
    assert sum(each.marks for each in page.scheme) == 10
    assert not exam.cover(page.model).silent
    assert len(page.model.split()) < 450


def test_coverage_finds_words_and_gives_no_score():
    told = exam.cover("The forget gate makes new values. LSTMs are used in speech recognition.")
    assert told.found["forget gate"]
    assert "speech" in told.found["applications"]
    assert "output gate" in told.silent
    assert "no score" in repr(told)
    assert not re.search(r"\d+ (of|/|out of) \d+|\d ?%", repr(told))


@pytest.mark.parametrize("text", ["", " ", "\N{SNOWMAN}", "a" * 10_000])
def test_coverage_takes_any_text(text):
    assert len(exam.cover(text).silent) == len(essay.load().scheme)


def test_an_essay_page_with_a_fault_says_so(tmp_path):
    whole = essay.PAGE.read_text(encoding="utf-8")
    for old, new, said in (
        ("## Mark scheme", "## Marks", "expected a section `## Mark scheme`"),
        ("(words: output gate)", "", "expected `- **name** (1) what earns it"),
    ):
        assert old in whole
        page = tmp_path / f"{len(said)}.md"
        page.write_text(whole.replace(old, new), encoding="utf-8")
        with pytest.raises(BankError, match=re.escape(said)):
            essay.load.__wrapped__(page)


def test_a_topic_is_found_by_a_part_of_its_title(capsys):
    exam.practise(3, topic="gradients", seed=1)
    assert "3 questions: run this cell in Jupyter" in capsys.readouterr().out
    with pytest.raises(ValueError, match="give a part of one of the titles: Sequences"):
        exam.practise(topic="cooking")


def test_the_seconds_of_an_exam_go_by_its_marks():
    assert mock_exam.seconds(mock_exam.draw(0)) == mock_exam.MARKS * mock_exam.PER_MARK
