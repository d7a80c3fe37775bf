"""What an operator does to saved states, and what the workers then read."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from kafka.structs import OffsetAndMetadata, TopicPartition

from streams.broker.admin import BrokerError
from streams.broker.saved_places import Place, SavedPlaces
from streams.topics import GPS_TAXI, group_name
from tests.broker.kafka.rig import Rig

pytestmark = [pytest.mark.broker, pytest.mark.slow]


def numbered(begin: int, end: int) -> list[bytes]:
    return [b"%d" % number for number in range(begin, end)]


def places_of(rig: Rig) -> SavedPlaces:
    return SavedPlaces(rig.settings, {"echo": (GPS_TAXI,)})


def work_once(rig: Rig, *said: bytes, saved: int) -> None:
    """Have a worker say what it says, save its state, and end."""
    rig.start_worker()
    rig.wait_said(*said)
    rig.wait_saved(saved)
    rig.stop_workers()


def test_a_backlog_is_skipped_and_what_is_remembered_is_kept(rig: Rig) -> None:
    rig.send(*numbered(0, 10))
    rig.start_worker()
    rig.wait_said(*numbered(0, 10))
    rig.wait_saved(10)
    with pytest.raises(BrokerError, match=r"was not moved .*: its workers must be stopped"):
        asyncio.run(places_of(rig).seek(GPS_TAXI, Place("latest"), 0))
    rig.stop_workers()
    rig.send(*numbered(10, 50))
    (place, other) = asyncio.run(places_of(rig).show())
    assert (place.next_offset, place.oldest, place.end) == (10, 0, 50)
    assert (other.partition, other.next_offset) == (1, None)
    (moved,) = asyncio.run(places_of(rig).seek(GPS_TAXI, Place("latest"), 0))
    assert (moved.before, moved.after) == (10, 50)
    rig.send(*numbered(50, 60))
    work_once(rig, *numbered(0, 10), *numbered(50, 60), saved=20)
    assert rig.holes() == 0


def test_messages_are_read_again_from_a_time_with_all_forgotten(rig: Rig) -> None:
    then = datetime.now(UTC) - timedelta(minutes=5)
    rig.send(*numbered(0, 10), sent=then - timedelta(seconds=1))
    rig.send(*numbered(10, 30), sent=then)
    work_once(rig, *numbered(0, 30), saved=30)
    moves = asyncio.run(places_of(rig).reset(Place(then.isoformat())))
    assert [(moved.before, moved.after) for moved in moves] == [(30, 10), (None, 0)]
    work_once(rig, *numbered(0, 30), *numbered(10, 30), saved=20)
    assert rig.holes() == 0


def test_a_group_moved_by_hand_changes_nothing_and_the_log_says_what_would(rig: Rig) -> None:
    rig.send(*numbered(0, 10))
    work_once(rig, *numbered(0, 10), saved=10)
    rig.send(*numbered(10, 50))

    def move_group(offset: int) -> None:
        at = {TopicPartition(rig.name(), 0): OffsetAndMetadata(offset, "", -1)}
        rig.admin.alter_group_offsets(group_name(rig.settings.topics), at)

    move_group(40)
    work_once(rig, *numbered(0, 50), saved=50)
    assert "30 messages from offset 10 to 39 had not been delivered: read again" in rig.log()
    move_group(0)
    rig.send(*numbered(50, 60))
    work_once(rig, *numbered(0, 60), saved=60)
    assert "covers all before offset 50, what comes again from 0 on is passed over" in rig.log()
    assert "`clearway state`" in rig.log()
