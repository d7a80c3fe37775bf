"""Connections to brokers that wait for an answer no longer than its question needs.

A broker whose machine lost its power, or that stands still, takes questions and answers none. The
client waits for each as long as for the slowest, and asks one after the other.
"""

import asyncio
from collections.abc import Awaitable
from typing import Any

from aiokafka import conn
from aiokafka.conn import AIOKafkaConnection
from aiokafka.protocol.admin import ApiVersionRequest
from aiokafka.protocol.coordination import FindCoordinatorRequest
from aiokafka.protocol.group import HeartbeatRequest, LeaveGroupRequest
from aiokafka.protocol.metadata import MetadataRequest
from aiokafka.protocol.produce import ProduceRequest

QUICK_S = 5.0
"""A broker that takes longer for a connection, or for an answer that it has in memory, is asked no
more. Unit: s. Source: chosen, a busy one takes less; half of the time after which the others put a
broker aside that says nothing (`broker.session.timeout.ms`)."""
PUBLISH_S = 30.0
"""Messages that are not confirmed within this time are sent again, to the broker that leads then.
Unit: s. Source: the request time-out of Kafka's own client."""

_QUICK = (
    ApiVersionRequest,
    FindCoordinatorRequest,
    HeartbeatRequest,
    LeaveGroupRequest,
    MetadataRequest,
)


class PromptConnection(AIOKafkaConnection):
    """A connection to one broker; other questions have the time-out of its client."""

    async def connect(self) -> Any:
        """Connect. Raises TimeoutError where the broker takes too long."""
        return await _within(QUICK_S, super().connect())

    def send(self, request: Any, expect_response: bool = True) -> Awaitable[Any]:
        """Send a question; the answer raises TimeoutError where it takes too long."""
        answer = super().send(request, expect_response)
        if isinstance(request, _QUICK):
            return _within(QUICK_S, answer)
        if isinstance(request, ProduceRequest):
            return _within(PUBLISH_S, answer)
        return answer


async def _within(seconds: float, answer: Awaitable[Any]) -> Any:
    """Give an answer. Raises TimeoutError where it takes too long.

    `asyncio.wait_for` of Python 3.11 forgets that it was cancelled where the answer comes at the
    same time: whoever closed the client then waited for ever for a task that went on.
    """
    async with asyncio.timeout(seconds):
        return await answer


def install() -> None:
    """Have every client of this process connect so: it has no setting for it."""
    conn.AIOKafkaConnection = PromptConnection
