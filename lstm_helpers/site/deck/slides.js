// The decks' own script: light or dark, one setting with the book, and what the speaker's window needs of formulas.

const system = matchMedia("(prefers-color-scheme: dark)");
const onPaper = new URLSearchParams(location.search).has("print-pdf");

function dress() {
  const mode = onPaper ? "light" : localStorage.getItem("mode") ?? "auto";
  document.documentElement.dataset.theme = mode === "auto" ? (system.matches ? "dark" : "light") : mode;
}

function turn() {
  const theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  localStorage.setItem("mode", theme);
  localStorage.setItem("theme", theme);
  dress();
}

// No line begins with the full stop behind a formula.
function keep(formula) {
  const [mark] = /^[.,;:?!)]+/.exec(formula.nextSibling?.data ?? "") ?? [];
  if (!mark) return;
  const together = document.createElement("span");
  together.style.whiteSpace = "nowrap";
  formula.nextSibling.data = formula.nextSibling.data.slice(mark.length);
  formula.replaceWith(together);
  together.append(formula, mark);
}

dress();
system.addEventListener("change", dress);
addEventListener("storage", dress);

// reveal.js knows the key that bears "?" on an American keyboard; on others it is another one.
addEventListener("keydown", (press) => {
  if (press.key === "?" && ![63, 191].includes(press.keyCode)) Reveal.toggleHelp();
});

Reveal.on("ready", () => Reveal.addKeyBinding({ keyCode: 68, key: "D", description: "Dark or light" }, turn));

addEventListener("load", async () => {
  await window.MathJax?.startup?.promise;
  document.querySelectorAll("span.math").forEach(keep);
  // The speaker's window takes the notes as they are, and has no style that hides what screen readers are told.
  document.querySelectorAll("aside.notes mjx-assistive-mml").forEach((spoken) => spoken.remove());
});
