"""What the cameras' passes of a minute add to the sums."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from congestion.records import CameraClock
from congestion.region import Region
from congestion.seen.sums import PASS_DWELL, PASS_SPEED, PASSES
from ingest.approaches import UNKNOWN
from ingest.kernels.arrays import Floats
from ingest.units import KMH


def add_passes(region: Region, events: pa.Table, sums: Floats) -> None:
    """Add the passes among a minute's camera events to the sums."""
    passes = events.filter(pc.equal(events["kind"], "pass"))
    if passes.num_rows == 0:
        return
    place = region.approach_index.places(passes)
    speed = passes["speed_kmh"].to_numpy().astype(np.float64) / KMH
    dwell = passes["dwell_s"].to_numpy().astype(np.float64)
    keep = (place != UNKNOWN) & np.isfinite(speed) & np.isfinite(dwell)
    segment = region.camera_segment[place[keep]]
    np.add.at(sums[:, PASSES], segment, 1.0)
    np.add.at(sums[:, PASS_SPEED], segment, speed[keep])
    np.add.at(sums[:, PASS_DWELL], segment, dwell[keep])


def without_cameras(events: pa.Table, clocks: list[CameraClock]) -> pa.Table:
    """Give the events without those of cameras whose clocks are off."""
    off = pa.array([clock.camera_id for clock in clocks], pa.string())
    return events.filter(pc.invert(pc.is_in(events["camera_id"], value_set=off)))
