/** The talk: the brief before the caller is put through, then both sides in words, and what can be done. */

import { h, newId, put, say, set } from "../dom.js";
import { post } from "../http.js";
import { factsOf, matterOf, turnOf, turnsOf } from "./brief.js";
import { ringOnce } from "./ring.js";
import { Talk } from "./talk.js";

const AGAIN_MS = 1_000;
const RECONNECTING = "Reconnecting… The caller is told, and hears music";
const ELSEWHERE = "You have opened this talk in another window";

const NOW = {
  joining: "Opening your room…",
  ringing: "The caller's page rings. You are put together once they answer.",
  brief: "Only you hear this. The caller hears music.",
  connecting: "Putting them through…",
  talking: "You are talking with the caller",
  hold: "The caller is on hold",
  moving: "The caller is being handed over…",
  over: "The talk is over",
};

const BESIDE = {
  listen: (name) => `${name} listens.`,
  coach: (name) => `${name} whispers: only you hear it.`,
  barge: (name) => `${name} speaks with both of you.`,
  take_over: (name) => `${name} takes over.`,
};

/** Returns { node, close() }. At its end the page shows what the service says comes next. */
export function talkCard({ offer, callsBack, doing, tell, say: announce }) {
  const sounds = h("div", { hidden: true });
  const talk = new Talk(sounds);
  const state = h("p", { class: "now", role: "status" }, NOW.joining);
  const watched = h("p", { class: "quiet", role: "status", hidden: true });
  const about = h("div", {});
  const said = h("ol", { class: "said" });
  const log = h("div", { class: "log", role: "log", "aria-label": "What is said", tabindex: "0" }, said);
  const through = h("button", { type: "button", class: "strong", onclick: () => act("put_through") }, "Put them through");
  const notNow = h("button", { type: "button", onclick: () => act("return", "not now") }, "Not now");
  const mute = h("button", { type: "button", "aria-pressed": "false", onclick: toggleMute }, "Mute");
  const back = h("button", { type: "submit" }, "Hand back");
  const hangUp = h("button", { type: "button", class: "danger", onclick: () => act("hang_up") }, "Hang up");
  const reason = h("input", { id: newId("reason"), name: "reason", maxlength: "200", autocomplete: "off" });
  const handBack = h(
    "form",
    { class: "state", onsubmit: giveBack },
    h("label", { for: reason.id }, "For the desk that handed over"),
    reason,
    back,
  );
  const here = h("button", { type: "button", hidden: true, onclick: join }, "Go on in this one");
  const before = h("div", { class: "buttons" }, through, notNow);
  const during = h("div", {}, h("div", { class: "buttons" }, mute, hangUp), handBack);
  const node = h(
    "section",
    { class: "card talk", "aria-label": "The call" },
    state,
    here,
    watched,
    about,
    log,
    before,
    during,
    sounds,
  );
  let [now, muted, joining, lost] = ["joining", false, false, false];

  talk.addEventListener("brief", ({ detail }) => {
    said.replaceChildren(); // what was said since is shown after it
    put(about, matterOf(detail.matter), h("p", {}, detail.summary), factsOf(detail.facts), turnsOf(detail.turns));
  });
  talk.addEventListener("situation", ({ detail }) => {
    become(detail.now, detail.why);
    beside(detail.supervisors ?? []);
  });
  talk.addEventListener("words", ({ detail }) => {
    said.append(turnOf(detail));
    log.scrollTop = log.scrollHeight;
  });
  talk.addEventListener("change", connection);

  /** Who listens, and who is heard. */
  function beside(there) {
    say(watched, there.map((one) => BESIDE[one.mode](one.name)).join(" "));
    watched.hidden = !there.length;
  }

  function become(next, why = "") {
    if (now === "over") return;
    const first = now !== next;
    now = next;
    say(state, why ? `${NOW[next]}: ${why}` : NOW[next]);
    before.hidden = next !== "brief";
    during.hidden = !["talking", "hold", "moving"].includes(next);
    if (first && next === "brief") through.focus();
    if (first && next === "talking") mute.focus();
    if (next === "over") {
      announce(state.textContent);
      doing(() => talk.leave());
    }
  }

  /** A talk outlives a connection: this page joins again, until the service says that the talk is over. */
  function connection() {
    if (now === "over" || joining) return;
    const cut = now !== "joining" && !talk.held;
    if (cut !== lost) say(state, cut ? RECONNECTING : NOW[now]);
    if (cut && !lost) ringOnce("You were cut off", "The caller waits for you.");
    lost = cut;
    if (talk.state !== "over") return;
    here.hidden = !talk.elsewhere;
    if (talk.elsewhere) say(state, ELSEWHERE);
    else join();
  }

  async function act(which, why) {
    await talk.act(which, why).catch(tell);
  }

  function giveBack(event) {
    event.preventDefault();
    act("hand_back", reason.value.trim());
  }

  async function toggleMute() {
    await talk.mute(!muted).catch(tell);
    muted = !muted;
    set(mute, { "aria-pressed": String(muted) });
    say(mute, muted ? "Unmute" : "Mute");
    announce(muted ? "You are muted." : "You can be heard again.");
  }

  async function join() {
    joining = true;
    here.hidden = true;
    while (joining && !(await joined())) await new Promise((passed) => setTimeout(passed, AGAIN_MS));
    if (!joining) return talk.leave(); // the card was closed meanwhile
    joining = false;
    await talk.mute(muted).catch(tell);
    connection();
  }

  async function joined() {
    try {
      await talk.join(await post(`/desk/offers/${encodeURIComponent(offer.id)}/token`));
      return true;
    } catch (problem) {
      tell(problem);
      if ([404, 409].includes(problem.status)) joining = false; // the talk is over
      return false;
    }
  }

  become(callsBack ? "ringing" : "joining");
  join();
  return {
    node,
    close() {
      joining = false;
      now = "over";
      return talk.leave();
    },
  };
}
