/** It rings: a sound, the page's title, and a notification, none of which says who calls or why. */

const EVERY_MS = 2_000;
const TITLE = document.title;

let timer = null;
let context = null;
const hushed = new Set();

/** `offer`: its id. It is not heard again once it was hushed. */
export function ring(offer, role) {
  if (timer || hushed.has(offer)) return;
  document.title = `☎ It rings · ${TITLE}`;
  ringOnce("A call for you", `It rings for ${role}.`);
  timer = setInterval(sound, EVERY_MS);
}

/** One sound, and a notification where the page is not looked at. */
export function ringOnce(title, body) {
  if (globalThis.Notification?.permission === "granted" && document.hidden)
    new Notification(title, { body, tag: "baton-desk" });
  sound();
}

/** It rings on, for others and on this page, without sound. */
export function hush(offer) {
  hushed.add(offer);
  stopRinging();
}

export function stopRinging() {
  clearInterval(timer);
  timer = null;
  document.title = TITLE;
}

/** Two soft tones. A browser that allows no sound yet stays silent. */
function sound() {
  context ??= new AudioContext();
  for (const [at, pitch] of [
    [0, 660],
    [0.25, 880],
  ]) {
    const tone = context.createOscillator();
    const gain = context.createGain();
    tone.frequency.value = pitch;
    gain.gain.setValueAtTime(0.0001, context.currentTime + at);
    gain.gain.exponentialRampToValueAtTime(0.12, context.currentTime + at + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.0001, context.currentTime + at + 0.22);
    tone.connect(gain).connect(context.destination);
    tone.start(context.currentTime + at);
    tone.stop(context.currentTime + at + 0.24);
  }
}
