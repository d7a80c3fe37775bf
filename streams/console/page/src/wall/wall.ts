import { afterStates } from "../after_states";
import type { AreaIndices, CorridorTime, ServiceReport } from "../contract";
import { districtName } from "../districts";
import { el } from "../dom";
import { fetchJson } from "../live";
import { roadOf } from "../levels";
import type { RoadMap } from "../map/road_map";
import type { Store } from "../store";
import { say } from "../words/say";
import { areaPanel, casePanel, corridorPanel, indexPanel, panel, rootPanel, servicePanel } from "./panels";
import { causesByAge, type Root, topRoots } from "./ranking";

const USUAL_S = 20; // as long as it takes to read a view from afar
const SHORTEST_S = 5;
const [MOST_ROOTS, MOST_AREAS] = [6, 6];
const MOST_CORRIDORS = 3;
const [ROOTS_SHOWN, AREAS_SHOWN] = [3, 2];

/** What the map shows for a while: the city, one of the places where time is lost, or a district. */
type View = { kind: "city" } | { kind: "root"; root: Root } | { kind: "area"; area: string };

/** The city at a glance beside a map that goes from view to view. */
export class Wall {
  private areas: AreaIndices[] = [];
  private corridors: CorridorTime[] = [];
  private service: ServiceReport | null = null;
  private number = 0;
  private view: View = { kind: "city" };
  private isHeld = false;
  private readonly seconds: number;
  private readonly parts = el("div", { class: "wall-parts" });
  private readonly caption = el("p", { class: "wall-caption" });

  constructor(private readonly store: Store, private readonly roads: RoadMap, container: HTMLElement, asked: string) {
    this.seconds = Math.max(SHORTEST_S, Number(asked) || USUAL_S);
    container.hidden = false;
    container.append(this.parts);
    roads.map.getContainer().append(this.caption);
    store.on("health", () => this.draw());
    afterStates(store, () => void this.look());
    store.on("moment", (past) => {
      if (past) this.take(past.areas, past.corridors, null);
      else void this.look();
    });
    store.on("alerts", () => this.draw());
    store.on("jams", () => this.draw());
    document.addEventListener("keydown", (event) => this.press(event));
    window.setInterval(() => {
      if (!this.isHeld) this.turn(1);
    }, this.seconds * 1000);
    this.show();
  }

  /** Ask for what a minute brings. */
  private async look(): Promise<void> {
    const [areas, corridors, service] = await Promise.all([
      fetchJson<AreaIndices[]>("/api/areas").catch(() => this.areas),
      fetchJson<CorridorTime[]>("/api/corridors").catch(() => this.corridors),
      fetchJson<ServiceReport | null>("/api/service").catch(() => this.service),
    ]);
    if (!this.store.past) this.take(areas, corridors, service);
  }

  private take(areas: readonly AreaIndices[], corridors: CorridorTime[], service: ServiceReport | null): void {
    const districts = areas.filter((one) => one.area !== "city" && one.segment_count > 0);
    this.areas = districts.sort((a, b) => (b.tpi_travel_time ?? 0) - (a.tpi_travel_time ?? 0));
    this.corridors = corridors;
    this.service = service;
    this.draw();
  }

  private press(event: KeyboardEvent): void {
    if (event.key === "ArrowRight") this.turn(1);
    else if (event.key === "ArrowLeft") this.turn(-1);
    else if (event.key === " ") this.isHeld = !this.isHeld;
    else return;
    event.preventDefault();
    this.draw();
  }

  private views(): View[] {
    const roots = this.roots().slice(0, ROOTS_SHOWN).map((root): View => ({ kind: "root", root }));
    const areas = this.areas.slice(0, AREAS_SHOWN).map(({ area }): View => ({ kind: "area", area }));
    return [{ kind: "city" }, ...roots, ...(this.areas.length > 1 ? areas : [])];
  }

  private turn(by: number): void {
    const views = this.views();
    this.number = (this.number + by + views.length) % views.length;
    this.view = views[this.number] ?? { kind: "city" };
    this.show();
    this.draw();
  }

  private show(): void {
    const { view, roads } = this;
    roads.light(view.kind === "root" ? view.root.head : null);
    if (view.kind === "city") roads.goHome();
    else if (view.kind === "area") roads.showRegion(view.area);
    else roads.flyTo([view.root.head.longitude, view.root.head.latitude], roads.segmentsOf(view.root.head), false);
  }

  private roots(): Root[] {
    return topRoots(this.store.alerts.values(), this.store.jamOf, MOST_ROOTS);
  }

  private nameOf(area: string): string {
    return districtName(this.store.roads.values(), Number(area));
  }

  private draw(): void {
    const { health, alerts } = this.store;
    if (!health) return;
    const { now, past } = this.store;
    const { view } = this;
    const [root, area] = [view.kind === "root" ? view.root.head.alert_id : null, view.kind === "area" ? view.area : null];
    const hasCorridors = this.corridors.length > 0;
    this.parts.dataset["corridors"] = String(hasCorridors);
    this.parts.replaceChildren(
      indexPanel(past ? { summary: past.summary, history: [] } : health),
      rootPanel(this.roots(), now, root),
      areaPanel(this.areas.slice(0, MOST_AREAS), (name) => this.nameOf(name), area),
      ...(hasCorridors ? [corridorPanel(this.corridors, MOST_CORRIDORS)] : []),
      casePanel(now === null ? [] : causesByAge(alerts.values(), now)),
      past ? panel("service", say("wall.service"), el("p", { class: "sub" }, say("layers.notKept"))) : servicePanel(this.service));
    const name = view.kind === "city" ? say("wall.city")
      : view.kind === "area" ? this.nameOf(view.area) : roadOf(view.root.head.road_name);
    this.caption.replaceChildren(el("b", {}, name), el("span", {}, this.isHeld ? say("wall.held") : ""));
    this.caption.title = say("wall.rotation", { seconds: this.seconds });
  }
}
