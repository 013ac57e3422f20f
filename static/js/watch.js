/** A task's page, live: each event is drawn as it arrives over the WebSocket. */

import { refreshTimes } from "./clock.js";
import { follow } from "./connection.js";
import * as eta from "./eta.js";
import * as log from "./log.js";
import { draw } from "./task-view.js";

const LINK_WORDS = {
  live: "Live",
  lost: "Connection lost, reconnecting…",
  ended: "Ended",
  refused: "Not allowed. Sign in again.",
};

const article = document.querySelector("[data-watch]");
const link = article.querySelector("[data-link-state]");
let lastStateSeq = 0;

function onEvent(event) {
  draw(event);
  eta.draw(event);
  log.append(event);
  if (event.type === "state") refreshRegions(event.seq);
}

function onLink(state) {
  link.dataset.linkState = state;
  link.textContent = LINK_WORDS[state];
  article.querySelector("[data-link]").hidden = state === "ended";
}

/**
 * Take over what only the server can draw, after the event `seq`: the outcome, the actions, the
 * facts. A page that was drawn before that event comes too late: its own is on the way.
 */
async function refreshRegions(seq) {
  lastStateSeq = seq;
  const response = await fetch(location.href, { headers: { Accept: "text/html" } });
  const html = await response.text();
  if (!response.ok || seq < lastStateSeq) return;
  const page = new DOMParser().parseFromString(html, "text/html");
  for (const region of article.querySelectorAll("[data-refreshed]")) {
    const fresh = page.getElementById(region.id);
    if (fresh) region.replaceWith(fresh);
  }
  refreshTimes(article);
}

if (article.dataset.finished === "no") {
  follow(article.dataset.watch, Number(article.dataset.lastSeq), onEvent, onLink);
}
