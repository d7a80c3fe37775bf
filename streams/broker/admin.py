"""The care of a broker: whether it answers, and the topics that it must have."""

import socket
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from kafka.admin import KafkaAdminClient, NewTopic
from kafka.errors import KafkaError, TopicAlreadyExistsError

from streams.outside_error import OutsideError
from streams.settings import Settings, TopicSettings
from streams.topics import LAYOUTS, MAX_MESSAGE_BYTES, Layout, topic_name

_KNOCK_S = 2.0
"""Unit: s. Source: chosen, for a machine that is off."""

Client = TypeVar("Client")


class BrokerError(OutsideError):
    """The broker cannot be reached or refused; the message names its address."""


def check_broker(settings: Settings) -> None:
    """Raise BrokerError unless the broker answers within the settings' time."""
    open_admin(settings).close()


def open_admin(settings: Settings) -> KafkaAdminClient:
    """Give a client for the care of the broker. Raises BrokerError when there is no broker."""
    return connected(settings, KafkaAdminClient)


def connected(settings: Settings, make: Callable[..., Client], **options: object) -> Client:
    """Give a client of kafka-python. Raises BrokerError when there is no broker.

    A broker that takes the connection and says nothing would be given all the time there is, so
    of several each is given a share first.
    """
    addresses = settings.broker.address.split(",")
    patience_ms = round(settings.broker.connect_timeout_s * 1000)
    for address in addresses if len(addresses) > 1 else ():
        with suppress(KafkaError, ValueError, OSError):
            _knock(address)
            share_ms = patience_ms // len(addresses)
            return make(bootstrap_servers=[address], bootstrap_timeout_ms=share_ms, **options)
    try:
        return make(bootstrap_servers=addresses, bootstrap_timeout_ms=patience_ms, **options)
    except (KafkaError, ValueError, OSError) as error:
        raise BrokerError(unreachable(settings, error)) from error


def takes_connections(settings: Settings) -> bool:
    """Say whether any of the brokers takes a connection."""
    for address in settings.broker.address.split(","):
        with suppress(OSError):
            _knock(address)
            return True
    return False


def _knock(address: str) -> None:
    """Raise OSError where nothing listens, which the client would try again and again."""
    host, _, port = address.rpartition(":")
    socket.create_connection((host, int(port)), _KNOCK_S).close()


def create_topics(settings: Settings) -> list[str]:
    """Create the topics that are missing and give their names on the broker.

    Raises BrokerError when the broker cannot be reached or refuses, or a topic of the stages is
    there with another number of partitions.
    """
    admin = open_admin(settings)
    created = []
    try:
        present = partition_counts(admin)
        if wrong := wrong_partitions(settings.topics, present):
            raise BrokerError(wrong)
        for layout in LAYOUTS:
            new = _new_topic(layout, settings.topics)
            if new.name in present:
                continue
            try:
                admin.create_topics([new])
            except TopicAlreadyExistsError:
                continue
            created.append(new.name)
    except KafkaError as error:
        raise BrokerError(f"broker {settings.broker.address}: creating topics: {error}") from error
    finally:
        admin.close()
    return created


def partition_counts(admin: KafkaAdminClient) -> dict[str, int]:
    """Give the number of partitions of every topic on the broker."""
    return {topic["name"]: len(topic["partitions"]) for topic in admin.describe_topics() or []}


def wrong_partitions(topics: TopicSettings, present: dict[str, int]) -> str | None:
    """Give what is wrong with the numbers of partitions and what to do; None where nothing is.

    Which partition holds a vehicle or a region hangs on the number of partitions, so those of the
    stages must be as many as the settings say.
    """
    found: dict[str, int] = {}
    single: dict[str, int] = {}
    for layout in LAYOUTS:
        name = topic_name(topics, layout.name)
        if name in present and not layout.is_raw:
            (single if layout.partitions else found)[name] = present[name]
    wrong = {name: count for name, count in single.items() if count != 1}
    counts = set(found.values())
    if not wrong and counts <= {topics.partitions}:
        return None
    if not wrong and len(counts) == 1:
        return (
            f"the topics {', '.join(found)} have {counts.pop()} partitions, the settings say "
            f"{topics.partitions}: set topics.partitions to what is there, or use another "
            f"topics.prefix"
        )
    wrong |= {name: count for name, count in found.items() if count != topics.partitions}
    wrong_words = ", ".join(f"{name} {count}" for name, count in wrong.items())
    return (
        f"numbers of partitions that were changed: {wrong_words}, expected 1 for "
        f"{', '.join(single)} and {topics.partitions} (topics.partitions) for {', '.join(found)}: "
        f"they cannot be taken back, so stop the workers, delete the topics named first and run "
        f"`clearway topics create`, or use another topics.prefix"
    )


def _new_topic(layout: Layout, topics: TopicSettings) -> NewTopic:
    configs = {"max.message.bytes": str(MAX_MESSAGE_BYTES)}
    if layout.is_compacted:
        configs["cleanup.policy"] = "compact"
    return NewTopic(
        name=topic_name(topics, layout.name),
        num_partitions=layout.partitions or topics.partitions,
        replication_factor=topics.replication,
        topic_configs=configs,
    )


def unreachable(settings: Settings, error: Exception) -> str:
    """Say in one line that there is no broker, and what to do."""
    return (
        f"no broker at {settings.broker.address} within {settings.broker.connect_timeout_s:g} s "
        f"({type(error).__name__}); start one, or name another with --broker or CLEARWAY_BROKER"
    )
