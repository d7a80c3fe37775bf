import type { Alert } from "../contract";
import { el } from "../dom";
import { distance, duration, minuteOfDay, parseIso, percent, timeOfDay } from "../format";
import { causeWord, isOver } from "../levels";
import type { Store } from "../store";
import { expectedQueue, oldNumbers, STAMPS } from "./case_words";
import { laneBoxes } from "./lane_boxes";
import { serverWords } from "../words/refusals";
import { say, sayNamed } from "../words/say";
import { seenWords } from "../words/seen";

/** What is known of a case, as sections of its card. */
export function caseFacts(alert: Alert, now: number | null, store: Store): HTMLElement[] {
  return [
    facts(alert, now),
    patrol(alert, store),
    evidence(alert),
    causeSigns(alert),
    alert.lane_impact.length ? section(say("case.lanes"), laneBoxes(alert.lane_impact)) : null,
    clock(alert),
  ].filter((node) => node !== null);
}

export function section(title: string, ...children: (Node | null)[]): HTMLElement {
  return el("section", { class: "case-part" }, el("h3", {}, title), ...children);
}

function facts(alert: Alert, now: number | null): HTMLElement {
  const list = el("dl", { class: "facts" });
  const fact = (name: string, value: string | null | undefined): void => {
    if (value) list.append(el("dt", {}, name), el("dd", {}, value));
  };
  const onset = parseIso(alert.onset_time);
  const end = isOver(alert.state) ? parseIso(alert.event_time) : now;
  const lasting = end !== null && end > onset ? `, ${duration(end - onset)}` : "";
  fact(say("alerts.since"), `${minuteOfDay(onset)}${lasting}`);
  fact(say("case.cause"), alert.cause === "unclassified" ? say("case.causeUnknown")
    : say("case.sure", { cause: causeWord(alert.cause), share: percent(alert.cause_probability) }));
  fact(say("case.confirmed"), say(alert.is_confirmed ? "case.yes" : "case.no"));
  const asOf = oldNumbers(alert, now);
  const number = (value: string): string =>
    asOf === null ? value : say("alerts.valueAsOf", { value, at: minuteOfDay(asOf) });
  fact(say("alerts.queue"), number(alert.queue_length_m > 0 ? distance(alert.queue_length_m) : say("alerts.noQueue")));
  fact(say("case.expected"), alert.forecast.length ? number(expectedQueue(alert.forecast)) : null);
  fact(say("alerts.delay"), number(say("unit.delay", { n: alert.delay_veh_h.toFixed(1) })));
  fact(say(alert.cross_from && alert.cross_to ? "case.between" : "case.near"), crossings(alert));
  fact(say("case.lane"), alert.lane === null ? null : String(alert.lane));
  fact(say("case.place"), `${alert.latitude.toFixed(5)}, ${alert.longitude.toFixed(5)}`);
  fact(say("alerts.unit"), alert.unit_path.join(" › "));
  fact(say("case.owner"), alert.owner);
  fact(say("case.cameras"), alert.cameras.join(", "));
  fact(say("case.escalated"), alert.escalation > 0
    ? (alert.escalation === 1 ? say("case.once") : say("case.times", { n: alert.escalation })) : null);
  fact(say("case.quietUntil"), alert.suppressed_until && minuteOfDay(parseIso(alert.suppressed_until)));
  fact(say("case.mergedInto"), alert.merged_into);
  fact(say("case.public"), alert.is_published ? say("case.maySee") : null);
  return el("section", { class: "case-part" },
    alert.is_disputed ? el("p", { class: "disputed" }, say("case.disputed")) : null,
    list);
}

function crossings({ cross_from, cross_to }: Alert): string {
  return cross_from && cross_to ? say("list.and", { a: cross_from, b: cross_to }) : (cross_from ?? cross_to ?? "");
}

/** Who was sent last; null where nobody was, or it was taken up again since. */
export function sentPatrol(alert: Alert): string | null {
  const sent = alert.log.findLast((event) => event.action === "dispatch");
  return sent ? (sent.patrol?.id ?? null) : null;
}

function patrol(alert: Alert, store: Store): HTMLElement | null {
  const one = alert.patrol;
  if (!one) return null;
  const silent = store.silentSince(one.id);
  const isSent = sentPatrol(alert) === one.id;
  const time = one.eta_s === null || one.eta_s === undefined ? "" : say("case.away", { time: duration(one.eta_s) });
  return section(say(isSent ? "case.patrolSent" : "case.patrolProposed"),
    el("p", { class: "case-patrol" }, el("b", {}, one.id), time),
    one.accepted_time ? el("p", { class: "case-why" }, say("case.onWaySince", { at: minuteOfDay(parseIso(one.accepted_time)) })) : null,
    silent === null ? null : el("p", { class: "disputed" }, say("case.silentSince", { at: minuteOfDay(silent) })),
    one.why ? el("p", { class: "case-why" }, serverWords(one.why)) : null);
}

function evidence(alert: Alert): HTMLElement {
  const lines = alert.evidence.map((line) => {
    const at = parseIso(line.when);
    return el("li", {},
      el("span", { class: "evidence-source" }, sayNamed("evidence", line.source)),
      el("time", { datetime: line.when }, Number.isNaN(at) ? line.when : timeOfDay(at)),
      el("span", { class: "evidence-seen" }, seenWords(line)));
  });
  const none = el("p", { class: "case-why" }, say("case.noSensor"));
  return section(say("case.why"), lines.length ? el("ul", { class: "case-evidence" }, ...lines) : none);
}

/** What tells the cause from the next likely one, and how likely others are; null where nothing is told. */
function causeSigns({ causes = [] }: Alert): HTMLElement | null {
  const [first, ...others] = causes;
  if (!first?.evidence?.length) return null;
  const rest = others.map((one) => say("case.sure", { cause: causeWord(one.cause), share: percent(one.probability) }));
  return section(say("case.whyCause", { cause: causeWord(first.cause) }),
    el("ul", { class: "case-signs" }, ...first.evidence.map((sign) =>
      el("li", { "data-against": sign.weight < 0 },
        el("span", {}, say(sign.weight < 0 ? "case.against" : "case.for")), seenWords(sign)))),
    rest.length ? el("p", { class: "case-why" }, say("case.otherCauses", { causes: rest.join(say("list.comma")) })) : null);
}

function clock(alert: Alert): HTMLElement {
  const stamps = STAMPS.map((name) => {
    const at = alert.stamps[name];
    return el("li", { "data-none": at === null },
      el("span", {}, say(`stamp.${name}`)), el("b", {}, at === null ? "–" : minuteOfDay(parseIso(at))));
  });
  return section(say("case.clock"), el("ol", { class: "stamps" }, ...stamps));
}

/** The log, the newest first. */
export function caseLog(alert: Alert, words: (event: Alert["log"][number]) => string): HTMLElement {
  const events = alert.log.toReversed().map((event) =>
    el("li", {},
      el("time", { datetime: event.time }, timeOfDay(parseIso(event.time))),
      el("span", { class: "log-what" }, el("b", {}, event.actor), ` ${words(event)}`),
      ...[event.comment, event.reason].filter(Boolean).map((text) =>
        el("span", { class: "log-said" }, text))));
  return section(say("case.log"), el("ol", { class: "case-log" }, ...events));
}
