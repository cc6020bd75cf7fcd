/** The call backs that the person may make, in their order. Each rings here when it is its turn. */

import { now } from "../clock.js";
import { h, put } from "../dom.js";
import { duration } from "../words.js";

/** Returns { node, show(view) }. */
export function callBacksList() {
  const list = h("ol", {});
  const node = h("section", { class: "card", "aria-label": "Call backs", hidden: true }, h("h2", {}, "Call backs"), list);

  function show({ call_backs: due, roles, person }) {
    node.hidden = due.length === 0;
    const items = due.map((one) => {
      const name = roles.find(({ role }) => role === one.role)?.name ?? one.role;
      return h("li", {}, `${name}, for ${duration(now() - one.waits_since)}: ${stateWords(one, person)}`);
    });
    put(list, ...items);
  }

  return { node, show };
}

function stateWords({ due_at, tries, person }, me) {
  if (person) return person === me ? "you are calling them" : `${person} is calling them`;
  if (due_at === null) return "their call goes on";
  const again = due_at > now() ? `again in ${duration(due_at - now())}` : "due";
  return tries ? `${again}, not reached ${tries === 1 ? "once" : `${tries} times`}` : again;
}
