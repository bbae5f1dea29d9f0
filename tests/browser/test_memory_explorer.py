"""The memory explorer's ES module in a page without Jupyter: mathematics, challenges, drawing by hand, looks.

To write memory.svg anew after a change of the drawing:

    LSTM_COURSE_REDRAW=1 pytest tests/browser/test_memory_explorer.py -k picture
"""

import re
from xml.etree import ElementTree

import numpy as np
import pytest
import traitlets

from lstm_helpers.explorers import MemoryExplorer, memory_picture
from lstm_helpers.explorers.memory.memory import FIRST, HERE, STEPS, WEIGHT
from lstm_helpers.explorers.shared import values_of
from tests.browser.seen import LISTENING, is_an_image, measuring, up_to_date

pytestmark = pytest.mark.browser

SHOWN = {"f": "c", "i": "c", "o": "h"}  # what a gate changes at once


@pytest.fixture
def explorer(bare):
    """The page with the explorer at its start values."""
    return bare(MemoryExplorer())


def lane(page, gate):
    return page.locator(f".lstm-lane[data-gate={gate}]")


def path(page, name):
    return page.locator(f"[data-part={name}]").get_attribute("d")


def said(page):
    return page.locator(".lstm-sentence").inner_text()


def button(page, name):
    return page.get_by_role("button", name=name)


def judged(page, *states):
    """What the browser's judge says of each of the widgets ``states``."""
    return page.evaluate("(states) => states.map(module.judge)", [values_of(state) for state in states])


def solution(challenge, seed):
    """The explorer with gates that solve the challenge, worked out from its input as a reader of the lesson would."""
    x = MemoryExplorer(challenge=challenge, seed=seed).compute()["x"]
    f, i, o = np.ones(STEPS), np.zeros(STEPS), np.ones(STEPS)
    if challenge == "keep":
        f[2], i[2] = 0, 1
        o[:-1] = 0
    if challenge == "count":
        i[x == 1] = 1
    if challenge == "latch":
        f[abs(x) == 1] = 0
        i[x == 1] = 1
    if challenge == "leak":
        f[:] = 0.97
        missing = 1.0
        for t in range(8):
            most = np.tanh(WEIGHT * x[t]) * 0.97 ** (STEPS - 1 - t)
            i[t] = np.clip(missing / most, 0, 1)
            missing -= i[t] * most
    return MemoryExplorer(challenge=challenge, seed=seed, f=f.tolist(), i=i.tolist(), o=o.tolist())


def changed(widget, **edits):
    """The widget with other values: ``f=0.9`` everywhere, or ``f={12: 0}`` at step 12."""
    for gate, edit in edits.items():
        steps = dict(enumerate(getattr(widget, gate), 1)) if isinstance(edit, dict) else {}
        setattr(widget, gate, list((steps | edit).values()) if steps else [edit] * STEPS)
    return widget


# ------------------------------------------------------------------------------------------------ mathematics


def test_computes_what_the_package_computes(explorer):
    rng = np.random.default_rng(2)
    widgets = []
    for n in range(200):
        gates = rng.uniform(0, 1, (3, STEPS)) if n % 2 else rng.integers(0, 2, (3, STEPS)).astype(float)
        named = dict(zip("fio", gates.tolist(), strict=True))
        widgets.append(MemoryExplorer(challenge=list(FIRST)[n % 4], seed=int(rng.integers(1, 10**6)), **named))
    got = explorer.evaluate("(states) => states.map(module.compute)", [values_of(w) for w in widgets])
    for widget, result in zip(widgets, got, strict=True):
        expected = widget.compute()
        for name in "xgch":
            np.testing.assert_allclose(result[name], expected[name], rtol=1e-6, atol=1e-6, err_msg=name)


def test_a_seed_draws_the_same_input_in_the_browser_and_in_python(explorer):
    asked = [[challenge, seed] for challenge in FIRST for seed in [*range(1, 61), 10**6]]
    drawn = explorer.evaluate("(asked) => asked.map(([name, seed]) => module.inputs(name, seed).x)", asked)
    for (challenge, seed), x in zip(asked, drawn, strict=True):
        assert x == MemoryExplorer(challenge=challenge, seed=seed).compute()["x"].tolist()
        assert max(map(abs, x)) <= 1
    assert len({str(x) for x in drawn}) == len(drawn)
    of = {
        name: np.array([x for (asked_for, _), x in zip(asked, drawn, strict=True) if asked_for == name])
        for name in FIRST
    }
    assert (abs(of["keep"][:, 2]) >= 0.2).all()
    assert ((of["count"] == 1).sum(axis=1) >= 3).all()
    assert ((of["count"] == -1).any(axis=1)).mean() > 0.95
    assert ((of["latch"] == 1).sum(axis=1) >= 3).all()
    assert ((of["latch"] == -1).sum(axis=1) >= 2).all()
    assert (of["leak"][:, 8:] == 0).all()


@pytest.mark.parametrize(
    ("trait", "value", "says"),
    [
        ("f", [0.5] * 39, "f has 39 values, expected one for each of the 40 steps"),
        ("i", [0.5] * 11 + [1.2] + [0.5] * 28, "i = 1.2 at step 12: a gate is a fraction from 0 to 1"),
        ("o", [float("nan")] * 40, "o = nan at step 1"),
        ("challenge", "hold", "no challenge 'hold': choose one of keep, count, latch, leak"),
        ("seed", 0, "seed = 0: choose one from 1 to 1,000,000"),
        ("solved", {"hold": [1]}, "expected a challenge and a list of seeds"),
    ],
)
def test_python_refuses_what_is_no_state(trait, value, says):
    with pytest.raises(traitlets.TraitError, match=re.escape(says)):
        MemoryExplorer(**{trait: value})


def test_it_says_its_state():
    text = repr(MemoryExplorer(challenge="count", seed=3, solved={"keep": [1, 2]}))
    c = MemoryExplorer(challenge="count", seed=3).compute()["c"][-1]
    assert f"challenge = count, seed = 3 and these gates, step 40 ends at c = {c:.3f}" in text
    assert "Challenges solved: keep (2)." in text


# -------------------------------------------------------------------------------------------------- challenges


def test_every_challenge_can_be_solved_whatever_the_seed(explorer):
    states = [solution(challenge, seed) for challenge in FIRST for seed in range(1, 41)]
    for state, result in zip(states, judged(explorer, *states), strict=True):
        assert result["solved"], (state.challenge, state.seed, result["words"])


def test_gates_that_do_nothing_or_everything_solve_nothing(explorer):
    values = [dict.fromkeys("fio", [v] * STEPS) for v in (0, 0.5, 1)]
    states = [MemoryExplorer(challenge=name, seed=s, **v) for name in FIRST for s in range(1, 11) for v in values]
    results = judged(explorer, *states)
    assert not any(result["solved"] for result in results)
    assert all(1 <= result["step"] <= STEPS and result["gate"] in "fio" for result in results)


FAULTS = [  # challenge, what is drawn wrongly, the gate and the step that are named, and words of the sentence
    (
        "keep",
        {"f": {3: 1}},
        "f",
        3,
        "At step 3 the new value is mixed with the old one: the forget gate stands at 1.00",
    ),
    ("keep", {"f": 1, "i": 0}, "f", 3, "At step 3 the old value stays"),
    ("keep", {"i": {3: 0}}, "i", 3, "the value is not written: the input gate stands at 0.00 and lets in nothing"),
    ("keep", {"i": {3: 0.6}}, "i", 3, "only a part of the value is written"),
    (
        "keep",
        {"f": {12: 0}},
        "f",
        12,
        "At step 12 the memory is lost: the forget gate stands at 0.00 and keeps nothing",
    ),
    ("keep", {"f": {12: 0.7}}, "f", 12, "At step 12 the memory is partly lost"),
    ("keep", {"i": {12: 1}}, "i", 12, "At step 12 the memory is disturbed: the input gate stands at 1.00"),
    ("keep", {"f": {12: 0}, "i": {12: 1}}, "f", 12, "At step 12 the memory is overwritten"),
    ("keep", {"f": dict.fromkeys(range(4, 41), 0.97)}, "f", 4, "the memory has leaked:"),
    ("keep", {"i": dict.fromkeys(range(4, 41), 0.04)}, "i", 4, "much that is small has come in"),
    ("keep", {"o": {7: 1}}, "o", 7, "at step 7 h shows"),
    ("keep", {"o": 0}, "o", 40, "h does not show it at step 40"),
    ("count", {"i": {2: 0}}, "i", 2, "The one at step 2 is not counted: the input gate stands at 0.00"),
    ("count", {"i": 1}, "i", 18, "At step 18 a −1 is counted"),
    ("count", {"f": {30: 0}}, "f", 30, "At step 30 the memory is lost"),
    ("count", {"f": 0.98}, "f", 9, "the memory has leaked:"),
    ("latch", {"f": {12: 1}}, "f", 12, "At step 12 the reset is missed: the forget gate stands at 1.00"),
    ("latch", {"i": {12: 1}}, "i", 12, "At step 12 the reset lets something in"),
    ("latch", {"f": {6: 1}}, "f", 6, "At step 6 the new value is mixed with the old one"),
    ("leak", {"f": {1: 1}}, "f", 1, "gets no further than 0.97"),
    ("leak", {"i": {2: 0, 3: 0, 4: 0}}, "i", 2, "0.97³⁹ = 30 % of a write. No write is larger than 1"),
    ("leak", {"i": 1}, "i", 8, "More was written than leaks away"),
    ("leak", {"f": {20: 0.5}}, "f", 20, "throws away more than it must"),
    ("leak", {"f": 0.9, "i": 1}, "f", 2, "throws away more than it must"),
]


def test_the_judge_says_what_is_wrong_where_and_which_gate_it_is(explorer):
    results = judged(explorer, *(changed(solution(name, 1), **edits) for name, edits, *_ in FAULTS))
    for (name, edits, gate, step, words), result in zip(FAULTS, results, strict=True):
        assert (result["gate"], result["step"]) == (gate, step), (name, edits, result["words"])
        assert words in result["words"], (name, edits)


def test_a_solved_challenge_is_remembered_and_said(explorer):
    for challenge in FIRST:
        if challenge != "keep":
            button(explorer, challenge).click()
        assert said(explorer).startswith("Not yet.")
        assert path(explorer, "flag")
        assert path(explorer, "tip")
        solved = values_of(solution(challenge, 1))
        for gate in "fio":
            explorer.evaluate("([gate, values]) => model.set(gate, values)", [gate, solved[gate]])
        explorer.wait_for_function("document.querySelector('.lstm-sentence').innerText.startsWith('Solved.')")
        assert path(explorer, "flag") == path(explorer, "tip") == ""
        assert button(explorer, challenge).inner_text() == f"{challenge} · solved"
    assert explorer.evaluate("values.solved") == {challenge: [1] for challenge in FIRST}
    button(explorer, "keep").click()  # what was drawn is still there
    assert said(explorer).startswith("Solved.")
    button(explorer, "New numbers").click()  # and fits other numbers, too
    assert explorer.evaluate("[values.seed, values.solved.keep]") == [2, [1, 2]]
    button(explorer, "latch").click()
    assert said(explorer).startswith("Not yet.")  # those of a latch do not
    button(explorer, "Start again").click()
    assert explorer.evaluate("values.f") == [0.5] * STEPS


# ----------------------------------------------------------------------------------------------- by hand


def test_a_lane_says_what_stands_in_the_drawing_at_its_step(bare):
    widget = MemoryExplorer(challenge="latch")
    page, now = bare(widget), widget.compute()
    marks = page.evaluate("module.inputs('latch', values.seed).marks")
    lane(page, "i").focus()
    page.keyboard.press("Home")
    for step in range(12):
        mark = f", {marks[step]}" if marks[step] else ""
        numbers = ", ".join(f"{name} = {now[name][step]:.2f}" for name in "xgch").replace("-", "−")
        told = lane(page, "i").get_attribute("aria-valuetext")
        assert told == f"step {step + 1}{mark}: 0.50; {numbers}".replace("−0.00", "0.00")
        page.keyboard.press("ArrowRight")
    sets = [step + 1 for step, mark in enumerate(marks) if mark == "S"]
    label = page.locator(".lstm-drawing svg").get_attribute("aria-label")
    assert f" Marked S: steps {', '.join(map(str, sets[:-1]))} and {sets[-1]}." in label
    button(page, "leak").click()
    assert [lane(page, gate).get_attribute("aria-valuemax") for gate in "fio"] == ["0.97", "1", "1"]


def test_each_gate_is_drawn_by_keyboard(explorer):
    for gate, follows in SHOWN.items():
        before = path(explorer, gate), path(explorer, follows)
        lane(explorer, gate).focus()
        for keys, step, value in (
            (["Home", "ArrowRight", "ArrowRight", "ArrowUp"], 3, 0.55),
            (["Shift+ArrowDown"], 3, 0.54),
            (["ArrowRight", "1", "ArrowUp"], 4, 1),
            (["End", "ArrowRight", "0", "ArrowDown"], 40, 0),
            (["ArrowLeft", "ArrowDown"], 39, 0.45),
        ):
            for key in keys:
                explorer.keyboard.press(key)
            mark = ", keep this" if step == 3 else ""
            assert explorer.evaluate(f"values.{gate}[{step - 1}]") == pytest.approx(value)
            assert (
                lane(explorer, gate).get_attribute("aria-valuetext").startswith(f"step {step}{mark}: {value:.2f}; x = ")
            )
            assert float(lane(explorer, gate).get_attribute("aria-valuenow")) == pytest.approx(value)
        assert path(explorer, gate) != before[0]
        assert path(explorer, follows) != before[1]
        for key in ("Home", "1", "Enter"):
            explorer.keyboard.press(key)
        assert explorer.evaluate(f"values.{gate}") == [1] * STEPS
        explorer.keyboard.press("a")
        assert explorer.evaluate(f"values.{gate}") == [1] * STEPS


def spot(page, gate, step, value):
    """Where a gate's value at a step is, in pixels."""
    box = lane(page, gate).bounding_box()
    return box["x"] + box["width"] * (step - 0.5) / STEPS, box["y"] + box["height"] * (1 - (value + 0.05) / 1.1)


def test_each_gate_is_drawn_by_mouse_and_a_quick_stroke_leaves_no_gap(explorer):
    for gate, follows in SHOWN.items():
        before, sentence = path(explorer, follows), said(explorer)
        explorer.mouse.move(*spot(explorer, gate, 5, 0.2))
        explorer.mouse.down()
        explorer.mouse.move(*spot(explorer, gate, 15, 0.7))  # in one move
        explorer.wait_for_function(
            "([n, d]) => document.querySelector(`[data-part=${n}]`).getAttribute('d') !== d", arg=[follows, before]
        )
        assert said(explorer) == sentence  # what is read aloud waits for the end of the stroke
        assert explorer.evaluate(f"values.{gate}") == [0.5] * STEPS
        explorer.mouse.up()
        np.testing.assert_allclose(
            explorer.evaluate(f"values.{gate}.slice(4, 15)"), np.linspace(0.2, 0.7, 11), atol=0.03
        )
        assert explorer.evaluate(f"values.{gate}.filter((v) => v === 0.5).length") >= STEPS - 11
        explorer.mouse.move(*spot(explorer, gate, 15, 0.3))  # no button is pressed: nothing is drawn
        assert explorer.evaluate(f"values.{gate}[14]") == pytest.approx(0.7, abs=0.03)


def test_a_stroke_beyond_the_lane_gives_0_and_1(explorer):
    for value, aim in ((1, 2.5), (0, -1.5)):
        explorer.mouse.move(*spot(explorer, "f", 30, 0.5))
        explorer.mouse.down()
        explorer.mouse.move(*spot(explorer, "f", 38, aim))
        explorer.mouse.move(*spot(explorer, "f", 45, aim))
        explorer.mouse.up()
        assert explorer.evaluate("values.f.slice(37)") == [value] * 3
    button(explorer, "leak").click()
    explorer.mouse.click(*spot(explorer, "f", 3, 1))
    lane(explorer, "f").press("1")
    assert explorer.evaluate("Math.max(...values.f)") == 0.97


def test_fill_to_the_end_goes_on_from_the_last_stroke(explorer):
    explorer.mouse.click(*spot(explorer, "i", 9, 0))
    button(explorer, "Fill to the end").click()
    assert explorer.evaluate("values.i") == [0.5] * 8 + [0] * 32
    assert explorer.evaluate("values.f") == [0.5] * STEPS


def test_pointing_at_a_step_shows_its_numbers_and_changes_none(explorer):
    now, made = MemoryExplorer().compute(), explorer.locator(".lstm-made")
    assert f"= {now['c'][2]:.2f}" in made.inner_text()
    explorer.mouse.move(*spot(explorer, "f", 20, 0.9))
    explorer.wait_for_function("document.querySelector('.lstm-made').innerText.includes('tanh(3 x20)')")
    c, c_prev, g, h = (f"{v:.2f}".replace("-", "−") for v in (now["c"][19], now["c"][18], now["g"][19], now["h"][19]))
    text = re.sub(r"\s+", " ", made.inner_text())
    assert f"= 0.50 · {c_prev} + 0.50 · {g} = {c}" in text
    assert text.strip().endswith(f"= {h}")
    assert explorer.evaluate("values") == values_of(MemoryExplorer())
    explorer.mouse.move(5, 5)
    explorer.wait_for_function("document.querySelector('.lstm-made').innerText.includes('tanh(3 x3)')")


def test_every_control_has_a_name_and_keeps_its_keys(explorer):
    controls = explorer.locator("button, input, select, textarea, [tabindex]")
    tree = explorer.locator(".lstm-memory").aria_snapshot()
    for role, names in (("slider", ["forget gate", "input gate", "output gate"]), ("button", list(FIRST))):
        assert [name for name in names if f'- {role} "{name}"' in tree] == names
    assert controls.count() == 3 + 4 + 3
    assert controls.evaluate_all("all => all.every((e) => e.dataset.lmSuppressShortcuts === 'true')")
    assert explorer.locator(".lstm-sentence").get_attribute("aria-live") == "polite"
    about = lane(explorer, "f").get_attribute("aria-describedby")
    assert "Enter fills it to the end" in explorer.locator(f"#{about}").inner_text()
    lane(explorer, "f").focus()
    explorer.keyboard.press("End")
    outline = lane(explorer, "f").evaluate(
        "(e) => [getComputedStyle(e).outlineStyle, getComputedStyle(e).outlineWidth]"
    )
    assert outline == ["solid", "2px"]


def test_a_value_set_from_python_is_drawn(explorer):
    before = path(explorer, "c")
    explorer.evaluate("model.set('f', Array(40).fill(0.9))")
    assert path(explorer, "c") != before
    explorer.evaluate("model.set('challenge', 'latch')")
    assert "Build a latch." in explorer.locator(".lstm-task").inner_text()
    assert button(explorer, "latch").get_attribute("aria-pressed") == "true"


def test_nothing_listens_after_the_view_is_closed(explorer):
    assert explorer.evaluate(LISTENING) == len(values_of(MemoryExplorer()))
    before = path(explorer, "f")
    explorer.evaluate("end()")
    assert explorer.evaluate(LISTENING) == 0
    lane(explorer, "f").press("1")
    explorer.mouse.click(*spot(explorer, "f", 9, 0))
    button(explorer, "New numbers").click()
    assert explorer.evaluate("values") == values_of(MemoryExplorer())
    assert path(explorer, "f") == before


# ------------------------------------------------------------------------------------------------------- looks


def test_it_is_seen_whole_at_1280_by_800_and_not_cut_at_600(explorer):
    for width, height in ((1280, 800), (600, 900)):
        explorer.set_viewport_size({"width": width, "height": height})
        for challenge in FIRST:
            button(explorer, challenge).click()
            assert explorer.evaluate("document.documentElement.scrollWidth") <= width
            assert explorer.evaluate("document.documentElement.scrollHeight") <= height
            box = explorer.locator(".lstm-drawing svg").bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
            sizes = explorer.locator(".lstm-drawing text").evaluate_all(
                "(all) => all.map((t) => t.getBoundingClientRect()).map((b) => [b.left, b.right, b.height])"
            )
            assert min(size[0] for size in sizes) >= box["x"]
            assert max(size[1] for size in sizes) <= box["x"] + box["width"]


def test_nothing_jumps_whatever_is_said(explorer):
    explorer.set_viewport_size({"width": 1280, "height": 800})
    height = explorer.locator(".lstm-memory").evaluate("(e) => e.offsetHeight")
    for name, edits, *_ in FAULTS:
        state = values_of(changed(solution(name, 1), **edits))
        explorer.evaluate("(state) => { for (const [k, v] of Object.entries(state)) model.set(k, v); }", state)
        explorer.mouse.move(*spot(explorer, "i", 39 if name == "keep" else 18, 0.5))
        explorer.wait_for_function("document.querySelector('.lstm-made').innerText.match(/tanh.3 x(39|18)/)")
        assert explorer.locator(".lstm-memory").evaluate("(e) => e.offsetHeight") == height, said(explorer)


def test_the_drawing_is_well_formed_and_the_same_each_time(explorer):
    states = [solution(name, seed) for name in FIRST for seed in (1, 2)] + [changed(MemoryExplorer(), f=1, i=1, o=1)]
    for state in states:
        svg, again = explorer.evaluate("(s) => [module.draw(s), module.draw(s)]", values_of(state))
        ElementTree.fromstring(svg)
        assert svg == again
        assert not re.search("NaN|undefined", svg)


def test_the_still_picture_is_up_to_date(explorer):
    svg = explorer.evaluate("module.draw(values, { card: true })")
    up_to_date(svg, HERE / "memory.svg")
    html = memory_picture().data
    assert re.search(r'<img alt="One LSTM unit over 40 steps[^"]{200,}the value is lost\."', html)
    is_an_image(explorer, html, 760)


# The contrast of every text with what lies under it, by WCAG 2's formula, and of every gate's bars with their lane.
CONTRASTS = measuring("""
  const root = document.querySelector(".lstm-memory");
  const paper = [getComputedStyle(root).backgroundColor, 1];
  const on = (under, colour) => ratio(light(paint(under)), light(paint([...under, [colour, 1]])));
  const texts = [...root.querySelectorAll("button, p, .lstm-made div, svg text")].map((e) => {
    const style = getComputedStyle(e);
    return [e.textContent, on([paper, [style.backgroundColor, 1]], e.closest("svg") ? style.fill : style.color)];
  });
  const bars = ["f", "i", "o", "c", "flag"].map((name) => {
    const style = getComputedStyle(root.querySelector(`[data-part=${name}]`));
    return [name, on([paper, [getComputedStyle(root).color, 0.03]], style.fill === "none" ? style.stroke : style.fill)];
  });
  return { texts, bars };
""")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_stands_out_in_both_themes(explorer, scheme):
    explorer.emulate_media(color_scheme=scheme)
    paper = explorer.locator(".lstm-memory").evaluate("(e) => getComputedStyle(e).backgroundColor")
    assert (paper == "rgb(255, 255, 255)") == (scheme == "light")
    found = explorer.evaluate(CONTRASTS)
    assert len(found["texts"]) > 30
    assert not [(what, round(ratio, 2)) for what, ratio in found["texts"] if ratio < 4.5]
    assert not [(what, round(ratio, 2)) for what, ratio in found["bars"] if ratio < 2.8]
