/** The caller's page: signs in, then shows the telephone. */

import { h, put, say } from "../dom.js";
import { get, signedOut } from "../http.js";
import { problemWords } from "../problems.js";
import { refusalWords, tokenOfLink, signIn, whoAmI } from "../session.js";
import { insteadForm, signInForm } from "../sign_in.js";
import { telephone } from "./telephone.js";

const main = document.querySelector("#main");
const announcer = document.querySelector("#announcer");

async function begin(token, instead = false) {
  let told = null;
  try {
    const me = token ? await signIn(token, instead) : await whoAmI();
    if (me) return show(me);
  } catch (problem) {
    if (problem.status === 409) return choose(problem.extras, token);
    told = refusalWords(problem);
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

/** Before a link signs in somebody else than who is signed in. */
function choose(names, token) {
  put(main, insteadForm(names, { stay: () => begin(null), change: () => begin(token, true) }));
  main.querySelector("button").focus();
}

function ask(told) {
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
