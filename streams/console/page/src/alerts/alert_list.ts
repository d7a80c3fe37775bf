import { alertCard } from "./alert_card";
import { AlertFilters } from "./alert_filters";
import type { Alert } from "../contract";
import { el } from "../dom";
import { isOver, SEVERITY_WORDS } from "../levels";
import type { Selection } from "../selection";
import type { Store } from "../store";

/** The gravest first, then the newest; what is over comes last. */
export function byUrgency(a: Alert, b: Alert): number {
  return (
    Number(isOver(a.state)) - Number(isOver(b.state)) ||
    b.severity - a.severity ||
    // Times are all of one form, so that their texts are in their order.
    inOrder(b.onset_time, a.onset_time) ||
    inOrder(a.alert_id, b.alert_id)
  );
}

const inOrder = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

const TOGETHER_MS = 60;

/** The list beside the map. */
export class AlertList {
  private readonly filters = new AlertFilters(() => this.draw());
  private readonly expanded = new Set<string>();
  private readonly heading = el("div", { class: "alerts-head" });
  private readonly list = el("ol", { class: "cards" });
  private readonly empty = el("div", { class: "empty" });

  constructor(
    private readonly store: Store,
    private readonly selection: Selection,
    container: HTMLElement,
    private readonly announcer: HTMLElement,
  ) {
    container.append(
      this.heading,
      this.filters.node,
      this.list,
      this.empty,
    );
    this.list.addEventListener("keydown", (event) => this.walk(event));
    store.on("alerts", ({ changed }) => {
      this.announce(changed);
      this.drawSoon();
    });
    store.on("health", () => this.drawEachMinute());
    selection.on((alert) => {
      if (alert) this.filters.reveal(alert);
      this.draw();
      this.list.querySelector('[data-selected="true"]')?.scrollIntoView({ block: "nearest" });
    });
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.unseenCount = 0;
      this.nameTab();
    });
    this.draw();
  }

  private minute: number | null = null;

  private drawEachMinute(): void {
    const now = this.store.health?.minute ?? null;
    if (now === this.minute) return;
    this.minute = now;
    this.draw();
  }

  private shown(): Alert[] {
    return [...this.store.alerts.values()].filter((alert) => this.filters.pass(alert)).sort(byUrgency);
  }

  private draw(): void {
    const focus = document.activeElement;
    const focused = focus?.closest<HTMLElement>("[data-alert]")?.dataset["alert"];
    const isToggle = focus?.classList.contains("card-toggle") ?? false;
    const alerts = this.shown();
    const cards = alerts.map((alert) => this.card(alert));
    this.arrange(cards);
    this.forget(alerts);
    this.filters.offer(this.store.alerts.values());
    this.drawHeading();
    this.drawEmpty(alerts.length);
    if (focused && !this.list.contains(document.activeElement)) {
      const card = this.list.querySelector(`[data-alert="${CSS.escape(focused)}"]`);
      card?.querySelector<HTMLElement>(isToggle ? ".card-toggle" : ".card-main")?.focus();
    }
  }

  /** Put the cards in order; what stays where it is is not touched. */
  private arrange(cards: HTMLElement[]): void {
    const stay = new Set<Element>(cards);
    for (const child of [...this.list.children]) if (!stay.has(child)) child.remove();
    let at = this.list.firstElementChild;
    for (const card of cards) {
      if (card === at) at = at.nextElementSibling;
      else this.list.insertBefore(card, at);
    }
  }

  private timer: number | undefined;

  /** Draw what changed, together with what changes in the next moment. */
  private drawSoon(): void {
    this.timer ??= window.setTimeout(() => {
      this.timer = undefined;
      this.draw();
    }, TOGETHER_MS);
  }

  private readonly drawn = new Map<string, { key: string; card: HTMLElement }>();

  private forget(shown: Alert[]): void {
    const ids = new Set(shown.map((alert) => alert.alert_id));
    for (const id of this.drawn.keys()) if (!ids.has(id)) this.drawn.delete(id);
  }

  /** Give an alert's card; one that would look as before stays, and with it the focus on it. */
  private card(alert: Alert): HTMLElement {
    const id = alert.alert_id;
    const now = this.store.health?.event_time ?? null;
    const [isSelected, isExpanded] = [this.selection.alertId === id, this.expanded.has(id)];
    const key = `${alert.version} ${this.minute} ${isSelected} ${isExpanded}`;
    const known = this.drawn.get(id);
    if (known?.key === key) return known.card;
    const card = alertCard(alert, {
      now, isSelected, isExpanded,
      onChoose: () => this.selection.choose(id),
      onToggle: () => {
        if (!this.expanded.delete(id)) this.expanded.add(id);
        this.draw();
      },
    });
    this.drawn.set(id, { key, card });
    return card;
  }

  private drawHeading(): void {
    const active = [...this.store.alerts.values()].filter((alert) => !isOver(alert.state));
    const bySeverity = [4, 3, 2, 1].map((severity) => {
      const number = active.filter((alert) => alert.severity === severity).length;
      const word = SEVERITY_WORDS[severity] ?? "";
      return el("li", { "data-severity": severity, "data-none": number === 0 },
        el("b", {}, String(number)), el("span", {}, word));
    });
    this.heading.replaceChildren(
      el("h2", {}, "Alerts ", el("span", { class: "total" }, `${active.length} active`)),
      el("ul", { class: "severities", "aria-label": "Active alerts by severity" }, ...bySeverity));
  }

  private drawEmpty(shownCount: number): void {
    this.empty.hidden = shownCount > 0;
    if (shownCount) return;
    const hidden = this.store.alerts.size;
    const children: (Node | string)[] = [el("p", {}, hidden ? "No alert matches the filter." : "No alert.")];
    if (hidden) {
      const all = el("button", { type: "button", class: "plain" }, `Show all ${hidden}`);
      all.addEventListener("click", () => {
        this.filters.open();
        this.draw();
      });
      children.push(all);
    }
    this.empty.replaceChildren(...children);
  }

  private walk(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const all = [...this.list.querySelectorAll<HTMLElement>(".card-main")];
    const here = all.findIndex((one) => one.closest(".card")?.contains(document.activeElement));
    all[Math.min(all.length - 1, Math.max(0, here + step))]?.focus();
    event.preventDefault();
  }

  /** A screen reader hears of each new alert, when it has nothing else to say. */
  private announce(changed: Alert[]): void {
    const fresh = changed.filter((alert) => this.hasBegun && alert.version === 1).sort(byUrgency);
    this.hasBegun = true;
    const [first] = fresh;
    if (!first) return;
    if (document.hidden) this.unseenCount += fresh.length;
    this.nameTab();
    const place = first.place_text?.en ?? (first.road_name || "unnamed road");
    const more = fresh.length > 1 ? `, and ${fresh.length - 1} more` : "";
    this.announcer.textContent = `New ${SEVERITY_WORDS[first.severity]} alert, ${place}${more}`;
  }

  private hasBegun = false;
  private unseenCount = 0;

  /** The name of the tab says how many came while nobody looked. */
  private nameTab(): void {
    document.title = this.unseenCount ? `(${this.unseenCount}) Clearway` : "Clearway";
  }
}
