/** The summary that the target was given, from the model or the digest. */

import { card, facts } from "./parts.js";
import { h } from "./dom.js";

const NAMES = { matter: "Matter", done: "Done so far", wanted: "Wanted", mood: "Mood" };

/** A card, or null if there is no summary. */
export function summaryOf(handoff) {
  if (!handoff.summary) return null;
  const source = h(
    "p",
    { class: "quiet" },
    handoff.summary_source === "model"
      ? "Summarised by the model."
      : "Put together without the model, which was late or failed.",
  );
  return card("Summary for the target", contentOf(handoff.summary), source);
}

function contentOf(summary) {
  let told;
  try {
    told = JSON.parse(summary);
  } catch {
    return h("p", {}, summary);
  }
  const { facts: known = {}, ...rest } = told;
  return facts([
    ...Object.entries(rest).map(([name, value]) => [
      NAMES[name] ?? name,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
    ...pairsOf(known),
  ]);
}

/** Facts, as a mapping or a list of { name, value }. */
const pairsOf = (known) =>
  Array.isArray(known) ? known.map((fact) => [fact.name, fact.value]) : Object.entries(known);
