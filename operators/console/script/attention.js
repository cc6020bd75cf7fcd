/** What waits for an operator, wherever they are in the console: callers to call back, approvals, callers on hold. */

import { get, withQuery } from "./http.js";
import { refetching } from "./refetch.js";

const MOST = 100; // more are counted as so many
const APART_MS = 500; // a burst of events is one look

/** Dispatches "change". `callBacks`, `approvals` and `alone` are counts, up to MOST. */
export class Attention extends EventTarget {
  callBacks = 0;
  approvals = 0;
  alone = 0; // live calls whose caller no agent talks with
  #timer = null;
  #look = refetching(
    () => this.#count(),
    () => null, // the page tells of problems
  );

  get all() {
    return this.callBacks + this.approvals + this.alone;
  }

  look() {
    this.#look();
  }

  moved({ kind }) {
    if (kind !== "call" && kind !== "handoff" && kind !== "request") return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), APART_MS);
  }

  reset() {
    clearTimeout(this.#timer);
    this.#become(0, 0, 0);
  }

  async #count() {
    const [calls, alone, handoffs] = await Promise.all([
      get(withQuery("/calls", { state: "call_back", limit: MOST })),
      get(withQuery("/calls", { state: "needs_somebody", limit: MOST })),
      get(withQuery("/handoffs", { state: "accepted", limit: MOST })),
    ]);
    this.#become(calls.items.length, handoffs.items.filter(needsApproval).length, alone.items.length);
  }

  #become(callBacks, approvals, alone) {
    if (callBacks === this.callBacks && approvals === this.approvals && alone === this.alone) return;
    Object.assign(this, { callBacks, approvals, alone });
    this.dispatchEvent(new Event("change"));
  }
}

/** Whether an accepted handoff waits for an operator. */
export const needsApproval = (handoff) =>
  handoff.completes === "operator" && handoff.state === "accepted" && !handoff.approved_by;

/** 3 → "3", 100 → "99+". */
export const counted = (number) => (number < MOST ? String(number) : `${MOST - 1}+`);
