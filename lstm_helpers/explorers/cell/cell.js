// The cell: one LSTM unit, drawn and computed in the browser. shared.js, which stands before it, has what it is made of.
//
// Pure functions: compute(state), step(state), sentence(state), draw(state), drawTrace(state). A state is a plain object:
//   x, h_prev, c_prev              numbers
//   b_i, b_f, b_g, b_o             each layer's bias: its own part of the pre-activation
//   weights {i: [w_x, w_h], ...}   the layer's weights for x and h_prev
//   trace [numbers]                earlier cell states, oldest first

const GATES = ["i", "f", "g", "o"];
const NAMES = { i: "input gate", f: "forget gate", g: "candidate", o: "output gate" };
const STEPS_SHOWN = 20;

// Two gates alone decide what happens to the memory, so a preset sets these two and leaves the rest.
export const PRESETS = {
  remember: { b_f: 8, b_i: -8 },
  forget: { b_f: -8, b_i: -8 },
  overwrite: { b_f: -8, b_i: 8 },
  leak: { b_f: 2.2, b_i: -8 },
};

// ---------------------------------------------------------------------------------------------- mathematics

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

export function sentence(state) {
  const r = compute(state);
  return (
    `The forget gate keeps ${percent(r.f)} of the old cell state ${plain(state.c_prev)}; ` +
    `the input gate adds ${percent(r.i)} of the candidate ${plain(r.g)}: the new cell state is ${plain(r.c)}. ` +
    `The output gate shows ${percent(r.o)} of tanh(${plain(r.c)}): the new hidden state is ${plain(r.h)}.`
  );
}

// -------------------------------------------------------------------------------------------------- drawing

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
  const paper = card ? '<rect width="880" height="548" rx="12" fill="#fff"/>' : "";
  const alone = card ? ' width="880" height="548" style="color:#1f2328"' : "";
  return `${picture(880, 548, label, `${paper}\n${parts.join("\n")}\n`, alone)}\n`;
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
  return picture(400, 192, label, out.join(""));
}

// ---------------------------------------------------------------------------------------------------- widget

const INPUTS = [
  { key: "x", name: "input", symbol: "<i>x</i><sub>t</sub>", limit: 2, colour: COLOURS.x },
  { key: "h_prev", name: "previous hidden state", symbol: "<i>h</i><sub>t\u22121</sub>", limit: 1, colour: COLOURS.h },
  { key: "c_prev", name: "previous cell state", symbol: "<i>c</i><sub>t\u22121</sub>", limit: 3, colour: COLOURS.c },
];
const BIASES = ["f", "i", "g", "o"].map((k) => ({
  key: `b_${k}`, name: `${NAMES[k]} bias`, symbol: `<i>b</i><sub>${k}</sub>`, limit: 8, colour: COLOURS[k],
  below: (state) => zHTML(k, state),
}));

function zHTML(gate, state) {
  const z = compute(state).z[gate];
  const [w_x, w_h] = state.weights[gate];
  const joined = (v) => `${v < 0 ? "\u2212" : "+"} ${plain(Math.abs(v))}`;
  return (
    `<i>z</i><sub>${gate}</sub> = ${plain(w_x)} <i>x</i> ${joined(w_h)} <i>h</i> ${joined(state[`b_${gate}`])}` +
    ` = <b>${signed(z)}</b>`
  );
}

function widgetHTML(id) {
  return (
    `${barHTML("Presets of the forget and input gates", PRESETS)}<div class="lstm-drawing"></div>` +
    `<p class="lstm-sentence" aria-live="polite"></p>` +
    `<div class="lstm-controls"><fieldset><legend>What the cell is given</legend>${INPUTS.map((c) => rowHTML(c, id)).join("")}` +
    `<p class="lstm-note">The cell state, step by step</p><div class="lstm-trace"></div></fieldset>` +
    `<fieldset><legend>Each layer\u2019s pre-activation <i>z</i></legend>` +
    `<p class="lstm-note">A layer adds up a weighted <i>x</i>, a weighted <i>h</i> and its own bias <i>b</i>. The slider sets <i>b</i>.</p>` +
    `${BIASES.map((c) => rowHTML(c, id)).join("")}</fieldset></div>`
  );
}

export default explorer({
  name: "cell",
  controls: [...INPUTS, ...BIASES],
  others: ["weights", "trace"],
  presets: PRESETS,
  step,
  html: widgetHTML,
  views: { drawing: draw, trace: drawTrace },
  sentence,
});
