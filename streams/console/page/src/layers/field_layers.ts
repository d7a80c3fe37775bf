import type { Feature, FeatureCollection } from "geojson";
import type { GeoJSONSource, StyleSpecification } from "maplibre-gl";

import { el } from "../dom";
import { fetchJson } from "../live";
import type { Store } from "../store";
import { keepInUrl, urlValue } from "../url_state";
import type { RoadMap } from "../map/road_map";
import { BACKGROUND, FONT, TONE } from "../map/road_style";
import { say } from "../words/say";

const NONE: FeatureCollection = { type: "FeatureCollection", features: [] };
const STATUS_COLOURS = { free: "#58c3a4", assigned: "#7cc4ff", busy: "#f5b942", off: "#7b8fa1" } as const;

type Layer = StyleSpecification["layers"][number];

const text = (field: string, size: number): object => ({
  layout: { "text-field": ["get", field], "text-font": FONT, "text-size": size, "text-offset": [0, 1.1] },
  paint: { "text-color": TONE.text, "text-halo-color": BACKGROUND, "text-halo-width": 2 },
});

/** The layers beside the roads, by the word in the address: their title, sources and layers. */
const LAYERS = {
  patrols: {
    title: say("layer.patrols"),
    layers: [
      {
        id: "patrols", type: "circle", source: "patrols",
        paint: {
          "circle-radius": 7,
          "circle-color": ["match", ["get", "status"], ...Object.entries(STATUS_COLOURS).flat(), "#7b8fa1"],
          "circle-opacity": ["case", ["get", "is_silent"], 0.35, 1],
          "circle-stroke-width": 2, "circle-stroke-color": BACKGROUND,
        },
      },
      { id: "patrol-names", type: "symbol", source: "patrols", ...text("name", 12) },
    ],
  },
  units: {
    title: say("layer.units"),
    layers: [
      {
        id: "unit-areas", type: "line", source: "units",
        paint: { "line-color": "#b8a1ff", "line-width": 1.6, "line-dasharray": [3, 2], "line-opacity": 0.8 },
      },
      { id: "unit-names", type: "symbol", source: "units", ...text("name", 13) },
    ],
  },
} as const;

type Name = keyof typeof LAYERS;

/** Patrols and units on the map, each shown where its box is ticked. */
export class FieldLayers {
  private readonly shown: Set<string>;

  constructor(private readonly store: Store, private readonly roads: RoadMap, container: HTMLElement) {
    this.shown = new Set((urlValue("layers") ?? "patrols").split(" "));
    for (const name of Object.keys(LAYERS) as Name[]) {
      roads.map.addSource(name, { type: "geojson", data: NONE });
      for (const layer of LAYERS[name].layers) roads.map.addLayer(layer as unknown as Layer);
      container.append(this.box(name));
      this.show(name);
    }
    store.on("patrols", () => this.drawPatrols());
    store.on("health", () => this.drawPatrols());
    store.on("moment", () => this.drawPatrols());
    this.drawPatrols();
  }

  private box(name: Name): HTMLElement {
    const input = el("input", { type: "checkbox", name, checked: this.shown.has(name) });
    input.addEventListener("change", () => {
      if (input.checked) this.shown.add(name);
      else this.shown.delete(name);
      keepInUrl("layers", [...this.shown].filter((one) => one in LAYERS).join(" "), "patrols");
      this.show(name);
    });
    return el("label", {}, input, LAYERS[name].title);
  }

  private show(name: Name): void {
    const visibility = this.shown.has(name) ? "visible" : "none";
    for (const { id } of LAYERS[name].layers) this.roads.map.setLayoutProperty(id, "visibility", visibility);
    if (name === "units" && this.shown.has(name)) void this.loadUnits();
  }

  private async loadUnits(): Promise<void> {
    this.source("units").setData(await fetchJson<FeatureCollection>("/api/jurisdictions.geojson"));
  }

  private drawPatrols(): void {
    const features = [...this.store.patrols.values()].map((patrol): Feature => {
      const isSilent = this.store.silentSince(patrol.patrol_id) !== null;
      return {
        type: "Feature",
        geometry: { type: "Point", coordinates: [patrol.longitude, patrol.latitude] },
        properties: {
          status: patrol.status, is_silent: isSilent,
          name: `${patrol.patrol_id} ${say(isSilent ? "patrol.silent" : `patrol.${patrol.status}`)}`,
        },
      };
    });
    this.source("patrols").setData({ type: "FeatureCollection", features });
  }

  private source(name: Name): GeoJSONSource {
    const source = this.roads.map.getSource<GeoJSONSource>(name);
    if (!source) throw new Error(`the map has no source ${name}`);
    return source;
  }
}
