import type { FeatureCollection } from "geojson";
import type { GeoJSONSource, Map as MapLibre, StyleSpecification } from "maplibre-gl";

import { el } from "../dom";
import { type SignName, signIcon } from "./signs";

/** Something beside the roads that can be shown on the map, by its word in the address. */
export interface MapLayer {
  readonly name: string;
  readonly title: string;
  /** What its signs mean and how many there are, for the menu while it is shown. */
  readonly key: HTMLElement;
  show(isShown: boolean): void;
}

export type StyleLayer = StyleSpecification["layers"][number];
export const NOTHING: FeatureCollection = { type: "FeatureCollection", features: [] };

/** Give the map a source and what draws it, unseen at first. */
export function addDrawing(map: MapLibre, source: string, layers: readonly StyleLayer[]): GeoJSONSource {
  map.addSource(source, { type: "geojson", data: NOTHING });
  for (const layer of layers) map.addLayer(layer);
  setShown(map, layers, false);
  const made = map.getSource<GeoJSONSource>(source);
  if (!made) throw new Error(`the map has no source ${source}`);
  return made;
}

/** Show or hide what draws a source. */
export function setShown(map: MapLibre, layers: readonly StyleLayer[], isShown: boolean): void {
  for (const { id } of layers) map.setLayoutProperty(id, "visibility", isShown ? "visible" : "none");
}

/** A line of a key: the sign, what it means, and how many there are. */
export function keyRow(sign: SignName, meaning: string, number: string | null): HTMLElement {
  return el("li", { "data-sign": sign }, signIcon(sign), el("span", {}, meaning), number !== null && el("b", {}, number));
}
