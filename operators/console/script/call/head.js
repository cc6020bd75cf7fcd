/** The top of a call's page: who calls, who holds the call, since when. */

import { h, put, say } from "../dom.js";
import { lasting, needsSomebody, waitsInLine, when, who } from "../parts.js";
import { toCalls } from "../router.js";
import { callerName, endedHow, span } from "../words.js";

/** Returns { node, update(view) }. */
export function callHead(roster) {
  const title = h("h1", {}, "Call");
  const caller = h("bdi");
  const number = h("bdi", { class: "number" });
  const live = h("span", { class: "badge" });
  const waits = h("span");
  const held = h("span", { class: "held-by" });
  const since = h("span", { class: "quiet" });
  const waited = h("span");
  const cost = h("span");
  const node = h(
    "div",
    { class: "call-head" },
    h("a", { class: "quiet-link", href: toCalls() }, "Calls"),
    h("div", { class: "headed" }, title, live, waits, held),
    since,
  );
  let told = null;
  let holder = null;
  let waiting = null;

  function update(view) {
    const first = told === null;
    told = view;
    if (first)
      put(
        since,
        number,
        "Room ",
        h("bdi", {}, view.call.room),
        ", since ",
        when(view.call.started_at),
        ", for ",
        lasting(() => told.call),
        waited,
        cost,
      );
    say(waited, view.on_hold_ms ? `, of that on hold for ${span(view.on_hold_ms)}` : "");
    say(cost, costOf(view.costs));
    if (first) put(title, "Call of ", caller);
    say(caller, callerName(view.call));
    const { caller_number } = view.call;
    say(number, caller_number && caller_number !== callerName(view.call) ? `${caller_number} · ` : "");
    const over = view.call.ended_at !== null;
    say(live, over ? `over: ${endedHow(view.call.ended_how)}` : "live");
    live.className = over ? "badge over" : "badge live";
    const why = [view.call.admitted_at, view.call.held_at, view.call.lost_at, over].join();
    if (waiting !== why) put(waits, needsSomebody(view.call));
    waiting = why;
    const inLine = waitsInLine(view.call);
    const holds = view.call.holder_role + over + inLine;
    if (holder !== holds) {
      const words = inLine ? "waits for " : over ? "last held by " : "held by ";
      put(held, words, who(view.call.holder_role, roster));
      holder = holds;
    }
  }

  return { node, update };
}

/** What Groq asks for the call so far, and what of it went for guesses that were wrong. */
function costOf({ dollars, dollars_thrown_away }) {
  if (dollars === 0) return "";
  const wrong = dollars_thrown_away ? ` (of that for wrong guesses: ${amount(dollars_thrown_away)})` : "";
  return `, cost ${amount(dollars)}${wrong}`;
}

const amount = (dollars) => `$${dollars.toFixed(4)}`;
