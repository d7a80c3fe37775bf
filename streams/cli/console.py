"""`clearway console`: the live map and the HTTP interface."""

from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from streams.cli.options import PORT, broker_option, cache_folder, config_option, settings_of
from streams.settings import SettingsError


def _zone(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    """Give the name of a time zone. Raises BadParameter where there is none of that name."""
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise click.BadParameter(f"{value!r}, expected a zone such as Asia/Shanghai") from error
    return value


@click.command()
@broker_option
@click.option("--network", type=click.Path(path_type=Path), help="The road network.")
@click.option("--host", help="Where to listen [default: 127.0.0.1].")
@click.option("--port", type=PORT, help="[default: 8600]")
@click.option("--timezone", default="UTC", callback=_zone, help="In which times are shown.")
@config_option
def console(
    broker: str | None,
    network: Path | None,
    host: str | None,
    port: int | None,
    timezone: str,
    config_path: Path | None,
) -> None:
    """Serve the live map, its API and /metrics until stopped."""
    from mapmatch.building.build import network_for
    from streams.console import serve

    settings = settings_of(
        config_path,
        broker={"address": broker},
        console={"host": host, "port": port},
        city={"network": str(network) if network else None},
    )
    if settings.city.network is None:
        raise SettingsError("no road network: give one with --network or as city.network")
    serve.run(
        settings.broker.address,
        network_for(Path(settings.city.network), cache_folder()),
        settings.console.host,
        settings.console.port,
        timezone=timezone,
        prefix=settings.topics.prefix,
        on_ready=lambda address: click.echo(f"console on {address}"),
    )
