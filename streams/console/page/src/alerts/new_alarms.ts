import type { Alert } from "../contract";
import { isOver } from "../levels";

/** From this severity on a new alarm may be heard. */
export const LOUD_SEVERITY = 3;

/** What an alarm is for this: an alert, or what of it matters here. */
export type Alarm = Pick<Alert, "alert_id" | "severity" | "state">;

/**
 * Which alarms came since the page was opened and were not yet seen.
 *
 * What is there when the page opens is not new. One is seen once it was chosen or pointed at, or
 * somebody says that all were; what is over is not waited for.
 */
export class NewAlarms {
  private readonly known = new Set<string>();
  private readonly waiting = new Set<string>();
  private hasBegun = false;

  /** From now on what comes is new. */
  begin(): void {
    this.hasBegun = true;
  }

  /** Take alert versions; give those that are new alarms. */
  take(changed: readonly Alert[]): Alert[] {
    const fresh = changed.filter((alert) => this.hasBegun && !this.known.has(alert.alert_id) && !isOver(alert.state));
    for (const alert of changed) {
      this.known.add(alert.alert_id);
      if (isOver(alert.state)) this.waiting.delete(alert.alert_id);
    }
    for (const alert of fresh) this.waiting.add(alert.alert_id);
    return fresh;
  }

  /** Note that somebody saw it; true where it was new until then. */
  see(alertId: string): boolean {
    return this.waiting.delete(alertId);
  }

  /** Note that all were seen. */
  seeAll(): void {
    this.waiting.clear();
  }

  isNew(alertId: string): boolean {
    return this.waiting.has(alertId);
  }

  get count(): number {
    return this.waiting.size;
  }
}

/** Whether one of these alarms is to be heard. */
export const isLoud = (fresh: readonly Alarm[]): boolean => fresh.some((alert) => alert.severity >= LOUD_SEVERITY);

/** The name of the tab: how many are waiting to be seen. */
export const tabName = (waitingCount: number): string => (waitingCount ? `(${waitingCount}) Clearway` : "Clearway");

/** By how much a list must be scrolled, and how much longer it must be, so that a card stays where it is. */
export function anchored(
  moved: number, scrollTop: number, mostScroll: number,
): { scrollTop: number; missing: number } {
  const wanted = Math.max(0, scrollTop + moved);
  return { scrollTop: wanted, missing: Math.max(0, wanted - mostScroll) };
}
