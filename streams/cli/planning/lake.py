"""`clearway lake`: care of what was stored."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from streams.cli.group import MeantGroup
from streams.cli.options import (
    assets_of,
    config_option,
    json_option,
    settings_of,
    timezone_option,
)
from streams.cli.progress import Say, step
from streams.cli.terminal import Screen, echo

if TYPE_CHECKING:
    from ingest.recorded.assets import Assets
    from mapmatch.network import Network
    from streams.lake.compacting import Compacted
    from streams.settings import Settings


@click.group(cls=MeantGroup)
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
@click.pass_context
def compact(
    context: click.Context, folder: Path, network: Path, every: bool,
    vehicles_days: int | None, keep_days: int | None, assets: Path | None,
    timezone: str | None, config_path: Path | None, is_json: bool,
) -> None:  # fmt: skip
    """Put the blocks of LAKE together: a file a day and region, sorted, no row twice.

    Then sums the days up (area_minutes, segment_days, with --assets detector_days), which makes
    reports quick, and forgets what --forget-vehicles-after and --keep-days, or [lake] in the
    settings, say. Workers may go on writing. What a crash left is done again. A second compact
    of the same lake is refused while one is at work.

    The exit status is 1 where a file could not be used; it stays and is named.
    """
    import duckdb

    from mapmatch.building.build import network_for
    from streams.cli.options import cache_folder
    from streams.lake.compacting import compact
    from streams.lake.soundness import plainly
    from streams.lake.turn import turn_of

    settings = settings_of(
        config_path,
        city={"timezone": timezone, "assets": str(assets) if assets else None},
        lake={"vehicles_days": vehicles_days, "keep_days": keep_days},
    )
    roadside = assets_of(Path(settings.city.assets) if settings.city.assets else None)
    city = network_for(network, cache_folder())
    today = datetime.now(UTC).date()
    screen = Screen(stderr=True, highlight=False, quiet=is_json)
    with turn_of(folder), step(screen, "compacting") as say:
        done = compact(folder, every=every, say=say)
        wrong, more = list(done.unreadable), dict[str, int]()
        try:
            for name, count in _cared_for(folder, city, roadside, settings, today, say, wrong):
                more[name] = count
        except (OSError, duckdb.IOException) as error:  # a full disk: what is written is whole
            place = error.filename if isinstance(error, OSError) else None
            wrong.append(f"{place or folder}: {plainly(error)}")
    done = done._replace(unreadable=list(dict.fromkeys(wrong)))
    _print_compacted(folder, done, more, is_json)
    context.exit(1 if wrong else 0)


def _cared_for(
    folder: Path, city: "Network", roadside: "Assets", settings: "Settings", today: date,
    say: Say, wrong: list[str],
) -> Iterator[tuple[str, int]]:  # fmt: skip
    """Forget what is old and sum up what is new; give how many of each, as it is done."""
    from streams.cli.options import city_timezone
    from streams.lake import layout
    from streams.lake.networks import keep_network
    from streams.lake.reading import table_files, timezone_of_runs
    from streams.lake.retention import drop_days, forget_vehicles
    from streams.lake.summing import judge_detectors, sum_days

    rule = settings.lake
    if rule.keep_days is not None:
        yield "files_removed", len(drop_days(folder, rule.keep_days, today))
    if rule.vehicles_days is not None:
        changed = forget_vehicles(folder, rule.vehicles_days, today)
        yield "files_without_vehicles", len(changed)
    zone = city_timezone(settings, lambda: timezone_of_runs(table_files(folder, layout.STATES)))
    keep_network(folder, city)
    yield "days_summed", sum_days(folder, city, zone, say, wrong.append)
    health = settings.estimator.health
    yield "days_of_detectors", judge_detectors(folder, city, roadside, zone, health, say)


_MORE = {
    "files_removed": "files removed",
    "files_without_vehicles": "files of traversals have no vehicles any more",
    "days_summed": "days of a region summed up",
    "days_of_detectors": "days of detectors judged",
}


def _print_compacted(folder: Path, done: "Compacted", more: dict[str, int], is_json: bool) -> None:
    for line in done.unreadable:
        echo(f"not used: {line}", err=True)
    if is_json:
        echo(msgspec.json.encode(done._asdict() | dict.fromkeys(_MORE, 0) | more))
        return
    echo(f"{folder}: {done.blocks:,} blocks became {done.days:,} days, "
               f"{done.rows_in:,} rows, {done.rows_out:,} in their days now")  # fmt: skip
    for name, count in more.items():
        if count:
            echo(f"{count:,} {_MORE[name]}")


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
