import type { MinuteSummary } from "../contract";
import { el } from "../dom";
import { count } from "../format";
import { LEVELS } from "../levels";
import type { Store } from "../store";
import { say } from "../words/say";

/** The six levels, how many segments are at each and their shares; one can stand out. */
export class Legend {
  private readonly counts: HTMLElement[] = [];
  private readonly shares = LEVELS.map((_, index) => el("span", { "data-level": index }));
  private pinned: number | null = null;
  private listener: (level: number | null) => void = () => undefined;

  constructor(store: Store, container: HTMLElement) {
    const rows = LEVELS.map((level, index) => {
      const number = el("span", { class: "legend-count" }, "–");
      this.counts.push(number);
      const button = el("button", {
        type: "button", "data-level": index, "aria-pressed": "false", title: level.meaning,
      },
        el("span", { class: "swatch", "aria-hidden": "true" }),
        el("span", { class: "legend-level" }, String(index)),
        el("span", { class: "legend-word" }, level.word),
        number);
      button.addEventListener("mouseenter", () => this.show(index));
      button.addEventListener("mouseleave", () => this.show(this.pinned));
      button.addEventListener("click", () => this.pin(this.pinned === index ? null : index, rows));
      return button;
    });
    const lengths = LENGTHS.map((name) => el("span", { "data-length": name }, say(`legend.${name}`, { n: "–" })));
    const note = el("p", { class: "legend-note" }, ...lengths.map((node, index) =>
      el("span", { class: "legend-length" }, el("span", { class: "stroke", "data-stroke": LENGTHS[index], "aria-hidden": "true" }), node)));
    container.append(
      el("div", { class: "legend-bar", "aria-hidden": "true" }, ...this.shares),
      el("div", { class: "legend-levels" }, el("h2", {}, say("legend.title")), ...rows, note));
    const draw = (): void => {
      const { summary } = store;
      if (summary) tellLengths(summary, lengths);
      this.counts.forEach((node, index) => {
        node.textContent = count(summary?.level_counts[index]);
        const share = this.shares[index];
        if (share) share.style.flexGrow = String(summary?.level_counts[index] ?? 0);
      });
    };
    store.on("health", draw);
    store.on("moment", draw);
  }

  onHover(listener: (level: number | null) => void): void {
    this.listener = listener;
  }

  private show(level: number | null): void {
    this.listener(level);
  }

  private pin(level: number | null, rows: HTMLElement[]): void {
    this.pinned = level;
    rows.forEach((row, index) => row.setAttribute("aria-pressed", String(index === level)));
    this.show(level);
  }
}

/** How the roads are drawn by what is known of them: as measured, thinner, thinnest. */
const LENGTHS = ["measured", "filled", "unseen"] as const;

function tellLengths({ measured_km, filled_km, unseen_km }: MinuteSummary, nodes: HTMLElement[]): void {
  [measured_km, filled_km, unseen_km].forEach((km, index) => {
    const [name, node] = [LENGTHS[index], nodes[index]];
    if (name && node) node.textContent = say(`legend.${name}`, { n: count(Math.round(km)) });
  });
}
