import { ALARMS } from "./alarms";
import { CHARTS } from "./charts";
import { TREE } from "./tree";

/** Every text of the page, English and Chinese side by side; nothing is said that is not here. */
export const CATALOGUE = { ...ALARMS, ...CHARTS, ...TREE } as const;

export type Word = keyof typeof CATALOGUE;
export type Language = "en" | "zh";

const AT: Record<Language, 0 | 1> = { en: 0, zh: 1 };
let language: Language = "en";

/** Speak this language from now on. */
export function setLanguage(to: Language): void {
  language = to;
}

/** The language that the page speaks. */
export const spoken = (): Language => language;

/** Give a text in the language of the page; what stands in braces is put in. */
export function say(word: Word, values: Record<string, string | number> = {}): string {
  return CATALOGUE[word][AT[language]].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

/** Give the text of a word that a feed may name, the name itself in plain letters where it is new. */
export function sayNamed(group: string, name: string): string {
  const word = `${group}.${name}`;
  return word in CATALOGUE ? say(word as Word) : name.replaceAll("_", " ");
}
