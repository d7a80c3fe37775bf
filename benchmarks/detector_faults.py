"""How surely are faulty detectors found, and how often is a sound one accused?

Takes the magnetometers of the labelled recordings, breaks some in known ways from a known minute
on, and lets the health tests read them minute by minute. Detectors that are silent in the recording
itself are faulty too. A fault counts as found if the detector is accused after it began, of
whatever; precision is over all detectors ever accused, with and without the silent ones.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from benchmarks.recordings import network_of, recordings
from benchmarks.result import write_result
from congestion.detectors.health import DetectorHealth
from congestion.records import DetectorFault
from congestion.region import region_of
from congestion.roadside import RoadsideAssets, place_roadside
from congestion.seen.readings import minute_readings
from incidents.scoring.detector_faults import FaultOutcome, score_faults
from ingest.frames import READINGS
from ingest.recorded.feed import open_feed

Made = Callable[[pd.DataFrame, np.random.Generator], pd.DataFrame]

EACH = 8
SEEDS = 3
BROKEN_FROM_MINUTE = 25
# A fault on a detector that hardly anything passes is neither seen nor missed.
LEAST_FLOW_PER_MINUTE = 1.0
# Lanes that carry the same give the same readings when exchanged.
LEAST_LANE_RATIO = 1.5


def stuck(occupancy: float) -> Made:
    """Make readings those of a detector that never lets go, or never takes hold."""
    return lambda rows, _: rows.assign(vehicle_count=0, occupancy=occupancy, speed_kmh=np.nan)


def chatter(rows: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """Make counts those of a detector that switches as if at a loose contact."""
    return rows.assign(vehicle_count=random.integers(60, 200, len(rows), np.int32))


def scaled(column: str, factor: float) -> Made:
    """Make one number too high or too low by a factor."""
    return lambda rows, _: rows.assign(
        **{column: (rows[column] * factor).astype(rows[column].dtype)}
    )


FAULTS: dict[str, Made] = {
    "stuck on": stuck(1.0),
    "stuck off": stuck(0.0),
    "chatter": chatter,
    "double counting": scaled("vehicle_count", 2),
    "occupancy halved": scaled("occupancy", 0.5),
    "occupancy times 2.5": scaled("occupancy", 2.5),
    "constant occupancy": lambda rows, _: rows.assign(occupancy=np.float32(0.07)),
}
EXCHANGED, COPIED = "wrong lane: two exchanged", "wrong lane: the next one's readings"
KINDS = (*FAULTS, EXCHANGED, COPIED)
SILENT = "silent"  # in the recording itself


def lane_pairs(
    detectors: RoadsideAssets, before: "pd.Series[float]", flow: "pd.Series[float]"
) -> list[tuple[str, str]]:
    """Give neighbouring lanes of one place, the emptier first, whose flows differ enough to see it.

    Both by what passed before the faults and over the whole recording.
    """
    at = pd.DataFrame({"segment": detectors.segment, "lane": detectors.lane, "id": detectors.ids})
    at = at[at.segment >= 0].assign(before=at.id.map(before), flow=at.id.map(flow))
    both = at.merge(at, on="segment")
    both = both[(both.lane_x - both.lane_y).abs() == 1]
    keep = pd.Series(True, index=both.index)
    for name in ("before", "flow"):
        low, high = both[f"{name}_x"], both[f"{name}_y"]
        keep &= (high >= LEAST_FLOW_PER_MINUTE) & (high >= LEAST_LANE_RATIO * low)
    return list(zip(both.id_x[keep], both.id_y[keep], strict=True))


def broken(
    readings: pd.DataFrame, detectors: RoadsideAssets, seed: int
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Give the readings with faults put in, and which detector has which."""
    random = np.random.default_rng(seed)
    flow = readings.groupby("detector_id").vehicle_count.mean()
    start = readings.interval_start.min() + pd.Timedelta(minutes=BROKEN_FROM_MINUTE)
    is_after = readings.interval_start >= start
    before = readings[~is_after].groupby("detector_id").vehicle_count.mean()
    pairs = lane_pairs(detectors, before, flow)
    faults: dict[str, str] = {}
    swaps: dict[str, str] = {}
    for number in random.permutation(len(pairs)).tolist():
        one, other = pairs[number]
        if {one, other} & set(swaps) or len(swaps) >= 2 * EACH:
            continue
        if len(swaps) < EACH:
            swaps |= {one: other, other: one}
            faults |= {one: EXCHANGED, other: EXCHANGED}
        else:
            # The busier one's line reaches the other's input too; the emptier one is wrong.
            swaps |= {one: other, other: other}
            faults |= {one: COPIED}
    busy = [d for d in flow.index[flow >= LEAST_FLOW_PER_MINUTE] if d not in swaps]
    chosen = random.permutation(busy)[: EACH * len(FAULTS)]
    faults |= dict(zip(chosen, np.repeat(list(FAULTS), EACH), strict=True))
    return _broken_rows(readings, is_after, faults, swaps, random), faults


def _broken_rows(
    readings: pd.DataFrame,
    is_after: "pd.Series[bool]",
    faults: dict[str, str],
    swaps: dict[str, str],
    random: np.random.Generator,
) -> pd.DataFrame:
    kind = readings.detector_id.map(faults).where(is_after)
    pieces = [readings[~kind.isin(KINDS)]]
    pieces += [make(readings[kind == name], random) for name, make in FAULTS.items()]
    for one, other in swaps.items():
        if faults.get(one) in (EXCHANGED, COPIED):
            pieces.append(
                readings[is_after & (readings.detector_id == other)].assign(detector_id=one)
            )
    return pd.concat(pieces)


def reported_faults(path: Path, seed: int) -> tuple[list[DetectorFault], dict[str, str], float]:
    """Give what the health tests report of a broken recording, its true faults, their start."""
    feed, network = open_feed(path), network_of(path)
    assert feed.readings is not None
    roadside = place_roadside(network, feed.assets)
    silent = pd.read_csv(path / "truth" / "detector_faults.csv").detector_id
    readings, faults = broken(feed.readings.to_pandas(), roadside.detectors, seed)
    readings = readings.sort_values(["interval_start", "detector_id"])
    start = readings.interval_start.min().timestamp() + 60.0 * BROKEN_FROM_MINUTE
    faults |= dict.fromkeys(silent, SILENT)
    on_road = {
        d for d, s in zip(roadside.detectors.ids, roadside.detectors.segment, strict=True) if s >= 0
    }
    reported = []
    minutes = [
        (minute.interval_start.iloc[0].timestamp(),
         pa.Table.from_pandas(minute, READINGS, preserve_index=False))
        for _, minute in readings.groupby("interval_start")
    ]  # fmt: skip
    for number in range(network.region_count):
        region = region_of(network, number, roadside)
        health = DetectorHealth(region)
        for time, table in minutes:
            reported += health.step(time, minute_readings(region, table))
    return reported, {d: kind for d, kind in faults.items() if d in on_road}, start


def rows_of(path: Path) -> list[dict[str, Any]]:
    """Give the rows of one recording, over several drawings of the faults."""
    drawings = [reported_faults(path, seed) for seed in range(SEEDS)]
    every = [score_faults(*drawing) for drawing in drawings]
    put_in = [score_faults(*drawing, left_out=(SILENT,)) for drawing in drawings]
    outcomes = [outcome for score in every for outcome in score.outcomes]
    rows = [
        {"feed": path.name, "fault": kind, **_found([o for o in outcomes if o.kind == kind])}
        for kind in sorted({outcome.kind for outcome in outcomes})
    ]
    for row in rows:
        if row["fault"] == SILENT:
            row["onset_off_min"] = None  # from the start, and not from when the others began
    for name, scores in (("all", every), ("all put in", put_in)):
        of = [outcome for score in scores for outcome in score.outcomes]
        accused = sum(score.accused_count for score in scores)
        right = sum(score.right_count for score in scores)
        rows.append({"feed": path.name, "fault": f"{name}: recall", **_found(of)})
        rows.append(
            {"feed": path.name, "fault": f"{name}: precision", "detectors": accused,
             "found": round(right / max(accused, 1), 3), "onset_off_min": None}
        )  # fmt: skip
    return rows


def _found(outcomes: list[FaultOutcome]) -> dict[str, Any]:
    off = [o.onset_off_min for o in outcomes if o.onset_off_min is not None]
    return {
        "detectors": len(outcomes),
        "found": round(float(np.mean([o.is_found for o in outcomes])), 3),
        "onset_off_min": round(float(np.median(off)), 1) if off else None,
    }


def main() -> None:
    """Break, test and count."""
    rows = []
    for path in recordings():
        rows += rows_of(path)
        print(pd.DataFrame(rows[-len(KINDS) - 5 :]).to_string(index=False))
    write_result(
        "detector_faults",
        f"What share of faulty detectors is found within the recording, over {SEEDS} drawings of "
        "the faults, what share of the accused is faulty, and by how many minutes is the start "
        "reported wrong (median)?",
        rows,
        [path / "magnetometer.parquet" for path in recordings()],
    )


if __name__ == "__main__":
    main()
