import { Marker } from "maplibre-gl";

import type { Alert } from "../contract";
import { el } from "../dom";
import { causeWord, isOver, kindWord, roadOf, severityWord } from "../levels";
import type { RoadMap } from "./road_map";
import type { Selection } from "../selection";
import type { Store } from "../store";
import { say } from "../words/say";

/** One marker an alert that is not over; the chosen one's root and queue glow on the map. */
export class AlertMarkers {
  private readonly markers = new Map<string, Marker>();
  private lit: number[] = [];
  private chosen: string | undefined;

  constructor(
    private readonly store: Store,
    private readonly selection: Selection,
    private readonly roads: RoadMap,
  ) {
    store.on("alerts", ({ changed }) => changed.forEach((alert) => this.place(alert)));
    selection.on((alert, isMove) => this.light(alert, isMove));
    for (const alert of store.alerts.values()) this.place(alert);
  }

  private place(alert: Alert): void {
    const isShown = !isOver(alert.state) || this.selection.alertId === alert.alert_id;
    let marker = this.markers.get(alert.alert_id);
    if (!isShown) {
      marker?.remove();
      this.markers.delete(alert.alert_id);
      return;
    }
    if (!marker) {
      const element = el("button", { type: "button", class: "marker" },
        el("span", { class: "marker-body", "aria-hidden": "true" }, el("span", {})));
      element.addEventListener("click", (event) => {
        event.stopPropagation();
        this.selection.choose(alert.alert_id);
      });
      marker = new Marker({ element });
      this.markers.set(alert.alert_id, marker);
      marker.setLngLat([alert.longitude, alert.latitude]).addTo(this.roads.map);
    }
    marker.setLngLat([alert.longitude, alert.latitude]);
    this.dress(marker.getElement(), alert);
  }

  private dress(element: HTMLElement, alert: Alert): void {
    element.dataset["kind"] = alert.kind;
    element.dataset["severity"] = String(alert.severity);
    element.dataset["over"] = String(isOver(alert.state));
    element.classList.toggle("is-selected", this.selection.alertId === alert.alert_id);
    const text = element.querySelector(".marker-body span");
    if (text) text.textContent = String(alert.severity);
    const label = say("map.marker", {
      n: alert.severity, severity: severityWord(alert.severity), kind: kindWord(alert.kind),
      road: roadOf(alert.road_name), cause: causeWord(alert.cause),
    });
    element.setAttribute("aria-label", label);
    element.title = label;
  }

  private light(alert: Alert | null, isMove: boolean): void {
    for (const id of this.lit) this.roads.set(id, { queue: false, root: false });
    this.lit = [];
    if (!alert) this.roads.dimRest(false);
    if (alert) {
      const indexOf = (id: string): number | undefined => this.store.segmentIndex.get(id);
      const root = indexOf(alert.segment_id);
      const queue = alert.queue_segment_ids.map(indexOf).filter((id) => id !== undefined);
      for (const id of queue) this.roads.set(id, { queue: true });
      if (root !== undefined) this.roads.set(root, { root: true });
      this.lit = root === undefined ? queue : [...queue, root];
      this.roads.dimRest(queue.length > 0);
      if (isMove) this.roads.flyTo([alert.longitude, alert.latitude], this.lit);
    }
    for (const id of new Set([this.chosen, alert?.alert_id])) {
      const known = id === undefined ? undefined : this.store.alerts.get(id);
      if (known) this.place(known);
    }
    this.chosen = alert?.alert_id;
  }
}
