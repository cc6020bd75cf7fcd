/** Turns a call's records into what its page shows. Pure. */

import { isOpen } from "../words.js";

/** `told` is the answer of GET /calls/{id}. */
export function viewOf(told, { me, roster, online, audio, listener }) {
  const open = told.handoffs.find(isOpen) ?? null;
  const others = roster.map((role) => role.role).filter((role) => role !== told.call.holder_role);
  return {
    ...told,
    me,
    roster,
    online,
    audio,
    listener,
    open,
    targets: likely(
      others,
      roster.find((role) => role.role === told.call.holder_role),
    ),
    earlier: earlierHolders(told),
    redirects: open ? others.filter((role) => role !== (open.redirect_to ?? open.target)) : [],
  };
}

/** Roles that the holder itself may hand over to come first. */
function likely(roles, holder) {
  const named = holder?.transfers_to ?? [];
  return [...roles].sort((one, other) => named.includes(other) - named.includes(one));
}

/** Who held the call and when, in order: { role, from, until }; until is null for the current holder. */
export function holders({ call, handoffs }) {
  const moves = handoffs
    .filter((one) => one.state === "completed")
    .sort((one, other) => one.ended_at - other.ended_at);
  const roles = [moves[0]?.from_role ?? call.holder_role, ...moves.map((one) => one.target)];
  return roles.map((role, place) => ({
    role,
    from: place === 0 ? call.started_at : moves[place - 1].ended_at,
    until: moves[place]?.ended_at ?? call.ended_at,
  }));
}

/** Roles that held it before and do not now, the latest first. */
function earlierHolders(told) {
  const before = holders(told)
    .map((one) => one.role)
    .reverse();
  return [...new Set(before)].filter((role) => role !== told.call.holder_role);
}
