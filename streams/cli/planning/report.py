"""`clearway report`: what a lake or a run says of a period, as a page, numbers and tables."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from streams.cli.group import MeantGroup
from streams.cli.options import (
    Command,
    assets_of,
    cache_folder,
    config_option,
    json_option,
    settings_of,
    timezone_option,
)
from streams.cli.planning.moments import WEEK_DAYS, LastMoment, Moment
from streams.cli.progress import Say, step
from streams.cli.terminal import Screen, echo

if TYPE_CHECKING:
    from congestion.reports.engines import Engine
    from congestion.reports.made import Made
    from congestion.reports.opened import Opened
    from congestion.reports.records import Told
    from streams.settings import Settings


class Inputs(NamedTuple):
    """What a kind of report is made of."""

    opened: "Opened"
    told: "list[Told]"
    settings: "Settings"
    stored: tuple[Path, ...]


Maker = Callable[[Inputs, Say], "Made"]


def report_options(command: Command) -> Command:
    """Give a kind of report the arguments and options that all kinds have."""
    options: list[Callable[[Command], Command]] = [
        click.argument("stored", nargs=-1, required=True, type=click.Path(path_type=Path)),
        click.option("--network", required=True, type=click.Path(path_type=Path),
                     help="The road network."),
        click.option("--from", "start", type=Moment(), metavar="MOMENT",
                     help="Day, or time such as 2026-09-16T07:30 [default: the first stored]."),
        click.option("--to", "end", type=LastMoment(), metavar="MOMENT",
                     help="Last day, or time before which it ends [default: the last stored]."),
        click.option("--area", default="city",
                     help="`city`, the number of a district, or a GeoPackage or GeoJSON file of "
                     "polygons with a name each."),
        click.option("--out", type=click.Path(path_type=Path), help="[default: reports/KIND]"),
        click.option("--force", is_flag=True,
                     help="Write into a folder that holds something else too."),
        click.option("--lang", "language", type=click.Choice(["en", "zh"]), default="en",
                     show_default=True, help="Language of the page."),
        click.option("--pdf", "is_pdf", is_flag=True,
                     help="Print the page on A4 as report.pdf too."),
        click.option("--engine", type=click.Choice(["duckdb", "spark"]), default="duckdb",
                     show_default=True, help="What reads the lake; Spark by the extra `spark`."),
        timezone_option, config_option, json_option,
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


@click.group(cls=MeantGroup)
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
    from congestion.reports.kinds.daily import daily_report

    _make("daily", lambda i, say: daily_report(i.opened, i.told, say), days=1, **given)


@report.command()
@report_options
def weekly(**given: Any) -> None:
    """Report a week: its days and hours, how reliable travel times were, its bottlenecks.

    The seven days from --from on, else the last seven stored.
    """
    from congestion.reports.kinds.weekly import weekly_report

    def make(i: Inputs, say: Say) -> "Made":
        return weekly_report(i.opened, i.told, i.settings.city.calendar, say)

    _make("weekly", make, days=WEEK_DAYS, **given)


@report.command()
@report_options
@click.option("--assets", type=click.Path(path_type=Path),
              help="Folder of bus_stops.csv, such as a feed, for the index of stops.")  # fmt: skip
def bottlenecks(assets: Path | None, **given: Any) -> None:
    """Rank the places where queues begin by what they cost, over all that is stored."""
    from congestion.reports.kinds.bottlenecks import bottlenecks_report
    from congestion.roadside import place_roadside

    roadside = assets_of(assets)

    def make(i: Inputs, say: Say) -> "Made":
        stops = place_roadside(i.opened.network, roadside).bus_stops
        return bottlenecks_report(i.opened, i.told, i.settings.city.calendar, stops, say)

    _make("bottlenecks", make, **given)


@report.command()
@report_options
@click.option("--corridors", required=True, type=click.Path(path_type=Path),
              help="TOML file of named corridors: segments, or two points.")  # fmt: skip
def corridor(corridors: Path, **given: Any) -> None:
    """Report corridors: speed in space and time, travel times and how reliable they are."""
    from congestion.corridors import read_corridors
    from congestion.reports.kinds.corridor import corridor_report

    def make(i: Inputs, say: Say) -> "Made":
        return corridor_report(i.opened, read_corridors(corridors, i.opened.network), say)

    _make("corridor", make, **given)


@report.command("before-after")
@report_options
@click.option("--change", required=True, type=Moment(), metavar="DAY",
              help="The first day after the change.")  # fmt: skip
@click.option("--hours", type=(click.IntRange(0, 23), click.IntRange(1, 24)), default=(0, 24),
              show_default=True, help="Hours of the day that are compared.")  # fmt: skip
def before_after(change: datetime, hours: tuple[int, int], **given: Any) -> None:
    """Say whether something changed on a day: days before and after, matched by weekday."""
    from congestion.reports.kinds.before_after import Hours, before_after_report

    if not hours[0] < hours[1]:
        raise click.BadParameter(f"{hours[0]} to {hours[1]}, expected later", param_hint="--hours")

    def make(i: Inputs, say: Say) -> "Made":
        calendar = i.settings.city.calendar
        return before_after_report(i.opened, change.date(), Hours(*hours), calendar, say)

    _make("before-after", make, **given)


@report.command()
@report_options
def coverage(**given: Any) -> None:
    """Report which part of the roads and of the time was seen."""
    from congestion.reports.kinds.coverage import coverage_report

    _make("coverage", lambda i, say: coverage_report(i.opened, say), **given)


@report.command()
@report_options
def detectors(**given: Any) -> None:
    """Report the detectors that were not believed, since when and why.

    Of a lake by the day: of what `clearway lake compact --assets` made.
    """
    from congestion.reports.kinds.detectors import detectors_report
    from streams.lake.faults import stored_faults

    def make(i: Inputs, say: Say) -> "Made":
        faults = stored_faults(i.stored, i.opened.period, i.opened.zone)
        return detectors_report(i.opened, faults, say)

    _make("detectors", make, **given)


@report.command()
@report_options
def service(**given: Any) -> None:
    """Report how fast and how surely cases were handled, by unit, cause and day."""
    from streams.lake.service import service_made

    _make("service", lambda i, say: service_made(i.opened, i.stored, i.settings.cases, say),
          **given)  # fmt: skip


@report.command()
@click.argument("alert_id")
@report_options
def incident(alert_id: str, **given: Any) -> None:
    """Report one alert afterwards: its queue over time, what it cost, who did what."""
    from streams.lake.told import incident_made, incident_times

    for option, name in (("--from", "start"), ("--to", "end")):
        if given[name] is not None:
            raise click.UsageError(f"{option}: an incident has its own period, expected none")
    times = incident_times(given["stored"], alert_id)
    _make("incident", lambda i, say: incident_made(i.opened, i.stored, alert_id, say),
          times=times, **given)  # fmt: skip


def _make(
    kind: str, make: Maker, stored: tuple[Path, ...], network: Path, start: datetime | None,
    end: datetime | None, area: str, out: Path | None, force: bool, language: str,
    timezone: str | None, config_path: Path | None, is_json: bool, is_pdf: bool,
    engine: "Engine", days: int | None = None, times: tuple[float, float] | None = None,
) -> None:  # fmt: skip
    from congestion.reports.opened import Rules, open_states
    from congestion.reports.stored import Period, readable_files
    from mapmatch.building.build import network_for
    from streams.cli.planning.report_inputs import area_of, period_of, zone_of
    from streams.cli.planning.resting import while_it_rests
    from streams.lake.reading import state_files
    from streams.lake.summing import kept_sums
    from streams.lake.told import told_alerts
    from streams.reports.write import (
        PAGE_FILE,
        check_report_folder,
        report_json,
        whole_report,
        write_report,
    )

    out = out or Path("reports") / kind
    check_report_folder(out, may_overwrite=force)
    settings = settings_of(config_path, city={"timezone": timezone})
    screen = Screen(stderr=True, highlight=False, soft_wrap=True, quiet=is_json)
    with step(screen, f"report {kind}") as say, whole_report(out) as half:
        say("road network")
        city = network_for(network, cache_folder())

        def once(broken: "Mapping[Path, str]") -> "Made":
            files = state_files(stored)
            readable = readable_files(files).without(broken)
            stored_period = readable.period  # where no file can be read none names a zone either
            zone = zone_of(settings, files)
            period = period_of(stored_period, start, end, zone, days)
            period = Period(*times) if times else period
            kept = kept_sums(files, city)
            found = settings.detection
            rules = Rules(
                settings.estimator.level_profile, found.queues, found.hot_spots.open_minutes
            )
            chosen = area_of(area, city)
            opened = open_states(readable, city, chosen, period, zone, say, kept, rules, engine)
            notes = opened.notes
            told = told_alerts(stored, period.end, lambda line: notes.append(f"not used: {line}"))
            return make(Inputs(opened, told, settings, stored), say)

        made = while_it_rests(once, lambda: state_files(stored), say)
        say("page")
        write_report(made, half, language, is_pdf=is_pdf)
    if is_json:
        echo(report_json(made.report))
        return
    echo(f"{out / PAGE_FILE}: {len(made.report.numbers)} figures, "
               f"{len(made.report.bottlenecks)} bottlenecks")  # fmt: skip
    for note in made.report.notes:
        echo(f"note: {note}")
