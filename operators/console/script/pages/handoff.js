/** One handoff: its steps, its attempts, its summary, and every event. */

import { refetching } from "../refetch.js";
import { handoffSteps } from "../call/steps.js";
import { h, keyed, put } from "../dom.js";
import { get } from "../http.js";
import { card, facts, headed, noticeOf, stateBadge, when, who } from "../parts.js";
import { problemWords } from "../problems.js";
import { toCall, toHandoffs } from "../router.js";
import { summaryOf } from "../summary.js";
import { cells, tableOf } from "../table.js";
import { asker, clock, isOpen, span } from "../words.js";

const ATTEMPTS = ["Target", "Status", "Called", "Claimed", "Accepted", "Ended", "Reason"];
const EVENTS = ["When", "What", "From", "To", "Who"];

export function handoffPage(id, app) {
  const notice = noticeOf();
  const steps = handoffSteps(app.roster, { linked: false });
  const [about, told] = [h("div"), h("div")];
  const [attempts, events] = [h("tbody", { role: "rowgroup" }), h("tbody", { role: "rowgroup" })];
  const body = h(
    "div",
    { hidden: true },
    h("section", { class: "card", "aria-label": "Steps" }, steps.node),
    about,
    card("Attempts", tableOf("Attempts", ATTEMPTS, attempts)),
    told,
    card("Events", tableOf("Events", EVENTS, events)),
  );
  let call = null;

  const refetch = refetching(
    async () => {
      const answer = await get(`/handoffs/${encodeURIComponent(id)}`);
      call = answer.handoff.call_id;
      notice.tell(null);
      show(answer);
    },
    (problem) => notice.tell(problemWords(problem)),
  );

  function show({ handoff, attempts: tries, events: moves }) {
    steps.update(handoff, moves);
    put(about, card("Details", factsOf(handoff)));
    put(told, summaryOf(handoff));
    keyed(
      attempts,
      tries,
      (one) => [one.id, one.claimed_at, one.accepted_at, one.ended_at].join(),
      (one) => ({ node: attempt(one, app.roster) }),
    );
    keyed(
      events,
      moves,
      (event) => event.id,
      (event) => ({ node: eventRow(event) }),
    );
    body.hidden = false;
    page.title = `Handoff, ${handoff.state}`;
    app.titled();
  }

  const page = {
    title: "Handoff",
    node: h(
      "div",
      {},
      h("a", { class: "quiet-link", href: toHandoffs() }, "Handoffs"),
      headed("Handoff"),
      notice.node,
      body,
    ),
    look: refetch,
    moved: (event) => event.call_id === call && event.kind !== "turn" && refetch(),
    close: refetch.stop,
  };
  return page;
}

function factsOf(handoff) {
  return facts([
    ["Call", h("a", { href: toCall(handoff.call_id) }, handoff.call_id)],
    ["Asked for", when(handoff.requested_at)],
    ["By", asker(handoff.requested_by)],
    ["Completes", handoff.completes === "operator" ? "when an operator approves" : "automatically"],
    ["Approved by", handoff.approved_by],
    ["Took", isOpen(handoff) ? null : span(handoff.ended_at - handoff.requested_at)],
    ["Redirected by", handoff.redirected_by],
    ["Reason of the redirection", handoff.redirect_reason],
    ["Target speaks after", span(handoff.time_to_target_ms)],
    ["On hold", span(handoff.on_hold_ms)],
    ["With music", span(handoff.music_ms)],
    ["Seam", span(handoff.seam_ms)],
    ["Longest silence", span(handoff.silence_ms)],
    ["Id", handoff.id],
  ]);
}

const at = (moment, since) =>
  moment === null ? "–" : since === undefined ? clock(moment) : `+${span(moment - since)}`;

function attempt(one, roster) {
  const state = one.outcome ?? (one.accepted_at ? "accepted" : one.claimed_at ? "briefing" : "dispatching");
  const from = one.started_at;
  return h(
    "tr",
    { role: "row" },
    cells(ATTEMPTS, [
      who(one.target, roster),
      stateBadge(state),
      at(from),
      at(one.claimed_at, from),
      at(one.accepted_at, from),
      at(one.ended_at, from),
      one.reason ?? "–",
    ]),
  );
}

function eventRow(event) {
  return h(
    "tr",
    { role: "row" },
    cells(EVENTS, [when(event.at), event.kind, event.moved_from ?? "–", event.moved_to, event.actor]),
  );
}
