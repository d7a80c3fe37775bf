import type { Feature } from "geojson";
import type { GeoJSONSource } from "maplibre-gl";

import { el } from "../dom";
import { count, duration, timeOfDay } from "../format";
import { roadOf } from "../levels";
import { fetchJson } from "../live";
import type { RoadMap } from "../map/road_map";
import type { Store } from "../store";
import { say } from "../words/say";
import { addDrawing, keyRow, type MapLayer, NOTHING, setShown, type StyleLayer } from "./map_layer";
import { addSigns } from "./signs";
import type { Things } from "./things";
import { strengthOf, type VehicleReport, type VehiclesSeen } from "./vehicles";

const DOTS = "vehicles";
const [EVERY_MS, MOVED_MS, TICK_MS] = [5000, 400, 1000];
const SIGNS = ["vehicle-bus", "vehicle-taxi"] as const;

/** Buses and taxis where they were last matched, asked for only while they are shown. */
export class VehicleLayer implements MapLayer {
  readonly name = "vehicles";
  readonly title = say("layer.vehicles");
  readonly key = el("div", { class: "layer-key" });
  private readonly source: GeoJSONSource;
  private isShown = false;
  private seen: VehiclesSeen | null = null;
  private isLost = false;
  private cameAt = 0;
  private askedAt = 0;
  private isAsking = false;
  private report: VehicleReport | null = null;
  private readonly layers: StyleLayer[] = [{
    id: DOTS, type: "symbol", source: "vehicles",
    layout: {
      "icon-image": ["get", "sign"], "icon-allow-overlap": true, "icon-ignore-placement": true,
      "icon-rotate": ["get", "bearing"], "icon-rotation-alignment": "map",
      "icon-size": ["interpolate", ["linear"], ["zoom"], 11, 0.32, 13.5, 0.42, 16, 0.85],
    },
    paint: { "icon-opacity": ["get", "strength"] },
  }];

  constructor(private readonly store: Store, private readonly roads: RoadMap, private readonly things: Things) {
    addSigns(roads.map, SIGNS);
    this.source = addDrawing(roads.map, "vehicles", this.layers);
    things.add(DOTS, (id) => this.card(id));
    roads.map.on("moveend", () => {
      if (this.isShown) window.setTimeout(() => void this.ask(), MOVED_MS);
    });
    store.on("moment", () => this.draw());
    window.setInterval(() => this.tick(), TICK_MS);
  }

  show(isShown: boolean): void {
    this.isShown = isShown;
    setShown(this.roads.map, this.layers, isShown);
    if (isShown) return void this.ask();
    this.seen = null;
    this.source.setData(NOTHING);
    this.things.close(DOTS);
  }

  /** Vehicles grow old by the clock on the wall, whether anything comes or not. */
  private tick(): void {
    if (!this.isShown || this.store.past || document.hidden) return;
    if (performance.now() - this.askedAt >= EVERY_MS) void this.ask();
    else if (this.isLost) this.draw();
  }

  private async ask(): Promise<void> {
    if (!this.isShown || this.store.past || this.isAsking) return;
    this.isAsking = true;
    this.askedAt = performance.now();
    const box = this.roads.map.getBounds().toArray().flat().map((side) => side.toFixed(5)).join(",");
    const found = await fetchJson<VehiclesSeen>(`/api/vehicles?box=${box}`).catch(() => null);
    this.isAsking = false;
    this.isLost = found === null;
    if (found) {
      this.seen = found;
      this.cameAt = performance.now();
    }
    this.draw();
    this.things.redraw(DOTS);
  }

  private draw(): void {
    const { seen } = this;
    if (this.store.past) {
      this.source.setData(NOTHING);
      this.things.close(DOTS);
      return this.key.replaceChildren(el("p", {}, say("layers.notKept")));
    }
    if (!this.isShown) return;
    const since = (performance.now() - this.cameAt) / 1000;
    const features = (seen?.vehicle_id ?? []).flatMap((id, number): Feature[] => {
      const strength = strengthOf((seen?.age_s[number] ?? 0) + since, seen?.shown_s ?? 1);
      return strength === null ? [] : [{
        type: "Feature",
        geometry: { type: "Point", coordinates: [seen?.longitude[number] ?? 0, seen?.latitude[number] ?? 0] },
        properties: { id, sign: signOf(seen?.fleet[number]), bearing: seen?.bearing_deg[number], strength },
      }];
    });
    this.source.setData({ type: "FeatureCollection", features });
    this.drawKey(features.length);
  }

  private drawKey(shown: number): void {
    const { seen } = this;
    if (!seen) return this.key.replaceChildren(el("p", {}, say(this.isLost ? "layers.lost" : "vehicles.coming")));
    const of = (fleet: number): string => count(seen.fleet.filter((one) => one === fleet).length);
    const text = this.isLost ? say("vehicles.lost")
      : seen.known_count === 0 ? say("vehicles.coming")
        : say("vehicles.shown", { n: count(shown), view: count(seen.in_view_count), all: count(seen.known_count) });
    this.key.replaceChildren(
      el("ul", {}, keyRow("vehicle-bus", say("vehicles.bus"), of(0)), keyRow("vehicle-taxi", say("vehicles.taxi"), of(1))),
      el("p", {}, text));
  }

  private card(id: string): HTMLElement | null {
    if (this.store.past || !this.seen?.vehicle_id.includes(id)) return null;
    const fleet = this.seen.fleet[this.seen.vehicle_id.indexOf(id)];
    const facts = el("div", {});
    const known = this.report?.vehicle_id === id ? this.report : null;
    if (known) facts.append(this.facts(known));
    void this.fill(id, facts);
    return el("div", {}, el("h2", { class: "thing-title" }, `${say(fleet === 0 ? "vehicles.bus" : "vehicles.taxi")} ${id}`), facts);
  }

  private async fill(id: string, facts: HTMLElement): Promise<void> {
    const found = await fetchJson<VehicleReport>(`/api/vehicles/${encodeURIComponent(id)}`).catch(() => null);
    if (!found) return facts.replaceChildren(el("p", {}, say("vehicles.gone")));
    this.report = found;
    facts.replaceChildren(this.facts(found));
    this.things.settle();
  }

  private facts(report: VehicleReport): HTMLElement {
    const fact = (name: string, value: string): HTMLElement[] => [el("dt", {}, name), el("dd", {}, value)];
    const speed = report.speed_kmh === null ? say("segment.notKnown") : say("segment.kmh", { n: Math.round(report.speed_kmh) });
    return el("dl", { class: "facts" },
      ...fact(say("vehicles.road"), roadOf(this.store.roads.get(report.segment_id)?.name ?? "")),
      ...fact(say("vehicles.along"), say("vehicles.alongOf", { m: Math.round(report.offset_m), id: report.segment_id })),
      ...fact(say("vehicles.speed"), speed),
      ...fact(say("vehicles.at"), timeOfDay(report.time)),
      ...fact(say("vehicles.lag"), duration(report.lag_s)),
      ...fact(say("vehicles.sure"), say(report.is_open ? "vehicles.open" : "vehicles.settled")),
      ...fact(say("vehicles.heard"), say("patrols.ago", { age: duration(report.heard_ago_s) })));
  }
}

const signOf = (fleet: number | undefined): (typeof SIGNS)[number] => (fleet === 0 ? "vehicle-bus" : "vehicle-taxi");
