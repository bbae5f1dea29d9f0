// Train it here: a small RNN beside an LSTM, learning in the browser. Before it stand shared.js, with what it is drawn
// of, and maths.js, with what it computes.
//
// A training is an object that `begin` makes and `update` takes one batch further. A state is a plain object:
//   task            a name in TASKS;  length: time steps of a sequence
//   lr, clip        the learning rate, and the limit of the gradient's norm or null; both act from the next update on
//   forget_bias     of the LSTM;  units: of each network;  seed: of the weights and of all sequences
//   playing         whether it trains;  result: what came of it so far, for Python

const B = 16; // sequences in a batch
const RECENT = 20; // batches over which right answers are counted: 320 sequences, each new when it was answered
const LEARNED = 0.95; // share of right answers from which on a task counts as learned
const SPAN = 500; // updates after which training stops by itself
const NAMES = { rnn: "RNN", lstm: "LSTM" };
const NETS = Object.keys(NAMES);

// ---------------------------------------------------------------------------------------------------- tasks

const filled = (n, draw) => Float64Array.from({ length: n }, draw);
const bit = (rng) => 2 * rng.integer(2) - 1; // up or down: 1 or -1

// What a task is:
//   D, K            inputs per step, and numbers that the readout gives: a score for each of two answers, or the answer
//   draw(rng, T, B) {x (T, B, D), targets (asked, B)}: what is to be answered at each of the last `asked` steps
//   guess           the loss of a fixed answer;  chance: the share of right answers that it gives
//   lowest          of the loss axis, a power of ten
//   says, asks      what is to be done, and an answer, in words
export const TASKS = {
  recall: {
    D: 2, K: 2, guess: Math.LN2, chance: 0.5, lowest: -4, asked: () => 1,
    says: (T) => `Recall over ${T} steps: did the first bar point up or down? The ${T - 1} after it are noise.`,
    answer: (target) => (target ? "up" : "down"),
    draw(rng, T, B) {
      const x = new Float64Array(T * B * 2); // up or down, and 1 at the step to remember
      for (let n = 0; n < T * B; n++) x[2 * n] = bit(rng);
      for (let b = 0; b < B; b++) x[2 * b + 1] = 1;
      return { x, targets: filled(B, (_, b) => Number(x[2 * b] > 0)) };
    },
  },
  parity: {
    D: 1, K: 2, guess: Math.LN2, chance: 0.5, lowest: -4, asked: (T) => T,
    says: (T) => `Parity over ${T} steps: is the number of bars that point up odd or even? One missed bar makes it wrong.`,
    answer: (target) => (target ? "odd" : "even"),
    draw(rng, T, B) {
      const x = filled(T * B, () => bit(rng));
      const targets = new Float64Array(T * B);
      for (let n = 0; n < T * B; n++) targets[n] = (n < B ? 0 : targets[n - B]) ^ (x[n] > 0);
      return { x, targets };
    },
  },
  adding: {
    D: 2, K: 1, guess: 1 / 24, chance: 0.1536, lowest: -5, asked: () => 1,
    says: (T) => `Adding over ${T} steps: 0.5 + a quarter of the sum of the two marked numbers, right within 0.04.`,
    answer: (target) => target.toFixed(2),
    draw(rng, T, B) {
      const x = new Float64Array(T * B * 2); // a number, and 1 at one step of each half
      for (let n = 0; n < T * B; n++) x[2 * n] = rng.uniform(-1, 1);
      const half = Math.floor(T / 2);
      const first = filled(B, () => rng.integer(half));
      const second = filled(B, () => half + rng.integer(T - half));
      const targets = new Float64Array(B).fill(0.5);
      for (const at of [first, second]) {
        for (let b = 0; b < B; b++) {
          x[2 * (at[b] * B + b) + 1] = 1;
          targets[b] += x[2 * (at[b] * B + b)] / 4;
        }
      }
      return { x, targets };
    },
  },
};

// Whether answer n is right: the higher score, or a number within 0.04.
function isRight(K, answers, targets, n) {
  return K === 1 ? Math.abs(answers[n] - targets[n]) <= 0.04 : answers[2 * n + 1] > answers[2 * n] === targets[n] > 0;
}

// -------------------------------------------------------------------------------------------------- training

// What a training cannot change on its way: with another value it begins anew.
const SETTINGS = ["task", "length", "forget_bias", "seed", "units"];
const pick = (state) => Object.fromEntries(SETTINGS.map((key) => [key, state[key]]));

function network(kind, D, K, { units, forget_bias, lr }, rng) {
  const cell = recurrentParams(D, units, kind === "lstm" ? 4 : 1, rng);
  const readout = linearParams(units, K, rng);
  if (kind === "lstm") setForgetBias(cell, forget_bias);
  const optimiser = adam({ ...cell, W_y: readout.W, b_y: readout.b }, lr);
  const history = { loss: [], norm: [], right: [], i: [], f: [], o: [] }; // a number for each update; gates: the LSTM's
  return { kind, cell, readout, optimiser, history, learned: 0 };
}

// A training before its first update. One generator draws it all: the weights of both, a sequence to show, the batches.
export function begin(state) {
  const { D, K, draw } = TASKS[state.task];
  const rng = random(state.seed);
  const nets = Object.fromEntries(NETS.map((kind) => [kind, network(kind, D, K, state, rng)]));
  // turned: the updates after which lr or clip was changed
  return { settings: pick(state), rng, nets, shown: draw(rng, state.length, 1), updates: 0, turned: [] };
}

// A network's pass over x, and its answers at the last `asked` steps.
function answer({ kind, cell, readout }, x, batch, asked) {
  const pass = (kind === "lstm" ? lstmForward : rnnForward)(cell, x, batch);
  const H = readout.W.length / readout.b.length;
  const h = pass.h.subarray(pass.h.length - asked * batch * H);
  return { pass, h, answers: linearForward(readout, h) };
}

// One update of one network: forward, loss, backward, clip, Adam. The answers come before it has learned from the batch.
function learn(net, { x, targets }, { K, lr, clip, asked }) {
  const { pass, h, answers } = answer(net, x, B, asked);
  const { loss, gradient } = K === 1 ? meanSquaredError(answers, targets) : softmaxCrossEntropy(answers, targets);
  const out = linearBackward(net.readout, h, gradient);
  const dh = new Float64Array(pass.h.length - h.length / asked); // (T, B, H)
  dh.set(out.dx, dh.length - out.dx.length);
  const { grads } = (net.kind === "lstm" ? lstmBackward : rnnBackward)(net.cell, pass, { dh });
  const all = { ...grads, W_y: out.grads.W, b_y: out.grads.b };
  const size = clipByNorm(all, clip ?? Infinity);
  net.optimiser.lr = lr;
  if (Number.isFinite(size)) net.optimiser.step(all); // as the package does: a gradient that is no number changes nothing
  let right = 0;
  for (let n = targets.length - B; n < targets.length; n++) right += isRight(K, answers, targets, n);
  const { history } = net;
  history.loss.push(loss);
  history.norm.push(size);
  history.right.push(right / B);
  if (net.kind === "lstm") for (const [gate, mean] of Object.entries(meanGates(pass.gates, net.cell.b.length / 4))) history[gate].push(mean);
}

// The mean of each gate over all steps, sequences and units.
function meanGates(gates, H) {
  const sums = [0, 0, 0, 0];
  for (let k = 0; k < gates.length; k += H) for (let j = 0; j < H; j++) sums[(k / H) % 4] += gates[k + j];
  const [i, f, , o] = sums.map((sum) => sum / (gates.length / 4));
  return { i, f, o };
}

// The share of right answers in the recent batches.
function recent({ right }) {
  const last = right.slice(-RECENT);
  return last.reduce((sum, share) => sum + share, 0) / last.length;
}

// Both networks learn from the same new batch.
export function update(training, { lr, clip }) {
  const { task, length } = training.settings;
  const { K, draw, asked } = TASKS[task];
  const batch = draw(training.rng, length, B);
  for (const kind of NETS) learn(training.nets[kind], batch, { K, lr, clip, asked: asked(length) });
  training.updates += 1;
  for (const net of Object.values(training.nets)) {
    if (!net.learned && training.updates >= RECENT && recent(net.history) >= LEARNED) net.learned = training.updates;
  }
}

// What came of it, in plain numbers: shares of right answers, losses, and the update at which each had learned, or 0.
export function result({ updates, nets }) {
  if (!updates) return {};
  const of = ({ history, learned }) => ({ right: recent(history), loss: history.loss.at(-1), norm: history.norm.at(-1), learned });
  return { updates, rnn: of(nets.rnn), lstm: of(nets.lstm) };
}

// ----------------------------------------------------------------------------------------------------- words

const counted = (updates) => `${updates} update${updates === 1 ? "" : "s"}`;
const whole = (share) => `${Math.round(100 * share)} %`;
const number = (v) => (v !== 0 && (v < 1e-4 || v >= 1e4) ? v.toExponential(0).replace("e+", "e") : String(Number(v.toPrecision(2)))).replace("-", "\u2212");

// What is to be seen. While it trains, it changes only when a network has learned the task.
export function sentence({ settings, nets, updates }, playing) {
  const { says, chance } = TASKS[settings.task];
  const done = NETS.filter((kind) => nets[kind].learned).map((kind) => `the ${NAMES[kind]} had learned it after ${counted(nets[kind].learned)}`);
  const when = done.length ? `${done.join(", ")}.` : "";
  if (playing) return `${says(settings.length)} Training\u2026 ${when.replace(/^t/, "T")}`;
  if (!updates) return `${says(settings.length)} A guess is right in ${whole(chance)}. Press Train.`;
  const [rnn, lstm] = NETS.map((kind) => whole(recent(nets[kind].history)));
  const also = done.length ? ` ${when.replace(/^t/, "T")}` : ` Neither has learned it; a guess is right in ${whole(chance)}.`;
  return `After ${counted(updates)} the RNN is right in ${rnn} of fresh sequences, the LSTM in ${lstm}.${also}`;
}

// -------------------------------------------------------------------------------------------------- drawing

const WIDTH = 640, HEIGHT = 500;
const PANEL = { width: 306, height: 188, left: 46, top: 30, bottom: 24 };
const LINES = { // how each curve is drawn: colours are never the only difference
  rnn: { colour: "currentColor", width: 1.5, dash: "" },
  lstm: { colour: COLOURS.c, width: 2.8, dash: "" },
  i: { sign: true, colour: COLOURS.i, width: 2, dash: "2 3" },
  f: { sign: true, colour: COLOURS.f, width: 2.8, dash: "" },
  o: { sign: true, colour: COLOURS.o, width: 2, dash: "8 3" },
};
const log10 = (v) => Math.log10(Math.max(v, 1e-30));

// A piece of a curve, for a legend.
function sampleOf(key, x, y) {
  const { colour, width, dash } = LINES[key];
  return `<path d="M${x} ${y}h20" stroke="${colour}" stroke-width="${width}"${dash ? ` stroke-dasharray="${dash}"` : ""}/>`;
}

// The means of neighbours, so that at most about 125 points are drawn. Returns [[update, value], ...].
function points(values, span) {
  const each = Math.ceil(span / 125);
  const found = [];
  for (let k = 0; k < values.length; k += each) {
    const part = values.slice(k, k + each);
    found.push([k + (part.length + 1) / 2, part.reduce((sum, v) => sum + v, 0) / part.length]);
  }
  return found;
}

// One panel: a title, each line's newest value or the letter that it stands for, axes, a dashed level with its name, the lines.
//   ticks [[place on the axis, label]], the first and last are its ends;  scale: value -> place on the axis
//   lines [[key of LINES, values, faint]];  show: values -> text
function panel(x, y, { title, ticks, scale, level, lines, show, span, turned }) {
  const { width, height, left, top, bottom } = PANEL;
  const [low, high] = [ticks[0][0], ticks.at(-1)[0]];
  const X = (u) => left + ((width - left - 6) * u) / span;
  const Y = (place) => height - bottom - ((height - top - bottom) * (Math.max(low, Math.min(high, place)) - low)) / (high - low);
  const out = [text(0, 14, title, { size: 14, anchor: "start", weight: 600 })];
  for (const [place, label] of ticks) {
    out.push(`<path d="M${left} ${Y(place).toFixed(1)}H${width - 6}" stroke="currentColor" stroke-opacity="${place === low ? 0.5 : 0.14}"/>`);
    out.push(text(left - 6, Y(place) + 4.5, label, { size: 13, anchor: "end" }));
  }
  for (const u of [0, span / 2, span]) out.push(text(X(u), height - 6, u, { size: 13, anchor: u === span ? "end" : u ? "middle" : "start" }));
  for (const u of turned) out.push(`<path d="M${X(u).toFixed(1)} ${top}V${height - bottom}" stroke="currentColor" stroke-opacity=".45" stroke-dasharray="1 3"/>`);
  if (level) {
    out.push(`<path d="M${left} ${Y(level.at).toFixed(1)}H${width - 6}" stroke="currentColor" stroke-opacity=".6" stroke-dasharray="5 4"/>`);
    out.push(text(width - 8, Y(level.at) + (level.below ? 15 : -5), level.name, { size: 13, anchor: "end" }));
  }
  let right = width - 6;
  for (const [key, values, faint] of [...lines].reverse()) {
    const line = LINES[key];
    const path = points(values.map(scale), span).map(([u, place]) => `${X(u).toFixed(1)} ${Y(place).toFixed(1)}`).join("L");
    if (path) {
      const dash = line.dash ? ` stroke-dasharray="${line.dash}"` : "";
      out.push(`<path d="M${path}" fill="none" stroke="${line.colour}" stroke-width="${faint ? 1.5 : line.width}" stroke-linejoin="round"${dash}${faint ? ' stroke-opacity=".5"' : ""}/>`);
    }
    if (faint) continue;
    const value = line.sign ? key : values.length ? show(values) : "\u2013";
    out.push(text(right, 14, line.sign ? symbol(key) : value, { size: 13, anchor: "end" }));
    right -= 28 + 8.2 * value.length;
    out.push(sampleOf(key, right, 9.5));
    right -= 12;
  }
  return `<g transform="translate(${x} ${y})">${out.join("")}</g>`;
}

// One sequence as bars, a dot below each step that is marked, and what the networks would answer to it now.
function strip({ settings: { task, length }, nets, shown }) {
  const { D, K, asked, answer: say } = TASKS[task];
  const wide = 360 / length;
  const out = [text(0, 14, "One sequence of the task, and the answers to it", { size: 14, anchor: "start", weight: 600 })];
  out.push('<path d="M0 60H360" stroke="currentColor" stroke-opacity=".5"/>');
  for (let t = 0; t < length; t++) {
    const v = shown.x[t * D];
    const marked = D === 1 || shown.x[t * D + 1] === 1;
    const w = Math.min(0.72 * wide, 16), tall = Math.max(1, Math.abs(26 * v));
    const box = `x="${(wide * (t + 0.5) - w / 2).toFixed(1)}" y="${(v > 0 ? 60 - tall : 60).toFixed(1)}" width="${w.toFixed(1)}" height="${tall.toFixed(1)}"`;
    out.push(`<rect ${box} rx="1.5" fill="${marked ? "currentColor" : "none"}" stroke="currentColor" stroke-opacity=".7"/>`);
    if (marked && D > 1) out.push(`<circle cx="${(wide * (t + 0.5)).toFixed(1)}" cy="94" r="3.5" fill="currentColor"/>`);
  }
  const target = shown.targets.at(-1);
  const rows = [["right answer", "", say(target)]];
  for (const kind of NETS) {
    const { answers } = answer(nets[kind], shown.x, 1, asked(length));
    const last = answers.subarray(answers.length - K);
    const given = K === 1 ? last[0] : Number(last[1] > last[0]);
    const sure = K === 1 ? "" : `, ${whole(1 / (1 + Math.exp(-Math.abs(last[1] - last[0]))))} sure`;
    rows.push([NAMES[kind], isRight(K, last, [target], 0) ? "\u2713" : "\u2717", say(given).replace("-", "\u2212") + sure]);
  }
  rows.forEach(([who, mark, what], k) => {
    const y = 40 + 25 * k;
    out.push(text(484, y, who, { size: 14, anchor: "end" }), text(498, y, mark, { size: 14 }));
    out.push(text(510, y, what, { size: 14, anchor: "start" }));
  });
  out.push(sampleOf("rnn", 412, 60), sampleOf("lstm", 412, 85));
  return out.join("");
}

// How a setting is told where two trainings are compared.
const TOLD = { task: String, length: (v) => `${v} steps`, forget_bias: (v) => `forget bias ${number(v)}`, seed: (v) => `seed ${v}`, units: (v) => `${v} units` };

// What tells an earlier training from one with the settings `now`, in words.
function difference(earlier, now) {
  const changed = SETTINGS.filter((key) => earlier[key] !== now[key]).map((key) => TOLD[key](earlier[key]));
  return changed.length ? changed.join(", ") : "the same settings and seed";
}

const LEAST = -16, MOST = 16; // where a logarithmic axis may end, powers of ten

// The marks of a logarithmic axis: from `low` to `high`, and further where the lines go further.
function powers(low, high, lines, span) {
  const all = lines.flatMap(([, values]) => points(values.map(log10), span).map(([, power]) => power));
  while (low > LEAST && all.some((power) => power < low)) low -= 2;
  while (high < MOST && all.some((power) => power > high)) high += 2;
  return [low, (low + high) / 2, high].map((power) => [power, Math.abs(power) <= 3 ? number(10 ** power) : `10${raised(power)}`]);
}

// The training as SVG text, and faint behind it the one `before`, if it is not null. With `card`, the picture stands on
// its own: explicit colours on a light background.
export function drawTraining(training, { clip }, before, { card = false } = {}) {
  const { settings, nets, updates, turned } = training;
  const { chance, guess, lowest } = TASKS[settings.task];
  const span = SPAN * Math.max(1, Math.ceil(Math.max(updates, before ? before.updates : 0) / SPAN));
  const curves = (name) => [
    ...(before ? NETS.map((kind) => [kind, before.nets[kind].history[name], true]) : []),
    ...NETS.map((kind) => [kind, nets[kind].history[name], false]),
  ];
  const gates = ["i", "f", "o"].map((gate) => [gate, nets.lstm.history[gate], false]);
  const newest = (values) => number(values.at(-1));
  const right = WIDTH - PANEL.width;
  const panels = [
    [0, 114, {
      title: "Right answers", scale: (v) => v, lines: curves("right"), show: (values) => whole(recent({ right: values })),
      ticks: [[0, "0 %"], [0.5, "50 %"], [1, "100 %"]], level: { at: chance, name: "a guess", below: true },
    }],
    [right, 114, {
      title: "Loss", scale: log10, lines: curves("loss"), show: newest,
      ticks: powers(lowest, lowest + 4, curves("loss"), span), level: { at: log10(guess), name: "a guess", below: true },
    }],
    [0, 312, {
      title: "Gradient norm", scale: log10, lines: curves("norm"), show: newest,
      ticks: powers(-4, 2, curves("norm"), span), level: clip === null ? null : { at: log10(clip), name: `clipped to ${number(clip)}` },
    }],
    [right, 312, {
      title: "LSTM\u2019s gates, mean", scale: (v) => v, lines: gates,
      ticks: [[0, "0"], [0.5, "0.5"], [1, "1"]], level: null,
    }],
  ].map(([x, y, what]) => panel(x, y, { ...what, span, turned }));
  const what = card ? `${settings.task[0].toUpperCase()}${settings.task.slice(1)} over ${settings.length} steps, ${TOLD.forget_bias(settings.forget_bias)}. ` : "";
  const note = before ? `Faint: the training before, with ${difference(before.settings, settings)}.` : `${what}Across: updates, each on ${B} new sequences.`;
  const content = [strip(training), ...panels, text(0, HEIGHT + 16, note, { size: 13, anchor: "start" })].join("\n");
  const label = `A small RNN beside an LSTM while they learn. ${sentence(training, false)}`;
  if (!card) return picture(WIDTH, HEIGHT + 22, label, content);
  const [width, height] = [WIDTH + 40, HEIGHT + 60];
  const paper = `<rect width="${width}" height="${height}" rx="12" fill="#fff"/>`;
  return `${picture(width, height, label, `${paper}\n<g transform="translate(20 20)">${content}</g>\n`, ` width="${width}" height="${height}" style="color:#1f2328"`)}\n`;
}

// ---------------------------------------------------------------------------------------------------- widget

const ROWS = [ // a slider goes through `values`; another value can be set from Python
  { key: "length", name: "length", values: range(2, 60, 1), say: (v) => `${v} steps`, colour: COLOURS.x },
  { key: "lr", name: "learning rate", values: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1], say: String, colour: COLOURS.x },
  { key: "clip", name: "clip gradient at norm", values: [0.01, 0.03, 0.1, 0.3, 1, 3, 10, null], say: (v) => (v === null ? "never" : String(v)), colour: COLOURS.x },
  { key: "forget_bias", name: "forget bias, LSTM", values: range(-2, 6, 0.5), say: signed, colour: COLOURS.f },
  { key: "seed", name: "seed", values: range(0, 20, 1), say: String, colour: COLOURS.x },
];

function widgetHTML(id) {
  const button = (attribute, words) => `<button type="button" ${attribute} ${OWN_KEYS}>${words}</button>`;
  const tasks = Object.keys(TASKS).map((task) => button(`data-task="${task}" aria-pressed="false"`, task)).join("");
  const rows = ROWS.map((row) => stopsHTML(row, id)).join("");
  return (
    `<div class="lstm-sides"><div class="lstm-hand"><div class="lstm-tasks" role="group" aria-label="Task">${tasks}</div>${rows}` +
    `<div class="lstm-bar" role="group" aria-label="Training">${button('data-act="play" class="lstm-play"', "Train")}${button('data-act="step"', "1 update")}` +
    `${button('data-act="again"', "Same seed again")}${button('data-act="reset"', "Reset")}</div>` +
    `<p class="lstm-note">Try three times the length: which of them still learns it? Both networks see the same sequences. A new learning rate or clip acts at once; any other change begins anew.</p></div>` +
    `<div class="lstm-seen"><p class="lstm-sentence" aria-live="polite"></p><div class="lstm-across"><div class="lstm-drawing"></div></div></div></div>`
  );
}

const PACE = 60; // updates a second, where the machine can
const ROOM = 12; // milliseconds of a frame for updates

export default mounted("train", [...SETTINGS, "lr", "clip", "playing", "result"], ({ root, id, read, write, start, signal }) => {
  root.innerHTML = widgetHTML(id);
  const find = (selector) => root.querySelector(selector);
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let training = begin(start), before = null, set = start; // set: the state with which the last update was made
  let frame = 0, due = 0, last = 0, drawn = 0;

  const draw = (state) => {
    drawn = performance.now();
    find(".lstm-drawing").innerHTML = drawTraining(training, state, before);
    const said = sentence(training, state.playing);
    if (find(".lstm-sentence").textContent !== said) find(".lstm-sentence").textContent = said; // said aloud once
  };
  const again = (state) => {
    if (training.updates >= RECENT) before = training;
    training = begin(state);
    if (state.result.updates) write({ result: {} }); // it was that of the training before
  };
  const advance = (state) => {
    if (training.updates && (state.lr !== set.lr || state.clip !== set.clip)) training.turned.push(training.updates);
    set = state;
    update(training, state);
  };
  const tick = (time) => {
    frame = 0;
    const state = read();
    if (!state.playing) return;
    due = Math.min(4, due + (last ? ((time - last) * PACE) / 1000 : 1));
    last = time;
    const from = performance.now();
    for (let spent = 0, one = 0; due >= 1 && spent + one < ROOM; due--) { // another one only where it has room
      advance(state);
      one = performance.now() - from - spent;
      spent += one;
      if (training.updates % SPAN === 0) return write({ playing: false, result: result(training) });
    }
    if (!calm.matches || time - drawn > 500) draw(state);
    frame = requestAnimationFrame(tick);
  };
  signal.addEventListener("abort", () => cancelAnimationFrame(frame));

  const acts = {
    play: (state) => write(state.playing ? { playing: false, result: result(training) } : { playing: true }),
    step: (state) => {
      advance(state);
      write({ playing: false, result: result(training) });
    },
    again: (state) => {
      again(state);
      draw(state);
    },
    reset: () => {
      training = begin(start);
      before = null;
      write({ ...start, playing: false, result: {} });
    },
  };
  for (const row of ROWS) wireStops(root, row, read, write, signal);
  for (const button of root.querySelectorAll("button")) {
    const { task, act } = button.dataset;
    button.addEventListener("click", () => (task ? write({ task }) : acts[act](read())), { signal });
  }

  return (state) => {
    if (SETTINGS.some((key) => state[key] !== training.settings[key])) again(state);
    for (const row of ROWS) showStops(root, row, state);
    for (const button of root.querySelectorAll("[data-task]")) button.setAttribute("aria-pressed", String(button.dataset.task === state.task));
    find("[data-act=play]").textContent = state.playing ? "Stop" : "Train";
    draw(state);
    if (state.playing && !frame) {
      last = 0;
      frame = requestAnimationFrame(tick);
    }
  };
});
