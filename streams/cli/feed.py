"""`clearway feed`: recorded feeds before they are run."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from streams.cli.group import MeantGroup
from streams.cli.options import (
    cache_folder,
    config_option,
    feed_of,
    json_option,
    network_if_named,
    network_option,
    settings_of,
)
from streams.cli.terminal import Screen, echo

if TYPE_CHECKING:
    from ingest.recorded.slices import Slice


@click.group(cls=MeantGroup)
def feed() -> None:
    """Look at recorded feeds."""


@feed.command()
@click.argument("feed_path", metavar="FEED", type=click.Path(path_type=Path))
@network_option
@config_option
@json_option
def check(feed_path: Path, network: Path | None, config_path: Path | None, is_json: bool) -> None:
    """Say what a recorded feed will give, before any run.

    Of each source: rows, intervals, units, clock and datum; what of it is on the network; what a
    run will ignore and why, with one row of each reason; and which roads will be observed. Rows are
    looked at by the checks and the matcher of `clearway run`.

    The exit status is 0 where all is well, 1 where something needs attention, and 2 where the feed
    or the network cannot be read.
    """
    import msgspec

    from streams.cli.feed_tables import print_check
    from streams.cli.progress import FeedProgress, step
    from streams.feed_check.check import chain_of, check_feed

    settings = settings_of(config_path, topics={"partitions": 1})
    recorded = feed_of(feed_path)
    screen = Screen(stderr=True, highlight=False, soft_wrap=True, quiet=is_json)
    with step(screen, "preparing") as say:
        roads = network_if_named(recorded, network, settings)
        chain = chain_of(recorded, roads, cache_folder(), settings, say)
    with FeedProgress(recorded, screen, is_quiet=is_json) as progress:
        rows = 0

        def show(piece: "Slice") -> None:
            nonlocal rows
            rows += piece.row_count
            progress.show(piece.arrival_end, rows)

        found = check_feed(recorded, chain, settings, show)
    if is_json:
        echo(msgspec.json.encode(found))
    else:
        print_check(found)
    if found.attention:
        raise click.exceptions.Exit(1)
