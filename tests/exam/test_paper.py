"""The mock exam on paper, the deck for Anki, and the essay's page."""

import re
import sqlite3
import time
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


def test_a_later_deck_is_newer_for_anki_and_no_card_has_the_number_0(tmp_path):
    pytest.importorskip("genanki", reason="the deck for Anki needs genanki, of the extra dev")
    before = time.time()
    exam.write_deck(tmp_path / "a.apkg")
    with zipfile.ZipFile(tmp_path / "a.apkg") as held:
        held.extract("collection.anki2", tmp_path)
    with sqlite3.connect(tmp_path / "collection.anki2") as db:
        for table in ("notes", "cards"):
            least, oldest = db.execute(f"select min(id), min(mod) from {table}").fetchone()
            assert least >= 1000 * int(before)
            assert oldest >= int(before)


@pytest.mark.parametrize(("write", "name"), [(exam.write_paper, "x.pdf"), (exam.write_deck, "x.apkg")])
def test_where_a_file_cannot_be_written_nothing_is_and_it_is_said_why(tmp_path, write, name):
    pytest.importorskip("genanki", reason="the deck for Anki needs genanki, of the extra dev")
    with pytest.raises(OSError, match="nowhere: it is not there"):
        write(tmp_path / "nowhere" / name)
    (tmp_path / name).mkdir()
    with pytest.raises(OSError, match=f"{name}: it is a folder, where a file is expected: rename that folder"):
        write(tmp_path / name)
    assert not list(tmp_path.glob("*.part"))
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_there_is_no_paper_without_its_key(tmp_path):
    (tmp_path / "x_key.pdf").mkdir()
    with pytest.raises(OSError, match="x_key.pdf: it is a folder"):
        exam.write_paper(tmp_path / "x.pdf")
    assert not (tmp_path / "x.pdf").exists()


@pytest.mark.parametrize("given", [-1, 1.5, "1", None, True])
def test_a_seed_and_a_count_are_whole_numbers(tmp_path, given):
    for call in (exam.mock, lambda seed: exam.write_paper(tmp_path / "x.pdf", seed), exam.practise):
        with pytest.raises(ValueError, match=f"={re.escape(repr(given))}: give a whole number, [01] or more"):
            call(given)
    with pytest.raises(ValueError, match="count=0: give a whole number, 1 or more"):
        exam.practise(0)


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


def test_the_model_answer_keeps_to_what_it_says_of_lost_marks():
    """An application with what goes in and what comes out, a variant with what it adds."""
    parts = (" ".join(part.split()) for part in essay.load().model.split("\n\n"))
    (applications,) = (part for part in parts if part.startswith("LSTMs are used"))
    applications, variants = applications.split("Variants: ")
    assert applications.count(" in, ") == applications.count(" out)") >= 3
    assert all(re.search("so that|meant for|and take", each) for each in variants.split(";"))


def test_coverage_finds_words_and_gives_no_score():
    told = exam.cover("The forget gate makes new values. LSTMs are used in speech recognition.")
    assert told.found["forget gate"]
    assert "speech" in told.found["applications"]
    assert "output gate" in told.silent
    assert "no score" in repr(told)
    assert not re.search(r"\d+ (of|/|out of) \d+|\d ?%", repr(told))
    assert max(map(len, repr(told).splitlines())) < 80, "a narrow window would break the lines once more"


@pytest.mark.parametrize(
    "text",
    [
        "c = f*c_prev + i*g, h = o*tanh(c)",
        "c = f * c_prev + i * g\nh = o * tanh(c)",
        r"$c_t = f_t \odot c_{t-1} + i_t \odot g_t$ and $h_t = o_t \odot \tanh(c_t)$",
        "c_t = f_t \u2299 c + i_t\u2299g_t; h_t = o_t \u00b7 tanh(c_t)",
    ],
)
def test_both_updates_are_found_however_they_are_written(text):
    assert exam.cover(text).found["updates"] == ("f * c", "i * g", "tanh(c)", "o *")


@pytest.mark.parametrize("text", ["", " ", "\N{SNOWMAN}", "a" * 10_000])
def test_coverage_takes_any_text(text):
    assert len(exam.cover(text).silent) == len(essay.load().scheme)


def test_an_essay_page_with_a_fault_says_so(tmp_path):
    whole = essay.PAGE.read_text(encoding="utf-8")
    line = whole[: whole.index("- **output gate**")].count("\n") + 1
    for old, new, said in (
        ("## Mark scheme", "## Marks", "expected a section `## Mark scheme`"),
        ("(words: output gate)", "", f".md, line {line}: expected `- **name** (1) what earns it"),
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
