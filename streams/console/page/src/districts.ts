import type { Health, SegmentProperties } from "./contract";
import { say, sayNamed, spoken } from "./words/say";

const MOST_NAMED = 3;
const MINUTE_S = 60;

/** The name of the road that has most lane-metres in a district; none where no road has a name. */
function greatestRoad(roads: Iterable<SegmentProperties>, region: number): string | null {
  const metres = new Map<string, number>();
  for (const road of roads) {
    if (road.region === region && road.name) metres.set(road.name, (metres.get(road.name) ?? 0) + road.length_m * road.lanes);
  }
  return [...metres].reduce<[string, number] | null>((best, one) => (best && best[1] >= one[1] ? best : one), null)?.[0] ?? null;
}

/** What a district is called: its number, and its greatest road. */
export function districtName(roads: Iterable<SegmentProperties>, region: number): string {
  const road = greatestRoad(roads, region);
  return road ? say("wall.areaAround", { n: region + 1, road }) : say("wall.area", { n: region + 1 });
}

/** What some districts are called, the first few by their names. */
export function districtNames(roads: Iterable<SegmentProperties>, regions: readonly number[]): string {
  const named = regions.slice(0, MOST_NAMED).map((region) => districtName(roads, region)).join(say("partial.between"));
  const rest = regions.length - MOST_NAMED;
  return rest > 0 ? named + say("partial.more", { n: rest }) : named;
}

/** Says which part of the city is not known now, and what that means; empty where all is. */
export function partialWords(health: Health, roads: Iterable<SegmentProperties>): string {
  const { silent_parts: silent, unheard_regions: unheard } = health;
  const longest = Math.max(0, ...silent.map((one) => one.silence_s));
  const stages = [...new Set(silent.map((one) => one.stage))].filter((stage) => stage !== "estimate");
  const said: string[] = [];
  if (unheard.length) {
    const where = districtNames(roads, unheard);
    said.push(silent.length ? say("partial.hangs", { where, n: longest }) : say("partial.nothing", { where }));
  } else if (stages.length) {
    const what = stages.map((stage) => sayNamed("part", stage)).join(say("partial.between"));
    said.push(say("partial.stage", { what, n: longest }));
  }
  if (unheard.length || stages.includes("detect")) said.push(say("partial.noAlerts"));
  return sentences(said);
}

/** Sentences one after the other, as the language of the page has it. */
export const sentences = (said: readonly string[]): string => said.filter(Boolean).join(spoken() === "en" ? " " : "");

/** How late the map is, in whole minutes. */
export const minutesLate = (health: Health): number => Math.floor((health.lag_s ?? 0) / MINUTE_S);
