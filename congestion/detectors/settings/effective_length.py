"""When the vehicles of a detector have changed their length."""

from typing import Annotated

import msgspec

from ingest.units import KMH

Metres = Annotated[float, msgspec.Meta(gt=0, le=10_000)]
MetresPerSecond = Annotated[float, msgspec.Meta(ge=0, le=100)]
Share = Annotated[float, msgspec.Meta(gt=0, le=1)]
Minutes = Annotated[float, msgspec.Meta(gt=0, le=10_080)]
Vehicles = Annotated[float, msgspec.Meta(gt=0, le=10_000)]
Ratio = Annotated[float, msgspec.Meta(gt=1, le=100)]
LogOdds = Annotated[float, msgspec.Meta(gt=0, le=1000)]
Count = Annotated[int, msgspec.Meta(ge=1, le=100)]


class LengthSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The test of lengths: a detector whose vehicles became shorter or longer has a fault."""

    least_speed_mps: MetresPerSecond = 25.0 / KMH
    """Lengths are measured in free traffic, at spot speeds above this: a vehicle that stands on the
    detector seems as long as the red. Unit: m/s. Source: chosen, 25 km/h."""
    most_occupancy: Share = 0.15
    """Lengths are measured where the detector is occupied for less of the minute. Unit: share.
    Source: chosen, about the occupancy at which flow is at capacity."""
    vehicles: Vehicles = 4.0
    """One length is the mean of at least so many vehicles: of fewer, one lorry or an occupancy in
    whole percents makes it double. Unit: count. Source: chosen."""
    learn_minutes: Minutes = 8.0
    """A detector may be accused once its usual length is known from so many minutes. Unit: min.
    Source: chosen."""
    memory_minutes: Minutes = 240.0
    """The usual length is that of so many minutes. Unit: min. Source: chosen, a morning."""
    change: Ratio = 2.0
    """What is tested is a length that became so many times as long, or as short. Unit: ratio.
    Source: a double count halves it; from morning to noon lorries alone make it 1.8 times as short
    on a motorway (radar of I-24, Nashville, 2023)."""
    spread: LogOdds = 0.12
    """Lengths scatter about the usual one by this at least, by logarithm. Unit: mean absolute
    deviation. Source: chosen."""
    evidence: LogOdds = 12.0
    """At this log likelihood ratio for a change of length the detector is accused. Unit: log odds.
    Source: chosen on the recordings of shanghai-core with faults put in
    (benchmarks/detector_faults.py)."""
    absurd_m: Metres = 200.0
    """Vehicles that drive are never so long. Unit: m. Source: chosen, ten lorries without a gap;
    occupancies in percent taken for shares make 500."""
    absurd_minutes: Minutes = 10.0
    """A detector has a fault after so many minutes in a row with such lengths. Unit: min. Source:
    chosen, a detector that a queue stands on beside one vehicle that drives shows one."""
    around: Count = 16
    """So many detectors are asked whether the lengths changed with them too. Unit: count. Source:
    chosen, four stations of four lanes."""
    around_turns: Count = 6
    """They stand no farther than so many turns along the road. Unit: count. Source: chosen, a few
    kilometres of a motorway."""
    alike: Count = 3
    """A change that so many of them share is the traffic's. Unit: count. Source: chosen, a fault
    seldom hits so many together, and lorries change the lanes that they use."""
