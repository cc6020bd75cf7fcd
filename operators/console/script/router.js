/** Reads and writes the addresses after the "#". Pure. */

/** "#/calls/abc?state=over" → { path: ["calls", "abc"], query: URLSearchParams }. */
export function read(hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split("?");
  return { path: path.split("/").filter(Boolean).map(decode), query: new URLSearchParams(query) };
}

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Leaves out empty fields. */
function withFields(address, fields) {
  const query = new URLSearchParams(Object.entries(fields).filter(([, value]) => value));
  return query.size ? `${address}?${query}` : address;
}

const at = (...path) => `#/${path.map(encodeURIComponent).join("/")}`;

export const toCalls = (fields = {}) => withFields(at("calls"), fields);
export const toCall = (id) => at("calls", id);
export const toHandoff = (id) => at("handoffs", id);
export const toFloor = (fields = {}) => withFields(at("floor"), fields);
export const toRooms = () => at("rooms");
export const toRoster = () => at("roster");
export const toHealth = () => at("health");

export const toHandoffs = (fields = {}) => withFields(at("handoffs"), fields);
