/** The telephone: call with the browser's microphone, mute, hang up, and see the state of the call. */

import { everySecond } from "../clock.js";
import { h, say, set } from "../dom.js";
import { RoomAudio } from "../room_audio.js";
import { Problem, post } from "../http.js";
import { problemWords } from "../problems.js";
import { duration } from "../words.js";
import { dial } from "./dial.js";
import { holderOf } from "./holder.js";
import { levelMeter } from "./level.js";

const STATES = {
  idle: "Ready to call",
  connecting: "Calling…",
  ringing: "Ringing. An agent is joining…",
  talking: "You are talking with",
  reconnecting: "Connection lost. Reconnecting…",
  over: "The call is over",
};
const ON = ["connecting", "ringing", "talking", "reconnecting"];

/** `roster` is GET /roster. Returns the page's element. */
export function telephone({ me, roster, say: announce }) {
  const choice = dial({ me, roster, call });
  const refused = h("p", { class: "notice", role: "alert", hidden: true });
  const state = h("p", { class: "phone-state", role: "status" });
  const time = h("p", { class: "phone-time number", "aria-hidden": "true" });
  const mute = h("button", { type: "button", "aria-pressed": "false", onclick: toggleMute }, "Mute");
  const hangUp = h("button", { type: "button", class: "strong danger", onclick: leave }, "Hang up");
  const [mine, theirs] = [levelMeter("You"), levelMeter("The other side")];
  const levels = h("div", { class: "levels" }, mine.node, theirs.node);
  const sounds = h("div", { hidden: true });
  const roomAudio = new RoomAudio(sounds);
  const holder = holderOf(() => show());
  let begun = null;
  let shown = "idle";

  async function call({ room, role }) {
    refused.hidden = true;
    try {
      await roomAudio.connect(await post("/tokens", { kind: "caller", room, role }));
      begun = Date.now();
      holder.open(room);
      await speak();
    } catch (problem) {
      await roomAudio.close();
      become("idle");
      say(refused, problemWords(problem));
      refused.hidden = false;
    }
  }

  async function speak() {
    const us = roomAudio.room.localParticipant;
    await us.setMicrophoneEnabled(true).catch((error) => {
      throw new Problem(0, "The microphone could not be used", error.message);
    });
    mine.watch(() => us.audioLevel);
    theirs.watch(() => Math.max(0, ...roomAudio.others.map((one) => one.audioLevel)));
    hangUp.focus();
  }

  async function toggleMute() {
    const muted = mute.getAttribute("aria-pressed") !== "true";
    await roomAudio.room.localParticipant.setMicrophoneEnabled(!muted);
    showMuted(muted);
    announce(muted ? "You are muted." : "You can be heard again.");
  }

  function showMuted(muted) {
    set(mute, { "aria-pressed": String(muted) });
    say(mute, muted ? "Unmute" : "Mute");
  }

  async function leave() {
    await roomAudio.close();
    become("over");
  }

  function show() {
    if (roomAudio.state === "closed") become(shown);
    else if (roomAudio.state !== "open") become(roomAudio.state);
    else become(roomAudio.others.length || shown === "talking" ? "talking" : "ringing");
  }

  function become(next) {
    shown = next;
    const on = ON.includes(next);
    say(state, next === "talking" ? `${STATES.talking} ${named()}` : STATES[next]);
    set(phone, { class: `card phone ${next}` });
    choice.node.hidden = on;
    mute.hidden = hangUp.hidden = levels.hidden = !on;
    if (!on) rest();
    if (next === "over") choice.renew();
  }

  /** Ready for another call. */
  function rest() {
    begun = null;
    holder.close();
    [mine, theirs].forEach((meter) => meter.rest());
    sounds.replaceChildren();
    showMuted(false);
  }

  function named() {
    if (!roomAudio.others.length) return "nobody, because the agent has left";
    return roster.find((role) => role.role === holder.role)?.name ?? "an agent";
  }

  const buttons = h("div", { class: "buttons" }, mute, hangUp);
  const parts = [state, time, levels, buttons, refused, choice.node, sounds];
  const phone = h("section", { class: "card phone idle", "aria-label": "Telephone" }, parts);
  const lead =
    "You are the caller. An agent answers in a room on the LiveKit server and hears your microphone.";
  roomAudio.addEventListener("change", show);
  everySecond(time, () => begun && say(time, duration(Date.now() - begun)));
  become("idle");
  return h(
    "div",
    { class: "caller" },
    h("h1", {}, "Call from this browser"),
    h("p", { class: "lead" }, lead),
    phone,
    suggestions(me.hints),
  );
}

/** What a caller can say here; an empty element if nothing is suggested. */
function suggestions(hints) {
  if (!hints.length) return h("div", {});
  const heading = h("h2", {}, "You can say");
  return h("section", { class: "hint" }, heading, h("ul", {}, ...hints.map((hint) => h("li", {}, hint))));
}
