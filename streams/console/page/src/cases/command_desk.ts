import type { Alert, CommandResult, Person } from "../contract";
import { duration, parseIso, timeOfDay } from "../format";
import type { Store } from "../store";
import { eventWords, isOfPeople } from "./case_words";
import { type Fields, order, type Order, send } from "./commands";
import { serverWords } from "../words/refusals";
import { say, sayNamed } from "../words/say";

/** What the operator is told of a command; `again` sends the same one once more. */
export interface Word {
  tone: "" | "busy" | "done" | "late" | "refused" | "lost";
  text: string;
  again?: () => void;
}

const VERSION_WAIT_MS = 2000;

/** Gives commands in somebody's name and tells what became of them. */
export class CommandDesk {
  constructor(
    private readonly store: Store,
    private readonly person: Person,
    private readonly tell: (word: Word) => void,
  ) {}

  /** Command something of a case as it was seen. */
  async give(action: string, seen: Alert, fields: Fields): Promise<CommandResult | null> {
    const command = order(action, seen.alert_id, seen.version, fields);
    const result = await this.put(command);
    if (result?.answer !== "stale") return result;
    const now = await this.newer(seen);
    const since = now.log.filter((event) => event.version > seen.version);
    if (now.version > seen.version && !since.some(isOfPeople)) {
      // Only the detector had news: what the operator decided on is still so.
      return this.put(order(action, now.alert_id, now.version, fields));
    }
    this.tell({ tone: "late", text: this.tooLate(now, since.findLast(isOfPeople), result) });
    return result;
  }

  /** Send a command, the same one as often as it takes. */
  async put(command: Order): Promise<CommandResult | null> {
    const word = sayNamed("action", command.action);
    if (this.store.past) {
      this.tell({ tone: "refused", text: say("past.noCommands") });
      return null;
    }
    this.tell({ tone: "busy", text: say("desk.sent", { word }) });
    const outcome = await send(command, this.person.name ?? "nobody");
    if ("unanswered" in outcome) {
      const again = (): void => void this.put(command);
      this.tell({ tone: "lost", text: say("desk.notKnown", { word, why: outcome.unanswered }), again });
      return null;
    }
    const { result } = outcome;
    if (result.is_accepted) this.tell({ tone: "done", text: say("desk.done", { word }) });
    else if (result.answer !== "stale") this.tell({ tone: "refused", text: say("desk.refused", { word, why: serverWords(result.reason ?? "") }) });
    return result;
  }

  /** Wait for the version that was in the way, for a moment. */
  private async newer(seen: Alert): Promise<Alert> {
    const until = performance.now() + VERSION_WAIT_MS;
    for (;;) {
      const known = this.store.alerts.get(seen.alert_id) ?? seen;
      if (known.version > seen.version || performance.now() > until) return known;
      await new Promise((done) => window.setTimeout(done, 50));
    }
  }

  private tooLate(now: Alert, event: Alert["log"][number] | undefined, result: CommandResult): string {
    if (!event) return say("desk.late", { why: result.reason ?? "" });
    const ago = this.store.heardAgo(now.alert_id, event.version);
    const when = ago === null ? say("desk.at", { at: timeOfDay(parseIso(event.time)) }) : say("desk.ago", { time: duration(ago) });
    return say("desk.lateBy", { who: event.actor, did: eventWords(event), when });
  }
}
