"""Offsets that are no messages: every message is used once, and no hole is counted."""

import time

import pytest
from kafka import TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType

from streams.topics import GPS_TAXI
from tests.broker.kafka.rig import Rig

pytestmark = [pytest.mark.broker, pytest.mark.slow]


def numbered(begin: int, end: int) -> list[bytes]:
    return [b"%d" % number for number in range(begin, end)]


def test_transactions_are_read_whole_and_those_aborted_not_at_all(rig: Rig) -> None:
    with rig.transactions(rig.name("gateway")) as producer:
        for number in range(100):
            producer.begin_transaction()
            producer.send(rig.name(), b"%d" % number, partition=0)
            producer.commit_transaction()
        rig.start_worker()
        rig.wait_said(*numbered(0, 100))
        for number in range(100, 110):  # one by one, as they come
            producer.begin_transaction()
            producer.send(rig.name(), b"%d" % number, partition=0)
            producer.commit_transaction()
            time.sleep(0.2)
        producer.begin_transaction()
        producer.send(rig.name(), b"never", partition=0)
        producer.flush()
        producer.abort_transaction()
        producer.begin_transaction()
        producer.send(rig.name(), b"110", partition=0)
        producer.commit_transaction()
        rig.wait_said(*numbered(0, 111))
    rig.send(b"111")
    rig.wait_said(*numbered(0, 112))
    assert rig.holes() == 0
    assert "read again" not in rig.log()


def test_a_compacted_topic_is_read_whole(rig: Rig) -> None:
    often = {"cleanup.policy": "compact", "segment.ms": "100", "min.cleanable.dirty.ratio": "0.01"}
    rig.admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, rig.name(), often)])
    for number in range(300):
        key = b"%d" % number if number % 3 == 0 else b"one of many"
        rig.producer.send(rig.name(), b"%d" % number, key=key, partition=0)
        if number % 100 == 99:
            rig.producer.flush()
            time.sleep(0.3)  # a segment of its own, so that the ones before it can be compacted
    rig.producer.send(rig.name(), b"last", key=b"last", partition=0).get(30)
    rig.wait(lambda: len(rig.read(GPS_TAXI)) < 150, "the topic to be compacted")
    rig.start_worker()
    rig.wait(lambda: b"last" in rig.said(), "the last message")
    assert {b"%d" % number for number in range(0, 300, 3)} <= set(rig.said())
    assert len(rig.said()) == len(set(rig.said()))
    assert rig.holes() == 0
    assert "read again" not in rig.log()


def test_a_worker_started_again_goes_on_behind_the_markers(rig: Rig) -> None:
    with rig.transactions(rig.name("gateway")) as producer:
        for begin in range(0, 60, 20):
            rig.start_worker()
            for number in range(begin, begin + 20):
                producer.begin_transaction()
                producer.send(rig.name(), b"%d" % number, partition=0)
                producer.commit_transaction()
            rig.wait_said(*numbered(0, begin + 20))
            rig.wait_saved(begin + 20)
            rig.stop_workers()
    assert rig.holes() == 0
    assert "read again" not in rig.log()


def test_messages_that_the_client_passes_over_are_read_again(rig: Rig) -> None:
    rig.start_worker()
    rig.send(*numbered(0, 10), b"leap")
    rig.wait(lambda: b"leap" in rig.said(), "the leap")
    time.sleep(1.0)  # the client has stopped reading
    rig.send(*numbered(10, 30))
    rig.wait_said(*numbered(0, 30), b"leap")
    assert [int(value) for value in rig.said() if value != b"leap"] == list(range(30))
    assert rig.holes() == 0
    assert "5 messages from offset 11 to 15 had not been delivered: read again" in rig.log()


def test_what_the_broker_let_go_while_no_worker_ran_is_said_and_counted(rig: Rig) -> None:
    rig.send(*numbered(0, 40))
    rig.start_worker()
    rig.wait_said(*numbered(0, 40))
    rig.wait_saved(40)
    rig.stop_workers()
    rig.send(*numbered(40, 150))
    rig.admin.delete_records({TopicPartition(rig.name(), 0): 100})
    rig.start_worker()
    rig.wait_said(*numbered(0, 40), *numbered(100, 150))
    rig.wait(lambda: rig.holes() == 60, "the count of what is gone")
    assert "the broker no longer has offsets 40 to 99, going on without them" in rig.log()
