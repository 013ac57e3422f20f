/** Buttons that copy: `data-copy` holds the selector of the element whose text is taken. */

const SAID_FOR = 2000;

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", () => copy(button));
}

async function copy(button) {
  const source = document.querySelector(button.dataset.copy);
  const name = button.dataset.name ?? button.textContent;
  button.dataset.name = name;
  const copied = await navigator.clipboard.writeText(source.textContent.trim()).then(
    () => true,
    () => false,
  );
  // Without the right to the clipboard, a selection is what a person needs to copy it themselves.
  if (!copied) getSelection().selectAllChildren(source);
  button.textContent = copied ? "Copied" : "Selected";
  clearTimeout(button.timer);
  button.timer = setTimeout(() => (button.textContent = name), SAID_FOR);
}
