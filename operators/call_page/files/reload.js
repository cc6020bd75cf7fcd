/** A reload of the page interrupts a call, and the page that loads next goes on with it. */

const KEY = "baton.interrupted";

/**
 * Keep a line's `ticket` while no page is there. Not sooner: a copy of the tab has a copy of the storage. Without
 * storage, as in some frames, a reload ends the call.
 */
export function keepCall(ticket) {
  try {
    sessionStorage.setItem(KEY, ticket);
  } catch {
    // the browser allows none
  }
}

/** Returns the ticket of the call that was interrupted, once; null if there is none. */
export function interruptedCall() {
  try {
    const ticket = sessionStorage.getItem(KEY);
    sessionStorage.removeItem(KEY);
    return ticket;
  } catch {
    return null;
  }
}
