/** What waits for an operator, wherever they are in the console: callers to call back or on hold, approvals, people who ask for help. */

import { get, withQuery } from "./http.js";
import { refetching } from "./refetch.js";

const MOST = 100; // more are counted as so many
const APART_MS = 500; // a burst of events is one look

/** Dispatches "change". `callBacks`, `approvals` and `alone` are counts, up to MOST; `helps`: who asks for help, and where. */
export class Attention extends EventTarget {
  callBacks = 0;
  approvals = 0;
  alone = 0; // live calls whose caller no agent talks with
  helps = [];
  helping = false; // whether this operator may help
  #timer = null;
  #look = refetching(
    () => this.#count(),
    () => null, // the page tells of problems
  );

  get all() {
    return this.callBacks + this.approvals + this.alone + this.helps.length;
  }

  look() {
    this.#look();
  }

  moved({ kind }) {
    if (kind !== "call" && kind !== "handoff" && kind !== "request" && kind !== "offer") return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), APART_MS);
  }

  reset() {
    clearTimeout(this.#timer);
    this.helping = false;
    this.#become(0, 0, 0, []);
  }

  async #count() {
    const [calls, alone, handoffs, helps] = await Promise.all([
      get(withQuery("/calls", { state: "call_back", limit: MOST })),
      get(withQuery("/calls", { state: "needs_somebody", limit: MOST })),
      get(withQuery("/handoffs", { state: "accepted", limit: MOST })),
      this.helping ? get("/help") : { items: [] },
    ]);
    const approvals = handoffs.items.filter(needsApproval).length;
    this.#become(calls.items.length, approvals, alone.items.length, helps.items);
  }

  #become(callBacks, approvals, alone, helps) {
    const same = helps.map(keyOf).join() === this.helps.map(keyOf).join();
    if (same && callBacks === this.callBacks && approvals === this.approvals && alone === this.alone) return;
    Object.assign(this, { callBacks, approvals, alone, helps });
    this.dispatchEvent(new Event("change"));
  }
}

/** One asking for help: another one in the same call is another. */
export const keyOf = ({ call_id, asked_at }) => `${call_id} ${asked_at}`;

/** Whether an accepted handoff waits for an operator. */
export const needsApproval = (handoff) =>
  handoff.completes === "operator" && handoff.state === "accepted" && !handoff.approved_by;

/** 3 → "3", 100 → "99+". */
export const counted = (number) => (number < MOST ? String(number) : `${MOST - 1}+`);
