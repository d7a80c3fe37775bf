import type { Feature } from "geojson";
import type { GeoJSONSource } from "maplibre-gl";

import { el } from "../dom";
import { duration } from "../format";
import type { RoadMap } from "../map/road_map";
import { BACKGROUND } from "../map/road_style";
import type { Store } from "../store";
import { say } from "../words/say";
import { addDrawing, type MapLayer, setShown, type StyleLayer } from "./map_layer";
import { nameText } from "./name_text";
import type { Things } from "./things";

const COLOURS = { free: "#58c3a4", assigned: "#7cc4ff", busy: "#f5b942", off: "#7b8fa1" } as const;
const STATUSES = Object.keys(COLOURS) as (keyof typeof COLOURS)[];
const DOTS = "patrols";

/** Where the patrols are, as they last said; where they were is not stored. */
export class PatrolLayer implements MapLayer {
  readonly name = "patrols";
  readonly title = say("layer.patrols");
  readonly key = el("div", { class: "layer-key" });
  private readonly source: GeoJSONSource;
  private readonly layers: StyleLayer[] = [
    {
      id: DOTS, type: "circle", source: "patrols",
      paint: {
        "circle-radius": 7,
        "circle-color": ["match", ["get", "status"], ...Object.entries(COLOURS).flat(), COLOURS.off] as never,
        "circle-opacity": ["case", ["get", "is_silent"], 0.35, 1],
        "circle-stroke-width": 2, "circle-stroke-color": BACKGROUND,
      },
    },
    { id: "patrol-names", type: "symbol", source: "patrols", ...nameText("name", 12) } as StyleLayer,
  ];

  constructor(private readonly store: Store, private readonly roads: RoadMap, private readonly things: Things) {
    this.source = addDrawing(roads.map, "patrols", this.layers);
    things.add(DOTS, (id) => this.card(id));
    store.on("patrols", () => this.draw());
    store.on("health", () => this.draw());
    store.on("moment", () => this.draw());
    this.draw();
  }

  show(isShown: boolean): void {
    setShown(this.roads.map, this.layers, isShown);
    if (!isShown) this.things.close(DOTS);
  }

  private draw(): void {
    const patrols = [...this.store.patrols.values()];
    const features = patrols.map((patrol): Feature => ({
      type: "Feature",
      geometry: { type: "Point", coordinates: [patrol.longitude, patrol.latitude] },
      properties: {
        id: patrol.patrol_id, status: patrol.status, is_silent: this.isSilent(patrol.patrol_id),
        name: `${patrol.patrol_id} ${this.stateOf(patrol.patrol_id)}`,
      },
    }));
    this.source.setData({ type: "FeatureCollection", features });
    this.things.redraw(DOTS);
    const rows = STATUSES.map((status) => el("li", {},
      el("span", { class: "dot", "data-patrol": status, "aria-hidden": "true" }), el("span", {}, say(`patrol.${status}`)),
      el("b", {}, String(patrols.filter((one) => one.status === status).length))));
    this.key.replaceChildren(
      this.store.past ? el("p", {}, say("layers.notKept"))
        : patrols.length ? el("ul", {}, ...rows) : el("p", {}, say("patrols.none")));
  }

  private isSilent(id: string): boolean {
    return this.store.silentSince(id) !== null;
  }

  private stateOf(id: string): string {
    const status = this.store.patrols.get(id)?.status ?? "off";
    return say(this.isSilent(id) ? "patrol.silent" : `patrol.${status}`);
  }

  private card(id: string): HTMLElement | null {
    const patrol = this.store.patrols.get(id);
    if (!patrol) return null;
    const facts = el("dl", { class: "facts" },
      el("dt", {}, say("patrols.heard")),
      el("dd", {}, say("patrols.ago", { age: duration((this.store.now ?? patrol.event_time) - patrol.event_time) })));
    if (patrol.unit) facts.append(el("dt", {}, say("patrols.unit")), el("dd", {}, patrol.unit));
    if (patrol.skills.length) facts.append(el("dt", {}, say("patrols.skills")), el("dd", {}, patrol.skills.join(say("list.comma"))));
    return el("div", {},
      el("h2", { class: "thing-title" }, id), el("p", { class: "thing-state" }, this.stateOf(id)), facts);
  }
}
