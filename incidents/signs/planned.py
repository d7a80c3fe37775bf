"""Planned works and events: which streets they touch, and when."""

from collections.abc import Sequence

import msgspec
import numpy as np

from incidents.nearby_roads import NearbyRoads
from incidents.records import Cause
from incidents.road_points import DrivingDistances
from incidents.seen_words import Seen, Value
from incidents.settings import ScheduleSettings
from ingest.recorded.schedule import ScheduleEntry
from ingest.units import MINUTE_S, Metres, Seconds
from mapmatch.network import Network
from mapmatch.projection import LocalPlane

CAUSES: dict[str, Cause] = {"work": "work_zone", "event": "event"}
WORDS = {"work": "works", "event": "event"}
STEP_M = 50.0
"""A line is looked at in such steps. Unit: m. Source: chosen, shorter than most segments."""
_SAME_ROAD_M = 15.0
"""Roads so much further from a place than the nearest one may be the one that is meant. Unit: m.
Source: chosen, the other carriageway."""


class PlannedSign(msgspec.Struct, frozen=True):
    """An entry of the schedule that holds on a segment: its cause, how far away, and in words."""

    entry_id: str
    cause: Cause
    away_m: Metres
    seen: Seen


class PlannedPlaces:
    """Knows the segments that each entry touches; nothing changes it.

    Works touch the roads at their place and those that lead to and from there, an event all around.
    """

    def __init__(
        self, network: Network, settings: ScheduleSettings, entries: Sequence[ScheduleEntry]
    ) -> None:
        self._network, self._settings = network, settings
        self._roads, self._plane = NearbyRoads(network), LocalPlane(network)
        self._entries = [(entry, self._segments(entry)) for entry in entries]

    @property
    def unplaced(self) -> list[str]:
        """The ids of the entries that touch no road of the network."""
        return [entry.entry_id for entry, segments in self._entries if not segments]

    def at(self, minute: Seconds) -> dict[int, PlannedSign]:
        """Give for each segment the nearest entry that holds in a minute, which begins then."""
        settings, found = self._settings, dict[int, PlannedSign]()
        for entry, segments in self._entries:
            begin = entry.start - MINUTE_S * settings.before_minutes
            end = entry.end + MINUTE_S * settings.after_minutes
            if not begin < minute + MINUTE_S or not minute < end:
                continue
            for segment, away_m in segments.items():
                if segment not in found or away_m < found[segment].away_m:
                    found[segment] = _sign(entry, away_m)
        return found

    def _segments(self, entry: ScheduleEntry) -> dict[int, Metres]:
        """Give the segments of an entry, and how far each is from it."""
        settings, found = self._settings, dict[int, Metres]()

        def take(segment: int, away_m: Metres) -> None:
            found[segment] = min(away_m, found.get(segment, np.inf))

        for line in entry.lines:
            for x, y in self._places(line):
                if entry.kind == "event":
                    for road in self._roads.near(x, y, settings.event_m):
                        take(road.segment, road.away_m)
                    continue
                roads = self._roads.near(x, y, settings.place_m)
                for road in roads:
                    if road.away_m > roads[0].away_m + _SAME_ROAD_M:
                        break
                    take(road.segment, road.away_m)
                    point = (road.segment, road.offset_m)
                    around = DrivingDistances(self._network, point, settings.along_m)
                    for reached in (around.upstream_m, around.downstream_m):
                        for segment, away_m in reached.items():
                            take(segment, away_m)
        return found

    def _places(self, line: Sequence[tuple[float, float]]) -> list[tuple[Metres, Metres]]:
        """Give the places of a line (local metres), its ends and steps between."""
        longitude, latitude = zip(*line, strict=True)
        x, y = self._plane.to_metres(longitude, latitude)
        if len(x) == 1:
            return [(float(x[0]), float(y[0]))]
        along = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
        at = np.linspace(0.0, along[-1], 1 + max(1, int(np.ceil(along[-1] / STEP_M))))
        places = (np.interp(at, along, axis).tolist() for axis in (x, y))
        return list(zip(*places, strict=True))


def _sign(entry: ScheduleEntry, away_m: Metres) -> PlannedSign:
    values: dict[str, Value] = {
        "plan": WORDS[entry.kind], "entry": entry.entry_id, "from_at": entry.start,
        "to_at": entry.end, "away_m": round(away_m),
    }  # fmt: skip
    if entry.lanes:
        values["lanes"] = ", ".join(map(str, entry.lanes))
    seen = Seen("planned_lanes" if entry.lanes else "planned", values)
    return PlannedSign(entry.entry_id, CAUSES[entry.kind], away_m, seen)
