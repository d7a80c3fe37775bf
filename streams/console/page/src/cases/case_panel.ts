import type { Alert, CaseActions, Offer, Person } from "../contract";
import { el, isStacked } from "../dom";
import { causeWord, kindWord, placeOf, severityWord, stateWord } from "../levels";
import { fetchJson } from "../live";
import type { PlacePicker } from "../map/place_picker";
import type { Selection } from "../selection";
import type { Store } from "../store";
import { CaseCharts } from "./case_charts";
import { CaseHelp } from "./case_help";
import { caseFacts, caseLog } from "./case_facts";
import { caseQueue } from "./case_queue";
import { eventWords } from "./case_words";
import { askFor } from "./command_dialog";
import { ON_THE_MAP } from "./command_fields";
import { CommandDesk, type Word } from "./command_desk";
import { serverWords } from "../words/refusals";
import { say, sayNamed, spoken } from "../words/say";

/** All about the chosen case, with a button for each command that it can be given now. */
export class CasePanel {
  private alert: Alert | null = null;
  private offered: CaseActions | null = null;
  private readonly title = el("h2", { id: "case-title", tabindex: -1 });
  private readonly place = el("p", { class: "sub" });
  private readonly chips = el("p", { class: "case-chips" });
  private readonly message = el("p", { class: "case-message", role: "status" });
  private readonly actions = el("div", { class: "case-actions", role: "group", "aria-label": say("case.commands") });
  private readonly body = el("div", { class: "case-body" });
  private readonly desk: CommandDesk;
  private readonly help: CaseHelp;
  private readonly charts = new CaseCharts();
  private drawn = "";

  constructor(
    private readonly store: Store,
    private readonly selection: Selection,
    person: Person,
    private readonly picker: () => PlacePicker,
    private readonly container: HTMLElement,
    onDetour: (segmentIds: string[]) => void,
  ) {
    this.help = new CaseHelp(onDetour);
    this.desk = new CommandDesk(store, person, (word) => this.say(word));
    const close = el("button", { type: "button", class: "case-close", "aria-label": say("case.close") }, "×");
    close.addEventListener("click", () => selection.choose(null));
    container.append(
      el("div", { class: "case-head" }, el("div", {}, this.title, this.place, this.chips), close),
      this.message, this.actions, this.body);
    selection.on((alert, isMove) => this.show(alert, isMove));
    store.on("health", () => this.drawBody());
    store.on("connection", () => this.show(this.alert ?? store.alerts.get(selection.alertId ?? "") ?? null, false));
    this.show(null, false);
  }

  private show(alert: Alert | null, isMove: boolean): void {
    const isOther = alert?.alert_id !== this.alert?.alert_id;
    const hadFocus = this.container.contains(document.activeElement);
    this.alert = alert;
    const missing = alert === null && this.store.isConnected ? this.selection.alertId : null;
    this.container.hidden = alert === null && missing === null;
    if (isOther) {
      this.say({ tone: "", text: "" });
      this.offered = null;
      this.actions.replaceChildren();
      this.container.scrollTop = 0;
    }
    if (this.store.past) {
      this.offered = null;
      this.actions.replaceChildren(el("p", { class: "case-why" }, say("past.noCommands")));
    }
    if (missing !== null) this.drawMissing(missing);
    if (!alert) {
      void this.help.show(null, null);
      void this.charts.show(null, null);
      this.drawn = "";
      if (hadFocus) this.selection.returnFocus();
      return;
    }
    this.drawHead(alert);
    this.drawBody();
    void this.offer(alert);
    if (!isMove) return;
    this.title.focus({ preventScroll: true });
    if (isStacked()) this.title.scrollIntoView({ block: "center" });
  }

  /** A link may name an alert that is not there, or no longer. */
  private drawMissing(alertId: string): void {
    set(this.title, say("case.noSuch"));
    set(this.place, say(this.store.past ? "past.notThere" : "case.notKnown", { id: alertId }));
    this.chips.replaceChildren();
    this.body.replaceChildren();
    this.drawn = "";
  }

  private drawHead(alert: Alert): void {
    const other = alert.place_text?.[spoken() === "en" ? "zh" : "en"];
    set(this.title, placeOf(alert));
    set(this.place, [other, alert.alert_id].filter(Boolean).join(" · "));
    const [kind, cause] = [kindWord(alert.kind), causeWord(alert.cause)];
    this.chips.replaceChildren(
      el("span", { class: "chip severity", "data-severity": alert.severity },
        `${alert.severity} ${severityWord(alert.severity)}`),
      el("span", { class: "chip", "data-state": alert.state }, stateWord(alert.state)),
      el("span", { class: "chip" }, cause === kind ? kind : say("case.kindCause", { kind, cause })));
  }

  private drawBody(): void {
    if (!this.alert) return;
    const now = this.store.now;
    const minute = now === null ? null : Math.floor(now / 60);
    const heard = this.store.patrols.get(this.alert.patrol?.id ?? "")?.event_time;
    const key = `${this.alert.alert_id} ${this.alert.version} ${minute} ${heard}`;
    if (key === this.drawn) return;
    this.drawn = key;
    // What helps and what was measured is asked of now.
    const live = this.store.past ? null : this.alert;
    void this.help.show(live, minute);
    void this.charts.show(live, this.store.health?.minute ?? null);
    this.body.replaceChildren(...caseFacts(this.alert, now, this.store),
      ...[caseQueue(this.alert, this.store)].filter((node) => node !== null), this.charts.node, this.help.node, caseLog(this.alert, eventWords));
  }

  /** Ask which commands are possible; an answer that was overtaken is not shown. */
  private async offer(alert: Alert): Promise<void> {
    if (this.store.past) return;
    if (this.offered?.alert_id === alert.alert_id && this.offered.version >= alert.version) return;
    try {
      const offered = await fetchJson<CaseActions>(`/api/alerts/${encodeURIComponent(alert.alert_id)}/actions`);
      if (this.store.past || this.alert?.alert_id !== offered.alert_id || (this.offered?.version ?? 0) > offered.version) return;
      this.offered = offered;
      this.drawActions(offered);
    } catch {
      this.offered = null;
      this.actions.replaceChildren(el("p", { class: "case-why" }, say("case.noCommands")));
    }
  }

  private drawActions({ actions, why_none }: CaseActions): void {
    const focused = this.actions.contains(document.activeElement)
      ? (document.activeElement as HTMLElement).dataset["action"] : undefined;
    const isStep = (offer: Offer): boolean => offer.leads_to !== this.alert?.state;
    const ordered = [...actions.filter(isStep), ...actions.filter((offer) => !isStep(offer))];
    const buttons = ordered.map((offer) => {
      const word = sayNamed("action", offer.action);
      const dots = offer.needs.length || offer.needs_any.length ? "…" : "";
      const button = el("button", { type: "button", "data-action": offer.action, "data-step": isStep(offer) }, word + dots);
      button.addEventListener("click", () => void this.command(offer));
      return button;
    });
    this.actions.replaceChildren(...buttons, why_none ? el("p", { class: "case-why" }, serverWords(why_none)) : "");
    if (focused === undefined) return;
    (buttons.find((one) => one.dataset["action"] === focused) ?? buttons[0] ?? this.title).focus();
  }

  private async command(offer: Offer): Promise<void> {
    const alert = this.alert;
    if (!alert) return;
    let fields = await askFor(offer, alert, this.store, this.help.plan);
    if (fields?.["longitude"] === ON_THE_MAP) {
      const point = await this.picker().pick(say("case.newPlace"));
      fields = point && { ...fields, ...point };
    }
    if (fields) await this.desk.give(offer.action, alert, fields);
  }

  private say({ tone, text, again }: Word): void {
    this.message.dataset["tone"] = tone;
    const button = again && el("button", { type: "button", class: "strong-button" }, say("case.again"));
    button?.addEventListener("click", () => again?.());
    this.message.replaceChildren(text, button ?? "");
  }
}

function set(node: HTMLElement, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}
