"""How many detectors must turn odd within how many minutes."""

from typing import Annotated

import msgspec

Minutes = Annotated[int, msgspec.Meta(ge=1, le=1440)]
Vehicles = Annotated[float, msgspec.Meta(gt=0, le=100_000)]
Share = Annotated[float, msgspec.Meta(gt=0, le=1)]
Ratio = Annotated[float, msgspec.Meta(gt=1, le=100)]
Count = Annotated[int, msgspec.Meta(ge=2, le=1_000_000)]


class GatewaySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many detectors of a region that turn odd within minutes are a gateway's fault."""

    least_detectors: Count = 20
    """Fewer are none. Unit: count. Source: chosen, more than one junction has."""
    within_minutes: Minutes = 2
    """Detectors have turned odd together if they began to within so long. Unit: min. Source:
    chosen, a message or two; the queue of a closed freeway grows by 600 m meanwhile."""
    spread_minutes: Minutes = 10
    """Or, if they are twice as many, within so long: some gateways die bit by bit. Unit: min.
    Source: chosen, more than twice as long as it takes to see that one is odd."""
    share: Share = 0.03
    """They are so many of those that report. Unit: share. Source: of 2,650 detectors of shanghai-
    core at most 0.006 began within two minutes, and 0.015 within ten, to be held for three."""
    held_occupancy: Share = 0.6
    """A detector without a vehicle is held from this occupancy on. Unit: share. Source: chosen, a
    queue that comes in the minute and stays."""
    held_minutes: Minutes = 3
    """So long each has been held. Unit: min. Source: chosen, longer than a red."""
    held_at_once_share: Share = 0.5
    """Where they are so many, a minute of it will do. Unit: share. Source: chosen."""
    crawled_minutes: Vehicles = 2.0
    """A detector is held by a queue once probes crawled on its segment, and none drove freely, in
    so many of the last minutes, which fade. Unit: min. Source: chosen; one that waits at a red
    crawls in two minutes, which are 1.8 then."""
    empty_minutes: Minutes = 3
    """For so long no vehicle came anywhere. Unit: min. Source: chosen, longer than a red."""
    empty_vehicles: Vehicles = 60.0
    """So many were due meanwhile, by the flow of each detector. Unit: count. Source: chosen, by
    chance not one in 10^20 times."""
    empty_share: Share = 0.02
    """No more than this share of them came. Unit: share. Source: chosen, one that a clock moved
    into these minutes."""
    lost_vehicles: Vehicles = 8.0
    """Where only some fall silent, so many vehicles are missing at each, by what still passes
    around it. Unit: count. Source: chosen, by chance not one in 2,000 times at each."""
    repeat_minutes: Minutes = 3
    """So often in a row, at least, a detector that measures vehicles sent its record of before
    again. Unit: count. Source: chosen."""
    repeat_chance: Share = 0.003
    """And so often that by chance no more than this share of them would. Unit: share. Source:
    chosen, a tenth of `share`."""
    repeat_at_once_share: Share = 0.9
    """Where they are so many of those that measure vehicles, once will do. Unit: share. Source: on
    eleven simulated recordings at most 0.01 repeat, and 0.29 where occupancies are whole percents
    and speeds are absent."""
    other_length: Ratio = 2.2
    """Vehicles that seem longer or shorter than they were by this factor are told in another unit
    of speed. Unit: ratio. Source: metres a second are taken for km/h at 3.6; whole percents of
    three vehicles are off by 1.5."""
