import SENTENCES from "../../../../../incidents/shipped/seen_words.json";
import type { Evidence } from "../contract";
import { distance, duration, minuteOfDay, percent } from "../format";
import { filled, say, sayNamed, spoken } from "./say";

type Said = Pick<Evidence, "seen" | "word" | "values">;

/** What a sign says, in the language of the page and in local time; what people said stands as they said it. */
export function seenWords({ seen, word = "", values = {} }: Said): string {
  const sentence = (SENTENCES as Record<string, string[]>)[word]?.[spoken() === "zh" ? 1 : 0];
  if (sentence === undefined) return seen;
  const shown = Object.entries(values).map(([name, value]) => [name, valueWords(name, value)]);
  return filled(sentence, Object.fromEntries(shown));
}

/** The end of a value's name says what it is, as in incidents/seen_words.py. */
function valueWords(name: string, value: number | string): string {
  if (typeof value === "string") return name === "kind" || name === "plan" ? sayNamed("told", value) : value;
  switch (name.split("_").at(-1)) {
    case "m": return distance(value);
    case "min": return duration(value * 60);
    case "kmh": return say("segment.kmh", { n: Math.round(value) });
    case "pace": return say(value < 0 ? "seen.shrinks" : "seen.grows", { n: Math.abs(Math.round(value)) });
    case "share": return percent(value);
    case "at": return minuteOfDay(value);
    default: return String(value);
  }
}
