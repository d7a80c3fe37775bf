"""`clearway alerts`: the subscriber's side in a terminal."""

import asyncio
from pathlib import Path
from typing import get_args

import click
import msgspec
from rich.console import Console
from rich.markup import escape

from incidents.records import Alert, Cause
from streams.cli.options import broker_option, config_option, json_option, settings_of

_COLOURS = {1: "green", 2: "yellow", 3: "dark_orange", 4: "bold red"}


@click.group()
def alerts() -> None:
    """Follow alerts."""


@alerts.command()
@broker_option
@click.option("--kind", type=click.Choice(["incident", "hotspot"]), help="Only this kind.")
@click.option("--cause", type=click.Choice(get_args(Cause)), help="Only this cause.")
@click.option("--severity", type=click.IntRange(1, 4), default=1, help="At least this severity.")
@click.option("--new-only", is_flag=True, help="Only what comes from now on.")
@click.option("--until-end", is_flag=True, help="Stop at the end of what is there.")
@config_option
@json_option
def follow(
    broker: str | None,
    kind: str | None,
    cause: str | None,
    severity: int,
    new_only: bool,
    until_end: bool,
    config_path: Path | None,
    is_json: bool,
) -> None:
    """Print each alert version as it comes, the newest last."""
    from streams.broker.admin import check_broker
    from streams.broker.alert_stream import follow_alerts

    settings = settings_of(config_path, broker={"address": broker})
    check_broker(settings)
    console = Console(highlight=False, soft_wrap=True)

    def show(alert: Alert) -> None:
        if alert.severity < severity or (kind and alert.kind != kind):
            return
        if cause and alert.cause != cause:
            return
        if is_json:
            click.echo(msgspec.json.encode(alert))
        else:
            console.print(_line(alert))

    asyncio.run(follow_alerts(settings, show, new_only=new_only, until_end=until_end))


def _line(alert: Alert) -> str:
    colour = _COLOURS.get(alert.severity, "white")
    road = escape(alert.road_name or "unnamed road")
    return (
        f"{alert.event_time}  [{colour}]{alert.severity}[/] {alert.kind} {alert.state} "
        f"{escape(alert.alert_id)} v{alert.version}  {road} ({escape(alert.segment_id)})  "
        f"{alert.cause} {alert.cause_probability:.0%}  queue {alert.queue_length_m:.0f} m"
    )
