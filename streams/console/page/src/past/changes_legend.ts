import { el } from "../dom";
import { count, momentOf, percent } from "../format";
import type { Store } from "../store";
import { say } from "../words/say";
import { CHANGES, type Comparison } from "./comparison";

const SIGNS = ["↓↓", "↓", "=", "↑", "↑↑"] as const;

/** What the colours of a comparison mean, and how many kilometres are slower and faster. */
export class ChangesLegend {
  constructor(private readonly store: Store, private readonly container: HTMLElement) {
    store.on("comparison", (comparison) => this.draw(comparison));
    this.draw(null);
  }

  private draw(comparison: Comparison | null): void {
    const { past, beside } = this.store;
    document.body.classList.toggle("is-compared", comparison !== null);
    this.container.hidden = comparison === null;
    if (!comparison || !past || !beside) return;
    const items = CHANGES.map((change, index) =>
      el("li", { "data-change": change },
        el("span", { class: "swatch", "aria-hidden": "true" }),
        el("span", { class: "change-sign", "aria-hidden": "true" }, SIGNS[index]),
        el("span", { class: "legend-word" }, say(`change.${change}`)),
        el("span", { class: "legend-count" }, kilometres(comparison.km[index] ?? 0))));
    const [much, some, , more, most] = comparison.km;
    const title = say("change.title", { a: momentOf(past.minute), b: momentOf(beside.minute) });
    this.container.replaceChildren(
      el("h2", {}, title),
      el("p", { class: "change-sums" },
        el("b", { "data-change": -2 }, say("change.slower", { km: kilometres((much ?? 0) + (some ?? 0)) })),
        el("b", { "data-change": 2 }, say("change.faster", { km: kilometres((more ?? 0) + (most ?? 0)) })),
        say("change.of", {
          km: kilometres(comparison.measuredKm), share: percent(comparison.measuredKm / Math.max(comparison.wholeKm, 1e-9)),
        })),
      el("ul", { class: "legend-levels" }, ...items));
  }
}

const kilometres = (km: number): string => say("unit.kilometres", { n: km < 10 ? km.toFixed(1) : count(km) });
