/** Whom a call is handed over to, as a choice's value: a role, or one of its people by name. Pure. */

export const valueOf = (role, person) => `${role}\n${person}`;

/** "care" → { target: "care" }; valueOf("care", "Mia") → { target: "care", person: "Mia" }. */
export function chosenIn(value) {
  const [target, person] = value.split("\n");
  return person ? { target, person } : { target };
}
