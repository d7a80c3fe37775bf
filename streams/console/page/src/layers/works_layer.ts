import type { Feature } from "geojson";
import type { GeoJSONSource } from "maplibre-gl";

import { el } from "../dom";
import { count, dayOf, minuteOfDay } from "../format";
import { fetchJson } from "../live";
import type { RoadMap } from "../map/road_map";
import { theme } from "../style/palettes";
import type { Store } from "../store";
import { say } from "../words/say";
import { addDrawing, keyRow, type MapLayer, NOTHING, setShown, type StyleLayer } from "./map_layer";
import { addSigns, SIGNS } from "./signs";
import type { Things } from "./things";
import { placeOf, type PlannedWork, type Works, worksAt, type WorkState } from "./works";

const [SOURCE, POINTS] = ["works", "work-signs"];
const MOST_LISTED = 12;
const MINUTE_S = 60;
const KEY = ["work-now", "work-soon", "event-now", "event-soon"] as const;

/** Works and events that are planned: in force at the time that is shown, or soon after it. */
export class WorksLayer implements MapLayer {
  readonly name = "works";
  readonly title = say("layer.works");
  readonly key = el("div", { class: "layer-key" });
  private readonly source: GeoJSONSource;
  private works: Works | null = null;
  private shown: { work: PlannedWork; state: WorkState }[] = [];
  private isShown = false;
  private drawnMinute: number | null = null;
  private readonly layers: StyleLayer[] = [
    {
      id: "work-lines", type: "line", source: SOURCE, filter: ["==", ["geometry-type"], "LineString"],
      layout: { "line-cap": "butt" },
      paint: {
        "line-color": SIGNS["work-now"].colour[theme()], "line-width": 5, "line-dasharray": [1.2, 0.8],
        "line-opacity": ["match", ["get", "state"], "now", 0.95, 0.55],
      },
    },
    {
      id: POINTS, type: "symbol", source: SOURCE, filter: ["==", ["geometry-type"], "Point"],
      layout: {
        "icon-image": ["get", "sign"], "icon-allow-overlap": true, "icon-ignore-placement": true,
        "symbol-sort-key": ["match", ["get", "state"], "now", 1, 0],
      },
    },
  ];

  constructor(private readonly store: Store, private readonly roads: RoadMap, private readonly things: Things) {
    addSigns(roads.map, KEY);
    this.source = addDrawing(roads.map, SOURCE, this.layers);
    things.add(POINTS, (id) => this.card(id));
    things.add("work-lines", (id) => this.card(id));
    store.on("health", () => this.drawMinute());
    store.on("moment", () => this.drawMinute());
  }

  show(isShown: boolean): void {
    this.isShown = isShown;
    setShown(this.roads.map, this.layers, isShown);
    if (!isShown) {
      this.things.close(POINTS);
      this.things.close("work-lines");
    } else if (!this.works) void this.load();
    this.drawnMinute = null;
    this.drawMinute();
  }

  private async load(): Promise<void> {
    this.works = await fetchJson<Works>("/api/works").catch(() => null);
    if (!this.works) return this.key.replaceChildren(el("p", {}, say("layers.lost")));
    this.drawnMinute = null;
    this.drawMinute();
  }

  /** Once a minute what is in force may have changed. */
  private drawMinute(): void {
    const { now } = this.store;
    if (!this.isShown || !this.works || now === null) return;
    const minute = Math.floor(now / MINUTE_S);
    if (minute === this.drawnMinute) return;
    this.drawnMinute = minute;
    this.draw(this.works, now);
  }

  private draw(works: Works, now: number): void {
    this.shown = worksAt(works.entries, now);
    const features = this.shown.flatMap(({ work, state }): Feature[] => {
      const properties = { id: work.entry_id, state, sign: `${work.kind}-${state}` };
      const lines = work.lines.filter((line) => line.length > 1).map((coordinates): Feature => ({
        type: "Feature", properties, geometry: { type: "LineString", coordinates },
      }));
      const points = lines.length ? [placeOf(work)] : work.lines.flatMap(([point]) => (point ? [point] : []));
      return [...lines, ...points.map((coordinates): Feature => ({
        type: "Feature", properties, geometry: { type: "Point", coordinates },
      }))];
    });
    this.source.setData(features.length ? { type: "FeatureCollection", features } : NOTHING);
    this.things.redraw(POINTS);
    this.things.redraw("work-lines");
    this.drawKey(works, now);
  }

  private drawKey(works: Works, now: number): void {
    const focused = document.activeElement?.closest<HTMLElement>("[data-work]")?.dataset["work"];
    const rows = KEY.flatMap((sign) => {
      const [kind, state] = sign.split("-") as [PlannedWork["kind"], WorkState];
      const number = this.shown.filter((one) => one.work.kind === kind && one.state === state).length;
      return number ? [keyRow(sign, `${say(`works.${kind}`)} ${say(`works.${state}`)}`, count(number))] : [];
    });
    const later = works.entries.filter((one) => one.end > now).length - this.shown.length;
    this.key.replaceChildren(
      rows.length ? el("ul", {}, ...rows) : el("p", {}, say("works.none")),
      ...(this.shown.length ? [el("ol", { class: "layer-things" }, ...this.shown.slice(0, MOST_LISTED).map((one) => this.row(one)))] : []),
      ...note(this.shown.length > MOST_LISTED, say("layers.more", { n: count(this.shown.length - MOST_LISTED) })),
      ...note(later > 0, say("works.later", { n: count(later) })),
      ...note(works.refused_count > 0, say("works.refused", { n: count(works.refused_count) })));
    if (focused) this.key.querySelector<HTMLElement>(`[data-work="${CSS.escape(focused)}"]`)?.focus();
  }

  private row({ work, state }: { work: PlannedWork; state: WorkState }): HTMLElement {
    const button = el("button", { type: "button", "data-work": work.entry_id, "data-state": state },
      el("b", {}, work.text || `${say(`works.${work.kind}`)} ${work.entry_id}`), el("small", {}, spanWords(work)));
    button.addEventListener("click", () => this.things.goTo(POINTS, work.entry_id, placeOf(work)));
    return el("li", {}, button);
  }

  private card(id: string): HTMLElement | null {
    const found = this.shown.find(({ work }) => work.entry_id === id);
    if (!found) return null;
    const { work, state } = found;
    const lanes = work.lanes.length ? say("works.lanesOf", { lanes: work.lanes.join(say("list.comma")) }) : say("works.lanesUnknown");
    const fact = (name: string, value: string): HTMLElement[] => [el("dt", {}, name), el("dd", {}, value)];
    return el("div", {},
      el("h2", { class: "thing-title" }, say(`works.${work.kind}`)),
      el("p", { class: "thing-state" }, say(`works.${state}`)),
      work.text && el("p", {}, work.text),
      el("dl", { class: "facts" },
        ...fact(say("works.from"), `${dayOf(work.start)} ${minuteOfDay(work.start)}`),
        ...fact(say("works.to"), `${dayOf(work.end)} ${minuteOfDay(work.end)}`),
        ...fact(say("works.lanes"), lanes)),
      el("p", { class: "segment-id" }, say("works.id", { id: work.entry_id })));
  }
}

/** 07:20 to 08:00, with the days where they differ. */
function spanWords({ start, end }: PlannedWork): string {
  const isOneDay = dayOf(start) === dayOf(end);
  const at = (time: number): string => (isOneDay ? minuteOfDay(time) : `${dayOf(time)} ${minuteOfDay(time)}`);
  const span = say("works.span", { from: at(start), to: at(end) });
  return isOneDay ? `${dayOf(start)}${say("list.comma")}${span}` : span;
}

const note = (isShown: boolean, text: string): HTMLElement[] => (isShown ? [el("p", {}, text)] : []);
