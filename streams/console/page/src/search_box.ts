import type { Found } from "./contract";
import { el } from "./dom";
import { fetchJson } from "./live";
import type { RoadMap } from "./map/road_map";
import type { Selection } from "./selection";
import { say } from "./words/say";

const PAUSE_MS = 180;

/** Finds a road, crossing, segment, alert or camera, and goes there. */
export class SearchBox {
  private readonly input = el("input", {
    type: "search", id: "search", placeholder: say("search.place"), "aria-label": say("search.label"),
    title: say("search.label"), autocomplete: "off", maxlength: 100,
  });
  private readonly list = el("ul", { class: "found", hidden: true });
  private timer: number | undefined;
  private asked = "";

  constructor(private readonly selection: Selection, private readonly roads: RoadMap, container: HTMLElement) {
    container.append(this.input, this.list);
    this.input.addEventListener("input", () => {
      window.clearTimeout(this.timer);
      this.timer = window.setTimeout(() => void this.look(), PAUSE_MS);
    });
    container.addEventListener("keydown", (event) => this.press(event));
    container.addEventListener("focusout", (event) => {
      if (!container.contains(event.relatedTarget as Element | null)) this.list.hidden = true;
    });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "/" || isTyping(event.target)) return;
      event.preventDefault();
      this.input.focus();
      this.input.select();
    });
  }

  private async look(): Promise<void> {
    const question = this.input.value.trim();
    this.asked = question;
    if (!question) return this.close();
    const found = await fetchJson<Found[]>(`/api/search?q=${encodeURIComponent(question)}`).catch(() => null);
    if (question !== this.asked) return;
    const rows = (found ?? []).map((one) => {
      const button = el("button", { type: "button" },
        el("span", { class: "found-kind" }, say(`found.${one.kind}`)), one.title || one.id);
      button.addEventListener("click", () => this.go(one));
      return el("li", {}, button);
    });
    const none = el("li", { class: "found-none", role: "status" }, say(found ? "search.nothing" : "search.lost"));
    this.list.replaceChildren(...(rows.length ? rows : [none]));
    this.list.hidden = false;
  }

  private go(one: Found): void {
    this.close();
    if (one.kind === "alert") return this.selection.choose(one.id);
    this.selection.choose(null);
    const [first] = one.segment_ids;
    const place: [number, number] = [one.longitude, one.latitude];
    if (one.kind === "segment" && first !== undefined) this.roads.findSegment(place, first);
    else this.roads.find(place, one.segment_ids);
  }

  private close(): void {
    this.list.hidden = true;
    this.list.replaceChildren();
  }

  private press(event: KeyboardEvent): void {
    const buttons = [...this.list.querySelectorAll<HTMLElement>("button")];
    const here = buttons.indexOf(document.activeElement as HTMLElement);
    if (event.key === "Escape" && (!this.list.hidden || this.input.value)) {
      event.stopPropagation(); // back from the search alone
      this.input.value = "";
      this.input.focus();
      this.close();
    } else if (event.key === "Enter" && here < 0) {
      buttons[0]?.click();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const next = here + (event.key === "ArrowDown" ? 1 : -1);
      (next < 0 ? this.input : buttons[Math.min(next, buttons.length - 1)])?.focus();
    }
  }
}

/** Whether keys belong to what somebody writes in. */
export const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]");
