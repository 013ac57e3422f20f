/** Keeps the regions of a page that are marked `data-live` up to date in place, as long as anything
 * on it is marked `data-moving`: a page on which nothing happens asks for nothing. */

import { refreshTimes } from "./clock.js";
import { morphRegions, parsed } from "./morph.js";

const EVERY = 3000;
const PATIENCE = 15_000;

async function update() {
  const response = await fetch(location.href, {
    headers: { Accept: "text/html" },
    signal: AbortSignal.timeout(PATIENCE),
  });
  if (!response.ok || response.redirected) return;
  morphRegions(document, "[data-live]", parsed(await response.text()));
  refreshTimes();
}

async function keepUpToDate() {
  const isMoving = document.querySelector("[data-moving]");
  // What cannot be had now may be had the next time.
  if (isMoving && !document.hidden) await update().catch(() => {});
  setTimeout(keepUpToDate, EVERY);
}

setTimeout(keepUpToDate, EVERY);
