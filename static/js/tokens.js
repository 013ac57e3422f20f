/** The page that shows a new token: it is what is read first, and a reload makes no second token. */

const issued = document.querySelector("[data-issued]");

if (issued) {
  issued.focus();
  history.replaceState(null, "", location.href);
}
