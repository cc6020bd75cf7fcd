/** After a talk: a code, if the role has codes, and a note for the next person. */

import { h, newId } from "../dom.js";
import { fieldOf } from "../fields.js";
import { post } from "../http.js";
import { draftOf, forgetDraft } from "./notes.js";

/** Returns { node }. */
export function wrapUpCard({ offer, role, doing }) {
  const options = role.codes.map((code) => [code, code]);
  const code = options.length
    ? fieldOf({ name: "code", label: "What came of it", kind: "choice", options, required: true })
    : null;
  const note = fieldOf({ name: "note", label: "Note", kind: "words", value: draftOf(offer) });
  const title = newId("wrap-up");
  const submit = (event) => {
    event.preventDefault();
    const body = { code: code?.value() ?? "", note: note.value() };
    doing(async () => {
      await post(`/desk/offers/${encodeURIComponent(offer.id)}/wrap-up`, body);
      forgetDraft(offer);
    });
  };
  const node = h(
    "section",
    { class: "card", "aria-labelledby": title },
    h("h2", { id: title }, `Wrap up: ${role.name}`),
    h(
      "form",
      { onsubmit: submit },
      code?.node ?? null,
      note.node,
      h("div", { class: "buttons" }, h("button", { type: "submit", class: "strong" }, "Save")),
    ),
  );
  return { node };
}
