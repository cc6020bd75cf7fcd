/** The captions, as they grow. A screen reader gets each utterance once, when it is over. */

import { h, say, set } from "./dom.js";

const NEAR_END_PX = 80;

/** Returns { show({ key, role, words, over }), empty, clear() }; `role` is null for the caller. */
export function captionList(list) {
  const known = new Map();

  function show({ key, role, words, over, typed = false }) {
    const follows = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_END_PX;
    if (over && !words) {
      known.get(key)?.node.remove();
      known.delete(key);
      return;
    }
    const entry = known.get(key) ?? begun(key, role, typed);
    say(entry.words, words);
    if (over) finish(entry);
    if (follows) list.scrollTop = list.scrollHeight;
  }

  const finish = ({ node }) => set(node, { "aria-hidden": null, class: node.classList[0] });

  /** Nobody speaks two utterances at once: the one before is over, even if the agent that spoke it is gone. */
  function begun(key, role, typed) {
    known.forEach(finish);
    const words = h("p", { class: "words" });
    const who = role ? role.charAt(0).toUpperCase() + role.slice(1) : "You";
    const told = h("p", { class: "who" }, typed ? `${who}, typed` : who);
    const node = h("div", { class: `${role ? "agent" : "caller"} now`, "aria-hidden": "true" }, told, words);
    known.set(key, { node, words });
    list.append(node);
    return known.get(key);
  }

  return {
    show,
    get empty() {
      return known.size === 0;
    },
    clear() {
      known.clear();
      list.replaceChildren();
    },
  };
}
