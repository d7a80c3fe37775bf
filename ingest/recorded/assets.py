"""What a feed knows of the road: detectors, cameras and stops beside it, bus lines along it."""

import csv
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np

from ingest.datum import Datum, to_wgs84
from ingest.recorded.bus_lines import BusLine, read_bus_lines
from ingest.recorded.feed_error import FeedError
from ingest.recorded.schedule import SCHEDULE_FILE, Schedule, read_schedule
from ingest.units import Degrees, Metres
from ingest.user_error import reason_of

_NEAREST_LEAD_M, _FARTHEST_LEAD_M = 0.5, 5.0
"""How far apart the sensors of a pair may stand. Unit: m. Source: chosen; with more between them a
second vehicle reaches the first sensor before the one ahead of it has come to the second."""


HIGHEST_LANE = 32
"""Of a detector, a camera or a camera's event; the lane nearest the kerb is 0. Unit: none, the
number of a lane. Source: chosen, more than any carriageway has."""
MOST_LANES = 12
"""Unit: count. Source: chosen; the widest carriageways have eight lanes and some of a ramp."""


class Detector(msgspec.Struct, frozen=True):
    """One detector of a lane or of several; bearing is the driving direction, clockwise from north.

    It is None where nobody said, of cameras and stops too: then the place alone must tell the road.
    Its readings are of `lanes` lanes together, `lane` the one of them nearest the kerb. None where
    the feed does not say: then it may be one lane or a whole carriageway.
    `lead_id` names the other sensor of a pair, which stands `lead_m` upstream in the same lane and
    sends single events. It times vehicles and has no place of its own.
    """

    detector_id: str
    lane: int
    longitude: Degrees
    latitude: Degrees
    bearing_deg: Degrees | None
    lead_id: str | None = None
    lead_m: Metres | None = None
    lanes: int | None = None


class Camera(msgspec.Struct, frozen=True):
    """One lane of one approach that an electronic-police camera watches."""

    camera_id: str
    approach_id: str
    lane: int
    longitude: Degrees
    latitude: Degrees
    bearing_deg: Degrees | None


class BusStop(msgspec.Struct, frozen=True):
    """One bus stop and the lines that serve it."""

    stop_id: str
    longitude: Degrees
    latitude: Degrees
    bearing_deg: Degrees | None
    lines: tuple[str, ...]


Asset = TypeVar("Asset", Detector, Camera, BusStop)


class Assets(msgspec.Struct, frozen=True):
    """Everything at the roadside that a feed names, bus lines and schedule, in WGS-84."""

    detectors: tuple[Detector, ...] = ()
    cameras: tuple[Camera, ...] = ()
    bus_stops: tuple[BusStop, ...] = ()
    bus_lines: tuple[BusLine, ...] = ()
    schedule: Schedule = Schedule()


def read_assets(folder: Path, datum: Datum = Datum.WGS84) -> Assets:
    """Give the assets of a feed folder; an absent file is an empty list.

    Raises FeedError naming file, line and column (or feature and field), value and what was
    expected.
    """
    detectors = _read(folder / "detectors.csv", datum, _detector, ("detector_id",))
    if any(detector.lead_id is not None for detector in detectors):
        _check_leads(folder / "detectors.csv", detectors)
    return Assets(
        detectors=detectors,
        cameras=_read(folder / "cameras.csv", datum, _camera, ("camera_id", "approach_id", "lane")),
        bus_stops=_read(folder / "bus_stops.csv", datum, _bus_stop, ("stop_id",)),
        bus_lines=read_bus_lines(folder / "bus_lines.geojson", datum),
        schedule=read_schedule(folder / SCHEDULE_FILE, datum),
    )


def _check_leads(path: Path, detectors: tuple[Detector, ...]) -> None:
    taken = {detector.detector_id for detector in detectors}
    for row, detector in zip(_rows(path), detectors, strict=True):
        if detector.lead_id is None:
            continue
        if detector.lead_id in taken:
            raise row.error("lead_id", "a sensor that no other line names", detector.lead_id)
        taken.add(detector.lead_id)


class _Row:
    """One CSV row whose fields are taken by name and type; remembers where it stands."""

    def __init__(self, path: Path, line: int, fields: dict[str, str]) -> None:
        self._path, self._line, self._fields = path, line, fields

    def text(self, column: str, *, may_be_empty: bool = False) -> str:
        value = self._fields[column].strip()
        if not value and not may_be_empty:
            raise self.error(column, "a non-empty id", repr(value))
        return value

    def whole(self, column: str, low: int, high: int, otherwise: str = "") -> int:
        value = self._fields[column]
        if not value.strip().isdecimal() or not low <= float(value) <= high:
            raise self.error(column, f"a whole number of {low} to {high}{otherwise}", repr(value))
        return int(value)

    def number(self, column: str, unit: str, low: float, high: float) -> float:
        value = self._fields[column]
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not low <= number <= high:
            raise self.error(column, f"{unit} between {low:g} and {high:g}", repr(value))
        return number

    def has(self, column: str) -> bool:
        return bool((self._fields.get(column) or "").strip())

    def position(self) -> tuple[float, float, float | None]:
        has_bearing = self.has("bearing_deg")
        return (
            self.number("longitude", "degrees", -180.0, 180.0),
            self.number("latitude", "degrees", -90.0, 90.0),
            self.number("bearing_deg", "degrees", 0.0, 360.0) if has_bearing else None,
        )

    def lane(self) -> int:
        return self.whole("lane", 0, HIGHEST_LANE)

    def error(self, column: str | None, expected: str, value: str) -> FeedError:
        return FeedError(self._path, expected, line=self._line, column=column, value=value)


def _detector(row: _Row) -> Detector:
    lead_id, lead_m = None, None
    if row.has("lead_id") or row.has("lead_m"):
        for column in ("lead_id", "lead_m"):
            if not row.has(column):
                raise row.error(column, "a sensor and its distance, or neither", "nothing")
        lead_id = row.text("lead_id")
        lead_m = row.number("lead_m", "metres", _NEAREST_LEAD_M, _FARTHEST_LEAD_M)
    detector_id, lane, position = row.text("detector_id"), row.lane(), row.position()
    return Detector(detector_id, lane, *position, lead_id, lead_m, _lanes(row))


def _lanes(row: _Row) -> int | None:
    if not row.has("lanes"):
        return None
    return row.whole("lanes", 1, MOST_LANES, otherwise=", or nothing")


def _camera(row: _Row) -> Camera:
    camera_id, approach_id = row.text("camera_id"), row.text("approach_id")
    return Camera(camera_id, approach_id, row.lane(), *row.position())


def _bus_stop(row: _Row) -> BusStop:
    lines = tuple(row.text("lines", may_be_empty=True).split())
    return BusStop(row.text("stop_id"), *row.position(), lines)


def _read(
    path: Path, datum: Datum, build: Callable[[_Row], Asset], key: tuple[str, ...]
) -> tuple[Asset, ...]:
    if not path.exists():
        return ()
    assets: list[Asset] = []
    seen: set[tuple[object, ...]] = set()
    for row in _rows(path):
        asset = build(row)
        identity = tuple(getattr(asset, name) for name in key)
        if identity in seen:
            value = ", ".join(str(part) for part in identity)
            expected = f"{'an id' if len(key) == 1 else 'values'} that no earlier line has"
            raise row.error(", ".join(key), expected, value)
        seen.add(identity)
        assets.append(asset)
    return _shifted(assets, datum)


def _rows(path: Path) -> Iterator[_Row]:
    columns = _COLUMNS[path.name]
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [c for c in columns if c not in (reader.fieldnames or ())]
            if missing:
                raise FeedError(
                    path,
                    f"the columns {', '.join(columns)}",
                    column=missing[0],
                    value="no such column" if reader.fieldnames else "an empty file",
                )
            for fields in reader:
                line = reader.line_num
                if any(fields[c] is None for c in columns) or None in fields:
                    raise FeedError(
                        path, "as many fields as the header names", line=line, value=_count(fields)
                    )
                yield _Row(path, line, fields)
    except (UnicodeDecodeError, csv.Error, OSError) as error:
        raise FeedError(path, "a CSV file in UTF-8", value=reason_of(error)) from error


def _count(fields: dict[Any, Any]) -> str:
    """Say how many fields a line has; csv.DictReader gives those without a name as one list."""
    count = sum(len(v) if isinstance(v, list) else v is not None for v in fields.values())
    return f"{count} fields"


_COLUMNS = {
    "detectors.csv": ("detector_id", "lane", "longitude", "latitude"),
    "cameras.csv": ("camera_id", "approach_id", "lane", "longitude", "latitude"),
    "bus_stops.csv": ("stop_id", "longitude", "latitude", "lines"),
}
"""The columns that each file has; bearing_deg, a lead and lanes may be left out."""


def _shifted(assets: list[Asset], datum: Datum) -> tuple[Asset, ...]:
    if datum is Datum.WGS84 or not assets:
        return tuple(assets)
    longitudes = np.array([a.longitude for a in assets])
    latitudes = np.array([a.latitude for a in assets])
    lons, lats = to_wgs84(longitudes, latitudes, datum)
    return tuple(
        msgspec.structs.replace(asset, longitude=float(lon), latitude=float(lat))
        for asset, lon, lat in zip(assets, lons, lats, strict=True)
    )
