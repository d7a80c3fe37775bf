import { el } from "../dom";
import { percent } from "../format";
import { fetchJson } from "../live";
import type { Store } from "../store";

/** What the server says of the load of alarms; incidents/scoring/alarm_load.py. */
interface AlarmLoad {
  hours: number;
  alarm_count: number;
  alarms_per_operator_hour: number;
  most_in_ten_minutes: number;
  flood_share: number;
}

// ISA-18.2: about six alarms an hour are acceptable for an operator, twelve can be borne; more than
// ten in ten minutes are a flood.
const MOST_AN_HOUR = 12;
const FLOOD = 10;

/** How much the alarms ask of one operator, a line that is drawn anew each minute. */
export class AlarmLoadLine {
  private minute: number | null = null;

  constructor(private readonly store: Store, private readonly node: HTMLElement) {
    store.on("health", () => void this.look());
  }

  private async look(): Promise<void> {
    const now = this.store.health?.minute ?? null;
    if (now === this.minute) return;
    this.minute = now;
    const load = await fetchJson<AlarmLoad | null>("/api/alarm-load").catch(() => null);
    if (!load) return;
    const isLong = load.hours >= 1; // of less time a rate says nothing
    const isMuch = (isLong && load.alarms_per_operator_hour > MOST_AN_HOUR) || load.most_in_ten_minutes > FLOOD;
    const hours = isLong ? `${Math.round(load.hours)} h` : `${Math.round(load.hours * 60)} min`;
    this.node.dataset["much"] = String(isMuch);
    this.node.title = `Of the last ${hours}; ISA-18.2 asks for at most ${MOST_AN_HOUR} an hour and ${FLOOD} in ten minutes`;
    this.node.replaceChildren(
      el("b", {}, isLong ? load.alarms_per_operator_hour.toFixed(1) : String(load.alarm_count)),
      isLong ? " alarms an hour, " : ` ${load.alarm_count === 1 ? "alarm" : "alarms"} in ${hours}, `,
      el("b", {}, String(load.most_in_ten_minutes)), " at most in ten minutes",
      load.flood_share > 0 ? `, flooded ${percent(load.flood_share)} of the time` : "");
  }
}
