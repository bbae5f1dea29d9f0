"""The unrolled explorer in a page without Jupyter: both sweeps against nn, its controls, its picture, its colours.

To write unrolled.svg anew after a change of the drawing:

    LSTM_COURSE_REDRAW=1 pytest tests/browser/test_unrolled_explorer.py -k picture
"""

import itertools
import re
from xml.etree import ElementTree

import numpy as np
import pytest
import traitlets

from lstm_helpers.explorers import UnrolledExplorer, unrolled_picture
from lstm_helpers.explorers.shared import values_of
from lstm_helpers.explorers.unrolled.unrolled import HERE, LOSSES, PADDING, STILL, WEIGHTS
from lstm_helpers.nn import lstm
from tests.browser.seen import LISTENING, is_an_image, texts_of, up_to_date

pytestmark = pytest.mark.browser

NETWORKS = list(itertools.product((1, 2), (False, True)))
ALL = [
    {"layers": layers, "bidirectional": both, "steps": steps, "padding": padding, "loss": loss}
    for (layers, both), steps, padding, loss in itertools.product(NETWORKS, (2, 6), PADDING, LOSSES)
]


@pytest.fixture
def explorer(bare):
    """The page with the explorer at its start values."""
    return bare(UnrolledExplorer())


def drawn(page):
    return page.locator(".lstm-drawing").inner_html()


def button(page, name, group=None):
    within = page.get_by_role("group", name=group, exact=True) if group else page
    return within.get_by_role("button", name=name, exact=True)


# ------------------------------------------------------------------------------------------------ mathematics


def random_numbers(rng, scale):
    """x and weights of one random case."""
    draw = lambda like: rng.normal(scale=scale, size=np.shape(like)).tolist()  # noqa: E731
    weights = {row: {part: draw(array) for part, array in of.items()} for row, of in WEIGHTS.items()}
    return {"x": rng.normal(size=(2, 8)).tolist(), "weights": weights}


@pytest.fixture
def cases(explorer):
    """Each kind of network, batch and loss with random numbers: (widget, what the browser computes), 72 pairs."""
    rng = np.random.default_rng(6)
    widgets = [UnrolledExplorer(**case, **random_numbers(rng, scale=rng.choice([0.5, 1, 3]))) for case in ALL]
    got = explorer.evaluate("(states) => states.map(module.compute)", [values_of(widget) for widget in widgets])
    return list(zip(widgets, got, strict=True))


def close(one, other, what):
    np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-6, err_msg=str(what))


def step_by_step(params, x, dh):
    """One LSTM over x (T, 1, D): h, c and the whole gradients of both at each step, all (T,), by nn's own steps."""
    h, c, gates = lstm.lstm_forward_cached(x, np.zeros((1, 1)), np.zeros((1, 1)), *params.values())
    dh_next, dc_next, found = 0, np.zeros((1, 1)), []
    for t in reversed(range(len(x))):
        whole = dh[t] + dh_next
        dc = dc_next + lstm.hidden_update_backward(whole, gates[t][:, 3:], c[t + 1])[1]
        found.append((whole, dc))
        states = x[t], h[t], c[t], c[t + 1], gates[t]
        _, dh_next, dc_next, *_ = lstm.lstm_step_backward(whole, dc_next, *states, params["W_x"], params["W_h"])
    dh, dc = np.array(found[::-1])[:, :, 0, 0].T
    return h[1:, 0, 0], c[1:, 0, 0], dh, dc


def test_both_sweeps_are_those_of_the_package_and_names_are_made_of_its_arrays(cases, explorer):
    asked = "(state) => module.names(state).map((name) => [name, module.parts(state, name)])"
    asked = f"(states) => states.map({asked})"
    named = explorer.evaluate(asked, [values_of(widget) for widget, _ in cases])
    assert len(cases) == 72
    for (widget, got), parts in zip(cases, named, strict=True):
        wanted, what = widget.compute(), repr(widget)
        close(got["loss"], wanted["loss"], what)
        close(got["dx"], wanted["dx"][:, :, 0], what)
        for row, one in got["rows"].items():
            for part, grad in one["grads"].items():
                close(grad, wanted["grads"][f"{row}.{part}"].ravel(), (what, row, part))
        assert [name for name, _ in parts] == widget.names()
        for name, found in parts:
            array, k = name[:-1].split("[")
            numbers = [got["rows"][part["row"]]["h"][part["t"]][part["b"]] for part in found]
            close(numbers, wanted[array][int(k)].ravel(), (what, name))


def test_every_step_is_that_of_the_package(cases):
    """h, c, dL/dh and dL/dc of each step of the lowest layer, which reads x; and what it adds to dL/dW is all of it."""
    for widget, got in cases[::5]:
        lengths, x = widget.lengths(), widget.arrays()
        seen = np.full_like(lengths, widget.steps) if widget.padding == "lengths not given" else lengths
        for row in ("l0", "l0r")[: 1 + widget.bidirectional]:
            one, turn = got["rows"][row], slice(None, None, -1 if row == "l0r" else 1)
            params = widget.network().layers[row].params
            for b, n in enumerate(seen):
                h, c, dh, dc, own = (np.array(one[name])[:n, b][turn] for name in ("h", "c", "dh", "dc", "own"))
                wanted = step_by_step(params, x[:n, [b]][turn], own[:, None, None])
                for name, found, right in zip(("h", "c", "dh", "dc"), (h, c, dh, dc), wanted, strict=True):
                    close(found, right, (widget, row, b, name))
                assert not np.array(one["dh"])[n:, b].any()
            close(np.sum(one["adds"]), one["grads"]["W_h"][2], (widget, row))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"steps": 9}, "steps = 9: expected 2 to 8"),
        ({"layers": 0}, "layers = 0: expected 1 to 2"),
        ({"at": 11}, "at = 11: expected 0 to 10"),
        ({"lit": "h_n[2]"}, r"this network has output\[0\], output\[-1\], h_n\[0\], h_n\[1\]"),
        ({"padding": "some"}, "lengths given"),
        ({"x": [[1.0]]}, r"x: expected finite numbers of shape \(2, 8\)"),
        ({"weights": {**WEIGHTS, "l1": {}}}, "weights: expected W_x, W_h and b for l1"),
        ({"weights": {**WEIGHTS, "l1": {**WEIGHTS["l1"], "b": [0, 0, 0, float("nan")]}}}, "b of l1: expected finite"),
    ],
)
def test_python_refuses_what_it_cannot_be(given, message):
    with pytest.raises(traitlets.TraitError, match=message):
        UnrolledExplorer(**given)


def test_a_smaller_network_forgets_what_it_no_longer_has():
    widget = UnrolledExplorer(layers=2, lit="h_n[3]", steps=8)
    assert widget.at == 16  # the forward sweep is done
    widget.layers, widget.steps = 1, 3
    assert (widget.at, widget.lit) == (6, "")


# ---------------------------------------------------------------------------------------------------- sweeps


def test_each_step_of_a_sweep_lights_the_next_boxes_with_their_numbers(explorer):
    state, now = values_of(UnrolledExplorer(layers=2)), "(s) => module.draw(s)"
    rows = explorer.evaluate("(s) => module.compute(s).rows", state)
    for at in range(1, 21):
        after = texts(explorer.evaluate(now, {**state, "at": at}))
        layer = (at - 1) // 5 if at <= 10 else 1 - (at - 11) // 5
        k = (at - 1) % 5
        for row, t in ((f"l{layer}", k if at <= 10 else 4 - k), (f"l{layer}r", 4 - k if at <= 10 else k)):
            keys = ("h", "c") if at <= 10 else ("dh", "dc")
            wanted = [f"{rows[row][key][t][0]:.{2 if at <= 10 else 3}f}" for key in keys]
            assert [word for word in after[row, t] if word[0].isdigit()] == wanted, (at, row, t)


def texts(svg):
    """The words in each box of a drawing: (row, t) -> [words]."""
    found = {}
    for group in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}g"):
        if "data-row" in group.attrib:
            words = ["".join(one.itertext()) for one in group.iter("{http://www.w3.org/2000/svg}text")]
            found[group.get("data-row"), int(group.get("data-t"))] = words
    return found


@pytest.mark.parametrize(("layers", "both"), NETWORKS)
def test_the_gradient_of_the_one_W_grows_step_by_step(explorer, layers, both):
    """With the start values each step adds something of the same sign, up to the gradient that nn gives."""
    widget = UnrolledExplorer(layers=layers, bidirectional=both, loss="every step", padding="lengths given")
    state, half = values_of(widget), layers * 5
    shown = {row: [] for row in widget.network().layers}
    for at in range(half + 1, 2 * half + 1):
        words = texts(explorer.evaluate("(s) => module.draw(s)", {**state, "at": at}))
        for row, sums in shown.items():
            sums.append(float(words[row, -1][-1].split()[-1]))
    for row, sums in shown.items():
        assert sums == sorted(sums)
        assert len(set(sums)) >= 4  # but for the first step, which has no h before it
        assert sums[-1] == pytest.approx(widget.compute()["grads"][f"{row}.W_h"][0, 2], abs=6e-4)


def test_a_loss_over_output_minus_one_teaches_the_backward_direction_from_one_step(explorer):
    sums = {}
    for loss in LOSSES:
        rows = explorer.evaluate("(s) => module.compute(s).rows", values_of(UnrolledExplorer(loss=loss)))
        sums[loss] = np.count_nonzero(np.array(rows["l0r"]["dh"]))
    assert sums == {"output[-1]": 1, "h_n": 5, "every step": 5}


def test_a_loss_over_padding_teaches_nothing(explorer):
    state = values_of(UnrolledExplorer(padding="lengths given"))
    rows = explorer.evaluate("(s) => module.compute(s).rows", state)
    assert not np.array(rows["l0"]["dh"])[:, 1].any()
    assert "padding" in explorer.evaluate("(s) => module.reading(s)", state)


# --------------------------------------------------------------------------------------------------- controls


def test_the_sweep_goes_by_buttons_and_by_the_arrow_keys(explorer):
    slider = explorer.get_by_label("steps of both sweeps done")
    for press, at in (("Step", 6), ("Back", 5), ("Back", 4), ("To start", 0), ("Back", 0)):
        before = drawn(explorer)
        button(explorer, press).click()
        assert explorer.evaluate("values.at") == at
        assert (drawn(explorer) == before) == (press == "Back" and at == 0)
    slider.focus()
    for key, at in (("ArrowRight", 1), ("End", 10), ("ArrowLeft", 9), ("Home", 0)):
        explorer.keyboard.press(key)
        assert explorer.evaluate("values.at") == at
        assert slider.get_attribute("aria-valuetext") == (
            f"forward {at} of 5" if at <= 5 else f"backward {at - 5} of 5"
        )
    box = slider.bounding_box()
    explorer.mouse.click(box["x"] + 0.95 * box["width"], box["y"] + box["height"] / 2)
    assert explorer.evaluate("values.at") >= 9
    assert "Backward sweep" in explorer.locator(".lstm-sentence").inner_text()


def test_a_number_is_told_when_the_sweep_has_come_there_and_not_before(explorer):
    explorer.evaluate("model.set('lit', 'output[-1]')")
    reading, slider = explorer.locator(".lstm-reading"), explorer.get_by_label("steps of both sweeps done")
    box = lambda: explorer.evaluate("module.detail(values, { row: 'l0', t: 4 })")  # noqa: E731
    whole = reading.inner_text(), box()
    numbers = r"output\[-1\] = \[\[-?(\?|[\d.]+), -?(\?|[\d.]+)\]\]"
    assert "?" not in re.match(numbers, whole[0]).groups()
    for at, known in (
        (0, [False, False]),
        (1, [False, True]),
        (4, [False, True]),
        (5, [True, True]),
        (8, [True, True]),
    ):
        slider.fill(str(at))
        assert [part != "?" for part in re.match(numbers, reading.inner_text()).groups()] == known
        assert ("h = ?, c = ?" in box()) != known[0]
    slider.fill("5")
    assert (reading.inner_text(), box()) == whole


def test_the_gradient_of_one_column_is_called_so(explorer):
    explorer.get_by_label("steps of both sweeps done").fill("7")
    assert "to dL/dW_h (its g column)" in explorer.locator(".lstm-sentence").inner_text()
    heads = explorer.locator(".lstm-drawing [data-t='-1'] text").all_text_contents()
    assert len([words for words in heads if words.startswith("dL/dWh,g")]) == 2
    spare = """() => [...document.querySelectorAll(".lstm-drawing [data-t='-1']")].map((head) => {
      const words = [...head.querySelectorAll("text")].at(-1);
      return head.querySelector("rect").getBBox().width - words.getBBox().width; })"""
    for padding in ("none", "lengths given"):  # their words before a row are not as wide
        explorer.evaluate("(padding) => { model.set('padding', padding); model.set('at', 9); }", padding)
        assert min(explorer.evaluate(spare)) > 0


def test_it_plays_to_the_end_and_says_nothing_meanwhile(explorer):
    explorer.clock.install(time=0)
    explorer.clock.pause_at(1000)  # from here on time goes by as the test says
    sentence = explorer.locator(".lstm-sentence")
    button(explorer, "To start").click()
    button(explorer, "Play").press("Enter")
    assert (explorer.evaluate("values.at"), sentence.get_attribute("aria-live")) == (1, "off")
    explorer.clock.run_for(900)
    assert explorer.evaluate("values.at") == 2
    button(explorer, "Pause").click()
    explorer.clock.run_for(5000)
    assert (explorer.evaluate("values.at"), sentence.get_attribute("aria-live")) == (2, "polite")
    button(explorer, "Play").click()
    explorer.clock.run_for(20_000)
    assert explorer.evaluate("values.at") == 10
    assert button(explorer, "Play").is_visible()


@pytest.mark.parametrize("way", ["mouse", "keyboard"])
def test_every_choice_changes_the_network_and_what_is_drawn(explorer, way):
    choices = [
        ("directions", "one", "bidirectional", False), ("layers", "2", "layers", 2), ("layers", "1", "layers", 1),
        ("directions", "both", "bidirectional", True), ("batch", "2 sequences, lengths given", "padding", PADDING[1]),
        ("batch", "2 sequences, no lengths", "padding", PADDING[2]), ("batch", "1 sequence", "padding", PADDING[0]),
        (None, "end states", "loss", "h_n"), (None, "every step", "loss", "every step"),
        (None, "h_n[1]", "lit", "h_n[1]"), (None, "output[0]", "lit", "output[0]"), (None, "output[0]", "lit", ""),
    ]  # fmt: skip
    for group, name, trait, value in choices:
        before, one = drawn(explorer), button(explorer, name, group)
        one.click() if way == "mouse" else one.press("Space")
        assert explorer.evaluate(f"values.{trait}") == value
        assert one.get_attribute("aria-pressed") == str(value != "").lower()
        assert drawn(explorer) != before, name
    steps = explorer.get_by_label("steps T")
    steps.press("ArrowRight")
    assert explorer.evaluate("[values.steps, values.at]") == [6, 6]  # a new network: its forward sweep is done


def test_a_name_that_a_smaller_network_has_not_goes_out(explorer):
    button(explorer, "h_n[1]").click()
    assert (
        "backward \u2190 at t = 0: after 5 of 5 steps, its end state" in explorer.locator(".lstm-reading").inner_text()
    )
    button(explorer, "one", "directions").click()
    assert explorer.evaluate("values.lit") == ""
    assert button(explorer, "h_n[1]").count() == 0


def test_the_drawing_folds_and_unrolls(explorer):
    whole = explorer.locator(".lstm-drawing [data-row=l0]:not([data-t='-1'])")
    button(explorer, "Fold").click()
    explorer.wait_for_function("document.querySelectorAll('.lstm-drawing [data-row=l0]').length === 2")  # W and one box
    assert "to the next step" in drawn(explorer)
    button(explorer, "Unroll").press("Enter")
    explorer.wait_for_function("!document.querySelector('.lstm-drawing').textContent.includes('to the next step')")
    assert whole.count() == 5


def test_without_motion_it_folds_at_once(explorer):
    explorer.emulate_media(reduced_motion="reduce")
    explorer.evaluate("document.querySelector('[data-action=fold]').click()")
    assert explorer.evaluate("document.querySelectorAll('.lstm-drawing [data-row=l0]').length") == 2


def test_a_box_says_what_it_is_under_the_pointer_and_by_the_arrow_keys(explorer):
    said = explorer.locator(".lstm-detail")
    explorer.locator("[data-row=l0r][data-t='0'] text").first.hover()
    assert "Backward, t = 0" in said.inner_text()
    assert "It is a part of output[0] and h_n[1]." in said.inner_text()
    explorer.locator("[data-row=l0][data-t='-1'] text").first.hover()
    assert said.inner_text().startswith("One W for all steps")
    explorer.mouse.move(5, 5)
    explorer.locator(".lstm-drawing").focus()
    walk = [("ArrowRight", "Backward, t = 0"), ("ArrowDown", "Forward, t = 0"), ("ArrowLeft", "One W for all steps")]
    for key, words in [*walk, ("ArrowDown", "x at t = 0: 0.90"), ("ArrowUp", "Forward, t = 0")]:
        explorer.keyboard.press(key)
        assert said.inner_text().startswith(words)


def test_every_control_has_a_name_and_keeps_its_keys(explorer):
    controls = explorer.locator(".lstm-unrolled").locator("button, input, select, textarea, [tabindex]")
    tree = explorer.locator(".lstm-unrolled").aria_snapshot()
    assert controls.count() == 5 + 4 + 3 + 3 + 4 + 2 + 1
    names = re.findall(r'- (?:button|slider) "([^"]+)"', tree)
    assert len(names) == controls.count() - 1  # the drawing is a group
    assert re.search(r'group "The boxes: arrow keys', tree)
    assert controls.evaluate_all("all => all.every((e) => e.dataset.lmSuppressShortcuts === 'true')")


def test_python_moves_the_drawing(explorer):
    explorer.evaluate("for (const [k, v] of Object.entries({ layers: 2, at: 3, lit: 'h_n[2]' })) model.set(k, v)")
    assert explorer.locator(".lstm-sentence").inner_text().startswith("Forward sweep, 3 of 10. Layer 0, forward, t = 2")
    assert button(explorer, "h_n[2]").get_attribute("aria-pressed") == "true"


def test_what_is_said_and_drawn_of_one_state_is_computed_once(explorer):
    reads = """() => { let n = 0; const counts = [], weights = values.weights;
      const state = { ...values, lit: "h_n[0]", get weights() { n++; return weights; } };
      for (const tell of [module.sentence, module.reading, module.draw, (s) => module.detail(s, { row: "l0", t: 0 })]) {
        tell(state);
        counts.push(n);
      }
      return counts; }"""
    first, *others = explorer.evaluate(reads)
    assert first > 0
    assert others == 3 * [first]


def test_nothing_listens_or_runs_after_the_view_is_closed(explorer):
    explorer.clock.install(time=0)
    explorer.clock.pause_at(1000)
    assert explorer.evaluate(LISTENING) == len(values_of(UnrolledExplorer()))
    button(explorer, "Play").click()
    button(explorer, "Fold").click()
    explorer.evaluate("end()")
    before, at = drawn(explorer), explorer.evaluate("values.at")
    assert explorer.evaluate(LISTENING) == 0
    explorer.clock.run_for(5000)
    button(explorer, "Step").click()
    assert (explorer.evaluate("values.at"), drawn(explorer)) == (at, before)


# ---------------------------------------------------------------------------------------------------- picture


def test_every_state_is_well_formed_and_drawn_the_same_twice(explorer):
    more = [{"folded": True, "at": 3}, {"at": 0, "lit": "h_n[0]"}, {"at": 99, "lit": "output[0]"}]
    states = [{**values_of(UnrolledExplorer(**case)), **more[k % 3]} for k, case in enumerate(ALL)]
    twice = "(states) => states.map((s) => [module.draw(s, { width: 560 }), module.draw(s, { width: 560 })])"
    for one, other in explorer.evaluate(twice, states):
        assert one == other
        ElementTree.fromstring(one)


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (600, 1400)])
def test_nothing_is_cut_and_a_wide_window_needs_no_scrolling(explorer, width, height):
    explorer.set_viewport_size({"width": width, "height": height})
    out = """() => [...document.querySelectorAll(".lstm-drawing text")].filter((one) => {
      const box = one.getBoundingClientRect(), all = one.ownerSVGElement.getBoundingClientRect();
      return box.left < all.left || box.right > all.right || box.top < all.top || box.bottom > all.bottom;
    }).map((one) => one.textContent)"""
    for k, case in enumerate(ALL):
        if case["steps"] == 2 or case["loss"] != LOSSES[k // 3 % 3]:
            continue
        state = {**values_of(UnrolledExplorer(**case)), "steps": 8, "at": 8 * case["layers"] + 7}
        explorer.evaluate("(s) => { for (const [k, v] of Object.entries(s)) model.set(k, v); }", state)
        assert explorer.evaluate(out) == [], case
        size = explorer.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
        assert size[0] <= width, case
        assert size[1] <= height, case


def test_the_still_picture_is_up_to_date(explorer):
    svg = explorer.evaluate("(s) => module.draw(s, { card: true })", values_of(UnrolledExplorer(**STILL)))
    up_to_date(svg, HERE / "unrolled.svg")


def test_the_still_picture_says_its_finding_and_asks_for_nothing(explorer):
    html = unrolled_picture().data
    assert re.search(r'<img alt="A bidirectional LSTM, unrolled over six steps[^"]*backward h after only one', html)
    is_an_image(explorer, html, 900)


# ---------------------------------------------------------------------------------------------------- colours

CONTRASTS = texts_of("unrolled", "button, label, p, legend, li, span, svg text")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_in_both_themes(explorer, scheme):
    explorer.emulate_media(color_scheme=scheme)
    paper = explorer.locator(".lstm-unrolled").evaluate("(e) => getComputedStyle(e).backgroundColor")
    assert (paper == "rgb(255, 255, 255)") == (scheme == "light")
    for state in ({"lit": "h_n[1]"}, {"padding": "lengths given", "at": 5}, {"layers": 2, "at": 17}, {"folded": True}):
        explorer.evaluate("(s) => { for (const [k, v] of Object.entries(s)) model.set(k, v); }", state)
        contrasts = explorer.evaluate(CONTRASTS)
        assert len(contrasts) > 50
        assert not [(what, round(ratio, 2)) for what, ratio in contrasts if ratio < 4.5]
