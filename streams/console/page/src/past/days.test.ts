import { expect, test } from "vitest";

import { momentOf, setTimezone } from "../format";
import { dayOfMinute, fromAddress, inAddress, storedMinute } from "./days";

const DAYS = [
  { date: "2026-09-15", first: 600, last: 6000, holes: [[1200, 1800]] as [number, number][] },
  { date: "2026-09-16", first: 9000, last: 12_000, holes: [] },
];

test("a minute that is not stored gives way to the one next to it, ahead or back", () => {
  expect(storedMinute(DAYS, 659)).toBe(600);
  expect([storedMinute(DAYS, 1500, 1), storedMinute(DAYS, 1500, -1)]).toEqual([1860, 1140]);
  expect([storedMinute(DAYS, 7000, 1), storedMinute(DAYS, 7000, -1)]).toEqual([9000, 6000]);
  expect([storedMinute(DAYS, 0, -1), storedMinute(DAYS, 99_000, 1)]).toEqual([600, 12_000]);
  expect(storedMinute([], 0)).toBeNull();
});

test("the day of a minute is the one that it is in, else the nearest", () => {
  expect([0, 6000, 7000, 8000, 99_000].map((at) => dayOfMinute(DAYS, at)?.date)).toEqual(
    ["2026-09-15", "2026-09-15", "2026-09-15", "2026-09-16", "2026-09-16"]);
  expect(dayOfMinute([], 0)).toBeNull();
});

test("an address holds a moment in UTC, and what is none is none", () => {
  expect(inAddress(1_789_513_200)).toBe("2026-09-15T23:00Z");
  for (const text of ["2026-09-15T23:00Z", "2026-09-16T07:00+08:00", "2026-09-16T07:00 08:00", "2026-09-15T23:00:59.9Z"]) {
    expect(fromAddress(text)).toBe(1_789_513_200);
  }
  for (const text of ["", "now", "2026-09-16T07:00", "2026-13-16T07:00Z", "1789513200", "2026-09-16"]) {
    expect(fromAddress(text)).toBeNull();
  }
});

test("the hour that comes twice as the clock is put back is told apart", () => {
  setTimezone("Europe/Berlin");
  const [first, again] = [1_792_888_200, 1_792_891_800].map(momentOf); // 25 October 2026
  expect(first).toContain("02:30");
  expect(again).toContain("02:30");
  expect([first, again].map((text) => text?.slice(-5))).toEqual(["GMT+2", "GMT+1"]);
  expect(momentOf(1_792_888_200 - 3 * 86_400)).toBe("Thu, 22 Oct 2026, 02:30");
  setTimezone("UTC");
});
