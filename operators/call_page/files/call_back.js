/** A promised call back: looks every few seconds whether it rings. The link has its token after #back=. */

import { NoCall } from "./line.js";

const LOOK_MS = 3000;
const LINK = /^#back=([\w-]{1,200})$/;

/** The token of the link by which this page was opened, or that it keeps; null without one. */
export const linkOf = () => LINK.exec(location.hash)?.[1] ?? null;

/** Keep the link in the address: a reload of the page waits on, and the address may be kept. */
export const keepLink = (token) => history.replaceState(null, "", token ? `#back=${token}` : location.pathname);

/** Dispatches "change" when `state` or what comes with it may have changed. */
export class CallBack extends EventTarget {
  state = "waiting"; // waiting, ringing, over
  place = null;
  minutes = null;
  #token;
  #timer;
  #closed = false;
  #bell = null;

  constructor(token) {
    super();
    this.#token = token;
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    this.#look();
  }

  /** The access for the call in which the caller answers, also once closed. Raises: NoCall. */
  answer() {
    return send("/call/back/answer", this.#token);
  }

  close() {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#ring(false);
  }

  async #look() {
    try {
      const seen = await send("/call/back", this.#token);
      if (this.#closed) return;
      Object.assign(this, { state: seen.state, place: seen.place, minutes: seen.minutes });
    } catch {
      return; // the next look may be answered
    }
    this.#ring(this.state === "ringing");
    if (this.state === "over") clearInterval(this.#timer);
    this.dispatchEvent(new Event("change"));
  }

  /** Two tones a second, for as long as it rings. A page that nobody has touched may make no sound. */
  #ring(on) {
    if (on === (this.#bell !== null)) return;
    if (!on) {
      clearInterval(this.#bell.timer);
      this.#bell.context.close();
      this.#bell = null;
      return;
    }
    const context = new AudioContext();
    const strike = () => {
      navigator.vibrate?.(200);
      for (const [after_s, hertz] of [[0, 880], [0.2, 660]]) {
        const tone = new OscillatorNode(context, { frequency: hertz });
        const volume = new GainNode(context, { gain: 0.15 });
        tone.connect(volume).connect(context.destination);
        tone.start(context.currentTime + after_s);
        tone.stop(context.currentTime + after_s + 0.18);
      }
    };
    this.#bell = { context, timer: setInterval(strike, 1000) };
    strike();
  }
}

async function send(path, link) {
  let answer;
  try {
    const headers = { "Content-Type": "application/json" };
    answer = await fetch(path, { method: "POST", headers, body: JSON.stringify({ link }) });
  } catch {
    throw new NoCall(0);
  }
  if (!answer.ok) throw new NoCall(answer.status, Number(answer.headers.get("Retry-After")) || null);
  return answer.json();
}
