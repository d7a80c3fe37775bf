import { afterStates } from "../after_states";
import type { CorridorTime } from "../contract";
import { el } from "../dom";
import { fetchJson } from "../live";
import type { RoadMap } from "../map/road_map";
import type { Store } from "../store";
import { say } from "../words/say";
import { boundWords, corridorParts, toneOf, worstFirst } from "./corridor_rows";

/** The corridors beside the alerts, the worst first; nothing where the city has none. */
export class CorridorList {
  private hasAny = false;
  private readonly title = el("summary", {});
  private readonly rows = el("ol", { class: "corridor-rows" });

  constructor(private readonly store: Store, private readonly roads: RoadMap, private readonly container: HTMLElement) {
    container.append(el("details", { open: "" }, this.title, this.rows));
    store.on("moment", (past) => {
      if (past) this.draw(worstFirst(past.corridors));
      else void this.look();
    });
    afterStates(store, () => void this.look());
  }

  private async look(): Promise<void> {
    const corridors = await fetchJson<CorridorTime[]>("/api/corridors").catch(() => null);
    if (corridors && !this.store.past) this.draw(worstFirst(corridors));
  }

  private hide(): void {
    this.container.hidden = !this.hasAny || this.store.minute === null;
  }

  private draw(corridors: readonly CorridorTime[]): void {
    const focused = document.activeElement?.closest<HTMLElement>("[data-corridor]")?.dataset["corridor"];
    this.hasAny = corridors.length > 0;
    this.hide();
    const alarms = corridors.filter((one) => one.status === "alarm").length;
    this.title.replaceChildren(
      el("b", {}, say("corridor.title")), ` ${alarms ? say("corridor.alarms", { n: alarms }) : String(corridors.length)}`);
    this.rows.replaceChildren(...corridors.map((one) => el("li", {}, this.button(one))));
    if (focused) this.rows.querySelector<HTMLElement>(`[data-corridor="${CSS.escape(focused)}"]`)?.focus();
  }

  private button(one: CorridorTime): HTMLElement {
    const button = el("button", {
      type: "button", class: "corridor", "data-corridor": one.name, "data-status": one.status,
      "data-severity": toneOf(one), title: `${say("corridor.show", { name: one.name })}: ${boundWords(one)}`,
    }, ...corridorParts(one));
    button.addEventListener("click", () => this.roads.findSegments(one.segment_ids));
    return button;
  }
}
