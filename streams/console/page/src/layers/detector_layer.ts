import type { Feature } from "geojson";
import type { ExpressionSpecification, GeoJSONSource } from "maplibre-gl";

import { afterStates } from "../after_states";
import { el } from "../dom";
import { count, minuteOfDay } from "../format";
import { fetchJson } from "../live";
import type { RoadMap } from "../map/road_map";
import type { Store } from "../store";
import { say, sayNamed } from "../words/say";
import { detectorFacts } from "./detector_card";
import {
  DETECTOR_STATUSES, type DetectorPlaces, type DetectorReport, type DetectorsHealth, type DetectorStatus, unsound,
} from "./detectors";
import { addDrawing, keyRow, type MapLayer, NOTHING, setShown, type StyleLayer } from "./map_layer";
import { addSigns } from "./signs";
import type { Things } from "./things";

const DOTS = "detectors";
const MOST_LISTED = 12;
const sign = (status: DetectorStatus): `detector-${DetectorStatus}` => `detector-${status}`;
/** Sound ones are small, so that the others stand out; all grow as one comes near. */
const grown = (sound: number, other: number): ExpressionSpecification => ["match", ["get", "status"], "sound", sound, other];

/** Where the detectors are, each with the sign of its health in the newest minute. */
export class DetectorLayer implements MapLayer {
  readonly name = "detectors";
  readonly title = say("layer.detectors");
  readonly key = el("div", { class: "layer-key" });
  private readonly source: GeoJSONSource;
  private places: DetectorPlaces | null = null;
  private health: DetectorsHealth | null = null;
  private isShown = false;
  private drawn = "";
  private readonly reports = new Map<string, DetectorReport>();
  private readonly layers: StyleLayer[] = [{
    id: DOTS, type: "symbol", source: "detectors",
    layout: {
      "icon-image": ["get", "sign"], "icon-allow-overlap": true, "icon-ignore-placement": true,
      "symbol-sort-key": ["get", "rank"],
      "icon-size": ["interpolate", ["linear"], ["zoom"], 11, grown(0.14, 0.5), 13.5, grown(0.22, 0.7), 16, grown(0.6, 1)],
    },
  }];

  constructor(private readonly store: Store, private readonly roads: RoadMap, private readonly things: Things) {
    addSigns(roads.map, DETECTOR_STATUSES.map(sign));
    this.source = addDrawing(roads.map, "detectors", this.layers);
    things.add(DOTS, (id) => this.card(id));
    afterStates(store, () => {
      if (this.isShown) void this.load();
    });
    store.on("moment", () => this.draw());
  }

  show(isShown: boolean): void {
    this.isShown = isShown;
    setShown(this.roads.map, this.layers, isShown);
    if (isShown) void this.load();
    else this.things.close(DOTS);
  }

  private async load(): Promise<void> {
    try {
      this.places ??= await fetchJson<DetectorPlaces>("/api/detectors");
      this.health = await fetchJson<DetectorsHealth>("/api/detectors/health");
    } catch {
      if (!this.health) this.key.replaceChildren(el("p", {}, say("layers.lost")));
      return;
    }
    this.reports.clear();
    this.draw();
    this.things.redraw(DOTS);
  }

  private draw(): void {
    const { places, health } = this;
    if (this.store.past) { // what is known is of now
      this.drawn = "";
      this.source.setData(NOTHING);
      this.things.close(DOTS);
      return this.key.replaceChildren(el("p", {}, say("layers.notKept")));
    }
    if (!places || !health) return;
    const all = health.status.join();
    if (all !== this.drawn) {
      this.drawn = all;
      this.source.setData({ type: "FeatureCollection", features: health.status.map((status, number): Feature => ({
        type: "Feature",
        geometry: { type: "Point", coordinates: [places.longitude[number] ?? 0, places.latitude[number] ?? 0] },
        properties: {
          id: places.detector_id[number], status, sign: sign(status),
          rank: DETECTOR_STATUSES.length - DETECTOR_STATUSES.indexOf(status),
        },
      })) });
    }
    this.drawKey(places, health);
  }

  private drawKey(places: DetectorPlaces, health: DetectorsHealth): void {
    const focused = document.activeElement?.closest<HTMLElement>("[data-detector]")?.dataset["detector"];
    if (!health.status.length) return this.key.replaceChildren(el("p", {}, say("detector.none")));
    const rows = DETECTOR_STATUSES.flatMap((status) => {
      const number = health.status.filter((one) => one === status).length;
      return number ? [keyRow(sign(status), say(`detector.${status}`), count(number))] : [];
    });
    const bad = unsound(places, health);
    const at = health.minute === null ? say("detector.noMinute") : say("detector.asOf", { at: minuteOfDay(health.minute) });
    this.key.replaceChildren(
      el("ul", {}, ...rows), el("p", {}, at),
      ...(bad.length ? [el("ol", { class: "layer-things" }, ...bad.slice(0, MOST_LISTED).map((number) => this.row(places, health, number)))] : []),
      ...(bad.length > MOST_LISTED ? [el("p", {}, say("layers.more", { n: count(bad.length - MOST_LISTED) }))] : []));
    if (focused) this.key.querySelector<HTMLElement>(`[data-detector="${CSS.escape(focused)}"]`)?.focus();
  }

  private row(places: DetectorPlaces, health: DetectorsHealth, number: number): HTMLElement {
    const id = places.detector_id[number] ?? "";
    const button = el("button", { type: "button", "data-detector": id },
      el("b", {}, id), el("small", {}, stateWords(health.status[number] ?? "unknown", health.fault[id])));
    button.addEventListener("click", () => {
      this.things.goTo(DOTS, id, [places.longitude[number] ?? 0, places.latitude[number] ?? 0]);
    });
    return el("li", {}, button);
  }

  private card(id: string): HTMLElement | null {
    const { places, health } = this;
    const number = places?.detector_id.indexOf(id) ?? -1;
    const status = health?.status[number];
    if (!status || this.store.past) return null;
    const facts = el("div", {}, el("p", {}, say("detector.loading")));
    void this.fill(id, facts);
    return el("div", { "data-status": status },
      el("h2", { class: "thing-title" }, `${say("layer.detector")} ${id}`),
      el("p", { class: "thing-state" }, stateWords(status, health?.fault[id])), facts);
  }

  /** The report is asked for once a minute, however often the card is drawn. */
  private async fill(id: string, facts: HTMLElement): Promise<void> {
    const found = this.reports.get(id)
      ?? await fetchJson<DetectorReport>(`/api/detectors/report/${encodeURIComponent(id)}`).catch(() => null);
    if (!found) return facts.replaceChildren(el("p", {}, say("layers.lost")));
    this.reports.set(id, found);
    facts.replaceChildren(detectorFacts(found, this.store.roads.get(found.segment_id ?? "")?.name));
    this.things.settle();
  }
}

function stateWords(status: DetectorStatus, fault: string | undefined): string {
  const state = say(`detector.${status}`);
  return status === "faulty" && fault ? say("detector.state", { state, fault: sayNamed("refused", fault) }) : state;
}
