/** Past and open handoffs: filtered, paged, and exported. */

import { h, set } from "../dom.js";
import { emptyList, filtersOf, pageLinks } from "../filters.js";
import { handoffTable } from "../handoff_table.js";
import { get, withQuery } from "../http.js";
import { headed, noticeOf } from "../parts.js";
import { problemWords } from "../problems.js";
import { refetching } from "../refetch.js";
import { toHandoffs } from "../router.js";
import { OPEN_STATES, TERMINAL_STATES } from "../words.js";

const PAGE = 25;
const KINDS = ["csv", "json"];

export function handoffsPage(query, app) {
  const call = query.get("call") ?? "";
  const notice = noticeOf();
  const table = handoffTable("Handoffs, newest first", app.roster);
  const pages = pageLinks();
  const files = new Map(KINDS.map((kind) => [kind, exportLink(kind)]));
  let cursor = query.get("cursor");

  const filters = filtersOf({
    name: "Find handoffs",
    query,
    search: null,
    choices: choicesOf(call, app),
    address: toHandoffs,
    changed: () => {
      cursor = null;
      pages.hide();
      refetch();
    },
  });

  const empty = emptyList(filters, () => h("p", {}, "There are no handoffs yet."));

  const refetch = refetching(
    async () => {
      const wanted = toHandoffs(filters.fields());
      const asked = filters.sent();
      const { items, next } = await get(withQuery("/handoffs", { ...asked, limit: PAGE, cursor }));
      if (toHandoffs(filters.fields()) !== wanted) return; // the next fetch is for what is wanted now
      notice.tell(null);
      table.update(items);
      empty.show(items.length === 0);
      pages.show(cursor, next, (place) => toHandoffs({ ...filters.fields(), cursor: place }));
      for (const [kind, link] of files) set(link, { href: withQuery(`/handoffs.${kind}`, asked) });
    },
    (problem) => notice.tell(problemWords(problem)),
  );

  return {
    title: "Handoffs",
    node: h(
      "div",
      { class: "handoffs" },
      headed("Handoffs", h("div", { class: "end buttons" }, [...files.values()])),
      filters.node,
      notice.node,
      table.node,
      empty.node,
      pages.node,
    ),
    look: refetch,
    moved: ({ kind }) => kind === "handoff" && !cursor && refetch(),
    close: () => {
      filters.close();
      refetch.stop();
    },
  };
}

const exportLink = (kind) =>
  h("a", { class: "button", href: `/handoffs.${kind}`, download: `handoffs.${kind}` }, `Export ${kind.toUpperCase()}`);

function choicesOf(call, app) {
  const words = (list) => [["", "any"], ...list.map((word) => [word, word])];
  return [
    { name: "state", label: "Open, by state", options: words(OPEN_STATES) },
    { name: "outcome", label: "Ended, by outcome", options: words(TERMINAL_STATES) },
    { name: "role", label: "From or to role", options: words(app.roster.map((role) => role.role)) },
    call && { name: "call", label: "Call", options: [["", "any"], [call, call]] },
  ].filter(Boolean);
}
