"""The log of the Kafka client: each message once a minute."""

import logging

from streams.broker.client_logs import REPEATED_EVERY_S, RepeatFilter


def test_a_library_repeats_itself_once_a_minute() -> None:
    now = 0.0
    once_a_minute = RepeatFilter(lambda: now)
    record = logging.makeLogRecord({"msg": "Unable connect to node with id %s", "args": (1,)})
    other = logging.makeLogRecord({"msg": "Group left"})
    assert once_a_minute.filter(record) and once_a_minute.filter(other)
    assert not once_a_minute.filter(record)
    now = REPEATED_EVERY_S
    assert once_a_minute.filter(record)
