import "../style/frame.css";
import "../style/case.css";
import "../style/plain.css";

import { type Fields, type Order, order, type Outcome, send } from "../cases/commands";
import type { Alert, CaseActions, Health, PatrolWork, Person, Way } from "../contract";
import { byId, el } from "../dom";
import { distance, duration, minuteOfDay, parseIso, setTimezone, timeOfDay } from "../format";
import { causeWord, placeOf, roadOf, severityWord, stateWord } from "../levels";
import { fetchJson } from "../live";
import { paintPage } from "../style/palettes";
import { dressPage, say } from "../words/say";
import { serverWords } from "../words/refusals";

const EVERY_MS = 5000;
const SILENT_S = 300;
/** A shorter piece of a way is not told by itself. */
const NAMED_M = 30;

const patrolId = decodeURIComponent(location.pathname.split("/").at(-1) ?? "");
let person: Person;
let drawn = "";
let isBusy = false;
/** Commands that nobody answered: pressed again they are sent as the same. */
const waiting = new Map<string, Order>();

/** One thing an officer says with one press. */
interface Word {
  label: string;
  action: string;
  fields: Fields;
}

function wordsFor(alert: Alert, isSent: boolean): Word[] {
  const go = (label: string): Word => ({ label, action: "dispatch", fields: { patrol_id: patrolId } });
  if (!isSent) return [go(say("officer.accept"))];
  const isGoing = alert.state !== "dispatched" || Boolean(alert.patrol?.accepted_time);
  return [
    ...(isGoing ? [] : [go(say("officer.onMyWay"))]),
    { label: say("action.arrive"), action: "arrive", fields: {} },
    { label: say("action.clearing"), action: "clearing", fields: {} },
    { label: say("action.clear"), action: "clear", fields: {} },
  ];
}

async function look(): Promise<void> {
  try {
    const [work, health] = await Promise.all([
      fetchJson<PatrolWork>(`/api/patrols/${encodeURIComponent(patrolId)}`), fetchJson<Health>("/health"),
    ]);
    setTimezone(health.timezone);
    drawStatus(work, health);
    const key = JSON.stringify([work.patrol, work.sent.map(versionOf), work.proposed.map(versionOf)]);
    if (key !== drawn && !isBusy) await draw(work);
    drawn = key;
  } catch {
    byId("status").textContent = say("officer.noConnection");
  }
}

const versionOf = (alert: Alert): string => `${alert.alert_id} ${alert.version}`;

function drawStatus({ patrol }: PatrolWork, health: Health): void {
  byId("who").textContent = say("officer.who", { id: patrolId });
  const now = health.event_time;
  const isSilent = patrol !== null && now !== null && now - patrol.event_time > SILENT_S;
  const heard = patrol === null ? say("officer.notHeard")
    : say(isSilent ? "officer.silent" : "officer.heard", {
      status: say(`patrol.${patrol.status}`), at: timeOfDay(patrol.event_time),
    });
  byId("status").textContent = person.name === null ? heard : `${heard} · ${person.name}`;
}

async function draw(work: PatrolWork): Promise<void> {
  const isHeard = work.patrol !== null;
  const cards = await Promise.all([
    ...work.sent.map((alert) => card(alert, true, isHeard)), ...work.proposed.map((alert) => card(alert, false, isHeard)),
  ]);
  const none = el("p", { class: "officer-none" }, say("officer.nothing"));
  byId("cases").replaceChildren(...(cards.length ? cards : [none]));
}

async function card(alert: Alert, isSent: boolean, isHeard: boolean): Promise<HTMLElement> {
  const id = encodeURIComponent(alert.alert_id);
  const [offered, way] = await Promise.all([
    fetchJson<CaseActions>(`/api/alerts/${id}/actions`),
    isHeard ? fetchJson<Way | null>(`/api/patrols/${encodeURIComponent(patrolId)}/way?alert=${id}`) : null,
  ]);
  const possible = new Set(offered.actions.map((offer) => offer.action));
  const words = wordsFor(alert, isSent).filter((word) => possible.has(word.action));
  const next = words.find((word) => word.action !== "clearing");
  const buttons = words.map((word) => {
    const kind = word === next ? "strong-button" : "quiet-button";
    const button = el("button", { type: "button", class: kind, "data-action": word.action }, word.label);
    button.addEventListener("click", () => void tell(word, alert));
    return button;
  });
  return el("section", { class: "officer-case", "data-severity": alert.severity, "data-alert": alert.alert_id },
    el("p", { class: "case-chips" },
      el("span", { class: "chip severity" }, `${alert.severity} ${severityWord(alert.severity)}`),
      el("span", { class: "chip" }, isSent ? stateWord(alert.state) : say("officer.proposed")),
      alert.patrol?.accepted_time
        ? el("span", { class: "chip" }, say("case.onWaySince", { at: minuteOfDay(parseIso(alert.patrol.accepted_time)) })) : null),
    el("h2", {}, placeOf(alert)),
    el("p", { class: "sub" },
      say("officer.causeSince", { cause: causeWord(alert.cause), at: minuteOfDay(parseIso(alert.onset_time)) }),
      alert.lane === null ? "" : say("officer.lane", { lane: alert.lane }),
      alert.queue_length_m > 0 ? say("officer.queue", { length: distance(alert.queue_length_m) }) : ""),
    el("div", { class: "officer-actions" }, ...buttons),
    offered.why_none ? el("p", { class: "case-why" }, serverWords(offered.why_none)) : null,
    said(alert),
    wayThere(way),
    el("p", {}, el("a", { class: "map-link", href: `geo:${alert.latitude},${alert.longitude}` },
      `${alert.latitude.toFixed(5)}, ${alert.longitude.toFixed(5)}`)));
}

function wayThere(way: Way | null): HTMLElement {
  if (!way) return el("p", { class: "case-why" }, say("officer.noWay"));
  const streets = joined(way.streets).map((street) =>
    el("li", {}, el("b", {}, roadOf(street.road_name)), ` ${distance(street.length_m)}`));
  return el("details", { open: true }, el("summary", {}, say("officer.way", { time: duration(way.eta_s) })),
    el("ol", { class: "way" }, ...streets));
}

/** The streets that somebody would name: a few metres across a junction count to the next one. */
function joined(streets: Way["streets"]): Way["streets"] {
  const found: Way["streets"] = [];
  let before = 0;
  for (const [place, { road_name, length_m }] of streets.entries()) {
    const last = found.at(-1);
    const isLast = place === streets.length - 1;
    if (last?.road_name === road_name) last.length_m += before + length_m;
    else if (length_m < NAMED_M && !isLast) { before += length_m; continue; }
    else if (before + length_m > 0) found.push({ road_name, length_m: before + length_m });
    before = 0;
  }
  return found;
}

function said(alert: Alert): HTMLElement | null {
  const comments = alert.log.filter((event) => event.comment).slice(-3).map((event) =>
    el("li", {}, el("b", {}, `${timeOfDay(parseIso(event.time))} ${event.actor}`), ` ${event.comment}`));
  return comments.length ? el("ul", { class: "officer-said" }, ...comments) : null;
}

async function tell(word: Word, alert: Alert): Promise<void> {
  const message = byId("message");
  isBusy = true;
  message.dataset["tone"] = "busy";
  message.textContent = say("officer.sending", { label: word.label });
  const key = `${alert.alert_id} ${word.action}`;
  // What an officer reports is so, whatever else became of the case; only to accept it is one first.
  const version = word.action === "dispatch" ? alert.version : null;
  const command = waiting.get(key) ?? order(word.action, alert.alert_id, version, word.fields);
  const outcome = await send(command, person.name ?? "nobody");
  isBusy = false;
  waiting.delete(key);
  if ("unanswered" in outcome) waiting.set(key, command);
  drawn = "";
  await look();
  [message.dataset["tone"], message.textContent] = whatBecame(word, outcome);
}

function whatBecame({ label }: Word, outcome: Outcome): [string, string] {
  if ("unanswered" in outcome) return ["lost", say("officer.unanswered", { label })];
  const { is_accepted, reason } = outcome.result;
  return is_accepted ? ["done", say("desk.done", { word: label })] : ["refused", say("officer.notDone", { label, why: reason ?? "" })];
}

async function start(): Promise<void> {
  paintPage();
  dressPage();
  person = await fetchJson<Person>("/api/session");
  await look();
  window.setInterval(() => void look(), EVERY_MS);
}

start().catch(() => {
  byId("status").textContent = say("officer.reload");
});
