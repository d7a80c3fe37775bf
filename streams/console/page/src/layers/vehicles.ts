// What the server tells of vehicles; the Python twin is streams/console/layers/vehicle_records.py.

/** Vehicles of a part of the map as columns; a fleet of 0 is buses, of 1 taxis. */
export interface VehiclesSeen {
  known_count: number;
  in_view_count: number;
  shown_s: number;
  vehicle_id: string[];
  fleet: number[];
  longitude: number[];
  latitude: number[];
  bearing_deg: number[];
  age_s: number[];
}

export interface VehicleReport {
  vehicle_id: string;
  fleet: string;
  segment_id: string;
  offset_m: number;
  speed_kmh: number | null;
  time: number;
  is_open: boolean;
  heard_ago_s: number;
  lag_s: number;
}

const FAINTEST = 0.2;

/** How much of a vehicle is seen: all until half of its time is over, then less and less; null once it is gone. */
export function strengthOf(age: number, shownS: number): number | null {
  if (age > shownS) return null;
  const faded = Math.max(0, age / shownS - 0.5) * 2;
  return 1 - faded * (1 - FAINTEST);
}
