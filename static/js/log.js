/** The live log: appends lines, and follows the end while the reader is there. */

import { refreshTimes } from "./clock.js";

const MOST_LINES = 1000;
const NEAR_THE_END = 24;
const STEP_WORDS = { RUNNING: "Started", SUCCESS: "Done", FAILED: "Failed", CANCELLED: "Cancelled" };

const view = document.querySelector("[data-log]");
const lines = view.querySelector("ol");
const follow = document.querySelector("[data-log-follow]");
const filter = document.querySelector("[data-log-filter]");
const level = document.querySelector("[data-log-level]");
const LEVELS = { "": ["info", "warning", "error"], warning: ["warning", "error"], error: ["error"] };
const template = document.getElementById("log-line");

view.addEventListener("scroll", () => {
  follow.checked = view.scrollHeight - view.scrollTop - view.clientHeight < NEAR_THE_END;
});
follow.addEventListener("change", () => follow.checked && scrollToEnd());
for (const field of [filter, level]) field.addEventListener("input", sift);
scrollToEnd();

/** Show the lines that fit the filter, and only those. */
function sift() {
  for (const line of lines.children) line.hidden = !fits(line);
  if (follow.checked) scrollToEnd();
}

function fits(line) {
  const sought = filter.value.trim().toLowerCase();
  const isLevel = LEVELS[level.value].includes(line.dataset.level);
  return isLevel && (!sought || line.textContent.toLowerCase().includes(sought));
}

/** Add the event's line. Progress has none: it moves the bar. */
export function append(event) {
  if (event.type === "progress") return;
  const line = template.content.firstElementChild.cloneNode(true);
  line.dataset.type = event.type;
  line.dataset.level = event.data.level ?? "info";
  line.dataset.tone = tone(event);
  line.querySelector("time").dateTime = event.at;
  line.querySelector(".log-step").textContent = event.step || "task";
  line.querySelector(".log-text").textContent = text(event);
  refreshTimes(line);
  line.hidden = !fits(line);
  lines.append(line);
  if (lines.childElementCount > MOST_LINES) lines.firstElementChild.remove();
  if (follow.checked) scrollToEnd();
}

function tone(event) {
  if (event.type === "step") return (event.data.step_state ?? "").toLowerCase();
  return event.type === "state" ? event.state.toLowerCase() : "";
}

/** What the event says, in the words of `tasks/display.py`. */
function text(event) {
  if (event.message) return event.message;
  const word = STEP_WORDS[event.data.step_state] ?? event.type;
  return event.data.attempt > 1 ? `${word}, attempt ${event.data.attempt}` : word;
}

function scrollToEnd() {
  view.scrollTop = view.scrollHeight;
}
