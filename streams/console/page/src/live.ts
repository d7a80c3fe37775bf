import type { Alert, Health, Jam, Patrol, StatesDelta, StatesSnapshot } from "./contract";
import type { Store } from "./store";

/** An answer that is none: its status, and why as the server says. */
export class AnswerError extends Error {
  constructor(path: string, readonly status: number, readonly why: string) {
    super(`${path} answered ${status}`);
  }
}

/** Fetch JSON from this server; throws AnswerError where it does not answer well. */
export async function fetchJson<T>(path: string): Promise<T> {
  const response = await fetch(path, { cache: "no-cache" });
  if (response.status === 401) location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
  if (!response.ok) throw new AnswerError(path, response.status, await whyNot(response));
  return (await response.json()) as T;
}

const whyNot = (response: Response): Promise<string> =>
  response.json().then((body: { error?: string }) => body.error ?? "", () => "");

/**
 * Keep the store equal to the server's board.
 *
 * Every connection, the first and each after a loss, begins with `hello`: the page then fetches
 * the whole state once while later events wait, so nothing can fall between.
 */
export class Live {
  private source: EventSource | null = null;
  private waiting: (() => void)[] | null = null;
  private retry: number | undefined;

  constructor(private readonly store: Store) {}

  start(): void {
    const source = new EventSource("/api/events");
    this.source = source;
    source.addEventListener("hello", () => void this.resync());
    this.listen<StatesDelta>("states", (delta) => this.store.takeDelta(delta));
    this.listen<{ jams: Jam[] }>("jams", ({ jams }) => this.store.takeJams(jams));
    this.listen<Alert>("alert", (alert) => this.store.hearAlert(alert));
    this.listen<{ patrols: Patrol[] }>("patrols", ({ patrols }) => this.store.takePatrols(patrols));
    this.listen<Health>("health", (health) => this.store.takeHealth(health));
    source.addEventListener("error", () => this.lost());
  }

  private listen<T>(name: string, take: (message: T) => void): void {
    this.source?.addEventListener(name, (event) => {
      const message = JSON.parse((event as MessageEvent<string>).data) as T;
      if (this.waiting) this.waiting.push(() => take(message));
      else take(message);
    });
  }

  private async resync(): Promise<void> {
    const waiting: (() => void)[] = [];
    this.waiting = waiting;
    try {
      const [states, alerts, jams, health, patrols] = await Promise.all([
        fetchJson<StatesSnapshot>("/api/states?ids=no"),
        fetchJson<Alert[]>("/api/alerts"),
        fetchJson<Jam[]>("/api/jams"),
        fetchJson<Health>("/health"),
        fetchJson<Patrol[]>("/api/patrols"),
      ]);
      this.store.takeHealth(health);
      this.store.takeSnapshot(states);
      this.store.takeJams(jams);
      this.store.takeAlerts(alerts);
      this.store.takePatrols(patrols);
      for (const take of waiting) take();
      this.waiting = null;
      this.store.setConnected(true);
    } catch {
      this.waiting = null;
      this.restart();
    }
  }

  /** A browser gives up on an EventSource whose server answers with an error; start a new one. */
  private lost(): void {
    this.store.setConnected(false);
    if (this.source?.readyState !== EventSource.CLOSED) return;
    void fetchJson("/api/alerts").catch(() => undefined); // leads to the login where that is why
    this.restart();
  }

  private restart(): void {
    this.store.setConnected(false);
    this.source?.close();
    window.clearTimeout(this.retry);
    this.retry = window.setTimeout(() => this.start(), 2000);
  }
}
