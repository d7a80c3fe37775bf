"""`clearway network`: road networks."""

from pathlib import Path

import click

from streams.cli.group import MeantGroup
from streams.cli.options import json_option
from streams.cli.terminal import Screen, echo


@click.group(cls=MeantGroup)
def network() -> None:
    """Build and look at road networks."""


@network.command()
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("folder", metavar="NETWORK", type=click.Path(path_type=Path))
@click.option("--regions", type=click.IntRange(1, 4096), help="How many regions to cut it into.")
@json_option
def build(source: Path, folder: Path, regions: int | None, is_json: bool) -> None:
    """Build a network artefact from a GMNS folder or an OpenStreetMap file, once.

    Prints what is in it, and what was dropped and why.
    """
    import msgspec

    from mapmatch.building.build import build_network
    from streams.cli.progress import step

    screen = Screen(stderr=True, highlight=False, soft_wrap=True, quiet=is_json)
    with step(screen, f"building {folder}"):
        _, report = build_network(source, folder, region_count=regions)
    echo(msgspec.json.encode(report) if is_json else "\n".join(report.lines()))
