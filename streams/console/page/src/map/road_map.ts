import type { Feature, FeatureCollection, LineString } from "geojson";
import { type ErrorEvent, type GeoJSONSource, LngLat, LngLatBounds, Map as MapLibre, NavigationControl, ScaleControl, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";

import type { Alert, SegmentProperties } from "../contract";
import { isStacked } from "../dom";
import { nameLines } from "./road_names";
import { CHANGES_LAYER, dimmed, LEVEL_LAYER, MARKS, roadStyle, SOURCE, screenScale } from "./road_style";
import type { Store } from "../store";
import { say } from "../words/say";

export interface SegmentFeature extends Feature<LineString, SegmentProperties> {
  id: number;
}
export interface SegmentCollection extends FeatureCollection<LineString, SegmentProperties> {
  features: SegmentFeature[];
}

const MARK_NAMES = new Set(["queue", "root", "detour", "way", "hover", "found"]);

setWorkerUrl(workerUrl);

/** The map: segments coloured by their latest level. */
export class RoadMap {
  readonly map: MapLibre;
  readonly ready: Promise<void>;
  readonly features: Map<number, SegmentFeature>;
  private readonly segmentsByRegion = new Map<string, number[]>();
  private readonly staleRegions = new Set<string>();
  private readonly whole: LngLatBounds;
  private emphasised: number | null = null;
  private isReadingAgain = false;

  constructor(private readonly store: Store, segments: SegmentCollection, container: HTMLElement) {
    this.features = new Map(segments.features.map((feature) => [feature.id, feature]));
    for (const feature of segments.features) {
      const region = String(feature.properties.region);
      const members = this.segmentsByRegion.get(region);
      if (members) members.push(feature.id);
      else this.segmentsByRegion.set(region, [feature.id]);
    }
    this.whole = boundsOf(segments);
    this.map = new MapLibre({
      container,
      style: roadStyle(),
      bounds: this.whole,
      hash: true, // the address holds what is seen, so that a link shows the same
      fitBoundsOptions: { padding: 24 },
      attributionControl: { compact: false, customAttribution: say("map.rights") },
      maxZoom: 19,
      dragRotate: false,
      pitchWithRotate: false,
      reduceMotion: matchMedia("(prefers-reduced-motion: reduce)").matches,
    });
    this.map.on("error", (event) => this.failed(event));
    this.map.touchZoomRotate.disableRotation();
    this.map.addControl(new NavigationControl({ showCompass: false }), "top-right");
    this.map.addControl(new ScaleControl({ maxWidth: 120 * screenScale() }), "bottom-right");
    this.ready = this.load(segments);
  }

  /** Read the roads' tiles again, a second later at most: where a layer comes while they change, one may fail. */
  private failed(event: ErrorEvent & { sourceId?: string }): void {
    if (event.sourceId !== SOURCE) {
      console.error(event.error);
      return;
    }
    if (this.isReadingAgain) return;
    this.isReadingAgain = true;
    setTimeout(() => {
      this.isReadingAgain = false;
      this.map.refreshTiles(SOURCE);
    }, 1000);
  }

  private async load(segments: SegmentCollection): Promise<void> {
    await this.map.once("load");
    this.geojson(SOURCE).setData(segments);
    this.geojson("names").setData(nameLines(segments));
    this.store.on("states", ({ changed }) => this.paint(changed));
    this.store.on("health", () => this.paintStale());
    this.store.on("moment", () => this.paintStale());
    this.paint([...this.store.states.keys()]);
  }

  private geojson(id: string): GeoJSONSource {
    const source = this.map.getSource<GeoJSONSource>(id);
    if (!source) throw new Error(`the map has no source ${id}`);
    return source;
  }

  private paint(changed: number[]): void {
    for (const id of changed) {
      const state = this.store.states.get(id);
      this.set(id, {
        level: state?.drawnLevel ?? -1,
        quality: state?.quality ?? "none",
        muted: this.emphasised !== null && state?.drawnLevel !== this.emphasised,
      });
    }
    this.paintStale();
    if (changed.some((id) => this.marks.has(id))) this.drawMarks();
  }

  private paintStale(): void {
    for (const [region, members] of this.segmentsByRegion) {
      const isStale = this.store.isOld(Number(region));
      if (isStale === this.staleRegions.has(region)) continue;
      if (isStale) this.staleRegions.add(region);
      else this.staleRegions.delete(region);
      for (const id of members) this.set(id, { stale: isStale });
      this.drawMarks();
    }
  }

  /** Let only one level stand out; null shows all. */
  emphasise(level: number | null): void {
    this.emphasised = level;
    for (const id of this.features.keys()) {
      this.set(id, { muted: level !== null && this.store.states.get(id)?.drawnLevel !== level });
    }
  }

  /** Set feature state of one segment. */
  set(id: number, state: Record<string, unknown>): void {
    this.map.setFeatureState({ source: SOURCE, id }, state);
    const marks = Object.entries(state).filter(([name]) => MARK_NAMES.has(name));
    if (!marks.length) return;
    const all = { ...this.marks.get(id), ...Object.fromEntries(marks) };
    if (Object.values(all).some(Boolean)) this.marks.set(id, all);
    else this.marks.delete(id);
    if (this.isMarking) return;
    this.isMarking = true;
    queueMicrotask(() => this.drawMarks());
  }

  private readonly marks = new Map<number, Record<string, unknown>>();
  private isMarking = false;

  /** Draw the few segments that are marked, in a source of their own: a layer of all of them costs all of them. */
  private drawMarks(): void {
    this.isMarking = false;
    const features = [...this.marks].flatMap(([id, marks]) => {
      const feature = this.features.get(id);
      const isStale = feature && this.staleRegions.has(String(feature.properties.region));
      // Marked roads are as wide as those under them.
      const level = isStale ? -1 : (this.store.states.get(id)?.drawnLevel ?? -1);
      return feature ? [{ ...feature, properties: { ...feature.properties, ...marks, level } }] : [];
    });
    this.map.getSource<GeoJSONSource>(MARKS)?.setData({ type: "FeatureCollection", features });
  }

  /** Let the chosen queue stand out from all other roads, or no longer. */
  private dimRest(isDim: boolean): void {
    if (isDim === this.isDim) return;
    this.isDim = isDim;
    for (const [layer, opacity] of Object.entries(dimmed(isDim))) {
      this.map.setPaintProperty(layer, "line-opacity", opacity);
    }
  }

  private lit: number[] = [];

  /** The segments of an alert's queue, its root last. */
  segmentsOf(alert: Alert): number[] {
    const ids = [...alert.queue_segment_ids, alert.segment_id].map((id) => this.store.segmentIndex.get(id));
    return ids.filter((id) => id !== undefined);
  }

  /** Let the root and the queue of an alert glow, and no longer those of the one before. */
  light(alert: Alert | null): void {
    for (const id of this.lit) this.set(id, { queue: false, root: false });
    this.lit = alert ? this.segmentsOf(alert) : [];
    for (const id of this.lit) this.set(id, { queue: true });
    const root = alert && this.store.segmentIndex.get(alert.segment_id);
    if (typeof root === "number") this.set(root, { queue: alert?.queue_segment_ids.includes(alert.segment_id) ?? false, root: true });
    this.dimRest((alert?.queue_segment_ids.length ?? 0) > 0);
  }

  /** Show a district. */
  showRegion(region: string): void {
    this.show(this.segmentsByRegion.get(region) ?? []);
  }

  private show(ids: readonly number[]): void {
    const bounds = new LngLatBounds();
    for (const id of ids) {
      for (const [x, y] of this.features.get(id)?.geometry.coordinates ?? []) {
        if (x !== undefined && y !== undefined) bounds.extend([x, y]);
      }
    }
    if (!bounds.isEmpty()) this.map.fitBounds(bounds, { padding: 24, duration: 1400, maxZoom: 16 });
  }

  private isDim = false;
  private outlined: number[] = [];

  /** Show the whole city, as when the page was opened. */
  goHome(): void {
    this.map.setPadding({ left: 0, top: 0, right: 0, bottom: 0 }); // no card covers it any more
    this.map.fitBounds(this.whole, { padding: 24 });
  }

  private foundIds: number[] = [];
  private foundListener: (segment: number, place: LngLat) => void = () => undefined;

  /** Go to a place and mark its segments, and no longer those before; without a place only that. */
  find(point: [number, number] | null, segmentIds: string[]): void {
    for (const id of this.foundIds) this.set(id, { found: false });
    const ids = segmentIds.map((id) => this.store.segmentIndex.get(id));
    this.foundIds = ids.filter((id) => id !== undefined);
    for (const id of this.foundIds) this.set(id, { found: true });
    if (point) this.flyTo(point, this.foundIds, false);
  }

  /** Call with a segment that was looked for by its name, and its place. */
  onFound(listener: (segment: number, place: LngLat) => void): void {
    this.foundListener = listener;
  }

  /** Go to a segment that was looked for by its name. */
  findSegment(point: [number, number], segmentId: string): void {
    this.find(point, [segmentId]);
    const [id] = this.foundIds;
    if (id !== undefined) this.foundListener(id, LngLat.convert(point));
  }

  /** Show a chain of segments whole, and mark it as what is found. */
  findSegments(segmentIds: string[]): void {
    this.find(null, segmentIds);
    this.show(this.foundIds);
  }

  /** Outline the way around a queue, and no longer the one before. */
  async outline(segmentIds: string[]): Promise<void> {
    const found = segmentIds.map((id) => this.store.segmentIndex.get(id));
    const before = this.outlined;
    this.outlined = found.filter((id) => id !== undefined);
    await this.ready;
    for (const id of before) this.set(id, { detour: false });
    for (const id of this.outlined) this.set(id, { detour: true });
  }

  /** Fly so that all these segments and the point are well in view. */
  flyTo(point: [number, number], segments: number[], isBesideCard = true): void {
    const bounds = new LngLatBounds(point, point);
    for (const id of segments) {
      for (const [x, y] of this.features.get(id)?.geometry.coordinates ?? []) {
        if (x !== undefined && y !== undefined) bounds.extend([x, y]);
      }
    }
    const { clientWidth, clientHeight } = this.map.getContainer(); // which is low at 200 %
    const padding = Math.min(120, clientWidth / 4, clientHeight / 4);
    const camera = this.map.cameraForBounds(bounds, { padding, maxZoom: 16 });
    const zoom = Math.max(14, camera?.zoom ?? 15.5);
    // The card of the case covers the left of the map; on a phone it lies under it.
    const isUnder = isStacked();
    const left = isUnder || !isBesideCard ? 0 : Math.min(400, this.map.getContainer().clientWidth / 2);
    this.map.flyTo({ center: point, zoom, duration: 1400, padding: { left } });
  }

  /** The segment drawn nearest to a point of the screen. */
  segmentNear(point: { x: number; y: number }): number | null {
    for (const reach of [5, 20, 80]) {
      const found = this.segmentAt(point, reach);
      if (found !== null) return found;
    }
    return null;
  }

  /** The segment drawn at a point of the screen, within a few pixels. */
  segmentAt(point: { x: number; y: number }, reach = 5): number | null {
    return this.under(point, [], reach).segment;
  }

  /** What is drawn at a point of the screen: a thing of these layers, which lie above the roads, or a segment. */
  under(point: { x: number; y: number }, things: string[], reach = 5): { isThing: boolean; segment: number | null } {
    const roads = this.map.getLayer(CHANGES_LAYER) ? CHANGES_LAYER : LEVEL_LAYER;
    const [feature] = this.map.queryRenderedFeatures(
      [[point.x - reach, point.y - reach], [point.x + reach, point.y + reach]], { layers: [...things, roads] },
    );
    const isThing = feature !== undefined && feature.layer.id !== roads;
    return { isThing, segment: !isThing && typeof feature?.id === "number" ? feature.id : null };
  }
}

/** Where the network is; a lone road that runs far out does not make the city small. */
function boundsOf(segments: SegmentCollection): LngLatBounds {
  const points = segments.features.flatMap(({ geometry }) => geometry.coordinates);
  const among = (axis: number, share: number): number => {
    const sorted = points.map((point) => point[axis] ?? 0).sort((a, b) => a - b);
    return sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  };
  return new LngLatBounds(
    [among(0, 0.005), among(1, 0.005)],
    [among(0, 0.995), among(1, 0.995)],
  );
}
