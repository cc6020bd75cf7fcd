/** The timeline of a call as it grows: who spoke when, who held it, and the handoffs above. */

import { everySecond, now } from "../clock.js";
import { h, put, s, set } from "../dom.js";
import { who } from "../parts.js";
import { LANE, axis, bands, held, turnBars } from "./lane_shapes.js";
import { scaleOf } from "./span.js";
import { holders } from "./view.js";

const AXIS = 22;
const NAME = "Who spoke when";

/** Calls `showTurn(seq)` when a turn is clicked. Returns { node, update(told, events) }. */
export function lanes(roster, showTurn) {
  const names = h("div", { class: "lane-names", "aria-hidden": "true" });
  const picture = s("svg", { role: "img", class: "lanes" });
  const frame = h("div", { class: "lanes-frame", tabindex: "0", role: "group", "aria-label": NAME }, picture);
  const both = h("div", { class: "lanes-and-names" }, names, frame);
  let shown = null;

  function update(told, events) {
    shown = { told, events };
    draw();
  }

  function draw() {
    if (!shown) return;
    const { told, events } = shown;
    const speakers = speakersOf(told);
    const rows = told.handoffs.length ? ["handoff", ...speakers] : speakers;
    showNames(rows);
    const zero = told.call.started_at;
    const end = told.call.ended_at ?? now();
    const scale = scaleOf(end - zero, frame.clientWidth - 2);
    const bottom = rows.length * LANE;
    const place = { x: (at) => scale.x(at - zero), y: (row) => rows.indexOf(row) * LANE, bottom };
    const follows = frame.scrollWidth - frame.scrollLeft - frame.clientWidth < LANE;
    set(picture, { width: scale.width, height: bottom + AXIS, "aria-label": described(told, speakers) });
    put(
      picture,
      axis(scale, place),
      held(told, place, end, roster),
      turnBars(told, place, roster, showTurn),
      bands(told.handoffs, events, place, end, scale.width),
      told.call.ended_at === null && s("path", { class: "now", d: `M${place.x(end)} 0V${bottom}` }),
    );
    if (follows) frame.scrollLeft = frame.scrollWidth;
  }

  function showNames(rows) {
    if (names.dataset.rows === rows.join()) return;
    names.dataset.rows = rows.join();
    const name = (row) => (row === "handoff" ? h("span", { class: "quiet" }, row) : who(row, roster));
    put(
      names,
      rows.map((row) => h("div", {}, name(row))),
    );
  }

  new ResizeObserver(draw).observe(frame);
  everySecond(both, () => shown?.told.call.ended_at === null && draw());
  return { node: h("section", { class: "card", "aria-label": NAME }, both), update };
}

/** The caller, then the roles in the order in which they held the call, then anybody else who has spoken. */
function speakersOf(told) {
  const held = holders(told).map((one) => one.role);
  return [...new Set(["caller", ...held, ...told.turns.map((turn) => turn.speaker)])];
}

function described(told, speakers) {
  const spoken = (name) => told.turns.filter((turn) => turn.speaker === name).length;
  const counts = speakers.map((name) => `${name} ${spoken(name)}`);
  return `Timeline of who spoke when. Turns: ${counts.join(", ")}. The transcript has the words.`;
}
