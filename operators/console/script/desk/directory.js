/** Who is there to hand a caller over to, or to ask into a talk; it changes while the person talks. */

import { h } from "../dom.js";
import { get } from "../http.js";
import { valueOf } from "../targets.js";

const LOOK_MS = 10_000;
const STATES = { wrapping_up: "wrapping up" };

/** Calls each of `shows` with `(places, me)`, now and after every look-up. Returns { close() }. */
export function directoryOf({ tell, shows }) {
  async function look() {
    const { places, person } = await get("/desk/directory");
    for (const show of shows) show(places, person);
  }
  look().catch(tell);
  const timer = setInterval(() => look().catch(() => null), LOOK_MS);
  return { close: () => clearInterval(timer) };
}

/** A role, with its queue as words. */
export const roleOption = (place, chosen) =>
  h("option", { value: place.role, selected: place.role === chosen }, place.name, aboutOf(place));

/** A role's people but `me`; who is not available cannot be chosen. */
export const peopleOptions = (place, me, chosen) =>
  place.people.filter(({ person }) => person !== me).map((one) => optionOf(place, one, chosen));

function optionOf({ role, name }, { person, state, reason }, chosen) {
  const value = valueOf(role, person);
  const where = [STATES[state] ?? state, reason].filter(Boolean).join(": ");
  const disabled = state !== "available";
  return h("option", { value, disabled, selected: value === chosen && !disabled }, `${person}, ${name} (${where})`);
}

function aboutOf({ available, waiting }) {
  if (available === null) return "";
  const queue = waiting === 1 ? "1 caller waits" : `${waiting} callers wait`;
  return available ? ` (${available} available, ${queue})` : ` (all busy, ${queue})`;
}
