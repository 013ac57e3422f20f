/** Keeps times on a page true: running durations tick, moments stand in the reader's time zone. */

import { ago, duration } from "./format.js";

const TICK = 500;
const skew = Number(document.body.dataset.now) * 1000 - Date.now();

/** The server's time now, in milliseconds, whatever the reader's clock says. */
export function serverNow() {
  // Below two seconds the difference is the page's way here, not the clock.
  return Date.now() + (Math.abs(skew) > 2000 ? skew : 0);
}

/** Bring every time below `root` up to date. */
export function refreshTimes(root = document) {
  for (const element of root.querySelectorAll("[data-since]")) {
    setText(element, duration(serverNow() - Date.parse(element.dataset.since)));
  }
  for (const element of root.querySelectorAll("[data-relative]")) {
    setText(element, ago(serverNow() - Date.parse(element.dateTime)));
  }
  localise(root, "clock", { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
  localise(root, "local", { dateStyle: "medium", timeStyle: "medium" });
}

function localise(root, kind, options) {
  const format = new Intl.DateTimeFormat(undefined, options);
  for (const element of root.querySelectorAll(`[data-${kind}]`)) {
    if (!element.dateTime) continue;
    element.textContent = format.format(new Date(element.dateTime));
    element.removeAttribute(`data-${kind}`);
  }
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

refreshTimes();
setInterval(() => refreshTimes(), TICK);
