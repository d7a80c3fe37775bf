"""When vehicles are missing at a detector while they pass around it."""

from typing import Annotated

import msgspec

Minutes = Annotated[float, msgspec.Meta(gt=0, le=10_080)]
Vehicles = Annotated[float, msgspec.Meta(gt=0, le=10_000)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class LostFlowSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The test of flow: how many vehicles are missing at a detector that counts none."""

    memory_minutes: Minutes = 60.0
    """A detector's flow is the mean of so many minutes. Unit: min. Source: chosen, flows change
    with the hour."""
    prior_minutes: Minutes = 6.0
    """A flow begins as that of so many minutes without a vehicle. Unit: min. Source: chosen, so
    that the first vehicles make no flow."""
    least_minutes: Minutes = 10.0
    """Nothing is missed at a detector whose flow is known from fewer minutes. Unit: min. Source:
    chosen on the recordings of shanghai-core with faults put in (benchmarks/detector_faults.py)."""
    trust_vehicles: Vehicles = 10.0
    """What passes around a detector, beside what was due there, outweighs what is believed without
    it after so many due vehicles. Unit: count. Source: chosen on the recordings of shanghai-core
    with faults put in (benchmarks/detector_faults.py)."""
    alone_share: Share = 0.4
    """Before anything was due around a detector, this share of its own flow is believed to be due
    at it. Unit: share. Source: chosen on the recordings of shanghai-core with faults put in
    (benchmarks/detector_faults.py)."""
    closed_minutes: Minutes = 40.0
    """Vehicles that the lanes beside took over are not missing for so long, since the lane may be
    blocked. Unit: min. Source: chosen, longer than most lanes stay blocked."""
    street_minutes: Minutes = 3.0
    """The last vehicles of a street that is closed pass its detectors within so long. Unit: min.
    Source: chosen, longer than a red."""
