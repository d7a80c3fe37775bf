import { filled, sayNamed, spoken } from "./say";

/**
 * Sentences with which the server refuses, English and Chinese.
 *
 * They are part of the interface for programs, so that they come as text; what stands in braces is
 * what they were filled with. The first that fits a sentence counts; one that none fits stays as it is.
 */
export const SENTENCES: readonly (readonly [string, string])[] = [
  ["version {now} is there, {expected} was expected: {last}", "现为第 {now} 版，而非第 {expected} 版：{last}"],
  ["{action} is impossible while {state} ({last}), possible: {can}", "状态为“{state}”时不能{action}（{last}）；可行操作：{can}"],
  ["{trouble}: close it with a reason", "{trouble}：结案须填理由"],
  ["{stamps} missing on the incident clock", "时间节点缺少 {stamps}"],
  ["{action} needs {needs}", "{action}须填写 {needs}"],
  ["lane_impact names a lane twice: {lanes}", "车道重复：{lanes}"],
  ["until {until}, expected after {from} and within {h} h", "截止时间 {until} 无效，须在 {from} 之后 {h} 小时之内"],
  ["{state} since {at}, it can be opened again for {n} min: create another one", "自 {at} 起“{state}”，仅 {n} 分钟内可重开：请新建事件"],
  ["alert {id} is not known", "没有警情 {id}"],
  ["into {id}: {why}, expected another case", "不能并入 {id}：须为另一起未结案件"],
  ["segment_id {id} is not in the network", "路网中没有路段 {id}"],
  ["longitude {x}, latitude {y} is more than {m} m from {road}", "经度 {x}、纬度 {y} 距道路超过 {m} 米"],
  ["{field} {name} is not known, expected one such as {names}", "没有 {name}，例如可用：{names}"],
  ["{field} {value}, expected one of {names}", "{value} 无效，可用：{names}"],
  ["the case is of {units}, {name} of {own}", "案件属 {units}，而 {name} 属 {own}"],
  ["the place is of {units}, {name} of {own}", "地点属 {units}，而 {name} 属 {own}"],
  ["nobody is logged in", "未登录"],
  ["actor {actor}, but {name} is logged in", "操作人为 {actor}，而登录者为 {name}"],
  ["this console listens beyond this machine and has no users: no command is taken", "控制台对外开放而未设用户：不接受操作"],
  ["without users, commands are taken from this machine only", "未设用户：只接受本机操作"],
  ["without users, commands are taken under localhost only, not {name}", "未设用户：只接受以 localhost 访问时的操作，而非 {name}"],
  ["without users, no command is taken through a proxy", "未设用户：不接受经代理的操作"],
  ["{a} and {b} are {n} min apart", "{a} 与 {b} 相隔 {n} 分钟"],
  ["{n} s away at the speeds of now, {more}", "按当前车速 {n} 秒可到，{more}"],
  ["{n} s away at the speeds of now", "按当前车速 {n} 秒可到"],
  ["of its unit, {more}", "属本单位，{more}"],
  ["of its unit", "属本单位"],
  ["of another unit, {more}", "属其他单位，{more}"],
  ["of another unit", "属其他单位"],
  ["trained for {cause}", "具备“{cause}”处置技能"],
  ["{more}; no other near", "{more}；附近无其他警力"],
  ["{more}; next {id}: {n} s", "{more}；其次 {id}，{n} 秒"],
];

const patternOf = (sentence: string): RegExp =>
  new RegExp(`^${sentence.replaceAll(/[.*+?^$()|[\]\\]/g, "\\$&").replaceAll(/\{(\w+)\}/g, "(?<$1>.+?)")}$`, "s");

// What ends a sentence is looked for before what begins it.
const PATTERNS = SENTENCES.map(([english, chinese]) => ({ pattern: patternOf(english), chinese, isOuter: english.startsWith("{more}") }))
  .sort((a, b) => Number(b.isOuter) - Number(a.isOuter));

const GROUPS: Record<string, string> = { action: "action", state: "state", cause: "cause" };
const WHOLE = new Set(["more", "trouble"]);

/** Give a sentence of the server in the language of the page. */
export function serverWords(sentence: string): string {
  if (spoken() === "en") return sentence;
  for (const { pattern, chinese } of PATTERNS) {
    const found = pattern.exec(sentence);
    if (!found) continue;
    const values = Object.entries(found.groups ?? {}).map(([name, value]) => [name, valueWords(name, value)]);
    return filled(chinese, Object.fromEntries(values));
  }
  return sentence;
}

function valueWords(name: string, value: string): string {
  if (WHOLE.has(name)) return serverWords(value);
  if (name === "can") return value.split(", ").map((one) => sayNamed("action", one)).join("、");
  if (name === "needs") return value.split(" and ").map((one) => sayNamed("need", one)).join("、");
  if (name === "last") return lastWords(value);
  const group = GROUPS[name];
  return group ? sayNamed(group, value) : value;
}

/** What happened last: "{action} by {actor} at {time}". */
function lastWords(value: string): string {
  const found = /^(\w+) by (.+) at (\S+)$/.exec(value);
  return found ? filled("{actor} {did}", { actor: found[2] ?? "", did: sayNamed("did", found[1] ?? "") }) : value;
}
