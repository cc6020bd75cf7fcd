/** The line to the company: a room with one agent at a time. It knows nothing of the page. */

const PATH = "/call/livekit-client.esm.mjs";
const TOPIC = "baton.page";
const TYPED = "baton.typed";
const TYPING = "baton.typing";
const FRESH_MS = 3000;
const FORMER_MS = 5000;
const RPC_MS = 4000;
const TYPED_LIMIT_MS = 10000;
const ASK_AGAIN_MS = 250;
const REFUSED = 2403; // by the agent, as in transfer/livekit/rpc.py: to ask again changes nothing

/** A call that could not be made. `status` as in problemWords. */
export class NoCall extends Error {
  constructor(status, retry_s = null) {
    super(`no call: ${status}`);
    Object.assign(this, { status, retry_s });
  }
}

/**
 * Dispatches "change" when anything below changes, "caption" with { detail: { key, role, words, over } }, and
 * "over" with { detail: why } once.
 */
export class Line extends EventTarget {
  state = "connecting"; // connecting, open, reconnecting, over
  hearsUs = null; // whether the microphone is published; null while that is being asked
  audible = true; // false: the browser plays no sound until the caller presses a button
  longest_s = 600;
  goesOn = false; // whether an earlier page began this call
  #room = null;
  #token = null;
  #sounds;
  #situation = null;
  #heardAt = null;
  #holder = null;
  #former = null;
  #why = null;

  /** `sounds` is the element that holds the audio elements. */
  constructor(sounds) {
    super();
    this.#sounds = sounds;
  }

  /** With the `ticket` of an earlier line, go on with its call. `access` asks for another token. Raises: NoCall. */
  async open(ticket = null, access = () => newToken(ticket)) {
    this.goesOn = ticket !== null;
    this.#token = ticket;
    const [{ token, url, longest_call_s }, livekit] = await Promise.all([access(), liveKit()]);
    if (this.state === "over") return;
    this.#token = token;
    this.longest_s = longest_call_s;
    livekit.setLogLevel("error");
    // By default LiveKit hangs up before the page knows whether it goes, at `beforeunload`: main.js does, at `pagehide`.
    this.#room = new livekit.Room({ disconnectOnPageLeave: false });
    this.#watch(livekit);
    try {
      await this.#room.connect(url, token);
    } catch {
      if (this.state !== "over") throw new NoCall(502);
      return;
    }
    this.#become("open");
    await this.#room.startAudio().catch(() => null);
    this.#listen();
  }

  /** What the page that loads next needs to go on with this call; null if nobody has answered, or it ends. */
  get ticket() {
    const answered = this.goesOn || this.#holder !== null;
    return answered && this.state !== "over" && this.#situation?.now !== "ending" ? this.#token : null;
  }

  /** The agent's latest situation, or null if it is not fresh: then nobody is there at the moment. */
  get situation() {
    return this.#heardAt !== null && Date.now() - this.#heardAt < FRESH_MS ? this.#situation : null;
  }

  async hangUp(why = "hung_up") {
    this.#why ??= why;
    this.#over();
    await this.#room?.disconnect();
  }

  async mute(muted) {
    await this.#room.localParticipant.setMicrophoneEnabled(!muted);
  }

  async turnSoundOn() {
    await this.#room.startAudio().catch(() => null);
  }

  /**
   * Returns { taken, why }. A line that finds nobody, or whose answer is lost, is sent again: the agent knows it by
   * its id. Raises, if no agent was reached in time.
   */
  async type(words) {
    const payload = JSON.stringify({ version: 1, id: crypto.randomUUID(), words });
    const until = Date.now() + TYPED_LIMIT_MS;
    for (;;) {
      try {
        return JSON.parse(await this.#ask(TYPED, payload));
      } catch (error) {
        if (error.code === REFUSED || this.state === "over" || Date.now() > until) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    }
  }

  typing() {
    this.#ask(TYPING, "").catch(() => null); // a hint: without it the caller is asked sooner
  }

  #ask(method, payload) {
    if (!this.#holder || !this.situation) throw new Error("nobody is there");
    return this.#room.localParticipant.performRpc({
      destinationIdentity: this.#holder,
      method,
      payload,
      responseTimeout: RPC_MS,
    });
  }

  async #listen() {
    try {
      await this.#room.localParticipant.setMicrophoneEnabled(true);
      this.hearsUs = true;
    } catch {
      this.hearsUs = false;
    }
    this.#changed();
  }

  #watch({ RoomEvent, DisconnectReason }) {
    const room = this.#room;
    room.on(RoomEvent.TrackSubscribed, (track) => track.kind === "audio" && this.#sounds.append(track.attach()));
    room.on(RoomEvent.TrackUnsubscribed, (track) => track.detach().forEach((sound) => sound.remove()));
    room.on(RoomEvent.AudioPlaybackStatusChanged, () => {
      this.audible = room.canPlaybackAudio;
      this.#changed();
    });
    room.on(RoomEvent.Reconnecting, () => this.#become("reconnecting"));
    room.on(RoomEvent.Reconnected, () => this.#become("open"));
    room.on(RoomEvent.DataReceived, (bytes, from, _kind, topic) => {
      if (topic === TOPIC && from?.isAgent) this.#heard(bytes, from.identity);
    });
    room.on(RoomEvent.Disconnected, (reason) => {
      if (reason === DisconnectReason.DUPLICATE_IDENTITY) this.#why ??= "elsewhere";
      if (reason === DisconnectReason.ROOM_DELETED) this.#why ??= "ended"; // and nobody was left to tell why
      this.#over();
    });
  }

  #heard(bytes, from) {
    const message = JSON.parse(new TextDecoder().decode(bytes));
    if (message.version !== 1) return;
    if (message.kind === "caption") {
      const { line, role, words, over } = message;
      this.dispatchEvent(new CustomEvent("caption", { detail: { key: `${from} ${line}`, role, words, over } }));
    }
    if (message.kind === "situation") this.#be(message, from);
  }

  /** The agent that the former holder has handed over to is the holder, even if both speak for a moment. */
  #be(situation, from) {
    const now = Date.now();
    if (this.#former?.identity === from && now - this.#former.at < FORMER_MS) return;
    if (this.#holder && this.#holder !== from) this.#former = { identity: this.#holder, at: now };
    this.#holder = from;
    this.#situation = situation;
    this.#heardAt = now;
    if (situation.now === "ending") this.#why = situation.why;
    this.#changed();
  }

  #over() {
    if (this.state === "over") return;
    this.#sounds.replaceChildren();
    this.#become("over");
    this.dispatchEvent(new CustomEvent("over", { detail: this.#why ?? "lost" }));
  }

  #become(state) {
    if (this.state === "over") return;
    this.state = state;
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

/** `again`: the token of a call that was interrupted; null: for a new call. */
async function newToken(again) {
  const body = again && { headers: { "Content-Type": "application/json" }, body: JSON.stringify({ again }) };
  let answer;
  try {
    answer = await fetch("/call/tokens", { method: "POST", ...body });
  } catch {
    throw new NoCall(0);
  }
  if (!answer.ok) throw new NoCall(answer.status, Number(answer.headers.get("Retry-After")) || null);
  return answer.json();
}

async function liveKit() {
  try {
    return await import(PATH);
  } catch {
    throw new NoCall(0);
  }
}
