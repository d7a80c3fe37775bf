import { say, spoken } from "./words/say";

let clock: Intl.DateTimeFormat;
let shortClock: Intl.DateTimeFormat;
let day: Intl.DateTimeFormat;
let moment: Intl.DateTimeFormat;
let zonedMoment: Intl.DateTimeFormat;
let zoneName = "UTC";

/** Show every time in the feed's timezone from now on; an unknown one falls back to UTC. */
export function setTimezone(timezone: string): void {
  try {
    new Intl.DateTimeFormat("en-GB", { timeZone: timezone });
    zoneName = timezone;
  } catch {
    zoneName = "UTC";
  }
  const time = { hour: "2-digit", minute: "2-digit", timeZone: zoneName, hourCycle: "h23" } as const;
  clock = new Intl.DateTimeFormat("en-GB", { ...time, second: "2-digit" });
  shortClock = new Intl.DateTimeFormat("en-GB", time);
  day = new Intl.DateTimeFormat(spoken() === "zh" ? "zh-CN" : "en-GB", {
    weekday: "short", day: "numeric", month: "short", year: "numeric", timeZone: zoneName,
  });
  const whole = { ...time, weekday: "short", day: "numeric", month: "short", year: "numeric" } as const;
  const language = spoken() === "zh" ? "zh-CN" : "en-GB";
  moment = new Intl.DateTimeFormat(language, whole);
  zonedMoment = new Intl.DateTimeFormat(language, { ...whole, timeZoneName: "shortOffset" });
}
setTimezone("UTC");

/** 07:42:15 */
export const timeOfDay = (seconds: number): string => clock.format(seconds * 1000);
/** 07:42 */
export const minuteOfDay = (seconds: number): string => shortClock.format(seconds * 1000);
/** Wed, 16 Sept 2026 */
export const dayOf = (seconds: number): string => day.format(seconds * 1000);
/** Wed, 16 Sept 2026, 07:42; with the offset ("GMT+2") near a change of the clock, for an hour may come twice then. */
export const momentOf = (seconds: number): string =>
  (offsetAt(seconds - DAY_S) === offsetAt(seconds + DAY_S) ? moment : zonedMoment).format(seconds * 1000);

const DAY_S = 86_400;

const offsetAt = (seconds: number): string | undefined =>
  zonedMoment.formatToParts(seconds * 1000).find((part) => part.type === "timeZoneName")?.value;
/** The zone that times are shown in. */
export const zone = (): string => zoneName;

/** Seconds since 1970 UTC of an ISO 8601 text, NaN if it is none. */
export const parseIso = (text: string): number => Date.parse(text) / 1000;

/** 45 s, 12 min, 2 h 05 min */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "–";
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return say("unit.seconds", { n: s });
  if (s < 3600) return say("unit.minutes", { n: Math.round(s / 60) });
  const minutes = Math.round(s / 60);
  return say("unit.hours", { h: Math.floor(minutes / 60), m: String(minutes % 60).padStart(2, "0") });
}

/** 840 m, 1.3 km */
export function distance(metres: number): string {
  return metres < 1000
    ? say("unit.metres", { n: Math.round(metres / 10) * 10 }) : say("unit.kilometres", { n: (metres / 1000).toFixed(1) });
}

const grouped = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });

/** 12,345; a dash where nothing is known. */
export function count(value: number | null | undefined): string {
  return value === null || value === undefined ? "–" : grouped.format(value);
}

/** 0.8 %, 12 % */
export function percent(share: number): string {
  const value = share * 100;
  return `${value > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} %`;
}
