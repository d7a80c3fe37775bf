import type { Health } from "./contract";
import { minutesLate, partialWords, sentences } from "./districts";
import { duration } from "./format";
import type { Store } from "./store";
import { say, sayNamed, spoken } from "./words/say";

const GRACE_MS = 1500; // a reconnect that succeeds at once should not flash

const ALARMING = new Set<Health["status"]>(["disconnected", "silent", "partial", "late", "elsewhere"]);

/** Says in plain words when what the page shows is not what happens now. */
export class Banner {
  private failure = "";
  private isLate = false;
  private hasBeenConnected = false;

  constructor(private readonly store: Store, private readonly node: HTMLElement) {
    window.setTimeout(() => this.late(), GRACE_MS * 2);
    store.on("connection", (isConnected) => {
      this.isLate = false;
      if (isConnected) this.hasBeenConnected = true;
      else window.setTimeout(() => this.late(), GRACE_MS);
      this.draw();
    });
    store.on("health", () => this.draw());
  }

  fail(message: string): void {
    this.failure = message;
    this.draw();
  }

  private late(): void {
    this.isLate = !this.store.isConnected;
    this.draw();
  }

  private draw(): void {
    const [tone, text] = this.message();
    this.node.hidden = !text;
    this.node.dataset["tone"] = tone;
    if (this.node.textContent !== text) this.node.textContent = text;
    // Where only a part of the city is old the map shows which, and the rest counts.
    const isPartial = this.store.isConnected && !this.failure && this.store.health?.status === "partial";
    document.body.classList.toggle("is-stale", tone === "lost" && !isPartial);
  }

  private message(): ["lost" | "calm", string] {
    const health = this.store.health;
    if (this.failure) return ["lost", this.failure];
    if (!this.store.isConnected && this.isLate) {
      return ["lost", this.hasBeenConnected
        ? say("banner.lost") : say("banner.never")];
    }
    if (health && ALARMING.has(health.status)) return ["lost", this.statusText(health)];
    if (health?.status === "waiting" || health?.status === "ended") return ["calm", this.statusText(health)];
    return ["calm", ""];
  }

  /** What the server says of it; its sentences are English, so that in Chinese the status speaks. */
  private statusText(health: Health): string {
    const { status, detail, start } = health;
    const partial = partialWords(health, this.store.roads.values());
    if (status === "partial" && partial) return partial;
    if (status === "late") return sentences([say("status.late", { n: minutesLate(health) }), partial]);
    if (start) {
      return say("status.starting", {
        n: start.number, count: start.count, what: sayNamed("start", start.what),
        usual: duration(start.usual_s), all: duration(start.all_usual_s),
      });
    }
    return spoken() === "en" && detail ? detail : say(`status.${status}`);
  }
}
