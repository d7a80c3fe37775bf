"""What an OpenStreetMap way's tags say about driving along it."""

import msgspec

from mapmatch.network import ROAD_CLASSES
from mapmatch.sources.osm_access import (
    BUS_KEYS,
    CAR_KEYS,
    Access,
    Tags,
    access_of,
    changes_with_the_hour,
    is_open_to,
)

DRIVEN = {name: name for name in ROAD_CLASSES} | {
    "living_street": "residential",
    "road": "unclassified",
    "busway": "unclassified",
    "bus_guideway": "unclassified",
}
# Where cars or buses may drive if the way says so.
WHERE_TOLD = frozenset({"pedestrian", "track"})
YARDS = frozenset({"driveway", "parking_aisle", "drive-through", "emergency_access"})
KMH_OF = {"": 1.0, "km/h": 1.0, "kmh": 1.0, "kph": 1.0, "mph": 1.609344, "knots": 1.852}
"""What one unit of a maxspeed is. Unit: km/h. Source: OpenStreetMap wiki, Key:maxspeed."""
WALK_KMH = 7.0
"""What maxspeed=walk means. Unit: km/h. Source: chosen, as routers understand it."""


class Way(msgspec.Struct, frozen=True):
    """One way as far as driving is concerned; pairs are (as drawn, against it)."""

    road_class: int
    name: str
    access: tuple[Access, Access]
    lanes: tuple[int, int]
    """0 where unknown."""
    speed_kmh: tuple[float, float]
    """NaN where the class decides."""
    layer: int
    note: str
    """What was assumed of it, "" where nothing was."""


def read_way(told: Tags) -> Way | str:
    """Give a way that somebody drives, or the reason why nobody of ours does."""
    tags = {key: value.strip().lower() for key, value in told.items()}
    highway = tags["highway"]
    road = DRIVEN.get(highway)
    is_for_cars = highway in WHERE_TOLD and is_open_to(tags, ("taxi", *CAR_KEYS[:3]))
    is_told = is_for_cars or (highway in WHERE_TOLD and is_open_to(tags, BUS_KEYS))
    if road is None and not is_told:
        return "no road for motor vehicles"
    if tags.get("area") == "yes":
        return "an area, not a line"
    if tags.get("service") in YARDS and highway == "service":
        return "driveway, car park or emergency access"
    is_for_buses = (road is None and not is_for_cars) or highway in ("busway", "bus_guideway")
    access = access_of(tags, is_for_buses)
    if access == (Access.NOBODY, Access.NOBODY):
        return "closed to cars and buses (access, motor_vehicle)"
    return Way(
        road_class=ROAD_CLASSES.index(road or "unclassified"),
        name=told.get("name") or told.get("name:zh") or told.get("ref") or "",
        access=access,
        lanes=_lanes(tags, access),
        speed_kmh=(
            speed_kmh(tags.get("maxspeed:forward") or tags.get("maxspeed", "")),
            speed_kmh(tags.get("maxspeed:backward") or tags.get("maxspeed", "")),
        ),
        layer=_layer(tags),
        note=changes_with_the_hour(tags),
    )


def speed_kmh(value: str) -> float:
    """Give a maxspeed in km/h, NaN where it is none, unknown or a zone such as `CN:urban`."""
    value = value.split(";")[0].strip().lower()
    if value == "walk":
        return WALK_KMH
    digits = value.rstrip("abcdefghijklmnopqrstuvwxyz/ ")
    unit = value[len(digits) :].strip()
    try:
        kmh = float(digits) * KMH_OF[unit]
    except (ValueError, KeyError):
        return float("nan")
    return kmh if 0 < kmh <= 200 else float("nan")


def _lanes(tags: Tags, access: tuple[Access, Access]) -> tuple[int, int]:
    forward, backward = _count(tags, "lanes:forward"), _count(tags, "lanes:backward")
    lanes = _count(tags, "lanes")
    if Access.NOBODY in access:
        return forward or lanes, backward or lanes
    if lanes:
        forward = forward or (lanes - backward if backward else (lanes + 1) // 2)
        backward = backward or lanes - forward
        return max(1, forward), max(1, backward)
    return forward, backward


def _count(tags: Tags, key: str) -> int:
    value = tags.get(key, "").split(";")[0].split(".")[0].strip()
    return min(int(value), 30) if value.isascii() and value.isdigit() else 0


def _layer(tags: Tags) -> int:
    value = tags.get("layer", "").split(";")[0].strip()
    try:
        return max(-20, min(20, int(value)))
    except ValueError:
        pass
    if tags.get("bridge", "no") != "no":
        return 1
    return -1 if tags.get("tunnel", "no") not in ("no", "building_passage") else 0
