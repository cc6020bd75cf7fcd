/** The sign-in form, for when no link brought a token. */

import { h } from "./dom.js";
import { get } from "./http.js";

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
  const company = h("p", { hidden: true }, h("a", { class: "button", href: "/sign-in/openid" }, "Sign in with your company account"));
  get("/sign-in").then(
    ({ openid }) => (company.hidden = !openid),
    () => {}, // the token's form stays
  );
  return h(
    "form",
    { class: "card sign-in", onsubmit: submit },
    h("h1", {}, "Sign in"),
    told && h("p", { class: "notice", role: "alert" }, told),
    company,
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
      "To create another token, run: baton operators add NAME --rights read,listen,act",
    ),
  );
}

/** Somebody is signed in, and a link or a token is another's: nobody becomes somebody else unasked. */
export function insteadForm({ name, other }, { stay, change }) {
  return h(
    "section",
    { class: "card sign-in" },
    h("h1", {}, `Sign in as ${other}?`),
    h("p", { class: "notice", role: "alert" }, `You are signed in as ${name}. The link or token is ${other}'s.`),
    h("button", { type: "button", class: "strong", onclick: stay }, `Stay ${name}`),
    " ",
    h("button", { type: "button", onclick: change }, `Sign in as ${other}`),
  );
}
