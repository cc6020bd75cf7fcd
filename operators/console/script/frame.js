/** The frame of every page: navigation, connection state, and who is signed in. */

import { counted } from "./attention.js";
import { h, put, say, set } from "./dom.js";
import { zone } from "./period.js";
import { toCalls, toFloor, toHandoffs, toHealth, toRooms, toRoster } from "./router.js";
import { holds, signOut } from "./session.js";

const WAYS = [
  ["calls", "Calls", toCalls()],
  ["handoffs", "Handoffs", toHandoffs()],
  ["floor", "Floor", toFloor()],
  ["rooms", "Rooms", toRooms()],
  ["roster", "Roster", toRoster()],
  ["health", "Health", toHealth()],
];

const CONNECTION = {
  closed: "",
  connecting: "Connecting…",
  live: "Live",
  lost: "Connection lost. Trying again…",
};

/** `current` is the first part of the address; null hides the navigation. */
export function showNavigation(current) {
  const nav = document.querySelector("#nav");
  nav.hidden = current === null;
  put(
    nav,
    WAYS.map(([name, words, href]) =>
      h(
        "a",
        { href, "aria-current": name === current ? "page" : null },
        words,
        name === "calls" && h("span", { class: "count", id: "waiting", hidden: true }),
      ),
    ),
    h(
      "a",
      {
        href: "/caller",
        class: "way-out",
        title: "Call from this browser",
        target: "_blank",
        rel: "noopener",
      },
      "Phone",
    ),
  );
}

/** A number beside "Calls", and a mark on the icon. */
export function showAttention(attention) {
  const count = document.querySelector("#waiting");
  if (count) {
    count.hidden = attention.all === 0;
    put(count, counted(attention.all), h("span", { class: "unseen" }, " waiting for somebody"));
  }
  const icon = attention.all ? "/static/icon-waiting.svg" : "/static/icon.svg";
  set(document.querySelector("link[rel=icon]"), { href: icon });
}

/** Below every page: the zone of its times. */
export function showZone() {
  say(document.querySelector("#zone"), `Times are local: ${zone()}.`);
}

export function showConnection(feed) {
  const node = document.querySelector("#connection");
  set(node, { class: `connection ${feed.state}` });
  say(node, CONNECTION[feed.state]);
}

export function showWho(app, signedOut) {
  const node = document.querySelector("#who");
  if (!app.me) return put(node);
  const leave = async () => {
    await signOut().catch(() => null);
    signedOut();
  };
  put(
    node,
    h(
      "span",
      { class: "me" },
      h("b", {}, app.me.name),
      " ",
      !holds(app.me, "act") && h("span", { class: "quiet" }, "watches"),
    ),
    h("button", { type: "button", class: "small", onclick: leave }, "Sign out"),
  );
}
