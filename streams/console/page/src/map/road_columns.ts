import type { RoadColumns } from "../contract";
import type { SegmentCollection, SegmentFeature } from "./road_map";

type Point = [number, number];

/** Give the segments that the columns tell of, as the map takes them. */
export function segmentsOf(columns: RoadColumns): SegmentCollection {
  const lines: Point[][] = [];
  let [x, y, at, own] = [0, 0, 0, 0];
  const pointsOf = (count: number): Point[] => Array.from({ length: count }, () => {
    x += columns.x_steps[at] ?? 0;
    y += columns.y_steps[at] ?? 0;
    at += 1;
    return [x / columns.units_a_degree, y / columns.units_a_degree];
  });
  const features = columns.segment_id.map((segment_id, id): SegmentFeature => {
    const twin = columns.twin[id] ?? -1;
    const coordinates = twin < 0 ? pointsOf(columns.point_counts[own++] ?? 0) : (lines[twin] ?? []).toReversed();
    lines.push(coordinates);
    return {
      type: "Feature", id, geometry: { type: "LineString", coordinates },
      properties: {
        segment_id,
        name: columns.names[columns.name[id] ?? -1] ?? "",
        road_class: columns.road_classes[columns.road_class[id] ?? -1] ?? "",
        lanes: columns.lanes[id] ?? 1,
        length_m: columns.length_m[id] ?? 0,
        free_speed_kmh: columns.free_speed_kmh[id] ?? 0,
        is_two_way: columns.is_two_way[id] ?? false,
        region: columns.region[id] ?? 0,
      },
    };
  });
  return { type: "FeatureCollection", features };
}
