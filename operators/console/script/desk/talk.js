/** The person's own room: the brief, the caller's voice once they are put through, and what the person does there. */

import { Problem } from "../http.js";
import { RoomAudio } from "../room_audio.js";
import { microphone } from "./microphone.js";

const TOPIC = "baton.desk";
const ACT = "baton.desk.act";
const BEAT = "baton.desk.beat";
const SHOWN = ["brief", "situation"]; // there is always one of each
const LOOK_MS = 500;
const ANSWER_MS = 3000; // a message can be lost

/** Dispatches "brief", "situation" and "words", each with the message as its `detail`, and "change". */
export class Talk extends EventTarget {
  #audio = null;
  #timer = null;
  #unanswered = null;
  #beat = null;
  #agent = null; // who has shown something last; livekit-server may announce it later
  #seen = null; // the agent that was announced

  /** `sounds` is the element that holds the audio elements. */
  constructor(sounds) {
    super();
    this.#audio = new RoomAudio(sounds);
    this.#audio.addEventListener("change", () => {
      if (this.#isHere) this.#seen = this.#agent;
      this.dispatchEvent(new Event("change"));
    });
  }

  get state() {
    return this.#audio.state;
  }

  /** Whether the agent that has the call is in the room with us: until it was seen to leave. */
  get held() {
    return this.state === "open" && (this.#isHere || this.#seen !== this.#agent);
  }

  get #isHere() {
    return this.#audio.others.some((one) => one.identity === this.#agent);
  }

  /** Whether the person has opened the talk in another window. */
  get elsewhere() {
    return this.#audio.elsewhere;
  }

  /** Join, also again. Raises: Problem. */
  async join(access) {
    await this.#audio.connect(access, (room) => {
      room.registerTextStreamHandler(TOPIC, async (reader, { identity }) => {
        if (!identity.startsWith("agent-")) return;
        const message = JSON.parse(await reader.readAll());
        this.#agent = identity;
        this.dispatchEvent(new CustomEvent(message.kind, { detail: message }));
      });
    });
    this.#look();
    this.#beat ??= new Worker(new URL("./beat.js", import.meta.url));
    this.#beat.onmessage = () => this.#beats();
  }

  /** While muted, the agent knows by nothing else that this page is there. A beat that is lost is not sent again. */
  #beats() {
    if (this.state !== "open") return;
    const beat = this.#audio.room.localParticipant.publishData(new Uint8Array(1), { reliable: false, topic: BEAT });
    beat.catch(() => null); // the room is gone: the page joins again
  }

  /** Ask to be shown all of it, until it is: the agent may come later than the page, and a message can be lost. */
  #look() {
    clearInterval(this.#timer);
    const timer = setInterval(() => this.act("look").catch(() => null), LOOK_MS);
    Promise.all(SHOWN.map((kind) => this.#shows(kind))).then(() => clearInterval(timer));
    this.#timer = timer;
  }

  #shows(kind) {
    return new Promise((seen) => this.addEventListener(kind, seen, { once: true }));
  }

  async mute(muted) {
    await this.#audio.room.localParticipant.setMicrophoneEnabled(!muted, microphone()).catch((error) => {
      throw new Problem(0, "The microphone could not be used", error.message);
    });
    await this.#audio.room.startAudio().catch(() => null); // a reloaded page may, with a microphone
  }

  /** Raises: Problem, if the agent does not take it. */
  async act(act, reason = "") {
    const agent = this.#agent ?? this.#audio.others[0]?.identity;
    if (!agent) throw new Problem(0, "The call is not there at the moment", "Please try again.");
    const payload = JSON.stringify({ version: 1, act, reason });
    if (act !== "look") this.#expectAnswer(); // it may come before the agent's consent
    await this.#audio.room.localParticipant
      .performRpc({ destinationIdentity: agent, method: ACT, payload })
      .catch((error) => {
        throw new Problem(0, "That is not possible now", error.message);
      });
  }

  /** What an act leads to is shown. If it is not, ask for it. */
  #expectAnswer() {
    clearTimeout(this.#unanswered);
    this.#unanswered = setTimeout(() => this.#look(), ANSWER_MS);
    this.addEventListener("situation", () => clearTimeout(this.#unanswered), { once: true });
  }

  async leave() {
    clearInterval(this.#timer);
    clearTimeout(this.#unanswered);
    this.#beat?.terminate();
    this.#beat = null;
    await this.#audio.close();
  }
}
