"""`clearway profile`: what is usual on every segment, and what detectors' speeds mean there."""

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from streams.cli.group import MeantGroup
from streams.cli.options import (
    assets_of,
    cache_folder,
    config_option,
    json_option,
    settings_of,
    timezone_option,
)
from streams.cli.planning.moments import Moment
from streams.cli.progress import Say, step
from streams.cli.terminal import Screen, echo

if TYPE_CHECKING:
    from congestion.profile.week import Week
    from ingest.recorded.assets import Assets
    from mapmatch.network import Network
    from streams.lake.detector_profile import DetectorProfile
    from streams.settings import Settings


class ProfileReport(msgspec.Struct, frozen=True):
    """What a profile was made of: segments and days, and how each free-flow speed was found."""

    profile: str
    days: int
    days_counted: int  # anew; of the others the counts were there
    segments: int
    segments_with_a_median: int
    segment_days_left_out: int
    free_flow: dict[str, int]
    not_used: list[str]


@click.group(cls=MeantGroup)
def profile() -> None:
    """Build the typical week from what was stored."""


@profile.command()
@click.argument("stored", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.argument("folder", metavar="PROFILE", type=click.Path(path_type=Path))
@click.option("--network", required=True, type=click.Path(path_type=Path), help="The road network.")
@click.option("--from", "start", type=Moment(), metavar="DAY", help="First day that counts.")
@click.option("--to", "end", type=Moment(), metavar="DAY", help="Last day that counts.")
@timezone_option
@click.option(
    "--assets", type=click.Path(path_type=Path),
    help="Folder of detectors.csv, to judge each detector of a lake.",
)  # fmt: skip
@config_option
@json_option
def build(
    stored: tuple[Path, ...], folder: Path, network: Path, start: datetime | None,
    end: datetime | None, timezone: str | None, assets: Path | None,
    config_path: Path | None, is_json: bool,
) -> None:  # fmt: skip
    """Build PROFILE from STORED: lakes, or folders that `clearway run` wrote.

    Median and spread of each segment's speed in every quarter of an hour of workdays and
    weekends, days of an incident left out, and its free-flow speed. Prints how each free-flow
    speed was found. Name the folder as `profile` under [city] in the settings to use it.

    How often each speed was seen on each day is kept in the folder: days that are counted already
    are not read again unless their files changed, so that a new day costs its own states alone.
    --from and --to choose among all days, those that are no longer stored too.

    Hours and days are the city's: those of --timezone, else of city.timezone, else of the recording
    that was run, else of the feed.toml beside the assets. Where none is known nothing is built: a
    week hours off is wrong in every hour.

    With --assets and a lake also detector_days.parquet: how each detector behaved on each day, and
    whether it was believed, by the live tests and their settings; detectors.parquet: what its spot
    speed says of its segment.
    """
    from mapmatch.building.build import artefact_for
    from mapmatch.network import load_network
    from streams.cli.planning.resting import while_it_rests

    settings = settings_of(
        config_path,
        city={"assets": str(assets) if assets else None, "timezone": timezone},
    )
    roadside = assets_of(Path(settings.city.assets) if settings.city.assets else None)
    days = (start.date() if start else None, end.date() if end else None)
    with step(Screen(stderr=True, highlight=False, quiet=is_json), "profile") as say:
        city = load_network(artefact_for(network, cache_folder()))
        report, made = while_it_rests(
            lambda _: _built(stored, folder, city, settings, roadside, days, say), list, say
        )
    _print(report, made, is_json)


def _built(
    stored: tuple[Path, ...], folder: Path, city: "Network", settings: "Settings",
    roadside: "Assets", days: "tuple[date | None, date | None]", say: Say,
) -> "tuple[ProfileReport, DetectorProfile | None]":  # fmt: skip
    """Build a profile from what is stored now, and save it."""
    from congestion.profile.week import save_week
    from congestion.profile_build.week import week_of
    from streams.lake.counting import count_days
    from streams.lake.detector_profile import build_detectors
    from streams.lake.reading import incident_days, state_files, traversal_files
    from streams.whole_folder import whole_folder

    states = state_files(stored)
    zone = _zone(settings, states)
    counted = count_days(folder, states, city, zone, days, say)
    spoilt = incident_days(stored, zone, counted.not_used.append)
    dates = counted.counts.dates(*days)
    week = week_of(counted.counts, dates, spoilt, settings.city.calendar, say)
    made, not_used = None, counted.not_used
    if roadside.detectors:
        say("detectors")
        health = settings.estimator.health
        driven = traversal_files(stored)
        made = build_detectors(counted.files, driven, city, roadside, zone, health)
        not_used = list(dict.fromkeys([*not_used, *map(str, made.unusable)]))
    with whole_folder(folder, "week.json", "profile") as half:
        save_week(week, city, half)
        if made is not None:
            made.save(half, roadside)
    of_days = (len(dates), len(counted.counts.counted), len(spoilt))
    return _report(folder, week, of_days, not_used), made


def _print(report: ProfileReport, made: "DetectorProfile | None", is_json: bool) -> None:
    from streams.cli.planning.detector_tables import print_detectors

    for found in report.not_used:
        echo(f"not used: {found}", err=True)
    if is_json:
        of_detectors = made.report() if made else {}
        echo(msgspec.json.encode(msgspec.to_builtins(report) | of_detectors))
        return
    echo(_text(report))
    if made is not None:
        print_detectors(made)


def _zone(settings: "Settings", states: list[Path]) -> str:
    from streams.lake.reading import StoredError, timezone_of_runs

    zone = settings.city.timezone or timezone_of_runs(states) or _timezone_beside(settings)
    if zone is None:
        raise StoredError(
            f"{states[0]} names no time zone, expected the city's: give it with --timezone or as "
            "city.timezone"
        )
    return zone


def _timezone_beside(settings: "Settings") -> str | None:
    from ingest.recorded.feed import timezone_of

    return timezone_of(Path(settings.city.assets)) if settings.city.assets else None


def _report(
    folder: Path, week: "Week", days: tuple[int, int, int], not_used: list[str]
) -> ProfileReport:
    import numpy as np

    from congestion.profile.week import RUNGS

    has_median = np.any(np.isfinite(week.median_kmh), axis=(0, 1))
    rungs = np.bincount(week.rung, minlength=len(RUNGS)).tolist()
    return ProfileReport(
        profile=str(folder),
        days=days[0],
        days_counted=days[1],
        segments=len(has_median),
        segments_with_a_median=int(has_median.sum()),
        segment_days_left_out=days[2],
        free_flow=dict(zip(RUNGS, rungs, strict=True)),
        not_used=not_used,
    )


def _text(report: ProfileReport) -> str:
    rungs = ", ".join(f"{name} {count:,}" for name, count in report.free_flow.items())
    return (
        f"{report.profile}: {report.segments_with_a_median:,} of {report.segments:,} segments have "
        f"a median, {report.segment_days_left_out:,} segment-days with incidents left out\n"
        f"of {report.days:,} days, {report.days_counted:,} counted anew\n"
        f"free-flow speeds by how they were found: {rungs}"
    )
