/** The microphone test, before the shift: permission, which device, and whether the person is heard. */

import { h, newId, put, say } from "../dom.js";
import { levelMeter } from "../caller/level.js";
import { whyNoSound } from "../livekit.js";

const LOUD = 0.02;
const LOOK_MS = 50;
const NO_DEVICES = "Browsers allow the microphone only on pages from https or from this machine.";

let chosen = ""; // the browser's own choice

/** What a room is to open the microphone with. */
export const microphone = () => (chosen ? { deviceId: chosen } : undefined);

/** `passed()` is called once the person was heard and goes on. Returns { node, close() }. */
export function microphoneTest({ me, passed }) {
  const told = h("p", { role: "status" });
  const meter = levelMeter("your microphone");
  const start = h("button", { type: "button", class: "strong", onclick: test }, "Test the microphone");
  const use = h("button", { type: "button", class: "strong", onclick: goOn, hidden: true }, "Use this microphone");
  const devices = h("select", { id: newId("device"), name: "device", onchange: change });
  const choice = h("div", { class: "field", hidden: true }, h("label", { for: devices.id }, "Microphone"), devices);
  const node = h(
    "section",
    { class: "card", "aria-label": "Microphone" },
    h("h2", {}, "First, your microphone"),
    h("p", { class: "hint" }, "Say a few words. You can be available once they are heard."),
    choice,
    meter.node,
    told,
    h("div", { class: "buttons" }, start, use),
  );
  let [stream, closed, context] = [null, false, null];

  async function test() {
    const why = whyNoSound(me.audio) ?? (navigator.mediaDevices?.getUserMedia ? null : NO_DEVICES);
    if (why) return say(told, why);
    if (globalThis.Notification?.permission === "default") Notification.requestPermission().catch(() => null);
    stop();
    let opened = null;
    try {
      const audio = chosen ? { deviceId: { exact: chosen } } : true;
      opened = await navigator.mediaDevices.getUserMedia({ audio });
    } catch (error) {
      return say(told, `The microphone cannot be used: ${error.message}. Allow it for this page, and test again.`);
    }
    if (closed) return end(opened);
    stream = opened;
    await offer();
    say(told, "Listening. Please say something.");
    context = new AudioContext();
    if (!(await heard(context, opened, meter, () => stream === opened))) return;
    say(told, "You are heard.");
    start.hidden = true;
    use.hidden = false;
    use.focus();
  }

  /** Browsers name the devices once one of them is allowed. */
  async function offer() {
    const inputs = (await navigator.mediaDevices.enumerateDevices()).filter((one) => one.kind === "audioinput");
    const used = stream.getAudioTracks()[0]?.getSettings().deviceId;
    put(
      devices,
      inputs.map((one) => h("option", { value: one.deviceId, selected: one.deviceId === used }, one.label)),
    );
    choice.hidden = inputs.length < 2;
  }

  function change() {
    chosen = devices.value;
    use.hidden = true;
    start.hidden = false;
    test();
  }

  function goOn() {
    stop();
    passed();
  }

  function stop() {
    meter.rest();
    if (stream) end(stream);
    stream = null;
    context?.close();
    context = null;
  }

  function close() {
    closed = true;
    stop();
  }
  return { node, close };
}

const end = (stream) => stream.getTracks().forEach((track) => track.stop());

/** Shows the level while `wanted()`. Resolves with true once it was loud, with false if it is no longer wanted. */
async function heard(context, stream, meter, wanted) {
  const ear = context.createAnalyser();
  context.createMediaStreamSource(stream).connect(ear);
  const samples = new Float32Array(ear.fftSize);
  const level = () => {
    ear.getFloatTimeDomainData(samples);
    return Math.max(...samples.map(Math.abs));
  };
  meter.watch(level);
  while (wanted() && level() < LOUD) await new Promise((passed) => setTimeout(passed, LOOK_MS));
  return wanted();
}
