/** The rooms and their participants, according to LiveKit. */

import { refetching } from "../refetch.js";
import { h, put } from "../dom.js";
import { get } from "../http.js";
import { headed, noticeOf } from "../parts.js";
import { problemWords } from "../problems.js";
import { startAgent } from "../start_agent.js";
import { plural } from "../words.js";

const AGAIN_MS = 5_000; // LiveKit does not notify the console about joins and leaves

export function roomsPage(app) {
  const notice = noticeOf();
  const list = h("ul", { class: "grid" });
  const empty = h(
    "p",
    { class: "card empty", hidden: true },
    "There are no rooms right now. LiveKit creates a room when somebody joins it.",
  );
  const start = startAgent(app);
  let starts = [];

  const refetch = refetching(
    async () => {
      const rooms = itemsOf(await get("/rooms"));
      const inside = await Promise.all(
        rooms.map((room) =>
          get(`/rooms/${encodeURIComponent(room.name)}/participants`).then(itemsOf, () => []),
        ),
      );
      notice.tell(null);
      if (list.contains(document.activeElement)) return; // do not take the focus away; the next refetch shows it
      starts = rooms.map((room) => startAgent(app, room.name));
      put(
        list,
        rooms.map((room, place) => h("li", { class: "card" }, roomCard(room, inside[place], starts[place]))),
      );
      empty.hidden = rooms.length > 0;
    },
    (problem) => notice.tell(problemWords(problem)),
  );

  const timer = setInterval(() => document.hidden || refetch(), AGAIN_MS);
  return {
    title: "Rooms",
    node: h("div", {}, headed("Rooms", h("div", { class: "end" }, start.node)), notice.node, list, empty),
    look: refetch,
    moved: ({ kind }) => kind === "call" && refetch(),
    connection: () => [start, ...starts].forEach((one) => one.update()),
    close: () => {
      clearInterval(timer);
      refetch.stop();
    },
  };
}

const itemsOf = (answer) => (Array.isArray(answer) ? answer : answer.items);

function roomCard(room, inside, start) {
  const people = inside.map((one) =>
    h(
      "li",
      {},
      h("b", {}, one.identity),
      " ",
      h("span", { class: "quiet" }, [one.kind, one.state].filter(Boolean).join(", ")),
    ),
  );
  return [
    h("h2", {}, room.name),
    h("p", { class: "quiet" }, plural(inside.length, "participant", "participants")),
    h("ul", { class: "people" }, people),
    start.node,
  ];
}
