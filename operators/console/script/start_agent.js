/** Putting an agent of a role into a room. */

import { askFor } from "./dialog.js";
import { h, newId, say, set } from "./dom.js";
import { post } from "./http.js";

/** The button, with why it cannot work. `room`: the one it is about, or asked for. */
export function startAgent(app, room = null) {
  const why = h("span", { class: "unseen", id: newId("why") });
  const button = h(
    "button",
    { type: "button", "aria-describedby": why.id },
    room ? "Put an agent in…" : "Put an agent into a room…",
  );
  button.addEventListener("click", () => button.getAttribute("aria-disabled") || ask());

  function update() {
    const reason = hindrance(app);
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
      title: room ? `Put an agent into ${room}` : "Put an agent into a room",
      lead: "It waits there for a caller and answers. Its call appears among the calls.",
      confirm: "Put it in",
      fields,
      act: (values, key) => post("/calls", { room, ...values }, key),
    });
    if (asked)
      app.say(asked.state === "failed" ? `No agent came: ${asked.reason}` : "An agent is on its way.");
  }

  update();
  return { node: h("span", {}, button, why), update };
}

function hindrance(app) {
  if (app.me.role === "viewer") return "Your token is a viewer's: it puts no agent anywhere.";
  if (app.feed.state === "lost") return "The service does not answer just now.";
  return null;
}
