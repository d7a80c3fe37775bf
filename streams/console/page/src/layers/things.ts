import { type LngLatLike, type MapGeoJSONFeature, Popup } from "maplibre-gl";

import { el } from "../dom";
import type { RoadMap } from "../map/road_map";
import { say } from "../words/say";

/** Tells of a thing that a layer draws, by its id; null where it is there no more. */
export type TellOf = (id: string) => HTMLElement | null;

interface Point {
  x: number;
  y: number;
}
const [REACH, FAR_REACH] = [5, 24]; // pixels: under the pointer, and in the middle of the map
const MOST_BESIDE = 6;

/** The things that layers draw beside the roads, and the card of the one that is asked for. */
export class Things {
  private readonly tells = new Map<string, TellOf>();
  private open: { layer: string; id: string } | null = null;
  private beside: readonly MapGeoJSONFeature[] = [];
  private readonly popup = new Popup({
    closeButton: false, closeOnClick: false, maxWidth: "21rem", offset: 14, focusAfterOpen: false, className: "thing-popup",
  });

  constructor(private readonly roads: RoadMap, private readonly announcer: HTMLElement) {}

  /** Tell of what a layer of the map draws; each of its features has an `id`. */
  add(layer: string, tell: TellOf): void {
    this.tells.set(layer, tell);
  }

  /** The layers of the map that draw things just now. */
  get shown(): string[] {
    const { map } = this.roads;
    return [...this.tells.keys()].filter((id) => map.getLayer(id)?.getLayoutProperty("visibility") !== "none");
  }

  /** Open the card of what is at a point of the screen; tells whether something is. */
  openAt(point: Point, place: LngLatLike, isFar = false): boolean {
    const [first, ...others] = this.at(point, isFar ? FAR_REACH : REACH);
    if (!first) {
      this.close();
      return false;
    }
    this.beside = others.slice(0, MOST_BESIDE);
    this.show(first.layer.id, idOf(first), place);
    return true;
  }

  /** Go to a thing and open its card. */
  goTo(layer: string, id: string, place: [number, number]): void {
    this.roads.find(null, []);
    this.roads.flyTo(place, [], false);
    this.beside = [];
    this.show(layer, id, place);
  }

  /** Draw the card anew where it is of this layer; a thing that is gone takes it along. */
  redraw(layer: string): void {
    if (this.open?.layer === layer) this.fill();
  }

  /** Put the card to the side where it fits: it has grown. */
  settle(): void {
    if (this.open) this.popup.setLngLat(this.popup.getLngLat());
  }

  close(layer: string | null = null): void {
    if (layer !== null && this.open?.layer !== layer) return;
    this.open = null;
    this.popup.remove();
  }

  private at({ x, y }: Point, reach: number): MapGeoJSONFeature[] {
    const { map } = this.roads;
    const layers = this.shown;
    if (!layers.length) return [];
    const found = map.queryRenderedFeatures([[x - reach, y - reach], [x + reach, y + reach]], { layers });
    const known = new Set<string>();
    return found.filter((one) => {
      const key = `${one.layer.id} ${idOf(one)}`;
      return !known.has(key) && known.add(key);
    });
  }

  private show(layer: string, id: string, place: LngLatLike): void {
    this.open = { layer, id };
    this.popup.setLngLat(place).addTo(this.roads.map);
    this.fill();
    const text = [".thing-title", ".thing-state"].map((part) => this.popup.getElement().querySelector(part)?.textContent ?? "");
    this.announcer.textContent = text.filter(Boolean).join(say("list.comma"));
  }

  private fill(): void {
    const card = this.open && this.tells.get(this.open.layer)?.(this.open.id);
    if (!card) return this.close();
    this.popup.setDOMContent(el("div", { class: "thing-card" }, card, this.besideList()));
  }

  /** What lies so near that it was meant as well, perhaps. */
  private besideList(): HTMLElement | null {
    if (!this.beside.length) return null;
    return el("div", { class: "thing-beside" }, el("span", {}, say("layers.beside")), ...this.beside.map((one) => {
      const button = el("button", { type: "button", class: "quiet-button" }, idOf(one));
      button.addEventListener("click", (event) => {
        event.stopPropagation();
        const shown = this.open;
        this.open = { layer: one.layer.id, id: idOf(one) };
        this.beside = this.beside.filter((other) => other !== one);
        if (shown) this.fill();
      });
      return button;
    }));
  }
}

const idOf = (feature: MapGeoJSONFeature): string => String(feature.properties["id"]);
