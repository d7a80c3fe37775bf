"""What the console tells of detectors; the TypeScript twin is page/src/layers/detectors.ts."""

from typing import Literal

import msgspec

from congestion.records import DetectorFault
from ingest.units import Degrees, Seconds

DetectorStatus = Literal["sound", "faulty", "silent", "never", "unplaced", "unknown"]
"""`silent`: it told readings before. `never`: none is known of it. `unplaced`: it is on no road, so
that nothing is taken of it. `unknown`: of its region it is not known how it is now."""

PutAside = Literal["all", "count", "occupancy", "lane"]


class DetectorPlaces(msgspec.Struct, frozen=True):
    """Every detector of the city as columns, in the order of its file; places in WGS-84.

    `segment_id` is None where a detector fits no road.
    """

    detector_id: list[str]
    longitude: list[Degrees]
    latitude: list[Degrees]
    bearing_deg: list[Degrees | None]
    segment_id: list[str | None]


class DetectorsHealth(msgspec.Struct, frozen=True):
    """How the detectors are, in the order of their places; `fault` by the id of those with one.

    `minute` is the newest of which readings are known (its start, seconds since 1970 UTC).
    """

    minute: Seconds | None
    status: list[DetectorStatus]
    fault: dict[str, str]


class Reading(msgspec.Struct, frozen=True):
    """What a detector told of a minute (its start, seconds since 1970 UTC); None is not told."""

    minute: Seconds
    vehicle_count: float | None
    occupancy: float | None
    speed_kmh: float | None


class DetectorReport(msgspec.Struct, frozen=True):
    """All that is known of one detector.

    `fault` is the one it has, or the last that it had. `put_aside` names what is not used of its
    readings: `all`, `count`, `occupancy` or `lane`; None where all of it is. `known_since` is the
    first minute of which anything is known here.
    """

    detector_id: str
    lane: int
    lanes: int | None
    segment_id: str | None
    status: DetectorStatus
    fault: DetectorFault | None
    put_aside: PutAside | None
    reading: Reading | None
    known_since: Seconds | None
