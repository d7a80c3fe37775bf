/** A segment as far as the tree of a queue needs it: its two ends and its road. */
export interface Piece {
  id: string;
  road: string;
  lengthM: number;
  from: string;
  to: string;
}

/** A stretch of one road that is full, and what backs up from its tail end. */
export interface Stretch {
  road: string;
  ids: string[];
  lengthM: number;
  behind: Stretch[];
}

/**
 * Give a queue as a tree: the root's stretch first, behind it what backs up into it.
 *
 * Traffic drives from `from` to `to`, so that what ends where a piece begins stands behind it. A piece
 * belongs to the first stretch that reaches it, the nearest to the root; pieces that hang on nothing
 * come last, each a stretch of its own. Segments of one road in a row are one stretch.
 */
export function spillback(root: Piece, queue: Piece[]): { tree: Stretch; apart: Stretch[] } {
  const left = new Map(queue.filter((one) => one.id !== root.id).map((one) => [one.id, one]));
  const parents = new Map<string, Piece[]>();
  // By distance from the root, so that a loop is cut at its far side.
  const reached = [root];
  for (const piece of reached) {
    const behind = [...left.values()].filter((one) => one.to === piece.from);
    parents.set(piece.id, behind);
    for (const one of behind) left.delete(one.id);
    reached.push(...behind);
  }
  const apart = [...left.values()].map((one) => stretch(one, parents));
  return { tree: stretch(root, parents), apart };
}

function stretch(piece: Piece, parents: Map<string, Piece[]>): Stretch {
  const one: Stretch = { road: piece.road, ids: [piece.id], lengthM: piece.lengthM, behind: [] };
  let behind = parents.get(piece.id) ?? [];
  for (let next = behind[0]; behind.length === 1 && next && next.road === piece.road; next = behind[0]) {
    one.ids.push(next.id);
    one.lengthM += next.lengthM;
    behind = parents.get(next.id) ?? [];
  }
  one.behind = behind.map((next) => stretch(next, parents));
  return one;
}
