/** The filters above a list. What they say is in the address, so that a link can be shared, and Back works. */

import { h, newId, put, say, set } from "./dom.js";
import { fieldOf } from "./fields.js";
import { PERIODS, fromField, periodOf, toField } from "./period.js";

const WIDE = matchMedia("(min-width: 45.01em)");
const TYPING_MS = 250;

/**
 * The filters of a list whose address is `address(fields)`. `search`: { label, hint }, or null. `choices`: further
 * fields (see fields.js), beside the period. `query` is the address's. Calls `changed()` when they say something else.
 *
 * Returns { node, any(), fields(), sent(), clear(), close() }: `fields` for addresses, `sent` for the service.
 */
export function filtersOf({ name, query, search, choices, address, changed }) {
  const names = [...(search ? ["search"] : []), ...choices.map((one) => one.name), "when", "since", "until"];
  const chosen = Object.fromEntries(names.map((one) => [one, query.get(one) ?? ""]));
  if (chosen.since || chosen.until) chosen.when = "pick";
  const box = search && searchBox(search, chosen.search, (words) => take({ search: words }, true));
  const made = choices.map((one) => fieldOf({ kind: "choice", ...one, value: chosen[one.name], plain: true }));
  const when = fieldOf({ name: "when", label: "When", kind: "choice", options: PERIODS, value: chosen.when, plain: true });
  const [since, until] = [timeField("since", "From"), timeField("until", "Until")];
  const clearing = h("button", { type: "button", onclick: clear }, "Clear filters");
  const summary = h("summary", {}, "Filters");
  const folded = h(
    "details",
    { open: WIDE.matches },
    summary,
    h("div", { class: "filters" }, [...made, when, since, until].map((field) => field.node), clearing),
  );
  const node = h(
    "form",
    { class: "card finding", role: "search", "aria-label": name, onsubmit: (event) => event.preventDefault() },
    box?.node,
    folded,
  );

  for (const field of made) field.control.addEventListener("change", () => take({ [field.name]: field.value() }));
  when.control.addEventListener("change", () => take({ when: when.value(), since: "", until: "" }));
  for (const field of [since, until])
    field.control.addEventListener("change", () => take({ [field.name]: fromField(field.value()) }));
  const unfold = () => (folded.open = WIDE.matches);
  WIDE.addEventListener("change", unfold);

  function timeField(which, label) {
    return fieldOf({ name: which, label, type: "datetime-local", value: toField(chosen[which]), plain: true });
  }

  /** While somebody types, the address changes in place: Back leads out of the list, not through the letters. */
  function take(next, typing = false) {
    Object.assign(chosen, next);
    history[typing ? "replaceState" : "pushState"](null, "", address(fields()));
    show();
    changed();
  }

  function clear() {
    take(Object.fromEntries(names.map((one) => [one, ""])));
    if (box) box.control.value = "";
    for (const field of [...made, when]) field.control.value = "";
    (box?.control ?? when.control).focus();
  }

  function show() {
    const picks = chosen.when === "pick";
    for (const field of [since, until]) {
      field.node.hidden = !picks;
      if (field.control !== document.activeElement) field.control.value = toField(chosen[field.name]);
    }
    const active = [...made.map((field) => field.name), "when"].filter((one) => chosen[one]).length;
    say(summary, active ? `Filters (${active})` : "Filters");
    clearing.hidden = !any();
  }

  const any = () => names.some((one) => chosen[one] && chosen[one] !== "pick");

  /** "pick" is not in the address: its two times are. */
  function fields() {
    return { ...chosen, when: chosen.when === "pick" ? "" : chosen.when };
  }

  function sent() {
    const { when: _when, ...rest } = chosen;
    return { ...rest, ...periodOf(fields()) };
  }

  show();
  return { node, any, fields, sent, clear, close: () => WIDE.removeEventListener("change", unfold) };
}

function searchBox({ label, hint }, value, take) {
  const [id, about] = [newId("search"), newId("search-about")];
  const control = h("input", {
    id,
    type: "search",
    value,
    autocomplete: "off",
    spellcheck: "false",
    dir: "auto",
    "aria-describedby": about,
    "aria-keyshortcuts": "Control+K Meta+K",
    "data-shortcut": "find",
  });
  let timer = null;
  control.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => control.isConnected && take(control.value.trim()), TYPING_MS);
  });
  const node = h(
    "div",
    { class: "field search" },
    h("label", { for: id }, label),
    control,
    h("p", { class: "hint", id: about }, hint),
  );
  return { node, control };
}

/** What stands where a list would be. Returns { node, show(isEmpty) }; `words()` is for a list without filters. */
export function emptyList(filters, words) {
  const node = h("div", { class: "empty card", hidden: true });
  let filtered = null;
  function show(isEmpty) {
    node.hidden = !isEmpty;
    if (!isEmpty || filtered === filters.any()) return; // what is there keeps the focus
    filtered = filters.any();
    const clearing = () => h("button", { type: "button", onclick: filters.clear }, "Clear filters");
    put(node, filtered ? [h("h2", {}, "Nothing matches these filters"), clearing()] : words());
  }
  return { node, show };
}

/** Links through the pages of a list. Returns { node, show(cursor, next, address), hide() }. */
export function pageLinks() {
  const newest = h("a", { class: "button" }, "Newest");
  const older = h("a", { class: "button" }, "Older");
  const node = h("nav", { class: "pages", "aria-label": "Pages", hidden: true }, newest, older);
  function show(cursor, next, address) {
    set(newest, { hidden: !cursor, href: address(null) });
    set(older, { hidden: !next, href: next ? address(next) : null });
    node.hidden = !cursor && !next;
  }
  const hide = () => (node.hidden = true); // until the list is fetched, they lead through another one
  return { node, show, hide };
}
