/** The live log: appends lines, and follows the end while the reader is there. */

import { refreshTimes } from "./clock.js";

const MOST_LINES = 1000;
const NEAR_THE_END = 24;
const STEP_WORDS = { RUNNING: "Started", SUCCESS: "Done", FAILED: "Failed", CANCELLED: "Cancelled" };

const view = document.querySelector("[data-log]");
const lines = view.querySelector("ol");
const latest = document.querySelector("[data-log-latest]");
const template = document.getElementById("log-line");
let follows = true;

view.addEventListener("scroll", () => {
  follows = view.scrollHeight - view.scrollTop - view.clientHeight < NEAR_THE_END;
  if (follows) latest.hidden = true;
});
latest.addEventListener("click", scrollToEnd);
scrollToEnd();

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
  lines.append(line);
  if (lines.childElementCount > MOST_LINES) lines.firstElementChild.remove();
  if (follows) scrollToEnd();
  else latest.hidden = false;
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
  follows = true;
  view.scrollTop = view.scrollHeight;
}
