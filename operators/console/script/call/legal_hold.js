/** Keeps a call from being removed, for operators with the right `data`. */

import { h, newId, say, set } from "../dom.js";
import { post } from "../http.js";
import { problemWords } from "../problems.js";
import { holds } from "../session.js";

/** `done()` is called when the hold has begun or ended. Returns { node, update(view) }. */
export function legalHold(done) {
  const state = h("p", { class: "hint", role: "status", id: newId("legal-hold") });
  const button = h("button", { type: "button", "aria-describedby": state.id });
  const node = h(
    "section",
    { class: "card acts", "aria-label": "Legal hold", hidden: true },
    h("h2", {}, "Legal hold"),
    h("div", { class: "act" }, button, state),
  );
  let call = null;

  button.addEventListener("click", async () => {
    const path = `/calls/${encodeURIComponent(call.id)}/legal-hold`;
    set(button, { "aria-busy": "true" });
    try {
      await post(call.legal_hold_at === null ? path : `${path}/end`);
      done();
    } catch (problem) {
      say(state, problemWords(problem));
    }
    set(button, { "aria-busy": null });
  });

  function update(view) {
    call = view.call;
    const held = call.legal_hold_at !== null;
    node.hidden = !holds(view.me, "data") || (call.words_gone_at !== null && !held);
    say(button, held ? "End the legal hold" : "Keep this call");
    const until = "Nothing of it is removed until the hold ends.";
    say(state, held ? `${call.legal_hold_by} keeps this call. ${until}` : until);
  }

  return { node, update };
}
