"""The care of a broker: whether it answers, and the topics that it must have."""

from kafka.admin import KafkaAdminClient, NewTopic
from kafka.errors import KafkaError, TopicAlreadyExistsError

from streams.outside_error import OutsideError
from streams.settings import Settings, TopicSettings
from streams.topics import LAYOUTS, MAX_MESSAGE_BYTES, Layout, topic_name


class BrokerError(OutsideError):
    """The broker cannot be reached or refused; the message names its address."""


def check_broker(settings: Settings) -> None:
    """Raise BrokerError unless the broker answers within the settings' time."""
    _admin(settings).close()


def _admin(settings: Settings) -> KafkaAdminClient:
    try:
        return KafkaAdminClient(
            bootstrap_servers=settings.broker.address.split(","),
            bootstrap_timeout_ms=round(settings.broker.connect_timeout_s * 1000),
        )
    except (KafkaError, ValueError, OSError) as error:
        raise BrokerError(unreachable(settings, error)) from error


def create_topics(settings: Settings) -> list[str]:
    """Create the topics that are missing and give their names on the broker.

    Raises BrokerError when the broker cannot be reached or refuses, or a topic is there with
    another number of partitions.
    """
    admin = _admin(settings)
    created = []
    try:
        present = _partition_counts(admin)
        for layout in LAYOUTS:
            new = _new_topic(layout, settings.topics)
            if new.name in present:
                _check_partitions(new, present[new.name])
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


def _partition_counts(admin: KafkaAdminClient) -> dict[str, int]:
    return {topic["name"]: len(topic["partitions"]) for topic in admin.describe_topics() or []}


def _check_partitions(new: NewTopic, found: int) -> None:
    if found != new.num_partitions:
        raise BrokerError(
            f"topic {new.name} has {found} partitions, the settings say {new.num_partitions}: "
            f"set topics.partitions to what is there, or use another topics.prefix"
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
