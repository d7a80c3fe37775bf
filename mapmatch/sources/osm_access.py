"""Who may drive along an OpenStreetMap way, and past a barrier on it (wiki: Key:access, oneway)."""

import re
from collections.abc import Iterable, Mapping
from enum import IntEnum

Tags = Mapping[str, str]

CLOSED = frozenset({"no", "private", "permit", "agricultural", "forestry", "emergency", "military"})
OPEN = frozenset({"yes", "designated", "permissive", "official"})
NOTHING: frozenset[str] = frozenset()
FOR_BUSES = frozenset({"bus", "psv"})
"""As the value of a key of all vehicles: closed but to these."""
CAR_KEYS = ("motorcar", "motor_vehicle", "vehicle", "access")
BUS_KEYS = ("bus", "psv")
FORWARD, BACKWARD = (True, False), (False, True)
BOTH = (True, True)
ONE_WAYS = {
    "yes": FORWARD, "true": FORWARD, "1": FORWARD,
    "-1": BACKWARD, "reverse": BACKWARD,
    "no": BOTH, "false": BOTH, "0": BOTH,
    "reversible": BOTH, "alternating": BOTH,
}  # fmt: skip
OPPOSITE = frozenset({"opposite", "opposite_lane", "opposite_track"})
REVERSIBLE = frozenset({"reversible", "alternating"})
CLOSING = frozenset(
    {
        "bollard", "block", "jersey_barrier", "cycle_barrier", "motorcycle_barrier", "chain",
        "kissing_gate", "stile", "turnstile", "full-height_turnstile", "horse_stile", "log",
        "debris", "planter", "wall", "fence", "hedge", "guard_rail", "step", "rope", "spikes",
    }
)  # fmt: skip
"""Barriers that stop cars and buses where no tag says otherwise. Source: OpenStreetMap wiki,
Key:barrier."""
BUS_TRAPS = frozenset({"bus_trap", "sump_buster"})


class Access(IntEnum):
    """Who may drive along a way in one direction, or past a barrier."""

    NOBODY = 0
    BUSES = 1
    ALL = 2


def access_of(tags: Tags, is_for_buses: bool) -> tuple[Access, Access]:
    """Give who may drive with and against a way's direction; values are in small letters.

    Where taxis may drive all may: there is no other car among our vehicles.
    A way whose direction or access changes with the hour is open as at its most open hour.
    """
    drives = _car_directions(tags)
    against = _contraflow(tags)
    bus_drives = BOTH if against else _directions(tags, ("oneway:bus", "oneway:psv"), drives)
    is_contraflow = bus_drives != drives
    found = []
    for side, suffix in enumerate((":forward", ":backward")):
        cars = _words(tags, CAR_KEYS, suffix)
        is_taxis = bool(_words(tags, ("taxi",), suffix) & OPEN)
        is_open = not _is_closed(cars) or _at_times(tags, CAR_KEYS, suffix, OPEN)
        is_open = drives[side] and (is_taxis or (is_open and not is_for_buses))
        own = _words(tags, BUS_KEYS, suffix) - OPPOSITE
        if own:
            is_open_to_buses = bool(own & OPEN) or _at_times(tags, BUS_KEYS, suffix, OPEN)
        elif cars & FOR_BUSES:
            is_open_to_buses = True
        else:
            # A lane for buses against the traffic needs no other word about buses.
            is_told = is_for_buses or (is_contraflow and not drives[side])
            is_open_to_buses = is_told and not _is_closed(_words(tags, CAR_KEYS, ""))
        is_open_to_buses &= bus_drives[side]
        found.append(Access.ALL if is_open else Access.BUSES if is_open_to_buses else Access.NOBODY)
    return found[0], found[1]


def changes_with_the_hour(tags: Tags) -> str:
    """Give what of a way's direction or access holds at some hours only, "" where nothing does."""
    is_two_way = _car_directions(tags) == BOTH
    if is_two_way and (tags.get("oneway") in REVERSIBLE or "oneway:conditional" in tags):
        return "one-way at some hours only: open both ways"
    for suffix in (":forward", ":backward"):
        is_closed = _is_closed(_words(tags, CAR_KEYS, suffix))
        if _at_times(tags, CAR_KEYS, suffix, OPEN if is_closed else CLOSED):
            return "closed at some hours: taken as open"
    return ""


def is_open_to(tags: Tags, keys: Iterable[str]) -> bool:
    """Tell whether one of some keys says outright that its vehicles may drive here."""
    return any(bool(_split(tags.get(key, "")) & OPEN) for key in keys)


def past_barrier(tags: Tags) -> Access:
    """Give who may drive past a node with a `barrier`."""
    kind = tags.get("barrier", "no")
    if is_open_to(tags, BUS_KEYS) or kind in BUS_TRAPS or tags.get("bollard") == "rising":
        closed = Access.BUSES
    else:
        closed = Access.NOBODY
    cars = _words(tags, CAR_KEYS, "")
    if cars:
        return closed if _is_closed(cars) else Access.ALL
    if kind in CLOSING or kind in BUS_TRAPS or tags.get("locked") == "yes":
        return closed
    return Access.ALL


def _car_directions(tags: Tags) -> tuple[bool, bool]:
    values = _hourly(tags.get("oneway:conditional", ""))
    if any(ONE_WAYS.get(value) == BOTH for value in (*values, tags.get("oneway:taxi", ""))):
        return BOTH
    is_one_way = tags["highway"] == "motorway" or tags.get("junction") in ("roundabout", "circular")
    keys = (*(f"oneway:{key}" for key in CAR_KEYS[:3]), "oneway")
    return _directions(tags, keys, FORWARD if is_one_way else BOTH)


def _directions(
    tags: Tags, keys: tuple[str, ...], otherwise: tuple[bool, bool]
) -> tuple[bool, bool]:
    """Give the directions that the first of some keys says."""
    for key in keys:
        directions = ONE_WAYS.get(tags.get(key, ""))
        if directions is not None:
            return directions
    return otherwise


def _contraflow(tags: Tags) -> bool:
    """Tell whether a lane for buses runs against a one-way."""
    sides = ("busway", "busway:left", "busway:right", "busway:both")
    if any(tags.get(key, "").startswith("opposite") for key in sides):
        return True
    if any(tags.get(key, "").startswith("opposite") for key in BUS_KEYS):
        return True
    if is_open_to(tags, (f"{key}:backward" for key in BUS_KEYS)):
        return True
    if any(tags.get(f"lanes:{key}:backward", "0") not in ("", "0") for key in BUS_KEYS):
        return True
    lanes = (tags.get(f"{key}:lanes:backward", "") for key in BUS_KEYS)
    return any(set(value.split("|")) & OPEN for value in lanes)


def _words(tags: Tags, keys: tuple[str, ...], suffix: str) -> frozenset[str]:
    """Give the values of the most particular of some keys, none where there is no such key."""
    for key in keys:
        value = tags.get(key + suffix) or tags.get(key)
        if value:
            return _split(value)
    return NOTHING


def _split(value: str) -> frozenset[str]:
    return frozenset(word for part in value.split(";") if (word := part.strip()))


def _is_closed(words: frozenset[str]) -> bool:
    return bool(words) and words <= CLOSED | FOR_BUSES


def _at_times(tags: Tags, keys: tuple[str, ...], suffix: str, values: frozenset[str]) -> bool:
    """Tell whether one of some keys has one of some values at some hours."""
    if not any(key.endswith(":conditional") for key in tags):
        return False
    names = (f"{key}{side}:conditional" for key in keys for side in (suffix, ""))
    return any(_hourly(tags.get(name, "")) & values for name in names)


def _hourly(value: str) -> frozenset[str]:
    """Give the values of a `:conditional` key, `no @ (07:00-09:00)`."""
    return frozenset(re.findall(r"([\w-]+)\s*@", value)) if value else NOTHING
