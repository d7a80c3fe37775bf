import { el } from "../dom";
import { dayOf, momentOf } from "../format";
import { say } from "../words/say";
import type { PastDay } from "./contract";
import { dayOfMinute, MINUTE_S, storedMinute } from "./days";

/** What a picker is called: each of its parts by name, as a screen reader says it. */
interface Names {
  id: string;
  day: string;
  minute: string;
  steps: readonly number[];
}

/** A day, a slider over its minutes, and steps back and on. */
export class MomentPicker {
  private readonly day: HTMLSelectElement;
  readonly slider: HTMLInputElement;
  readonly nodes: HTMLElement[];
  private days: readonly PastDay[] = [];
  private minute: number | null = null;

  /** `go` is given a minute that is stored, `step` so many minutes from the one that is shown. */
  constructor(names: Names, private readonly go: (minute: number) => void, step: (minutes: number) => void) {
    this.day = el("select", { id: `${names.id}-day`, "aria-label": names.day });
    this.slider = el("input", { type: "range", id: `${names.id}-minute`, step: MINUTE_S, "aria-label": names.minute });
    const button = (n: number): HTMLElement => stepButton(n, () => step(n));
    this.nodes = [
      this.day, ...names.steps.map((n) => -n).toSorted((a, b) => a - b).map(button), this.slider, ...names.steps.map(button),
    ];
    this.slider.addEventListener("input", () => this.take(Number(this.slider.value)));
    this.day.addEventListener("input", () => this.chooseDay(this.day.value));
  }

  draw(days: readonly PastDay[], minute: number): void {
    [this.days, this.minute] = [days, minute];
    const day = dayOfMinute(days, minute);
    if (this.day.childElementCount !== days.length || this.day.options[days.length - 1]?.value !== days.at(-1)?.date) {
      this.day.replaceChildren(...days.map((one) => el("option", { value: one.date }, dayOf(one.first))));
    }
    this.day.value = day?.date ?? "";
    this.slider.min = String(Math.min(day?.first ?? minute, minute));
    this.slider.max = String(Math.max(day?.last ?? minute, minute));
    this.slider.value = String(minute);
    this.slider.setAttribute("aria-valuetext", momentOf(minute));
  }

  private take(time: number): void {
    this.go(storedMinute(this.days, time) ?? time);
  }

  /** Go to the same time of another day. */
  private chooseDay(date: string): void {
    const [to, from] = [this.days.find((day) => day.date === date), dayOfMinute(this.days, this.minute ?? 0)];
    if (!to || !from || this.minute === null) return;
    const away = (Date.parse(to.date) - Date.parse(from.date)) / 1000;
    this.take(Math.min(to.last, Math.max(to.first, this.minute + away)));
  }
}

function stepButton(minutes: number, press: () => void): HTMLElement {
  const n = Math.abs(minutes);
  const label = say(minutes < 0 ? "past.back" : "past.on", { n });
  const text = `${minutes < 0 ? "−" : "+"}${n}`;
  const button = el("button", { type: "button", class: "quiet-button past-step", title: label, "aria-label": `${text} ${label}`, "data-step": minutes }, text);
  button.addEventListener("click", press);
  return button;
}
