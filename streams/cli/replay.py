"""`clearway replay`: a recorded feed played to the broker."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from streams.cli.options import (
    broker_option,
    cache_folder,
    feed_of,
    network_of,
    network_option,
    progress_bar,
    settings_of,
    settings_option,
)
from streams.replay import Played


@click.command()
@click.argument("feed_path", metavar="FEED", type=click.Path(path_type=Path))
@broker_option
@network_option
@click.option("--speed", type=click.FloatRange(min=0, min_open=True), default=1.0,
              show_default=True, help="Times real time.")  # fmt: skip
@click.option("--at-once", is_flag=True, help="As fast as the broker takes it.")
@click.option("--raw", "is_raw", is_flag=True, help="As raw JSON, the way a gateway sends it.")
@settings_option
def replay(
    feed_path: Path,
    broker: str | None,
    network: Path | None,
    speed: float,
    at_once: bool,
    is_raw: bool,
    settings_path: Path | None,
) -> None:
    """Play a recorded feed to the broker in arrival order, then end."""
    from mapmatch.build import artefact_for
    from mapmatch.network import load_network
    from streams.city import open_city
    from streams.replay import replay as play
    from streams.topics import create_topics

    settings = settings_of(settings_path, broker={"address": broker})
    feed = feed_of(feed_path)
    folder = artefact_for(network_of(feed, network), cache_folder())
    city = open_city(load_network(folder), folder, feed.assets)
    create_topics(settings)
    zone, span = ZoneInfo(feed.manifest.timezone), feed.manifest.end - feed.manifest.start
    with progress_bar() as bar:
        task = bar.add_task(feed.manifest.name, total=span, rows=0, at="")

        def show(played: Played) -> None:
            at = datetime.fromtimestamp(played.arrival_end, zone)
            done = min(span, played.arrival_end - feed.manifest.start)
            bar.update(task, completed=done, rows=played.row_count, at=f"{at:%H:%M:%S}")

        played = play(
            feed, city, settings, speed=None if at_once else speed, is_raw=is_raw, on_slice=show
        )
    click.echo(f"{played.row_count:,} rows in {played.message_count:,} messages published")
