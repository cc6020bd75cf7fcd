/** The talk: the brief before the caller is put through, then both sides in words, and what can be done. */

import { h, put, say } from "../dom.js";
import { post } from "../http.js";
import { factsOf, matterOf, turnOf, turnsOf } from "./brief.js";
import { controlsOf } from "./controls.js";
import { directoryOf } from "./directory.js";
import { handOverOf } from "./hand_over.js";
import { noteOf } from "./notes.js";
import { ringOnce } from "./ring.js";
import { secondOf } from "./second.js";
import { Talk } from "./talk.js";

const AGAIN_MS = 1_000;
const RECONNECTING = "Reconnecting… The caller knows, and hears music";
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
const IN_TALK = ["talking", "hold", "moving"];

/** Returns { node, update(offer), close() }. At its end the page shows what the service says comes next. */
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
  const here = h("button", { type: "button", hidden: true, onclick: join }, "Go on in this one");
  const controls = controlsOf({ offer, talk, act, tell, say: announce });
  const handOver = handOverOf({ offer, act, tell });
  const second = secondOf({ offer, tell });
  const directory = directoryOf({ tell, shows: [handOver.show, second.show] });
  const note = noteOf({ offer, tell });
  const before = h("div", { class: "buttons" }, through, notNow);
  const during = h("div", {}, controls.node, second.node, note.node, handOver.node);
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
  let [now, joining, lost, lostAt] = ["joining", false, false, offer.lost_at];

  talk.addEventListener("brief", ({ detail }) => {
    said.replaceChildren(); // what was said since is shown after it
    put(about, matterOf(detail.matter), h("p", {}, detail.summary), factsOf(detail.facts), turnsOf(detail.turns));
  });
  talk.addEventListener("situation", ({ detail }) => {
    become(detail.now, detail.why);
    beside(detail.supervisors ?? []);
    together(detail);
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

  /** A person who was only asked in cannot decide where the caller goes. */
  function together(situation) {
    const { leads = true, other } = situation;
    second.update(situation);
    controls.leads(leads);
    handOver.node.hidden = !leads;
    say(through, leads ? "Put them through" : "Join them");
    if (!leads && now === "brief") say(state, `Only you hear this. ${other.name} talks with the caller.`);
  }

  /** The talk rings here once each time that nothing is heard of the person, whatever this page knows of it. */
  function update(row) {
    controls.update(row);
    if (row.lost_at !== lostAt && row.back_at === null && !lost) ringOnce("You are not heard", "The caller waits for you.");
    lostAt = row.lost_at;
  }

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

  async function join() {
    joining = true;
    here.hidden = true;
    while (joining && !(await joined())) await new Promise((passed) => setTimeout(passed, AGAIN_MS));
    if (!joining) return talk.leave(); // the card was closed meanwhile
    joining = false;
    await talk.mute(controls.muted()).catch(tell);
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

  function close() {
    joining = false;
    now = "over";
    directory.close();
    note.close();
    return talk.leave();
  }

  become(callsBack ? "ringing" : "joining");
  join();
  return { node, update, close };
}
