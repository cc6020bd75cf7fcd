/** Who holds the call of a room, as the service tells: in the room itself, agents have no names. */

import { looking } from "../again.js";
import { Feed } from "../feed.js";
import { get, withQuery } from "../http.js";

const MANY = 200;

/** `changed()` is called when it may be another. Returns { role, open(room), close() }; role is null at first. */
export function holderOf(changed) {
  const feed = new Feed();
  const holder = { role: null, open, close: () => feed.close() };
  let room = null;

  const again = looking(
    async () => {
      const { items } = await get(withQuery("/calls", { open: true, limit: MANY }));
      const role = items.find((call) => call.room === room)?.holder_role ?? holder.role;
      if (role === holder.role) return;
      holder.role = role;
      changed();
    },
    () => null,
  ); // without it the caller is told less, and hears as much

  feed.addEventListener("open", again);
  feed.addEventListener("moved", ({ detail }) => detail.kind === "call" && again());

  function open(called) {
    room = called;
    holder.role = null;
    feed.open();
  }

  return holder;
}
