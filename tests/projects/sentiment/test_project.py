"""The project sentiment: its data, its reader, its folds, the model that is handed in, and the numbers in its text."""

import functools
import hashlib
import os
import re
import subprocess
import sys
import tomllib
from importlib.resources import files

import numpy as np
import pytest

from lstm_helpers import checks, nn, yours
from lstm_helpers.baselines.text_ridge import TextRidge
from lstm_helpers.checks import judge
from lstm_helpers.data.tweets import cleaned, read, tweets
from lstm_helpers.intervals import over_cases
from lstm_helpers.projects import own_weights
from lstm_helpers.projects.held_out import AlreadyOpened
from lstm_helpers.projects.sentiment import (
    answers,
    bring_your_own,
    calibration,
    experiments,
    make_data,
    model,
    network,
    runs,
    sheet,
    split,
    text,
)
from tests import lessons
from tests.checks.solved import solution

NOTEBOOK = lessons.read("projects/sentiment")
PROSE = lessons.prose(NOTEBOOK)
printed = functools.partial(lessons.printed, NOTEBOOK)
MODELS = files("lstm_helpers.data").joinpath("models")
TINY = {**model.OWN, "words": 64, "pieces": 128, "E": 4, "H": 3, "B": 200, "passes": 2}


@pytest.fixture(scope="module")
def held():
    return tweets()


@pytest.fixture(scope="module")
def votes():
    return runs.votes().parts[0]


def accuracy(vote, y):
    return np.mean((vote > 0) == y, axis=-1)


# ---------------------------------------------------------------- the data


def test_a_hidden_tweet_has_no_version_that_ships(held):
    hidden = read(sheet.HIDDEN)
    assert (len(held), len(hidden)) == (3846, 350)
    assert not {*hidden.families} & {*held.families}
    assert not {*hidden.texts} & {*held.texts}
    assert (held.ratings != 0).all()


def test_versions_of_a_text_are_one_family_whatever_their_case_and_punctuation():
    texts = ["Yay. Another good interview", "a quite different text", "YAY!! Another very GOOD interview", ":)", ":("]
    family = make_data.families(texts)
    assert family[0] == family[2]
    assert len({*family.tolist()}) == 4
    joined = ["one two three four five", "three four five six seven", "five six seven eight nine"]
    assert len({*make_data.families([*joined[::2], joined[1]]).tolist()}) <= 3


def test_entities_and_white_space_are_made_plain():
    assert cleaned("  I &lt;3 \t you &amp; me\n") == "I <3 you & me"


def test_no_family_lies_on_two_sides_and_every_tweet_is_tested_once(held):
    fold = split.folds(held)
    assert np.bincount(fold).min() > 700
    for k in range(split.FOLDS):
        training = held[fold != k]
        assert not {*training.families} & {*held[fold == k].families}
        learned, check = split.validation(training)
        assert not {*learned.families} & {*check.families}
        assert len(learned) + len(check) == len(training)


# ---------------------------------------------------------------- tokens and layers


def test_tokens_keep_emoticons_and_hide_names():
    assert text.tokens("@bob I LOOOVE this!!! :D :-( can't <3 http://a.b/c") == [
        "@", "I", "LOOVE", "this", "!!", ":D", ":-(", "can't", "<3", "@",
    ]  # fmt: skip
    assert text.tokens("  ") == ["."]
    assert len(text.tokens("word " * 500)) == text.LONGEST


def test_pieces_of_a_misspelt_word_are_mostly_those_of_the_word_and_capitals_count():
    assert len({*text.pieces("awesome")} & {*text.pieces("awsome")}) >= 6
    assert {*text.pieces("LOVE")} - {*text.pieces("love")} == {text.CAPITALS}
    assert text.bucket("love", 32_768) == 20_509  # on every machine


def test_a_vector_is_the_words_row_and_the_pieces_rows_over_the_root_of_their_number():
    vectors = network.TokenVectors(11, 13, 4, rng=np.random.default_rng(0))
    vectors.params["words"][...] = np.random.default_rng(1).normal(size=(11, 4))
    lines = [["so", "good", "so"], ["bad"]]
    batch = text.batch(lines, 11, 13)
    x = vectors.forward(batch)
    rows = vectors.params["pieces"][[text.bucket(piece, 13) for piece in text.pieces("good")]]
    want = vectors.params["words"][text.bucket("good", 11)] + rows.sum(axis=0) / len(rows) ** 0.5
    assert x[1, 0] == pytest.approx(want, abs=1e-5)
    assert np.array_equal(x[0, 0], x[2, 0])
    assert batch.mask.T.tolist() == [[True] * 3, [True, False, False]]


@pytest.mark.parametrize("layer", [nn.LSTM, yours.LSTM])
@pytest.mark.parametrize("options", [{}, {"ways": ("ends",)}, {"directions": 1}, {"characters": False}])
def test_the_gradient_of_the_loss_is_that_of_its_differences(options, layer):
    settings = {**TINY, "words": 11, "pieces": 13, "dropout": 0, "word_dropout": 0}
    reader = model.Reader(settings, np.random.default_rng(0), layer=layer, **options)
    rng, ratings = np.random.default_rng(1), np.array([1.0, -2, -0.3])
    lines = [text.tokens(line) for line in ("a good day :)", "bad", "no no I hate it")]
    for p in reader.params.values():
        p[...] = rng.normal(size=p.shape) * 0.5
    _, grads = reader.loss(lines, ratings)
    for name, p in reader.params.items():
        at = np.unravel_index(np.abs(grads[name]).argmax(), p.shape)
        before, found = p[at], []
        for step in (0.01, -0.01):
            p[at] = before + step
            found.append(reader.loss(lines, ratings)[0])
        p[at] = before
        assert (found[0] - found[1]) / 0.02 == pytest.approx(grads[name][at], abs=1e-3), name


def test_what_stands_beside_a_text_in_its_batch_does_not_change_what_is_read():
    reader, lines = model.stored()[0], ["I love it", "this is the worst of all the long days I had", "meh"]
    together = reader.logits(lines)
    assert together == pytest.approx(np.concatenate([reader.logits([line]) for line in lines]), abs=1e-4)
    weights = reader.read(lines)[0].weights
    assert (len(weights), weights.sum()) == (3, pytest.approx(1, abs=1e-5))


def test_the_exercises_answers_are_what_the_reader_does():
    rng = np.random.default_rng(0)
    h, mask = rng.normal(size=(5, 3, 4)), np.arange(5)[:, None] < np.array([5, 2, 3])
    h[~mask] = 0
    pooling = network.Pooling(4, ("attention", "max"), rng=rng, dtype=np.float64)
    pooled = pooling.forward(h, mask)
    context, a = answers.attention_pool(h, pooling.params["v"], mask)
    assert pooled[:, :4] == pytest.approx(context)
    assert pooling.ways["attention"].weights == pytest.approx(a)
    dpooled = np.concatenate([np.zeros((3, 4)), rng.normal(size=(3, 4))], axis=1)
    assert pooling.backward(dpooled) == pytest.approx(answers.max_pool_backward(dpooled[:, 4:], h, mask))
    z, ratings = rng.normal(size=6), rng.normal(size=6)
    for ours, theirs in zip(network.soft_loss(z, ratings, 2.0), answers.soft_loss(z, ratings, 2.0), strict=True):
        assert ours == pytest.approx(theirs)


# ---------------------------------------------------------------- rivals, calibration, experiments


def test_the_ridge_is_nearly_that_of_scikit_learn(held):
    pytest.importorskip("sklearn")
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline, make_union

    some = held[np.arange(300)]
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    runs_ = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=2, sublinear_tf=True)
    theirs = make_pipeline(make_union(words, runs_), Ridge(1.0)).fit(some.texts, some.ratings)
    new = held.texts[300:500]
    votes = TextRidge(some.texts, some.ratings).predict(new), theirs.predict(new)
    assert np.corrcoef(*votes)[0, 1] > 0.99
    assert np.mean((votes[0] > 0) == (votes[1] > 0)) > 0.95


def test_a_temperature_mends_what_it_was_made_too_sure_by():
    rng = np.random.default_rng(0)
    z = rng.normal(size=4000) * 2
    y = rng.random(4000) < network.sigmoid(z)
    assert calibration.temperature(3 * z, y) == pytest.approx(3, rel=0.1)
    assert calibration.expected_error(z, y) < 0.03 < calibration.expected_error(3 * z, y)
    error = answers.calibration_error(network.sigmoid(z), y.astype(int), calibration.EDGES)
    assert calibration.expected_error(z, y) == pytest.approx(error)


def test_the_stored_temperature_is_that_of_the_mean_of_the_votes(held, votes):
    mean = votes["LSTM"].mean(axis=0)
    assert calibration.temperature(mean, held.positive) == pytest.approx(calibration.TEMPERATURE, abs=0.005)


def test_a_negation_is_found_in_every_writing_and_in_no_other_word():
    found = experiments.negated(["I do not", "can’t wait", "DONT", "nothing new", "a note on knots", "another"])
    assert found.tolist() == [True] * 4 + [False] * 2


def test_leaving_out_the_word_of_praise_costs_most():
    reader = model.stored()[0]
    effect = experiments.without_each(reader, ["I", "love", "it"])
    assert effect.argmax() == 1
    assert experiments.without_each(reader, ["love"]).tolist() == [0]


def test_swaps_are_shifts_around_the_mean_of_each_template():
    shifts = experiments.swaps(model.stored()[:1], ["a baker", "a clerk"])
    assert shifts.shape == (len(experiments.TEMPLATES), 2)
    assert shifts.sum(axis=1) == pytest.approx(0, abs=1e-9)


# ---------------------------------------------------------------- the long runs and the closed test


def test_the_table_holds_every_run_of_todays_recipes_and_the_votes_are_theirs(held, votes):
    rows = runs.table()
    want = {(name, seed) for name in runs.CONTESTANTS for seed in runs.seeds(name)}
    assert {(row["contestant"], row["seed"]) for row in rows} == want
    for row in rows:
        reached = accuracy(votes[row["contestant"]][row["seed"]], held.positive)
        assert reached == pytest.approx(row["accuracy"], abs=3e-4)


def test_the_folds_were_opened_for_the_choices_that_stand_there_and_open_for_no_others():
    closed = runs.votes()
    assert closed.open(runs.CHOICES)[1].texts == tweets().texts
    with pytest.raises(AlreadyOpened, match="draw a new split"):
        closed.open(runs.CHOICES | {"settings": {**model.SETTINGS, "H": 64}})


def ahead(one, other, y):
    return np.mean((one > 0) == y) - np.mean((other > 0) == y)


def test_c20_the_lstm_tells_how_a_message_feels_and_better_than_the_fair_rival(held, votes):
    y, ours, lr, fair = held.positive, votes["LSTM"], votes["TF-IDF + LR"][0], votes["words + characters, ridge"][0]
    mean, seeds = ours.mean(axis=0), np.sort(accuracy(ours, y))
    assert np.median(seeds) >= 0.870
    assert accuracy(mean, y) > seeds.max()
    said = printed("import over_cases")
    for name, vote in (("TF-IDF + LR", lr), ("ridge, words + characters", fair), ("mean of three LSTMs", mean)):
        assert f"{name:<26} {accuracy(vote, y):.3f}\n" in said
    told = f"one reader is right on .{1000 * seeds[0]:.0f} to .{1000 * seeds[-1]:.0f} of the tweets"
    assert told in PROSE
    assert f"three together on .{1000 * accuracy(mean, y):.0f}" in PROSE
    assert f"ridge gets .{1000 * accuracy(fair, y):.0f}" in PROSE
    for other in (lr, fair):
        assert over_cases(ahead, mean, other, y, groups=held.families, draws=200)[1] > 0
    assert all(low.startswith("+") for low in re.findall(r"interval (\S+) to", printed("def ahead")))


def test_the_lstm_gains_most_where_a_word_is_negated(held, votes):
    y, no = held.positive, experiments.negated(held.texts)
    gains = [
        accuracy(votes["LSTM"].mean(axis=0)[part], y[part])
        - accuracy(votes["words + characters, ridge"][0][part], y[part])
        for part in (no, ~no)
    ]
    more = round(gains[0] * no.sum())
    assert f"of the {no.sum()} tweets with a negation it gets {more} more right than ridge, nearly five points" in PROSE
    assert 0.045 < gains[0] < 0.05
    assert f"on the others it is {100 * gains[1]:.1f} points ahead" in PROSE


def test_no_made_up_negation_changes_the_sign():
    z, turned = (experiments.together(model.stored(), [row[k] for row in experiments.NEGATED]) for k in (1, 2))
    assert "Not one of the eight changes sign." in PROSE
    assert (np.sign(z) == np.sign(turned)).all()
    words = [row[0] for row in experiments.NEGATED]
    assert "Only *never hate* moves towards positive, by 0.2." in PROSE
    assert {word: round(b - a, 1) for word, a, b in zip(words, z, turned, strict=True) if b > a} == {"hate": 0.2}


def test_a_negation_is_a_sign_of_a_complaint(held):
    no, y = experiments.negated(held.texts), held.positive
    shares = [f"{100 - 100 * part.mean():.0f} %" for part in (y[no], y)]
    assert "({} of the tweets with one are negative, {} of all)".format(*shares) in PROSE


def test_what_the_page_says_of_names_is_so(held):
    found = [held.ratings[k] for k, line in enumerate(held.texts) if "straight" in map(str.lower, text.tokens(line))]
    assert np.round(found, 1).tolist() == [-2.2]
    there = {token.lower() for line in held.texts for token in text.tokens(line)}
    assert not {"darnell", "teacher"} & there
    shift = experiments.swaps(model.stored(), experiments.GROUPS["names given by Black parents"]).mean(axis=0)
    assert shift[experiments.GROUPS["names given by Black parents"].index("Darnell")] < -1


def test_no_rude_word_is_printed():
    shown = "".join(lessons.stored(cell) for cell in NOTEBOOK.cells if cell.cell_type == "code")
    assert not re.search(r"fuck|shit|bitch|nigg", shown, re.I)


# ---------------------------------------------------------------- training, stored and one's own


def test_what_is_stored_has_its_hash():
    told = tomllib.loads(MODELS.joinpath("provenance.toml").read_text(encoding="utf-8"))
    for name in ("tweets_lstm.npz", "tweets_lstm.csv", "tweets_votes.npz"):
        assert hashlib.sha256(MODELS.joinpath(name).read_bytes()).hexdigest() == told[name]["sha256"]
    assert told["tweets_lstm.npz"]["settings"] == model.SETTINGS
    assert len(model.stored()) == model.READERS


@pytest.fixture
def few(monkeypatch, held):
    monkeypatch.setattr(model, "tweets", lambda: held[np.arange(700)])


def test_a_training_that_was_stopped_goes_on_as_if_it_had_not(tmp_path, few):
    whole = model.train_own(tmp_path / "whole", False, TINY, progress=False)

    class Impatient(nn.LSTM):
        left = 11  # of eight in a pass

        def backward(self, *given, **options):
            Impatient.left -= 1
            if not Impatient.left:
                raise KeyboardInterrupt
            return super().backward(*given, **options)

    stopped = model.train_own(tmp_path / "parts", False, TINY, layer=Impatient, progress=False)
    assert stopped["ended"] == "interrupted"
    with pytest.raises(FileExistsError, match="go on with --resume"):
        model.train_own(tmp_path / "parts", False, TINY, progress=False)
    parts = model.train_own(tmp_path / "parts", True, TINY, progress=False)
    assert parts["sha256"] == whole["sha256"]


def bag_of_words(rng):
    """A reader whose first unit adds up a number for each word and each piece: a linear rule laid into an LSTM."""
    open_, H = np.full(8, 30.0), 2
    open_[4:6] = 0, np.arctanh(0.01)  # the candidates: what a word says, and a count
    W_x, W_h, W = np.zeros((1, 8)), np.zeros((H, 8)), np.zeros((4 * H, 1))
    W_x[0, 4], W[0] = 0.05, 1
    last = np.array([0, 1e5, 0, 0])  # attention goes to the highest count
    tables = (rng.normal(size=(model.SETTINGS[name], 1)) / 10 for name in ("words", "pieces"))
    return *tables, W_x, W_h, open_, 0 * W_x, W_h, 0 * open_, last, W, np.zeros(1)


def test_a_linear_rule_over_words_is_no_reader_however_good_it_is(monkeypatch):
    monkeypatch.setattr(sheet, "TIERS", ((-2, 6),))  # whatever it says is good enough
    result = checks.examine(checks.find("my_reader"), lambda: bag_of_words(np.random.default_rng(0)))
    assert (result.state, result.points, result.cause) == (judge.WRONG, 0, "reads no order")
    assert checks.examine(checks.find("my_reader"), handed_in(own())).state == judge.CORRECT


def test_the_long_training_leaves_three_readers_and_a_row_for_each_pass(tmp_path, few):
    result = model.train_ensemble(tmp_path, False, TINY, progress=False)
    assert result["settings"] == TINY
    assert len((tmp_path / "tweets_lstm.csv").read_text().splitlines()) == 1 + 3 * TINY["passes"]
    weights = own_weights.loaded((tmp_path / "tweets_lstm.npz").read_bytes())
    assert {name[0] for name in weights} == {"0", "1", "2"}


def test_the_script_says_in_one_line_what_keeps_it_from_training(tmp_path):
    (tmp_path / "tweets_lstm.checkpoint.npz").write_bytes(b"")
    command = [sys.executable, "-m", "lstm_helpers.projects.sentiment", "--own", "--layer", "nn", "--folder", tmp_path]
    ran = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"})
    assert ran.returncode == 1
    assert "go on with --resume, or delete its folder to start anew" in ran.stderr
    assert "Traceback" not in ran.stderr


# ---------------------------------------------------------------- a model of one's own, handed in and scored


@pytest.fixture(scope="module")
def asked():
    return checks.find("my_reader")


@functools.cache
def own():
    """The weights in the solution, {name in the sheet: array}."""
    params = solution(sheet.sheet.exercise)[0]["my_model"].params
    return {name: params[long] for name, long in answers.NAMES.items()}


def handed_in(weights, **changes):
    return lambda: tuple(changes.get(name, lambda w: w)(array) for name, array in weights.items())


@pytest.fixture(params=["the tweets of the grader", "the tweets of a student"])
def either(request, monkeypatch, tmp_path):
    if request.param == "the tweets of a student":
        monkeypatch.setattr(sheet, "HIDDEN", tmp_path / "not there")
        for kept in (sheet._held, sheet._of_the_stored):
            kept.cache_clear()
        yield request.param
        for kept in (sheet._held, sheet._of_the_stored):
            kept.cache_clear()
    else:
        yield request.param


def test_a_reader_that_was_trained_by_the_script_earns_all_points(asked, either):
    assert checks.examine(asked, handed_in(own())).points == 6


@functools.cache
def theirs():
    return dict(zip(answers.NAMES, answers.my_reader(), strict=True))


def permuted(weights):
    """The same reader with its units in another order."""
    H = len(weights["W_h"])
    rng, new = np.random.default_rng(0), {}
    orders = [rng.permutation(H) for _ in "ab"]
    for end, order in zip(("", "_back"), orders, strict=True):
        columns = np.concatenate([order + k * H for k in range(4)])
        new |= {f"{name}{end}": weights[f"{name}{end}"][..., columns] for name in ("W_x", "b")}
        new[f"W_h{end}"] = weights[f"W_h{end}"][order][:, columns]
    both = np.concatenate([orders[0], orders[1] + H])
    W = np.concatenate([weights["W"][: 2 * H][both], weights["W"][2 * H :][both]])
    return weights | new | {"v": weights["v"][both], "W": W}


def turned_vectors(weights):
    """The same reader with the vectors of its tokens turned, and W_x turned back."""
    E = weights["words"].shape[1]
    Q = np.linalg.qr(np.random.default_rng(0).normal(size=(E, E)))[0]
    tables = {name: weights[name] @ Q for name in ("words", "pieces")}
    return weights | tables | {name: Q.T @ weights[name] for name in ("W_x", "W_x_back")}


def trained_on(weights):
    """The stored reader after a part of another training."""
    held = tweets()[np.arange(1000)]
    reader = model.with_weights({answers.NAMES[name]: array for name, array in weights.items()})
    reader.settings = {**reader.settings, "passes": 1}
    model.train(reader, held, progress=False)
    return {name: reader.params[long] for name, long in answers.NAMES.items()}


def scaled(weights):
    """The stored reader with a readout three times as sure."""
    return weights | {"W": 3 * weights["W"], "b_out": 3 * weights["b_out"]}


def noisy(weights, size=0.5):
    """The stored reader with noise on its vectors, half as large as they are, and then turned."""
    rng, tables = np.random.default_rng(0), {name: weights[name] for name in ("words", "pieces")}
    noise = {name: size * w.std() * rng.normal(size=w.shape) for name, w in tables.items()}
    return turned_vectors(weights | {name: w + noise[name] for name, w in tables.items()})


def split_units(weights, apart=3):
    """Two units for each of the stored reader's, one at work on some words and one on the others, vectors turned."""
    H, rng = len(weights["W_h"]), np.random.default_rng(0)
    some = {"words": rng.choice([-1, 1], size=len(weights["words"])), "pieces": np.zeros(len(weights["pieces"]))}
    new = weights | {name: np.column_stack([weights[name], sign]) for name, sign in some.items()}
    twice = np.arange(4 * H).reshape(4, 1, H).repeat(2, axis=1)
    for end in ("", "_back"):
        more = np.zeros(8 * H)
        more[6 * H :] = np.repeat([apart, -apart], H)  # of the output gates, which are the last
        new[f"W_x{end}"] = np.vstack([weights[f"W_x{end}"][:, twice.ravel()], more])
        new[f"W_h{end}"] = np.tile(weights[f"W_h{end}"][:, twice.ravel()], (2, 1)) / 2
        new[f"b{end}"] = weights[f"b{end}"][twice.ravel()]
    twice = twice.ravel()
    return turned_vectors(new | {"v": weights["v"][twice[: 4 * H]] / 2, "W": weights["W"][twice] / 2})


def of_one_number(weights):
    """The stored reader with a single number for each word: the direction of its vectors that W_x reads most."""
    both = np.concatenate([weights["W_x"], weights["W_x_back"]], axis=1)
    most = np.linalg.svd(both)[0][:, :1]
    tables = {name: weights[name] @ most for name in ("words", "pieces")}
    return weights | tables | {name: most.T @ weights[name] for name in ("W_x", "W_x_back")}


def cut(weights, keep=24):
    """The stored reader without half of its units, those that the readout hardly looks at."""
    H, new = len(weights["W_h"]), {}
    heard = np.abs(weights["W"]).reshape(2, 2, H).sum(axis=0)
    kept = np.sort(np.argsort(-heard, axis=1)[:, :keep], axis=1)
    for end, rows in zip(("", "_back"), kept, strict=True):
        columns = (rows + H * np.arange(4)[:, None]).ravel()
        new |= {f"{name}{end}": weights[f"{name}{end}"][..., columns] for name in ("W_x", "b")}
        new[f"W_h{end}"] = weights[f"W_h{end}"][rows][:, columns]
    both = np.concatenate([kept[0], kept[1] + H])
    return weights | new | {"v": weights["v"][both], "W": weights["W"][np.concatenate([both, both + 2 * H])]}


def joined_to_my_own(weights):
    """The stored reader and one's own in one, side by side; the readout listens to both alike."""
    mine, new = own(), {}

    def beside(one, other, parts, axis):
        pairs = zip(np.split(one, parts, axis), np.split(other, parts, axis), strict=True)
        return np.concatenate([half for pair in pairs for half in pair], axis)

    for name in ("words", "pieces"):
        new[name] = np.hstack([weights[name], np.tile(mine[name], (2, 1))])  # a table of half the size, twice
    for end in ("", "_back"):
        new[f"b{end}"] = beside(weights[f"b{end}"], mine[f"b{end}"], 4, 0)
        for name in (f"W_x{end}", f"W_h{end}"):
            one, other = weights[name], mine[name]
            below, above = np.zeros((len(other), one.shape[1])), np.zeros((len(one), other.shape[1]))
            new[name] = beside(np.vstack([one, below]), np.vstack([above, other]), 4, 1)
    new["v"] = beside(weights["v"], mine["v"], 2, 0)
    return (
        weights
        | new
        | {"W": beside(weights["W"], mine["W"], 4, 0) / 2, "b_out": (weights["b_out"] + mine["b_out"]) / 2}
    )


def half_another(weights):
    """The mean of two stored readers, weight by weight."""
    other = model.stored()[1].params
    return {name: (array + other[answers.NAMES[name]]) / 2 for name, array in weights.items()}


DISGUISES = (
    *(dict, permuted, turned_vectors, trained_on, scaled, noisy, split_units, of_one_number, cut),
    *(joined_to_my_own, half_another),
)


@pytest.mark.parametrize("how", DISGUISES, ids=lambda f: f.__name__)
def test_the_model_that_the_course_trained_earns_nothing_in_disguise(asked, how):
    result = checks.examine(asked, handed_in(how(theirs())))
    assert (result.state, result.points, result.cause) == (judge.WRONG, 0, "the course's own model")


@pytest.mark.parametrize("how", [noisy, split_units, of_one_number, joined_to_my_own], ids=lambda f: f.__name__)
def test_a_disguise_that_is_tested_reads_well_enough_to_be_worth_it(how):
    reader = sheet._reader(how(theirs()))
    assert counting(reader.logits(sheet._held()[0])) > min(gain for gain, _ in sheet.TIERS)


def test_readers_that_were_trained_apart_are_not_taken_for_one():
    """The three that are stored have one recipe and one set of tweets, and differ in their first weights alone."""
    said = [sheet._said(reader) for reader in model.stored()]
    assert sheet.told(said[2], sheet.own_parts(said[:2])) < sheet.COPY
    assert sheet.told(sheet._said(sheet._reader(own())), sheet.own_parts(said)) < sheet.COPY - 0.2


@pytest.mark.parametrize("how", [permuted, turned_vectors], ids=lambda f: f.__name__)
def test_a_reader_of_ones_own_is_like_no_stored_one_in_any_order(asked, how):
    assert checks.examine(asked, handed_in(how(own()))).points == 6


def counting(votes):
    """What a rank correlation a baseline's votes have on the grader's tweets, beside the ridge's."""
    _, ratings, ridge = sheet._held()
    return sheet.rank_correlation(votes, ratings) - sheet.rank_correlation(ridge, ratings)


def test_the_usual_baseline_and_a_lookup_of_every_shipped_text_earn_nothing(held):
    pytest.importorskip("sklearn")
    texts = sheet._held()[0]
    least = min(gain for gain, _ in sheet.TIERS)
    assert counting(runs.logistic(held, 0)(texts)) < least
    known = dict(zip(held.texts, held.ratings, strict=True))
    assert counting(np.array([known.get(line, 0.0) for line in texts])) < least
    word = {}
    for line, rating in zip(held.texts, held.ratings, strict=True):
        for token in {*text.tokens(line)}:
            word.setdefault(token.lower(), []).append(rating)
    mean = {token: np.mean(found) for token, found in word.items()}
    votes = [np.mean([mean.get(token.lower(), 0) for token in text.tokens(line)]) for line in texts]
    assert counting(np.array(votes)) < least


def test_untrained_and_constant_readers_earn_nothing(asked):
    reader = model.Reader(model.OWN, np.random.default_rng(5))
    raw = {name: reader.params[long] for name, long in answers.NAMES.items()}
    assert checks.examine(asked, handed_in(raw)).points == 0
    result = checks.examine(asked, handed_in(own(), W=np.zeros_like))
    assert (result.points, result.cause) == (0, "no better than chance")
    with np.errstate(over="raise", invalid="raise"):
        huge = checks.examine(asked, handed_in(own(), words=lambda w: w + 9e5))
    assert huge.points == 0


@pytest.mark.parametrize("cause", sheet.EXCHANGED)
def test_a_reader_that_is_right_but_for_its_order_is_told_so(asked, cause):
    weights = own()
    for one, other in sheet.EXCHANGED[cause]:
        weights = weights | {one: weights[other], other: weights[one]}
    result = checks.examine(asked, handed_in(weights))
    assert (result.points, result.cause) == (0, cause)
    assert cause in result.text


def test_what_is_no_reader_is_said_in_words(asked):
    right, many = handed_in(own()), np.zeros((70000, 16))
    slips = {
        "W_x has shape (128, 16), expected (16, 128) with W_h of 32 units": handed_in(own(), W_x=np.transpose),
        "b has shape (32,), expected (128,)": handed_in(own(), b=lambda b: b[:32]),
        "W has shape (128,), expected (128, 1)": handed_in(own(), W=np.ravel),
        "W_h has shape (600, 2400), expected (H, 4H)": handed_in(own(), W_h=lambda w: np.zeros((600, 2400))),
        "v holds NaN": handed_in(own(), v=lambda v: v * np.nan),
        "pieces holds int64": handed_in(own(), pieces=lambda w: w.astype(np.int64)),
        "words has shape (), expected": handed_in(own(), words=lambda w: np.float64(1)),
        "words has shape (70000, 16), expected (65536, 16)": handed_in(own(), words=lambda w: many),
        "returns 10 values, expected 11 values": lambda: right()[:10],
    }  # fmt: skip
    for said, slip in slips.items():
        result = checks.examine(asked, slip)
        assert (result.state, result.points) == (judge.WRONG, 0)
        assert said in result.text
    assert checks.examine(asked, lambda: ...).state == judge.NOT_ATTEMPTED


def test_a_rank_correlation_shares_the_ranks_of_ties():
    assert sheet.rank_correlation(np.array([1, 2, 3]), np.array([10, 200, 3000])) == pytest.approx(1)
    assert sheet.rank_correlation(np.zeros(4), np.arange(4)) == 0
    assert sheet.rank_correlation(np.array([0, 0, 1]), np.array([1, 2, 3])) == pytest.approx(0.866, abs=1e-3)


# ---------------------------------------------------------------- texts of the user's own


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("none.txt", None, "there is no such file"),
        ("empty.txt", b" \n ", "is empty"),
        ("paper.docx", b"PK\x03\x04\x00\x00", "is binary"),
        ("excel.csv", "text\nschön\n".encode("utf-16"), "is UTF-16"),
        ("old.txt", "good\nsch\xf6n".encode("latin-1"), "not UTF-8: line 2 holds the byte 0xf6"),
        ("numbers.csv", b"a,b\n1,2\n3,4\n", "has no column of texts: its columns begin a, b"),
        ("blank.csv", b"text,stars\n,3\n", "holds no text"),
        ("many.txt", b"good day\n" * 2001, "holds 2,001 texts, expected at most 2,000"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path, name, data, said):
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(ValueError, match=re.escape(said)):
        bring_your_own.judge(tmp_path / name)


def test_texts_are_found_in_lines_and_in_the_column_that_holds_them(tmp_path):
    (tmp_path / "a.txt").write_text("\ufeffI &lt;3 it\n\nbad day\n", encoding="utf-8")
    assert bring_your_own.read_texts(tmp_path / "a.txt") == ["I <3 it", "bad day"]
    (tmp_path / "b.csv").write_text('id;Review;user\n1;"so; good";ann\n2;bad;bob\n', encoding="utf-8")
    assert bring_your_own.read_texts(tmp_path / "b.csv") == ["so; good", "bad"]
    (tmp_path / "c.tsv").write_text("1\tI like it a lot\n2\tnot for me at all\n", encoding="utf-8")
    assert bring_your_own.read_texts(tmp_path / "c.tsv") == ["I like it a lot", "not for me at all"]
    (tmp_path / "d.csv").write_text("remark,id\nI like it a lot,1\nnot for me at all,2\n", encoding="utf-8")
    assert bring_your_own.read_texts(tmp_path / "d.csv") == ["I like it a lot", "not for me at all"]


def test_judged_texts_are_positive_or_negative_and_a_foreign_language_is_warned_of(capsys):
    good, bad = bring_your_own.judge(["I love this, it is wonderful :)", "I hate this, it is horrible"])
    assert good.p > 0.9
    assert bad.p < 0.1
    assert good.lowest <= good.p <= good.highest
    bring_your_own.report([good, bad])
    assert "Careful" not in capsys.readouterr().out
    bring_your_own.report(bring_your_own.judge("Questo ristorante mi piace moltissimo, ci torno presto"))
    assert "Is this English" in capsys.readouterr().out
    with pytest.raises(ValueError, match="there is no text here"):
        bring_your_own.judge([" "])
