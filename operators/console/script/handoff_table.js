/** A table of handoffs: for the filtered list, and for the latest ones below the calls. */

import { h, keyed, put, say } from "./dom.js";
import { setBadge, stateBadge, when, who } from "./parts.js";
import { toHandoff, toHandoffs } from "./router.js";
import { cells, tableOf } from "./table.js";
import { asker, span } from "./words.js";

const FIGURES = ["Took", "To target", "On hold", "Music", "Seam", "Silence"];
const COLUMNS = ["When", "From → to", "Reason", "Asked for by", "State", ...FIGURES];

/** Returns { node, update(handoffs) }. Without handoffs the table is hidden. */
export function handoffTable(caption, roster) {
  const body = h("tbody", { role: "rowgroup" });
  const node = tableOf(caption, COLUMNS, body);
  const update = (handoffs) => {
    keyed(
      body,
      handoffs,
      (handoff) => handoff.id,
      (handoff) => row(handoff, roster),
    );
    node.hidden = handoffs.length === 0;
  };
  return { node, update };
}

/** The latest few, below a heading that links to all of them. Returns the same. */
export function latestHandoffs(roster) {
  const table = handoffTable("The latest handoffs", roster);
  const all = h("a", { class: "quiet-link", href: toHandoffs() }, "All handoffs");
  const heading = h("div", { class: "headed" }, h("h2", {}, "Latest handoffs"), all);
  const node = h("section", { class: "latest", "aria-label": "Latest handoffs" }, heading, table.node);
  const update = (handoffs) => {
    table.update(handoffs);
    node.hidden = handoffs.length === 0;
  };
  update([]);
  return { node, update };
}

function row(first, roster) {
  const state = stateBadge(first.state);
  const figures = FIGURES.map(() => h("span", { class: "number" }));
  const way = h("span", { class: "way" });
  const link = h("a", { class: "row-link", href: toHandoff(first.id) }, when(first.requested_at));
  const reason = h("span", { class: "clip" }, first.reason);
  const node = h(
    "tr",
    { role: "row" },
    cells(COLUMNS, [link, way, reason, asker(first.requested_by), state, ...figures]),
  );
  let target = null;
  const update = (handoff) => {
    setBadge(state, handoff.state);
    const took_ms = handoff.ended_at === null ? null : handoff.ended_at - handoff.requested_at;
    const { time_to_target_ms, on_hold_ms, music_ms, seam_ms, silence_ms } = handoff;
    [took_ms, time_to_target_ms, on_hold_ms, music_ms, seam_ms, silence_ms].forEach((length_ms, place) =>
      say(figures[place], span(length_ms)),
    );
    if (target !== handoff.target)
      put(way, who(handoff.from_role, roster), " → ", who((target = handoff.target), roster));
  };
  return { node, update };
}
