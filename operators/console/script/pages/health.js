/** Whether everything is well, and what to do if it is not. */

import { refetching } from "../refetch.js";
import { h, keyed, put, say, set } from "../dom.js";
import { get } from "../http.js";
import { headed, noticeOf } from "../parts.js";
import { problemWords } from "../problems.js";

const AGAIN_MS = 10_000;

export function healthPage() {
  const notice = noticeOf();
  const verdict = h("p", { class: "verdict", role: "status" });
  const list = h("ul", { class: "checks" });
  const refetch = refetching(
    async () => {
      const health = await get("/health");
      notice.tell(null);
      say(verdict, health.well ? "All is well." : "Something is wrong.");
      set(verdict, { class: health.well ? "verdict well" : "verdict wrong" });
      keyed(list, health.checks, (check) => check.check, row);
    },
    (problem) => notice.tell(problemWords(problem)),
  );
  const timer = setInterval(() => document.hidden || refetch(), AGAIN_MS);
  return {
    title: "Health",
    node: h("div", {}, headed("Health"), notice.node, verdict, list),
    look: refetch,
    close: () => {
      clearInterval(timer);
      refetch.stop();
    },
  };
}

function row({ check }) {
  const node = h("li", { class: "card check" });
  let shown = null;
  const update = (next) => {
    if (shown === JSON.stringify(next)) return;
    shown = JSON.stringify(next);
    set(node, { class: `card check ${next.verdict}` });
    put(
      node,
      h("h2", {}, check),
      h("span", { class: "badge" }, next.verdict),
      h("p", {}, next.detail),
      next.advice && h("p", { class: "advice" }, h("b", {}, "What to do: "), next.advice),
    );
  };
  return { node, update };
}
