"""The attention explorer in a page without Jupyter: its network against nn, its controls, its picture, its colours.

To write attention.svg anew after a change of the drawing:

    LSTM_COURSE_REDRAW=1 pytest tests/browser/test_attention_explorer.py -k picture
"""

import re
from xml.etree import ElementTree

import numpy as np
import pytest
import traitlets

from lstm_helpers.data import world_dates
from lstm_helpers.explorers import AttentionExplorer, attention_picture, packed
from lstm_helpers.explorers.attention import attention
from lstm_helpers.explorers.attention.attention import CHARACTERS, FREE, HERE, MOST, STEPS, STILL, STILL_STEP
from lstm_helpers.explorers.shared import values_of
from lstm_helpers.projects.translation import model
from tests.browser.seen import LISTENING, grave, is_an_image, texts_of, up_to_date

pytestmark = pytest.mark.browser

SET = "(state) => { for (const [name, value] of Object.entries(state)) model.set(name, value); }"


@pytest.fixture
def explorer(bare):
    """The page with the explorer, its decoder at the end."""
    return bare(AttentionExplorer(written=STEPS))


def put(page, **state):
    """Set traits as Python does."""
    page.evaluate(SET, state)


def now(page, *names):
    return page.evaluate("(names) => names.map((name) => values[name])", list(names))


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def steps(page, **more):
    return page.get_by_role("listbox").get_by_role("option", **more)


def said(page, what="sentence"):
    return page.locator(f".lstm-{what}").inner_text()


def drawn(page):
    return page.locator(".lstm-drawing").inner_html()


# ------------------------------------------------------------------------------------------------ mathematics


def random_state(rng, texts):
    """A source, some of it unknown to the network, with changes of a person in three of four."""
    source = texts[rng.integers(len(texts))]
    if rng.random() < 0.3:
        at = rng.integers(len(source))
        source = source[:at] + rng.choice(list("漢<&😀")) + source[at:]
    state = {"source": source[:MOST], "forced": "", "looks": {}}
    if rng.random() < 0.5:
        state["forced"] = "".join(rng.choice([*CHARACTERS, *6 * FREE], size=rng.integers(STEPS + 1)))
    for step in rng.choice(STEPS, size=rng.integers(3), replace=False):
        state["looks"][str(step)] = [int(rng.integers(len(state["source"]))), float(rng.choice([0, 0.3, 0.95, 1]))]
    return state


def random_reader(rng, E, H):
    """A network with random weights of ordinary size: ``reader``, as the explorer takes it."""
    new = model.DateReader(H, E, rng=rng)
    return packed({name: rng.normal(scale=0.7, size=array.shape) for name, array in new.params.items()})


def agree(page, reader, states):
    """The browser's numbers are those of ``compute``, for each state."""
    code = "([reader, states]) => states.map((state) => module.compute({ ...state, reader }))"
    for state, got in zip(states, page.evaluate(code, [reader, states]), strict=True):
        wanted = AttentionExplorer(reader=reader, **state).compute()
        assert got["answer"] == wanted["answer"], state
        assert [step["own"] for step in got["steps"]] == wanted["own"], state
        for name, array in (("p", wanted["p"]), ("seen", wanted["weights"])):
            found = np.array([step[name] for step in got["steps"]])
            np.testing.assert_allclose(found, array, rtol=1e-6, atol=1e-6, err_msg=str(state))


def test_the_browser_computes_what_the_package_does(explorer):
    rng = np.random.default_rng(16)
    texts, _, _ = world_dates.draw(rng, 60, list(world_dates.languages()), of=None)
    agree(explorer, AttentionExplorer().reader, [random_state(rng, texts) for _ in range(24)])
    for E, H in ((3, 5), (4, 4), (7, 2)):
        agree(explorer, random_reader(rng, E, H), [random_state(rng, [*texts, "7"]) for _ in range(12)])


def test_unchanged_it_is_the_reader_of_the_project():
    """In float64, so that the two can be compared: the project's own decoding loop on the explorer's layers."""
    arrays = attention._unpacked(AttentionExplorer().reader)
    reader = model.with_weights(arrays)
    reader.parts = attention._layers(arrays)
    for text in ("saturday, june 18, 1994", "středa 3. března 1999", "7 漢 2011"):
        ids, sure, looked = reader.greedy(*world_dates.numbered([text]))
        now = AttentionExplorer(source=text).compute()
        assert now["answer"] == world_dates.spelled(ids)[0]
        np.testing.assert_allclose(now["p"].max(axis=1), sure[:, 0], rtol=1e-12)
        np.testing.assert_allclose(now["weights"], looked[:, 0], rtol=1e-9, atol=1e-12)


def test_in_8_bits_it_reads_dates_as_well_as_the_stored_reader():
    texts, answers, _ = world_dates.draw(np.random.default_rng(5), 1000, of="test")
    stored = model.stored_reader()
    small = model.with_weights(attention._unpacked(packed(stored.params)))
    right = [model.exact(each, texts, answers).mean() for each in (stored, small)]
    assert min(right) > 0.99
    assert abs(right[0] - right[1]) <= 0.002
    assert len(str(AttentionExplorer().reader)) < 260_000  # characters that a page holds


def test_a_moved_weight_leaves_the_others_in_their_proportions():
    rng = np.random.default_rng(3)
    for T in (2, 3, 20):
        a = rng.dirichlet(np.ones(T))
        new = attention.moved(a, 1, 0.4)
        assert new.sum() == pytest.approx(1)
        assert new[1] == 0.4
        np.testing.assert_allclose(np.delete(new, 1) / new[0], np.delete(a, 1) / a[0])
    assert attention.moved(np.array([0.0, 1.0, 0.0]), 1, 0.4).tolist() == [0.3, 0.4, 0.3]
    assert attention.moved(np.array([1.0]), 0, 0.2).tolist() == [1]


def test_both_sides_read_a_text_alike(explorer):
    typed = [
        "  3 MÄRZ\t2001 ",
        "Straße",
        "ΙΟΥΝΊΟΣ",
        "Ağustos İki ISI ıi",
        "e\u0301te\u0301 1999",
        "\u00a05\u2003mai",
        "",
    ]
    assert explorer.evaluate("(texts) => texts.map(module.tidied)", typed) == [world_dates.plain(t) for t in typed]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"source": "  "}, f"source: expected a date of 1 to {MOST} characters, got '  '"),
        ({"source": "x" * 45}, "1 to 44 characters"),
        ({"written": 11}, "written = 11: expected 0 to 10"),
        ({"written": -1}, "written = -1"),
        ({"forced": "12x"}, "forced = '12x': expected at most 10 of the characters 0123456789-"),
        ({"forced": "1" * 11}, "expected at most 10"),
        ({"looks": {10: [0, 0.5]}}, r"looks: expected \{step from 0 to 9"),
        ({"looks": {1: [0, 1.5]}}, r"got 1: \[0, 1.5\]"),
        ({"looks": {1: [0, float("nan")]}}, "weight from 0 to 1"),
        ({"looks": {1: 0.5}}, "got 1: 0.5"),
        ({"looks": {"first": [0, 0.5]}}, "got 'first'"),
        ({"source": "may", "looks": {1: [3, 0.5]}}, "looks: place 3 of a source of 3 characters"),
        ({"reader": {"arrays": {}}}, r"expected packed\(params\) of a DateReader with attention; 'read.W'"),
    ],
)
def test_python_refuses_what_it_cannot_be(given, message):
    with pytest.raises(traitlets.TraitError, match=message):
        AttentionExplorer(**given)


def test_python_keeps_what_still_fits_a_shorter_source():
    widget = AttentionExplorer(source="3 MARCH  2001", looks={2: [1, 0.5], 4: [11, 0.5]})
    assert widget.source == "3 march 2001"
    widget.source = "3 may 2001"
    assert widget.looks == {"2": [1, 0.5]}
    assert "3 may 2001" in repr(widget)
    assert widget.compute()["answer"] in repr(widget)


def test_its_words_say_how_sure_it_is_of_the_ten_characters_that_it_chooses():
    widget = AttentionExplorer(source="saturday, june 18, 1994")
    chosen = widget.compute()["p"].max(axis=1)
    assert f"{np.prod(chosen):.0%} sure of its own choices" in repr(widget)
    assert np.prod(chosen) > 0.9


# --------------------------------------------------------------------------------------------------- controls


def test_the_decoder_is_stepped_by_buttons(bare):
    page = bare(AttentionExplorer())
    answer = AttentionExplorer().compute()["answer"]
    assert "forwards and backwards" in said(page)
    assert steps(page).count() == 0
    assert page.locator("[data-character]:disabled").count() == len(CHARACTERS)
    for press, way, n in (("Step", "click", 1), ("Step", "Enter", 2), ("Back", "Space", 1), ("To the end", "click", 10),
                          ("Step", "click", 10), ("Back", "click", 9), ("To start", "click", 0)):  # fmt: skip
        before = drawn(page)
        button(page, press).click() if way == "click" else button(page, press).press(way)
        assert now(page, "written") == [n]
        assert steps(page).count() == n
        assert answer[:n] in said(page, "effect")
        assert (drawn(page) == before) == (press == "Step" and n == 10)


def test_every_step_says_what_it_writes_and_where_it_looks(explorer):
    numbers, source = AttentionExplorer().compute(), AttentionExplorer().source
    explorer.get_by_role("listbox").focus()
    explorer.keyboard.press("Home")
    for n in range(STEPS):
        at = numbers["weights"][n].argmax()
        assert f"writes {numbers['own'][n]} (" in said(explorer)
        assert f"\u201c{source[at]}\u201d, character {at + 1}" in said(explorer)
        slider = explorer.get_by_role("slider")
        assert slider.get_attribute("aria-label") == f"weight of a source character, step {n + 1}"
        assert float(slider.get_attribute("aria-valuenow")) == pytest.approx(numbers["weights"][n][at])
        shown = steps(explorer, selected=True)
        assert shown.get_attribute("aria-label").startswith(f"step {n + 1} writes {numbers['own'][n]},")
        assert explorer.locator("legend").inner_text() == f"Step {n + 1} writes"
        explorer.keyboard.press("ArrowDown")


def test_arrow_keys_go_through_the_steps_and_beyond_the_last_one_write_the_next(bare):
    page = bare(AttentionExplorer())
    page.get_by_role("listbox").focus()
    for key, written, step in (("ArrowDown", 1, 1), ("ArrowDown", 2, 2), ("ArrowUp", 2, 1), ("ArrowUp", 2, 1),
                               ("End", 2, 2), ("ArrowDown", 3, 3)):  # fmt: skip
        page.keyboard.press(key)
        assert now(page, "written") == [written]
        assert said(page).startswith(f"Step {step} ")


@pytest.mark.parametrize("way", ["mouse", "keyboard"])
def test_another_character_changes_what_follows_and_is_taken_back(explorer, way):
    """199- instead of 1994: the decoder goes on with the month, and looks there."""
    wanted = AttentionExplorer(forced="...-").compute()["answer"]
    assert wanted == "199-06-18-"
    before = drawn(explorer)
    if way == "mouse":
        explorer.locator("[data-step='3']").click()
        explorer.locator("[data-character='-']").click()
    else:
        explorer.get_by_role("listbox").focus()
        for key in ("Home", *3 * ["ArrowDown"], "-"):
            explorer.keyboard.press(key)
    assert now(explorer, "forced") == ["...-"]
    assert "because you say so; on its own it says 4" in said(explorer)
    assert said(explorer, "effect").startswith(f"Answer: {wanted}; without your changes: 1994-06-18.")
    assert said(explorer, "effect").endswith("something else in steps 5, 6, 7, 8, 9 and 10.")
    assert explorer.locator("[data-character][aria-pressed=true]").get_attribute("data-character") == "-"
    assert drawn(explorer).count("line-through") == 7
    explorer.locator("[data-step='9']").click()
    explorer.locator("[data-step='3']").click()
    explorer.locator("[data-character='4']").click() if way == "mouse" else explorer.keyboard.press("Delete")
    assert now(explorer, "forced") == [""]
    assert drawn(explorer).count("line-through") == 0
    explorer.locator("[data-step='9']").click()
    assert drawn(explorer) == before


def test_a_weight_is_moved_by_keys_and_what_is_written_follows(explorer):
    """All the weight of the day's last digit on the n of june: it writes june's number, a digit that stands nowhere."""
    slider = explorer.get_by_role("slider")
    slider.focus()
    assert slider.get_attribute("aria-valuetext") == "character 17, 8: 1.00"
    for _ in range(4):
        explorer.keyboard.press("ArrowLeft")
    assert slider.get_attribute("aria-valuetext") == "character 13, n: 0.00"
    before = drawn(explorer)
    explorer.keyboard.press("ArrowUp")
    assert now(explorer, "looks") == [{"9": [12, 0.05]}]
    assert drawn(explorer) != before
    assert said(explorer, "effect").endswith("All that it writes of itself is as before.")
    explorer.keyboard.press("End")
    assert said(explorer, "effect").startswith("Answer: 1994-06-16; without your changes: 1994-06-18.")
    explorer.keyboard.press("Shift+ArrowDown")
    assert now(explorer, "looks") == [{"9": [12, 0.99]}]
    explorer.keyboard.press("Delete")
    assert now(explorer, "looks") == [{}]
    assert drawn(explorer) == before


def test_a_bar_is_dragged_and_undo_takes_all_changes_back(explorer):
    before = drawn(explorer)
    box = explorer.get_by_role("slider").bounding_box()
    x = box["x"] + box["width"] * 12.5 / 23
    explorer.mouse.move(x, box["y"] + 90)
    explorer.mouse.down()
    explorer.mouse.move(x + 40, box["y"] + 50)  # the hand may stray: the bar is the one that it took hold of
    explorer.mouse.move(x + 40, box["y"] + 4 + 92 * 0.1)
    explorer.wait_for_function("values.looks[9][1] > 0.85")
    assert explorer.evaluate("values.looks[9][0]") == 12
    spoken = explorer.locator(".lstm-effect")
    assert spoken.get_attribute("aria-live") == "off"
    explorer.mouse.up()
    assert spoken.get_attribute("aria-live") == "polite"
    [looks] = now(explorer, "looks")
    assert looks == {"9": [12, pytest.approx(0.9, abs=0.02)]}
    assert "1994-06-16" in said(explorer, "effect")
    assert "\u201cn\u201d, character 13 (0.9" in said(explorer)
    explorer.mouse.move(x, box["y"] + 20)  # let go: nothing more is dragged
    explorer.locator("[data-character='1']").click()
    button(explorer, "Undo changes").click()
    assert now(explorer, "forced", "looks") == ["", {}]
    explorer.locator("[data-step='9']").click()
    explorer.locator("[data-step='8']").click()
    explorer.locator("[data-step='9']").click()
    assert drawn(explorer) == before


def test_a_source_is_typed_and_read_at_once(explorer):
    field = explorer.get_by_label("A date, in words")
    put(explorer, forced="...-", looks={"9": [12, 0.5]})
    field.fill("Mardi  14 JUILLET 1989 ")
    assert now(explorer, "source", "forced", "looks") == ["mardi 14 juillet 1989", "", {}]
    assert said(explorer, "effect").startswith("Answer: 1989-07-14.")
    assert field.input_value() == "Mardi  14 JUILLET 1989 "  # what was typed is left as it is
    field.press_sequentially("x")
    assert now(explorer, "source") == ["mardi 14 juillet 1989 x"]


def test_the_field_has_a_label_that_is_seen_in_every_window(explorer):
    for width in (1280, 900, 600, 320):
        explorer.set_viewport_size({"width": width, "height": 900})
        assert explorer.locator(".lstm-text label").bounding_box()["width"] > 80


def test_what_it_cannot_read_is_said_and_nothing_is_lost(explorer):
    field = explorer.get_by_label("A date, in words")
    before = drawn(explorer)
    for typed, words in (
        ("", "Type a date. The network still reads"),
        ("9" * 45, "45 characters are more than the 44"),
    ):
        field.fill(typed)
        assert words in said(explorer, "heard")
        assert "saturday, june 18, 1994" in said(explorer, "heard")
        assert (field.input_value(), drawn(explorer)) == (typed, before)
    field.fill("7 漢 <b>2011")
    strange = ", ".join(f"\u201c{one}\u201d" for one in "漢<") + " and \u201c>\u201d"
    assert said(explorer, "heard") == f"The network has never seen {strange}: they are read as an unknown character."
    assert explorer.locator(".lstm-drawing b").count() == 0
    field.fill("7")
    assert said(explorer, "heard").startswith("1 character. ")
    field.fill("saturday, june 18, 1994")
    assert drawn(explorer) == before


def test_each_language_has_a_date_that_can_be_chosen(explorer):
    select = explorer.get_by_label("A date in another language")
    examples = AttentionExplorer().examples
    assert len(examples) == 28
    assert sum("not trained" in name for name, _ in examples) == 4
    right = 0
    for name, text in examples:
        select.select_option(label=name)
        assert now(explorer, "source") == [text]
        right += re.search(r"Answer: \d{4}-\d\d-\d\d\.", said(explorer, "effect")) is not None
    assert right == 28
    assert explorer.get_by_label("A date, in words").input_value() == text
    explorer.get_by_label("A date, in words").fill("1 may 1999")
    assert select.input_value() == ""
    select.focus()
    explorer.keyboard.press("ArrowDown")
    assert now(explorer, "source") == [examples[0][1]]


def test_python_moves_the_drawing(explorer):
    put(explorer, written=4, source="1. mai 2020", forced="3")
    assert said(explorer).startswith("Step 4 ")
    assert explorer.get_by_label("A date, in words").input_value() == "1. mai 2020"
    assert said(explorer, "effect").startswith("Answer so far: 3020; without your changes: 2020.")


def test_every_control_has_a_name_and_keeps_its_keys(explorer):
    controls = explorer.locator(".lstm-attention").locator("button, input, select, [tabindex]")
    assert controls.count() == 5 + 2 + len(CHARACTERS) + 2
    assert controls.evaluate_all("all => all.every((e) => e.dataset.lmSuppressShortcuts === 'true')")
    tree = explorer.locator(".lstm-attention").aria_snapshot()
    assert len(re.findall(r'- button "[^"]+"', tree)) == 5 + len(CHARACTERS)
    for name in ('textbox "A date, in words"', 'combobox "A date in another language"', 'listbox "The steps', "slider"):
        assert name in tree
    explorer.get_by_label("A date, in words").focus()
    for _ in range(controls.count() - 1):
        explorer.keyboard.press("Tab")
        outline = "(e) => getComputedStyle(document.activeElement).outlineStyle"
        assert explorer.locator("body").evaluate(outline) == "solid"


def test_nothing_listens_or_runs_after_the_view_is_closed(explorer):
    assert explorer.evaluate(LISTENING) == len(values_of(AttentionExplorer()))
    explorer.evaluate("end()")
    before = drawn(explorer)
    assert explorer.evaluate(LISTENING) == 0
    button(explorer, "Back").click()
    explorer.get_by_role("slider").press("Home")
    explorer.get_by_label("A date, in words").fill("1 may 1999")
    explorer.set_viewport_size({"width": 700, "height": 800})
    assert now(explorer, "written", "looks") == [STEPS, {}]
    assert drawn(explorer) == before


# ---------------------------------------------------------------------------------------------------- picture

ROOM = """() => {
  const root = document.querySelector(".lstm-attention"), { right, bottom } = root.getBoundingClientRect();
  const across = root.querySelector(".lstm-across"), moves = across.scrollWidth > across.clientWidth;
  const seen = [...root.querySelectorAll(moves ? ":not(.lstm-across *)" : "*")];
  const beyond = seen.filter((e) => e.getBoundingClientRect().right > right + 0.5);
  const box = (where) => root.querySelector(where).getBoundingClientRect();
  return { cut: beyond.map((e) => e.outerHTML), bottom, moves,
    scrolls: document.documentElement.scrollWidth > innerWidth,
    beside: box(".lstm-says").left >= box(".lstm-drawing").right, height: root.offsetHeight };
}"""


def test_hand_and_drawing_stand_in_one_view_and_nothing_is_cut(explorer):
    for source in ("3 may", "terça-feira, 29 de setembro de 1980 x漢< x m"):
        put(explorer, source=source, forced="...-", looks={"9": [len(source) - 1, 0.9]})
        for width, height in ((1280, 800), (930, 660), (600, 1000), (400, 1300)):
            explorer.set_viewport_size({"width": width, "height": height})
            explorer.wait_for_function(
                "(() => { const d = document.querySelector('.lstm-drawing');"
                "return d.firstElementChild.viewBox.baseVal.width === Math.round(d.getBoundingClientRect().width); })()"
            )
            room = explorer.evaluate(ROOM)
            assert not room["cut"], (width, source)
            assert not room["scrolls"], width
            assert room["moves"] == (width == 400)
            assert room["bottom"] <= height, (width, room)
            assert room["beside"] == (width > 800), width


def test_the_hand_lies_over_what_is_drawn(explorer):
    """The row under each option and the bar under the slider, at two widths."""
    for width in (1280, 600):
        explorer.set_viewport_size({"width": width, "height": 1000})
        explorer.wait_for_timeout(100)
        for n in range(STEPS):
            row = explorer.locator(f"[data-step='{n}']").bounding_box()
            words = explorer.get_by_text(f"step {n + 1}", exact=True).bounding_box()
            assert row["y"] <= words["y"] + words["height"] / 2 <= row["y"] + row["height"]
        numbers = explorer.get_by_role("slider").bounding_box()
        zero = explorer.locator("svg text", has_text=re.compile("^0$")).first.bounding_box()
        assert numbers["y"] < zero["y"] < numbers["y"] + numbers["height"]


def test_every_state_is_well_formed_and_drawn_the_same_twice(explorer):
    rng = np.random.default_rng(4)
    texts, _, _ = world_dates.draw(rng, 30, of=None)
    states = [{**random_state(rng, texts), "written": int(rng.integers(STEPS + 1))} for _ in range(30)]
    code = """(states) => states.map((state) => [1, 2].map(() =>
        module.draw({ ...values, ...state }, { width: 520, place: state.written ? 0 : -1 })))"""
    for one, other in explorer.evaluate(code, states):
        assert one == other
        ElementTree.fromstring(one)


def test_the_still_picture_is_up_to_date(explorer):
    code = "([state, step]) => module.draw({ ...values, ...state }, { card: true, step })"
    up_to_date(explorer.evaluate(code, [STILL, STILL_STEP]), HERE / "attention.svg")


def test_the_still_picture_says_its_finding_and_asks_for_nothing(explorer):
    html = attention_picture().data
    shown, before = AttentionExplorer(**STILL).compute(), AttentionExplorer().compute()
    alt = re.search(r'<img alt="([^"]{200,})"', html)[1]
    assert f"the decoder writes {before['answer']}" in alt
    assert f"{shown['answer']}." in alt
    assert shown["weights"][STILL_STEP].argmax() == AttentionExplorer().source.index("u", 5)  # the u of june
    is_an_image(explorer, html, 760)


# ---------------------------------------------------------------------------------------------------- colours

CONTRASTS = texts_of("attention", "button > *, button[data-move], label, p, legend, svg text")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_in_both_themes(explorer, scheme):
    explorer.emulate_media(color_scheme=scheme)
    paper = explorer.locator(".lstm-attention").evaluate("(e) => getComputedStyle(e).backgroundColor")
    assert (paper == "rgb(255, 255, 255)") == (scheme == "light")
    for state in ({}, {"forced": "...-"}, {"forced": "", "looks": {"9": [12, 0.8]}}):
        put(explorer, **state)
        contrasts = explorer.evaluate(CONTRASTS)
        assert len(contrasts) > 60
        assert grave(explorer) == {}
        assert not [(what, round(ratio, 2)) for what, ratio in contrasts if ratio < 4.5]
