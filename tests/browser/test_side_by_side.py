"""Explorers and questions on one page, as in a notebook, which loads a script and a style sheet for each: none disturbs
another.
"""

import pytest

from lstm_helpers import explorers
from lstm_helpers.exam.page import Page
from lstm_helpers.explorers import shared
from lstm_helpers.predictions import number
from lstm_helpers.predictions.field import Field
from tests.browser.test_own_explorer import own

pytestmark = pytest.mark.browser

EXPLORERS = [getattr(explorers, name) for name in explorers.__all__ if isinstance(getattr(explorers, name), type)]
SHEETS = [widget._css for widget in (*EXPLORERS, Field, Page)]

# Widgets as a front end shows them: each with its script loaded anew.
SHOWN = """async (widgets) => {
  for (const [js, values, binary] of widgets) {
    for (const [key, text] of Object.entries(binary)) {
      values[key] = new DataView(Uint8Array.from(atob(text), (byte) => byte.charCodeAt(0)).buffer);
    }
    const { default: widget } = await import(URL.createObjectURL(new Blob([js], { type: "text/javascript" })));
    const model = { get: (key) => values[key], set: () => {}, on: () => {}, off: () => {}, save_changes: () => {} };
    widget.render({ model, el: document.body.appendChild(document.createElement("div")) });
  }
}"""

# How each explorer looks with its own style sheet alone, and with those of all others behind it: what is not the same.
CHANGED = """(texts) => {
  const names = ["display", "position", "margin", "padding", "width", "height", "font", "color", "background-color",
    "border", "border-radius", "gap", "grid-template-columns", "grid-area", "opacity", "max-width", "cursor"];
  const sheets = [...texts, ...texts].map((textContent) => {
    return document.head.appendChild(Object.assign(document.createElement("style"), { textContent }));
  });
  const look = (element) => {
    const style = getComputedStyle(element);
    return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(name)]));
  };
  return [...document.querySelectorAll(".lstm-explorer")].map((root, own) => {
    const elements = [root, ...root.querySelectorAll("*:not(svg *, span)")];
    sheets.forEach((sheet, k) => { sheet.disabled = k !== own; });
    const alone = elements.map(look);
    sheets.forEach((sheet, k) => { sheet.disabled = k === own + texts.length; });
    return elements.flatMap((element, k) => {
      const now = look(element), other = Object.keys(now).filter((name) => now[name] !== alone[k][name]);
      return other.map((name) => `${element.tagName}.${element.className} ${name}: ${alone[k][name]}, ${now[name]}`);
    });
  });
}"""

# What is pointed at by an id, and stands in another widget or nowhere.
ASTRAY = """() => [...document.querySelectorAll(".lstm-explorer")].flatMap((root) =>
  ["for", "aria-labelledby", "aria-describedby", "aria-activedescendant"].flatMap((name) =>
    [...root.querySelectorAll(`[${name}]`)].flatMap((one) => one.getAttribute(name).split(" "))
      .filter((id) => !root.contains(document.getElementById(id)))))"""


# What lies over another of an explorer's controls and words; and drawings that are smaller than they can be read.
NARROW = """() => [...document.querySelectorAll(".lstm-explorer")].flatMap((root) => {
  const all = [...root.querySelectorAll("button, input, select, textarea, label, output, legend, p")].filter((one) =>
    !one.closest(".lstm-across, .lstm-words") && one.getBoundingClientRect().width > 0);
  const over = ([a, b]) => {
    const [one, other] = [a, b].map((element) => element.getBoundingClientRect());
    const across = Math.min(one.right, other.right) - Math.max(one.left, other.left);
    return across > 2 && Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 2;
  };
  const pairs = all.flatMap((a, k) => all.slice(k + 1).filter((b) => !a.contains(b)).map((b) => [a, b]));
  const small = [...root.querySelectorAll(".lstm-across svg")].filter((svg) => svg.getBoundingClientRect().width < 500);
  return [...pairs.filter(over), ...small].map((found) => [found].flat().map((one) => one.outerHTML.slice(0, 200)));
})"""


def show(page, widgets):
    """The widgets below each other on an empty page."""
    page.set_content("<!doctype html><body></body>")
    page.evaluate(SHOWN, [[widget._esm, *shared.parts_of(widget)] for widget in widgets])


def question():
    return Field(str, asked=number(unit="steps").asked())


@pytest.fixture(scope="module")
def each():
    return [explorer() if explorer is not explorers.OwnExplorer else own() for explorer in EXPLORERS]


def test_the_style_sheets_of_others_change_nothing(page, each):
    show(page, [*each, question()])
    changed = page.evaluate(CHANGED, SHEETS)
    assert len(changed) == len(EXPLORERS) + 1
    assert [one[:5] for one in changed if one] == []


def test_each_has_ids_of_its_own_also_where_there_are_two_of_a_kind(page, each):
    show(page, 2 * [*each, question()])
    ids = page.evaluate("() => [...document.querySelectorAll('[id]')].map((one) => one.id)")
    assert len(ids) > 50
    assert {one for one in ids if ids.count(one) > 1} == set()
    assert page.evaluate(ASTRAY) == []


def test_a_window_as_narrow_as_a_telephone_lays_nothing_over_another(page, each):
    page.set_viewport_size({"width": 320, "height": 800})
    show(page, each)
    for sheet in SHEETS:
        page.add_style_tag(content=sheet)
    page.wait_for_timeout(200)  # those that measure their width draw anew
    assert page.evaluate(NARROW) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 320


@pytest.mark.parametrize("body", ["<body>", '<body data-jp-theme-light="false" style="--jp-layout-color0: #111111">'])
def test_on_paper_they_are_dark_on_light_whatever_the_theme(page, each, body):
    page.emulate_media(color_scheme="dark", media="print")
    page.set_content(f"<!doctype html><style>{''.join(SHEETS)}</style>{body}")
    look = """(name) => { document.body.innerHTML = `<div class="lstm-explorer lstm-${name}">a</div>`;
      const { backgroundColor, color, colorScheme } = getComputedStyle(document.body.firstElementChild);
      return [backgroundColor, color, colorScheme]; }"""
    for widget in EXPLORERS:
        name = widget.__module__.split(".")[-1]
        assert page.evaluate(look, name) == ["rgb(255, 255, 255)", "rgb(31, 35, 40)", "light"], name
