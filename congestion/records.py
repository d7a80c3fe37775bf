"""Records of the congestion stage: states, sightings, faults and travel times of a minute."""

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
        # beyond the contract's columns, for the detection of incidents:
        ("usual_kmh", pa.float32()),  # what is usual here and now, NaN before it is known
        ("free_flow_rung", pa.int8()),  # how it was found: index into congestion.profile.week.RUNGS
        ("flow_veh_h", pa.float32()),  # NaN where no detector counts
        ("occupancy", pa.float32()),  # mean of the segment's detectors, NaN where none
        # by detectors alone, NaN where none: by the line of each detector where the profile has
        # one (`congestion.detectors.spot_relation`), else its spot speed
        ("detector_speed_kmh", pa.float32()),
        ("probe_speed_kmh", pa.float32()),  # space-mean speed of probes alone, NaN where none
        # what each detector of the segment reported, in order of detector_id, since a mean hides
        # one lane that goes dead beside a busy one. Null entry: no report; null list: no detector
        ("lane_counts", pa.list_(pa.float32())),  # vehicles in the minute
        ("lane_occupancies", pa.list_(pa.float32())),
        # spot speeds, measured or made of flow and occupancy
        ("lane_speeds_kmh", pa.list_(pa.float32())),
        ("lane_believed", pa.list_(pa.bool_())),  # false: the detector has a fault
        ("lanes_doubted", pa.bool_()),  # nobody knows which lane is which
    ]
)
"""One row a segment and minute; the first eleven columns are the contract's."""
MEASURED = frozenset({"observed", "fused"})
"""The qualities of a state that its own minute was seen for."""


class Sighting(msgspec.Struct, frozen=True):
    """Something seen at one point of a segment: a standing vehicle, or a camera's event.

    `source` is `probe` or `camera`. `kind` is `standing_vehicle` or a camera's kind
    (`stopped_vehicle`, `illegal_parking`, `violation`, `wrong_way`, `crash`).
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
    "wrong_lane", "no_occupancy", "disagrees", "offs_lost",
]  # fmt: skip


class DetectorFault(msgspec.Struct, frozen=True):
    """A detector that cannot be believed, since when and until when (None: until now).

    One with `offs_lost` is still believed in its count; where many have stuck occupancies
    (`constant`), count each vehicle twice (`too_short`), or have their lanes exchanged
    (`wrong_lane`), the rest of what they send is believed.

    Times are starts of minutes, seconds since 1970 UTC. `since` is when the evidence began, some
    minutes before it was enough. `evidence` is what was seen, for a person; "" when the fault ends.
    """

    detector_id: str
    segment_id: str
    fault: Fault
    since: float
    until: float | None
    evidence: str


class PathTime(msgspec.Struct, frozen=True):
    """How long the vehicles that arrived in a minute took from one stop line to another's.

    `segment_ids` are in driven order. `segment_times_s` are the segments' shares of the time, as in
    a free city. Strays (other ways, stops, overtakers) are left out. An approach is written as
    `ingest.approaches.Approach` writes it.
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
    """A camera whose clock is off, by so many seconds; positive where it is ahead of the others."""

    camera_id: str
    offset_s: float
