/** Which tasks of the list are selected, and what the bar above it says of that. */

const form = document.getElementById("bulk");
const page = form.querySelector("[data-select-page]");
const all = form.querySelector("[data-select-all]");
const said = form.querySelector("[data-selected]");
const buttons = form.querySelectorAll("[name=verb]");
const boxes = () => [...document.querySelectorAll("[data-task-list] [name=id]")];
let last;

function tell() {
  const chosen = boxes().filter((box) => box.checked).length;
  said.textContent = all.checked ? "All" : chosen ? `${chosen} selected` : "Select tasks";
  page.checked = chosen > 0 && chosen === boxes().length;
  page.indeterminate = chosen > 0 && !page.checked;
  for (const box of boxes()) {
    box.disabled = all.checked;
    box.closest("tr").toggleAttribute("data-chosen", box.checked || all.checked);
  }
  for (const button of buttons) button.disabled = !chosen && !all.checked;
}

/** With shift, everything from the last box that was clicked to this one. */
function select(event) {
  const box = event.target.closest("[name=id]");
  if (!box) return;
  const list = boxes();
  const [from, to] = [list.indexOf(last), list.indexOf(box)].sort((one, other) => one - other);
  if (event.shiftKey && from >= 0) for (const each of list.slice(from, to)) each.checked = box.checked;
  last = box;
  tell();
}

document.querySelector("[data-task-list]").addEventListener("click", select);
all.addEventListener("change", tell);
page.addEventListener("change", () => {
  for (const box of boxes()) box.checked = page.checked;
  tell();
});
page.disabled = false;
tell();
