/** What the person writes while they talk. It becomes the wrap-up's note, and is kept with the call from there. */

import { fieldOf } from "../fields.js";

const drafts = new Map(); // by offer

export const draftOf = (offer) => drafts.get(offer.id) ?? "";

/** Forget it: it is written. */
export const forgetDraft = (offer) => drafts.delete(offer.id);

/** Returns { node }. */
export function noteOf({ offer }) {
  const field = fieldOf({
    name: "note",
    label: "Private note",
    kind: "words",
    rows: 2,
    hint: "The caller does not hear it. You save it in the wrap-up.",
    value: draftOf(offer),
  });
  field.control.addEventListener("input", () => drafts.set(offer.id, field.value()));
  return { node: field.node };
}
