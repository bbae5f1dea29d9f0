"""The explorer of your own model in a page without Jupyter: its numbers against nn, its controls, picture and colours.

To write own.svg anew after a change of the drawing:

    LSTM_COURSE_REDRAW=1 pytest tests/browser/test_own_explorer.py -k picture
"""

import re
from xml.etree import ElementTree

import numpy as np
import pytest
import traitlets

from lstm_helpers.explorers import OwnExplorer, own_picture
from lstm_helpers.explorers.own.own import ALT, ENDS, HERE, ORDERS, PARTS, PLACES, WARM
from lstm_helpers.figures import COLOURS
from tests.browser.seen import LISTENING, is_an_image, measuring, up_to_date

pytestmark = pytest.mark.browser

LETTERS = "\n \"',.?abcdehlmnorstuvwy"
WORDS = "where the lane bends, a small red barn leans on a tall elm; ".replace(";", ",")
PASSAGE = (WORDS.replace(" g", " ") * 40)[:2000]
TEXT = 'he told her, "so much the better."\nnobody heard'

READ = """([ids, t, target]) => {
  const model = module.modelOf(values);
  const pass = module.readOn(model, ids, module.readOn(model, ids.slice(0, Math.floor(ids.length / 2))));
  let found;
  for (found of module.dependence(model, pass, t, target));
  return { c: [...pass.c], h: [...pass.h], gates: [...pass.gates], p: [...module.probabilities(model, pass, t)],
           depends: [...found.found], from: found.from };
}"""


def weights(H, letters=LETTERS, seed=0, scale=1.0):
    rng = np.random.default_rng(seed)
    V = len(letters)
    shapes = dict(zip(PARTS, [(V, 4 * H), (H, 4 * H), (4 * H,), (H, V), (V,)], strict=True))
    return {name: (scale * rng.normal(size=shape)).astype(np.float32) for name, shape in shapes.items()}


def own(H=6, **state):
    given = {"model": weights(H), "characters": LETTERS, "passage": PASSAGE, "text": TEXT, "at": 20, **state}
    return OwnExplorer(given.pop("model"), given.pop("characters"), given.pop("passage"), **given)


@pytest.fixture
def explorer(bare):
    """The page with a small model of one's own."""
    return bare(own())


@pytest.fixture
def paged(bare):
    """The page with one whose units fill more than a page."""
    return bare(own(110))


def drawn(page):
    """The drawing: what is SVG in it, and the pixels of the cells."""
    pixels = "(root) => [...root.querySelectorAll('canvas')].map((one) => one.toDataURL()).join()"
    drawing = page.locator(".lstm-drawing")
    return drawing.inner_html() + drawing.evaluate(pixels)


def ground(page):
    return page.locator(".lstm-ground").inner_html()


def value(page, name):
    return page.evaluate(f"values.{name}")


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def settled(page):
    """What the character depends on has been found."""
    page.wait_for_function("document.querySelector('.lstm-sentence').textContent.includes('depends most')")


# ------------------------------------------------------------------------------------------------ mathematics


@pytest.mark.parametrize(("H", "scale", "bits"), [(1, 1.0, 32), (6, 0.3, 32), (33, 0.5, 16), (128, 0.2, 32)])
def test_the_browser_reads_as_the_package_does_forward_and_backward(bare, H, scale, bits):
    model = weights(H, seed=H, scale=scale)
    if bits == 16:
        model = {name: array.astype(np.float16).astype(np.float32) for name, array in model.items()}
    page = bare(own(model=model))
    assert value(page, "about")["bits"] == bits
    for text, at in ((TEXT, 30), (TEXT, len(TEXT) - 1), ("a", 0)):
        there = own(model=model, text=text, at=at)
        now = there.compute()
        ids = [LETTERS.index(character) for character in text]
        seen = page.evaluate(READ, [ids, at, now["target"]])
        T = len(text)
        for name in ("c", "h"):
            np.testing.assert_allclose(np.reshape(seen[name], (T + 1, H))[1:], now[name], atol=1e-6)
        gates = np.concatenate([now[gate] for gate in "ifgo"], axis=1)
        np.testing.assert_allclose(np.reshape(seen["gates"], (T, 4 * H)), gates, atol=1e-6)
        np.testing.assert_allclose(seen["p"], now["p"][at], atol=1e-6)
        np.testing.assert_allclose(seen["depends"], now["depends"], rtol=1e-6, atol=1e-6)
        assert seen["from"] == 0


def test_what_is_said_to_depend_is_what_a_difference_shows():
    """The gradient of the log probability by the 1 of a one-hot vector, against a small change of that 1."""
    model, step = weights(5, scale=0.5), 1e-4
    there = own(model=model, at=12)
    now, ids = there.compute(), [LETTERS.index(character) for character in TEXT]

    def log_p(t, by):
        # a character's vector scaled: its row of W_x times (1 + by), at that step alone
        h, c = np.zeros((2, 5))
        params = {name: array.astype(float) for name, array in model.items()}
        for s, k in enumerate(ids[:13]):
            z = params["lstm.W_x"][k] * (1 + by * (s == t)) + h @ params["lstm.W_h"] + params["lstm.b"]
            i, f, g, o = np.split(z, 4)
            i, f, o = (1 / (1 + np.exp(-gate)) for gate in (i, f, o))
            c = f * c + i * np.tanh(g)
            h = o * np.tanh(c)
        scores = h @ params["readout.W"] + params["readout.b"]
        return scores[now["target"]] - np.log(np.exp(scores).sum())

    assert now["target"] == ids[13]
    for t in (0, 5, 12):
        assert now["depends"][t] == pytest.approx((log_p(t, step) - log_p(t, -step)) / (2 * step), abs=1e-6)


def test_the_places_are_the_loudest_of_what_was_searched():
    widget = own(4)
    searched, start = widget.about["searched"], 300
    lstm = {name: array.astype(float) for name, array in weights(4).items()}
    at, length = start, searched // 32
    c = np.zeros((searched, 4))
    for stream in range(32):
        h, cell = np.zeros((2, 4))
        first = at + stream * length
        for place in range(first - WARM, first + length):
            row = lstm["lstm.W_x"][LETTERS.index(PASSAGE[place])]
            i, f, g, o = np.split(row + h @ lstm["lstm.W_h"] + lstm["lstm.b"], 4)
            i, f, o = (1 / (1 + np.exp(-gate)) for gate in (i, f, o))
            cell = f * cell + i * np.tanh(g)
            h = o * np.tanh(cell)
            if place >= first:
                c[place - start] = cell
    for unit, found in enumerate(widget.places):
        assert found["highest"][0][1] == pytest.approx(c[:, unit].max(), abs=0.01)
        assert found["lowest"][0][1] == pytest.approx(c[:, unit].min(), abs=0.01)
        for end, sign in zip(ENDS, (-1, 1), strict=True):
            places = [place for place, _ in found[end]]
            assert len(places) == PLACES
            assert min(np.diff(np.sort(places))) > 60
            values = [sign * cell for _, cell in found[end]]
            assert values == sorted(values)
            for place, cell in found[end]:
                assert c[place - start, unit] == pytest.approx(cell, abs=0.01)


# ---------------------------------------------------------------------------------------------- what is refused


class Trained:
    """Something with params, as models of the course have them."""

    def __init__(self, params):
        self.params = params


def test_a_model_of_one_s_own_comes_as_a_model_or_as_its_weights():
    model = weights(3)
    assert own(model=Trained(model)).weights == own(model=model).weights
    assert OwnExplorer(weights(3, range(75))).characters == OwnExplorer().characters  # the novel's own


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"model": weights(513)}, "the model has 513 units, expected at most 512.*give a smaller one.*OwnExplorer"),
        ({"model": {"W_x": 0}}, r"expected a model whose params hold lstm.W_x.*readout.b, got W_x"),
        ({"model": 3}, "got a int"),
        ({"model": {**weights(3), "lstm.b": np.zeros(3)}}, r"lstm.b has the shape \(3,\), expected \(12,\)"),
        ({"model": {**weights(3), "readout.b": np.full(len(LETTERS), np.nan)}}, "not finite"),
        ({"characters": None}, f"reads {len(LETTERS)} characters, the novel has 75: give characters="),
        ({"characters": LETTERS[:-1]}, f"expected {len(LETTERS)} different characters.*got {len(LETTERS) - 1}"),
        ({"characters": LETTERS[:-1] + "a"}, f"{len(LETTERS) - 1} of them different"),
        ({"passage": None}, "passage: the model does not know .*is this the vocabulary that it was trained with"),
        ({"passage": "so"}, "passage has 2 characters"),
    ],
)
def test_weights_that_do_not_fit_are_refused_with_what_to_do(given, message):
    with pytest.raises(ValueError, match=message):
        own(**given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"text": "a" * 301, "at": 0}, "text has 301 characters, expected at most 300"),
        ({"text": "zebra", "at": 0}, "text: the model does not know 'z', it reads"),
        ({"at": len(TEXT)}, f"at = {len(TEXT)}: expected 0 to {len(TEXT) - 1}"),
        ({"unit": 6}, "unit = 6: expected 0 to 5"),
        ({"shows": "z"}, "shows"),
        ({"order": "by name"}, "order"),
    ],
)
def test_python_refuses_what_it_cannot_show(given, message):
    with pytest.raises(traitlets.TraitError, match=message):
        own(**given)


def test_characters_belong_to_a_model_and_weights_stay():
    with pytest.raises(ValueError, match="belong to a model of your own"):
        OwnExplorer(characters=LETTERS)
    with pytest.raises(traitlets.TraitError):
        own().weights = b""


def test_a_shorter_text_takes_the_place_along():
    widget = own(at=40)
    widget.text = "so"
    assert widget.at == 1
    widget.text = ""
    assert widget.at == 0
    assert "there is no text yet" in repr(widget)


# --------------------------------------------------------------------------------------------------- controls


def test_what_is_typed_is_read_at_once_and_what_is_unknown_is_named(explorer):
    field = explorer.get_by_label("Type, or point at a character")
    field.focus()
    explorer.keyboard.press("Control+End")
    before = drawn(explorer)
    explorer.keyboard.type(" so")
    assert value(explorer, "text") == f"{TEXT} so"
    assert value(explorer, "at") == len(TEXT) + 2
    assert drawn(explorer) != before
    assert explorer.locator(".lstm-ground span").count() == len(TEXT) + 3
    field.evaluate("(e) => { e.value = '\u201cso\u201d zo'; e.dispatchEvent(new Event('input')); }")
    assert value(explorer, "text") == '"so" o'
    assert field.input_value() == '"so" o'
    assert "The model does not know \u2018z\u2019." in explorer.locator(".lstm-sentence").inner_text()
    explorer.keyboard.press("Control+a")
    explorer.keyboard.press("Backspace")
    assert value(explorer, "text") == ""
    assert "Type something" in explorer.locator(".lstm-sentence").inner_text()
    field.evaluate("(e) => { e.value = 'a'.repeat(400); e.dispatchEvent(new Event('input')); }")
    assert value(explorer, "text") == "a" * 300
    assert explorer.locator(".lstm-left").inner_text() == "0 characters left"
    assert "The text is full: the last 100 characters are cut off." in explorer.locator(".lstm-sentence").inner_text()


def test_what_is_typed_into_a_full_text_stands_where_the_caret_is(explorer):
    explorer.evaluate("model.set('text', 'a'.repeat(300))")
    field = explorer.locator("textarea")
    for place in (0, 150):
        field.evaluate("(e, at) => { e.focus(); e.setSelectionRange(at, at); }", place)
        explorer.keyboard.type("so ’n")
        assert value(explorer, "text")[place : place + 5] == "so 'n"
    assert len(value(explorer, "text")) == 300
    assert "The text is full: the last character is cut off." in explorer.locator(".lstm-sentence").inner_text()
    explorer.keyboard.press("Control+End")
    explorer.keyboard.type("b")
    assert field.evaluate("(e) => e.selectionStart") == 300
    assert "b" not in value(explorer, "text")


def test_a_long_text_is_read_in_slices_and_said_before_what_it_depends_on(bare):
    page = bare(own(512, model=weights(512, scale=0.05)))
    settled(page)
    slices = """() => { const model = module.modelOf(values), ids = [...values.text].map((c) => model.numberOf.get(c));
      const none = module.readOn(model, []);
      const slices = [...module.reading(model, ids, none)].map((pass) => pass.ids.length);
      const again = module.reading(model, [...ids, 3], module.readOn(model, ids)).next();
      return [slices, again.done, again.value.ids.length]; }"""
    lengths, done, whole = page.evaluate(slices)
    assert lengths == list(range(lengths[0], len(TEXT), lengths[0]))
    assert lengths[0] < 10
    assert (done, whole) == (True, len(TEXT) + 1)  # what was read before is not read again
    page.evaluate(
        """() => { window.told = []; const at = document.querySelector(".lstm-sentence");
          const all = { childList: true, characterData: true, subtree: true };
          new MutationObserver(() => told.push(at.textContent)).observe(at, all);
          model.set("text", "so the ".repeat(30)); model.set("at", 209); }"""
    )
    page.wait_for_function(
        "told.some((text) => text.startsWith('Character 210 of 210') && text.includes('depends most'))"
    )
    first, *others = page.evaluate("told")
    assert first.startswith("Character 210 of 210, ‘space’")
    assert "depends most" not in first
    assert all(other.startswith(first) for other in others)


def test_a_key_copies_nothing_of_what_was_read_before_and_another_text_leaves_it_as_it_was(explorer):
    memory = """() => { const model = module.modelOf(values), ids = [3, 5, 7, 5, 3];
      const pass = module.readOn(model, ids, module.readOn(model, [])), c = [...pass.c];
      const names = ["x", "h", "c", "gates", "tanh_c"], texts = [[...ids, 9], [...ids.slice(0, 4), 9], ids.slice(0, 4)];
      const passes = texts.map((each) => module.readOn(model, each, pass));
      const one = (wanted) => names.map((name) => wanted[name].buffer === pass[name].buffer);
      return [passes.map(one), c.every((v, k) => v === pass.c[k]), passes.map(({ c }) => [...c]),
        passes.map(({ ids }) => [...module.readOn(model, ids).c])]; }"""
    same, kept, found, anew = explorer.evaluate(memory)
    assert [set(each) for each in same] == [{True}, {False}, {True}]  # typed on, typed over, taken off
    assert kept
    assert found == anew


def test_a_text_of_line_ends_scrolls_in_its_field_and_the_caret_stays_in_sight(explorer):
    field = explorer.locator("textarea")
    field.fill("\n" * 299 + "a")
    assert explorer.locator(".lstm-own").bounding_box()["height"] < 1200
    field.press("Control+Home")
    explorer.wait_for_function("document.querySelector('.lstm-field').scrollTop < 50")
    field.press("Control+End")
    explorer.wait_for_function("document.querySelector('.lstm-field').scrollTop > 10_000")


def test_the_letters_of_the_field_lie_on_their_ground(explorer):
    """The field writes invisibly over what is seen: it is as tall, whatever the words, and so breaks them alike."""
    tall = "[document.querySelector('textarea').scrollHeight, document.querySelector('.lstm-ground').offsetHeight]"
    for width in (1280, 600):
        explorer.set_viewport_size({"width": width, "height": 800})
        for text in (TEXT, "a" * 300, "so the " * 42, "here\n\nthere\n", "a " * 150, ""):
            explorer.evaluate("(text) => { model.set('text', text); model.set('at', 0); }", text)
            seen, behind = explorer.evaluate(tall)
            assert abs(seen - behind) <= 4 or behind < 96, text


def test_the_caret_the_slider_and_the_drawing_go_through_the_text(explorer):
    field, scrub = explorer.locator("textarea"), explorer.get_by_label("Character", exact=True)
    field.focus()
    explorer.keyboard.press("Control+Home")
    for _ in range(3):
        explorer.keyboard.press("ArrowRight")
    assert value(explorer, "at") == 2
    scrub.focus()
    frames = explorer.locator(".lstm-drawing > div").last
    before = frames.inner_html()
    for key, at in (("ArrowRight", 3), ("End", len(TEXT) - 1), ("Home", 0)):
        explorer.keyboard.press(key)
        assert value(explorer, "at") == at
    assert scrub.get_attribute("aria-valuetext") == f"1 of {len(TEXT)}, \u2018{TEXT[0]}\u2019"
    assert frames.inner_html() != before
    explorer.locator(".lstm-drawing").focus()
    explorer.keyboard.press("ArrowRight")
    explorer.keyboard.press("ArrowRight")
    explorer.keyboard.press("ArrowDown")
    assert (value(explorer, "at"), value(explorer, "unit")) == (2, 1)
    box = scrub.bounding_box()
    explorer.mouse.click(box["x"] + box["width"] - 8, box["y"] + box["height"] / 2)
    assert value(explorer, "at") == len(TEXT) - 1


def test_a_unit_is_pinned_by_mouse_by_number_and_by_page(paged):
    page = paged
    svg = page.locator(".lstm-drawing svg").first.bounding_box()
    page.mouse.click(svg["x"] + svg["width"] / 2, svg["y"] + svg["height"] - 6)
    assert value(page, "unit") == 47  # the last one of the page
    assert value(page, "at") > 10
    number = page.get_by_label("Pinned unit")
    before = ground(page)
    number.fill("100")
    assert value(page, "unit") == 100
    assert ground(page) != before
    number.fill("500")
    number.blur()
    assert number.input_value() == "100"
    number.press("ArrowUp")
    assert value(page, "unit") == 101
    assert "97 to 110 of 110" in page.locator(".lstm-turns").inner_text()
    button(page, "48 units before").press("Enter")
    assert value(page, "unit") == 53
    button(page, "48 units on").click()
    assert value(page, "unit") == 101
    page.locator(".lstm-drawing").press("PageUp")
    assert value(page, "unit") == 53


@pytest.mark.parametrize("way", ["mouse", "keyboard"])
def test_every_choice_changes_what_is_drawn(explorer, way):
    named = {"i": "input gate i", "f": "forget gate f", "g": "candidate g", "o": "output gate o", "h": "hidden state h"}
    press = (lambda one: one.click()) if way == "mouse" else (lambda one: one.press("Space"))
    cells = "(canvas) => canvas.toDataURL()"
    for shows, name in {**named, "c": "cell state c"}.items():
        before = explorer.locator("canvas[data-field=grid]").evaluate(cells), ground(explorer)
        press(button(explorer, name))
        assert value(explorer, "shows") == shows
        assert before[0] != explorer.locator("canvas[data-field=grid]").evaluate(cells)
        assert before[1] != ground(explorer)
        assert name[:-2] in explorer.locator(".lstm-scale").inner_text()
    stored = drawn(explorer)
    press(button(explorer, ORDERS[1]))
    assert drawn(explorer) != stored
    spread = own().compute()["c"].var(axis=0)
    shown = re.findall(r">(\d+)</text>", explorer.locator("[data-part=names]").inner_html())
    assert shown == [str(unit) for unit in np.argsort(-spread)]
    places = explorer.locator(".lstm-places ol").inner_text()
    press(button(explorer, "lowest"))
    assert value(explorer, "end") == "lowest"
    assert explorer.locator(".lstm-places ol").inner_text() != places


def bars(page):
    """The bars below the text: signed heights, from its first character on."""
    path = page.locator(".lstm-bars path").nth(1).get_attribute("d")
    return [-float(height) for height in re.findall(r"v(-?[\d.]+)h", path)]


def test_each_cell_has_the_colour_of_its_value(explorer):
    """The pixels of the units' field: blue below 0, orange above, the stronger the larger, full at 3."""
    read = """(canvas) => { const { width, height } = canvas;
      return [height, width, [...canvas.getContext("2d").getImageData(0, 0, width, height).data]]; }"""
    rows, columns, pixels = explorer.locator("canvas[data-field=grid]").evaluate(read)
    c = own().compute()["c"].T
    assert (rows, columns) == c.shape
    pixels = np.reshape(pixels, (rows, columns, 4))
    level = np.floor(8 * np.clip(c / 3, -1, 1) + 0.5)  # as JavaScript rounds
    np.testing.assert_array_equal(pixels[..., 3], np.round(255 * np.abs(level) / 8))
    assert (pixels[level > 2][:, 0] > pixels[level > 2][:, 2]).all()
    assert (pixels[level < -2][:, 0] < pixels[level < -2][:, 2]).all()
    assert {-1, 1} <= set(np.sign(level).ravel())
    rows, columns, pixels = explorer.locator("canvas[data-field=strips]").evaluate(read)
    strips = np.reshape(pixels, (4, rows // 4, columns, 4))
    for strip, gate in zip(strips, "ifgo", strict=True):
        assert (strip[-1] == 0).all()  # the gap to the next
        level = np.floor(8 * np.abs(own().compute()[gate][:, 0]) + 0.5)
        np.testing.assert_array_equal(strip[0, :, 3], np.round(255 * level / 8))
        if gate != "g":  # a canvas keeps colours under an opacity to a digit or two
            seen = strip[0][strip[0][:, 3] > 60][:, :3]
            assert len(seen) > 5
            assert np.abs(seen - list(bytes.fromhex(COLOURS[gate][1:]))).max() <= 3


def test_pointing_at_a_character_shows_what_its_next_one_depends_on_and_leaving_takes_it_back(explorer):
    settled(explorer)
    before, sentence = bars(explorer), explorer.locator(".lstm-sentence")
    assert len(before) == 21
    explorer.locator(".lstm-ground span").nth(8).hover(force=True)
    explorer.wait_for_function("document.querySelector('.lstm-sentence').textContent.startsWith('Character 9 of ')")
    settled(explorer)
    assert sentence.get_attribute("aria-live") == "off"
    now = own(at=8).compute()["depends"]
    heights = 10 * np.sign(now) * np.sqrt(np.abs(now) / np.abs(now).max())
    np.testing.assert_allclose(bars(explorer), heights, atol=0.06)
    assert value(explorer, "at") == 20
    explorer.mouse.move(640, 700)
    explorer.wait_for_function("document.querySelector('.lstm-sentence').textContent.startsWith('Character 21 of ')")
    settled(explorer)
    assert bars(explorer) == before
    assert sentence.get_attribute("aria-live") == "polite"


def test_a_loud_place_is_read_where_it_stands(explorer):
    explorer.evaluate("model.set('unit', 2)")
    place, cell = own().places[2]["highest"][1]
    one = explorer.locator(".lstm-places li button").nth(1)
    assert one.inner_text().split()[0] == f"{cell:.2f}".replace("-", "\u2212")
    one.click()
    text, at = value(explorer, "text"), value(explorer, "at")
    assert text in PASSAGE
    assert PASSAGE[place - 20 : place + 1] == text[at - 20 : at + 1]
    assert explorer.locator("textarea").input_value() == text


def test_the_most_probable_next_characters_stand_with_the_one_that_comes(explorer):
    p, target = own().compute()["p"][20], LETTERS.index(TEXT[21])
    looks = {"\n": "\u00b6", " ": "\u2423"}
    best = [int(k) for k in np.argsort(-p)[:5]]
    best = best if target in best else [*best[:4], target]
    shown = explorer.locator(".lstm-next b").all_inner_texts()
    assert shown == [looks.get(LETTERS[k], LETTERS[k]) for k in best]
    assert explorer.locator(".lstm-asked b").inner_text() == looks.get(TEXT[21], TEXT[21])
    assert explorer.locator(".lstm-next em").first.inner_text() == f"{100 * p.max():.0f} %"


def test_python_moves_it(explorer):
    explorer.evaluate("model.set('text', 'so be on')")
    explorer.evaluate("model.set('at', 3)")
    assert explorer.locator("textarea").input_value() == "so be on"
    assert explorer.locator(".lstm-here").inner_text() == "b"


def test_every_control_has_a_name_and_keeps_its_keys(paged):
    controls = paged.locator(".lstm-own").locator("button, input, select, textarea, [tabindex]")
    tree = paged.locator(".lstm-own").aria_snapshot()
    assert controls.count() == 1 + 6 + 1 + 2 + 2 + 1 + 1 + 2 + PLACES
    assert len(re.findall(r"- '?(?:button|slider|spinbutton|textbox) \"[^\"]+", tree)) == controls.count() - 1
    assert re.search(r'group "Units over the text', tree)
    assert controls.evaluate_all("all => all.every((e) => e.dataset.lmSuppressShortcuts === 'true')")


def test_nothing_listens_after_the_view_is_closed(explorer):
    settled(explorer)
    assert explorer.evaluate(LISTENING) == 11
    state = [value(explorer, name) for name in ("text", "at", "unit", "end")]
    explorer.evaluate("end()")
    before = drawn(explorer), ground(explorer), explorer.locator(".lstm-sentence").inner_text()
    assert explorer.evaluate(LISTENING) == 0
    explorer.locator(".lstm-scrub").press("Home")
    explorer.locator(".lstm-drawing").press("ArrowDown")
    explorer.locator(".lstm-ground span").nth(8).hover(force=True)
    button(explorer, "lowest").click()
    assert [value(explorer, name) for name in ("text", "at", "unit", "end")] == state
    assert (drawn(explorer), ground(explorer), explorer.locator(".lstm-sentence").inner_text()) == before


# ---------------------------------------------------------------------------------------------------- picture

NOVELIST = """() => {
  const model = module.modelOf(values), pass = module.readOn(model, [...values.text].map((c) => model.numberOf.get(c)));
  const first = module.viewOf(values, model, pass), times = [];
  let found, from = performance.now();
  for (found of module.dependence(model, pass, values.at, first.asked)) {
    times.push(performance.now() - from);
    from = performance.now();
  }
  const still = module.draw(module.viewOf(values, model, pass, values.at, found.found, 16), { width: 860, card: true });
  return { c: [...pass.c], depends: [...found.found], still, times };
}"""


def test_the_novelist_is_read_as_by_the_package_in_slices_and_its_still_picture_is_up_to_date(bare):
    widget = OwnExplorer()
    assert widget.about == {"name": "the stored novelist", "units": 512, "bits": 16, "searched": 9600}
    now, page = widget.compute(), bare(widget)
    seen = page.evaluate(NOVELIST)
    np.testing.assert_allclose(np.reshape(seen["c"], (-1, 512))[1:], now["c"], atol=1e-6)
    np.testing.assert_allclose(seen["depends"], now["depends"], rtol=1e-6, atol=1e-6)
    assert len(seen["times"]) > 15  # nobody waits for all of it
    settled(page)
    assert f"unit 388 has c = {now['c'][widget.at, 388]:.2f}" in page.locator(".lstm-sentence").inner_text()
    inside, outside = now["c"][60, 388], now["c"][35, 388]
    assert (widget.text[59:62], widget.text[34:37]) == ("ou ", "y t")  # "have you heard; his lady to him
    assert f"about {inside:.0f}" in ALT
    assert abs(outside) < 0.3
    assert abs(now["depends"][widget.text.rindex('"', 0, widget.at)]) < 0.03 * abs(now["depends"]).max()
    page.evaluate("model.set('at', 140); end()")  # it was about to go on
    sentence = page.locator(".lstm-sentence").inner_text()
    page.wait_for_timeout(300)
    assert page.locator(".lstm-sentence").inner_text() == sentence
    up_to_date(seen["still"], HERE / "own.svg")
    is_an_image(page, own_picture().data, 900)


def test_every_state_is_well_formed_and_drawn_the_same_twice(explorer):
    twice = """(state) => { const model = module.modelOf(values), all = { ...values, ...state };
      const pass = module.readOn(model, [...all.text].map((c) => model.numberOf.get(c)));
      const once = () => module.draw(module.viewOf(all, model, pass), { width: 560 });
      return [once(), once()]; }"""
    for state in (
        {},
        {"text": "", "at": 0},
        {"text": "a", "at": 0},
        {"text": "so " * 100, "shows": "f"},
        {"order": ORDERS[1]},
    ):
        one, other = explorer.evaluate(twice, state)
        assert one == other
        ElementTree.fromstring(one)
        assert "NaN" not in one
        assert "undefined" not in one


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (780, 1180), (600, 1180)])
def test_nothing_is_cut_and_a_wide_window_needs_no_scrolling(bare, width, height):
    page = bare(own(110, text=TEXT))
    page.set_viewport_size({"width": width, "height": height})
    outside = """(root) => {
      const all = root.getBoundingClientRect();
      return [...root.querySelectorAll("button, input, label, textarea, svg, p, em, text")].filter((e) => {
        const box = e.getBoundingClientRect();
        return box.left < all.left || box.right > all.right + 0.5 || box.bottom > all.bottom + 0.5;
      }).map((e) => e.outerHTML);
    }"""
    for text in (TEXT, "so the " * 42):
        page.evaluate("(text) => { model.set('text', text); model.set('at', 30); }", text)
        page.wait_for_timeout(50)
        assert page.locator(".lstm-own").evaluate(outside) == []
        size = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
        assert size[0] <= width
        assert size[1] <= height + (120 if len(text) > 200 else 0)


# ---------------------------------------------------------------------------------------------------- colours

CONTRASTS = measuring("""
  const root = document.querySelector(".lstm-own"), paper = getComputedStyle(root).backgroundColor;
  const found = [];
  const words = "label, p, button, em, b, mark, li span, .lstm-choice > span, .lstm-bar > span, svg text";
  for (const e of root.querySelectorAll(words)) {
    if (!e.textContent.trim()) continue;
    const style = getComputedStyle(e), drawn = e.tagName === "text";
    const own = drawn ? "transparent" : style.backgroundColor;
    const inside = e.closest("button") ? getComputedStyle(e.closest("button")).backgroundColor : "transparent";
    const under = [[paper, 1], [inside, 1], [own, 1]];
    const ink = drawn ? style.fill : style.color;
    found.push([e.textContent, ratio(light(paint(under)), light(paint([...under, [ink, 1]])))]);
  }
  for (const e of root.querySelectorAll(".lstm-ground span")) {
    const style = getComputedStyle(e);
    const probe = document.createElement("i");
    probe.style.color = style.getPropertyValue("--ground");
    root.append(probe);
    const under = [[paper, 1], [getComputedStyle(probe).color, 1]];
    probe.remove();
    found.push([e.textContent, ratio(light(paint(under)), light(paint([...under, [style.color, 1]])))]);
  }
  return found;
""")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_in_both_themes(explorer, scheme):
    explorer.emulate_media(color_scheme=scheme)
    paper = explorer.locator(".lstm-own").evaluate("(e) => getComputedStyle(e).backgroundColor")
    assert (paper == "rgb(255, 255, 255)") == (scheme == "light")
    for shows in "cfiog":
        explorer.evaluate("(shows) => model.set('shows', shows)", shows)
        contrasts = explorer.evaluate(CONTRASTS)
        assert len(contrasts) > 90
        assert not [(what, round(ratio, 2)) for what, ratio in contrasts if ratio < 4.5]
