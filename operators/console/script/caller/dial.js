/** What is chosen before a call: who answers, and in which room. Or why there can be none. */

import { h, newId, set } from "../dom.js";
import { fieldOf } from "../fields.js";
import { whyNoSound } from "../livekit.js";

/** `call({ role, room })` is what the button does; role is undefined for the first one. Returns { node, renew() }. */
export function dial({ me, roster, call }) {
  const first = ["", "the role that answers first"];
  const role = fieldOf({
    name: "role",
    label: "Answered by",
    kind: "choice",
    options: [first, ...roster.map((one) => [one.role, one.name])],
    plain: true,
  });
  const hint = "One call has a room of its own.";
  const room = fieldOf({ name: "room", label: "Room", value: newRoom(), required: true, hint });
  const hindrance = hindranceOf(me);
  const why = h("p", { class: "hint hindered", id: newId("why"), hidden: !hindrance }, hindrance);
  const button = h("button", { type: "submit", class: "strong", "aria-describedby": why.id }, "Call");
  set(button, { "aria-disabled": hindrance ? "true" : null });

  function submit(event) {
    event.preventDefault();
    if (!hindrance) call({ room: room.value(), role: role.value() || undefined });
  }

  const node = h(
    "form",
    { onsubmit: submit },
    role.node,
    room.node,
    h("div", { class: "buttons" }, button),
    why,
  );
  return { node, renew: () => (room.control.value = newRoom()) };
}

function hindranceOf(me) {
  if (me.role === "viewer") return "Your token is a viewer's: it makes no calls.";
  return whyNoSound(me.audio) ?? whyNoMicrophone();
}

function whyNoMicrophone() {
  if (navigator.mediaDevices?.getUserMedia) return null;
  return "A browser gives a microphone only to pages on https or on this machine.";
}

function newRoom() {
  const bytes = crypto.getRandomValues(new Uint8Array(4));
  return `browser-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
