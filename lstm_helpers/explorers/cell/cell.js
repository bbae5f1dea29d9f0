// The cell: one LSTM unit, drawn and computed in the browser.
//
// Pure functions: compute(state), step(state), sentence(state), draw(state), drawTrace(state). Everything above
// `render` works without Jupyter. A state is a plain object:
//   x, h_prev, c_prev              numbers
//   b_i, b_f, b_g, b_o             each layer's bias: its own part of the pre-activation
//   weights {i: [w_x, w_h], ...}   the layer's weights for x and h_prev
//   trace [numbers]                earlier cell states, oldest first

const GATES = ["i", "f", "g", "o"];
const NAMES = { i: "input gate", f: "forget gate", g: "candidate", o: "output gate" };
const STEPS_SHOWN = 20;

// The colours of lstm_helpers.figures.COLOURS: one colour a quantity, everywhere in the course.
export const COLOURS = {
  i: "#009E73", f: "#D55E00", g: "#CC79A7", o: "#0072B2", c: "#B8860B", h: "#56B4E9", x: "#666666",
};

// Two gates alone decide what happens to the memory, so a preset sets these two and leaves the rest.
export const PRESETS = {
  remember: { b_f: 8, b_i: -8 },
  forget: { b_f: -8, b_i: -8 },
  overwrite: { b_f: -8, b_i: 8 },
  leak: { b_f: 2.2, b_i: -8 },
};

// ---------------------------------------------------------------------------------------------- mathematics

function sigmoid(z) {
  const e = Math.exp(-Math.abs(z)); // the exponent is never positive, so it cannot overflow
  return (z >= 0 ? 1 : e) / (1 + e);
}

// Everything one time step computes: z (one number a layer), i, f, g, o, kept = f c_prev, added = i g, c, tanh_c, h.
export function compute(state) {
  const z = {};
  for (const k of GATES) {
    const [w_x, w_h] = state.weights[k];
    z[k] = w_x * state.x + w_h * state.h_prev + state[`b_${k}`];
  }
  const i = sigmoid(z.i);
  const f = sigmoid(z.f);
  const g = Math.tanh(z.g);
  const o = sigmoid(z.o);
  const kept = f * state.c_prev;
  const added = i * g;
  const c = kept + added;
  const tanh_c = Math.tanh(c);
  const h = o * tanh_c;
  return { z, i, f, g, o, kept, added, c, tanh_c, h };
}

// What changes when time goes on by one step: the results become the next step's previous values.
export function step(state) {
  const { c, h } = compute(state);
  return { c_prev: c, h_prev: h, trace: [...state.trace, state.c_prev].slice(-STEPS_SHOWN) };
}

// ---------------------------------------------------------------------------------------------------- words

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

export function sentence(state) {
  const r = compute(state);
  return (
    `The forget gate keeps ${percent(r.f)} of the old cell state ${plain(state.c_prev)}; ` +
    `the input gate adds ${percent(r.i)} of the candidate ${plain(r.g)}: the new cell state is ${plain(r.c)}. ` +
    `The output gate shows ${percent(r.o)} of tanh(${plain(r.c)}): the new hidden state is ${plain(r.h)}.`
  );
}

// -------------------------------------------------------------------------------------------------- drawing

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

// A gate's chip has a bar as well: how far the gate stands open.
function gateChip(x, y, letter, value) {
  const colour = COLOURS[letter];
  const bar = Math.abs(value) * 68;
  const start = value < 0 ? x - 34 + (68 - bar) : x - 34;
  return (
    `<g><rect x="${x - 46}" y="${y - 17}" width="92" height="34" rx="11" style="${PAPER}" stroke="${colour}" ` +
    `stroke-width="1.5"/>${text(x, y + 2, `${symbol(letter)} = ${letter === "g" ? signed(value) : plain(value)}`)}` +
    `<rect x="${x - 34}" y="${y + 8}" width="68" height="4" rx="2" fill="currentColor" fill-opacity=".15"/>` +
    `<rect x="${start.toFixed(2)}" y="${y + 8}" width="${bar.toFixed(2)}" height="4" rx="2" fill="${colour}"/></g>`
  );
}

// A layer: its name, and the function with the very number it is applied to.
function layer(x, y, letter, z) {
  const colour = COLOURS[letter];
  const call = `${letter === "g" ? "tanh" : "\u03c3"}(${signed(z)})`;
  return (
    `<g><rect x="${x - 58}" y="${y - 32}" width="116" height="64" rx="12" style="${PAPER}"/>` +
    `<rect x="${x - 58}" y="${y - 32}" width="116" height="64" rx="12" fill="${colour}" fill-opacity=".16" ` +
    `stroke="${colour}" stroke-width="2"/>${text(x, y - 8, NAMES[letter], { size: 14, weight: 600 })}` +
    `${text(x, y + 17, call, { size: call.length > 11 ? 14 : 16 })}</g>`
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

// The cell as SVG text. With `card`, the picture stands on its own: explicit colours on a light background.
export function draw(state, { card = false } = {}) {
  const r = compute(state);
  const { c: C, h: Hc, x: X } = COLOURS;
  const col = { f: 214, i: 342, g: 470, o: 598, show: 682, up: 760 }; // the grid's columns and rows
  const row = { c: 96, tanh: 152, times: 246, gate: 302, layer: 372, bus: 450 };
  const parts = [];
  const put = (...items) => parts.push(...items);

  put(`<rect x="104" y="48" width="680" height="436" rx="28" fill="currentColor" fill-opacity=".045" stroke="currentColor" stroke-opacity=".35" stroke-width="1.5"/>`);

  // The cell state's line: keep, add, go on.
  put(
    wire(`M8 ${row.c}H${col.f - 17}`, C, state.c_prev),
    wire(`M${col.f + 17} ${row.c}H${col.g - 17}`, C, r.kept),
    wire(`M${col.g + 17} ${row.c}H866`, C, r.c),
    arrow(col.f - 18, row.c, "right", C), arrow(col.g - 18, row.c, "right", C), arrow(876, row.c, "right", C),
  );
  // A copy of it goes down through tanh and meets the output gate.
  put(
    wire(`M${col.show} ${row.c}V${row.tanh - 16}`, C, r.c),
    wire(`M${col.show} ${row.tanh + 16}V${row.times - 17}`, C, r.tanh_c),
    arrow(col.show, row.tanh - 17, "down", C), arrow(col.show, row.times - 18, "down", C),
    dot(col.show, row.c, C, r.c),
  );
  // The hidden state leaves to the right, and upwards over the cell state's line by a bridge.
  put(
    wire(`M${col.show} ${row.times + 17}V${row.bus}H866`, Hc, r.h),
    `<path d="M${col.up} ${row.c + 13}A13 13 0 0 1 ${col.up} ${row.c - 13}" fill="none" style="stroke:var(--lstm-paper,#fff)" stroke-width="${(thickness(r.h) + 6).toFixed(2)}"/>`,
    wire(`M${col.up} ${row.bus}V${row.c + 13}A13 13 0 0 1 ${col.up} ${row.c - 13}V26`, Hc, r.h),
    arrow(876, row.bus, "right", Hc), arrow(col.up, 16, "up", Hc), dot(col.up, row.bus, Hc, r.h),
  );
  // h and x join; all four layers read both.
  put(
    wire(`M8 ${row.bus}H150`, Hc, state.h_prev),
    wire(`M132 540V${row.bus + 18}Q132 ${row.bus} 150 ${row.bus}`, X, state.x),
    `<path d="M150 ${row.bus}H${col.o}V${row.layer + 34}" fill="none" stroke="currentColor" stroke-opacity=".62" stroke-width="3" stroke-linejoin="round"/>`,
  );
  for (const k of ["f", "i", "g"]) {
    put(`<path d="M${col[k]} ${row.bus}V${row.layer + 34}" stroke="currentColor" stroke-opacity=".62" stroke-width="3"/>`);
    put(dot(col[k], row.bus, "currentColor"));
  }
  for (const k of ["f", "i", "g", "o"]) put(arrow(col[k], row.layer + 33, "up", "currentColor"));
  // From each layer up to where it acts.
  const top = row.layer - 32;
  put(
    wire(`M${col.f} ${top}V${row.c + 17}`, COLOURS.f, r.f), arrow(col.f, row.c + 18, "up", COLOURS.f),
    wire(`M${col.i} ${top}V${row.times}H${col.g - 17}`, COLOURS.i, r.i), arrow(col.g - 18, row.times, "right", COLOURS.i),
    wire(`M${col.g} ${top}V${row.times + 17}`, COLOURS.g, r.g), arrow(col.g, row.times + 18, "up", COLOURS.g),
    wire(`M${col.g} ${row.times - 17}V${row.c + 17}`, COLOURS.g, r.added), arrow(col.g, row.c + 18, "up", COLOURS.g),
    wire(`M${col.o} ${top}V${row.times}H${col.show - 17}`, COLOURS.o, r.o), arrow(col.show - 18, row.times, "right", COLOURS.o),
  );
  put(operation(col.f, row.c, "times"), operation(col.g, row.c, "plus"));
  put(operation(col.g, row.times, "times"), operation(col.show, row.times, "times"));
  put(
    `<g><rect x="${col.show - 58}" y="${row.tanh - 16}" width="116" height="32" rx="16" style="${PAPER}"/>` +
    `<rect x="${col.show - 58}" y="${row.tanh - 16}" width="116" height="32" rx="16" fill="${C}" fill-opacity=".16" stroke="${C}" stroke-width="2"/>` +
    `${text(col.show, row.tanh + 5, `tanh(${signed(r.c)})`)}</g>`,
  );
  for (const k of ["f", "i", "g", "o"]) put(gateChip(col[k], row.gate, k, r[k]), layer(col[k], row.layer, k, r.z[k]));
  put(
    chip((col.f + col.g) / 2, row.c, 146, C, `${symbol("f")} \u00b7 ${symbol("c", "t\u22121")} = ${signed(r.kept)}`),
    chip(col.g, 170, 118, COLOURS.g, `${symbol("i")} \u00b7 ${symbol("g")} = ${signed(r.added)}`),
    chip(col.show, 199, 74, C, signed(r.tanh_c)),
    chip(54, row.c, 72, C, signed(state.c_prev)), chip(822, row.c, 72, C, signed(r.c)),
    chip(54, row.bus, 72, Hc, signed(state.h_prev)), chip(822, row.bus, 72, Hc, signed(r.h)),
    chip(132, 512, 72, X, signed(state.x)),
  );
  const big = { size: 21 };
  put(
    text(54, row.c - 24, symbol("c", "t\u22121"), big), text(822, row.c - 24, symbol("c", "t"), big),
    text(54, row.bus - 24, symbol("h", "t\u22121"), big), text(822, row.bus - 24, symbol("h", "t"), big),
    text(88, 518, symbol("x", "t"), { ...big, anchor: "end" }), text(col.up + 14, 32, symbol("h", "t"), { ...big, anchor: "start" }),
    text((col.f + col.i) / 2, row.bus + 22, `[${symbol("h", "t\u22121")}, ${symbol("x", "t")}]`, { size: 15 }),
    text(col.f, row.c - 26, "keep", { size: 14 }), text(col.g, row.c - 26, "add", { size: 14 }),
    text(col.show + 25, row.times + 5, "show", { size: 14, anchor: "start" }),
  );

  put(text(784, 518, "A thicker wire carries a larger number; a dashed one carries almost nothing.", { size: 14, anchor: "end" }));

  const label = `One step of an LSTM cell. ${sentence(state)}`;
  const frame = card
    ? ' width="880" height="548" style="color:#1f2328"><rect width="880" height="548" rx="12" fill="#fff"/>'
    : ">";
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 880 548" role="img" aria-label="${label}"${frame}\n${parts.join("\n")}\n</svg>\n`;
}

// The cell state over the last steps: filled points are past, the large one is c_{t-1}, the hollow one is c_t.
export function drawTrace(state) {
  const { c } = compute(state);
  const past = [...state.trace.slice(-STEPS_SHOWN), state.c_prev];
  const all = [...past, c];
  const limit = Math.max(1, ...all.map(Math.abs));
  const X = (k) => 62 + 15 * (STEPS_SHOWN - past.length + 1 + k);
  const Y = (v) => 88 - (72 * v) / limit;
  const at = (v, k) => `${X(k)} ${Y(v).toFixed(2)}`;
  const last = past.length - 1;
  const out = [];
  for (const v of [limit, 0, -limit]) {
    out.push(`<path d="M56 ${Y(v)}H384" stroke="currentColor" stroke-opacity="${v === 0 ? 0.5 : 0.15}"/>`);
    out.push(text(50, Y(v) + 5, v === 0 ? "0" : signed(v), { size: 14, anchor: "end" }));
  }
  out.push(`<path d="M${past.map(at).join("L")}" fill="none" stroke="${COLOURS.c}" stroke-width="2"/>`);
  out.push(`<path d="M${at(past[last], last)}L${at(c, last + 1)}" stroke="${COLOURS.c}" stroke-width="2" stroke-dasharray="3 3"/>`);
  past.forEach((v, k) => out.push(`<circle cx="${X(k)}" cy="${Y(v).toFixed(2)}" r="${k === last ? 5 : 3}" fill="${COLOURS.c}"/>`));
  out.push(`<circle cx="${X(last + 1)}" cy="${Y(c).toFixed(2)}" r="5" style="${PAPER}" stroke="${COLOURS.c}" stroke-width="2"/>`);
  out.push(text(62, 186, "20 steps ago", { size: 14, anchor: "start" }));
  out.push(text(360, 186, "now", { size: 14, anchor: "end" }), text(366, 186, "next", { size: 14, anchor: "start" }));
  const label = `Cell state, step by step: ${all.map(plain).join(", ")}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 192" role="img" aria-label="${label}">${out.join("")}</svg>`;
}

// ---------------------------------------------------------------------------------------------------- widget

const INPUTS = [
  { key: "x", name: "input", symbol: "<i>x</i><sub>t</sub>", limit: 2, colour: COLOURS.x },
  { key: "h_prev", name: "previous hidden state", symbol: "<i>h</i><sub>t\u22121</sub>", limit: 1, colour: COLOURS.h },
  { key: "c_prev", name: "previous cell state", symbol: "<i>c</i><sub>t\u22121</sub>", limit: 3, colour: COLOURS.c },
];
const BIASES = ["f", "i", "g", "o"].map((k) => ({
  key: `b_${k}`, gate: k, name: NAMES[k], symbol: `<i>b</i><sub>${k}</sub>`, limit: 8, colour: COLOURS[k],
}));
const CONTROLS = [...INPUTS, ...BIASES];
const KEYS = [...CONTROLS.map((control) => control.key), "weights", "trace"];
const STEP = 0.05;

// JupyterLab takes the arrow keys of a focused cell unless the control itself says otherwise.
const OWN_KEYS = 'data-lm-suppress-shortcuts="true"';

let instances = 0;

function rowHTML({ key, gate, name, symbol, limit, colour }, id) {
  const gone = gate ? '<div class="lstm-z"></div>' : "";
  const what = gate ? `${name} bias` : name;
  return (
    `<div class="lstm-row" style="--lstm-colour:${colour}"><label for="${id}-${key}">${what} ${symbol}</label>` +
    `<input type="range" id="${id}-${key}" data-key="${key}" min="${-limit}" max="${limit}" step="${STEP}" ${OWN_KEYS}>` +
    `<input type="text" inputmode="decimal" autocomplete="off" data-key="${key}" aria-label="${what}, typed value" ${OWN_KEYS}>` +
    `${gone}</div>`
  );
}

function widgetHTML(id) {
  const presets = Object.keys(PRESETS)
    .map((name) => `<button type="button" data-preset="${name}" aria-pressed="false" ${OWN_KEYS}>${name}</button>`)
    .join("");
  const action = (name, words) => `<button type="button" data-action="${name}" ${OWN_KEYS}>${words}</button>`;
  return (
    `<div class="lstm-bar"><div role="group" aria-label="Presets of the forget and input gates">${presets}</div>` +
    `<div role="group" aria-label="Time">${action("1", "Run 1 step")}${action("10", "Run 10 steps")}${action("reset", "Reset")}</div></div>` +
    `<div class="lstm-drawing"></div><p class="lstm-sentence" aria-live="polite"></p>` +
    `<div class="lstm-controls"><fieldset><legend>What the cell is given</legend>${INPUTS.map((c) => rowHTML(c, id)).join("")}` +
    `<p class="lstm-note">The cell state, step by step</p><div class="lstm-trace"></div></fieldset>` +
    `<fieldset><legend>Each layer\u2019s pre-activation <i>z</i></legend>` +
    `<p class="lstm-note">A layer adds up a weighted <i>x</i>, a weighted <i>h</i> and its own bias <i>b</i>. The slider sets <i>b</i>.</p>` +
    `${BIASES.map((c) => rowHTML(c, id)).join("")}</fieldset></div>`
  );
}

function zHTML(gate, state, z) {
  const [w_x, w_h] = state.weights[gate];
  const joined = (v) => `${v < 0 ? "\u2212" : "+"} ${plain(Math.abs(v))}`;
  return (
    `<i>z</i><sub>${gate}</sub> = ${plain(w_x)} <i>x</i> ${joined(w_h)} <i>h</i> ${joined(state[`b_${gate}`])}` +
    ` = <b>${signed(z)}</b>`
  );
}

function parse(typed) {
  const tidy = typed.trim().replace("\u2212", "-").replace(",", ".");
  return tidy === "" ? NaN : Number(tidy);
}

function render({ model, el }) {
  const root = document.createElement("div");
  root.className = "lstm-cell";
  root.innerHTML = widgetHTML(`lstm-cell-${++instances}`);
  el.append(root);
  const $ = (selector) => root.querySelector(selector);
  const $$ = (selector) => [...root.querySelectorAll(selector)];
  const listening = new AbortController();
  const { signal } = listening;

  const read = () => Object.fromEntries(KEYS.map((key) => [key, model.get(key)]));
  const start = read();
  const write = (changes) => {
    for (const [key, value] of Object.entries(changes)) model.set(key, value);
    model.save_changes();
  };

  function show() {
    const state = read();
    const { z } = compute(state);
    $(".lstm-drawing").innerHTML = draw(state);
    $(".lstm-trace").innerHTML = drawTrace(state);
    $(".lstm-sentence").textContent = sentence(state);
    for (const { key, gate, limit } of CONTROLS) {
      const slider = $(`input[type=range][data-key=${key}]`);
      const box = $(`input[type=text][data-key=${key}]`);
      slider.value = state[key];
      slider.setAttribute("aria-valuetext", signed(state[key]));
      const place = 50 + 50 * Math.max(-1, Math.min(1, state[key] / limit)); // the track is filled from zero
      slider.style.setProperty("--lstm-from", `${Math.min(50, place)}%`);
      slider.style.setProperty("--lstm-to", `${Math.max(50, place)}%`);
      box.value = signed(state[key]);
      if (gate) box.nextElementSibling.innerHTML = zHTML(gate, state, z[gate]);
    }
    for (const button of $$("[data-preset]")) {
      const pressed = Object.entries(PRESETS[button.dataset.preset]).every(([key, value]) => state[key] === value);
      button.setAttribute("aria-pressed", String(pressed));
    }
  }

  // Several values may change at once: draw once for all of them.
  let waiting = false;
  const changed = () => {
    if (waiting) return;
    waiting = true;
    queueMicrotask(() => {
      waiting = false;
      if (!signal.aborted) show();
    });
  };

  for (const slider of $$("input[type=range]")) {
    slider.addEventListener("input", () => write({ [slider.dataset.key]: Number(slider.value) }), { signal });
  }
  for (const box of $$("input[type=text]")) {
    const { key } = box.dataset;
    const commit = () => {
      const value = parse(box.value);
      if (Number.isFinite(value) && box.value !== signed(model.get(key))) write({ [key]: value });
      else box.value = signed(model.get(key));
    };
    box.addEventListener("change", commit, { signal });
    box.addEventListener("keydown", (event) => {
      const direction = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      if (!direction) return;
      event.preventDefault();
      write({ [key]: Number((model.get(key) + direction * STEP).toFixed(4)) });
    }, { signal });
  }
  for (const button of $$("[data-preset]")) {
    button.addEventListener("click", () => write(PRESETS[button.dataset.preset]), { signal });
  }
  for (const button of $$("[data-action]")) {
    button.addEventListener("click", () => {
      const { action } = button.dataset;
      if (action === "reset") return write(start);
      let state = read();
      for (let n = 0; n < Number(action); n++) state = { ...state, ...step(state) };
      const { c_prev, h_prev, trace } = state;
      write({ c_prev, h_prev, trace });
    }, { signal });
  }
  for (const key of KEYS) model.on(`change:${key}`, changed);
  show();

  return () => {
    listening.abort();
    for (const key of KEYS) model.off(`change:${key}`, changed);
  };
}

export default { render };
