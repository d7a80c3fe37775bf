"""`clearway lake`: care of what was stored."""

from pathlib import Path

import click
import msgspec
from rich.console import Console

from streams.cli.options import config_option, json_option, settings_of, timezone_option
from streams.cli.progress import step


@click.group()
def lake() -> None:
    """Look after a lake: put small files together, look whether it is whole."""


@lake.command()
@click.argument("folder", metavar="LAKE", type=click.Path(path_type=Path))
@click.option("--network", required=True, type=click.Path(path_type=Path),
              help="The road network that the lake is of.")  # fmt: skip
@click.option("--all", "every", is_flag=True,
              help="The newest blocks too: only while no worker writes.")  # fmt: skip
@click.option("--forget-vehicles-after", "keep_days", type=click.IntRange(min=0), metavar="DAYS",
              help="Take the vehicles out of older traversals.")  # fmt: skip
@timezone_option
@config_option
@json_option
def compact(
    folder: Path, network: Path, every: bool, keep_days: int | None, timezone: str | None,
    config_path: Path | None, is_json: bool,
) -> None:  # fmt: skip
    """Put the blocks of LAKE together: a file a day and region, sorted, no row twice.

    Workers may go on writing. What a crash left is done again.
    """
    from mapmatch.building.build import network_for
    from streams.cli.options import cache_folder, city_timezone
    from streams.lake.compacting import compact, forget_vehicles

    settings = settings_of(config_path, city={"timezone": timezone})
    zone = city_timezone(settings)
    name = network_for(network, cache_folder()).name
    with step(Console(stderr=True, highlight=False, quiet=is_json), "compacting") as say:
        done = compact(folder, name, zone, every=every, say=say)
        forgotten = [] if keep_days is None else forget_vehicles(folder, keep_days)
    for line in done.unreadable:
        click.echo(f"not used: {line}", err=True)
    if is_json:
        told = done._asdict() | {"files_without_vehicles": len(forgotten)}
        click.echo(msgspec.json.encode(told))
        return
    click.echo(f"{folder}: {done.blocks:,} blocks became {done.days:,} days, "
               f"{done.rows_in:,} rows, {done.rows_out:,} in their days now")  # fmt: skip
    if forgotten:
        click.echo(f"{len(forgotten):,} files of traversals have no vehicles any more")


@lake.command()
@click.argument("folder", metavar="LAKE", type=click.Path(path_type=Path))
@json_option
@click.pass_context
def check(context: click.Context, folder: Path, is_json: bool) -> None:
    """Look whether LAKE is whole: files, rows that are there twice, minutes that lack.

    The exit status is 1 where something is wrong.
    """
    from streams.lake.checking import check_lake

    with step(Console(stderr=True, highlight=False, quiet=is_json), "looking") as say:
        found = check_lake(folder, say)
    if is_json:
        tables = [table._asdict() for table in found.tables]
        click.echo(msgspec.json.encode({"tables": tables, "findings": found.findings}))
    else:
        for table in found.tables:
            click.echo(f"{table.table}: {table.rows:,} rows in {table.block_files:,} blocks and "
                       f"{table.day_files:,} days")  # fmt: skip
        for line in found.findings:
            click.echo(line)
    context.exit(1 if found.findings else 0)
