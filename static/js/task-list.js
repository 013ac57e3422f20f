/** The list of tasks, live: rows change in place, and new tasks wait for a click. */

import { refreshTimes } from "./clock.js";
import { morph, parsed } from "./morph.js";

const WHILE_ACTIVE = 2000;
const WHILE_IDLE = 5000;
const SLICE = 25;

const list = document.querySelector("[data-task-list]");
const notice = document.querySelector("[data-newer-notice]");
const link = document.querySelector("[data-link-state]");
const activeRows = () => [...list.querySelectorAll("[data-active]")];

async function update() {
  const address = new URL(list.dataset.rowsUrl, location.href);
  for (const row of activeRows()) address.searchParams.append("id", row.dataset.active);
  if (list.dataset.newest) address.searchParams.set("newest", list.dataset.newest);
  const response = await fetch(address);
  if (!response.ok || response.redirected) throw new Error(`HTTP ${response.status}`);
  const page = parsed(await response.text());
  await eachInSlices([...page.querySelectorAll("tr")], replaceFields);
  announce(page.querySelector("table").dataset.newer);
  refreshTimes(list);
}

/** Long lists give the page back to its reader every few rows. */
async function eachInSlices(items, action) {
  for (const [place, item] of items.entries()) {
    if (place && place % SLICE === 0) await new Promise(requestAnimationFrame);
    action(item);
  }
}

/** Change a row's fields only, so that its link keeps the focus and the pointer. */
function replaceFields(fresh) {
  const row = document.getElementById(fresh.id);
  for (const field of fresh.querySelectorAll("[data-field]")) {
    const old = row.querySelector(`[data-field="${field.dataset.field}"]`);
    if (!old.isEqualNode(field)) morph(old, field);
  }
  if (!fresh.dataset.active) delete row.dataset.active;
}

function announce(newer) {
  notice.hidden = newer === "0";
  const tasks = newer === "1" ? "task" : "tasks";
  notice.querySelector("[data-newer-count]").textContent = `${newer} new ${tasks}: show`;
}

function tell(isConnected) {
  link.dataset.linkState = isConnected ? "live" : "lost";
  link.textContent = isConnected ? "Live" : "Connection lost, reconnecting…";
}

async function keepUpToDate() {
  if (!document.hidden) await update().then(() => tell(true), () => tell(false));
  setTimeout(keepUpToDate, activeRows().length ? WHILE_ACTIVE : WHILE_IDLE);
}

if (list) {
  document.addEventListener("visibilitychange", () => !document.hidden && update().catch(() => {}));
  setTimeout(keepUpToDate, WHILE_ACTIVE);
}
