"""Alert versions from the topic `alerts`, for a subscriber outside any consumer group."""

import asyncio
from collections.abc import Callable

import msgspec

from incidents.records import Alert
from streams.broker.client_logs import calm_kafka_logs
from streams.broker.outage import Outage
from streams.broker.topic_reader import open_reader
from streams.no_json import NO_JSON
from streams.settings import Settings
from streams.topics import ALERTS, topic_name

_LEAVE_S = 2.0
"""How long the reader may take to close. Unit: s. Source: chosen."""


async def follow_alerts(
    settings: Settings,
    show: Callable[[Alert], None],
    *,
    new_only: bool = False,
    until_end: bool = False,
) -> None:
    """Show every alert version, from the oldest there is (or from now), for ever or to the end.

    Raises BrokerError where the topic is not there or the broker stays away.
    """
    calm_kafka_logs()
    following = asyncio.ensure_future(_follow(settings, show, new_only, until_end))
    checking = asyncio.ensure_future(Outage(settings.broker).check_for_ever())
    try:
        done, _ = await asyncio.wait({following, checking}, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in (following, checking):
            task.cancel()
        await asyncio.wait({following, checking}, timeout=_LEAVE_S)


async def _follow(
    settings: Settings, show: Callable[[Alert], None], new_only: bool, until_end: bool
) -> None:
    topic = topic_name(settings.topics, ALERTS)
    async with open_reader(settings.broker, topic) as reader:
        begin, end = await reader.bounds()
        if not new_only:
            async for record in reader.read(begin, end):
                _show(record.value, show)
        while not until_end:
            async for record in reader.wait(end):
                _show(record.value, show)
                end = record.offset + 1


def alert_in(value: bytes | None) -> Alert | None:
    """Give the alert version in a message, None where it holds none."""
    if value is None:
        return None
    try:
        return msgspec.json.decode(value, type=Alert)
    except NO_JSON:
        return None


def _show(value: bytes | None, show: Callable[[Alert], None]) -> None:
    alert = alert_in(value)
    if alert is not None:
        show(alert)
