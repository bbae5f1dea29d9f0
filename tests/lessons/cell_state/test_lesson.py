"""Lesson 04: what it measures holds, and the numbers in its text are the numbers that come out."""

import re
from functools import partial

import nbformat
import numpy as np
import pytest

from lstm_helpers import checks
from lstm_helpers.data import opening
from lstm_helpers.explorers import CellExplorer
from lstm_helpers.lessons.cell_state import experiments
from lstm_helpers.nn import functional as fn
from tests import ROOT, lessons

NOTEBOOK = lessons.read("04_cell_state")
PROSE = lessons.prose(NOTEBOOK)
printed = partial(lessons.printed, NOTEBOOK)


def result(name):
    """What the stored outcome of a prediction says."""
    (cell,) = (cell for cell in NOTEBOOK.cells if f'outcome("{name}"' in cell.source)
    texts = [output.get("data", {}).get("text/plain", "") for output in cell.outputs]
    return re.search(r"Result: (.*)\.", "\n".join(texts))[1]


TABLES = PROSE.replace("\N{MINUS SIGN}", "-")  # for float()


@pytest.fixture(scope="module")
def text():
    return opening(20_000)


@pytest.fixture(scope="module")
def alphabet(text):
    return "".join(sorted(set(text)))


@pytest.fixture(scope="module")
def x(text, alphabet):
    return experiments.one_hot(text, alphabet)


@pytest.fixture(scope="module")
def readable(alphabet):
    return experiments.readable_cell(alphabet)


@pytest.fixture(scope="module")
def untrained(readable):
    rng = np.random.default_rng(0)
    return [rng.uniform(-0.5, 0.5, part.shape) for part in readable]


# ---------------------------------------------------------------- C07: the cell state flows unchanged


def test_an_open_forget_gate_keeps_the_cell_state_to_the_bit_for_1000_steps():
    rng = np.random.default_rng(4)
    start = rng.normal(size=(1, 4)) * 3
    c = start.copy()
    for _ in range(1000):
        c = fn.cell_update(f=1.0, c_prev=c, i=0.0, g=rng.uniform(-1, 1, size=(1, 4)))
    assert c.tobytes() == start.tobytes()
    assert "equal to the last bit: True" in printed("equal to the last bit")


def test_a_tanh_unit_latches_the_sign_and_passes_no_gradient():
    ends = {start: experiments.tanh_unit(start, w=2) for start in (0.05, 0.5, 0.9, -0.5)}
    for start, (end, slope) in ends.items():
        assert end == pytest.approx(np.copysign(0.9575, start), abs=5e-5)
        assert np.tanh(2 * end) == end
        assert 0 < slope < 1e-72
        assert f"{start:5.2f}   {end:15.4f}   {slope:.0e}" in printed("tanh_unit")
    assert "$\\tanh(2 \\cdot 0.9575) = 0.9575$" in PROSE
    assert "the end moves by less than $10^{-72}$ of it" in PROSE
    step = 1e-6  # the slope is the derivative: with few steps central differences see it
    up, down = (experiments.tanh_unit(0.5 + d, w=2, steps=3)[0] for d in (step, -step))
    assert experiments.tanh_unit(0.5, w=2, steps=3)[1] == pytest.approx((up - down) / (2 * step))


def test_the_cell_state_alone_passes_its_gradient_by_the_forget_gate():
    ends = [1.3, 1.4]
    for _ in range(100):
        ends = [fn.cell_update(f=1.0, c_prev=c, i=0.5, g=0.2) for c in ends]
    assert ends[1] - ends[0] == pytest.approx(0.1)


@pytest.mark.parametrize(("z", "left"), [(5.0, "0.001212"), (10.0, "0.955616")])
def test_a_forget_gate_below_one_leaks(z, left):
    c = 1.0
    for _ in range(1000):
        c = fn.cell_update(f=fn.sigmoid(z), c_prev=c, i=0.0, g=0.5)
    assert f"{c:.6f}" == left
    assert re.search(rf"sigmoid\({z:.0f}\) += {fn.sigmoid(z):.6f} +{left}\n", printed("left after 1,000 steps"))


def test_99_percent_kept_leaves_nothing_after_1000_steps():
    assert re.search(rf"0\.99 += 0\.990000 +{0.99**1000:.6f}\n", printed("left after 1,000 steps"))


@pytest.mark.parametrize(
    ("f", "steps"), [(0.5, 1.0), (0.9, 6.6), (0.99, 69.0), (0.999, 692.8), (fn.sigmoid(5.0), 103.2)]
)
def test_half_lives(f, steps):
    assert round(experiments.half_life(f), 1) == steps
    assert f ** experiments.half_life(f) == pytest.approx(0.5)


def test_half_lives_that_the_text_names():
    assert "half-life is only 69 steps" in PROSE
    assert "a half-life of 103 characters" in PROSE
    assert "one of 760 steps ($z_f = 7$)" in PROSE
    assert experiments.half_life(fn.sigmoid(7.0)) == pytest.approx(760, abs=1)
    assert "At $z_f = 1$ half is gone after 2.2 steps, at $z_f = 7$ after 760" in PROSE
    assert round(experiments.half_life(fn.sigmoid(1.0)), 1) == 2.2
    growth = [
        experiments.half_life(fn.sigmoid(z + 1.0)) / experiments.half_life(fn.sigmoid(z)) for z in (2.0, 4.0, 6.0)
    ]
    assert growth == pytest.approx([np.e] * 3, rel=0.05)
    assert fn.sigmoid(37.0) == 1 > fn.sigmoid(36.0)


def test_the_two_measures_of_memory_belong_together():
    z = np.array([-1.0, 1.0, 3.0, 5.0, 7.0])
    f = fn.sigmoid(z)
    assert f / (1 - f) == pytest.approx(np.exp(z))
    assert np.sum(0.9 ** np.arange(1, 2000)) == pytest.approx(0.9 / (1 - 0.9))
    assert (experiments.half_life(f) * (1 - f) / f)[3:] == pytest.approx([0.69, 0.69], abs=0.006)
    assert (round(experiments.half_life(f[3])), round(f[3] / (1 - f[3]))) == (103, 148)
    assert f"{f[3] ** 148:.0%}" == "37%"
    assert "At $z_f = 5$ they are 103 and 148 steps; after 148 steps 37 % is left" in PROSE


def test_one_shut_gate_among_open_ones_empties_the_cell():
    f = [1.0, 0.99, 0.0, 1.0]
    c = 0.8
    for now in f:
        c = fn.cell_update(f=now, c_prev=c, i=0.0, g=0.5)
    assert c == 0.8 * np.prod(f) == 0
    assert "the product $f_1 f_2 \\cdots f_n$ takes the place of $f^n$: one shut gate among them empties the" in PROSE


def test_corner_cases_end_where_the_picture_says():
    ends = {name: case["c"][-1] for name, case in experiments.corner_cases().items()}
    assert ends == pytest.approx({"remember": 0.8, "forget": 0.0, "overwrite": -0.5, "add": 5.8})


# ---------------------------------------------------------------- C08, C13, C14: two updates


def test_the_hidden_state_is_read_from_the_cell_state_and_stays_within_the_output_gate():
    c = np.array([0.5, 3.0, 12.0])
    for o in (1.0, 0.5, 0.0):
        assert np.all(np.abs(fn.hidden_update(o, c)) <= o)
    assert "3.0    0.9951    0.4975   0\n    12.0    1.0000    0.5000   0\n" in printed("experiments.read_out")


def by_hand():
    """The cell of section 4, its weights read from the lesson's own table, as lstm_step takes them."""
    rows = re.findall(r"^\| (`W_x`.*?|`W_h`|`b`) \|(.+)\|$", TABLES, re.MULTILINE)
    table = np.array([[float(v) for v in row.split("|")] for _, row in rows])
    assert table.shape == (4, 4)
    return {
        "x": np.array([[0.5, -1.0]]),
        "h_prev": np.array([[0.4]]),
        "W_x": table[:2],
        "W_h": table[2:3],
        "b": table[3],
    }


def test_the_step_by_hand_equals_the_code_to_four_decimals():
    given, c_prev = by_hand(), np.array([[1.2]])
    layers = {"i": fn.input_gate, "f": fn.forget_gate, "g": fn.candidate, "o": fn.output_gate}
    value = {name: layer(**given).item() for name, layer in layers.items()}
    for k, name in enumerate(layers):
        (row,) = re.findall(rf"^\| {name} \|(.+)\|$", TABLES, re.MULTILINE)
        *parts, z, squashed = row.split("|")
        assert sum(map(float, parts)) == pytest.approx(float(z))
        assert (given["x"] @ given["W_x"] + given["h_prev"] @ given["W_h"] + given["b"])[0, k] == pytest.approx(
            float(z)
        )
        assert squashed.strip().endswith(f"= {value[name]:.4f}")
    h, c = (state.item() for state in fn.lstm_step(**given, c_prev=c_prev))
    assert f"= {value['f'] * 1.2:.4f} + {value['i'] * value['g']:.4f} | {c:.4f} |" in PROSE
    assert f"= {value['o']:.4f} · {np.tanh(c):.4f} | {h:.4f} |" in PROSE
    assert f"c = {c:.4f}   h = {h:.4f}" in printed("h_0=0.4")
    assert f"'i': {value['i']:.4f}, 'f': {value['f']:.4f}, 'g': {value['g']:.4f}" in printed("h_0=0.4")


def test_a_person_who_rounds_to_four_decimals_on_the_way_gets_the_same():
    i, f, g, o = 0.7649, 0.8699, 0.8005, 0.4013
    c = round(round(f * 1.2, 4) + round(i * g, 4), 4)
    h = round(o * round(np.tanh(c), 4), 4)
    assert (c, h) == (1.6562, 0.3731)


def test_the_missions_come_out_as_the_folded_answer_says():
    held = experiments.held(CellExplorer(b_f=8, b_i=-8), 10)
    assert np.abs(held - 0.8).max() < 0.001
    assert experiments.held(CellExplorer(b_f=-8, b_i=-8), 10)[0] < 0.001
    replaced = CellExplorer(b_f=-8, b_i=8)
    assert experiments.held(replaced, 1)[0] == pytest.approx(CellExplorer().compute()["g"], abs=0.001)


def test_the_leak_takes_as_many_steps_as_the_lesson_says():
    leaking = CellExplorer(b_f=2.2, b_i=-8)
    assert round(leaking.compute()["f"], 2) == 0.91
    held = experiments.held(leaking, 10)
    assert (held >= 0.4).sum() == 7
    assert "$0.8 \\cdot 0.91^7 = 0.41$, but $0.8 \\cdot 0.91^8 = 0.38$" in PROSE
    assert (round(0.8 * 0.91**7, 2), round(0.8 * 0.91**8, 2)) == (0.41, 0.38)
    assert "(The cell says 0.37:" in PROSE
    assert round(held[7], 2) == 0.37
    assert result("04-leak") == "8 steps"


def test_a_shut_output_gate_moves_the_cell_state_one_step_later():
    shut, before = (experiments.held(CellExplorer(b_o=b_o), 2) for b_o in (-8, 0))
    assert shut[0] == before[0]
    assert abs(shut[1] - before[1]) > 0.05
    assert CellExplorer(b_o=-8).compute()["h"] < 0.001
    assert result("04-shut") == "one step later"


# ---------------------------------------------------------------- stacked weights


def test_stacked_weights_give_the_same_step_and_the_wrong_order_gives_another():
    rng = np.random.default_rng(8)
    B, D, H = 4, 3, 5
    x, h_prev, c_prev = rng.normal(size=(B, D)), rng.uniform(-1, 1, (B, H)), rng.normal(size=(B, H))
    W_x, W_h, b = rng.normal(size=(D, 4 * H)), rng.normal(size=(H, 4 * H)), rng.normal(size=4 * H)
    right = fn.lstm_step(x, h_prev, c_prev, W_x, W_h, b)
    stacked = fn.lstm_step_stacked(x, h_prev, c_prev, np.concatenate([W_h, W_x]), b)
    swapped = fn.lstm_step_stacked(x, h_prev, c_prev, np.concatenate([W_x, W_h]), b)
    np.testing.assert_allclose(stacked, right, rtol=0, atol=1e-12)
    assert np.shape(swapped) == np.shape(right)
    assert np.abs(swapped[0]).max() < 1
    assert np.abs(swapped[0] - right[0]).max() > 0.1
    assert "difference in h of sequence 0: 0.000000000000" in printed("h_one, _")


# ---------------------------------------------------------------- C01, C06: the cell reads


def test_the_units_hold_what_a_plain_parser_holds_at_every_character(text, x, readable):
    right = np.abs(experiments.run_cell(x, *readable)["c"] - experiments.parse(text)) < 0.05
    for name, share in zip(experiments.UNITS, right.mean(axis=0), strict=True):
        assert share == 1
        assert f"{name:<16} right at {share:7.2%} of 20,000 characters" in printed("experiments.parse(text)) < 0.05")
    pieces = text.split('"')
    assert len(pieces) == 184  # an odd number of signs: the text is cut inside a quotation
    assert max(map(len, pieces[1::2])) == 853  # and the opening sign is the 854th
    assert "the longest quotation, 854 characters" in PROSE


def test_the_three_numbers_of_the_toggle(alphabet, readable):
    W_x, W_h, b = readable
    assert (b[0], W_x[alphabet.index('"'), 0]) == (-20, 40)
    assert round(W_h[0, 0], 1) == -52.5
    assert b[0] + 40 + W_h[0, 0] * np.tanh(1) == pytest.approx(-20)
    assert "a bias of $-20$" in PROSE
    assert "a weight of $-52.5$" in PROSE
    assert "-20 + 40 - 52.5" in PROSE


def test_the_parser_of_the_lesson_on_a_sentence_read_by_eye():
    inside, letters, capital, ended = experiments.parse('Oh. "My" so').T
    np.testing.assert_array_equal(inside, [0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0])
    np.testing.assert_allclose(letters, [0.1, 0.2, 0, 0, 0, 0.1, 0.2, 0, 0, 0.1, 0.2])
    np.testing.assert_array_equal(capital, [1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0])
    np.testing.assert_allclose(ended, [0, 0, *(0.9 ** np.arange(9))])


def test_the_output_gate_shows_capital_words_inside_quotes_only(text, x, readable):
    seen, held = experiments.run_cell(x[:2000], *readable), experiments.parse(text[:2000])
    capital = held[:, 2] == 1
    shown = np.abs(seen["h"][:, 2]) > 0.5
    np.testing.assert_array_equal(shown[capital], held[capital, 0] == 1)


@pytest.mark.parametrize(("z", "share"), [(5, "48.1%"), (7, "99.5%")])
def test_a_leaky_forget_gate_loses_the_quotations(text, x, readable, z, share):
    W_x, W_h, b = readable[0], readable[1], readable[2].copy()
    b[4] = z
    inside = experiments.parse(text)[:, 0] == 1
    held = experiments.run_cell(x, W_x, W_h, b)["c"][:, 0] > 0.5
    assert f"{(held == inside).mean():.1%}" == share
    assert f"z_f = {z}   f = {fn.sigmoid(float(z)):.4f}   right at {share}" in printed("b_leaky")
    assert round(100 * inside.mean()) == 54
    assert 'always inside" would be right at 54 %' in PROSE


def test_one_changed_character_lasts_in_the_hand_set_cell_only(text, x, alphabet, readable, untrained):
    start = text.index('"My dear')
    changed = x.copy()
    changed[start] = experiments.one_hot(" ", alphabet)
    gap = {}
    for name, weights in {"set by hand": readable, "untrained": untrained}.items():
        c, c_changed = (experiments.run_cell(read[: start + 64], *weights)["c"] for read in (x, changed))
        gap[name] = np.abs(c - c_changed).max(axis=1)[start:]
        line = f"{name:<11}  1 later: {gap[name][1]:.5f}   10 later: {gap[name][10]:.5f}"
        assert line in printed("x_changed[start]")
    assert gap["set by hand"][60] == pytest.approx(1)
    assert gap["untrained"][60] < 1e-5


def test_the_gates_of_an_untrained_cell_are_half_open(x, untrained):
    seen = experiments.run_cell(x[:440], *untrained)
    for gate in "ifo":
        assert abs(seen[gate].mean() - 0.5) < 0.1
        assert seen[gate].min() > 0.2
        assert seen[gate].max() < 0.8


# ---------------------------------------------------------------- the same as torch, and four that are not


@pytest.mark.parametrize(("name", "tolerance"), [("float32", 1e-6), ("float64", 1e-12)])
def test_equal_to_torch_over_200_characters(x, alphabet, name, tolerance):
    import torch

    from lstm_helpers.parity import compare, params_from_torch

    torch.manual_seed(4)
    cell = torch.nn.LSTMCell(len(alphabet), 16).to(getattr(torch, name))
    inputs, state, states = x[:200].astype(name), None, []
    with torch.no_grad():
        for x_t in torch.tensor(inputs):
            state = cell(x_t[None], state)
            states.append(torch.cat(state))
    h, c = torch.stack(states).unbind(1)
    ours = experiments.run_cell(inputs, **params_from_torch(cell))
    assert ours["h"].dtype == name
    assert compare({"h": ours["h"], "c": ours["c"]}, {"h": h, "c": c}, tolerance).ok
    assert f"equal to {tolerance:g}" in printed("params_from_torch")
    assert printed("params_from_torch").count("yes") == 4


def test_run_cell_gives_the_states_of_the_layer(x, alphabet):
    from lstm_helpers.nn import LSTM

    layer = LSTM(len(alphabet), 3, rng=np.random.default_rng(1), dtype=np.float64)
    h, _ = layer.forward(x[:50, None])
    seen = experiments.run_cell(x[:50], **layer.params)
    np.testing.assert_allclose(seen["h"], h[:, 0], atol=1e-12)
    for name, values in layer.gates().items():
        np.testing.assert_allclose(seen[name], values[:, 0], atol=1e-12)


def test_wrong_cells_look_plausible_and_two_of_them_still_do_the_job(text, x, readable, untrained):
    inside = experiments.parse(text[:2000])[:, 0] == 1
    h_right = experiments.run_cell(x[:2000], *untrained)["h"]
    jobs = {}
    steps = experiments.steps_with_mistakes()
    np.testing.assert_array_equal(h_right, experiments.run_cell(x[:2000], *untrained, step=steps.pop("right"))["h"])
    for name, step in steps.items():
        h = experiments.run_cell(x[:2000], *untrained, step=step)["h"]
        assert np.abs(h).max() < 1, name
        off = np.abs(h - h_right).max()
        assert off > 0.05, name
        held = experiments.run_cell(x[:2000], *readable, step=step)["c"][:, 0] > 0.5
        jobs[name] = (held == inside).mean()
        assert re.search(
            rf"{re.escape(name)} +{h.min():.2f} to {h.max():.2f} +{off:.3f} +{jobs[name]:.0%}\n",
            printed("steps_with_mistakes"),
        )
    share = list(jobs.values())
    assert share[:2] == [1, 1]
    assert max(share[2:]) <= inside.mean()
    assert round(100 * inside.mean()) == 70
    assert '"always inside" would be right at 70 %' in PROSE


def test_run_cell_starts_from_the_states_that_are_given(x, alphabet, readable):
    whole = experiments.run_cell(x[:40], *readable)
    rest = experiments.run_cell(x[20:40], *readable, h_0=whole["h"][19], c_0=whole["c"][19])
    for name, values in rest.items():
        np.testing.assert_array_equal(values, whole[name][20:])


# ---------------------------------------------------------------- the exercise: what its cells show


@pytest.fixture(scope="module")
def solved():
    return nbformat.read(ROOT / "solutions" / "04_cell_state.ipynb", as_version=4)


def test_the_loop_and_the_weighted_sum_give_the_same_cell_state(solved):
    loop, total = lessons.printed(solved, "kept_share(f), memory_weights").splitlines()
    assert loop.removeprefix("the loop: ") == total.removeprefix("the sum:  ")


def test_the_weight_of_a_candidate_is_its_gradient_while_the_gates_are_held():
    rng = np.random.default_rng(0)
    i, f, g = rng.uniform(size=(6, 2, 3)), rng.uniform(size=(6, 2, 3)), rng.uniform(-1, 1, size=(6, 2, 3))

    def last(g):
        c = np.zeros((2, 3))
        for t in range(6):
            c = fn.cell_update(f[t], c, i[t], g[t])
        return c

    for t in range(6):
        moved = g.copy()
        moved[t] += 1e-3
        assert (last(moved) - last(g)) / 1e-3 == pytest.approx(checks.find("memory_weights").oracle(i, f)[t])


def test_the_latch_of_the_solution_keeps_what_its_comment_says(solved):
    assert f"sigmoid(6) ** 99 is {fn.sigmoid(6.0) ** 99:.2f}" in "\n".join(cell.source for cell in solved.cells)
    assert f"tanh(3) = {np.tanh(3):.3f}" in "\n".join(cell.source for cell in solved.cells)
    table = [line.split() for line in lessons.printed(solved, "inputs = {").splitlines()[1:]]
    shown = [(command, float(h) > 0.5) for command, *_, h in table]
    on = [command == "set" for command, _ in shown]
    for t, (command, _) in enumerate(shown):
        on[t] = on[t - 1] if t and command == "nothing" else on[t]
    assert [high for _, high in shown] == on


def test_of_the_three_mistakes_one_raises_and_two_do_not(solved):
    (given,) = (cell.source for cell in solved.cells if cell.source.startswith("def broken_step"))
    right = checks.find("torch_step").oracle
    space = {"np": np, "sigmoid": fn.sigmoid}
    mistakes = {
        "H = W_ih.shape[1]": "H = h_prev.shape[1]",
        "np.tanh(z[:, H : 2 * H])": "np.tanh(z[:, 2 * H : 3 * H])",
        "c = f * (c_prev + i * g)": "c = f * c_prev + i * g",
    }
    rng = np.random.default_rng(1)

    def case(B, D, H):
        shapes = (B, D), (B, H), (B, H), (4 * H, D), (4 * H, H), (4 * H,), (4 * H,)
        return [rng.normal(size=shape) for shape in shapes]

    def step_with(*left):
        text = given
        for wrong, repaired in mistakes.items():
            assert wrong in given
            text = text if wrong in left else text.replace(wrong, repaired)
        exec(text, space)
        return space["broken_step"]

    apart, alike = case(2, 3, 5), case(2, 3, 3)
    shape, *silent = mistakes
    with pytest.raises((ValueError, IndexError)):
        step_with(*mistakes)(*apart)
    with pytest.raises((ValueError, IndexError)):
        step_with(shape)(*apart)
    np.testing.assert_allclose(step_with(shape)(*alike), right(*alike))
    assert np.shape(step_with(*mistakes)(*alike)) == (2, 2, 3)  # "I tried it with D = H, and it ran"
    for mistake in silent:
        assert np.abs(np.subtract(step_with(mistake)(*apart), right(*apart))).max() > 0.05
    np.testing.assert_array_equal(step_with()(*apart), right(*apart))


def test_what_an_lstm_costs_is_what_the_arrays_of_the_course_hold():
    from lstm_helpers.nn import LSTM
    from lstm_helpers.nn.lstm import lstm_forward_cached

    T, B, D, H = 7, 3, 4, 5
    rng = np.random.default_rng(0)
    layer = LSTM(D, H, rng=rng)
    zeros = np.zeros((B, H))
    h, c, gates = lstm_forward_cached(rng.normal(size=(T, B, D)), zeros, zeros, **layer.params)
    parameters, carried, kept = checks.find("lstm_sizes").oracle(T, B, D, H)
    assert parameters == sum(array.size for array in layer.params.values())
    assert carried == h[-1].size + c[-1].size
    assert kept == h.size + c.size + gates.size


def test_what_grows_with_what(solved):
    lines = lessons.printed(solved, 'base = {"T"').splitlines()
    base, longer, wider = (np.array(re.findall(r"\d+", line)[-3:], float) for line in lines)
    assert (longer / base)[:2] == pytest.approx([1, 1])
    assert (longer / base)[2] == pytest.approx(2, rel=0.01)
    assert 3 < (wider / base)[0] < 4
    assert (wider / base)[1:] == pytest.approx([2, 2])
