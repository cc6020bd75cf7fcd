/** Which acts can work on a call now, and why the others cannot. Pure. */

export const LONGEST_WORDS = 2_000; // characters, as operators/acts/context.py

const MAY_NOT_ACT = "Your token may watch, but not act.";
const MAY_NOT_LISTEN = "Your token may not listen.";
const MAY_NOT_STEP_IN = {
  coach: "Your token may not whisper.",
  barge: "Your token may not speak with callers.",
  "take-over": "Your token may not take over.",
};
const APART = ["listen", "coach", "barge", "takeOver", "giveBack"]; // their rights are other ones than that to act
const OFFLINE = "The service is not answering right now.";
const NONE_OPEN = "No handoff is open.";

/**
 * For each act the reason why it is not possible now, or null if it is.
 *
 * `view`: me, online, call, open (the open handoff or null), requests, targets and earlier (roles), audio (why there
 * is no sound, or null), listeners, and listener (one's own identity among them, or null).
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
    ...stepsIn(view, over),
    hold:
      line ??
      whileOpen(view.open, "the caller hears its music; cancel it first") ??
      onHold(view.call, "resume the call, hand it over, or end it"),
    resume: held ?? (view.call.held_at === null ? "The caller is not on hold." : null),
    keys: line,
    end: held ?? asked(view.requests),
  };
}

const mayNotListen = ({ me, online }) =>
  !me.rights.includes("listen") ? MAY_NOT_LISTEN : online ? null : OFFLINE;

/** Of the four ways to step in and out. */
function stepsIn(view, over) {
  const { me, call, open, listeners, listener } = view;
  const own = listeners.find((one) => one.identity === listener);
  const other = listeners.find((one) => one !== own && one.mode !== "listen");
  const may = (right) =>
    mayNotListen(view) ??
    (me.rights.includes(right) ? null : MAY_NOT_STEP_IN[right]) ??
    over ??
    view.audio ??
    inLine(call) ??
    (other ? `${other.name} is heard in this call; one at a time is.` : null);
  const speaks = (right) =>
    may(right) ??
    whileOpen(open, "the caller hears its music") ??
    onHold(call, "resume the call first");
  const mode = own?.mode ?? "listen";
  return {
    coach: may("coach") ?? (mode === "coach" ? "You are whispering." : null),
    barge: speaks("barge") ?? (mode === "barge" ? "You are speaking with the caller." : null),
    takeOver: speaks("take-over") ?? (mode === "take_over" ? "You have taken over." : null),
    giveBack: over ?? (view.online ? null : OFFLINE) ?? (mode === "listen" ? "Nobody hears you." : null),
  };
}

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
  const all = Object.entries(reasons).filter(([name]) => !APART.includes(name));
  return all.every(([, one]) => one === all[0][1]) ? all[0][1] : null;
}
