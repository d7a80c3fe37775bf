import { expect, test } from "vitest";

import type { SeenThing, SegmentHistory } from "../contract";
import { isKnown, lastKnown, queueAt, seenBars, timesOf } from "./history";

const thing = (kind: string, since: number, until: number): SeenThing =>
  ({ source: "probe", kind, seen_by: "taxi-7", since, until, lane: null });

test("minutes have their times, one after the other", () => {
  const history = { start: 600, interval_s: 60, speed_kmh: [30, null, 20] } as SegmentHistory;
  expect(timesOf(history)).toEqual([600, 660, 720]);
});

test("the last value is that of the newest minute that was measured", () => {
  expect(lastKnown([30, 20, null])).toBe(20);
  expect(lastKnown([null, null])).toBeNull();
  expect(isKnown([null, 0])).toBe(true);
  expect(isKnown([null])).toBe(false);
});

test("a queue holds until its next version, and is not known before its first", () => {
  const queue = [{ time: 130, length_m: 100 }, { time: 250, length_m: 0 }];
  expect(queueAt([0, 60, 120, 180, 240], queue)).toEqual([null, null, 100, 100, 0]);
  expect(queueAt([0, 60], [])).toEqual([null, null]);
});

test("what was seen lies on a line a kind, cut to the hours that are shown", () => {
  const { rows, bars } = seenBars([
    thing("crash", 0, 50), thing("crash", 90, 400), thing("standing_vehicle", 150, 160), thing("crash", 250, 260),
  ], 100, 200);
  expect(rows).toEqual(["crash", "standing_vehicle"]);
  expect(bars.map(({ row, from, to }) => [row, from, to])).toEqual([[0, 100, 200], [1, 150, 160]]);
});
