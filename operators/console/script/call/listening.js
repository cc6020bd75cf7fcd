/** Listens in on a call, unseen and unheard, until the page is left. */

import { h, say, set } from "../dom.js";
import { RoomAudio } from "../room_audio.js";
import { post } from "../http.js";
import { problemWords } from "../problems.js";

const STATES = {
  connecting: "Connecting…",
  open: "You are listening. Nobody in the call can see or hear you.",
  reconnecting: "Connection lost. Reconnecting…",
  over: "The room was closed.",
};

const OWN_VOICE = "supervisor"; // the track into which an agent copies a listener's voice, as transfer/supervision.py
const ON = ["connecting", "open", "reconnecting"];

/**
 * `nameOf(identity)` names a speaker; `changed()` follows the state. Returns { node, toggle(view, button), start(view),
 * identity, isHeard, close() }: `identity` is the listener's while they listen; a listener who is heard does not hear themselves.
 */
export function listening(nameOf, changed) {
  const sounds = h("div", { hidden: true });
  const state = h("p", { role: "status" });
  const speaking = h("p", { class: "quiet" });
  const volume = h("input", { type: "range", min: "0", max: "1", step: "0.05", value: "1", id: "volume" });
  const panel = h(
    "section",
    { class: "card listening", "aria-label": "Listening in", hidden: true },
    h("div", {}, state, speaking),
    h("label", { for: "volume" }, "Volume"),
    volume,
    sounds,
  );
  const roomAudio = new RoomAudio(sounds, (publication) => part.isHeard && publication.trackName === OWN_VOICE);
  let [button, identity] = [null, null];

  volume.addEventListener("input", () => roomAudio.setVolume(Number(volume.value)));
  roomAudio.addEventListener("change", show);

  function show() {
    panel.hidden = roomAudio.state === "closed";
    say(state, STATES[roomAudio.state] ?? "");
    const names = roomAudio.heard.map(nameOf);
    say(speaking, names.length ? `Speaking: ${names.join(", ")}` : "Nobody is speaking right now.");
    speaking.hidden = roomAudio.state !== "open";
    if (button) {
      const on = ON.includes(roomAudio.state);
      say(button, on ? "Stop listening" : "Listen in");
      set(button, { "aria-pressed": String(on) });
    }
    changed();
  }

  async function toggle(view, pressed) {
    button = pressed;
    if (ON.includes(roomAudio.state)) return roomAudio.close();
    try {
      await start(view);
    } catch (problem) {
      panel.hidden = false;
      say(state, problemWords(problem));
      speaking.hidden = true;
    }
  }

  /** Raises: Problem. */
  async function start(view) {
    const made = await post("/tokens", { kind: "listener", room: view.call.room });
    await roomAudio.connect(made);
    identity = made.identity;
    roomAudio.setVolume(Number(volume.value));
  }

  const close = () => roomAudio.state !== "closed" && roomAudio.close();
  const part = {
    node: panel,
    toggle,
    start,
    close,
    isHeard: false,
    get identity() {
      return ON.includes(roomAudio.state) ? identity : null;
    },
  };
  return part;
}
