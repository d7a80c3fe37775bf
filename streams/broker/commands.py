"""Commands on their way to the topic `alert-commands`, and the answer that a terminal waits for."""

import asyncio
import threading

import msgspec
from kafka import KafkaProducer
from kafka.errors import KafkaError

from incidents.case_records import Command, CommandResult
from streams.broker.admin import BrokerError
from streams.broker.producer import close_producer, open_producer
from streams.broker.topic_reader import TopicReader, open_reader
from streams.no_json import NO_JSON
from streams.settings import Settings
from streams.topics import ALERT_COMMANDS, COMMAND_RESULTS, topic_name

CONFIRMED_S = 10.0
"""A command that the broker does not confirm within this time was not sent. Unit: s. Source:
chosen, as long as a person waits."""


class CommandSender:
    """Remembers its connection, which it opens for the first command; `close` ends it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._topic = topic_name(settings.topics, ALERT_COMMANDS)
        self._producer: KafkaProducer | None = None
        self._turn = threading.Lock()

    async def send(self, command_id: str, body: bytes) -> None:
        """Send a command and wait until the broker has it. Raises BrokerError where it has not."""
        await asyncio.to_thread(self._send, command_id.encode(), body)

    def _send(self, key: bytes, body: bytes) -> None:
        with self._turn:
            if self._producer is None:
                self._producer = open_producer(self._settings)
            producer = self._producer
        try:
            producer.send(self._topic, value=body, key=key, partition=0).get(timeout=CONFIRMED_S)
        except KafkaError as error:
            raise BrokerError(f"the command was not sent: {error}") from error

    def close(self) -> None:
        """End the connection."""
        if self._producer is not None:
            close_producer(self._producer, CONFIRMED_S)


async def tell(
    settings: Settings, command: Command, patience_s: float, *, is_again: bool = False
) -> CommandResult:
    """Send a command and give its answer; `is_again` says that it may have been answered before.

    Raises BrokerError where nobody answers within the patience.
    """
    sender = CommandSender(settings)
    name = topic_name(settings.topics, COMMAND_RESULTS)
    try:
        async with open_reader(settings.broker, name) as reader:
            begin, end = await reader.bounds()
            await sender.send(command.command_id, msgspec.json.encode(command))
            async with asyncio.timeout(patience_s):
                return await _answer(reader, begin if is_again else end, command.command_id)
    except TimeoutError:
        raise BrokerError(
            f"no answer within {patience_s:g} s: is a worker running? Send it again with "
            f"--command-id {command.command_id}, it is done once"
        ) from None
    finally:
        sender.close()


async def _answer(reader: TopicReader, start: int, command_id: str) -> CommandResult:
    while True:
        async for record in reader.wait(start):
            start = record.offset + 1
            try:
                result = msgspec.json.decode(record.value or b"", type=CommandResult)
            except NO_JSON:
                continue
            if result.command_id == command_id:
                return result
