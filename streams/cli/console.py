"""`clearway console`: the live map and the HTTP interface."""

from pathlib import Path

import click

from streams.cli.options import (
    PORT,
    broker_option,
    cache_folder,
    city_timezone,
    config_option,
    settings_of,
    timezone_option,
)
from streams.settings import SettingsError


@click.command()
@broker_option
@click.option("--network", type=click.Path(path_type=Path), help="The road network.")
@click.option("--host", help="Where to listen [default: 127.0.0.1].")
@click.option("--port", type=PORT, help="[default: 8600]")
@timezone_option
@config_option
def console(
    broker: str | None,
    network: Path | None,
    host: str | None,
    port: int | None,
    timezone: str | None,
    config_path: Path | None,
) -> None:
    """Serve the live map, its API and /metrics until stopped."""
    from mapmatch.building.build import network_for
    from streams.broker.commands import CommandSender
    from streams.console import serve
    from streams.console.access.guard import Guard, is_loopback
    from streams.console.board import Board

    settings = settings_of(
        config_path,
        broker={"address": broker},
        console={"host": host, "port": port},
        city={"network": str(network) if network else None, "timezone": timezone},
    )
    if settings.city.network is None:
        raise SettingsError("no road network: give one with --network or as city.network")
    sender = CommandSender(settings)
    roads = network_for(Path(settings.city.network), cache_folder())
    serve.run(
        Board(roads, city_timezone(settings), cases=settings.cases, publisher=settings.publisher),
        settings.broker.address,
        settings.console.host,
        settings.console.port,
        prefix=settings.topics.prefix,
        sender=sender,
        guard=Guard(is_open=not is_loopback(settings.console.host)),
        on_ready=lambda address: click.echo(f"console on {address}"),
    )
    sender.close()
