/** Checks a form on the server while it is filled in, and shows what is wrong at each field.
 *
 * A field is blamed once a person has left it, or has come back to one that was blamed before:
 * nobody is told off for an address that they are still typing.
 */

const WHILE_TYPING = 500;

const form = document.querySelector("[data-check]");
const left = new Set();
let timer;
let running;

form.addEventListener("input", (event) => {
  if (isBlamed(event.target.name)) left.add(event.target.name);
  soon(WHILE_TYPING);
});
form.addEventListener("focusout", (event) => {
  if (!event.target.name) return;
  const isEmptied = event.target.value === "" && !isBlamed(event.target.name);
  if (!isEmptied) left.add(event.target.name);
  soon(0);
});
form.addEventListener("change", (event) => {
  left.add(event.target.name);
  soon(0);
});

/** Show these errors, by field, in place of those that were shown. */
export function showErrors(errors) {
  for (const { name } of fields()) blame(name, errors[name] ?? []);
  const general = form.querySelector("[data-form-error]");
  general.textContent = (errors.__all__ ?? []).join(" ");
  general.hidden = !general.textContent;
}

/** Stop checking: the form is being sent. */
export function stopChecking() {
  clearTimeout(timer);
  running?.abort();
}

function soon(delay) {
  clearTimeout(timer);
  timer = setTimeout(check, delay);
}

async function check() {
  running?.abort();
  running = new AbortController();
  try {
    const response = await fetch(form.dataset.check, {
      method: "POST",
      body: values(),
      signal: running.signal,
    });
    if (!response.ok || response.redirected) return;
    const { errors } = await response.json();
    for (const name of left) blame(name, errors[name] ?? []);
  } catch {
    // Superseded by a newer check, or not to be had now: the build itself checks again.
  }
}

/** What the form holds; of the files, how many they are. */
function values() {
  const data = new FormData(form);
  for (const { name, files } of fields()) {
    if (files) data.set(name, files.length);
  }
  return data;
}

function fields() {
  return [...form.elements].filter((element) => element.name && element.type !== "hidden");
}

function isBlamed(name) {
  return form.elements[name]?.getAttribute("aria-invalid") === "true";
}

function blame(name, sentences) {
  const field = form.elements[name];
  const shown = document.getElementById(`${field.id}_error`);
  if (sentences.join() === [...(shown?.children ?? [])].map((item) => item.textContent).join()) return;
  (shown?.closest("[role=alert]") ?? shown)?.remove();
  field.toggleAttribute("aria-invalid", sentences.length > 0);
  if (!sentences.length) return describe(field);
  field.setAttribute("aria-invalid", "true");
  const list = document.createElement("ul");
  list.id = `${field.id}_error`;
  list.className = "field-error";
  for (const sentence of sentences) {
    list.append(Object.assign(document.createElement("li"), { textContent: sentence }));
  }
  const alert = document.createElement("div");
  alert.setAttribute("role", "alert");
  alert.append(list);
  field.closest(".field").append(alert);
  const folded = field.closest("details");
  if (folded) folded.open = true;
  describe(field, list.id);
}

function describe(field, errorId = "") {
  const help = document.getElementById(`${field.id}_helptext`) ? `${field.id}_helptext` : "";
  const ids = [help, errorId].filter(Boolean).join(" ");
  if (ids) field.setAttribute("aria-describedby", ids);
  else field.removeAttribute("aria-describedby");
}
