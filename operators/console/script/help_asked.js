/** People who ask for help, above every page of those who may give it: it rings once for each. */

import { keyOf } from "./attention.js";
import { ringOnce } from "./desk/ring.js";
import { h, keyed } from "./dom.js";
import { toCall } from "./router.js";

const rung = new Set();

/** `attention.helps` into the page's own place for it. Whispering, speaking or taking over counts as help. */
export function showHelpAsked({ helps }) {
  const node = document.querySelector("#help-asked");
  keyed(node, helps, keyOf, ({ call_id, person, role }) => ({
    node: h(
      "p",
      { class: "notice" },
      `${person} asks for help in a call of ${role}. `,
      h("a", { href: toCall(call_id) }, `Listen and whisper to ${person}`),
    ),
  }));
  node.hidden = helps.length === 0;
  const fresh = helps.map(keyOf).filter((key) => !rung.has(key));
  fresh.forEach((key) => rung.add(key));
  if (fresh.length) ringOnce("Somebody asks for help", "A person at a desk would like a supervisor to listen.");
}
