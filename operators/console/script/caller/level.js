/** How loud somebody is, ten times a second. */

import { h } from "../dom.js";

const LOOK_MS = 100;

/** `watch(level)` begins to show what `level()` says, 0 to 1; `rest()` ends it. */
export function levelMeter(name) {
  const bar = h("meter", { min: "0", max: "1", value: "0", "aria-label": `How loud: ${name}` });
  let timer = null;
  return {
    node: h("div", { class: "level" }, h("span", {}, name), bar),
    watch(level) {
      clearInterval(timer);
      timer = setInterval(() => (bar.value = Math.min(1, Math.sqrt(level()))), LOOK_MS);
    },
    rest() {
      clearInterval(timer);
      bar.value = 0;
    },
  };
}
