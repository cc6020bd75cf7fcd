/** A listener speaks: to who has the call, to the caller as well, or in the agent's place. */

import { h, say } from "../dom.js";
import { post, Problem } from "../http.js";
import { RoomAudio } from "../room_audio.js";

const HEARD = {
  coach: "You are heard by who has the call. The caller does not hear you.",
  barge: "The caller hears you.",
  take_over: "You speak with the caller.",
};
const OTHERS = {
  listen: (name) => `${name} listens.`,
  coach: (name) => `${name} whispers to who has the call.`,
  barge: (name) => `${name} speaks with the caller.`,
  take_over: (name) => `${name} has taken over.`,
};

/** `listenIn` is the page's listening. Returns { node, act(verb), update(view), close() }. */
export function supervising(listenIn) {
  const own = h("p", { role: "status" });
  const others = h("p", { class: "quiet" });
  const node = h("section", { class: "card listening", "aria-label": "Who listens and speaks", hidden: true }, own, others);
  const microphone = new RoomAudio(h("div", { hidden: true }));
  let heard = null;
  microphone.addEventListener("change", tell);

  /** `coach`, `barge`, `take-over` or `give-back`: the record first, then the microphone. Raises: Problem. */
  async function act(verb, view) {
    if (!listenIn.identity) await listenIn.start(view);
    const path = `/calls/${encodeURIComponent(view.call.id)}`;
    const { speak } = await post(`${path}/${verb}`, { listener: listenIn.identity });
    if (verb === "give-back") return await close();
    try {
      await speaks(speak);
    } catch (problem) {
      await close();
      await post(`${path}/give-back`, { listener: listenIn.identity }).catch(() => null);
      throw problem;
    }
  }

  async function speaks(access) {
    if (microphone.state === "open") return;
    await microphone.connect(access);
    await microphone.room.localParticipant.setMicrophoneEnabled(true).catch((error) => {
      throw new Problem(0, "The microphone could not be used", error.message);
    });
  }

  function update({ call, listeners }) {
    const mine = listeners.find((one) => one.identity === listenIn.identity);
    heard = mine && mine.mode !== "listen" ? mine.mode : null;
    if (listenIn.isHeard && !heard) close(); // the call's end, or somebody who took the right away
    const rest = listeners.filter((one) => one !== mine && (one.mode !== "listen" || one.state === "joined"));
    listenIn.isHeard = heard !== null;
    tell();
    say(others, rest.map((one) => OTHERS[one.mode](one.name)).join(" "));
    node.hidden = call.ended_at !== null || (!heard && !rest.length);
  }

  /** The agent that has the call comes to the microphone's room, and copies it to those who may hear it. */
  function tell() {
    say(own, heard && !microphone.others.length ? "Nobody hears you yet." : (HEARD[heard] ?? ""));
  }

  const close = async () => microphone.state !== "closed" && (await microphone.close());
  return { node, act, update, close };
}
