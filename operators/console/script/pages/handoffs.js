/** Past and open handoffs: filtered, a page at a time, and as files to take along. */

import { looking } from "../again.js";
import { h, keyed, put, say } from "../dom.js";
import { fieldOf } from "../fields.js";
import { get, withQuery } from "../http.js";
import { headed, noticeOf, setBadge, stateBadge, when, who } from "../parts.js";
import { problemWords } from "../problems.js";
import { toHandoff, toHandoffs } from "../router.js";
import { cells, tableOf } from "../table.js";
import { OPEN_STATES, TERMINAL_STATES, span } from "../words.js";

const PAGE = 25;
const FILTERS = ["state", "outcome", "role", "call", "since", "until"];
const COLUMNS = ["When", "From → to", "Reason", "Asked for by", "State", "Took", "Seam", "Silence"];

export function handoffsPage(query, app) {
  const chosen = Object.fromEntries(FILTERS.map((name) => [name, query.get(name) ?? ""]));
  const cursor = query.get("cursor") ?? "";
  const notice = noticeOf();
  const body = h("tbody", { role: "rowgroup" });
  const table = tableOf("Handoffs, the newest first", COLUMNS, body);
  const empty = h("p", { class: "empty card", hidden: true });
  const pages = h("nav", { class: "pages", "aria-label": "Pages" });

  const again = looking(async () => {
    const { items, next } = await get(withQuery("/handoffs", { ...sent(chosen), limit: PAGE, cursor }));
    notice.tell(null);
    keyed(body, items, (handoff) => handoff.id, (handoff) => row(handoff, app.roster));
    table.hidden = items.length === 0;
    empty.hidden = items.length > 0;
    say(empty, FILTERS.some((name) => chosen[name]) ? "No handoff is like that." : "There has been no handoff yet.");
    put(pages, cursor && h("a", { class: "button", href: toHandoffs(chosen) }, "Newest"),
      next && h("a", { class: "button", href: toHandoffs({ ...chosen, cursor: next }) }, "Older"));
  }, (problem) => notice.tell(problemWords(problem)));

  return {
    title: "Handoffs",
    node: h("div", {}, headed("Handoffs", h("div", { class: "end" }, exports(chosen))), filters(chosen, app), notice.node, table, empty, pages),
    look: again,
    moved: ({ kind }) => kind === "handoff" && !cursor && again(),
    close: again.stop,
  };
}

/** The filters as the service takes them: moments in milliseconds, not as the form's local times. */
function sent(chosen) {
  const at = (local) => (local ? new Date(local).getTime() : "");
  return { ...chosen, since: at(chosen.since), until: at(chosen.until) };
}

function exports(chosen) {
  const link = (kind) => h("a", { class: "button", href: withQuery(`/handoffs.${kind}`, sent(chosen)), download: `handoffs.${kind}` }, `Export ${kind.toUpperCase()}`);
  return [link("csv"), " ", link("json")];
}

function filters(chosen, app) {
  const words = (list) => [["", "any"], ...list.map((word) => [word, word])];
  const made = [
    { name: "state", label: "Open, in state", kind: "choice", options: words(OPEN_STATES) },
    { name: "outcome", label: "Over, with outcome", kind: "choice", options: words(TERMINAL_STATES) },
    { name: "role", label: "Role on either side", kind: "choice", options: words(app.roster.map((role) => role.role)) },
    { name: "since", label: "From", type: "datetime-local" },
    { name: "until", label: "Until", type: "datetime-local" },
    ...(chosen.call ? [{ name: "call", label: "Call" }] : []),
  ].map((field) => fieldOf({ ...field, value: chosen[field.name], required: false, plain: true }));
  const apply = (event) => {
    event?.preventDefault();
    location.hash = toHandoffs(Object.fromEntries(made.map((field) => [field.name, field.value()])));
  };
  for (const { control } of made) control.addEventListener("change", () => apply());
  return h("form", { class: "filters card", role: "search", "aria-label": "Filter handoffs", onsubmit: apply }, made.map((field) => field.node),
    h("a", { class: "button", href: toHandoffs() }, "Clear"));
}

function row(first, roster) {
  const state = stateBadge(first.state);
  const [took, seam, silence, way] = [0, 1, 2, 3].map(() => h("span", { class: "number" }));
  const shown = {};
  const node = h("tr", { role: "row" }, cells(COLUMNS, [
    h("a", { class: "row-link", href: toHandoff(first.id) }, when(first.requested_at)),
    way, h("span", { class: "clip" }, first.reason), first.requested_by, state, took, seam, silence,
  ]));
  const update = (handoff) => {
    setBadge(state, handoff.state);
    say(took, handoff.ended_at === null ? "–" : span(handoff.ended_at - handoff.requested_at));
    say(seam, span(handoff.seam_ms));
    say(silence, span(handoff.silence_ms));
    if (shown.target !== handoff.target) put(way, who(handoff.from_role, roster), " → ", who((shown.target = handoff.target), roster));
  };
  return { node, update };
}
