"""The project translation: its data, its rivals, its models, their runs, and the numbers of its notebook."""

import json
import lzma
import re
from datetime import date
from pathlib import Path

import nbformat
import numpy as np
import pytest

from lstm_helpers import checks, nn, runs
from lstm_helpers.baselines.dates import DateRules
from lstm_helpers.baselines.translation import Neighbours, dictionary
from lstm_helpers.checks import judge
from lstm_helpers.data import phrases, provenance, world_dates
from lstm_helpers.intervals import over_cases, over_seeds
from lstm_helpers.lessons.backward_through_time.experiments import central_differences
from lstm_helpers.projects import held_out, own_weights
from lstm_helpers.projects.held_out import AlreadyOpened
from lstm_helpers.projects.translation import answers, make_data, model, own, scores, sheet
from lstm_helpers.projects.translation import runs as project

ROOT = Path(__file__).resolve().parents[3]
NOTEBOOK = nbformat.read(ROOT / "notebooks" / "projects" / "translation.ipynb", as_version=4)
PROSE = "\n".join(cell.source for cell in NOTEBOOK.cells if cell.cell_type == "markdown")


def printed(start):
    """What the cell of the notebook prints whose code has ``start`` in it."""
    (cell,) = [cell for cell in NOTEBOOK.cells if cell.cell_type == "code" and start in cell.source]
    return "".join(out.text for out in cell.outputs if out.output_type == "stream")


# ---------------------------------------------------------------- dates


def test_the_tables_of_dates_are_what_their_script_makes_of_babel():
    babel = pytest.importorskip("babel")
    if babel.__version__ != "2.18.0":
        pytest.skip("the tables are made from Babel 2.18.0")
    packed = (project.MODELS.parent / "world_dates.json.xz").read_bytes()
    held = json.loads(lzma.decompress(packed))
    assert held["languages"] == {code: make_data.language(code) for code in make_data.SHIPPED}
    assert set(make_data.ambiguous(held["languages"], range(2000, 2002))) == set(held["ambiguous"])


@pytest.mark.parametrize("code", world_dates.languages())
def test_a_language_writes_a_date_as_babel_does(code):
    dates = pytest.importorskip("babel.dates")
    language = world_dates.languages()[code]
    for day in (date(1999, 1, 9), date(2004, 2, 29), date(2026, 9, 3)):
        written = {language.write(day, pattern) for pattern in language.patterns}
        for style in ("medium", "long", "full"):
            assert world_dates.plain(dates.format_date(day, style, locale=code)) in written


def test_no_drawn_text_has_two_readings():
    languages, ambiguous = world_dates.shipped()
    texts, answers, _ = world_dates.draw(np.random.default_rng(1), 3000, languages, of=None)
    read = {}
    for text, answer in zip(texts, answers, strict=True):
        assert read.setdefault(text, answer) == answer
        assert world_dates.without_year(text, date.fromisoformat(answer)) not in ambiguous
    assert {"3/4/{y}", "12/11/{y}"} <= ambiguous
    assert not ambiguous & {"3/3/{y}", "13/4/{y}"}


def test_a_language_and_a_day_are_in_one_part_and_drawn_from_it():
    shares = {}
    for name in world_dates.PARTS:
        texts, answers, codes = world_dates.draw(np.random.default_rng(2), 300, of=name)
        assert {world_dates.part(c, date.fromisoformat(a)) for c, a in zip(codes, answers, strict=True)} == {name}
        assert set(codes) <= set(world_dates.trained())
        shares[name] = set(zip(answers, codes, strict=True))
    assert not shares["training"] & shares["test"]
    days = [world_dates.part("fr", date.fromordinal(k)) for k in range(world_dates.FIRST, world_dates.LAST, 7)]
    assert np.mean([d == "test" for d in days]) == pytest.approx(0.1, abs=0.01)


def test_texts_are_numbered_in_columns_and_unknown_characters_are_one_number():
    ids, lengths = world_dates.numbered(["1.", "ю漢!"])
    assert ids.shape == (3, 2)
    assert lengths.tolist() == [2, 3]
    assert (ids[2, 0], ids[1, 1], ids[2, 1]) == (0, world_dates.UNKNOWN, world_dates.UNKNOWN)
    assert ids[0, 1] > 0
    assert world_dates.spelled(world_dates.answers_as_ids(["2019-02-06", "1999-12-31"])) == ["2019-02-06", "1999-12-31"]


def test_a_text_of_ones_own_becomes_one_of_the_data():
    assert world_dates.plain("  3\u202fSeptember  2026 ") == "3 september 2026"
    assert world_dates.plain("ma\u0301rcius") == "március"


def test_rules_read_what_they_have_counted_and_guess_like_words():
    texts = ["mon 3 march 2001", "tue 4 march 2002", "3 april 2003", "25/12/2001", "11/10/2004", "12/31/2003"]
    rules = DateRules(texts, ["2001-03-03", "2002-03-04", "2003-04-03", "2001-12-25", "2004-10-11", "2003-12-31"])
    assert rules.read("mon 9 march 1999") == "1999-03-09"
    assert rules.read("9 marzo 1999") == "1999-03-09"
    assert rules.read("09/08/1999") == "1999-08-09"
    assert rules.read("08/19/1999") == "1999-08-19"
    assert [rules.read(text) for text in ("march 1999", "3 march", "1 2 3 1999")] == [""] * 3


# ---------------------------------------------------------------- sentences


def test_the_pairs_are_as_their_provenance_says():
    pairs = phrases.phrases()
    assert len(pairs) == 7852
    assert "7,852 pairs" in provenance()["interface_en_fr.tsv.xz"]["holds"]
    assert all(2 <= len(english.split()) <= 12 and english and french for english, french in pairs)
    assert len({english.lower() for english, _ in pairs}) == 7852
    assert make_data.cleaned(pairs) == pairs


def test_pairs_are_cleaned_of_what_is_no_sentence():
    raw = [("Save &the <b>file</b>", "Enregistrer  le fichier"), ("save the file", "encore"), ("Only", "Seul"),
           ("Read %s files", "Lire %s fichiers"), ("same here", "Same here"), ("see a_b now", "voir a_b")]  # fmt: skip
    assert make_data.cleaned(raw) == [("Save the file", "Enregistrer le fichier")]


def test_the_parts_of_the_pairs_share_none():
    training, validation, test = phrases.split()
    assert [len(part) for part in (training, validation, test)] == [6282, 785, 785]
    assert sorted(training + validation + test) == sorted(phrases.phrases())


def test_the_nearest_sentence_is_that_of_scikit_learn():
    text = pytest.importorskip("sklearn.feature_extraction.text")
    training, validation, _ = phrases.split()
    known = [phrases.words(english) for english, _ in training[:600]]
    asked = [phrases.words(english) for english, _ in validation[:80]]
    places, similar = Neighbours(known).nearest(asked)
    theirs = text.TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"\w+")
    table = theirs.fit_transform([" ".join(words) for words in known])
    cosines = (theirs.transform([" ".join(words) for words in asked]) @ table.T).toarray()
    assert similar == pytest.approx(cosines.max(axis=1))
    assert cosines[np.arange(80), places] == pytest.approx(cosines.max(axis=1))
    own_places, _ = Neighbours(known).nearest(known[:50], range(50))
    assert not (own_places == np.arange(50)).any()


def test_a_dictionary_is_learnt_from_pairs_that_say_nothing_of_order():
    english = [["the", "house"], ["the", "book"], ["a", "book"], ["a", "house"]]
    french = [["maison", "la"], ["livre", "la"], ["un", "livre"], ["un", "maison"]]
    learnt = dictionary(english, french)
    assert {word: learnt[word] for word in ("the", "house", "book", "a")} == {
        "the": "la", "house": "maison", "book": "livre", "a": "un",
    }  # fmt: skip


def test_bleu_is_that_of_sacrebleu():
    sacrebleu = pytest.importorskip("sacrebleu")
    _, validation, _ = phrases.split()
    wanted = [phrases.words(french) for _, french in validation]
    said = [words[1:] if k % 3 else words[:2] + words[:4] for k, words in enumerate(wanted)]
    lines = [[" ".join(words) for words in side] for side in (said, wanted)]
    theirs = sacrebleu.corpus_bleu(lines[0], [lines[1]], tokenize="none", force=True).score
    assert scores.bleu(scores.bleu_counts(said, wanted)) == pytest.approx(theirs)
    ids = {word: k for k, word in enumerate({w for s in said + wanted for w in s})}

    def columns(sentences):
        table = np.zeros((max(map(len, sentences)), len(sentences)), int)
        for b, words in enumerate(sentences):
            table[: len(words), b] = [ids[word] for word in words]
        return table, np.array([len(words) for words in sentences])

    assert answers.bleu(*columns(said), *columns(wanted)) == pytest.approx(theirs)


# ---------------------------------------------------------------- the reader of dates


def small(attention=True, **options):
    return model.DateReader(3, 4, rng=np.random.default_rng(4), attention=attention, **options)


def batch(texts=("3 mai 1999", "31/12/2001", "ny 4"), said=("1999-05-03", "2001-12-31", "2020-01-04")):
    return *world_dates.numbered(texts), world_dates.answers_as_ids(said)


@pytest.mark.parametrize("attention", [True, False])
def test_the_gradients_of_a_reader_are_those_of_its_loss(attention):
    reader, made, rng = small(attention), batch(), np.random.default_rng(5)
    _, grads = reader.learn(made)
    for name, array in reader.params.items():
        away = rng.normal(size=array.shape).astype(np.float32) * 3e-3
        array += away
        above = reader.learn(made)[0]
        array -= 2 * away
        below = reader.learn(made)[0]
        array += away
        assert (grads[name] * away).sum() == pytest.approx((above - below) / 2, rel=0.02, abs=3e-6), name


def test_padding_says_nothing_to_a_reader():
    reader = small()
    alone = reader.greedy(*world_dates.numbered(["3 mai 1999"]))
    beside = reader.greedy(*world_dates.numbered(["3 mai 1999", "miércoles, 31 de diciembre de 2001"]))
    assert beside[1][:, 0] == pytest.approx(alone[1][:, 0], abs=1e-5)
    assert beside[2][:, 0, :10] == pytest.approx(alone[2][:, 0], abs=1e-5)
    assert not beside[2][:, 0, 10:].any()


def test_greedy_reads_its_own_choice():
    reader = small()
    source, lengths, _ = batch()
    ids, sure, _ = reader.greedy(source, lengths)
    keys, state = reader.encode(source, lengths)
    given = np.concatenate([np.full((1, 3), model.START), ids[:-1]])
    logits, _, _ = reader.decode(given, state, keys, lengths)
    assert (logits.argmax(axis=2) == ids).all()
    p = np.exp(logits) / np.exp(logits).sum(axis=2, keepdims=True)
    assert sure == pytest.approx(p.max(axis=2), abs=1e-5)


def test_dropout_and_unknown_characters_come_in_training_alone():
    reader = small(dropout=0.5, unknown=0.5)
    source, lengths, target = batch()
    losses = {round(reader.learn((source, lengths, target))[0], 6) for _ in range(3)}
    assert len(losses) == 3
    assert (reader.greedy(source, lengths)[1] == reader.greedy(source, lengths)[1]).all()


def test_a_stopped_training_goes_on_to_the_last_bit(tmp_path):
    settings = model.OWN | {"H": 4, "E": 4, "B": 8, "steps": 8}
    whole, _ = model.train_dates(settings, 3, every=4)

    class Stop(Exception):
        pass

    calls = []

    class Stopping(nn.LSTM):
        def forward(self, *args, **more):
            calls.append(1)
            if len(calls) > 40:
                raise Stop
            return super().forward(*args, **more)

    file = tmp_path / "there.npz"
    with pytest.raises(Stop):
        model.train_dates(settings, 3, every=4, checkpoint=file, layer=Stopping)
    again, history = model.train_dates(settings, 3, every=4, checkpoint=file)
    assert len(history.step) == 8
    assert all((again.params[name] == array).all() for name, array in whole.params.items())


# ---------------------------------------------------------------- files of one's own


@pytest.fixture(scope="module")
def reader():
    return model.stored_reader()


def test_dates_of_ones_own_are_read_or_refused_with_a_reason(reader):
    texts = ["Thursday, September 3, 2026", "03/04/2026", "next Tuesday", "9 sept. 99", "x" * 80, "3 september 2026"]
    rows = own.read_dates(texts, reader)
    assert [text for text, _, _ in rows] == texts
    assert [answer for _, answer, _ in rows] == ["2026-09-03", "", "", "", "", "2026-09-03"]
    for (_, _, why), said in zip(
        rows, ["", "two dates", "year of four digits", "1899 or 1999", "80 characters", ""], strict=True
    ):
        assert said in why


def test_a_table_and_a_text_file_are_read_and_what_is_neither_is_said(tmp_path):
    def file(name, content):
        (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return tmp_path / name

    assert own.lines_of(file("a.txt", "\ufeffone\n\n two \n")) == ["one", "two"]
    assert own.lines_of(file("a.csv", 'id,date\n1,"3 May, 1999"\n2,\n'), "date") == ["3 May, 1999"]
    assert own.lines_of(file("b.csv", "id;date\n1;3 May 1999\n"), "date") == ["3 May 1999"]
    assert own.lines_of(file("c.tsv", "id\tdate\n1\t3 May 1999\n"), "date") == ["3 May 1999"]
    for path, column, said in (
        (tmp_path / "none.txt", None, "there is no file"),
        (file("d.txt", b"\xff\xfe3"), None, "no UTF-8"),
        (file("e.csv", "id,date\n1,2\n"), "day", "has the columns id, date"),
        (file("f.txt", "\n\n"), None, "no text in it"),
        (file("g.txt", "x"), "date", "no table"),
    ):
        with pytest.raises(ValueError, match=said):
            own.lines_of(path, column)
    with pytest.raises(ValueError, match="41 words"):
        own.sentences(["word " * 41])
