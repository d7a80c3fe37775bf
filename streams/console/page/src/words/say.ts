import { ALARMS } from "./alarms";
import { CASES } from "./cases";
import { CHARTS } from "./charts";
import { CORRIDORS } from "./corridors";
import { FORMS } from "./forms";
import { JAMS } from "./jams";
import { LAYERS } from "./layers";
import { MAP } from "./map";
import { PAGES } from "./pages";
import { PAST } from "./past";
import { SEARCH } from "./search";
import { TOP } from "./top";
import { TREE } from "./tree";
import { WALL } from "./wall";
import { UNITS } from "./units";

/** Every text of the page, English and Chinese side by side; nothing is said that is not here. */
export const CATALOGUE = {
  ...ALARMS, ...CASES, ...CHARTS, ...CORRIDORS, ...FORMS, ...JAMS, ...LAYERS, ...MAP, ...PAGES, ...PAST, ...SEARCH, ...TOP,
  ...TREE, ...UNITS, ...WALL,
} as const;

export type Word = keyof typeof CATALOGUE;
export type Language = "en" | "zh";

const AT: Record<Language, 0 | 1> = { en: 0, zh: 1 };
const KEPT_AS = "clearway-language";

/** The language that is asked for: by the address, else as chosen here before, else the browser's own. */
export function languageOf(asked: string | null, kept: string | null, browser: string): Language {
  const first = [asked, kept, browser.slice(0, 2)].find((one) => one === "en" || one === "zh");
  return first === "zh" ? "zh" : "en";
}

const asked = typeof location === "undefined" ? null : new URLSearchParams(location.search).get("lang");
const isPage = typeof document !== "undefined";
let language = languageOf(
  asked, isPage ? localStorage.getItem(KEPT_AS) : null, isPage ? navigator.language : "en");

/** Speak this language from now on; what is drawn already stays as it is. */
export function setLanguage(to: Language): void {
  language = to;
}

/** Keep a language for this browser. */
export function keepLanguage(to: Language): void {
  localStorage.setItem(KEPT_AS, to);
}

/** The language that the page speaks. */
export const spoken = (): Language => language;

/** Give a text in the language of the page; what stands in braces is put in. */
export function say(word: Word, values: Record<string, string | number> = {}): string {
  return filled(CATALOGUE[word][AT[language]], values);
}

/** Put values into a sentence, each where its name stands in braces. */
export function filled(sentence: string, values: Record<string, string | number>): string {
  return sentence.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

/** Give the text of a name that a feed or the server uses; the name itself in plain letters where it is new. */
export function sayNamed(group: string, name: string | number): string {
  const word = `${group}.${name}`;
  return word in CATALOGUE ? say(word as Word) : String(name).replaceAll("_", " ");
}

/** Put the texts of the page in its places: `data-say` is the text, `data-say-label` the label. */
export function dressPage(): void {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const node of document.querySelectorAll<HTMLElement>("[data-say]")) {
    node.textContent = say(node.dataset["say"] as Word);
  }
  for (const node of document.querySelectorAll<HTMLElement>("[data-say-label]")) {
    node.setAttribute("aria-label", say(node.dataset["sayLabel"] as Word));
  }
}
