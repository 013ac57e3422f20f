/** Sends the form for a new agent: tells how far its files are, and goes to the build. */

import { sentencesOf } from "./api.js";
import { faultOfFiles } from "./files.js";
import { showErrors, stopChecking } from "./form-check.js";

const form = document.querySelector("[data-build]");
const button = form.querySelector("[type=submit]");
const sending = form.querySelector("[data-sending]");
const bar = form.querySelector("[data-sending-bar]");
const text = form.querySelector("[data-sending-text]");

form.addEventListener("submit", (event) => {
  event.preventDefault();
  stopChecking();
  const fault = faultOfFiles();
  if (fault) refuse({ documents: [fault] });
  else send();
});

function send() {
  const request = new XMLHttpRequest();
  // fetch() does not tell how much of a body is sent.
  request.upload.addEventListener("progress", ({ loaded, total }) => show(loaded / total));
  request.addEventListener("load", () => settle(request));
  request.addEventListener("error", () =>
    refuse({ __all__: ["The server cannot be reached. Check the connection and send the form again."] }),
  );
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "application/json");
  button.disabled = true;
  sending.hidden = !form.elements.documents.files.length;
  show(0);
  request.send(new FormData(form));
}

function show(share) {
  bar.value = share;
  // In steps, or a reader would hear nothing but numbers.
  const percent = Math.floor(share * 10) * 10;
  const sentence = share < 1 ? `Sending the documents: ${percent} %` : "The documents are sent. Starting the build…";
  if (text.textContent !== sentence) text.textContent = sentence;
}

function settle(request) {
  const answer = parsed(request.responseText);
  if (answer.location) {
    location.assign(answer.location);
    return;
  }
  const isByField = answer.errors && !Array.isArray(answer.errors);
  const sentence =
    sentencesOf(answer) ||
    `The build was not started (HTTP ${request.status}). Reload the page and send the form again.`;
  refuse(isByField ? answer.errors : { __all__: [sentence] });
}

function parsed(body) {
  try {
    return JSON.parse(body);
  } catch {
    return {};
  }
}

function refuse(errors) {
  button.disabled = false;
  sending.hidden = true;
  showErrors(errors);
  const first = form.querySelector("[aria-invalid=true]") ?? form.querySelector("[data-form-error]");
  first.scrollIntoView({ block: "center" });
  first.focus({ preventScroll: true });
}
