import { alertCard } from "./alert_card";
import { AlertFilters } from "./alert_filters";
import type { Alert, Jam } from "../contract";
import { el, isStacked } from "../dom";
import { minuteOfDay } from "../format";
import { isOver, placeOf, severityWord } from "../levels";
import type { AlarmSound } from "./alarm_sound";
import { jamCard } from "./jam_card";
import type { OpenJams } from "./open_jams";
import { anchored, isLoud, NewAlarms, tabName } from "./new_alarms";
import type { Selection } from "../selection";
import type { Store } from "../store";
import { say } from "../words/say";

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
  private readonly title = el("h2");
  private readonly severities = el("div");
  private readonly list = el("ol", { class: "cards" });
  private readonly empty = el("div", { class: "empty" });
  private readonly alarms = new NewAlarms();
  private readonly seeAll = el("button", { type: "button", class: "see-all", hidden: true });

  constructor(
    private readonly store: Store,
    private readonly selection: Selection,
    private readonly openJams: OpenJams,
    private readonly sound: AlarmSound,
    container: HTMLElement,
    private readonly announcer: HTMLElement,
  ) {
    container.append(
      el("div", { class: "alerts-head" }, el("div", { class: "alerts-title" }, this.title, this.seeAll), this.severities),
      this.filters.node,
      this.list,
      this.empty,
    );
    this.list.addEventListener("keydown", (event) => this.walk(event));
    this.list.addEventListener("mouseleave", () => (this.list.style.paddingBottom = ""));
    // Moved to by somebody, not by the list that moves under a mouse at rest.
    this.list.addEventListener("pointermove", (event) => this.see(this.idsAt(event.target)));
    this.list.addEventListener("focusin", (event) => this.see(this.idsAt(event.target)));
    this.seeAll.addEventListener("click", () => {
      this.alarms.seeAll();
      this.draw();
      this.list.scrollTop = 0;
    });
    store.on("connection", (isConnected) => {
      if (isConnected) this.alarms.begin();
    });
    store.on("alerts", ({ changed }) => {
      this.announce(changed);
      this.drawSoon();
    });
    store.on("unseen", ({ changed }) => {
      this.alarms.take(changed);
      this.drawNew();
    });
    store.on("moment", () => this.draw());
    store.on("jams", () => this.drawSoon());
    openJams.on(() => this.draw());
    store.on("health", () => this.drawEachMinute());
    selection.on((alert) => {
      if (alert) this.filters.reveal(alert);
      if (alert) this.alarms.see(alert.alert_id);
      this.draw();
      const isOther = alert?.alert_id !== this.chosen;
      this.chosen = alert?.alert_id;
      if (!isOther || isStacked()) return; // a new version of the chosen one moves nothing
      this.list.querySelector('[data-selected="true"]')?.scrollIntoView({ block: "nearest" });
    });
    this.draw();
  }

  private minute: number | null = null;
  private chosen: string | undefined;

  private drawEachMinute(): void {
    const now = this.store.minute;
    if (now === this.minute) return;
    this.minute = now;
    this.draw();
  }

  private shown(): Alert[] {
    return [...this.store.alerts.values()].filter((alert) => this.filters.pass(alert)).sort(byUrgency);
  }

  private draw(): void {
    const focus = document.activeElement;
    const focused = nameOf(focus?.closest<HTMLElement>(".cards .card") ?? null);
    const isToggle = focus?.classList.contains("card-toggle") ?? false;
    const alerts = this.shown();
    const anchor = this.anchor();
    this.arrange(this.cards(alerts));
    if (anchor) this.keep(...anchor);
    this.forget(alerts);
    this.filters.offer(this.store.alerts.values());
    this.drawHeading();
    this.drawEmpty(alerts.length);
    this.drawNew();
    if (focused && !this.list.contains(document.activeElement)) {
      const card = this.list.querySelector(focused);
      card?.querySelector<HTMLElement>(isToggle ? ".card-toggle" : ".card-main")?.focus();
    }
  }

  /** The cards in order: a jam of several alerts that are shown is one, with theirs under it where it is open. */
  private cards(alerts: Alert[]): HTMLElement[] {
    const told = new Set<Jam>();
    const shown = new Set(alerts.map((alert) => alert.alert_id));
    return alerts.flatMap((alert) => {
      const jam = this.store.jamOf.get(alert.alert_id);
      if (!jam) return [this.card(alert, null)];
      if (told.has(jam)) return [];
      told.add(jam);
      const members = jam.alert_ids.filter((id) => shown.has(id)).map((id) => this.store.alerts.get(id)).filter((one) => one !== undefined);
      if (members.length < 2) return [this.card(alert, null)];
      return [this.jam(jam, members), ...(this.openJams.isOpen(jam) ? members.map((one) => this.card(one, jam)) : [])];
    });
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

  /** The card that must not move, and where it is: the one under the mouse, else the one with the focus. */
  private anchor(): [string, number] | null {
    const card = this.list.querySelector<HTMLElement>(".card:hover") ??
      document.activeElement?.closest<HTMLElement>(".cards .card");
    const name = nameOf(card ?? null);
    return card && name ? [name, card.getBoundingClientRect().top] : null;
  }

  private keep(name: string, top: number): void {
    const card = this.list.querySelector<HTMLElement>(name);
    if (!card) return;
    const moved = card.getBoundingClientRect().top - top;
    if (moved === 0) return;
    const last = this.list.lastElementChild ?? card;
    const end = last.getBoundingClientRect().bottom - this.list.getBoundingClientRect().top + this.list.scrollTop;
    const { scrollTop, missing } = anchored(moved, this.list.scrollTop, end - this.list.clientHeight);
    if (missing > 0) this.list.style.paddingBottom = `${missing}px`;
    this.list.scrollTop = scrollTop;
  }

  private see(ids: readonly string[]): void {
    if (ids.filter((id) => this.alarms.see(id)).length) this.draw();
  }

  /** The alerts of the card at a place of the list: those of a jam too, while it hides them. */
  private idsAt(target: EventTarget | null): readonly string[] {
    const card = target instanceof Element ? target.closest<HTMLElement>(".card") : null;
    const jam = this.store.jams.find((one) => one.jam_id === card?.dataset["jam"]);
    if (jam) return this.openJams.isOpen(jam) ? [] : jam.alert_ids;
    return [card?.dataset["alert"]].filter((id) => id !== undefined);
  }

  private drawNew(): void {
    const { count } = this.alarms;
    document.title = tabName(count);
    this.seeAll.hidden = !count;
    this.seeAll.textContent = say("alarms.seeAll", { count });
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
    const ids = new Set([...shown.map((alert) => alert.alert_id), ...this.store.jams.map((jam) => jam.jam_id)]);
    for (const id of this.drawn.keys()) if (!ids.has(id)) this.drawn.delete(id);
  }

  /** Give an alert's card; one that would look as before stays, and with it the focus on it. */
  private card(alert: Alert, jam: Jam | null): HTMLElement {
    const id = alert.alert_id;
    const { now } = this.store;
    const [isSelected, isExpanded] = [this.selection.alertId === id, this.expanded.has(id)];
    const isNew = this.alarms.isNew(id);
    const jamId = jam?.jam_id ?? null;
    const key = `${alert.version} ${this.minute} ${isSelected} ${isExpanded} ${isNew} ${jamId}`;
    return this.asBefore(id, key, () => alertCard(alert, {
      now, isSelected, isExpanded, isNew, jamId,
      onChoose: () => this.selection.choose(id),
      onToggle: () => {
        if (!this.expanded.delete(id)) this.expanded.add(id);
        this.draw();
      },
    }));
  }

  private jam(jam: Jam, members: Alert[]): HTMLElement {
    const isOpen = this.openJams.isOpen(jam);
    const newCount = members.filter((one) => this.alarms.isNew(one.alert_id)).length;
    const key = JSON.stringify([jam, members.map((one) => one.alert_id), this.minute, isOpen, newCount]);
    return this.asBefore(jam.jam_id, key, () => jamCard(jam, members, {
      now: this.store.now, isOpen, newCount,
      onToggle: () => this.openJams.toggle(jam.jam_id),
    }));
  }

  private asBefore(id: string, key: string, draw: () => HTMLElement): HTMLElement {
    const known = this.drawn.get(id);
    if (known?.key === key) return known.card;
    const card = draw();
    this.drawn.set(id, { key, card });
    return card;
  }

  private drawHeading(): void {
    const active = [...this.store.alerts.values()].filter((alert) => !isOver(alert.state));
    const places = new Set(active.map((alert) => this.store.jamOf.get(alert.alert_id) ?? alert)).size;
    const bySeverity = [4, 3, 2, 1].map((severity) => {
      const number = active.filter((alert) => alert.severity === severity).length;
      const word = severityWord(severity);
      return el("li", { "data-severity": severity, "data-none": number === 0 },
        el("b", {}, String(number)), el("span", {}, word));
    });
    const { past } = this.store;
    const title = past ? say("past.alertsAt", { at: minuteOfDay(past.minute) }) : say("alerts.title");
    this.title.replaceChildren(`${title} `, el("span", { class: "total" }, activeWords(active.length, places)));
    this.severities.replaceChildren(
      el("ul", { class: "severities", "aria-label": say("alerts.bySeverity") }, ...bySeverity));
  }

  private drawEmpty(shownCount: number): void {
    this.empty.hidden = shownCount > 0;
    if (shownCount) return;
    const hidden = this.store.alerts.size;
    const children: (Node | string)[] = [el("p", {}, hidden ? say("alerts.noMatch") : say("alerts.none"))];
    if (hidden) {
      const all = el("button", { type: "button", class: "plain" }, say("alerts.showAll", { n: hidden }));
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

  /** Whether an alert is one more of a jam that was known before it: that calls nobody again. */
  private hasJoined(alert: Alert): boolean {
    const others = this.store.jamOf.get(alert.alert_id)?.alert_ids ?? [];
    return others.some((id) => id !== alert.alert_id && this.store.alerts.has(id));
  }

  /** A screen reader hears of each new alert, when it has nothing else to say. */
  private announce(changed: Alert[]): void {
    const fresh = this.alarms.take(changed).filter((alert) => !this.hasJoined(alert)).sort(byUrgency);
    const [first] = fresh;
    if (!first) return;
    if (isLoud(fresh)) this.sound.ring();
    const more = fresh.length > 1 ? say("alarms.more", { n: fresh.length - 1 }) : "";
    const severity = severityWord(first.severity);
    this.announcer.textContent = say("alarms.announce", { severity, place: placeOf(first) }) + more;
  }
}

/** How the card of an alert or of a jam is found again. */
function nameOf(card: HTMLElement | null): string {
  const kind = ["alert", "jam"].find((one) => card?.dataset[one] !== undefined);
  return kind === undefined ? "" : `[data-${kind}="${CSS.escape(card?.dataset[kind] ?? "")}"]`;
}

/** So many active alerts, and in how many places, where that says more. */
function activeWords(n: number, places: number): string {
  if (places >= n) return say("alerts.active", { n });
  return places === 1 ? say("alerts.activeOnePlace", { n }) : say("alerts.activePlaces", { n, places });
}
