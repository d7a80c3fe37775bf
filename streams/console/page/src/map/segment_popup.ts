import { type LngLat, type MapMouseEvent, Popup } from "maplibre-gl";

import { evidenceCharts } from "../charts/evidence_charts";
import type { SegmentHistory, SegmentProperties } from "../contract";
import { el } from "../dom";
import { distance, duration, minuteOfDay, momentOf } from "../format";
import { LEVELS, roadOf } from "../levels";
import { fetchJson } from "../live";
import type { Things } from "../layers/things";
import type { RoadMap } from "./road_map";
import type { Store } from "../store";
import { say, sayNamed } from "../words/say";

const CHART_WIDTH = 290;

/** What is known of the segment under the pointer; a click pins it. */
export class SegmentPopup {
  private readonly popup = new Popup({
    closeButton: false, closeOnClick: false, maxWidth: "20rem", offset: 12, focusAfterOpen: false,
  });
  private segment: number | null = null;
  private isPinned = false;
  private pointed: MapMouseEvent | null = null;
  private isLooking = false;
  private charts: HTMLElement | null = null;

  constructor(
    private readonly store: Store,
    private readonly roads: RoadMap,
    private readonly things: Things,
    private readonly announcer: HTMLElement,
  ) {
    const { map } = roads;
    map.on("mousemove", (event) => this.point(event));
    map.on("mouseout", () => {
      this.pointed = null;
      if (!this.isPinned) this.show(null);
    });
    map.on("click", (event) => {
      const segment = things.openAt(event.point, event.lngLat) ? null : roads.segmentAt(event.point);
      this.isPinned = segment !== null;
      this.show(segment, event.lngLat);
    });
    const canvas = map.getCanvas();
    canvas.setAttribute("aria-label", say("map.keys"));
    canvas.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      const middle = map.project(map.getCenter());
      const segment = things.openAt(middle, map.getCenter(), true) ? null : roads.segmentNear(middle);
      this.isPinned = segment !== null;
      if (segment === null) this.show(null);
      else this.pin(segment, map.getCenter());
    });
    roads.onFound((segment, place) => this.pin(segment, place));
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      things.close();
      this.isPinned = false;
      this.show(null);
    });
    store.on("comparison", () => this.fill());
    store.on("moment", () => {
      this.charts = null;
      this.fill();
    });
    store.on("states", () => {
      this.fill();
      if (this.isPinned && this.segment !== null) void this.drawCharts(this.segment);
    });
  }

  /** Show a segment until another one is asked for, and say it to whoever does not see it. */
  private pin(segment: number, place: LngLat): void {
    this.isPinned = true;
    this.show(segment, place);
    const [name, speed] = ["h3", ".segment-speed"].map((part) => this.popup.getElement().querySelector(part)?.textContent ?? "");
    this.announcer.textContent = [name, speed].join(say("list.comma"));
  }

  /** Look what lies under the pointer, once a frame however often it moves. */
  private point(event: MapMouseEvent): void {
    this.pointed = event;
    if (this.isLooking) return;
    this.isLooking = true;
    requestAnimationFrame(() => {
      this.isLooking = false;
      const last = this.pointed;
      if (!last) return;
      const { isThing, segment } = this.roads.under(last.point, this.things.shown);
      this.roads.map.getCanvas().style.cursor = isThing || segment !== null ? "pointer" : "";
      if (!this.isPinned) this.show(segment, last.lngLat);
    });
  }

  private show(segment: number | null, place?: LngLat): void {
    if (segment !== this.segment) {
      if (this.segment !== null) this.roads.set(this.segment, { hover: false });
      if (segment !== null) this.roads.set(segment, { hover: true });
      this.segment = segment;
      this.charts = null;
      this.fill();
    }
    if (segment === null || !place) this.popup.remove();
    else this.popup.setLngLat(place).addTo(this.roads.map);
    if (this.isPinned && segment !== null) void this.drawCharts(segment);
  }

  /** A segment that is pinned shows its last hours too; one that is only passed asks for nothing. */
  private async drawCharts(segment: number): Promise<void> {
    const id = this.roads.features.get(segment)?.properties.segment_id;
    if (id === undefined || this.store.past) return; // the last hours are those of now
    const history = await fetchJson<SegmentHistory>(`/api/segments/${encodeURIComponent(id)}/history`).catch(() => null);
    if (!history || segment !== this.segment || !this.isPinned) return;
    this.charts = evidenceCharts(history, null, CHART_WIDTH, "popup");
    this.fill();
    this.popup.setLngLat(this.popup.getLngLat()); // it is taller now: to the side where it fits
  }

  private fill(): void {
    if (this.segment === null) return;
    const feature = this.roads.features.get(this.segment);
    if (feature) this.popup.setDOMContent(this.content(this.segment, feature.properties));
  }

  private content(id: number, road: SegmentProperties): HTMLElement {
    const state = this.store.states.get(id);
    const isOld = this.store.isOld(road.region);
    const level = isOld ? null : (state?.level ?? null);
    const speed = isOld ? null : (state?.speedKmh ?? null);
    const facts = el("dl", { class: "facts" });
    const fact = (name: string, value: string): void => {
      facts.append(el("dt", {}, name), el("dd", {}, value));
    };
    const { beside } = this.store;
    if (beside) {
      const then = beside.states.get(id)?.speedKmh ?? null;
      fact(say("past.besideSpeed", { at: momentOf(beside.minute) }), then === null ? "–" : say("segment.kmh", { n: Math.round(then) }));
    }
    fact(say("segment.freeFlow"), state?.freeFlowKmh
      ? say("segment.kmh", { n: Math.round(state.freeFlowKmh) }) : say("segment.notKnown"));
    if (!isOld) fact(say("segment.source"), state?.quality ? sayNamed("quality", state.quality) : say("segment.noState"));
    if (state?.queueLengthM && !isOld) fact(say("alerts.queue"), distance(state.queueLengthM));
    fact(say("segment.lastMeasured"), this.age(this.observed(id, road)));
    fact(say("segment.road"), say(road.lanes === 1 ? "segment.oneLane" : "segment.lanes", {
      road: sayNamed("road", road.road_class), n: road.lanes, length: distance(road.length_m),
    }));
    const one = level === null ? null : LEVELS[level];
    return el("div", { class: "segment-card", "data-level": level ?? "none" },
      el("h3", {}, roadOf(road.name)),
      el("p", { class: "segment-speed" },
        el("strong", {}, speed === null ? "–" : String(Math.round(speed))), ` ${say("unit.kmh")}`,
        el("span", { class: "level-chip" }, one ? `${level} ${one.word}` : say(isOld ? "segment.old" : "segment.noData"))),
      facts,
      this.store.past && this.isPinned ? el("p", { class: "sub" }, say("past.noCharts")) : this.charts,
      el("p", { class: "segment-id" }, say("segment.id", { id: road.segment_id })));
  }

  /** A segment measured now was measured in its region's last minute, whether it changed or not. */
  private observed(id: number, road: SegmentProperties): number | null {
    const state = this.store.states.get(id);
    const isMeasured = state?.quality === "observed" || state?.quality === "fused";
    const minute = this.store.regionMinutes.get(String(road.region)) ?? null;
    return isMeasured ? minute : (state?.observed ?? null);
  }

  private age(observed: number | null): string {
    const now = this.store.minute;
    if (this.store.past && observed !== now) return say("past.notThen");
    if (observed === null || now === null) return say("segment.notYet");
    const at = minuteOfDay(observed);
    return now > observed ? say("segment.before", { at, age: duration(now - observed) }) : say("segment.now", { at });
  }
}
