/** Where a person takes calls: their presence, what rings, the talk, and the wrap-up. One thing at a time. */

import { h, put, say, set } from "../dom.js";
import { Feed } from "../feed.js";
import { get, post } from "../http.js";
import { messagesList } from "../messages.js";
import { problemWords } from "../problems.js";
import { holds } from "../session.js";
import { callBacksList } from "./call_backs.js";
import { microphoneTest } from "./microphone.js";
import { presenceOf } from "./presence.js";
import { ring, stopRinging } from "./ring.js";
import { ringingCard } from "./ringing.js";
import { talkCard } from "./talk_card.js";
import { wrapUpCard } from "./wrap_up.js";

const LOOK_MS = 5_000;
const KINDS = ["presence", "queue", "offer"];

/** Returns { node, close() }. `say(words)` tells a screen reader. */
export function deskOf({ me, say: announce }) {
  const refused = h("p", { class: "notice", role: "alert", hidden: true });
  const work = h("div", { class: "work" });
  const callBacks = callBacksList();
  const messages = messagesList({ me: me.name, own: true, acts: true, tell, say: announce });
  const presence = presenceOf({ change, ready: () => tested });
  const feed = new Feed();
  let [view, tested, shown, looking, beaten] = [null, false, null, false, 0];

  async function look() {
    if (looking) return;
    looking = true;
    try {
      view = await get("/desk");
      if (view.presence && Date.now() - beaten > view.heartbeat_s * 1000) {
        await post("/desk/heartbeat");
        beaten = Date.now();
      }
      refused.hidden = true;
      show();
    } catch (problem) {
      tell(problem);
    }
    looking = false;
  }

  async function change(state, reason) {
    await doing(() => post("/desk/presence", { state, reason }));
  }

  /** Do it, and show what is so afterwards. */
  async function doing(act) {
    try {
      await act();
      refused.hidden = true;
    } catch (problem) {
      tell(problem);
    }
    looking = false;
    await look();
  }

  function tell(problem) {
    say(refused, problemWords(problem));
    refused.hidden = false;
  }

  function show() {
    presence.show(view.presence);
    callBacks.show(view);
    const ringing = view.offers.find((offer) => offer.outcome === null);
    const talk = view.offers.find((offer) => offer.outcome === "accepted" && offer.ended_at === null);
    const open = view.offers.find((offer) => offer.connected_at && offer.ended_at && !offer.wrapped_up_at);
    if (ringing && !talk) ring(ringing.id, roleOf(ringing).name);
    else stopRinging();
    if (talk) return become("talk", talk, talkCard);
    if (ringing) return become("ringing", ringing, ringingCard);
    if (open) return become("wrap-up", open, wrapUpCard);
    return become("idle", { id: tested ? "idle" : "test" }, idleCard);
  }

  function become(kind, offer, make) {
    const key = `${kind} ${offer.id}`;
    if (shown?.key === key) return shown.part.update?.(offer);
    shown?.part.close?.();
    const callsBack = view.call_backs.some(({ person }) => person === view.person);
    const part = make({ me, offer, callsBack, role: roleOf(offer), doing, tell, say: announce });
    shown = { key, part };
    put(work, part.node);
    part.update?.(offer);
    part.node.querySelector("button.strong")?.focus();
  }

  function idleCard() {
    if (!tested)
      return microphoneTest({
        me,
        passed() {
          tested = true;
          presence.show(view.presence);
          show();
        },
      });
    const words = "Nothing rings. Keep this page open: it rings here.";
    const again = h("button", { type: "button", onclick: testAgain }, "Test the microphone again");
    return { node: h("div", { class: "card" }, h("p", { class: "quiet" }, words), again) };
  }

  function testAgain() {
    tested = false;
    show();
  }

  const roleOf = (offer) => view.roles.find((role) => role.role === offer.role) ?? { name: offer.role, codes: [] };

  const node = h(
    "div",
    { class: "desk" },
    h("h1", {}, "Your desk"),
    holds(me, "desk") ? null : h("p", { class: "notice" }, "Your token has no desk. It needs the right “desk”."),
    presence.node,
    refused,
    work,
    callBacks.node,
    messages.node,
  );
  if (!holds(me, "desk")) {
    set(presence.node, { hidden: true });
    return { node, close() {} };
  }
  feed.addEventListener("moved", ({ detail }) => KINDS.includes(detail.kind) && look());
  feed.addEventListener("moved", ({ detail }) => detail.kind === "message" && messages.look());
  feed.addEventListener("open", () => [look(), messages.look()]);
  feed.open();
  const timer = setInterval(look, LOOK_MS);
  look();
  return {
    node,
    close() {
      clearInterval(timer);
      stopRinging();
      feed.close();
      shown?.part.close?.();
    },
  };
}
