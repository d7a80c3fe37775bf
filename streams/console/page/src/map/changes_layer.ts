import type { ExpressionSpecification as Expression } from "maplibre-gl";

import type { Change, Comparison } from "../past/comparison";
import { CHANGE_COLOURS, theme } from "../style/palettes";
import type { Store } from "../store";
import type { RoadMap } from "./road_map";
import { CHANGES_LAYER, CONGESTED_LAYER, join, LEVEL_LAYER, offset, SOURCE, TONE, width } from "./road_style";

const STRONG_LAYER = "strong-changes";
const NONE = 9;

const change: Expression = ["coalesce", ["feature-state", "change"], NONE];
const colours = CHANGE_COLOURS[theme()];
const colour = ["match", change, ...colours.flatMap((one, index) => [index - 2, one]), TONE.bed] as unknown as Expression;
const grown: Expression = ["match", change, -2, 1.9, 2, 1.9, -1, 1.3, 1, 1.3, 0, 0.8, 0.4];

/** Draws what is slower and what is faster than at another moment. */
export class ChangesLayer {
  private drawn: ReadonlyMap<number, Change> = new Map();

  constructor(store: Store, private readonly roads: RoadMap) {
    store.on("comparison", (comparison) => this.draw(comparison));
    this.draw(store.comparison);
  }

  private draw(comparison: Comparison | null): void {
    this.show(comparison !== null);
    const changes = comparison?.changes ?? new Map<number, Change>();
    for (const id of this.drawn.keys()) if (!changes.has(id)) this.roads.set(id, { change: NONE });
    for (const [id, one] of changes) if (this.drawn.get(id) !== one) this.roads.set(id, { change: one });
    this.drawn = changes;
  }

  private show(isShown: boolean): void {
    const { map } = this.roads;
    if (isShown === Boolean(map.getLayer(CHANGES_LAYER))) return;
    for (const layer of [LEVEL_LAYER, CONGESTED_LAYER]) map.setLayoutProperty(layer, "visibility", isShown ? "none" : "visible");
    for (const id of [CHANGES_LAYER, STRONG_LAYER]) {
      if (!isShown) map.removeLayer(id);
      else {
        map.addLayer({
          id, type: "line", source: SOURCE, layout: join,
          paint: {
            "line-color": colour, "line-width": width(0, grown), "line-offset": offset,
            // What changed much again on top, so that no other street hides it.
            "line-opacity": id === CHANGES_LAYER ? 1 : ["match", change, -2, 1, 2, 1, 0],
          },
        }, "queue-outline");
      }
    }
  }
}
