/** The button "Preview scope": what a build of the form's values would fetch and leave out. */

import { post } from "./api.js";

const form = document.querySelector("[data-build]");
const button = form.querySelector("[data-preview]");
const section = document.getElementById("preview");
const state = section.querySelector("[data-preview-state]");
const groups = section.querySelector("[data-preview-groups]");

const LISTS = ["urls", "include", "exclude"];
const NUMBERS = ["max_pages", "max_depth"];
const LIST_NAMES = { sitemap: "a sitemap", "llms.txt": "llms.txt" };
const NAMES = {
  out_of_scope: "Outside the scope",
  too_deep: "Too many links away",
  max_pages: "Beyond the limit of pages",
  not_a_page: "Files that are not pages",
  excluded: "Excluded by a pattern",
  not_included: "Not matched by a pattern",
  robots: "Disallowed by robots.txt",
  redirected: "Redirects to another page",
  noindex: "Asks not to be kept",
  redirect_out_of_scope: "Redirects to outside the scope",
  binary: "Not a page that is read",
  unsupported_type: "Not a page that is read",
};

button.hidden = false;
button.addEventListener("click", preview);

async function preview() {
  section.hidden = false;
  button.disabled = true;
  groups.replaceChildren();
  say("Looking at the site, for ten seconds at most…");
  try {
    show(await post(button.dataset.preview, values(), form, "There is no preview"));
  } catch (error) {
    say(error.message, true);
  }
  button.disabled = false;
  section.focus({ preventScroll: true });
  section.scrollIntoView({ block: "nearest" });
}

/** What the form holds, as the API takes it: lists as lists, empty fields left out. */
function values() {
  const data = new FormData(form);
  const body = { scope: data.get("scope") };
  for (const name of LISTS) body[name] = lines(data.get(name));
  for (const name of NUMBERS) if (data.get(name)) body[name] = Number(data.get(name));
  return body;
}

function lines(text) {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
}

function show({ complete, included, excluded, lists }) {
  say(summary(complete, included.count, lists));
  groups.append(group("Would be fetched", "", included, true));
  for (const left of excluded) {
    groups.append(group(nameOf(left.reason_code), left.reason, left, false));
  }
}

function nameOf(code) {
  if (code.startsWith("trap_")) return "Seems to have no end";
  return NAMES[code] ?? "Could not be fetched";
}

function summary(complete, count, lists) {
  const pages = count === 1 ? "1 page" : `${count.toLocaleString("en")} pages`;
  const listed = lists.filter((list) => !list.reason && list.listed).map((list) => LIST_NAMES[list.kind]);
  const names = [...new Set(listed)].join(" and ");
  const found = names ? ` The site lists pages in ${names}.` : "";
  return complete
    ? `A build would fetch ${pages}.${found}`
    : `A build would fetch at least ${pages}: this was a short look, and there may be more.${found}`;
}

function group(name, reason, { count, samples }, kept) {
  const element = document.getElementById("preview-group").content.firstElementChild.cloneNode(true);
  element.toggleAttribute("data-kept", kept);
  element.open = kept;
  element.querySelector(".preview-count").textContent = count.toLocaleString("en");
  element.querySelector(".preview-name").textContent = name;
  element.querySelector(".preview-reason").textContent = reason;
  element.querySelector(".preview-samples").append(...samples.map(sample));
  return element;
}

function sample(url) {
  const element = document.createElement("li");
  element.textContent = url;
  return element;
}

function say(sentence, failed = false) {
  state.textContent = sentence;
  state.toggleAttribute("data-failed", failed);
}
