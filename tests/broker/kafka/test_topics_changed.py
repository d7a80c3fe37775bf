"""Topics that are deleted and made again, and partitions that are added, under a worker."""

import pytest
from kafka.admin import NewPartitions, NewTopic

from streams.stages.counts import StageCounts
from tests.broker.kafka.rig import Rig

pytestmark = [pytest.mark.broker, pytest.mark.slow]


def numbered(begin: int, end: int) -> list[bytes]:
    return [b"%d" % number for number in range(begin, end)]


def make_again(rig: Rig) -> None:
    rig.admin.delete_topics([rig.name()])
    rig.wait(lambda: rig.name() not in rig.admin.list_topics(), "the topic to go")
    rig.producer.close()
    rig.admin.create_topics([NewTopic(rig.name(), 2, 1)])
    rig.producer = rig.new_producer()


def remade(counts: StageCounts) -> int:
    return counts.remade


def test_a_topic_made_again_under_the_worker_is_read_from_its_beginning(rig: Rig) -> None:
    rig.start_worker()
    rig.send(*numbered(0, 60))
    rig.wait_said(*numbered(0, 60))
    make_again(rig)
    rig.send(*numbered(60, 100))
    rig.wait_said(*numbered(0, 100))
    rig.wait(lambda: rig.total(remade) == 1, "the count of it")
    assert rig.holes() == 0
    assert rig.log().count("was deleted and made again since offset 60") == 1
    rig.send(*numbered(100, 150))  # past the offset of before
    rig.wait_said(*numbered(0, 150))


@pytest.mark.parametrize("count", [20, 90])
def test_a_topic_made_again_while_no_worker_runs_is_read_from_its_beginning(
    rig: Rig, count: int
) -> None:
    rig.start_worker()
    rig.send(*numbered(0, 60))
    rig.wait_said(*numbered(0, 60))
    rig.wait_saved(60)
    rig.stop_workers()
    make_again(rig)
    rig.send(*numbered(60, 60 + count))
    rig.start_worker()
    rig.wait_said(*numbered(0, 60 + count))
    assert rig.holes() == 0
    assert rig.log().count("was deleted and made again since offset 60") == 1


def test_partitions_added_under_the_worker_are_read(rig: Rig) -> None:
    rig.start_worker()
    rig.send(*numbered(0, 10))
    rig.wait_said(*numbered(0, 10))
    rig.admin.create_partitions({rig.name(): NewPartitions(3)})
    rig.producer.close()
    rig.producer = rig.new_producer()
    rig.send(*numbered(10, 20), partition=2)
    rig.wait_said(*numbered(0, 20))
    rig.wait_saved(10, partition=2)
    rig.stop_workers()
    rig.start_worker()  # finds more partitions than the settings say
    rig.send(*numbered(20, 30), partition=2)
    rig.wait_said(*numbered(0, 30))
