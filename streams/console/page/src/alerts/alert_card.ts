import type { Alert } from "../contract";
import { el } from "../dom";
import { distance, duration, minuteOfDay, parseIso, percent, timeOfDay } from "../format";
import { expectedQueue, oldNumbers } from "../cases/case_words";
import { causeWord, isOver, kindWord, roadOf, severityWord, stateWord } from "../levels";
import { say, sayNamed } from "../words/say";
import { seenWords } from "../words/seen";

/** What a card needs to know beside its alert. */
export interface CardContext {
  now: number | null;
  isSelected: boolean;
  isExpanded: boolean;
  isNew: boolean;
  /** The jam of several alerts that it is one of. */
  jamId: string | null;
  onChoose: () => void;
  onToggle: () => void;
}

/** Draw one alert. */
export function alertCard(alert: Alert, context: CardContext): HTMLElement {
  const severity = severityWord(alert.severity);
  const over = isOver(alert.state);
  const details = `evidence-${alert.alert_id}`;
  const choose = el("button", {
    type: "button", class: "card-main", "aria-current": context.isSelected ? "true" : null,
  },
    el("span", { class: "badge", title: say("alerts.severityOf", { n: alert.severity }) },
      el("b", {}, String(alert.severity)), el("span", {}, severity)),
    el("span", { class: "card-head" },
      el("span", { class: "road" }, roadOf(alert.road_name)),
      el("span", { class: "cause" }, cause(alert))),
    el("span", { class: "card-side" },
      context.isNew ? el("span", { class: "new-mark" }, say("alarms.new")) : null,
      el("span", { class: "kind" }, kindWord(alert.kind)),
      el("span", { class: "state", "data-state": alert.state }, stateWord(alert.state))));
  choose.addEventListener("click", context.onChoose);

  const toggle = el("button", {
    type: "button", class: "card-toggle", "aria-expanded": String(context.isExpanded),
    "aria-controls": details,
  }, context.isExpanded ? say("alerts.less") : say("alerts.evidence", { n: alert.evidence.length }));
  toggle.addEventListener("click", context.onToggle);

  return el("li", {
    class: "card", "data-severity": alert.severity, "data-kind": alert.kind, "data-over": over,
    "data-alert": alert.alert_id, "data-selected": context.isSelected, "data-new": context.isNew,
    "data-in-jam": context.jamId,
  },
    choose,
    el("div", { class: "card-foot" }, ...measures(alert, context.now), toggle),
    context.isExpanded && evidence(alert, details));
}

function cause(alert: Alert): string {
  const name = causeWord(alert.cause);
  return alert.cause === "unclassified" ? name : `${name} ${percent(alert.cause_probability)}`;
}

function measures(alert: Alert, now: number | null): HTMLElement[] {
  const onset = parseIso(alert.onset_time);
  const until = isOver(alert.state) ? parseIso(alert.event_time) : now;
  const asOf = oldNumbers(alert, now);
  const lasting = until === null || until < onset ? "" : duration(until - onset);
  const one = (name: string, value: string): HTMLElement =>
    el("span", { class: "measure" }, el("span", { class: "measure-name" }, name), el("b", {}, value));
  return [
    one(lasting ? say("alerts.sinceAt", { at: minuteOfDay(onset) }) : say("alerts.since"), lasting || minuteOfDay(onset)),
    one(say("alerts.queue"), alert.queue_length_m > 0 ? distance(alert.queue_length_m) : say("alerts.noQueue")),
    one(say("alerts.delay"), say("unit.delay", { n: alert.delay_veh_h.toFixed(1) })),
    ...(asOf === null ? [] : [el("span", { class: "measure as-of" }, say("alerts.asOf", { at: minuteOfDay(asOf) }))]),
  ];
}

function evidence(alert: Alert, id: string): HTMLElement {
  const lines = alert.evidence.map((line) =>
    el("li", {},
      el("span", { class: "evidence-source" }, sayNamed("evidence", line.source)),
      el("span", { class: "evidence-seen" }, seenWords(line)),
      el("time", { datetime: line.when }, evidenceTime(line.when))));
  const unit = alert.responsible_unit ? say("alerts.unitIs", { unit: alert.responsible_unit }) : "";
  const cameras = alert.cameras?.length ? say("alerts.camerasAre", { cameras: alert.cameras.join(", ") }) : "";
  const place = `${alert.latitude.toFixed(5)}, ${alert.longitude.toFixed(5)}`;
  const lane = alert.lane === null || alert.lane === undefined ? "" : say("alerts.laneIs", { lane: alert.lane });
  const foot = [unit, lane, cameras, place, say("alerts.version", { n: alert.version })].filter(Boolean).join(" · ");
  return el("div", { class: "evidence", id },
    lines.length ? el("ul", {}, ...lines) : el("p", {}, say("alerts.noEvidence")),
    forecast(alert),
    el("p", { class: "evidence-foot" }, foot));
}

function evidenceTime(iso: string): string {
  const seconds = parseIso(iso);
  return Number.isNaN(seconds) ? iso : timeOfDay(seconds);
}

function forecast(alert: Alert): HTMLElement | null {
  if (!alert.forecast?.length) return null;
  return el("p", { class: "forecast" }, say("alerts.expectedQueue", { text: expectedQueue(alert.forecast) }));
}
