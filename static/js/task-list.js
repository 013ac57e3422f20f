/** The list of tasks, live: rows change in place, and new tasks wait for a click. */

import { refreshTimes } from "./clock.js";

const WHILE_ACTIVE = 2000;
const WHILE_IDLE = 5000;

const list = document.querySelector("[data-task-list]");
const notice = document.querySelector("[data-newer-notice]");
const activeRows = () => [...list.querySelectorAll("[data-active]")];

async function update() {
  const address = new URL(list.dataset.rowsUrl, location.href);
  for (const row of activeRows()) address.searchParams.append("id", row.dataset.active);
  if (list.dataset.newest) address.searchParams.set("newest", list.dataset.newest);
  const response = await fetch(address);
  if (!response.ok || response.redirected) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const fresh of page.querySelectorAll("tr")) replaceFields(fresh);
  announce(page.querySelector("table").dataset.newer);
  refreshTimes(list);
}

/** Change a row's fields only, so that its link keeps the focus and the pointer. */
function replaceFields(fresh) {
  const row = document.getElementById(fresh.id);
  for (const field of fresh.querySelectorAll("[data-field]")) {
    const old = row.querySelector(`[data-field="${field.dataset.field}"]`);
    if (old.innerHTML !== field.innerHTML) old.replaceChildren(...field.childNodes);
  }
  if (!fresh.dataset.active) delete row.dataset.active;
}

function announce(newer) {
  notice.hidden = newer === "0";
  notice.querySelector("[data-newer-count]").textContent = newer;
}

async function keepUpToDate() {
  if (!document.hidden) await update().catch(() => {});
  setTimeout(keepUpToDate, activeRows().length ? WHILE_ACTIVE : WHILE_IDLE);
}

if (list) {
  document.addEventListener("visibilitychange", () => !document.hidden && update().catch(() => {}));
  setTimeout(keepUpToDate, WHILE_ACTIVE);
}
