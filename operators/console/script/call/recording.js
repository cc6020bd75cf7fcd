/** A call's recording: one sound a speaker, played together, from the turn that is chosen. */

import { h, put, say, set } from "../dom.js";
import { get, post, soundOf } from "../http.js";
import { who } from "../parts.js";
import { problemWords } from "../problems.js";
import { holds } from "../session.js";

const APART_S = 0.15; // two sounds that drift further apart are brought together again
const STATES = {
  on: "This call is being recorded.",
  paused: "The recording is paused: nothing is kept.",
  refused: "The caller did not agree: nothing is recorded.",
  ended: "The recording could not go on, and has ended.",
  gone: "The recording has been removed.",
};

/** `roster`: names the speakers. Returns { node, update(view), seek(turn), close() }. */
export function recording(roster) {
  const state = h("p", { role: "status" });
  const play = h("button", { type: "button", hidden: true }, "Play the recording");
  const pause = h("button", { type: "button", hidden: true }, "Pause the recording");
  const place = h("input", { type: "range", min: "0", step: "0.1", value: "0", id: "place", hidden: true });
  const label = h("label", { for: "place", hidden: true }, "Place in the call, seconds");
  const names = h("p", { class: "quiet" });
  const node = h(
    "section",
    { class: "card", "aria-label": "Recording", hidden: true },
    state,
    h("div", { class: "buttons" }, play, pause),
    label,
    place,
    names,
  );
  let told = null;
  let known = null;
  let sounds = [];
  let seen = null;

  play.addEventListener("click", () => (sounds.length ? toggle() : load(0)));
  pause.addEventListener("click", () =>
    act(known.recording.state === "paused" ? "resume" : "pause"),
  );
  place.addEventListener("input", () => sounds.forEach((one) => (one.currentTime = Number(place.value))));

  const path = () => `/calls/${encodeURIComponent(told.call.id)}/recording`;

  async function update(view) {
    told = view;
    if (!holds(view.me, "listen")) return;
    const latest = `${view.last_event} ${view.call.ended_at}`;
    if (latest === seen) return;
    seen = latest;
    try {
      known = await get(path());
      show();
    } catch (problem) {
      say(state, problemWords(problem));
    }
  }

  function show() {
    const { recording: row, tracks } = known;
    const over = told.call.ended_at !== null;
    node.hidden = row === null;
    if (row === null) return;
    const recorded = over && row.state !== "gone" && row.state !== "refused";
    say(state, recorded ? "This call was recorded." : (STATES[row.state] ?? row.state));
    play.hidden = !over || tracks.length === 0;
    pause.hidden = over || !holds(told.me, "act") || !["on", "paused"].includes(row.state);
    say(pause, row.state === "paused" ? "Go on recording" : "Pause the recording");
    put(names, tracks.length && over ? ["Recorded: ", ...tracks.flatMap((one) => [who(one, roster), " "])] : []);
  }

  async function act(what) {
    set(pause, { "aria-busy": "true" });
    try {
      await post(`${path()}/${what}`);
      known = await get(path());
      show();
    } catch (problem) {
      say(state, problemWords(problem));
    }
    set(pause, { "aria-busy": null });
  }

  /** Fetches every track, decrypted by the service, and plays from there. */
  async function load(at) {
    set(play, { "aria-busy": "true" });
    try {
      const blobs = await Promise.all(known.tracks.map((one) => soundOf(`${path()}/tracks/${encodeURIComponent(one)}`)));
      sounds = blobs.map((blob) => new Audio(URL.createObjectURL(blob)));
      sounds[0].addEventListener("timeupdate", together);
      sounds[0].addEventListener("ended", shown);
      set(place, { max: String((told.call.ended_at - told.call.started_at) / 1000) });
      place.hidden = label.hidden = false;
      await from(at);
    } catch (problem) {
      say(state, problemWords(problem));
    }
    set(play, { "aria-busy": null });
  }

  function together() {
    place.value = String(sounds[0].currentTime);
    for (const one of sounds)
      if (Math.abs(one.currentTime - sounds[0].currentTime) > APART_S) one.currentTime = sounds[0].currentTime;
  }

  async function from(at) {
    for (const one of sounds) one.currentTime = at;
    await Promise.all(sounds.map((one) => one.play()));
    shown();
  }

  function toggle() {
    if (sounds[0].paused) return from(sounds[0].currentTime);
    for (const one of sounds) one.pause();
    shown();
  }

  function shown() {
    say(play, sounds[0].paused ? "Play the recording" : "Stop");
  }

  /** Plays from where this turn begins, once the recording was played at all. */
  function seek(turn) {
    if (sounds.length) from((turn.started_at - told.call.started_at) / 1000);
  }

  function close() {
    for (const one of sounds) {
      one.pause();
      URL.revokeObjectURL(one.src);
    }
    sounds = [];
  }

  return { node, update, seek, close };
}
