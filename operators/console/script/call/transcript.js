/** The transcript, with what happened in between, as it grows. */

import { h, keyed, say, set } from "../dom.js";
import { who } from "../parts.js";
import { toHandoff } from "../router.js";
import { TERMINAL_STATES, asker, clock, duration, requestIn, requestState } from "../words.js";

const NEAR_END_PX = 60;

/** Everything in a call as entries { key, at, kind, ... } in their order. Pure. */
export function entriesOf({ turns, handoffs, requests, troubles, holds, tool_uses: uses = [], lookups = [], messages = [] }) {
  return [
    ...holds.map((hold) => ({ key: `held-${hold.begun_at}`, at: hold.begun_at, kind: "held", record: hold })),
    ...holds
      .filter((hold) => hold.ended_at !== null)
      .map((hold) => ({ key: `off-hold-${hold.ended_at}`, at: hold.ended_at, kind: "offHold", record: hold })),
    ...requests.map((request) => ({
      key: request.id,
      at: request.requested_at,
      kind: "request",
      record: request,
    })),
    ...handoffs.map((handoff) => ({
      key: `${handoff.id} begins`,
      at: handoff.requested_at,
      kind: "begins",
      record: handoff,
    })),
    ...handoffs
      .filter((handoff) => TERMINAL_STATES.includes(handoff.state))
      .map((handoff) => ({ key: `${handoff.id} ends`, at: handoff.ended_at, kind: "ends", record: handoff })),
    ...troubles.map((trouble, place) => ({
      key: `trouble-${place}`,
      at: trouble.at,
      kind: "trouble",
      record: trouble,
    })),
    ...uses.map((use) => ({ key: use.id, at: use.began_at, kind: "tool", record: use })),
    ...lookups.map((event) => ({ key: `lookup-${event.id}`, at: event.at, kind: "lookup", record: event })),
    ...messages.map((message) => ({ key: message.id, at: message.left_at, kind: "message", record: message })),
    ...turns.map((turn) => ({ key: `turn-${turn.seq}`, at: turn.started_at, kind: "turn", record: turn })),
  ].sort((one, other) => one.at - other.at);
}

/** Returns { node, update(told), show(seq), focus() }. */
export function transcript(roster) {
  const list = h("ol");
  const log = h("div", { class: "transcript", role: "log", "aria-label": "Transcript", tabindex: "0" }, list);
  const empty = h("p", { class: "quiet empty" }, "Nothing has been said yet.");
  let zero = 0;

  const make = (entry) => (entry.kind === "turn" ? turnEntry(entry) : markEntry(entry));

  function stamp(at) {
    return h(
      "time",
      { class: "number quiet", datetime: new Date(at).toISOString(), title: clock(at) },
      duration(at - zero),
    );
  }

  function turnEntry({ record, at }) {
    const words = h("p", { class: "words", dir: "auto" });
    const how = (record.typed && " typed") || (record.nod && " listening");
    const speaker = h("span", {}, who(record.speaker, roster), how && h("small", { class: "quiet" }, how));
    const node = h(
      "li",
      { class: "turn", id: `turn-${record.seq}` },
      stamp(at),
      speaker,
      words,
    );
    return { node, update: (entry) => say(words, entry.record.text) };
  }

  function markEntry({ at, kind }) {
    const words = h("p", { class: "words", dir: "auto" });
    const node = h("li", { class: `mark ${kind}` }, stamp(at), words);
    const update = ({ record }) => {
      const { href } = MARKS[kind](record);
      const told = markWords({ kind, record });
      if (words.textContent === told) return;
      words.replaceChildren(href ? h("a", { href }, told) : told);
      set(node, { class: `mark ${kind} ${record.state ?? ""}` });
    };
    return { node, update };
  }

  function update(told) {
    zero = told.call.started_at;
    const entries = entriesOf(told);
    const follows = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_END_PX;
    keyed(list, entries, (entry) => entry.key, make);
    empty.hidden = entries.length > 0;
    if (follows) log.scrollTop = log.scrollHeight;
  }

  function focus() {
    log.scrollIntoView({ block: "start" });
    log.focus({ preventScroll: true });
  }

  function show(seq) {
    const found = list.querySelector(`#turn-${seq}`);
    found?.scrollIntoView({ block: "nearest" });
    found?.animate?.([{ backgroundColor: "var(--marked)" }, {}], { duration: 1200 });
  }

  return { node: h("div", { class: "transcript-frame" }, empty, log), update, show, focus };
}

/** What only a person can mend, in words; the errors are those of agents/groq/errors.py. */
const OF_THE_ACCOUNT = {
  terms_not_accepted: "nobody has accepted this model’s terms; baton doctor says where",
  day_spent: "the day’s limit of the key is spent",
  model_gone: "Groq no longer offers this model",
  voice_unknown: "the speech model has no such voice; baton doctor says which",
};

const OF_A_SPARE = {
  spare_voice: "The spare voice on this machine speaks instead of Groq’s.",
  second_ear: "The second hearing model hears instead of the first.",
};

const MARKS = {
  begins: (handoff) => ({
    before: `${asker(handoff.requested_by)} asks for a handoff from ${handoff.from_role}:`,
    quoted: handoff.reason,
    href: toHandoff(handoff.id),
  }),
  ends: (handoff) => ({ before: ended(handoff), href: toHandoff(handoff.id) }),
  request: (request) => ({
    before: `${request.requested_by} ${requestIn(request.kind)}${request.words ? ":" : ""}`,
    quoted: request.words,
    after: `(${requestState(request)})`,
  }),
  held: (hold) => ({ before: `${hold.begun_by} put the caller on hold.` }),
  offHold: (hold) => ({
    before: `Off hold after ${duration(hold.ended_at - hold.begun_at)} (${hold.ended_with}).`,
  }),
  message: ({ for_whom: whom, from_role: took, role, words, state, person }) => ({
    before: `${took} took a message for ${whom ? `${whom}, ` : ""}${role}:`,
    quoted: words,
    after: `(${state === "open" ? "nobody has it yet" : `${state} by ${person}`})`,
  }),
  tool: (use) => ({ before: `${use.role} used ${use.tool}: ${toolEnd(use)}.` }),
  lookup: (event) => ({ before: lookedUp(event) }),
  trouble: (trouble) => ({
    before: troubleIn(trouble),
  }),
};

/** What happened between two turns, in words. */
export function markWords({ kind, record }) {
  const { before, quoted, after } = MARKS[kind](record);
  return [before, quoted && `“${quoted}”`, after].filter(Boolean).join(" ");
}

/** What an agent found in its role's documents; an outcome is one of persistence/records.py's Lookup. */
function lookedUp({ subject, moved_to: outcome }) {
  if (outcome === "found") return `Looked up: ${subject}.`;
  return outcome === "nothing" ? `Found nothing in ${subject}.` : `Could not look anything up in ${subject}.`;
}

/** How a role's own tool ended; a state is one of persistence/records.py's ToolUseState. */
function toolEnd({ state, began_at: began, ended_at: ended }) {
  if (state === "begun") return "no answer yet";
  const meaning = { done: "done", failed: "not done", late: "no answer in time", unknown: "nobody knows whether it was done" };
  return `${meaning[state] ?? state} after ${duration(ended - began)}`;
}

function troubleIn({ part, error }) {
  if (error === "works_again") return `Groq serves again (${part}).`;
  return OF_A_SPARE[error] ?? `Groq failed (${part}): ${OF_THE_ACCOUNT[error] ?? error}`;
}

function ended(handoff) {
  return handoff.state === "completed"
    ? `Handed over to ${handoff.target}.`
    : `The handoff to ${handoff.target} ended: ${handoff.state}.`;
}
