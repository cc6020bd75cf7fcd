/** Past and open handoffs: filtered, paged, and exported. */

import { refetching } from "../refetch.js";
import { h, put, say } from "../dom.js";
import { fieldOf } from "../fields.js";
import { handoffTable } from "../handoff_table.js";
import { get, withQuery } from "../http.js";
import { headed, noticeOf } from "../parts.js";
import { problemWords } from "../problems.js";
import { toHandoffs } from "../router.js";
import { OPEN_STATES, TERMINAL_STATES } from "../words.js";

const PAGE = 25;
const FILTERS = ["state", "outcome", "role", "call", "since", "until"];
const WIDE = matchMedia("(min-width: 721px)");

export function handoffsPage(query, app) {
  const chosen = Object.fromEntries(FILTERS.map((name) => [name, query.get(name) ?? ""]));
  const cursor = query.get("cursor") ?? "";
  const any = FILTERS.some((name) => chosen[name]);
  const notice = noticeOf();
  const table = handoffTable("Handoffs, newest first", app.roster);
  const empty = h("p", { class: "empty card", hidden: true });
  const pages = h("nav", { class: "pages", "aria-label": "Pages" });

  const refetch = refetching(
    async () => {
      const { items, next } = await get(withQuery("/handoffs", { ...sent(chosen), limit: PAGE, cursor }));
      notice.tell(null);
      table.update(items);
      empty.hidden = items.length > 0;
      say(empty, any ? "No handoff matches these filters." : "There are no handoffs yet.");
      put(
        pages,
        cursor && h("a", { class: "button", href: toHandoffs(chosen) }, "Newest"),
        next && h("a", { class: "button", href: toHandoffs({ ...chosen, cursor: next }) }, "Older"),
      );
    },
    (problem) => notice.tell(problemWords(problem)),
  );

  // On a phone the filters start out folded.
  const folded = h(
    "details",
    { class: "card", open: WIDE.matches || any },
    h("summary", {}, "Filters"),
    filters(chosen, app),
  );
  const unfold = () => (folded.open = WIDE.matches || any);
  WIDE.addEventListener("change", unfold);
  return {
    title: "Handoffs",
    node: h(
      "div",
      { class: "handoffs" },
      headed("Handoffs", h("div", { class: "end buttons" }, exports(chosen))),
      folded,
      notice.node,
      table.node,
      empty,
      pages,
    ),
    look: refetch,
    moved: ({ kind }) => kind === "handoff" && !cursor && refetch(),
    close: () => {
      WIDE.removeEventListener("change", unfold);
      refetch.stop();
    },
  };
}

/** The filters as the service takes them: times in milliseconds, not the form's local times. */
function sent(chosen) {
  const at = (local) => (local ? new Date(local).getTime() : "");
  return { ...chosen, since: at(chosen.since), until: at(chosen.until) };
}

function exports(chosen) {
  const link = (kind) => withQuery(`/handoffs.${kind}`, sent(chosen));
  return ["csv", "json"].map((kind) =>
    h(
      "a",
      { class: "button", href: link(kind), download: `handoffs.${kind}` },
      `Export ${kind.toUpperCase()}`,
    ),
  );
}

function filters(chosen, app) {
  const words = (list) => [["", "any"], ...list.map((word) => [word, word])];
  const made = [
    { name: "state", label: "Open, by state", kind: "choice", options: words(OPEN_STATES) },
    { name: "outcome", label: "Ended, by outcome", kind: "choice", options: words(TERMINAL_STATES) },
    {
      name: "role",
      label: "From or to role",
      kind: "choice",
      options: words(app.roster.map((role) => role.role)),
    },
    { name: "since", label: "From", type: "datetime-local" },
    { name: "until", label: "Until", type: "datetime-local" },
    ...(chosen.call ? [{ name: "call", label: "Call" }] : []),
  ].map((field) => fieldOf({ ...field, value: chosen[field.name], plain: true }));
  const apply = (event) => {
    event?.preventDefault();
    location.hash = toHandoffs(Object.fromEntries(made.map((field) => [field.name, field.value()])));
  };
  for (const { control } of made) control.addEventListener("change", () => apply());
  return h(
    "form",
    { class: "filters", role: "search", "aria-label": "Filter handoffs", onsubmit: apply },
    made.map((field) => field.node),
    h("a", { class: "button", href: toHandoffs() }, "Clear"),
  );
}
