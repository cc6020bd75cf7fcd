/** Listening in: unseen, unheard, and ended with the page. */

import { h, say, set } from "../dom.js";
import { Ears } from "../ears.js";
import { post } from "../http.js";
import { problemWords } from "../problems.js";

const STATES = {
  connecting: "Connecting your ears…",
  open: "You are listening. Nobody in the call can see or hear you.",
  reconnecting: "The connection is lost for a moment…",
  over: "The room was closed.",
};

/** `nameOf(identity)` names who is heard. Returns { node, toggle(view, button), close() }. */
export function listening(nameOf) {
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
  const ears = new Ears(sounds);
  let button = null;

  volume.addEventListener("input", () => ears.setVolume(Number(volume.value)));
  ears.addEventListener("change", show);

  function show() {
    panel.hidden = ears.state === "closed";
    say(state, STATES[ears.state] ?? "");
    const names = ears.heard.map(nameOf);
    say(speaking, names.length ? `Heard now: ${names.join(", ")}` : "Nobody is heard right now.");
    speaking.hidden = ears.state !== "open";
    if (button) {
      const on = ["connecting", "open", "reconnecting"].includes(ears.state);
      say(button, on ? "Stop listening" : "Listen in");
      set(button, { "aria-pressed": String(on) });
    }
  }

  async function toggle(view, pressed) {
    button = pressed;
    if (["connecting", "open", "reconnecting"].includes(ears.state)) return ears.close();
    try {
      await ears.connect(await post("/tokens", { kind: "listener", room: view.call.room }));
      ears.setVolume(Number(volume.value));
    } catch (problem) {
      panel.hidden = false;
      say(state, problemWords(problem));
      speaking.hidden = true;
    }
  }

  return { node: panel, toggle, close: () => ears.close() };
}
