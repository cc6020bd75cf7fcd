/** Which acts can work on a call now, and why the others cannot. Pure. */

export const LONGEST_WORDS = 2_000; // characters, as operators/acts/context.py

const MAY_NOT_ACT = "Your token may watch, but not act.";
const MAY_NOT_LISTEN = "Your token may not listen.";
const OFFLINE = "The service is not answering right now.";
const NONE_OPEN = "No handoff is open.";

/**
 * For each act the reason why it is not possible now, or null if it is.
 *
 * `view`: me, online, call, open (the open handoff or null), requests, targets and earlier (roles), and audio
 * (why there is no sound, or null).
 */
export function blockedReasons(view) {
  const always = alwaysBlocked(view);
  const over = view.call.ended_at === null ? null : "The call is over.";
  const held = always ?? over;
  const line = held ?? inLine(view.call);
  const speaks = line ?? whileOpen(view.open, "until it ends, nobody else speaks to the caller");
  const moves = held ?? whileOpen(view.open, "cancel it, or redirect it");
  return {
    say: speaks,
    ask: speaks ?? onHold(view.call, "nobody answers the caller until you resume the call"),
    note: held,
    handOver: moves ?? (view.targets.length ? null : "The roster has no other role."),
    takeBack: moves ?? (view.earlier.length ? null : "No other role has held this call."),
    approve: held ?? approval(view.open),
    redirect: held ?? redirection(view),
    cancel: held ?? (view.open ? null : NONE_OPEN),
    listen: mayNotListen(view) ?? over ?? view.audio,
    hold:
      line ??
      whileOpen(view.open, "the caller hears its music; cancel it first") ??
      onHold(view.call, "resume the call, hand it over, or end it"),
    resume: held ?? (view.call.held_at === null ? "The caller is not on hold." : null),
    end: held ?? asked(view.requests),
  };
}

const mayNotListen = ({ me, online }) =>
  !me.rights.includes("listen") ? MAY_NOT_LISTEN : online ? null : OFFLINE;

/** Why nobody can act who has this token, or for want of the service; or null. */
export const alwaysBlocked = ({ me, online }) => (!me.rights.includes("act") ? MAY_NOT_ACT : online ? null : OFFLINE);

const whileOpen = (open, what) =>
  open ? `A handoff to ${open.redirect_to ?? open.target} is open: ${what}.` : null;

const inLine = (call) =>
  call.queued_at !== null && call.admitted_at === null
    ? "The caller waits in line: no agent is there yet. Hand the call over, or end it."
    : null;

const onHold = (call, what) =>
  call.held_at === null ? null : `${call.held_by} has put the caller on hold: ${what}.`;

function approval(open) {
  if (!open) return NONE_OPEN;
  if (open.completes !== "operator") return "This handoff needs no approval: it completes automatically.";
  if (open.redirect_to) return `It is being redirected to ${open.redirect_to}.`;
  if (open.approved_by) return `${open.approved_by} has approved it.`;
  return open.state === "accepted" ? null : `${open.target} has not accepted yet.`;
}

function redirection({ open, redirects }) {
  if (!open) return NONE_OPEN;
  return redirects.length ? null : "The roster has no other role to redirect to.";
}

function asked(requests) {
  const open = requests.find(
    (one) => one.kind === "end" && ["requested", "taken"].includes(one.state),
  );
  return open ? `${open.requested_by} has already asked to end it.` : null;
}

/** The one reason that blocks nearly every act, which is then shown once; or null. */
export function common(reasons) {
  const all = Object.values(reasons);
  return all.find((one) => one && all.filter((other) => other === one).length >= all.length - 1) ?? null;
}
