import type { Alert, Stamp } from "../contract";
import { el } from "../dom";
import { distance, duration, minuteOfDay, parseIso, percent, timeOfDay, words } from "../format";
import { CAUSE_WORDS, isOver } from "../levels";
import type { Store } from "../store";
import { STAMP_WORDS } from "./case_words";
import { laneBoxes } from "./lane_boxes";

/** What is known of a case, as sections of its card. */
export function caseFacts(alert: Alert, now: number | null, store: Store): HTMLElement[] {
  return [
    facts(alert, now),
    patrol(alert, store),
    evidence(alert),
    alert.lane_impact.length ? section("Lanes", laneBoxes(alert.lane_impact)) : null,
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
  fact("Since", `${minuteOfDay(onset)}${lasting}`);
  fact("Cause", alert.cause === "unclassified"
    ? "not known" : `${CAUSE_WORDS[alert.cause] ?? words(alert.cause)}, ${percent(alert.cause_probability)} sure`);
  fact("Confirmed", alert.is_confirmed ? "yes" : "no");
  fact("Queue", alert.queue_length_m > 0 ? distance(alert.queue_length_m) : "none");
  fact("Expected", expected(alert.forecast));
  fact("Delay", `${alert.delay_veh_h.toFixed(1)} veh·h`);
  fact(alert.cross_from && alert.cross_to ? "Between" : "Near",
    [alert.cross_from, alert.cross_to].filter(Boolean).join(" and "));
  fact("Lane", alert.lane === null ? null : String(alert.lane));
  fact("Place", `${alert.latitude.toFixed(5)}, ${alert.longitude.toFixed(5)}`);
  fact("Unit", alert.unit_path.join(" › "));
  fact("Owner", alert.owner);
  fact("Cameras", alert.cameras.join(", "));
  fact("Escalated", alert.escalation > 0 ? (alert.escalation === 1 ? "once" : `${alert.escalation} times`) : null);
  fact("Quiet until", alert.suppressed_until && minuteOfDay(parseIso(alert.suppressed_until)));
  fact("Merged into", alert.merged_into);
  fact("Public", alert.is_published ? "may see it" : null);
  return el("section", { class: "case-part" },
    alert.is_disputed ? el("p", { class: "disputed" }, "Said to be cleared; traffic is not as usual.") : null,
    list);
}

/** The queue to come; a length that holds is said once. */
function expected(forecast: Alert["forecast"]): string {
  const spans: { length: string; first: number; last: number }[] = [];
  for (const { queue_length_m, minutes } of forecast) {
    const length = distance(queue_length_m);
    const before = spans.at(-1);
    if (before?.length === length) before.last = minutes;
    else spans.push({ length, first: minutes, last: minutes });
  }
  return spans.map(({ length, first, last }) =>
    first === last ? `${length} in ${last} min` : `${length} in ${first} to ${last} min`).join(", ");
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
  const time = one.eta_s === null || one.eta_s === undefined ? "" : `, ${duration(one.eta_s)} away`;
  return section(isSent ? "Patrol sent" : "Patrol proposed",
    el("p", { class: "case-patrol" }, el("b", {}, one.id), time),
    silent === null ? null : el("p", { class: "disputed" }, `Silent since ${minuteOfDay(silent)}.`),
    one.why ? el("p", { class: "case-why" }, one.why) : null);
}

function evidence(alert: Alert): HTMLElement {
  const lines = alert.evidence.map((line) => {
    const at = parseIso(line.when);
    return el("li", {},
      el("span", { class: "evidence-source" }, words(line.source)),
      el("time", { datetime: line.when }, Number.isNaN(at) ? line.when : timeOfDay(at)),
      el("span", { class: "evidence-seen" }, line.seen));
  });
  const none = el("p", { class: "case-why" }, "No sensor saw it; an operator says so.");
  return section("Why", lines.length ? el("ul", { class: "case-evidence" }, ...lines) : none);
}

function clock(alert: Alert): HTMLElement {
  const stamps = Object.entries(STAMP_WORDS).map(([name, title]) => {
    const at = alert.stamps[name as Stamp];
    return el("li", { "data-none": at === null },
      el("span", {}, title), el("b", {}, at === null ? "–" : minuteOfDay(parseIso(at))));
  });
  return section("Clock", el("ol", { class: "stamps" }, ...stamps));
}

/** The log, the newest first. */
export function caseLog(alert: Alert, words: (event: Alert["log"][number]) => string): HTMLElement {
  const events = alert.log.toReversed().map((event) =>
    el("li", {},
      el("time", { datetime: event.time }, timeOfDay(parseIso(event.time))),
      el("span", { class: "log-what" }, el("b", {}, event.actor), ` ${words(event)}`),
      ...[event.comment, event.reason].filter(Boolean).map((text) =>
        el("span", { class: "log-said" }, text))));
  return section("Log", el("ol", { class: "case-log" }, ...events));
}
