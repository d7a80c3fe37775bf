import { evidenceCharts } from "../charts/evidence_charts";
import type { Alert, AlertHistory } from "../contract";
import { el } from "../dom";
import { fetchJson } from "../live";
import { say } from "../words/say";

const WIDTH = 350;

/** The part of the card that shows what was measured at the root of the case in the last hours. */
export class CaseCharts {
  readonly node = el("section", { class: "case-part", hidden: true });
  private asked = "";
  private found: AlertHistory | null = null;
  private width = 0;

  constructor() {
    new ResizeObserver(() => this.fit()).observe(this.node);
  }

  /** Draw the last hours of a case, anew with each of its versions and each minute. */
  async show(alert: Alert | null, minute: number | null): Promise<void> {
    const key = alert ? `${alert.alert_id} ${alert.version} ${minute}` : "";
    if (key === this.asked) return;
    const isOther = !alert || !this.asked.startsWith(`${alert.alert_id} `);
    this.asked = key;
    if (isOther) this.node.hidden = true;
    if (!alert) return;
    const path = `/api/alerts/${encodeURIComponent(alert.alert_id)}/history`;
    const found = await fetchJson<AlertHistory>(path).catch(() => null);
    if (key !== this.asked) return;
    this.found = found;
    this.node.hidden = false;
    this.draw();
  }

  /** As wide as the card is, which follows the window. */
  private widthNow(): number {
    return Math.min(WIDTH, Math.max(240, Math.floor(this.node.getBoundingClientRect().width) || WIDTH));
  }

  private fit(): void {
    if (!this.node.hidden && this.widthNow() !== this.width) this.draw();
  }

  private draw(): void {
    this.width = this.widthNow();
    this.node.replaceChildren(el("h3", {}, say("charts.title")), this.found
      ? evidenceCharts(this.found.root, this.found, this.width) : el("p", { class: "case-why" }, say("charts.lost")));
  }
}
