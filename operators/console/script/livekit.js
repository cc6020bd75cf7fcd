/** livekit-client, where it was installed; where not, why, and how to get it. */

import { Problem } from "./http.js";

const PATH = "/static/vendor/livekit-client.esm.mjs";
const HOW = "Install Node.js with npm, run scripts/set-up-console, and start the service again.";

let loaded = null;

/** Why there is no sound, or null. `audio` is what GET /me says of it. */
export function whyNoSound(audio) {
  if (!audio.available) return `No sound: ${audio.reason}. ${HOW}`;
  return "RTCPeerConnection" in globalThis ? null : "This browser has no WebRTC, so no sound.";
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
