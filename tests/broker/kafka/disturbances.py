"""What goes wrong while a feed is played to two workers on three brokers."""

import signal
import time
from collections.abc import Callable

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from streams.broker.admin import connected, create_topics, open_admin
from streams.topics import SNAPSHOTS
from tests.broker.kafka.apache_kafka import ApacheKafka
from tests.broker.stage_set import StageSet

Disturbance = Callable[[StageSet, ApacheKafka], None]


def a_worker_killed(stage_set: StageSet, _: ApacheKafka) -> None:
    stage_set.workers[0].kill()


def a_worker_frozen(stage_set: StageSet, _: ApacheKafka) -> None:
    stage_set.workers[0].send_signal(signal.SIGSTOP)
    time.sleep(15.0)  # longer than its session: the other has taken over
    stage_set.workers[0].send_signal(signal.SIGCONT)


def a_worker_stopped(stage_set: StageSet, _: ApacheKafka) -> None:
    stage_set.stop_worker(0)


def a_worker_joining(stage_set: StageSet, _: ApacheKafka) -> None:
    stage_set.start_worker()


def all_workers_killed(stage_set: StageSet, _: ApacheKafka) -> None:
    for worker in stage_set.workers:
        worker.kill()
    stage_set.start_worker()
    stage_set.start_worker()


def the_feed_sent_twice(stage_set: StageSet, _: ApacheKafka) -> None:
    stage_set.play()


def a_broker_killed(_: StageSet, kafka: ApacheKafka) -> None:
    kafka.brokers[0].kill()


def the_coordinating_broker_frozen(stage_set: StageSet, kafka: ApacheKafka) -> None:
    admin = open_admin(stage_set.settings)
    (offsets,) = admin.describe_topics(["__consumer_offsets"])
    admin.close()
    kafka.brokers[offsets["partitions"][0]["leader_id"] - 1].freeze()


def a_broker_and_a_worker_killed(stage_set: StageSet, kafka: ApacheKafka) -> None:
    kafka.brokers[1].kill()
    stage_set.workers[1].kill()


def brokers_restarted_one_by_one(stage_set: StageSet, kafka: ApacheKafka) -> None:
    for broker in kafka.brokers:
        broker.stop(30.0)
        broker.start()
        broker.wait_ready()
        wait_in_sync(stage_set)


def quorum_lost_for_a_while(_: StageSet, kafka: ApacheKafka) -> None:
    for broker in kafka.brokers[:2]:
        broker.kill()
    time.sleep(30.0)
    kafka.start_brokers()


def all_brokers_away_for_a_minute(_: StageSet, kafka: ApacheKafka) -> None:
    for broker in kafka.brokers:
        broker.kill()
    time.sleep(60.0)
    kafka.start_brokers()


def saved_states_deleted(stage_set: StageSet, _: ApacheKafka) -> None:
    admin = open_admin(stage_set.settings)
    admin.delete_topics([stage_set.name(SNAPSHOTS)])
    admin.close()
    time.sleep(5.0)  # the workers would save meanwhile
    stage_set.workers[0].kill()
    create_topics(stage_set.settings)


def saved_states_replaced_by_rubbish(stage_set: StageSet, _: ApacheKafka) -> None:
    for worker in stage_set.workers:
        worker.kill()
    consumer = connected(stage_set.settings, KafkaConsumer, enable_auto_commit=False)
    partition = TopicPartition(stage_set.name(SNAPSHOTS), 0)
    consumer.assign([partition])
    consumer.seek(partition, 0)
    keys: set[bytes] = set()
    while records := consumer.poll(timeout_ms=2000):
        keys |= {record.key for record in records[partition]}
    consumer.close()
    assert keys
    producer = connected(stage_set.settings, KafkaProducer)
    for key in keys:
        producer.send(partition.topic, b"rubbish", key=key, partition=0)
    producer.close()
    stage_set.start_worker()


def wait_in_sync(stage_set: StageSet) -> None:
    """Wait until every message of the test's topics is on every broker."""
    admin = open_admin(stage_set.settings)

    def is_in_sync() -> bool:
        return all(
            len(partition["isr_nodes"]) == 3
            for topic in admin.describe_topics()
            if topic["name"].startswith(stage_set.settings.topics.prefix)
            for partition in topic["partitions"]
        )

    stage_set.wait(is_in_sync, "the brokers to be in sync")
    admin.close()


ALL: tuple[Disturbance, ...] = (
    a_worker_killed, a_worker_frozen, a_worker_stopped, a_worker_joining, all_workers_killed,
    the_feed_sent_twice, a_broker_killed, a_broker_and_a_worker_killed,
    the_coordinating_broker_frozen, brokers_restarted_one_by_one, quorum_lost_for_a_while,
    all_brokers_away_for_a_minute, saved_states_deleted, saved_states_replaced_by_rubbish,
)  # fmt: skip
