"""The explorer of the gradient: the same numbers as in Python, what its lines are, its controls, its picture.

To write gradient.svg anew after a change of the drawing or of the mathematics:

    LSTM_COURSE_REDRAW=1 pytest tests/browser/test_gradient_explorer.py -k picture
"""

import itertools
import re
from xml.etree import ElementTree

import numpy as np
import pytest
import traitlets

from lstm_helpers import nn
from lstm_helpers.explorers import GradientExplorer, gradient_picture
from lstm_helpers.explorers.gradient import gradient
from lstm_helpers.explorers.gradient.gradient import HERE, LIMITS
from lstm_helpers.explorers.shared import values_of
from tests.browser.seen import LISTENING, controls_have_names, is_an_image, measuring, up_to_date

pytestmark = pytest.mark.browser

SLIDERS = ("weight_scale", "inputs", "forget_bias", "length", "lag")


@pytest.fixture
def explorer(bare):
    """The page with the explorer at its start values."""
    return bare(GradientExplorer())


def drawn(page):
    return page.locator(".lstm-drawing").inner_html()


def said(page):
    return page.locator(".lstm-sentence").inner_text()


def slider(page, key):
    return page.locator(f"input[type=range][data-key={key}]")


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def measured(page, **settings):
    state = values_of(GradientExplorer(**settings))
    found = page.evaluate("(state) => module.measured(module.networks(state), state)", state)
    return {name: np.array(value) for name, value in found.items()}


# ------------------------------------------------------------------------------------------------ mathematics


def test_the_browser_and_the_package_find_the_same(explorer):
    rng = np.random.default_rng(0)
    for n in range(10):
        settings = {name: float(rng.uniform(*limits)) for name, limits in LIMITS.items()}
        settings |= {"seed": int(rng.integers(2**31)), "orthogonal": n % 2 == 1, "length": int(rng.integers(2, 60))}
        if n < 2:
            settings["inputs"] = 0.0
        there, here = measured(explorer, **settings), GradientExplorer(**settings).compute()
        assert there.keys() == here.keys()
        for name, value in here.items():
            np.testing.assert_allclose(there[name], value, rtol=1e-6, err_msg=f"{name} with {settings}")


@pytest.mark.parametrize("kind", [nn.RNN, nn.LSTM])
def test_what_is_left_is_what_central_differences_find(kind):
    """A state is moved a little k steps before the end; for the LSTM h follows, since it is made of c."""
    rng, T, D, H, eps = np.random.default_rng(1), 9, 3, 4, 1e-6
    layer = kind(D, H, rng=rng, dtype=np.float64)
    x = rng.normal(size=(T, 1, D))
    follow = gradient.left_in_rnn if kind is nn.RNN else gradient.left_in_lstm
    left = follow(layer, x, 6)
    assert left[0] == 1
    for k in (1, 2, 5, 6):
        _, at = layer.forward(x[: T - k])
        jacobian = np.zeros((H, H))
        for j in range(H):
            ends = []
            for sign in (1, -1):
                if kind is nn.RNN:
                    ends.append(layer.forward(x[T - k :], at + sign * eps * np.eye(H)[j])[1])
                else:
                    layer.forward(x[: T - k])
                    o, moved = layer.gates()["o"][-1], at[1] + sign * eps * np.eye(H)[j]
                    ends.append(layer.forward(x[T - k :], (o * np.tanh(moved), moved))[1][1])
            jacobian[:, j] = (ends[0] - ends[1])[0] / (2 * eps)
        assert left[k] == pytest.approx(np.linalg.norm(jacobian) / np.sqrt(H), rel=1e-6)


def test_radius_and_stretch_are_those_of_numpy(explorer):
    rng = np.random.default_rng(2)
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    matrices = [np.zeros((2, 2)), np.array([[0.0, 1.0], [0.0, 0.0]]), turn, np.array([[2.0, -2.2], [2.2, -2.0]])]
    matrices += [scale * rng.normal(size=(n, n)) for n in (1, 3, 24) for scale in (1e-3, 1, 100)]
    for A in matrices:
        radius, stretch = explorer.evaluate(
            "([A, n]) => [module.spectralRadius(A, n), module.largestStretch(A, n)]", [A.ravel().tolist(), len(A)]
        )
        assert radius == pytest.approx(np.abs(np.linalg.eigvals(A)).max(), rel=1e-7, abs=1e-12)
        assert stretch == pytest.approx(np.linalg.norm(A, ord=2), rel=1e-7, abs=1e-12)


def test_no_gradient_of_the_rnn_is_above_the_bound(explorer):
    for settings in ({}, {"weight_scale": 3.0, "inputs": 0.1}, {"orthogonal": True, "weight_scale": 2.0}):
        found = measured(explorer, **settings)
        assert (found["rnn"] <= found["stretch"] ** np.arange(101) * (1 + 1e-9)).all()


def test_without_inputs_the_radius_is_the_law_and_an_orthogonal_matrix_keeps_to_it_from_the_first_step(explorer):
    turning = measured(explorer, inputs=0.0, orthogonal=True, weight_scale=0.9)
    np.testing.assert_allclose(turning["rnn"], 0.9 ** np.arange(101), rtol=1e-6)
    assert turning["stretch"] == pytest.approx(0.9)
    chance = measured(explorer, inputs=0.0, weight_scale=0.9)
    assert chance["radius"] == pytest.approx(0.9)
    assert (chance["rnn"][100] / chance["rnn"][50]) ** (1 / 50) == pytest.approx(0.9, abs=0.01)
    assert chance["stretch"] > 1.4


def test_radius_times_slope_is_near_and_nearer_for_an_orthogonal_matrix(explorer):
    for turning, far in ((True, 0.05), (False, 0.25)):
        for seed in range(5):
            found = measured(explorer, orthogonal=turning, seed=seed)
            by_rule, by_measure = (found[name][100] ** 0.01 for name in ("law", "rnn"))
            assert by_rule / by_measure == pytest.approx(1, abs=far)


def test_the_forget_bias_moves_the_lstm_alone_and_its_whole_lies_above_its_gates(explorer):
    low, high = (measured(explorer, forget_bias=bias) for bias in (1.0, 5.0))
    np.testing.assert_array_equal(low["rnn"], high["rnn"])
    assert low["lstm"][100] < 1e-6
    assert 0.1 < high["lstm"][100] < 100
    for found, bias in ((low, 1), (high, 5)):
        assert (found["lstm"][10:] > found["gates"][10:]).all()
        assert found["gates"][100] ** 0.01 == pytest.approx(1 / (1 + np.exp(-bias)), abs=0.03)


def test_no_number_is_too_small_for_64_bits(explorer):
    least = {name: low for name, (low, _) in LIMITS.items()} | {"inputs": LIMITS["inputs"][1]}
    for seed in range(3):
        found = measured(explorer, **least, length=200, seed=seed)
        assert all((value > 1e-307).all() for value in found.values())


# --------------------------------------------------------------------------------------------------- controls


def test_python_refuses_what_is_no_setting():
    for name, (low, high) in LIMITS.items():
        for value in (low - 0.5, high + 0.5, float("nan")):
            with pytest.raises(traitlets.TraitError, match=f"{name} = {value}: choose a number from {low} to {high}"):
                GradientExplorer(**{name: value})
    for name, value in (("length", 1), ("length", 201), ("lag", -1), ("lag", 201), ("seed", -1)):
        with pytest.raises(traitlets.TraitError, match=name):
            GradientExplorer(**{name: value})


def test_sliders_move_by_keyboard_and_by_mouse(explorer):
    for key in SLIDERS:
        before, picture, words = explorer.evaluate(f"values.{key}"), drawn(explorer), said(explorer)
        slider(explorer, key).focus()
        explorer.keyboard.press("ArrowRight")
        assert explorer.evaluate(f"values.{key}") > before
        assert drawn(explorer) != picture
        assert said(explorer) != words or key == "length"  # the same steps, followed further
        box = slider(explorer, key).bounding_box()
        explorer.mouse.click(box["x"] + 0.02 * box["width"], box["y"] + box["height"] / 2)
        assert explorer.evaluate(f"values.{key}") < before
        explorer.keyboard.press("End")
    at_the_end = [slider(explorer, key).get_attribute("aria-valuetext") for key in SLIDERS]
    assert at_the_end == ["2.50", "3", "+6.00", "150 steps", "150"]
    assert explorer.evaluate("values.lag") == 150
    press(explorer, "Reset")
    assert explorer.evaluate("values") == values_of(GradientExplorer())


def test_weights_are_random_or_orthogonal_and_drawn_anew(explorer):
    first = drawn(explorer)
    explorer.get_by_role("button", name="orthogonal", exact=True).press("Enter")
    assert explorer.evaluate("values.orthogonal")
    assert explorer.locator("[aria-pressed=true]").inner_text().strip().endswith("orthogonal")
    second = drawn(explorer)
    press(explorer, "Another draw")
    assert explorer.evaluate("values.seed") == GradientExplorer().seed + 1
    assert len({first, second, drawn(explorer)}) == 3
    press(explorer, "random")
    press(explorer, "Reset")
    assert drawn(explorer) == first


def test_the_mouse_reads_a_lag_off_and_a_shorter_way_ends_it(explorer):
    field = explorer.locator(".lstm-drawing svg").bounding_box()
    unit = field["width"] / 660
    explorer.mouse.move(field["x"] + 54 * unit + 0.25 * 520 * unit, field["y"] + 200 * unit)
    explorer.mouse.down()
    assert explorer.evaluate("values.lag") == 25
    explorer.mouse.move(field["x"] + 54 * unit + 0.8 * 520 * unit, field["y"] + 200 * unit)
    assert explorer.evaluate("values.lag") == 80
    explorer.mouse.up()
    explorer.mouse.move(field["x"] + 54 * unit, field["y"] + 200 * unit)
    assert explorer.evaluate("values.lag") == 80
    explorer.mouse.click(field["x"] + 100 * unit, field["y"] + 500 * unit)  # the table reads nothing off
    assert explorer.evaluate("values.lag") == 80
    assert "of it left after 80" in said(explorer)
    explorer.evaluate("model.set('length', 60)")
    assert "of it left after 60" in said(explorer)
    assert slider(explorer, "lag").get_attribute("aria-valuetext") == "60"


def test_the_sentence_says_what_becomes_of_both_gradients(explorer):
    assert explorer.locator(".lstm-sentence").get_attribute("aria-live") == "polite"
    assert re.match(
        r"The RNN’s gradient vanishes: × 0\.\d\d per step back, \d·10⁻\S+ of it left after 50, \d·10⁻\S+ after 100\.",
        said(explorer),
    )
    explorer.evaluate("model.set('weight_scale', 2); model.set('inputs', 0)")
    assert re.search(r"The RNN’s gradient explodes: × (1\.9|2\.0)\d per step back, \d·10¹\S of it left", said(explorer))
    explorer.evaluate("model.set('weight_scale', 1); model.set('inputs', 1); model.set('forget_bias', 5)")
    assert "The LSTM’s gradient about keeps its size: ×" in said(explorer)
    for lag in (0, 100):
        explorer.evaluate("(lag) => model.set('lag', lag)", lag)
        assert re.search(r"The LSTM’s gradient .* of it left after 100\.$", said(explorer))


def test_what_becomes_of_a_gradient_is_what_its_factor_per_step_says(explorer):
    told = {"shrinks": 0, "about keeps its size": 0, "grows": 0}
    explorer.evaluate("model.set('length', 10)")
    for settings in [[0.5, 1], [1, 1], [1.5, 1], [2, 1], [2.5, 1], [2, 0.1]]:
        explorer.evaluate("([W, x]) => { model.set('weight_scale', W); model.set('inputs', x); }", settings)
        for verdict, factor in re.findall(r"gradient ([a-z ]+): × ([\d.]+) per step", said(explorer)):
            if verdict in told:  # what has vanished or exploded is told by the end
                told[verdict] += 1
                assert verdict == list(told)[(float(factor) >= 0.98) + (float(factor) > 1.02)]
    assert told["shrinks"] > 2
    assert told["grows"] > 0


def test_the_table_says_what_the_lines_are(explorer):
    words = explorer.locator(".lstm-drawing svg > text").all_text_contents()
    found = GradientExplorer().compute()
    assert "left after 50 steps" in words
    assert f"{found['stretch']:.2f}" in words
    slope = found["law"][100] ** 0.01 / found["radius"]
    assert f"ρ × typical slope of tanh = 1.00 × {slope:.2f}" in words
    for name, array in (("RNN, ∂", found["rnn"]), ("LSTM, ∂", found["lstm"])):
        (row,) = (k for k, word in enumerate(words) if word.startswith(name))
        mantissa, _, power = words[row + 2].partition("·10")
        left = float(mantissa) * 10.0 ** int(power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")) or 0)
        assert left == pytest.approx(array[50], rel=0.5)
    assert words[words.index("ρ, the spectral radius alone: no tanh") :][1:3] == ["1.00", "1"]


def test_nothing_listens_after_the_view_is_closed(explorer):
    assert explorer.evaluate(LISTENING) == len(values_of(GradientExplorer()))
    explorer.evaluate("end()")
    assert explorer.evaluate(LISTENING) == 0
    before = drawn(explorer)
    slider(explorer, "inputs").focus()
    explorer.keyboard.press("ArrowRight")
    press(explorer, "Another draw")
    explorer.locator(".lstm-drawing").click()
    assert explorer.evaluate("values") == values_of(GradientExplorer())
    assert drawn(explorer) == before


def test_every_control_has_a_name_and_keeps_its_keys(explorer):
    controls_have_names(explorer, "gradient", {"slider": 5, "button": 4}, 2 + len(SLIDERS) + 2)


def test_it_says_its_state_and_what_is_left():
    text = repr(GradientExplorer(orthogonal=True, inputs=0.0, weight_scale=0.5, lag=10, length=5))
    assert "With orthogonal weights and weight_scale = 0.5, inputs = 0, forget_bias = 1, length = 5, lag = 10" in text
    assert "after 5 steps back 0.03 of a gradient is left in the RNN and" in text


def test_the_constants_of_both_sides_are_the_same():
    script = (HERE / "gradient.js").read_text(encoding="utf-8")
    for name in ("H", "D", "BEFORE", "LONGEST"):
        assert f"const {name} = {getattr(gradient, name)};" in script


# ---------------------------------------------------------------------------------------------------- picture


def test_the_still_picture_is_up_to_date(explorer):
    svg = explorer.evaluate(
        "(state) => module.drawGradient(module.measured(module.networks(state), state), state, { card: true })",
        values_of(GradientExplorer(weight_scale=1.5)),
    )
    up_to_date(svg, HERE / "gradient.svg")
    html = gradient_picture().data
    assert re.search(r'<img alt="What is left of a gradient[^"]{300,}"', html)
    is_an_image(explorer, html, 700)


def test_every_state_is_drawn_well_formed_and_inside_its_field(explorer):
    for tiny, settings in (
        (True, {"weight_scale": 0.1, "inputs": 3.0, "forget_bias": -3.0, "length": 200}),
        (False, {"weight_scale": 3.0, "inputs": 0.0, "forget_bias": 8.0, "length": 200, "lag": 200}),
        (False, {"orthogonal": True, "inputs": 0.0}),
        (False, {"length": 2, "lag": 0}),
        (False, {"weight_scale": 2.5}),  # the law leaves the field upwards
        (False, {"weight_scale": 0.5, "inputs": 0.0, "orthogonal": True, "length": 30}),
    ):
        state = values_of(GradientExplorer(**settings))
        svg = explorer.evaluate(
            "(state) => module.drawGradient(module.measured(module.networks(state), state), state)", state
        )
        assert not re.search("NaN|undefined|Infinity", svg)
        root = ElementTree.fromstring(svg)
        lines = [path.get("d") for path in root.iter() if path.tag.endswith("}path") and path.get("stroke-linecap")]
        points = [tuple(map(float, p)) for d in lines for p in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", d)]
        assert len(points) > 20
        assert all(0 <= x <= 574 and 48 <= y <= 560 for x, y in points)
        assert ("below 1·10⁻⁴⁵: 0 in 32 bits" in svg) == tiny


def test_it_fits_where_it_is_shown(explorer):
    size = "(e) => { const { width, height } = e.getBoundingClientRect(); return [width, height]; }"
    for window, widest, tallest in ((1280, 960, 680), (900, 884, 680), (600, 584, 960)):
        explorer.set_viewport_size({"width": window, "height": 800})
        width, height = explorer.locator(".lstm-gradient").evaluate(size)
        assert width <= widest
        assert height <= tallest
        inside = """(root) => [...root.querySelectorAll("button, input, label, output, svg, p")].every((e) => {
          const at = e.getBoundingClientRect(), all = root.getBoundingClientRect();
          return at.left >= all.left && at.right <= all.right + 0.5 && e.scrollWidth <= e.clientWidth + 1;
        })"""
        assert explorer.locator(".lstm-gradient").evaluate(inside), window
        assert explorer.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_nothing_moves_while_a_number_changes(explorer):
    for width in (1280, 900, 700):
        explorer.set_viewport_size({"width": width, "height": 1000})
        tops = set()
        for scale, lag in itertools.product((0.1, 1, 2.5), (0, 50, 100)):
            explorer.evaluate(
                "([scale, lag]) => { model.set('weight_scale', scale); model.set('lag', lag); }", [scale, lag]
            )
            tops.add(explorer.locator(".lstm-drawing").bounding_box()["y"])
        assert len(tops) == 1, width


CONTRASTS = measuring("""
  const root = document.querySelector(".lstm-gradient"), paper = getComputedStyle(root).backgroundColor;
  return [...root.querySelectorAll("button, label, output, p, svg text")].map((e) => {
    const style = getComputedStyle(e), drawn = e.tagName === "text";
    const under = [[paper, 1], ...(drawn ? [[style.fill, 0.12]] : [[style.backgroundColor, 1]])]; // on both tints
    return [e.textContent, ratio(light(paint(under)), light(paint([...under, [drawn ? style.fill : style.color, 1]])))];
  });
""")
LINES = measuring("""
  const paper = [[getComputedStyle(document.querySelector(".lstm-gradient")).backgroundColor, 1]];
  return [...document.querySelectorAll(".lstm-drawing path[stroke-linecap]")].map((e) => {
    return ratio(light(paint(paper)), light(paint([...paper, [getComputedStyle(e).stroke, 1]])));
  });
""")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_and_every_line_stands_out_in_both_themes(explorer, scheme):
    explorer.emulate_media(color_scheme=scheme)
    explorer.evaluate("model.set('weight_scale', 0.3)")
    paper = explorer.locator(".lstm-gradient").evaluate("(e) => getComputedStyle(e).backgroundColor")
    assert (paper == "rgb(255, 255, 255)") == (scheme == "light")
    contrasts = explorer.evaluate(CONTRASTS)
    assert len(contrasts) > 40
    assert not [(what, round(found, 2)) for what, found in contrasts if found < 4.5]
    assert min(explorer.evaluate(LINES)) >= 3


def test_lines_differ_by_more_than_their_colour(explorer):
    lines = explorer.locator(".lstm-drawing path[stroke-linecap]").evaluate_all(
        "all => all.map((e) => [e.getAttribute('stroke-width'), e.getAttribute('stroke-dasharray')].join(' '))"
    )
    assert len(lines) == 12  # six in the field, six in the table
    assert len(set(lines)) >= 5
