/** The chat to try an agent: each answer stands with the words that it rests on. */

import { post } from "./api.js";
import { nodes } from "./markdown.js";

const chat = document.querySelector("[data-chat]");
const form = chat.querySelector("[data-ask]");
const input = form.elements.question;
const log = chat.querySelector("[data-log]");
const clear = chat.querySelector("[data-clear]");
const asked = [];
let recalled = 0;

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const question = input.value.trim();
  if (!question) return;
  input.value = "";
  ask(question);
});

input.addEventListener("keydown", (event) => {
  // While a word is composed, as in Japanese, Enter chooses a spelling.
  if (event.isComposing) return;
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    form.requestSubmit();
  } else if (event.key === "ArrowUp" && isRecalling()) {
    event.preventDefault();
    recall(-1);
  } else if (event.key === "ArrowDown" && isRecalling()) {
    event.preventDefault();
    recall(1);
  }
});

for (const starter of chat.querySelectorAll("[data-starter]")) {
  starter.addEventListener("click", () => ask(starter.textContent));
}

clear.addEventListener("click", () => {
  log.replaceChildren();
  show(false);
  input.focus();
});

/** Whether the arrow keys move through the questions: the field holds none that is being written. */
function isRecalling() {
  return asked.length > 0 && (input.value === "" || input.value === asked[recalled]);
}

function recall(step) {
  recalled = Math.min(Math.max(recalled + step, 0), asked.length);
  input.value = asked[recalled] ?? "";
}

async function ask(question) {
  if (asked.at(-1) !== question) asked.push(question);
  recalled = asked.length;
  const answer = clone("answer");
  answer.querySelector("[data-question]").textContent = question;
  answer.querySelector("[data-again]").addEventListener("click", () => {
    answer.remove();
    ask(question);
  });
  log.append(answer);
  show(true);
  await fill(answer, question);
  // The question stands at the top: a long answer is read from its beginning.
  log.scrollTo({ top: answer.offsetTop - log.offsetTop, behavior: behaviour() });
}

async function fill(answer, question) {
  answer.setAttribute("aria-busy", "true");
  try {
    const { answer: text, citations } = await post(
      form.action,
      { question },
      form,
      "The agent could not answer",
    );
    answer.querySelector(".answer-text").replaceChildren(...nodes(text));
    answer.querySelector(".citations").append(...citations.map(citation));
  } catch (error) {
    answer.dataset.failed = "";
    answer.querySelector(".answer-text").textContent = error.message;
    answer.querySelector("[data-again]").hidden = false;
  }
  answer.removeAttribute("aria-busy");
}

function citation({ url, link: address, title, heading_path: headings, quote, chunk_id: id }) {
  const element = clone("citation");
  const passage = `${chat.dataset.passages}${id}`;
  const link = element.querySelector(".citation-link");
  link.textContent = title || url;
  // An uploaded document is nowhere but here.
  link.href = /^https?:/i.test(address ?? "") ? address : passage;
  element.querySelector(".citation-passage").href = passage;
  element.querySelector(".citation-path").textContent = headings.join(" › ");
  element.querySelector("blockquote").replaceChildren(...nodes(quote));
  return element;
}

function show(isThere) {
  log.hidden = clear.hidden = !isThere;
}

function behaviour() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth";
}

function clone(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}
