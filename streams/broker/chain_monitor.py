"""A running chain seen from outside: what its workers count and which alerts they publish."""

from collections import Counter
from contextlib import suppress

import msgspec
from kafka import KafkaConsumer, TopicPartition

from incidents.records import Alert
from streams.broker.admin import connected
from streams.settings import Settings
from streams.stages.counts import STARTING, StageCounts
from streams.topics import ALERTS, COUNTS, topic_name


class ChainMonitor:
    """Remembers how far detection has decided and which alerts it opened since the topics began.

    `has_worker` says whether any worker has all that it needs, and joins its group or is in it.
    Reads the topics of counts and alerts from their start, outside any consumer group.
    """

    def __init__(self, settings: Settings) -> None:
        self._counts = topic_name(settings.topics, COUNTS)
        self._consumer = connected(
            settings, KafkaConsumer, auto_offset_reset="earliest", enable_auto_commit=False
        )
        alerts = topic_name(settings.topics, ALERTS)
        partitions = [TopicPartition(name, 0) for name in (self._counts, alerts)]
        self._consumer.assign(partitions)
        for partition in partitions:
            self._consumer.seek(partition, 0)
        self._kinds: dict[str, str] = {}
        self.has_worker = False
        self.decided: float | None = None

    def read(self, patience_ms: int = 0) -> None:
        """Read what has come; where nothing has, wait for it no longer than `patience_ms`."""
        for partition, records in self._consumer.poll(timeout_ms=patience_ms).items():
            for record in records:
                # What is no such record, or a tombstone, says nothing.
                with suppress(msgspec.MsgspecError, RecursionError):
                    self._take(partition.topic, record.value or b"")

    def _take(self, topic: str, value: bytes) -> None:
        if topic == self._counts:
            self._take_counts(msgspec.json.decode(value, type=StageCounts))
        else:
            alert = msgspec.json.decode(value, type=Alert)
            self._kinds[alert.alert_id] = alert.kind

    def _take_counts(self, counts: StageCounts) -> None:
        start = counts.start
        if counts.stage == STARTING and (start is None or start.number < start.count):
            return
        self.has_worker = True
        if counts.stage == "detect" and counts.watermark is not None:
            self.decided = max(counts.watermark, self.decided or counts.watermark)

    @property
    def alert_counts(self) -> dict[str, int]:
        """Give how many alerts of each kind were opened."""
        return dict(Counter(self._kinds.values()))

    def __enter__(self) -> "ChainMonitor":
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()
