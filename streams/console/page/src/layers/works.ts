/** Works and events of the city's list, and which of them a moment knows of. */

/** An entry of the list; of ingest/recorded/schedule.py. A point is a line of a single position. */
export interface PlannedWork {
  entry_id: string;
  kind: "work" | "event";
  start: number;
  end: number;
  lines: [number, number][][];
  lanes: number[];
  text: string;
}

/** The answer of /api/works; of streams/console/layers/routes.py. */
export interface Works {
  entries: PlannedWork[];
  refused_count: number;
}

export const SOON_S = 86_400;
export type WorkState = "now" | "soon";

/** Whether an entry is in force at a time or begins within a day; null where it is over or far off. */
export function stateAt(work: PlannedWork, time: number): WorkState | null {
  if (work.end <= time) return null;
  if (work.start <= time) return "now";
  return work.start - time <= SOON_S ? "soon" : null;
}

/** The entries that a time knows of, those in force first, then by when they begin. */
export function worksAt(works: readonly PlannedWork[], time: number): { work: PlannedWork; state: WorkState }[] {
  const found = works.flatMap((work) => {
    const state = stateAt(work, time);
    return state ? [{ work, state }] : [];
  });
  return found.sort((a, b) => Number(a.state === "soon") - Number(b.state === "soon") || a.work.start - b.work.start);
}

/** The position at which an entry has its sign: the middle one of its longest line. */
export function placeOf(work: PlannedWork): [number, number] {
  const longest = work.lines.reduce((a, b) => (b.length > a.length ? b : a), work.lines[0] ?? []);
  return longest[Math.floor((longest.length - 1) / 2)] ?? [0, 0];
}
