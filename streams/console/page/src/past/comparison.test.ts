import { expect, test } from "vitest";

import { type Change, changeOf, compare } from "./comparison";
import type { SegmentState } from "./picture";

const state = (speedKmh: number | null, quality = "observed"): SegmentState => ({
  speedKmh, quality, freeFlowKmh: 50, level: 1, drawnLevel: 1, queueLengthM: 0, observed: null,
});

test.each<[number, number, Change]>([
  [20, 40, -2], [21, 40, -1], [32, 40, -1], [33, 40, 0], [40, 40, 0], [50, 40, 1], [79, 40, 1], [80, 40, 2],
  [4, 8, 0], [8, 4, 0], [0, 6, -2], [6, 0, 2], [0, 0, 0],
])("%d km/h beside %d is %d; less than 5 km/h is no change", (speed, beside, change) => {
  expect(changeOf(state(speed), state(beside))).toBe(change);
});

test("only what was measured both times is compared", () => {
  expect(changeOf(state(20, "fused"), state(40))).toBe(-2);
  for (const quality of ["filled", "historic", "unknown"]) expect(changeOf(state(20), state(40, quality))).toBeNull();
  expect(changeOf(state(20), undefined)).toBeNull();
  expect(changeOf(state(null), state(40))).toBeNull();
});

test("kilometres are summed by change, with what was measured both times and the whole network", () => {
  const lengths = new Map([[0, 500], [1, 1000], [2, 2000], [3, 4000]]);
  const now = new Map([[0, state(10)], [1, state(40)], [2, state(90)], [3, state(10, "filled")]]);
  const then = new Map([[0, state(40)], [1, state(41)], [2, state(40)], [3, state(40)]]);
  const found = compare(now, then, lengths);
  expect([...found.changes]).toEqual([[0, -2], [1, 0], [2, 2]]);
  expect(found.km).toEqual([0.5, 0, 1, 0, 2]);
  expect([found.measuredKm, found.wholeKm]).toEqual([3.5, 7.5]);
});
