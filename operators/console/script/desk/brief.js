/** What is known of the caller, as elements: the matter, facts with who told them, and turns. */

import { h } from "../dom.js";

const SOURCES = { said: "said in the call", token: "from their account", tool: "looked up" };

export const matterOf = (words) => h("p", { class: "matter" }, words || "Nothing is known of the matter yet.");

export function factsOf(facts) {
  if (!facts.length) return null;
  return h(
    "dl",
    { class: "facts" },
    facts.map(({ name, value, source }) => [
      h("dt", {}, name),
      h("dd", {}, value, " ", h("span", { class: "quiet" }, `(${SOURCES[source] ?? source})`)),
    ]),
  );
}

export const turnOf = ({ speaker, words }) => h("li", {}, h("b", {}, `${speaker || "Caller"}: `), words);

export const turnsOf = (turns) => h("ol", { class: "said" }, turns.map(turnOf));
