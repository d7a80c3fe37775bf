"""Two signals of the Oregon DOT, three hours of on and off events, as a recorded feed.

The recording says which phase a detector serves, not where it lies: the roads are drawn. Detectors
that serve no phase get a street each, so that none is held against another.
"""

from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ingest.detector_events import DETECTOR_EVENTS

ZONE = "America/Los_Angeles"
ON, OFF = 82, 81
"""Codes of detectors' events (Purdue: Indiana Traffic Signal Hi Resolution Data Logger)."""

_LONGITUDE, _LATITUDE = -123.0, 44.9
_DEGREE_M = 111_320.0
_WEST_EAST = 0.708
"""A degree of longitude at this latitude in degrees of latitude. Source: cos 44.9 deg."""
_SPACING_M, _ARM_M, _STREET_M = 2000.0, 300.0, 100.0
_BEFORE_STOP_LINE_M = {"Advance": 100.0, "Presence": 5.0, "Stopbar Count": 3.0, "Yellow_Red": 1.0}
# By NEMA phase: where the approach comes from (east, north) and how traffic drives there.
_FROM = {
    **dict.fromkeys((2, 5), ((-1, 0), 90.0)),
    **dict.fromkeys((6, 1), ((1, 0), 270.0)),
    **dict.fromkeys((4, 7), ((0, 1), 180.0)),
    **dict.fromkeys((8, 3), ((0, -1), 0.0)),
}


class _Link(NamedTuple):
    link_id: str
    start: tuple[float, float]  # m east, m north
    end: tuple[float, float]
    signal: int | None  # at its end


class _Place(NamedTuple):
    detector_id: str
    lane: int
    east: float
    north: float
    bearing_deg: float


def odot_feed(folder: Path, out: Path) -> Path:
    """Write the feed of the recording's folder, with a drawn network beside it, and give `out`."""
    out.mkdir(parents=True, exist_ok=True)
    events = pd.read_parquet(folder / "events.parquet")
    events = events[events.EventId.isin((ON, OFF))]
    ids = events.DeviceId.astype(str) + "-" + events.Parameter.astype(str)
    times = events.TimeStamp.dt.tz_localize(ZONE)
    columns = [ids, times.dt.tz_convert("UTC").astype("datetime64[ms, UTC]"), events.EventId == ON]
    arrays = [pa.array(c, f.type) for c, f in zip(columns, DETECTOR_EVENTS, strict=True)]
    table = pa.Table.from_arrays(arrays, schema=DETECTOR_EVENTS)
    pq.write_table(table, out / "magnetometer_events.parquet")
    links, places = _drawn(sorted(ids.unique()), pd.read_parquet(folder / "configs.parquet"))
    _write_network(out / "network", links)
    _write_detectors(out / "detectors.csv", places)
    start, end = times.min().floor("min"), times.max().ceil("min")
    (out / "feed.toml").write_text(
        f'name = "odot-signals"\nformat = 1\ntimezone = "{ZONE}"\n'
        f'start = "{start.isoformat()}"\nend = "{end.isoformat()}"\n'
        'datum = "wgs84"\nnetwork = "network"\nlicence = "MIT, Oregon DOT; roads drawn"\n'
    )
    return out


def published_counts(folder: Path) -> pd.Series:
    """Give the vehicles of each detector as the recording's authors counted them."""
    counted = pd.read_parquet(folder / "actuations_15min.parquet")
    ids = counted.DeviceId.astype(str) + "-" + counted.Detector.astype(str)
    return counted.Total.astype(int).groupby(ids).sum()


def _drawn(ids: list[str], configs: pd.DataFrame) -> tuple[list[_Link], list[_Place]]:
    """Give a crossing for each signal and a street for each detector without a phase."""
    links: list[_Link] = []
    places: list[_Place] = []
    columns = (configs[name].tolist() for name in ("DeviceId", "Parameter", "Phase", "Function"))
    serves = {
        f"{signal}-{number}": (int(signal), int(phase), str(function))
        for signal, number, phase, function in zip(*columns, strict=True)
    }
    signals = sorted({signal for signal, _, _ in serves.values()})
    for nth, signal in enumerate(signals):
        centre = nth * _SPACING_M, 0.0
        for (east, north), _ in sorted(set(_FROM.values())):
            far = centre[0] + east * _ARM_M, north * _ARM_M
            links.append(_Link(f"{signal}in{east}{north}", far, centre, signal))
            links.append(_Link(f"{signal}out{east}{north}", centre, far, None))
    lanes: Counter[tuple[int, float, str]] = Counter()
    for nth, name in enumerate(ids):
        if name not in serves:
            south = -2000.0 - 100.0 * nth
            links.append(_Link(f"street{name}", (0.0, south), (_STREET_M, south), None))
            places.append(_Place(name, 0, 0.5 * _STREET_M, south, 90.0))
            continue
        signal, phase, function = serves[name]
        (east, north), bearing = _FROM[phase]
        before, beside = _BEFORE_STOP_LINE_M[function], (signal, bearing, function)
        x = signals.index(signal) * _SPACING_M + east * before
        places.append(_Place(name, lanes[beside], x, north * before, bearing))
        lanes[beside] += 1
    return links, places


def _degrees(point: tuple[float, float]) -> tuple[float, float]:
    return _LONGITUDE + point[0] / (_DEGREE_M * _WEST_EAST), _LATITUDE + point[1] / _DEGREE_M


def _write_network(folder: Path, links: list[_Link]) -> None:
    folder.mkdir(exist_ok=True)
    points = sorted({point for link in links for point in (link.start, link.end)})
    number = {point: place for place, point in enumerate(points)}
    signals = {link.end for link in links if link.signal is not None}
    nodes = pd.DataFrame(
        [(number[p], *_degrees(p), "signal" if p in signals else "") for p in points],
        columns=["node_id", "x_coord", "y_coord", "ctrl_type"],
    )
    rows = [
        (link.link_id, link.link_id, number[link.start], number[link.end], 1, _line(link),
         "arterial", 60.0, 4)
        for link in links
    ]  # fmt: skip
    columns = [
        "link_id", "name", "from_node_id", "to_node_id", "directed", "geometry", "facility_type",
        "free_speed", "lanes",
    ]  # fmt: skip
    nodes.to_csv(folder / "node.csv", index=False)
    pd.DataFrame(rows, columns=columns).to_csv(folder / "link.csv", index=False)
    (folder / "config.csv").write_text("dataset_name,long_length,speed,crs\nodot,m,kmh,EPSG:4326\n")


def _line(link: _Link) -> str:
    (a, b), (c, d) = _degrees(link.start), _degrees(link.end)
    return f"LINESTRING ({a:.7f} {b:.7f}, {c:.7f} {d:.7f})"


def _write_detectors(path: Path, places: list[_Place]) -> None:
    rows = [(p.detector_id, p.lane, *_degrees((p.east, p.north)), p.bearing_deg) for p in places]
    columns = ["detector_id", "lane", "longitude", "latitude", "bearing_deg"]
    pd.DataFrame(rows, columns=columns).to_csv(path, index=False, float_format="%.7f")
