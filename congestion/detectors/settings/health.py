"""What every test of detectors may be set to."""

from typing import Annotated

import msgspec

from congestion.detectors.settings.effective_length import LengthSettings
from congestion.detectors.settings.exchanged_lanes import ExchangedLanesSettings
from congestion.detectors.settings.guard import GuardSettings
from congestion.detectors.settings.lost_flow import LostFlowSettings
from congestion.detectors.settings.lost_offs import LostOffsSettings
from congestion.detectors.settings.occupancy_unit import OccupancyUnitSettings
from congestion.detectors.settings.repeated import RepeatedSettings
from congestion.detectors.together.settings import GatewaySettings

Minutes = Annotated[int, msgspec.Meta(ge=1, le=10_080)]
Count = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Ratio = Annotated[float, msgspec.Meta(gt=0, le=100)]
Vehicles = Annotated[float, msgspec.Meta(gt=0, le=10_000)]


class HealthSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long a detector may be strange before it is believed no more.

    Daily tests of Chen et al. 2003, made live.
    """

    silent_minutes: Minutes = 10
    """A detector that has sent nothing for so long, or for two of its intervals where these are
    longer, is silent. Unit: min. Source: chosen, ten readings of a minute."""
    unseen_minutes: Minutes = 180
    """A detector that sends nothing but speeds is silent only after so long: it says nothing while
    nobody passes. Unit: min. Source: chosen, longer than a lane stays empty in most nights."""
    jam_minutes: Minutes = 60
    """A detector that is occupied throughout without a vehicle, while those around it are occupied
    too, has a fault after so long; before, it may stand in their jam. Unit: min. Source: chosen,
    longer than most jams keep a detector occupied without a vehicle."""
    held_minutes: Minutes = 12
    """A detector that is occupied throughout while probes drive freely over it has a fault after so
    long. Unit: min. Source: chosen, some reds."""
    passed_minutes: Minutes = 5
    """They must have driven over it in so many of these minutes. Unit: min. Source: chosen on the
    recordings of shanghai-core."""
    jam_occupancy: Share = 0.2
    """The detectors around another one stand in a jam if they are occupied for this share of the
    time. Unit: share. Source: chosen, about the occupancy of flow at capacity."""
    stuck_occupancy: Share = 0.95
    """A detector is occupied throughout a minute from this share of it on. Unit: share. Source:
    chosen, a vehicle may leave or come in the minute."""
    empty_occupancy: Share = 0.02
    """A dead detector is occupied for less than this share of a minute; else it is one that counts
    nothing. Unit: share. Source: chosen, a car at 50 km/h takes a third of that."""
    lost_vehicles: Vehicles = 15.0
    """A detector that counts nothing has a fault once so many vehicles are missing at it. Unit:
    count. Source: chosen on the recordings of shanghai-core with faults put in
    (benchmarks/detector_faults.py)."""
    driven_minutes: Minutes = 2
    """A street is not closed on which probes drove freely in so many minutes since the last vehicle
    was counted. Unit: min. Source: chosen, one may have left it late."""
    lost_minutes: Minutes = 25
    """A detector that counts nothing has a fault after so long at the earliest. Unit: min. Source:
    chosen, longer than most lanes stay blocked."""
    chatter_count: Vehicles = 55.0
    """More vehicles in a minute than this cannot pass a lane, minute after minute. Unit: count.
    Source: nobody follows at 1.1 s for minutes; lanes of I-24, Nashville, passed 44 in each of
    three minutes in a row and 54 in one (radar, 2023)."""
    most_count: Vehicles = 75.0
    """A count of more vehicles in a single minute of a lane is none. Unit: count. Source: chosen,
    nobody follows at 0.8 s for a minute; see chatter_count."""
    chatter_minutes: Minutes = 3
    """A detector that counts more than can pass the lanes that it may cover in so many minutes in a
    row has a fault. Unit: min. Source: chosen, two may hold a late reading."""
    bare_vehicles: Vehicles = 15.0
    """A detector has a fault once it has counted so many vehicles none of which occupied it for any
    time. Unit: count. Source: chosen on the recordings of shanghai-core with faults put in
    (benchmarks/detector_faults.py)."""
    least_ratio: Ratio = 0.62
    """In free traffic a spot speed is at least this multiple of the probes'. Unit: ratio. Source:
    chosen on the recordings of shanghai-core, where it is 0.7 to 1.75."""
    most_ratio: Ratio = 1.75
    """In free traffic a spot speed is at most this multiple of the probes'. Unit: ratio. Source:
    chosen on the recordings of shanghai-core, where it is 0.7 to 1.75."""
    disagrees_minutes: Minutes = 30
    """A detector has a fault after so many minutes, compared one after the other, in which its
    speed was not the probes', in free traffic or in a jam. Unit: min. Source: chosen, hours of
    minutes with probes; they may be of another lane, or stop, for some of them."""
    least_jam_ratio: Ratio = 0.4
    """In a jam a spot speed is at least this multiple of the probes'. Unit: ratio. Source: chosen,
    queues move in waves."""
    most_jam_ratio: Ratio = 2.5
    """In a jam a spot speed is at most this multiple of the probes'. Unit: ratio. Source: chosen,
    queues move in waves."""
    unit_detectors: Count = 20
    """Where the median of so many compared detectors is as far off as another unit of speed, none
    is believed. Unit: count. Source: chosen, fewer may be one street's."""
    occupancy_unit: OccupancyUnitSettings = OccupancyUnitSettings()
    lengths: LengthSettings = LengthSettings()
    lost_flow: LostFlowSettings = LostFlowSettings()
    lost_offs: LostOffsSettings = LostOffsSettings()
    lanes: ExchangedLanesSettings = ExchangedLanesSettings()
    repeated: RepeatedSettings = RepeatedSettings()
    gateway: GatewaySettings = GatewaySettings()
    guard: GuardSettings = GuardSettings()
