"""When a vehicle that stands is parked."""

from typing import Annotated

import msgspec

_Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]
_Metres = Annotated[float, msgspec.Meta(gt=0, le=1000)]
_Count = Annotated[int, msgspec.Meta(ge=1, le=1000)]


class ParkedSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which vehicles stand for reasons of their own and are left out of the traffic."""

    least_to_end_m: _Metres = 80.0
    """Nearer than this to the downstream end a vehicle may wait at the junction, and is not parked
    until `junction_s`. Unit: m. Source: chosen on the recordings of shanghai-core, where a lane
    stands there for minutes."""
    junction_s: _Seconds = 1200.0
    """Before a junction a vehicle that has stood so long on one spot is parked. Unit: s. Source:
    chosen, five of the longest cycles of a signal."""
    passed_s: _Seconds = 300.0
    """A vehicle that has stood so long while enough others passed is parked. Unit: s. Source:
    chosen, two cycles of a signal."""
    least_passed: _Count = 3
    """At least so many probes must have passed a vehicle that is parked. Unit: count. Source:
    chosen, one or two may be another lane's."""
    alone_s: _Seconds = 900.0
    """A vehicle that is the only one to stand on its segment, with no queue on a detector, is
    parked after so long even if nobody passed. Unit: s. Source: chosen, more than any cycle of a
    signal."""
    rank_vehicles: _Count = 3
    """Where so many taxis parked in turn there is a rank. Unit: count. Source: chosen, two may be
    chance."""
    rank_s: _Seconds = 60.0
    """A taxi that has stood so long at a rank waits for a fare. Unit: s. Source: chosen, more than
    a stop."""
    rank_m: _Metres = 30.0
    """Length of road of a rank. Unit: m. Source: chosen, four taxis."""
    forget_rank_s: Annotated[float, msgspec.Meta(gt=0, le=366 * 86_400)] = 14 * 86_400.0
    """A rank without a taxi for so long is forgotten. Unit: s. Source: chosen, two weeks, so that a
    holiday does not end it."""
