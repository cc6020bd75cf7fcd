/** What the person does in the talk at the press of a button: mute, hold, keys, ask for help, hang up. */

import { askFor } from "../dialog.js";
import { h, say, set } from "../dom.js";
import { post } from "../http.js";

const KEYS = "1 to 40 of 0-9, *, #, w (a pause of half a second) and W (of a second).";

/** `act(name)` sends it to the call's agent. Returns { node, muted(), focus(), show(now), update(offer), leads(whether) }. */
export function controlsOf({ offer, talk, act, tell, say: announce }) {
  const mute = h("button", { type: "button", "aria-pressed": "false", onclick: toggleMute }, "Mute");
  const hold = h("button", { type: "button", onclick: toggleHold }, "Hold");
  const hangUp = h("button", { type: "button", class: "danger", onclick: () => act("hang_up") }, "Hang up");
  const keys = h("button", { type: "button", onclick: pressKeys }, "Keys…");
  const help = h("button", { type: "button", onclick: toggleHelp }, "Ask for help");
  const told = h("p", { class: "quiet", role: "status" });
  let [muted, held, asked] = [false, false, false];

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

  /** For a caller by telephone alone: the agent says if they are none. */
  function pressKeys() {
    return askFor({
      title: "Press keys",
      lead: "The caller's telephone gets them, as for a menu. No record has them.",
      confirm: "Press",
      fields: [{ name: "keys", label: "Keys", type: "password", required: true, hint: KEYS }],
      act: (body) => post(`/desk/offers/${encodeURIComponent(offer.id)}/keys`, body),
    });
  }

  async function toggleHelp() {
    const path = `/desk/offers/${encodeURIComponent(offer.id)}/help`;
    await post(asked ? `${path}/withdraw` : path).then(update, tell);
  }

  /** Whether a supervisor is asked for, as the row says. */
  function update({ help: state, help_by: by }) {
    asked = state === "asked";
    say(help, asked ? "Ask for no help" : "Ask for help");
    say(told, asked ? "Supervisors are asked to help you." : state === "given" ? `${by} has come to help you.` : "");
  }

  function show(now) {
    held = now === "hold";
    say(hold, held ? "Take off hold" : "Hold");
  }
  return {
    node: h("div", {}, h("div", { class: "buttons" }, mute, hold, keys, help, hangUp), told),
    muted: () => muted,
    focus: () => mute.focus(),
    show,
    update,
    leads: (whether) => set(hangUp, { hidden: !whether }),
  };
}
