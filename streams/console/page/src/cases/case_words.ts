import type { Alert, CaseEvent, Stamp } from "../contract";
import { distance } from "../format";
import { say, sayNamed } from "../words/say";

/** What an event of the log did, as it follows on who did it. */
export function eventWords(event: CaseEvent): string {
  switch (event.action) {
    case "dispatch": return say("did.dispatch", { who: [event.patrol?.id, event.unit].filter(Boolean).join(", ") });
    case "assign": return say("did.assign", { who: event.unit ?? say("did.nobody") });
    case "merge": return say("did.merge", { into: event.into ?? say("did.another") });
    case "lane_impact": return say("did.lane_impact", { lanes: lanes(event) });
    case "propose": return event.patrol ? say("did.propose", { who: event.patrol.id }) : say("did.proposeNone");
    default: return sayNamed("did", event.action);
  }
}

function lanes({ lane_impact }: CaseEvent): string {
  const said = (lane_impact ?? []).map(({ lane, state }) =>
    say("did.lane", { lane: sayNamed("lane", lane), state: say(`lane.${state}`) }));
  return said.join(say("list.comma"));
}

/** The queue to come; a length that holds is said once. */
export function expectedQueue(forecast: Alert["forecast"]): string {
  const spans: { length: string; first: number; last: number }[] = [];
  for (const { queue_length_m, minutes } of forecast) {
    const length = distance(queue_length_m);
    const before = spans.at(-1);
    if (before?.length === length) before.last = minutes;
    else spans.push({ length, first: minutes, last: minutes });
  }
  return spans.map(({ length, first, last }) => (first === last
    ? say("alerts.lengthIn", { length, n: last })
    : say("alerts.lengthBetween", { length, n: first, m: last }))).join(say("list.comma"));
}

/** Whether a person did it, not the detector, the road or the clock. */
export const isOfPeople = (event: CaseEvent): boolean => event.command_id !== undefined;

/** The incident clock's stamps in order. */
export const STAMPS: readonly Stamp[] = ["t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7"];
