/** What the person writes while they talk: kept on the server as they write, and the beginning of the wrap-up's note. */

import { fieldOf } from "../fields.js";
import { post } from "../http.js";

const KEEP_MS = 1_500; // a burst of letters is one request
const drafts = new Map(); // by offer: what this page knows better than the row that it was shown

/** What was written, here or on a page before this one. */
export const draftOf = (offer) => drafts.get(offer.id) ?? offer.note;

/** Forget it: it is written. */
export const forgetDraft = (offer) => drafts.delete(offer.id);

/** Returns { node, close() }. `tell(problem)`: it is not kept, and stands here alone. */
export function noteOf({ offer, tell }) {
  const field = fieldOf({
    name: "note",
    label: "Private note",
    kind: "words",
    rows: 2,
    hint: "The caller does not hear it. It is kept as you write, and you complete it in the wrap-up.",
    value: draftOf(offer),
  });
  let timer = null;

  async function keep() {
    clearTimeout(timer);
    timer = null;
    await post(`/desk/offers/${encodeURIComponent(offer.id)}/note`, { note: field.value() }).catch(tell);
  }

  field.control.maxLength = 2_000;
  field.control.addEventListener("input", () => {
    drafts.set(offer.id, field.value());
    timer ??= setTimeout(keep, KEEP_MS);
  });
  field.control.addEventListener("change", () => timer && keep());
  return { node: field.node, close: () => clearTimeout(timer) };
}
