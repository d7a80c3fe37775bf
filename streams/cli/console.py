"""`clearway console`: the live map and the HTTP interface."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from streams.cli.options import (
    PORT,
    assets_of,
    broker_option,
    cache_folder,
    city_timezone,
    config_option,
    settings_of,
    timezone_option,
    with_schedule,
)
from streams.cli.terminal import echo

if TYPE_CHECKING:
    from streams.console.past.past import Past
    from streams.console.places import Places
    from streams.settings import Settings


@click.command()
@broker_option
@click.option("--network", type=click.Path(path_type=Path), help="The road network.")
@click.option("--assets", type=click.Path(path_type=Path), help="Folder of cameras and stops.")
@click.option("--host", help="Where to listen [default: 127.0.0.1].")
@click.option("--port", type=PORT, help="[default: 8600]")
@click.option("--users", type=click.Path(), help="The file of who may use it (clearway users).")
@click.option("--user-header", metavar="NAME", help="The header in which a proxy says who it is.")
@click.option("--lake", type=click.Path(path_type=Path), help="The past is looked up here.")
@timezone_option
@config_option
def console(
    broker: str | None,
    network: Path | None,
    assets: Path | None,
    host: str | None,
    port: int | None,
    users: str | None,
    user_header: str | None,
    lake: Path | None,
    timezone: str | None,
    config_path: Path | None,
) -> None:
    """Serve the live map, its API and /metrics until stopped."""
    from congestion.corridors import read_corridors
    from incidents.response.plans import load_plans
    from mapmatch.building.build import network_for
    from streams.broker.commands import CommandSender
    from streams.console import serve
    from streams.console.access.guard_of import guard_of
    from streams.console.board import Board
    from streams.console.places import Places
    from streams.settings import SettingsError

    settings = settings_of(
        config_path,
        broker={"address": broker},
        console={"host": host, "port": port, "users": users, "user_header": user_header},
        city={
            "network": str(network) if network else None,
            "assets": str(assets) if assets else None,
            "timezone": timezone,
        },
        lake={"folder": str(lake) if lake else None},
    )
    if settings.city.network is None:
        raise SettingsError("no road network: give one with --network or as city.network")
    sender = CommandSender(settings)
    city = settings.city
    roads = network_for(Path(settings.city.network), cache_folder())
    places = Places(
        roads,
        city.jurisdictions,
        with_schedule(assets_of(Path(city.assets) if city.assets else None), settings),
        load_plans(Path(city.plans)) if city.plans else (),
        read_corridors(Path(city.corridors), roads) if city.corridors else (),
    )
    serve.run(
        Board(
            places.network,
            city_timezone(settings),
            cases=settings.cases,
            publisher=settings.publisher,
            late_after_s=settings.console.late_after_s,
            calm_minutes=settings.console.calm_minutes,
            history_minutes=settings.console.history_minutes,
            partition_count=settings.topics.partitions,
            detectors=places.detectors,
            vehicle_shown_s=settings.console.vehicle_shown_s,
        ),
        settings.broker.address,
        settings.console.host,
        settings.console.port,
        prefix=settings.topics.prefix,
        sender=sender,
        guard=guard_of(settings.console, places.units_of),
        places=places,
        past=_past(settings, places),
        on_ready=lambda address: echo(f"console on {address}"),
    )
    sender.close()


def _past(settings: "Settings", places: "Places") -> "Past":
    """Give what looks back at the lake, where the settings name one."""
    from streams.console.past.past import Past
    from streams.lake.moments import LakeMoments

    folder = settings.lake.folder
    roads = places.network
    stored = LakeMoments(Path(folder), roads.name) if folder else None
    return Past(stored, roads, settings.console.calm_minutes, places.corridors)
