import type { Health, SegmentProperties, SilentShare, SourceHealth } from "./contract";
import { districtNames } from "./districts";
import { el, svg } from "./dom";
import { count, duration, percent } from "./format";
import type { Store } from "./store";
import { say, sayNamed, spoken } from "./words/say";

const ICONS: Record<string, string> = {
  bus: "M4 5h16v11H4zM4 11h16M7.5 16v2.5M16.500 16v2.500",
  taxi: "M3.500 12l2-5h13l2 5v5h-17zM3.500 12h17M9.500 7V4.500h5V7M7 17v2M17 17v2",
  magnetometer: "M12 13a1 1 0 1 0 0-2 1 1 0 0 0 0 2M8 8a6 6 0 0 0 0 8M16 8a6 6 0 0 1 0 8M5 5a10 10 0 0 0 0 14M19 5a10 10 0 0 1 0 14",
  camera: "M3 7h13v10H3zM16 11l5-3v8l-5-3",
};

/** One tile a source: is it alive, how much comes, how old, how much was refused. */
export class FeedBar {
  constructor(private readonly store: Store, private readonly container: HTMLElement) {
    store.on("health", (health) => this.draw(health));
    store.on("moment", () => {
      if (store.health) this.draw(store.health);
    });
    this.container.append(el("p", { class: "sub waiting" }, say("feed.first")));
  }

  private draw(health: Health): void {
    const focused = document.activeElement?.closest<HTMLElement>("[data-source]")?.dataset["source"];
    // Before the first row of any source none of them is missing.
    const hasBegun = health.event_time !== null;
    this.container.replaceChildren(...health.sources.map((source) =>
      tile(source, hasBegun, this.store.past !== null, source.silent && silentWords(source.silent, this.store.roads.values()))));
    if (focused) this.container.querySelector<HTMLElement>(`[data-source="${focused}"]`)?.focus();
  }
}

/** The health is that of now: beside a picture of the past each tile says so. */
function tile(source: SourceHealth, hasBegun: boolean, isPast: boolean, silent: string | null): HTMLElement {
  const status = hasBegun ? source.status : "waiting";
  const title = spoken() === "en" ? source.title : sayNamed("source", source.name);
  const share = source.rows ? source.refused / source.rows : 0;
  const state = source.status === "partial" && hasBegun && source.silent
    ? say("feed.partial", { live: live(source.silent), n: source.silent.count }) : sayNamed("feed", status);
  return el("div", {
    class: "tile", "data-source": source.name, "data-status": status, tabindex: 0,
    "data-warning": source.clock_off_s !== null || source.untimely !== null,
    "aria-label": `${title}: ${isPast ? `${say("past.tile")}, ` : ""}${silent ?? state}`,
  },
    el("p", { class: "tile-name" }, icon(source.name), el("span", { class: "tile-title" }, title),
      el("span", { class: "status" }, isPast ? say("past.tile") : state)),
    el("p", { class: "tile-rate" }, el("b", {}, count(source.rows_per_min)), ` ${say("unit.rows")}`),
    el("p", { class: "tile-foot" }, isPast ? say("past.tileFoot", { foot: foot(source, share) }) : foot(source, share)),
    reasons(source, silent));
}

const live = (share: SilentShare): number => share.count - share.silent.length;

/** Where a source speaks and where it does not, in a sentence. */
export function silentWords(share: SilentShare, roads: Iterable<SegmentProperties>): string {
  const { count: n, silence_s: seconds } = share;
  const where = share.of === "districts" ? districtNames(roads, share.silent) : "";
  return say(`feed.silent.${share.of}`, { live: live(share), n, seconds, where });
}

/** The same on one line, with the numbers of districts. */
export function silentFoot(share: SilentShare): string {
  const { of, count: all, silent, silence_s: seconds } = share;
  const numbers = silent.map((region) => region + 1).join(", ");
  return say(`feed.silentFoot.${of}`, { numbers, share: percent(silent.length / all), seconds });
}

/** What fits on one line; where detectors are not believed, the tip says what was refused. */
function foot(source: SourceHealth, share: number): string {
  if (source.clock_off_s !== null) return clockOff(source.clock_off_s);
  if (source.untimely !== null) return say("feed.untimely", { share: percent(source.untimely) });
  if (source.status === "partial" && source.silent) return silentFoot(source.silent);
  const age = source.age_s === null ? "" : say("feed.old", { age: duration(source.age_s) });
  const excluded = excludedCount(source);
  return age + (excluded > 0 ? say("feed.excluded", { n: count(excluded) }) : say("feed.refused", { share: percent(share) }));
}

/** A gateway in another time zone: nothing of it is used until it is put right. */
function clockOff(seconds: number): string {
  return say(seconds > 0 ? "feed.ahead" : "feed.slow", { n: (Math.abs(seconds) / 3600).toFixed(1) });
}

function excludedCount(source: SourceHealth): number {
  return Object.values(source.excluded).reduce((sum, number) => sum + number, 0);
}

function icon(name: string): SVGElement {
  return svg("svg", { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" },
    svg("path", { d: ICONS[name] ?? "M12 4v16M4 12h16" }));
}

function reasons(source: SourceHealth, silent: string | null): HTMLElement {
  const rows = facts(source.reasons);
  const faults = facts(source.excluded);
  const withdrawn = facts(source.withdrawn);
  return el("div", { class: "tip", role: "tooltip" },
    silent && el("p", { class: "silent" }, silent),
    el("p", {}, say("feed.rowsCame", { n: count(source.rows), refused: count(source.refused) })),
    rows.length > 0 && el("dl", { class: "facts" }, ...rows),
    faults.length > 0 && el("p", {}, say("feed.disbelieved", { n: count(excludedCount(source)) })),
    faults.length > 0 && el("dl", { class: "facts" }, ...faults),
    withdrawn.length > 0 && el("p", {}, say("feed.withdrawn")),
    withdrawn.length > 0 && el("dl", { class: "facts" }, ...withdrawn));
}

function facts(numbers: Record<string, number>): HTMLElement[] {
  return Object.entries(numbers)
    .filter(([, number]) => number > 0)
    .sort((a, b) => b[1] - a[1])
    .flatMap(([name, number]) => [el("dt", {}, sayNamed("refused", name)), el("dd", {}, count(number))]);
}
