/** The service's time, estimated from its answers, and everything on a page that counts seconds. */

const TRUSTED_MS = 2_000; // the Date header has whole seconds, and an answer takes time to arrive

let ahead_ms = 0;

/** Takes the Date header of an answer, so that durations are right even if the browser's clock is wrong. */
export function heard(dateHeader) {
  const told = Date.parse(dateHeader ?? "");
  if (Number.isNaN(told)) return;
  const difference_ms = told - Date.now();
  ahead_ms = Math.abs(difference_ms) > TRUSTED_MS ? difference_ms : 0;
}

/** Now, in milliseconds UTC, on the service's clock. */
export const now = () => Date.now() + ahead_ms;

const ticking = new Map();

/** Call `show(node)` at once and every second, for as long as the node is on the page. */
export function everySecond(node, show) {
  ticking.set(node, { show, seen: false });
  show(node);
  return node;
}

setInterval(() => {
  for (const [node, entry] of ticking) {
    if (node.isConnected) {
      entry.seen = true;
      entry.show(node);
    } else if (entry.seen) ticking.delete(node);
  }
}, 1_000);
