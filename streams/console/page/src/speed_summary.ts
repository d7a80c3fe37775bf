import type { MinuteSummary } from "./contract";
import { el, svg } from "./dom";
import { minuteOfDay, percent } from "./format";
import type { Store } from "./store";
import { say } from "./words/say";

/** How fast the whole network moves, now and over the last hour or so. */
export class SpeedSummary {
  constructor(private readonly store: Store, private readonly container: HTMLElement) {
    store.on("health", () => this.draw());
    store.on("moment", () => this.draw());
  }

  private draw(): void {
    const { summary, past, health } = this.store;
    if (!summary) return;
    const share = summary.free_flow_share;
    const measured = summary.measured_km / (summary.measured_km + summary.filled_km + summary.unseen_km);
    this.container.replaceChildren(
      el("div", { class: "figure" },
        el("p", { class: "tile-name" }, say("summary.speed")),
        el("p", { class: "tile-rate" },
          el("b", {}, summary.speed_kmh === null ? "–" : summary.speed_kmh.toFixed(1)), ` ${say("unit.kmh")}`),
        el("p", { class: "tile-foot" }, share === null ? say("summary.little") : say("summary.freeShare", { share: percent(share) }))),
      el("div", { class: "figure" },
        el("p", { class: "tile-name" }, say("summary.congested")),
        el("p", { class: "tile-rate" }, el("b", {}, summary.congested_km.toFixed(1)), ` ${say("unit.km")}`),
        el("p", { class: "tile-foot" }, say("summary.measured", { share: percent(measured) }))),
      ...past ? [] : [sparkline(health?.history ?? [])]);
  }
}

const [WIDTH, HEIGHT] = [132, 44];

function sparkline(history: MinuteSummary[]): Element {
  const points = history.filter((one) => one.speed_kmh !== null);
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last || points.length < 2) return el("div", { class: "spark" });
  const speeds = points.map((one) => one.speed_kmh ?? 0);
  const low = Math.max(0, Math.min(...speeds) - 2);
  const high = Math.max(...speeds) + 2;
  const x = (minute: number): number => ((minute - first.minute) / (last.minute - first.minute)) * WIDTH;
  const y = (speed: number): number => HEIGHT - ((speed - low) / (high - low)) * HEIGHT;
  const line = points.map((one) => `${x(one.minute).toFixed(1)},${y(one.speed_kmh ?? 0).toFixed(1)}`);
  const label = say("summary.spark", { from: minuteOfDay(first.minute), to: minuteOfDay(last.minute) });
  return el("div", { class: "spark" },
    svg("svg", { viewBox: `-2 -2 ${WIDTH + 6} ${HEIGHT + 4}`, role: "img", "aria-label": label },
      svg("polygon", { points: `0,${HEIGHT} ${line.join(" ")} ${WIDTH},${HEIGHT}`, class: "spark-area" }),
      svg("polyline", { points: line.join(" "), class: "spark-line" }),
      svg("circle", { cx: WIDTH, cy: y(last.speed_kmh ?? 0), r: 2.6, class: "spark-now" })),
    el("p", { class: "spark-ends" },
      el("span", {}, minuteOfDay(first.minute)), el("span", {}, minuteOfDay(last.minute))));
}
