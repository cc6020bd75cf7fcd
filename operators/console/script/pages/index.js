/** Which page belongs to an address. */

import { toCalls } from "../router.js";
import { h } from "../dom.js";
import { callPage } from "./call.js";
import { callsPage } from "./calls.js";
import { handoffPage } from "./handoff.js";
import { handoffsPage } from "./handoffs.js";
import { healthPage } from "./health.js";
import { roomsPage } from "./rooms.js";
import { rosterPage } from "./roster.js";

/**
 * A page is { title, node, look(), moved?(event), connection?(), close?() }: `look` asks the service for
 * everything that is shown, `moved` is told each event, `connection` that the feed is live or lost.
 */
export function pageFor({ path, query }, app) {
  const [first = "calls", id] = path;
  if (first === "calls") return id ? callPage(id, app) : callsPage(query, app);
  if (first === "handoffs") return id ? handoffPage(id, app) : handoffsPage(query, app);
  if (first === "rooms") return roomsPage(app);
  if (first === "roster") return rosterPage(app);
  if (first === "health") return healthPage(app);
  return nowhere();
}

function nowhere() {
  const node = h(
    "div",
    { class: "card" },
    h("h1", {}, "There is no such page"),
    h("a", { href: toCalls() }, "To the calls"),
  );
  return { title: "No such page", node, look() {} };
}
