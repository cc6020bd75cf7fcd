/** The choices before a call: who answers, and in which room. Or the reason why no call is possible. */

import { h, newId, set } from "../dom.js";
import { fieldOf } from "../fields.js";
import { whyNoSound } from "../livekit.js";
import { holds } from "../session.js";

/** The button calls `call({ role, room })`; role is undefined for the default role. Returns { node, renew() }. */
export function dial({ me, roster, call }) {
  const first = ["", "the default role"];
  const role = fieldOf({
    name: "role",
    label: "Answered by",
    kind: "choice",
    options: [first, ...roster.map((one) => [one.role, one.name])],
    plain: true,
  });
  const hint = "Each call gets a room of its own.";
  const room = fieldOf({ name: "room", label: "Room", value: newRoom(), required: true, hint });
  const blocked = blockedReason(me);
  const why = h("p", { class: "hint blocked", id: newId("why"), hidden: !blocked }, blocked);
  const button = h("button", { type: "submit", class: "strong", "aria-describedby": why.id }, "Call");
  set(button, { "aria-disabled": blocked ? "true" : null });

  function submit(event) {
    event.preventDefault();
    if (!blocked) call({ room: room.value(), role: role.value() || undefined });
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

function blockedReason(me) {
  if (!holds(me, "act")) return "Your token may not act. Calling needs the right “act”.";
  return whyNoSound(me.audio) ?? whyNoMicrophone();
}

function whyNoMicrophone() {
  if (navigator.mediaDevices?.getUserMedia) return null;
  return "Browsers allow the microphone only on pages from https or from this machine.";
}

function newRoom() {
  const bytes = crypto.getRandomValues(new Uint8Array(4));
  return `browser-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
