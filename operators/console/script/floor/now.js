/** The floor as it is now: who waits for a person, and where the people are. */

import { everySecond, now } from "../clock.js";
import { h, keyed, put, say, set } from "../dom.js";
import { card, facts, who } from "../parts.js";
import { toCall } from "../router.js";
import { cells, tableOf } from "../table.js";
import { duration } from "../words.js";

const QUEUE = ["Place", "For", "Waits", "Expected", "Now"];
const PEOPLE = ["Person", "Where", "For"];

/** How an entry of the queue stands, for people. */
const STANDS = { waiting: "waits", offered: "rings at a desk" };
const WHERE = { available: "available", busy: "busy", away: "away", wrapping_up: "writes a wrap-up" };

/** How long ago `since()` was, ticking. */
const ticking = (since) =>
  everySecond(h("span", { class: "number" }), (node) => {
    const at = since();
    say(node, at === null ? "–" : duration(now() - at));
  });

/** Returns { node, update(queue) }, with what GET /queue tells. */
export function floorNow(roster) {
  let first = null; // when the caller began to wait who waits longest
  const longest = ticking(() => first);
  const callers = h("span", { class: "number" });
  const callBacks = h("span", { class: "number" });
  const there = h("span");
  const summary = facts([
    ["Waiting", callers],
    ["Longest wait", longest],
    ["Call backs", callBacks],
    ["People", there],
  ]);
  const queue = listOf("Who waits, in order", QUEUE, "Nobody waits.", (entry) => waitingRow(entry, roster));
  const people = listOf("Where the people are", PEOPLE, "Nobody has been at a desk yet.", personRow);
  const node = h(
    "div",
    {},
    card("Now", summary),
    card("Who waits", queue.node),
    card("People", people.node),
  );

  function update({ waiting, people: presences, call_backs_due: due }) {
    const onTheLine = waiting.filter((entry) => !entry.call_back);
    first = onTheLine.length ? Math.min(...onTheLine.map((entry) => entry.started_at)) : null;
    say(longest, first === null ? "–" : duration(now() - first));
    say(callers, onTheLine.length);
    say(callBacks, `${due} due, ${waiting.length - onTheLine.length - due} later`);
    const counted = Object.entries(WHERE).map(([state, words]) => {
      const count = presences.filter((one) => one.state === state).length;
      return `${count} ${state === "wrapping_up" ? "wrapping up" : words}`;
    });
    say(there, counted.join(", "));
    queue.update(waiting, (entry) => entry.entry_id);
    people.update(presences, (presence) => presence.person);
  }
  return { node, update };
}

/** A table, or words where it would be empty. */
function listOf(caption, columns, none, row) {
  const body = h("tbody", { role: "rowgroup" });
  const table = tableOf(caption, columns, body);
  const empty = h("p", { class: "quiet" }, none);
  const update = (items, keyOf) => {
    keyed(body, items, keyOf, row);
    set(table, { hidden: items.length === 0 });
    set(empty, { hidden: items.length > 0 });
  };
  return { node: h("div", {}, table, empty), update };
}

function waitingRow(first, roster) {
  let entry = first;
  const place = h("span", { class: "number" });
  const link = h("a", { class: "row-link", href: toCall(first.call_id) }, who(first.role, roster));
  const waits = ticking(() => entry.started_at);
  const expected = h("span", { class: "number" });
  const stands = h("span", { class: "badge" });
  const node = h(
    "tr",
    { role: "row" },
    cells(QUEUE, [place, link, waits, expected, stands]),
  );
  const update = (next) => {
    entry = next;
    say(place, next.place ?? "–");
    say(expected, next.expected_wait_ms === null ? "nobody is there" : duration(next.expected_wait_ms));
    say(stands, next.call_back ? callBackStands(next) : (STANDS[next.state] ?? next.state));
    set(stands, { class: next.call_back ? "badge call-back" : "badge" });
    if (next.call_back && next.place === null) say(expected, "not due yet");
  };
  return { node, update };
}

const callBackStands = (entry) => (entry.state === "offered" ? "call back, rings at a desk" : "call back");

function personRow(first) {
  let presence = first;
  const where = h("span");
  const node = h(
    "tr",
    { role: "row" },
    cells(PEOPLE, [h("b", {}, first.person), where, ticking(() => presence.since)]),
  );
  const update = (next) => {
    presence = next;
    put(where, h("span", { class: "badge" }, WHERE[next.state] ?? next.state), next.reason && ` ${next.reason}`);
  };
  return { node, update };
}
