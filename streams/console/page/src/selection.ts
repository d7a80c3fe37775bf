import type { Alert } from "./contract";
import type { Store } from "./store";
import { keepInUrl, urlValue } from "./url_state";

/** Which alert the operator is looking at. */
export class Selection {
  private selected: string | null = urlValue("alert");
  private last: string | null = null;
  private readonly listeners: ((alert: Alert | null, isMove: boolean) => void)[] = [];

  constructor(private readonly store: Store) {
    // A new version of the chosen alert redraws it, without moving the map under the operator.
    store.on("alerts", ({ changed }) => {
      if (changed.some((alert) => alert.alert_id === this.selected)) this.tell(false);
    });
    store.on("moment", () => this.tell(false));
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.choose(null);
    });
  }

  get alertId(): string | null {
    return this.selected;
  }

  /** Hear of each choice; `isMove` is true where the map should go there. */
  on(listener: (alert: Alert | null, isMove: boolean) => void): void {
    this.listeners.push(listener);
  }

  choose(alertId: string | null, isMove = true): void {
    if (alertId !== null) this.last = alertId;
    keepInUrl("alert", alertId);
    this.selected = alertId;
    this.tell(isMove);
  }

  /** Give the focus back to the list, where the case was chosen. */
  returnFocus(): void {
    const at = `[data-alert="${CSS.escape(this.last ?? "")}"] .card-main`;
    const card = document.querySelector<HTMLElement>(at);
    (card ?? document.querySelector<HTMLElement>("#alerts"))?.focus();
  }

  private tell(isMove: boolean): void {
    const alert = this.selected === null ? null : (this.store.alerts.get(this.selected) ?? null);
    for (const listener of this.listeners) listener(alert, isMove);
  }
}
