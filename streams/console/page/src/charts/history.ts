import type { AlertHistory, SeenThing, SegmentHistory } from "../contract";

/** Columns over the same times, as uPlot draws them; null is a gap. */
export type Columns = (number | null)[][];

/** The time of each minute of a history, in seconds since 1970 UTC. */
export function timesOf(history: SegmentHistory): number[] {
  return history.speed_kmh.map((_, row) => history.start + row * history.interval_s);
}

/** Whether a column knows anything at all. */
export const isKnown = (column: (number | null)[]): boolean => column.some((value) => value !== null);

/** The last value that a column knows; null where it knows none. */
export const lastKnown = (column: (number | null)[]): number | null => column.findLast((value) => value !== null) ?? null;

/** The queue at each of the times: as its versions told it, null before the first. */
export function queueAt(times: number[], queue: AlertHistory["queue"]): (number | null)[] {
  return times.map((time) => queue.findLast((point) => point.time <= time + 60)?.length_m ?? null);
}

/** A bar on the line of those who saw it. */
export interface SeenBar {
  row: number;
  from: number;
  to: number;
  thing: SeenThing;
}

/** What was seen as bars, each source and kind on a line of its own, within a span of times. */
export function seenBars(sightings: SeenThing[], start: number, end: number): { rows: string[]; bars: SeenBar[] } {
  const rows: string[] = [];
  const bars: SeenBar[] = [];
  for (const thing of sightings) {
    if (thing.until < start || thing.since > end) continue;
    if (!rows.includes(thing.kind)) rows.push(thing.kind);
    bars.push({
      row: rows.indexOf(thing.kind), from: Math.max(start, thing.since), to: Math.min(end, thing.until), thing,
    });
  }
  return { rows, bars };
}
