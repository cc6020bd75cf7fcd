/** A reload of the page interrupts a call. The page that loads next goes on with it. */

const KEY = "baton.interrupted";
const WITHIN_MS = 15000; // the agents' side waits a little longer: BATON_DEPARTURE_S

/** `ticket` is what the line was opened with. Without storage, the reload ends the call. */
export function keepCall(ticket) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ ticket, at: Date.now() }));
  } catch {
    // the browser allows none, as in some frames
  }
}

/** Returns the ticket of the call that a reload has just interrupted, once; null if there is none. */
export function interruptedCall() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY));
    sessionStorage.removeItem(KEY);
    return kept && Date.now() - kept.at < WITHIN_MS ? kept.ticket : null;
  } catch {
    return null;
  }
}
