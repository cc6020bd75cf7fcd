/** The session: a token from a link or the form becomes a cookie, and leaves the address bar at once. */

import { get, post, remove } from "./http.js";

const LONGEST_WAIT_S = 10;
const LINK = /^#token=(.+)$/;

/** Take the token out of the address before anything else can see it. Null if there is none. */
export function tokenOfLink() {
  const found = LINK.exec(location.hash);
  if (!found) return null;
  history.replaceState(null, "", location.pathname);
  return decodeURIComponent(found[1]);
}

/**
 * { name, rights, audio }. Raises: Problem, with status 409 if somebody else is signed in and `instead` is not said.
 * Waits as long as the service asks after wrong tokens.
 */
export async function signIn(token, instead = false) {
  const body = { token: token.trim(), instead };
  await post("/session", body).catch(async (problem) => {
    if (problem.status !== 429 || !(problem.wait_s <= LONGEST_WAIT_S)) throw problem;
    await new Promise((passed) => setTimeout(passed, problem.wait_s * 1000));
    await post("/session", body);
  });
  return await get("/me");
}

/** The same, or null if nobody is signed in. Raises: Problem. */
export async function whoAmI() {
  try {
    return await get("/me");
  } catch (problem) {
    if (problem.status === 401) return null;
    throw problem;
  }
}

/** Whether this operator holds a right. */
export const holds = (me, right) => me.rights.includes(right);

/** Why a token or a session was refused, in words. */
export const refusalWords = (problem) =>
  problem.title === "This token is not known" ? "This token is unknown. It may have been revoked." : problem.words;

export const signOut = () => remove("/session");
