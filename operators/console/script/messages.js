/** Messages that callers have left for people: what each says, who has it, and what is done about it. */

import { h, keyed, say } from "./dom.js";
import { get, post, withQuery } from "./http.js";
import { when } from "./parts.js";

const MANY = 50;

/**
 * Returns { node, look() }, hidden while there is none. `me`: whose own messages are marked as theirs. `own`: only those
 * for their roles. `acts`: whether they may do something about them. `tell(problem)` shows what went wrong.
 */
export function messagesList({ me, own = false, acts, tell, say: announce }) {
  const list = h("ol", { class: "messages" });
  const more = h("p", { class: "quiet", hidden: true }, `The newest ${MANY} are shown.`);
  const node = h("section", { class: "card", "aria-label": "Messages", hidden: true }, h("h2", {}, "Messages"), list, more);
  const items = new Map(); // the messages' elements, by their ids

  async function look() {
    try {
      const { items: found, next } = await get(withQuery("/messages", { done: false, own, limit: MANY }));
      node.hidden = found.length === 0;
      more.hidden = next === null;
      keyed(list, found, ({ message }) => message.id, messageOf);
    } catch (problem) {
      tell(problem);
    }
  }

  async function move(id, state, told) {
    try {
      await post(`/messages/${encodeURIComponent(id)}/move`, { state });
      announce(told);
    } catch (problem) {
      tell(problem);
    }
    await look();
    const [here] = [items.get(id), list].filter((one) => one?.isConnected);
    here?.querySelector("button:not([hidden])")?.focus();
  }

  function messageOf({ message, ...caller }) {
    const words = h("p", { class: "words", dir: "auto" });
    const stands = h("span", { class: "quiet" });
    const button = (state, name, told) => h("button", { type: "button", onclick: () => move(message.id, state, told) }, name);
    const take = button("taken", "Take it", "You have the message.");
    const back = button("open", "Put back", "The message is put back.");
    const done = button("done", "Done", "The message is done.");
    const item = h(
      "li",
      {},
      h("p", { class: "about" }, h("b", {}, forWhom(message, caller)), h("span", {}, when(message.left_at), " ", stands)),
      words,
      h("p", {}, reachedBy(message, caller)),
      acts && h("div", { class: "buttons" }, take, back, done),
    );
    items.set(message.id, item);
    const update = ({ message: now }) => {
      say(words, now.words || "What it said is gone.");
      say(stands, now.person ? `· ${now.person === me ? "yours" : `${now.person} has it`}` : "· nobody has it yet");
      take.hidden = now.state !== "open";
      back.hidden = now.state !== "taken";
    };
    return { node: item, update };
  }

  return { node, look };
}

const forWhom = ({ for_whom }, { role_name }) => (for_whom ? `For ${for_whom}, ${role_name}` : `For ${role_name}`);

/** How the caller is reached: in their words, and by the number that they called from. */
function reachedBy({ reach }, { caller_name, caller_number }) {
  const from = [caller_name, caller_number].filter(Boolean).join(", ");
  if (reach) return from ? `Reach them: ${reach}. They called as ${from}.` : `Reach them: ${reach}.`;
  return from ? `Reach them as they called: ${from}.` : "They did not say how to reach them.";
}
