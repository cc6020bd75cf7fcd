/** The page's sentences. A caller reads them: no technical words. Pure. */

export const READY = "We answer right away. Your browser will ask for the microphone.";
export const NOT_CONNECTED = "You are not connected.";
export const CONNECTING = "Connecting…";
export const RECONNECTING = "The line was interrupted. Connecting again…";
export const NO_MICROPHONE = "We cannot hear you: this page may not use a microphone. You can hear us, and type below.";
export const SOUND = "Turn the sound on";
export const SOUND_AGAIN = "Go on with the call";
export const NO_SOUND_YET = `Your call goes on. Your browser plays no sound until you press “${SOUND_AGAIN}”.`;
export const NOT_SENT = "Your line did not reach us. Please send it again.";
const SOON = "One moment. Somebody will be with you.";
const ALL_BUSY = "Everybody is busy just now. Somebody will be with you as soon as possible.";

/** `situation` is the agent's latest message, null if none is fresh; `waited_s` is how long there was none. */
export function situationWords(situation, waited_s) {
  if (!situation) return waited_s > 12 ? ALL_BUSY : SOON;
  return NOW[situation.now]?.(situation) ?? SOON;
}

const NOW = {
  talking: ({ role }) => `You are talking with ${role}.`,
  moment: () => "One moment, please.",
  hold: () => "On hold, with music. We are still with you.",
  transfer: ({ target }) => `You are being put through to ${target}. Please hold the line.`,
  ending: () => "The call is ending.",
  line: ({ place }) =>
    place === 1
      ? "You are next in line."
      : place > 1
        ? `You are number ${place} in line. Please stay on the line.`
        : "Everybody is on another call. You will be answered in turn.",
};

export const TO_BE_CALLED_BACK = "We will call you back. Leave this page open, or keep its address: it rings here.";
export const CALL_BACK_OVER = "You are not called back any more. Please call again if we can still help you.";

/** How it stands with a call back: { state, place, minutes }, the last two null while nobody knows them. */
export function callBackWords({ state, place, minutes }) {
  if (state === "ringing") return "We are calling you back. Please answer.";
  const when = minutes && place ? ` You are number ${place} in line; it should take about ${count(minutes, "minute")}.` : "";
  return `We will call you back: leave this page open, it rings here.${when}`;
}

/** Why a typed line was not taken. */
export const REFUSED = {
  busy: "Nobody reads this at the moment. Your line is kept here: send it when somebody answers.",
  "too-fast": "That was quick. Please wait a moment, and send it again.",
};

/** `why`: a call's end as the agent told it, or the page's own reason. */
export function endWords(why, longest_s) {
  if (why === "too_long") return `A call from this page may last ${minutes(longest_s)}. The time is over.`;
  return ENDS[why] ?? ENDS.lost;
}

const ENDS = {
  hung_up: "You hung up. Thank you for calling.",
  ended: "The call has ended. Thank you for calling.",
  goodbye: "The call has ended. Thank you for calling.",
  silent: "We did not hear from you any more, so the call has ended.",
  operator: "The call was ended at our end. Thank you for calling.",
  call_back: "Something is not working at our end, so the call has ended. Please call again later.",
  failed: "Something went wrong at our end, so the call has ended. Please call again in a moment.",
  caller_left: "The line was interrupted for too long. Please call again.",
  nobody: "Nobody could answer just now. Please call again in a few minutes.",
  elsewhere: "This call has moved to another window.",
  lost: "The line was lost. Please call again.",
};

/** Why no call could be made. `status` is the service's answer, 0 if there was none. */
export function problemWords(status, retry_s) {
  if (status === 429) return `There were many calls from your connection. Please try again in ${waiting(retry_s)}.`;
  if (status === 503 && retry_s) return `All lines are busy. Please try again in ${waiting(retry_s)}.`;
  if (status === 0) return "We could not be reached. Is your connection working? Please try again.";
  return "We cannot take your call just now. Please try again in a few minutes.";
}

function waiting(seconds) {
  const whole = Math.max(1, Math.round(seconds || 60));
  return whole < 90 ? count(whole, "second") : count(Math.ceil(whole / 60), "minute");
}

const minutes = (seconds) => (seconds < 90 ? count(Math.round(seconds), "second") : count(Math.round(seconds / 60), "minute"));
const count = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;

/** Seconds as 1:05. */
export const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
