/** A level meter, updated ten times a second. */

import { h } from "../dom.js";

const LOOK_MS = 100;

/** `watch(level)` shows what `level()` returns, from 0 to 1, until `rest()`. */
export function levelMeter(name) {
  const bar = h("meter", { min: "0", max: "1", value: "0", "aria-label": `Volume of ${name}` });
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
