"""When a detector counts another lane's traffic."""

from typing import Annotated

import msgspec

Minutes = Annotated[float, msgspec.Meta(gt=0, le=10_080)]
Vehicles = Annotated[float, msgspec.Meta(gt=0, le=10_000)]
LogOdds = Annotated[float, msgspec.Meta(gt=0, le=1000)]
Ratio = Annotated[float, msgspec.Meta(ge=1, le=100)]
Count = Annotated[int, msgspec.Meta(ge=1, le=100)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Metres = Annotated[float, msgspec.Meta(ge=0, le=1000)]


class ExchangedLanesSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The test of two lanes side by side: exchanged, or one the copy of the other."""

    memory_minutes: Minutes = 60.0
    """The usual shares of two lanes are those of so many minutes. Unit: min. Source: chosen, shares
    change with the hour."""
    learn_minutes: Minutes = 15.0
    """Two lanes are compared once their usual shares are known from so many minutes. Unit: min.
    Source: chosen on the recordings of shanghai-core with faults put in
    (benchmarks/detector_faults.py)."""
    least_minutes: Minutes = 25.0
    """Two lanes are accused after so many minutes of evidence at the earliest. Unit: min. Source:
    chosen, longer than most lanes stay blocked."""
    least_vehicles: Vehicles = 30.0
    """Two lanes are accused after so many vehicles of evidence at the earliest. Unit: count.
    Source: chosen on the recordings of shanghai-core with faults put in
    (benchmarks/detector_faults.py)."""
    dispersion: Ratio = 2.5
    """Counts of a minute scatter so many times as much as Poisson's, since signals make platoons.
    Unit: ratio of variances. Source: chosen on the recordings of shanghai-core with faults put in
    (benchmarks/detector_faults.py)."""
    evidence: LogOdds = 14.0
    """At this log likelihood ratio of "exchanged" against "as before" two lanes may be accused.
    Unit: log odds. Source: chosen on the recordings of shanghai-core with faults put in
    (benchmarks/detector_faults.py)."""
    least_change: LogOdds = 4.5
    """The shares must differ from the usual ones by this log likelihood ratio. Unit: log odds.
    Source: chosen on the recordings of shanghai-core with faults put in
    (benchmarks/detector_faults.py)."""
    misfit: LogOdds = 0.7
    """The shares may differ from the exchanged ones by this log likelihood ratio at most: a blocked
    or newly busy lane seldom takes just the other's share. Unit: log odds. Source: chosen on the
    recordings of shanghai-core with faults put in (benchmarks/detector_faults.py)."""
    most_occupancy: Share = 0.2
    """Shares are compared where neither lane is occupied for more of the minute: a queue shares its
    lanes otherwise. Unit: share. Source: chosen, about the occupancy of flow at capacity."""
    least_contrast: Ratio = 1.3
    """Lanes are compared where one usually carries so many times the other's vehicles. Unit: ratio.
    Source: chosen, of lanes more alike an exchange is not seen and does no harm."""
    least_faster: Share = 0.05
    """Where one lane is usually faster by this share, an exchange makes it the slower one: shares
    change with flow, the order of speeds does not. Unit: share. Source: chosen."""
    recent_minutes: Minutes = 20.0
    """The recent shares of two lanes are those of so many minutes. Unit: min. Source: chosen, less
    than an accusation takes."""
    around: Count = 16
    """So many pairs of lanes at other places are asked whether their shares changed too. Unit:
    count. Source: chosen, a few stations of a motorway."""
    around_turns: Count = 6
    """They stand no farther than so many turns along the road. Unit: count. Source: chosen, a few
    kilometres of a motorway."""
    alike: Count = 3
    """A change that so many of them share is the traffic's. Unit: count. Source: chosen, a fault
    seldom hits so many together."""
    reach_m: Metres = 30.0
    """Detectors farther apart along the road are not compared. Unit: m. Source: chosen, vehicles
    seldom change lanes on so short a way."""
    same_minutes: Minutes = 5.0
    """A detector is another's copy after so many minutes with vehicles, all equal in every number.
    Unit: min. Source: chosen on the recordings of shanghai-core with faults put in
    (benchmarks/detector_faults.py)."""
    same_vehicles: Vehicles = 12.0
    """One lane is the copy of another only once both have counted so many vehicles in their equal
    minutes. Unit: count. Source: chosen on the recordings of shanghai-core with faults put in
    (benchmarks/detector_faults.py)."""
    clear_ratio: Ratio = 3.0
    """Of two equal lanes the copy is the one whose flow changed so many times as much as the
    other's; where neither did, both are taken for copies. Unit: ratio of log likelihood ratios.
    Source: chosen on the recordings of shanghai-core with faults put in
    (benchmarks/detector_faults.py)."""
