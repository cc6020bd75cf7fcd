/** The card of the call's open handoff, or of its latest one. */

import { h, keyed } from "../dom.js";
import { handoffSteps } from "./steps.js";

/** Returns { node, update(view, histories) }. */
export function handoffPanel(roster) {
  const list = h("div");
  const none = h(
    "p",
    { class: "quiet" },
    "No handoff yet. The agent can start one, and so can you.",
  );
  const heading = h("h2", {}, "Handoff");
  const node = h("section", { class: "card", "aria-label": "Handoff" }, heading, none, list);

  function update(view, histories) {
    const latest =
      view.open ?? [...view.handoffs].sort((one, other) => other.requested_at - one.requested_at)[0];
    none.hidden = Boolean(latest);
    keyed(
      list,
      latest ? [latest] : [],
      (handoff) => handoff.id,
      () => {
        const steps = handoffSteps(roster);
        return {
          node: steps.node,
          update: (handoff) => steps.update(handoff, histories.get(handoff.id) ?? []),
        };
      },
    );
  }

  return { node, update };
}
