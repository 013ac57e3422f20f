/** Forms that ask first: `data-confirm` holds the question, the form's button says what will be done.
 *
 * Without this script they are sent at once.
 */

const dialog = build();

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.dataset.confirm || form.dataset.confirmed !== undefined) return;
  event.preventDefault();
  ask(form, event.submitter);
});

function ask(form, submitter) {
  dialog.querySelector("p").textContent = form.dataset.confirm;
  const yes = dialog.querySelector("[value=yes]");
  yes.textContent = submitter?.textContent ?? "Go on";
  yes.className = submitter?.className ?? "button";
  dialog.returnValue = "";
  dialog.onclose = () => {
    if (dialog.returnValue !== "yes") return;
    form.dataset.confirmed = "";
    form.requestSubmit(submitter);
    delete form.dataset.confirmed;
  };
  dialog.showModal();
}

function build() {
  const made = document.createElement("dialog");
  made.className = "dialog";
  made.setAttribute("aria-labelledby", "confirm-question");
  made.innerHTML = `<form method="dialog">
    <p id="confirm-question"></p>
    <div class="actions">
      <button class="button" value="no" autofocus>Keep as it is</button>
      <button value="yes"></button>
    </div>
  </form>`;
  document.body.append(made);
  return made;
}
