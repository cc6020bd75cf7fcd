/** The buttons for everything an operator can do to a call. Each says what it does, or why it cannot. */

import { h, newId, say, set } from "../dom.js";
import { common, blockedReasons } from "./blocked_reasons.js";

const GROUPS = [
  [
    "Handoff",
    [
      ["handOver", "Hand over…", "A warm handoff to another role."],
      ["takeBack", "Take back…", "A warm handoff back to a role that held the call before."],
      ["approve", "Approve", "Lets the target, which has accepted, take over."],
      ["redirect", "Redirect…", "Sends the open handoff to another role."],
      ["cancel", "Cancel handoff", "The call stays with its holder."],
    ],
  ],
  [
    "Hold",
    [
      ["hold", "Put on hold", "The agent falls silent, and the caller hears music until somebody acts."],
      ["resume", "Resume", "The agent talks with the caller again."],
    ],
  ],
  ["Telephone", [["keys", "Press keys…", "For a menu that has answered, at one end of the call alone."]]],
  ["Listening", [["listen", "Listen in", "Hear the call. Nobody in it can see or hear you."]]],
  [
    "Stepping in",
    [
      ["coach", "Whisper", "Only the person who has the call hears you; a model takes it as a note."],
      ["barge", "Speak with the caller", "The caller hears you. A person speaks on; a model is silent."],
      ["takeOver", "Take over", "You speak with the caller. A person is let go; a model is silent."],
      ["giveBack", "Give back", "You only listen again, and the call continues without you."],
    ],
  ],
  ["End", [["end", "End call…", "The agent says goodbye, and the room is closed."]]],
];

const DANGEROUS = new Set(["end"]);
const AWAITED = new Set(["approve", "resume"]); // highlighted when somebody waits for them

/** A button calls `acts[name]()`. Returns { node, update(view), reasons }. */
export function actsPanel(acts) {
  const once = h("p", { class: "notice", id: newId("blocked"), hidden: true });
  const rows = new Map();
  const groups = GROUPS.map(([heading, list]) =>
    h(
      "div",
      { class: "act-group", role: "group", "aria-label": heading },
      h("h3", {}, heading),
      list.map((one) => row(...one)),
    ),
  );

  function row(name, words, does) {
    const hint = h("p", { class: "hint", id: newId("act") }, does);
    const button = h(
      "button",
      { type: "button", class: DANGEROUS.has(name) ? "danger" : null, "aria-describedby": hint.id },
      words,
    );
    button.addEventListener("click", () => button.getAttribute("aria-disabled") || acts[name](button));
    rows.set(name, { button, hint, does });
    return h("div", { class: "act" }, button, hint);
  }

  function update(view) {
    const reasons = blockedReasons(view);
    const told = common(reasons);
    once.hidden = told === null;
    say(once, told ?? "");
    for (const [name, { button, hint, does }] of rows) {
      const reason = reasons[name];
      const asAll = reason !== null && reason === told;
      if (AWAITED.has(name)) set(button, { class: reason ? null : "strong" });
      set(button, { "aria-disabled": reason ? "true" : null, "aria-describedby": asAll ? once.id : hint.id });
      set(hint, { class: reason && !asAll ? "hint blocked" : "hint" });
      say(hint, asAll ? does : (reason ?? does));
    }
    return reasons;
  }

  const node = h(
    "section",
    { class: "card acts", "aria-label": "What you can do" },
    h("h2", {}, "What you can do"),
    once,
    groups,
  );
  return { node, update, button: (name) => rows.get(name).button };
}
