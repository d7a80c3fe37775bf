"""`clearway lake`: care of what was stored."""

from pathlib import Path

import click
import msgspec

from streams.cli.options import (
    assets_of,
    config_option,
    json_option,
    settings_of,
    timezone_option,
)
from streams.cli.progress import step
from streams.cli.terminal import Screen, echo


@click.group()
def lake() -> None:
    """Look after a lake: put small files together, look whether it is whole."""


@lake.command()
@click.argument("folder", metavar="LAKE", type=click.Path(path_type=Path))
@click.option("--network", required=True, type=click.Path(path_type=Path),
              help="The road network that the lake is of.")  # fmt: skip
@click.option("--all", "every", is_flag=True,
              help="The newest blocks too: only while no worker writes.")  # fmt: skip
@click.option("--forget-vehicles-after", "vehicles_days", type=click.IntRange(min=0),
              metavar="DAYS", help="Take the vehicles out of older traversals.")  # fmt: skip
@click.option("--keep-days", type=click.IntRange(min=1), metavar="DAYS",
              help="Remove older states and traversals.")  # fmt: skip
@click.option("--assets", type=click.Path(path_type=Path),
              help="Folder of detectors.csv, to judge each detector on each day.")  # fmt: skip
@timezone_option
@config_option
@json_option
def compact(
    folder: Path, network: Path, every: bool, vehicles_days: int | None, keep_days: int | None,
    assets: Path | None, timezone: str | None, config_path: Path | None, is_json: bool,
) -> None:  # fmt: skip
    """Put the blocks of LAKE together: a file a day and region, sorted, no row twice.

    Then sums the days up (area_minutes, segment_days, with --assets detector_days), which makes
    reports quick, and forgets what --forget-vehicles-after and --keep-days, or [lake] in the
    settings, say. Workers may go on writing. What a crash left is done again.
    """
    from mapmatch.building.build import network_for
    from streams.cli.options import cache_folder, city_timezone
    from streams.lake import layout
    from streams.lake.compacting import compact
    from streams.lake.networks import keep_network
    from streams.lake.reading import table_files, timezone_of_runs
    from streams.lake.retention import drop_days, forget_vehicles
    from streams.lake.summing import judge_detectors, sum_days

    settings = settings_of(
        config_path,
        city={"timezone": timezone, "assets": str(assets) if assets else None},
        lake={"vehicles_days": vehicles_days, "keep_days": keep_days},
    )
    roadside = assets_of(Path(settings.city.assets) if settings.city.assets else None)
    city = network_for(network, cache_folder())
    with step(Screen(stderr=True, highlight=False, quiet=is_json), "compacting") as say:
        done = compact(folder, every=every, say=say)
        rule = settings.lake
        dropped = [] if rule.keep_days is None else drop_days(folder, rule.keep_days)
        forgotten = []
        if rule.vehicles_days is not None:
            forgotten = forget_vehicles(folder, rule.vehicles_days)
        zone = city_timezone(settings, lambda: timezone_of_runs(table_files(folder, layout.STATES)))
        keep_network(folder, city)
        summed = sum_days(folder, city, zone, say)
        judged = judge_detectors(folder, city, roadside, zone, settings.estimator.health, say)
    for line in done.unreadable:
        echo(f"not used: {line}", err=True)
    if is_json:
        told = done._asdict() | {
            "files_without_vehicles": len(forgotten), "files_removed": len(dropped),
            "days_summed": summed, "days_of_detectors": judged,
        }  # fmt: skip
        echo(msgspec.json.encode(told))
        return
    echo(f"{folder}: {done.blocks:,} blocks became {done.days:,} days, "
               f"{done.rows_in:,} rows, {done.rows_out:,} in their days now")  # fmt: skip
    for count, what in (
        (summed, "days of a region summed up"), (judged, "days of detectors judged"),
        (len(forgotten), "files of traversals have no vehicles any more"),
        (len(dropped), "files removed"),
    ):  # fmt: skip
        if count:
            echo(f"{count:,} {what}")


@lake.command()
@click.argument("folder", metavar="LAKE", type=click.Path(path_type=Path))
@json_option
@click.pass_context
def check(context: click.Context, folder: Path, is_json: bool) -> None:
    """Look whether LAKE is whole: files, rows that are there twice, minutes that lack.

    The exit status is 1 where something is wrong.
    """
    from streams.lake.checking import check_lake

    with step(Screen(stderr=True, highlight=False, quiet=is_json), "looking") as say:
        found = check_lake(folder, say)
    if is_json:
        tables = [table._asdict() for table in found.tables]
        echo(msgspec.json.encode({"tables": tables, "findings": found.findings}))
    else:
        for table in found.tables:
            echo(f"{table.table}: {table.rows:,} rows in {table.block_files:,} blocks and "
                       f"{table.day_files:,} days")  # fmt: skip
        for line in found.findings:
            echo(line)
    context.exit(1 if found.findings else 0)
