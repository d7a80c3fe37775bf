"""Days and times of the city's clock as a planner writes them."""

from datetime import datetime, timedelta
from typing import Any

import click

ONE_DAY = timedelta(days=1)
WEEK_DAYS = 7


class Moment(click.ParamType):
    """A day, or a day and a time, of the city's clock: 2026-09-16 or 2026-09-16T07:30."""

    name = "moment"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Give the moment, without a zone."""
        from streams.lake.reading import YEARS

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
