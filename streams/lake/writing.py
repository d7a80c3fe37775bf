"""The lake as the store agents write it: each file from one block of a partition's messages."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from congestion.reports.versions import network_version
from ingest.time_zone import UNKNOWN
from mapmatch.network import Network
from streams.lake.layout import (
    DAY_FILE,
    block_name,
    blocks_of_day,
    file_metadata,
    is_in_day,
    write_whole,
)
from streams.lake.networks import keep_network
from streams.lake.rows import by_place, read_rows, tables_of

BLOCK_MESSAGES = 256
"""Messages of a partition that make one block. Unit: count. Source: chosen; states
of four regions fill it in an hour."""


@dataclass
class _Block:
    first: int
    sent_ms: int
    rows: dict[int, pa.Table] = field(default_factory=dict)
    events: list[Any] = field(default_factory=list)
    is_written: bool = False


class LakeWriter:
    """Writes blocks of messages into the tables of a lake, see `streams.lake.layout`.

    Remembers the messages of each partition's block under way; a block's files are replaced whole,
    so a message read twice, or a worker that died half-way, leaves no row twice. What a day already
    holds is not written again. A topic that is made again starts at offset 0 anew: its blocks are
    told apart by when their first message was sent.
    """

    def __init__(self, lake: Path, network: Network, timezone: str | None) -> None:
        self._lake, self._network = lake, network
        self._zone = ZoneInfo(timezone or UNKNOWN.key)
        self._metadata = file_metadata(network.name, network_version(network), self._zone.key)
        self._blocks: dict[tuple[str, int], _Block] = {}
        self._whole: list[tuple[tuple[str, int], _Block]] = []
        self._has_network = False

    def add(
        self, topic: str, partition: int, offset: int, value: bytes, event: Any, sent_ms: int = 0
    ) -> None:
        """Take a message; `event` comes back once all files of its block are written."""
        key = (topic, partition)
        first = offset - offset % BLOCK_MESSAGES
        block = self._blocks.get(key)
        if block is not None and (block.first != first or offset in block.rows):
            self._whole.append((key, self._blocks.pop(key)))
            block = None
        if block is None:
            block = self._blocks[key] = _Block(first, sent_ms)
        block.events.append(event)
        rows = read_rows(topic, value)
        if rows is not None:
            block.rows[offset] = rows
            block.is_written = False
        if offset == first + BLOCK_MESSAGES - 1:
            self._whole.append((key, self._blocks.pop(key)))

    def write_whole_blocks(self) -> list[Any]:
        """Write the blocks that nothing comes to any more, and give their messages' events.

        Raises OSError; what is not yet written then is written by the next call.
        """
        done: list[Any] = []
        while self._whole:
            self._write(*self._whole[0])
            done += self._whole.pop(0)[1].events
        return done

    def write_unfinished(self) -> None:
        """Write the blocks under way as far as they are; readers see them, offsets wait.

        Raises OSError.
        """
        for key, block in self._blocks.items():
            self._write(key, block)

    def forget(self, partitions: set[tuple[str, int]]) -> None:
        """Drop the blocks of partitions that are taken away; their next owner reads them again."""
        for key in partitions & set(self._blocks):
            del self._blocks[key]
        self._whole = [(key, block) for key, block in self._whole if key not in partitions]

    def _write(self, key: tuple[str, int], block: _Block) -> None:
        if block.is_written or not block.rows:
            return
        if not self._has_network:
            keep_network(self._lake, self._network)
            self._has_network = True
        topic, partition = key
        name = block_name(partition, block.first, block.sent_ms)
        rows = pa.concat_tables([block.rows[o] for o in sorted(block.rows)])
        for table, of_table in tables_of(topic, rows, self._network):
            for place, found in by_place(table, of_table, self._network, self._zone):
                file = place.folder(self._lake, table) / name
                if not is_in_day(file, found.num_rows, blocks_of_day(file.with_name(DAY_FILE))):
                    write_whole(found.replace_schema_metadata(self._metadata), file)
        block.is_written = True
