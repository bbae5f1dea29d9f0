const form = document.querySelector("form"), made = document.querySelector("#made"), said = document.querySelector("#said");
const line = document.querySelector("#line"), copied = document.querySelector("#copied");
const groups = [...form.querySelectorAll("fieldset")];
const chosen = (group) => group.querySelector("input:checked")?.value ?? form.dataset.empty;
const open = () => groups.map((group, k) => (chosen(group) === form.dataset.empty ? k + 1 : 0)).filter(Boolean);
let kept = true; // whether the line holds all that was chosen

// A cell of a CSV file. An apostrophe stands before what a spreadsheet would run.
function cell(text) {
  const harmless = /^[\s"]*[=+\-@＝＋－＠]/.test(text) ? `'${text}` : text;
  return /[",;\t]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
function changed() {
  kept = false;
  made.hidden = true;
  said.textContent = "";
  const left = open().length;
  document.querySelector("#left").textContent = left ? `${groups.length - left} of ${groups.length} answered.` : "All answered.";
}
form.addEventListener("input", changed);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const name = form.elements.student.value.trim().replace(/\s+/g, " ");
  if (!name) {
    said.textContent = "Your name is missing: write it into the field at the top.";
    form.elements.student.focus();
    return;
  }
  const left = open();
  said.textContent = left.length ? `Without an answer: ${left.join(", ")}. You can still answer, and make the line again.` : "";
  line.value = [cell(name), form.dataset.paper, groups.map(chosen).join("")].join(",");
  made.hidden = false;
  copied.textContent = "";
  kept = true;
  line.focus();
  line.select();
});
document.querySelector("#copy").addEventListener("click", async () => {
  line.select();
  try {
    await navigator.clipboard.writeText(line.value);
    copied.textContent = "Copied.";
  } catch {
    copied.textContent = document.execCommand("copy") ? "Copied." : "The line is marked: copy it with Ctrl+C (or Cmd+C).";
  }
});
addEventListener("beforeunload", (event) => kept || event.preventDefault());
