import { expect, test } from "vitest";

import type { Alert } from "../contract";
import { anchored, isLoud, NewAlarms, tabName } from "./new_alarms";

const alarm = (alert_id: string, severity = 2, state = "open"): Alert => ({ alert_id, severity, state }) as Alert;
const ids = (alerts: Alert[]): string[] => alerts.map((one) => one.alert_id);

test("what is there when the page opens is not new, all that comes after is, once", () => {
  const alarms = new NewAlarms();
  expect(alarms.take([alarm("old")])).toEqual([]);
  alarms.begin();
  expect(ids(alarms.take([alarm("old"), alarm("a"), alarm("b", 1, "updated")]))).toEqual(["a", "b"]);
  expect(alarms.take([alarm("a", 4, "updated")])).toEqual([]);
  expect(alarms.count).toBe(2);
});

test("the first alarm of a quiet city is new too", () => {
  const alarms = new NewAlarms();
  alarms.begin();
  expect(ids(alarms.take([alarm("first")]))).toEqual(["first"]);
});

test("an alarm is new until it is seen, or over", () => {
  const alarms = new NewAlarms();
  alarms.begin();
  alarms.take([alarm("a"), alarm("b"), alarm("c")]);
  expect(alarms.see("a")).toBe(true);
  expect(alarms.see("a")).toBe(false);
  alarms.take([alarm("b", 2, "cleared")]);
  expect([alarms.isNew("a"), alarms.isNew("b"), alarms.isNew("c")]).toEqual([false, false, true]);
  alarms.seeAll();
  expect(alarms.count).toBe(0);
  expect(alarms.take([alarm("d", 4, "closed")])).toEqual([]);
});

test("only from severity 3 on it is heard", () => {
  expect(isLoud([alarm("a", 2)])).toBe(false);
  expect(isLoud([alarm("a", 1), alarm("b", 3)])).toBe(true);
});

test("the tab is named after how many wait", () => {
  expect(tabName(0)).toBe("Clearway");
  expect(tabName(3)).toBe("(3) Clearway");
});

test("a card stays where it is: the list is scrolled, and is made longer where it is too short", () => {
  expect(anchored(90, 0, 500)).toEqual({ scrollTop: 90, missing: 0 });
  expect(anchored(90, 30, 100)).toEqual({ scrollTop: 120, missing: 20 });
  expect(anchored(-90, 30, 100)).toEqual({ scrollTop: 0, missing: 0 });
});
