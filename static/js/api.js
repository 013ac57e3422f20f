/** Our own API, called by a page in the name of whoever looks at it. */

/** The answer to `body`, sent as JSON; `form` lends its token against forgery.
 *
 * Throws an Error with a sentence for a person: the API's own, or `failure` and what to do.
 */
export async function post(url, body, form, failure) {
  const response = await fetch(url, {
    method: "POST",
    headers: {
      Accept: "application/json",
      "Content-Type": "application/json",
      "X-CSRFToken": form.elements.csrfmiddlewaretoken.value,
    },
    body: JSON.stringify(body),
  }).catch(() => {
    throw new Error("The server cannot be reached. Check the connection and try again.");
  });
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  throw new Error(sentencesOf(answer) || `${failure} (HTTP ${response.status}). Try again.`);
}

/** What the API says is wrong, in sentences; empty where the answer is not the API's. */
export function sentencesOf({ errors }) {
  return Array.isArray(errors) ? errors.map((error) => error.detail).join(" ") : "";
}
