/** The microphone test: before a person can be available, their browser lets the microphone be heard. */

import { h, say } from "../dom.js";
import { levelMeter } from "../caller/level.js";
import { whyNoSound } from "../livekit.js";

const LOUD = 0.02;
const NO_DEVICES = "Browsers allow the microphone only on pages from https or from this machine.";

/** `passed()` is called once the microphone was heard. Returns { node }. */
export function microphoneTest({ me, passed }) {
  const told = h("p", { role: "status" });
  const meter = levelMeter("your microphone");
  const button = h("button", { type: "button", class: "strong", onclick: test }, "Test the microphone");
  const node = h(
    "section",
    { class: "card", "aria-label": "Microphone" },
    h("h2", {}, "First, your microphone"),
    h("p", { class: "hint" }, "Say a few words. You can be available once they are heard."),
    meter.node,
    told,
    h("div", { class: "buttons" }, button),
  );

  async function test() {
    const why = whyNoSound(me.audio) ?? (navigator.mediaDevices?.getUserMedia ? null : NO_DEVICES);
    if (why) return say(told, why);
    if (globalThis.Notification?.permission === "default") Notification.requestPermission().catch(() => null);
    let stream = null;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch (error) {
      return say(told, `The microphone cannot be used: ${error.message}. Allow it for this page, and test again.`);
    }
    say(told, "Listening. Please say something.");
    await heard(stream, meter);
    stream.getTracks().forEach((track) => track.stop());
    meter.rest();
    passed();
  }
  return { node };
}

/** Resolves once the stream was loud. */
async function heard(stream, meter) {
  const context = new AudioContext();
  const ear = context.createAnalyser();
  context.createMediaStreamSource(stream).connect(ear);
  const samples = new Float32Array(ear.fftSize);
  const level = () => {
    ear.getFloatTimeDomainData(samples);
    return Math.max(...samples.map(Math.abs));
  };
  meter.watch(level);
  while (level() < LOUD) await new Promise((passed) => setTimeout(passed, 50));
  await context.close();
}
