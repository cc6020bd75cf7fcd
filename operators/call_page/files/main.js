/** The call page: one call at a time, from the button to why it ended. */

import { CallBack, keepLink, linkOf } from "./call_back.js";
import { captionList } from "./captions.js";
import { h, say, set } from "./dom.js";
import { Line, NoCall } from "./line.js";
import { interruptedCall, keepCall } from "./reload.js";
import {
  CALL_BACK_OVER,
  CONNECTING,
  NOT_CONNECTED,
  NOT_SENT,
  NO_MICROPHONE,
  NO_SOUND_YET,
  READY,
  RECONNECTING,
  REFUSED,
  SOUND,
  SOUND_AGAIN,
  TO_BE_CALLED_BACK,
  callBackWords,
  clock,
  endWords,
  problemWords,
  situationWords,
} from "./words.js";

const NOBODY_AFTER_S = 60;
const LATE_S = 20; // the agent ends the call itself; this is for an agent that is gone
const TYPING_EVERY_MS = 4000;
const OVER = 409; // the call that was interrupted is over

const find = (id) => document.getElementById(id);
const [state, time, notice, typedProblem] = ["state", "time", "notice", "typed-problem"].map(find);
const [callButton, soundButton, muteButton, hangUpButton] = ["call", "sound", "mute", "hang-up"].map(find);
const [words, typedForm, lineField] = ["words", "typed", "line"].map(find);
const captions = captionList(find("captions"));
const sounds = h("div", { hidden: true });
document.body.append(sounds);

const title = document.title;
let line = null;
let callBack = null;
let openedAt = null;
let missedSince = null;
let typedLines = 0;
let toldTypingAt = 0;

/**
 * `ticket`: of a call that a reload of the page interrupted. `asked`: by the caller, who wants a call in any case.
 * `access`: asks for the token of a call back.
 */
async function call(ticket, asked, access) {
  waitNoMore();
  captions.clear();
  warn("");
  say(typedProblem, "");
  openedAt = missedSince = null;
  const mine = new Line(sounds);
  line = mine;
  line.addEventListener("change", show);
  line.addEventListener("caption", ({ detail }) => captions.show(detail));
  line.addEventListener("over", ({ detail: why }) => ended(endWords(why, mine.longest_s)));
  show();
  hangUpButton.focus();
  try {
    await mine.open(ticket, access);
  } catch (problem) {
    if (mine.state === "over") return; // hung up meanwhile, and perhaps calling again
    const { status, retry_s } = problem instanceof NoCall ? problem : new NoCall(502);
    line = null;
    if (ticket && status === OVER) return asked ? call(null, asked) : ended(READY);
    if (ticket) keepCall(ticket); // for the button, or for the next page: a second reload may have broken this one off
    ended(NOT_CONNECTED);
    warn(problemWords(status, retry_s));
  }
}

/** Show the call as it is now. */
function show() {
  if (!line || line.state === "over") return;
  if (line.state === "open") openedAt ??= Date.now();
  say(state, stateWords());
  warn(noticeWords());
  set(document.body, { class: "on" });
  callButton.hidden = true;
  hangUpButton.hidden = words.hidden = typedForm.hidden = false;
  muteButton.hidden = !line.hearsUs;
  soundButton.hidden = line.audible;
  say(soundButton, line.goesOn ? SOUND_AGAIN : SOUND);
  tellFrame(true);
  const promised = line.situation?.call_back;
  if (promised && promised !== linkOf()) keepLink(promised);
}

function stateWords() {
  if (line.state === "connecting") return CONNECTING;
  if (line.state === "reconnecting") return RECONNECTING;
  if (line.situation) missedSince = null;
  else missedSince ??= Date.now();
  return situationWords(line.situation, missedSince ? (Date.now() - missedSince) / 1000 : 0);
}

function noticeWords() {
  if (line.goesOn && !line.audible) return NO_SOUND_YET;
  if (linkOf()) return TO_BE_CALLED_BACK;
  return line.hearsUs === false ? NO_MICROPHONE : "";
}

function ended(why) {
  const asked = document.activeElement;
  say(state, why);
  set(document.body, { class: null });
  for (const one of [soundButton, muteButton, hangUpButton, typedForm]) one.hidden = true;
  words.hidden = captions.empty;
  callButton.hidden = false;
  say(callButton, why === NOT_CONNECTED || why === READY ? "Call" : "Call again");
  if (!asked || asked === document.body || asked.hidden || typedForm.contains(asked)) callButton.focus();
  warn("");
  showMuted(false);
  openedAt = null;
  tellFrame(false);
  waitForCallBack();
}

/** Nobody is on the line. If a call back was promised, wait for it, and ring. */
function waitForCallBack() {
  if (linkOf() === null || callBack) return;
  callBack = new CallBack(linkOf());
  callBack.addEventListener("change", showCallBack);
}

function showCallBack() {
  const ringing = callBack.state === "ringing";
  document.title = ringing ? `☎ ${title}` : title;
  say(callButton, ringing ? "Answer" : "Call again");
  if (ringing) callButton.focus();
  if (callBack.state !== "over") return say(state, callBackWords(callBack));
  say(state, CALL_BACK_OVER);
  keepLink(null);
  return waitNoMore();
}

function waitNoMore() {
  callBack?.close();
  callBack = null;
  document.title = title;
}

/** What the big button does: answer what rings, or call. */
function press() {
  if (callBack?.state !== "ringing") return call(interruptedCall(), true);
  const answered = callBack;
  return call(null, false, async () => {
    const access = await answered.answer();
    keepLink(null);
    return access;
  });
}

function everySecond() {
  if (!line || line.state === "over") return;
  show();
  if (openedAt === null) return;
  const lasted_s = (Date.now() - openedAt) / 1000;
  say(time, clock(lasted_s));
  if (lasted_s > line.longest_s + LATE_S) line.hangUp(line.state === "open" ? "too_long" : "lost");
  if (line.state === "open" && missedSince && Date.now() - missedSince > NOBODY_AFTER_S * 1000) line.hangUp("nobody");
}

/** The page goes, perhaps only to load again. */
function leave() {
  if (line?.ticket) keepCall(line.ticket);
  line?.hangUp();
}

/** The page is there: new, loaded again, or back from the browser's memory. */
function arrive() {
  const ticket = interruptedCall();
  if (ticket) call(ticket, false);
  else if (!line) waitForCallBack();
}

async function sendLine(event) {
  event.preventDefault();
  const text = lineField.value.trim();
  if (!text || !line || typedForm.ariaBusy === "true") return;
  say(typedProblem, "");
  typedForm.ariaBusy = "true"; // pressed twice, it is one line
  try {
    const { taken, why } = await line.type(text);
    if (!taken) return say(typedProblem, REFUSED[why] ?? NOT_SENT);
    lineField.value = "";
    captions.show({ key: `typed ${++typedLines}`, role: null, words: text, over: true, typed: true });
  } catch {
    say(typedProblem, NOT_SENT);
  } finally {
    typedForm.ariaBusy = "false";
  }
}

function tellTyping() {
  if (!line?.situation || Date.now() - toldTypingAt < TYPING_EVERY_MS) return;
  toldTypingAt = Date.now();
  line.typing();
}

async function toggleMute() {
  const muted = muteButton.getAttribute("aria-pressed") !== "true";
  showMuted(muted);
  await line.mute(muted).catch(() => showMuted(!muted));
}

function showMuted(muted) {
  set(muteButton, { "aria-pressed": String(muted) });
  say(muteButton, muted ? "Unmute" : "Mute");
}

function warn(told) {
  say(notice, told);
  notice.hidden = !told;
}

/** The button on another page, if this is its frame, learns whether a call is on, and nothing else. */
function tellFrame(on) {
  if (parent !== window) parent.postMessage({ baton: "call", on }, "*");
}

callButton.addEventListener("click", press);
callButton.disabled = false; // a press before would be lost
hangUpButton.addEventListener("click", () => line?.hangUp());
muteButton.addEventListener("click", toggleMute);
soundButton.addEventListener("click", () => line?.turnSoundOn());
typedForm.addEventListener("submit", sendLine);
lineField.addEventListener("input", tellTyping);
addEventListener("pagehide", leave);
addEventListener("pageshow", arrive);
setInterval(everySecond, 1000);
say(state, READY);
