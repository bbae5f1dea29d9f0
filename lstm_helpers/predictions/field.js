// A question to guess at: a box for a number, buttons for a choice, axes for a point. shared.js stands before it.
//
// A guess is sent to Python, which reads it, remembers it and answers in the traits guess, said and locked.

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

// -------------------------------------------------------------------------------------------------- number

function numberHTML({ unit }, id) {
  return (
    `<div class="lstm-guess"><label for="${id}">Your guess</label>` +
    `<input type="text" inputmode="decimal" autocomplete="off" id="${id}" aria-describedby="${id}-said" ${OWN_KEYS}>` +
    `<span>${escaped(unit)}</span><button type="button" data-keep ${OWN_KEYS}>Keep</button></div>`
  );
}

function wireNumber(root, model, send, goOn, signal) {
  const box = root.querySelector("input");
  let last = String(model.get("guess") ?? "");
  box.value = last;
  const keep = () => {
    if (box.value.trim() === "" || box.value === last) return;
    last = box.value;
    send(box.value);
  };
  const keepAndGoOn = () => {
    keep();
    goOn();
  };
  box.addEventListener("change", keep, { signal }); // the focus goes elsewhere
  box.addEventListener("keydown", (event) => event.key === "Enter" && keepAndGoOn(), { signal }); // JupyterLab takes Enter's change
  root.querySelector("[data-keep]").addEventListener("click", keepAndGoOn, { signal });
  return () => {
    box.disabled = root.querySelector("[data-keep]").disabled = model.get("locked");
  };
}

// -------------------------------------------------------------------------------------------------- choice

function choiceHTML({ options }) {
  const buttons = options.map((option, k) => `<button type="button" data-option="${k}" aria-pressed="false" ${OWN_KEYS}>${escaped(option)}</button>`);
  return `<div class="lstm-guess" role="group" aria-label="Your guess"><span>Your guess</span>${buttons.join("")}</div>`;
}

function wireChoice(root, model, send, goOn, signal) {
  const buttons = [...root.querySelectorAll("[data-option]")];
  const { options } = model.get("asked");
  for (const button of buttons) {
    button.addEventListener("click", () => {
      send(options[Number(button.dataset.option)]);
      goOn();
    }, { signal });
  }
  return () => {
    for (const button of buttons) {
      button.setAttribute("aria-pressed", String(options[Number(button.dataset.option)] === model.get("guess")));
      button.disabled = model.get("locked");
    }
  };
}

// --------------------------------------------------------------------------------------------------- point

const FRAME = { left: 64, right: 424, top: 34, bottom: 244, width: 440, height: 300 };
const STEPS = 50; // of an arrow key, along an axis

// Both ways between a value and its place; clicks are taken to a hundredth of an axis.
const place = (value, [low, high], from, to) => from + ((value - low) / (high - low)) * (to - from);
function value(at, [low, high], from, to) {
  const share = Math.round(100 * Math.max(0, Math.min(1, (at - from) / (to - from)))) / 100;
  return Number((low + share * (high - low)).toPrecision(6));
}

// The axes as SVG text; `at` is the point or null, `kept` whether it is the guess that is kept.
export function drawAxes({ x, y, xlim, ylim }, at, kept) {
  const { left, right, top, bottom, width, height } = FRAME;
  const out = [`<rect x="${left}" y="${top}" width="${right - left}" height="${bottom - top}" fill="currentColor" fill-opacity=".04" stroke="currentColor" stroke-opacity=".4"/>`];
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    const across = left + share * (right - left);
    const up = bottom - share * (bottom - top);
    out.push(`<path d="M${across} ${bottom}V${top}M${left} ${up}H${right}" stroke="currentColor" stroke-opacity=".12"/>`);
    if (share === 0.25 || share === 0.75) continue;
    out.push(text(across, bottom + 20, short(xlim[0] + share * (xlim[1] - xlim[0]))));
    out.push(text(left - 8, up + 5, short(ylim[0] + share * (ylim[1] - ylim[0])), { anchor: "end" }));
  }
  out.push(text((left + right) / 2, height - 12, escaped(x), { weight: 600 }), text(left, top - 12, escaped(y), { anchor: "start", weight: 600 }));
  if (at) {
    const across = place(at[0], xlim, left, right).toFixed(1);
    const up = place(at[1], ylim, bottom, top).toFixed(1);
    out.push(`<path d="M${across} ${top}V${bottom}M${left} ${up}H${right}" stroke="${COLOURS.o}" stroke-dasharray="4 4"/>`);
    out.push(`<circle cx="${across}" cy="${up}" r="8" stroke="currentColor" stroke-width="1.5" ${kept ? `fill="${COLOURS.o}"` : `style="${PAPER}"`}/>`);
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" aria-hidden="true">${out.join("")}</svg>`;
}

// A number without digits that say nothing.
const short = (v) => String(Number(v.toPrecision(4))).replace("-", "\u2212");

function pointHTML({ x, y }, id) {
  const label = `Axes, ${x} across and ${y} up. The arrow keys move the point, Enter keeps it.`;
  return (
    `<div class="lstm-axes" tabindex="0" role="application" aria-label="${escaped(label)}" aria-describedby="${id}-said" ${OWN_KEYS}></div>` +
    `<div class="lstm-guess"><span>Click in the picture, or move the point with the arrow keys.</span>` +
    `<button type="button" data-keep ${OWN_KEYS}>Keep</button></div>`
  );
}

function wirePoint(root, model, send, goOn, signal) {
  const axes = root.querySelector(".lstm-axes");
  const asked = model.get("asked");
  const { xlim, ylim } = asked;
  let at = model.get("guess");
  const show = () => {
    at ??= model.get("guess");
    axes.innerHTML = drawAxes(asked, at, same(at, model.get("guess")));
    root.querySelector("[data-keep]").disabled = model.get("locked") || !at;
    axes.setAttribute("aria-disabled", String(model.get("locked")));
  };
  const keep = () => {
    if (at && !same(at, model.get("guess"))) send(at);
    goOn();
  };
  axes.addEventListener("click", (event) => {
    if (model.get("locked")) return;
    const box = axes.firstElementChild.getBoundingClientRect();
    const scale = FRAME.width / box.width;
    const across = (event.clientX - box.left) * scale;
    const up = (event.clientY - box.top) * scale;
    at = [value(across, xlim, FRAME.left, FRAME.right), value(up, ylim, FRAME.bottom, FRAME.top)];
    show();
    keep();
  }, { signal });
  axes.addEventListener("keydown", (event) => {
    const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] }[event.key] ?? [0, 0];
    if (model.get("locked") || !(dx || dy || event.key === "Enter")) return;
    event.preventDefault();
    if (event.key === "Enter") return keep();
    const moved = (now, step, [low, high]) =>
      Number(Math.max(low, Math.min(high, now + (step * (high - low)) / STEPS)).toPrecision(6));
    at ??= [(xlim[0] + xlim[1]) / 2, (ylim[0] + ylim[1]) / 2];
    at = [moved(at[0], dx, xlim), moved(at[1], dy, ylim)];
    show();
    root.querySelector(".lstm-said").textContent = `${asked.x} ${short(at[0])}, ${asked.y} ${short(at[1])}: not kept yet`;
  }, { signal });
  root.querySelector("[data-keep]").addEventListener("click", keep, { signal });
  return show;
}

// -------------------------------------------------------------------------------------------------- widget

const KINDS = { number: [numberHTML, wireNumber], choice: [choiceHTML, wireChoice], point: [pointHTML, wirePoint] };

// In a notebook the next cell takes the focus, so that Shift+Enter runs it and nothing need be clicked.
function focusNextCell(el) {
  let cell = el.closest(".jp-Cell")?.nextElementSibling;
  while (cell && !cell.classList.contains("jp-Cell")) cell = cell.nextElementSibling;
  cell?.focus({ preventScroll: true });
}

// The explanation below the result, which a student's copy folds away.
function unfold(el, folded) {
  let cell = el.closest(".jp-Cell");
  for (let k = 0; cell && k < 8; k++, cell = cell.nextElementSibling) {
    const found = [...cell.querySelectorAll("details")].find((one) => one.querySelector("summary")?.textContent.trim() === folded);
    if (found) return void (found.open = true);
  }
}

function render({ model, el }) {
  const asked = model.get("asked");
  const [html, wire] = KINDS[asked.kind];
  const id = freshId("field");
  const root = document.createElement("div");
  root.className = `lstm-explorer lstm-field lstm-field-${asked.kind}`;
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", `Your guess: ${model.get("wanted")}`);
  root.innerHTML = `${html(asked, id)}<p class="lstm-said" id="${id}-said" role="status"></p>`;
  el.append(root);
  const listening = new AbortController();
  const said = root.querySelector(".lstm-said");
  let waits = false; // for Python's answer
  let leaves = false; // once the guess is kept
  const send = (guess) => {
    waits = true;
    said.textContent = "Keeping it \u2026 If this does not change, run this cell again.";
    model.send({ guess });
  };
  const leave = () => {
    if (leaves && model.get("kept")) focusNextCell(el);
    leaves = false;
  };
  const goOn = () => {
    leaves = true;
    if (!waits) leave();
  };
  const answered = () => {
    waits = false;
    leave();
  };
  const update = wire(root, model, send, goOn, listening.signal);
  const show = () => {
    update();
    said.textContent = model.get("said") || "A guess is never graded. You may skip it.";
  };
  const watched = ["guess", "said", "locked", "answered"].map((key) => `change:${key}`);
  for (const name of watched) model.on(name, show);
  const shown = () => unfold(el, model.get("folded"));
  model.on("change:answered", answered);
  model.on("change:results", shown);
  show();
  return () => {
    listening.abort();
    model.off("change:answered", answered);
    model.off("change:results", shown);
    for (const name of watched) model.off(name, show);
  };
}

export default { render };
