/** Live calls with their holder and state, or ended calls. */

import { refetching } from "../refetch.js";
import { h, keyed, put, say } from "../dom.js";
import { latestHandoffs } from "../handoff_table.js";
import { get, withQuery } from "../http.js";

import { headed, lasting, noticeOf, stateBadge, when, who } from "../parts.js";
import { problemWords } from "../problems.js";
import { toCall, toCalls } from "../router.js";
import { startAgent } from "../start_agent.js";
import { cells, tableOf } from "../table.js";
import { OPEN_STATES, endedHow, plural } from "../words.js";

const PAGE = 100;
const LATEST = 8;

export function callsPage(query, app) {
  const over = query.get("over") === "1";
  const open = new Map(); // the open handoff of each call that has one
  const notice = noticeOf();
  const count = h("span", { class: "quiet", role: "status" });
  const body = h("tbody", { role: "rowgroup" });
  const columns = [
    "Caller",
    over ? "Last held by" : "Held by",
    "Status",
    "Began",
    over ? "Lasted" : "Lasts",
  ];
  const table = tableOf(over ? "Ended calls" : "Live calls", columns, body);
  const empty = h("div", { class: "empty card", hidden: true });
  const latest = latestHandoffs(app.roster);
  const older = h("a", { class: "button", hidden: true }, "Older calls");
  const start = startAgent(app);

  const refetch = refetching(
    async () => {
      const cursor = query.get("cursor") ?? "";
      const [calls] = await Promise.all([
        get(withQuery("/calls", { state: over ? "over" : "live", limit: PAGE, cursor })),
        over ? null : lookAtHandoffs(),
      ]);
      notice.tell(null);
      show(calls);
    },
    (problem) => notice.tell(problemWords(problem)),
  );

  async function lookAtHandoffs() {
    const [{ items }, ...lists] = await Promise.all([
      get(withQuery("/handoffs", { limit: LATEST })),
      ...OPEN_STATES.map((state) => get(withQuery("/handoffs", { state, limit: PAGE }))),
    ]);
    latest.update(items);
    open.clear();
    for (const handoff of lists.flatMap((list) => list.items)) open.set(handoff.call_id, handoff);
  }

  function show({ items, next }) {
    say(count, over ? "" : plural(items.length, "live call", "live calls") + (next ? ", and more" : ""));
    keyed(body, items, (call) => call.id, row);
    table.hidden = items.length === 0;
    empty.hidden = items.length > 0;
    put(empty, over ? h("p", {}, "No call has ended yet.") : noCalls());
    older.hidden = !next;
    if (next) older.href = toCalls(over, next);
  }

  function row(first) {
    let call = first;
    const held = h("span");
    const stands = h("span", { class: "stands" });
    const link = h("a", { class: "row-link", href: toCall(call.id) }, call.caller);
    const name = h("span", {}, link, h("span", { class: "under quiet" }, call.room));
    const node = h(
      "tr",
      { role: "row" },
      cells(columns, [name, held, stands, when(call.started_at), lasting(() => call)]),
    );
    const shown = {};
    const update = (next) => {
      call = next;
      if (shown.held !== call.holder_role) put(held, who((shown.held = call.holder_role), app.roster));
      const how = standing(call, open.get(call.id));
      if (shown.how !== how.words) put(stands, how.nodes);
      shown.how = how.words;
    };
    return { node, update };
  }

  function standing(call, handoff) {
    if (call.ended_at !== null)
      return { words: call.ended_how, nodes: [`over: ${endedHow(call.ended_how)}`] };
    if (!handoff) return { words: "talking", nodes: ["talking"] };
    const target = handoff.redirect_to ?? handoff.target;
    const waits = handoff.completes === "operator" && handoff.state === "accepted" && !handoff.approved_by;
    const nodes = [
      "handoff to ",
      who(target, app.roster),
      " ",
      stateBadge(handoff.state),
      waits && h("strong", { class: "waits" }, "needs approval"),
    ];
    return { words: [target, handoff.state, waits].join(), nodes };
  }

  const tabs = h(
    "nav",
    { class: "tabs", "aria-label": "Which calls" },
    [false, true].map((one) =>
      h("a", { href: toCalls(one), "aria-current": one === over ? "page" : null }, one ? "Over" : "Live"),
    ),
  );
  const node = h(
    "div",
    {},
    headed("Calls", count, h("div", { class: "end" }, start.node)),
    tabs,
    notice.node,
    table,
    empty,
    older,
    latest.node,
  );
  return {
    title: "Calls",
    node,
    look: refetch,
    moved: ({ kind }) => kind !== "turn" && kind !== "attempt" && refetch(),
    connection: start.update,
    close: refetch.stop,
  };
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
