"""`clearway replay`: a recorded feed played to the broker."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from streams.cli.options import (
    SPEED,
    broker_option,
    cache_folder,
    config_option,
    feed_of,
    network_of,
    network_option,
    settings_of,
)
from streams.cli.progress import FeedProgress, step
from streams.cli.terminal import Screen, echo

if TYPE_CHECKING:
    from streams.recorded.replay import Played


@click.command()
@click.argument("feed_path", metavar="FEED", type=click.Path(path_type=Path))
@broker_option
@network_option
@click.option("--speed", type=SPEED, default=1.0,
              show_default=True, help="Times real time.")  # fmt: skip
@click.option("--at-once", is_flag=True, help="As fast as the broker takes it.")
@click.option("--raw", "is_raw", is_flag=True, help="As raw JSON, the way a gateway sends it.")
@config_option
def replay(
    feed_path: Path,
    broker: str | None,
    network: Path | None,
    speed: float,
    at_once: bool,
    is_raw: bool,
    config_path: Path | None,
) -> None:
    """Play a recorded feed to the broker in arrival order, then end."""
    from mapmatch.building.build import artefact_for
    from mapmatch.network import load_network
    from streams.broker.admin import check_broker, create_topics
    from streams.city import open_city
    from streams.recorded.replay import replay as play

    settings = settings_of(config_path, broker={"address": broker})
    feed = feed_of(feed_path, sums_events=not is_raw)
    check_broker(settings)
    screen = Screen(stderr=True, highlight=False, soft_wrap=True)
    with step(screen, "road network"):
        folder = artefact_for(network_of(feed, network, settings), cache_folder())
        city = open_city(load_network(folder), folder, feed.assets)
    create_topics(settings)
    with FeedProgress(feed, screen) as progress:

        def show(played: "Played") -> None:
            progress.show(played.arrival_end, played.row_count)

        played = play(
            feed, city, settings, speed=None if at_once else speed, is_raw=is_raw, on_slice=show
        )
    echo(f"{played.row_count:,} rows in {played.message_count:,} messages published")
