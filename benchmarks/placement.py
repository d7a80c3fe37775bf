"""What share of sensors is placed on its true link, as surveyed and with errors added?

The survey of the recordings is near exact; real lists are not. So positions and bearings are also
shifted: a constant turn of all bearings, as of a compass, and normal errors of each sensor.
"""

import json
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.recordings import SHARED
from benchmarks.result import write_result
from mapmatch.building.assembly import assemble
from mapmatch.network import Network
from mapmatch.placing.cameras import place_cameras
from mapmatch.placing.sensors import PlacementDoubt, SensorPlacement, place_sensors
from mapmatch.projection import METRES_PER_DEGREE
from mapmatch.sources.gmns import read_gmns

# Metres and degrees of error of each sensor, and the turn all bearings share.
ERRORS = ((0.0, 0.0, 0.0), (0.0, 0.0, -6.0), (3.0, 3.0, 0.0), (5.0, 5.0, -6.0), (10.0, 10.0, 0.0))


def row(
    what: str,
    network: Network,
    sensors: pd.DataFrame,
    placed: SensorPlacement,
    error: tuple[float, ...],
) -> dict[str, Any]:
    """Give the row of one kind of sensor and one size of error."""
    true = np.array([network.index_of(link) for link in sensors.link_id])
    is_right = placed.segment == true
    is_doubtful = np.array([reason is PlacementDoubt.AMBIGUOUS for reason in placed.reasons])
    found = {
        "what": what,
        "error_m": error[0],
        "error_deg": error[1],
        "shared_turn_deg": error[2],
        "sensors": len(sensors),
        "right": round(float(is_right.mean()), 4),
        "ambiguous": round(float(is_doubtful.mean()), 4),
        "wrong_and_not_said_to_be_ambiguous": round(float((~is_right & ~is_doubtful).mean()), 4),
    }
    offset_error = None
    if "offset_m" in sensors:
        # True offsets count from the stop line before, segments from the middle of the junction.
        junction = 0.5 * (network.length_m[true] - sensors.length)
        error_m = np.abs(placed.offset_m - junction - sensors.offset_m)
        offset_error = round(float(error_m[is_right].mean()), 1)
    return found | {"offset_error_m": offset_error}


def main() -> None:
    """Measure and write the result."""
    feed = SHARED / "feeds" / "shanghai-core-incidents"
    source = SHARED / "networks" / "shanghai-core"
    if not feed.is_dir():
        raise SystemExit(f"large recordings not present at {SHARED} (set CLEARWAY_SHARED_DATA)")
    network, _ = assemble(read_gmns(source))
    detectors = pd.read_csv(feed / "detectors.csv").merge(
        pd.read_csv(feed / "truth" / "detector_links.csv"), on="detector_id"
    )
    links = pd.read_csv(source / "link.csv.gz")[["link_id", "length"]]
    detectors = detectors.merge(links, on="link_id", how="left")
    cameras = pd.read_csv(feed / "cameras.csv").merge(
        pd.read_csv(feed / "truth" / "camera_links.csv"), on=["camera_id", "approach_id"]
    )
    cameras = cameras.drop_duplicates(["camera_id", "approach_id"])
    rows = []
    for error in ERRORS:
        random = np.random.default_rng(1)
        where = []
        for sensors in (detectors, cameras):
            east, north, turn = random.normal(size=(3, len(sensors)))
            if sensors is cameras:
                # One camera, one position.
                group = cameras.groupby("camera_id").ngroup().to_numpy()
                east, north = east[group], north[group]
            latitude = sensors.latitude + error[0] * north / METRES_PER_DEGREE
            scale = METRES_PER_DEGREE * np.cos(np.radians(sensors.latitude))
            longitude = sensors.longitude + error[0] * east / scale
            where.append((longitude, latitude, sensors.bearing_deg + error[1] * turn + error[2]))
        placed = place_sensors(network, *where[0], detectors.lane)
        rows.append(row("detectors", network, detectors, placed, error))
        rows.append(row("detectors, lane unknown", network, detectors,
                        place_sensors(network, *where[0]), error))  # fmt: skip
        rows.append(row("camera approaches", network, cameras,
                        place_cameras(network, *where[1]), error))  # fmt: skip
    print("\n".join(json.dumps(r) for r in rows))
    assert __doc__
    write_result("placement", __doc__.splitlines()[0], rows, [source, feed / "detectors.csv"])


if __name__ == "__main__":
    main()
