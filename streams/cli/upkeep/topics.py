"""`clearway topics`: the topics on the broker."""

from pathlib import Path

import click

from streams.cli.group import MeantGroup
from streams.cli.options import broker_option, config_option, settings_of
from streams.cli.terminal import echo


@click.group(cls=MeantGroup)
def topics() -> None:
    """Look after the topics on the broker."""


@topics.command()
@broker_option
@click.option("--partitions", type=int, help="Parallelism of matching and estimation.")
@config_option
def create(broker: str | None, partitions: int | None, config_path: Path | None) -> None:
    """Create the topics that are missing; those that exist stay as they are."""
    from streams.broker.admin import create_topics
    from streams.topics import LAYOUTS

    settings = settings_of(
        config_path, broker={"address": broker}, topics={"partitions": partitions}
    )
    created = create_topics(settings)
    for name in created:
        echo(f"created {name}")
    present = len(LAYOUTS) - len(created)
    echo(f"{len(created)} topics created, {present} were there, on {settings.broker.address}")
