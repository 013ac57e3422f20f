/** The documents of a new agent: dropped or chosen, in a list, each checked and removable.
 *
 * The field itself holds them, so that the form is sent as it would be without this script.
 */

import { size } from "./format.js";

const box = document.querySelector("[data-files]");
const input = box.querySelector("input[type=file]");
const drop = box.querySelector("[data-drop]");
const list = box.querySelector("[data-files-list]");
const said = box.querySelector("[data-files-said]");
const limits = {
  bytes: Number(box.dataset.fileBytes),
  files: Number(box.dataset.maxFiles),
  all: Number(box.dataset.uploadBytes),
};
let chosen = [];

box.querySelector("[data-drop-hint]").hidden = false;
input.addEventListener("change", () => {
  // A dialog replaces what the field holds, and one that is closed may empty it.
  const held = [...input.files];
  const isOurs = held.length === chosen.length && held.every(isChosen);
  if (!isOurs) add(held);
});
drop.addEventListener("dragover", (event) => {
  event.preventDefault();
  drop.dataset.over = "";
});
drop.addEventListener("dragleave", () => delete drop.dataset.over);
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  delete drop.dataset.over;
  add([...event.dataTransfer.files]);
});

/** What is wrong with the chosen files, so that they are better not sent; empty if nothing is. */
export function faultOfFiles() {
  const wrong = chosen.find(faultOf);
  if (wrong) return `${wrong.name} cannot be sent: ${faultOf(wrong)}`;
  if (chosen.length > limits.files) {
    return `${chosen.length} documents are chosen; at most ${limits.files} may be. Remove some.`;
  }
  const bytes = chosen.reduce((sum, file) => sum + file.size, 0);
  if (bytes > limits.all) {
    return `The documents have ${size(bytes)} in all; at most ${size(limits.all)} are accepted at once. Remove some.`;
  }
  return "";
}

function faultOf(file) {
  if (file.size === 0) return "It is empty, or a folder.";
  if (file.size > limits.bytes) return `It has ${size(file.size)}; at most ${size(limits.bytes)} are accepted.`;
  return "";
}

function add(files) {
  const fresh = files.filter((file) => !isChosen(file));
  chosen = [...chosen, ...fresh];
  show(`${fresh.length === 1 ? fresh[0].name : `${fresh.length} documents`} added.`);
}

function isChosen(file) {
  return chosen.some(
    ({ name, size, lastModified }) =>
      name === file.name && size === file.size && lastModified === file.lastModified,
  );
}

function remove(file, position) {
  chosen = chosen.filter((other) => other !== file);
  show(`${file.name} removed.`);
  const buttons = list.querySelectorAll("button");
  (buttons[Math.min(position, buttons.length - 1)] ?? input).focus();
}

function show(sentence) {
  const held = new DataTransfer();
  for (const file of chosen) held.items.add(file);
  input.files = held.files;
  list.replaceChildren(...chosen.map(item));
  said.textContent = sentence;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

function item(file, position) {
  const element = document.getElementById("chosen-file").content.firstElementChild.cloneNode(true);
  element.querySelector(".files-name").textContent = file.name;
  element.querySelector(".files-size").textContent = size(file.size);
  element.querySelector(".files-fault").textContent = faultOf(file);
  const button = element.querySelector("button");
  button.setAttribute("aria-label", `Remove ${file.name}`);
  button.addEventListener("click", () => remove(file, position));
  return element;
}
