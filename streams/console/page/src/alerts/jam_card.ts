import type { Alert, Jam } from "../contract";
import { el } from "../dom";
import { distance, duration, minuteOfDay, parseIso } from "../format";
import { roadOf, severityWord } from "../levels";
import { say } from "../words/say";

/** What the card of a jam needs to know beside its alerts. */
export interface JamContext {
  now: number | null;
  isOpen: boolean;
  newCount: number;
  onToggle: () => void;
}

/** Draw the card that stands for the alerts of one jam, the gravest first. */
export function jamCard(jam: Jam, alerts: readonly Alert[], context: JamContext): HTMLElement {
  const toggle = el("button", {
    type: "button", class: "card-main", "aria-expanded": String(context.isOpen),
  },
    el("span", { class: "badge", title: say("alerts.severityOf", { n: jam.severity }) },
      el("b", {}, String(jam.severity)), el("span", {}, severityWord(jam.severity))),
    el("span", { class: "card-head" },
      el("span", { class: "road" }, roadOf(alerts[0]?.road_name ?? "")),
      el("span", { class: "cause" }, roots(alerts))),
    el("span", { class: "card-side" },
      context.newCount ? el("span", { class: "new-mark" }, say("jam.new", { n: context.newCount })) : null,
      el("span", { class: "kind" }, say("jam.kind")),
      el("span", { class: "jam-more", "aria-hidden": "true" }, context.isOpen ? "▾" : "▸")));
  toggle.addEventListener("click", context.onToggle);
  return el("li", {
    class: "card jam-card", "data-jam": jam.jam_id, "data-severity": jam.severity, "data-over": false,
    "data-new": context.newCount > 0, "data-open": context.isOpen,
  }, toggle, el("div", { class: "card-foot" }, ...measures(jam, context.now)));
}

/** How many roots a jam has, and on which other roads they lie. */
export function roots(alerts: readonly Alert[]): string {
  const [first, ...others] = [...new Set(alerts.map((alert) => roadOf(alert.road_name)))];
  const more = others.filter((name) => name !== first);
  const count = say("jam.roots", { n: alerts.length });
  return more.length ? say("jam.rootsOn", { count, roads: more.join(say("list.comma")) }) : count;
}

function measures(jam: Jam, now: number | null): HTMLElement[] {
  const since = parseIso(jam.since);
  const one = (name: string, value: string): HTMLElement =>
    el("span", { class: "measure" }, el("span", { class: "measure-name" }, name), el("b", {}, value));
  return [
    one(say("alerts.sinceAt", { at: minuteOfDay(since) }), now === null || now < since ? "–" : duration(now - since)),
    one(say("alerts.queue"), jam.queue_length_m > 0 ? distance(jam.queue_length_m) : say("alerts.noQueue")),
    one(say("alerts.delay"), say("unit.delay", { n: jam.delay_veh_h.toFixed(1) })),
  ];
}
