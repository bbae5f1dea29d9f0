"""What the tests of all explorers look at: who listens, is a still picture the one of today, contrasts; and axe."""

import os
import re
from xml.etree import ElementTree

LISTENING = "Object.values(listeners).reduce((n, set) => n + set.size, 0)"

PAINT = """
  const context = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const paint = (colours) => {
    for (const [colour, opacity] of colours) {
      context.globalAlpha = opacity; context.fillStyle = colour; context.fillRect(0, 0, 1, 1);
    }
    return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)];
  };
  const light = (rgb) => {
    const [r, g, b] = rgb.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
"""


def measuring(body):
    """A JavaScript function with ``body``, in which ``ratio(light(paint(under)), light(paint(over)))`` is a contrast.

    It is that of WCAG 2's formula, of colours as painted pixels: ``paint`` takes [colour, opacity] from the bottom up.
    """
    return f"() => {{{PAINT}{body}}}"


def controls_have_names(explorer, kind, named, count):
    """Each of ``count`` controls keeps its keys; those of a role have names of their own: named {role: how many}."""
    controls = explorer.locator("button, input, select, textarea, [tabindex]")
    tree = explorer.locator(f".lstm-{kind}").aria_snapshot()
    assert controls.count() == count
    for role, many in named.items():
        names = re.findall(rf'- {role} "([^"]{{3,}})"', tree)
        assert len(set(names)) == len(names) == many
    assert controls.evaluate_all("all => all.every((e) => e.dataset.lmSuppressShortcuts === 'true')")


def texts_of(explorer, texts):
    """What gives [text, its contrast with what is painted under its middle] of each element that ``texts`` selects."""
    return measuring(f"""
  const root = document.querySelector(".lstm-{explorer}");
  const results = [];
  for (const one of root.querySelectorAll("{texts}")) {{
    const range = document.createRange();
    range.selectNodeContents(one);
    const box = range.getClientRects()[0];
    if (!box || !one.textContent.trim()) continue;
    const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
    const painted = (e) => root.contains(e) && !e.matches("svg, g, text, tspan");
    const under = document.elementsFromPoint(x, y).filter(painted).reverse().map((e) => {{
      const style = getComputedStyle(e);
      return e instanceof SVGElement ? [style.fill === "none" ? "transparent" : style.fill, Number(style.fillOpacity)]
        : [style.backgroundColor, 1];
    }});
    const style = getComputedStyle(one), ink = one instanceof SVGElement ? style.fill : style.color;
    results.push([one.textContent, ratio(light(paint(under)), light(paint([...under, [ink, 1]])))]);
  }}
  return results;
""")


def up_to_date(svg, path):
    """A drawing is well formed, and the one that is stored; with LSTM_COURSE_REDRAW it is stored first."""
    ElementTree.fromstring(svg)
    if os.environ.get("LSTM_COURSE_REDRAW"):
        path.write_text(svg, encoding="utf-8", newline="\n")
    assert path.read_text(encoding="utf-8") == svg, f"{path.name} is old: see the top of this file"


def grave(page, context=None, without=()):
    """{rule: where it is broken} of what axe calls serious or critical on a page.

    context: what of the page it looks at, as axe takes it; without: rules that are left out.
    """
    from axe_playwright_python.sync_playwright import Axe

    options = {"preload": False, "resultTypes": ["violations"], "rules": {rule: {"enabled": False} for rule in without}}
    found = Axe().run(page, context, options).response["violations"]  # what passes is not told: half of the time
    return {v["id"]: [n["target"] for n in v["nodes"]] for v in found if v["impact"] in ("serious", "critical")}


def is_an_image(page, html, width):
    """A still picture is shown by itself, so many pixels wide, and asks for nothing."""
    page.set_content(html)
    page.wait_for_function(f"document.images[0].complete && document.images[0].naturalWidth === {width}")
