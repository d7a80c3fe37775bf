import type { Alert, Jam, MinuteSummary, StateColumns } from "../contract";

/** The latest state of one segment; null where nothing is known. */
export interface SegmentState {
  speedKmh: number | null;
  freeFlowKmh: number | null;
  /** That of the minute; the map draws `drawnLevel`, that of some minutes. */
  level: number | null;
  drawnLevel: number | null;
  quality: string | null;
  queueLengthM: number | null;
  observed: number | null;
}

/** The city as it is or as it was: what the map and the list show. */
export class Picture {
  readonly states = new Map<number, SegmentState>();
  readonly alerts = new Map<string, Alert>();
  readonly regionMinutes = new Map<string, number>();
  readonly jamOf = new Map<string, Jam>();
  jams: readonly Jam[] = [];
  summary: MinuteSummary | null = null;

  /** Take the states of some segments; give which. */
  takeColumns(columns: StateColumns): number[] {
    let segment = 0;
    return columns.steps.map((step, row) => {
      segment += step;
      this.states.set(segment, {
        speedKmh: columns.speed_kmh[row] ?? null,
        freeFlowKmh: columns.free_flow_kmh[row] ?? null,
        level: columns.level[row] ?? null,
        drawnLevel: columns.drawn_level[row] ?? null,
        quality: columns.quality[row] ?? null,
        queueLengthM: columns.queue_length_m[row] ?? null,
        observed: columns.observed[row] ?? null,
      });
      return segment;
    });
  }

  takeRegions(regions: Record<string, number>): void {
    this.regionMinutes.clear();
    for (const [region, minute] of Object.entries(regions)) this.regionMinutes.set(region, minute);
  }

  /** Take all jams of several alerts. */
  takeJams(jams: readonly Jam[]): void {
    this.jams = jams;
    this.jamOf.clear();
    for (const jam of jams) for (const id of jam.alert_ids) this.jamOf.set(id, jam);
  }

  /** The segments that another picture draws otherwise than this one. */
  otherThan(before: Picture): number[] {
    const all = new Set([...before.states.keys(), ...this.states.keys()]);
    return [...all].filter((id) => {
      const [was, is] = [before.states.get(id), this.states.get(id)];
      return was?.drawnLevel !== is?.drawnLevel || was?.quality !== is?.quality;
    });
  }
}
