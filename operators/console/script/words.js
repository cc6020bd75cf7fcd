/** Records as text. Pure: no page, no service. */

export const OPEN_STATES = ["requested", "dispatching", "briefing", "accepted"];
export const STEPS = [...OPEN_STATES, "completed"];
export const TERMINAL_STATES = ["completed", "declined", "unanswered", "failed", "cancelled", "abandoned"];

export const isOpen = (handoff) => handoff.ended_at === null;

/** What each state of a handoff means, as in docs/architecture.md. */
export const STATE_MEANS = {
  requested: "recorded; nothing has been done yet",
  dispatching: "the target has been called",
  briefing: "the target has joined and is being briefed",
  accepted: "the target said yes",
  completed: "the target holds the call",
  declined: "the target said no",
  unanswered: "nobody answered in time",
  failed: "something broke",
  cancelled: "somebody cancelled it",
  abandoned: "the caller left",
};

const ENDED_HOW = {
  caller_left: "the caller left",
  goodbye: "they said goodbye",
  silent: "the caller fell silent",
  too_long: "it reached the maximum duration",
  no_caller: "no caller came",
  operator: "an operator ended it",
  call_back: "a call back was promised",
  gave_up: "the caller gave up in line",
  transferred: "the caller left for a person's telephone",
  failed: "Baton could not continue",
};

export const ENDINGS = Object.keys(ENDED_HOW);

export const endedHow = (how) => ENDED_HOW[how] ?? how;

const CALL_BACK = {
  promised: "a call back was promised",
  cut_off: "the caller was cut off",
  lost: "they hung up while no agent was there",
  left_waiting: "they hung up while they waited",
  not_reached: "their handoff reached nobody",
};

/** Why somebody has to call the caller back. */
export const callBackWhy = (call) => CALL_BACK[call.call_back] ?? call.call_back;

/** The caller's name; without one, the number; without that, the identity in the room. */
export const callerName = (call) => call.caller_name || call.caller_number || call.caller || "nobody yet";

const REQUESTS = {
  say: "had the agent say",
  ask: "asked the agent, as if the caller had",
  note: "told the agent privately",
  keys: "asked to press keys",
  end: "ended the call",
};

export const requestIn = (kind) => REQUESTS[kind] ?? kind;

const REQUEST_STATES = {
  requested: "not yet taken by the agent",
  taken: "the agent is working on it",
  done: "done",
  failed: "failed",
};

export const requestState = (request) =>
  request.state === "failed" && request.reason
    ? `failed: ${request.reason}`
    : (REQUEST_STATES[request.state] ?? request.state);

/** 65_000 → "1:05". */
export function duration(length_ms) {
  const seconds = Math.max(0, Math.floor(length_ms / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** 269 → "269 ms", 9_300 → "9.3 s"; nothing for what was not measured. */
export function span(length_ms) {
  if (length_ms === null || length_ms === undefined) return "";
  return Math.abs(length_ms) < 1000 ? `${length_ms} ms` : `${(length_ms / 1000).toFixed(1)} s`;
}

const CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: "medium", hourCycle: "h23" });
const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });

export const clock = (at) => CLOCK.format(at);

/** "14:03:22" for today, otherwise with the date in front. */
export function moment(at, now) {
  return DAY.format(at) === DAY.format(now) ? clock(at) : `${DAY.format(at)}, ${clock(at)}`;
}

/** Who asked for a handoff: "model", "rule" and "deploy" are not names of people. */
export const asker = (name) => ({ model: "the model", rule: "a rule", deploy: "a deploy" })[name] ?? name;

export const plural = (count, one, many) => `${count} ${count === 1 ? one : many}`;
