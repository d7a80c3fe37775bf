import type { Alert } from "../contract";
import { el } from "../dom";
import { isOver } from "../levels";
import { keepInUrl, urlValue } from "../url_state";
import { say } from "../words/say";

const KINDS = { all: say("alerts.all"), incident: say("alerts.incidents"), hotspot: say("alerts.hotspots") };
const STATES = { active: say("alerts.stateActive"), over: say("alerts.stateOver"), all: say("alerts.all") };
const SEVERITIES = {
  "1": say("alerts.severity1"), "2": say("alerts.severity2"), "3": say("alerts.severity3"), "4": say("alerts.severity4"),
};
const USUAL: Record<string, string> = { kind: "all", state: "active", severity: "1", unit: "", road: "" };

/** Which alerts the list shows; kept in the address, so that a link shows the same. */
export class AlertFilters {
  readonly node = el("div", { class: "filters" });
  private readonly values: Record<string, string> = {};
  private readonly redraw: (() => void)[] = [];
  private units: string[] = [];
  private readonly unit = el("select", { "aria-label": say("alerts.unit") });

  constructor(private readonly changed: () => void) {
    for (const name of Object.keys(USUAL)) this.values[name] = urlValue(name) ?? USUAL[name] ?? "";
    const severity = el("select", { "aria-label": say("alerts.severity") },
      ...Object.entries(SEVERITIES).map(([value, label]) => el("option", { value }, label)));
    const road = el("input", { type: "search", placeholder: say("alerts.road"), "aria-label": say("alerts.road") });
    this.bind("severity", severity);
    this.bind("road", road);
    this.bind("unit", this.unit);
    this.node.append(
      this.segmented("kind", say("alerts.kind"), KINDS), this.segmented("state", say("alerts.state"), STATES), severity, this.unit, road);
    this.draw();
  }

  /** Whether an alert passes. */
  pass(alert: Alert): boolean {
    const { kind, state, severity, unit, road } = this.values;
    const place = `${alert.road_name} ${alert.place_text?.en ?? ""} ${alert.place_text?.zh ?? ""}`;
    return (kind === "all" || alert.kind === kind)
      && (state === "all" || isOver(alert.state) === (state === "over"))
      && alert.severity >= Number(severity)
      && (!unit || alert.unit_path.includes(unit))
      && (!road || place.toLowerCase().includes(road.toLowerCase()));
  }

  /** Show everything. */
  open(): void {
    for (const name of Object.keys(USUAL)) this.set(name, name === "state" ? "all" : (USUAL[name] ?? ""));
  }

  /** Let an alert that is over be seen where only those that are not are shown. */
  reveal(alert: Alert): void {
    if (isOver(alert.state) && this.values["state"] === "active") this.set("state", "all");
  }

  /** Offer the units that there are. */
  offer(alerts: Iterable<Alert>): void {
    const units = [...new Set([...alerts].flatMap((alert) => alert.unit_path))].sort();
    if (units.join() === this.units.join() && this.unit.childElementCount) return;
    this.units = units;
    const chosen = this.values["unit"] ?? "";
    const names = [...new Set([...units, chosen].filter(Boolean))];
    this.unit.hidden = !names.length;
    this.unit.replaceChildren(
      el("option", { value: "" }, say("alerts.anyUnit")), ...names.map((value) => el("option", { value }, value)));
    this.unit.value = chosen;
  }

  private set(name: string, value: string): void {
    this.values[name] = value;
    keepInUrl(name, value, USUAL[name]);
    this.draw();
  }

  private draw(): void {
    for (const redraw of this.redraw) redraw();
  }

  private bind(name: string, input: HTMLSelectElement | HTMLInputElement): void {
    input.addEventListener("input", () => {
      this.set(name, input.value);
      this.changed();
    });
    this.redraw.push(() => {
      if (input.value !== this.values[name]) input.value = this.values[name] ?? "";
    });
  }

  private segmented(name: string, title: string, choices: Record<string, string>): HTMLElement {
    const buttons = Object.entries(choices).map(([value, label]) => {
      const button = el("button", { type: "button", "data-value": value }, label);
      button.addEventListener("click", () => {
        this.set(name, value);
        this.changed();
      });
      return button;
    });
    this.redraw.push(() => {
      for (const button of buttons) {
        button.setAttribute("aria-pressed", String(button.dataset["value"] === this.values[name]));
      }
    });
    return el("div", { class: "segmented", role: "group", "aria-label": title }, ...buttons);
  }
}
