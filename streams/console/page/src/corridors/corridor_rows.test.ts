import { expect, test } from "vitest";

import type { CorridorTime } from "../contract";
import { boundWords, corridorWords, toneOf, worstFirst } from "./corridor_rows";
import { setLanguage } from "../words/say";

const corridor = (name: string, more: Partial<CorridorTime>): CorridorTime => ({
  name, segment_ids: [], length_m: 1000, time_s: 380, usual_s: 300, free_s: 240, measured_share: 0.72,
  slow_above_s: null, alarm_above_s: null, status: "unbounded", ...more,
});

test("a corridor in alarm stands first, then by how much longer it takes than usual", () => {
  const all = [
    corridor("unknown", { status: "unknown", time_s: null }), corridor("late", { time_s: 900 }), corridor("fair", {}),
    corridor("slow", { status: "slow" }), corridor("alarm", { status: "alarm", time_s: 301 }),
  ];
  expect(worstFirst(all).map((one) => one.name)).toEqual(["alarm", "slow", "late", "fair", "unknown"]);
  expect(all.map(toneOf)).toEqual(["none", "none", "none", 2, 4]);
});

test("a corridor says its usual time, the free one where that is not known, and what was measured", () => {
  expect(corridorWords(corridor("a", { status: "alarm" }))).toBe("usual 5.0 min · 72 % measured");
  expect(corridorWords(corridor("a", { usual_s: null }))).toBe("free 4.0 min · 72 % measured");
  expect(boundWords(corridor("a", { slow_above_s: 360, alarm_above_s: 600 }))).toBe("slow above 6.0 min, alarm above 10.0 min");
  setLanguage("zh");
  expect(corridorWords(corridor("a", { status: "slow" }))).toBe("平时 5.0 分钟 · 实测 72 %");
  setLanguage("en");
});
