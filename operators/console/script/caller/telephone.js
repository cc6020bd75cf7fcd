/** The telephone: choose a room and a role, call with the browser's microphone, mute, hang up. */

import { everySecond } from "../clock.js";
import { h, newId, say, set } from "../dom.js";
import { Ears } from "../ears.js";
import { fieldOf } from "../fields.js";
import { Problem, post } from "../http.js";
import { whyNoSound } from "../livekit.js";
import { problemWords } from "../problems.js";
import { duration } from "../words.js";
import { holderOf } from "./holder.js";
import { levelMeter } from "./level.js";

const STATES = {
  idle: "Ready to call",
  connecting: "Calling…",
  ringing: "It rings. An agent is on its way…",
  talking: "You are talking with",
  reconnecting: "The connection is lost for a moment…",
  over: "The call is over",
};
const HEARD_ALONE = "The microphone could not be used";

/** `roster` is GET /roster. Returns the page's element. */
export function telephone({ me, roster, say: announce }) {
  const fields = [
    { name: "role", label: "Answered by", kind: "choice", options: [["", "the role that answers first"], ...roster.map((role) => [role.role, role.name])], plain: true },
    { name: "room", label: "Room", value: newRoom(), required: true, hint: "One call has a room of its own." },
  ].map(fieldOf);
  const why = h("p", { class: "hint hindered", id: newId("why"), hidden: true });
  const refused = h("p", { class: "notice", role: "alert", hidden: true });
  const state = h("p", { class: "phone-state", role: "status" });
  const time = h("p", { class: "phone-time number", "aria-hidden": "true" });
  const callButton = h("button", { type: "submit", class: "strong", "aria-describedby": why.id }, "Call");
  const mute = h("button", { type: "button", "aria-pressed": "false", hidden: true }, "Mute");
  const hangUp = h("button", { type: "button", class: "strong danger", hidden: true }, "Hang up");
  const [mine, theirs] = [levelMeter("You"), levelMeter("The other side")];
  const meters = h("div", { class: "levels", hidden: true }, mine.node, theirs.node);
  const sounds = h("div", { hidden: true });
  const ears = new Ears(sounds);
  const holder = holderOf(() => show());
  const form = h("form", { onsubmit: submit }, fields.map((field) => field.node), h("div", { class: "buttons" }, callButton), why);
  let begun = null;
  let shown = "idle";
  const hindrance = me.role === "viewer" ? "Your token is a viewer's: it makes no calls." : whyNoSound(me.audio) ?? noMicrophone();

  ears.addEventListener("change", show);
  mute.addEventListener("click", toggleMute);
  hangUp.addEventListener("click", () => ears.close().then(() => become("over")));
  everySecond(time, () => begun && say(time, duration(Date.now() - begun)));

  async function submit(event) {
    event.preventDefault();
    if (callButton.getAttribute("aria-disabled")) return;
    refused.hidden = true;
    const [role, room] = fields.map((field) => field.value());
    try {
      const ask = { kind: "caller", room, ...(role ? { role } : {}) };
      await ears.connect(await post("/tokens", ask));
      begun = Date.now();
      holder.open(room);
      await speak();
    } catch (problem) {
      await ears.close();
      become("idle");
      say(refused, problemWords(problem));
      refused.hidden = false;
    }
  }

  async function speak() {
    try {
      await ears.room.localParticipant.setMicrophoneEnabled(true);
    } catch (error) {
      throw new Problem(0, HEARD_ALONE, error.message);
    }
    mine.watch(() => ears.room.localParticipant.audioLevel);
    theirs.watch(() => Math.max(0, ...ears.others.map((one) => one.audioLevel)));
    hangUp.focus();
  }

  async function toggleMute() {
    const muted = mute.getAttribute("aria-pressed") !== "true";
    await ears.room.localParticipant.setMicrophoneEnabled(!muted);
    set(mute, { "aria-pressed": String(muted) });
    say(mute, muted ? "Unmute" : "Mute");
    announce(muted ? "You are muted." : "You can be heard again.");
  }

  function show() {
    if (ears.state === "open") become(ears.others.length ? "talking" : shown === "talking" ? "talking" : "ringing");
    else if (ears.state !== "closed") become(ears.state);
    else become(shown);
  }

  function become(next) {
    shown = next;
    const on = ["connecting", "ringing", "talking", "reconnecting"].includes(next);
    say(state, next === "talking" ? `${STATES.talking} ${named()}` : STATES[next]);
    set(phone, { class: `card phone ${next}` });
    form.hidden = on;
    mute.hidden = hangUp.hidden = meters.hidden = !on;
    set(callButton, { "aria-disabled": hindrance ? "true" : null });
    say(why, hindrance ?? "");
    why.hidden = !hindrance;
    if (next === "over") again();
    if (!on) hungUp();
  }

  /** Ready for another call: unmuted, in a room of its own. */
  function again() {
    [mine, theirs].forEach((meter) => meter.rest());
    sounds.replaceChildren();
    set(mute, { "aria-pressed": "false" });
    say(mute, "Mute");
    fields[1].control.value = newRoom();
  }

  function hungUp() {
    begun = null;
    holder.close();
  }

  function named() {
    if (!ears.others.length) return "nobody: the agent has left";
    return roster.find((role) => role.role === holder.role)?.name ?? "an agent";
  }

  const phone = h("section", { class: "card phone idle", "aria-label": "Telephone" }, state, time, meters,
    h("div", { class: "buttons" }, mute, hangUp), refused, form, sounds);
  become("idle");
  return h("div", { class: "caller" }, h("h1", {}, "Call from this browser"),
    h("p", { class: "lead" }, "You are the caller: an agent answers in a room on the LiveKit server, and hears your microphone."), phone);
}

const newRoom = () => `browser-${Array.from(crypto.getRandomValues(new Uint8Array(4)), (byte) => byte.toString(16).padStart(2, "0")).join("")}`;

function noMicrophone() {
  return navigator.mediaDevices?.getUserMedia ? null : "A browser gives a microphone only to pages on https or on this machine.";
}
