/** Connects to a room, plays its audio, and tells who is speaking. Used for listeners and callers. */

import { Problem } from "./http.js";
import { liveKit } from "./livekit.js";

/**
 * Dispatches "change" when `state`, `heard` or `others` change. `state` is closed, connecting, open, reconnecting
 * or over.
 */
export class RoomAudio extends EventTarget {
  state = "closed";
  heard = []; // identities of those who speak now
  elsewhere = false; // whether it is over because somebody has joined under the same identity
  room = null;
  #sounds = null;
  #mutes = null;

  /** `sounds` is the element that holds the audio elements; `mutes(publication)`: whether a track is not played. */
  constructor(sounds, mutes = () => false) {
    super();
    this.#sounds = sounds;
    this.#mutes = mutes;
  }

  /** The others in the room, as livekit-client knows them. */
  get others() {
    return this.room ? [...this.room.remoteParticipants.values()] : [];
  }

  /** `prepare(room)` is called before the room is joined. Raises: Problem. */
  async connect({ url, token }, prepare = () => null) {
    this.#become("connecting");
    try {
      const { Room, RoomEvent, DisconnectReason } = await liveKit();
      this.room = this.#watched(new Room(), RoomEvent, DisconnectReason.DUPLICATE_IDENTITY);
      prepare(this.room);
      await this.room.connect(url, token);
      this.#become("open");
      await this.room.startAudio().catch(() => null);
    } catch (error) {
      this.#become("closed");
      throw error instanceof Problem ? error : new Problem(0, "The room could not be reached", error.message);
    }
  }

  async close() {
    await this.room?.disconnect();
    this.#sounds.replaceChildren();
    this.#become("closed");
  }

  setVolume(share) {
    for (const sound of this.#sounds.children) sound.volume = share;
  }

  #watched(room, Kind, elsewhere) {
    room.on(Kind.TrackSubscribed, (track, publication, from) => this.#attach(track, publication, from.identity));
    room.on(Kind.TrackUnsubscribed, (track) => track.detach().forEach((sound) => sound.remove()));
    room.on(Kind.ActiveSpeakersChanged, (speakers) => {
      this.heard = speakers.map((one) => one.identity);
      this.#changed();
    });
    for (const kind of [Kind.ParticipantConnected, Kind.ParticipantDisconnected])
      room.on(kind, () => this.#changed());
    room.on(Kind.Reconnecting, () => this.#become("reconnecting"));
    room.on(Kind.Reconnected, () => this.#become("open"));
    room.on(Kind.Disconnected, (reason) => {
      this.elsewhere = reason === elsewhere;
      if (this.state !== "closed") this.#become("over");
    });
    return room;
  }

  #attach(track, publication, identity) {
    if (track.kind !== "audio" || this.#mutes(publication)) return;
    const sound = track.attach();
    sound.dataset.from = identity;
    this.#sounds.append(sound);
  }

  #become(state) {
    this.state = state;
    if (["closed", "over"].includes(state)) this.heard = [];
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
