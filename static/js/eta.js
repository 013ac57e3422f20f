/** About how long a task still takes, if the rest goes on as this run has gone so far. */

import { serverNow } from "./clock.js";
import { duration } from "./format.js";

const TOO_EARLY = 3;
const MINUTE = 60_000;

const view = document.querySelector("[data-eta]");

/** Show the estimate that fits an event, or none while there is none worth a look. */
export function draw({ state, percent }) {
  const started = document.querySelector("#task-elapsed [data-since]")?.dataset.since;
  view.hidden = state !== "RUNNING" || !started || percent < TOO_EARLY;
  if (view.hidden) return;
  const elapsed = serverNow() - Date.parse(started);
  view.querySelector("[data-eta-value]").textContent = rounded((elapsed * (100 - percent)) / percent);
}

/** Coarse on purpose: an estimate in tenths of seconds would pretend. */
function rounded(milliseconds) {
  const grain = milliseconds < MINUTE ? 5_000 : 15_000;
  return duration(Math.max(Math.ceil(milliseconds / grain) * grain, grain)).replace(".0 s", " s");
}
