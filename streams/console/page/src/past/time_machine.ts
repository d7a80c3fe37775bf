import { AnswerError, fetchJson } from "../live";
import { momentOf } from "../format";
import type { Store } from "../store";
import { keepInUrl, urlValue } from "../url_state";
import { say } from "../words/say";
import type { PastDay, PastDays, PastMinute } from "./contract";
import { fromAddress, inAddress, MINUTE_S, storedMinute } from "./days";
import { PastFeed } from "./past_feed";
import { Picture } from "./picture";

const OPEN_S = 600; // the newest minutes may lack a region that is not written yet
const [HOUR_S, DAY_S] = [3600, 86_400];
const AGAIN_MS = 1500;
const TICK_MS = 1000;

/** How fast time goes: so many minutes are left behind each so many ms. */
export const PACES = {
  slow: { minutes: 1, everyMs: 2 * TICK_MS },
  "1": { minutes: 1, everyMs: TICK_MS },
  "5": { minutes: 5, everyMs: TICK_MS },
  "15": { minutes: 15, everyMs: TICK_MS },
} as const;
export type Pace = keyof typeof PACES;

/** Leads through the past: which moment is shown, what can be, and what went wrong on the way. */
export class TimeMachine {
  days: readonly PastDay[] = [];
  whyNone: PastDays["why_none"] = null;
  /** The minute that is asked for; it is shown as soon as it is there. */
  wanted: number | null = null;
  /** The minute that it is compared with, as soon as it is there; null for none. */
  beside: number | null = null;
  trouble = "";
  isPlaying = false;
  pace: Pace = "1";
  private readonly feed: PastFeed;
  private readonly besideFeed: PastFeed;
  private readonly listeners: (() => void)[] = [];
  private timer: number | undefined;

  constructor(private readonly store: Store) {
    const ask = (minute: number): Promise<PastMinute> => fetchJson<PastMinute>(`/api/past?at=${minute}`);
    const openFrom = (): number => this.newest - OPEN_S;
    this.feed = new PastFeed(ask, openFrom);
    this.besideFeed = new PastFeed(ask, openFrom);
  }

  on(listener: () => void): void {
    this.listeners.push(listener);
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }

  get isOpen(): boolean {
    return this.wanted !== null;
  }

  get newest(): number {
    return this.days.at(-1)?.last ?? 0;
  }

  /** Learn which days are stored, and go where the address says. */
  async begin(): Promise<void> {
    if (!this.store.health) await new Promise<void>((told) => this.store.on("health", () => told())); // its zone
    await this.look();
    const text = urlValue("at");
    if (text === null) return;
    const minute = fromAddress(text);
    const besideText = urlValue("beside");
    keepInUrl("at", null); // until they are shown
    keepInUrl("beside", null);
    if (minute === null) this.fail(say("past.noTime", { text }));
    else if (!this.days.length) this.fail(say(`past.${this.whyNone ?? "empty"}`));
    else await this.go(minute, true);
    const beside = besideText === null ? null : fromAddress(besideText);
    if (beside !== null && this.store.past) await this.compareWith(beside);
  }

  /** Learn which days are stored by now. */
  async look(): Promise<void> {
    const found = await fetchJson<PastDays>("/api/past/days").catch(() => null);
    if (!found) return;
    this.days = found.days;
    this.whyNone = found.why_none;
    this.tell();
  }

  /** Show the newest minute that is stored and not after the one of now: chains tell of some after a feed's end. */
  async open(): Promise<void> {
    await this.look();
    if (this.days.length) await this.go(Math.min(this.newest, this.store.health?.minute ?? this.newest));
    else this.fail(say(`past.${this.whyNone ?? "empty"}`));
  }

  /** Go so many minutes on, over what is not stored. */
  step(minutes: number): Promise<void> {
    const from = this.wanted ?? this.newest;
    return this.go(storedMinute(this.days, from + minutes * MINUTE_S, minutes) ?? from, true);
  }

  /** Show a minute; one in a hole gives way to the one before it, unless it is meant exactly. */
  async go(time: number, isExact = false): Promise<void> {
    const minute = isExact ? time : (storedMinute(this.days, time) ?? time);
    this.wanted = minute;
    this.trouble = "";
    this.tell();
    try {
      const found = await this.feed.want(minute);
      if (!found || !this.isOpen) return;
      this.store.show(found);
      if (this.wanted === minute) keepInUrl("at", inAddress(minute));
    } catch (error) {
      if (this.wanted === minute) this.refused(minute, error);
    }
    this.tell();
  }

  /** Compare with another minute: the one told, else the same of the stored day before, else an hour before. */
  async compareWith(told?: number): Promise<void> {
    if (this.wanted === null) return;
    const minute = told ?? this.usualBeside(this.wanted);
    this.beside = minute;
    this.trouble = "";
    this.tell();
    try {
      const found = await this.besideFeed.want(minute);
      if (!found || this.beside === null) return;
      const picture = new Picture();
      picture.takeColumns(found.states.states);
      this.store.compareWith({ minute: found.minute, states: picture.states });
      if (this.beside === minute) keepInUrl("beside", inAddress(minute));
    } catch (error) {
      if (this.beside !== minute) return;
      this.beside = this.store.beside?.minute ?? null;
      this.refused(minute, error);
    }
    this.tell();
  }

  /** Compare with a minute so many minutes on. */
  stepBeside(minutes: number): Promise<void> {
    const from = this.beside ?? this.newest;
    return this.compareWith(storedMinute(this.days, from + minutes * MINUTE_S, minutes) ?? from);
  }

  endComparison(): void {
    this.beside = null;
    keepInUrl("beside", null);
    this.store.compareWith(null);
    this.tell();
  }

  private usualBeside(minute: number): number {
    const before = storedMinute(this.days, minute - DAY_S);
    const isDayBefore = before !== null && Math.abs(minute - DAY_S - before) < HOUR_S;
    return (isDayBefore ? before : storedMinute(this.days, minute - HOUR_S)) ?? minute;
  }

  private refused(minute: number, error: unknown): void {
    const at = momentOf(minute);
    this.pause();
    if (error instanceof AnswerError && error.status === 503) {
      this.trouble = say("past.busy");
      window.setTimeout(() => {
        if (this.wanted === minute) void this.go(minute, true);
      }, AGAIN_MS);
      return;
    }
    const isMissing = error instanceof AnswerError && error.status === 404;
    this.fail(isMissing ? say("past.notStored", { at }) : say("past.lost", { at, why: String(error) }));
  }

  /** Say what went wrong; what is shown stays, and where that is now the past is left. */
  private fail(trouble: string): void {
    this.wanted = this.store.past?.minute ?? null;
    this.trouble = trouble;
    this.tell();
  }

  /** Back to now. */
  leave(): void {
    this.pause();
    this.wanted = null;
    this.trouble = "";
    this.beside = null;
    keepInUrl("at", null);
    keepInUrl("beside", null);
    if (this.store.past) this.store.show(null);
    this.tell();
  }

  play(): void {
    if (this.wanted === null) return;
    this.isPlaying = true;
    this.turn();
    this.tell();
  }

  pause(): void {
    window.clearTimeout(this.timer);
    this.isPlaying = false;
    this.tell();
  }

  setPace(pace: Pace): void {
    this.pace = pace;
    this.tell();
  }

  /** Show the next minute once its time has come and it is there; get the one after it meanwhile. */
  private turn(): void {
    const { minutes, everyMs } = PACES[this.pace];
    const next = this.after(this.wanted ?? this.newest, minutes);
    if (next === null) return this.pause();
    this.feed.prefetch(next);
    this.timer = window.setTimeout(() => {
      if (!this.isPlaying) return;
      void this.go(next, true).then(() => {
        if (this.isPlaying && this.wanted === next) this.turn();
      });
    }, everyMs);
  }

  private after(minute: number, minutes: number): number | null {
    const next = storedMinute(this.days, minute + minutes * MINUTE_S, 1);
    return next !== null && next > minute ? next : null;
  }
}
