/** The shapes of a call's timeline. `place` maps a time to x and a row to y, in pixels. */

import { s } from "../dom.js";
import { hue } from "../parts.js";
import { STEPS, duration, span } from "../words.js";
import { reached } from "./steps.js";
import { holders } from "./view.js";

export const LANE = 30;
const BAR = 14;
const BAND = 10;
const THINNEST = 3;
const CHARACTER = 6.6; // px, the widest character

export function axis(scale, { bottom }) {
  return scale.ticks_ms.map((at) => [
    s("path", { class: "rule", d: `M${scale.x(at)} 0V${bottom + 4}` }),
    s("text", { class: at === 0 ? "tick first" : "tick", x: scale.x(at), y: bottom + 17 }, duration(at)),
  ]);
}

/** When each role held the call. */
export function held(told, place, end, roster) {
  return holders(told).map(({ role, from, until }) => {
    const [left, right] = [place.x(from), place.x(until ?? end)];
    return box(`held ${hue(role, roster)}`, left, place.y(role) + 3, right - left, LANE - 6);
  });
}

/** When each turn was said. */
export function turnBars(told, place, roster, showTurn) {
  return told.turns.map((turn) => {
    const [left, right] = [place.x(turn.started_at), place.x(turn.ended_at)];
    const look = `said ${hue(turn.speaker, roster)}`;
    const bar = box(
      look,
      left,
      place.y(turn.speaker) + (LANE - BAR) / 2,
      Math.max(THINNEST, right - left),
      BAR,
    );
    bar.append(s("title", {}, turn.text));
    bar.addEventListener("click", () => showTurn(turn.seq));
    return bar;
  });
}

/** Each handoff's states, and how it ended in words if the next one leaves room. */
export function bands(handoffs, events, place, end, width) {
  const inOrder = [...handoffs].sort((one, other) => one.requested_at - other.requested_at);
  return inOrder.map((handoff, number) => {
    const next = inOrder[number + 1];
    const room = next ? place.x(next.requested_at) : width;
    return [states(handoff, events.get(handoff.id) ?? [], place, end), ending(handoff, place, room)];
  });
}

function states(handoff, events, place, end) {
  const times = reached(handoff, events);
  const until = handoff.ended_at ?? end;
  const begun = STEPS.slice(0, -1).filter((state) => state in times);
  return begun.map((state, number) => {
    const to = Math.min(times[begun[number + 1]] ?? until, until);
    const [left, right] = [place.x(times[state]), place.x(to)];
    const band = box(
      `band state-${state}`,
      left,
      place.y("handoff") + BAND,
      Math.max(1.5, right - left),
      BAND,
    );
    band.append(s("title", {}, `${state} ${span(to - times[state])}`));
    return band;
  });
}

function ending(handoff, place, room) {
  if (handoff.ended_at === null) return null;
  const x = place.x(handoff.ended_at);
  const look = handoff.state === "completed" ? "over completed" : "over ended";
  const fits = endings(handoff).find((words) => words.length * CHARACTER + 10 <= room - x);
  return [
    s("path", { class: look, d: `M${x} 6V${place.bottom}` }),
    fits ? s("text", { class: "outcome", x: x + 5, y: 19 }, fits) : null,
  ];
}

function endings({ state, seam_ms }) {
  return seam_ms === null ? [state] : [`${state}, seam ${span(seam_ms)}`, state];
}

function box(look, x, y, width, height) {
  return s("rect", { class: look, x, y, width: Math.max(0, width), height, rx: Math.min(4, height / 2) });
}
