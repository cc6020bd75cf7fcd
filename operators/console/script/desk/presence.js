/** Whether the person takes calls. The service keeps it: a reload changes nothing. */

import { h, newId, say, set } from "../dom.js";

const STATES = {
  available: "You are available",
  busy: "You are busy",
  away: "You are away",
  wrapping_up: "You are wrapping up",
};

/** `change(state, reason)`; `ready()`: whether the microphone was heard. Returns { node, show(presence) }. */
export function presenceOf({ change, ready }) {
  const now = h("p", { class: "now", role: "status" });
  const why = h("p", { class: "hint", id: newId("why") }, "Test the microphone first.");
  const available = h("button", { type: "button", onclick: arrive, "aria-describedby": why.id }, "Be available");
  const reason = h("input", { id: newId("reason"), name: "reason", maxlength: "200", autocomplete: "off" });
  const away = h("button", { type: "submit" }, "Be away");
  const leaving = h(
    "form",
    { class: "state", onsubmit: leave },
    h("label", { for: reason.id }, "Away, because"),
    reason,
    away,
  );

  function arrive() {
    if (ready()) change("available", "");
  }

  function leave(event) {
    event.preventDefault();
    change("away", reason.value.trim());
    reason.value = "";
  }

  function show(presence) {
    const state = presence?.state ?? "away";
    const because = presence?.reason ? `: ${presence.reason}` : "";
    say(now, `${STATES[state] ?? state}${because}`);
    set(available, { "aria-disabled": ready() ? null : "true" });
    why.hidden = ready();
    available.hidden = ["available", "wrapping_up"].includes(state);
    leaving.hidden = state === "away";
  }
  const node = h(
    "section",
    { class: "card", "aria-label": "Presence" },
    h("div", { class: "state" }, now, available),
    why,
    leaving,
  );
  return { node, show };
}
