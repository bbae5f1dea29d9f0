// The cell: one LSTM unit, drawn and computed in the browser. shared.js, which stands before it, has what it is made of.
//
// Pure functions: compute(state), step(state), sentence(state), equation(part, state), draw(state), drawTrace(state). A
// state is a plain object:
//   x, h_prev, c_prev              numbers
//   b_i, b_f, b_g, b_o             each layer's bias: its own part of the pre-activation
//   weights {i: [w_x, w_h], ...}   the layer's weights for x and h_prev
//   trace [numbers]                earlier cell states, oldest first
//   depth "overview" or "full"     shapes alone, or each number with its equation

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

export const DEPTHS = { Overview: { depth: "overview" }, "In full": { depth: "full" } };

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

// ------------------------------------------------------------------------------------------------ equations

// The parts of the picture in the order in which they are computed: each is one number.
//   name     what it is called;  colour: of which quantity
//   symbol   how it is written: an index follows "_", also in what is said below
//   note     where it comes from and what it does there
const READS = "reads x_t and h_t\u22121";
export const PARTS = {
  x: { name: "input", colour: "x", symbol: "x_t", note: ["is given: its slider sets it", "is read by all four layers"] },
  h_prev: { name: "previous hidden state", colour: "h", symbol: "h_t\u22121", note: ["comes from the step before", "is read by all four layers"] },
  c_prev: { name: "previous cell state", colour: "c", symbol: "c_t\u22121", note: ["comes from the step before", "is multiplied by f"] },
  f: { name: "forget gate", colour: "f", symbol: "f", note: [READS, "multiplies c_t\u22121"] },
  i: { name: "input gate", colour: "i", symbol: "i", note: [READS, "multiplies g"] },
  g: { name: "candidate", colour: "g", symbol: "g", note: [READS, "is multiplied by i"] },
  o: { name: "output gate", colour: "o", symbol: "o", note: [READS, "multiplies tanh(c_t)"] },
  kept: { name: "what is kept", colour: "c", symbol: "f \u00b7 c_t\u22121", note: ["reads f and c_t\u22121", "goes into the sum"] },
  added: { name: "what is added", colour: "g", symbol: "i \u00b7 g", note: ["reads i and g", "goes into the sum"] },
  c: { name: "new cell state", colour: "c", symbol: "c_t", note: ["is what is kept and what is added", "goes to the next step"] },
  tanh: { name: "squashed cell state", colour: "c", symbol: "tanh(c_t)", note: ["reads the new c_t", "is multiplied by o"] },
  h: { name: "new hidden state", colour: "h", symbol: "h_t", note: ["reads o and tanh(c_t)", "goes to the next step, and upwards"] },
};

// A number that is given, as it is; one that was computed, with four decimals; a factor, in brackets if it is negative.
const sized = (v, digits) => (v < 0 && Number(digits) !== 0 ? "\u2212" : "") + digits;
const large = (size) => size.toExponential(3).replace("e+", "e");
const given = (v) => sized(v, Math.abs(v) >= 1e5 ? large(Math.abs(v)) : String(Number(Math.abs(v).toFixed(4))));
const computed = (v) => sized(v, Math.abs(v) >= 1e5 ? large(Math.abs(v)) : Math.abs(v).toFixed(4));
const factor = (text) => (text.startsWith("\u2212") ? `(${text})` : text);
const joined = (v, text) => ` ${v < 0 ? "\u2212" : "+"} ${text}`;

// How a part comes about: its terms, each equal to the one before, first in letters and last its value.
export function equation(part, state) {
  const r = compute(state);
  const product = (a, b) => `${computed(a)} \u00b7 ${factor(b)}`;
  if (part in NAMES) {
    const squash = part === "g" ? "tanh" : "\u03c3";
    const [w_x, w_h] = state.weights[part];
    const b = state[`b_${part}`];
    const sum =
      `${given(w_x)} \u00b7 ${factor(given(state.x))}` +
      joined(w_h, `${given(Math.abs(w_h))} \u00b7 ${factor(given(state.h_prev))}`) + joined(b, given(Math.abs(b)));
    return [`${squash}(w_x \u00b7 x_t + w_h \u00b7 h_t\u22121 + b_${part})`, `${squash}(${sum})`, `${squash}(${computed(r.z[part])})`, computed(r[part])];
  }
  const previous = given(state.c_prev);
  switch (part) {
    case "kept": return [product(r.f, previous), computed(r.kept)];
    case "added": return [product(r.i, computed(r.g)), computed(r.added)];
    case "c":
      return [
        "f \u00b7 c_t\u22121 + i \u00b7 g", `${product(r.f, previous)} + ${product(r.i, computed(r.g))}`,
        `${computed(r.kept)}${joined(r.added, computed(Math.abs(r.added)))}`, computed(r.c),
      ];
    case "tanh": return [`tanh(${computed(r.c)})`, computed(r.tanh_c)];
    case "h": return ["o \u00b7 tanh(c_t)", `${computed(r.o)} \u00b7 tanh(${computed(r.c)})`, product(r.o, computed(r.tanh_c)), computed(r.h)];
    default: return [given(state[part])];
  }
}

// Letters as mathematics, with their indices, in HTML.
const written = (words) => words.replace(/(?<!\w)([a-zA-Z])(?:_(t\u22121|[a-z]))?(?!\w)/g, (_, letter, index) => `<i>${letter}</i>${index ? `<sub>${index}</sub>` : ""}`);

// The same for a screen reader.
const spoken = (words) =>
  words.replaceAll("_t\u22121", " t minus 1").replaceAll("_", " ").replaceAll("\u03c3(", "sigmoid(").replaceAll("\u00b7", "times")
    .replace(/\u2212\s?/g, "minus ");

export function label(part, state) {
  const { name, symbol, note } = PARTS[part];
  const terms = equation(part, state);
  const how = terms.length > 1 ? ` ${symbol} = ${terms.join(" = ")}.` : "";
  return spoken(`${name}, ${symbol} = ${terms.at(-1)}.${how} It ${note.join("; it ")}.`);
}

// -------------------------------------------------------------------------------------------------- drawing

// A gate's chip has a bar as well: how far the gate stands open.
function gateChip(x, y, letter, value) {
  const colour = COLOURS[letter];
  const bar = Math.abs(value) * 64;
  const start = value < 0 ? x - 32 + (64 - bar) : x - 32;
  return (
    `<g><rect x="${x - 44}" y="${y - 17}" width="88" height="34" rx="11" style="${PAPER}" stroke="${colour}" ` +
    `stroke-width="1.5"/>${text(x, y + 2, `${symbol(letter)} = ${letter === "g" ? signed(value) : plain(value)}`)}` +
    `<rect x="${x - 32}" y="${y + 8}" width="64" height="4" rx="2" fill="currentColor" fill-opacity=".15"/>` +
    `<rect x="${start.toFixed(2)}" y="${y + 8}" width="${bar.toFixed(2)}" height="4" rx="2" fill="${colour}"/></g>`
  );
}

function box(x, y, width, height, colour, content) {
  const place = `x="${x - width / 2}" y="${y - height / 2}" width="${width}" height="${height}" rx="${Math.min(12, height / 2)}"`;
  return `<g><rect ${place} style="${PAPER}"/><rect ${place} fill="${colour}" fill-opacity=".16" stroke="${colour}" stroke-width="2"/>${content}</g>`;
}

// A layer in full: its name, and the function with the very number it is applied to.
function layer(x, y, letter, z) {
  const call = `${letter === "g" ? "tanh" : "\u03c3"}(${signed(z)})`;
  const name = text(x, y - 8, NAMES[letter], { size: 14, weight: 600 });
  return box(x, y, 104, 64, COLOURS[letter], `${name}${text(x, y + 17, call, { size: call.length > 11 ? 13 : 15 })}`);
}

// A function's curve with the point where it stands now, about (x, y). z is shown from -limit to limit.
function curve(x, y, width, height, squash, limit, z, colour) {
  const at = (v) => `${(x + (width / 2) * (v / limit)).toFixed(1)} ${(y - height * (squash(v) - squash(0))).toFixed(1)}`;
  const points = Array.from({ length: 25 }, (_, k) => at(limit * (k / 12 - 1)));
  const [px, py] = at(Math.max(-limit, Math.min(limit, z))).split(" ");
  return (
    `<path d="M${points.join("L")}" fill="none" stroke="${colour}" stroke-width="2.5" stroke-linecap="round"/>` +
    `<circle cx="${px}" cy="${py}" r="4.5" fill="currentColor" style="stroke:var(--lstm-paper,#fff)" stroke-width="1.5"/>`
  );
}

// The same layer as a shape: an S-curve, which is steep in the middle and flat at its ends.
function layerShape(x, y, letter, z) {
  const [squash, limit, height] = letter === "g" ? [Math.tanh, 3, 13] : [sigmoid, 6, 26];
  const name = text(x, y - 12, NAMES[letter], { size: 14, weight: 600 });
  return box(x, y, 104, 64, COLOURS[letter], name + curve(x, y + 13, 72, height, squash, limit, z, COLOURS[letter]));
}

// A gate as a valve in the pipe that it acts on: two blades leave as much of the way free as it lets through.
function valve(x, y, turn, letter, open, flow, before, after) {
  const R = 22;
  const gap = open * (R - 3);
  const half = Math.sqrt(R * R - gap * gap).toFixed(2);
  const blade = (side) =>
    `<path d="M-${half} ${(side * gap).toFixed(2)}A${R} ${R} 0 0 ${side < 0 ? 1 : 0} ${half} ${(side * gap).toFixed(2)}Z" fill="${COLOURS[letter]}"/>`;
  const pipe = (from, v) => {
    const width = Math.min(thickness(v), 2 * gap);
    return `<rect x="${from}" y="${(-width / 2).toFixed(2)}" width="${R}" height="${width.toFixed(2)}" fill="${flow}"/>`;
  };
  return (
    `<g transform="translate(${x} ${y}) rotate(${TURN[turn]})"><circle r="${R}" style="${PAPER}"/>${pipe(-R, before)}${pipe(0, after)}` +
    `${blade(-1)}${blade(1)}<circle r="${R}" fill="none" stroke="currentColor" stroke-width="2"/></g>`
  );
}

// The cell as SVG text.
//   card     the picture stands on its own: in full, with explicit colours on a light background
//   at       the part that is looked at: all but what it reads, its own and what it acts on is drawn faintly
//   tab      the part that the tabulator key leads to;  kept: the part whose equation stays
// A line of the text draws one thing; data-lit names the parts that it stays clear for.
export function draw(state, { card = false, at = "", tab = "x", kept = "" } = {}) {
  const r = compute(state);
  const full = card || state.depth === "full";
  const { c: C, h: Hc, x: X } = COLOURS;
  const col = { f: 158, i: 270, g: 382, o: 494, show: 576, up: 650 }; // the grid's columns and rows
  const row = { c: 90, tanh: 148, times: 238, gate: 290, layer: 356, bus: 432 };
  const parts = [];
  const put = (lit, ...items) => {
    const faint = at && !lit.split(" ").includes(at) ? ' opacity=".2"' : "";
    parts.push(`<g data-lit="${lit}"${faint}>${items.join("")}</g>`);
  };
  // Paper under a label, so that a faint one does not show its wire through it.
  const paper = (x, y, width, height, rx) => parts.push(`<rect x="${x - width / 2}" y="${y - height / 2}" width="${width}" height="${height}" rx="${rx}" style="${PAPER}"/>`);
  // A number of the picture: in full it can be pointed at and focused. The ring about it is x, y, width, height.
  const number = (part, lit, [x, y, width, height], ...items) => {
    if (!(part in NAMES)) paper(x, y, width - 8, height - 8, 13);
    if (!full || card) return put(lit, ...items);
    const faint = at && !lit.split(" ").includes(at) ? ' opacity=".2"' : "";
    parts.push(
      `<g data-lit="${lit}" data-part="${part}" role="button" tabindex="${part === tab ? 0 : -1}" aria-pressed="${part === kept}" ` +
      `aria-label="${label(part, state)}" ${OWN_KEYS}${faint}><rect class="lstm-ring" x="${x - width / 2}" y="${y - height / 2}" ` +
      `width="${width}" height="${height}" rx="14" fill="transparent"/>${items.join("")}</g>`,
    );
  };

  parts.push(`<rect x="84" y="44" width="590" height="420" rx="26" fill="currentColor" fill-opacity=".045" stroke="currentColor" stroke-opacity=".35" stroke-width="1.5"/>`);

  // The cell state's line: keep, add, go on.
  const reach = full ? 17 : 22; // of a circle in which two things meet
  put("c_prev f kept", wire(`M4 ${row.c}H${col.f - reach}`, C, state.c_prev), full ? arrow(col.f - 18, row.c, "right", C) : "");
  put("f kept c", wire(`M${col.f + reach} ${row.c}H${col.g - 17}`, C, r.kept), arrow(col.g - 18, row.c, "right", C));
  put("c tanh", wire(`M${col.g + 17} ${row.c}H750`, C, r.c), arrow(760, row.c, "right", C));
  // A copy of it goes down through tanh and meets the output gate.
  put("tanh", wire(`M${col.show} ${row.c}V${row.tanh - 16}`, C, r.c), arrow(col.show, row.tanh - 17, "down", C), dot(col.show, row.c, C, r.c));
  put("o tanh h", wire(`M${col.show} ${row.tanh + 16}V${row.times - reach}`, C, r.tanh_c), full ? arrow(col.show, row.times - 18, "down", C) : "");
  // The hidden state leaves to the right, and upwards over the cell state's line by a bridge.
  put(
    "o h",
    wire(`M${col.show} ${row.times + reach}V${row.bus}H750`, Hc, r.h),
    `<path d="M${col.up} ${row.c + 13}A13 13 0 0 1 ${col.up} ${row.c - 13}" fill="none" style="stroke:var(--lstm-paper,#fff)" stroke-width="${(thickness(r.h) + 6).toFixed(2)}"/>`,
    wire(`M${col.up} ${row.bus}V${row.c + 13}A13 13 0 0 1 ${col.up} ${row.c - 13}V24`, Hc, r.h),
    arrow(760, row.bus, "right", Hc), arrow(col.up, 14, "up", Hc), dot(col.up, row.bus, Hc, r.h),
  );
  // h and x join; all four layers read both.
  put("h_prev f i g o", wire(`M4 ${row.bus}H130`, Hc, state.h_prev));
  put("x f i g o", wire(`M112 504V${row.bus + 18}Q112 ${row.bus} 130 ${row.bus}`, X, state.x));
  const bus = (d) => `<path d="${d}" fill="none" stroke="currentColor" stroke-opacity=".62" stroke-width="3" stroke-linejoin="round"/>`;
  let from = 130;
  for (const [k, beyond] of [["f", "f i g o"], ["i", "i g o"], ["g", "g o"], ["o", "o"]]) {
    put(`x h_prev ${beyond}`, bus(`M${from} ${row.bus}H${col[k] + (k === "o" ? 1.5 : 0)}`));
    put(`x h_prev ${k}`, bus(`M${col[k]} ${row.bus}V${row.layer + 34}`), k === "o" ? "" : dot(col[k], row.bus, "currentColor"), arrow(col[k], row.layer + 33, "up", "currentColor"));
    from = col[k];
  }
  // From each layer up to where it acts.
  const top = row.layer - 32;
  const stem = (k) => `M${col[k]} ${top}V`;
  put("f kept", wire(`${stem("f")}${row.c + reach}`, COLOURS.f, r.f), full ? arrow(col.f, row.c + 18, "up", COLOURS.f) : "");
  put("i g added", wire(`${stem("i")}${row.times}H${col.g - reach}`, COLOURS.i, r.i), full ? arrow(col.g - 18, row.times, "right", COLOURS.i) : "");
  put("i g added", wire(`${stem("g")}${row.times + reach}`, COLOURS.g, r.g), full ? arrow(col.g, row.times + 18, "up", COLOURS.g) : "");
  put("i g added c", wire(`M${col.g} ${row.times - reach}V${row.c + 17}`, COLOURS.g, r.added), arrow(col.g, row.c + 18, "up", COLOURS.g));
  put("o h", wire(`${stem("o")}${row.times}H${col.show - reach}`, COLOURS.o, r.o), full ? arrow(col.show - 18, row.times, "right", COLOURS.o) : "");
  // Where two things meet, and what happens there.
  const small = { size: 14 };
  const meet = full
    ? { f: operation(col.f, row.c, "times"), i: operation(col.g, row.times, "times"), o: operation(col.show, row.times, "times") }
    : {
        f: valve(col.f, row.c, "right", "f", r.f, C, state.c_prev, r.kept),
        i: valve(col.g, row.times, "up", "i", r.i, COLOURS.g, r.g, r.added),
        o: valve(col.show, row.times, "down", "o", r.o, C, r.tanh_c, r.h),
      };
  const share = (word, v) => `${word} ${(100 * v).toFixed(0)} %`;
  const word = (lit, x, y, content, anchor = "middle") => put(lit, text(x, y, content, { ...small, anchor }));
  put("c_prev f kept", meet.f);
  put("i g added", meet.i);
  put("kept added c", operation(col.g, row.c, "plus"));
  put("o tanh h", meet.o);
  if (full) {
    word("c_prev f kept", col.f, row.c - 26, "keep");
    word("kept added c", col.g, row.c - 26, "add");
    word("o tanh h", col.show + 25, row.times + 5, "show", "start");
  } else {
    word("c_prev f kept", col.f, row.c - 31, share("keep", r.f));
    word("i g added", (col.i + col.g) / 2 - 12, row.times - 13, share("add", r.i));
    word("o tanh h", col.o + 22, row.times - 13, share("show", r.o));
  }

  const outer = [74, 34];
  number("x", "x f i g o", [112, 480, ...outer], chip(112, 480, 66, X, signed(state.x)));
  number("h_prev", "h_prev f i g o", [44, row.bus, ...outer], chip(44, row.bus, 66, Hc, signed(state.h_prev)));
  number("c_prev", "c_prev f kept", [44, row.c, ...outer], chip(44, row.c, 66, C, signed(state.c_prev)));
  for (const k of ["f", "i", "g", "o"]) {
    paper(col[k], row.layer, 104, 64, 12);
    if (full) paper(col[k], row.gate, 88, 34, 11);
    const acts = { f: "f kept", i: "i added", g: "g added", o: "o h" }[k];
    const shape = full ? gateChip(col[k], row.gate, k, r[k]) + layer(col[k], row.layer, k, r.z[k]) : layerShape(col[k], row.layer, k, r.z[k]);
    number(k, `x h_prev ${acts}`, [col[k], 332, 116, 126], shape);
  }
  const [wide, squashed] = full ? [106, text(col.show, row.tanh + 5, `tanh(${signed(r.c)})`)] : [72, text(col.show, row.tanh + 5, "tanh", small)];
  paper(col.show, row.tanh, wide, 32, 16);
  put("tanh o h", box(col.show, row.tanh, wide, 32, C, squashed));
  if (full) {
    number("kept", "f kept c", [270, row.c, 150, 34], chip(270, row.c, 142, C, `${symbol("f")} \u00b7 ${symbol("c", "t\u22121")} = ${signed(r.kept)}`));
    number("added", "i g added c", [col.g, 160, 122, 34], chip(col.g, 160, 114, COLOURS.g, `${symbol("i")} \u00b7 ${symbol("g")} = ${signed(r.added)}`));
    number("tanh", "tanh o h", [col.show, 193, 78, 34], chip(col.show, 193, 70, C, signed(r.tanh_c)));
  }
  number("c", "c tanh", [708, row.c, ...outer], chip(708, row.c, 66, C, signed(r.c)));
  number("h", "o h", [708, row.bus, ...outer], chip(708, row.bus, 66, Hc, signed(r.h)));

  const big = { size: 20 };
  put("c_prev f kept", text(44, row.c - 24, symbol("c", "t\u22121"), big));
  put("c tanh", text(708, row.c - 24, symbol("c", "t"), big));
  put("h_prev f i g o", text(44, row.bus - 24, symbol("h", "t\u22121"), big));
  put("o h", text(708, row.bus - 24, symbol("h", "t"), big), text(col.up + 14, 30, symbol("h", "t"), { ...big, anchor: "start" }));
  put("x f i g o", text(70, 486, symbol("x", "t"), { ...big, anchor: "end" }));
  if (full) put("x h_prev f i g o", text((col.f + col.i) / 2, row.bus + 21, `[${symbol("h", "t\u22121")}, ${symbol("x", "t")}]`, small));
  const hint = full && !card
    ? "Point at a number, or go there with Tab and the arrow keys. Enter keeps it."
    : "A thicker wire carries a larger number; a dashed one carries almost nothing.";
  parts.push(text(674, 487, hint, { size: 13.5, anchor: "end" }));

  const ground = card ? '<rect width="764" height="508" rx="12" fill="#fff"/>' : "";
  const content = `${ground}\n${parts.join("\n")}\n`;
  if (full && !card) return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 764 508">${content}</svg>`;
  const alone = card ? ' width="764" height="508" style="color:#1f2328"' : "";
  return `${picture(764, 508, `One step of an LSTM cell. ${sentence(state)}`, content, alone)}\n`;
}

// The cell state over the last steps: filled points are past, the large one is c_{t-1}, the hollow one is c_t.
export function drawTrace(state) {
  const { c } = compute(state);
  const past = [...state.trace.slice(-STEPS_SHOWN), state.c_prev];
  const all = [...past, c];
  const limit = Math.max(1, ...all.map(Math.abs));
  const X = (k) => 52 + 10 * (STEPS_SHOWN - past.length + 1 + k);
  const Y = (v) => 46 - 36 * (v / limit); // 36 v may be too large for a number
  const at = (v, k) => `${X(k).toFixed(1)} ${Y(v).toFixed(2)}`;
  const last = past.length - 1;
  const small = { size: 12 };
  const out = [];
  for (const v of [limit, 0, -limit]) {
    out.push(`<path d="M46 ${Y(v)}H276" stroke="currentColor" stroke-opacity="${v === 0 ? 0.5 : 0.15}"/>`);
    out.push(text(42, Y(v) + 4, v === 0 ? "0" : signed(v), { ...small, anchor: "end" }));
  }
  out.push(`<path d="M${past.map(at).join("L")}" fill="none" stroke="${COLOURS.c}" stroke-width="2"/>`);
  out.push(`<path d="M${at(past[last], last)}L${at(c, last + 1)}" stroke="${COLOURS.c}" stroke-width="2" stroke-dasharray="3 3"/>`);
  past.forEach((v, k) => out.push(`<circle cx="${X(k).toFixed(1)}" cy="${Y(v).toFixed(2)}" r="${k === last ? 4.5 : 2.5}" fill="${COLOURS.c}"/>`));
  out.push(`<circle cx="${X(last + 1).toFixed(1)}" cy="${Y(c).toFixed(2)}" r="4.5" style="${PAPER}" stroke="${COLOURS.c}" stroke-width="2"/>`);
  out.push(text(52, 102, "20 steps ago", { ...small, anchor: "start" }));
  out.push(text(251, 102, "now", { ...small, anchor: "end" }), text(257, 102, "next", { ...small, anchor: "start" }));
  return picture(284, 106, `Cell state, step by step: ${all.map(plain).join(", ")}`, out.join(""));
}

// ---------------------------------------------------------------------------------------------------- widget

const INPUTS = [
  { key: "x", name: "input", symbol: "<i>x</i><sub>t</sub>", limit: 2, colour: COLOURS.x },
  { key: "h_prev", name: "previous hidden state", symbol: "<i>h</i><sub>t\u22121</sub>", limit: 1, colour: COLOURS.h },
  { key: "c_prev", name: "previous cell state", symbol: "<i>c</i><sub>t\u22121</sub>", limit: 3, colour: COLOURS.c },
];
const BIASES = ["f", "i", "g", "o"].map((k) => (
  { key: `b_${k}`, name: `${NAMES[k]} bias`, symbol: `<i>b</i><sub>${k}</sub>`, limit: 8, colour: COLOURS[k] }
));

function widgetHTML(id) {
  const fieldset = (legend, controls) => `<fieldset><legend>${legend}</legend>${controls.map((c) => rowHTML(c, id)).join("")}</fieldset>`;
  return (
    `${barHTML("Presets of the forget and input gates", PRESETS, choicesHTML("Depth of the picture", DEPTHS))}` +
    `<div class="lstm-beside"><div class="lstm-seen"><div class="lstm-across"><div class="lstm-drawing"></div></div>` +
    `<div class="lstm-words"><p class="lstm-sentence" aria-live="polite"></p><div class="lstm-equation" aria-hidden="true"></div></div></div>` +
    `<div class="lstm-controls">${fieldset("What the cell is given", INPUTS)}${fieldset("Each layer\u2019s own bias", BIASES)}` +
    `<div class="lstm-past"><p class="lstm-note">The cell state <i>c</i>, step by step</p><div class="lstm-trace"></div></div></div></div>`
  );
}

// A part in words and letters, below the picture.
function equationHTML(part, state) {
  const { name, symbol: left, note, colour } = PARTS[part];
  const terms = equation(part, state).map(written);
  const value = terms.pop();
  const lines = terms.length ? [...terms.slice(0, -1), `${terms.at(-1)} = <b>${value}</b>`] : [`<b>${value}</b>`];
  return (
    `<div class="lstm-what" style="--lstm-colour:${COLOURS[colour]}"><b>${name}</b>${note.map((words) => `<span>${written(words)}</span>`).join("")}</div>` +
    `<div class="lstm-terms"><span>${written(left)}</span>${lines.map((line) => `<span>= ${line}</span>`).join("")}</div>`
  );
}

// Pointing, focusing, keeping. Over a part counts before the focus, and the focus before what was kept.
function wireDrawing({ root, read, signal }) {
  const drawing = root.querySelector(".lstm-drawing");
  const words = root.querySelector(".lstm-words");
  const names = Object.keys(PARTS);
  let over = "";
  let focused = "";
  let kept = "";
  let tab = names[0];
  let busy = false; // where a focused part goes away with the depth, its own farewell comes in between

  function show(state) {
    busy = true;
    const full = state.depth === "full";
    if (!full) over = focused = kept = "";
    const at = over || focused || kept;
    if (full) drawing.setAttribute("role", "toolbar");
    else drawing.removeAttribute("role");
    drawing.ariaLabel = full ? "Every number of the cell: the arrow keys go from one to the next, Enter keeps its equation, Escape leaves" : null;
    patch(drawing, draw(state, { at, tab, kept }));
    words.classList.toggle("lstm-asked", at !== "");
    patch(words.querySelector(".lstm-equation"), at ? equationHTML(at, state) : "");
    busy = false;
  }

  const part = (event) => event.target.closest("[data-part]")?.dataset.part ?? "";
  const listen = (kind, act, target = drawing) => target.addEventListener(kind, (event) => { if (act(event) !== false && !busy) show(read()); }, { signal });
  listen("pointerover", (event) => over !== (over = part(event)));
  listen("pointerleave", () => { over = ""; });
  listen("focusin", (event) => { focused = part(event); tab = focused || tab; });
  listen("focusout", () => { focused = ""; });
  const keep = (which) => { kept = kept === which ? "" : which; };
  listen("click", (event) => keep(part(event)));
  listen("keydown", (event) => {
    const at = names.indexOf(part(event));
    if (at < 0) return false;
    const to = {
      ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: names.length - 1,
      Enter: at, " ": at,
    }[event.key];
    if (to === undefined) return false;
    event.preventDefault();
    if (to === at) keep(names[at]);
    else drawing.querySelector(`[data-part=${names[(to + names.length) % names.length]}]`).focus();
  });
  // Escape leaves, to the button that brought the equations.
  listen("keydown", (event) => {
    if (event.key !== "Escape" || !(over || focused || kept)) return false;
    const inside = drawing.contains(document.activeElement);
    over = kept = "";
    if (inside) root.querySelector('[data-preset="In full"]').focus();
  }, root);
  return show;
}

export default explorer({
  name: "cell",
  controls: [...INPUTS, ...BIASES],
  others: ["weights", "trace"],
  looks: ["depth"],
  presets: { ...PRESETS, ...DEPTHS },
  step,
  html: widgetHTML,
  views: { trace: drawTrace },
  sentence,
  also: wireDrawing,
});
