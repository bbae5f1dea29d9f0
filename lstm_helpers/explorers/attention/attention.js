// Attention: an encoder-decoder reads a date and writes it in ISO 8601, with a hand on what it writes and where it looks.
// shared.js and maths.js, which stand before it, have what it is made of.
//
// Pure functions: tidied(text), encode(reader, source), compute(state), sentence(state, step), effect(state),
// draw(state, options). A state is a plain object:
//   source    the text, as `tidied` makes it
//   written   how many characters the decoder has written, 0 to 10
//   forced    characters that a person made it write, by step; "." or nothing where it writes its own
//   looks     step -> [place, weight]: one attention weight that a person has set; the others share the rest
//   reader    {alphabet, arrays}: the network, each array as {shape, scale, data}
//   examples  [[name, text], ...]
// Steps and places are counted from 0 in the code, and from 1 in what is shown.

const STEPS = 10; // characters of an answer
const MOST = 44; // characters of a source
const START = "^"; // what the decoder reads before its first character
const TARGET = `0123456789-${START}`; // what it can say
const CHARACTERS = TARGET.slice(0, -1);
const FREE = ".";
const CLEAR = { forced: "", looks: {} }; // no change of a person's

// ------------------------------------------------------------------------------------------------------ text

// A text as the network has learned to read it: small letters, an accent and its letter as one character, one kind of space.
export function tidied(typed) {
  const small = typed.normalize("NFC").toLowerCase().replaceAll("\u00df", "ss").replaceAll("\u03c2", "\u03c3");
  return small.split(/\s+/u).filter(Boolean).join(" ");
}

const visible = (character) => (character === " " ? "\u2423" : escaped(character));
const quoted = (character) => (character === " " ? "the space" : `\u201c${escaped(character)}\u201d`);
const long = (text) => (text.length === 1 ? "1 character" : `${text.length} characters`);

// The characters of the source that the network has never seen, each once.
export function unknown({ reader, source }) {
  const known = new Set(reader.alphabet.slice(1));
  return [...new Set(source)].filter((character) => !known.has(character));
}

// ---------------------------------------------------------------------------------------------- mathematics

// The arrays of a reader as Float64Arrays, those of a layer by their names in it: "decoder" -> {W_x, W_h, b}.
function unpacked({ arrays }) {
  const net = {};
  for (const [name, { scale, data }] of Object.entries(arrays)) {
    const bytes = Uint8Array.from(atob(data), (byte) => byte.charCodeAt(0));
    const cut = name.lastIndexOf(".");
    (net[name.slice(0, cut)] ??= {})[name.slice(cut + 1)] = Float64Array.from(new Int8Array(bytes.buffer), (whole) => whole * scale);
  }
  return net;
}

// The last thing that `make` made, as long as what it was made of is the same.
function kept(make) {
  let made, of = [];
  return (...given) => {
    if (given.length !== of.length || given.some((one, k) => one !== of[k])) [made, of] = [make(...given), given];
    return made;
  };
}

const network = kept(unpacked);
const joined = (...arrays) => Float64Array.from(arrays.flatMap((array) => [...array]));

// What the encoder makes of a source: keys (T, 2H), the states of both directions side by side; and the decoder's first
// state, h and c (2H,), their last ones.
export const encode = kept((reader, source) => {
  const net = network(reader);
  const alphabet = [...reader.alphabet], text = [...source];
  const E = net.read.W.length / alphabet.length, H = net["encoder.l0"].b.length / 4, T = text.length;
  const embedded = (order) => Float64Array.from(order.flatMap((character) => {
    const k = Math.max(0, alphabet.indexOf(character));
    return [...net.read.W.subarray(k * E, (k + 1) * E)];
  }));
  const ahead = lstmForward(net["encoder.l0"], embedded(text), 1);
  const back = lstmForward(net["encoder.l0r"], embedded(text.toReversed()), 1);
  const keys = joined(...text.flatMap((_, t) => [at(ahead.h, t + 1, H), at(back.h, T - t, H)]));
  return { keys, h: joined(at(ahead.h, T, H), at(back.h, T, H)), c: joined(at(ahead.c, T, H), at(back.c, T, H)) };
});

function softmax(scores) {
  const largest = Math.max(...scores);
  const powers = Array.from(scores, (score) => Math.exp(score - largest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

// Weights with another one at `place`: the others share the rest in their own proportions.
export function moved(a, [place, weight]) {
  if (a.length === 1) return a; // the weights of one character are 1
  const left = a.reduce((sum, one, t) => (t === place ? sum : sum + one), 0);
  return a.map((one, t) => (t === place ? weight : (1 - weight) * (left > 0 ? one / left : 1 / (a.length - 1))));
}

// All ten steps. Returns {steps, answer}; a step is
//   read, own, said   the character that it reads, the one that the network says, and the one that is written
//   p [12]            the network's probabilities of TARGET;  a, seen [t]: its own weights, and those that are used
function decode(reader, source, forced, looks) {
  const net = network(reader);
  const { keys, ...first } = encode(reader, source);
  const size = first.h.length, T = keys.length / size, E = net.written.W.length / TARGET.length;
  let { h, c } = first, said = START;
  const steps = Array.from({ length: STEPS }, (_, n) => {
    const k = TARGET.indexOf(said);
    const pass = lstmForward(net.decoder, net.written.W.subarray(k * E, (k + 1) * E), 1, h, c);
    [h, c] = [at(pass.h, 1, size), at(pass.c, 1, size)];
    const query = addProduct(new Float64Array(size), h, net.attention.W, 1, size, size);
    const a = softmax(addProduct(new Float64Array(T), keys, query, T, size, 1));
    const seen = looks[n] ? moved(a, looks[n]) : a;
    const context = addProduct(new Float64Array(size), seen, keys, 1, T, size);
    const p = softmax(linearForward(net.readout, linearForward(net.combine, joined(h, context)).map(Math.tanh)));
    const own = TARGET[p.indexOf(Math.max(...p))], read = said;
    said = (forced[n] ?? FREE) === FREE ? own : forced[n];
    return { read, own, said, p, a, seen };
  });
  return { steps, answer: steps.map((step) => step.said).join("") };
}

const isForced = ({ forced }, n) => (forced[n] ?? FREE) !== FREE;
const isChanged = ({ forced, looks }) => /[^.]/.test(forced) || Object.keys(looks).length > 0;

const decoded = kept((reader, source, forced, looks) => decode(reader, source, forced, JSON.parse(looks)));
const alone = kept((reader, source) => decode(reader, source, "", {}));

// The steps and the answer of a state, with `alone`: the same without what a person changed.
export function compute(state) {
  const { reader, source, forced, looks } = state, before = alone(reader, source);
  return { ...(isChanged(state) ? decoded(reader, source, forced, JSON.stringify(looks)) : before), alone: before };
}

const largest = (weights) => weights.indexOf(Math.max(...weights));

// ------------------------------------------------------------------------------------------------------ words

// What one step does, as HTML.
export function sentence(state, step) {
  const text = [...state.source];
  if (step < 0) return `The encoder has read ${long(text)}, forwards and backwards. <b>Step</b>: the decoder writes its first one.`;
  const { read, own, said, p, seen } = compute(state).steps[step];
  const sure = percent(p[TARGET.indexOf(own)]);
  const before = step ? `has read ${quoted(read)}` : "begins";
  const writes = isForced(state, step)
    ? `writes <b>${said}</b> because you say so; on its own it says ${own} (${sure} sure)`
    : `writes <b>${own}</b> (${sure} sure)`;
  const most = seen.map((weight, t) => [weight, t]).sort(([one], [other]) => other - one).filter(([weight], k) => k === 0 || (k < 3 && weight >= 0.1));
  const places = most.map(([weight, t]) => `${quoted(text[t])}, character ${t + 1} (${plain(weight)})`);
  return `Step ${step + 1} ${before} and ${writes}. It looks at ${listed(places)}.`;
}

// What the changes do, as HTML.
export function effect(state) {
  const { steps, answer, alone } = compute(state);
  const n = state.written, [now, before] = [answer.slice(0, n), alone.answer.slice(0, n)];
  const so = n < STEPS ? "Answer so far" : "Answer";
  if (n === 0) return "";
  if (!isChanged(state)) return `${so}: <b>${now}</b>. Nothing is changed: choose another character, or drag a bar.`;
  const other = steps.slice(0, n).map((step, k) => (step.said !== before[k] && !isForced(state, k) ? String(k + 1) : "")).filter(Boolean);
  const follows = other.length ? `Of itself it now writes something else in step${other.length > 1 ? "s" : ""} ${listed(other)}.` : "All that it writes of itself is as before.";
  return `${so}: <b>${now}</b>; without your changes: ${before}. ${follows}`;
}

// ---------------------------------------------------------------------------------------------------- drawing

const BLUE = COLOURS.o; // where the decoder looks
const CHANGED = COLOURS.f; // what a change has changed
const LEFT = 134; // from here on stand the columns of the source
const SOURCE = [8, 28]; // top and height of the source's row
const BARS = [56, 92]; // where a weight is 1, and how far below it is 0
const ROWS = [186, 24]; // the middle of step 1's row, and the distance to the next one
const HEIGHT = 416;
const TILE = 94; // the middle of the written characters

// Where things are in a drawing so wide: column(t) is a column's left edge, row(n) a row's middle.
export function geometry({ source }, width) {
  const T = [...source].length;
  const pitch = Math.min(40, (width - LEFT - 8) / T);
  return { T, pitch, right: LEFT + T * pitch, column: (t) => LEFT + t * pitch, row: (n) => ROWS[0] + n * ROWS[1] };
}

const n1 = (v) => v.toFixed(1);

function rect(x, y, w, h, more) {
  return `<rect x="${n1(x)}" y="${n1(y)}" width="${n1(w)}" height="${n1(h)}" ${more}/>`;
}

// A character in a box.
function tile(x, y, w, h, character, { look, ink = "currentColor", size = 15, weight = 400 }) {
  const words = text(n1(x), n1(y + 5), character, { size, weight }).replace('fill="currentColor"', `fill="${ink}"`);
  return `<g>${rect(x - w / 2, y - h / 2, w, h, `rx="5" ${look}`)}${words}</g>`;
}

const EDGE = 'stroke="currentColor" stroke-opacity=".4"';
const OWN = `style="${PAPER}" stroke="currentColor" stroke-opacity=".5"`;
const CONSEQUENCE = `fill="${CHANGED}" fill-opacity=".2" stroke="${CHANGED}" stroke-width="2"`;
const DARK = 'style="fill:var(--lstm-ink,#1f2328)" stroke="currentColor"';
const DASHED = 'fill="none" stroke="currentColor" stroke-opacity=".6" stroke-dasharray="3 3"';

// The source, character by character.
function sourceRow(state, g) {
  const [top, height] = SOURCE, strange = new Set(unknown(state));
  const out = [text(8, top + 19, "source", { size: 13.5, anchor: "start" })];
  [...state.source].forEach((character, t) => {
    const look = strange.has(character) ? DASHED : `fill="currentColor" fill-opacity=".07"`;
    out.push(tile(g.column(t + 0.5), top + height / 2, g.pitch - 2, height, visible(character), { look, size: g.pitch < 15 ? 13 : 16 }));
  });
  return out.join("");
}

// The weights of one step as bars, and the network's own ones where a person has moved one.
function bars(state, g, step, place) {
  const [top, height] = BARS, bottom = top + height;
  const out = [text(8, top + height / 2 - 2, "weights", { size: 13.5, anchor: "start" })];
  for (const weight of [0, 0.5, 1]) {
    const y = bottom - weight * height;
    out.push(`<path d="M${LEFT - 3} ${y}H${n1(g.right)}" stroke="currentColor" stroke-opacity="${weight ? 0.15 : 0.5}"/>`);
    out.push(text(LEFT - 8, y + 4.5, weight, { size: 12.5, anchor: "end" }));
  }
  if (step < 0) return out.join("");
  out.push(text(8, top + height / 2 + 15, `of step ${step + 1}`, { size: 13.5, anchor: "start" }));
  const { a, seen } = compute(state).steps[step];
  seen.forEach((weight, t) => {
    const [x, w] = [g.column(t) + 1.5, g.pitch - 3];
    if (weight >= 0.004) out.push(rect(x, bottom - weight * height, w, weight * height, `rx="1.5" fill="${BLUE}" ${EDGE}`));
    if (Math.abs(a[t] - weight) >= 0.01) out.push(rect(x, bottom - a[t] * height, w, a[t] * height, DASHED));
  });
  if (place >= 0) {
    const y = bottom - seen[place] * height - 6;
    out.push(text(n1(Math.min(g.column(place + 0.5), g.right - 8)), n1(y), plain(seen[place]), { size: 13, weight: 600 }));
  }
  return out.join("");
}

// A row of the alignment: what is written, what was written before a change, and where the decoder looked.
function alignment(state, g, n, step) {
  const { steps, alone } = compute(state), { said, seen } = steps[n];
  const y = g.row(n), before = alone.answer[n];
  const number = text(8, y + 4.5, `step ${n + 1}`, { size: 12.5, anchor: "start" });
  if (n >= state.written) return `<g>${number}${rect(TILE - 13, y - 10, 26, 20, `rx="5" ${DASHED}`)}</g>`;
  const forced = isForced(state, n);
  const kind = forced ? { look: DARK, ink: "var(--lstm-paper,#fff)" } : { look: said === before ? OWN : CONSEQUENCE };
  const out = [];
  if (n === step) out.push(rect(2, y - ROWS[1] / 2, g.right, ROWS[1], 'rx="6" fill="currentColor" fill-opacity=".1"'));
  out.push(number);
  const read = `M${TILE + 15} ${y - ROWS[1]}C${TILE + 29} ${y - ROWS[1] + 3} ${TILE + 29} ${y - 4} ${TILE + 18} ${y - 1}`;
  const strong = n === step;
  out.push(`<path d="${read}" fill="none" stroke="currentColor" stroke-opacity="${strong ? 1 : 0.35}" stroke-width="${strong ? 2 : 1.3}"/>`);
  out.push(`<path d="M${TILE + 14} ${y}l7 -5l1 7z" fill="currentColor" fill-opacity="${strong ? 1 : 0.5}"/>`);
  if (said !== before) {
    const old = text(TILE - 24, y + 5, before, { size: 13.5 });
    out.push(old.replace("<text", '<text text-decoration="line-through"'));
  }
  out.push(tile(TILE, y, 26, 20, said, { ...kind, weight: n === step ? 700 : 400 }));
  const most = Math.min(g.pitch - 2, ROWS[1] - 4);
  seen.forEach((weight, t) => {
    const side = most * Math.sqrt(weight);
    if (weight >= 0.003) out.push(rect(g.column(t + 0.5) - side / 2, y - side / 2, side, side, `rx="1.5" fill="${BLUE}" ${EDGE}`));
  });
  if (state.looks[n]) {
    const w = Math.max(g.pitch - 1, 12);
    out.push(rect(g.column(state.looks[n][0] + 0.5) - w / 2, y - 11, w, 22, 'rx="4" fill="none" stroke="currentColor" stroke-width="2"'));
  }
  return `<g>${out.join("")}</g>`;
}

// The picture as SVG text, `width` units wide. step: the one whose weights are bars, -1 for none; place: the character of
// the source that the hand is at, -1 for none. With `card` it stands on its own: explicit colours on a light background.
export function draw(state, { width = 760, step = state.written - 1, place = -1, card = false } = {}) {
  const g = geometry(state, width), grid = [];
  for (let t = 0; t <= g.T; t++) {
    grid.push(`M${n1(g.column(t))} ${g.row(-0.5)}V${g.row(STEPS - 0.5)}`);
  }
  const out = [];
  if (place >= 0) out.push(rect(g.column(place), SOURCE[0] - 4, g.pitch, g.row(STEPS - 0.5) - SOURCE[0] + 4, 'rx="5" fill="currentColor" fill-opacity=".08"'));
  out.push(`<path d="${grid.join("")}" stroke="currentColor" stroke-opacity=".12"/>`);
  out.push(sourceRow(state, g), bars(state, g, step, place));
  out.push(text(8, g.row(-1) + 4.5, "start", { size: 12.5, anchor: "start" }), tile(TILE, g.row(-1), 26, 20, START, { look: OWN }));
  for (let n = 0; n < STEPS; n++) out.push(alignment(state, g, n, step));
  const paper = card ? rect(0, 0, width, HEIGHT, 'rx="12" fill="#fff"') : "";
  const size = card ? ` width="${width}" height="${HEIGHT}" style="color:#1f2328"` : "";
  return `${picture(width, HEIGHT, spoken(state), `${paper}\n${out.join("\n")}\n`, size)}\n`;
}

// What the picture shows, in words.
function spoken(state) {
  const { steps, answer } = compute(state), text = [...state.source];
  const looks = steps.slice(0, state.written).map(({ said, seen }) => `${said} at ${quoted(text[largest(seen)])} ${largest(seen) + 1}`);
  const done = state.written ? `The answer ${answer.slice(0, state.written)}; the largest weight of each step: ${looks.join(", ")}` : "Nothing is written yet";
  return `Attention over the source ${quoted(state.source)}. ${done}.`;
}

// ---------------------------------------------------------------------------------------------------- widget

const MOVES = { start: ["To start", () => 0], back: ["Back", (n) => n - 1], step: ["Step", (n) => n + 1], end: ["To the end", () => STEPS] };

function widgetHTML(id, examples) {
  const button = (attributes, words) => `<button type="button" ${attributes} ${OWN_KEYS}>${words}</button>`;
  const moves = Object.entries(MOVES).map(([name, [words]]) => button(`data-move="${name}"`, words)).join("");
  const options = examples.map(([name], k) => `<option value="${k}">${escaped(name)}</option>`).join("");
  const choices = [...CHARACTERS].map((character) => (
    button(`data-character="${character}" aria-pressed="false"`, `<b>${character}</b><span class="lstm-share"></span><span class="lstm-sure"></span>`)
  )).join("");
  const rows = Array.from({ length: STEPS }, (_, n) => `<div role="option" id="${id}-row-${n}" data-step="${n}"></div>`).join("");
  return (
    `<div class="lstm-bar"><div class="lstm-text"><label for="${id}-source">A date, in words</label>` +
    `<input type="text" id="${id}-source" autocomplete="off" spellcheck="false" aria-describedby="${id}-heard" ${OWN_KEYS}>` +
    `<select aria-label="A date in another language" ${OWN_KEYS}><option value="">another language \u2026</option>${options}</select></div>` +
    `<div role="group" aria-label="The decoder">${moves}</div>${button('data-act="undo"', "Undo changes")}</div>` +
    `<p class="lstm-note lstm-heard" id="${id}-heard" aria-live="polite"></p>` +
    `<div class="lstm-sides"><div class="lstm-across"><div class="lstm-field"><div class="lstm-drawing"></div>` +
    `<div class="lstm-weights" role="slider" tabindex="0" aria-orientation="vertical" aria-valuemin="0" aria-valuemax="1" aria-describedby="${id}-keys" ${OWN_KEYS}></div>` +
    `<div class="lstm-rows" role="listbox" tabindex="0" aria-label="The steps that are written" aria-describedby="${id}-keys" ${OWN_KEYS}>${rows}</div></div></div>` +
    `<fieldset class="lstm-says"><legend></legend><div class="lstm-choices" role="group">${choices}</div>` +
    `<p class="lstm-note">Choose another one: the next step reads it.</p></fieldset></div>` +
    `<p class="lstm-sentence" aria-live="polite"></p><p class="lstm-effect" aria-live="polite"></p>` +
    `<p class="lstm-note" id="${id}-keys">Bars: drag one, or \u2190 \u2192 choose and \u2191 \u2193 move it (Shift: by 0.01). Steps: \u2191 \u2193 choose, 0\u20139 and \u2212 replace the character. ` +
    `Delete takes a change back. Filled: your character; thick frame: what it changed; dashed bars: the network\u2019s own weights.</p>`
  );
}


export default mounted("attention", ["source", "written", "forced", "looks", "reader", "examples"], ({ root, id, read, write, start, signal }) => {
  root.innerHTML = widgetHTML(id, start.examples);
  const find = (selector) => root.querySelector(selector);
  const listen = (element, event, react) => element.addEventListener(event, react, { signal });
  const drawing = find(".lstm-drawing"), weights = find(".lstm-weights"), rows = find(".lstm-rows"), field = find("input"), select = find("select");
  let [width, step, place, shown] = [760, -1, -1, {}]; // shown: the state that was drawn last
  let [under, drag, frame] = [-1, null, 0]; // where the mouse is; {place, weight} while a bar is dragged

  // What is there already is left alone, or it would be read out a second time.
  const says = {};
  const say = (selector, html) => {
    if (says[selector] !== html) find(selector).innerHTML = says[selector] = html;
  };

  function paint(state) {
    const g = geometry(state, width), { steps } = compute(state);
    patch(drawing, draw(state, { width, step, place: under >= 0 ? under : place }));
    const over = (element, x, y, w, h) => Object.assign(element.style, { left: `${x}px`, top: `${y}px`, width: `${w}px`, height: `${h}px` });
    over(weights, LEFT, BARS[0] - 4, g.right - LEFT, BARS[1] + 8);
    over(rows, 2, g.row(-0.5), g.right, STEPS * ROWS[1]);
    const now = steps[Math.max(0, step)], text = [...state.source];
    weights.setAttribute("aria-label", step < 0 ? "weight of a source character: nothing is written yet" : `weight of a source character, step ${step + 1}`);
    weights.setAttribute("aria-valuenow", step < 0 ? 0 : now.seen[place]);
    weights.setAttribute("aria-valuetext", step < 0 ? "none" : `character ${place + 1}, ${text[place] === " " ? "space" : text[place]}: ${plain(now.seen[place])}`);
    find(".lstm-says legend").textContent = step < 0 ? "The decoder writes" : `Step ${step + 1} writes`;
    for (const button of root.querySelectorAll("[data-character]")) {
      const { character } = button.dataset, p = now.p[TARGET.indexOf(character)];
      button.disabled = step < 0;
      button.setAttribute("aria-pressed", String(step >= 0 && now.said === character));
      button.style.setProperty("--lstm-share", step < 0 ? "0%" : `${(100 * p).toFixed(2)}%`);
      button.lastElementChild.textContent = step < 0 || p < 0.001 ? "" : percent(p);
    }
    for (const row of rows.children) {
      const n = Number(row.dataset.step);
      row.hidden = n >= state.written;
      row.setAttribute("aria-selected", String(n === step));
      row.ariaLabel = `step ${n + 1} writes ${steps[n].said}, looks at character ${largest(steps[n].seen) + 1}`;
    }
    if (step < 0) rows.removeAttribute("aria-activedescendant");
    else rows.setAttribute("aria-activedescendant", `${id}-row-${step}`);
  }

  function heard(state) {
    const strange = unknown(state).map(quoted);
    const one = strange.length === 1;
    if (strange.length) return `The network has never seen ${listed(strange)}: ${one ? "it is" : "they are"} read as an unknown character.`;
    return `${long([...state.source])}. Type your own: a language, a word beside the date, a typing mistake.`;
  }

  function show(state) {
    if (state.written !== shown.written) step = state.written - 1;
    step = Math.min(step, state.written - 1);
    if (state.source !== shown.source) {
      if (tidied(field.value) !== state.source) field.value = state.source;
      say(".lstm-heard", heard(state));
      select.value = String(state.examples.findIndex(([, text]) => text === state.source)).replace("-1", "");
      under = -1;
    }
    if (state.source !== shown.source || state.written !== shown.written) place = aim(state);
    shown = state;
    paint(state);
    // While a bar is dragged nothing is read out: the next change comes before the last one has been said.
    for (const words of root.querySelectorAll(".lstm-sentence, .lstm-effect")) words.setAttribute("aria-live", drag ? "off" : "polite");
    say(".lstm-sentence", sentence(state, step));
    say(".lstm-effect", effect(state));
  }

  // Where the hand is put in a step: at the weight that was set there, or else at the largest.
  const aim = (state) => (step < 0 ? -1 : (state.looks[step]?.[0] ?? largest(compute(state).steps[step].seen)));

  function go(to) {
    step = to;
    place = aim(read());
    show(read());
  }

  // ---- changes

  const force = (character) => {
    const { forced } = read();
    const all = [...forced.padEnd(STEPS, FREE)];
    all[step] = character === compute(read()).steps[step].own ? FREE : character;
    write({ forced: all.join("").replace(/\.+$/, "") });
  };
  const look = (t, weight) => write({ looks: { ...read().looks, [step]: [t, Number(within(weight, 0, 1).toFixed(2))] } });
  const without = (looks, n) => Object.fromEntries(Object.entries(looks).filter(([key]) => key !== String(n)));

  // ---- the text

  listen(field, "input", () => {
    const text = tidied(field.value), length = [...text].length, { source } = read();
    const still = `The network still reads \u201c${escaped(source)}\u201d.`;
    if (length === 0) say(".lstm-heard", `Type a date. ${still}`);
    else if (length > MOST) say(".lstm-heard", `${length} characters are more than the ${MOST} that it takes here. ${still}`);
    else if (text !== source) write({ source: text, ...CLEAR });
    else say(".lstm-heard", heard(read()));
  });
  listen(select, "change", () => {
    const example = read().examples[select.value];
    if (!example) return;
    field.value = example[1];
    write({ source: example[1], ...CLEAR });
  });

  // ---- buttons

  listen(root, "click", (event) => {
    const { move, act, character } = event.target.closest("button")?.dataset ?? {};
    if (move) write({ written: within(MOVES[move][1](read().written), 0, STEPS) });
    if (act) write(CLEAR);
    if (character) force(character);
  });

  // ---- the steps

  listen(rows, "pointerdown", (event) => {
    const row = event.target.closest("[data-step]");
    if (row) go(Number(row.dataset.step));
  });
  listen(rows, "keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { written, forced } = read();
    const to = { ArrowUp: step - 1, ArrowDown: step + 1, Home: 0, End: written - 1 }[event.key];
    const typed = event.key.replace("\u2212", "-");
    if (to !== undefined) {
      if (to === written && written < STEPS) write({ written: written + 1 }); // beyond the last one it writes on
      else if (written) go(within(to, 0, written - 1));
    } else if (step >= 0 && typed.length === 1 && CHARACTERS.includes(typed)) force(typed);
    else if (step >= 0 && ["Delete", "Backspace"].includes(event.key)) {
      write({ forced: [...forced].map((one, n) => (n === step ? FREE : one)).join("").replace(/\.+$/, "") });
    } else return;
    event.preventDefault();
  });

  // ---- the weights

  const spot = (event) => {
    const box = weights.getBoundingClientRect(), { T } = geometry(read(), width);
    const up = (box.bottom - 4 - event.clientY) / (box.height - 8);
    return [within(Math.floor(((event.clientX - box.left) / box.width) * T), 0, T - 1), within(up, 0, 1)];
  };
  const soon = (what) => {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      what();
    });
  };
  listen(weights, "pointerdown", (event) => {
    if (event.button !== 0 || step < 0) return;
    weights.setPointerCapture(event.pointerId);
    const [t, weight] = spot(event);
    drag = { place: t, weight };
    place = t;
    look(t, weight);
  });
  listen(weights, "pointermove", (event) => {
    const [t, weight] = spot(event);
    if (drag) {
      drag.weight = weight;
      soon(() => drag && look(drag.place, drag.weight));
    } else if (step >= 0 && under !== t) {
      under = t;
      soon(() => paint(read()));
    }
  });
  const ended = () => {
    if (drag) look(drag.place, drag.weight);
    drag = null;
  };
  listen(weights, "pointerup", ended);
  listen(weights, "pointercancel", ended);
  listen(weights, "pointerleave", () => {
    under = -1;
    soon(() => paint(read()));
  });
  listen(weights, "keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || step < 0) return;
    const state = read(), weight = compute(state).steps[step].seen[place], by = event.shiftKey ? 0.01 : STEP;
    const to = { ArrowLeft: place - 1, ArrowRight: place + 1 }[event.key];
    const set = { ArrowUp: weight + by, ArrowDown: weight - by, Home: 0, End: 1 }[event.key];
    under = -1;
    if (to !== undefined) {
      place = within(to, 0, geometry(state, width).T - 1);
      paint(state);
    } else if (set !== undefined) look(place, set);
    else if (["Delete", "Backspace"].includes(event.key)) write({ looks: without(state.looks, step) });
    else return;
    event.preventDefault();
  });

  const size = new ResizeObserver(([entry]) => {
    const now = Math.round(entry.contentRect.width);
    if (!now || now === width) return;
    width = now;
    paint(read());
  });
  size.observe(drawing);
  signal.addEventListener("abort", () => {
    size.disconnect();
    cancelAnimationFrame(frame);
  });

  return show;
});
