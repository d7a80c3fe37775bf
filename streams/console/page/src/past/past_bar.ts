import { el } from "../dom";
import { duration, momentOf } from "../format";
import type { Selection } from "../selection";
import { isTyping } from "../search_box";
import type { Store } from "../store";
import { say } from "../words/say";
import { MINUTE_S } from "./days";
import { MomentPicker } from "./moment_picker";
import { type Pace, PACES, type TimeMachine } from "./time_machine";

const STEPS = [1, 10, 60] as const;

/** The frame, the banner and the controls of the past; there is no mistaking it for now. */
export class PastBar {
  private readonly when = el("h2", { class: "past-when" });
  private readonly picker: MomentPicker;
  private readonly other: MomentPicker;
  private readonly comparing = el("button", { type: "button", class: "quiet-button", id: "past-compare", title: say("past.compareTitle") });
  private readonly besideWhen = el("b", { class: "past-beside-when" });
  private readonly besideRow: HTMLElement;
  private readonly playing = el("button", { type: "button", class: "quiet-button", id: "past-play" });
  private readonly pace = el("select", { id: "past-pace", "aria-label": say("past.pace") },
    ...(Object.keys(PACES) as Pace[]).map((pace) => el("option", { value: pace }, paceWords(pace))));
  private readonly reach = el("p", { class: "past-reach" });
  private readonly came = el("p", { class: "past-came", role: "status" });
  private readonly note: HTMLElement;
  private readonly bar: HTMLElement;
  private readonly opener = el("button", { type: "button", class: "quiet-button", id: "past-open", title: say("past.openTitle") }, say("past.open"));
  private minute: number | null = null;

  constructor(
    private readonly store: Store,
    private readonly machine: TimeMachine,
    selection: Selection,
    tools: HTMLElement,
    container: HTMLElement,
    private readonly announcer: HTMLElement,
  ) {
    const now = el("button", { type: "button", class: "strong-button", id: "past-now", title: say("past.nowTitle") }, say("past.now"));
    this.note = el("p", { class: "past-note", role: "status" });
    this.picker = new MomentPicker(
      { id: "past", day: say("past.day"), minute: say("past.minute"), steps: STEPS },
      (minute) => void machine.go(minute), (minutes) => void machine.step(minutes));
    this.other = new MomentPicker(
      { id: "past-beside", day: say("past.besideDay"), minute: say("past.besideMinute"), steps: STEPS },
      (minute) => void machine.compareWith(minute), (minutes) => void machine.stepBeside(minutes));
    this.besideRow = el("div", { class: "past-controls past-beside" }, this.besideWhen, ...this.other.nodes);
    this.bar = el("div", { class: "past-bar" },
      el("div", { class: "past-head" }, this.when, this.came, now),
      el("div", { class: "past-controls" },
        ...this.picker.nodes, this.playing, this.pace, this.comparing),
      this.besideRow, this.reach);
    container.append(this.bar, this.note);
    tools.append(this.opener);
    this.opener.addEventListener("click", () => void machine.open().then(() => {
      if (machine.isOpen) this.picker.slider.focus();
    }));
    now.addEventListener("click", () => this.leave());
    this.comparing.addEventListener("click", () => {
      if (machine.beside === null) void machine.compareWith();
      else machine.endComparison();
    });
    this.playing.addEventListener("click", () => (machine.isPlaying ? machine.pause() : machine.play()));
    this.pace.addEventListener("input", () => machine.setPace(this.pace.value as Pace));
    // Before all others hear it: what is open is closed first, and only then the past.
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !machine.isOpen || selection.alertId !== null) return;
      const isElsewhere = isTyping(event.target) && !container.contains(event.target as Node);
      if (!isElsewhere && !document.querySelector("dialog[open]")) this.leave();
    }, true);
    machine.on(() => this.draw());
    store.on("moment", () => this.draw());
    store.on("unseen", () => this.draw());
    store.on("health", () => void this.lookEachMinute());
    this.draw();
  }

  private leave(): void {
    this.machine.leave();
    this.opener.focus();
  }

  /** The lake grows: as the clock does, so that the slider reaches what is new. */
  private async lookEachMinute(): Promise<void> {
    const minute = this.store.health?.minute ?? null;
    if (minute === this.minute || !this.machine.isOpen) return;
    this.minute = minute;
    await this.machine.look();
  }

  private draw(): void {
    const { machine, store } = this;
    const { wanted, days } = machine;
    document.body.classList.toggle("is-past", store.past !== null);
    this.bar.hidden = wanted === null;
    this.note.hidden = !machine.trouble;
    set(this.note, machine.trouble);
    this.opener.hidden = machine.isOpen || (!days.length && machine.whyNone !== "empty");
    if (wanted === null) return;
    this.drawMoment(wanted);
    this.picker.draw(days, wanted);
    this.drawBeside();
    set(this.playing, say(machine.isPlaying ? "past.pause" : "past.play"));
    this.pace.value = machine.pace;
    this.drawReach();
    const { size } = store.cameMeanwhile;
    set(this.came, size ? say(size === 1 ? "past.cameOne" : "past.came", { n: size }) : "");
  }

  private drawMoment(wanted: number): void {
    const shown = this.store.past?.minute ?? null;
    const text = shown === null ? say("past.loading", { at: momentOf(wanted) }) : say("past.when", { at: momentOf(shown) });
    if (text === this.when.textContent) return;
    this.when.textContent = text;
    // While it plays, a screen reader is not told of every minute.
    if (!this.machine.isPlaying && shown !== null) this.announcer.textContent = text;
  }

  private drawReach(): void {
    const { days } = this.machine;
    const [first, last] = [days[0]?.first, days.at(-1)?.last];
    if (first === undefined || last === undefined) return;
    const behind = (this.store.health?.event_time ?? 0) - last - MINUTE_S;
    set(this.reach, say("past.reach", { from: momentOf(first), to: momentOf(last) })
      + (behind >= MINUTE_S ? say("past.lag", { time: duration(behind) }) : ""));
  }

  private drawBeside(): void {
    const { beside, days } = this.machine;
    this.besideRow.hidden = beside === null;
    set(this.comparing, say(beside === null ? "past.compare" : "past.noCompare"));
    this.comparing.setAttribute("aria-pressed", String(beside !== null));
    if (beside === null) return;
    this.other.draw(days, beside);
    set(this.besideWhen, say("past.beside", { at: momentOf(beside) }));
  }
}

function paceWords(pace: Pace): string {
  return pace === "slow" ? say("past.paceSlow") : say("past.paceOf", { n: PACES[pace].minutes });
}

function set(node: HTMLElement, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}
