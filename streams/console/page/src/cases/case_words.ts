import type { Alert, CaseEvent, Stamp } from "../contract";
import { distance, parseIso } from "../format";
import { isOver } from "../levels";
import { say, sayNamed } from "../words/say";

/** What an event of the log did, as it follows on who did it. */
export function eventWords(event: CaseEvent): string {
  switch (event.action) {
    case "dispatch": return say(event.patrol?.accepted_time === event.time ? "did.accept" : "did.dispatch", { who: [event.patrol?.id, event.unit].filter(Boolean).join(", ") });
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

/** The queue to come: one forecast, the middle one of those that there are, with its bounds. */
export function expectedQueue(forecast: Alert["forecast"]): string {
  const point = forecast[Math.floor(forecast.length / 2)];
  if (!point) return "";
  const { low_m, high_m, minutes: n } = point;
  const length = distance(point.queue_length_m);
  if (typeof low_m !== "number" || typeof high_m !== "number") return say("alerts.lengthIn", { length, n });
  return say("alerts.lengthBounds", { length, low: distance(low_m), high: distance(high_m), n });
}

/** What the sensors said last brought the numbers of the queue with it. */
const OF_THE_ROAD = new Set(["open", "join", "seen", "seen_again", "quiet", "create"]);
const OLD_S = 60;

/** Of when the numbers of a case are, where that is more than a minute ago; null where they are of now. */
export function oldNumbers(alert: Alert, now: number | null): number | null {
  const last = (alert.log ?? []).findLast((event) => OF_THE_ROAD.has(event.action));
  const at = parseIso(last?.time ?? alert.event_time);
  return now !== null && now - at > OLD_S && !isOver(alert.state) ? at : null;
}

/** Whether a person did it, not the detector, the road or the clock. */
export const isOfPeople = (event: CaseEvent): boolean => event.command_id !== undefined;

/** The incident clock's stamps in order. */
export const STAMPS: readonly Stamp[] = ["t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7"];
