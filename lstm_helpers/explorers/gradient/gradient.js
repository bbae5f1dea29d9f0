// The gradient: what is left of it, step by step back, in an RNN and in an LSTM that nobody has trained. Before it stand
// shared.js, with what it is drawn of, and maths.js, with what it computes.
//
// Pure functions: networks(state) draws both networks and their inputs, measured(networks, state) follows the gradient,
// drawGradient(found, state) is the picture. A state is a plain object:
//   weight_scale  what all recurrent weights are multiplied by;  orthogonal: which matrices they are, see networks
//   inputs        the standard deviation of what the inputs add to each unit
//   forget_bias   of the LSTM;  length: how many steps back it is followed;  lag: the step back that is read off
//   seed          of the weights and the inputs
// `left` after k steps is the root mean square, over all directions of a gradient of norm 1 at the last step T, of its norm
// k steps before: the Frobenius norm of the Jacobian over the root of H. The RNN's Jacobian is that of h_T in h_{T-k}, the
// LSTM's that of c_T in c_{T-k}, along all paths.

const H = 24; // units of each network
const D = 8; // inputs per step
const BEFORE = 50; // steps that are read before those through which the gradient is followed
const LONGEST = 200; // of `length`
const SMALLEST = 1.4e-45; // the smallest number above 0 in 32 bits

// ---------------------------------------------------------------------------------------------- mathematics

// The size of the largest eigenvalue of A (n, n), by Gelfand's formula: the limit of |A^k|^(1/k), here for k = 2^36.
export function spectralRadius(A, n) {
  let power = A, log = 0, k = 1;
  for (let doubled = 0; ; doubled++, k *= 2) {
    const size = norm({ power });
    if (size === 0) return 0;
    log += Math.log(size) / k;
    if (doubled === 36) return Math.exp(log);
    const scaled = power.map((v) => v / size);
    power = addProduct(new Float64Array(n * n), scaled, scaled, n, n, n);
  }
}

// The largest factor by which A (n, n) stretches a vector: its largest singular value.
export function largestStretch(A, n) {
  return Math.sqrt(spectralRadius(addProduct(new Float64Array(n * n), transposed(A, n, n), A, n, n, n), n));
}

// Both networks at a weight scale of 1, {rnn, lstm}, each {W_x, W_h, b}; x (LONGEST + BEFORE, D), the last step first; and
// the largest singular value of the RNN's W_h, stretch.
// One generator draws it all. W_x has a variance of 1/D, so that inputs of some strength add as much to each unit. Each block
// (H, H) of W_h is random orthogonal, or random normal and scaled to a spectral radius of 1.
export function networks({ seed, orthogonal: turning }) {
  const rng = random(seed);
  const normal = (n, scale) => Float64Array.from({ length: n }, () => scale * rng.normal());
  const square = () => {
    if (turning) return orthogonal(H, rng);
    const W = normal(H * H, 1), radius = spectralRadius(W, H);
    return W.map((v) => v / radius);
  };
  const network = (blocks) => {
    const width = blocks * H, W_x = normal(D * width, D ** -0.5), W_h = new Float64Array(H * width);
    for (let start = 0; start < width; start += H) {
      const block = square();
      for (let r = 0; r < H; r++) W_h.set(at(block, r, H), r * width + start);
    }
    return { W_x, W_h, b: new Float64Array(width) };
  };
  const rnn = network(1), lstm = network(4), x = normal((LONGEST + BEFORE) * D, 1);
  return { rnn, lstm, x, stretch: largestStretch(rnn.W_h, H) };
}

// The root of the sum of all squares over the root of H. Squares of 1e-200 would be 0: all is scaled by the largest first.
function rootMeanSquare(array) {
  let largest = 0, sum = 0;
  for (let k = 0; k < array.length; k++) largest = Math.max(largest, Math.abs(array[k]));
  if (largest === 0) return 0;
  for (let k = 0; k < array.length; k++) sum += (array[k] / largest) ** 2;
  return largest * Math.sqrt(sum / H);
}

// What both networks, as `networks` gives them, leave of a gradient. Returns
//   rnn, lstm        (length + 1): what is left after 0, 1, ... length steps back
//   law              (length + 1): by the rule of thumb for the RNN. Each step multiplies by the spectral radius of W_h, and by
//                    its typical slope, the root mean square of 1 - h^2 over the units
//   gates            (length + 1): along the LSTM's cell state alone, where only its forget gates multiply
//   radius, stretch  of the RNN's W_h: the spectral radius, and the largest singular value
export const measured = (nets, state) => ({ ...plainMeasured(nets, state), ...gatedMeasured(nets, state) });

const scaled = ({ W_x, W_h, b }, scale) => ({ W_x, W_h: W_h.map((v) => scale * v), b: b.slice() });
const last = (array, width, rows) => array.subarray(array.length - rows * width); // the rows of the last steps
const unit = () => Float64Array.from({ length: H * H }, (_, k) => Number(k % (H + 1) === 0)); // H gradients at the last step

// The inputs of all steps that are read, the first one first.
function inputsOf(drawn, { inputs, length }) {
  const steps = BEFORE + length;
  const x = new Float64Array(steps * D);
  for (let t = 0; t < steps; t++) for (let d = 0; d < D; d++) x[t * D + d] = inputs * drawn[(steps - 1 - t) * D + d];
  return x;
}

// What is left of each of the states' gradients, of the last state first.
function leftOf(gradients, length) {
  const states = gradients.length / (H * H) - 1;
  return Array.from({ length: length + 1 }, (_, k) => rootMeanSquare(at(gradients, states - k, H * H)));
}

function plainMeasured({ rnn, x, stretch }, state) {
  const { weight_scale, length } = state;
  const net = scaled(rnn, weight_scale);
  const { h } = rnnForward(net, inputsOf(x, state), 1);
  const { dh } = rnnSweep(net, { B: 1, h: last(h, H, length + 1) }, { dh_T: unit() }, H);
  const radius = weight_scale, law = [1]; // it is 1 at a scale of 1
  for (let t = BEFORE + length; t > BEFORE; t--) law.push(law.at(-1) * radius * rootMeanSquare(at(h, t, H).map((v) => 1 - v * v)));
  return { rnn: leftOf(dh, length), law, radius, stretch: weight_scale * stretch };
}

function gatedMeasured({ lstm, x }, state) {
  const { weight_scale, forget_bias, length } = state;
  const net = scaled(lstm, weight_scale);
  setForgetBias(net, forget_bias);
  const pass = lstmForward(net, inputsOf(x, state), 1);
  const { dc } = lstmSweep(net, { // one step more: the first dc of a sweep leaves out what comes through its own h
    B: 1, c: last(pass.c, H, length + 2), gates: last(pass.gates, 4 * H, length + 1), tanh_c: last(pass.tanh_c, H, length + 1),
  }, { dc_T: unit() }, H);
  const kept = new Float64Array(H).fill(1), gates = [1];
  for (let t = BEFORE + length - 1; t >= BEFORE; t--) {
    for (let j = 0; j < H; j++) kept[j] *= pass.gates[t * 4 * H + H + j];
    gates.push(rootMeanSquare(kept));
  }
  return { lstm: leftOf(dc, length), gates };
}

// The factor per step of what is left, from a fifth of the way to its end: the first steps still turn the gradient.
function perStep(left) {
  const end = left.length - 1, from = Math.round(end / 5);
  return (left[end] / left[from]) ** (1 / (end - from));
}

// ----------------------------------------------------------------------------------------------------- words

// A number of any size above 0: 0.35, or 7·10⁻¹¹ with one digit and an exponent.
function size(v) {
  if (v === 0 || (v >= 0.001 && v < 1000)) return String(Number(v.toPrecision(2)));
  const [digit, exponent] = v.toExponential(0).split("e");
  return `${digit}\u00b710${raised(Number(exponent))}`;
}

// What becomes of a gradient: by what is left of it at the end, and unless that is next to nothing or far too much, by its
// factor per step.
function fate(left) {
  const end = left.at(-1), factor = perStep(left);
  if (end < 0.01) return "vanishes";
  if (end > 100) return "explodes";
  return factor < 0.98 ? "shrinks" : factor > 1.02 ? "grows" : "about keeps its size";
}

const reading = ({ lag, length }) => Math.min(lag, length);

export function sentence({ rnn, lstm }, state) {
  const k = reading(state), { length } = state;
  const lags = k === 0 || k === length ? [length] : [k, length]; // at lag 0 all of it is left
  const told = (name, left) => {
    const [first, ...more] = lags.map((lag) => [size(left[lag]), lag]);
    const end = more.map(([share, lag]) => `, ${share} after ${lag}`).join("");
    return `The ${name}\u2019s gradient ${fate(left)}: \u00d7 ${plain(perStep(left))} per step back, ${first[0]} of it left after ${first[1]}${end}.`;
  };
  return `${told("RNN", rnn)} ${told("LSTM", lstm)}`;
}

// -------------------------------------------------------------------------------------------------- drawing

const WIDTH = 660, HEIGHT = 560;
const FIELD = { left: 54, right: 574, top: 48, bottom: 336 }; // where the lines are
const LEAST = [-2, -4, -6, -8, -10, -15, -20, -30, -50, -80, -120, -160, -200, -250, -310]; // where the axis may end, powers of ten
const MOST = [1, 2, 4, 6, 10, 15, 20, 30, 50, 80, 120];
const GAPS = [1, 2, 5, 10, 20, 50, 100]; // between two marks of an axis
const LINES = { // colours are never the only difference
  rnn: { colour: "currentColor", width: 2.2, dash: "" },
  law: { colour: "currentColor", width: 2, dash: "1 4" },
  radius: { colour: "currentColor", width: 1.2, dash: "2 3 8 3" },
  bound: { colour: "currentColor", width: 1.2, dash: "7 4" },
  lstm: { colour: COLOURS.c, width: 3.2, dash: "" },
  gates: { colour: COLOURS.f, width: 2, dash: "1 4" },
};

const stroke = ({ colour, width, dash }) => `fill="none" stroke="${colour}" stroke-width="${width}" stroke-linejoin="round" stroke-linecap="${dash.startsWith("1 ") ? "round" : "butt"}"${dash ? ` stroke-dasharray="${dash}"` : ""}`;
const log10 = (v) => Math.max(-400, Math.log10(v)); // of 0 as well

// The marks of an axis from low to high, at most seven.
function marks(low, high) {
  const gap = GAPS.find((size) => (high - low) / size <= 7) ?? GAPS.at(-1);
  const from = Math.ceil(low / gap);
  return Array.from({ length: Math.floor(high / gap) - from + 1 }, (_, k) => (from + k) * gap);
}

// The axis: as far as what is measured goes, and a little above 1. Theory may leave it.
function reach({ rnn, lstm, gates }) {
  const all = [...rnn, ...lstm, ...gates].map(log10);
  const low = Math.min(...all), high = Math.max(...all);
  return [LEAST.find((end) => end <= low) ?? LEAST.at(-1), MOST.find((end) => end >= high) ?? MOST.at(-1)];
}

// The rows of the table, top to bottom: key of LINES, what it is, its factor per step, and what is left after k steps.
function rowsOf(found, { lag, length }) {
  const { rnn, law, lstm, gates, radius, stretch } = found;
  const typical = (law.at(-1) ** (1 / length)) / radius; // slope per step
  const k = reading({ lag, length });
  const jacobian = (letter) => `\u2202${symbol(letter, "T")} / \u2202${symbol(letter, "T\u2212k")}`;
  const power = (factor) => factor ** k;
  return [
    ["rnn", `RNN, ${jacobian("h")}`, perStep(rnn), rnn[k]],
    ["law", `\u03c1 \u00d7 typical slope of tanh = ${plain(radius)} \u00d7 ${plain(typical)}`, radius * typical, law[k]],
    ["radius", "\u03c1, the spectral radius alone: no tanh", radius, power(radius)],
    ["bound", "\u03c3, the largest singular value: a bound", stretch, power(stretch)],
    ["lstm", `LSTM, ${jacobian("c")}`, perStep(lstm), lstm[k]],
    ["gates", "its forget gates alone, multiplied", perStep(gates), gates[k]],
  ];
}

function table(found, state) {
  const k = reading(state), y = 402;
  const out = [
    text(0, y, "Line by line", { size: 14, anchor: "start", weight: 600 }),
    text(500, y, "per step", { size: 13, anchor: "end" }),
    text(WIDTH, y, `left after ${k} step${k === 1 ? "" : "s"}`, { size: 13, anchor: "end" }),
    `<path d="M0 ${y + 8}H${WIDTH}" stroke="currentColor" stroke-opacity=".3"/>`,
  ];
  rowsOf(found, state).forEach(([key, name, factor, left], n) => {
    const line = y + 30 + 23 * n + (n > 3 ? 6 : 0), weight = key === "rnn" || key === "lstm" ? 600 : 400;
    out.push(`<path d="M2 ${line - 4.5}h36" ${stroke(LINES[key])}/>`);
    out.push(text(50, line, name, { size: 14, anchor: "start", weight }));
    out.push(text(500, line, plain(factor), { size: 14, anchor: "end", weight }), text(WIDTH, line, size(left), { size: 14, anchor: "end", weight }));
  });
  return out.join("");
}

// The names of the lines: beside the right end, or above the field where a line leaves it. lines: key -> points.
function names(lines) {
  const { right, top } = FIELD;
  const power = (letter) => `${symbol(letter)}<tspan dy="-5" font-size="72%" style="${MATH}">k</tspan>`;
  const called = { lstm: "LSTM", rnn: "RNN", bound: power("\u03c3"), radius: power("\u03c1") };
  const ends = Object.entries(called).map(([key, name]) => ({ key, name, x: lines[key].at(-1)[0], y: lines[key].at(-1)[1] }));
  const out = [];
  let free = top - 4;
  for (const { key, name, y } of ends.filter(({ x }) => x === right).sort((a, b) => a.y - b.y)) {
    const line = Math.max(free, y + 5);
    out.push(text(right + 10, line.toFixed(1), name, { size: 14, anchor: "start", weight: key in { rnn: 0, lstm: 0 } ? 600 : 400 }));
    free = line + 17;
  }
  free = 0;
  for (const { name, x, y } of ends.filter((end) => end.x < right && end.y === top).sort((a, b) => a.x - b.x)) {
    const place = Math.max(free, x);
    out.push(text(place.toFixed(1), top - 6, name, { size: 14 }));
    free = place + 24;
  }
  return out.join("");
}

// The lines over the lag. Straight ones are cut where they leave the field.
function field(found, state) {
  const { length } = state, k = reading(state);
  const { left, right, top, bottom } = FIELD;
  const [low, high] = reach(found);
  const X = (lag) => left + ((right - left) * lag) / length;
  const Y = (power) => bottom - ((bottom - top) * (power - low)) / (high - low);
  const path = (points) => `M${points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}`;
  const straight = (factor) => {
    const slope = Math.log10(factor), edge = slope > 0 ? high : low;
    const end = slope * length > high || slope * length < low ? [X(edge / slope), Y(edge)] : [right, Y(slope * length)];
    return [[left, Y(0)], end];
  };
  // A curve ends where it leaves the field, upwards at its edge.
  const curve = (values) => {
    const all = values.map((v, lag) => [X(lag), Y(log10(v))]), out = all.findIndex(([, y]) => y < top || y > bottom);
    if (out < 0) return all;
    const inside = all.slice(0, out), [[x, y], [beyond, above]] = all.slice(out - 1, out + 1);
    return above > bottom ? inside : [...inside, [x + ((beyond - x) * (y - top)) / (y - above), top]];
  };
  const lines = {
    bound: straight(found.stretch), radius: straight(found.radius), law: curve(found.law),
    rnn: curve(found.rnn), gates: curve(found.gates), lstm: curve(found.lstm),
  };
  const out = [text(0, 14, "What is left of a gradient on its way back", { size: 14, anchor: "start", weight: 600 })];
  const corner = lines.bound.at(-1)[0] < right && lines.bound.at(-1)[1] > top ? `H${right}` : "";
  out.push(`<path d="${path(lines.bound)}${corner}V${top}H${left}z" fill="currentColor" fill-opacity=".06"/>`);
  if (low < Math.log10(SMALLEST)) {
    const y = Y(Math.log10(SMALLEST));
    out.push(`<path d="M${left} ${y.toFixed(1)}H${right}V${bottom}H${left}z" fill="currentColor" fill-opacity=".06"/>`);
    out.push(text(left + 8, bottom - 9, `below ${size(SMALLEST)}: 0 in 32 bits`, { size: 13, anchor: "start" }));
  }
  for (const power of marks(low, high)) {
    out.push(`<path d="M${left} ${Y(power).toFixed(1)}H${right}" stroke="currentColor" stroke-opacity="${power === 0 ? 0.45 : 0.13}"/>`);
    out.push(text(left - 7, (Y(power) + 4.5).toFixed(1), power === 0 ? "1" : `10${raised(power)}`, { size: 13, anchor: "end" }));
  }
  for (const lag of marks(0, length)) {
    out.push(`<path d="M${X(lag).toFixed(1)} ${bottom}v5" stroke="currentColor" stroke-opacity=".45"/>`);
    out.push(text(X(lag).toFixed(1), bottom + 19, lag, { size: 13 }));
  }
  out.push(text((left + right) / 2, bottom + 37, `lag ${symbol("k")}, steps back from the last`, { size: 13 }));
  out.push(`<path d="M${X(k).toFixed(1)} ${top}V${bottom}" stroke="currentColor" stroke-opacity=".55" stroke-width="1.2"/>`);
  for (const [key, points] of Object.entries(lines)) out.push(`<path d="${path(points)}" ${stroke(LINES[key])}/>`);
  for (const key of ["rnn", "lstm"]) {
    const there = lines[key][k];
    if (there) out.push(`<circle cx="${there[0].toFixed(1)}" cy="${there[1].toFixed(1)}" r="5" fill="${LINES[key].colour}" style="stroke:var(--lstm-paper,#fff)" stroke-width="1.5"/>`);
  }
  out.push(names(lines));
  return out.join("\n");
}

// The picture of what `measured` found. With `card`, it stands on its own: explicit colours on a light background.
export function drawGradient(found, state, { card = false } = {}) {
  const content = `${field(found, state)}\n${table(found, state)}`;
  const label = `What is left of a gradient against the lag, on a logarithmic axis, in an RNN and in an LSTM. ${sentence(found, state)}`;
  if (!card) return picture(WIDTH, HEIGHT, label, content);
  const { weight_scale, orthogonal: turning, inputs, forget_bias } = state;
  const note = `Weights ${turning ? "orthogonal" : "random"}, scale ${plain(weight_scale)}; inputs ${size(inputs)}; forget bias ${signed(forget_bias)}. ${H} units each.`;
  const [width, height] = [WIDTH + 40, HEIGHT + 60];
  const paper = `<rect width="${width}" height="${height}" rx="12" fill="#fff"/>`;
  const all = `${content}\n${text(0, HEIGHT + 22, note, { size: 13, anchor: "start" })}`;
  return `${picture(width, height, label, `${paper}\n<g transform="translate(20 20)">${all}</g>\n`, ` width="${width}" height="${height}" style="color:#1f2328"`)}\n`;
}

// ---------------------------------------------------------------------------------------------------- widget

const ROWS = [
  { key: "weight_scale", name: "weight scale", values: range(0.1, 2.5, 0.05), say: plain, colour: COLOURS.x },
  { key: "inputs", name: "inputs, strength", values: [0, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3], say: String, colour: COLOURS.x },
  { key: "forget_bias", name: "forget bias, LSTM", values: range(-2, 6, 0.5), say: signed, colour: COLOURS.f },
  { key: "length", name: "length", values: range(10, 150, 10), say: (v) => `${v} steps`, colour: COLOURS.x },
  { key: "lag", name: "read off at lag", values: ({ length }) => range(0, length, 1), say: String, colour: COLOURS.x },
];
const KINDS = { random: false, orthogonal: true }; // of the recurrent weights

function widgetHTML(id) {
  const button = (attribute, words) => `<button type="button" ${attribute} ${OWN_KEYS}>${words}</button>`;
  const kinds = Object.keys(KINDS).map((kind) => button(`data-kind="${kind}" aria-pressed="false"`, kind)).join("");
  return (
    `<div class="lstm-sides"><div class="lstm-hand"><div class="lstm-kinds" role="group" aria-label="Recurrent weights"><span>Recurrent weights</span>${kinds}</div>` +
    `<div class="lstm-rows">${ROWS.map((row) => stopsHTML(row, id)).join("")}</div>` +
    `<div class="lstm-bar" role="group" aria-label="Networks">${button('data-act="draw"', "Another draw")}${button('data-act="reset"', "Reset")}</div>` +
    `<p class="lstm-note">Two untrained networks of ${H} units. Both have read ${BEFORE} steps of the same random inputs before these. What is left: the norm as a share of lag 0, root mean square over all directions of the gradient.</p></div>` +
    `<div class="lstm-seen"><p class="lstm-sentence" aria-live="polite"></p><div class="lstm-across"><div class="lstm-drawing"></div></div></div></div>`
  );
}

const KEYS = ["weight_scale", "orthogonal", "inputs", "forget_bias", "length", "lag", "seed"];

export default mounted("gradient", KEYS, ({ root, id, read, write, start, signal }) => {
  root.innerHTML = widgetHTML(id);
  const find = (selector) => root.querySelector(selector);
  const drawing = find(".lstm-drawing");

  // What was computed, and for which settings: a hand on the forget bias leaves the RNN as it is.
  const held = {};
  const kept = (name, settings, make) => {
    const key = JSON.stringify(settings);
    if (held[name]?.key !== key) held[name] = { key, value: make() };
    return held[name].value;
  };
  const compute = (state) => {
    const { seed, orthogonal: turning, weight_scale, inputs, forget_bias, length } = state;
    const nets = kept("nets", [seed, turning], () => networks(state));
    const both = [seed, turning, weight_scale, inputs, length];
    return { ...kept("rnn", both, () => plainMeasured(nets, state)), ...kept("lstm", [...both, forget_bias], () => gatedMeasured(nets, state)) };
  };

  for (const row of ROWS) wireStops(root, row, read, write, signal);
  const acts = { draw: () => write({ seed: (read().seed % 1e6) + 1 }), reset: () => write(start) };
  for (const button of root.querySelectorAll("button")) {
    const { kind, act } = button.dataset;
    button.addEventListener("click", () => (kind ? write({ orthogonal: KINDS[kind] }) : acts[act]()), { signal });
  }

  // The mouse reads off the lag that it points at while it is pressed.
  const point = (event) => {
    const box = drawing.getBoundingClientRect(), { length } = read();
    const x = ((event.clientX - box.left) / box.width) * WIDTH;
    const lag = Math.round((length * (x - FIELD.left)) / (FIELD.right - FIELD.left));
    write({ lag: Math.max(0, Math.min(length, lag)) });
  };
  drawing.addEventListener("pointerdown", (event) => {
    const box = drawing.getBoundingClientRect();
    if (event.button !== 0 || (event.clientY - box.top) / box.height > (FIELD.bottom + 24) / HEIGHT) return;
    drawing.setPointerCapture(event.pointerId);
    point(event);
  }, { signal });
  drawing.addEventListener("pointermove", (event) => drawing.hasPointerCapture(event.pointerId) && point(event), { signal });

  return (state) => {
    const found = compute(state);
    for (const row of ROWS) showStops(root, row, row.key === "lag" ? { ...state, lag: reading(state) } : state);
    for (const button of root.querySelectorAll("[data-kind]")) button.setAttribute("aria-pressed", String(KINDS[button.dataset.kind] === state.orthogonal));
    find(".lstm-sentence").textContent = sentence(found, state);
    drawing.innerHTML = drawGradient(found, state);
  };
});
