/** What one can do with a call that is over: read it, pass it on, keep it, call back. */

import { h, newId, say } from "../dom.js";
import { transcriptText } from "./transcript_text.js";

const COPIED_MS = 2_000;

/** `read()` leads to the transcript. Returns { node, update(view), button(name) }. */
export function afterEnd(app, read) {
  let told = null;
  const address = h("input", { readonly: true, hidden: true, "aria-label": "Link to this call" });
  const rows = [
    act("read", "Read the transcript", "What was said, and what happened in between.", read),
    act("copy", "Copy link", "For a colleague who may sign in here.", copy),
    act("save", "Export transcript", "A text file, with times.", save),
  ];
  const call = h("a", { class: "button" });
  const calling = h("div", { class: "act" }, call, h("p", { class: "hint" }, "With the telephone of this device."));
  const node = h(
    "section",
    { class: "card acts", "aria-label": "After the call", hidden: true },
    h("h2", {}, "The call is over"),
    h("div", { class: "act-group" }, rows.map((one) => one.node), address, calling),
  );

  async function copy(button) {
    const link = location.href;
    try {
      await navigator.clipboard.writeText(link);
    } catch {
      // Browsers keep the clipboard from pages that are not served securely.
      address.hidden = false;
      address.value = link;
      address.select();
      return;
    }
    say(button, "Copied");
    app.say("The link is copied.");
    setTimeout(() => say(button, "Copy link"), COPIED_MS);
  }

  function save() {
    const file = URL.createObjectURL(new Blob([transcriptText(told)], { type: "text/plain;charset=utf-8" }));
    h("a", { href: file, download: `${told.call.id}.txt` }).click();
    setTimeout(() => URL.revokeObjectURL(file));
  }

  function update(view) {
    told = view;
    node.hidden = view.call.ended_at === null;
    showNumber(call, view.call);
    const asked = view.call.call_back && !view.call.called_back_at; // then the number stands there
    calling.hidden = call.hidden || asked;
  }

  return { node, update, button: (name) => rows.find((one) => one.name === name).button };
}

function act(name, words, does, press) {
  const hint = h("p", { class: "hint", id: newId("after") }, does);
  const button = h("button", { type: "button", "aria-describedby": hint.id }, words);
  button.addEventListener("click", () => press(button));
  return { name, button, node: h("div", { class: "act" }, button, hint) };
}

/** Make `link` one that calls the caller; hidden where no number is known. */
export function showNumber(link, call) {
  link.hidden = !call.caller_number;
  if (link.hidden) return;
  link.href = `tel:${call.caller_number.replace(/[^\d+*#]/g, "")}`;
  say(link, `Call ${call.caller_number}`);
}
