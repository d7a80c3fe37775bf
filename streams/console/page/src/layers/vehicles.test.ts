import { expect, test } from "vitest";

import { strengthOf } from "./vehicles";

test("a vehicle fades from half of its time on, and then is gone", () => {
  expect(strengthOf(0, 90)).toBe(1);
  expect(strengthOf(45, 90)).toBe(1);
  expect(strengthOf(67.5, 90)).toBeCloseTo(0.6);
  expect(strengthOf(90, 90)).toBeCloseTo(0.2);
  expect(strengthOf(91, 90)).toBeNull();
});
