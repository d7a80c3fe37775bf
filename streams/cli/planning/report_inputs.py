"""What the options of `clearway report` come to: time zone, period, area."""

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from congestion.indices import CITY
from congestion.reports.opened import Area
from congestion.reports.polygons import drawn_area
from congestion.reports.stored import Period, ReportError
from mapmatch.network import Network
from streams.cli.planning.moments import ONE_DAY
from streams.lake.reading import StoredError, timezone_of_runs
from streams.settings import Settings


def zone_of(settings: Settings, files: list[Path]) -> ZoneInfo:
    """Give the city's time zone. Raises StoredError where neither settings nor a run name it."""
    name = settings.city.timezone or timezone_of_runs(files)
    if name is None:
        raise StoredError(
            f"{files[0]} names no time zone, expected the city's: give it with --timezone or as "
            "city.timezone"
        )
    return ZoneInfo(name)


def area_of(name: str, network: Network) -> Area:
    """Give the area of a name, or of a file of polygons. Raises ReportError: there is no such."""
    if name == CITY:
        return Area(name, np.ones(network.segment_count, np.bool_))
    if name.isdecimal() and int(name) < network.region_count:
        return Area(name, network.region == int(name))
    if Path(name).is_file():
        return drawn_area(Path(name), network)
    raise ReportError(
        f"area {name!r}, expected city, a district's number, 0 to {network.region_count - 1}, or "
        "a GeoPackage or GeoJSON file of polygons"
    )


def period_of(
    stored: Period, start: datetime | None, end: datetime | None, zone: ZoneInfo,
    days: int | None,
) -> Period:  # fmt: skip
    """Give the period asked for; what is not said is as stored, of at most so many last days.

    One that lies past what is stored has a day, of which it can be said that nothing is stored.
    Raises ReportError where it ends before it begins.
    """
    if start is not None:
        first = start.replace(tzinfo=zone)
        if end is not None:
            last = end.replace(tzinfo=zone)
        elif days is not None:
            last = _midnight(first) + days * ONE_DAY
        else:
            last = datetime.fromtimestamp(stored.end, zone)
            last = last if first < last else _midnight(first) + ONE_DAY
    else:
        last = end.replace(tzinfo=zone) if end else datetime.fromtimestamp(stored.end, zone)
        first = datetime.fromtimestamp(stored.start, zone)
        first = first if first < last else last - ONE_DAY
        if days is not None:
            first = max(first, _midnight(last - timedelta(minutes=1)) - (days - 1) * ONE_DAY)
    if not first < last:
        raise ReportError(f"from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}, expected later")
    return Period(first.timestamp(), last.timestamp())


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
