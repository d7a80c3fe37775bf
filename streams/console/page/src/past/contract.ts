// What the server tells of the past; the Python twin is streams/console/past/records.py.
import type { Alert, AreaIndices, CorridorTime, Jam, MinuteSummary, StatesSnapshot } from "../contract";

/** A local day with its first and last stored minute, and the stretches between that are not stored. */
export interface PastDay {
  date: string;
  first: number;
  last: number;
  holes: [number, number][];
}

export interface PastDays {
  days: PastDay[];
  why_none: "no_lake" | "empty" | null;
}

/** The city as it was at the end of a minute. */
export interface PastMinute {
  minute: number;
  states: StatesSnapshot;
  summary: MinuteSummary | null;
  alerts: Alert[];
  jams: Jam[];
  areas: AreaIndices[];
  corridors: CorridorTime[];
}
