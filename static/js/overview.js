/** The overview, live: its regions are brought up to date in place. */

import { refreshTimes } from "./clock.js";
import { morphRegions, parsed } from "./morph.js";

const EVERY = 2000;
const PATIENCE = 15_000;

const root = document.querySelector("[data-overview]");
const link = root.querySelector("[data-link-state]");

async function update() {
  const response = await fetch(location.href, {
    headers: { Accept: "text/html" },
    signal: AbortSignal.timeout(PATIENCE),
  });
  if (!response.ok || response.redirected) throw new Error(`HTTP ${response.status}`);
  morphRegions(root, "[data-live]", parsed(await response.text()));
  refreshTimes(root);
  root.dispatchEvent(new Event("figures"));
}

function tell(isConnected) {
  link.dataset.linkState = isConnected ? "live" : "lost";
  link.textContent = isConnected ? "Live" : "Connection lost, reconnecting…";
}

async function keepUpToDate() {
  if (!document.hidden) await update().then(() => tell(true), () => tell(false));
  setTimeout(keepUpToDate, EVERY);
}

refreshTimes(root);
keepUpToDate();
