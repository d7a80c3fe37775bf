import { expect, test } from "vitest";

import type { Alert, Jam } from "../contract";
import { gradeOf, levelOf } from "./grades";
import { causesByAge, topRoots } from "./ranking";

const alert = (alert_id: string, delay_veh_h: number, more: Partial<Alert> = {}): Alert => ({
  alert_id, delay_veh_h, state: "open", severity: 2, queue_length_m: 100, cause: "signal",
  onset_time: "2026-09-16T00:00:00Z", ...more,
}) as Alert;

test("a jam is one place, which loses what all of its roots lose", () => {
  const jam: Jam = {
    jam_id: "j", alert_ids: ["a", "b"], severity: 3, since: "2026-09-16T00:00:00Z", queue_length_m: 150, delay_veh_h: 5,
  };
  const jamOf = new Map([["a", jam], ["b", jam]]);
  const found = topRoots([alert("a", 2), alert("b", 3), alert("c", 4), alert("over", 9, { state: "closed" })], jamOf, 5);
  expect(found.map((one) => [one.head.alert_id, one.delayVehH, one.alerts.length])).toEqual([["a", 5, 2], ["c", 4, 1]]);
  expect(topRoots([alert("a", 2), alert("c", 4)], new Map(), 1).map((one) => one.head.alert_id)).toEqual(["c"]);
});

test("open alerts are counted by cause and age", () => {
  const now = Date.parse("2026-09-16T01:00:00Z") / 1000;
  const rows = causesByAge([
    alert("a", 1), alert("b", 1, { onset_time: "2026-09-16T00:50:00Z" }), alert("c", 1, { state: "cleared" }),
    alert("d", 1, { cause: "incident", onset_time: "2026-09-16T00:31:00Z" }),
  ], now);
  expect(rows).toEqual([
    { cause: "signal", counts: [1, 0, 0, 1], total: 2 }, { cause: "incident", counts: [0, 1, 0, 0], total: 1 },
  ]);
});

test("an index has a grade of two points, and a colour of the map", () => {
  expect([0, 1.9, 2, 5.5, 8, 10].map(gradeOf)).toEqual([0, 0, 1, 2, 4, 4]);
  expect(levelOf(10)).toBe(5);
});
