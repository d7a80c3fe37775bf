import { expect, test } from "vitest";

import { silentFoot, silentWords } from "./feed_bar";
import type { SegmentProperties } from "./contract";
import { setLanguage } from "./words/say";

const ROADS = [{ region: 4, name: "Wide", length_m: 900, lanes: 2 }] as unknown as SegmentProperties[];
const DISTRICTS = { of: "districts", count: 12, silent: [4], silence_s: 45 } as const;
const VEHICLES = { of: "vehicles", count: 6, silent: [0, 1, 5], silence_s: 40 } as const;

test("a source says where it speaks and where it is silent", () => {
  expect(silentWords({ ...DISTRICTS, silent: [4] }, ROADS)).toBe(
    "Live in 11 of 12 districts, silent for 45 s in District 5, Wide.");
  expect(silentFoot({ ...DISTRICTS, silent: [4, 7] })).toBe("silent 45 s: district 5, 8");
  expect(silentWords({ ...VEHICLES, silent: [0, 1, 5] }, ROADS)).toBe(
    "Live for 3 of 6 shares of the vehicles, silent for 40 s for the rest.");
  setLanguage("zh");
  expect(silentWords({ ...DISTRICTS, silent: [4] }, ROADS)).toBe("12 个片区中 11 个正常，片区 5，Wide 已 45 秒没有数据。");
  expect(silentFoot({ ...VEHICLES, silent: [0, 1, 5] })).toBe("无数据 40 秒：50 %");
  setLanguage("en");
});
