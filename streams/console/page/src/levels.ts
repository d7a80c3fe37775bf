import type { Alert } from "./contract";
import { palette, PALETTES, theme } from "./style/palettes";
import { say, sayNamed, spoken } from "./words/say";

/** One traffic level: a short word, its meaning, and its colour on the dark map. */
export interface Level {
  word: string;
  meaning: string;
  colour: string;
}

export const LEVELS: readonly Level[] = PALETTES[palette()].map((colour, level) => ({
  word: sayNamed("level", level), meaning: sayNamed("meaning", level), colour,
}));

export const UNKNOWN_COLOUR = theme() === "light" ? "#9aa8b4" : "#2f4153";

/** The name of a grade of severity, 1 to 4. */
export const severityWord = (severity: number): string => sayNamed("severity", severity);

export const causeWord = (cause: string): string => sayNamed("cause", cause);

export const stateWord = (state: string): string => sayNamed("state", state);

export const kindWord = (kind: Alert["kind"]): string => say(`kind.${kind}`);

/** Where an alert is, as fully as is known. */
export function placeOf(alert: Pick<Alert, "place_text" | "road_name">): string {
  return alert.place_text?.[spoken()] ?? roadOf(alert.road_name);
}

export const roadOf = (name: string): string => name || say("road.unnamed");

export const CAUSES = [
  "incident", "spillback", "signal", "demand", "bus_stop", "illegal_parking", "work_zone", "weather", "event",
  "gridlock", "detector_fault", "unclassified",
] as const;

export const SEVERITIES = [1, 2, 3, 4] as const;

const OVER = new Set(["cleared", "verified", "closed", "dismissed", "merged"]);

/** Whether nothing more has to be done about an alert in this state. */
export function isOver(state: string): boolean {
  return OVER.has(state);
}
