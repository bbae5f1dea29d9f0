"""The project translation: its data, its rivals, its models, their runs, and the numbers of its notebook."""

import json
import lzma
import re
from datetime import date
from pathlib import Path

import nbformat
import numpy as np
import pytest

from lstm_helpers import checks, nn
from lstm_helpers.baselines.dates import DateRules
from lstm_helpers.baselines.translation import Neighbours, dictionary
from lstm_helpers.checks import judge
from lstm_helpers.data import phrases, provenance, world_dates
from lstm_helpers.projects import own_weights
from lstm_helpers.projects.held_out import AlreadyOpened
from lstm_helpers.projects.translation import answers, make_data, model, own, score, scores
from lstm_helpers.projects.translation import runs as project

ROOT = Path(__file__).resolve().parents[3]
NOTEBOOK = nbformat.read(ROOT / "notebooks" / "projects" / "translation.ipynb", as_version=4)
PROSE = "\n".join(cell.source for cell in NOTEBOOK.cells if cell.cell_type == "markdown")


def printed(start):
    """What the cell of the notebook prints whose code has ``start`` in it."""
    (cell,) = [cell for cell in NOTEBOOK.cells if cell.cell_type == "code" and start in cell.source]
    return "".join(out.text if out.output_type == "stream" else out.data.get("text/plain", "") for out in cell.outputs)


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
        (tmp_path / "none.txt", None, "there is no such file"),
        (file("d.txt", b"\xff\xfe3"), None, "is UTF-16"),
        (file("e.csv", "id,date\n1,2\n"), "day", "has the columns id, date"),
        (file("f.txt", "\n\n"), None, "is empty"),
        (file("g.txt", "x"), "date", "no table"),
        (file("h.csv", "id,date\n1,May 3, 1999\n"), "date", "line 2: 3 columns, expected 2.*quotation marks"),
        (file("i.csv", "id,date\n"), "date", "no text in it"),
    ):
        with pytest.raises(ValueError, match=said):
            own.lines_of(path, column)
    assert own.sentences("save the file") == own.sentences(["save the file"])
    with pytest.raises(ValueError, match="41 words"):
        own.sentences(["word " * 41])


# ---------------------------------------------------------------- the translator


@pytest.fixture(scope="module")
def tiny():
    """A small untrained translator, what it knows, and some examples, of which one has a word that nobody knows."""
    torch = pytest.importorskip("torch")
    from lstm_helpers.projects.translation import french

    pairs = phrases.phrases()[:60]
    known = french.Knowledge(pairs)
    settings = french.SETTINGS | {"E": 8, "H": 6, "D": 10}
    torch.manual_seed(0)
    net = french.Translator(known, settings).eval().requires_grad_(False)
    examples = known.examples([*pairs[:5], ("Open the zyx file", "Ouvrir le zyx")])
    return french, known, net, examples


def test_the_loss_is_that_of_the_distribution_word_by_word(tiny):
    import torch

    french, _, net, examples = tiny
    made = french.batch_of(examples)
    memory, state = net.encode(made)
    last, nats, count = torch.full((len(examples),), french.START), 0.0, 0
    for words in made["french"]:
        p, state, _ = net.distribution(last, state, memory, made["new"])
        assert p.sum(1).max() <= 1 + 1e-5
        counts = (words != french.PAD) & (words != french.UNKNOWN)
        chosen = p.gather(1, words[:, None])[:, 0]
        counts &= chosen > 1e-8
        nats, count, last = nats - chosen[counts].log().sum(), count + counts.sum(), words
    assert float(net.loss(made)) == pytest.approx(float(nats / count), rel=1e-3)


def test_a_word_that_nobody_knows_can_be_copied_and_only_copied(tiny):
    import torch

    french, known, net, examples = tiny
    (example,) = examples[-1:]
    place = len(known.words) + example.new.index("zyx")
    made = french.batch_of([example])
    memory, state = net.encode(made)
    p, _, _ = net.distribution(torch.tensor([french.START]), state, memory, made["new"])
    assert float(p[0, place]) > 0
    written = french.Translator(known, net.settings, copy=False).eval().requires_grad_(False)
    memory, state = written.encode(made)
    p, _, _ = written.distribution(torch.tensor([french.START]), state, memory, made["new"])
    assert float(p[0, place]) < 1e-9


def test_a_translation_does_not_depend_on_what_is_translated_beside_it(tiny):
    french, known, net, examples = tiny
    together, looked = french.translate(net, known, examples, beams=3)
    for k, example in enumerate(examples):
        (alone,), (where,) = french.translate(net, known, [example], beams=3)
        assert alone == together[k]
        assert where == pytest.approx(looked[k], abs=1e-5)
        assert where.shape[1] == len(example.source_ids) + len(example.neighbour_ids)
        assert where.sum(axis=1) == pytest.approx(np.ones(len(where)), abs=1e-4)


def test_one_beam_is_the_greedy_choice_and_more_are_never_less_likely(tiny):
    import torch

    french, _, net, examples = tiny
    made = french.batch_of(examples[:2])
    memory, state = net.encode(made)
    last, said = torch.full((2,), french.START), []
    for _ in range(french.LONGEST):
        p, state, _ = net.distribution(last, state, memory, made["new"])
        last = p.argmax(1)
        said.append(last)
    said = torch.stack(said, 1).tolist()
    for (ids, _), greedy in zip(french.search(net, made, 1, 0.8), said, strict=True):
        until = greedy.index(french.END) if french.END in greedy else len(greedy)
        assert ids[:until] == greedy[:until]


# ---------------------------------------------------------------- the runs and what the page says of them


def of(table, model_, column, part=None):
    return np.array([r[column] for r in table if r["model"] == model_ and part in (None, r.get("part"))])


def test_the_stored_runs_are_those_of_the_code():
    assert {r["recipe"] for r in project.read(project.DATES)} == {project.date_recipe()}
    assert {r["recipe"] for r in project.read(project.PHRASES)} == {project.phrase_recipe()}


def test_the_tests_were_opened_for_these_choices_and_open_for_no_others():
    texts, _, codes = project.date_tests().open(project.date_choices())["test"]
    assert len(texts) == project.TESTED
    assert set(codes) <= set(world_dates.trained())
    with pytest.raises(AlreadyOpened):
        project.date_tests().open(project.date_choices() | {"rules": 1})
    _, closed = project.phrase_parts()["test"]
    assert len(closed.open(project.phrase_choices())) == 785
    with pytest.raises(AlreadyOpened):
        closed.open(project.phrase_choices() | {"beams": 5})


def test_the_stored_reader_is_the_one_of_its_run(reader):
    texts, right, _ = world_dates.draw(np.random.default_rng(15), 1000, of="validation")
    (run,) = [r for r in project.read(project.DATES) if (r["model"], r["seed"]) == ("attention", 0)]
    assert model.exact(reader, texts, right).mean() == pytest.approx(run["validation"], abs=0.0011)


def test_the_stored_translator_says_what_is_stored():
    french = pytest.importorskip("lstm_helpers.projects.translation.french")
    net, known = french.stored_translator()
    _, closed = project.phrase_parts()["test"]
    pairs = closed.open(project.phrase_choices())[:30]
    said, _ = french.translate(net, known, known.examples(pairs), project.BEAMS, project.POWER)
    same = [" ".join(words) == text for words, text in zip(said, project.said_by()["neighbour 0 test"], strict=False)]
    assert np.mean(same) >= 0.9  # weights are stored in 16 bits


# ---------------------------------------------------------------- weights of one's own


@pytest.fixture(scope="module")
def asked():
    return checks.find("my_date_reader", "translation")


@pytest.fixture(scope="module")
def mine():
    solution = nbformat.read(ROOT / "solutions" / "projects" / "translation.ipynb", as_version=4)
    (packed,) = [text for cell in solution.cells for text in re.findall(r'my_model = unpack\("(.*)"\)', cell.source)]
    return own_weights.unpack(packed).params


def handed_in(params):
    return lambda: tuple(params[name] for name in answers.NAMES)


def stored_weights():
    return dict(zip(answers.NAMES, answers.my_date_reader(), strict=True))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_reader_of_ones_own_earns_all_points(asked, mine, seed):
    result = checks.examine(asked, handed_in(mine), seed)
    assert (result.state, result.points) == (judge.CORRECT, 6), result.text


def test_on_the_page_of_a_student_it_is_scored_on_the_languages_held_out(asked, mine, monkeypatch, tmp_path):
    monkeypatch.setattr(score, "HIDDEN", tmp_path / "not there")
    score._languages.cache_clear()
    try:
        assert score._languages()[1] == world_dates.HELD_OUT
        assert checks.examine(asked, handed_in(mine), 4).points > 0
    finally:
        score._languages.cache_clear()


def in_disguise(how, w):
    """The stored weights changed by what a reader does not show, or hardly."""
    w, rng = {name: array.copy() for name, array in w.items()}, np.random.default_rng(1)
    H = len(w["encoder.l0.W_h"])
    if how == "other order of units":
        order = rng.permutation(H)
        blocks = np.concatenate([order + k * H for k in range(4)])
        w["encoder.l0.W_x"], w["encoder.l0.b"] = w["encoder.l0.W_x"][:, blocks], w["encoder.l0.b"][blocks]
        w["encoder.l0.W_h"] = w["encoder.l0.W_h"][order][:, blocks]
        both = np.concatenate([order, np.arange(H, 2 * H)])
        wide = np.concatenate([both + k * 2 * H for k in range(4)])
        w["decoder.W_h"] = w["decoder.W_h"][both][:, wide]
        w["decoder.W_x"], w["decoder.b"] = w["decoder.W_x"][:, wide], w["decoder.b"][wide]
        w["attention.W"] = w["attention.W"][both][:, both]
        w["combine.W"] = w["combine.W"][np.concatenate([both, 2 * H + both])]
    elif how == "scaled embeddings":
        w["read.W"] *= 2
        for way in ("l0", "l0r"):
            w[f"encoder.{way}.W_x"] /= 2
    elif how == "a little noise":
        w = {name: a + 0.02 * a.std() * rng.normal(size=a.shape) for name, a in w.items()}
    elif how == "trained on":
        reader = model.with_weights(w)
        reader.rng, reader.unknown = rng, 0.1
        update = model.AdamW(reader.params, 2e-3)
        for made, _ in zip(model.batches(rng, 16), range(40), strict=False):
            update.step(update.joined(reader.learn(made)[1]))
        w = dict(reader.params)
    return w


@pytest.mark.parametrize(
    "how", ["as it is", "other order of units", "scaled embeddings", "a little noise", "trained on"]
)
def test_the_reader_that_the_course_trained_earns_nothing_in_any_disguise(asked, how):
    theirs = in_disguise(how, stored_weights())
    result = checks.examine(asked, handed_in(theirs))
    assert (result.points, result.cause) == (0, "the course's own model")


def test_the_disguises_read_as_the_stored_reader_does(reader):
    texts, right, _ = world_dates.draw(np.random.default_rng(8), 100, of="validation")
    for how in ("other order of units", "scaled embeddings"):
        same = model.with_weights(in_disguise(how, stored_weights()))
        assert model.read(same, texts)[0] == model.read(reader, texts)[0]


def test_what_is_no_trained_reader_earns_nothing_and_is_told_why(asked, mine):
    zeros = {name: np.zeros_like(array) for name, array in mine.items()}
    assert checks.examine(asked, handed_in(zeros)).cause == "hardly a date is read"
    short = checks.examine(asked, lambda: handed_in(mine)()[:-1])
    assert "15 values, expected 16 values" in short.text
    other = mine | {"readout.W": mine["readout.W"].T}
    assert "transpose it" in checks.examine(asked, handed_in(other)).text
    whole = mine | {"decoder.b": np.zeros(len(mine["decoder.b"]), int)}
    assert checks.examine(asked, handed_in(whole)).cause == "whole numbers in place of floats"
    assert checks.examine(asked, lambda: ...).state == judge.NOT_ATTEMPTED


def test_the_languages_that_a_class_is_scored_on_are_in_no_file_that_ships():
    table, codes = score._languages()
    assert codes == make_data.HIDDEN
    assert not set(codes) & set(world_dates.languages())
    assert Path(score.HIDDEN).name.startswith("hidden")
    texts, right = score._dates(1)
    again, _ = score._dates(2)
    assert len(texts) == score.DATES
    assert len(set(texts) & set(again)) < len(texts) / 10


# ---------------------------------------------------------------- the numbers of the notebook


def test_c18_dates_are_translated_without_a_rule():
    table = project.read(project.DATES)
    assert np.median(of(table, "attention", "test")) >= 0.995
    assert np.median(of(table, "attention", "pt")) >= 0.95
    assert np.median(of(table, "attention", "test")) > np.median(of(table, "none", "test"))
    (share,) = re.findall(r"dates: the network ([\d.]+)%", printed("test = runs.date_tests()"))
    assert float(share) / 100 == pytest.approx(of(table, "attention", "test")[0], abs=0.001)


def test_reading_the_neighbour_is_better_than_giving_it_out():
    table = project.read(project.PHRASES)
    rival = of(table, "rival", "bleu", "test")[0]
    assert np.median(of(table, "alone", "bleu", "test")) >= 23
    assert np.median(of(table, "neighbour", "bleu", "test")) >= max(31.9, rival)
    assert np.median(of(table, "neighbour", "exact", "test")) >= 0.15
    assert min(np.median(of(table, name, "hybrid", "test")) for name in ("alone", "neighbour")) >= 34
    found = re.findall(
        r"network +BLEU [\d.]+ +more than looking up: \+([\d.]+), 95 % interval \+([\d.]+)", printed("def difference")
    )
    assert float(found[0][1]) > 0
    assert float(found[0][0]) == pytest.approx(of(table, "neighbour", "bleu", "test")[0] - rival, abs=0.06)
    for name in ("alone", "no copying", "neighbour"):
        bleu, exact = (of(table, name, column, "test") for column in ("bleu", "exact"))
        assert len(bleu) == 3
        assert f"BLEU {np.median(bleu):.1f} ({bleu.min():.1f} to {bleu.max():.1f})" in printed("over_seeds")
        assert f"{np.median(bleu):.1f}" in PROSE
        assert name == "no copying" or f"{100 * np.median(exact):.1f} %" in PROSE
    before, after = (np.median(of(table, "neighbour", column, "test")) for column in ("bleu", "hybrid"))
    assert f"it gains nothing, {after:.1f} after {before:.1f}" in PROSE
    assert f"4 points of BLEU: {np.median(of(table, 'alone', 'hybrid', 'test')):.1f}" in PROSE


def test_shares_in_the_text_are_those_of_the_table():
    table = project.read(project.DATES)
    for name in ("attention", "none", "rules"):
        assert f"{100 * np.median(of(table, name, 'test')):.1f} %" in PROSE
    new = ("pt", "gl", "sk", "et")
    means = {name: np.mean([of(table, name, code) for code in new], axis=0) for name in ("attention", "all known")}
    for seeds in means.values():
        low, middle, high = (f"{100 * share:.1f}" for share in sorted(seeds))
        assert f"{low}, {middle} and {high} %" in PROSE


def test_the_live_reader_learns_what_the_text_says():
    (share,) = re.findall(r"Result: (\d+) per cent", printed("live, history = train_dates"))
    assert int(share) >= 95
