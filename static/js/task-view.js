/** Draws a task's events into its page: percent, bar, state, steps. */

import { duration, percent } from "./format.js";

const LABELS = {
  QUEUED: "Queued",
  PENDING: "Pending",
  RUNNING: "Running",
  RETRYING: "Retrying",
  SUCCESS: "Success",
  FAILED: "Failed",
  CANCELLED: "Cancelled",
};

const article = document.querySelector("[data-watch]");
const find = (selector) => article.querySelector(selector);
const stepRow = (name) => find(`[data-step="${CSS.escape(name)}"]`);

/** Draw what every event carries, and what its own type adds. */
export function draw(event) {
  drawWhole(event);
  const { data } = event;
  if (event.type === "state") find("[data-details]").textContent = event.message;
  if (event.type === "step") drawStep(event);
  if (event.type === "progress") {
    if (data.details ?? event.message) find("[data-details]").textContent = data.details ?? event.message;
    drawCount(event.step, data.done, data.total);
  }
}

function drawWhole(event) {
  const shown = percent(event.percent);
  find("[data-percent]").textContent = shown;
  find("[data-bar]").setAttribute("aria-valuenow", shown);
  document.title = `${shown} % · ${article.dataset.title} · AgentForge`;
  const badge = find("[data-state]");
  if (badge.dataset.tone === event.state.toLowerCase()) return;
  badge.dataset.tone = event.state.toLowerCase();
  badge.textContent = LABELS[event.state];
}

function drawStep({ step, at, data }) {
  const row = stepRow(step);
  if (!row) return;
  const tone = data.step_state.toLowerCase();
  for (const element of [row, ...segments(step)]) element.dataset.tone = tone;
  row.querySelector("[data-step-state]").textContent = LABELS[data.step_state];
  row.querySelector("[data-step-attempts]").textContent =
    data.attempt > 1 ? `attempt ${data.attempt}` : "";
  row.querySelector("[data-step-error]").textContent = data.reason ?? "";
  drawCount(step, data.done, data.total);
  drawTime(row.querySelector("[data-step-time]"), data.step_state, at);
}

function drawTime(time, state, at) {
  if (state === "RUNNING") {
    time.dataset.started ??= time.dataset.since ?? at;
    time.dataset.since = time.dataset.started;
  } else {
    const started = time.dataset.since ?? time.dataset.started;
    if (started) time.textContent = duration(Date.parse(at) - Date.parse(started));
    delete time.dataset.since;
    time.dataset.started = started ?? at;
  }
}

function drawCount(step, done, total) {
  const row = stepRow(step);
  if (!row || !total || fallsBehind(row, done, total)) return;
  Object.assign(row.dataset, { done, total });
  row.querySelector("[data-step-count]").textContent = total > 1 ? `${done} of ${total}` : "";
  const fill = find(`[data-segment="${CSS.escape(step)}"] .segment-fill`);
  fill.setAttribute("width", `${Math.min((100 * done) / total, 100).toFixed(2)}%`);
}

/** A total that grows with what is found would pull the bar back; the engine's percent waits too. */
function fallsBehind({ dataset }, done, total) {
  return dataset.total && done * dataset.total < dataset.done * total;
}

function segments(step) {
  const name = CSS.escape(step);
  return article.querySelectorAll(`[data-segment="${name}"], [data-segment-name="${name}"]`);
}
