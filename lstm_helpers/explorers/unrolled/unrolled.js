// Unrolled: an LSTM of one unit over a short sequence, in one direction or both, one layer or two. shared.js and
// maths.js, which stand before it, have what it is made of.
//
// Pure functions: compute(state), names(state), parts(state, name), sentence(state), reading(state), detail(state, place),
// draw(state, options). A state is a plain object:
//   layers 1 or 2;  bidirectional true or false;  steps T, 2 to 8;  folded true or false
//   padding   "none": one sequence; "lengths given", "lengths not given": two, the second padded with zeros
//   loss      which h the loss reads: "output[-1]", "h_n" (the end states of the last layer) or "every step"
//   at        how many steps of the two sweeps are done: layers T forward, then layers T backward
//   lit       the name whose boxes are lit: "", or one of names(state)
//   x         two sequences of 8 numbers;  weights  {l0, l0r, l1, l1r}: {W_x [rows of 4], W_h [4], b [4]}
//
// A row is what shares one set of weights: a direction of a layer. All arrays of a row are [t][b].

const HEIGHT = 440;
const BOX = 42; // the height of a box
const LINE = 10; // how far its two lines lie from its middle
const WAYS = [
  { arrow: "\u2192", way: "forward", colour: COLOURS.o },
  { arrow: "\u2190", way: "backward", colour: COLOURS.f },
];

// ---------------------------------------------------------------------------------------------- mathematics

// The sizes of a state, and its rows from the lowest up: l0, l0r, l1, l1r.
function sizes({ layers, bidirectional, steps: T, padding }) {
  const real = padding === "none" ? [T] : [T, Math.max(1, T - 2)]; // how long each sequence is
  const seen = padding === "lengths not given" ? [T, T] : real; // how many steps of it the network takes
  const directions = bidirectional ? 2 : 1;
  const rows = [];
  for (let layer = 0; layer < layers; layer++) {
    for (let back = 0; back < directions; back++) rows.push({ name: `l${layer}${back ? "r" : ""}`, layer, back, ...WAYS[back] });
  }
  const top = rows.slice(-directions);
  return { T, B: real.length, D: directions, layers, real, seen, rows, top, half: layers * T, told: padding === "lengths given" };
}

const grid = (T, B, fill = 0) => Array.from({ length: T }, () => Array(B).fill(fill));

// The step at which a row's k-th turn is, for sequence b; undefined where it has none. And the way back.
const stepOf = (s, row, b, k) => (k < s.seen[b] ? (row.back ? s.seen[b] - 1 - k : k) : undefined);
const turnOf = (s, row, b, t) => (row.back ? s.seen[b] - 1 - t : t);

// The numbers behind a name: [{row, t, b}], row by its name; in the order in which they stand in the array.
export function parts(state, name) {
  const s = sizes(state);
  const [, array, index] = /^(output|h_n)\[(-?\d+)\]$/.exec(name);
  const found = [];
  for (let b = 0; b < s.B; b++) {
    if (array === "output") for (const row of s.top) found.push({ row: row.name, t: index < 0 ? s.T + Number(index) : Number(index), b });
    else found.push({ row: s.rows[index].name, t: stepOf(s, s.rows[index], b, s.seen[b] - 1), b });
  }
  return found;
}

// What can be asked for in this state.
export const names = (state) => ["output[0]", "output[-1]", ...sizes(state).rows.map((row, k) => `h_n[${k}]`)];

// The numbers that the loss reads.
function lossParts(state) {
  const s = sizes(state);
  if (state.loss === "output[-1]") return parts(state, "output[-1]");
  if (state.loss === "h_n") return s.top.flatMap((row) => parts(state, `h_n[${s.rows.indexOf(row)}]`));
  return s.top.flatMap((row) => grid(s.T, s.B).flatMap((line, t) => line.map((_, b) => ({ row: row.name, t, b }))));
}

// The numbers of both sweeps. Returns
//   loss      1/2 the sum of h^2 over what it reads
//   rows      name -> {h, c, dh, dc, dh_in, dc_in, adds: [t][b], grads: {W_x, W_h, b}}: dh is the whole dL/dh_t, dh_in what
//             of it arrives from the next step of the row, adds what step t contributes to the g column of dL/dW_h
//   dx        [t][b]
export function compute(state) {
  const s = sizes(state);
  const rows = {};
  let below = grid(s.T, s.B).map((line, t) => line.map((_, b) => [t < s.real[b] ? state.x[b][t] : 0]));
  for (let layer = 0; layer < s.layers; layer++) {
    const said = grid(s.T, s.B).map((line) => line.map(() => []));
    for (const row of s.rows.filter((one) => one.layer === layer)) {
      rows[row.name] = forwardRow(s, row, state.weights[row.name], below);
      for (let t = 0; t < s.T; t++) for (let b = 0; b < s.B; b++) said[t][b].push(rows[row.name].h[t][b]);
    }
    below = said;
  }
  let loss = 0;
  for (const { row, t, b } of lossParts(state)) {
    const h = rows[row].h[t][b]; // 0 on padding that is told, and so is its gradient
    loss += h ** 2 / 2;
    rows[row].own[t][b] += h;
  }
  let dx;
  for (let layer = s.layers - 1; layer >= 0; layer--) {
    dx = grid(s.T, s.B).map((line) => line.map(() => Array(layer ? s.D : 1).fill(0)));
    for (const row of s.rows.filter((one) => one.layer === layer)) backwardRow(s, row, rows[row.name], dx);
    if (layer) {
      s.rows.filter((one) => one.layer === layer - 1).forEach((row, k) => {
        rows[row.name].own = rows[row.name].own.map((line, t) => line.map((own, b) => own + dx[t][b][k]));
      });
    }
  }
  return { loss, rows, dx: dx.map((line) => line.map(([one]) => one)) };
}

// The same, once for each state: what is said of it and what is drawn of it ask for the same numbers.
const sweeps = new WeakMap();
function swept(state) {
  if (!sweeps.has(state)) sweeps.set(state, compute(state));
  return sweeps.get(state);
}

// One row, forward: each sequence for itself, within what of it the network takes, in the row's own order.
function forwardRow(s, row, { W_x, W_h, b: bias }, below) {
  const D = below[0][0].length;
  const params = { W_x: Float64Array.from(W_x.slice(0, D).flat()), W_h: Float64Array.from(W_h), b: Float64Array.from(bias) };
  const out = { params, h: grid(s.T, s.B), c: grid(s.T, s.B), own: grid(s.T, s.B), passes: [] };
  for (let b = 0; b < s.B; b++) {
    const order = Array.from({ length: s.seen[b] }, (_, k) => stepOf(s, row, b, k));
    const pass = lstmForward(params, Float64Array.from(order.flatMap((t) => below[t][b])), 1);
    order.forEach((t, k) => { out.h[t][b] = pass.h[k + 1]; out.c[t][b] = pass.c[k + 1]; });
    out.passes.push({ order, ...pass });
  }
  return out;
}

// The same row, backward: from what the loss and the layer above say of its h, `own`. Adds to dx.
function backwardRow(s, row, out, dx) {
  for (const name of ["dh", "dc", "dh_in", "dc_in", "adds"]) out[name] = grid(s.T, s.B);
  out.grads = Object.fromEntries(Object.entries(out.params).map(([name, p]) => [name, Array(p.length).fill(0)]));
  out.passes.forEach(({ order, ...pass }, b) => {
    const own = Float64Array.from(order, (t) => out.own[t][b]);
    const back = lstmBackward(out.params, pass, { dh: own });
    const D = back.dx.length / order.length;
    order.forEach((t, k) => {
      const [i, , g] = pass.gates.subarray(4 * k, 4 * k + 4);
      const f_next = k + 1 < order.length ? pass.gates[4 * (k + 1) + 1] : 0;
      out.dh[t][b] = back.dh[k + 1];
      out.dc[t][b] = back.dc[k + 1];
      out.dh_in[t][b] = back.dh[k + 1] - own[k];
      out.dc_in[t][b] = f_next && back.dc[k + 2] * f_next;
      out.adds[t][b] = pass.h[k] * back.dc[k + 1] * i * (1 - g * g);
      for (let d = 0; d < D; d++) dx[t][b][d] += back.dx[k * D + d];
    });
    for (const [name, grad] of Object.entries(back.grads)) grad.forEach((v, k) => { out.grads[name][k] += v; });
  });
}

// --------------------------------------------------------------------------------------------------- sweeps

// What the sweep has reached: the turn 0 to T of each row, forward or backward. Layers come one after the other, since
// the upper one reads what the lower one says at every step.
function phase(state) {
  const s = sizes(state);
  const at = Math.min(state.at, 2 * s.half), gradient = at > s.half;
  const count = at - (gradient ? s.half : 0); // steps of this sweep
  const turned = (layer) => (gradient ? s.layers - 1 - layer : layer); // the backward sweep begins with the last layer
  const done = (row) => Math.max(0, Math.min(s.T, count - turned(row.layer) * s.T));
  return { ...s, at, gradient, count, done, layer: turned(count ? Math.floor((count - 1) / s.T) : 0) };
}

// Has the sweep reached step t of a row, for sequence b? "now" where it has in its last step.
function reached(p, row, t, b) {
  const padding = t >= p.seen[b], k = turnOf(p, row, padding ? 0 : b, t); // padding has no turn: it is shown with sequence 0
  const when = p.gradient ? p.T - k : k + 1; // both sequences begin together and go back together
  if (p.done(row) < when) return false;
  if (padding) return "padding";
  return p.done(row) === when && row.layer === p.layer && p.count > 0 ? "now" : "done";
}

// A number of the forward sweep in words: "?" as long as that has not come there.
function said(p, name, t, b, values) {
  const row = p.rows.find((one) => one.name === name);
  return p.gradient || reached(p, row, t, b) ? plain(values[t][b]) : "?";
}

// The gradient of W_h's g column as far as the sweep has come, and what its last step added.
function gathered(p, row, { adds }) {
  let sum = 0, last = null;
  adds.forEach((line, t) => line.forEach((share, b) => {
    const state = reached(p, row, t, b);
    if (state === "now" || state === "done") sum += share;
    if (state === "now") last = { t, adds: (last ? last.adds : 0) + share };
  }));
  return { sum, last };
}

// ---------------------------------------------------------------------------------------------------- words

// A gradient: three decimals.
const slope = (v) => (v < -0.0005 ? "\u2212" : "") + Math.abs(v).toFixed(3);
const called = (row, s) => `${s.layers > 1 ? `layer ${row.layer}, ` : ""}${row.way}`;
const begun = (words) => words[0].toUpperCase() + words.slice(1); // as a sentence begins

export function sentence(state) {
  const p = phase(state), r = swept(state);
  if (p.at === 0) return `Nothing is computed yet. The first step reads x at ${p.D > 1 ? "either end" : "t = 0"}, and states of zero.`;
  const told = p.rows.filter((row) => row.layer === p.layer).map((row) => {
    const one = r.rows[row.name], t = stepOf(p, row, 0, p.gradient ? p.T - p.done(row) : p.done(row) - 1);
    const where = `${called(row, p)}, t = ${t}`;
    if (!p.gradient) return `${where}: h = ${plain(one.h[t][0])}, c = ${plain(one.c[t][0])}.`;
    const { sum, last } = gathered(p, row, one);
    const gradients = `dL/dh = ${slope(one.dh[t][0])}, dL/dc = ${slope(one.dc[t][0])}`;
    return `${where}: ${gradients}; ${p.B > 1 ? "both sequences add" : "this step adds"} ${slope(last.adds)} to dL/dW_h (its g column), ${slope(sum)} so far.`;
  });
  const whose = p.B > 1 ? " (sequence 0)" : "";
  const end = p.at === p.half ? ` The forward sweep is done: the loss is L = ${r.loss.toFixed(3)}.` : "";
  return `${p.gradient ? "Backward" : "Forward"} sweep, ${p.count} of ${p.half}${whose}. ${told.map(begun).join(" ")}${end}`;
}

// What stands behind the chosen name: HTML.
export function reading(state) {
  const s = phase(state), r = swept(state), name = valid(state);
  if (!name) return "Choose a name: what it is made of lights up.";
  const found = parts(state, name), k = found.length / s.B;
  const of = (b) => found.slice(b * k, (b + 1) * k).map(({ row, t }) => said(s, row, t, b, r.rows[row].h));
  const numbers = Array.from({ length: s.B }, (_, b) => `[${of(b).join(", ")}]`);
  const shape = name.startsWith("output")
    ? `(<i>B</i>, <i>H</i> \u00b7 directions) = (${s.B}, ${s.D})`
    : `(<i>B</i>, <i>H</i>) = (${s.B}, 1)`;
  const told = found.map((part) => `<li>${made(s, part)}</li>`).join("");
  return `<b>${name}</b> = [${numbers.join(", ")}], shape ${shape}<ul>${told}</ul>`;
}

// One number of an array, in words: whose h it is, and what that has read.
function made(s, { row: name, t, b }) {
  const row = s.rows.find((one) => one.name === name);
  const who = `${s.B > 1 ? `sequence ${b}: ` : ""}${s.layers > 1 ? `layer ${row.layer}, ` : ""}${row.way} ${row.arrow}`;
  if (t >= s.seen[b]) return `${who} at t = ${t}: <b>padding</b>, always 0. Its last step is t = ${s.real[b] - 1}.`;
  const turns = turnOf(s, row, b, t) + 1;
  const padded = row.back ? Math.max(0, s.seen[b] - Math.max(t, s.real[b])) : Math.max(0, t + 1 - s.real[b]);
  const read = `${turns - padded} of ${s.real[b]} steps${padded ? ` <b>and ${padded} of padding</b>` : ""}`;
  const end = turns === s.seen[b] ? "its end state" : turns === 1 ? "it has only begun" : "on its way";
  return `${who} at t = ${t}: after ${read}, ${end}.`;
}

// The name that is lit, "" where this state has none of it.
const valid = (state) => (names(state).includes(state.lit) ? state.lit : "");

// A place of the drawing in words. place: {row, t}; row is a row's name, "output" or "x", t = -1 is the row's W.
export function detail(state, { row: name, t }) {
  const s = phase(state), r = swept(state);
  if (name === "x") {
    const values = s.real.map((n, b) => (t < n ? plain(state.x[b][t]) : "padding, 0"));
    return `x at t = ${t}: ${values.join("; ")}. ${s.D > 1 ? "Both directions read it." : "The forward LSTM reads it."}`;
  }
  const index = (k) => (k === s.T - 1 ? `${k}] or output[-1` : k);
  if (name === "output") {
    const halves = s.D > 1 ? ", forward half and backward half side by side" : "";
    return `output[${index(t)}]: the h of the ${s.layers > 1 ? "last " : ""}layer at t = ${t}${halves}.`;
  }
  const row = s.rows.find((one) => one.name === name), one = r.rows[name];
  const who = called(row, s);
  if (t < 0) {
    const { sum } = gathered(s, row, one);
    const whole = s.gradient ? ` What each step adds makes dL/dW. That of the g column of W_h: ${slope(sum)} so far.` : "";
    return `One W for all steps: every box of this row (${who}) uses the same W_x, W_h and b.${whole}`;
  }
  const values = s.seen.map((n, b) => {
    const which = s.B > 1 ? `sequence ${b}: ` : "";
    if (t >= n) return `${which}padding, 0`;
    const gradients = s.gradient && reached(s, row, t, b) ? `, dL/dh = ${slope(one.dh[t][b])}, dL/dc = ${slope(one.dc[t][b])}` : "";
    return `${which}h = ${said(s, name, t, b, one.h)}, c = ${said(s, name, t, b, one.c)}${gradients}`;
  });
  const ends = s.rows.map((_, k) => `h_n[${k}]`).filter((n) => parts(state, n).some((part) => part.row === name && part.t === t));
  const also = [...(s.top.includes(row) ? [`a part of output[${index(t)}]`] : []), ...ends];
  const part = also.length ? `It is ${listed(also)}. ` : "";
  return `${begun(who)}, t = ${t}: ${values.join("; ")}. ${part}One W for all steps of its row.`;
}

// -------------------------------------------------------------------------------------------------- drawing

const RING = 'fill="none" stroke="currentColor" stroke-width="3"';
const UNDRAWN = 'fill="none" stroke="currentColor" stroke-opacity=".4" stroke-dasharray="3 4"';
const faint = (path) => `<path d="${path}" fill="none" stroke="currentColor" stroke-opacity=".28" stroke-width="1.5"/>`;
const tip = (x, y, direction, colour, opacity = 1) =>
  `<path d="M0 0L-8 -5L-8 5Z" transform="translate(${x.toFixed(1)} ${y.toFixed(1)}) rotate(${TURN[direction]})" ` +
  `fill="${colour}" fill-opacity="${opacity}"/>`;
const sized = (x, y, w, h) => `x="${(x - w / 2).toFixed(1)}" y="${(y - h / 2).toFixed(1)}" width="${w.toFixed(1)}" height="${h}"`;
const box = (x, y, w, h, rest) => `<rect ${sized(x, y, w, h)} ${rest}/>`;
// A box on paper, so that nothing shines through it.
const plate = (x, y, w, h, rx, look) => box(x, y, w, h, `rx="${rx}" style="${PAPER}"`) + box(x, y, w, h, `rx="${rx}" ${look}`);
const time = (t) => `<tspan style="${MATH}">t</tspan> = ${t}`;

// Where everything stands. `unfolded` from 0 to 1 draws the columns apart.
function places(s, width, unfolded) {
  const wide = width >= 700, left = wide ? 196 : 124, right = wide ? 20 : 16;
  const pitch = Math.min(150, (width - left - right) / s.T);
  const w = Math.min(96, pitch - (pitch > 84 ? 26 : 11));
  const start = left + (width - left - right - pitch * s.T) / 2;
  const apart = (t) => start + pitch * (t + 0.5);
  const middle = left + (width - left - right) / 2;
  const frame = s.D > 1 ? { top: 10, between: 26, bottom: 20 } : { top: 0, between: 0, bottom: 0 };
  const layer = s.D * BOX + frame.top + (s.D - 1) * frame.between + frame.bottom;
  const bar = 24, input = s.B > 1 ? 42 : 28;
  const free = HEIGHT - 24 - bar - s.layers * layer - input - 24;
  const gap = Math.min(64, free / (s.layers + 1));
  let y = 24 + (free - gap * (s.layers + 1)) / 2;
  const out = y + bar / 2;
  y += bar + gap;
  const rows = {}, frames = [];
  for (let k = s.layers - 1; k >= 0; k--) {
    frames[k] = { top: y, bottom: y + layer };
    for (const row of s.rows.filter((one) => one.layer === k)) {
      const place = s.D > 1 ? (row.back ? 0 : 1) : 0; // backward above forward
      rows[row.name] = y + frame.top + BOX / 2 + place * (BOX + frame.between);
    }
    y += layer + gap;
  }
  const labels = s.gradient ? (s.B > 1 ? 60 : 48) : s.B > 1 ? 36 : 20; // the width of the words before a row's first box
  const x = (t) => middle + unfolded * (apart(t) - middle);
  return { left, wide, labels, w, gap: pitch - w, x, out, bar, rows, frames, inputY: y + input / 2, input, foot: y + input + 17 };
}

// The network as SVG text. Options: width in pixels; unfolded, from 0 (folded) to 1; place, whose ring is drawn as focused;
// with `card` the picture stands on its own, with explicit colours on a light background.
export function draw(state, { card = false, ...options } = {}) {
  return asText(pieces(state, options), card);
}

function asText({ width, label, items }, card = false) {
  const paper = card ? `<rect width="${width}" height="${HEIGHT}" rx="12" fill="#fff"/>` : "";
  const alone = card ? ` width="${width}" height="${HEIGHT}" style="color:#1f2328"` : "";
  return `${picture(width, HEIGHT, label, `${paper}\n${items.map((item) => `<g>${item}</g>\n`).join("")}`, alone)}\n`;
}

// What it is drawn from: its description, and the content of each of its groups. From one state to the next few change.
function pieces(state, { width = 900, unfolded = state.folded ? 0 : 1, place = null }) {
  const p = phase(state), r = swept(state), g = places(p, width, unfolded), name = valid(state);
  const chosen = name ? parts(state, name) : [];
  const put = [];
  const columns = Array.from({ length: p.T }, (_, t) => t);
  // Folded, one box stands for all steps: it shows the step at which its row is.
  const stand = (row) => stepOf(p, row, 0, Math.max(0, Math.min(p.T - 1, p.gradient ? p.T - Math.max(1, p.done(row)) : p.done(row) - 1)));
  const fade = (t, row) => (unfolded < 1 && t !== (row ? stand(row) : 0) ? ` opacity="${unfolded.toFixed(3)}"` : "");
  const drawn = (t, row) => unfolded > 0 || t === (row ? stand(row) : 0);
  const column = (t, row, content) => (drawn(t, row) ? `<g${fade(t, row)}>${content}</g>` : "");
  const half = (row, x) => (p.D > 1 ? x + (row.back ? 9 : -9) : x);

  // Output, at the top: the h of the last layer, side by side.
  put.push(text(8, g.out + 5, "output", { size: 15, anchor: "start", weight: 600 }));
  const loss = `loss ${symbol("L")} = ${r.loss.toFixed(3)}`;
  put.push(p.at >= p.half ? text(8, g.out - g.bar / 2 - 8, loss, { size: 13, anchor: "start" }) : "");
  for (const t of columns) {
    const x = g.x(t), top = p.top;
    const halves = top.map((row, k) => {
      const w = g.w / p.D, mid = x - g.w / 2 + w * (k + 0.5);
      const done = p.gradient || p.seen.some((n, b) => reached(p, row, t, b));
      const look = done ? `fill="${row.colour}" fill-opacity=".3" stroke="${row.colour}" stroke-width="1.5"` : UNDRAWN;
      return plate(mid, g.out, w, g.bar, 0, look) + text(mid, g.out + 5, row.arrow, { size: 13 });
    });
    const label = unfolded === 0 ? "[t]" : t === p.T - 1 ? "[\u22121]" : `[${t}]`;
    const here = name.startsWith("output") && chosen[0].t === t && unfolded === 1;
    const ring = here ? box(x, g.out, g.w + 8, g.bar + 8, `rx="9" ${RING}`) : "";
    const index = text(x, g.out - g.bar / 2 - 8, label, { size: 13 });
    put.push(column(t, null, `<g data-row="output" data-t="${t}">${halves.join("")}${ring}${index}</g>`));
  }

  // From layer to layer, upwards; in the backward sweep downwards.
  for (const t of columns) {
    const x = g.x(t);
    const up = (mid, from, to, colour, on, value) => {
      const [tail, head, tipped, way] = p.gradient ? [to + 2, from - 10, from - 2, "down"] : [from - 2, to + 10, to + 2, "up"];
      const path = `M${mid.toFixed(1)} ${tail.toFixed(1)}V${head.toFixed(1)}`;
      return on ? wire(path, colour, value) + tip(mid, tipped, way, colour) : faint(path) + tip(mid, tipped, way, "currentColor", 0.35);
    };
    const any = (row) => p.seen.some((n, b) => reached(p, row, t, b));
    const largest = (numbers) => Math.max(...numbers.map(Math.abs));
    const reads = p.rows.some((row) => row.layer === 0 && any(row)), input = p.gradient ? largest(r.dx[t]) : state.x[0][t];
    const lines = [up(x, g.inputY - g.input / 2, g.frames[0].bottom, COLOURS.x, reads, input)];
    for (const row of p.rows) {
      const to = row.layer === p.layers - 1 ? g.out + g.bar / 2 : g.frames[row.layer + 1].bottom;
      const value = largest(r.rows[row.name][p.gradient ? "own" : "h"][t]);
      lines.push(up(half(row, x), g.frames[row.layer].top, to, row.colour, any(row) && (!p.gradient || value > 0), value));
    }
    put.push(column(t, null, lines.join("")));
  }

  // Each layer's step with both directions in one frame: neither reads the other.
  if (p.D > 1) {
    const look = 'rx="13" fill="currentColor" fill-opacity=".05" stroke="currentColor" stroke-opacity=".3"';
    for (const { top, bottom } of g.frames) {
      for (const t of columns) put.push(column(t, null, box(g.x(t), (top + bottom) / 2, g.w + 12, bottom - top, look)));
    }
  }

  for (const row of p.rows) put.push(rowHead(p, r, g, row), links(p, r, g, row, unfolded));
  for (const row of p.rows) for (const t of columns) put.push(column(t, row, cell(p, r, g, row, t, chosen, unfolded)));

  // The input, at the bottom.
  put.push(text(8, g.inputY + 5, `input ${symbol("x", "t")}`, { size: 15, anchor: "start", weight: 600 }));
  for (const t of columns) {
    const x = g.x(t);
    const said = unfolded === 0 ? [symbol("x", "t")] : p.real.map((n, b) => (t < n ? plain(state.x[b][t]) : "pad"));
    const lines = said.map((word, b) => text(x, g.inputY + 5 + (said.length > 1 ? (b ? LINE : -LINE) : 0), word, { size: 13 }));
    const look = `fill="${COLOURS.x}" fill-opacity=".14" stroke="${COLOURS.x}" stroke-width="1.5"`;
    const there = plate(x, g.inputY, g.w, g.input, 8, look) + lines.join("");
    put.push(column(t, null, `<g data-row="x" data-t="${t}">${there}</g>`));
    put.push(unfolded === 0 ? "" : column(t, null, text(x, g.foot, time(t), { size: 13 })));
  }

  put.push(unfolded > 0 ? `<g opacity="${unfolded.toFixed(3)}">${lossBadges(state, p, g)}${tags(g, chosen, name)}</g>` : "");
  put.push(place ? focusRing(g, place) : "");

  const label = `${headline(p)} ${sentence(state)}${name ? ` ${told(reading(state))}` : ""}`;
  return { width, label, items: put };
}

const told = (html) => html.replace(/<li>/g, " ").replace(/<[^>]*>/g, "");
const headline = ({ T, layers, D }) =>
  `An LSTM over ${T} steps, ${layers > 1 ? "two layers" : "one layer"}, ${D > 1 ? "both directions" : "one direction"}.`;

// The two lines of a box: h and c of one sequence, or the h of both.
const linesOf = (s) => (s.B > 1 ? [{ key: "h", b: 0 }, { key: "h", b: 1 }] : [{ key: "h", b: 0 }, { key: "c", b: 0 }]);
const ratio = (letter, index) => `d${symbol("L")}/d${symbol(letter, index)}`;

// What stands before a row: its name, its one W, and what its two lines are.
function rowHead(p, r, g, row) {
  const y = g.rows[row.name], end = g.left - 14, from = 8, chipEnd = end - g.labels;
  const { sum, last } = gathered(p, row, r.rows[row.name]);
  const words = p.gradient ? `${g.wide ? `${ratio("W", "h,g")} ` : ""}${slope(sum)}` : `one ${symbol("W")}`;
  const width = chipEnd - from, middle = from + width / 2;
  const lines = linesOf(p).map(({ key, b }) => `${p.gradient ? ratio(key) : symbol(key)}${p.B > 1 ? `[${b}]` : ""}`);
  const title = `${p.layers > 1 || p.D > 1 ? `${row.arrow} ` : ""}${p.layers > 1 ? `layer ${row.layer}` : p.D > 1 ? row.way : "LSTM"}`;
  const look = `fill="${row.colour}" fill-opacity="${last ? 0.34 : 0.14}" stroke="${row.colour}" stroke-width="${last ? 3 : 1.5}"`;
  return (
    `<g data-row="${row.name}" data-t="-1">${text(from, y - BOX / 2 - 2, title, { size: 13.5, anchor: "start", weight: 600 })}` +
    `${plate(middle, y + 5, width, 24, 12, look)}` +
    `${text(middle, y + 10, words, { size: g.wide ? 13 : 12.5 })}</g>` +
    lines.map((line, k) => text(end, y + 5 + (k ? LINE : -LINE), line, { size: p.B > 1 ? 13 : 14, anchor: "end" })).join("")
  );
}

// What joins the boxes of a row: one W, by a dotted rail; and the states from step to step.
function links(p, r, g, row, unfolded) {
  const y = g.rows[row.name], one = r.rows[row.name], out = [];
  const chipEnd = g.left - 14 - g.labels, rail = y + BOX / 2 + 9, middle = 8 + (chipEnd - 8) / 2;
  const { last } = gathered(p, row, one);
  const taps = Array.from({ length: p.T }, (_, t) => t).filter((t) => unfolded > 0 || t === 0);
  const tap = (t) => g.x(t) - g.w / 4;
  const down = taps.map((t) => `M${tap(t).toFixed(1)} ${rail}V${y + BOX / 2}`).join("");
  const dots = `M${middle} ${y + 17}V${rail}H${Math.max(...taps.map(tap)).toFixed(1)}${down}`;
  out.push(`<path d="${dots}" fill="none" stroke="${row.colour}" stroke-width="2" stroke-dasharray="1.5 4" stroke-linecap="round"/>`);
  if (last && unfolded === 1) {
    const path = `M${tap(last.t).toFixed(1)} ${y + BOX / 2}V${rail}H${middle}V${y + 17}`;
    out.push(`<path d="${path}" fill="none" stroke="${row.colour}" stroke-width="3"/>`);
    const share = `${last.adds < 0 ? "" : "+"}${slope(last.adds)}`;
    const halo = 'style="paint-order:stroke;stroke:var(--lstm-paper,#fff)" stroke-width="5" stroke-linejoin="round"';
    if (p.gradient) out.push(`<g ${halo}>${text((g.x(last.t) + 8).toFixed(1), rail + 5, share, { size: 12.5, weight: 600 })}</g>`);
  }
  const kinds = linesOf(p);
  const side = row.back ? -1 : 1; // the side on which a row's next step lies
  kinds.forEach(({ key, b }, line) => {
    const level = y + (line ? LINE : -LINE), colour = COLOURS[key];
    for (let t = 0; t < p.seen[b] && unfolded > 0; t++) {
      const next = t + side, inside = next >= 0 && next < p.seen[b];
      if (p.gradient && !inside) continue;
      const here = g.x(t) + (side * g.w) / 2, there = inside ? g.x(next) - (side * g.w) / 2 : here + side * Math.min(14, g.gap);
      const [from, to] = p.gradient ? [there, here] : [here, there];
      const on = reached(p, row, p.gradient ? next : t, b), flow = (p.gradient ? -side : side) > 0 ? "right" : "left";
      const path = `M${from.toFixed(1)} ${level}H${(to + (flow === "right" ? -7 : 7)).toFixed(1)}`;
      const drawn = on ? wire(path, colour, (p.gradient ? one[`d${key}_in`] : one[key])[t][b]) : faint(path);
      out.push(`<g opacity="${unfolded.toFixed(3)}">${drawn}${tip(to, level, flow, on ? colour : "currentColor", on ? 1 : 0.35)}</g>`);
    }
  });
  if (unfolded < 1) { // the loop of the folded network: what goes out comes in again at the next step
    const x = g.x(0) + side * (g.w / 2), reach = (x + side * 56).toFixed(1), into = (x + side * 8).toFixed(1);
    const path = `M${x.toFixed(1)} ${y - LINE}C${reach} ${y - LINE - 8} ${reach} ${y + LINE + 8} ${into} ${y + LINE}`;
    const beside = side > 0 ? "start" : "end";
    const loop = `<path d="${path}" fill="none" stroke="currentColor" stroke-opacity=".6" stroke-width="3"/>`;
    const head = tip(x, y + LINE, side > 0 ? "left" : "right", "currentColor", 0.8);
    const carried = text(x + side * 50, y - 2, `${symbol("h")}, ${symbol("c")}`, { size: 14, anchor: beside });
    const words = text(x + side * 50, y + 15, "to the next step", { size: 13, anchor: beside });
    out.push(`<g opacity="${(1 - unfolded).toFixed(3)}">${loop}${head}${carried}${words}</g>`);
  }
  return out.join("");
}

// One box: one step of a row, with the numbers that the sweep has reached.
function cell(p, r, g, row, t, chosen, unfolded) {
  const x = g.x(t), y = g.rows[row.name], one = r.rows[row.name];
  const kinds = linesOf(p);
  const states = kinds.map(({ b }) => reached(p, row, t, b));
  const now = states.includes("now"), any = states.some(Boolean);
  const look = any
    ? `fill="${row.colour}" fill-opacity="${now ? 0.42 : 0.16}" stroke="${row.colour}" stroke-width="${now ? 3.5 : 2}"`
    : `fill="none" stroke="${row.colour}" stroke-opacity=".55" stroke-width="1.5" stroke-dasharray="4 4"`;
  const lines = kinds.map(({ key, b }, k) => {
    if (!states[k]) return "";
    const value = states[k] === "padding" ? "0" : p.gradient ? slope(one[`d${key}`][t][b]) : plain(one[key][t][b]);
    const dy = k ? LINE : -LINE;
    const grey = states[k] === "padding" ? box(x, y + dy, g.w - 8, 17, 'rx="5" fill="currentColor" fill-opacity=".12"') : "";
    return grey + text(x, y + dy + 5, value, { size: g.w < 60 ? 12.5 : 13.5 });
  });
  const rings = chosen.filter((part) => part.row === row.name && part.t === t);
  const whole = rings.length === p.B;
  const ring = unfolded < 1 ? "" : whole
    ? box(x, y, g.w + 8, BOX + 8, `rx="14" ${RING}`)
    : rings.map(({ b }) => box(x, y + (b ? LINE : -LINE), g.w + 6, 22, `rx="9" ${RING}`)).join("");
  const beside = { size: 13, anchor: row.back ? "start" : "end" };
  const step = unfolded === 0 ? text(x + (row.back ? 1 : -1) * (g.w / 2 + 12), y + 5, time(t), beside) : "";
  return `<g data-row="${row.name}" data-t="${t}">${plate(x, y, g.w, BOX, 11, look)}${lines.join("")}${ring}${step}</g>`;
}

// Where the loss reads.
function lossBadges(state, p, g) {
  const on = p.at >= p.half;
  const stroke = `stroke="${COLOURS.g}" stroke-width="${on ? 3 : 1.5}"${on ? "" : ' stroke-dasharray="3 3"'}`;
  const badge = (x, y) =>
    `<g><circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="9.5" style="${PAPER}" ${stroke}/>` +
    `${text(x.toFixed(1), (y + 4.5).toFixed(1), symbol("L"), { size: 13, weight: 600 })}</g>`;
  const level = (row) => (state.loss === "h_n" ? g.rows[row] - BOX / 2 - 1 : g.out - g.bar / 2);
  const spots = boxesOf(lossParts(state)).filter(({ row }) => state.loss === "h_n" || row === p.top[0].name);
  return spots.map(({ row, t }) => badge(g.x(t) + g.w / 2, level(row))).join("");
}

// The boxes of some numbers, each once: those of two sequences may lie in one.
const boxesOf = (found) => found.filter((one, k) => found.findIndex(({ row, t }) => row === one.row && t === one.t) === k);

// The chosen name, on the boxes that it is made of.
function tags(g, chosen, name) {
  if (!name.startsWith("h_n")) return "";
  const label = `font-size="13" font-weight="600" text-anchor="middle" style="fill:var(--lstm-paper,#fff);${UI}"`;
  return boxesOf(chosen).map(({ row, t }) => {
    const x = g.x(t), y = g.rows[row] - BOX / 2 - 13;
    const plaque = box(x, y, 54, 20, 'rx="10" style="fill:var(--lstm-ink,#1f2328)"');
    return `<g>${plaque}<text x="${x.toFixed(1)}" y="${(y + 4.5).toFixed(1)}" ${label}>${name}</text></g>`;
  }).join("");
}

function focusRing(g, { row, t }) {
  const dash = 'fill="none" stroke="currentColor" stroke-width="2" stroke-dasharray="5 4"';
  if (t < 0) {
    const w = g.left - 22 - g.labels;
    return box(8 + w / 2, g.rows[row] + 5, w + 8, 32, `rx="16" ${dash}`);
  }
  const y = row === "output" ? g.out : row === "x" ? g.inputY : g.rows[row];
  const h = row === "output" ? g.bar : row === "x" ? g.input : BOX;
  return box(g.x(t), y, g.w + 10, h + 10, `rx="15" ${dash}`);
}

// ---------------------------------------------------------------------------------------------------- widget

// A button that gives a trait a value, and a row of them with its name.
const choiceOf = (trait, value, words) =>
  `<button type="button" data-trait="${trait}" data-value='${JSON.stringify(value)}' aria-pressed="false" ${OWN_KEYS}>${words}</button>`;
const choices = (trait, named) => Object.entries(named).map(([words, value]) => choiceOf(trait, value, words)).join("");
const row = (id, label, content) =>
  `<div class="lstm-choice" role="group" aria-labelledby="${id}"><span id="${id}">${label}</span><div>${content}</div></div>`;
const alone = (label, content) => `<div class="lstm-choice" role="group" aria-label="${label}">${content}</div>`;

const DIRECTIONS = { one: false, both: true };
const BATCHES = { "1 sequence": "none", "2 sequences, lengths given": "lengths given", "2 sequences, no lengths": "lengths not given" };
const LOSSES = { "output[\u22121]": "output[-1]", "end states": "h_n", "every step": "every step" };

function widgetHTML(id) {
  const button = (action, words) => `<button type="button" data-action="${action}" ${OWN_KEYS}>${words}</button>`;
  const moves = button("start", "To start") + button("back", "Back") + button("play", "Play") + button("step", "Step");
  const steps = `<input type="range" id="${id}-steps" class="lstm-steps" min="2" max="8" step="1" ${OWN_KEYS}>`;
  const sweep = `<input type="range" min="0" step="1" aria-label="steps of both sweeps done" ${OWN_KEYS}>`;
  return (
    `<div class="lstm-sides"><div class="lstm-panel"><fieldset><legend>The network</legend>` +
    row(`${id}-ways`, "directions", choices("bidirectional", DIRECTIONS)) +
    row(`${id}-layers`, "layers", choices("layers", { 1: 1, 2: 2 })) +
    `<div class="lstm-choice"><label for="${id}-steps">steps <i>T</i> = <output></output></label>${steps}</div>` +
    row(`${id}-batch`, "batch", choices("padding", BATCHES)) +
    `</fieldset><fieldset><legend>Loss: \u00bd \u03a3 <i>h</i>\u00b2 over</legend>` +
    alone("Loss: half the sum of h squared over", `<div>${choices("loss", LOSSES)}</div>`) +
    `</fieldset><fieldset><legend>Which <i>h</i> is it?</legend>` +
    alone("Light up", '<div class="lstm-names"></div>') +
    `<p class="lstm-shapes"></p></fieldset></div>` +
    `<div class="lstm-stage"><div class="lstm-bar"><div>${button("fold", "Fold")}</div>` +
    `<div role="group" aria-label="Sweep">${moves}</div><label class="lstm-sweep"><span></span>${sweep}</label></div>` +
    `<div class="lstm-across"><div class="lstm-drawing" tabindex="0" role="group" ${OWN_KEYS} ` +
    `aria-label="The boxes: arrow keys go from one to the next, and say what it is"></div></div>` +
    `<p class="lstm-sentence" aria-live="polite"></p><div class="lstm-reading" aria-live="polite"></div>` +
    `<p class="lstm-detail lstm-note" aria-live="polite"></p></div></div>`
  );
}

const TRAITS = ["layers", "bidirectional", "steps", "padding", "loss", "folded", "at", "lit", "x", "weights"];
const TICK = 800, FOLDING = 700; // milliseconds
const HINT = "Point at a box, or go to it with the arrow keys: what it is stands here. A thicker wire carries a larger number.";

export default mounted("unrolled", TRAITS, ({ root, id, read, write, signal }) => {
  root.innerHTML = widgetHTML(id);
  const find = (selector) => root.querySelector(selector);
  const drawing = find(".lstm-drawing"), sweep = find(".lstm-sweep input"), slider = find(".lstm-steps"), namesAt = find(".lstm-names");
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let width = 900, unfolded = null, place = null, timer = 0, frame = 0, drawn = null;

  // What is there already is left alone, or it would be read out a second time.
  const says = {};
  const say = (name, html) => {
    if (says[name] !== html) find(`.lstm-${name}`).innerHTML = says[name] = html;
  };

  const paint = (state = read()) => {
    const { T } = sizes(state), rows = [...sizes(state).rows.map((row) => row.name), "output", "x"];
    if (place && (place.t >= T || !rows.includes(place.row))) place = null;
    const wanted = pieces(state, { width, unfolded, place: unfolded === 1 ? place : null });
    const svg = drawing.firstElementChild;
    if (svg && drawn.items.length === wanted.items.length && drawn.width === width) { // only what is another one
      svg.setAttribute("aria-label", wanted.label);
      wanted.items.forEach((item, k) => { if (item !== drawn.items[k]) svg.children[k].innerHTML = item; });
    } else drawing.innerHTML = asText(wanted);
    drawn = wanted;
    say("detail", place ? detail(state, place) : HINT);
  };

  // Folding is an animation of half a second and a bit; where motion is not wanted, a change.
  const fold = (to) => {
    cancelAnimationFrame(frame);
    if (unfolded === null || still.matches) { unfolded = to; return; }
    const from = unfolded, begun = performance.now();
    const go = (now) => {
      const part = Math.min(1, (now - begun) / FOLDING);
      unfolded = part === 1 ? to : from + (to - from) * part * part * (3 - 2 * part);
      paint();
      if (part < 1) frame = requestAnimationFrame(go);
    };
    frame = requestAnimationFrame(go);
  };

  const stop = () => { clearTimeout(timer); timer = 0; };
  const end = (state) => 2 * sizes(state).half;
  const advance = () => {
    const state = read(), { half } = sizes(state);
    if (state.at >= end(state)) { stop(); paintControls(state); return; }
    timer = setTimeout(advance, state.at + 1 === half ? 2 * TICK : TICK); // a moment longer where the loss is
    write({ at: state.at + 1 });
  };
  const actions = {
    start: (state) => ({ at: 0 }),
    back: (state) => ({ at: Math.max(0, Math.min(state.at, end(state)) - 1) }),
    step: (state) => ({ at: Math.min(end(state), state.at + 1) }),
    fold: (state) => ({ folded: !state.folded }),
  };
  root.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const state = read(), { action, trait, value } = button.dataset;
    if (action === "play") {
      if (timer) { stop(); paintControls(state); return; }
      if (state.at >= end(state)) write({ at: 0 });
      advance();
      paintControls(read());
      return;
    }
    if (action !== "fold") stop();
    if (action) { write(actions[action](state)); return; }
    const chosen = JSON.parse(value);
    if (trait === "lit") { write({ lit: state.lit === chosen ? "" : chosen }); return; }
    rewire(state, { [trait]: chosen });
  }, { signal });

  // Another network: its forward sweep is done, and what is read stays where it has that name.
  const rewire = (state, changes) => {
    stop();
    const next = { ...state, ...changes };
    const whole = "layers" in changes || "steps" in changes ? { at: sizes(next).half } : {};
    write({ ...changes, ...whole, lit: valid(next) });
  };
  slider.addEventListener("input", () => rewire(read(), { steps: Number(slider.value) }), { signal });
  sweep.addEventListener("input", () => { stop(); write({ at: Number(sweep.value) }); }, { signal });

  // Pointing at a box and moving among them by keyboard say the same.
  const point = (to) => {
    if (to?.row === place?.row && to?.t === place?.t) return;
    place = to;
    paint();
  };
  drawing.addEventListener("pointerover", (event) => {
    const found = event.target.closest("[data-row]");
    if (found && !read().folded) point({ row: found.dataset.row, t: Number(found.dataset.t) });
  }, { signal });
  drawing.addEventListener("pointerleave", () => { if (document.activeElement !== drawing) point(null); }, { signal });
  drawing.addEventListener("blur", () => point(null), { signal });
  drawing.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!by) return;
    event.preventDefault();
    const state = read(), s = sizes(state);
    const lines = ["output", ...s.rows.map((row) => row.name).reverse(), "x"];
    if (!place) { point({ row: lines[1], t: 0 }); return; }
    const line = Math.max(0, Math.min(lines.length - 1, lines.indexOf(place.row) + by[0]));
    const first = lines[line] === "output" || lines[line] === "x" ? 0 : -1;
    point({ row: lines[line], t: Math.max(first, Math.min(s.T - 1, place.t + by[1])) });
    drawing.querySelector(`[data-row=${place.row}][data-t="${place.t}"]`)?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, { signal });

  const size = new ResizeObserver(([entry]) => {
    const now = Math.round(entry.contentRect.width);
    if (now && now !== width) { width = now; paint(); }
  });
  size.observe(drawing);
  signal.addEventListener("abort", () => { size.disconnect(); stop(); cancelAnimationFrame(frame); });

  const paintControls = (state) => {
    const s = sizes(state), p = phase(state), playing = timer !== 0;
    sweep.max = 2 * s.half;
    sweep.value = p.at;
    const said = p.gradient ? `backward ${p.count} of ${s.half}` : `forward ${p.count} of ${s.half}`;
    sweep.setAttribute("aria-valuetext", said);
    sweep.style.setProperty("--lstm-from", "0%");
    sweep.style.setProperty("--lstm-to", `${(50 * p.at) / s.half}%`);
    find(".lstm-sweep span").textContent = said;
    slider.value = s.T;
    slider.style.setProperty("--lstm-from", "0%");
    slider.style.setProperty("--lstm-to", `${(100 * (s.T - 2)) / 6}%`);
    find(".lstm-choice output").textContent = s.T;
    const wanted = names(state).join();
    if (namesAt.dataset.names !== wanted) {
      namesAt.dataset.names = wanted;
      namesAt.innerHTML = names(state).map((name) => choiceOf("lit", name, name.replace("-", "\u2212"))).join("");
    }
    for (const button of root.querySelectorAll("[data-trait]")) {
      button.setAttribute("aria-pressed", String(state[button.dataset.trait] === JSON.parse(button.dataset.value)));
    }
    find("[data-action=fold]").textContent = state.folded ? "Unroll" : "Fold";
    find("[data-action=play]").textContent = playing ? "Pause" : "Play";
    say(
      "shapes",
      `<b>output</b> (<i>T</i>, <i>B</i>, <i>H</i> \u00b7 directions) = (${s.T}, ${s.B}, ${s.D})<br>` +
        `<b>h_n</b> (layers \u00b7 directions, <i>B</i>, <i>H</i>) = (${s.rows.length}, ${s.B}, 1)`,
    );
    // While it plays nothing is read out: a step comes before the last one has been said.
    find(".lstm-sentence").setAttribute("aria-live", playing ? "off" : "polite");
    say("sentence", sentence(state));
    say("reading", reading(state));
  };

  return (state) => {
    const to = state.folded ? 0 : 1;
    if (to !== unfolded) fold(to);
    paintControls(state);
    paint(state);
  };
});
