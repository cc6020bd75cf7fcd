/** livekit-client, where it was installed; where not, why, and how to get it. */

import { Problem } from "./http.js";

const PATH = "/static/vendor/livekit-client.esm.mjs";
export const MISSING =
  "livekit-client is not installed here, so no sound. Install Node.js with npm, run scripts/set-up-console, and reload this page.";

let loaded = null;

/** Why there is no sound, or null. Asks the service once. */
export async function whyNoSound() {
  if (!("RTCPeerConnection" in globalThis)) return "This browser has no WebRTC.";
  const answer = await fetch(PATH, { method: "HEAD" }).catch(() => null);
  if (answer?.status === 404) return MISSING;
  return null;
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
    throw new Problem(0, MISSING, "");
  }
}
