/** The console's composition root: session, frame, event feed, and the current page. */

import { Attention } from "./attention.js";
import { h, put, say, set } from "./dom.js";
import { Feed } from "./feed.js";
import { showAttention, showConnection, showNavigation, showWho, showZone } from "./frame.js";
import { get, signedOut } from "./http.js";
import { pageFor } from "./pages/index.js";
import { keepScroll, returnTo } from "./scroll.js";
import { showHelpAsked } from "./help_asked.js";
import { read } from "./router.js";
import { holds, refusalWords, tokenOfLink, signIn, whoAmI } from "./session.js";
import { insteadForm, signInForm } from "./sign_in.js";

const HIDDEN_LOOK_MS = 10_000;
const main = document.querySelector("#main");
const announcer = document.querySelector("#announcer");
const feed = new Feed();
const attention = new Attention();
const app = { me: null, roster: [], feed, attention, say: (words) => say(announcer, words), titled };
let page = null;

async function begin(token, instead = false) {
  let told = null;
  try {
    app.me = token ? await signIn(token, instead) : await whoAmI();
  } catch (problem) {
    if (problem.status === 409) return choose(problem.extras, token);
    told = refusalWords(problem);
  }
  if (app.me) await enter();
  else ask(told);
}

async function enter() {
  app.roster = await get("/roster").catch(() => []);
  showWho(app, () => ask("You are signed out."));
  feed.open();
  attention.helping = holds(app.me, "coach");
  attention.look();
  route();
}

/** The tab's name: what waits, and what the page is now. Never a caller's name: it would stay in the history. */
function titled() {
  const title = page ? page.title : "Sign in";
  document.title = attention.all ? `(${attention.all}) ${title} · Baton` : `${title} · Baton`;
}

/** Before a link signs in somebody else than who is signed in. */
function choose(names, token) {
  ask(null);
  put(main, insteadForm(names, { stay: () => begin(null), change: () => begin(token, true) }));
  main.querySelector("button").focus();
}

function ask(told) {
  leave();
  app.me = null;
  feed.close();
  attention.reset();
  showWho(app);
  showNavigation(null);
  titled();
  put(main, signInForm(told, (token) => begin(token)));
  main.querySelector("input").focus();
}

function leave() {
  for (const dialog of document.querySelectorAll("dialog")) dialog.close(); // it asks about the page that goes
  page?.close?.();
  page = null;
}

function route() {
  if (!app.me) return;
  const first = page === null;
  leave();
  const address = read(location.hash);
  page = pageFor(address, app);
  titled();
  showNavigation(address.path[0] ?? "calls");
  showAttention(attention);
  put(main, page.node, loading(page));
  if (!first) main.focus({ preventScroll: true });
  returnTo(page.look.first);
  page.look();
}

/** Stands below a page that has nothing to show yet. */
function loading({ look }) {
  if (!look.first) return null;
  const node = h("p", { class: "loading quiet" }, "Loading…");
  look.first.then(() => node.remove());
  return node;
}

async function checkWho() {
  const me = await whoAmI().catch(() => app.me);
  if (!me) ask("Your session has ended. Please sign in again.");
}

feed.addEventListener("state", () => {
  showConnection(feed);
  page?.connection?.();
});
feed.addEventListener("open", () => {
  page?.look();
  attention.look();
});
feed.addEventListener("moved", ({ detail }) => {
  page?.moved?.(detail);
  attention.moved(detail);
});
attention.addEventListener("change", () => {
  titled();
  showAttention(attention);
  showHelpAsked(attention);
  page?.attention?.();
});
feed.addEventListener("refused", checkWho);
signedOut.addEventListener("signed-out", () => app.me && ask("Your session has ended. Please sign in again."));
addEventListener("hashchange", () => {
  const token = tokenOfLink();
  if (token) begin(token);
  else route();
});
document.addEventListener("visibilitychange", () => {
  // A browser allows six connections per service: hidden pages close theirs, and catch up later.
  if (!app.me) return;
  if (document.hidden) feed.close();
  else feed.open();
});
// It rings for supervisors who are asked to help, also in a hidden page.
setInterval(() => document.hidden && attention.helping && attention.look(), HIDDEN_LOOK_MS);
addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey) return;
  const field = main.querySelector("[data-shortcut=find]");
  if (!field || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  field.focus();
  field.select();
});
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault(); // the address decides which page is shown
  main.focus();
});

keepScroll();
showZone();
set(main, { "aria-busy": true });
put(main, h("p", { class: "quiet" }, "Checking your session…"));
await begin(tokenOfLink());
set(main, { "aria-busy": null });
