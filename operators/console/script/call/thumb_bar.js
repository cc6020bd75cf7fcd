/** On a phone, what is used most stands at the bottom, within reach of the thumb. It presses the page's own buttons. */

import { h, say, set } from "../dom.js";

/** `acts` and `after` are panels with `button(name)`; `write()` leads to the field for words. */
export function thumbBar({ acts, after, callBack, write }) {
  const more = () => {
    acts.node.scrollIntoView({ block: "start" });
    acts.node.querySelector("button").focus({ preventScroll: true });
  };
  const hand = pressing("Hand over", () => acts.button("handOver"));
  const approve = pressing("Approve", () => acts.button("approve"));
  const resume = pressing("Resume", () => acts.button("resume"));
  const listen = pressing("Listen", () => acts.button("listen"));
  approve.node.classList.add("strong");
  resume.node.classList.add("strong");
  const words = own("Write", write);
  const live = [words, resume, hand, approve, listen, own("More", more)];
  const over = [
    pressing("Transcript", () => after.button("read")),
    pressing("Copy link", () => after.button("copy")),
    pressing("Export", () => after.button("save")),
  ];
  const call = h("a", { class: "button strong", hidden: true }, "Call back");
  const node = h("div", { class: "thumb-bar", role: "group", "aria-label": "Most used" });
  node.append(call, ...[...live, ...over].map((one) => one.node));

  function update(view) {
    const ended = view.call.ended_at !== null;
    for (const one of live) one.node.hidden = ended;
    for (const one of over) one.node.hidden = !ended;
    for (const one of [...live, ...over]) one.update?.();
    set(call, { href: callBack.number.getAttribute("href") });
    call.hidden = !view.call.call_back || view.call.called_back_at !== null || callBack.number.hidden;
    const waits = !approve.blocked();
    approve.node.hidden = ended || !waits;
    hand.node.hidden = ended || waits;
    resume.node.hidden = ended || waits || view.call.held_at === null; // in the place of "Write"
    words.node.hidden = ended || !resume.node.hidden;
    const listens = acts.button("listen").getAttribute("aria-pressed") === "true";
    say(listen.node, listens ? "Stop listening" : "Listen");
  }

  return { node, update };
}

function own(words, press) {
  return { node: h("button", { type: "button", onclick: press }, words) };
}

/** A button that presses another, and cannot be pressed when that one cannot. */
function pressing(words, other) {
  const node = h("button", { type: "button", onclick: () => other().click() }, words);
  const blocked = () => other().getAttribute("aria-disabled") === "true";
  const update = () =>
    set(node, {
      "aria-disabled": blocked() ? "true" : null,
      "aria-describedby": other().getAttribute("aria-describedby"),
    });
  return { node, blocked, update };
}
