import type { Alert, Offer } from "../contract";
import { el } from "../dom";
import { minuteOfDay } from "../format";
import { causeWord, CAUSES, isOver, placeOf, SEVERITIES, severityWord } from "../levels";
import type { Store } from "../store";
import type { Fields } from "./commands";
import { allLanes, laneButtons } from "./lane_boxes";
import { say, sayNamed } from "../words/say";

/** One field of a form: what is drawn, and what it says; nothing where it is left empty. */
export interface Field {
  node: HTMLElement;
  value: () => Fields;
}

/** What may be said although nothing asks for it. */
const EXTRA: Record<string, string[]> = { dismiss: ["comment"], dispatch: ["plan"], edit: ["reason"] };

/** The fields that a command's form has; none where it needs no form. */
export function fieldNames(offer: Offer): string[] {
  const asked = [...offer.needs, ...offer.needs_any];
  return asked.length ? [...new Set([...asked, ...(EXTRA[offer.action] ?? [])])] : [];
}

/** Make the field of that name for a command of a case. */
export function fieldOf(name: string, offer: Offer, alert: Alert, store: Store): Field | null {
  const isNeeded = offer.needs.includes(name);
  switch (name) {
    case "reason":
      return offer.reasons.length
        ? choice(name, say("form.reason"), offer.reasons.map((one) => [one, sayNamed("reason", one)]), isNeeded)
        : text(name, say("form.reason"), isNeeded);
    case "comment": return longText(name, say("form.comment"), isNeeded);
    case "unit": return suggested(name, say("form.unit"), alert.unit_path, isNeeded);
    case "patrol_id": {
      const free = [...store.patrols.values()].filter((one) => one.status === "free");
      const ids = free.map((one) => one.patrol_id).filter((id) => store.silentSince(id) === null);
      return suggested(name, say("form.patrol"), ids, isNeeded, alert.patrol?.id);
    }
    case "until": return until(store);
    case "into": return choice(name, say("form.into"), others(alert, store), isNeeded);
    case "cause": return causeField();
    case "severity": return severityField();
    case "longitude": return move();
    case "lane_impact": return lanes(alert, store);
    default: return null;
  }
}

function labelled(title: string, input: HTMLElement): HTMLElement {
  return el("label", { class: "field" }, el("span", {}, title), input);
}

function said(name: string, input: { value: string }): () => Fields {
  return () => (input.value.trim() ? { [name]: input.value.trim() } : {});
}

function text(name: string, title: string, isNeeded: boolean): Field {
  const input = el("input", { type: "text", name, required: isNeeded, maxlength: 2000, autocomplete: "off" });
  return { node: labelled(title, input), value: said(name, input) };
}

/** A text of several lines. */
export function longText(name: string, title: string, isNeeded: boolean): Field {
  const input = el("textarea", { name, required: isNeeded, maxlength: 2000, rows: 3 });
  return { node: labelled(title, input), value: said(name, input) };
}

function choice(name: string, title: string, choices: (readonly [string, string])[], isNeeded: boolean): Field {
  const options = choices.map(([value, label]) => el("option", { value }, label));
  const input = el("select", { name, required: isNeeded }, ...options);
  return { node: labelled(title, input), value: said(name, input) };
}

/** A text with what is known to choose from. */
export function suggested(
  name: string, title: string, known: string[], isNeeded: boolean, first?: string,
): Field {
  const list = `known-${name}`;
  const input = el("input", {
    type: "text", name, list, required: isNeeded, maxlength: 200, autocomplete: "off", value: first,
  });
  const options = el("datalist", { id: list }, ...known.map((value) => el("option", { value })));
  return { node: el("div", {}, labelled(title, input), options), value: said(name, input) };
}

/** A cause, as it is unless one is first. */
export function causeField(first?: string): Field {
  const field = choice("cause", say("form.cause"), [["", say("form.asItIs")], ...CAUSES.map((one) => [one, causeWord(one)] as const)], false);
  preset(field, first);
  return field;
}

function preset(field: Field, first: string | undefined): void {
  const input = field.node.querySelector("select");
  if (!input || first === undefined) return;
  input.options[0]?.remove();
  input.value = first;
}

/** What stands for a place that is to be chosen on the map after. */
export const ON_THE_MAP = "on-the-map";

function move(): Field {
  const input = el("input", { type: "checkbox", name: "longitude" });
  return {
    node: el("label", { class: "tick" }, input, say("form.placeNext")),
    value: () => (input.checked ? { longitude: ON_THE_MAP } : {}),
  };
}

/** Whether a proposed plan is approved; nothing where there is none. */
export function planField(plan: string | null): Field | null {
  if (plan === null) return null;
  const input = el("input", { type: "checkbox", name: "plan", checked: true });
  return {
    node: el("label", { class: "tick" }, input, say("form.approve", { plan })),
    value: () => (input.checked ? { plan } : {}),
  };
}

/** A severity, as it is unless one is first. */
export function severityField(first?: number): Field {
  const grades = SEVERITIES.map((grade) => [String(grade), severityWord(grade)] as const);
  const field = choice("severity", say("form.severity"), [["", say("form.asItIs")], ...grades], false);
  preset(field, first === undefined ? undefined : String(first));
  return {
    node: field.node,
    value: () => {
      const grade = field.value()["severity"];
      return grade === undefined ? {} : { severity: Number(grade) };
    },
  };
}

/** Until when, in the city's time. */
function until(store: Store): Field {
  const now = store.health?.event_time ?? Date.now() / 1000;
  const choices = [15, 30, 60, 120, 480].map((minutes) => {
    const at = now + minutes * 60;
    return [new Date(at * 1000).toISOString(), say("form.untilAt", { n: minutes, at: minuteOfDay(at) })] as const;
  });
  return choice("until", say("form.until"), choices, true);
}

/** The other cases that are open, the nearest first. */
function others(alert: Alert, store: Store): (readonly [string, string])[] {
  const away = (one: Alert): number =>
    Math.hypot(one.longitude - alert.longitude, one.latitude - alert.latitude);
  return [...store.alerts.values()]
    .filter((one) => one.alert_id !== alert.alert_id && !isOver(one.state))
    .sort((a, b) => away(a) - away(b))
    .map((one) => [one.alert_id, `${placeOf(one)} (${one.alert_id})`] as const);
}

function lanes(alert: Alert, store: Store): Field {
  const count = store.roads.get(alert.segment_id)?.lanes ?? 1;
  const buttons = laneButtons(allLanes(count, alert.lane_impact));
  return {
    node: el("div", { class: "field" }, el("span", {}, say("form.lanes")), buttons.node),
    value: () => ({ lane_impact: buttons.value() }),
  };
}
