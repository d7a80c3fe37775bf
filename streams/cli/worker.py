"""`clearway worker`: one worker process of the chain."""

from pathlib import Path

import click
import msgspec

from streams.cli.options import (
    assets_of,
    broker_option,
    cache_folder,
    city_timezone,
    config_option,
    schedule_option,
    settings_of,
    timezone_option,
    with_schedule,
)
from streams.cli.terminal import Screen


@click.command()
@broker_option
@click.option("--network", type=click.Path(path_type=Path), help="The road network.")
@click.option(
    "--assets", type=click.Path(path_type=Path),
    help="Folder of detectors.csv, cameras.csv, bus_stops.csv and bus_lines.geojson.",
)  # fmt: skip
@schedule_option
@timezone_option
@click.option("--lake", type=click.Path(path_type=Path), help="Keep states and alerts here.")
@click.option("--log-level", default="INFO", type=click.Choice(["DEBUG", "INFO", "WARNING"]))
@config_option
def worker(
    broker: str | None,
    network: Path | None,
    assets: Path | None,
    schedule: Path | None,
    timezone: str | None,
    lake: Path | None,
    log_level: str,
    config_path: Path | None,
) -> None:
    """Match, estimate and detect for a share of the partitions, until stopped.

    Start as many as there are cores; they share the work and take over from one that dies.
    """
    from ingest.recorded.feed import timezone_of
    from streams.agents.worker import run_worker
    from streams.broker.admin import check_broker
    from streams.chain import open_chain
    from streams.settings import SettingsError

    settings = settings_of(
        config_path,
        broker={"address": broker},
        city={
            "network": str(network) if network else None,
            "assets": str(assets) if assets else None,
            "schedule": str(schedule) if schedule else None,
            "timezone": timezone,
        },
        lake={"folder": str(lake) if lake else None},
    )
    city = settings.city
    if city.network is None:
        raise SettingsError("no road network: give one with --network or as city.network")
    check_broker(settings)
    folder = Path(city.assets) if city.assets else None
    zone = city_timezone(settings, lambda: timezone_of(folder) if folder else None)
    settings = msgspec.structs.replace(settings, city=msgspec.structs.replace(city, timezone=zone))
    screen = Screen(stderr=True, highlight=False, soft_wrap=True)
    screen.print("road network and paths")
    placed = with_schedule(assets_of(folder), settings)
    chain = open_chain(Path(city.network), cache_folder(), placed, settings)
    run_worker(settings, chain, log_level=log_level, say=screen.print)
