/** One call: its timeline, live transcript, open handoff, and everything an operator can do. */

import { needsApproval } from "../attention.js";
import { actsPanel } from "../call/acts_panel.js";
import { afterEnd } from "../call/after_end.js";
import { callBackBox } from "../call/call_back.js";
import { composer } from "../call/composer.js";
import * as dialogs from "../call/dialogs.js";
import { callHead } from "../call/head.js";
import { lanes } from "../call/lanes.js";
import { legalHold } from "../call/legal_hold.js";
import { listening } from "../call/listening.js";
import { supervising } from "../call/supervising.js";
import { recording } from "../call/recording.js";
import { handoffPanel } from "../call/panel.js";
import { thumbBar } from "../call/thumb_bar.js";
import { transcript } from "../call/transcript.js";
import { viewOf } from "../call/view.js";
import { h, set } from "../dom.js";
import { get, newKey } from "../http.js";
import { whyNoSound } from "../livekit.js";
import { noticeOf } from "../parts.js";
import { problemWords } from "../problems.js";
import { refetching } from "../refetch.js";
import { isOpen } from "../words.js";

export function callPage(id, app) {
  const path = `/calls/${encodeURIComponent(id)}`;
  const notice = noticeOf();
  const head = callHead(app.roster);
  const words = transcript(app.roster);
  const sound = recording(app.roster);
  const picture = lanes(app.roster, showTurn);
  const handoffs = handoffPanel(app.roster);
  const listenIn = listening(nameOf, () => told && bar.update(view()));
  const stepsIn = supervising(listenIn);
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
    hold: direct(dialogs.hold),
    resume: direct(dialogs.resume),
    end: asking(dialogs.end),
    listen: (button) => listenIn.toggle(view(), button),
    coach: direct((now) => stepsIn.act("coach", now)),
    barge: direct((now) => stepsIn.act("barge", now)),
    takeOver: direct((now) => stepsIn.act("take-over", now)),
    giveBack: direct((now) => stepsIn.act("give-back", now)),
  });
  const box = composer(id, (...sent) => dialogs.send(id, ...sent).then(refetch));

  const after = afterEnd(app, words.focus);
  const callBack = callBackBox(() => refetch());
  const kept = legalHold(() => refetch());
  const bar = thumbBar({ acts, after, callBack, write: box.focus });

  const view = () =>
    viewOf(told, {
      me: app.me,
      roster: app.roster,
      online: app.feed.state !== "lost",
      audio: whyNoSound(app.me.audio),
      listener: listenIn.identity,
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
    sound.update(now);
    handoffs.update(now, histories);
    words.update(now);
    stepsIn.update(now);
    box.update(acts.update(now));
    after.update(now);
    callBack.update(now);
    kept.update(now);
    bar.update(now);
    const over = now.call.ended_at !== null;
    if (over && !acts.node.hidden) retire();
    page.title = over ? "Call, over" : titleOf(now);
    app.titled();
  }

  /** The call is over: what speaks of a live one goes, and the focus with it to what there is now. */
  function retire() {
    const focused = [acts.node, box.node, bar.node].some((one) => one.contains(document.activeElement));
    listenIn.close();
    stepsIn.close();
    acts.node.hidden = box.node.hidden = true;
    if (focused) after.button("read").focus();
  }

  function tellChanges(before, next) {
    if (!before) return;
    if (next.call.holder_role !== before.call.holder_role)
      app.say(`${next.call.holder_role} holds the call now.`);
    else if (next.call.ended_at && !before.call.ended_at) app.say("The call is over.");
    else if (next.call.held_at && !before.call.held_at) app.say("The caller is on hold.");
    else if (!next.call.held_at && before.call.held_at) app.say("The caller is off hold.");
    else {
      const moved = next.handoffs.find(
        (one) => one.state !== before.handoffs.find((old) => old.id === one.id)?.state,
      );
      if (moved) app.say(`Handoff to ${moved.target}: ${moved.state}.`);
    }
  }

  function showTurn(seq) {
    words.show(seq);
    sound.seek(told.turns.find((turn) => turn.seq === seq));
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
    callBack.node,
    picture.node,
    sound.node,
    handoffs.node,
    h("section", { class: "card", "aria-label": "Words" }, words.node, box.node),
  );
  const body = h(
    "div",
    { class: "call", hidden: true },
    column,
    h("div", { class: "call-side" }, listenIn.node, stepsIn.node, acts.node, after.node, kept.node),
    bar.node,
  );
  const page = {
    title: "Call",
    node: h("div", { class: "call-page" }, head.node, notice.node, body),
    look: refetch,
    moved: (event) => event.call_id === id && refetch(),
    connection: () => told && show(),
    close: () => {
      refetch.stop();
      listenIn.close();
      stepsIn.close();
      sound.close();
    },
  };
  return page;
}

/** Who has the call now. Without the caller's name: the browser keeps titles in its history. */
function titleOf({ call, open }) {
  if (open && needsApproval(open)) return "Call, needs approval";
  return `Call, live with ${call.holder_role}`;
}
