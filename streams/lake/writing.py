"""The lake: Parquet files of states, traversals and alerts, each made from one block of offsets."""

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from congestion.records import STATES
from incidents.records import Alert
from ingest.frames import FrameError, decode_frame
from mapmatch.records import TRAVERSALS
from streams import topics
from streams.settings import LakeSettings

log = logging.getLogger(__name__)

BLOCK_MESSAGES = 256
"""Messages of a partition that make one file. Unit: count. Source: chosen; states
of four regions fill it in an hour."""

ALERT_ROWS = pa.schema(
    [
        ("alert_id", pa.string()),
        ("version", pa.int32()),
        ("event_time", pa.string()),
        ("segment_id", pa.string()),
        ("kind", pa.string()),
        ("cause", pa.string()),
        ("severity", pa.int8()),
        ("json", pa.string()),
    ]
)


@dataclass
class _Block:
    first: int
    batches: dict[int, pa.RecordBatch] = field(default_factory=dict)
    events: list[Any] = field(default_factory=list)
    is_written: bool = False


class LakeWriter:
    """Writes `<topic>/part-<partition>-<first offset>.parquet`.

    Remembers the messages of each partition's block under way; a block's file is replaced whole,
    so a message read twice, or a worker that died half-way, leaves no row twice.
    """

    def __init__(self, settings: LakeSettings) -> None:
        self._folder = Path(settings.folder or "lake")
        self._blocks: dict[tuple[str, int], _Block] = {}

    def add(self, topic: str, partition: int, offset: int, value: bytes, event: Any) -> list[Any]:
        """Take a message and give the events whose files are now whole."""
        key = (topic, partition)
        first = offset - offset % BLOCK_MESSAGES
        done: list[Any] = []
        block = self._blocks.get(key)
        if block is not None and block.first != first:
            done = self._finish(key, block)
            block = None
        if block is None:
            block = self._blocks[key] = _Block(first)
        block.events.append(event)
        batch = _rows(topic, value)
        if batch is not None:
            block.batches[offset] = batch
            block.is_written = False
        if offset == first + BLOCK_MESSAGES - 1:
            del self._blocks[key]
            done += self._finish(key, block)
        return done

    def _finish(self, key: tuple[str, int], block: _Block) -> list[Any]:
        self._write(key, block)
        return block.events

    def write_unfinished(self) -> None:
        """Write the blocks under way as far as they are; readers see them, offsets wait."""
        for key, block in self._blocks.items():
            self._write(key, block)

    def forget(self, partitions: set[tuple[str, int]]) -> None:
        """Drop the blocks of partitions that are taken away; their next owner reads them again."""
        for key in partitions & set(self._blocks):
            del self._blocks[key]

    def _write(self, key: tuple[str, int], block: _Block) -> None:
        if block.is_written or not block.batches:
            return
        topic, partition = key
        folder = self._folder / topic
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"part-{partition}-{block.first:012d}.parquet"
        half = path.with_suffix(f".{os.getpid()}.tmp")
        table = pa.Table.from_batches([block.batches[o] for o in sorted(block.batches)])
        pq.write_table(table.replace_schema_metadata(None), half)
        os.replace(half, path)
        block.is_written = True


def _rows(topic: str, value: bytes) -> pa.RecordBatch | None:
    """Give a message's rows; one that cannot be read is already a dead letter of its stage."""
    readers: dict[str, Callable[[bytes], pa.RecordBatch]] = {
        topics.STATES: lambda data: decode_frame(data, STATES).batch,
        topics.TRAVERSALS: lambda data: decode_frame(data, TRAVERSALS).batch,
        topics.ALERTS: _alert_row,
    }
    try:
        return readers[topic](value)
    except (FrameError, msgspec.MsgspecError) as error:
        log.warning("%s: a message was not stored: %s", topic, error)
        return None


def _alert_row(value: bytes) -> pa.RecordBatch:
    alert = msgspec.json.decode(value, type=Alert)
    row = {name: getattr(alert, name) for name in ALERT_ROWS.names if name != "json"}
    return pa.RecordBatch.from_pylist([{**row, "json": value.decode()}], schema=ALERT_ROWS)
