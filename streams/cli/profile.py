"""`clearway profile`: what is usual on every segment, and what detectors' speeds mean there."""

from pathlib import Path

import click

from streams.cli.options import (
    assets_of,
    cache_folder,
    city_timezone,
    config_option,
    json_option,
    settings_of,
    timezone_option,
)


@click.group()
def profile() -> None:
    """Build the typical week from what was kept."""


@profile.command()
@click.argument("kept", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.argument("folder", metavar="PROFILE", type=click.Path(path_type=Path))
@click.option("--network", required=True, type=click.Path(path_type=Path), help="The road network.")
@timezone_option
@click.option(
    "--assets", type=click.Path(path_type=Path),
    help="Folder of detectors.csv, to tell of each detector of a lake.",
)  # fmt: skip
@config_option
@json_option
def build(
    kept: tuple[Path, ...], folder: Path, network: Path, timezone: str | None,
    assets: Path | None, config_path: Path | None, is_json: bool,
) -> None:  # fmt: skip
    """Build PROFILE from KEPT: lakes, or folders that `clearway run` wrote.

    Median and spread of each segment's speed in every quarter of an hour of workdays and
    weekends, days of an incident left out, and its free-flow speed. Prints how each free-flow
    speed was found. Name the folder as `profile` under [city] in the settings to use it.

    Hours and days are the city's: those of --timezone, else of city.timezone, else of the recording
    that was run, else of UTC.

    With --assets and a lake also detector_days.parquet: how each detector behaved on each day, and
    whether it was believed, by the live tests and their settings; detectors.parquet: what its spot
    speed says of its segment.
    """
    import msgspec
    import numpy as np

    from congestion.profile.week import RUNGS, save_week
    from congestion.profile_build.stored_states import readable_states
    from congestion.profile_build.week import build_week
    from mapmatch.building.build import artefact_for
    from mapmatch.network import load_network
    from streams.cli.detector_tables import print_detectors
    from streams.lake.detector_profile import build_detectors
    from streams.lake.reading import (
        KeptError,
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
    stored = state_files(kept)
    zone = city_timezone(settings, lambda: timezone_of_runs(stored))
    spoilt = incident_days(kept, zone)
    files, unusable = readable_states(stored, city)
    if not files:
        raise KeptError(f"no file of states can be read: {unusable[0]}")
    week = build_week(files, spoilt, city, zone, settings.city.calendar)
    save_week(week, city, folder)
    made = None
    if roadside.detectors:
        made = build_detectors(
            files, traversal_files(kept), city, roadside, zone, settings.estimator.health
        )
        made.save(folder, roadside)
        named = {str(found) for found in unusable}
        unusable += [found for found in made.unusable if str(found) not in named]
    counts = np.bincount(week.rung, minlength=len(RUNGS)).tolist()
    known = int(np.isfinite(week.median_kmh).any(axis=(0, 1)).sum())
    report = {
        "profile": str(folder), "segments": city.segment_count, "segments_with_a_median": known,
        "segment_days_left_out": len(spoilt), "free_flow": dict(zip(RUNGS, counts, strict=True)),
        "not_used": [str(found) for found in unusable],
    }  # fmt: skip
    for found in unusable:
        click.echo(f"not used: {found}", err=True)
    if is_json:
        click.echo(msgspec.json.encode(report | (made.report() if made else {})))
        return
    rungs = ", ".join(f"{name} {count:,}" for name, count in zip(RUNGS, counts, strict=True))
    click.echo(
        f"{folder}: {known:,} of {city.segment_count:,} segments have a median, {len(spoilt):,} "
        f"segment-days with incidents left out\nfree-flow speeds by how they were found: {rungs}"
    )
    if made is not None:
        print_detectors(made)
