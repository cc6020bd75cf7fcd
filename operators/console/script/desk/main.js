/** The desk: signs in, then shows where a person takes calls. */

import { say } from "../dom.js";
import { signedInPage } from "../signing_in.js";
import { deskOf } from "./desk.js";

const announcer = document.querySelector("#announcer");

await signedInPage((me) => deskOf({ me, say: (words) => say(announcer, words) }));
