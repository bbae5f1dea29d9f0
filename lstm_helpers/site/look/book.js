// The book's own script: guesses that are kept, explorers in the book's theme and as tall as they are, paper.

const kept = (name) => `lstm-course-guess:${name}`;

for (const field of document.querySelectorAll("input[data-guess]")) {
  const name = field.dataset.guess;
  const result = document.querySelector(`details[data-guess="${CSS.escape(name)}"] > summary`);
  const words = result?.textContent;
  const show = () => {
    if (result) result.textContent = field.value.trim() ? `${words}. Your guess: ${field.value.trim()}` : words;
  };
  field.value = localStorage.getItem(kept(name)) ?? "";
  field.addEventListener("input", () => {
    localStorage.setItem(kept(name), field.value);
    show();
  });
  show();
}

// An explorer wears the theme of the page that it stands in.
function dress(frame) {
  const inside = frame.contentDocument;
  if (!inside?.body) return;
  inside.defaultView.dress?.(document.documentElement.dataset.theme === "dark" ? "dark" : "light");
  inside.body.style.margin = "0";
  inside.body.style.background = "transparent";
}

function settle(frame) {
  const inside = frame.contentDocument;
  if (!inside?.body) return;
  dress(frame);
  const place = inside.getElementById("place");
  new ResizeObserver(() => {
    frame.style.height = `${Math.ceil(place.getBoundingClientRect().height) + 2}px`;
  }).observe(place);
  if (frame.closest(".moving")) move(frame);
}

// The start page's explorer moves by itself, for less than five seconds, until somebody touches it.
async function move(frame) {
  while (!frame.contentWindow.explorer) await new Promise(requestAnimationFrame); // its module comes after its page
  const { model } = frame.contentWindow.explorer;
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  const from = model.get("x");
  let began, over = false;
  const step = (now) => {
    began ??= now;
    const part = Math.min((now - began) / 4800, 1);
    if (over) return;
    model.set("x", Number((from + 1.4 * Math.sin(2 * Math.PI * part)).toFixed(2)));
    if (part < 1) requestAnimationFrame(step);
  };
  for (const touch of ["pointerdown", "keydown", "wheel"]) {
    frame.contentDocument.addEventListener(touch, () => { over = true; }, { once: true });
  }
  requestAnimationFrame(step);
}

document.documentElement.classList.add("live");
const frames = [...document.querySelectorAll(".explorer iframe")];
for (const frame of frames) {
  if (frame.contentDocument?.readyState === "complete" && frame.contentDocument.getElementById("place")) settle(frame);
  frame.addEventListener("load", () => settle(frame));
}
new MutationObserver(() => frames.forEach(dress)).observe(document.documentElement, { attributeFilter: ["data-theme"] });

// Paper cannot be unfolded.
let folded = [];
addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("article details:not([open])")];
  for (const details of folded) details.open = true;
});
addEventListener("afterprint", () => {
  for (const details of folded) details.open = false;
});

// What is wider than its place can be moved by keyboard, too.
function reach() {
  for (const block of document.querySelectorAll("div.highlight pre, div.math mjx-container, span.math, .cell_output .output, .pst-scrollable-table-container")) {
    if (block.scrollWidth > block.clientWidth) block.tabIndex = 0;
    else if (block.tabIndex === 0) block.removeAttribute("tabindex");
  }
}
addEventListener("load", () => (window.MathJax?.startup?.promise ?? Promise.resolve()).then(reach));
addEventListener("resize", reach);
document.addEventListener("toggle", reach, true);
