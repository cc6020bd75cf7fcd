/** A call as a text file. Pure. */

import { callerName, clock, duration, endedHow } from "../words.js";
import { entriesOf, markWords } from "./transcript.js";

/** `told` is the answer of GET /calls/{id}. */
export function transcriptText(told) {
  const { call } = told;
  const head = [
    `Call of ${callerName(call)}`,
    call.caller_number && call.caller_number !== callerName(call) && `Number: ${call.caller_number}`,
    `Room: ${call.room}`,
    `Began: ${new Date(call.started_at).toISOString()} (${clock(call.started_at)} local time)`,
    call.ended_at !== null && `Lasted: ${duration(call.ended_at - call.started_at)}, over: ${endedHow(call.ended_how)}`,
    `Id: ${call.id}`,
  ];
  const lines = entriesOf(told).map((entry) => {
    const at = duration(entry.at - call.started_at);
    return entry.kind === "turn" ? `${at}  ${entry.record.speaker}: ${entry.record.text}` : `${at}  * ${markWords(entry)}`;
  });
  return `${[...head.filter(Boolean), "", ...lines].join("\n")}\n`;
}
