import type { Health } from "./contract";
import { minutesLate } from "./districts";
import { dayOf, minuteOfDay, setTimezone, timeOfDay, zone } from "./format";
import type { Store } from "./store";
import { say } from "./words/say";

const MINUTE_S = 60;

/** Event time: what time it is in the feed, and until when the map tells. */
export class EventClock {
  constructor(
    private readonly store: Store,
    private readonly clock: HTMLElement,
    private readonly date: HTMLElement,
    private readonly map: HTMLElement,
    private readonly network: HTMLElement,
  ) {
    store.on("health", (health) => this.draw(health));
    store.on("moment", () => {
      if (store.health) this.draw(store.health);
    });
  }

  private draw(health: Health): void {
    setTimezone(health.timezone);
    this.network.textContent = health.network;
    const { past } = this.store;
    if (past) return this.drawPast(past.minute, health.event_time);
    this.map.textContent = mapTime(health);
    this.map.dataset["late"] = String(health.status === "late");
    if (health.event_time === null) return;
    this.clock.textContent = timeOfDay(health.event_time);
    this.clock.setAttribute("datetime", new Date(health.event_time * 1000).toISOString());
    this.date.textContent = `${dayOf(health.event_time)}, ${zone()}`;
  }

  private drawPast(minute: number, now: number | null): void {
    this.clock.textContent = minuteOfDay(minute);
    this.clock.setAttribute("datetime", new Date(minute * 1000).toISOString());
    this.date.textContent = `${dayOf(minute)}, ${zone()}`;
    this.map.textContent = now === null ? "" : say("past.clockNow", { at: timeOfDay(now) });
    this.map.dataset["late"] = "false";
  }
}

function mapTime(health: Health): string {
  const { minute, event_time } = health;
  if (minute === null) return "";
  const late = minutesLate(health);
  // A feed may end within the minute that is drawn; the map never tells of what is still to come.
  const at = minuteOfDay(Math.min(minute + MINUTE_S, event_time ?? Infinity));
  return say("clock.mapAsOf", { at }) + (late > 0 ? say("clock.behind", { n: late }) : "");
}
