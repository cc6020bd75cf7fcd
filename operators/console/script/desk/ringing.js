/** An offer that rings: what it is about, accept, or decline with a reason. Or let it ring on, in silence. */

import { everySecond, now } from "../clock.js";
import { h, newId, put, say } from "../dom.js";
import { get, post } from "../http.js";
import { duration } from "../words.js";
import { factsOf, matterOf, turnsOf } from "./brief.js";
import { hush } from "./ring.js";

/** Returns { node }. */
export function ringingCard({ offer, role, doing, tell, say: announce }) {
  const about = h("div", {}, h("p", { class: "quiet" }, "Loading what it is about…"));
  const heading = h("h2", {}, `It rings: ${role.name}`);
  const waits = h("p", { class: "quiet" });
  const path = `/desk/offers/${encodeURIComponent(offer.id)}`;
  const accept = h(
    "button",
    { type: "button", class: "strong", onclick: () => doing(() => post(`${path}/accept`)) },
    "Accept",
  );
  const ringOn = h("button", { type: "button", onclick: silence }, "Let it ring on");
  const reason = h("input", {
    id: newId("reason"),
    name: "reason",
    required: true,
    maxlength: "200",
    autocomplete: "off",
  });
  function silence() {
    hush(offer.id);
    ringOn.hidden = true;
    accept.focus();
    announce("It rings on, without sound.");
  }
  const decline = (event) => {
    event.preventDefault();
    doing(() => post(`${path}/decline`, { reason: reason.value.trim() }));
  };
  const node = h(
    "section",
    { class: "card ringing", "aria-label": "It rings" },
    heading,
    waits,
    about,
    h("div", { class: "buttons" }, accept, ringOn),
    h(
      "form",
      { class: "state", onsubmit: decline },
      h("label", { for: reason.id }, "Decline, because"),
      reason,
      h("button", { type: "submit" }, "Decline"),
    ),
  );
  get(`${path}/card`)
    .then((card) => {
      everySecond(waits, () =>
        say(
          waits,
          card.asked_by
            ? "You would join a talk with a caller, who stays theirs."
            : `Waiting for ${duration(now() - card.waits_since)}, handed over by ${card.back_to}`,
        ),
      );
      if (card.asked_by) say(heading, `${card.asked_by} asks you in: ${role.name}`);
      if (card.call_back) {
        say(heading, `To be called back: ${role.name}`);
        say(accept, "Accept, and call them");
      }
      put(about, matterOf(card.matter), factsOf(card.facts), turnsOf(card.turns));
    })
    .catch(tell);
  return { node };
}
