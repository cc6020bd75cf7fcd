/** Who holds the call in a room, according to the service: in the room itself, agents have no names. */

import { refetching } from "../refetch.js";
import { Feed } from "../feed.js";
import { get, withQuery } from "../http.js";

const MANY = 200;

/** Calls `changed()` when the holder may have changed. Returns { role, open(room), close() }; role is null at first. */
export function holderOf(changed) {
  const feed = new Feed();
  const holder = { role: null, open, close: () => feed.close() };
  let room = null;

  const refetch = refetching(
    async () => {
      const { items } = await get(withQuery("/calls", { state: "live", limit: MANY }));
      const role = items.find((call) => call.room === room)?.holder_role ?? holder.role;
      if (role === holder.role) return;
      holder.role = role;
      changed();
    },
    () => null,
  ); // without it the caller sees less, and hears the same

  feed.addEventListener("open", refetch);
  feed.addEventListener("moved", ({ detail }) => detail.kind === "call" && refetch());

  function open(called) {
    room = called;
    holder.role = null;
    feed.open();
  }

  return holder;
}
