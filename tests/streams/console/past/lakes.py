"""A lake with minutes and alerts of the past, written by the store agents' own writer."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mapmatch.network import Network
from streams import topics
from streams.lake.writing import LakeWriter
from tests.streams.console.messages import states_frame

ZONE = "Asia/Shanghai"


class Keeper:
    """Stores messages in the order of their topics; `sent_ms` tells keepers apart."""

    def __init__(self, lake: Path, network: Network, sent_ms: int = 0) -> None:
        self._writer, self._network = LakeWriter(lake, network, ZONE), network
        self._sent_ms = sent_ms
        self._offsets: dict[tuple[str, int], int] = {}

    def minute(self, start: float, rows: Mapping[str, Mapping[str, Any]]) -> None:
        """Store a minute of some segments, a message a region."""
        by_region: dict[int, dict[str, Mapping[str, Any]]] = {}
        for segment_id, row in rows.items():
            index = self._network.index_of(segment_id)
            region = 0 if index is None else int(self._network.region[index])
            by_region.setdefault(region, {})[segment_id] = row
        for region, of_region in sorted(by_region.items()):
            self._add(topics.STATES, region, states_frame(start, of_region, region))

    def alerts(self, versions: Iterable[bytes]) -> None:
        """Store alert versions."""
        for version in versions:
            self._add(topics.ALERTS, 0, version)

    def write(self) -> None:
        """Let readers see all of it."""
        self._writer.write_whole_blocks()
        self._writer.write_unfinished()

    def _add(self, topic: str, partition: int, value: bytes) -> None:
        offset = self._offsets.get((topic, partition), 0)
        self._offsets[topic, partition] = offset + 1
        self._writer.add(topic, partition, offset, value, None, self._sent_ms)
