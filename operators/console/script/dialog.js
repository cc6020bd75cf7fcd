/** A dialog with a form: asks, acts once, and shows a refusal in place. */

import { fieldOf } from "./fields.js";
import { h, newId, say } from "./dom.js";
import { newKey } from "./http.js";
import { problemWords } from "./problems.js";

/**
 * Ask for `fields` (see fields.js), then call `act(values, key)`. The idempotency key stays the same while the dialog
 * is open, so that a second click acts once. Resolves with what `act` returns, or null if the dialog is dismissed.
 */
export function askFor({ title, lead, fields = [], confirm, dangerous = false, act }) {
  const [heading, about] = [newId("dialog"), newId("dialog-about")];
  const key = newKey();
  const made = fields.map(fieldOf);
  const refused = h("p", { class: "notice", role: "alert", hidden: true });
  const go = h("button", { type: "submit", class: dangerous ? "strong danger" : "strong" }, confirm);
  const dialog = h(
    "dialog",
    { "aria-labelledby": heading, "aria-describedby": lead ? about : null },
    h(
      "form",
      { method: "dialog", onsubmit: (event) => submit(event) },
      h("h2", { id: heading }, title),
      lead && h("p", { id: about, class: "lead" }, lead),
      made.map((field) => field.node),
      refused,
      h(
        "div",
        { class: "buttons" },
        h("button", { type: "button", onclick: () => dialog.close() }, "Back"),
        go,
      ),
    ),
  );
  let result = null;

  async function submit(event) {
    event.preventDefault();
    if (go.getAttribute("aria-busy")) return;
    go.setAttribute("aria-busy", "true");
    refused.hidden = true;
    try {
      result = await act(Object.fromEntries(made.map((field) => [field.name, field.value()])), key);
      dialog.close();
    } catch (problem) {
      say(refused, problemWords(problem));
      refused.hidden = false;
    } finally {
      go.removeAttribute("aria-busy");
    }
  }

  document.body.append(dialog);
  dialog.showModal();
  (made[0]?.control ?? go).focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove(); // the browser returns the focus to what opened it
      resolve(result);
    });
  });
}
