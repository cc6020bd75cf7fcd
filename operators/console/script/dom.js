/** Builds elements from plain data. Text becomes text nodes only: markup is never parsed. */

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element. Attributes such as `onclick` are listeners; null and false are left out. */
export const h = (tag, attributes, ...children) => filled(document.createElement(tag), attributes, children);

/** The same for SVG. */
export const s = (tag, attributes, ...children) =>
  filled(document.createElementNS(SVG, tag), attributes, children);

function filled(node, attributes, children) {
  set(node, attributes ?? {});
  node.append(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
  );
  return node;
}

/** Set only those attributes that differ, because a screen reader announces changes. */
export function set(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else if (value === null || value === undefined || value === false) node.removeAttribute(name);
    else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value === true ? "" : value);
  }
}

/** Set the text of a node if it differs. */
export function say(node, words) {
  if (node.textContent !== String(words)) node.textContent = words;
}

/** Replace what `parent` holds by the given nodes. */
export function put(parent, ...children) {
  parent.replaceChildren(...children.flat(Infinity).filter(Boolean));
}

const parts = new WeakMap();

/**
 * Keep one child per key, in the order of the items. Children that stay are not touched, so that focus, selection
 * and scroll position survive. `make(item)` returns { node, update(item) }; update is also called at once.
 */
export function keyed(parent, items, keyOf, make) {
  const known = parts.get(parent) ?? new Map();
  const next = new Map();
  let place = parent.firstChild;
  for (const item of items) {
    const key = keyOf(item);
    const part = known.get(key) ?? make(item);
    part.update?.(item);
    next.set(key, part);
    if (part.node === place) place = place.nextSibling;
    else parent.insertBefore(part.node, place);
  }
  for (const [key, part] of known) if (!next.has(key)) part.node.remove();
  parts.set(parent, next);
}

let counted = 0;

/** An id that no other element has. */
export const newId = (word) => `${word}-${++counted}`;
