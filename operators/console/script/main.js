/** The console's composition root: session, frame, event feed, and the current page. */

import { h, put, say, set } from "./dom.js";
import { Feed } from "./feed.js";
import { showConnection, showNavigation, showWho } from "./frame.js";
import { get, signedOut } from "./http.js";
import { pageFor } from "./pages/index.js";
import { read } from "./router.js";
import { tokenOfLink, signIn, whoAmI } from "./session.js";
import { signInForm } from "./sign_in.js";

const main = document.querySelector("#main");
const announcer = document.querySelector("#announcer");
const feed = new Feed();
const app = { me: null, roster: [], feed, say: (words) => say(announcer, words) };
let page = null;

async function begin(token) {
  let told = null;
  try {
    app.me = token ? await signIn(token) : await whoAmI();
  } catch (problem) {
    told = problem.status === 401 ? "This token is unknown. It may have been revoked." : problem.words;
  }
  if (app.me) await enter();
  else ask(told);
}

async function enter() {
  app.roster = await get("/roster").catch(() => []);
  showWho(app, () => ask("You are signed out."));
  feed.open();
  route();
}

function ask(told) {
  leave();
  app.me = null;
  feed.close();
  showWho(app);
  showNavigation(null);
  document.title = "Sign in · Baton";
  put(main, signInForm(told, begin));
  main.querySelector("input").focus();
}

function leave() {
  page?.close?.();
  page = null;
}

function route() {
  if (!app.me) return;
  const first = page === null;
  leave();
  const address = read(location.hash);
  page = pageFor(address, app);
  document.title = `${page.title} · Baton`;
  showNavigation(address.path[0] ?? "calls");
  put(main, page.node);
  if (!first) main.focus({ preventScroll: true });
  scrollTo(0, 0);
  page.look();
}

async function checkWho() {
  const me = await whoAmI().catch(() => app.me);
  if (!me) ask("Your session has ended. Please sign in again.");
}

feed.addEventListener("state", () => {
  showConnection(feed);
  page?.connection?.();
});
feed.addEventListener("open", () => page?.look());
feed.addEventListener("moved", ({ detail }) => page?.moved?.(detail));
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
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault(); // the address decides which page is shown
  main.focus();
});

set(main, { "aria-busy": true });
put(main, h("p", { class: "quiet" }, "Checking your session…"));
await begin(tokenOfLink());
set(main, { "aria-busy": null });
