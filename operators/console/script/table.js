/** Tables that become cards on a phone. ARIA roles are explicit: a table with another CSS display loses its own. */

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

/** One cell per column, labelled with the column's name for layouts without a table head. */
export const cells = (columns, contents) =>
  contents.map((content, place) => h("td", { role: "cell", "data-column": columns[place] }, content));
