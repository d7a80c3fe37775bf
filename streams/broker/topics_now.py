"""The topics as they are on the broker now: which topic a name stands for, and its partitions."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from streams.broker.admin import BrokerError, open_admin, partition_counts
from streams.settings import Settings
from streams.topics import topic_name

_NO_ID = ("", "00000000-0000-0000-0000-000000000000")  # no such topic, or a broker without ids

Answer = TypeVar("Answer")


class TopicsNow:
    """Asks the broker; remembers nothing but its connection.

    A topic that is deleted and made again has its old name and another id.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._admin: KafkaAdminClient | None = None
        self._turn = asyncio.Lock()

    async def id_of(self, topic: str) -> str | None:
        """Give the id of the topic that has this name, None where it is not known.

        Raises BrokerError where the broker does not answer.
        """
        name = topic_name(self._settings.topics, topic)
        found = await self._ask(lambda admin: admin.describe_topics([name]) or [])
        topic_id = next((str(one["topic_id"]) for one in found if one["name"] == name), "")
        return None if topic_id in _NO_ID else topic_id

    async def partition_counts(self) -> dict[str, int]:
        """Give the number of partitions of every topic on the broker. Raises BrokerError."""
        return await self._ask(partition_counts)

    async def _ask(self, question: Callable[[Any], Answer]) -> Answer:
        async with self._turn:
            return await asyncio.to_thread(self._answer, question)

    def _answer(self, question: Callable[[Any], Answer]) -> Answer:
        try:
            if self._admin is None:
                self._admin = open_admin(self._settings)
            return question(self._admin)
        except (KafkaError, OSError) as error:
            if self._admin is not None:
                self._admin.close()
                self._admin = None
            where = self._settings.broker.address
            raise BrokerError(f"broker {where}: asking for its topics: {error!r}") from error
