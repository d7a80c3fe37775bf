import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";
import { parseAst } from "vite";

import { expectedQueue } from "../cases/case_words";
import { setTimezone } from "../format";
import { CATALOGUE, languageOf, say, sayNamed, setLanguage } from "./say";
import { SENTENCES, serverWords } from "./refusals";
import { seenWords } from "./seen";

const SOURCE = join(import.meta.dirname, "..");
const entries = Object.entries(CATALOGUE) as [string, readonly [string, string]][];

test("every text is there in both languages, with the same places to fill", () => {
  const places = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
  const odd = entries.filter(([, [en, zh]]) =>
    Boolean(en) !== Boolean(zh) || places(en).join() !== places(zh).join());
  expect(odd).toEqual([]);
});

test("the Chinese is Chinese, but for units and what is filled in", () => {
  const odd = entries.filter(([, [, zh]]) => zh && !/[\u4e00-\u9fff]/.test(zh) && /[A-Za-z]{2}/.test(zh.replaceAll(/\{\w+\}/g, "")));
  expect(odd.map(([word]) => word)).toEqual(["segment.kmh", "page.language", "unit.kmh"]);
});

test("a text is said in the language of the page", () => {
  expect(say("alerts.active", { n: 3 })).toBe("3 active");
  setLanguage("zh");
  expect(say("alerts.active", { n: 3 })).toBe("3 条未结");
  expect(expectedQueue([5, 10, 15].map((minutes) => ({ minutes, queue_length_m: 400, low_m: 300, high_m: 1500 }))))
    .toBe("10 分钟后 300 米 至 1.5 公里，多半 400 米");
  setLanguage("en");
  expect(sayNamed("cause", "new_kind")).toBe("new kind");
});

test("the address says the language before the choice, and that before the browser", () => {
  expect(languageOf("zh", "en", "en-US")).toBe("zh");
  expect(languageOf(null, "zh", "en-US")).toBe("zh");
  expect(languageOf("xx", null, "zh-CN")).toBe("zh");
  expect(languageOf(null, null, "de-DE")).toBe("en");
});

test("what signs say is said in both languages and in local time", () => {
  setTimezone("Asia/Shanghai");
  const line = { seen: "x", word: "queue_moves_stays", values: { since_at: 1_789_514_280, growth_pace: -12.4 } };
  expect(seenWords(line)).toBe("queue since 07:18, shrinking by 12 m a minute, does not clear in a cycle");
  setLanguage("zh");
  expect(seenWords(line)).toBe("自 07:18 排队，每分钟缩短 12 米，一个周期内不能消散");
  expect(seenWords({ seen: "x", word: "camera", values: { kind: "crash", camera: "k1", seen_at: 1_789_514_280 } }))
    .toBe("k1 上报碰撞事故，07:18");
  expect(seenWords({ seen: "told by li", word: "", values: {} })).toBe("told by li");
  setLanguage("en");
  setTimezone("UTC");
});

test("what the server refuses with is said in Chinese, and stays as it is where it is new", () => {
  setLanguage("zh");
  expect(serverWords("arrive is impossible while closed (close by li at 2026-09-16T00:20:00Z), possible: reopen, comment"))
    .toBe("状态为“已结案”时不能到场（li 结案）；可行操作：重开、备注");
  expect(serverWords("t3, t4 missing on the incident clock: close it with a reason")).toBe("时间节点缺少 t3, t4：结案须填理由");
  expect(serverWords("suppress needs until and reason")).toBe("静默至须填写 截止时间、理由");
  expect(serverWords("142 s away at the speeds of now, of its unit, trained for incident; next p2: 200 s"))
    .toBe("按当前车速 142 秒可到，属本单位，具备“事件”处置技能；其次 p2，200 秒");
  expect(serverWords("something new")).toBe("something new");
  setLanguage("en");
});

test("every sentence of the server names the same values in both languages", () => {
  for (const [english, chinese] of SENTENCES) {
    for (const [, name] of chinese.matchAll(/\{(\w+)\}/g)) expect(english).toContain(`{${name}}`);
  }
});

/** Literals that people do not read: what they are given to, or the property that they are the value of. */
const SILENT_CALLS = new Set([
  "querySelector", "querySelectorAll", "closest", "matches", "matchMedia", "Error", "getPropertyValue", "fetchJson",
  "fetch", "say", "DateTimeFormat", "NumberFormat", "setAttribute", "addEventListener", "svg", "getItem",
]);
const SILENT_KEYS = new Set(["class", "d", "text-font", "color", "font"]);
const IS_TEXT = /^\s*[A-Z][a-z]|[a-z]{2,} [a-z]{2,}|[\u4e00-\u9fff]/;

type Node = { type: string; start: number; [key: string]: unknown };

function texts(node: Node, found: string[]): void {
  if (node.type === "ImportDeclaration" || node.type.startsWith("TS")) return;
  if (node.type === "CallExpression" || node.type === "NewExpression") {
    const callee = node["callee"] as Node & { name?: string; property?: { name?: string } };
    if (SILENT_CALLS.has(callee.name ?? callee.property?.name ?? "")) return;
  }
  if (node.type === "Property") {
    const key = node["key"] as { name?: string; value?: string };
    if (SILENT_KEYS.has(String(key.name ?? key.value))) return;
  }
  const text = node.type === "Literal" ? node["value"] : node.type === "TemplateElement"
    ? (node["value"] as { raw: string }).raw : null;
  if (typeof text === "string" && IS_TEXT.test(text)) found.push(text);
  for (const [name, value] of Object.entries(node)) {
    if (name === "key" && node.type === "Property") continue;
    for (const child of Array.isArray(value) ? value : [value]) {
      if (child && typeof (child as Node).type === "string") texts(child as Node, found);
    }
  }
}

// Names that are said as they are, in both languages.
const NAMES = new Set([
  "Clearway", "left shoulder", "right shoulder",
  "Noto Sans CJK SC, PingFang SC, Microsoft YaHei, system-ui, sans-serif",
]);
const KEYS = /^(Arrow|Enter|Escape|Home|Content-Type|Tab|Feature|FeatureCollection|LineString|Point|POST)/;

test("no text stands outside the catalogue, neither in the code nor in the pages", () => {
  const files = readdirSync(SOURCE, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts") && !name.startsWith("words"));
  const strangers = files.flatMap((name) => {
    const found: string[] = [];
    const tree = parseAst(readFileSync(join(SOURCE, name), "utf8"), { lang: "ts" });
    texts(tree as unknown as Node, found);
    return found.filter((text) => !NAMES.has(text.trim()) && !KEYS.test(text)).map((text) => `${name}: ${text}`);
  });
  const pages = ["index", "login", "handover", "patrol"].flatMap((name) => {
    const page = readFileSync(join(SOURCE, "..", `${name}.html`), "utf8");
    const written = page.replaceAll(/<[^>]*>/g, "\n").split("\n").map((line) => line.trim());
    const labels = [...page.matchAll(/ (?:aria-label|title|placeholder|alt)="([^"]+)"/g)].map((one) => one[1] ?? "");
    return [...written, ...labels].filter((text) => /[A-Za-z]{2}/.test(text) && text !== "Clearway" && text !== "&nbsp;").map((text) => `${name}.html: ${text}`);
  });
  expect([...strangers, ...pages]).toEqual([]);
});

test("every word that a page names is in the catalogue", () => {
  for (const name of ["index", "login", "handover", "patrol"]) {
    const page = readFileSync(join(SOURCE, "..", `${name}.html`), "utf8");
    for (const [, word] of page.matchAll(/data-say(?:-label)?="([^"]+)"/g)) expect(CATALOGUE).toHaveProperty([word ?? ""]);
  }
});
