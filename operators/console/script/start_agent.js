/** Putting an agent of a role into a room. */

import { askFor } from "./dialog.js";
import { h, newId, say, set } from "./dom.js";
import { post } from "./http.js";
import { holds } from "./session.js";

/** The button, with the reason if it is disabled. `room`: the room, or undefined to ask for one. */
export function startAgent(app, room = null) {
  const why = h("span", { class: "unseen", id: newId("why") });
  const button = h(
    "button",
    { type: "button", "aria-describedby": why.id },
    room ? "Add an agent…" : "Add an agent to a room…",
  );
  button.addEventListener("click", () => button.getAttribute("aria-disabled") || ask());

  function update() {
    const reason = blockedReason(app);
    set(button, { "aria-disabled": reason ? "true" : null, title: reason });
    say(why, reason ?? "");
  }

  async function ask() {
    const fields = [
      ...(room
        ? []
        : [
            {
              name: "room",
              label: "Room",
              required: true,
              hint: "The name of a room on the LiveKit server.",
            },
          ]),
      {
        name: "role",
        label: "Role",
        kind: "choice",
        required: true,
        options: app.roster.map((role) => [role.role, role.role]),
      },
    ];
    const asked = await askFor({
      title: room ? `Add an agent to ${room}` : "Add an agent to a room",
      lead: "The agent waits there for a caller. Its call appears in the list of calls.",
      confirm: "Add agent",
      fields,
      act: (values, key) => post("/calls", { room, ...values }, key),
    });
    if (asked)
      app.say(asked.state === "failed" ? `No agent joined: ${asked.reason}` : "An agent is on its way.");
  }

  update();
  return { node: h("span", {}, button, why), update };
}

function blockedReason(app) {
  if (!holds(app.me, "act")) return "Your token may not act. Adding an agent needs the right “act”.";
  if (app.feed.state === "lost") return "The service is not answering right now.";
  return null;
}
