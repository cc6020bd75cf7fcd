/** The small parts that all pages share. */

import { everySecond, now } from "./clock.js";
import { h, say, set } from "./dom.js";
import { STATE_MEANS, duration, moment } from "./words.js";

const HUES = 6;

/** The colour of a speaker: one for the caller, one for each role by its place in the roster. */
export function hue(speaker, roster) {
  if (speaker === "caller") return "hue-caller";
  const place = roster.findIndex((role) => role.role === speaker);
  return place < 0 ? "hue-other" : `hue-${place % HUES}`;
}

/** A role or the caller, by name and colour. */
export function who(speaker, roster) {
  const role = roster.find((one) => one.role === speaker);
  return h("span", { class: `who ${hue(speaker, roster)}`, title: role ? role.name : null }, speaker);
}

/** A handoff's state as a word with a mark, and its meaning as a tooltip. */
export function stateBadge(state) {
  return h("span", { class: `badge state-${state}`, title: STATE_MEANS[state] ?? null }, state);
}

export function setBadge(node, state) {
  set(node, { class: `badge state-${state}`, title: STATE_MEANS[state] ?? null });
  say(node, state);
}

/** A point in time, readable for people and programs. */
export const when = (at) => h("time", { datetime: new Date(at).toISOString() }, moment(at, now()));

/** How long a call has lasted, ticking while it is open. `call()` returns its current record. */
export function lasting(call) {
  return everySecond(h("span", { class: "number" }), (node) => {
    const { started_at, ended_at } = call();
    say(node, duration((ended_at ?? now()) - started_at));
  });
}

/** Whether a caller waits in line for an agent. */
export const waitsInLine = (call) => call.ended_at === null && call.queued_at !== null && call.admitted_at === null;

/** How long a caller has waited in line or on hold, ticking; or that the agent is lost. Null: somebody talks with them. */
export function needsSomebody(call) {
  const since = waitsInLine(call) ? call.queued_at : call.held_at;
  if (call.ended_at !== null || (since === null && call.lost_at === null)) return null;
  const why =
    since === null
      ? "the agent is lost"
      : [
          waitsInLine(call) ? "in line " : "on hold ",
          everySecond(h("span", { class: "number" }), (node) => say(node, duration(now() - since))),
        ];
  return h("strong", { class: "badge needs", title: call.held_by && `put on hold by ${call.held_by}` }, why);
}

/** A heading, and what stands beside it. */
export const headed = (words, ...beside) => h("div", { class: "headed" }, h("h1", {}, words), beside);

export const card = (heading, ...content) =>
  h("section", { class: "card", "aria-label": heading }, h("h2", {}, heading), content);

/** A list of facts from [name, value] pairs. Null values are left out. */
export function facts(pairs) {
  const shown = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return h(
    "dl",
    { class: "facts" },
    shown.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))),
  );
}

/** Shows the problems of a whole page. */
export function noticeOf() {
  const node = h("p", { class: "notice", role: "alert", hidden: true });
  return {
    node,
    tell(words) {
      say(node, words ?? "");
      node.hidden = !words;
    },
  };
}
