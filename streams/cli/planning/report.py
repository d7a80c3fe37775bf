"""`clearway report`: what a lake or a run says of a period, as a page, numbers and tables."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from rich.console import Console

from streams.cli.options import (
    Command,
    cache_folder,
    config_option,
    json_option,
    settings_of,
    timezone_option,
)
from streams.cli.progress import step
from streams.settings import Settings

ONE_DAY = timedelta(days=1)


class Moment(click.ParamType):
    """A day, or a day and a time, of the city's clock: 2026-09-16 or 2026-09-16T07:30."""

    name = "moment"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        try:
            return value if isinstance(value, datetime) else datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r}, expected a day or a time such as 2026-09-16T07:30", param, ctx)


def report_options(command: Command) -> Command:
    """Give a kind of report the arguments and options that all kinds have."""
    options: list[Callable[[Command], Command]] = [
        click.argument("stored", nargs=-1, required=True, type=click.Path(path_type=Path)),
        click.option("--network", required=True, type=click.Path(path_type=Path),
                     help="The road network."),
        click.option("--from", "start", type=Moment(), metavar="MOMENT",
                     help="Day, or time such as 2026-09-16T07:30 [default: the first stored]."),
        click.option("--to", "end", type=Moment(), metavar="MOMENT",
                     help="Last day, or time before which it ends [default: the last stored]."),
        click.option("--area", default="city", help="`city`, or the number of a district."),
        click.option("--out", type=click.Path(path_type=Path), help="[default: reports/KIND]"),
        click.option("--lang", "language", type=click.Choice(["en", "zh"]), default="en",
                     show_default=True, help="Language of the page."),
        timezone_option, config_option, json_option,
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


@click.group()
def report() -> None:
    """Make a planner's report from lakes, or from folders that `clearway run` wrote.

    Writes report.html, which opens in any browser and prints on A4, report.json and a CSV file a
    table.
    """


@report.command()
@report_options
def daily(**given: Any) -> None:
    """Report one day: when and where traffic was slow, what it cost, and why.

    The day is that of --from, else the last one stored.
    """
    _make("daily", **given)


def _make(
    kind: str, stored: tuple[Path, ...], network: Path, start: datetime | None,
    end: datetime | None, area: str, out: Path | None, language: str, timezone: str | None,
    config_path: Path | None, is_json: bool,
) -> None:  # fmt: skip
    from congestion.reports.daily import daily_report
    from congestion.reports.opened import open_states
    from congestion.reports.stored import readable_files
    from mapmatch.building.build import network_for
    from streams.lake.reading import state_files
    from streams.lake.told import told_alerts
    from streams.reports.write import report_json, write_report

    settings = settings_of(config_path, city={"timezone": timezone})
    screen = Console(stderr=True, highlight=False, soft_wrap=True, quiet=is_json)
    with step(screen, f"report {kind}") as say:
        say("road network")
        city = network_for(network, cache_folder())
        files = state_files(stored)
        zone = _zone(settings, files)
        readable = readable_files(files)
        period = _day(readable.period, start, end, zone)
        opened = open_states(readable, city, _area(area, city), period, zone, say)
        made = daily_report(opened, told_alerts(stored, period.end), say)
        say("page")
        files_made = write_report(made, out or Path("reports") / kind, language)
    if is_json:
        click.echo(report_json(made.report))
    else:
        click.echo(f"{files_made[0]}: {len(made.report.numbers)} figures, "
                   f"{len(made.report.bottlenecks)} bottlenecks")  # fmt: skip
        for note in made.report.notes:
            click.echo(f"note: {note}")


def _zone(settings: Settings, files: list[Path]) -> ZoneInfo:
    from streams.lake.reading import StoredError, timezone_of_runs

    name = settings.city.timezone or timezone_of_runs(files)
    if name is None:
        raise StoredError(
            f"{files[0]} names no time zone, expected the city's: give it with --timezone or as "
            "city.timezone"
        )
    return ZoneInfo(name)


def _area(name: str, network: Any) -> Any:
    import numpy as np

    from congestion.reports.opened import Area
    from congestion.reports.stored import ReportError

    if name == "city":
        return Area(name, np.ones(network.segment_count, np.bool_))
    if not name.isdecimal() or int(name) >= network.region_count:
        raise ReportError(
            f"area {name!r}, expected city or a district's number, 0 to {network.region_count - 1}"
        )
    return Area(name, network.region == int(name))


def _day(stored: Any, start: datetime | None, end: datetime | None, zone: ZoneInfo) -> Any:
    """Give the part of one day that is asked for, else what is stored of the last one."""
    from congestion.reports.stored import Period, ReportError

    if start is not None:
        first = start.replace(tzinfo=zone)
        last = end.replace(tzinfo=zone) if end else _midnight(first) + ONE_DAY
    else:
        last = end.replace(tzinfo=zone) if end else datetime.fromtimestamp(stored.end, zone)
        first = max(_midnight(last - timedelta(seconds=1)),
                    datetime.fromtimestamp(stored.start, zone))  # fmt: skip
    if not first < last:
        raise ReportError(f"from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}, expected later")
    return Period(first.timestamp(), last.timestamp())


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
