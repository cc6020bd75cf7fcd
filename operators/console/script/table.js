/** Tables that become cards on a phone. Roles are said again: a table that is laid out otherwise loses its own. */

import { h } from "./dom.js";

export function tableOf(caption, columns, body) {
  const head = h(
    "thead",
    { role: "rowgroup" },
    h(
      "tr",
      { role: "row" },
      columns.map((words) => h("th", { role: "columnheader", scope: "col" }, words)),
    ),
  );
  return h("table", { role: "table" }, h("caption", { class: "unseen" }, caption), head, body);
}

/** One cell a column; its column's name stands beside it where there is no head. */
export const cells = (columns, contents) =>
  contents.map((content, place) => h("td", { role: "cell", "data-column": columns[place] }, content));
