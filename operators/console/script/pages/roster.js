/** The roster: the roles that take calls, and whom they hand over to. */

import { refetching } from "../refetch.js";
import { h, put } from "../dom.js";
import { get } from "../http.js";
import { facts, headed, noticeOf, who } from "../parts.js";
import { problemWords } from "../problems.js";

export function rosterPage(app) {
  const notice = noticeOf();
  const list = h("ul", { class: "grid" });
  const refetch = refetching(
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
    "Each role is a Markdown file in the roster folder. To change one, edit its file and restart the worker.",
  );
  return {
    title: "Roster",
    node: h("div", {}, headed("Roster"), about, notice.node, list),
    look: refetch,
    close: refetch.stop,
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
