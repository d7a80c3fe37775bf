import type { Feature, FeatureCollection, LineString, Position } from "geojson";
import type { SegmentCollection } from "./road_map";

const RANKS: Record<string, number> = {
  motorway: 0, trunk: 0, primary: 0, secondary: 1, tertiary: 2,
};
const NEAR_DEG = 0.0005; // about 50 m: the gap a large junction leaves in a road

/**
 * Join the named segments of main roads to long lines, so that a name fits along them.
 *
 * Of a two-way street only one direction is taken.
 */
export function nameLines(segments: SegmentCollection): FeatureCollection<LineString> {
  const byRoad = new Map<string, { rank: number; parts: Position[][] }>();
  for (const { geometry, properties } of segments.features) {
    const rank = RANKS[properties.road_class];
    const [first, last] = [geometry.coordinates[0], geometry.coordinates.at(-1)];
    if (!properties.name || rank === undefined || !first || !last) continue;
    if (properties.is_two_way && heading(first, last) < 0) continue;
    const road = byRoad.get(properties.name) ?? { rank, parts: [] };
    road.rank = Math.min(road.rank, rank);
    road.parts.push(geometry.coordinates);
    byRoad.set(properties.name, road);
  }
  const features: Feature<LineString>[] = [];
  for (const [name, road] of byRoad) {
    for (const coordinates of chain(road.parts)) {
      features.push({
        type: "Feature",
        properties: { name, rank: road.rank },
        geometry: { type: "LineString", coordinates },
      });
    }
  }
  return { type: "FeatureCollection", features };
}

function heading(a: Position, b: Position): number {
  const [east, north] = [(b[0] ?? 0) - (a[0] ?? 0), (b[1] ?? 0) - (a[1] ?? 0)];
  return Math.abs(east) > Math.abs(north) ? east : north;
}

function chain(parts: Position[][]): Position[][] {
  const left = new Set(parts);
  const lines: Position[][] = [];
  for (const part of parts) {
    if (!left.delete(part)) continue;
    let line = [...part];
    for (let next = follow(line.at(-1), left); next; next = follow(line.at(-1), left)) {
      left.delete(next);
      line = line.concat(next);
    }
    lines.push(line);
  }
  return joinHeads(lines);
}

/** A line started in the middle of its road: put it behind the line that ends at its start. */
function joinHeads(lines: Position[][]): Position[][] {
  const joined: Position[][] = [];
  for (const line of lines) {
    const head = joined.findIndex((other) => isNear(line.at(-1), other[0]));
    if (head >= 0) joined[head] = line.concat(joined[head] ?? []);
    else joined.push(line);
  }
  return joined;
}

function follow(end: Position | undefined, left: Set<Position[]>): Position[] | null {
  for (const part of left) if (isNear(end, part[0])) return part;
  return null;
}

function isNear(a: Position | undefined, b: Position | undefined): boolean {
  if (!a || !b) return false;
  return Math.hypot((a[0] ?? 0) - (b[0] ?? 0), (a[1] ?? 0) - (b[1] ?? 0)) < NEAR_DEG;
}
