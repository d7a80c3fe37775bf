import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

import type { AlertHistory, SegmentHistory } from "../contract";
import { el, svg } from "../dom";
import { minuteOfDay, timeOfDay } from "../format";
import { say, sayNamed, type Word } from "../words/say";
import { isKnown, lastKnown, queueAt, seenBars, timesOf } from "./history";

const AXIS = 40; // pixels left of a chart, for its numbers
/** How tall the chart of speeds is and the others are, in pixels: in a card, and in a popup. */
const HEIGHTS = { card: [128, 84], popup: [88, 58] } as const;

const colour = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** A line of a chart: its colour, what it is called, its values. */
interface Line {
  word: Word;
  tone: string;
  values: (number | null)[];
  width?: number;
  isStepped?: boolean;
}

/** Draw the last hours of a segment, with the queue and all that was seen where an alert is. */
export function evidenceCharts(
  root: SegmentHistory, alert: AlertHistory | null, width: number, place: keyof typeof HEIGHTS = "card",
): HTMLElement {
  const [tall, short] = HEIGHTS[place];
  const times = timesOf(root);
  const node = el("div", { class: "charts" });
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined || !isKnown(root.speed_kmh)) {
    node.append(el("p", { class: "case-why" }, say("charts.none")));
    return node;
  }
  const span = { from: minuteOfDay(first), to: minuteOfDay(last) };
  const speed = lastKnown(root.speed_kmh);
  const [low, high] = [lastKnown(root.usual_low_kmh), lastKnown(root.usual_high_kmh)];
  const round = (value: number | null): string => (value === null ? say("charts.unknown") : String(Math.round(value)));
  node.append(chart("charts.speed", tall, width, times, [
    { word: "charts.all", tone: "accent", values: root.speed_kmh, width: 2 },
    { word: "charts.detectors", tone: "warn", values: root.detector_speed_kmh },
    { word: "charts.probes", tone: "good", values: root.probe_speed_kmh },
  ], say("charts.sum", { ...span, speed: round(speed), low: round(low), high: round(high) }),
  [root.usual_low_kmh, root.usual_high_kmh]));
  const queue = alert ? queueAt(times, alert.queue) : root.queue_length_m;
  if (queue.some((length) => (length ?? 0) > 0)) {
    const sum = say("charts.sumQueue", { ...span, length: round(lastKnown(queue)) });
    node.append(chart("charts.queue", short, width, times, [
      { word: "charts.queue", tone: "bad", values: queue, width: 2, isStepped: true }], sum));
  }
  if (place === "card" && isKnown(root.flow_veh_h)) {
    const sum = say("charts.sumFlow", { ...span, flow: round(lastKnown(root.flow_veh_h)) });
    node.append(chart("charts.flow", short, width, times, [
      { word: "charts.flow", tone: "warn", values: root.flow_veh_h, width: 1.5 }], sum));
  }
  const strip = seenStrip(alert?.sightings ?? root.sightings, first, last, width);
  if (strip) node.append(strip);
  return node;
}

function chart(
  title: Word, height: number, width: number, times: number[], lines: Line[], sum: string,
  band: (number | null)[][] = [],
): HTMLElement {
  const shown = lines.filter((line) => isKnown(line.values));
  const axis = { stroke: colour("quiet"), grid: { stroke: colour("line"), width: 1 }, ticks: { show: false } };
  const place = el("div", { class: "chart", role: "img", "aria-label": `${say(title)}. ${sum}` });
  const hasBand = band.some(isKnown);
  const stepped = uPlot.paths.stepped?.({ align: 1 });
  new uPlot({
    width, height,
    padding: [6, 18, 0, 0], // right: half of the last "07:00", which stands at the edge
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_, __, most) => [0, Math.max(10, most * 1.08)] } },
    axes: [
      {
        ...axis, size: 20, gap: 2, font: font(), incrs: [600, 1200, 1800, 3600, 7200], space: 56,
        values: (_, splits) => splits.map(minuteOfDay),
      },
      { ...axis, size: AXIS, gap: 3, font: font(), space: 26 },
    ],
    series: [
      {},
      ...(hasBand ? band.map(() => ({ stroke: "transparent", points: { show: false } })) : []),
      ...shown.map((line) => ({
        stroke: colour(line.tone), width: line.width ?? 1.2, points: { show: false },
        ...(line.isStepped && stepped ? { paths: stepped } : {}),
      })),
    ],
    bands: hasBand ? [{ series: [2, 1], fill: `${colour("quiet")}40` }] : [],
  }, [times, ...(hasBand ? band : []), ...shown.map((line) => line.values)] as uPlot.AlignedData, place);
  const keys = shown.length > 1 || hasBand ? [
    ...(hasBand ? [key("charts.usual", "band")] : []), ...shown.map((line) => key(line.word, line.tone)),
  ] : [];
  return el("figure", {}, el("figcaption", {}, el("span", {}, say(title)), ...keys), place);
}

const font = (): string => `11px ${getComputedStyle(document.body).fontFamily}`;

function key(word: Word, tone: string): HTMLElement {
  return el("span", { class: "chart-key", "data-tone": tone }, say(word));
}

/** What was seen and when, a line a kind, over the same hours as the charts. */
function seenStrip(sightings: AlertHistory["sightings"], start: number, end: number, width: number): HTMLElement | null {
  const { rows, bars } = seenBars(sightings, start, end);
  if (!rows.length) return null;
  const x = (time: number): number => AXIS + ((time - start) / Math.max(1, end - start)) * (width - AXIS - 8);
  const marks = bars.map(({ row, from, to, thing }) =>
    svg("rect", {
      x: x(from).toFixed(1), y: row * 14 + 2, width: Math.max(3, x(to) - x(from)).toFixed(1), height: 9, rx: 2,
      class: `seen-${thing.source}`,
    }, svg("title", {}, `${timeOfDay(thing.since)} ${thing.seen_by}`)));
  const label = bars.map(({ thing }) => `${sayNamed("seen", thing.kind)} ${minuteOfDay(thing.since)}`).join(", ");
  return el("figure", {},
    el("figcaption", {}, el("span", {}, say("charts.seen")),
      ...rows.map((kind) => el("span", { class: "chart-kind" }, sayNamed("seen", kind)))),
    svg("svg", { width, height: rows.length * 14, class: "seen-strip", role: "img", "aria-label": label }, ...marks) as unknown as HTMLElement);
}
