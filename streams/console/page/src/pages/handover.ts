import "../style/frame.css";
import "../style/case.css";
import "../style/plain.css";

import { eventWords, isOfPeople } from "../cases/case_words";
import type { Alert, Health } from "../contract";
import { byId, el } from "../dom";
import { dayOf, distance, duration, minuteOfDay, parseIso, setTimezone, timeOfDay, zone } from "../format";
import { causeWord, placeOf, severityWord, stateWord } from "../levels";
import { fetchJson } from "../live";
import { keepInUrl, urlValue } from "../url_state";
import { dressPage, say } from "../words/say";

const DONE = new Set(["closed", "dismissed", "merged"]);
const SAID_COUNT = 3;

/** What the next shift must know: every case that is not closed. */
async function start(): Promise<void> {
  dressPage();
  const [alerts, health] = await Promise.all([fetchJson<Alert[]>("/api/alerts"), fetchJson<Health>("/health")]);
  setTimezone(health.timezone);
  const open = alerts.filter((alert) => !DONE.has(alert.state));
  const unit = byId("unit") as HTMLSelectElement;
  const units = [...new Set(open.flatMap((alert) => alert.unit_path))].sort();
  unit.append(el("option", { value: "" }, say("handover.all")), ...units.map((value) => el("option", { value }, value)));
  unit.value = urlValue("unit") ?? "";
  const draw = (): void => {
    const rows = open.filter((alert) => !unit.value || alert.unit_path.includes(unit.value));
    byId("rows").replaceChildren(...rows.map((alert) => row(alert, health.event_time)));
    byId("none").hidden = rows.length > 0;
    const now = health.event_time;
    const at = now === null ? say("page.noData") : `${dayOf(now)}, ${timeOfDay(now)}, ${zone()}`;
    byId("as-of").textContent = say("handover.asOf", { network: health.network, n: rows.length, at });
  };
  unit.addEventListener("change", () => {
    keepInUrl("unit", unit.value);
    draw();
  });
  byId("print").addEventListener("click", () => window.print());
  draw();
}

function row(alert: Alert, now: number | null): HTMLElement {
  const onset = parseIso(alert.onset_time);
  const lasting = now !== null && now > onset ? duration(now - onset) : "";
  const cause = causeWord(alert.cause);
  const queue = alert.queue_length_m > 0 ? say("handover.queue", { length: distance(alert.queue_length_m) }) : say("handover.noQueue");
  const people = alert.log.filter(isOfPeople);
  const first = people.find((event) => event.action === "acknowledge");
  const who = [
    first ? say("handover.first", { who: first.actor, at: minuteOfDay(parseIso(first.time)) }) : say("handover.nobody"),
    alert.owner ? say("handover.owner", { who: alert.owner }) : "",
    alert.patrol ? say("handover.patrol", { who: alert.patrol.id }) : "",
  ];
  const said = people.slice(-SAID_COUNT).map((event) => {
    const words = [event.comment, event.reason].filter(Boolean).join("; ");
    return el("li", {}, el("b", {}, `${timeOfDay(parseIso(event.time))} ${event.actor}`),
      ` ${eventWords(event)}${words ? `: ${words}` : ""}`);
  });
  return el("tr", {},
    el("td", {}, el("b", {}, minuteOfDay(onset)), el("br"), lasting),
    el("td", {}, el("a", { href: `/?alert=${encodeURIComponent(alert.alert_id)}` },
      placeOf(alert)), el("br"), alert.unit_path.join(" › ")),
    el("td", {}, el("b", {}, `${alert.severity} ${severityWord(alert.severity)}`), el("br"),
      `${stateWord(alert.state)}, ${cause}, ${queue}`),
    el("td", {}, ...who.filter(Boolean).flatMap((text) => [text, el("br")])),
    el("td", {}, said.length ? el("ul", {}, ...said) : say("handover.nothing")));
}

start().catch((error: unknown) => {
  byId("as-of").textContent = say("handover.failed", { why: String(error) });
});
