import type {
  Alert, Health, Jam, Patrol, SegmentProperties, StateColumns, StatesDelta, StatesSnapshot,
} from "./contract";

/** The latest state of one segment; null where nothing is known. */
export interface SegmentState {
  speedKmh: number | null;
  freeFlowKmh: number | null;
  /** That of the minute; the map draws `drawnLevel`, that of some minutes. */
  level: number | null;
  drawnLevel: number | null;
  quality: string | null;
  queueLengthM: number | null;
  observed: number | null;
}

export interface StoreEvents {
  states: { changed: number[]; minute: number };
  alerts: { changed: Alert[] };
  health: Health;
  connection: boolean;
  patrols: { changed: Patrol[] };
  jams: { alertIds: string[] };
}

const SILENT_S = 300; // as long as a patrol may be silent and still be proposed

type Listener<K extends keyof StoreEvents> = (event: StoreEvents[K]) => void;

/** All that the page knows: fed by the live connection, read by every view. */
export class Store {
  readonly states = new Map<number, SegmentState>();
  readonly alerts = new Map<string, Alert>();
  jams: readonly Jam[] = [];
  readonly jamOf = new Map<string, Jam>();
  readonly patrols = new Map<string, Patrol>();
  readonly regionMinutes = new Map<string, number>();
  readonly segmentIndex = new Map<string, number>();
  readonly roads = new Map<string, SegmentProperties>();
  /** Where each segment begins and ends: segments that meet have the same text there. */
  readonly ends = new Map<string, { from: string; to: string }>();
  private readonly heardAt = new Map<string, number>();
  health: Health | null = null;
  isConnected = false;
  private readonly listeners: { [K in keyof StoreEvents]: Listener<K>[] } = {
    states: [], alerts: [], health: [], connection: [], patrols: [], jams: [],
  };

  on<K extends keyof StoreEvents>(name: K, listener: Listener<K>): void {
    this.listeners[name].push(listener);
  }

  private emit<K extends keyof StoreEvents>(name: K, event: StoreEvents[K]): void {
    for (const listener of this.listeners[name]) listener(event);
  }

  takeSnapshot(snapshot: StatesSnapshot): void {
    this.states.clear();
    this.regionMinutes.clear();
    for (const [region, minute] of Object.entries(snapshot.regions)) {
      this.regionMinutes.set(region, minute);
    }
    const changed = this.takeColumns(snapshot.states);
    this.emit("states", { changed, minute: Math.max(0, ...this.regionMinutes.values()) });
  }

  takeDelta(delta: StatesDelta): void {
    this.regionMinutes.set(delta.region, delta.minute);
    this.emit("states", { changed: this.takeColumns(delta.states), minute: delta.minute });
  }

  private takeColumns(columns: StateColumns): number[] {
    let segment = 0;
    return columns.steps.map((step, row) => {
      segment += step;
      this.states.set(segment, {
        speedKmh: columns.speed_kmh[row] ?? null,
        freeFlowKmh: columns.free_flow_kmh[row] ?? null,
        level: columns.level[row] ?? null,
        drawnLevel: columns.drawn_level[row] ?? null,
        quality: columns.quality[row] ?? null,
        queueLengthM: columns.queue_length_m[row] ?? null,
        observed: columns.observed[row] ?? null,
      });
      return segment;
    });
  }

  /** Whether it is not known how a district is now. */
  isOld(region: number): boolean {
    return this.health?.old_regions.includes(region) ?? false;
  }

  /** Take an alert version as it comes. */
  hearAlert(alert: Alert): void {
    this.heardAt.set(`${alert.alert_id} ${alert.version}`, performance.now());
    this.takeAlerts([alert]);
  }

  /** Seconds since an alert version came; null where it was there before the page. */
  heardAgo(alertId: string, version: number): number | null {
    const at = this.heardAt.get(`${alertId} ${version}`);
    return at === undefined ? null : (performance.now() - at) / 1000;
  }

  /** Take alert versions; one older than what is known is ignored. */
  takeAlerts(alerts: Alert[]): void {
    const changed = alerts.filter((alert) => {
      const known = this.alerts.get(alert.alert_id);
      return !known || known.version < alert.version;
    });
    for (const alert of changed) this.alerts.set(alert.alert_id, alert);
    if (changed.length) this.emit("alerts", { changed });
  }

  /** Take all jams of several alerts as they are now; tells of every alert whose jam may be another. */
  takeJams(jams: Jam[]): void {
    const alertIds = [...this.jamOf.keys(), ...jams.flatMap((jam) => jam.alert_ids)];
    this.jams = jams;
    this.jamOf.clear();
    for (const jam of jams) for (const id of jam.alert_ids) this.jamOf.set(id, jam);
    this.emit("jams", { alertIds: [...new Set(alertIds)] });
  }

  /** Take what patrols said; what they said before counts no more. */
  takePatrols(changed: Patrol[]): void {
    for (const patrol of changed) this.patrols.set(patrol.patrol_id, patrol);
    if (changed.length) this.emit("patrols", { changed });
  }

  /** Since when a patrol says nothing, where that is too long to count on it; null where it is not. */
  silentSince(patrolId: string): number | null {
    const patrol = this.patrols.get(patrolId);
    const now = this.health?.event_time ?? null;
    if (!patrol || now === null || now - patrol.event_time <= SILENT_S) return null;
    return patrol.event_time;
  }

  /** Take the feed's health; the history comes whole once, then grows by each minute's summary. */
  takeHealth(health: Health): void {
    const history = new Map(
      (health.history.length ? health.history : (this.health?.history ?? [])).map((one) => [one.minute, one]),
    );
    if (health.summary) history.set(health.summary.minute, health.summary);
    health.history = [...history.values()];
    this.health = health;
    this.emit("health", health);
  }

  setConnected(isConnected: boolean): void {
    if (isConnected === this.isConnected) return;
    this.isConnected = isConnected;
    this.emit("connection", isConnected);
  }
}
