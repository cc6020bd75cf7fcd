/** Calls: live ones, those that are over, and those whose callers have to be called back. Searched, filtered, paged. */

import { counted } from "../attention.js";
import { callTable } from "../call_table.js";
import { h, say, set } from "../dom.js";
import { emptyList, filtersOf, pageLinks } from "../filters.js";
import { latestHandoffs } from "../handoff_table.js";
import { get, withQuery } from "../http.js";
import { headed, noticeOf } from "../parts.js";
import { problemWords } from "../problems.js";
import { refetching } from "../refetch.js";
import { toCalls } from "../router.js";
import { startAgent } from "../start_agent.js";
import { ENDINGS, OPEN_STATES, endedHow, plural } from "../words.js";

const PAGE = 50;
const LATEST = 8;
const OPEN = 200; // handoffs of one state

const LISTS = {
  live: { tab: "Live", caption: "Live calls", none: noCalls },
  over: { tab: "Over", caption: "Calls that are over", none: () => h("p", {}, "No call has ended yet.") },
  call_back: { tab: "Call back", caption: "Callers to call back", none: nobody },
};
const SEARCH = {
  label: "Search",
  hint: "The caller’s name or number, room, id, or what it is about.",
};

export function callsPage(query, app) {
  const state = query.get("state") in LISTS ? query.get("state") : "live";
  const live = state === "live";
  const notice = noticeOf();
  const count = h("span", { class: "quiet", role: "status" });
  const table = callTable(LISTS[state].caption, app, { live });
  const pages = pageLinks();
  const latest = live ? latestHandoffs(app.roster) : null;
  const start = startAgent(app);
  const open = new Map(); // the open handoff of each call that has one
  let cursor = query.get("cursor");

  const address = (fields) => toCalls({ state: live ? "" : state, ...fields });
  const filters = filtersOf({
    name: "Find calls",
    query,
    search: SEARCH,
    choices: choicesOf(state, app),
    address,
    changed: () => {
      cursor = null;
      pages.hide();
      refetch();
    },
  });

  const empty = emptyList(filters, LISTS[state].none);

  const refetch = refetching(
    async () => {
      const wanted = address(filters.fields());
      const asked = { state, ...filters.sent(), limit: PAGE, cursor };
      const [page, first] = await Promise.all([
        get(withQuery("/calls", asked)),
        live && !cursor ? get(withQuery("/calls", { ...asked, state: "needs_somebody" })) : { items: [] },
        live ? lookAtHandoffs() : null,
      ]);
      const waiting = new Set(first.items.map((call) => call.id));
      const items = [...first.items, ...page.items.filter((call) => !waiting.has(call.id))];
      const next = page.next;
      if (address(filters.fields()) !== wanted) return; // the next fetch is for what is wanted now
      notice.tell(null);
      say(count, live ? plural(items.length, "call", "calls") + (next ? ", and more" : "") : "");
      table.update(items, open);
      empty.show(items.length === 0);
      pages.show(cursor, next, (place) => address({ ...filters.fields(), cursor: place }));
    },
    (problem) => notice.tell(problemWords(problem)),
  );

  async function lookAtHandoffs() {
    const [{ items }, ...lists] = await Promise.all([
      get(withQuery("/handoffs", { limit: LATEST })),
      ...OPEN_STATES.map((one) => get(withQuery("/handoffs", { state: one, limit: OPEN }))),
    ]);
    latest.update(filters.any() ? [] : items); // a search shows nothing but its results
    open.clear();
    for (const handoff of lists.flatMap((list) => list.items)) open.set(handoff.call_id, handoff);
  }

  const tabs = tabsOf(state, app.attention);
  const node = h(
    "div",
    { class: "calls" },
    headed("Calls", count, h("div", { class: "end" }, start.node)),
    tabs.node,
    filters.node,
    notice.node,
    table.node,
    empty.node,
    pages.node,
    latest?.node,
  );
  return {
    title: live ? "Calls" : LISTS[state].caption,
    node,
    look: refetch,
    moved: ({ kind }) => kind !== "turn" && kind !== "attempt" && kind !== "tool" && refetch(),
    connection: start.update,
    attention: tabs.update,
    close: () => {
      filters.close();
      refetch.stop();
    },
  };
}

function choicesOf(state, app) {
  const roles = app.roster.map((role) => [role.role, role.role]);
  const outcomes = ENDINGS.map((how) => [how, endedHow(how)]);
  return [
    { name: "role", label: "Held by", options: [["", "any role"], ...roles] },
    state === "over" && { name: "outcome", label: "How it ended", options: [["", "anyhow"], ...outcomes] },
  ].filter(Boolean);
}

function tabsOf(state, attention) {
  const number = h("span", { class: "count" });
  const told = h("span", { class: "unseen" });
  const tab = ([name, { tab }]) =>
    h(
      "a",
      { href: toCalls({ state: name === "live" ? "" : name }), "aria-current": name === state ? "page" : null },
      tab,
      name === "call_back" && [" ", number, told],
    );
  const node = h("nav", { class: "tabs", "aria-label": "Which calls" }, Object.entries(LISTS).map(tab));
  const update = () => {
    set(number, { hidden: attention.callBacks === 0 });
    say(number, counted(attention.callBacks));
    say(told, attention.callBacks ? " waiting" : "");
  };
  update();
  return { node, update };
}

function noCalls() {
  return [
    h("h2", {}, "No calls right now"),
    h(
      "p",
      {},
      "Calls appear here automatically. To try one, ",
      h("a", { href: "/caller", target: "_blank", rel: "noopener" }, "call from this browser"),
      ".",
    ),
  ];
}

function nobody() {
  return [
    h("h2", {}, "Nobody has to be called back"),
    h("p", {}, "Callers who were cut off, left waiting, or promised a call back appear here."),
  ];
}
