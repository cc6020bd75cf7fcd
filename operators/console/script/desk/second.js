/** A second person in the talk: whom to ask in, where they are, and who leaves. */

import { h, newId, put, say } from "../dom.js";
import { post } from "../http.js";
import { chosenIn } from "../targets.js";
import { peopleOptions, roleOption } from "./directory.js";

const WHERE = {
  asked: (who) => `It rings for ${who}.`,
  reads: (who) => `${who} reads what it is about.`,
  here: (who) => `${who} is in the talk.`,
  lost: (who) => `${who} was cut off, and may come back.`,
  gone: (who, why) => `The talk goes on without ${who}${why ? `: ${why}` : ""}.`,
};
const ALONE = " The caller does not hear the two of you.";

/** Returns { node, show(places, me), update(situation) }. */
export function secondOf({ offer, tell }) {
  const path = `/desk/offers/${encodeURIComponent(offer.id)}`;
  const where = h("p", { role: "status", hidden: true });
  const target = h("select", { id: newId("second"), name: "second", required: true });
  const reason = h("input", {
    id: newId("second-reason"),
    name: "second-reason",
    required: true,
    maxlength: "200",
    autocomplete: "off",
  });
  const alone = h("input", { id: newId("alone"), name: "alone", type: "checkbox", checked: true });
  const ask = h(
    "form",
    { class: "onward", onsubmit: askIn },
    h("div", { class: "field" }, h("label", { for: target.id }, "Ask a second person in"), target),
    h("div", { class: "field" }, h("label", { for: reason.id }, "What you want of them"), reason),
    h(
      "div",
      { class: "alone" },
      alone,
      h("label", { for: alone.id }, "Hold the caller, and speak with them alone first"),
    ),
    h("button", { type: "submit" }, "Ask in"),
  );
  const dismiss = h("button", { type: "button", onclick: () => send("second/dismiss") });
  const leave = h("button", { type: "button", onclick: () => send("leave") });
  const node = h("section", { "aria-label": "A second person" }, where, h("div", { class: "buttons" }, dismiss, leave), ask);
  let held = false;

  async function send(act, body) {
    await post(`${path}/${act}`, body).catch(tell);
  }

  async function askIn(event) {
    event.preventDefault();
    const { target: role, ...named } = chosenIn(target.value);
    try {
      await post(`${path}/second`, { role, ...named, reason: reason.value.trim() });
      if (alone.checked && !held) await post(`${path}/hold`);
      reason.value = "";
    } catch (problem) {
      tell(problem);
    }
  }

  /** Whom the service's directory has; models are not asked in. What the person has chosen stays. */
  function show(places, me) {
    const chosen = target.value;
    put(
      target,
      places
        .filter((place) => place.people.length)
        .map((place) => [place.available > 0 && roleOption(place, chosen), peopleOptions(place, me, chosen)]),
    );
  }

  /** What the call's agent says: who else is there, and whether this person has the caller. */
  function update({ now, leads = true, other = null }) {
    held = now === "hold";
    const state = other?.state ?? "gone";
    const there = state === "here" || state === "lost";
    say(where, other ? (leads ? wordsOf(other, held) : `${other.name} (${other.role}) has the caller.`) : "");
    where.hidden = !other;
    ask.hidden = !leads || state !== "gone";
    dismiss.hidden = !leads || state === "gone";
    say(dismiss, there ? "Let them go" : "Ask them no longer");
    leave.hidden = leads ? state !== "here" : now === "brief";
    say(leave, leads ? "Leave the caller to them" : "Leave the talk");
  }

  update({ now: "joining" });
  return { node, show, update };
}

function wordsOf({ name, role, state, why }, held) {
  const words = WHERE[state](name ? `${name} (${role})` : role, why);
  return state === "here" && held ? words + ALONE : words;
}
