import type { SegmentState } from "./picture";

/** How a speed stands beside another: half of it or less, slower, as fast, faster, twice as fast or more. */
export const CHANGES = [-2, -1, 0, 1, 2] as const;
export type Change = (typeof CHANGES)[number];

const LEAST_KMH = 5; // less is what a minute's speed is off by
const MUCH = 2;
const SOME = 1.25;

/** Two moments beside each other, of the segments that were measured in both. */
export interface Comparison {
  changes: ReadonlyMap<number, Change>;
  /** Kilometres of each change, in the order of CHANGES. */
  km: readonly number[];
  measuredKm: number;
  wholeKm: number;
}

type States = ReadonlyMap<number, SegmentState>;

const measuredSpeed = (state: SegmentState | undefined): number | null =>
  (state?.quality === "observed" || state?.quality === "fused" ? state.speedKmh : null);

/** How a segment's speed stands beside another; null where it was not measured both times. */
export function changeOf(state: SegmentState | undefined, beside: SegmentState | undefined): Change | null {
  const [speed, other] = [measuredSpeed(state), measuredSpeed(beside)];
  if (speed === null || other === null) return null;
  if (Math.abs(speed - other) < LEAST_KMH) return 0;
  const ratio = speed / other;
  if (speed > other) return ratio >= MUCH ? 2 : ratio >= SOME ? 1 : 0;
  return ratio <= 1 / MUCH ? -2 : ratio <= 1 / SOME ? -1 : 0;
}

/** Compare two moments; `lengths` are the metres of each segment of the network. */
export function compare(states: States, beside: States, lengths: ReadonlyMap<number, number>): Comparison {
  const changes = new Map<number, Change>();
  const km = CHANGES.map(() => 0);
  let [measuredKm, wholeKm] = [0, 0];
  for (const [id, metres] of lengths) {
    wholeKm += metres / 1000;
    const change = changeOf(states.get(id), beside.get(id));
    if (change === null) continue;
    changes.set(id, change);
    measuredKm += metres / 1000;
    km[change + 2] = (km[change + 2] ?? 0) + metres / 1000;
  }
  return { changes, km, measuredKm, wholeKm };
}
