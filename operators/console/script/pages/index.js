/** Picks the page for an address. */

import { toCalls } from "../router.js";
import { h } from "../dom.js";
import { callPage } from "./call.js";
import { callsPage } from "./calls.js";
import { floorPage } from "./floor.js";
import { handoffPage } from "./handoff.js";
import { handoffsPage } from "./handoffs.js";
import { healthPage } from "./health.js";
import { roomsPage } from "./rooms.js";
import { rosterPage } from "./roster.js";

/**
 * A page is { title, node, look(), moved?(event), connection?(), close?() }: `look` fetches everything that is
 * shown, `moved` gets each event, `connection` is called when the feed goes live or is lost.
 */
export function pageFor({ path, query }, app) {
  const [first = "calls", id] = path;
  if (first === "calls") return id ? callPage(id, app) : callsPage(query, app);
  if (first === "handoffs") return id ? handoffPage(id, app) : handoffsPage(query, app);
  if (first === "floor") return floorPage(query, app);
  if (first === "rooms") return roomsPage(app);
  if (first === "roster") return rosterPage(app);
  if (first === "health") return healthPage(app);
  return nowhere();
}

function nowhere() {
  const node = h(
    "div",
    { class: "card" },
    h("h1", {}, "Page not found"),
    h("a", { href: toCalls() }, "Go to the calls"),
  );
  return { title: "Page not found", node, look() {} };
}
