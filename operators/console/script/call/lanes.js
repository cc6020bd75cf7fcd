/** The picture of a call, growing: who spoke when, who held it, and the handoffs above. */

import { everySecond, now } from "../clock.js";
import { h, put, s, set } from "../dom.js";
import { hue, who } from "../parts.js";
import { STEPS, duration, span } from "../words.js";
import { scaleOf } from "./span.js";
import { reached } from "./steps.js";
import { holders } from "./view.js";

const LANE = 30;
const BAR = 14;
const AXIS = 22;
const THINNEST = 3;
const CHARACTER = 6.6; // px, as wide as one may be

/** `showTurn(seq)` is called for a turn that is clicked. Returns { node, update(told, events) }. */
export function lanes(roster, showTurn) {
  const names = h("div", { class: "lane-names", "aria-hidden": "true" });
  const picture = s("svg", { role: "img", class: "lanes" });
  const frame = h("div", { class: "lanes-frame", tabindex: "0", role: "group", "aria-label": "Who spoke when" }, picture);
  const node = h("div", { class: "lanes-and-names" }, names, frame);
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
    const named = rows.join();
    if (names.dataset.rows !== named) {
      names.dataset.rows = named;
      put(names, rows.map((row) => h("div", {}, row === "handoff" ? h("span", { class: "quiet" }, "handoff") : who(row, roster))));
    }
    const zero = told.call.started_at;
    const end = told.call.ended_at ?? now();
    const scale = scaleOf(end - zero, frame.clientWidth - 2);
    const follows = frame.scrollWidth - frame.scrollLeft - frame.clientWidth < LANE;
    const height = rows.length * LANE + AXIS;
    set(picture, { width: scale.width, height, viewBox: `0 0 ${scale.width} ${height}`, "aria-label": described(told, speakers) });
    const place = { x: (at) => scale.x(at - zero), y: (row) => rows.indexOf(row) * LANE, bottom: rows.length * LANE };
    put(picture, axis(scale, place), held(told, place, end, roster), turnBars(told, place, roster, showTurn),
      bands(told.handoffs, events, place, end, scale.width),
      told.call.ended_at === null && s("path", { class: "now", d: `M${place.x(end)} 0V${place.bottom}` }));
    if (follows) frame.scrollLeft = frame.scrollWidth;
  }

  new ResizeObserver(draw).observe(frame);
  everySecond(node, () => shown?.told.call.ended_at === null && draw());
  return { node: h("section", { class: "card", "aria-label": "Who spoke when" }, node), update };
}

/** The caller, then the roles in the order in which they held the call, then whoever else has spoken. */
function speakersOf(told) {
  return [...new Set(["caller", ...holders(told).map((one) => one.role), ...told.turns.map((turn) => turn.speaker)])];
}

function described(told, speakers) {
  const counts = speakers.map((name) => `${name} ${told.turns.filter((turn) => turn.speaker === name).length}`);
  return `Lanes of who spoke when; times spoken: ${counts.join(", ")}. The transcript has the words.`;
}

function axis(scale, { bottom }) {
  return scale.ticks_ms.map((at) => [
    s("path", { class: "rule", d: `M${scale.x(at)} 0V${bottom + 4}` }),
    s("text", { class: at === 0 ? "tick first" : "tick", x: scale.x(at), y: bottom + 17 }, duration(at)),
  ]);
}

function held(told, place, end, roster) {
  return holders(told).map(({ role, from, until }) =>
    box(`held ${hue(role, roster)}`, place.x(from), place.y(role) + 3, place.x(until ?? end) - place.x(from), LANE - 6),
  );
}

function turnBars(told, place, roster, showTurn) {
  return told.turns.map((turn) => {
    const bar = box(`said ${hue(turn.speaker, roster)}`, place.x(turn.started_at), place.y(turn.speaker) + (LANE - BAR) / 2,
      Math.max(THINNEST, place.x(turn.ended_at) - place.x(turn.started_at)), BAR);
    bar.append(s("title", {}, turn.text));
    bar.addEventListener("click", () => showTurn(turn.seq));
    return bar;
  });
}

/** Each handoff's states, and how it ended in words where the next one leaves room for them. */
function bands(handoffs, events, place, end, width) {
  const inOrder = [...handoffs].sort((one, other) => one.requested_at - other.requested_at);
  return inOrder.map((handoff, number) => {
    const next = inOrder[number + 1];
    return band(handoff, events.get(handoff.id) ?? [], place, end, next ? place.x(next.requested_at) : width);
  });
}

function band(handoff, events, place, end, room) {
  const times = reached(handoff, events);
  const until = handoff.ended_at ?? end;
  const states = STEPS.slice(0, -1).filter((state) => state in times);
  const boxes = states.map((state, number) => {
    const to = Math.min(times[states[number + 1]] ?? until, until);
    const made = box(`band state-${state}`, place.x(times[state]), place.y("handoff") + 10, Math.max(1.5, place.x(to) - place.x(times[state])), 10);
    made.append(s("title", {}, `${state} ${span(to - times[state])}`));
    return made;
  });
  if (handoff.ended_at === null) return boxes;
  const x = place.x(handoff.ended_at);
  const look = handoff.state === "completed" ? "completed" : "ended";
  return [
    boxes,
    s("path", { class: `over ${look}`, d: `M${x} 6V${place.bottom}` }),
    outcome(handoff, x, room - x),
  ];
}

function outcome(handoff, x, room) {
  const fits = outcomes(handoff).find((words) => words.length * CHARACTER + 10 <= room);
  return fits && s("text", { class: "outcome", x: x + 5, y: 19 }, fits);
}

const outcomes = (handoff) => [handoff.seam_ms !== null && `${handoff.state}, seam ${span(handoff.seam_ms)}`, handoff.state].filter(Boolean);

const box = (look, x, y, width, height) => s("rect", { class: look, x, y, width: Math.max(0, width), height, rx: Math.min(4, height / 2) });
