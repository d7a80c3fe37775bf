import type { LaneImpact } from "../contract";
import { el } from "../dom";
import { say, sayNamed } from "../words/say";

const STATES = ["open", "slow", "blocked"] as const;

/** All lanes of a road from its left shoulder to its right one, as a driver sees them. */
export function allLanes(laneCount: number, said: LaneImpact[]): LaneImpact[] {
  const numbered = Array.from({ length: laneCount }, (_, index) => laneCount - index);
  const names = ["left shoulder", ...numbered, "right shoulder"];
  const more = said.map((one) => one.lane).filter((lane) => !names.includes(lane));
  return [...names, ...more].map(
    (lane) => said.find((one) => one.lane === lane) ?? { lane, state: "open" },
  );
}

const title = (lane: number | string): string => (typeof lane === "number" ? say("lane.number", { n: lane }) : sayNamed("lane", lane));

/** One box a lane, only to look at. */
export function laneBoxes(lanes: LaneImpact[]): HTMLElement {
  return el("ul", { class: "lanes" }, ...lanes.map((one) =>
    el("li", { class: "lane", "data-lane-state": one.state },
      el("span", {}, title(one.lane)), el("b", {}, say(`lane.${one.state}`)))));
}

/** One box a lane; each press says the next state of three. */
export function laneButtons(lanes: LaneImpact[]): { node: HTMLElement; value: () => LaneImpact[] } {
  const now = lanes.map((one) => ({ ...one }));
  const boxes = now.map((one) => {
    const state = el("b", {}, say(`lane.${one.state}`));
    const box = el("button", { type: "button", class: "lane", "data-lane-state": one.state },
      el("span", {}, title(one.lane)), state);
    box.addEventListener("click", () => {
      one.state = STATES[(STATES.indexOf(one.state) + 1) % STATES.length] ?? "open";
      state.textContent = say(`lane.${one.state}`);
      box.dataset["laneState"] = one.state;
    });
    return box;
  });
  const label = say("form.laneHow");
  return { node: el("div", { class: "lanes", role: "group", "aria-label": label }, ...boxes), value: () => now };
}
