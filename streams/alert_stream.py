"""Alert versions from the topic `alerts`, for a subscriber outside any consumer group."""

from collections.abc import Callable

import msgspec

from incidents.records import Alert
from streams.settings import Settings
from streams.topic_reader import open_reader
from streams.topics import ALERTS, topic_name


async def follow_alerts(
    settings: Settings,
    show: Callable[[Alert], None],
    *,
    new_only: bool = False,
    until_end: bool = False,
) -> None:
    """Show every alert version, from the oldest kept (or from now), for ever or to the end."""
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


def _show(value: bytes | None, show: Callable[[Alert], None]) -> None:
    if value is None:
        return
    try:
        alert = msgspec.json.decode(value, type=Alert)
    except msgspec.MsgspecError:
        return
    show(alert)
