import type { CorridorTime } from "../contract";
import { el } from "../dom";
import { percent } from "../format";
import { say, sayNamed } from "../words/say";

const ORDER: readonly CorridorTime["status"][] = ["alarm", "slow", "unbounded", "free", "unknown"];
const TONES: Partial<Record<CorridorTime["status"], number>> = { alarm: 4, slow: 2 };

/** How much longer a corridor takes than usual, else than when free; 0 where that is not known. */
const delay = ({ time_s, usual_s, free_s }: CorridorTime): number => {
  const without = usual_s ?? free_s;
  return time_s === null || without === null || without === 0 ? 0 : time_s / without;
};

/** Corridors in the order in which somebody should look at them. */
export function worstFirst(corridors: readonly CorridorTime[]): CorridorTime[] {
  return [...corridors].sort((a, b) =>
    ORDER.indexOf(a.status) - ORDER.indexOf(b.status) || delay(b) - delay(a) || (a.name < b.name ? -1 : 1));
}

/** 6.3 min; a travel time of a corridor is read to a tenth of a minute. */
export const minutes = (seconds: number | null): string =>
  seconds === null ? "–" : say("corridor.time", { n: (seconds / 60).toFixed(1) });

/** The severity whose colour a corridor has; none where it is as it should be or has no bounds. */
export const toneOf = (one: CorridorTime): number | "none" => TONES[one.status] ?? "none";

/** What stands under a corridor's name. */
export function corridorWords(one: CorridorTime): string {
  const without = one.usual_s === null
    ? say("corridor.free", { n: minutes(one.free_s) }) : say("corridor.usual", { n: minutes(one.usual_s) });
  return [
    without, say("corridor.measured", { share: percent(one.measured_share) }),
  ].join(" · ");
}

/** The bounds of a corridor, for whoever asks. */
export function boundWords({ slow_above_s, alarm_above_s }: CorridorTime): string {
  const said = [
    ...(slow_above_s === null ? [] : [say("corridor.slowBound", { n: minutes(slow_above_s) })]),
    ...(alarm_above_s === null ? [] : [say("corridor.alarmBound", { n: minutes(alarm_above_s) })]),
  ];
  return said.length ? said.join(say("list.comma")) : say("corridor.status.unbounded");
}

/** The name of a corridor, what is told of it and its time now. */
export function corridorParts(one: CorridorTime): HTMLElement[] {
  return [
    el("span", { class: "corridor-name" },
      el("span", {}, one.name, one.status === "unbounded" ? null : el("em", {}, sayNamed("corridor.status", one.status))),
      el("small", {}, corridorWords(one))),
    el("b", {}, minutes(one.time_s)),
  ];
}
