// A sitting with questions. shared.js stands before it. Python holds the sitting; this shows `shown` and sends what is done.

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const PATIENCE = 5000; // milliseconds until it is said that Python does not answer
const SILENT =
  "Python has not answered yet. If the kernel is at work, wait. If it was restarted, this round has ended: run the cell again.";
const button = (name, words, extra = "") => `<button type="button" data-${name} ${extra} ${OWN_KEYS}>${words}</button>`;

// Each kind: its HTML from what is shown, and how the answer is read from the page (null: nothing answered yet).
const ANSWERS = {
  choice: {
    html: ({ parts }, id) =>
      `<fieldset><legend class="lstm-hidden">Options</legend>${parts
        .map((part, k) => `<label class="lstm-option"><input type="radio" name="${id}" value="${LETTERS[k]}" ${OWN_KEYS}><b>${LETTERS[k]}</b><span>${part}</span></label>`)
        .join("")}</fieldset>`,
    read: (root) => root.querySelector("input:checked")?.value ?? null,
  },
  number: {
    html: ({ exactness }, id) => `<label for="${id}-n">Your answer${exactness ? ` (${exactness})` : ""}</label> <input type="text" inputmode="decimal" autocomplete="off" id="${id}-n" ${OWN_KEYS}>`,
    read: (root) => root.querySelector("input").value.trim() || null,
  },
  order: {
    html: ({ parts }) =>
      `<ol class="lstm-order" aria-label="Steps, from first to last">${parts
        .map(
          (part, k) =>
            `<li data-part="${k}"><span>${part}</span><span class="lstm-move">` +
            button("up", "↑", `aria-label="Move up: ${LETTERS[k]}"`) +
            button("down", "↓", `aria-label="Move down: ${LETTERS[k]}"`) +
            `</span></li>`,
        )
        .join("")}</ol>`,
    read: (root) => [...root.querySelectorAll("[data-part]")].map((li) => LETTERS[Number(li.dataset.part)]).join(""),
    untouched: ({ parts }) => LETTERS.slice(0, parts.length), // no answer when time runs out
  },
  match: {
    html: ({ parts, choices }, id) =>
      `<div class="lstm-match">${parts
        .map(
          (part, k) =>
            `<label for="${id}-${k}">${part}</label><select id="${id}-${k}" ${OWN_KEYS}><option value=""></option>${choices
              .map((choice, c) => `<option value="${c + 1}">${choice.replace(/<[^>]+>/g, "")}</option>`)
              .join("")}</select>`,
        )
        .join("")}</div>`,
    read: (root) => {
      const values = [...root.querySelectorAll("select")].map((select) => select.value);
      return values.includes("") ? null : values.join(" ");
    },
  },
  short: {
    html: (_, id) => `<label for="${id}-t">Your answer, in sentences</label><textarea id="${id}-t" rows="5" ${OWN_KEYS}></textarea>`,
    read: (root) => root.querySelector("textarea").value.trim() || null,
  },
};

function marking({ own, model, scheme }, id) {
  const rows = scheme.map(
    ([marks, text], k) => `<label class="lstm-option" for="${id}-s${k}"><input type="checkbox" id="${id}-s${k}" value="${marks}" ${OWN_KEYS}><b>${marks}</b><span>${text}</span></label>`,
  );
  return (
    `<p><b>What you wrote</b></p><blockquote></blockquote><p><b>Model answer</b></p>${model}` +
    `<fieldset><legend>Your answer says this, clearly and rightly:</legend>${rows.join("")}</fieldset>` +
    `<div class="lstm-bar"><div>${button("give", "Take these marks")}</div></div>`
  );
}

const FOOT = '<p class="lstm-silent" role="alert"></p>';

function left(seconds) {
  const s = Math.max(0, Math.round(seconds));
  return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")} left`;
}

function render({ model, el }) {
  const root = document.createElement("div");
  root.className = "lstm-explorer lstm-exam";
  el.append(root);
  const id = freshId("exam");
  let clock = 0;
  let waiting = 0;
  let last = null; // the turn of the question that stands there

  function send(what, given = null) {
    const silent = () => {
      const said = root.querySelector(".lstm-silent");
      if (said) said.textContent = SILENT;
    };
    clearTimeout(waiting);
    waiting = setTimeout(silent, PATIENCE);
    try {
      model.send({ do: what, with: given, turn: model.get("shown").turn });
    } catch {
      silent(); // the connection has been closed
    }
  }

  function question(shown) {
    const kind = ANSWERS[shown.kind];
    const done = shown.right !== null;
    if (shown.turn !== last) {
      last = shown.turn;
      root.innerHTML =
        `<div class="lstm-bar"><b class="lstm-head" tabindex="-1">${shown.head}</b><span class="lstm-clock" role="timer"></span></div>` +
        `<div class="lstm-asked">${shown.text}${shown.picture}</div><div class="lstm-answer">${kind.html(shown, id)}</div>` +
        `<p class="lstm-said" role="status"></p><div class="lstm-bar"><div>${button("answer", shown.left === null ? "Answer" : "Answer and go on")}${button("on", shown.last ? "Finish" : "Next question")}</div></div>${FOOT}`;
      const answer = () => {
        const given = kind.read(root.querySelector(".lstm-answer"));
        if (given === null) root.querySelector(".lstm-said").textContent = "There is no answer yet.";
        else send("answer", given);
      };
      root.querySelector("[data-answer]").onclick = answer;
      root.querySelector("[data-on]").onclick = () => send("go on");
      root.querySelector("input[type=text]")?.addEventListener("keydown", (event) => event.key === "Enter" && answer());
      for (const li of root.querySelectorAll("[data-part]")) {
        const move = (step, pressed) => {
          const other = step < 0 ? li.previousElementSibling : li.nextElementSibling;
          if (!other) return;
          if (step < 0) other.before(li);
          else other.after(li);
          pressed.focus();
        };
        const [up, down] = li.querySelectorAll("button");
        up.onclick = () => move(-1, up);
        down.onclick = () => move(1, down);
      }
    }
    root.querySelector(".lstm-head").textContent = shown.head;
    root.querySelector(".lstm-said").innerHTML = shown.said;
    root.dataset.right = shown.right ?? "";
    root.querySelector("[data-answer]").hidden = done;
    root.querySelector("[data-on]").hidden = !done && shown.left === null;
    if (shown.left !== null && !done) root.querySelector("[data-on]").textContent = shown.last ? "Skip and finish" : "Skip";
    for (const field of root.querySelectorAll(".lstm-answer :is(input, select, textarea, button)")) field.disabled = done;
    if (done) root.querySelector("[data-on]").focus({ preventScroll: true });
  }

  function show() {
    const shown = model.get("shown");
    clearInterval(clock);
    clearTimeout(waiting);
    const foot = root.querySelector(".lstm-silent");
    if (foot) foot.textContent = "";
    const changed = last !== null && (shown.phase !== "question" || shown.turn !== last);
    if (shown.phase === "question") question(shown);
    else {
      last = -1;
      delete root.dataset.right;
      root.innerHTML =
        shown.phase === "marking"
          ? `<b class="lstm-head" tabindex="-1">${shown.head}</b><div class="lstm-asked">${shown.text}</div>${marking(shown, id)}${FOOT}`
          : `<div class="lstm-head" tabindex="-1" role="status">${shown.html}</div>${shown.phase === "ready" ? button("begin", "Begin") : ""}${FOOT}`;
      if (shown.phase === "ready") root.querySelector("[data-begin]").onclick = () => send("begin");
      if (shown.phase === "marking") {
        root.querySelector("blockquote").textContent = shown.own;
        root.querySelector("[data-give]").onclick = () =>
          send("give", [...root.querySelectorAll("input:checked")].reduce((sum, box) => sum + Number(box.value), 0));
      }
    }
    if (changed) root.querySelector(".lstm-head").focus({ preventScroll: true });
    if (shown.left !== null) {
      const ends = performance.now() + 1000 * shown.left; // Python's clock decides: this machine's may be another one
      const tick = () => {
        const seconds = (ends - performance.now()) / 1000;
        root.querySelector(".lstm-clock").textContent = left(seconds);
        if (seconds <= 0) {
          clearInterval(clock);
          const { read, untouched } = ANSWERS[shown.kind];
          const given = read(root.querySelector(".lstm-answer"));
          send("stop", given === untouched?.(shown) ? null : given);
        }
      };
      clock = setInterval(tick, 1000);
      tick();
    }
  }
  model.on("change:replies", show);
  show();
  if (model.get("shown").left !== null) send("look"); // drawn again, after a while: how much time is left by now?
  return () => {
    clearInterval(clock);
    clearTimeout(waiting);
    model.off("change:replies", show);
  };
}

export default { render };
