import { expect, test } from "vitest";

import { type Piece, spillback, type Stretch } from "./spillback";

const piece = (id: string, road: string, lengthM = 100): Piece =>
  ({ id, road, lengthM, from: id[0] ?? "", to: id[1] ?? "" });

const drawn = (one: Stretch): string =>
  one.ids.join("+") + (one.behind.length ? `(${one.behind.map(drawn).join(" ")})` : "");

test("a queue round a corner and both ways behind it is a tree from the root", () => {
  // The root BA; CB backs up into it on the same road, then DC straight on and EC from the side.
  const { tree, apart } = spillback(
    piece("BA", "Long"), [piece("BA", "Long"), piece("EC", "Side"), piece("CB", "Long"), piece("DC", "Long")]);
  expect(drawn(tree)).toBe("BA+CB(EC DC)");
  expect(tree.lengthM).toBe(200);
  expect(apart).toEqual([]);
});

test("a loop of queues is cut where it comes back, each piece once", () => {
  const { tree } = spillback(piece("BA", "a"), [piece("CB", "b"), piece("AC", "c"), piece("BA", "a")]);
  expect(drawn(tree)).toBe("BA(CB(AC))");
});

test("what hangs on nothing is told apart", () => {
  const { tree, apart } = spillback(piece("BA", "a"), [piece("YX", "far")]);
  expect(drawn(tree)).toBe("BA");
  expect(apart.map(drawn)).toEqual(["YX"]);
});
