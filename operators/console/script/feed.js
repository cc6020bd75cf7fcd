/** The live event feed. An event says that something changed; the page then fetches the new state. */

const AGAIN_MS = [500, 1_000, 2_000, 4_000];

/**
 * Dispatches "state" (see `state`), "open" (connected: refetch everything), "moved" (`detail` is the event's record)
 * and "refused" (the service answered without a stream). The browser reconnects by itself and resumes with
 * Last-Event-ID; a page that was hidden resumes after `last`.
 */
export class Feed extends EventTarget {
  state = "closed"; // closed, connecting, live, lost
  last = null;
  #source = null;
  #timer = null;
  #tries = 0;

  open() {
    if (this.#source) return;
    this.#become(this.state === "lost" ? "lost" : "connecting");
    const source = new EventSource(this.last === null ? "/events" : `/events?after=${this.last}`);
    this.#source = source;
    source.onopen = () => {
      this.#tries = 0;
      this.#become("live");
      this.dispatchEvent(new Event("open"));
    };
    source.onmessage = (message) => this.#moved(message);
    source.onerror = () => this.#lost(source);
  }

  close() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
    this.#become("closed");
  }

  #moved(message) {
    this.last = message.lastEventId || this.last;
    this.dispatchEvent(new CustomEvent("moved", { detail: JSON.parse(message.data) }));
  }

  #lost(source) {
    if (source !== this.#source) return;
    this.#become("lost");
    if (source.readyState !== EventSource.CLOSED) return; // the browser reconnects by itself
    this.#source = null;
    this.last = null; // the service may not know it; on "open", pages refetch everything
    const wait_ms = AGAIN_MS[Math.min(this.#tries++, AGAIN_MS.length - 1)];
    this.dispatchEvent(new Event("refused"));
    this.#timer = setTimeout(() => this.open(), wait_ms);
  }

  #become(state) {
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }
}
