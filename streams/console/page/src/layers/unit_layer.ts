import type { FeatureCollection } from "geojson";
import type { GeoJSONSource } from "maplibre-gl";

import { el } from "../dom";
import { fetchJson } from "../live";
import type { RoadMap } from "../map/road_map";
import { say } from "../words/say";
import { theme } from "../style/palettes";
import { addDrawing, type MapLayer, setShown, type StyleLayer } from "./map_layer";
import { nameText } from "./name_text";

const COLOUR = { dark: "#b8a1ff", light: "#5a3fc0" } as const;

/** The borders of the units, which are asked for once they are shown. */
export class UnitLayer implements MapLayer {
  readonly name = "units";
  readonly title = say("layer.units");
  readonly key = el("div", { class: "layer-key" });
  private readonly source: GeoJSONSource;
  private isKnown = false;
  private readonly layers: StyleLayer[] = [
    {
      id: "unit-areas", type: "line", source: "units",
      paint: { "line-color": COLOUR[theme()], "line-width": 1.6, "line-dasharray": [3, 2], "line-opacity": 0.8 },
    },
    { id: "unit-names", type: "symbol", source: "units", ...nameText("name", 13) } as StyleLayer,
  ];

  constructor(private readonly roads: RoadMap) {
    this.source = addDrawing(roads.map, "units", this.layers);
  }

  show(isShown: boolean): void {
    setShown(this.roads.map, this.layers, isShown);
    if (isShown && !this.isKnown) void this.load();
  }

  private async load(): Promise<void> {
    const units = await fetchJson<FeatureCollection>("/api/jurisdictions.geojson").catch(() => null);
    if (!units) return this.key.replaceChildren(el("p", {}, say("layers.lost")));
    this.isKnown = true;
    this.source.setData(units);
    this.key.replaceChildren(units.features.length
      ? el("ul", {}, el("li", {}, el("span", { class: "stroke-unit", "aria-hidden": "true" }), el("span", {}, say("units.key")), el("b", {}, String(units.features.length))))
      : el("p", {}, say("units.none")));
  }
}
