/** The floor: who waits for a person, where the people are, and the figures of a day. */

import { h, set } from "../dom.js";
import { fieldOf } from "../fields.js";
import { figuresOf } from "../floor/figures.js";
import { floorNow } from "../floor/now.js";
import { get, withQuery } from "../http.js";
import { messagesList } from "../messages.js";
import { card, headed, noticeOf } from "../parts.js";
import { problemWords } from "../problems.js";
import { refetching } from "../refetch.js";
import { toFloor } from "../router.js";
import { holds } from "../session.js";

const EARLIEST = "2000-01-01"; // as the service has it
const KINDS = new Set(["presence", "queue", "offer", "message"]);

/** The day is in the address; without one, it is today, wherever each role is. */
export function floorPage(query, app) {
  let day = query.get("day") ?? "";
  const notice = noticeOf();
  const live = floorNow(app.roster);
  const figures = figuresOf(app.roster);
  const messages = messagesList({
    me: app.me.name,
    acts: holds(app.me, "act") || holds(app.me, "desk"),
    tell: (problem) => notice.tell(problemWords(problem)),
    say: app.say,
  });
  const file = h("a", { class: "button", download: "queue.csv" }, "Export CSV");
  const picked = fieldOf({
    name: "day",
    label: "Day",
    type: "date",
    value: day,
    plain: true,
    hint: "Empty: today, in each role’s own time zone.",
  });
  set(picked.control, { min: EARLIEST });
  picked.control.addEventListener("change", () => {
    if (!picked.control.validity.valid) return; // a year that is still being typed: 0002, 0020, 0202
    day = picked.value();
    history.pushState(null, "", toFloor({ day }));
    refetch();
  });

  const refetch = refetching(
    async () => {
      const wanted = { from: day, to: day };
      set(file, { href: withQuery("/queue/figures.csv", wanted) });
      live.update(await get("/queue"));
      await messages.look();
      const told = await get(withQuery("/queue/figures", wanted));
      if (wanted.from !== day) return; // the next fetch is for the day that is wanted now
      notice.tell(null);
      figures.update(told);
    },
    (problem) => notice.tell(problemWords(problem)),
  );

  return {
    title: "Floor",
    node: h(
      "div",
      { class: "floor" },
      headed("Floor", h("div", { class: "end buttons" }, file)),
      notice.node,
      live.node,
      messages.node,
      card("Figures of a day", h("div", { class: "filters" }, picked.node), figures.node),
    ),
    look: refetch,
    moved: ({ kind }) => KINDS.has(kind) && refetch(),
    close: refetch.stop,
  };
}
