import { Marker } from "maplibre-gl";

import type { Alert, Jam } from "../contract";
import { el } from "../dom";
import { roots } from "../alerts/jam_card";
import type { OpenJams } from "../alerts/open_jams";
import { causeWord, isOver, kindWord, roadOf, severityWord } from "../levels";
import type { RoadMap } from "./road_map";
import type { Selection } from "../selection";
import type { Store } from "../store";
import { say } from "../words/say";

/** One marker a jam that is not open, else one an alert that is not over; the chosen one's root and queue glow on the map. */
export class AlertMarkers {
  private readonly markers = new Map<string, Marker>();
  private readonly jams = new Map<string, Marker>();
  private chosen: string | undefined;

  constructor(
    private readonly store: Store,
    private readonly selection: Selection,
    private readonly openJams: OpenJams,
    private readonly roads: RoadMap,
  ) {
    store.on("alerts", ({ changed }) => {
      changed.forEach((alert) => this.place(alert));
      if (changed.some((alert) => store.jamOf.has(alert.alert_id))) this.placeJams();
    });
    store.on("jams", ({ alertIds }) => this.regroup(alertIds));
    store.on("moment", () => this.regroup([...this.markers.keys(), ...store.alerts.keys()]));
    openJams.on(() => this.regroup([...store.jamOf.keys()]));
    selection.on((alert, isMove) => this.light(alert, isMove));
    for (const alert of store.alerts.values()) this.place(alert);
    this.placeJams();
  }

  private regroup(alertIds: string[]): void {
    for (const id of alertIds) {
      const alert = this.store.alerts.get(id);
      if (alert) this.place(alert);
      else this.remove(id);
    }
    this.placeJams();
  }

  /** Draw a marker for each jam that hides its alerts, at its gravest root. */
  private placeJams(): void {
    const closed = new Map(this.store.jams.filter((jam) => !this.openJams.isOpen(jam)).map((jam) => [jam.jam_id, jam]));
    for (const [id, marker] of this.jams) {
      if (closed.has(id)) continue;
      marker.remove();
      this.jams.delete(id);
    }
    for (const jam of closed.values()) this.placeJam(jam);
  }

  private placeJam(jam: Jam): void {
    const alerts = jam.alert_ids.map((id) => this.store.alerts.get(id)).filter((one) => one !== undefined);
    const [first] = alerts;
    if (!first) return;
    let marker = this.jams.get(jam.jam_id);
    if (!marker) {
      const element = el("button", { type: "button", class: "marker is-jam", "data-kind": "jam", "data-over": "false" });
      element.addEventListener("click", (event) => {
        event.stopPropagation();
        this.openJams.toggle(jam.jam_id);
      });
      marker = new Marker({ element }).setLngLat([first.longitude, first.latitude]).addTo(this.roads.map);
      this.jams.set(jam.jam_id, marker);
    }
    marker.setLngLat([first.longitude, first.latitude]);
    const element = marker.getElement();
    element.dataset["severity"] = String(jam.severity);
    element.dataset["jam"] = jam.jam_id;
    const label = say("jam.marker", {
      n: jam.severity, severity: severityWord(jam.severity), road: roadOf(first.road_name), roots: roots(alerts),
    });
    const shown = [String(jam.severity), `×${alerts.length}`] as const;
    element.title = label;
    element.setAttribute("aria-label", `${shown.join(" ")} ${label}`); // begins with what is seen
    element.replaceChildren(el("span", { class: "marker-body", "aria-hidden": "true" },
      el("span", {}, shown[0]), " ", el("small", {}, shown[1])));
  }

  private place(alert: Alert): void {
    const isShown = (!isOver(alert.state) && !this.openJams.closedOver(alert.alert_id))
      || this.selection.alertId === alert.alert_id;
    if (!isShown) return this.remove(alert.alert_id);
    let marker = this.markers.get(alert.alert_id);
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

  private remove(alertId: string): void {
    this.markers.get(alertId)?.remove();
    this.markers.delete(alertId);
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
    this.roads.light(alert);
    if (alert && isMove) this.roads.flyTo([alert.longitude, alert.latitude], this.roads.segmentsOf(alert));
    for (const id of new Set([this.chosen, alert?.alert_id])) {
      const known = id === undefined ? undefined : this.store.alerts.get(id);
      if (known) this.place(known);
    }
    this.chosen = alert?.alert_id;
  }
}
