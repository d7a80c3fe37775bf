import type { Alert, Way } from "../contract";
import { isOver } from "../levels";
import { fetchJson } from "../live";
import type { Selection } from "../selection";
import type { Store } from "../store";
import type { RoadMap } from "./road_map";

/** The way of the patrol of the chosen case, drawn on the map. */
export class PatrolWay {
  private lit: number[] = [];
  private shown = "";

  constructor(private readonly store: Store, selection: Selection, private readonly roads: RoadMap) {
    selection.on((alert) => void this.show(alert));
    store.on("patrols", () => {
      const alert = store.alerts.get(selection.alertId ?? "");
      if (alert) void this.show(alert);
    });
  }

  private async show(alert: Alert | null): Promise<void> {
    const patrol = this.store.patrols.get(alert?.patrol?.id ?? "");
    const isNeeded = alert !== null && patrol !== undefined && !isOver(alert.state);
    const key = isNeeded ? `${alert.alert_id} ${patrol.patrol_id} ${patrol.event_time}` : "";
    if (key === this.shown) return;
    this.shown = key;
    let way: Way | null = null;
    if (isNeeded) {
      const [id, of] = [patrol.patrol_id, alert.alert_id].map(encodeURIComponent);
      way = await fetchJson<Way | null>(`/api/patrols/${id}/way?alert=${of}`).catch(() => null);
    }
    if (this.shown !== key) return; // overtaken
    for (const id of this.lit) this.roads.set(id, { way: false });
    const found = (way?.segment_ids ?? []).map((id) => this.store.segmentIndex.get(id));
    this.lit = found.filter((id) => id !== undefined);
    for (const id of this.lit) this.roads.set(id, { way: true });
  }
}
