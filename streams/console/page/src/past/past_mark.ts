import { el } from "../dom";
import { momentOf } from "../format";
import type { Store } from "../store";
import { say } from "../words/say";
import type { TimeMachine } from "./time_machine";

/** Says on the wall, larger than all else, that the past is shown, and of which minute; Escape leads to now. */
export class PastMark {
  private readonly when = el("h2", { class: "past-mark" });
  private readonly note = el("p", { class: "past-note", role: "status" });

  constructor(private readonly store: Store, private readonly machine: TimeMachine, container: HTMLElement) {
    container.append(this.when, this.note);
    machine.on(() => this.draw());
    store.on("moment", () => this.draw());
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && machine.isOpen) machine.leave();
    });
    this.draw();
  }

  private draw(): void {
    const { past } = this.store;
    document.body.classList.toggle("is-past", past !== null);
    this.when.hidden = past === null;
    this.when.textContent = past ? say("past.when", { at: momentOf(past.minute) }) : "";
    this.note.textContent = this.machine.trouble;
    this.note.hidden = !this.machine.trouble;
  }
}
