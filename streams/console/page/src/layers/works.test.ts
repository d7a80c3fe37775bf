import { expect, test } from "vitest";

import { placeOf, type PlannedWork, worksAt } from "./works";

const work = (entry_id: string, start: number, end: number): PlannedWork => ({
  entry_id, kind: "work", start, end, lines: [[[1, 2]]], lanes: [], text: "",
});

test("what is in force stands before what comes, and what is over or far off is left out", () => {
  const all = [
    work("over", 0, 1000), work("tomorrow", 1000 + 90_000, 200_000), work("evening", 5000, 6000), work("noon", 2000, 6000),
    work("night", 500, 9000),
  ];
  expect(worksAt(all, 1000).map(({ work: { entry_id }, state }) => [entry_id, state])).toEqual([
    ["night", "now"], ["noon", "soon"], ["evening", "soon"],
  ]);
});

test("an entry has its sign in the middle of its longest line", () => {
  const line: [number, number][] = [[0, 0], [5, 5], [9, 9]];
  expect(placeOf({ ...work("a", 0, 1), lines: [[[7, 7]], line] })).toEqual([5, 5]);
  expect(placeOf({ ...work("a", 0, 1), lines: [[[7, 7]]] })).toEqual([7, 7]);
});
