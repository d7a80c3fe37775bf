"""`clearway profile`: what is usual on every segment."""

from pathlib import Path

import click

from streams.cli.options import cache_folder, json_option


@click.group()
def profile() -> None:
    """Build the typical week from what was kept."""


@profile.command()
@click.argument("kept", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.argument("folder", metavar="PROFILE", type=click.Path(path_type=Path))
@click.option("--network", required=True, type=click.Path(path_type=Path), help="The road network.")
@click.option("--timezone", default="Asia/Shanghai", show_default=True, help="The city's.")
@json_option
def build(
    kept: tuple[Path, ...], folder: Path, network: Path, timezone: str, is_json: bool
) -> None:
    """Build PROFILE from KEPT: lakes, or folders that `clearway run` wrote.

    Median and spread of each segment's speed in every quarter of an hour of workdays and
    weekends, days of an incident left out, and its free-flow speed. Prints how each free-flow
    speed was found. Name the folder as `profile` under [city] in the settings to use it.
    """
    import msgspec
    import numpy as np

    from congestion.week import RUNGS, save_week
    from congestion.week_build import build_week
    from mapmatch.build import artefact_for
    from mapmatch.network import load_network
    from streams.kept import incident_days, state_files

    city = load_network(artefact_for(network, cache_folder()))
    spoilt = incident_days(kept, timezone)
    week = build_week(state_files(kept), spoilt, city, timezone)
    save_week(week, city, folder)
    counts = np.bincount(week.rung, minlength=len(RUNGS)).tolist()
    known = int(np.isfinite(week.median_kmh).any(axis=(0, 1)).sum())
    report = {
        "profile": str(folder), "segments": city.segment_count, "segments_with_a_median": known,
        "segment_days_left_out": len(spoilt), "free_flow": dict(zip(RUNGS, counts, strict=True)),
    }  # fmt: skip
    if is_json:
        click.echo(msgspec.json.encode(report))
        return
    rungs = ", ".join(f"{name} {count:,}" for name, count in zip(RUNGS, counts, strict=True))
    click.echo(
        f"{folder}: {known:,} of {city.segment_count:,} segments have a median, {len(spoilt):,} "
        f"segment-days with incidents left out\nfree-flow speeds by how they were found: {rungs}"
    )
