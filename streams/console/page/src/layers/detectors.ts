// What the server tells of detectors; the Python twin is streams/console/layers/detector_records.py.

export const DETECTOR_STATUSES = ["faulty", "silent", "never", "unplaced", "unknown", "sound"] as const;
export type DetectorStatus = (typeof DETECTOR_STATUSES)[number];

/** Every detector as columns, in the order of their file. */
export interface DetectorPlaces {
  detector_id: string[];
  longitude: number[];
  latitude: number[];
  bearing_deg: (number | null)[];
  segment_id: (string | null)[];
}

/** How they are, in the order of their places; `fault` by the id of those with one. */
export interface DetectorsHealth {
  minute: number | null;
  status: DetectorStatus[];
  fault: Record<string, string>;
}

export interface DetectorReport {
  detector_id: string;
  lane: number;
  lanes: number | null;
  segment_id: string | null;
  status: DetectorStatus;
  fault: { fault: string; since: number; until: number | null; evidence: string } | null;
  put_aside: "all" | "count" | "occupancy" | "lane" | null;
  reading: { minute: number; vehicle_count: number | null; occupancy: number | null; speed_kmh: number | null } | null;
  known_since: number | null;
}

/** The numbers of the detectors that are not as they should be, the worst kind first, of each kind in order of their ids. */
export function unsound(places: DetectorPlaces, health: DetectorsHealth): number[] {
  const rank = (number: number): number => DETECTOR_STATUSES.indexOf(health.status[number] ?? "sound");
  const id = (number: number): string => places.detector_id[number] ?? "";
  return health.status
    .flatMap((status, number) => (status === "sound" || status === "unknown" ? [] : [number]))
    .sort((a, b) => rank(a) - rank(b) || id(a).localeCompare(id(b)));
}
