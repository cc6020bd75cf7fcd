/** The roster: who can take calls here, and whom they hand over to. */

import { looking } from "../again.js";
import { h, put } from "../dom.js";
import { get } from "../http.js";
import { facts, headed, noticeOf, who } from "../parts.js";
import { problemWords } from "../problems.js";

export function rosterPage(app) {
  const notice = noticeOf();
  const list = h("ul", { class: "grid" });
  const again = looking(
    async () => {
      app.roster = await get("/roster");
      notice.tell(null);
      put(
        list,
        app.roster.map((role) => h("li", { class: "card" }, roleCard(role, app.roster))),
      );
    },
    (problem) => notice.tell(problemWords(problem)),
  );
  const about = h(
    "p",
    { class: "lead" },
    "A role is one Markdown file in the roster's folder. Edit it there, and start the worker again.",
  );
  return {
    title: "Roster",
    node: h("div", {}, headed("Roster"), about, notice.node, list),
    look: again,
    close: again.stop,
  };
}

function roleCard(role, roster) {
  return [
    h("h2", {}, who(role.role, roster)),
    h("p", { class: "quiet" }, role.name),
    h("blockquote", {}, role.greeting),
    facts([
      ["Voice", role.voice],
      [
        "Hands over to",
        role.transfers_to.length
          ? role.transfers_to.map((target) => [who(target, roster), " "]).flat()
          : "nobody",
      ],
    ]),
  ];
}
