"""What the options of `clearway report` come to: time zone, period, area."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
import numpy as np

from congestion.indices import CITY
from congestion.reports.opened import Area
from congestion.reports.polygons import drawn_area
from congestion.reports.stored import Period, ReportError
from mapmatch.network import Network
from streams.lake.reading import YEARS, StoredError, timezone_of_runs
from streams.settings import Settings

ONE_DAY = timedelta(days=1)
WEEK_DAYS = 7


class Moment(click.ParamType):
    """A day, or a day and a time, of the city's clock: 2026-09-16 or 2026-09-16T07:30."""

    name = "moment"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Give the moment, without a zone."""
        try:
            moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r}, expected a day or a time such as 2026-09-16T07:30", param, ctx)
        if moment.tzinfo is not None:
            self.fail(f"{value!r}, expected the city's own time, without a zone", param, ctx)
        if moment.second or moment.microsecond:
            self.fail(f"{value!r}, expected a whole minute", param, ctx)
        if moment.year not in YEARS:
            self.fail(f"{value!r}, expected a year from {YEARS[0]} to {YEARS[-1]}", param, ctx)
        return moment


class LastMoment(Moment):
    """The same, of which a day alone is meant whole."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Give the moment before which the period ends."""
        moment = super().convert(value, param, ctx)
        is_day = isinstance(value, str) and len(value.strip()) <= len("2026-09-16")
        return moment + ONE_DAY if is_day else moment


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
