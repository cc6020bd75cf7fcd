/** The caller's page: signs in, then shows the telephone. */

import { say } from "../dom.js";
import { get } from "../http.js";
import { signedInPage } from "../signing_in.js";
import { telephone } from "./telephone.js";

const announcer = document.querySelector("#announcer");

await signedInPage(async (me) => {
  const roster = await get("/roster");
  return { node: telephone({ me, roster, say: (words) => say(announcer, words) }), close() {} };
});
