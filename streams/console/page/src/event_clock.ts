import type { Health } from "./contract";
import { dayOf, setTimezone, timeOfDay, zone } from "./format";
import type { Store } from "./store";

/** Event time: what time it is in the feed. */
export class EventClock {
  constructor(
    store: Store,
    private readonly clock: HTMLElement,
    private readonly date: HTMLElement,
    private readonly network: HTMLElement,
  ) {
    store.on("health", (health) => this.draw(health));
  }

  private draw(health: Health): void {
    setTimezone(health.timezone);
    this.network.textContent = health.network;
    if (health.event_time === null) return;
    this.clock.textContent = timeOfDay(health.event_time);
    this.clock.setAttribute("datetime", new Date(health.event_time * 1000).toISOString());
    this.date.textContent = `${dayOf(health.event_time)}, ${zone()}`;
  }
}
