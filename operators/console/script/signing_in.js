/** The frame of a page for one purpose: it signs in, by a link or with a token, and then shows its content. */

import { h, put } from "./dom.js";
import { signedOut } from "./http.js";
import { problemWords } from "./problems.js";
import { refusalWords, tokenOfLink, signIn, whoAmI } from "./session.js";
import { insteadForm, signInForm } from "./sign_in.js";

const main = document.querySelector("#main");

/** `contentOf(me)` returns { node, close() }, or a promise of it, and may throw a Problem. */
export async function signedInPage(contentOf) {
  let content = null;

  async function begin(token, instead = false) {
    let told = null;
    try {
      const me = token ? await signIn(token, instead) : await whoAmI();
      if (me) return await show(me);
    } catch (problem) {
      if (problem.status === 409) return choose(problem.extras, token);
      told = refusalWords(problem);
    }
    ask(told);
  }

  async function show(me) {
    content?.close();
    content = null;
    try {
      content = await contentOf(me);
      put(main, content.node);
    } catch (problem) {
      ask(problemWords(problem));
    }
  }

  /** Before a link signs in somebody else than who is signed in. */
  function choose(names, token) {
    put(main, insteadForm(names, { stay: () => begin(null), change: () => begin(token, true) }));
    main.querySelector("button").focus();
  }

  function ask(told) {
    content?.close();
    content = null;
    put(main, signInForm(told, (token) => begin(token)));
    main.querySelector("input").focus();
  }

  signedOut.addEventListener("signed-out", () => ask("Your session has ended. Please sign in again."));
  addEventListener("hashchange", () => {
    const token = tokenOfLink();
    if (token) begin(token);
  });
  put(main, h("p", { class: "quiet" }, "Checking your session…"));
  await begin(tokenOfLink());
}
