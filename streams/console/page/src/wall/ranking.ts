import type { Alert, Jam } from "../contract";
import { parseIso } from "../format";
import { isOver } from "../levels";

/** A place where time is lost: a jam with its alerts, or an alert by itself. */
export interface Root {
  head: Alert;
  alerts: readonly Alert[];
  severity: number;
  delayVehH: number;
  queueM: number;
  since: number;
}

/** The places where most time is lost; of equal ones the gravest, then the oldest comes first. */
export function topRoots(alerts: Iterable<Alert>, jamOf: ReadonlyMap<string, Jam>, most: number): Root[] {
  const active = [...alerts].filter((alert) => !isOver(alert.state));
  const byId = new Map(active.map((alert) => [alert.alert_id, alert]));
  const jams = new Set(active.map((alert) => jamOf.get(alert.alert_id)).filter((jam) => jam !== undefined));
  const roots = [
    ...[...jams].flatMap((jam) => ofJam(jam, jam.alert_ids.map((id) => byId.get(id)).filter((one) => one !== undefined))),
    ...active.filter((alert) => !jamOf.has(alert.alert_id)).map(ofAlert),
  ];
  return roots
    .sort((a, b) => b.delayVehH - a.delayVehH || b.severity - a.severity || a.since - b.since)
    .slice(0, most);
}

function ofJam(jam: Jam, alerts: Alert[]): Root[] {
  const [head] = alerts;
  return head ? [{
    head, alerts, severity: jam.severity, delayVehH: jam.delay_veh_h, queueM: jam.queue_length_m, since: parseIso(jam.since),
  }] : [];
}

const ofAlert = (head: Alert): Root => ({
  head, alerts: [head], severity: head.severity, delayVehH: head.delay_veh_h, queueM: head.queue_length_m,
  since: parseIso(head.onset_time),
});

/** Bounds of ages in minutes; the last is open. */
export const AGES = [15, 30, 60] as const;

/** How many open alerts there are of each cause and age, the most frequent cause first. */
export function causesByAge(alerts: Iterable<Alert>, now: number): { cause: string; counts: number[]; total: number }[] {
  const rows = new Map<string, number[]>();
  for (const alert of alerts) {
    if (isOver(alert.state)) continue;
    const minutes = (now - parseIso(alert.onset_time)) / 60;
    const column = AGES.filter((bound) => minutes >= bound).length;
    const counts = rows.get(alert.cause) ?? Array.from({ length: AGES.length + 1 }, () => 0);
    counts[column] = (counts[column] ?? 0) + 1;
    rows.set(alert.cause, counts);
  }
  return [...rows].map(([cause, counts]) => ({ cause, counts, total: counts.reduce((a, b) => a + b, 0) }))
    .sort((a, b) => b.total - a.total || (a.cause < b.cause ? -1 : 1));
}
