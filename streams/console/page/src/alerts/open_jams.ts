import type { Jam } from "../contract";
import type { Selection } from "../selection";
import type { Store } from "../store";

/** Which jams show their alerts one by one, in the list and on the map: those opened, and that of the chosen alert. */
export class OpenJams {
  private readonly opened = new Set<string>();
  private readonly listeners: (() => void)[] = [];

  constructor(private readonly store: Store, selection: Selection) {
    selection.on((alert) => {
      const jam = alert ? store.jamOf.get(alert.alert_id) : undefined;
      if (jam && !this.opened.has(jam.jam_id)) this.toggle(jam.jam_id);
    });
  }

  on(listener: () => void): void {
    this.listeners.push(listener);
  }

  isOpen(jam: Jam): boolean {
    return this.opened.has(jam.jam_id);
  }

  toggle(jamId: string): void {
    if (!this.opened.delete(jamId)) this.opened.add(jamId);
    for (const listener of this.listeners) listener();
  }

  /** The jam in whose card or marker an alert is hidden; null where it stands by itself. */
  closedOver(alertId: string): Jam | null {
    const jam = this.store.jamOf.get(alertId);
    return jam && !this.isOpen(jam) ? jam : null;
  }
}
