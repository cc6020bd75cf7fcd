/** The figures of one day: the outcomes of each role's callers, and what each person did. */

import { h, put } from "../dom.js";
import { who } from "../parts.js";
import { cells, tableOf } from "../table.js";
import { duration, plural } from "../words.js";

const ROLES = ["Role", "Came", "Answered", "In time", "Average wait", "Left", "Not taken", "Call backs", "Messages", "Talks", "Wrap-ups"];
const PEOPLE = ["Person", "Role", "Talks", "Talking", "Wrapping up", "Handed over", "Missed", "Declined"];

/** Returns { node, update(figures) }, with what GET /queue/figures tells of a day. */
export function figuresOf(roster) {
  const about = h("p", { class: "quiet" });
  const tables = h("div", { class: "figures" });
  function update({ target_ms, roles, people }) {
    const any = roles.length > 0 || people.length > 0;
    const zones = [...new Set([...roles, ...people].map((row) => row.zone))].sort();
    put(
      about,
      any
        ? `Days of ${zones.join(" and ")}. In time: a person within ${plural(target_ms / 1000, "second", "seconds")}.`
        : "Nobody wanted a person on this day.",
    );
    put(
      tables,
      any && table("Roles", ROLES, roles, (row) => roleCells(row, people, roster)),
      people.length > 0 && table("People", PEOPLE, people, (row) => personCells(row, roster)),
    );
  }
  return { node: h("div", {}, about, tables), update };
}

function table(caption, columns, rows, contents) {
  const body = h("tbody", { role: "rowgroup" });
  for (const row of rows) body.append(h("tr", { role: "row" }, cells(columns, contents(row))));
  const node = tableOf(caption, columns, body);
  return h("section", { "aria-label": `${caption} on this day` }, h("h3", {}, caption), node);
}

const number = (words) => h("span", { class: "number" }, String(words));

function roleCells(row, people, roster) {
  const ours = people.filter((one) => one.role === row.role);
  const total = (field) => ours.reduce((sum, one) => sum + one[field], 0);
  const percent = row.answered ? ` (${Math.round((100 * row.in_time) / row.answered)} %)` : "";
  return [
    who(row.role, roster),
    number(row.entered),
    number(row.answered),
    number(`${row.in_time}${percent}`),
    number(row.answered ? duration(row.wait_ms / row.answered) : "–"),
    number(row.abandoned),
    number(row.overflowed),
    number(row.call_backs ? `${row.called_back} of ${row.call_backs}` : "0"),
    number(row.messages_open ? `${row.messages} (${row.messages_open} open)` : row.messages),
    number(duration(total("talk_ms"))),
    number(duration(total("wrap_up_ms"))),
  ];
}

const personCells = (row, roster) => [
  h("b", {}, row.person),
  who(row.role, roster),
  number(row.talks),
  number(duration(row.talk_ms)),
  number(duration(row.wrap_up_ms)),
  number(row.transfers),
  number(row.missed),
  number(row.declined),
];
