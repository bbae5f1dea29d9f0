"""Lesson 1 says what it measured. What its cells define is compared with the package and with what is stored."""

import os
import pickle
import re
import subprocess
import sys
from collections import Counter

import nbformat
import numpy as np
import pytest

from lstm_helpers import data, nn
from lstm_helpers.lessons.sequences import answers, experiments, figures
from lstm_helpers.training import chunks
from tests import ROOT, lessons

LESSON = ROOT / "notebooks" / "01_sequences.ipynb"
NOTEBOOK = nbformat.read(LESSON, 4)
PROSE = " ".join("\n".join(c.source for c in NOTEBOOK.cells if c.cell_type == "markdown").split())
ORDERS = ("unigram", "bigram", "trigram", "4-gram", "5-gram")

# The lesson sets the number of threads before NumPy is loaded, so it runs in a process of its own.
RUN = """
import contextlib, io, pickle, sys
import nbformat

from tests import ROOT
cells = [c for c in nbformat.read(sys.argv[1], 4).cells if c.cell_type == "code"]
names = {}
with contextlib.redirect_stdout(io.StringIO()):
    for cell in cells:
        if not cell.source.startswith("figures."):
            exec(cell.source, names)
names["params"] = {**names["rnn"].params, "W_y": names["readout"].params["W"], "b_y": names["readout"].params["b"]}
plain = (int, float, str, list, dict, type(names["ids"]), type(names["final"]))
with open(sys.argv[2], "wb") as file:
    pickle.dump({n: v for n, v in names.items() if n[0] != "_" and isinstance(v, plain)}, file)
"""


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    """What the cells define."""
    file = tmp_path_factory.mktemp("lesson") / "names.pickle"
    environment = {**os.environ, "OMP_NUM_THREADS": "2", "LSTM_COURSE_PROGRESS": "off"}
    subprocess.run([sys.executable, "-c", RUN, str(LESSON), str(file)], check=True, env=environment, timeout=1800)
    return pickle.loads(file.read_bytes())


def test_what_the_cells_print_is_compared():
    assert lessons.compared(NOTEBOOK) >= 18


def test_claim_1_has_its_cell_and_it_is_compared():
    (cell,) = [c for c in NOTEBOOK.cells if "claim" in c.metadata]
    assert cell.metadata["claim"] == "C01"
    assert "nbval-check-output" in cell.metadata["tags"]
    assert "The LSTM is a recurrent network, too" in PROSE


def test_every_picture_has_alt_text():
    pages = [
        o.data["text/html"] for c in NOTEBOOK.cells for o in c.get("outputs", []) if "text/html" in o.get("data", {})
    ]
    pages = [page for page in pages if "<img" in page]  # the others are results of predictions
    assert len(pages) == 6
    told = [re.search(r'<img alt="([^"]+)"', page)[1] for page in pages]
    assert all(len(alt) > 80 for alt in told)
    assert not any("np." in alt for alt in told)  # words, not the repr of a NumPy value


def test_the_lesson_derives_the_gradient_of_the_scores_and_says_where_the_rest_is_taught():
    assert r"\frac{\partial L}{\partial z} = p - \mathrm{onehot}(c)" in PROSE
    assert "How it gets there is the question of lesson 2" in PROSE


def test_the_network_comes_before_the_first_third_of_the_text_is_read():
    assert PROSE.index("## 3. One step of a recurrent network") < len(PROSE) / 3


@pytest.mark.parametrize(
    "idea",
    [
        r"\prod_{t=1}^{T} p(x_t \mid x_1, \dots, x_{t-1})",
        "called an **embedding**",
        "**perplexity**",
        "**Teacher forcing.**",
        "**Truncated back-propagation through time.**",
        "the state is carried, as in section 4, but **the gradient is cut**",
        "| one-to-many |",
        "| many-to-one |",
        "| many-to-many, in step |",
    ],
)
def test_what_a_course_on_sequences_has_to_name_is_named(idea):
    assert idea in PROSE


def test_the_gradient_of_the_scores_is_that_of_the_loss_and_of_central_differences(capsys):
    rng = np.random.default_rng(4)
    for came in range(5):
        scores = rng.normal(size=5) * 3
        formula, found = experiments.judge_scores(scores, came)
        np.testing.assert_allclose(formula, found, atol=1e-8)
        np.testing.assert_allclose(formula, nn.softmax_cross_entropy(scores[None], np.array([came]))[1][0], atol=1e-12)
    assert capsys.readouterr().out.count("<- came") == 5
    assert "symbol 1   0.20       -0.8000              -0.8000  <- came" in lessons.printed(NOTEBOOK, "judge_scores(")


def test_the_split_is_of_the_novel_and_does_not_overlap(names):
    ids, N = names["ids"], 684_767
    assert len(ids) == len(data.pride_and_prejudice()) == N
    assert "".join(names["vocab"][ids]) == data.pride_and_prejudice()
    np.testing.assert_array_equal(np.concatenate([names["train"], names["valid"]]), ids[: len(names["train"]) + 20_000])
    np.testing.assert_array_equal(names["test"], ids[int(0.9 * N) :])
    assert len(names["train"]) + 20_000 < int(0.9 * N)


def counted_by_hand(train, text, V, order):
    """Witten-Bell bits per character of ``text`` with dictionaries, as the equation that is folded away says."""
    tables = [Counter(zip(*(train[k:] for k in range(n)), strict=False)) for n in range(1, order + 1)]
    seen, different = Counter(), Counter()
    for table in tables:
        for gram, count in table.items():
            seen[gram[:-1]] += count
            different[gram[:-1]] += 1
    price = 0.0
    for t in range(4, len(text)):
        p = 1 / V
        for n, table in enumerate(tables, 1):
            gram = tuple(text[t - n + 1 : t + 1])
            if s := seen[gram[:-1]]:
                p = (table[gram] + different[gram[:-1]] * p) / (s + different[gram[:-1]])
        price -= np.log2(p)
    return price / (len(text) - 4)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_the_counts_are_those_of_the_equation(names, order):
    train, valid = names["train"].tolist(), names["valid"].tolist()
    assert names["counted"][ORDERS[order - 1]] == pytest.approx(counted_by_hand(train, valid, 75, order), abs=1e-6)


def test_the_counts_in_the_prose_are_those_measured(names):
    valid = names["counted"]
    told = [f"{name} ({valid[name]:.2f})" for name in ORDERS]
    assert f"{', '.join(told[:-1])} or {told[-1]}" in PROSE
    printed = lessons.printed(NOTEBOOK, "perplexity {")
    test = [re.search(rf"{name} counts: (\d\.\d\d)", printed)[1] for name in ORDERS]
    assert f"{names['final']:.1f} bits against {test[0]}, {test[1]} and {test[2]}" in PROSE
    assert f"does not beat the 4-gram counts, at {test[3]}, or the 5-gram counts, at {test[4]}" in PROSE
    assert f"That is about $\\log_2 75 = {np.log2(75):.2f}$" in PROSE
    assert f"Knowing nothing costs {np.log2(75):.2f} bits" in PROSE
    saved = -np.diff([valid[name] for name in ORDERS])
    assert (np.diff(saved) < 0).all()  # "each further one saves less"
    assert round(valid["unigram"] - valid["bigram"]) == 1  # "the first character of memory saves a whole bit"
    assert 1.7 < np.log2(75) - valid["unigram"] < 2  # "nearly two bits saved, by frequencies alone"


def test_an_unsmoothed_bigram_costs_infinity(names):
    unseen = (names["pairs"][names["before"], names["after"]] == 0).sum()
    assert unseen == 18
    assert "Eighteen in twenty thousand" in PROSE
    assert "never held: 18 of 19999" in lessons.printed(NOTEBOOK, "np.errstate(divide=")
    assert np.isinf(names["bigram"])


def test_a_product_of_a_thousand_probabilities_is_rounded_to_0_and_a_sum_is_not(names):
    assert names["each"].prod() == 0
    assert -np.log10(names["each"]).sum() == pytest.approx(1875, abs=0.5)  # "about 10^-1875"
    assert np.nextafter(0, 1) == pytest.approx(4.9e-324)  # "the smallest positive number of the computer"


def test_perplexity_is_2_to_the_power_of_bits(names):
    assert f"as unsure as if it chose among {2 ** round(names['final'], 1):.1f} symbols instead of 75" in PROSE
    assert answers.perplexity(np.full(20, 1 / 75)) == pytest.approx(75)  # "knowing nothing has perplexity 75"


def test_what_the_training_text_holds_after_q(names):
    row = names["pairs"][list(names["vocab"]).index("q")]
    assert f"followed by *u* {row.sum():.0f} times and by nothing else, so $s = {row.sum():.0f}$, $u = 1$" in PROSE
    assert (row > 0).sum() == 1


def test_the_network_beats_trigrams_and_not_4_grams(names):
    assert 2.12 < names["final"] < 2.70 - 0.4
    assert f"{names['final']:.1f}" == "2.2"
    assert 2.155 < names["final"] < 2.24  # far enough from the ends of what is printed as 2.2


def test_how_many_entries_of_a_table_are_not_zero(names):
    train = names["train"].tolist()
    for n, kept in ((4, 29_095), (5, 71_958)):
        assert len(set(zip(*(train[k:] for k in range(n)), strict=False))) == kept
        assert f"{kept:,}" in PROSE


def test_where_the_curve_crosses_the_counts(names):
    crossing = {
        name: next((s for s, bits in zip(names["steps"], names["prices"], strict=True) if bits < line), None)
        for name, line in names["counted"].items()
    }
    assert crossing["unigram"] == crossing["bigram"] == 200
    assert crossing["trigram"] <= 6000 / 5
    assert crossing["4-gram"] is None  # "the 4-gram counts stay ahead"
    assert names["prices"][0] == pytest.approx(np.log2(75), abs=0.1)


def test_the_number_of_weights_in_the_prose(names):
    size = sum(p.size for p in names["params"].values())
    assert f"It has {size:,} weights" in PROSE


def test_the_pieces_that_the_lesson_derives_equal_the_package_and_the_answers():
    rng = np.random.default_rng(3)
    rnn = nn.RNN(5, 4, rng=rng, dtype=np.float64)
    x, h_0 = rng.normal(size=(9, 3, 5)), rng.uniform(-1, 1, size=(3, 4))
    shown = _functions("rnn_step")["rnn_step"]
    states = experiments.over_time(shown, x, h_0, rnn.params)
    np.testing.assert_allclose(states, rnn.forward(x, h_0)[0], rtol=1e-12, atol=1e-14)
    logits, targets = rng.normal(size=(9, 3, 6)) * 50, rng.integers(6, size=(9, 3))
    assert experiments.price(logits, targets) == pytest.approx(answers.cross_entropy(logits, targets), rel=1e-12)
    np.testing.assert_allclose(experiments.shares(logits), answers.softmax(logits), atol=1e-14)
    gradient = nn.softmax_cross_entropy(logits, targets)[1]
    np.testing.assert_allclose(gradient / np.log(2), answers.loss_gradient(logits, targets), atol=1e-14)
    vocab = np.array(list("zxayb"))
    np.testing.assert_array_equal(experiments.numbered("baz", vocab), [4, 2, 0])
    np.testing.assert_array_equal(experiments.unit_rows([[4, 0]], 5), answers.one_hot(np.array([[4, 0]]), vocab))


def test_text_is_read_side_by_side_as_in_training():
    rng = np.random.default_rng(5)
    rnn, readout = nn.RNN(6, 4, rng=rng), nn.Linear(4, 6, rng=rng)
    ids = rng.integers(6, size=101)
    (x, y), *more = chunks(ids, batch=3, length=len(ids))
    assert not more
    logits = readout.forward(rnn.forward(experiments.unit_rows(x, 6), train=False)[0], train=False)
    assert experiments.bits_on(rnn, readout, ids, batch=3) == pytest.approx(answers.cross_entropy(logits, y), rel=1e-6)


def _functions(*wanted):
    """Functions that the cells of the lesson define, without running the lesson."""
    space = {"np": np}
    for cell in NOTEBOOK.cells:
        if cell.cell_type == "code":
            for name in wanted:
                if found := re.search(rf"^def {name}\(.*?(?=\n\S|\Z)", cell.source, re.M | re.S):
                    exec(found[0], space)
    return space


def test_ten_characters_are_all_that_it_uses(names):
    bits = dict(zip(names["read"], names["reached"], strict=True))
    assert bits[10] - bits[100] < 0.03
    assert 0.6 < bits[3] - bits[10] < 0.9
    assert bits[1] > names["counted"]["bigram"]  # from an empty state it does worse than the counts
    assert bits[2] > names["counted"]["trigram"]
    assert bits[3] > names["counted"]["4-gram"]
    assert bits[4] > 2.0  # 5-gram counts: 1.89
    assert bits[5] - bits[100] > 0.13  # "within 0.1 bit of what it pays with 100": after 7, not after 5
    assert bits[7] - bits[100] < 0.09


def test_the_network_hardly_knows_whether_someone_speaks(names):
    inside, comes, p = names["inside"], names["comes"], names["p_quote"]
    assert 0.25 < comes[inside].mean() < 0.3  # "more than one in four"
    assert not comes[~inside].any()  # "against never"
    assert p[inside].mean() == pytest.approx(0.175, abs=0.02)
    assert p[~inside].mean() == pytest.approx(0.137, abs=0.02)
    seen = (p[inside].mean() - p[~inside].mean()) / comes[inside].mean()
    assert 0.05 < seen < 0.22
    assert (names["back"][inside] > 10).mean() > 0.95  # "the opening mark nearly always lies further back"


def test_four_words_in_five_are_real_and_few_are_by_chance_or_before_training(names):
    known = set(re.findall("[a-z]+", data.pride_and_prejudice().lower()))

    def real(words):
        return np.mean([word in known for word in words])

    words = re.findall("[a-z]+", names["written"].lower())
    assert len(words) > 900
    assert real(words) == pytest.approx(0.8, abs=0.04)  # "about four in five"
    assert experiments.share_of_words(names["written"], data.pride_and_prejudice()) == real(words)
    assert real(re.findall("[a-z]+", "".join(names["drawn"]).lower())) == pytest.approx(names["by_chance"])
    assert f"{100 * names['by_chance']:.0f} % of the words are words of the novel, by chance" in PROSE
    long_ones = [re.findall("[a-z]{3,}", names["samples"][names["steps"].index(step)].lower()) for step in (0, 6000)]
    assert real(long_ones[0]) < 0.1 < 0.4 < real(long_ones[1])


def test_spaces_are_the_first_thing_that_it_learns(names):
    spaces = {step: names["samples"][names["steps"].index(step)].count(" ") / 160 for step in (0, 200)}
    assert spaces[0] < 0.05
    assert 0.12 < spaces[200] < 0.26  # 0.16 in the novel


def test_what_follows_v_t_z_and_the_vowels_is_as_told(names):
    letters = list(names["vocab"])
    follows = {ch: {letters[k]: p for k, p in enumerate(names["guess"][letters.index(ch)])} for ch in "vtzaeiou"}
    likeliest = {ch: max(row, key=row.get) for ch, row in follows.items()}
    assert (likeliest["v"], likeliest["t"], likeliest["z"]) == ("e", "h", "a")
    assert all(max(follows[ch].values()) < 0.3 for ch in "aeiou")  # "after a vowel nearly anything"
    assert data.pride_and_prejudice().count("za") < 1.2 * data.pride_and_prejudice().count("Eliza")


def test_temperature_keeps_the_order_and_moves_the_distances(names):
    rows = list(names["tempered"])
    assert [row.argmax() for row in rows] == [rows[0].argmax()] * 3
    assert rows[0].max() > rows[1].max() > rows[2].max()


@pytest.mark.parametrize(("character", "drawn"), [("a", "a"), (" ", figures.SPACE), ("\n", figures.LINE_END)])
def test_characters_without_a_shape_are_drawn_with_a_sign(character, drawn):
    assert figures.visible(character) == drawn


def test_speech_is_what_stands_between_quotation_marks_and_ends_with_the_paragraph():
    told = experiments.in_speech('He. "Yes." So. "No.\n\nHe.')
    assert "".join("x" if inside else "." for inside in told) == "....xxxxx......xxxxx...."
