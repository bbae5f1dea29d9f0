// The memory: one LSTM unit over 40 steps, whose gates a person draws. shared.js, which stands before it, has what it is
// made of.
//
// Pure functions: inputs(challenge, seed), compute(state), judge(state), draw(state). A state is a plain object:
//   challenge     a key of CHALLENGES
//   seed          draws the challenge's input
//   f, i, o       the gates: 40 fractions each
//   solved        challenge -> the seeds with which it has been solved
// Steps are counted from 0 in the code, and from 1 in what is shown.

export const STEPS = 40;
const WEIGHT = 3; // the candidate's weight for the input: g = tanh(3 x)
const MOST = 0.97; // where the forget gate stops in the challenge "leak"
const SPEAKING = 8; // the input of "leak" is silent after these steps
const GATES = { f: "forget gate", i: "input gate", o: "output gate" };

const all = (value) => Array(STEPS).fill(value);

// name, what is asked, and what the cell state is before step 1 and the gates are at first
export const CHALLENGES = {
  keep: {
    asked: "Keep the third value until step 40.",
    how: "Write the candidate of step 3 into the cell, keep it, and show it in h at step 40 only. 1.50 is in the cell from before.",
    first: 1.5,
    start: { f: all(0.5), i: all(0.5), o: all(0.5) },
  },
  count: {
    asked: "Count the ones.",
    how: "At every step c is to be the number of ones read so far. A \u22121 does not count, and takes nothing away.",
    first: 0,
    start: { f: all(0.5), i: all(0.5), o: all(1) },
  },
  latch: {
    asked: "Build a latch.",
    how: "A set (S) makes c 1, a reset (R) makes it 0. In between c stays what it is, whatever the input says.",
    first: 0,
    start: { f: all(0.5), i: all(0.5), o: all(1) },
  },
  leak: {
    asked: "0.97 at every step: have 1.00 in the cell at step 40.",
    how: "A sigmoid never quite reaches 1: here f stops at 0.97. The input speaks at steps 1 to 8 only. One write is drawn.",
    first: 0,
    start: { f: all(MOST), i: [1, ...all(0).slice(1)], o: all(1) },
  },
};

// ---------------------------------------------------------------------------------------------- mathematics

// pick(low, high): whole numbers from a Lehmer generator. Python draws the same ones.
function dice(seed) {
  let state = seed;
  const pick = (low, high) => {
    state = (state * 48271) % 2147483647;
    return low + (state % (high - low + 1));
  };
  for (let n = 0; n < 3; n++) pick(0, 1); // neighbouring seeds begin alike
  return pick;
}

// The input of a challenge: x, and marks, a text for each step that has one.
export function inputs(challenge, seed) {
  const pick = dice(seed);
  const x = all(0);
  const marks = all("");
  if (challenge === "keep") {
    for (let t = 0; t < STEPS; t++) x[t] = (t === 2 ? (pick(0, 1) ? 1 : -1) * pick(2, 6) : pick(-10, 10)) / 10;
    marks[2] = "keep this";
  }
  if (challenge === "count") {
    for (let t = pick(0, 2); t < STEPS; t += pick(1, 4)) x[t] = pick(0, 4) < 3 ? 1 : -1;
    x.forEach((v, t) => (marks[t] = { 1: "1", "-1": "\u22121" }[v] ?? ""));
  }
  if (challenge === "latch") {
    for (let t = 0; t < STEPS; t++) x[t] = pick(-5, 5) / 10;
    let t = pick(2, 4);
    for (const mark of "SSRSRRSR") {
      if (t < STEPS) [x[t], marks[t]] = [mark === "S" ? 1 : -1, mark];
      t += pick(3, 6);
    }
  }
  if (challenge === "leak") {
    for (let t = 0; t < SPEAKING; t++) x[t] = pick(3, 10) / 10;
  }
  return { x, marks };
}

// The unit over all steps: x, g, c, h, and before, the cell state that each step begins with.
export function compute(state) {
  const { x } = inputs(state.challenge, state.seed);
  const g = x.map((v) => Math.tanh(WEIGHT * v));
  const before = [CHALLENGES[state.challenge].first];
  const c = g.map((v, t) => (before[t + 1] = state.f[t] * before[t] + state.i[t] * v));
  const h = c.map((v, t) => state.o[t] * Math.tanh(v));
  return { x, g, c, h, before: before.slice(0, STEPS) };
}

// -------------------------------------------------------------------------------------------------- judging

// What the cell state should be at each step (null where nobody asks), how far off it may be, and what each step has to
// do to it: "write" the candidate in its place, "add" it, "clear" it, "hold" it, or anything ("").
function wanted(challenge, { marks }, { x, g }) {
  if (challenge === "keep") {
    const goal = all(g[2]).fill(null, 0, 2);
    return { goal, tolerance: 0.1, acts: ["", "", "write", ...all("hold").slice(3)] };
  }
  if (challenge === "count") {
    let ones = 0;
    return { goal: x.map((v) => (ones += v === 1)), tolerance: 0.3, acts: x.map((v) => (v === 1 ? "add" : "hold")) };
  }
  if (challenge === "latch") {
    let now = 0;
    const goal = marks.map((mark) => (now = mark === "S" ? 1 : mark === "R" ? 0 : now));
    return { goal, tolerance: 0.15, acts: marks.map((mark) => ({ S: "write", R: "clear" })[mark] ?? "hold") };
  }
  return { goal: [...all(null).slice(1), 1], tolerance: 0.1, acts: all("") };
}

const fault = (gate, t, words) => ({ solved: false, gate, step: t + 1, words });
const share = (fraction) => (fraction > 0.995 ? "all" : fraction < 0.005 ? "nothing" : percent(fraction));
const opening = (state, gate, t) => `the ${GATES[gate]} stands at ${plain(state[gate][t])}`;

// A step that has to write or clear, and did not.
function missed(act, state, now, t) {
  const { f, i } = state;
  const [g, old, off] = [now.g[t], now.before[t], now.c[t] - (act === "write" ? now.g[t] : 0)];
  const kept = f[t] * old;
  const rest = act === "write" ? (i[t] - 1) * g : i[t] * g;
  const step = `At step ${t + 1}`;
  if (kept * off >= rest * off) {
    const stays = i[t] < 0.05 ? "the old value stays" : "the new value is mixed with the old one";
    const what = act === "write" ? stays : "the reset is missed";
    return fault("f", t, `${step} ${what}: ${opening(state, "f", t)} and keeps ${share(f[t])} of ${plain(old)}. Shut it there (0).`);
  }
  if (act === "clear") {
    return fault("i", t, `${step} the reset lets something in: ${opening(state, "i", t)} and adds ${plain(i[t])} \u00b7 ${plain(g)} = ${plain(rest)}. Shut it there (0).`);
  }
  const part = i[t] < 0.05 ? "the value is not written" : "only a part of the value is written";
  return fault("i", t, `${step} ${part}: ${opening(state, "i", t)} and lets in ${share(i[t])} of the candidate ${plain(g)}. Open it there (1).`);
}

// The memory was right after step `from` (-1: before step 1) and is off at step t. Whose doing is it?
// With k from from + 1 to t: c_t - goal_t is the sum of (f_k - 1) c_{k-1}, what was forgotten, and of i_k g_k, what was let
// in, less what should have been, and what was off before. The largest share on the side of the error is named.
function blamed(state, now, { goal, acts }, from, t) {
  const { f, i } = state;
  const side = Math.sign(now.c[t] - goal[t]);
  const steps = Array.from({ length: t - from }, (_, n) => from + 1 + n);
  const forgot = (k) => side * (f[k] - 1) * now.before[k];
  const letIn = (k) => side * (i[k] * now.g[k] - (acts[k] === "add" ? 1 : 0));
  const sum = (part) => steps.reduce((total, k) => total + part(k), 0);
  const worst = (part) => steps.reduce((a, b) => (part(b) > part(a) ? b : a));
  const already = from < 0 ? 0 : side * (now.c[from] - goal[from]);
  if (already > Math.max(sum(forgot), sum(letIn))) return missed(acts[from], state, now, from);

  const forgotten = sum(forgot) > sum(letIn);
  const k = worst(forgotten ? forgot : letIn);
  const [step, old, added] = [`At step ${k + 1}`, plain(now.before[k]), i[k] * now.g[k]];
  const product = `${plain(i[k])} \u00b7 ${plain(now.g[k])} = ${plain(added)}`;
  if (acts[k] === "hold" && f[k] < 0.5 && Math.abs(added) > 0.1) {
    return fault("f", k, `${step} the memory is overwritten: the forget gate (${plain(f[k])}) lets ${old} go, and the input gate (${plain(i[k])}) puts ${product} in its place. To keep, hold f at 1 and i at 0.`);
  }
  if (forgotten && (f[k] < 0.5 || forgot(k) > 0.6 * sum(forgot))) {
    const part = f[k] < 0.5 ? "lost" : "partly lost";
    return fault("f", k, `${step} the memory is ${part}: ${opening(state, "f", k)} and keeps ${share(f[k])} of ${old}. Hold it at 1 there.`);
  }
  if (forgotten) {
    const left = steps.reduce((product, n) => product * f[n], 1);
    return fault("f", k, `By step ${t + 1} the memory has leaked: the forget gate is never quite open (${plain(f[k])} at step ${k + 1}), and steps ${from + 2} to ${t + 1} together leave ${percent(left)}. Small losses multiply: hold it at 1.`);
  }
  if (acts[k] === "add") {
    return fault("i", k, `The one at step ${k + 1} is not counted${i[k] < 0.05 ? "" : " in full"}: ${opening(state, "i", k)} and adds ${plain(added)}. Open it there (1).`);
  }
  if (letIn(k) > 0.6 * sum(letIn)) {
    const what = now.x[k] === -1 && acts.includes("add") ? "a \u22121 is counted" : "the memory is disturbed";
    return fault("i", k, `${step} ${what}: ${opening(state, "i", k)} and adds ${product} to what is kept. Shut it there (0).`);
  }
  return fault("i", k, `By step ${t + 1} much that is small has come in: the input gate is never quite shut (${plain(i[k])} at step ${k + 1}), and what it lets in adds up to ${plain(side * sum(letIn))}. Hold it at 0 where there is nothing to write.`);
}

// With the right value in the cell: is it shown at the last step, and at no other?
function shown(state, now) {
  const last = STEPS - 1;
  const early = now.h.findIndex((v, t) => t < last && Math.abs(v) > 0.05);
  if (early >= 0) {
    return fault("o", early, `The cell keeps the value, but at step ${early + 1} h shows ${plain(now.h[early])}: ${opening(state, "o", early)}. Shut it (0) until step 40. What is shut is still kept.`);
  }
  if (Math.abs(now.h[last] - Math.tanh(now.g[2])) > 0.1) {
    return fault("o", last, `The cell keeps the value, but h does not show it at step 40: ${opening(state, "o", last)}. Open it there (1).`);
  }
  return null;
}

function leaked(state, now) {
  const { f, i } = state;
  const left = now.c[STEPS - 1];
  const above = f.findIndex((v) => v > MOST + 1e-9);
  if (above >= 0) return fault("f", above, `At step ${above + 1} ${opening(state, "f", above)}. In this challenge it gets no further than 0.97.`);
  if (Math.abs(left - 1) <= 0.1) return null;
  const result = `At step 40 the cell holds ${plain(left)}; 1.00 is asked for.`;
  if (left > 1) {
    const written = i.findLastIndex((v, t) => v > 0 && t < SPEAKING);
    return fault("i", written, `${result} More was written than leaks away: write less in the first ${SPEAKING} steps.`);
  }
  const holding = f.map((_, t) => t).filter((t) => now.before[t] !== 0);
  const lowest = holding.reduce((a, b) => (f[b] < f[a] ? b : a), holding[0]);
  const free = i.findIndex((v, t) => v < 1 && t < SPEAKING);
  if (free < 0 || f[lowest] < 0.9) return fault("f", lowest, `${result} At step ${lowest + 1} ${opening(state, "f", lowest)} and throws away more than it must: it can stand at 0.97.`);
  return fault("i", free, `${result} A gate of 0.97 looks open, but over 39 steps it leaves 0.97${raised(39)} = ${percent(MOST ** 39)} of a write. No write is larger than 1, since g is a tanh: write at more steps.`);
}

// {solved, words, and, unless it is solved, step (counted from 1) and gate at fault}: the first thing to mend.
export function judge(state) {
  const now = compute(state);
  const asked = wanted(state.challenge, inputs(state.challenge, state.seed), now);
  const { goal, acts, tolerance } = asked;
  const off = goal.findIndex((v, t) => v !== null && !(Math.abs(now.c[t] - v) <= tolerance));
  let problem = null;
  if (state.challenge === "leak") problem = leaked(state, now);
  else if (off >= 0) {
    const from = acts.findLastIndex((act, t) => t <= off && (act === "write" || act === "clear"));
    problem = from === off ? missed(acts[off], state, now, off) : blamed(state, now, asked, from, off);
  } else if (state.challenge === "keep") problem = shown(state, now);
  return problem ?? { solved: true, words: praise(state, now) };
}

function praise(state, now) {
  const last = STEPS - 1;
  return {
    keep: "One step writes (f shut, i open), 37 steps keep (f open, i shut), one step shows (o open).",
    count: `The cell counts to ${plain(now.c[last])}. Its h stands at ${plain(now.h[last])}: it only says \u201cmany\u201d.`,
    latch: "A set writes in place of the old, a reset forgets, every other step keeps.",
    leak: `The cell had to rise to ${plain(Math.max(...now.c))} for ${plain(now.c[last])} to be left: one write is at most 1, and 30 % of an early one lasts.`,
  }[state.challenge];
}

// -------------------------------------------------------------------------------------------------- drawing

const WIDTH = 760;
const HEIGHT = 366;
const LEFT = 140;
const PITCH = 15.2; // the width of a step
const LANES = { x: [24, 42], f: [76, 38], i: [126, 38], c: [176, 76], o: [262, 38], h: [310, 34] }; // [top, height]
const SIZES = [1, 1.5, 2, 3, 5, 8, 12, 20, 40]; // where the cell state's axis may end

const X = (t) => Number((LEFT + PITCH * t).toFixed(1));
const Y = ([top, height], v, low, high) => (top + (height * (high - v)) / (high - low)).toFixed(1);

const columns = (values, lane, low, width) =>
  values
    .map((v, t) => (v === 0 ? "" : `M${(X(t) + (PITCH - width) / 2).toFixed(1)} ${Y(lane, 0, low, 1)}V${Y(lane, v, low, 1)}h${width}V${Y(lane, 0, low, 1)}z`))
    .join("");

// A curve that is level over each step. Steps without a value (null) are left out.
function stairs(values, lane, low, high) {
  let path = "";
  values.forEach((v, t) => {
    if (v === null) return;
    const joined = t > 0 && values[t - 1] !== null;
    path += `${joined ? `V${Y(lane, v, low, high)}` : `M${X(t)} ${Y(lane, v, low, high)}`}H${X(t + 1)}`;
  });
  return path;
}

// How far the cell state's axis reaches: [low, high].
function reach(values) {
  const size = (v) => SIZES.find((s) => s >= v) ?? SIZES.at(-1);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return [low < -0.02 ? -size(-low) : 0, size(high)];
}

// All that changes in the picture: the name of its element -> the attributes, or the words of a text.
function parts(state, step, verdict) {
  const now = compute(state);
  const { goal, tolerance } = wanted(state.challenge, inputs(state.challenge, state.seed), now);
  const { c: lane, h: shows, x: reads } = LANES;
  const first = CHALLENGES[state.challenge].first;
  const [low, high] = reach([first, ...now.c, ...goal.filter((v) => v !== null).flatMap((v) => [v, v + 0.1 * Math.sign(v)])]);
  const at = (v) => Y(lane, v, low, high);
  const curve = stairs(now.c, lane, low, high);
  const hidden = stairs(now.h, shows, -1, 1);
  const closed = (path, zero) => `${path}V${zero}H${LEFT}z`;
  const band = goal
    .map((v, t) => (v === null ? "" : `M${X(t)} ${at(Math.min(high, v + tolerance))}H${X(t + 1)}V${at(Math.max(low, v - tolerance))}H${X(t)}z`))
    .join("");
  const flag = verdict.solved ? "" : `M${X(verdict.step - 1) - 1} ${LANES[verdict.gate][0] - 2}h${PITCH + 2}v${LANES[verdict.gate][1] + 4}h${-PITCH - 2}z`;
  const tip = verdict.solved ? "" : `M${X(verdict.step - 0.5)} ${LANES[verdict.gate][0] - 3}l-5 -8h10z`;
  const onset = now.h.map((_, t) => (state.challenge !== "keep" ? null : t === STEPS - 1 ? Math.tanh(now.g[2]) : 0));
  return {
    cursor: { x: X(step) },
    x: { d: columns(now.x, reads, -1, 6) },
    g: { d: now.g.map((v, t) => `M${X(t) + 1.5} ${Y(reads, v, -1, 1)}h${PITCH - 3}`).join("") },
    f: { d: columns(state.f, LANES.f, 0, 13.6) },
    i: { d: columns(state.i, LANES.i, 0, 13.6) },
    o: { d: columns(state.o, LANES.o, 0, 13.6) },
    "c-zero": { d: `M${LEFT} ${at(0)}H${X(STEPS)}` },
    "c-area": { d: closed(curve, at(0)) },
    "c-edge": { d: curve },
    c: { d: curve },
    "c-first": { cy: at(first) },
    "c-band": { d: band },
    "c-goal": { d: stairs(goal, lane, low, high) },
    "c-high": String(high),
    "c-low": String(low).replace("-", "\u2212"),
    "h-area": { d: closed(hidden, Y(shows, 0, -1, 1)) },
    "h-edge": { d: hidden },
    h: { d: hidden },
    "h-goal": { d: stairs(onset, shows, -1, 1) },
    flag: { d: flag },
    tip: { d: tip },
  };
}

// The picture as SVG text. With `card` it stands on its own: explicit colours on a light background.
export function draw(state, { card = false, step = 2 } = {}) {
  const verdict = judge(state);
  const changing = parts(state, step, verdict);
  const attributes = (name) => Object.entries(changing[name]).map(([key, value]) => ` ${key}="${value}"`).join("");
  const path = (name, style) => `<path data-part="${name}"${attributes(name)} ${style}/>`;
  const area = (name, colour) => path(name, `fill="${colour}" fill-opacity=".22"`);
  const line = (name, colour) => path(name, `fill="none" stroke="${colour}" stroke-width="3"`);
  const edge = (name, width = 4.6) => path(name, `fill="none" stroke="currentColor" stroke-opacity=".4" stroke-width="${width}"`);
  const filled = (name, colour) => path(name, `fill="${colour}" stroke="currentColor" stroke-opacity=".4" stroke-width=".8"`);
  const dashed = (name) => path(name, 'fill="none" stroke="currentColor" stroke-width="1.5" stroke-dasharray="5 4"');
  const small = { size: 13.5, anchor: "end" };
  const words = (x, y, name) => text(x, y, changing[name], small).replace("<text", `<text data-part="${name}"`);
  const end = X(STEPS);
  const out = [];
  const put = (...items) => out.push(...items);

  for (const [top, height] of Object.values(LANES)) {
    put(`<rect x="${LEFT}" y="${top}" width="${end - LEFT}" height="${height}" fill="currentColor" fill-opacity=".03"/>`);
  }
  for (let t = 5; t < STEPS; t += 5) {
    put(`<path d="M${X(t)} ${LANES.x[0]}V${LANES.h[0] + LANES.h[1]}" stroke="currentColor" stroke-opacity=".13"/>`);
  }
  put(`<rect data-part="cursor"${attributes("cursor")} y="${LANES.x[0]}" width="${PITCH}" height="${LANES.h[0] + LANES.h[1] - LANES.x[0]}" fill="currentColor" fill-opacity=".13"/>`);

  // What comes in.
  const middle = ([top, height]) => top + height / 2;
  const bottom = ([top, height]) => top + height;
  put(`<path d="M${LEFT} ${middle(LANES.x)}H${end}" stroke="currentColor" stroke-opacity=".4"/>`);
  put(filled("x", COLOURS.x), path("g", `stroke="currentColor" stroke-opacity=".4" stroke-width="4.6"`).replace(' data-part="g"', ' data-part="g-edge"'));
  put(path("g", `stroke="${COLOURS.g}" stroke-width="3"`));
  const { marks } = inputs(state.challenge, state.seed);
  marks.forEach((mark, t) => {
    if (!mark) return;
    put(text(X(t + 0.5), 18, mark, { size: 13.5, weight: 600 }));
  });

  // The gates, and what follows from them.
  for (const gate of Object.keys(GATES)) {
    put(`<path d="M${LEFT} ${bottom(LANES[gate])}H${end}" stroke="currentColor" stroke-opacity=".4"/>`, filled(gate, COLOURS[gate]));
  }
  put(path("c-band", 'fill="currentColor" fill-opacity=".14"'), path("c-zero", 'stroke="currentColor" stroke-opacity=".4"'));
  put(area("c-area", COLOURS.c), edge("c-edge"), line("c", COLOURS.c), dashed("c-goal"));
  put(`<circle data-part="c-first" cx="${LEFT}"${attributes("c-first")} r="5" fill="${COLOURS.c}" stroke="currentColor" stroke-opacity=".4"/>`);
  put(`<path d="M${LEFT} ${middle(LANES.h)}H${end}" stroke="currentColor" stroke-opacity=".4"/>`);
  put(area("h-area", COLOURS.h), edge("h-edge"), line("h", COLOURS.h), dashed("h-goal"));
  put(path("flag", 'fill="none" stroke="currentColor" stroke-width="2"'), path("tip", 'fill="currentColor"'));

  // Names and axes.
  const name = (y, letter, called) =>
    put(text(18, y + 6, symbol(letter), { size: 20, anchor: "start" }), text(38, y + 5, called, { size: 13.5, anchor: "start" }));
  put(`<rect x="5" y="${LANES.x[0] + 3}" width="6" height="12" fill="${COLOURS.x}" stroke="currentColor" stroke-opacity=".4" stroke-width=".8"/>`);
  put(`<path d="M2 ${LANES.x[0] + 31}h12" stroke="${COLOURS.g}" stroke-width="3"/>`);
  name(LANES.x[0] + 9, "x", "input");
  name(LANES.x[0] + 31, "g", "candidate");
  for (const [gate, called] of Object.entries(GATES)) name(middle(LANES[gate]), gate, called);
  name(middle(LANES.c) - 8, "c", "cell state");
  put(`<path d="M15 ${middle(LANES.c) + 16}h17" stroke="currentColor" stroke-width="1.5" stroke-dasharray="5 4"/>`);
  put(text(38, middle(LANES.c) + 21, "wanted", { size: 13.5, anchor: "start" }));
  name(middle(LANES.h), "h", "hidden state");
  for (const gate of Object.keys(GATES)) put(text(LEFT - 6, LANES[gate][0] + 11, "1", small), text(LEFT - 6, bottom(LANES[gate]) + 1, "0", small));
  for (const lane of [LANES.x, LANES.h]) put(text(LEFT - 6, lane[0] + 9, "1", small), text(LEFT - 6, bottom(lane) + 3, "\u22121", small));
  put(words(LEFT - 6, LANES.c[0] + 11, "c-high"), words(LEFT - 6, bottom(LANES.c) + 1, "c-low"));
  put(text(38, HEIGHT - 6, "step", { size: 13.5, anchor: "start" }));
  for (const t of [1, 5, 10, 15, 20, 25, 30, 35, 40]) put(text(X(t - 0.5), HEIGHT - 6, t, { size: 13.5 }));

  const paper = card ? `<rect width="${WIDTH}" height="${HEIGHT}" rx="12" fill="#fff"/>` : "";
  const alone = card ? ` width="${WIDTH}" height="${HEIGHT}" style="color:#1f2328"` : "";
  return `${picture(WIDTH, HEIGHT, spoken(state), `${paper}\n${out.join("\n")}\n`, alone)}\n`;
}

// What the picture shows, in words.
function spoken(state) {
  const { c } = compute(state), { marks } = inputs(state.challenge, state.seed);
  const steps = Map.groupBy(marks.map((mark, t) => [mark, t + 1]).filter(([mark]) => mark), ([mark]) => mark);
  const marked = [...steps].map(([mark, all]) => ` Marked ${mark}: step${all.length > 1 ? "s" : ""} ${listed(all.map(([, n]) => n))}.`);
  return `One LSTM unit over 40 steps.${marked.join("")} Cell state: ${[0, 9, 19, 29, 39].map((t) => `${plain(c[t])} at step ${t + 1}`).join(", ")}.`;
}

// ---------------------------------------------------------------------------------------------------- widget

// The three numbers of one step, with what they are made of.
function madeOf(state, t) {
  const now = compute(state);
  const at = (letter, index) => `<i>${letter}</i><sub>${index}</sub>`;
  const [n, last] = [t + 1, t];
  return (
    `<div>${at("g", n)} = tanh(3 ${at("x", n)}) = tanh(3 \u00b7 ${plain(now.x[t])}) = <b>${plain(now.g[t])}</b></div>` +
    `<div>${at("c", n)} = ${at("f", n)} ${at("c", last)} + ${at("i", n)} ${at("g", n)} = ` +
    `${plain(state.f[t])} \u00b7 ${plain(now.before[t])} + ${plain(state.i[t])} \u00b7 ${plain(now.g[t])} = <b>${plain(now.c[t])}</b></div>` +
    `<div>${at("h", n)} = ${at("o", n)} tanh(${at("c", n)}) = ${plain(state.o[t])} \u00b7 ${plain(Math.tanh(now.c[t]))} = <b>${plain(now.h[t])}</b></div>`
  );
}

function widgetHTML(id) {
  const choices = Object.keys(CHALLENGES)
    .map((name) => `<button type="button" data-challenge="${name}" aria-pressed="false" ${OWN_KEYS}>${name}</button>`)
    .join("");
  const lanes = Object.entries(GATES)
    .map(([gate, called]) => {
      const [top, height] = LANES[gate].map((v) => `${((100 * v) / HEIGHT).toFixed(3)}%`);
      const across = `left:${((100 * LEFT) / WIDTH).toFixed(3)}%;width:${((100 * PITCH * STEPS) / WIDTH).toFixed(3)}%`;
      return (
        `<div class="lstm-lane" role="slider" tabindex="0" data-gate="${gate}" aria-label="${called}" aria-orientation="vertical" ` +
        `aria-valuemin="0" aria-valuemax="1" aria-describedby="${id}-keys" style="top:${top};height:${height};${across}" ${OWN_KEYS}></div>`
      );
    })
    .join("");
  return (
    `<div class="lstm-bar"><div role="group" aria-label="Challenges">${choices}</div><div role="group" aria-label="Input and gates">` +
    `<button type="button" data-action="new" ${OWN_KEYS}>New numbers</button>` +
    `<button type="button" data-action="fill" ${OWN_KEYS}>Fill to the end</button>` +
    `<button type="button" data-action="again" ${OWN_KEYS}>Start again</button></div></div>` +
    `<p class="lstm-task"><b></b> <span></span></p>` +
    `<div class="lstm-across"><div class="lstm-field"><div class="lstm-drawing"></div>${lanes}</div></div>` +
    `<div class="lstm-result"><p class="lstm-sentence" aria-live="polite"></p><div class="lstm-made"></div></div>` +
    `<p class="lstm-note" id="${id}-keys">Drag in a gate\u2019s lane to draw it. Keys: \u2190 \u2192 step, \u2191 \u2193 value (with Shift by 0.01), 0, 1, Enter fills it to the end.</p>`
  );
}


export default mounted("memory", ["challenge", "seed", "f", "i", "o", "solved"], ({ root, id, read, write, signal }) => {
  root.innerHTML = widgetHTML(id);
  const find = (selector) => root.querySelector(selector);
  const listen = (element, event, react) => element.addEventListener(event, react, { signal });
  const lanes = [...root.querySelectorAll(".lstm-lane")];
  const left = {}; // challenge -> the gates that were drawn when another one was chosen
  let [gate, step, under] = ["f", 2, null]; // drawn last, and the step that the mouse points at
  let stroke = null; // the gate's values while it is being drawn
  let [frame, verdict, drawn] = [0, null, ""];

  const now = () => (stroke ? { ...read(), [gate]: stroke } : read());
  const limit = (state, of) => (state.challenge === "leak" && of === "f" ? MOST : 1);

  // What moves with the mouse: the picture and the numbers of a step.
  function follow() {
    const state = now();
    const changing = parts(state, under ?? step, verdict);
    changing["g-edge"] = changing.g;
    for (const element of root.querySelectorAll("[data-part]")) {
      const change = changing[element.dataset.part];
      if (typeof change === "string") element.textContent = change;
      else for (const [key, value] of Object.entries(change)) element.setAttribute(key, value);
    }
    find(".lstm-made").innerHTML = madeOf(state, under ?? step);
  }

  function soon() {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      follow();
    });
  }
  signal.addEventListener("abort", () => cancelAnimationFrame(frame));

  function show(state) {
    verdict = judge(state);
    const asked = `${state.challenge} ${state.seed}`;
    if (drawn !== asked) {
      find(".lstm-drawing").innerHTML = draw(state, { step });
      drawn = asked;
    }
    find(".lstm-drawing svg").setAttribute("aria-label", spoken(state));
    follow();
    find(".lstm-task b").textContent = CHALLENGES[state.challenge].asked;
    find(".lstm-task span").textContent = CHALLENGES[state.challenge].how;
    const sentence = verdict.solved ? `<b>Solved.</b> ${verdict.words} Draw new numbers: do these gates still work?` : `<b>Not yet.</b> ${verdict.words}`;
    if (find(".lstm-sentence").innerHTML !== sentence) find(".lstm-sentence").innerHTML = sentence;
    for (const button of root.querySelectorAll("[data-challenge]")) {
      const name = button.dataset.challenge;
      button.setAttribute("aria-pressed", String(name === state.challenge));
      button.textContent = state.solved[name] ? `${name} \u00b7 solved` : name;
    }
    const { x, g, c, h } = compute(state), mark = inputs(state.challenge, state.seed).marks[step];
    const read = Object.entries({ x, g, c, h }).map(([letter, values]) => `${letter} = ${plain(values[step])}`).join(", ");
    for (const lane of lanes) {
      const value = state[lane.dataset.gate][step];
      lane.setAttribute("aria-valuenow", value);
      lane.setAttribute("aria-valuemax", limit(state, lane.dataset.gate));
      lane.setAttribute("aria-valuetext", `step ${step + 1}${mark && `, ${mark}`}: ${plain(value)}; ${read}`);
    }
    const seeds = state.solved[state.challenge] ?? [];
    if (verdict.solved && !seeds.includes(state.seed)) {
      write({ solved: { ...state.solved, [state.challenge]: [...seeds, state.seed] } });
    }
  }

  // ---- by mouse, pen or finger: a stroke sets the gate at every step that it passes

  function place(lane, event) {
    const box = lane.getBoundingClientRect();
    const [along, up] = [(event.clientX - box.left) / box.width, (box.bottom - event.clientY) / box.height];
    const t = within(Math.floor(along * STEPS), 0, STEPS - 1);
    return [t, Number(within(1.1 * up - 0.05, 0, limit(read(), gate)).toFixed(2))]; // 0 and 1 are a little wider than a point
  }

  function paint([t, value], [from, before]) {
    const way = Math.sign(t - from);
    for (let k = from; k !== t; k += way) stroke[k] = Number((before + ((value - before) * (k - from)) / (t - from)).toFixed(2));
    stroke[t] = value;
    step = t;
    soon();
  }

  for (const lane of lanes) {
    let last = null;
    listen(lane, "pointerdown", (event) => {
      if (event.button !== 0) return;
      lane.setPointerCapture(event.pointerId);
      gate = lane.dataset.gate;
      stroke = [...read()[gate]];
      last = place(lane, event);
      paint(last, last);
    });
    listen(lane, "pointermove", (event) => {
      const here = place(lane, event);
      under = here[0];
      if (stroke) {
        paint(here, last);
        last = here;
      } else soon();
    });
    const ended = () => {
      if (!stroke) return;
      const values = stroke;
      stroke = null;
      write({ [gate]: values });
    };
    listen(lane, "pointerup", ended);
    listen(lane, "pointercancel", ended);
    listen(lane, "pointerleave", () => {
      under = null;
      soon();
    });

    // ---- by keyboard

    listen(lane, "keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      gate = lane.dataset.gate;
      const state = read();
      const value = state[gate][step];
      const to = { ArrowLeft: step - 1, ArrowRight: step + 1, Home: 0, End: STEPS - 1 }[event.key];
      const by = event.shiftKey ? 0.01 : STEP;
      const set = { ArrowUp: value + by, ArrowDown: value - by, 0: 0, 1: 1 }[event.key];
      if (to === undefined && set === undefined && event.key !== "Enter") return;
      event.preventDefault();
      if (event.key === "Enter") return fill();
      under = null;
      if (to !== undefined) {
        step = within(to, 0, STEPS - 1);
        return show(state);
      }
      write({ [gate]: state[gate].with(step, Number(within(set, 0, limit(state, gate)).toFixed(2))) });
    });
  }

  // ---- buttons

  function fill() {
    const values = read()[gate];
    write({ [gate]: values.map((v, t) => (t < step ? v : values[step])) });
  }

  const actions = {
    new: () => write({ seed: (read().seed % 1e6) + 1 }),
    again: () => write(CHALLENGES[read().challenge].start),
    fill,
  };
  for (const button of root.querySelectorAll("[data-action]")) listen(button, "click", actions[button.dataset.action]);
  for (const button of root.querySelectorAll("[data-challenge]")) {
    listen(button, "click", () => {
      const { challenge, f, i, o } = read();
      const name = button.dataset.challenge;
      if (name === challenge) return;
      left[challenge] = { f, i, o };
      step = name === "keep" ? 2 : 0;
      write({ challenge: name, ...(left[name] ?? CHALLENGES[name].start) });
    });
  }

  return show;
});
