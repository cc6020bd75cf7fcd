/** The dialogs for acts on a call: what each one asks for, and what it sends. */

import { askFor } from "../dialog.js";
import { post } from "../http.js";
import { chosenIn, valueOf } from "../targets.js";

const pairs = (roles, roster) => roles.map((role) => [role, named(role, roster)]);

/** Those of a role's people who can be asked for by name. */
const peopleOf = (role, roster) =>
  (roster.find((one) => one.role === role)?.people ?? []).map((person) => [valueOf(role, person), `${person}, of ${role}`]);

const withPeople = (roles, roster) =>
  roles.flatMap((role) => [[role, named(role, roster)], ...peopleOf(role, roster)]);

function named(role, roster) {
  const found = roster.find((one) => one.role === role);
  return found ? `${role} (${found.name})` : role;
}

const path = (...parts) => `/${parts.map(encodeURIComponent).join("/")}`;

/** Of the role that has the call, only a person by name can be asked. */
export const handOver = ({ call, targets, roster }) =>
  askFor({
    title: "Hand the call over",
    lead: "The caller is asked to hold. The target is briefed privately, introduced, and takes over in the same room.",
    confirm: "Hand over",
    fields: [
      {
        name: "target",
        label: "To",
        kind: "choice",
        required: true,
        options: [...withPeople(targets, roster), ...peopleOf(call.holder_role, roster)],
      },
      {
        name: "reason",
        label: "Reason",
        required: true,
        hint: "Tells the target why. The caller does not hear it.",
      },
      {
        name: "note",
        label: "A note for the target",
        kind: "words",
        hint: "Passed on privately, with the summary.",
      },
      {
        name: "completes",
        label: "When the target has accepted",
        kind: "radios",
        value: "auto",
        options: [
          ["auto", "it takes over"],
          ["operator", "it waits for an operator's approval"],
        ],
      },
    ],
    act: ({ note, target, ...fields }, key) => {
      const body = { ...chosenIn(target), ...fields };
      return post(path("calls", call.id, "handoffs"), note ? { ...body, note } : body, key);
    },
  });

export const takeBack = ({ call, earlier, roster }) =>
  askFor({
    title: "Take the call back",
    lead: `A warm handoff from ${call.holder_role} to a role that held the call before.`,
    confirm: "Take back",
    fields: [
      { name: "role", label: "To", kind: "choice", required: true, options: pairs(earlier, roster) },
      { name: "reason", label: "Reason", hint: "Tells the target why. The caller does not hear it." },
    ],
    act: ({ role, reason }, key) =>
      post(path("calls", call.id, "take-back"), reason ? { role, reason } : { role }, key),
  });

export const redirect = ({ open, redirects, roster }) =>
  askFor({
    title: "Redirect the handoff",
    lead: `${open.target} leaves, and the caller hears that we are calling the new target instead.`,
    confirm: "Redirect",
    fields: [
      { name: "target", label: "To", kind: "choice", required: true, options: pairs(redirects, roster) },
      {
        name: "reason",
        label: "Reason",
        hint: `Tells the new target why. The caller does not hear it. Without one: “${open.reason}”.`,
      },
      { name: "note", label: "A note for the new target", kind: "words", hint: "Passed on privately." },
    ],
    act: ({ target, ...words }, key) => {
      const given = Object.fromEntries(Object.entries(words).filter(([, said]) => said));
      return post(path("handoffs", open.id, "redirect"), { target, ...given }, key);
    },
  });

export const approve = ({ open }, key) => post(path("handoffs", open.id, "complete"), {}, key);
export const cancel = ({ open }, key) => post(path("handoffs", open.id, "cancel"), {}, key);

export const hold = ({ call }) => post(path("calls", call.id, "hold"), {});
export const resume = ({ call }) => post(path("calls", call.id, "resume"), {});

export const keys = ({ call }) =>
  askFor({
    title: "Press keys",
    lead: "A menu at the other end hears them, and so does a person. No record has them.",
    confirm: "Press",
    fields: [
      {
        name: "keys",
        label: "Keys",
        type: "password",
        required: true,
        hint: "1 to 40 of 0-9, *, #, w (a pause of half a second) and W (of a second).",
      },
      {
        name: "to",
        label: "Whose telephone",
        kind: "radios",
        value: "person",
        options: [
          ["person", "of the person who was called for the caller"],
          ["caller", "the caller's"],
        ],
      },
    ],
    act: (fields, key) => post(path("calls", call.id, "keys"), fields, key),
  });

export const end = ({ call }) =>
  askFor({
    title: "End the call?",
    lead: "The agent says goodbye to the caller, and the room is closed.",
    confirm: "End the call",
    dangerous: true,
    act: (_fields, key) => post(path("calls", call.id, "end"), {}, key),
  });

export const send = (callId, way, words, key) =>
  post(path("calls", callId, way === "note" ? "notes" : way), { words }, key);
