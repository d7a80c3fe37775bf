import { expect, test } from "vitest";

import type { PastMinute } from "./contract";
import { PastFeed } from "./past_feed";

/** Answers when it is told to, and counts what is in the air. */
class Server {
  readonly asked: number[] = [];
  most = 0;
  private readonly open: (() => void)[] = [];

  readonly ask = (minute: number): Promise<PastMinute> => {
    this.asked.push(minute);
    return new Promise((done, fail) => {
      this.open.push(() => (minute < 0 ? fail(new Error("no")) : done({ minute } as PastMinute)));
      this.most = Math.max(this.most, this.open.length);
    });
  };

  async answer(): Promise<void> {
    this.open.shift()?.();
    for (let n = 0; n < 10; n += 1) await Promise.resolve();
  }
}

const feedOf = (server: Server, openFrom = 1e9): PastFeed => new PastFeed(server.ask, () => openFrom, 3);

test("while one minute is under way only the newest wish waits, and one request is in the air", async () => {
  const server = new Server();
  const feed = feedOf(server);
  const got = [60, 120, 180, 240].map((minute) => feed.want(minute));
  await server.answer();
  await server.answer();
  expect((await Promise.all(got)).map((one) => one?.minute ?? null)).toEqual([60, null, null, 240]);
  expect(server.asked).toEqual([60, 240]);
  expect(server.most).toBe(1);
});

test("what was fetched ahead is not asked for again, and nothing is fetched ahead of a wish", async () => {
  const server = new Server();
  const feed = feedOf(server);
  feed.prefetch(60);
  feed.prefetch(120);
  const joined = feed.want(60);
  await server.answer();
  expect((await joined)?.minute).toBe(60);
  expect((await feed.want(60))?.minute).toBe(60);
  expect(server.asked).toEqual([60]);
});

test("a minute under way that was fetched ahead is shown once, and asked for anew after", async () => {
  const server = new Server();
  const feed = feedOf(server, 0);
  feed.prefetch(60);
  await server.answer();
  expect((await feed.want(60))?.minute).toBe(60);
  expect(server.asked).toEqual([60]);
  const again = feed.want(60);
  await server.answer();
  expect((await again)?.minute).toBe(60);
  expect(server.asked).toEqual([60, 60]);
});

test("a minute that may still be under way is asked for anew, and so is one that failed", async () => {
  const server = new Server();
  const feed = feedOf(server, 120);
  for (let n = 0; n < 2; n += 1) {
    const got = feed.want(120);
    await server.answer();
    expect((await got)?.minute).toBe(120);
  }
  const failed = feed.want(-60);
  await server.answer();
  await expect(failed).rejects.toThrow("no");
  const again = feed.want(60);
  await server.answer();
  expect((await again)?.minute).toBe(60);
  expect(server.asked).toEqual([120, 120, -60, 60]);
});

test("a wish waits its turn after one that fails", async () => {
  const server = new Server();
  const feed = feedOf(server);
  const failed = feed.want(-60);
  const next = feed.want(60);
  await server.answer();
  await expect(failed).rejects.toThrow("no");
  await server.answer();
  expect((await next)?.minute).toBe(60);
});

test("so many minutes are kept, the newest", async () => {
  const server = new Server();
  const feed = feedOf(server);
  for (const minute of [60, 120, 180, 240, 60]) {
    const got = feed.want(minute);
    await server.answer();
    await got;
  }
  expect(server.asked).toEqual([60, 120, 180, 240, 60]);
});
