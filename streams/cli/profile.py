"""`clearway profile`: what is usual on every segment."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table

from streams.cli.options import assets_of, cache_folder, config_option, json_option, settings_of

if TYPE_CHECKING:
    from congestion.health_days import DetectorDays


@click.group()
def profile() -> None:
    """Build the typical week from what was kept."""


@profile.command()
@click.argument("kept", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.argument("folder", metavar="PROFILE", type=click.Path(path_type=Path))
@click.option("--network", required=True, type=click.Path(path_type=Path), help="The road network.")
@click.option("--timezone", default="Asia/Shanghai", show_default=True, help="The city's.")
@click.option(
    "--assets", type=click.Path(path_type=Path),
    help="Folder of detectors.csv, to tell the health of each detector on each day.",
)  # fmt: skip
@config_option
@json_option
def build(
    kept: tuple[Path, ...], folder: Path, network: Path, timezone: str, assets: Path | None,
    config_path: Path | None, is_json: bool,
) -> None:  # fmt: skip
    """Build PROFILE from KEPT: lakes, or folders that `clearway run` wrote.

    Median and spread of each segment's speed in every quarter of an hour of workdays and
    weekends, days of an incident left out, and its free-flow speed. Prints how each free-flow
    speed was found. Name the folder as `profile` under [city] in the settings to use it.

    With --assets, PROFILE also holds detector_days.parquet: how each detector of a lake behaved on
    each day, and whether it was believed, by the live tests and their settings.
    """
    import msgspec
    import numpy as np

    from congestion.health_days import detector_days, save_detector_days
    from congestion.kept_states import Detectors, whole_states
    from congestion.placed import place_roadside
    from congestion.week import RUNGS, save_week
    from congestion.week_build import build_week
    from mapmatch.build import artefact_for
    from mapmatch.network import load_network
    from streams.kept import KeptError, incident_days, state_files

    settings = settings_of(config_path, city={"assets": str(assets) if assets else None})
    roadside = assets_of(Path(settings.city.assets) if settings.city.assets else None)
    city = load_network(artefact_for(network, cache_folder()))
    spoilt = incident_days(kept, timezone)
    files, rubbish = whole_states(state_files(kept), city)
    if not files:
        raise KeptError(f"no file of states can be read: {rubbish[0]}")
    week = build_week(files, spoilt, city, timezone)
    save_week(week, city, folder)
    days: DetectorDays | None = None
    if roadside.detectors:
        detectors = Detectors(city, place_roadside(city, roadside))
        health = settings.estimator.health
        days = detector_days(files, detectors, roadside, timezone, health)
        save_detector_days(days.rows, roadside, folder / "detector_days.parquet")
        known = {str(found) for found in rubbish}
        rubbish += [found for found in days.rubbish if str(found) not in known]
    counts = np.bincount(week.rung, minlength=len(RUNGS)).tolist()
    known = int(np.isfinite(week.median_kmh).any(axis=(0, 1)).sum())
    report = {
        "profile": str(folder), "segments": city.segment_count, "segments_with_a_median": known,
        "segment_days_left_out": len(spoilt), "free_flow": dict(zip(RUNGS, counts, strict=True)),
    }  # fmt: skip
    for found in rubbish:
        click.echo(f"not used: {found}", err=True)
    if is_json:
        verdicts = {} if days is None else dict(_verdicts(days))
        told = {"detector_days": verdicts, "not_used": [str(found) for found in rubbish]}
        click.echo(msgspec.json.encode(report | told))
        return
    rungs = ", ".join(f"{name} {count:,}" for name, count in zip(RUNGS, counts, strict=True))
    click.echo(
        f"{folder}: {known:,} of {city.segment_count:,} segments have a median, {len(spoilt):,} "
        f"segment-days with incidents left out\nfree-flow speeds by how they were found: {rungs}"
    )
    if days is not None:
        _print_days(days)


def _verdicts(days: "DetectorDays") -> Counter[str]:
    return Counter(verdict or "believed" for verdict in days.rows["verdict"].to_pylist())


def _print_days(days: "DetectorDays") -> None:
    """Print a line a day and verdict: how many detectors, for how long, and the worst one."""
    rows = days.rows.to_pandas()
    table = Table("date", "detectors", "verdict", "minutes", "the worst", "why", box=None)
    for (date, verdict), mine in rows.groupby(["date", "verdict"]):
        worst = mine.loc[mine.unbelieved_minutes.idxmax()]
        table.add_row(
            date, f"{len(mine):,}", verdict or "believed",
            f"{mine.unbelieved_minutes.median():.0f}" if verdict else "",
            worst.detector_id if verdict else "", worst.reason,
        )  # fmt: skip
    Console(highlight=False, markup=False, soft_wrap=True).print(table)
