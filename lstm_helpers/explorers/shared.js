// What every explorer is made of: numbers and words, drawing, rows with sliders, and the wiring to the model.
//
// This text stands before an explorer's own in one ES module; shared.py puts them together, with a line before both
// that defines COLOURS, the colours of lstm_helpers.figures. A state is a plain object: the name of a trait -> its value.

// --------------------------------------------------------------------------------------- numbers and words

function sigmoid(z) {
  const e = Math.exp(-Math.abs(z)); // the exponent is never positive, so it cannot overflow
  return (z >= 0 ? 1 : e) / (1 + e);
}

// Two decimals; large numbers shorter, so that they fit their place.
function plain(v) {
  const size = Math.abs(v);
  const digits = size >= 1e5 ? size.toExponential(1).replace("e+", "e") : size.toFixed(size >= 100 ? 0 : 2);
  return (v < 0 && Number(digits) !== 0 ? "\u2212" : "") + digits;
}

function signed(v) {
  const text = plain(v);
  return v > 0 && Number(text) !== 0 ? `+${text}` : text;
}

function percent(fraction) {
  const p = 100 * fraction;
  if (p > 99.9 && p < 100) return "over 99.9 %";
  if (p < 0.1 && p > 0) return "under 0.1 %";
  return `${p.toFixed(p > 99 || p < 1 ? 1 : 0)} %`;
}

// A whole number as an exponent.
const raised = (n) => [...String(n)].map((sign) => (sign === "-" ? "\u207b" : "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"[sign])).join("");

const within = (v, low, high) => Math.min(high, Math.max(low, v));

// Words as they stand in HTML and SVG, and several of them as a list.
const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escaped = (words) => String(words).replace(/[&<>"]/g, (sign) => ESCAPES[sign]);
const listed = (words) => (words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`);

// What was typed as a number, with a decimal point or comma; NaN for anything else.
function parse(typed) {
  const tidy = typed.trim().replace("\u2212", "-").replace(",", ".");
  return tidy === "" ? NaN : Number(tidy);
}

// ------------------------------------------------------------------------------------------------- drawing

const UI = "font-family:var(--jp-ui-font-family,system-ui,-apple-system,'Segoe UI',sans-serif)";
const MATH = "font-family:'STIX Two Text','Cambria Math',Cambria,Georgia,'Times New Roman',serif;font-style:italic";
const PAPER = "fill:var(--lstm-paper,#fff)";

// A quantity's letter with its index, for a <text>.
function symbol(letter, index = "") {
  const letters = `<tspan style="${MATH}">${letter}</tspan>`;
  return index ? `${letters}<tspan dy="4" font-size="72%">${index}</tspan><tspan dy="-4">\u200b</tspan>` : letters;
}

function text(x, y, content, { size = 15, anchor = "middle", weight = 400 } = {}) {
  return (
    `<text x="${x}" y="${y}" font-size="${size}" font-weight="${weight}" text-anchor="${anchor}" ` +
    `fill="currentColor" style="${UI};font-variant-numeric:tabular-nums">${content}</text>`
  );
}

// A wire is as thick as the number on it is large; a number that rounds to nothing makes it thin and dashed.
const thickness = (v) => 2 + 5 * Math.min(1, Math.abs(v));

function wire(path, colour, value) {
  const width = thickness(value).toFixed(2);
  const dash = Math.abs(value) < 0.005 ? ' stroke-dasharray="3 5"' : "";
  const edge = `<path d="${path}" fill="none" stroke="currentColor" stroke-opacity=".4" stroke-width="${(Number(width) + 1.6).toFixed(2)}"/>`;
  return `${dash ? "" : edge}<path d="${path}" fill="none" stroke="${colour}" stroke-width="${width}"${dash}/>`;
}

const TURN = { right: 0, down: 90, left: 180, up: 270 };

// An arrowhead whose tip is at (x, y).
function arrow(x, y, direction, colour) {
  return `<path d="M0 0L-14 -9L-11 0L-14 9Z" transform="translate(${x} ${y}) rotate(${TURN[direction]})" fill="${colour}"/>`;
}

// A junction: here a wire is copied.
const dot = (x, y, colour, value = 0) =>
  `<circle cx="${x}" cy="${y}" r="${(thickness(value) / 2 + 4.2).toFixed(2)}" fill="${colour}" stroke="currentColor" stroke-opacity=".4"/>`;

// A label that sits on its wire.
function chip(x, y, width, colour, content) {
  return (
    `<g><rect x="${x - width / 2}" y="${y - 13}" width="${width}" height="26" rx="13" style="${PAPER}" ` +
    `stroke="${colour}" stroke-width="1.5"/>${text(x, y + 5, content)}</g>`
  );
}

function operation(x, y, sign) {
  const a = sign === "times" ? 6 : 8;
  const strokes = sign === "times" ? `M${-a} ${-a}L${a} ${a}M${-a} ${a}L${a} ${-a}` : `M${-a} 0H${a}M0 ${-a}V${a}`;
  return (
    `<g transform="translate(${x} ${y})"><circle r="17" style="${PAPER}" stroke="currentColor" stroke-width="2"/>` +
    `<path d="${strokes}" stroke="currentColor" stroke-width="2.5" stroke-linecap="round"/></g>`
  );
}

// A picture of its own: SVG text with the description that a screen reader says. `more` are attributes of its element.
function picture(width, height, label, content, more = "") {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}"${more}>${content}</svg>`;
}

// ------------------------------------------------------------------------------------------------ controls

const STEP = 0.05; // of a slider, and of the arrow keys in its box
const LARGEST = 1e6; // number that can be typed: a larger one says no more, and is longer than its place

// JupyterLab takes the arrow keys of a focused cell unless the control itself says otherwise.
const OWN_KEYS = 'data-lm-suppress-shortcuts="true"';

// A slider with a box to type into. A control is {key, name, symbol, limit, colour}: the slider of the trait `key` goes
// from -limit to limit. With `below`, a function of the state, a line of HTML stands under it.
function rowHTML({ key, name, symbol, limit, colour, below }, id) {
  return (
    `<div class="lstm-row" style="--lstm-colour:${colour}"><label for="${id}-${key}">${name} ${symbol}</label>` +
    `<input type="range" id="${id}-${key}" data-key="${key}" min="${-limit}" max="${limit}" step="${STEP}" ${OWN_KEYS}>` +
    `<input type="text" inputmode="decimal" autocomplete="off" data-key="${key}" aria-label="${name}, typed value" ${OWN_KEYS}>` +
    `${below ? '<div class="lstm-below"></div>' : ""}</div>`
  );
}

// A button for each preset. `label` says what they set; `presets` is name -> changes of the state.
function choicesHTML(label, presets) {
  const choices = Object.keys(presets)
    .map((name) => `<button type="button" data-preset="${name}" aria-pressed="false" ${OWN_KEYS}>${name}</button>`)
    .join("");
  return `<div role="group" aria-label="${label}">${choices}</div>`;
}

// The presets, then the buttons that let time go on. `between` is HTML.
function barHTML(label, presets, between = "") {
  const action = (name, words) => `<button type="button" data-action="${name}" ${OWN_KEYS}>${words}</button>`;
  return (
    `<div class="lstm-bar">${choicesHTML(label, presets)}${between}` +
    `<div role="group" aria-label="Time">${action("1", "Run 1 step")}${action("10", "Run 10 steps")}${action("reset", "Reset")}</div></div>`
  );
}

function showRow(root, { key, limit, below }, state) {
  const slider = root.querySelector(`input[type=range][data-key=${key}]`);
  const box = root.querySelector(`input[type=text][data-key=${key}]`);
  slider.value = state[key];
  slider.setAttribute("aria-valuetext", signed(state[key]));
  const place = 50 + 50 * Math.max(-1, Math.min(1, state[key] / limit)); // the track is filled from zero
  slider.style.setProperty("--lstm-from", `${Math.min(50, place)}%`);
  slider.style.setProperty("--lstm-to", `${Math.max(50, place)}%`);
  box.value = signed(state[key]);
  if (below) box.nextElementSibling.innerHTML = below(state);
}

function wireRow(root, { key }, read, write, signal) {
  const slider = root.querySelector(`input[type=range][data-key=${key}]`);
  const box = root.querySelector(`input[type=text][data-key=${key}]`);
  slider.addEventListener("input", () => write({ [key]: Number(slider.value) }), { signal });
  const commit = () => {
    const value = within(parse(box.value), -LARGEST, LARGEST);
    if (Number.isFinite(value) && box.value !== signed(read()[key])) write({ [key]: value });
    else box.value = signed(read()[key]);
  };
  box.addEventListener("change", commit, { signal });
  box.addEventListener("keydown", (event) => {
    const direction = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!direction) return;
    event.preventDefault();
    write({ [key]: Number((read()[key] + direction * STEP).toFixed(4)) });
  }, { signal });
}

// Numbers from `from` to `to`, for the stops of a slider.
const range = (from, to, by) => Array.from({ length: Math.round((to - from) / by) + 1 }, (_, k) => Number((from + k * by).toFixed(4)));

// A slider through given values: {key, name, values, say, colour}. `values` may be a function of the state; `say` puts one
// into words. A trait whose value is not among them stands at the nearest.
function stopsHTML({ key, name, colour }, id) {
  return (
    `<div class="lstm-row lstm-stops" style="--lstm-colour:${colour}"><label for="${id}-${key}">${name}</label><output for="${id}-${key}" data-key="${key}"></output>` +
    `<input type="range" id="${id}-${key}" data-key="${key}" min="0" step="1" ${OWN_KEYS}></div>`
  );
}

const stopsOf = ({ values }, state) => (typeof values === "function" ? values(state) : values);

// The place in `values` that is nearest to a value.
function nearest(values, value) {
  const distance = (v) => (v === value ? 0 : v === null || value === null ? Infinity : Math.abs(v - value));
  return values.reduce((best, v, k) => (distance(v) < distance(values[best]) ? k : best), values.length - 1);
}

function wireStops(root, row, read, write, signal) {
  const slider = root.querySelector(`input[type=range][data-key=${row.key}]`);
  slider.addEventListener("input", () => write({ [row.key]: stopsOf(row, read())[slider.value] }), { signal });
}

function showStops(root, row, state) {
  const slider = root.querySelector(`input[type=range][data-key=${row.key}]`);
  const values = stopsOf(row, state), place = nearest(values, state[row.key]);
  slider.max = values.length - 1;
  slider.value = place;
  slider.setAttribute("aria-valuetext", row.say(state[row.key]));
  slider.style.setProperty("--lstm-from", "0%");
  slider.style.setProperty("--lstm-to", `${(100 * place) / (values.length - 1)}%`);
  root.querySelector(`output[data-key=${row.key}]`).textContent = row.say(state[row.key]);
}

// What changes when `step`, a function of the state, is taken `count` times.
function run(step, state, count) {
  let changes = {};
  for (let n = 0; n < count; n++) changes = { ...changes, ...step({ ...state, ...changes }) };
  return changes;
}

// -------------------------------------------------------------------------------------------------- widget

// A text that no other id on the page begins with. Every widget of a notebook loads this script anew, so they count together.
function freshId(name) {
  globalThis.lstmWidgets = (globalThis.lstmWidgets ?? 0) + 1;
  return `lstm-${name}-${globalThis.lstmWidgets}`;
}

// A widget as anywidget wants it, {render}. Its root element has the classes lstm-explorer and lstm-<name>; `keys` are the
// traits that it knows. `build` fills the root once and gives the function that draws a state; it is handed
//   root, id          the element, and a text that no other element's id begins with
//   read()            the state: trait -> value;  start: the state at first
//   write(changes)    sets traits, here and in Python; the drawing follows
//   signal            aborted when the widget is taken away: listeners, timers and frames end with it
function mounted(name, keys, build) {
  function render({ model, el }) {
    const root = document.createElement("div");
    root.className = `lstm-explorer lstm-${name}`;
    el.append(root);
    const listening = new AbortController();
    const { signal } = listening;
    const read = () => Object.fromEntries(keys.map((key) => [key, model.get(key)]));
    const write = (changes) => {
      for (const [key, value] of Object.entries(changes)) model.set(key, value);
      model.save_changes();
    };
    const show = build({ root, id: freshId(name), read, write, start: read(), signal });

    // Several values may change at once: draw once for all of them.
    let waiting = false;
    const changed = () => {
      if (waiting) return;
      waiting = true;
      queueMicrotask(() => {
        waiting = false;
        if (!signal.aborted) show(read());
      });
    };
    for (const key of keys) model.on(`change:${key}`, changed);
    show(read());

    return () => {
      listening.abort();
      for (const key of keys) model.off(`change:${key}`, changed);
    };
  }

  return { render };
}

// A widget of sliders, from
//   name              its name
//   controls          its rows, as in rowHTML;  others: the traits without a row, [names]
//   looks             traits that say how it is looked at, [names]: Reset leaves them
//   presets           name -> changes of the state;  step: state -> changes, one step of time
//   html(id)          its page: rows, a bar, a place .lstm-sentence, and a place .lstm-<view> for each of `views`
//   views             name -> function of the state that gives HTML;  sentence: state -> what happens, in words
//   also(handle)      wires what is its own, with the handle of mounted(); gives a function that draws a state
function explorer({ name, controls, others, looks = [], presets, step, html, views, sentence, also = () => () => {} }) {
  const traits = [...controls.map((control) => control.key), ...others, ...looks];
  return mounted(name, traits, (handle) => {
    const { root, id, read, write, signal } = handle;
    const start = Object.fromEntries(Object.entries(handle.start).filter(([key]) => !looks.includes(key)));
    root.innerHTML = html(id);
    for (const control of controls) wireRow(root, control, read, write, signal);
    for (const button of root.querySelectorAll("[data-preset], [data-action]")) {
      const { preset, action } = button.dataset;
      const press = () => write(preset ? presets[preset] : action === "reset" ? start : run(step, read(), Number(action)));
      button.addEventListener("click", press, { signal });
    }
    const show = also(handle);
    return (state) => {
      for (const [view, draw] of Object.entries(views)) root.querySelector(`.lstm-${view}`).innerHTML = draw(state);
      root.querySelector(".lstm-sentence").textContent = sentence(state);
      show(state);
      for (const control of controls) showRow(root, control, state);
      for (const button of root.querySelectorAll("[data-preset]")) {
        const pressed = Object.entries(presets[button.dataset.preset]).every(([key, value]) => state[key] === value);
        button.setAttribute("aria-pressed", String(pressed));
      }
    };
  });
}

// Makes an element's content what `html` says and keeps the elements that are there already, and so the focus in them.
// Where the content changes its form (another kind of element, another data-part) it is drawn anew.
function patch(element, html) {
  const drawn = element.cloneNode(false);
  drawn.innerHTML = html;
  align(element, drawn);
}

function align(old, wanted) {
  const before = [...old.childNodes];
  const after = [...wanted.childNodes];
  before.slice(after.length).forEach((node) => node.remove());
  after.forEach((node, k) => {
    const there = before[k];
    if (!there) old.append(node);
    else if (there.isEqualNode(node)) return;
    else if (node.nodeType === Node.TEXT_NODE && there.nodeType === Node.TEXT_NODE) there.data = node.data;
    else if (there.nodeName !== node.nodeName || there.getAttribute("data-part") !== node.getAttribute("data-part")) there.replaceWith(node);
    else {
      for (const { name } of [...there.attributes]) if (!node.hasAttribute(name)) there.removeAttribute(name);
      for (const { name, value } of node.attributes) if (there.getAttribute(name) !== value) there.setAttribute(name, value);
      align(there, node);
    }
  });
}
