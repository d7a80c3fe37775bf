"""`clearway webhooks`: tells subscribers of cases over HTTP."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from streams.cli.group import MeantGroup
from streams.cli.options import broker_option, cache_folder, config_option, settings_of
from streams.cli.signals import stopping_on_signals
from streams.cli.terminal import echo

if TYPE_CHECKING:
    from streams.settings import Settings


@click.group(cls=MeantGroup, invoke_without_command=True)
@broker_option
@click.option("--network", type=click.Path(path_type=Path), help="The road network.")
@config_option
@click.pass_context
def webhooks(
    ctx: click.Context, broker: str | None, network: Path | None, config_path: Path | None
) -> None:
    """Tell the subscribers of `[webhooks]` of cases, until stopped."""
    if ctx.invoked_subcommand is None:
        _tell(broker, network, config_path)


@webhooks.command()
@click.argument("names", metavar="[SUBSCRIBER]...", nargs=-1)
@config_option
def retry(names: tuple[str, ...], config_path: Path | None) -> None:
    """Send once more what was given up, of all subscribers or of those named.

    What is taken leaves the dead list; `clearway webhooks` may run meanwhile. The exit status is 1
    where something was not taken.
    """
    from streams.webhooks import retry as again
    from streams.webhooks.dead_list import DeadList

    settings = settings_of(config_path)
    strange = sorted({*names} - {*settings.webhooks.subscribers})
    if strange:
        known = ", ".join(settings.webhooks.subscribers)
        raise click.BadParameter(f"{strange[0]} is no subscriber, expected one of {known}")
    dead = DeadList(Path(settings.webhooks.dead_list))
    tried = asyncio.run(again.retry(settings, secrets_of(settings, os.environ), dead, names))
    for one, why_not in tried:
        echo(f"{one.subscriber}: {one.webhook_id} {why_not or 'taken'}")
    echo(f"{len(dead.messages())} messages are left in {settings.webhooks.dead_list}")
    if any(why_not is not None for _, why_not in tried):
        raise SystemExit(1)


def _tell(broker: str | None, network: Path | None, config_path: Path | None) -> None:
    from incidents.exports.publication import PublicRoads
    from mapmatch.building.build import network_for
    from streams.broker.admin import check_broker
    from streams.settings import SettingsError
    from streams.webhooks.dead_list import DeadList
    from streams.webhooks.send import send_for_ever
    from streams.webhooks.senders import Senders

    city = {"network": str(network) if network else None}
    settings = settings_of(config_path, broker={"address": broker}, city=city)
    if settings.city.network is None:
        raise SettingsError("no road network: give one with --network or as city.network")
    secrets = secrets_of(settings, os.environ)
    check_broker(settings)
    roads = PublicRoads(network_for(Path(settings.city.network), cache_folder()))
    dead = DeadList(Path(settings.webhooks.dead_list))

    async def send() -> None:
        await send_for_ever(settings, Senders(settings, secrets, roads, dead))

    echo(f"webhooks: {', '.join(secrets)}")
    with stopping_on_signals():
        asyncio.run(send())


def secrets_of(settings: "Settings", environment: Mapping[str, str]) -> dict[str, str]:
    """Give each subscriber's secret. Raises SettingsError where one is lacking or is none."""
    from streams.settings import SettingsError
    from streams.webhooks.message import Message, signed_headers

    secrets = {}
    for name, one in settings.webhooks.subscribers.items():
        secret = environment.get(one.secret_env)
        try:
            if not secret:
                raise ValueError("is not set")
            signed_headers(Message("check", b"{}"), secret, 0.0)
        except Exception as error:
            raise SettingsError(
                f"webhooks.subscribers.{name}: {one.secret_env} in the environment: {error}, "
                "expected whsec_ and base64"
            ) from error
        secrets[name] = secret
    if not secrets:
        raise SettingsError("no subscriber: name one as [webhooks.subscribers.NAME]")
    return secrets
