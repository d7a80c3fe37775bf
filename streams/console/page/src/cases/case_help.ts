import type { Alert } from "../contract";
import { el } from "../dom";
import { distance, duration } from "../format";
import { isOver, roadOf } from "../levels";
import { fetchJson } from "../live";
import { say, sayNamed } from "../words/say";
import { seenWords } from "../words/seen";

/** What helps at a case; of streams/console/response_routes.py. */
export interface CaseResponse {
  alert_id: string;
  plan: { name: string; steps: string[]; sends: string[] } | null;
  is_plan_approved: boolean;
  detour: { segment_ids: string[]; road_names: string[]; length_m: number; time_s: number; queue_time_s: number } | null;
  cameras: string[];
  bus_lines: { line: string; stop_count: number; delay_s: number }[];
  signals: { road_name: string; action: string; why: string; word: string; values: Record<string, number | string> }[];
}

/** The part of the card on what helps: plan, way around, cameras, bus lines, signals. */
export class CaseHelp {
  readonly node = el("section", { class: "case-part", hidden: true });
  /** The plan that is proposed and not yet approved. */
  plan: string | null = null;
  private asked = "";

  constructor(private readonly onDetour: (segmentIds: string[]) => void) {}

  /** Work out what helps at a case, anew with each of its versions and each minute. */
  async show(alert: Alert | null, minute: number | null): Promise<void> {
    const key = alert && !isOver(alert.state) ? `${alert.alert_id} ${alert.version} ${minute}` : "";
    if (key === this.asked) return;
    const isOther = !alert || !this.asked.startsWith(`${alert.alert_id} `);
    this.asked = key;
    if (isOther || !key) this.draw(null);
    if (!alert || !key) return;
    const path = `/api/alerts/${encodeURIComponent(alert.alert_id)}/response`;
    const found = await fetchJson<CaseResponse>(path).catch(() => null);
    if (key === this.asked) this.draw(found);
  }

  private draw(found: CaseResponse | null): void {
    this.plan = found && !found.is_plan_approved ? (found.plan?.name ?? null) : null;
    this.onDetour(found?.detour?.segment_ids ?? []);
    const lines = found ? [
      ...plan(found),
      ...detour(found),
      found.cameras.length ? el("p", {}, el("b", {}, say("help.cameras")), found.cameras.join(", ")) : null,
      ...found.bus_lines.map((one) =>
        el("p", {}, el("b", {}, say("help.bus", { line: one.line })), say("help.busLate", { time: duration(one.delay_s), n: one.stop_count }))),
      ...found.signals.map((one) =>
        el("p", {}, el("b", {}, say("help.signal")), say("help.signalWhy", {
          what: sayNamed("green", one.action), road: roadOf(one.road_name), why: seenWords({ ...one, seen: one.why }),
        }))),
    ].filter((line) => line !== null) : [];
    this.node.hidden = !lines.length;
    this.node.replaceChildren(el("h3", {}, say("case.helps")), ...lines);
  }
}

function plan({ plan: one, is_plan_approved: isApproved }: CaseResponse): HTMLElement[] {
  if (!one) return [];
  const sends = one.sends.length ? say("help.sends", { names: one.sends.join(", ") }) : "";
  return [
    el("p", {}, el("b", {}, say("help.plan", { name: one.name })), say(isApproved ? "help.approved" : "help.approve") + sends),
    el("ol", { class: "plan-steps" }, ...one.steps.map((step) => el("li", {}, step))),
  ];
}

function detour({ detour: way }: CaseResponse): HTMLElement[] {
  if (!way) return [];
  const roads = [...new Set(way.road_names.filter(Boolean))].join(", ");
  return [el("p", {}, el("b", {}, say("help.around")),
    say("help.aroundTimes", {
      length: distance(way.length_m), time: duration(way.time_s), queue: duration(way.queue_time_s),
    }) + (roads ? say("help.roads", { roads }) : ""))];
}
