/** The keys of the list of tasks. Whoever speaks to the browser, or hits keys by accident, can turn
 * them off (WCAG 2.1.4). */

const SETTING = "agentforge-keys";
const dialog = document.getElementById("keys");
const toggle = dialog.querySelector("[data-keys-on]");
const form = document.getElementById("bulk");
const links = () => [...document.querySelectorAll("[data-task-list] .task-link")];
const currentRow = () => document.activeElement?.closest?.("[data-task-list] tbody tr");

const KEYS = {
  "/": () => document.getElementById("filter-text").focus(),
  j: () => step(1),
  k: () => step(-1),
  x: () => currentRow()?.querySelector("[name=id]").click(),
  r: () => act("retry"),
  c: () => act("cancel"),
  n: () => document.querySelector("[data-newer-notice]:not([hidden]) a")?.click(),
  "?": () => dialog.showModal(),
};

function step(distance) {
  const all = links();
  const place = all.indexOf(currentRow()?.querySelector(".task-link"));
  const next = place < 0 ? (distance > 0 ? 0 : all.length - 1) : place + distance;
  all[next]?.focus();
}

/** The tasks selected, or else the one that has the focus: asked about before anything happens. */
function act(verb) {
  const button = form.querySelector(`[name=verb][value=${verb}]`);
  const box = currentRow()?.querySelector("[name=id]");
  const isAnySelected = document.querySelector("[name=id]:checked, [data-select-all]:checked");
  if (!isAnySelected && !box) return;
  if (!isAnySelected) box.click();
  form.requestSubmit(button);
}

function isTyping({ target }) {
  return target.closest("input:not([type=checkbox]), select, textarea, dialog");
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !toggle.checked || isTyping(event)) return;
  const action = KEYS[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});

toggle.checked = localStorage.getItem(SETTING) !== "off";
toggle.addEventListener("change", () => localStorage.setItem(SETTING, toggle.checked ? "on" : "off"));
const help = document.querySelector("[data-keys-help]");
help.hidden = false;
help.addEventListener("click", () => dialog.showModal());
