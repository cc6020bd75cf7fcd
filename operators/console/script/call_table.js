/** The table of calls. Each column says what it is called, and makes a cell that follows its call. */

import { needsApproval } from "./attention.js";
import { h, keyed, put } from "./dom.js";
import { lasting, needsSomebody, stateBadge, when, who } from "./parts.js";
import { toCall } from "./router.js";
import { cells, tableOf } from "./table.js";
import { callBackWhy, callerName, endedHow } from "./words.js";

/** `make(call, app)` returns { node, update(call, handoff) }; `handoff` is the open one, or undefined. */
const CALLER = { name: "Caller", make: caller };
const HOLDER = { name: "Held by", make: holder };
const LAST_HOLDER = { name: "Last held by", make: holder };
const STATUS = { name: "Status", make: status };
const BEGAN = { name: "Began", make: (call) => ({ node: when(call.started_at) }) };
const LASTS = { name: "Lasts", make: lasts };
const LASTED = { name: "Lasted", make: lasts };

const LIVE = [CALLER, HOLDER, STATUS, BEGAN, LASTS];
const OVER = [CALLER, LAST_HOLDER, STATUS, BEGAN, LASTED];

/** Returns { node, update(calls, handoffs) }; `handoffs` is a Map of the open ones by call. */
export function callTable(caption, app, { live }) {
  const columns = live ? LIVE : OVER;
  const names = columns.map((one) => one.name);
  const body = h("tbody", { role: "rowgroup" });
  const node = tableOf(caption, names, body);
  node.hidden = true;

  function row(first) {
    const made = columns.map((one) => one.make(first, app));
    const tr = h("tr", { role: "row" }, cells(names, made.map((one) => one.node)));
    return { node: tr, update: ([call, handoff]) => made.forEach((one) => one.update?.(call, handoff)) };
  }

  function update(calls, handoffs) {
    const make = ([call]) => row(call);
    keyed(body, calls.map((call) => [call, handoffs.get(call.id)]), ([call]) => call.id, make);
    node.hidden = calls.length === 0;
  }

  return { node, update };
}

function caller(call) {
  const link = h("a", { class: "row-link", href: toCall(call.id), dir: "auto" }, callerName(call));
  const about = [call.caller_number !== callerName(call) && call.caller_number, call.room].filter(Boolean);
  return { node: h("span", { class: "named" }, link, h("bdi", { class: "under quiet" }, about.join(" · "))) };
}

function holder(_call, app) {
  const node = h("span");
  let shown = null;
  const update = (call) => {
    if (shown !== call.holder_role) put(node, who((shown = call.holder_role), app.roster));
  };
  return { node, update };
}

function lasts(first) {
  let now = first;
  return { node: lasting(() => now), update: (call) => (now = call) };
}

function status(_call, app) {
  const node = h("span", { class: "stands" });
  let shown = null;
  const update = (call, handoff) => {
    const { key, nodes } = call.ended_at === null ? talking(call, handoff, app) : over(call);
    if (shown !== key) put(node, nodes);
    shown = key;
  };
  return { node, update };
}

function talking(call, handoff, app) {
  const alone = handoff ? null : needsSomebody(call);
  if (alone)
    return {
      key: [call.queued_at, call.admitted_at, call.held_at, call.lost_at].join(),
      nodes: [alone, h("strong", { class: "waits" }, "needs somebody")],
    };
  if (!handoff) return { key: "talking", nodes: ["talking"] };
  const target = handoff.redirect_to ?? handoff.target;
  const waits = needsApproval(handoff);
  const nodes = [
    h("span", {}, "handoff to ", who(target, app.roster)),
    stateBadge(handoff.state),
    waits && h("strong", { class: "waits" }, "needs approval"),
  ];
  return { key: [target, handoff.state, waits].join(), nodes };
}

function over(call) {
  const nodes = [h("span", {}, `over: ${endedHow(call.ended_how)}`)];
  if (call.called_back_by)
    nodes.push(h("span", { class: "badge over" }, "called back by ", h("bdi", {}, call.called_back_by)));
  else if (call.call_back)
    nodes.push(h("span", { class: "badge call-back" }, "Call back"), h("span", { class: "quiet" }, callBackWhy(call)));
  return { key: [call.ended_how, call.call_back, call.called_back_by].join(), nodes };
}
