/** The caller goes on to another role, to a person by name, or back to the desk that handed over. */

import { h, newId, put, say } from "../dom.js";
import { get, post } from "../http.js";
import { chosenIn, valueOf } from "../targets.js";

const LOOK_MS = 10_000;
const STATES = { wrapping_up: "wrapping up" };

/** `act(name, reason)` sends it to the call's agent. Returns { node, close() }. */
export function handOverOf({ offer, act, tell }) {
  const words = h("input", { id: newId("words"), name: "words", maxlength: "200", autocomplete: "off" });
  const back = h(
    "form",
    { class: "state", onsubmit: giveBack },
    h("label", { for: words.id }, "For the desk that handed over"),
    words,
    h("button", { type: "submit" }, "Hand back"),
  );
  const target = h("select", { id: newId("target"), name: "target", required: true });
  const reason = h("input", {
    id: newId("reason"),
    name: "reason",
    required: true,
    maxlength: "200",
    autocomplete: "off",
  });
  const closed = h("p", { class: "hint" });
  const over = h(
    "form",
    { class: "onward", onsubmit: handOver },
    h("div", { class: "field" }, h("label", { for: target.id }, "Hand over to"), target, closed),
    h("div", { class: "field" }, h("label", { for: reason.id }, "What they should know"), reason),
    h("button", { type: "submit" }, "Hand over"),
  );

  function giveBack(event) {
    event.preventDefault();
    act("hand_back", words.value.trim());
  }

  async function handOver(event) {
    event.preventDefault();
    const body = { ...chosenIn(target.value), reason: reason.value.trim() };
    await post(`/desk/offers/${encodeURIComponent(offer.id)}/hand-over`, body).catch(tell);
  }

  /** Who is there changes while the person talks: what they have chosen stays. */
  async function look() {
    const { places, person: me } = await get("/desk/directory");
    const others = places.filter((place) => place.role !== offer.role);
    const chosen = target.value;
    const open = places.filter((place) => place.is_open);
    put(
      target,
      open.map((place) => [
        place.role !== offer.role &&
          h("option", { value: place.role, selected: place.role === chosen }, place.name, aboutOf(place)),
        place.people.filter(({ person }) => person !== me).map((one) => optionOf(place, one, chosen)),
      ]),
    );
    const names = others.filter((place) => !place.is_open).map((place) => place.name);
    say(closed, names.length ? `Nobody is there: ${names.join(", ")}.` : "");
  }

  look().catch(tell);
  const timer = setInterval(() => look().catch(() => null), LOOK_MS);
  return { node: h("div", {}, over, back), close: () => clearInterval(timer) };
}

/** One of the role's people; who is not available cannot be chosen. */
function optionOf({ role, name }, { person, state, reason }, chosen) {
  const value = valueOf(role, person);
  const where = [STATES[state] ?? state, reason].filter(Boolean).join(": ");
  const disabled = state !== "available";
  return h("option", { value, disabled, selected: value === chosen && !disabled }, `${person}, ${name} (${where})`);
}

/** The queue of a role that people play, as words. */
function aboutOf({ available, waiting }) {
  if (available === null) return "";
  const queue = waiting === 1 ? "1 caller waits" : `${waiting} callers wait`;
  return available ? ` (${available} available, ${queue})` : ` (all busy, ${queue})`;
}
