"""What a city knows beforehand: works and events with their places and times, from GeoJSON."""

from pathlib import Path
from typing import Any, Literal

import msgspec

from ingest.datum import Datum
from ingest.moments import moment_ms
from ingest.recorded.feed_error import FeedError
from ingest.recorded.geojson import Feature, Position, read_features, shifted
from ingest.refusals import Misfit
from ingest.units import Seconds

SCHEDULE_FILE = "schedule.geojson"
Planned = Literal["work", "event"]
_GEOMETRIES = ("Point", "MultiPoint", "LineString", "MultiLineString")
LONGEST_TEXT = 300
"""More of what an entry says of itself is cut off. Unit: characters. Source: chosen, some lines."""
_WZDX_KINDS: dict[str, Planned] = {"work-zone": "work", "restriction": "work", "detour": "work"}
"""Types of road events in WZDx 4.2. Source: USDOT, Work Zone Data Exchange 4.2."""


class ScheduleEntry(msgspec.Struct, frozen=True):
    """One work or event: where, and from when to when.

    Its place is lines of positions, a point one of a single one. `lanes` are those that it takes,
    from 0 at the kerb; none where the list does not say. `text` is what it says of itself.
    """

    entry_id: str
    kind: Planned
    start: Seconds
    end: Seconds
    lines: tuple[tuple[Position, ...], ...]
    lanes: tuple[int, ...] = ()
    text: str = ""


class Schedule(msgspec.Struct, frozen=True):
    """The entries of a list in its order, and what is wrong with the features left out."""

    entries: tuple[ScheduleEntry, ...] = ()
    refused: tuple[str, ...] = ()


def read_schedule(path: Path, datum: Datum = Datum.WGS84) -> Schedule:
    """Give the works and events of a GeoJSON file, positions in WGS-84; none without a file.

    A feature is a Point, MultiPoint, LineString or MultiLineString with the properties `id`, `kind`
    (`work` or `event`), `from` and `to` (ISO 8601 with offset) and perhaps `lanes` and `text`; or a
    road event of WZDx 4.2. A bad feature is left out and named with its field, value and what was
    expected. Raises FeedError where the file itself cannot be read.
    """
    entries: dict[str, ScheduleEntry] = {}
    refused: list[str] = []
    for feature in read_features(path):
        try:
            entry = _entry(feature, datum)
            if entry.entry_id in entries:
                raise feature.error("id", "an id that no earlier feature has", entry.entry_id)
        except FeedError as error:
            refused.append(str(error))
        else:
            entries[entry.entry_id] = entry
    return Schedule(tuple(entries.values()), tuple(refused))


def _entry(feature: Feature, datum: Datum) -> ScheduleEntry:
    feature.check()
    lines = tuple(shifted(part, datum) for part in _lines(feature))
    if feature.at("properties", "core_details") is not None:
        return _road_event(feature, lines)
    kind = feature.at("properties", "kind")
    if kind not in ("work", "event"):
        raise feature.error("properties.kind", "'work' or 'event'", kind)
    start, end = _span(feature, "from", "to")
    where, lanes = "properties.lanes", feature.at("properties", "lanes")
    if lanes is None:
        lanes = []
    if not isinstance(lanes, list) or any(type(lane) is not int or lane < 0 for lane in lanes):
        raise feature.error(where, "a list of lanes from 0 at the kerb", lanes)
    name = _id(feature, "properties.id", feature.at("properties", "id"))
    text = _text(feature.at("properties", "text"))
    return ScheduleEntry(name, kind, start, end, lines, tuple(lanes), text)


def _road_event(feature: Feature, lines: tuple[tuple[Position, ...], ...]) -> ScheduleEntry:
    """Give a road event of WZDx, whose lanes count from 1 at the left."""
    found = feature.at("properties", "core_details", "event_type")
    kind = _WZDX_KINDS.get(found) if isinstance(found, str) else None
    if kind is None:
        expected = " or ".join(map(repr, _WZDX_KINDS))
        raise feature.error("properties.core_details.event_type", expected, found)
    start, end = _span(feature, "start_date", "end_date")
    listed = feature.at("properties", "lanes")
    lanes = listed if isinstance(listed, list) else []
    closed = [
        len(lanes) - lane["order"]
        for lane in lanes
        if isinstance(lane, dict) and lane.get("status") == "closed"
        and type(lane.get("order")) is int and 1 <= lane["order"] <= len(lanes)
    ]  # fmt: skip
    name = _id(feature, "id", feature.at("id"))
    text = _text(feature.at("properties", "core_details", "description"))
    return ScheduleEntry(name, kind, start, end, lines, tuple(sorted(closed)), text)


def _id(feature: Feature, where: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise feature.error(where, "a non-empty text", value)
    return value.strip()


def _text(value: Any) -> str:
    """Give a text on one line, nothing where it is none: it is for people, and moves nothing."""
    text = " ".join(value.split()) if isinstance(value, str) else ""
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 3]}..."


def _span(feature: Feature, begin: str, end: str) -> tuple[Seconds, Seconds]:
    times = []
    for name in (begin, end):
        value = feature.at("properties", name)
        time = moment_ms(value)
        if isinstance(time, Misfit):
            raise feature.error(f"properties.{name}", time.expected, value)
        times.append(time / 1000.0)
    if times[1] <= times[0]:
        expected = f"a time after {feature.at('properties', begin)}"
        raise feature.error(f"properties.{end}", expected, feature.at("properties", end))
    return times[0], times[1]


def _lines(feature: Feature) -> tuple[tuple[Position, ...], ...]:
    kind, where = feature.at("geometry", "type"), "geometry.coordinates"
    coordinates = feature.at("geometry", "coordinates")
    if kind == "Point":
        return ((feature.position(where, coordinates),),)
    if kind == "LineString":
        return (feature.part(where, coordinates),)
    if kind == "MultiLineString":
        return feature.parts(where, coordinates)
    if kind != "MultiPoint":
        raise feature.error("geometry.type", " or ".join(map(repr, _GEOMETRIES)), kind)
    points = feature.positions(where, coordinates)
    if not points:
        raise feature.error(where, "at least one position", coordinates)
    return tuple((point,) for point in points)
