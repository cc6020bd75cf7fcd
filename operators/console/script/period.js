/** Periods of a list: chosen by name or by two times, kept in the address, sent in milliseconds UTC. Pure. */

export const PERIODS = [
  ["", "any time"],
  ["today", "today"],
  ["yesterday", "yesterday"],
  ["week", "the last 7 days"],
  ["pick", "pick…"],
];

/** Local midnight, so many days before the day of `now`; across a change of clocks as well. */
const midnight = (now, days) => new Date(now.getFullYear(), now.getMonth(), now.getDate() - days).getTime();

/** What the address says, as { since, until } in ms UTC; "" where it is open. */
export function periodOf({ when, since, until }, now = new Date()) {
  if (when === "today") return { since: midnight(now, 0), until: "" };
  if (when === "yesterday") return { since: midnight(now, 1), until: midnight(now, 0) };
  if (when === "week") return { since: midnight(now, 6), until: "" };
  return { since: instant(since), until: instant(until) };
}

function instant(written) {
  const at = new Date(written || NaN).getTime();
  return Number.isNaN(at) ? "" : at;
}

/** "2026-11-27T09:00Z", as the address has it, for a field of local time: "2026-11-27T10:00". */
export function toField(written) {
  const at = instant(written);
  if (at === "") return "";
  const local = new Date(at - new Date(at).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

/** The other way. In UTC, so that a link means the same moment to somebody in another time zone. */
export function fromField(local) {
  const at = instant(local);
  return at === "" ? "" : `${new Date(at).toISOString().slice(0, 16)}Z`;
}

/** "Europe/Berlin, UTC+01:00": the zone of every time that the pages show. */
export function zone(now = new Date()) {
  const minutes = -now.getTimezoneOffset();
  const two = (number) => String(Math.trunc(Math.abs(number))).padStart(2, "0");
  const offset = `UTC${minutes < 0 ? "−" : "+"}${two(minutes / 60)}:${two(minutes % 60)}`;
  const name = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return !name || name === "UTC" ? "UTC" : `${name}, ${offset}`;
}
