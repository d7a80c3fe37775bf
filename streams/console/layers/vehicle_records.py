"""What the console tells of vehicles; the TypeScript twin is page/src/layers/vehicles.ts."""

import msgspec

from ingest.units import Degrees, Metres, Seconds

FLEETS = ("bus", "taxi")


class VehiclesSeen(msgspec.Struct, frozen=True):
    """Vehicles of a part of the map as columns: `fleet` by its place in FLEETS, else another.

    `known_count` of them are known in the city, `in_view_count` in the part that was asked for.
    `age_s` is how long ago by the wall clock each was heard of; after `shown_s` it is gone.
    """

    known_count: int
    in_view_count: int
    shown_s: Seconds
    vehicle_id: list[str]
    fleet: list[int]
    longitude: list[Degrees]
    latitude: list[Degrees]
    bearing_deg: list[int]
    age_s: list[int]


class VehicleReport(msgspec.Struct, frozen=True):
    """Where matching has a vehicle, and how sure and how new that is.

    `time` is that of the position (seconds since 1970 UTC), `lag_s` how far it lies behind the
    newest one of any vehicle. An open one is read from fixes that are not decided yet.
    """

    vehicle_id: str
    fleet: str
    segment_id: str
    offset_m: Metres
    speed_kmh: float | None
    time: Seconds
    is_open: bool
    heard_ago_s: Seconds
    lag_s: Seconds
