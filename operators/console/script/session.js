/** Who is looking: the token of a link or of the form becomes a cookie, and leaves the address bar at once. */

import { get, post, remove } from "./http.js";

const LINK = /^#token=(.+)$/;

/** Take the token out of the address, before anything else can see it. Null: there is none. */
export function tokenOfLink() {
  const found = LINK.exec(location.hash);
  if (!found) return null;
  history.replaceState(null, "", location.pathname);
  return decodeURIComponent(found[1]);
}

/** { name, role }, or null where nobody is signed in. Raises: Problem. */
export async function signIn(token) {
  await post("/session", { token: token.trim() });
  return await get("/me");
}

export async function whoAmI() {
  try {
    return await get("/me");
  } catch (problem) {
    if (problem.status === 401) return null;
    throw problem;
  }
}

export const signOut = () => remove("/session");
