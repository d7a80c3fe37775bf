"""Batches that a worker cannot decode: dead letters, and it goes on, as does the next one."""

from pathlib import Path

import msgspec
import pytest

from streams.topics import DEAD_LETTERS
from tests.broker.kafka.apache_kafka import ApacheKafka
from tests.broker.kafka.rig import Rig

pytestmark = [pytest.mark.broker, pytest.mark.slow]


class NoText(str):
    """A header's key that is not UTF-8 on the wire, as clients in C can send it."""

    def encode(self, *_: object) -> bytes:
        return b"\xff\xfe"


def letters_of(rig: Rig) -> list[dict]:
    return [msgspec.json.decode(value) for value in rig.read(DEAD_LETTERS)]


def test_a_batch_that_cannot_be_decoded_comes_while_the_worker_runs(rig: Rig) -> None:
    rig.start_worker()
    rig.send(b"first")
    rig.producer.send(rig.name(), b"odd", headers=[(NoText(), b"")], partition=0).get(30)
    rig.send(b"last")
    rig.wait_said(b"first", b"last")
    rig.wait_saved(2)
    rig.stop_workers()
    rig.start_worker()
    rig.send(b"after")
    rig.wait_said(b"first", b"last", b"after")
    (letter,) = letters_of(rig)
    assert (letter["source"], letter["offset"], letter["reason"]) == ("gps.taxi", 1, "undecodable")
    assert rig.holes() == 0


def test_a_batch_that_rotted_on_the_broker_s_disk_is_passed_over(
    rig: Rig, kafka: ApacheKafka
) -> None:
    for value in (b"first", b"rotten", b"last"):
        rig.send(value)
    broker = kafka.brokers[0]
    broker.stop(30.0)
    (log,) = Path(kafka.folder).glob(f"data-1/{rig.name()}-0/*.log")
    kept = log.read_bytes()
    assert kept.count(b"rotten") == 1
    log.write_bytes(kept.replace(b"rotten", b"r0tten"))
    kafka.start_brokers()
    rig.start_worker()
    rig.wait_said(b"first", b"last")
    (letter,) = letters_of(rig)
    assert (letter["offset"], letter["reason"]) == (1, "undecodable")
    assert "CorruptRecord" in letter["value"]
