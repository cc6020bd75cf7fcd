/** The sign-in form, for when no link brought a token. */

import { h } from "./dom.js";

/** `told` is the reason why it is shown, or null; `begin(token)` signs in. */
export function signInForm(told, begin) {
  const input = h("input", {
    id: "token",
    name: "token",
    type: "password",
    required: true,
    autocomplete: "current-password",
    spellcheck: "false",
  });
  const submit = (event) => {
    event.preventDefault();
    begin(input.value);
  };
  return h(
    "form",
    { class: "card sign-in", onsubmit: submit },
    h("h1", {}, "Sign in"),
    told && h("p", { class: "notice", role: "alert" }, told),
    h(
      "p",
      {},
      "When the service first started, it printed a link with a token. Open that link, or paste the token here.",
    ),
    h("label", { for: "token" }, "Token"),
    input,
    h("button", { type: "submit", class: "strong" }, "Sign in"),
    h(
      "p",
      { class: "hint" },
      "To create another token, run: baton operators add NAME --role operator",
    ),
  );
}
