/** The box to ask an agent: each answer stands with the words it rests on. */

import { nodes } from "./markdown.js";

const form = document.querySelector("[data-ask]");
const input = form.elements.question;
const answers = document.querySelector("[data-answers]");

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const question = input.value.trim();
  if (question) ask(question);
});

for (const starter of document.querySelectorAll("[data-starter]")) {
  starter.addEventListener("click", () => ask(starter.textContent));
}

async function ask(question) {
  const answer = clone("answer");
  answer.querySelector(".answer-question").textContent = question;
  answers.prepend(answer);
  input.value = "";
  try {
    show(answer, await request(question));
  } catch (error) {
    answer.dataset.failed = "";
    answer.querySelector(".answer-text").textContent = error.message;
  }
}

async function request(question) {
  const response = await fetch(form.action, {
    method: "POST",
    headers: {
      Accept: "application/json",
      "Content-Type": "application/json",
      "X-CSRFToken": form.elements.csrfmiddlewaretoken.value,
    },
    body: JSON.stringify({ question }),
  }).catch(() => {
    throw new Error("The server cannot be reached. Check the connection and ask again.");
  });
  const body = await response.json().catch(() => ({}));
  if (response.ok) return body;
  const sentences = (body.errors ?? []).map((error) => error.detail).join(" ");
  throw new Error(sentences || `The agent could not answer (HTTP ${response.status}). Ask again.`);
}

function show(element, { answer, citations }) {
  element.querySelector(".answer-text").replaceChildren(...nodes(answer));
  element.querySelector(".citations").append(...citations.map(citation));
}

function citation({ url, link: address, title, heading_path: headings, quote }) {
  const element = clone("citation");
  const link = element.querySelector("a");
  link.textContent = title || url;
  if (/^https?:/i.test(address)) link.href = address;
  element.querySelector(".citation-path").textContent = headings.join(" › ");
  element.querySelector("blockquote").replaceChildren(...nodes(quote));
  return element;
}

function clone(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}
