/** Text for the agent: to say aloud, to answer as if the caller had said it, or to know privately. */

import { h, newId, say, set } from "../dom.js";
import { newKey } from "../http.js";
import { problemWords } from "../problems.js";
import { LONGEST_WORDS } from "./blocked_reasons.js";

const WAYS = [
  ["say", "Say", "The agent says this to the caller, word for word."],
  ["ask", "Ask", "The agent answers as if the caller had said this."],
  ["note", "Note", "Only the agent knows this, from now on."],
];

const TELLS =
  "Say: spoken word for word. Ask: answered as if the caller had said it. Note: only the agent knows it.";

/** `send(way, words, key)` makes the request; a draft outlives a reload. Returns { node, update(reasons), focus() }. */
export function composer(callId, send) {
  const draft = `baton.draft.${callId}`;
  const hint = h("p", { class: "hint", id: newId("hint") }, TELLS);
  const refused = h("p", { class: "notice", role: "alert", hidden: true });
  const area = h("textarea", {
    id: newId("words"),
    rows: 2,
    maxlength: LONGEST_WORDS,
    dir: "auto",
    "aria-describedby": hint.id,
  });
  let key = newKey(); // belongs to this text: sent twice, it is one request
  area.value = sessionStorage.getItem(draft) ?? "";
  area.addEventListener("input", () => {
    sessionStorage.setItem(draft, area.value);
    key = newKey();
  });
  area.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) buttons.get("say").click();
  });
  const buttons = new Map(WAYS.map(([way, words, does]) => [way, button(way, words, does)]));

  function button(way, words, does) {
    const node = h(
      "button",
      { type: "button", title: does, "aria-describedby": hint.id, class: way === "say" ? "strong" : null },
      words,
    );
    node.addEventListener("click", () => node.getAttribute("aria-disabled") || submit(way, node));
    return node;
  }

  async function submit(way, node) {
    if (!area.value.trim()) return area.focus();
    if (node.getAttribute("aria-busy")) return;
    set(node, { "aria-busy": "true" });
    refused.hidden = true;
    try {
      await send(way, area.value, `${way}-${key}`);
      area.value = "";
      sessionStorage.removeItem(draft);
      key = newKey();
    } catch (problem) {
      say(refused, problemWords(problem));
      refused.hidden = false;
    } finally {
      set(node, { "aria-busy": null });
      area.focus();
    }
  }

  function update(reasons) {
    for (const [way, node] of buttons) set(node, { "aria-disabled": reasons[way] ? "true" : null });
    const all = [...new Set([...buttons.keys()].map((way) => reasons[way]))];
    area.readOnly = all.length === 1 && all[0] !== null;
    set(hint, { class: all[0] ? "hint blocked" : "hint" });
    say(hint, told(reasons, all));
  }

  function told(reasons, all) {
    if (all.length === 1) return all[0] ?? TELLS;
    return `Say and Ask: ${reasons.say} Note: only the agent knows it.`;
  }

  const label = h("label", { for: area.id, class: "unseen" }, "Words for the agent");
  const node = h(
    "div",
    { class: "composer" },
    label,
    area,
    h("div", { class: "buttons" }, [...buttons.values()]),
    hint,
    refused,
  );
  const focus = () => {
    area.scrollIntoView({ block: "center" });
    area.focus({ preventScroll: true });
  };
  return { node, update, focus };
}
