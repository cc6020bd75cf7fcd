/** The talk: the brief before the caller is put through, then both sides in words, and what can be done. */

import { h, put, say } from "../dom.js";
import { post } from "../http.js";
import { factsOf, matterOf, turnOf, turnsOf } from "./brief.js";
import { controlsOf } from "./controls.js";
import { handOverOf } from "./hand_over.js";
import { noteOf } from "./notes.js";
import { Talk } from "./talk.js";

const NOW = {
  joining: "Opening your room…",
  brief: "Only you hear this. The caller hears music.",
  connecting: "Putting them through…",
  talking: "You are talking with the caller",
  hold: "The caller is on hold",
  moving: "The caller is being handed over…",
  over: "The talk is over",
};

const IN_TALK = ["talking", "hold", "moving"];

/** Returns { node, close() }. At its end the page shows what the service says comes next. */
export function talkCard({ offer, doing, tell, say: announce }) {
  const sounds = h("div", { hidden: true });
  const talk = new Talk(sounds);
  const state = h("p", { class: "now", role: "status" }, NOW.joining);
  const about = h("div", {});
  const said = h("ol", { class: "said" });
  const log = h("div", { class: "log", role: "log", "aria-label": "What is said", tabindex: "0" }, said);
  const through = h("button", { type: "button", class: "strong", onclick: () => act("put_through") }, "Put them through");
  const notNow = h("button", { type: "button", onclick: () => act("return", "not now") }, "Not now");
  const controls = controlsOf({ offer, talk, act, tell, say: announce });
  const handOver = handOverOf({ offer, act, tell });
  const before = h("div", { class: "buttons" }, through, notNow);
  const during = h("div", {}, controls.node, noteOf({ offer }).node, handOver.node);
  const node = h(
    "section",
    { class: "card talk", "aria-label": "The call" },
    state,
    about,
    log,
    before,
    during,
    sounds,
  );
  let now = "joining";

  talk.addEventListener("brief", ({ detail }) => {
    put(about, matterOf(detail.matter), h("p", {}, detail.summary), factsOf(detail.facts), turnsOf(detail.turns));
  });
  talk.addEventListener("situation", ({ detail }) => become(detail.now, detail.why));
  talk.addEventListener("words", ({ detail }) => {
    said.append(turnOf(detail));
    log.scrollTop = log.scrollHeight;
  });
  talk.addEventListener("change", () => talk.state === "over" && become("over", "your room was closed"));

  function become(next, why = "") {
    if (now === "over") return;
    const earlier = now;
    now = next;
    say(state, why ? `${NOW[next]}: ${why}` : NOW[next]);
    before.hidden = next !== "brief";
    during.hidden = !IN_TALK.includes(next);
    controls.show(next);
    if (next === "brief" && earlier !== "brief") through.focus();
    if (next === "talking" && !IN_TALK.includes(earlier)) controls.focus();
    if (next === "over") {
      announce(state.textContent);
      doing(() => talk.leave());
    }
  }

  async function act(which, why) {
    await talk.act(which, why).catch(tell);
  }

  async function join() {
    try {
      await talk.join(await post(`/desk/offers/${encodeURIComponent(offer.id)}/token`));
    } catch (problem) {
      tell(problem);
    }
  }

  function close() {
    handOver.close();
    return talk.leave();
  }

  become("joining");
  join();
  return { node, close };
}
