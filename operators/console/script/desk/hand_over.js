/** The caller goes on to another role, to a person by name, or back to the desk that handed over. */

import { h, newId, put, say } from "../dom.js";
import { post } from "../http.js";
import { chosenIn } from "../targets.js";
import { peopleOptions, roleOption } from "./directory.js";

/** `act(name, reason)` sends it to the call's agent. Returns { node, show(places, me) }. */
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

  /** What the person has chosen stays. */
  function show(places, me) {
    const chosen = target.value;
    put(
      target,
      places
        .filter((place) => place.is_open)
        .map((place) => [place.role !== offer.role && roleOption(place, chosen), peopleOptions(place, me, chosen)]),
    );
    const names = places.filter((place) => place.role !== offer.role && !place.is_open).map((place) => place.name);
    say(closed, names.length ? `Nobody is there: ${names.join(", ")}.` : "");
  }
  return { node: h("div", {}, over, back), show };
}
