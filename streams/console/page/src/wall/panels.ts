import type { AreaIndices, CorridorTime, Health, MinuteSummary, ServiceReport } from "../contract";
import { corridorParts, toneOf, worstFirst } from "../corridors/corridor_rows";
import { el, svg } from "../dom";
import { distance, duration, minuteOfDay, percent } from "../format";
import { causeWord, roadOf } from "../levels";
import { say, sayNamed } from "../words/say";
import { gradeWord, levelOf } from "./grades";
import { AGES, type causesByAge, type Root } from "./ranking";

const [WIDTH, HEIGHT, HIGHEST] = [600, 160, 10];

/** A part of the wall with its title. */
export function panel(name: string, title: string, ...children: (Node | null)[]): HTMLElement {
  return el("section", { class: "wall-part", "data-part": name }, el("h2", {}, title), ...children);
}

/** The performance index now, in words, beside the usual one, and its curve of the day. */
export function indexPanel({ summary, history }: Pick<Health, "summary" | "history">): HTMLElement {
  const tpi = summary?.tpi ?? null;
  const usual = summary?.usual_tpi ?? null;
  return panel("index", say("wall.tpi"),
    el("div", { class: "wall-index", "data-level": tpi === null ? "none" : levelOf(tpi) },
      el("b", {}, tpi === null ? "–" : tpi.toFixed(1)),
      el("p", {},
        el("span", { class: "wall-grade" }, tpi === null ? say("summary.little") : gradeWord(tpi)),
        el("span", { class: "sub" }, usual === null ? say("wall.noUsual") : say("wall.usual", { n: usual.toFixed(1) })))),
    curve(history));
}

function curve(history: readonly MinuteSummary[]): HTMLElement {
  const known = history.filter((one) => one.tpi !== null);
  const [first, last] = [known[0], known.at(-1)];
  if (!first || !last || known.length < 2) return el("div", { class: "wall-curve" });
  const x = (minute: number): number => ((minute - first.minute) / (last.minute - first.minute)) * WIDTH;
  const y = (tpi: number): number => HEIGHT - (tpi / HIGHEST) * HEIGHT;
  const line = (pick: (one: MinuteSummary) => number | null): string => known
    .filter((one) => pick(one) !== null).map((one) => `${x(one.minute).toFixed(1)},${y(pick(one) ?? 0).toFixed(1)}`).join(" ");
  const label = say("wall.curve", {
    from: minuteOfDay(first.minute), to: minuteOfDay(last.minute), now: (last.tpi ?? 0).toFixed(1),
  });
  return el("div", { class: "wall-curve" },
    svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": label },
      ...[2, 4, 6, 8].map((grade) => svg("line", { x1: 0, x2: WIDTH, y1: y(grade), y2: y(grade), class: "wall-grid" })),
      svg("polyline", { points: line((one) => one.usual_tpi), class: "wall-usual" }),
      svg("polyline", { points: line((one) => one.tpi), class: "wall-line" })),
    el("p", { class: "spark-ends" }, el("span", {}, minuteOfDay(first.minute)), el("span", {}, minuteOfDay(last.minute))));
}

/** The districts with their index, the worst first. */
export function areaPanel(areas: readonly AreaIndices[], nameOf: (area: string) => string, shown: string | null): HTMLElement {
  return panel("areas", say("wall.areas"), el("ol", { class: "wall-rows" }, ...areas.map((one) => {
    const tpi = one.tpi_travel_time;
    const bar = el("span", { class: "wall-bar" });
    bar.style.setProperty("--share", String((tpi ?? 0) / HIGHEST));
    return el("li", { "data-shown": one.area === shown, "data-level": tpi === null ? "none" : levelOf(tpi) },
      el("span", { class: "wall-name" }, nameOf(one.area),
        el("small", {}, one.speed_kmh === null ? "–" : say("segment.kmh", { n: Math.round(one.speed_kmh) }))),
      el("b", {}, tpi === null ? "–" : tpi.toFixed(1)), bar);
  })));
}

/** The corridors, the worst first, and how many more there are. */
export function corridorPanel(corridors: readonly CorridorTime[], most: number): HTMLElement {
  const rest = corridors.length - most;
  const title = rest > 0 ? `${say("corridor.title")} · ${say("corridor.more", { n: rest })}` : say("corridor.title");
  return panel("corridors", title, el("ol", { class: "wall-rows" }, ...worstFirst(corridors).slice(0, most).map((one) =>
    el("li", { class: "corridor", "data-status": one.status, "data-severity": toneOf(one) }, ...corridorParts(one)))));
}

/** The places where most time is lost. */
export function rootPanel(roots: readonly Root[], now: number | null, shown: string | null): HTMLElement {
  if (!roots.length) return panel("roots", say("wall.roots"), el("p", { class: "sub" }, say("wall.noRoots")));
  return panel("roots", say("wall.roots"), el("ol", { class: "wall-rows" }, ...roots.map((root) =>
    el("li", { "data-severity": root.severity, "data-shown": root.head.alert_id === shown },
      el("span", { class: "badge" }, el("b", {}, String(root.severity))),
      el("span", { class: "wall-name" }, roadOf(root.head.road_name), el("small", {}, rootWords(root, now))),
      el("b", {}, say("unit.delay", { n: root.delayVehH.toFixed(1) }))))));
}

function rootWords(root: Root, now: number | null): string {
  return [
    root.alerts.length > 1 ? say("jam.roots", { n: root.alerts.length }) : causeWord(root.head.cause),
    root.queueM > 0 ? distance(root.queueM) : say("alerts.noQueue"),
    now === null ? minuteOfDay(root.since) : duration(now - root.since),
  ].join(" · ");
}

/** The open cases by cause and age. */
export function casePanel(rows: ReturnType<typeof causesByAge>): HTMLElement {
  if (!rows.length) return panel("cases", say("wall.cases"), el("p", { class: "sub" }, say("wall.noCases")));
  const heads = [
    say("wall.under", { n: AGES[0] }), say("wall.between", { from: AGES[0], to: AGES[1] }),
    say("wall.between", { from: AGES[1], to: AGES[2] }), say("wall.over", { n: AGES[2] }),
  ];
  return panel("cases", say("wall.cases"), el("table", { class: "wall-table" },
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, say("wall.minutes")), ...heads.map((head) => el("th", { scope: "col" }, head)))),
    el("tbody", {}, ...rows.map(({ cause, counts }) => el("tr", {},
      el("th", { scope: "row" }, causeWord(cause)),
      ...counts.map((n) => el("td", { "data-none": n === 0 }, n === 0 ? "·" : String(n))))))));
}

const SPANS = ["detection", "verification", "dispatch", "response", "roadway_clearance", "recovery"] as const;

/** The numbers of the service: shares, and the medians of its spans. */
export function servicePanel(report: ServiceReport | null): HTMLElement {
  const whole = report?.whole;
  const share = (value: number | null | undefined): string => (typeof value === "number" ? percent(value) : "–");
  const facts = [
    [say("wall.handled"), share(whole?.handled_in_time_share)],
    [say("wall.closed"), share(whole?.closed_share)],
    [say("wall.precision"), share(whole?.precision)],
    ...SPANS.map((name) => {
      const median = whole?.spans[name]?.median_s ?? null;
      return [sayNamed("span", name), median === null ? "–" : duration(median)];
    }),
  ];
  return panel("service", say("wall.service"), el("dl", { class: "facts" },
    ...facts.flatMap(([name, value]) => [el("dt", {}, name ?? ""), el("dd", {}, value ?? "")])));
}
