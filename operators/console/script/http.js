/** Requests to the service. Every refusal becomes a Problem whose text can be shown. */

import { heard } from "./clock.js";

const LIMIT_MS = 15_000;
const SOUND_LIMIT_MS = 60_000; // an hour of a speaker is 11 MB

/**
 * What was wrong. `status` is 0 if there was no answer; `extras` is the rest of the problem document; `wait_s` is the
 * number of seconds until a retry, if the service named one.
 */
export class Problem extends Error {
  constructor(status, title, detail, extras = {}, wait_s = null) {
    super(detail || title);
    Object.assign(this, { status, title, detail, extras, wait_s });
  }

  get words() {
    return this.detail && this.detail !== this.title ? `${this.title}: ${this.detail}` : this.title;
  }
}

/** Notified when an answer says that nobody is signed in. */
export const signedOut = new EventTarget();

export const get = (path) => ask("GET", path);
export const remove = (path) => ask("DELETE", path);

/** `key`: an idempotency key, so that a request that is sent twice acts once. */
export const post = (path, body = {}, key = null) => ask("POST", path, body, key);

/** The bytes of a sound. */
export async function soundOf(path) {
  const answer = await fetch(path, { signal: AbortSignal.timeout(SOUND_LIMIT_MS) }).catch(() => {
    throw new Problem(0, "The service does not answer", "Try again in a moment.");
  });
  if (!answer.ok) await read(answer, path);
  return await answer.blob();
}

async function ask(method, path, body, key) {
  const headers = { accept: "application/json" };
  if (body !== undefined) headers["content-type"] = "application/json";
  if (key) headers["idempotency-key"] = key;
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(LIMIT_MS),
    });
  } catch {
    throw new Problem(0, "The service does not answer", "The console retries until it does.");
  }
  heard(answer.headers.get("date"));
  return await read(answer, path);
}

async function read(answer, path) {
  const text = await answer.text();
  let told = null;
  try {
    told = text ? JSON.parse(text) : null;
  } catch {
    // not JSON: fall back to the status
  }
  if (answer.ok) return told;
  if (answer.status === 401 && path !== "/session") signedOut.dispatchEvent(new Event("signed-out"));
  const { title, detail, type: _type, status: _status, ...extras } = told ?? {};
  const wait_s = Number(answer.headers.get("retry-after")) || null;
  throw new Problem(
    answer.status,
    title ?? `The service answered ${answer.status}`,
    detail ?? "",
    extras,
    wait_s,
  );
}

/** An idempotency key. `randomUUID` is missing on pages that are not served securely. */
export function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}

/** "/handoffs" and { role: "billing", state: "" } → "/handoffs?role=billing". */
export function withQuery(path, fields) {
  const query = new URLSearchParams(
    Object.entries(fields).filter(([, value]) => value !== "" && value != null),
  );
  return query.size ? `${path}?${query}` : path;
}
