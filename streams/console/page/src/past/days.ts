import type { PastDay } from "./contract";

export const MINUTE_S = 60;

/** The stored day that a minute is in, else the nearest; null where none is stored. */
export function dayOfMinute(days: readonly PastDay[], minute: number): PastDay | null {
  const away = (day: PastDay): number => Math.max(day.first - minute, minute - day.last, 0);
  return days.reduce<PastDay | null>((best, day) => (best && away(best) <= away(day) ? best : day), null);
}

/** The stored minute nearest to a time: in a hole or outside of all days that next to it, in the direction of `step` first. */
export function storedMinute(days: readonly PastDay[], time: number, step = -1): number | null {
  const minute = Math.floor(time / MINUTE_S) * MINUTE_S;
  const inside = days.find((day) => day.first <= minute && minute <= day.last);
  if (inside) {
    const hole = inside.holes.find(([first, last]) => first <= minute && minute <= last);
    if (!hole) return minute;
    return step > 0 ? hole[1] + MINUTE_S : hole[0] - MINUTE_S;
  }
  const after = days.find((day) => day.first > minute)?.first ?? null;
  const before = days.findLast((day) => day.last < minute)?.last ?? null;
  return step > 0 ? (after ?? before) : (before ?? after);
}

/** A moment as the address holds it: UTC, so that it is the same for whoever it is sent to. */
export const inAddress = (minute: number): string => `${new Date(minute * 1000).toISOString().slice(0, 16)}Z`;

/** The moment that an address holds; null where it is none. */
export function fromAddress(text: string): number | null {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+ -]\d\d:\d\d)$/.test(text)) return null;
  const seconds = Date.parse(text.replace(" ", "+")) / 1000;
  return Number.isFinite(seconds) ? Math.floor(seconds / MINUTE_S) * MINUTE_S : null;
}
