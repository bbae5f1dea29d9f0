// Your own model: a trained LSTM reads a text character by character. Before it stand shared.js, with what it is drawn
// of, and maths.js, with what it computes.
//
// Pure functions: modelOf(state), readOn(model, ids, before), reading(model, ids, before), probabilities(model, pass, t), dependence(model, pass, t, target),
// sentence(view), draw(view, options). A state is a plain object:
//   text, at              what is read, and the place in it that is looked at
//   unit                  the unit that is pinned;  shows: "c", "h", "i", "f", "g" or "o", what is drawn of the units
//   order                 of the units: "as stored" or "most moved"
//   end                   "highest" or "lowest": of which cell states the places in the passage are listed
//   weights, about, characters   the model: bytes, {name, units, bits, searched}, and the characters in their order
//   passage, places       a text, and where in it each unit's cell state is highest and lowest
// Shapes: T characters read, V characters of the model, H units.

const MOST = 300; // characters of a text
const ROWS = 48; // units that are seen at once
const LEVELS = 8; // of a colour, from nothing to full
const FULL = { c: 3 }; // the value with the full colour, where it is not 1
const NAMES = { c: "cell state", h: "hidden state", i: "input gate", f: "forget gate", g: "candidate", o: "output gate" };
const BLOCK = { i: 0, f: 1, g: 2, o: 3 }; // of a gate's columns
const ORDERED = ["as stored", "most moved"];
const ENDS = ["highest", "lowest"];

// ---------------------------------------------------------------------------------------------- mathematics

// A number of 16 bits, as NumPy's float16.
function half(bits) {
  const sign = bits & 0x8000 ? -1 : 1, exponent = (bits >> 10) & 31, rest = bits & 0x3ff;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + rest / 1024) : 2 ** -14 * (rest / 1024));
}

let halves = null; // each of them once: a model has a million weights

// The model of a state: {V, H, lstm {W_x, W_h, b}, readout {W, b}, letters, numberOf}.
export function modelOf({ weights, about: { units: H, bits }, characters }) {
  const letters = [...characters], V = letters.length;
  if (bits === 16) halves ??= Float64Array.from({ length: 65536 }, (_, k) => half(k));
  let place = 0;
  const take = (count) => {
    const part = new Float64Array(count);
    for (let k = 0; k < count; k++, place += bits / 8) {
      part[k] = bits === 16 ? halves[weights.getUint16(place, true)] : weights.getFloat32(place, true);
    }
    return part;
  };
  const lstm = { W_x: take(V * 4 * H), W_h: take(H * 4 * H), b: take(4 * H) };
  return { V, H, lstm, readout: { W: take(H * V), b: take(V) }, letters, numberOf: new Map(letters.map((one, k) => [one, k])) };
}

const idsOf = (model, text) => [...text].map((one) => model.numberOf.get(one));

// How many characters two texts begin with alike.
function alike(ids, others) {
  const other = ids.findIndex((id, t) => id !== others[t]);
  return other < 0 ? ids.length : other;
}

// The first `kept` numbers of an array and `more` behind them: in the array's own memory where they fit in it and `there`
// allows it, else in a copy with room for as many again. A key continues megabytes, so not every key may copy them.
function continued(array, kept, more, there) {
  const size = kept + more.length, fits = there && 8 * size <= array.buffer.byteLength;
  const all = fits ? new Float64Array(array.buffer, 0, size) : new Float64Array(2 * size).subarray(0, size);
  if (!fits) all.set(array.subarray(0, kept));
  all.set(more, kept);
  return all;
}

// The pass of the model over ids, numbers of characters, one-hot: that of lstmForward, and ids. Of an earlier pass,
// `before`, what was read alike is taken over; what is read behind its end is written there, so that it has one successor.
export function readOn(model, ids, before = null) {
  const { V, H, lstm } = model, T = ids.length, same = before ? alike(ids, before.ids) : 0;
  const x = new Float64Array((T - same) * V);
  ids.slice(same).forEach((id, t) => (x[t * V + id] = 1));
  const start = (name) => (before ? before[name].slice(same * H, (same + 1) * H) : new Float64Array(H));
  const now = lstmForward(lstm, x, 1, start("h"), start("c"));
  if (!before) return { ...now, ids };
  const there = same === T || same === before.ids.length; // nothing is read otherwise than before
  const joined = (name, size) => continued(before[name], same * size, now[name], there);
  return { ids, B: 1, x: joined("x", V), h: joined("h", H), c: joined("c", H), gates: joined("gates", 4 * H), tanh_c: joined("tanh_c", H) };
}

// What comes next, after the character at t: V probabilities.
export function probabilities(model, pass, t) {
  const scores = linearForward(model.readout, at(pass.h, t + 1, model.H));
  const largest = Math.max(...scores), p = scores.map((s) => Math.exp(s - largest));
  const total = p.reduce((sum, v) => sum + v, 0);
  return p.map((v) => v / total);
}

const SLICE = 6e6; // products with W_h between two looks at the clock: a few milliseconds

// The same in slices: yields the pass as far as it has come, and returns that over all ids.
export function* reading(model, ids, before) {
  const each = Math.max(1, Math.floor(SLICE / (4 * model.H ** 2)));
  let pass = before;
  for (let end = alike(ids, before.ids) + each; end < ids.length; end += each) yield pass = readOn(model, ids.slice(0, end), pass);
  return readOn(model, ids, pass);
}

// How the log probability of the character `target`, as the next one after t, depends on each character up to t:
// gradient times input, the derivative by the 1 of its one-hot vector, in nats. Goes back in slices: yields {found (t + 1,),
// from}, found is there from `from` on; at the end from is 0.
export function* dependence(model, pass, t, target) {
  const { V, H, lstm, readout } = model;
  const dscores = probabilities(model, pass, t).map((p, k) => (k === target) - p);
  const found = new Float64Array(t + 1), each = Math.max(1, Math.floor(SLICE / (4 * H * H)));
  let up = { dh_T: addProduct(new Float64Array(H), readout.W, dscores, H, V, 1) };
  for (let end = t + 1; end > 0; end -= each) {
    const from = Math.max(0, end - each);
    const cut = (name, size, more = 0) => pass[name].subarray(from * size, (end + more) * size);
    const part = { B: 1, c: cut("c", H, 1), gates: cut("gates", 4 * H), tanh_c: cut("tanh_c", H) };
    const back = lstmSweep(lstm, part, up);
    for (let s = from; s < end; s++) { // of dx alone the entry of the character that was read
      found[s] = addProduct(new Float64Array(1), at(lstm.W_x, pass.ids[s], 4 * H), at(back.dz, s - from, 4 * H), 1, 4 * H, 1)[0];
    }
    up = { dh_T: at(back.dh, 0, H), dc_T: at(back.dc, 0, H) };
    yield { found, from };
  }
}

// What a unit does after the character at t.
function valueOf({ H }, pass, shows, t, unit) {
  return shows in BLOCK ? pass.gates[t * 4 * H + BLOCK[shows] * H + unit] : pass[shows][(t + 1) * H + unit];
}

// The units in the order in which they are shown.
function ordered({ order, shows }, model, pass) {
  const units = Array.from({ length: model.H }, (_, k) => k), T = pass.ids.length;
  if (order === ORDERED[0] || !T) return units;
  const spread = units.map((unit) => {
    let sum = 0, squares = 0;
    for (let t = 0; t < T; t++) {
      const v = valueOf(model, pass, shows, t, unit);
      sum += v;
      squares += v * v;
    }
    return squares / T - (sum / T) ** 2;
  });
  return units.sort((a, b) => spread[b] - spread[a] || a - b);
}

// The character that is asked for after t: the one that follows in the text, at its end the likeliest.
const askedAfter = (pass, t, p) => (t + 1 < pass.ids.length ? pass.ids[t + 1] : p.indexOf(Math.max(...p)));

// Everything that is drawn and said of a state. `spot` is the character that is looked at, depends what dependence has
// found of it so far, or null; `most` units make a page.
export function viewOf(state, model, pass, spot = state.at, depends = null, most = ROWS) {
  const T = pass.ids.length, t = Math.min(spot, T - 1);
  const order = ordered(state, model, pass), rows = Math.min(most, model.H);
  const first = Math.floor(order.indexOf(state.unit) / rows) * rows;
  const p = T ? probabilities(model, pass, t) : null;
  return { state, model, pass, T, t, p, asked: T ? askedAfter(pass, t, p) : -1, order, page: order.slice(first, first + rows), first, depends };
}

// ---------------------------------------------------------------------------------------------------- words

const LOOKS = { "\n": "\u00b6", " ": "\u2423" };
const shownAs = (letter) => LOOKS[letter] ?? letter;
const quoted = (letter) => `\u2018${letter === " " ? "space" : letter === "\n" ? "line end" : letter}\u2019`;
const before = (steps) => (steps ? `${steps} before` : "just read");

// The height of a bar for what a character depends on: the root, so that small shares are seen beside large ones.
const BAR = 10;
const barOf = (share) => BAR * Math.sqrt(Math.abs(share));

// The places on which it depends most, largest first: [[t, by how much]].
function strongest(depends, count) {
  return [...depends].map((v, t) => [t, v]).sort((a, b) => Math.abs(b[1]) - Math.abs(a[1])).slice(0, count).filter(([, v]) => v);
}

// Two sentences: what is read and expected, and what that depends on, "" as long as nobody knows.
export function sentence({ state, model, pass, T, t, p, asked, depends }) {
  if (!T) return [`Type something: ${state.about.name} reads it character by character.`, ""];
  const letter = (k) => model.letters[pass.ids[k]];
  const v = plain(valueOf(model, pass, state.shows, t, state.unit));
  const likeliest = p.indexOf(Math.max(...p));
  const read = `Character ${t + 1} of ${T}, ${quoted(letter(t))}: unit ${state.unit} has ${state.shows} = ${v}.`;
  const next = likeliest === asked ? "" : `; ${quoted(model.letters[asked])} gets ${percent(p[asked])}`;
  const what = ` Next it expects ${quoted(model.letters[likeliest])} (${percent(p[likeliest])})${next}.`;
  if (!depends) return [read + what, ""];
  const most = strongest(depends, 3).map(([s, by]) => `${quoted(letter(s))} ${before(t - s)} (${signed(by)})`);
  return [read + what, ` Its log p of ${quoted(model.letters[asked])} depends most on ${most.join(", ") || "nothing"}.`];
}

// -------------------------------------------------------------------------------------------------- drawing

const LEFT = 62, RIGHT = 4, LETTERS = 20, BARS = 46, STRIP = 12, GRID = 216;
const MONO = "font-family:var(--jp-code-font-family,ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace)";

// From -1 to 1: how strongly a value is coloured, and to which side.
const strength = (shows, v) => Math.max(-1, Math.min(1, v / (FULL[shows] ?? 1)));
const sideColour = (shows, s) => ("ifo".includes(shows) ? COLOURS[shows] : s < 0 ? COLOURS.o : COLOURS.f);
const fixed = (v) => String(Number(v.toFixed(1)));

// Where everything stands in a drawing of this width.
function places({ T, page }, width) {
  const pitch = Math.min(24, (width - LEFT - RIGHT) / Math.max(T, 1));
  const bars = pitch >= 7 ? LETTERS : 4, strips = bars + BARS + 6, grid = strips + 4 * (STRIP + 2) + 12;
  const row = Math.min(14, GRID / page.length);
  return { width, pitch, bars, strips, grid, row, bottom: grid + row * page.length, end: LEFT + pitch * T, x: (t) => LEFT + pitch * t };
}

// The fields of cells that are coloured by value: the pinned unit's gates, and a row for each unit of the page. A field is
// {name, top, row, gap, shows [of each row], rows [[value of each character]]}.
function fields(view, g) {
  const { state, page } = view;
  const gates = [..."ifgo"];
  return [
    { name: "strips", top: g.strips, row: STRIP, gap: 2, shows: gates, rows: gates.map((gate) => series(view, gate, state.unit)) },
    { name: "grid", top: g.grid, row: g.row, gap: 0, shows: page.map(() => state.shows), rows: page.map((unit) => series(view, state.shows, unit)) },
  ];
}

const levelOf = (shows, v) => Math.round(LEVELS * strength(shows, v));

// A field as paths, one for each colour and its level; neighbours of one level are one piece.
function asPaths({ top, row, gap, shows, rows }, g) {
  const paths = new Map();
  rows.forEach((values, r) => {
    const y = fixed(top + r * (row + gap)), tall = fixed(row), levels = values.map((v) => levelOf(shows[r], v));
    for (let t = 0; t < levels.length; ) {
      let end = t + 1;
      while (end < levels.length && levels[end] === levels[t]) end++;
      const look = `fill="${sideColour(shows[r], levels[t])}" fill-opacity="${Math.abs(levels[t]) / LEVELS}"`;
      const wide = fixed(g.pitch * (end - t));
      if (levels[t]) paths.set(look, `${paths.get(look) ?? ""}M${fixed(g.x(t))} ${y}h${wide}v${tall}h-${wide}z`);
      t = end;
    }
  });
  return [...paths].map(([look, d]) => `<path d="${d}" ${look}/>`).join("");
}

// The colours of all levels from -LEVELS to LEVELS, as the four bytes of a pixel.
function palette(shows) {
  const bytes = Array.from({ length: 2 * LEVELS + 1 }, (_, k) => {
    const colour = parseInt(sideColour(shows, k - LEVELS).slice(1), 16);
    return [colour >> 16, (colour >> 8) & 255, colour & 255, Math.round((255 * Math.abs(k - LEVELS)) / LEVELS)];
  });
  return new Uint32Array(Uint8ClampedArray.from(bytes.flat()).buffer);
}

// The same as a picture with a pixel for each character and row, six and one between them where there is a gap: a page of
// units is painted anew at each key, which paths are too slow for.
function paintField(canvas, { gap, shows, rows }, T) {
  const tall = gap ? 6 : 1, each = tall + (gap ? 1 : 0), wide = Math.max(1, T);
  canvas.width = wide;
  canvas.height = each * rows.length;
  const context = canvas.getContext("2d"), image = context.createImageData(wide, canvas.height);
  const pixels = new Uint32Array(image.data.buffer), palettes = Object.fromEntries([...new Set(shows)].map((one) => [one, palette(one)]));
  rows.forEach((values, r) => {
    const colours = palettes[shows[r]];
    values.forEach((v, t) => {
      const colour = colours[levelOf(shows[r], v) + LEVELS];
      for (let line = r * each; line < r * each + tall; line++) pixels[line * wide + t] = colour;
    });
  });
  context.putImageData(image, 0, 0);
}

const series = ({ model, pass, T }, shows, unit) => Array.from({ length: T }, (_, t) => valueOf(model, pass, shows, t, unit));

// The pinned unit: its cell state as bars, its gates as strips of colour.
function lane(view, g) {
  const c = series(view, "c", view.state.unit);
  const high = Math.max(0.5, ...c), low = Math.min(0, ...c), scale = BARS / (high - low), zero = g.bars + high * scale;
  const bars = c.map((v, t) => {
    const wide = fixed(Math.max(0.6, g.pitch * 0.84));
    return `M${fixed(g.x(t) + g.pitch * 0.08)} ${fixed(zero)}h${wide}V${fixed(zero - v * scale)}h-${wide}z`;
  });
  const side = { size: 13, anchor: "end" };
  const line = (y, strong) => `<path d="M${LEFT} ${fixed(y)}H${fixed(g.end)}" stroke="currentColor" stroke-opacity="${strong}"/>`;
  const out = [
    line(zero, 0.5), `<path d="${bars.join("")}" fill="${COLOURS.c}"/>`,
    text(LEFT - 40, g.bars + BARS / 2 + 5, symbol("c"), { ...side, size: 15 }),
    text(LEFT - 6, fixed(g.bars + 9), plain(high).slice(0, 4), side),
    ...(low < -0.05 * high ? [text(LEFT - 6, fixed(g.bars + BARS + 3), plain(low).slice(0, 4), side)] : []),
  ];
  [..."ifgo"].forEach((gate, k) => {
    const y = g.strips + k * (STRIP + 2);
    out.push(text(LEFT - 40, y + STRIP - 1, symbol(gate), { ...side, size: 14 }));
    out.push(`<rect x="${LEFT}" y="${y}" width="${fixed(g.end - LEFT)}" height="${STRIP}" fill="currentColor" fill-opacity=".06"/>`);
  });
  return out.join("");
}

// The text along the columns, where there is room.
function letters({ model, pass }, g) {
  if (g.pitch < 7) return "";
  const size = fixed(Math.min(13, g.pitch * 1.5));
  const each = pass.ids.map((id, t) => `<tspan x="${fixed(g.x(t) + g.pitch / 2)}">${escaped(shownAs(model.letters[id]))}</tspan>`);
  return `<text y="13" font-size="${size}" text-anchor="middle" fill="currentColor" style="${MONO}">${each.join("")}</text>`;
}

// The numbers of the page's units beside their rows, as many as there is room for.
function names(view, g) {
  const { page, state: { unit } } = view, pinned = page.indexOf(unit);
  const clear = (r) => Math.abs(r - pinned) * g.row >= 12 && (g.row >= 12 || r === 0 || r === page.length - 1);
  const label = (r) => text(LEFT - 6, fixed(g.grid + (r + 0.5) * g.row + 4.5), page[r], { size: 13, anchor: "end", weight: r === pinned ? 700 : 400 });
  const box = `x="${LEFT}" y="${g.grid}" width="${fixed(Math.max(1, g.end - LEFT))}" height="${fixed(g.bottom - g.grid)}"`;
  const shown = page.map((_, r) => r).filter((r) => r === pinned || clear(r));
  return `<rect ${box} fill="currentColor" fill-opacity=".06"/>${shown.map(label).join("")}`;
}

// The row and the column that are looked at.
function marks(view, g) {
  const r = view.page.indexOf(view.state.unit), ring = 'fill="none" stroke="currentColor" stroke-width="2"';
  const row = `<rect x="${LEFT - 1}" y="${fixed(g.grid + r * g.row - 1)}" width="${fixed(g.end - LEFT + 2)}" height="${fixed(g.row + 2)}" rx="2" ${ring}/>`;
  if (!view.T) return "";
  const wide = Math.max(g.pitch, 3);
  return `${row}<rect x="${fixed(g.x(view.t + 0.5) - wide / 2 - 1)}" y="1" width="${fixed(wide + 2)}" height="${fixed(g.bottom + 1)}" rx="3" ${ring}/>`;
}

const heightOf = (g) => Math.ceil(g.bottom + 3);

const labelOf = ({ state, page, first, T }) =>
  escaped(`${page.length} of ${state.about.units} units over ${T} characters, coloured by ${NAMES[state.shows]}; unit ${state.unit} is pinned.`) +
  (first ? ` The units from place ${first + 1} on.` : "");

// The text with the pinned unit's colour behind each character and, below it, how much the character that is asked for
// depends on it: for a picture without HTML.
function written(view, width) {
  const { model, pass, state, depends } = view, wide = 9, tall = 46, most = Math.max(...depends.map(Math.abs));
  const grounds = [], bars = [], lines = [{ x: [], letters: "" }];
  let frame = "";
  pass.ids.forEach((id, t) => {
    const letter = model.letters[id], line = lines.at(-1), x = line.x.length * wide, y = (lines.length - 1) * tall;
    const level = Math.round(LEVELS * strength(state.shows, valueOf(model, pass, state.shows, t, state.unit)));
    const high = t <= view.t ? barOf(depends[t] / most) : 0;
    if (level) grounds.push(`<rect x="${x}" y="${y}" width="${wide}" height="21" fill="${sideColour(state.shows, level)}" fill-opacity="${(0.58 * Math.abs(level / LEVELS)).toFixed(2)}"/>`);
    if (high > 0.2) bars.push(`M${x + 1} ${y + 32}h${wide - 2}v${fixed(depends[t] < 0 ? high : -high)}h${2 - wide}z`);
    if (t === view.t) frame = `<rect x="${x}" y="${y}" width="${wide}" height="43" rx="2" fill="none" stroke="currentColor" stroke-width="2"/>`;
    line.x.push(x);
    line.letters += letter === "\n" ? LOOKS[letter] : letter;
    if (letter === "\n" || (line.x.length + 1) * wide > width) lines.push({ x: [], letters: "" });
  });
  const words = lines.map(({ x, letters: all }, k) => `<text xml:space="preserve" x="${x.join(" ")}" y="${k * tall + 15}">${escaped(all)}</text>`);
  const set = `font-size="14.5" fill="currentColor" style="${MONO}"`;
  return { svg: `${grounds.join("")}<path d="${bars.join("")}" fill="currentColor"/>${frame}<g ${set}>${words.join("")}</g>`, height: lines.length * tall };
}

// The drawing as SVG text. With `card`, a picture on its own, the text above it: explicit colours, light background.
export function draw(view, { width = 780, card = false } = {}) {
  const g = places(view, width), height = heightOf(g);
  const cells = fields(view, g).map((field) => asPaths(field, g)).join("");
  const content = `${letters(view, g)}${lane(view, g)}${names(view, g)}${cells}${marks(view, g)}`;
  if (!card) return picture(width, height, labelOf(view), content);
  const above = written(view, width), words = above.height + 18;
  const ground = `Ground: ${view.state.shows} of unit ${view.state.unit}, orange above 0, blue below`;
  const key = text(0, words, `${ground}. Bars: how the log p of what follows the frame depends on each character.`, { size: 13, anchor: "start" });
  const all = [width + 40, words + height + 62];
  const paper = `<rect width="${all[0]}" height="${all[1]}" rx="12" fill="#fff"/>`;
  const body = `<g transform="translate(20 20)">${above.svg}\n${key}\n<g transform="translate(0 ${words + 22})">${content}</g></g>`;
  return `${picture(...all, labelOf(view), `${paper}\n${body}\n`, ` width="${all[0]}" height="${all[1]}" style="color:#1f2328"`)}\n`;
}

// ---------------------------------------------------------------------------------------------------- widget

const TRAITS = ["text", "at", "unit", "shows", "order", "end", "weights", "about", "characters", "passage", "places"];
const ALIKE = { "\u201c": '"', "\u201d": '"', "\u2018": "'", "\u2019": "'", "\u2013": "--", "\u2014": "--", "\u00a0": " ", "\t": " " };

function widgetHTML(id, { about: { name, units, searched } }) {
  const choice = (trait, value, words, more = "") =>
    `<button type="button" data-trait="${trait}" data-value="${value}" aria-pressed="false"${more} ${OWN_KEYS}>${words}</button>`;
  const shows = Object.entries(NAMES).map(([key, words]) => choice("shows", key, `<i>${key}</i>`, ` aria-label="${words} ${key}"`)).join("");
  const turn = (by, words, label) => `<button type="button" data-turn="${by}" aria-label="${label}" ${OWN_KEYS}>${words}</button>`;
  const turns = units > ROWS ? `<div class="lstm-turns">${turn(-ROWS, "\u2191", `${ROWS} units before`)}${turn(ROWS, "\u2193", `${ROWS} units on`)}<span></span></div>` : "";
  return (
    `<div class="lstm-head"><label for="${id}-text">Type, or point at a character: ${escaped(name)} (${units} units) reads along</label><span class="lstm-left"></span></div>` +
    `<div class="lstm-field"><div><div class="lstm-ground" aria-hidden="true"></div><svg class="lstm-bars" aria-hidden="true"></svg>` +
    `<textarea id="${id}-text" spellcheck="false" autocomplete="off" autocapitalize="off" ${OWN_KEYS}></textarea></div></div>` +
    `<p class="lstm-key lstm-note">Ground: the pinned unit. Bars: what the next character\u2019s log p depends on, by gradient \u00d7 input (its root is drawn; up raises log p, down lowers it).</p>` +
    `<p class="lstm-sentence" aria-live="polite"></p>` +
    `<div class="lstm-sides"><div class="lstm-panel">` +
    `<div class="lstm-choice"><span id="${id}-shows">Colour by</span><div role="group" aria-labelledby="${id}-shows">${shows}</div><p class="lstm-scale lstm-note"></p></div>` +
    `<div class="lstm-choice lstm-pin"><label for="${id}-unit">Pinned unit</label><input type="number" id="${id}-unit" min="0" max="${units - 1}" step="1" ${OWN_KEYS}></div>` +
    `<div class="lstm-choice"><span id="${id}-order">Units</span><div role="group" aria-labelledby="${id}-order">${ORDERED.map((one) => choice("order", one, one)).join("")}</div>${turns}</div>` +
    `<div class="lstm-choice"><span>Expected next</span><div class="lstm-next"></div></div></div>` +
    `<div class="lstm-stage"><input type="range" class="lstm-scrub" min="0" step="1" aria-label="Character" ${OWN_KEYS}>` +
    `<div class="lstm-drawing" tabindex="0" role="group" aria-label="Units over the text: up and down pin another unit, left and right go through the text" ${OWN_KEYS}></div></div></div>` +
    `<div class="lstm-places"><div class="lstm-bar"><span id="${id}-end">Where else does unit <output></output> fire? The places of ${searched.toLocaleString("en")} characters where its <i>c</i> is</span>` +
    `<div role="group" aria-labelledby="${id}-end">${ENDS.map((one) => choice("end", one, one)).join("")}</div></div><ol></ol></div>`
  );
}

export default mounted("own", TRAITS, ({ root, id, read, write, start, signal }) => {
  root.innerHTML = widgetHTML(id, start);
  const find = (selector) => root.querySelector(selector);
  const field = find("textarea"), ground = find(".lstm-ground"), scrub = find(".lstm-scrub"), drawing = find(".lstm-drawing"), number = find("input[type=number]");
  const model = modelOf(start);
  let pass = readOn(model, []), ahead = pass, reader = null; // what is shown; what is read of the text; who reads on
  let hover = null, width = 780, g = null, keys = {}, frame = 0, timer = 0, refused = "";
  let asked = { key: "", depends: null }; // what the text depends on, of which character of which text

  const says = {};
  const say = (name, html) => {
    if (says[name] !== html) find(`.lstm-${name}`).innerHTML = says[name] = html;
  };

  const spotOf = (state) => Math.min(hover ?? state.at, pass.ids.length - 1); // -1 without a text
  const keyOf = ({ state, t }) => `${state.text}\n${t}`;

  // ------------------------------------------------------------------ what is seen

  const paintLetters = (text) => {
    const all = [...text];
    while (ground.children.length > all.length) ground.lastElementChild.remove();
    all.forEach((letter, k) => {
      const span = ground.children[k] ?? ground.appendChild(document.createElement("span"));
      if (span.textContent !== letter) span.textContent = letter;
    });
  };

  // Each character with its ground, the pinned unit's colour.
  const paintText = ({ state, T, t }) => {
    paintLetters(state.text);
    for (let k = 0; k < T; k++) {
      const letter = model.letters[pass.ids[k]], span = ground.children[k];
      const s = strength(state.shows, valueOf(model, pass, state.shows, k, state.unit));
      const names = `${letter === "\n" ? "lstm-end " : ""}${k === t ? "lstm-here" : ""}`;
      if (span.className !== names) span.className = names;
      const style = `--ground:color-mix(in srgb, ${sideColour(state.shows, s)} ${Math.round(58 * Math.abs(s))}%, transparent)`;
      if (span.getAttribute("style") !== style) span.setAttribute("style", style);
    }
  };

  // Below the characters the bars: where each stands is asked when the words have changed.
  let stands = { key: "", boxes: [] };
  const paintBars = ({ state: { text: words } }) => {
    const key = `${width}\n${words}`;
    if (stands.key !== key) stands = { key, boxes: [...ground.children].map((one) => [one.offsetLeft, one.offsetTop + one.offsetHeight - 10, one.offsetWidth || 9]) };
    const found = [...(asked.depends ?? [])].slice(0, stands.boxes.length), most = Math.max(...found.map(Math.abs)) || 1;
    const bars = found.map((by, k) => {
      const [x, y, wide] = stands.boxes[k], high = barOf(by / most);
      return `M${x + 1} ${y}h${wide - 2}v${fixed(by < 0 ? high : -high)}h${2 - wide}z`;
    });
    const line = found.map((_, k) => `M${stands.boxes[k][0]} ${stands.boxes[k][1]}h${stands.boxes[k][2]}`);
    say("bars", `<path d="${line.join("")}" stroke="currentColor" stroke-opacity=".3"/><path d="${bars.join("")}" fill="currentColor"/>`);
  };

  // Numbers, bars and frames are SVG, the cells lie between them as pixels. What has not changed is left alone.
  const under = { letters, lane, names };
  drawing.innerHTML = '<div></div><canvas data-field="strips"></canvas><canvas data-field="grid"></canvas><div></div>';
  const [below, above] = drawing.querySelectorAll("div");
  const paintDrawing = (view) => {
    const { state, page, T } = view, fresh = places(view, width), height = heightOf(fresh);
    const alike = `${state.text}\n${width}\n${page.length}`;
    const now = { text: alike, page: `${page}\n${alike}`, unit: `${state.unit}\n${alike}`, shows: `${state.shows}${page}\n${alike}` };
    const other = (...names) => names.some((name) => now[name] !== keys[name]);
    if (other("text")) {
      const parts = Object.keys(under).map((name) => `<g data-part="${name}"></g>`).join("");
      below.innerHTML = picture(width, height, "", parts);
    }
    below.firstElementChild.setAttribute("aria-label", labelOf(view));
    const changed = { letters: other("text"), lane: other("unit"), names: other("unit", "page") };
    for (const [name, draw] of Object.entries(under)) {
      if (changed[name]) below.querySelector(`[data-part=${name}]`).innerHTML = draw(view, fresh);
    }
    const anew = { strips: other("unit"), grid: other("shows") };
    if (anew.strips || anew.grid) {
      for (const field of fields(view, fresh)) {
        const canvas = find(`[data-field=${field.name}]`);
        if (anew[field.name]) paintField(canvas, field, T);
        const share = (part, whole) => `${((100 * part) / whole).toFixed(3)}%`;
        const tall = field.rows.length * (field.row + field.gap);
        canvas.style.cssText = `left:${share(LEFT, width)};top:${share(field.top, height)};width:${share(fresh.end - LEFT, width)};height:${share(tall, height)}`;
      }
    }
    now.marks = marks(view, fresh);
    if (other("marks", "text")) above.innerHTML = picture(width, height, "", now.marks).replace('role="img" aria-label=""', 'aria-hidden="true"');
    keys = now;
    g = fresh;
    scrub.style.marginLeft = `${(LEFT + g.pitch / 2 - 9).toFixed(1)}px`; // the slider's thumb stands over its column
    scrub.style.width = `${(g.pitch * Math.max(0, T - 1) + 18).toFixed(1)}px`;
  };

  const paintNext = ({ T, p, asked: target }) => {
    const best = T ? [...p.keys()].sort((a, b) => p[b] - p[a]).slice(0, 5) : [];
    if (T && !best.includes(target)) best[4] = target;
    const lines = best.map((k) => (
      `<div${k === target ? ' class="lstm-asked"' : ""}><b>${escaped(shownAs(model.letters[k]))}</b>` +
      `<span style="--p:${(100 * p[k]).toFixed(1)}%"></span><em>${percent(p[k])}</em></div>`
    ));
    say("next", lines.join(""));
  };

  // What it depends on is said as soon as it is known, in an element of its own: the rest is not read out once more.
  const paintSentence = (view) => {
    const [what, why] = sentence(view);
    patch(find(".lstm-sentence"), `<span>${escaped(refused + what)}</span><span>${escaped(why)}</span>`);
  };

  const paint = () => {
    const state = read(), view = viewOf(state, model, pass, spotOf(state));
    if (asked.key === keyOf(view) && asked.done) view.depends = asked.depends;
    paintText(view);
    paintBars(view);
    paintDrawing(view);
    paintNext(view);
    find(".lstm-sentence").setAttribute("aria-live", hover === null ? "polite" : "off");
    paintSentence(view);
    return view;
  };

  // The text is read, and then what the spot depends on is found, backwards, a slice a frame: so a key is answered at once,
  // and a large model holds nobody up. Until then what was shown before stays, but for the letters.
  const stop = () => { cancelAnimationFrame(frame); clearTimeout(timer); };
  const afterFrame = (then) => { frame = requestAnimationFrame(() => { timer = setTimeout(then); }); };
  // Reads on for some milliseconds: is it done?
  const readSlice = () => {
    const from = performance.now();
    let slice;
    do {
      slice = reader.next();
      ahead = slice.value;
    } while (!slice.done && performance.now() - from < 8);
    if (slice.done) [pass, reader] = [ahead, null];
    return slice.done;
  };
  const look = () => {
    stop();
    if (reader && !readSlice()) {
      paintLetters(read().text);
      afterFrame(look);
      return;
    }
    const view = paint(), key = keyOf(view);
    if (view.T === 0 || asked.key === key && asked.done) return;
    const going = dependence(model, pass, view.t, view.asked);
    const go = () => {
      const from = performance.now();
      let next = going.next();
      while (next.value.from > 0 && performance.now() - from < 8) next = going.next();
      asked = { key, depends: next.value.found, done: next.value.from === 0 };
      paintBars(view);
      if (asked.done) paintSentence({ ...view, depends: asked.depends });
      else afterFrame(go);
    };
    afterFrame(go);
  };
  signal.addEventListener("abort", stop);

  const paintPlaces = ({ unit, end, places: all, passage }) => {
    find(".lstm-places output").textContent = unit;
    const found = all[unit][end].map(([place, c], k) => {
      const words = passage.slice(Math.max(0, place - 32), place).replace(/\n/g, "\u00b6"), last = shownAs(passage[place]);
      return `<li><button type="button" data-place="${k}" ${OWN_KEYS}><b>${plain(c)}</b><span>${escaped(words)}<mark>${escaped(last)}</mark></span></button></li>`;
    });
    patch(find(".lstm-places ol"), found.join(""));
  };

  // ------------------------------------------------------------------ the hand

  // Characters that the model does not know are put in its words, or left out and named; those that are too many are cut
  // from the end.
  const typed = () => {
    const inItsWords = (text) => [...text].map((one) => (model.numberOf.has(one) ? one : ALIKE[one] ?? one)).join("");
    const readable = (text) => [...inItsWords(text)].filter((one) => model.numberOf.has(one)).join("");
    const all = readable(field.value), known = all.slice(0, MOST), cut = all.length - known.length;
    const lost = [...new Set([...inItsWords(field.value)].filter((one) => !model.numberOf.has(one)))];
    const before = refused;
    refused = lost.length ? `The model does not know ${lost.map(quoted).join(", ")}. ` : "";
    if (cut) refused += `The text is full: the last ${cut === 1 ? "character is" : `${cut.toLocaleString("en")} characters are`} cut off. `;
    if (known !== field.value) {
      const caret = Math.min(MOST, readable(field.value.slice(0, field.selectionStart)).length);
      field.value = known;
      field.setSelectionRange(caret, caret);
    }
    write({ text: known, at: Math.max(0, field.selectionStart - 1) });
    if (refused !== before) queueMicrotask(look); // also where the text is the same
  };
  const caret = () => {
    const spot = Math.max(0, Math.min(field.selectionStart - 1, read().text.length - 1));
    if (document.activeElement === field && spot !== read().at) write({ at: spot });
  };
  field.addEventListener("input", typed, { signal });
  for (const name of ["keyup", "pointerup", "select"]) field.addEventListener(name, caret, { signal });
  scrub.addEventListener("input", () => write({ at: Number(scrub.value) }), { signal });

  const pointed = (spot) => {
    if (spot === hover) return;
    hover = spot;
    look();
  };
  find(".lstm-field").addEventListener("pointermove", (event) => {
    const over = document.elementsFromPoint(event.clientX, event.clientY).find((one) => one.parentElement === ground);
    pointed(over ? [...ground.children].indexOf(over) : null);
  }, { signal });
  find(".lstm-field").addEventListener("pointerleave", () => pointed(null), { signal });

  // The unit and the character under the pointer; null beside them.
  const cellAt = (event) => {
    const box = below.firstElementChild.getBoundingClientRect(), scale = width / box.width;
    const t = Math.floor(((event.clientX - box.left) * scale - LEFT) / g.pitch);
    const r = Math.floor(((event.clientY - box.top) * scale - g.grid) / g.row);
    const state = read(), view = viewOf(state, model, pass);
    return { t: t >= 0 && t < view.T ? t : null, unit: view.page[r] ?? null };
  };
  drawing.addEventListener("pointermove", (event) => {
    const { t, unit } = cellAt(event), state = read();
    drawing.title = t === null || unit === null ? "" : `unit ${unit} at ${quoted(model.letters[pass.ids[t]])}: ${state.shows} = ${plain(valueOf(model, pass, state.shows, t, unit))}`;
    if (event.buttons & 1 && t !== null && t !== state.at) write({ at: t });
  }, { signal });
  drawing.addEventListener("pointerdown", (event) => {
    const { t, unit } = cellAt(event);
    write({ ...(t === null ? {} : { at: t }), ...(unit === null ? {} : { unit }) });
  }, { signal });
  const pin = (by) => {
    const state = read(), order = ordered(state, model, pass);
    const place = Math.max(0, Math.min(model.H - 1, order.indexOf(state.unit) + by));
    write({ unit: order[place] });
  };
  drawing.addEventListener("keydown", (event) => {
    const turns = { ArrowUp: -1, ArrowDown: 1, PageUp: -ROWS, PageDown: ROWS }, steps = { ArrowLeft: -1, ArrowRight: 1 };
    if (event.key in turns) pin(turns[event.key]);
    else if (event.key in steps) write({ at: Math.max(0, Math.min([...read().text].length - 1, read().at + steps[event.key])) });
    else return;
    event.preventDefault();
  }, { signal });
  number.addEventListener("input", () => {
    const unit = Number(number.value);
    if (number.value !== "" && Number.isInteger(unit) && unit >= 0 && unit < model.H) write({ unit });
  }, { signal });
  number.addEventListener("change", () => { number.value = read().unit; }, { signal });

  root.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const { trait, value, turn, place } = button.dataset;
    if (trait) write({ [trait]: value });
    if (turn) pin(Number(turn));
    if (place) {
      const { places: all, unit, end, passage } = read(), [spot] = all[unit][end][place];
      const from = Math.max(0, spot - (MOST - 41)), words = passage.slice(from, from + MOST);
      write({ text: words, at: spot - from });
    }
  }, { signal });

  const size = new ResizeObserver(([entry]) => {
    const now = Math.round(entry.contentRect.width);
    if (now && now !== width) { width = now; look(); }
  });
  size.observe(drawing);
  signal.addEventListener("abort", () => size.disconnect());

  let shown = null;
  return (state) => {
    if (!shown || shown.text !== state.text) {
      reader = reading(model, idsOf(model, state.text), ahead);
      hover = null;
      if (field.value !== state.text) { field.value = state.text; refused = ""; }
    }
    const T = [...state.text].length, spot = Math.max(0, Math.min(state.at, T - 1));
    look();
    scrub.max = Math.max(0, T - 1);
    scrub.value = spot;
    scrub.disabled = T < 2;
    scrub.setAttribute("aria-valuetext", T ? `${spot + 1} of ${T}, ${quoted(state.text[spot])}` : "no text");
    scrub.style.setProperty("--lstm-from", "0%");
    scrub.style.setProperty("--lstm-to", `${T > 1 ? (100 * spot) / (T - 1) : 0}%`);
    if (document.activeElement !== number || Number(number.value) !== state.unit) number.value = state.unit;
    for (const button of root.querySelectorAll("[data-trait]")) button.setAttribute("aria-pressed", String(state[button.dataset.trait] === button.dataset.value));
    find(".lstm-left").textContent = `${MOST - T} characters left`;
    const full = FULL[state.shows] ?? 1;
    say("scale", "ifo".includes(state.shows) ? `${NAMES[state.shows]}: 0 plain, 1 full colour` : `${NAMES[state.shows]}: orange above 0, blue below, full colour at \u00b1${full}`);
    const turned = root.querySelector(".lstm-turns span");
    if (turned) {
      const first = Math.floor(ordered(state, model, pass).indexOf(state.unit) / ROWS) * ROWS;
      turned.textContent = `${first + 1} to ${Math.min(model.H, first + ROWS)} of ${model.H}`;
    }
    if (!shown || shown.unit !== state.unit || shown.end !== state.end) paintPlaces(state);
    shown = state;
  };
});
