"""Records of the congestion stage: what a region knew of one minute."""

from typing import Literal

import msgspec
import pyarrow as pa

STATES = pa.schema(
    [
        ("interval_start", pa.timestamp("ms", tz="UTC")),
        ("interval_s", pa.int32()),
        ("segment_id", pa.string()),
        ("speed_kmh", pa.float32()),
        ("speed_std_kmh", pa.float32()),
        ("free_flow_kmh", pa.float32()),
        ("level", pa.int8()),
        ("probe_count", pa.int32()),
        ("detector_count", pa.int32()),
        ("quality", pa.string()),
        ("queue_length_m", pa.float32()),
        # beyond the contract's columns, for the detectors downstream:
        ("usual_kmh", pa.float32()),  # what is usual here and now, NaN before it is known
        ("free_flow_rung", pa.int8()),  # how it is known: index into congestion.profile.week.RUNGS
        ("flow_veh_h", pa.float32()),  # NaN where no detector counts
        ("occupancy", pa.float32()),  # mean of the segment's detectors, NaN where none
        # by detectors alone, NaN where none: the segment's speed by each one's line where the
        # profile has it (`congestion.detectors.spot_relation`), else the spot speed itself
        ("detector_speed_kmh", pa.float32()),
        ("probe_speed_kmh", pa.float32()),  # space-mean speed of probes alone, NaN where none
        # what each detector of the segment said, in order of detector_id: one lane going dead
        # beside a busy one is seen in no mean. Null entry: it sent nothing; null list: no detector
        ("lane_counts", pa.list_(pa.float32())),  # vehicles in the minute
        ("lane_occupancies", pa.list_(pa.float32())),
        (
            "lane_speeds_kmh",
            pa.list_(pa.float32()),
        ),  # spot speed, told or made of flow and occupancy
    ]
)
"""One row a segment and minute; the first eleven columns are the contract's."""


class Sighting(msgspec.Struct, frozen=True):
    """Something seen at one place of a segment: a standing vehicle, or a camera's event.

    `source` says who saw it (`probe`, `camera`), `kind` what: `standing_vehicle`, or a camera
    kind (`stopped_vehicle`, `illegal_parking`, `violation`, `wrong_way`, `crash`).
    Times are seconds since 1970 UTC.
    """

    source: str
    kind: str
    seen_by: str  # vehicle or camera id
    segment_id: str
    offset_m: float
    since: float
    until: float
    lane: int | None = None
    fleet: str | None = None
    note: str = ""


Fault = Literal[
    "no_data", "stuck_on", "stuck_off", "chatter", "constant", "no_count", "too_short", "too_long",
    "wrong_lane", "no_occupancy", "disagrees",
]  # fmt: skip


class DetectorFault(msgspec.Struct, frozen=True):
    """A detector that cannot be believed, from when until when (None: it still cannot).

    Times are starts of minutes, seconds since 1970 UTC: `since` when the evidence began, which is
    some minutes before it was enough. `evidence` is what was seen, for a person; "" at the end.
    """

    detector_id: str
    segment_id: str
    fault: Fault
    since: float
    until: float | None
    evidence: str


class PathTime(msgspec.Struct, frozen=True):
    """How long vehicles took from one camera's stop line to another's, those that arrived then.

    `segment_ids` are driven in this order; `segment_times_s` are their shares of the time, as they
    would have them in a free city. Strays (other ways, stops, overtakers) are left out. An approach
    is written as `ingest.approaches.Approach` writes it.
    """

    minute_start: float
    from_approach: str
    to_approach: str
    segment_ids: tuple[str, ...]
    length_m: float
    travel_time_s: float
    vehicle_count: int
    segment_times_s: tuple[float, ...] = ()


class CameraClock(msgspec.Struct, frozen=True):
    """A camera whose clock is off, by how many seconds (ahead of the others: positive)."""

    camera_id: str
    offset_s: float
