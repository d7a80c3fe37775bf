import { expect, test } from "vitest";

import type { Health, SegmentProperties } from "./contract";
import { partialWords } from "./districts";
import { setLanguage } from "./words/say";

const road = (region: number, name: string, length_m: number, lanes = 2): SegmentProperties => ({
  segment_id: `${region}${name}`, name, road_class: "primary", lanes, length_m, free_speed_kmh: 60, is_two_way: false, region,
});
const ROADS = [road(0, "Long", 900), road(0, "Wide", 600, 4), road(1, "", 5000), road(2, "C", 1), road(3, "D", 1), road(4, "E", 1)];
const health = (silent: [string, number][], unheard: number[]): Health => ({
  silent_parts: silent.map(([stage, silence_s]) => ({ stage, partition: 1, silence_s })), unheard_regions: unheard,
} as unknown as Health);

test("a part of the city that is not known is named by its greatest road", () => {
  expect(partialWords(health([["estimate", 35], ["match", 40]], [0, 1]), ROADS)).toBe(
    "No word for 40 s from the worker of District 1, Wide; District 2: grey on the map, not known now. "
    + "No new alert in the whole city meanwhile.");
  expect(partialWords(health([], [1, 2, 3, 4]), ROADS)).toBe(
    "Nothing comes of District 2; District 3, C; District 4, D and 1 more: grey on the map, not known now. "
    + "No new alert in the whole city meanwhile.");
  setLanguage("zh");
  expect(partialWords(health([["estimate", 35]], [0]), ROADS)).toBe(
    "片区 1，Wide 的处理程序已 35 秒没有消息：地图上为灰色，目前状况未知。期间全城不产生新警情。");
  setLanguage("en");
});

test("a worker that hangs with no district of its own is named by what it does", () => {
  expect(partialWords(health([["match", 40]], []), ROADS)).toBe("No word for 40 s from the worker of vehicles.");
  expect(partialWords(health([["detect", 40]], []), ROADS)).toContain("No new alert");
  expect(partialWords(health([], []), ROADS)).toBe("");
});
