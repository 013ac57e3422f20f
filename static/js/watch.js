/** A task's page, live: each event is drawn as it arrives over the WebSocket. */

import { refreshTimes } from "./clock.js";
import { follow } from "./connection.js";
import * as eta from "./eta.js";
import * as log from "./log.js";
import { morphRegions, parsed } from "./morph.js";
import { draw } from "./task-view.js";

const LINK_WORDS = {
  live: "Live",
  lost: "Connection lost, reconnecting…",
  ended: "Ended",
  refused: "Not allowed. Sign in again.",
};

const article = document.querySelector("[data-watch]");
const link = article.querySelector("[data-link-state]");
const SOON = 400;
const EVERY = 3000;
const AFTER_THE_END = 4000;
let lastStateSeq = 0;
let isOver = false;
let timer;

function onEvent(event) {
  draw(event);
  eta.draw(event);
  log.append(event);
  if (event.type === "state") refreshRegions(event.seq).catch(() => {});
  else if (event.type === "step") soon();
}

function onLink(state) {
  link.dataset.linkState = state;
  link.textContent = LINK_WORDS[state];
  article.querySelector("[data-link]").hidden = state === "ended";
  isOver = state === "ended" || state === "refused";
  // The webhook of the end is sent after it.
  if (state === "ended") setTimeout(soon, AFTER_THE_END);
}

/**
 * Take over what only the server can draw, after the event `seq`: the outcome, the actions, the
 * facts. A page that was drawn before that event comes too late: its own is on the way.
 */
async function refreshRegions(seq) {
  lastStateSeq = seq;
  const response = await fetch(article.dataset.parts, { headers: { Accept: "text/html" } });
  const html = await response.text();
  if (!response.ok || response.redirected || seq < lastStateSeq) return;
  morphRegions(article, "[data-refreshed]", parsed(html));
  refreshTimes(article);
}

/** The same a moment after a step has changed, however many do. */
function soon() {
  timer ??= setTimeout(() => {
    timer = undefined;
    refreshRegions(lastStateSeq).catch(() => {});
  }, SOON);
}

/** Why it waits and how long its attempt has taken change without any event. */
function keepUpToDate() {
  if (!isOver && !document.hidden) soon();
  if (!isOver) setTimeout(keepUpToDate, EVERY);
}

if (article.dataset.finished === "no") {
  follow(article.dataset.watch, Number(article.dataset.lastSeq), onEvent, onLink);
  setTimeout(keepUpToDate, EVERY);
}
