import { el } from "../dom";
import { count, minuteOfDay, momentOf, percent } from "../format";
import { roadOf } from "../levels";
import { say, sayNamed, spoken } from "../words/say";
import type { DetectorReport } from "./detectors";

/** All that is known of a detector: its fault and since when, what is put aside for it, its last reading. */
export function detectorFacts(report: DetectorReport, roadName: string | undefined): HTMLElement {
  const facts = el("dl", { class: "facts" });
  const fact = (name: string, value: string | HTMLElement): void => {
    facts.append(el("dt", {}, name), el("dd", {}, value));
  };
  const { fault } = report;
  const isAtFault = report.status === "faulty" || report.status === "silent";
  if (isAtFault) {
    const known = fault && fault.until === null ? momentOf(fault.since) : null;
    const first = report.known_since === null ? "–" : say("detector.before", { at: minuteOfDay(report.known_since) });
    fact(say("detector.since"), known ?? first);
    if (known && fault?.evidence) fact(say("detector.seen"), spoken() === "en" ? fault.evidence : el("span", { lang: "en" }, fault.evidence));
  }
  fact(say("detector.aside"), say(report.put_aside ? `aside.${report.put_aside}` : "aside.none"));
  fact(say("detector.reading"), readingWords(report));
  if (fault && fault.until !== null) {
    fact(say("detector.was"), say("detector.wasFromTo", {
      fault: sayNamed("refused", fault.fault), from: minuteOfDay(fault.since), to: minuteOfDay(fault.until),
    }));
  }
  if (report.segment_id !== null) fact(say("detector.place"), placeWords(report, roadOf(roadName ?? "")));
  return facts;
}

function readingWords({ reading, known_since }: DetectorReport): string {
  if (!reading) return known_since === null ? say("detector.readingNever") : say("detector.readingNone", { at: minuteOfDay(known_since) });
  const parts = [minuteOfDay(reading.minute)];
  if (reading.vehicle_count !== null) parts.push(say("detector.vehicles", { n: count(reading.vehicle_count) }));
  if (reading.occupancy !== null) parts.push(say("detector.occupied", { share: percent(reading.occupancy) }));
  if (reading.speed_kmh !== null) parts.push(say("segment.kmh", { n: Math.round(reading.speed_kmh) }));
  return parts.join(say("list.comma"));
}

function placeWords({ lane, lanes }: DetectorReport, road: string): string {
  return lanes !== null && lanes > 1
    ? say("detector.lanes", { road, n: lane + 1, count: lanes }) : say("detector.lane", { road, n: lane + 1 });
}
