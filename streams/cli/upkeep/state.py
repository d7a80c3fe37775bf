"""`clearway state`: what the workers have saved, and from where they read on."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec
from rich.table import Table

from streams import topics
from streams.cli.group import MeantGroup
from streams.cli.options import broker_option, config_option, json_option, settings_of
from streams.cli.terminal import Screen, echo

if TYPE_CHECKING:
    from streams.broker.saved_places import Moved, SavedPlaces

INPUT_TOPICS = [topic for inputs in topics.STAGE_INPUTS.values() for topic in inputs]


@click.group(cls=MeantGroup)
def state() -> None:
    """See and move the place from which workers read on.

    A worker goes on where its saved state ends, wherever its consumer group stands. A place is
    `earliest`, `latest`, a time of sending with its zone (2026-09-16T07:00:00+08:00), or an offset.
    """


@state.command()
@broker_option
@json_option
@config_option
def show(broker: str | None, is_json: bool, config_path: Path | None) -> None:
    """Show for each stage and topic where it reads on, and how far it is behind."""
    found = asyncio.run(_places(broker, config_path).show())
    if is_json:
        echo(msgspec.json.encode(found).decode())
        return
    table = Table("topic", "stage", box=None)
    for name in ("reads on at", "oldest", "end", "behind"):
        table.add_column(name, justify="right")
    for place in found:
        at = place.next_offset
        table.add_row(
            f"{place.topic}/{place.partition}", place.stage, "-" if at is None else str(at),
            str(place.oldest), str(place.end), str(place.end - max(at or 0, place.oldest)),
        )  # fmt: skip
    Screen(soft_wrap=True).print(table)


@state.command()
@click.argument("topic", type=click.Choice(INPUT_TOPICS))
@click.option("--to", "place", required=True, help="earliest, latest, a time or an offset.")
@click.option("--partition", type=click.IntRange(0), help="Only this one [default: all].")
@broker_option
@config_option
def seek(
    topic: str, place: str, partition: int | None, broker: str | None, config_path: Path | None
) -> None:
    """Have a topic read on from another place; what the stage remembers is kept.

    Forward, this skips a backlog. Backward, messages are read again, and rows of minutes that are
    decided are refused as late: to decide them again, use `reset`. The workers must be stopped.
    """
    from streams.broker.saved_places import Place

    _say(asyncio.run(_places(broker, config_path).seek(topic, Place(place), partition)))


@state.command()
@click.option("--to", "place", required=True, help="earliest, latest or a time.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@broker_option
@config_option
def reset(place: str, yes: bool, broker: str | None, config_path: Path | None) -> None:
    """Forget what every stage remembers, and read what came from outside from a place.

    What comes from outside are the gateways' topics; where these are empty, the frames. The
    workers must be stopped.
    """
    from streams.broker.saved_places import Place

    where = Place(place)
    if where.is_offset:
        raise click.BadParameter("an offset is another place in each topic", param_hint="--to")
    if not yes:
        click.confirm("All stages forget what they remember. Go on?", abort=True)
    _say(asyncio.run(_places(broker, config_path).reset(where)))


def _places(broker: str | None, config_path: Path | None) -> "SavedPlaces":
    from streams.broker.admin import check_broker
    from streams.broker.client_logs import calm_kafka_logs
    from streams.broker.saved_places import SavedPlaces

    settings = settings_of(config_path, broker={"address": broker})
    check_broker(settings)
    calm_kafka_logs()
    return SavedPlaces(settings, topics.STAGE_INPUTS)


def _say(moves: "list[Moved]") -> None:
    for moved in moves:
        before = "no saved state" if moved.before is None else f"{moved.before}"
        echo(f"{moved.topic}/{moved.partition} ({moved.stage}): {before} -> {moved.after}")
    echo("the workers go on there when they are started")
