"""`clearway profile`: what is usual on every segment, and what detectors' speeds mean there."""

from pathlib import Path

import click
import msgspec
import numpy as np

from congestion.profile.week import RUNGS, Week, save_week
from streams.cli.options import (
    assets_of,
    cache_folder,
    config_option,
    json_option,
    settings_of,
    timezone_option,
)
from streams.settings import Settings


class ProfileReport(msgspec.Struct, frozen=True):
    """What a profile was made of: segments and days, and how each free-flow speed was found."""

    profile: str
    segments: int
    segments_with_a_median: int
    segment_days_left_out: int
    free_flow: dict[str, int]
    not_used: list[str]


@click.group()
def profile() -> None:
    """Build the typical week from what was stored."""


@profile.command()
@click.argument("stored", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.argument("folder", metavar="PROFILE", type=click.Path(path_type=Path))
@click.option("--network", required=True, type=click.Path(path_type=Path), help="The road network.")
@timezone_option
@click.option(
    "--assets", type=click.Path(path_type=Path),
    help="Folder of detectors.csv, to judge each detector of a lake.",
)  # fmt: skip
@config_option
@json_option
def build(
    stored: tuple[Path, ...], folder: Path, network: Path, timezone: str | None,
    assets: Path | None, config_path: Path | None, is_json: bool,
) -> None:  # fmt: skip
    """Build PROFILE from STORED: lakes, or folders that `clearway run` wrote.

    Median and spread of each segment's speed in every quarter of an hour of workdays and
    weekends, days of an incident left out, and its free-flow speed. Prints how each free-flow
    speed was found. Name the folder as `profile` under [city] in the settings to use it.

    Hours and days are the city's: those of --timezone, else of city.timezone, else of the recording
    that was run, else of the feed.toml beside the assets. Where none is known nothing is built: a
    week hours off is wrong in every hour.

    With --assets and a lake also detector_days.parquet: how each detector behaved on each day, and
    whether it was believed, by the live tests and their settings; detectors.parquet: what its spot
    speed says of its segment.
    """
    from congestion.profile_build.stored_states import readable_states
    from congestion.profile_build.week import build_week
    from mapmatch.building.build import artefact_for
    from mapmatch.network import load_network
    from streams.cli.planning.detector_tables import print_detectors
    from streams.lake.detector_profile import build_detectors
    from streams.lake.reading import (
        StoredError,
        incident_days,
        state_files,
        timezone_of_runs,
        traversal_files,
    )

    settings = settings_of(
        config_path,
        city={"assets": str(assets) if assets else None, "timezone": timezone},
    )
    roadside = assets_of(Path(settings.city.assets) if settings.city.assets else None)
    city = load_network(artefact_for(network, cache_folder()))
    states = state_files(stored)
    files, unusable = readable_states(states, city)
    if not files:
        raise StoredError(f"no file of states can be read: {unusable[0]}")
    zone = settings.city.timezone or timezone_of_runs(states) or _timezone_beside(settings)
    if zone is None:
        raise StoredError(
            f"{states[0]} names no time zone, expected the city's: give it with --timezone or as "
            "city.timezone"
        )
    spoilt = incident_days(stored, zone)
    week = build_week(files, spoilt, city, zone, settings.city.calendar)
    save_week(week, city, folder)
    made = None
    if roadside.detectors:
        made = build_detectors(
            files, traversal_files(stored), city, roadside, zone, settings.estimator.health
        )
        made.save(folder, roadside)
        named = {str(found) for found in unusable}
        unusable += [found for found in made.unusable if str(found) not in named]
    report = _report(folder, week, len(spoilt), [str(found) for found in unusable])
    for found in report.not_used:
        click.echo(f"not used: {found}", err=True)
    if is_json:
        of_detectors = made.report() if made else {}
        click.echo(msgspec.json.encode(msgspec.to_builtins(report) | of_detectors))
        return
    click.echo(_text(report))
    if made is not None:
        print_detectors(made)


def _timezone_beside(settings: Settings) -> str | None:
    from ingest.recorded.feed import timezone_of

    return timezone_of(Path(settings.city.assets)) if settings.city.assets else None


def _report(folder: Path, week: Week, days_left_out: int, not_used: list[str]) -> ProfileReport:
    has_median = np.any(np.isfinite(week.median_kmh), axis=(0, 1))
    rungs = np.bincount(week.rung, minlength=len(RUNGS)).tolist()
    return ProfileReport(
        profile=str(folder),
        segments=len(has_median),
        segments_with_a_median=int(has_median.sum()),
        segment_days_left_out=days_left_out,
        free_flow=dict(zip(RUNGS, rungs, strict=True)),
        not_used=not_used,
    )


def _text(report: ProfileReport) -> str:
    rungs = ", ".join(f"{name} {count:,}" for name, count in report.free_flow.items())
    return (
        f"{report.profile}: {report.segments_with_a_median:,} of {report.segments:,} segments have "
        f"a median, {report.segment_days_left_out:,} segment-days with incidents left out\n"
        f"free-flow speeds by how they were found: {rungs}"
    )
