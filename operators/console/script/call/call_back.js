/** Whether somebody has to call the caller back: why, at which number, and who has done it. */

import { askFor } from "../dialog.js";
import { h, newId, put, say, set } from "../dom.js";
import { post } from "../http.js";
import { when } from "../parts.js";
import { callBackWhy } from "../words.js";
import { showNumber } from "./after_end.js";
import { alwaysBlocked } from "./blocked_reasons.js";

/** `done()` is called when the operator has marked it. Returns { node, number, update(view) }. */
export function callBackBox(done) {
  const heading = h("h2");
  const why = h("p");
  const number = h("a", { class: "button strong" });
  const hint = h("p", { class: "hint blocked", id: newId("blocked") });
  const mark = h("button", { type: "button", "aria-describedby": hint.id }, "Mark as called back…");
  const buttons = h("div", { class: "buttons" }, number, mark);
  const node = h("section", { class: "card call-back-box", "aria-label": "Call back", hidden: true }, [
    heading,
    why,
    buttons,
    hint,
  ]);
  let shown = null;
  let call = null;

  mark.addEventListener("click", () => mark.getAttribute("aria-disabled") || ask());

  async function ask() {
    const marked = await askFor({
      title: "Mark as called back?",
      lead: "Everybody sees that you called this caller back. The call leaves the list of those to call back.",
      confirm: "Mark as called back",
      act: () => post(`/calls/${encodeURIComponent(call.id)}/called-back`),
    });
    if (marked) done();
  }

  function update(view) {
    call = view.call;
    node.hidden = !call.call_back;
    if (node.hidden) return;
    const over = call.called_back_at !== null;
    set(node, { class: over ? "card call-back-box done" : "card call-back-box" });
    say(heading, over ? "Called back" : "Call back");
    if (shown !== over) put(why, over ? doneWords(call) : whyWords(view));
    shown = over;
    showNumber(number, call);
    buttons.hidden = over;
    const blocked = alwaysBlocked(view);
    set(mark, { "aria-disabled": blocked ? "true" : null });
    say(hint, blocked ?? "");
    hint.hidden = over || !blocked;
  }

  return { node, update, number };
}

const doneWords = (call) => [h("bdi", {}, call.called_back_by), " called back: ", when(call.called_back_at), "."];

function whyWords({ call, handoffs }) {
  const known = call.caller_number ? null : " No telephone number is known.";
  return [capital(toTarget(call, handoffs) ?? callBackWhy(call)), ".", known];
}

/** The reason with the role that they did not reach, if a handoff is the reason. */
function toTarget({ call_back }, handoffs) {
  const asked = handoffs.filter((one) => one.requested_by !== "deploy");
  const last = asked.sort((one, other) => other.requested_at - one.requested_at)[0];
  if (!last || ["completed", "cancelled"].includes(last.state)) return null; // on hold, or lost
  if (call_back === "left_waiting") return `they hung up while they waited for ${last.target}`;
  return call_back === "not_reached" ? `their handoff to ${last.target} reached nobody` : null;
}

const capital = (words) => words[0].toUpperCase() + words.slice(1);
