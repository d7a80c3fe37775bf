import type {
  Alert, Health, Jam, MinuteSummary, Patrol, SegmentProperties, StatesDelta, StatesSnapshot,
} from "./contract";
import { isOver } from "./levels";
import { compare, type Comparison } from "./past/comparison";
import type { PastMinute } from "./past/contract";
import { Picture, type SegmentState } from "./past/picture";

export interface StoreEvents {
  states: { changed: number[]; minute: number };
  alerts: { changed: Alert[] };
  health: Health;
  connection: boolean;
  patrols: { changed: Patrol[] };
  jams: { alertIds: string[] };
  /** Another moment is shown: one of the past, or now again. */
  moment: PastMinute | null;
  /** What is shown beside another moment, or no longer. */
  comparison: Comparison | null;
  /** Alerts came while the past is shown, which is not touched by them. */
  unseen: { changed: Alert[] };
}

const MINUTE_S = 60;
const SILENT_S = 300; // as long as a patrol may be silent and still be proposed

type Listener<K extends keyof StoreEvents> = (event: StoreEvents[K]) => void;

/**
 * All that the page knows: fed by the live connection, read by every view.
 *
 * What is read is the picture of now, or of a moment of the past while one is shown; the live one
 * goes on beneath it, unseen.
 */
export class Store {
  private readonly live = new Picture();
  private shown = this.live;
  private readonly livePatrols = new Map<string, Patrol>();
  /** The moment of the past that is shown, null for now. */
  past: PastMinute | null = null;
  /** The moment that the one shown is compared with, and its states. */
  beside: { minute: number; states: ReadonlyMap<number, SegmentState> } | null = null;
  comparison: Comparison | null = null;
  /** The active alerts that came while the past is shown. */
  readonly cameMeanwhile = new Set<string>();
  readonly segmentIndex = new Map<string, number>();
  readonly roads = new Map<string, SegmentProperties>();
  /** Where each segment begins and ends: segments that meet have the same text there. */
  readonly ends = new Map<string, { from: string; to: string }>();
  private readonly heardAt = new Map<string, number>();
  health: Health | null = null;
  isConnected = false;
  private readonly listeners: { [K in keyof StoreEvents]: Listener<K>[] } = {
    states: [], alerts: [], health: [], connection: [], patrols: [], jams: [], moment: [], comparison: [], unseen: [],
  };

  get states(): ReadonlyMap<number, SegmentState> {
    return this.shown.states;
  }

  get alerts(): ReadonlyMap<string, Alert> {
    return this.shown.alerts;
  }

  get jams(): readonly Jam[] {
    return this.shown.jams;
  }

  get jamOf(): ReadonlyMap<string, Jam> {
    return this.shown.jamOf;
  }

  get regionMinutes(): ReadonlyMap<string, number> {
    return this.shown.regionMinutes;
  }

  /** Where patrols were is not stored: of the past none is known. */
  get patrols(): ReadonlyMap<string, Patrol> {
    return this.past ? new Map() : this.livePatrols;
  }

  /** The sum of the network in the minute that is shown. */
  get summary(): MinuteSummary | null {
    return this.past ? this.past.summary : (this.health?.summary ?? null);
  }

  /** The minute that is shown: its start. */
  get minute(): number | null {
    return this.past?.minute ?? this.health?.minute ?? null;
  }

  /** The time at which the city is shown: event time, or the end of the minute of the past. */
  get now(): number | null {
    return this.past ? this.past.minute + MINUTE_S : (this.health?.event_time ?? null);
  }

  /** Show a moment of the past, or with null what is now. */
  show(past: PastMinute | null): void {
    const before = this.shown;
    const picture = past ? new Picture() : this.live;
    if (past) {
      picture.takeColumns(past.states.states);
      picture.takeRegions(past.states.regions);
      for (const alert of past.alerts) picture.alerts.set(alert.alert_id, alert);
      picture.takeJams(past.jams);
    } else {
      this.cameMeanwhile.clear();
    }
    this.shown = picture;
    this.past = past;
    this.emit("states", { changed: picture.otherThan(before), minute: this.minute ?? 0 });
    this.emit("moment", past);
    if (this.beside) this.compareWith(past && this.beside);
  }

  /** Compare the moment that is shown with another, or with null no longer. */
  compareWith(beside: Store["beside"]): void {
    this.beside = beside;
    const lengths = new Map([...this.roads.values()].map((road) => [this.segmentIndex.get(road.segment_id) ?? -1, road.length_m]));
    this.comparison = beside && compare(this.states, beside.states, lengths);
    this.emit("comparison", this.comparison);
  }

  on<K extends keyof StoreEvents>(name: K, listener: Listener<K>): void {
    this.listeners[name].push(listener);
  }

  private emit<K extends keyof StoreEvents>(name: K, event: StoreEvents[K]): void {
    for (const listener of this.listeners[name]) listener(event);
  }

  takeSnapshot(snapshot: StatesSnapshot): void {
    this.live.states.clear();
    this.live.takeRegions(snapshot.regions);
    const changed = this.live.takeColumns(snapshot.states);
    this.tellStates(changed, Math.max(0, ...this.live.regionMinutes.values()));
  }

  takeDelta(delta: StatesDelta): void {
    this.live.regionMinutes.set(delta.region, delta.minute);
    this.tellStates(this.live.takeColumns(delta.states), delta.minute);
  }

  private tellStates(changed: number[], minute: number): void {
    if (!this.past) this.emit("states", { changed, minute });
  }

  /** Whether it is not known how a district is at the time that is shown. */
  isOld(region: number): boolean {
    return !this.past && this.health?.old_regions.includes(region) === true;
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
      const known = this.live.alerts.get(alert.alert_id);
      return !known || known.version < alert.version;
    });
    const fresh = changed.filter((alert) => !this.live.alerts.has(alert.alert_id) && !isOver(alert.state));
    for (const alert of changed) this.live.alerts.set(alert.alert_id, alert);
    if (!changed.length) return;
    if (!this.past) return this.emit("alerts", { changed });
    for (const alert of fresh) this.cameMeanwhile.add(alert.alert_id);
    this.emit("unseen", { changed });
  }

  /** Take all jams of several alerts as they are now; tells of every alert whose jam may be another. */
  takeJams(jams: Jam[]): void {
    const alertIds = [...this.live.jamOf.keys(), ...jams.flatMap((jam) => jam.alert_ids)];
    this.live.takeJams(jams);
    if (!this.past) this.emit("jams", { alertIds: [...new Set(alertIds)] });
  }

  /** Take what patrols said; what they said before counts no more. */
  takePatrols(changed: Patrol[]): void {
    for (const patrol of changed) this.livePatrols.set(patrol.patrol_id, patrol);
    if (changed.length) this.emit("patrols", { changed });
  }

  /** Since when a patrol says nothing, where that is too long to count on it; null where it is not. */
  silentSince(patrolId: string): number | null {
    const patrol = this.patrols.get(patrolId);
    const now = this.now;
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
