"""The cell explorer's ES module in a page without Jupyter: its mathematics, its controls, its picture, its colours.

To write cell.svg anew after a change of the drawing:

    LSTM_COURSE_REDRAW=1 pytest tests/browser/test_cell_explorer.py -k picture
"""

import re
import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pytest
import traitlets

from lstm_helpers.explorers import CellExplorer, cell_picture
from lstm_helpers.explorers.cell.cell import HERE
from lstm_helpers.explorers.shared import values_of
from lstm_helpers.figures import COLOURS
from lstm_helpers.nn import functional as F
from tests.browser.seen import LISTENING, is_an_image, measuring, up_to_date

pytestmark = pytest.mark.browser

SLIDERS = ("x", "h_prev", "c_prev", "b_f", "b_i", "b_g", "b_o")
PARTS = ("x", "h_prev", "c_prev", "f", "i", "g", "o", "kept", "added", "c", "tanh", "h")


@pytest.fixture
def explorer(bare):
    """The page with the explorer at its start values."""
    return bare(CellExplorer())


@pytest.fixture
def full(bare):
    """The same with every number in the picture."""
    return bare(CellExplorer(depth="full"))


def part(page, name):
    return page.locator(f"[data-part={name}]")


def asked(page):
    """The equation below the picture, as text: "" while the sentence is there."""
    shown = page.locator(".lstm-words").evaluate("(e) => e.classList.contains('lstm-asked')")
    lines = page.locator(".lstm-terms span").all_inner_texts()
    assert shown == bool(lines)
    return " ".join(" ".join(lines).split())


def clear(page):
    """The labels of the picture that are not faint."""
    texts = page.locator(".lstm-drawing").evaluate(
        "(e) => [...e.querySelectorAll('text')].filter((t) => !t.closest('[opacity]')).map((t) => t.textContent)"
    )
    return {text.replace("\u200b", "") for text in texts}


def slider(page, key):
    return page.locator(f"input[type=range][data-key={key}]")


def drawn(page):
    return page.locator(".lstm-drawing").inner_html()


def run(page, preset, steps=10):
    page.get_by_role("button", name=preset, exact=True).click()
    page.get_by_role("button", name=f"Run {steps} step").click()
    return page.evaluate("({ ...values, now: module.compute(values) })")


# ------------------------------------------------------------------------------------------------ mathematics


def random_cases():
    """200 cases from one seed: ordinary values, values up to 50 and extremes of 10,000, both signs."""
    rng = np.random.default_rng(4)
    for scale in [1.0] * 80 + [5.0] * 50 + [50.0] * 50:
        yield rng.uniform(-scale, scale, 15)
    for _ in range(20):
        yield rng.choice([-1e4, 1e4, 0.0, 0.5], 15)


def test_computes_what_the_package_computes(explorer):
    widgets = []
    for numbers in random_cases():
        named = dict(zip(SLIDERS, numbers[:7].tolist(), strict=True))
        pairs = numbers[7:].reshape(4, 2).tolist()
        widgets.append(CellExplorer(**named, weights=dict(zip("ifgo", pairs, strict=True))))
    got = explorer.evaluate("(states) => states.map(module.compute)", [values_of(w) for w in widgets])
    assert len(got) == 200
    for widget, result in zip(widgets, got, strict=True):
        h, c = F.lstm_step(**widget.arrays())
        np.testing.assert_allclose([result["h"], result["c"]], [h.item(), c.item()], rtol=1e-6, atol=1e-6)
        for name, value in widget.compute().items():
            np.testing.assert_allclose(result[name], value, rtol=1e-6, atol=1e-6, err_msg=name)


def test_python_refuses_what_is_not_a_number_and_a_third_depth():
    with pytest.raises(traitlets.TraitError, match="b_f.*finite"):
        CellExplorer(b_f=float("inf"))
    with pytest.raises(traitlets.TraitError, match="depth.*'overview'.*'full'.*'deep'"):
        CellExplorer(depth="deep")


def test_importing_the_package_does_not_load_anywidget():
    code = "import sys, lstm_helpers.explorers; sys.exit('anywidget' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_has_the_colours_of_the_course(explorer):
    assert explorer.evaluate("module.COLOURS") == COLOURS


# --------------------------------------------------------------------------------------------------- controls


def test_every_slider_moves_by_keyboard(explorer):
    for key in SLIDERS:
        before, picture = explorer.evaluate(f"values.{key}"), drawn(explorer)
        slider(explorer, key).focus()
        explorer.keyboard.press("ArrowRight")
        assert explorer.evaluate(f"values.{key}") == pytest.approx(before + 0.05)
        assert drawn(explorer) != picture, key
        explorer.keyboard.press("ArrowLeft")
        assert explorer.evaluate(f"values.{key}") == pytest.approx(before)
        explorer.evaluate("([key, value]) => model.set(key, value)", [key, before])
        assert drawn(explorer) == picture, key


def test_every_slider_moves_by_mouse(explorer):
    for key in SLIDERS:
        picture, limit = drawn(explorer), float(slider(explorer, key).get_attribute("max"))
        box = slider(explorer, key).bounding_box()
        middle = box["y"] + box["height"] / 2
        explorer.mouse.click(box["x"] + 0.9 * box["width"], middle)
        clicked = explorer.evaluate(f"values.{key}")
        assert 0.7 * limit < clicked < limit, key
        assert drawn(explorer) != picture, key
        explorer.mouse.down()
        explorer.mouse.move(box["x"] + 0.1 * box["width"], middle, steps=4)
        explorer.mouse.up()
        assert -limit < explorer.evaluate(f"values.{key}") < -0.7 * limit, key


def test_numbers_can_be_typed_and_stepped(explorer):
    box = explorer.get_by_label("previous cell state, typed value")
    for typed, value in (("1,234", 1.234), ("\u22122.5", -2.5), ("40", 40), ("no number", 40), ("", 40)):
        box.fill(typed)
        box.press("Enter")
        box.blur()
        assert explorer.evaluate("values.c_prev") == value
    assert box.input_value() == "+40.00"
    box.press("ArrowDown")
    assert explorer.evaluate("values.c_prev") == pytest.approx(39.95)


def test_every_control_has_a_name_and_keeps_its_keys(explorer):
    controls = explorer.locator("button, input, select, textarea, [tabindex]")
    tree = explorer.locator(".lstm-cell").aria_snapshot()
    assert controls.count() == 4 + 2 + 3 + 2 * len(SLIDERS)
    for role, count in (("slider", 7), ("textbox", 7), ("button", 9)):
        lines = re.findall(rf"- {role}\b.*", tree)
        assert len(lines) == count
        assert len({re.match(rf'- {role} "([^"]{{3,}})"', line)[1] for line in lines}) == count
    assert controls.evaluate_all("all => all.every((e) => e.dataset.lmSuppressShortcuts === 'true')")


def test_remember_keeps_the_cell_state(explorer):
    after = run(explorer, "remember")
    assert after["c_prev"] == pytest.approx(0.8, rel=0.02)
    assert after["trace"][0] == 0.8
    assert len(after["trace"]) == 10


def test_forget_empties_the_cell(explorer):
    assert abs(run(explorer, "forget")["c_prev"]) < 0.02


def test_overwrite_makes_the_cell_state_the_candidate(explorer):
    after = run(explorer, "overwrite")
    assert after["now"]["c"] == pytest.approx(after["now"]["g"], rel=0.05)
    assert abs(after["now"]["g"]) > 0.3


def test_leak_loses_a_fraction_a_step(explorer):
    after = run(explorer, "leak")
    course = [*after["trace"], after["c_prev"]]
    ratios = np.divide(course[1:], course[:-1])
    assert np.all((ratios > 0.85) & (ratios < 0.95))
    assert 0.1 < course[-1] < 0.5


def test_a_pressed_preset_is_shown_until_a_slider_changes_it(explorer):
    button = explorer.get_by_role("button", name="leak", exact=True)
    button.click()
    assert button.get_attribute("aria-pressed") == "true"
    slider(explorer, "b_f").press("ArrowLeft")
    assert button.get_attribute("aria-pressed") == "false"


def test_a_step_feeds_the_results_back_and_reset_undoes_it(explorer):
    first = explorer.evaluate("({ ...values, now: module.compute(values) })")
    explorer.get_by_role("button", name="Run 1 step").click()
    second = explorer.evaluate("values")
    assert (second["c_prev"], second["h_prev"]) == (first["now"]["c"], first["now"]["h"])
    assert second["trace"] == [first["c_prev"]]
    for _ in range(3):
        explorer.get_by_role("button", name="Run 10 steps").click()
    assert len(explorer.evaluate("values.trace")) == 20
    explorer.get_by_role("button", name="Reset").click()
    assert explorer.evaluate("values") == values_of(CellExplorer())


def test_a_value_set_from_python_moves_the_slider(explorer):
    explorer.evaluate("model.set('c_prev', 2)")
    assert slider(explorer, "c_prev").input_value() == "2"
    assert explorer.get_by_label("previous cell state, typed value").input_value() == "+2.00"
    assert "old cell state 2.00" in explorer.locator(".lstm-sentence").inner_text()


def test_the_sentence_says_what_happens(explorer):
    sentence = explorer.locator(".lstm-sentence")
    assert sentence.get_attribute("aria-live") == "polite"
    now = CellExplorer().compute()
    assert f"keeps {100 * now['f']:.0f} % of the old cell state 0.80" in sentence.inner_text()
    assert f"the new cell state is {now['c']:.2f}." in sentence.inner_text()
    assert f"the new hidden state is {now['h']:.2f}." in sentence.inner_text()


def test_nothing_listens_after_the_view_is_closed(explorer):
    assert explorer.evaluate(LISTENING) == len(values_of(CellExplorer()))
    explorer.evaluate("model.set('depth', 'full')")
    before = drawn(explorer)
    explorer.evaluate("end()")
    assert explorer.evaluate(LISTENING) == 0
    slider(explorer, "x").press("ArrowRight")
    assert explorer.evaluate("values.x") == CellExplorer().x
    part(explorer, "f").click()
    assert drawn(explorer) == before


# --------------------------------------------------------------------------------------------------- two depths


def test_the_depth_is_changed_by_mouse_keyboard_and_python_and_reset_leaves_it(explorer):
    def numbers():
        return len(re.findall(r"\d\.\d\d", " ".join(explorer.locator(".lstm-drawing text").all_text_contents())))

    assert numbers() == 5  # x, h and c go in, h and c come out
    explorer.get_by_role("button", name="In full").click()
    assert explorer.evaluate("values.depth") == "full"
    assert numbers() > 15
    explorer.get_by_role("button", name="Reset").click()
    assert explorer.evaluate("values.depth") == "full"
    explorer.get_by_role("button", name="Overview").press("Enter")
    assert (explorer.evaluate("values.depth"), numbers()) == ("overview", 5)
    explorer.evaluate("model.set('depth', 'full')")
    assert explorer.get_by_role("button", name="In full").get_attribute("aria-pressed") == "true"


def test_the_overview_draws_a_gate_as_a_valve_that_stands_open_so_far(bare):
    page = bare(CellExplorer(x=0, h_prev=0))
    for b_f, free in ((8, 2 * 19), (0, 19), (-8, 0)):
        page.evaluate("(b_f) => model.set('b_f', b_f)", b_f)
        edges = page.locator(f".lstm-drawing path[fill='{COLOURS['f']}'][d*=A22]").evaluate_all(
            "(blades) => blades.map((blade) => Number(blade.getAttribute('d').match(/^M\\S+ (\\S+?)A/)[1]))"
        )
        assert max(edges) - min(edges) == pytest.approx(free, abs=0.05)


def value_of(term, names):
    """What a term of an equation comes to, where ``names`` gives the letters' values."""
    for mark, operator in (("\u00b7", "*"), ("\u03c3", "sigmoid"), ("t\u22121", "prev"), ("\u2212", "-")):
        term = term.replace(mark, operator)
    return eval(term, {"tanh": np.tanh, "sigmoid": F.sigmoid, **names})


def test_every_term_of_every_equation_comes_to_the_number_of_the_package(explorer):
    rng = np.random.default_rng(16)
    for _ in range(40):
        numbers = rng.uniform(-2, 2, 15).round(2).tolist()
        widget = CellExplorer(**dict(zip(SLIDERS, numbers, strict=False)))
        widget.weights = dict(zip("ifgo", np.reshape(numbers[7:], (4, 2)).tolist(), strict=True))
        now = widget.compute()
        right = {name: getattr(widget, name) for name in ("x", "h_prev", "c_prev")} | now
        right |= {"kept": now["f"] * widget.c_prev, "added": now["i"] * now["g"], "tanh": np.tanh(now["c"])}
        letters = {f"{k}_t": v for k, v in now.items()} | now
        letters |= {"x_t": widget.x, "h_prev": widget.h_prev, "c_prev": widget.c_prev}
        code = "(state) => Object.keys(module.PARTS).map((part) => [part, module.equation(part, state)])"
        equations = dict(explorer.evaluate(code, values_of(widget)))
        assert tuple(equations) == PARTS
        for name, terms in equations.items():
            own = dict(zip(("w_x", "w_h"), widget.weights.get(name, ()), strict=False))
            own |= {f"b_{k}": getattr(widget, f"b_{k}") for k in "ifgo"}
            for term in terms:
                assert value_of(term, letters | own) == pytest.approx(right[name], abs=3e-4), (name, term)


def test_the_arrow_keys_reach_every_number_and_each_says_its_value_and_equation(full):
    toolbar = full.get_by_role("toolbar")
    assert toolbar.get_by_role("button").count() == len(PARTS)
    full.get_by_role("button", name="In full").focus()
    for _ in ("Run 1 step", "Run 10 steps", "Reset", "the picture"):
        full.keyboard.press("Tab")
    for name in PARTS:
        focused = full.evaluate("[document.activeElement.dataset.part, document.activeElement.ariaLabel]")
        terms = full.evaluate("(part) => module.equation(part, values)", name)
        assert focused[0] == name
        assert f"= {terms[-1]}." in focused[1].replace("minus ", "\u2212")
        assert focused[1].count(" = ") == (len(terms) + 1 if len(terms) > 1 else 1)
        assert asked(full).endswith(f"= {terms[-1]}")
        full.keyboard.press("ArrowRight")
    assert full.evaluate("document.activeElement.dataset.part") == "x"  # and round again
    full.keyboard.press("End")
    assert full.evaluate("document.activeElement.dataset.part") == "h"
    full.keyboard.press("Tab")  # one stop for all of them
    assert full.evaluate("document.activeElement.dataset.key") == "x"


def test_the_forget_gate_in_full(full):
    part(full, "f").focus()
    assert part(full, "f").get_attribute("aria-label") == (
        "forget gate, f = 0.7521. f = sigmoid(w x times x t + w h times h t minus 1 + b f) = "
        "sigmoid(0.3 times 0.5 minus 0.2 times 0.2 + 1) = sigmoid(1.1100) = 0.7521. "
        "It reads x t and h t minus 1; it multiplies c t minus 1."
    )
    assert asked(full) == (
        "f = \u03c3(wx \u00b7 xt + wh \u00b7 ht\u22121 + bf) = "
        "\u03c3(0.3 \u00b7 0.5 \u2212 0.2 \u00b7 0.2 + 1) = \u03c3(1.1100) = 0.7521"
    )


LIT = {  # what a number lights, and what not
    "f": ({"+0.50", "+0.20", "+0.80", "forget gate", "f = 0.75", "keep"}, {"input gate", "candidate", "show"}),
    "i": ({"+0.50", "+0.20", "input gate", "i = 0.58"}, {"forget gate", "candidate", "output gate", "+0.80"}),
    "o": ({"+0.50", "+0.20", "output gate", "tanh(+0.92)", "show", "+0.41"}, {"forget gate", "+0.80"}),
    "c": ({"+0.92", "i \u00b7 g = +0.31", "add"}, {"forget gate", "output gate", "+0.50", "tanh(+0.92)"}),
    "x": ({"+0.50", "forget gate", "input gate", "candidate", "output gate"}, {"+0.20", "+0.80"}),
}


def test_a_number_lights_what_it_reads_and_what_it_acts_on(full):
    everything = clear(full)
    for name, (lit, faint) in LIT.items():
        part(full, name).hover()
        assert lit <= clear(full) <= everything, name
        assert faint <= everything - clear(full), name


def test_pointing_shows_an_equation_and_leaving_takes_it_away(full):
    full.mouse.move(1, 1)
    assert asked(full) == ""
    part(full, "c").hover()
    assert asked(full).startswith("ct = f \u00b7 ct\u22121 + i \u00b7 g")
    assert len(clear(full)) < 12
    full.get_by_role("button", name="Reset").hover()
    assert asked(full) == ""
    assert len(clear(full)) > 25


def test_a_kept_equation_follows_the_sliders_until_escape(full):
    for keep in (part(full, "c").click, lambda: part(full, "c").press("Enter")):
        keep()
        slider(full, "b_i").hover()
        slider(full, "b_i").press("Home")
        assert full.evaluate("values.b_i") == -8
        assert part(full, "c").get_attribute("aria-pressed") == "true"
        assert "= 0.6017 + 0.0003 = 0.6020" in asked(full)
        full.keyboard.press("Escape")
        assert asked(full) == ""
        assert full.evaluate("document.activeElement.dataset.key") == "b_i"


def test_escape_leaves_the_picture_for_its_button(full):
    part(full, "g").press("Enter")
    full.keyboard.press("Escape")
    assert asked(full) == ""
    assert full.evaluate("document.activeElement.textContent") == "In full"
    assert part(full, "g").get_attribute("aria-pressed") == "false"


def test_the_focus_stays_where_it_is_while_values_change(full):
    part(full, "h").focus()
    full.evaluate("model.set('c_prev', 0)")  # its wire is drawn in another way, dashed
    assert full.evaluate("document.activeElement.dataset.part") == "h"
    now = CellExplorer(c_prev=0).compute()
    assert asked(full).endswith(f"= {now['h']:.4f}")
    full.evaluate("model.set('depth', 'overview')")
    assert asked(full) == ""


# ----------------------------------------------------------------------------------------------------- its room

ROOM = """() => {
  const root = document.querySelector(".lstm-cell"), { right, bottom } = root.getBoundingClientRect();
  const across = root.querySelector(".lstm-across"), moves = across.scrollWidth > across.clientWidth;
  const seen = [...root.querySelectorAll(moves ? ":not(.lstm-across *)" : "*")];
  const beyond = seen.filter((e) => e.getBoundingClientRect().right > right + 0.5);
  const box = (where) => root.querySelector(where).getBoundingClientRect();
  return { cut: beyond.map((e) => e.textContent), bottom, moves,
    scrolls: document.documentElement.scrollWidth > innerWidth,
    beside: box(".lstm-controls").left >= box(".lstm-drawing").right, height: root.offsetHeight };
}"""


@pytest.mark.parametrize("depth", ["overview", "full"])
def test_hand_and_drawing_stand_in_one_view_and_nothing_is_cut(bare, depth):
    page = bare(CellExplorer(depth=depth, c_prev=-1e9, x=-1234.5678, b_g=0))
    if depth == "full":
        part(page, "c").focus()
    for width, height in ((1280, 800), (1000, 650), (850, 650)):
        page.set_viewport_size({"width": width, "height": height})
        room = page.evaluate(ROOM)
        assert room["beside"], width
        assert room["height"] <= 640, width
        assert room["bottom"] <= height, width
        assert not room["cut"], width
    for width in (600, 400):
        page.set_viewport_size({"width": width, "height": 900})
        room = page.evaluate(ROOM)
        assert not room["cut"], width
        assert not room["scrolls"], width
        assert room["moves"] == (width == 400)


# ---------------------------------------------------------------------------------------------------- picture


def test_every_number_is_drawn_and_every_state_is_well_formed(explorer):
    now = CellExplorer().compute()
    svg = ElementTree.fromstring(explorer.evaluate("module.draw({ ...values, depth: 'full' })"))
    texts = " ".join("".join(t.itertext()) for t in svg.iter("{http://www.w3.org/2000/svg}text"))
    inner = {"f c": now["f"] * 0.8, "i g": now["i"] * now["g"], "tanh c": np.tanh(now["c"])}
    for name, value in {**now, **inner}.items():
        assert f"{value:.2f}" in texts, name
    for c_prev in (0, -3.0, 1e-9, -1e9, 1e308):
        for depth in ("overview", "full"):
            code = "([c_prev, depth]) => module.draw({ ...values, c_prev, depth })"
            ElementTree.fromstring(explorer.evaluate(code, [c_prev, depth]))
        trace = explorer.evaluate("(c) => module.drawTrace({ ...values, c_prev: c })", c_prev)
        ElementTree.fromstring(trace)
        assert not re.search("NaN|Infinity", trace)


def test_a_number_that_is_longer_than_its_place_is_not_typed(explorer):
    box = explorer.get_by_label("previous cell state, typed value")
    for typed, set_ in (("1e308", 1e6), ("-7e7", -1e6), ("1e999", 1e6), ("nothing", 1e6)):
        box.fill(typed)
        box.press("Enter")
        assert explorer.evaluate("values.c_prev") == set_
    assert box.evaluate("(e) => e.scrollWidth <= e.clientWidth")


def test_the_still_picture_is_up_to_date(explorer):
    svg = explorer.evaluate("module.draw(values, { card: true })")
    up_to_date(svg, HERE / "cell.svg")


def test_the_still_picture_has_alternative_text_and_asks_for_nothing(explorer):
    html = cell_picture().data
    assert re.search(r'<img alt="One step of an LSTM cell[^"]{200,}"', html)
    is_an_image(explorer, html, 764)


# ---------------------------------------------------------------------------------------------------- colours

# The contrast of every text with what lies under it, by WCAG 2's formula; colours are read as painted pixels.
CONTRASTS = measuring("""
  const root = document.querySelector(".lstm-cell");
  const backs = (element) => {
    const found = [];
    for (let e = element; ; e = e.parentElement) {
      found.unshift([getComputedStyle(e).backgroundColor, 1]);
      if (e === root) return found;
    }
  };
  const results = [];
  const add = (what, under, colour, opacity = 1) =>
    results.push([what, ratio(light(paint(under)), light(paint([...under, [colour, opacity]])))]);
  for (const e of root.querySelectorAll("button, label, p, legend, input[type=text], .lstm-below"))
    add(e.textContent || e.ariaLabel, backs(e), getComputedStyle(e).color);
  const body = root.querySelector(".lstm-drawing rect");
  for (const t of root.querySelectorAll("svg text")) {
    const inGroup = t.closest("g") ? [...t.closest("g").querySelectorAll("rect")] : [];
    const shapes = [body, ...inGroup.filter((r) => r.compareDocumentPosition(t) & 4)];
    const under = shapes.map((s) => [getComputedStyle(s).fill, Number(getComputedStyle(s).fillOpacity)]);
    add(t.textContent, [...backs(t.closest("div")), ...under], getComputedStyle(t).fill);
  }
  return results;
""")


@pytest.mark.parametrize(("scheme", "editor"), [("light", "vscode-dark"), ("dark", "vscode-light")])
def test_it_has_the_theme_of_vs_code_where_the_system_has_another(explorer, scheme, editor):
    explorer.emulate_media(color_scheme=scheme)
    explorer.evaluate("(editor) => document.body.classList.add(editor)", editor)
    explorer.evaluate("() => document.documentElement.style.setProperty('--jp-layout-color0', 'white')")  # as there
    stands_out(explorer, "dark" if editor == "vscode-dark" else "light")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_in_both_themes(explorer, scheme):
    explorer.emulate_media(color_scheme=scheme)
    stands_out(explorer, scheme)


def stands_out(explorer, scheme):
    """Paper of that scheme, on which each text of both depths is read."""
    explorer.get_by_role("button", name="leak", exact=True).click()
    paper = explorer.locator(".lstm-cell").evaluate("(e) => getComputedStyle(e).backgroundColor")
    assert (paper == "rgb(255, 255, 255)") == (scheme == "light")
    for depth in ("overview", "full"):
        explorer.evaluate("(depth) => model.set('depth', depth)", depth)
        contrasts = explorer.evaluate(CONTRASTS)
        assert len(contrasts) > 40
        weak = [(what, round(ratio, 2)) for what, ratio in contrasts if ratio < 4.5]
        assert not weak, depth
