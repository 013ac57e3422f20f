/** Follows a task over its WebSocket, and resumes after the last event when the line breaks. */

const CLOSED_AFTER_FINAL_EVENT = 1000;
const REFUSED = new Set([4401, 4403, 4404]);
const FINAL = new Set(["SUCCESS", "FAILED", "CANCELLED"]);
const FIRST_BACKOFF = 500;
const LONGEST_BACKOFF = 20_000;

/**
 * @param {string} task the task's address
 * @param {number} lastSeq the last event that the page shows already
 * @param {(event: object) => void} onEvent called once for each later event, in order
 * @param {(state: "live"|"lost"|"ended"|"refused") => void} onState called when the line changes
 */
export function follow(task, lastSeq, onEvent, onState) {
  let failures = 0;
  let hasEnded = false;
  let timer;

  function connect() {
    clearTimeout(timer);
    timer = undefined;
    const address = new URL(`${task}/watch?after=${lastSeq}`, location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(address);
    socket.onopen = () => onState("live");
    socket.onmessage = (message) => receive(JSON.parse(message.data));
    socket.onclose = ({ code }) => closed(code);
  }

  function receive(event) {
    // Only an event proves that the server works: one that accepts and hangs up must not be
    // called again at once.
    failures = 0;
    if (event.seq <= lastSeq) return;
    lastSeq = event.seq;
    hasEnded = event.type === "state" && FINAL.has(event.state);
    onEvent(event);
  }

  async function closed(code) {
    if (code === CLOSED_AFTER_FINAL_EVENT) return onState("ended");
    if (REFUSED.has(code)) return onState("refused");
    onState("lost");
    await catchUp().catch(() => {});
    if (hasEnded) return onState("ended");
    timer = setTimeout(connect, backoff(failures));
    failures += 1;
  }

  /** Read what happened over plain HTTP: some proxies let no WebSocket through. */
  async function catchUp() {
    const headers = { Accept: "application/json" };
    const response = await fetch(`${task}/events?after=${lastSeq}`, { headers });
    if (response.ok) (await response.json()).results.forEach(receive);
  }

  addEventListener("online", () => {
    if (timer) connect();
  });
  connect();
}

/** Exponential backoff with jitter over its upper half, in milliseconds. */
function backoff(failures) {
  const ceiling = Math.min(LONGEST_BACKOFF, FIRST_BACKOFF * 2 ** failures);
  return (ceiling * (1 + Math.random())) / 2;
}
