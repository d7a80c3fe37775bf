import { el } from "../dom";
import { percent } from "../format";
import { fetchJson } from "../live";
import type { Store } from "../store";
import { say } from "../words/say";

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
    const hours = isLong ? say("load.hours", { n: Math.round(load.hours) }) : say("unit.minutes", { n: Math.round(load.hours * 60) });
    this.node.dataset["much"] = String(isMuch);
    this.node.title = say("load.title", { time: hours, hour: MOST_AN_HOUR, flood: FLOOD });
    this.node.replaceChildren(
      el("b", {}, isLong ? load.alarms_per_operator_hour.toFixed(1) : String(load.alarm_count)),
      say(isLong ? "load.rate" : load.alarm_count === 1 ? "load.one" : "load.some", { time: hours }),
      el("b", {}, String(load.most_in_ten_minutes)), say("load.most"),
      load.flood_share > 0 ? say("load.flooded", { share: percent(load.flood_share) }) : "");
  }
}
