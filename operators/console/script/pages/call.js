/** One call: its timeline, live transcript, open handoff, and everything an operator can do. */

import { refetching } from "../refetch.js";
import { actsPanel } from "../call/acts_panel.js";
import { composer } from "../call/composer.js";
import * as dialogs from "../call/dialogs.js";
import { callHead } from "../call/head.js";
import { lanes } from "../call/lanes.js";
import { listening } from "../call/listening.js";
import { handoffPanel } from "../call/panel.js";
import { transcript } from "../call/transcript.js";
import { viewOf } from "../call/view.js";
import { h, set } from "../dom.js";
import { get, newKey } from "../http.js";
import { whyNoSound } from "../livekit.js";
import { noticeOf } from "../parts.js";
import { problemWords } from "../problems.js";
import { isOpen } from "../words.js";

export function callPage(id, app) {
  const path = `/calls/${encodeURIComponent(id)}`;
  const notice = noticeOf();
  const head = callHead(app.roster);
  const words = transcript(app.roster);
  const picture = lanes(app.roster, words.show);
  const handoffs = handoffPanel(app.roster);
  const listenIn = listening(nameOf);
  const histories = new Map(); // events of each handoff, by its id
  let told = null;

  const direct = (act) => async (button) => {
    set(button, { "aria-busy": "true" });
    await act(view(), newKey()).then(
      () => notice.tell(null),
      (problem) => notice.tell(problemWords(problem)),
    );
    set(button, { "aria-busy": null });
    refetch();
  };
  const asking = (dialog) => () => dialog(view()).then((done) => done && refetch());
  const acts = actsPanel({
    handOver: asking(dialogs.handOver),
    takeBack: asking(dialogs.takeBack),
    redirect: asking(dialogs.redirect),
    approve: direct(dialogs.approve),
    cancel: direct(dialogs.cancel),
    leave: asking((now) => dialogs.end(now, "agent")),
    end: asking((now) => dialogs.end(now, "call")),
    listen: (button) => listenIn.toggle(view(), button),
  });
  const box = composer(id, (...sent) => dialogs.send(id, ...sent).then(refetch));

  const view = () =>
    viewOf(told, {
      me: app.me,
      roster: app.roster,
      online: app.feed.state !== "lost",
      audio: whyNoSound(app.me.audio),
    });

  const refetch = refetching(
    async () => {
      const next = await get(path);
      await Promise.all(next.handoffs.map(history));
      tellChanges(told, next);
      told = next;
      notice.tell(null);
      show();
    },
    (problem) => {
      if (problem.status === 404) body.hidden = true;
      notice.tell(problemWords(problem));
    },
  );

  /** Fetches the events of an ended handoff once: there will be no more. */
  async function history(handoff) {
    const known = histories.get(handoff.id);
    if (known && known.state === handoff.state && !isOpen(handoff)) return;
    const { events } = await get(`/handoffs/${encodeURIComponent(handoff.id)}`);
    histories.set(handoff.id, Object.assign(events, { state: handoff.state }));
  }

  function show() {
    const now = view();
    body.hidden = false; // first: a hidden element has no size, and cannot be scrolled to its end
    head.update(now);
    picture.update(now, histories);
    handoffs.update(now, histories);
    words.update(now);
    box.update(acts.update(now));
  }

  function tellChanges(before, next) {
    if (!before) return;
    if (next.call.holder_role !== before.call.holder_role)
      app.say(`${next.call.holder_role} holds the call now.`);
    else if (next.call.ended_at && !before.call.ended_at) app.say("The call is over.");
    else {
      const moved = next.handoffs.find(
        (one) => one.state !== before.handoffs.find((old) => old.id === one.id)?.state,
      );
      if (moved) app.say(`Handoff to ${moved.target}: ${moved.state}.`);
    }
  }

  function nameOf(identity) {
    if (identity === told.call.caller) return "caller";
    const target = told.handoffs.find((one) => one.target_job && identity === `agent-${one.target_job}`);
    if (target) return target.target;
    const holder = told.handoffs.find((one) => identity === `agent-${one.from_job}`)?.from_role;
    return holder ?? told.call.holder_role;
  }

  const column = h(
    "div",
    { class: "call-main" },
    picture.node,
    handoffs.node,
    h("section", { class: "card", "aria-label": "Words" }, words.node, box.node),
  );
  const body = h(
    "div",
    { class: "call", hidden: true },
    column,
    h("div", { class: "call-side" }, listenIn.node, acts.node),
  );
  return {
    title: "Call",
    node: h("div", {}, head.node, notice.node, body),
    look: refetch,
    moved: (event) => event.call_id === id && refetch(),
    connection: () => told && show(),
    close: () => {
      refetch.stop();
      listenIn.close();
    },
  };
}
