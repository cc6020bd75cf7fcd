/** The desk: signs in, then shows where a person takes calls. */

import { h, put, say } from "../dom.js";
import { signedOut } from "../http.js";
import { refusalWords, tokenOfLink, signIn, whoAmI } from "../session.js";
import { insteadForm, signInForm } from "../sign_in.js";
import { deskOf } from "./desk.js";

const main = document.querySelector("#main");
const announcer = document.querySelector("#announcer");
let desk = null;

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

function show(me) {
  desk?.close();
  desk = deskOf({ me, say: (words) => say(announcer, words) });
  put(main, desk.node);
}

/** Before a link signs in somebody else than who is signed in. */
function choose(names, token) {
  put(main, insteadForm(names, { stay: () => begin(null), change: () => begin(token, true) }));
  main.querySelector("button").focus();
}

function ask(told) {
  desk?.close();
  desk = null;
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
