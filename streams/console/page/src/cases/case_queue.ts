import type { Alert } from "../contract";
import { el } from "../dom";
import { distance } from "../format";
import { roadOf } from "../levels";
import type { Store } from "../store";
import { say } from "../words/say";
import { type Piece, spillback, type Stretch } from "./spillback";

/** The queue of a case as an outline, from its head to its tails; null where it has none to draw. */
export function caseQueue(alert: Alert, store: Store): HTMLElement | null {
  const pieces = alert.queue_segment_ids.map((id) => piece(id, store)).filter((one) => one !== null);
  const root = piece(alert.segment_id, store);
  if (!root || !pieces.some((one) => one.id !== root.id)) return null;
  const { tree, apart } = spillback(root, pieces);
  return el("section", { class: "case-part" },
    el("h3", {}, say("tree.title")),
    el("ul", { class: "tree" }, branch(tree, store, true)),
    apart.length ? el("p", { class: "case-why" }, say("tree.apart")) : null,
    apart.length ? el("ul", { class: "tree" }, ...apart.map((one) => branch(one, store, false))) : null);
}

function piece(id: string, store: Store): Piece | null {
  const road = store.roads.get(id);
  const ends = store.ends.get(id);
  return road && ends ? { id, road: road.name, lengthM: road.length_m, ...ends } : null;
}

function branch(one: Stretch, store: Store, isRoot: boolean): HTMLElement {
  const levels = one.ids.map((id) => store.states.get(store.segmentIndex.get(id) ?? -1)?.level ?? null);
  const worst = Math.max(-1, ...levels.map((level) => level ?? -1));
  const ends = [isRoot ? say("tree.root") : "", one.behind.length ? "" : say("tree.leaf")].filter(Boolean);
  return el("li", {},
    el("p", { class: "tree-stretch", "data-level": worst < 0 ? "none" : worst },
      el("span", { class: "swatch", role: "img", "aria-label": worst < 0 ? null : say("tree.level", { level: worst }) }),
      el("b", {}, roadOf(one.road)), ` ${distance(one.lengthM)}`,
      ends.length ? el("span", { class: "tree-end" }, ends.join(", ")) : null),
    one.behind.length ? el("ul", {}, ...one.behind.map((next) => branch(next, store, false))) : null);
}
