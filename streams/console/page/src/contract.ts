// What the server sends; the Python twin is streams/console/contract.py.

export type Quality = "observed" | "fused" | "filled" | "historic" | "unknown";

/** Columns over segments; `steps` hold the position of the first in the network, the map's feature id, then how much further each next one is. */
export interface StateColumns {
  steps: number[];
  speed_kmh: (number | null)[];
  free_flow_kmh: (number | null)[];
  level: (number | null)[];
  drawn_level: (number | null)[];
  quality: (Quality | null)[];
  queue_length_m: (number | null)[];
  observed: (number | null)[];
}

/** The changed segments of one region's minute. Times are seconds since 1970 UTC. */
export interface StatesDelta {
  region: string;
  minute: number;
  states: StateColumns;
}

export interface StatesSnapshot {
  network: string;
  interval_s: number;
  regions: Record<string, number>;
  segment_ids: string[];
  states: StateColumns;
}

export interface Evidence {
  source: string;
  seen: string;
  when: string;
  weight: number;
  /** The same as `seen`, as a word and its values; without a word it is what people said. */
  word?: string;
  values?: Record<string, number | string>;
}

/** A cause with its probability, and what tells it from the next likely one: log odds for it, or against it below 0. */
export interface CauseShare {
  cause: string;
  probability: number;
  evidence?: Evidence[];
}

/** Where the queue will be; between the bounds four times in five. */
export interface ForecastPoint {
  minutes: number;
  queue_length_m: number;
  low_m?: number | null;
  high_m?: number | null;
}

export interface PlaceText {
  zh: string;
  en: string;
}

export interface LaneImpact {
  lane: number | string;
  state: "open" | "slow" | "blocked";
}

export interface AssignedPatrol {
  id: string;
  eta_s?: number | null;
  why?: string | null;
  /** Since when it is on its way. */
  accepted_time?: string | null;
}

/** One change of a case: who, when, what and why. */
export interface CaseEvent {
  version: number;
  time: string;
  actor: string;
  action: string;
  reason?: string;
  command_id?: string;
  patrol?: AssignedPatrol;
  unit?: string;
  until?: string;
  into?: string;
  lane_impact?: LaneImpact[];
  comment?: string;
  plan?: string;
  cause?: string;
  severity?: number;
}

export type Stamp = "t0" | "t1" | "t2" | "t3" | "t4" | "t5" | "t6" | "t7";

export interface Alert {
  alert_id: string;
  version: number;
  state: string;
  kind: "incident" | "hotspot";
  event_time: string;
  onset_time: string;
  segment_id: string;
  offset_m: number;
  longitude: number;
  latitude: number;
  road_name: string;
  cause: string;
  cause_probability: number;
  causes?: CauseShare[];
  evidence: Evidence[];
  queue_segment_ids: string[];
  queue_length_m: number;
  delay_veh_h: number;
  severity: number;
  lane: number | null;
  forecast: ForecastPoint[];
  responsible_unit: string | null;
  cameras: string[];
  cross_from: string | null;
  cross_to: string | null;
  place_text: PlaceText | null;
  merged_into: string | null;
  owner: string | null;
  unit_path: string[];
  stamps: Record<Stamp, string | null>;
  lane_impact: LaneImpact[];
  patrol: AssignedPatrol | null;
  is_confirmed: boolean;
  is_published: boolean;
  is_disputed: boolean;
  suppressed_until: string | null;
  escalation: number;
  log: CaseEvent[];
}

/** How congested the city or a district is; of congestion/indices.py. */
export interface AreaIndices {
  area: string;
  segment_count: number;
  speed_kmh: number | null;
  tti: number | null;
  congested_share: number | null;
  tpi_travel_time: number | null;
}

/** How long a corridor takes; of congestion/corridor_times.py. */
export interface CorridorTime {
  name: string;
  segment_ids: string[];
  length_m: number;
  time_s: number | null;
  usual_s: number | null;
  free_s: number | null;
  measured_share: number;
  slow_above_s: number | null;
  alarm_above_s: number | null;
  status: "unknown" | "unbounded" | "free" | "slow" | "alarm";
}

export interface Span {
  sample_count: number;
  median_s: number | null;
}

/** The numbers of the service; of incidents/cases/service.py. */
export interface ServiceReport {
  whole: {
    case_count: number;
    open_count: number;
    handled_in_time_share: number | null;
    closed_share: number | null;
    precision: number | null;
    spans: Record<string, Span>;
  };
}

/** Several alerts of one jam, the gravest root first; of incidents/response/jams.py. */
export interface Jam {
  jam_id: string;
  alert_ids: string[];
  severity: number;
  since: string;
  queue_length_m: number;
  delay_veh_h: number;
}

/** Which part of a source is silent: districts, or shares of all vehicles, by their numbers. */
export interface SilentShare {
  of: "districts" | "vehicles";
  count: number;
  silent: number[];
  silence_s: number;
}

export interface SourceHealth {
  name: string;
  title: string;
  status: "live" | "partial" | "quiet" | "none" | "ended" | "unknown";
  rows_per_min: number | null;
  age_s: number | null;
  rows: number;
  refused: number;
  reasons: Record<string, number>;
  excluded: Record<string, number>;
  withdrawn: Record<string, number>;
  untimely: number | null;
  clock_off_s: number | null;
  silent: SilentShare | null;
}

export interface MinuteSummary {
  minute: number;
  speed_kmh: number | null;
  free_flow_share: number | null;
  level_counts: number[];
  congested_km: number;
  measured_km: number;
  filled_km: number;
  unseen_km: number;
  tpi: number | null;
  usual_tpi: number | null;
}

/** A stage's partition of which its worker tells nothing, while others speak. */
export interface SilentPart {
  stage: string;
  partition: number;
  silence_s: number;
}

/** What a worker does before it joins; of streams/stages/counts.py. */
export interface StartStep {
  what: string;
  number: number;
  count: number;
  usual_s: number;
  all_usual_s: number;
}

export interface Health {
  network: string;
  timezone: string;
  event_time: number | null;
  minute: number | null;
  lag_s: number | null;
  status: "live" | "late" | "waiting" | "partial" | "silent" | "elsewhere" | "ended" | "disconnected";
  detail: string;
  sources: SourceHealth[];
  summary: MinuteSummary | null;
  start: StartStep | null;
  silent_parts: SilentPart[];
  unheard_regions: number[];
  old_regions: number[];
  history: MinuteSummary[];
}

export interface SegmentProperties {
  segment_id: string;
  name: string;
  road_class: string;
  lanes: number;
  length_m: number;
  free_speed_kmh: number;
  is_two_way: boolean;
  region: number;
}

/** The segments as columns; of mapmatch/road_columns.py. */
export interface RoadColumns {
  units_a_degree: number;
  names: string[];
  road_classes: string[];
  segment_id: string[];
  name: number[];
  road_class: number[];
  lanes: number[];
  length_m: number[];
  free_speed_kmh: number[];
  is_two_way: boolean[];
  region: number[];
  twin: number[];
  point_counts: number[];
  x_steps: number[];
  y_steps: number[];
}

/** Who looks at the page; the Python twin is streams/console/access/person.py. */
export interface Person {
  name: string | null;
  role: "viewer" | "operator" | "admin";
  units: string[];
  is_demo: boolean;
  why_read_only: string | null;
}

/** A command that a case can be given: all of `needs`, and one of `needs_any` at least. */
export interface Offer {
  action: string;
  leads_to: string;
  needs: string[];
  needs_any: string[];
  reasons: string[];
  because: string;
}

export interface CaseActions {
  alert_id: string;
  version: number;
  actions: Offer[];
  why_none: string | null;
}

/** The one answer to a command; where it is not accepted nothing has changed. */
export interface CommandResult {
  command_id: string;
  alert_id: string | null;
  is_accepted: boolean;
  reason: string | null;
  version: number | null;
  answer: "done" | "stale" | "impossible" | "malformed" | "forbidden";
}

/** Where a patrol is and what it does, as it last said; seconds since 1970 UTC. */
export interface Patrol {
  patrol_id: string;
  event_time: number;
  longitude: number;
  latitude: number;
  status: "free" | "assigned" | "busy" | "off";
  unit: string | null;
  skills: string[];
}

/** A patrol, null where it never spoke, and its cases; of streams/console/patrol_board.py. */
export interface PatrolWork {
  patrol: Patrol | null;
  sent: Alert[];
  proposed: Alert[];
}

export interface Way {
  eta_s: number;
  segment_ids: string[];
  streets: { road_name: string; length_m: number }[];
}

/** A standing vehicle or a camera's word; of streams/console/history. */
export interface SeenThing {
  source: string;
  kind: string;
  seen_by: string;
  since: number;
  until: number;
  lane: number | null;
}

type Minutes = (number | null)[];

/** A segment's minutes from `start`, one entry each; of streams/console/history. */
export interface SegmentHistory {
  segment_id: string;
  start: number;
  interval_s: number;
  speed_kmh: Minutes;
  usual_low_kmh: Minutes;
  usual_high_kmh: Minutes;
  detector_speed_kmh: Minutes;
  probe_speed_kmh: Minutes;
  probe_count: Minutes;
  flow_veh_h: Minutes;
  occupancy: Minutes;
  queue_length_m: Minutes;
  sightings: SeenThing[];
}

/** The last hours at the root of an alert, its queue, and what was seen on all its segments. */
export interface AlertHistory {
  alert_id: string;
  root: SegmentHistory;
  queue: { time: number; length_m: number }[];
  sightings: SeenThing[];
}

/** A thing with a place; of streams/console/search.py. */
export interface Found {
  kind: "alert" | "road" | "crossing" | "camera" | "segment";
  id: string;
  title: string;
  longitude: number;
  latitude: number;
  segment_ids: string[];
}
