/** What the person does with the caller at the press of a button: mute, hold, hang up. */

import { h, say, set } from "../dom.js";
import { post } from "../http.js";

/** `act(name)` sends it to the call's agent. Returns { node, muted(), focus(), show(now) }. */
export function controlsOf({ offer, talk, act, tell, say: announce }) {
  const mute = h("button", { type: "button", "aria-pressed": "false", onclick: toggleMute }, "Mute");
  const hold = h("button", { type: "button", onclick: toggleHold }, "Hold");
  const hangUp = h("button", { type: "button", class: "danger", onclick: () => act("hang_up") }, "Hang up");
  let [muted, held] = [false, false];

  async function toggleMute() {
    try {
      await talk.mute(!muted);
    } catch (problem) {
      return tell(problem);
    }
    muted = !muted;
    set(mute, { "aria-pressed": String(muted) });
    say(mute, muted ? "Unmute" : "Mute");
    announce(muted ? "You are muted." : "You can be heard again.");
  }

  /** The page shows it once the call's agent does it. */
  async function toggleHold() {
    await post(`/desk/offers/${encodeURIComponent(offer.id)}/${held ? "resume" : "hold"}`).catch(tell);
  }

  function show(now) {
    held = now === "hold";
    say(hold, held ? "Take off hold" : "Hold");
  }
  return {
    node: h("div", { class: "buttons" }, mute, hold, hangUp),
    muted: () => muted,
    focus: () => mute.focus(),
    show,
  };
}
