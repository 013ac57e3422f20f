/** A bulk action, which goes on by itself: each request does some, and says how far it is. */

import { morph, parsed } from "./morph.js";

const LOST = "The connection is lost. Go on when it is back: nothing is done twice.";
const root = document.querySelector("[data-bulk]");

async function goOn() {
  const form = root.querySelector("[data-go-on]");
  if (!form) return;
  const response = await fetch(form.action, { method: "POST", body: new FormData(form) });
  if (!response.ok || response.redirected) throw new Error(`HTTP ${response.status}`);
  const page = parsed(await response.text());
  morph(root, page.getElementById("bulk"));
  document.title = page.title;
  await goOn();
}

goOn().catch(() => {
  // What was asked last may have been done: the place from which to go on is still right, because
  // tasks that are done already are no longer among those to be tried.
  root.querySelector(".bulk-count").textContent = LOST;
});
