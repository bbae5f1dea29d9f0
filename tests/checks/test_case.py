"""What a check gives to play with: the failing input; and a cell that tries an answer out does not stop a run."""

import copy
import dataclasses
import json
import pickle
import re

import nbformat
import numpy as np
import pytest

from lstm_helpers import checks
from lstm_helpers.checks import show
from lstm_helpers.commands import build
from tests.checks.solved import without_outcome


def wrong_only_below_zero(z):
    return 1 / (1 + np.exp(-np.maximum(z, -0.1)))


def test_the_failing_input_can_be_taken_and_fails(capsys):
    result = checks.check("sigmoid", wrong_only_below_zero)
    assert list(result.case) == ["z"]
    z = result.case["z"]
    right = checks.find("sigmoid").oracle
    assert not np.allclose(wrong_only_below_zero(**result.case), right(z))
    assert '`case = check("sigmoid", sigmoid).case`, then `sigmoid(**case)`' in result.text


def test_what_is_done_to_it_changes_nothing():
    result = checks.check("sigmoid", wrong_only_below_zero)
    before = result.case["z"]
    result.case["z"][...] = 7
    assert (result.case["z"] == before).all()
    assert (checks.check("sigmoid", wrong_only_below_zero).case["z"] == before).all()


@pytest.mark.parametrize(
    "again", [dataclasses.replace, copy.copy, copy.deepcopy, lambda r: pickle.loads(pickle.dumps(r))]
)
def test_a_copy_of_what_a_check_says_has_the_failing_input_too(again):
    result = checks.check("sigmoid", wrong_only_below_zero)
    assert (again(result).case["z"] == result.case["z"]).all()


def test_the_failing_input_is_nothing_that_a_gradebook_stores():
    data = checks.check("sigmoid", wrong_only_below_zero).as_data()
    assert checks.Result(**json.loads(json.dumps(data))).case == {}


def test_a_number_is_a_number_as_the_function_gets_it():
    result = checks.check("early_stopping", lambda validation, patience: (0, patience))
    assert type(result.case["patience"]) is int
    assert f"patience = {result.case['patience']}" in result.text


SHORT = ("early_stopping", "solved_after", "gate_bias", "steps_to_half", "perplexity", "encode")


@pytest.mark.parametrize("name", SHORT)
def test_inputs_that_are_short_rows_are_stated_by_their_values(name):
    result = checks.examine(checks.find(name), lambda **case: -1.5)
    for argument, value in result.case.items():
        if np.ndim(value):
            stated = re.search(rf"\b{argument} = \[(.+?)\]", result.text)[1]
            np.testing.assert_allclose([float(number) for number in stated.split(",")], value, rtol=6e-3)
        else:
            assert f"{argument} = {value:.4g}" in result.text


def test_whole_numbers_are_stated_beside_arrays_that_are_not():
    text = checks.examine(checks.find("last_states"), lambda h, lengths: h[-1]).text
    assert re.search(r"\(h \(6, 4, 2\), lengths = \[\d+, \d+, \d+, \d+\]\)", text)


def test_numbers_that_differ_are_stated_as_differing():
    losses = 1.2 - 1e-8 * np.arange(3)
    stated = show.inputs_in_brief({"validation": losses, "patience": np.array(2)})
    assert stated == "validation = [1.2, 1.19999999, 1.19999998], patience = 2"
    assert show.inputs_in_brief({"u": np.array([0.0, 0.1 + 0.2])}) == "u = [0, 0.3]"


def test_dictionaries_and_lists_come_as_the_function_takes_them():
    check = without_outcome(checks.find("train_adding"))
    result = checks.examine(check, lambda params, batches, lr: dict(params))
    assert list(result.case) == ["params", "batches", "lr"]
    trained = check.oracle(**result.case)
    assert list(trained) == list(result.case["params"])


def test_a_right_answer_has_no_failing_input():
    result = checks.check("sigmoid", checks.find("sigmoid").oracle)
    assert result.case == {}
    assert ".case" not in result.text


def test_a_number_in_an_array_is_shown_by_its_value_in_the_line_that_fails():
    def fails(validation, patience):
        n = np.array(patience)
        return validation[n] @ n

    assert "shapes there: validation (8,), n = 2" in checks.examine(checks.find("early_stopping"), fails).text


def test_the_sizes_by_which_an_array_was_cut_are_shown_where_the_shapes_do_not_fit():
    def fused(z_x, h_prev, c_prev, W_h):
        z, H = z_x + h_prev @ W_h, 3
        i, f, g = 1 / (1 + np.exp(-z[:, :H])), 1 / (1 + np.exp(-z[:, H : 2 * H])), np.tanh(z[:, 2 * H : 3 * H])
        c = f * c_prev + i * g
        return z[:, 3 * H :] * np.tanh(c), c

    text = checks.examine(checks.find("lstm_step_fused"), fused).text
    assert "f (3, 3), c_prev (3, 2), i (3, 3), g (3, 2), H = 3" in text


def test_the_likely_cause_is_said_first():
    result = checks.check("hidden_update", lambda o, c: o * c)
    assert result.cause
    assert result.lines[0] == result.cause_line
    assert len(result.lines) > 2


def test_references_are_spoken_of_only_where_they_are_called():
    space = {"np": np}
    exec(
        "def rnn_step(x, h_prev, W_x, W_h, b):\n    return x @ W_x\n"
        "def rnn_forward(x, h_0, W_x, W_h, b):\n    return np.zeros((len(x) + 1, *h_0.shape))\n",
        space,
    )
    result = checks.examine(checks.find("rnn_forward"), space["rnn_forward"])
    assert "With a correct" not in result.text


def cells(*given):
    made = []
    for number, kind in enumerate(given):
        marks = {"answer": {"solution": True}, "check": {"grade": True}}.get(kind)
        made.append(nbformat.v4.new_markdown_cell() if kind == "text" else nbformat.v4.new_code_cell())
        made[-1].id = f"{number}"
        made[-1].metadata = nbformat.from_dict({"nbgrader": marks} if marks else {})
    return made


def test_the_cells_between_an_answer_and_its_check_go_on_after_an_error():
    order = ["import", "text", "answer", "try", "try", "check", "try", "text", "answer", "text", "given", "check"]
    assert build._tried_out(cells(*order)) == {"3", "4"}


def test_every_exercise_lets_a_run_go_on():
    for _, path in build.pairs():
        notebook = nbformat.read(path, as_version=4)
        tagged = [cell for cell in notebook.cells if build.GOES_ON in cell.metadata.get("tags", [])]
        assert tagged, path.name
        assert not [cell for cell in tagged if cell.metadata.get("nbgrader")]
