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
    const note = el("p", { class: "legend-note" }, say("legend.thin"));
    container.append(
      el("div", { class: "legend-bar", "aria-hidden": "true" }, ...this.shares),
      el("div", { class: "legend-levels" }, el("h2", {}, say("legend.title")), ...rows, note));
    store.on("health", ({ summary }) => {
      if (summary) note.textContent = lengths(summary);
      this.counts.forEach((node, index) => {
        node.textContent = count(summary?.level_counts[index]);
        const share = this.shares[index];
        if (share) share.style.flexGrow = String(summary?.level_counts[index] ?? 0);
      });
    });
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

function lengths({ measured_km, filled_km, unseen_km }: MinuteSummary): string {
  const km = (length: number): string => count(Math.round(length));
  return say("legend.lengths", { measured: km(measured_km), filled: km(filled_km), unseen: km(unseen_km) });
}
