import type { Map as MapLibre, MapMouseEvent } from "maplibre-gl";

import { el } from "../dom";
import { say } from "../words/say";

export interface Point {
  longitude: number;
  latitude: number;
}

/** Lets the operator choose a place: a press on the map, or its middle, which the keys move. */
export class PlacePicker {
  constructor(private readonly map: MapLibre, private readonly container: HTMLElement) {}

  /** Give the place, null where the operator thinks better of it. */
  pick(title: string): Promise<Point | null> {
    const middle = el("button", { type: "button", class: "strong-button" }, say("pick.middle"));
    const cancel = el("button", { type: "button", class: "quiet-button" }, say("pick.cancel"));
    const cross = el("div", { class: "pick-cross", "aria-hidden": "true" });
    const box = el("div", { class: "pick", role: "group", "aria-label": title },
      el("p", {}, say("pick.how", { title })),
      el("div", { class: "dialog-foot" }, cancel, middle));
    this.map.setPadding({ left: 0, top: 0, right: 0, bottom: 0 });
    this.container.append(cross, box);
    middle.focus();
    return new Promise((done) => {
      const end = (point: Point | null): void => {
        this.map.off("click", press);
        document.removeEventListener("keydown", escape, true);
        cross.remove();
        box.remove();
        done(point);
      };
      const press = (event: MapMouseEvent): void =>
        end({ longitude: event.lngLat.lng, latitude: event.lngLat.lat });
      // Escape ends the choosing, and nothing else with it.
      const escape = (event: KeyboardEvent): void => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        end(null);
      };
      this.map.on("click", press);
      document.addEventListener("keydown", escape, true);
      middle.addEventListener("click", () => {
        const { lng, lat } = this.map.getCenter();
        end({ longitude: lng, latitude: lat });
      });
      cancel.addEventListener("click", () => end(null));
    });
  }
}
