import type { PastMinute } from "./contract";

type Ask = (minute: number) => Promise<PastMinute>;

/**
 * Gets minutes of the past, one request at a time.
 *
 * The newest wish counts: one that was overtaken before its turn came is given null. The last
 * minutes are kept; one of them that may still have been under way is asked for again, unless it was
 * fetched ahead just now.
 */
export class PastFeed {
  private readonly kept = new Map<number, PastMinute>();
  private flight: { minute: number; done: Promise<PastMinute> } | null = null;
  private ahead: PastMinute | null = null;
  private wishCount = 0;

  /** Make a feed that asks by `ask`; minutes from `openFrom` on are not kept. */
  constructor(private readonly ask: Ask, private readonly openFrom: () => number, private readonly most = 24) {}

  /** Give a minute, null where another was wanted since. Throws what asking throws. */
  async want(minute: number): Promise<PastMinute | null> {
    this.wishCount += 1;
    const wish = this.wishCount;
    for (;;) {
      const known = this.kept.get(minute) ?? (this.ahead?.minute === minute ? this.ahead : undefined);
      this.ahead = null;
      if (known) return known;
      if (!this.flight || this.flight.minute === minute) return this.load(minute);
      await this.flight.done.catch(() => undefined);
      if (wish !== this.wishCount) return null;
    }
  }

  /** Get a minute that will be wanted next, where nothing is under way. */
  prefetch(minute: number): void {
    if (this.flight || this.kept.has(minute)) return;
    const keep = (found: PastMinute): void => {
      this.ahead = found;
    };
    this.load(minute).then(keep, () => undefined);
  }

  private load(minute: number): Promise<PastMinute> {
    if (this.flight?.minute === minute) return this.flight.done;
    const done = this.ask(minute).finally(() => {
      this.flight = null;
    });
    this.flight = { minute, done };
    return done.then((found) => {
      if (minute < this.openFrom()) this.keep(minute, found);
      return found;
    });
  }

  private keep(minute: number, found: PastMinute): void {
    this.kept.set(minute, found);
    const [oldest] = this.kept.keys();
    if (this.kept.size > this.most && oldest !== undefined) this.kept.delete(oldest);
  }
}
