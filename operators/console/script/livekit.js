/** Loads livekit-client; if it is not installed, says why and how to install it. */

import { Problem } from "./http.js";

const PATH = "/static/vendor/livekit-client.esm.mjs";
const HOW = "Install Node.js with npm, run scripts/set-up-console, and restart the service.";

let loaded = null;

/** Why there is no sound, or null. `audio` comes from GET /me. */
export function whyNoSound(audio) {
  if (!audio.available) return `No sound: ${audio.reason}. ${HOW}`;
  return "RTCPeerConnection" in globalThis ? null : "This browser does not support WebRTC, so there is no sound.";
}

/** The module. Raises: Problem. */
export async function liveKit() {
  loaded ??= import(PATH);
  try {
    const module = await loaded;
    module.setLogLevel("warn");
    return module;
  } catch {
    loaded = null;
    throw new Problem(0, "livekit-client cannot be loaded", HOW);
  }
}
