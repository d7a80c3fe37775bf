"""How surely are faulty detectors found, and how often is a sound one accused?

Takes the magnetometers of the labelled recordings, breaks some in known ways from a known minute
on, and lets the health tests read them minute by minute. Detectors that are silent in the recording
itself count as faulty too. Precision is over all detectors ever accused.
"""

import numpy as np
import pandas as pd
import pyarrow as pa
from result import write_result
from states import recordings

from congestion.health import DetectorHealth
from congestion.observation import hear_detectors
from congestion.placed import place_roadside
from congestion.region import region_of
from ingest.feed import open_feed
from ingest.frames import READINGS
from mapmatch.build import artefact_for
from mapmatch.network import load_network
from streams.cli.options import cache_folder

KINDS = ("stuck on", "stuck off", "chatter", "double counting", "occupancy halved",
         "occupancy doubled", "constant occupancy")  # fmt: skip
EACH = 8
BROKEN_FROM_MINUTE = 25
# A fault on a detector that hardly anything passes is neither seen nor missed.
LEAST_FLOW_PER_MINUTE = 1.0


def broken(readings: pd.DataFrame, seed: int) -> tuple[pd.DataFrame, dict[str, str]]:
    """Give the readings with faults put in, and which detector has which."""
    random = np.random.default_rng(seed)
    flow = readings.groupby("detector_id").vehicle_count.mean()
    busy = flow.index[flow >= LEAST_FLOW_PER_MINUTE].to_numpy()
    chosen = random.permutation(busy)[: EACH * len(KINDS)]
    faults = dict(zip(chosen, np.repeat(KINDS, EACH), strict=True))
    start = readings.interval_start.min() + pd.Timedelta(minutes=BROKEN_FROM_MINUTE)
    kind = readings.detector_id.map(faults).where(readings.interval_start >= start)
    made = readings.copy()
    at = {name: (kind == name).to_numpy() for name in KINDS}
    made.loc[at["stuck on"], ["vehicle_count", "occupancy", "speed_kmh"]] = [0, 1.0, np.nan]
    made.loc[at["stuck off"], ["vehicle_count", "occupancy", "speed_kmh"]] = [0, 0.0, np.nan]
    made.loc[at["chatter"], "vehicle_count"] = random.integers(
        60, 200, int(at["chatter"].sum()), np.int32
    )
    made.loc[at["double counting"], "vehicle_count"] *= 2
    made.loc[at["occupancy halved"], "occupancy"] *= 0.5
    made.loc[at["occupancy doubled"], "occupancy"] *= 2.5
    made.loc[at["constant occupancy"], "occupancy"] = 0.07
    return made, faults


def main() -> None:
    """Break, test and count."""
    rows = []
    for number, path in enumerate(recordings()):
        feed = open_feed(path)
        network = load_network(artefact_for(feed.manifest.network, cache_folder()))
        placed = place_roadside(network, feed.assets)
        silent = pd.read_csv(path / "truth" / "detector_faults.csv").detector_id
        readings, faults = broken(feed.readings.to_pandas(), number)
        faults |= dict.fromkeys(silent, "silent")
        detectors = placed.detectors
        on_road = {d for d, s in zip(detectors.ids, detectors.segment, strict=True) if s >= 0}
        accused: set[str] = set()
        for number_of_region in range(network.region_count):
            region = region_of(network, number_of_region, placed)
            health = DetectorHealth(region)
            for start, minute in readings.groupby("interval_start"):
                ordered = minute.sort_values(["detector_id"])
                table = pa.Table.from_pandas(ordered, READINGS, preserve_index=False)
                told = health.step(start.timestamp(), hear_detectors(region, table))
                accused |= {fault.detector_id for fault in told}
        for kind in ("silent", *KINDS):
            mine = {d for d, k in faults.items() if k == kind} & on_road
            found = len(mine & accused) / len(mine)
            rows.append({"feed": path.name, "fault": kind, "detectors": len(mine), "found": found})
        right = len(accused & set(faults))
        rows.append({"feed": path.name, "fault": "accused at all", "detectors": len(accused),
                     "found": right / max(len(accused), 1)})  # fmt: skip
        print(*rows[-len(KINDS) - 2 :], sep="\n")
    write_result(
        "detector_faults",
        "What share of faulty detectors is found within the recording (last row of a feed: what "
        "share of the accused is faulty)?",
        rows,
        [path / "magnetometer.parquet" for path in recordings()[:1]],
    )


if __name__ == "__main__":
    main()
