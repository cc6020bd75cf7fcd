/** A worker: browsers let the timers of a page that is not shown run once a second at most, but not a worker's. */

const BEAT_MS = 400;

setInterval(() => postMessage(null), BEAT_MS);
