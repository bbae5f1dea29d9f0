"""Lesson 3 says what it measured. What its cells define is compared with the package and with what is stored."""

import re

import numpy as np
import pytest

from lstm_helpers.explorers import MemoryExplorer
from lstm_helpers.lessons.gates import answers, experiments, figures
from lstm_helpers.nn import functional as fn
from tests import ROOT, lessons
from tests.lessons.gates.styles import STYLES

NOTEBOOK = lessons.read("03_gates")


@pytest.fixture(scope="module")
def names():
    """What the cells define."""
    return lessons.define(NOTEBOOK, {}, r"^figures\.|^\w+_picture|^score\(")


def test_what_the_cells_print_is_compared():
    assert lessons.compared(NOTEBOOK) >= 30


def test_the_stored_lesson_has_no_error_no_stderr_and_no_widget_view():
    for cell in NOTEBOOK.cells:
        for out in cell.get("outputs", []):
            assert out.output_type != "error"
            assert out.get("name") != "stderr"
            assert "application/vnd.jupyter.widget-view+json" not in out.get("data", {})


def test_claims_9_to_12_have_their_cells():
    claims = [c.metadata["claim"] for c in NOTEBOOK.cells if "claim" in c.metadata]
    assert claims == ["C09", "C10", "C11", "C12"]


def test_every_picture_has_alt_text():
    pages = [
        out.data["text/html"]
        for cell in NOTEBOOK.cells
        for out in cell.get("outputs", [])
        if "<img" in out.get("data", {}).get("text/html", "")
    ]
    assert len(pages) == 15
    assert all(len(re.search(r'<img alt="([^"]+)"', page)[1]) > 80 for page in pages)


def test_the_forget_gate_built_by_hand_equals_the_package(names):
    f = fn.sigmoid(names["z_f"])
    np.testing.assert_allclose(f, fn.forget_gate(*(names[n] for n in ("x", "h_prev", "W_x", "W_h", "b"))), rtol=1e-12)
    assert f.round(3).tolist() == [[0.976, 0.323]]  # "keeps nearly all", "drops two thirds"


@pytest.mark.parametrize(("letter", "function"), [("i", "input"), ("f", "forget"), ("g", ""), ("o", "output")])
def test_the_layers_of_the_experiments_equal_the_package(names, letter, function):
    layer = getattr(fn, f"{function}_gate") if function else fn.candidate
    expected = layer(*(names[n] for n in ("x", "h_prev", "W_x", "W_h", "b")))
    np.testing.assert_allclose(names[letter], expected, rtol=1e-12)
    assert names[letter].shape == (names["B"], names["H"])


def test_sigmoid_values_and_slope():
    assert fn.sigmoid(0.0) == 0.5
    np.testing.assert_allclose(fn.sigmoid(np.array([4.0, -4.0])), [0.982, 0.018], atol=5e-4)
    z = np.linspace(-8, 8, 1601)
    assert experiments.slope(z).max() == 0.25
    assert z[experiments.slope(z).argmax()] == pytest.approx(0, abs=1e-9)
    np.testing.assert_allclose(experiments.slope(z), np.gradient(fn.sigmoid(z), z), atol=1e-4)
    assert 0.25 / experiments.slope(4.0) == pytest.approx(14, abs=0.5)
    assert fn.sigmoid(37.0) == 1
    assert fn.sigmoid(36.0) < 1


def test_only_the_naive_sigmoid_warns():
    said = "".join(lessons.stored(cell) for cell in NOTEBOOK.cells if "outputs" in cell)
    assert "RuntimeWarning: overflow encountered in exp" in said
    assert "nan" in said
    assert "warnings: 0" in said


def test_gates_stay_in_0_to_1_and_candidates_in_minus_1_to_1(names):
    assert 0 < names["many_f"].min() < 0.01
    assert 0.99 < names["many_f"].max() < 1
    assert -1 < names["many_g"].min() < -0.99
    assert 0.99 < names["many_g"].max() < 1
    assert (names["many_g"] < 0).mean() == pytest.approx(1 / 3, abs=0.02)  # "in a third of the cases"
    assert names["b"][2 * names["H"] : 3 * names["H"]].tolist() == [0.3, 0.8]  # "push upwards"


def test_what_a_forget_bias_keeps():
    f = fn.sigmoid(np.array([0.0, 1.0, 3.0, 5.0]))
    np.testing.assert_allclose(f, [0.5, 0.731, 0.953, 0.993], atol=5e-4)
    left = [experiments.part_kept(bias, 50)[-1] for bias in (0, 1, 3, 5)]
    np.testing.assert_allclose(left, f**50)
    np.testing.assert_allclose(left[2:], [0.088, 0.715], atol=5e-4)
    assert experiments.part_kept(0, 10)[-1] < 0.001
    # a step of 1 in the bias: e times longer, from the time it takes to lose a given part
    assert np.log(fn.sigmoid(4.0)) / np.log(fn.sigmoid(5.0)) == pytest.approx(np.e, abs=0.05)


def test_one_input_opens_one_unit_and_closes_the_other(names):
    i = names["i_rows"]
    assert (np.diff(i[:, 0]) > 0).all()
    assert (np.diff(i[:, 1]) < 0).all()
    assert i[-1, 0] > 0.9 > 0.1 > i[-1, 1]
    assert i[0, 1] > 0.9 > 0.1 > i[0, 0]


def test_only_both_layers_together_write_one_value_and_leave_the_neighbour():
    runs = [experiments.write_once(seed=seed) for seed in range(200)]
    ends = {name: np.array([run[name][-1] for run in runs]) for name in runs[0]}
    # the worst moment, not the end: a wandering value may end near its goal by chance
    worst = {name: np.array([np.abs(run[name][:, 1] + 0.8).max() for run in runs]) for name in runs[0]}
    assert (ends["sigmoid alone"][:, 0] > 1.5).all()  # it went up
    assert worst["tanh alone"].min() > 0.5
    assert worst["both"].max() < 0.01
    off = {name: np.median(np.abs(end[:, 0] - 0.6)) for name, end in ends.items()}
    assert off["tanh alone"] == pytest.approx(1.35, abs=0.005)  # "typically off by 1.35"
    assert off["both"] < 0.05 < 1 < min(off["tanh alone"], off["sigmoid alone"])
    # the prose says that typical runs are off by less than the one drawn
    drawn = abs(runs[0]["tanh alone"][-1, 0] - 0.6)
    assert (np.abs(ends["tanh alone"][:, 0] - 0.6) < drawn).mean() > 0.9


def test_the_numbers_of_the_writing_task_are_those_in_the_prose():
    ends = {name: path[-1].round(2).tolist() for name, path in experiments.write_once().items()}
    assert ends == {"sigmoid alone": [2.52, -0.78], "tanh alone": [-4.03, -0.45], "both": [0.63, -0.8]}


def test_a_unit_over_time_equals_the_package_and_the_explorer():
    drawn = MemoryExplorer(f=[0.9] * 40, i=[0.3] * 40).compute()
    np.testing.assert_allclose(experiments.over_time(drawn["f"], drawn["i"], drawn["g"]), drawn["c"], rtol=1e-12)
    c = 0.7
    for t in range(40):
        c = fn.cell_update(0.9, c, 0.3, drawn["g"][t])
    assert experiments.over_time(drawn["f"], drawn["i"], drawn["g"], c_0=0.7)[-1] == pytest.approx(c)


def test_what_the_lesson_says_of_the_drawn_gates():
    prose = lessons.prose(NOTEBOOK)
    assert f"$0.97^{{39}} = {0.97**39:.2f}$" in prose
    # "three to five together are enough": the fewest full writes that leave 0.9, over all inputs of the challenge
    fewest = set()
    for seed in range(1, 201):
        g = MemoryExplorer(challenge="leak", seed=seed).compute()["g"]
        fewest.add(int(np.argmax(np.cumsum(g[:8] * 0.97 ** np.arange(39, 31, -1)) >= 0.9)) + 1)
    assert fewest <= {3, 4, 5}
    assert "the value is lost at steps" in lessons.printed(NOTEBOOK, '"03-one-shut", sum')
    assert "[ 4  5  6" in lessons.printed(NOTEBOOK, '"03-one-shut", sum')


def test_what_is_stored_is_not_what_is_shown():
    o, c, h = experiments.stored_and_shown()
    assert (c == 1.5).all()
    np.testing.assert_allclose(h, o * np.tanh(1.5))
    assert h.min() < 0.01
    assert 0.89 < h.max() < np.tanh(1.5) < 1.5


def test_the_text_gates_close_where_the_lesson_says(names):
    text, f, both = names["text"], names["f_text"], names["f_both"]
    assert f.shape == (len(text), 2)
    np.testing.assert_array_equal(f[:, 0] < 0.5, [ch in ".?!\n" for ch in text])
    np.testing.assert_array_equal(f[:, 1] < 0.5, [not ch.isalpha() for ch in text])
    changed = np.flatnonzero((f[:, 0] < 0.5) != (both[:, 0] < 0.5))
    assert [text[t - 2 : t + 1] for t in changed] == ["Mr.", "Mr."]


def test_lines_of_a_text_lose_no_character(names):
    text = names["text"]
    lines = figures.lines_of(text)
    assert "".join(text[a:b] for a, b in lines) == text
    assert max(b - a for a, b in lines) <= 58


def test_the_wrong_slice_looks_right_and_tanh_does_not(names):
    assert ((names["read"] > 0) & (names["read"] < 1)).all()
    np.testing.assert_allclose(names["read"], names["i"])
    assert np.abs(names["read"] - names["f"]).min() > 0.1
    assert np.tanh(names["z_f"]).min() < 0


def test_what_the_outcomes_say_is_what_was_measured(names):
    said = {
        re.search(r'outcome\("([^"]+)"', cell.source)[1]: "".join(
            out.get("data", {}).get("text/plain", "") for out in cell.outputs
        )
        for cell in NOTEBOOK.cells
        if cell.cell_type == "code" and "outcome(" in cell.source
    }
    asked = [cell.source for cell in NOTEBOOK.cells if "predict(" in cell.source]
    assert len(said) == len(asked) == 12
    assert f"{fn.sigmoid(4.0):.3f}" in said["03-four"]
    assert f"{np.tanh(1.5):.3f}" in said["03-shown"]
    assert said["03-pencil"] == f"Result: {names['z_0']:.2f}."
    assert said["03-fifty"] == "Result: 8.8 %."
    assert said["03-one-shut"] == "Result: 37 steps."
    assert said["03-settles"] == "Result: 10."
    shut = np.flatnonzero(names["f_text"][:, 0] < 0.5)
    assert sum(names["text"][t - 2 : t + 1] == "Mr." for t in shut) == 2
    assert said["03-closes"] == "Result: 2 times."


def test_each_layer_is_lit_in_its_section():
    lit = re.findall(r'^cell_picture\("?(\w?)"?\)', "\n".join(c.source for c in NOTEBOOK.cells), re.M)
    assert lit == ["", "f", "i", "g", "o"]


def test_the_lesson_names_no_answer_of_its_exercise_but_the_forget_gates_line():
    code = "\n".join(cell.source for cell in NOTEBOOK.cells if cell.cell_type == "code")
    assert not re.search(r"def |slice\(0, H|2 \* H, 3|3 \* H|import sigmoid", code)


@pytest.mark.parametrize("answer", STYLES["steps_to_half"], ids=lambda answer: answer.__name__)
def test_the_half_life_is_right_in_every_style_over_all_the_biases_that_are_promised(answer):
    """Exercise 03 names them: in float32 a style loses what is left of 1 where the gate is nearly shut or open."""
    exercise = (ROOT / "exercises" / "03_gates.ipynb").read_text(encoding="utf-8")
    assert "between $-20$ and 40 (in float32 between $-10$ and 10)" in exercise
    for low, high, dtype, digits in ((-20, 40, np.float64, 1e-6), (-10, 10, np.float32, 1e-3)):
        b = np.linspace(low, high, 301).astype(dtype)
        with np.errstate(all="raise", under="ignore"):
            np.testing.assert_allclose(answer(b), answers.steps_to_half(b.astype(np.float64)), rtol=digits)
