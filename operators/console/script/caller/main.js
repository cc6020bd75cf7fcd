/** The caller's page: signs in, then shows the telephone. */

import { h, put, say } from "../dom.js";
import { get, signedOut } from "../http.js";
import { problemWords } from "../problems.js";
import { tokenOfLink, signIn, whoAmI } from "../session.js";
import { signInForm } from "../sign_in.js";
import { telephone } from "./telephone.js";

const main = document.querySelector("#main");
const announcer = document.querySelector("#announcer");

async function begin(token) {
  let told = null;
  try {
    const me = token ? await signIn(token) : await whoAmI();
    if (me) return show(me);
  } catch (problem) {
    told = problem.status === 401 ? "This token is unknown. It may have been revoked." : problem.words;
  }
  ask(told);
}

async function show(me) {
  const roster = await get("/roster").catch((problem) => {
    ask(problemWords(problem));
    return null;
  });
  if (roster) put(main, telephone({ me, roster, say: (words) => say(announcer, words) }));
}

function ask(told) {
  put(main, signInForm(told, begin));
  main.querySelector("input").focus();
}

signedOut.addEventListener("signed-out", () => ask("Your session has ended. Please sign in again."));
addEventListener("hashchange", () => {
  const token = tokenOfLink();
  if (token) begin(token);
});
put(main, h("p", { class: "quiet" }, "Checking your session…"));
await begin(tokenOfLink());
