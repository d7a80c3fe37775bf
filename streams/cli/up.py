"""`clearway up`: everything on this machine with one command."""

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from streams.cli.interchange.webhooks import secrets_of
from streams.cli.options import (
    PORT,
    SMALL_FEED,
    SPEED,
    cache_folder,
    config_option,
    feed_of,
    network_of,
    network_option,
    settings_of,
)
from streams.cli.progress import FeedProgress, kinds_of, step
from streams.cli.signals import stopping_on_signals
from streams.cli.terminal import Screen

if TYPE_CHECKING:
    from ingest.recorded.feed import Feed
    from mapmatch.network import Network
    from streams.broker.chain_monitor import ChainMonitor
    from streams.broker.embedded import EmbeddedBroker
    from streams.city import City
    from streams.recorded.replay import Played
    from streams.settings import Settings
    from streams.up import System


@click.command()
@click.option("--feed", "feed_path", type=click.Path(path_type=Path), default=SMALL_FEED,
              help="Recorded feed [default: the small one that ships].")  # fmt: skip
@network_option
@click.option("--speed", type=SPEED, default=30.0,
              show_default=True, help="Times real time.")  # fmt: skip
@click.option("--broker-port", type=PORT, help="[default: a free one]")
@click.option("--console-port", type=PORT, help="[default: 8600, or a free one if taken]")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True)
@click.option("--lake", type=click.Path(path_type=Path), help="Keep states and alerts here.")
@click.option("--exit-at-end", is_flag=True, help="Stop when the feed is decided.")
@config_option
def up(
    feed_path: Path,
    network: Path | None,
    speed: float,
    broker_port: int | None,
    console_port: int | None,
    workers: int,
    lake: Path | None,
    exit_at_end: bool,
    config_path: Path | None,
) -> None:
    """Start broker, worker, console and replay; Ctrl-C stops all of it.

    At the end of the feed the console stays up.
    """
    from congestion.corridors import read_corridors
    from mapmatch.building.build import artefact_for
    from mapmatch.network import load_network
    from streams.broker.embedded import EmbeddedBroker
    from streams.compilers import compiling
    from streams.feed_check.elsewhere import refuse_elsewhere
    from streams.up import System

    screen = Screen(highlight=False, soft_wrap=True)
    settings = settings_of(config_path, console={"port": console_port})
    if settings.webhooks.subscribers:
        secrets_of(settings, os.environ)  # said at once where one is lacking
    feed = feed_of(feed_path)
    with stopping_on_signals(), compiling(screen.print) as compilers:
        with step(screen, "road network (built once)"):
            folder = artefact_for(network_of(feed, network, settings), cache_folder())
            roads = load_network(folder)
            refuse_elsewhere(feed, roads)
            if settings.city.corridors is not None:
                # What is wrong is said at once.
                read_corridors(Path(settings.city.corridors), roads)
        with EmbeddedBroker(broker_port or 0) as broker:
            system = System(
                settings=_with_addresses(settings, broker, is_named=console_port is not None),
                network=folder,
                assets=feed.folder,
                timezone=feed.manifest.timezone,
                logs=cache_folder() / "logs" / str(broker.port),
                say=screen.print,
                worker_count=workers,
                lake=lake,
                config_path=config_path,
                broker=broker,
                compilers=compilers,
            )
            try:
                _play(system, feed, roads, speed, screen)
                if not exit_at_end:
                    screen.print("the console stays up; Ctrl-C stops it")
                    while True:
                        system.check()
                        time.sleep(0.5)
            except KeyboardInterrupt:
                screen.print("stopping")
            finally:
                system.stop()


def _play(system: "System", feed: "Feed", roads: "Network", speed: float, screen: Console) -> None:
    """Start the parts, play the feed to them, and wait until all of it is decided."""
    from streams.broker.admin import create_topics
    from streams.broker.chain_monitor import ChainMonitor
    from streams.city import open_city

    settings = system.settings
    create_topics(settings)
    system.start()
    screen.print(f"broker  {settings.broker.address}")
    screen.print(f"console http://{settings.console.host}:{settings.console.port}")
    city = open_city(roads, system.network, feed.assets)
    with ChainMonitor(settings) as monitor:
        with step(screen, "starting the worker (kernels are compiled once)") as say:
            system.wait_ready(monitor, say)
        _say_bus_lines(city, screen)
        _replay(system, feed, city, speed, monitor, screen)


def _say_bus_lines(city: "City", screen: Console) -> None:
    """Say what the worker, whose kernels are compiled by now, made of the bus lines, if any."""
    from mapmatch.paths import load_path_table
    from mapmatch.placing.bus_lines import place_bus_lines

    if city.assets.bus_lines:
        paths = load_path_table(city.folder)
        lines = place_bus_lines(city.network, city.assets.bus_lines, paths)
        if lines is not None:
            screen.print(lines.line())


def _replay(
    system: "System", feed: "Feed", city: "City", speed: float, monitor: "ChainMonitor",
    screen: Console,
) -> None:  # fmt: skip
    """Play the feed, then wait for what is under way, saying how far all of it is."""
    from ingest.recorded.slices import CLOSING_S
    from streams.recorded.replay import replay

    with FeedProgress(feed, screen) as progress:

        def words() -> str:
            monitor.read()
            decided = "nothing" if monitor.decided is None else f"to {progress.at(monitor.decided)}"
            return f"decided {decided}, alerts: {kinds_of(monitor.alert_counts) or 'none yet'}"

        def show(played: "Played") -> None:
            system.check()
            progress.show(played.arrival_end, played.row_count, words())

        played = replay(feed, city, system.settings, speed=speed, on_slice=show)
        # The closing slice moves event time this far past the end; all but its last minutes close.
        system.wait_drained(
            monitor,
            feed.manifest.end + CLOSING_S - 120.0,
            lambda: progress.show(feed.manifest.end, played.row_count, words()),
        )
    alerts = ", ".join(f"{n} {kind}s" for kind, n in sorted(monitor.alert_counts.items())) or "none"
    screen.print(
        f"the feed has ended, everything in it is decided: {played.row_count:,} rows, "
        f"alerts: {alerts}"
    )


def _with_addresses(
    settings: "Settings", broker: "EmbeddedBroker", *, is_named: bool
) -> "Settings":
    """Give the settings with the broker's address and a console port that is free.

    Raises BrokerError where the port was named and is taken.
    """
    from msgspec.structs import replace

    from streams.broker.embedded import free_port, named_port

    host, port = settings.console.host, settings.console.port
    port = named_port(port, host) if is_named else free_port(host, port)
    return replace(
        settings,
        broker=replace(settings.broker, address=broker.address),
        console=replace(settings.console, port=port),
    )
