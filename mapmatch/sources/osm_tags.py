"""What an OpenStreetMap way's tags say about driving along it (wiki pages Key:access, oneway)."""

from collections.abc import Mapping
from enum import IntEnum

import msgspec

from mapmatch.network import ROAD_CLASSES

Tags = Mapping[str, str]

DRIVEN = {name: name for name in ROAD_CLASSES} | {
    "living_street": "residential",
    "road": "unclassified",
    "busway": "unclassified",
    "bus_guideway": "unclassified",
}
# Where buses may drive if the way says so.
WITH_BUSES = frozenset({"pedestrian", "track"})
CLOSED = frozenset({"no", "private", "permit", "agricultural", "forestry", "emergency", "military"})
OPEN = frozenset({"yes", "designated", "permissive", "official"})
YARDS = frozenset({"driveway", "parking_aisle", "drive-through", "emergency_access"})
KMH_OF = {"": 1.0, "km/h": 1.0, "kmh": 1.0, "kph": 1.0, "mph": 1.609344, "knots": 1.852}
"""What one unit of a maxspeed is. Unit: km/h. Source: OpenStreetMap wiki, Key:maxspeed."""
WALK_KMH = 7.0
"""What maxspeed=walk means. Unit: km/h. Source: chosen, as routers understand it."""


class Access(IntEnum):
    """Who may drive along a way in one direction."""

    NOBODY = 0
    BUSES = 1
    ALL = 2


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


def read_way(tags: Tags) -> Way | str:
    """Give a way that somebody drives, or the reason why nobody of ours does."""
    highway = tags["highway"]
    road = DRIVEN.get(highway)
    if road is None and not (highway in WITH_BUSES and _buses(tags, "") in OPEN):
        return "no road for motor vehicles"
    if tags.get("area") == "yes":
        return "an area, not a line"
    if tags.get("service") in YARDS and highway == "service":
        return "driveway, car park or emergency access"
    if tags.get("oneway") == "reversible":
        return "direction changes with the hour"
    is_for_buses = road is None or highway in ("busway", "bus_guideway")
    access = _access(tags, is_for_buses)
    if access == (Access.NOBODY, Access.NOBODY):
        return "closed to cars and buses (access, motor_vehicle)"
    return Way(
        road_class=ROAD_CLASSES.index(road or "unclassified"),
        name=tags.get("name") or tags.get("name:zh") or tags.get("ref") or "",
        access=access,
        lanes=_lanes(tags, access),
        speed_kmh=(
            speed_kmh(tags.get("maxspeed:forward") or tags.get("maxspeed", "")),
            speed_kmh(tags.get("maxspeed:backward") or tags.get("maxspeed", "")),
        ),
        layer=_layer(tags),
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


def _access(tags: Tags, is_for_buses: bool) -> tuple[Access, Access]:
    """Give who may drive with and against the way's direction."""
    drives = _directions(tags, "oneway")
    bus_drives = _directions(tags, "oneway")
    for key in ("oneway:bus", "oneway:psv"):
        if tags.get(key) == "no":
            bus_drives = (True, True)
    if (tags.get("busway") or tags.get("busway:left") or "").startswith("opposite"):
        bus_drives = (True, True)
    found = []
    for side, suffix in enumerate((":forward", ":backward")):
        is_open = drives[side] and not is_for_buses and _cars(tags, suffix) not in CLOSED
        buses = _buses(tags, suffix)
        is_open_to_buses = bus_drives[side] and (
            buses in OPEN if buses else is_for_buses and _cars(tags, "") not in CLOSED
        )
        found.append(Access.ALL if is_open else Access.BUSES if is_open_to_buses else Access.NOBODY)
    return found[0], found[1]


def _directions(tags: Tags, key: str) -> tuple[bool, bool]:
    value = tags.get(key, "")
    if value in ("yes", "true", "1"):
        return True, False
    if value in ("-1", "reverse"):
        return False, True
    is_implied = tags["highway"] == "motorway" or tags.get("junction") in ("roundabout", "circular")
    return True, value in ("no", "false", "0") or not is_implied


def _cars(tags: Tags, suffix: str) -> str:
    """Give the most particular access value for motor cars."""
    for key in ("motorcar", "motor_vehicle", "vehicle", "access"):
        value = tags.get(key + suffix) or tags.get(key)
        if value:
            return value
    return ""


def _buses(tags: Tags, suffix: str) -> str:
    for key in ("bus", "psv"):
        value = tags.get(key + suffix) or tags.get(key)
        if value:
            return value
    return ""


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
