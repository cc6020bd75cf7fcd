/** A handoff's steps as it reaches them: requested, dispatching, briefing, accepted, completed. */

import { h, put, say, set } from "../dom.js";
import { setBadge, stateBadge, who } from "../parts.js";
import { toHandoff } from "../router.js";
import { STATE_MEANS, STEPS, TERMINAL_STATES, asker, clock, span } from "../words.js";

/** When each state of the current attempt began, from the handoff's events; ms UTC by state. Pure. */
export function reached(handoff, events) {
  const times = { requested: handoff.requested_at };
  for (const event of events) {
    if (event.kind !== "handoff" || event.subject !== handoff.id) continue;
    if (event.moved_to === "dispatching") {
      for (const state of STEPS.slice(2)) delete times[state]; // the next attempt starts over
    }
    times[event.moved_to] = event.at;
  }
  return times;
}

/** `linked`: with a link to the handoff's own page. Returns { node, update(handoff, events) }. */
export function handoffSteps(roster, { linked = true } = {}) {
  const way = h("p", { class: "way" });
  const badge = stateBadge("requested");
  const about = h("p", { class: "about" });
  const more = h("ul", { class: "remarks" });
  const marks = STEPS.map(step);
  const ending = step("failed");
  const list = h(
    "ol",
    { class: "steps" },
    marks.map((mark) => mark.node),
    ending.node,
  );
  let shown = null;

  function update(handoff, events) {
    const times = reached(handoff, events);
    setBadge(badge, handoff.state);
    const head = [handoff.from_role, handoff.target, handoff.redirect_to, handoff.state].join();
    if (head !== shown) {
      shown = head;
      put(
        way,
        who(handoff.from_role, roster),
        " → ",
        who(handoff.target, roster),
        redirected(handoff, roster),
        " ",
        badge,
        " ",
        linked && h("a", { class: "quiet-link", href: toHandoff(handoff.id) }, "Attempts and events"),
      );
    }
    say(about, `“${handoff.reason}”, asked for by ${asker(handoff.requested_by)}`);
    put(
      more,
      remarks(handoff).map((remark) => h("li", {}, remark)),
    );
    more.hidden = !more.firstChild;
    const last = TERMINAL_STATES.includes(handoff.state);
    STEPS.forEach((state, place) =>
      marks[place].show(lookOf(state, handoff.state, times), gone(handoff, times, state)),
    );
    ending.node.hidden = !last || handoff.state === "completed";
    if (!ending.node.hidden) ending.rename(handoff.state, gone(handoff, times, handoff.state));
    marks.at(-1).node.hidden = !ending.node.hidden;
  }

  return { node: h("div", { class: "handoff" }, way, about, list, more), update };
}

function lookOf(state, current, times) {
  if (state === current) return state === "completed" ? "done" : "now";
  return state in times ? "done" : "not-yet";
}

function gone(handoff, times, state) {
  if (state === "requested") return clock(handoff.requested_at);
  return state in times ? `+${span(times[state] - handoff.requested_at)}` : "";
}

const TOLD = { done: "reached", now: "current step", "not-yet": "not yet", ended: "ended here" };

function step(state) {
  const name = h("b", {}, state);
  const time = h("span", { class: "number quiet" });
  const told = h("span", { class: "unseen" });
  const node = h(
    "li",
    { title: STATE_MEANS[state] },
    h("i", { "aria-hidden": "true" }),
    name,
    time,
    " ",
    told,
  );
  const show = (look, when) => {
    set(node, { class: `step ${look}`, "aria-current": look === "now" ? "step" : null });
    say(time, when);
    say(told, TOLD[look]);
  };
  const rename = (ended, when) => {
    say(name, ended);
    set(node, { title: STATE_MEANS[ended] });
    show("ended", when);
  };
  return { node, show, rename };
}

const redirected = (handoff, roster) => handoff.redirect_to && [" ⇢ ", who(handoff.redirect_to, roster)];

function remarks(handoff) {
  return [
    handoff.note && `Note from ${handoff.requested_by}: “${handoff.note}”`,
    handoff.redirected_by && redirection(handoff),
    handoff.redirect_note && `Note from ${handoff.redirected_by}: “${handoff.redirect_note}”`,
    handoff.completes === "operator" &&
      (handoff.approved_by ? `Approved by ${handoff.approved_by}.` : waits(handoff)),
    measured(handoff),
  ].filter(Boolean);
}

function redirection({ redirected_by, redirect_to, target, redirect_reason }) {
  const why = redirect_reason ? `: “${redirect_reason}”` : ".";
  return `${redirected_by} redirected it to ${redirect_to ?? target}${why}`;
}

/** What the caller heard of it, in one line; only what was measured. */
function measured({ on_hold_ms, music_ms, time_to_target_ms, silence_ms, seam_ms }) {
  const figures = [
    ["On hold", on_hold_ms, music_ms ? ` (with music: ${span(music_ms)})` : ""],
    ["Target speaks after", time_to_target_ms],
    ["Longest silence for the caller", silence_ms],
    ["Seam between the agents", seam_ms],
  ];
  return figures
    .filter(([, length_ms]) => length_ms !== null)
    .map(([name, length_ms, more = ""]) => `${name}: ${span(length_ms)}${more}.`)
    .join(" ");
}

const waits = (handoff) =>
  handoff.state === "accepted"
    ? "Waiting for an operator's approval."
    : "Completes after an operator's approval.";
