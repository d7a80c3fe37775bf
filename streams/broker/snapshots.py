"""A partition's state on the compacted topic `state-snapshots`, in chunks the broker takes."""

import logging
import zlib
from collections.abc import AsyncIterable, Iterator

import msgspec

from streams.broker.topic_reader import open_reader
from streams.settings import Settings
from streams.topics import SNAPSHOTS, topic_name

log = logging.getLogger(__name__)

SCHEMA_VERSION = 1
_FIRST_WINDOW = 256
"""Messages read from the end of the topic before looking further back. Unit: count. Source: chosen,
a few states of every stage."""
SLOTS = 2
"""Keys are used again after so many snapshots, so that compaction leaves the last one whole while
the next is written. Unit: count. Source: the least that does."""


class Snapshot(msgspec.Struct, frozen=True):
    """What a stage's partition remembered when it had taken everything before `positions`.

    `number` grows with every snapshot of the partition, whoever writes it; `network` names the
    network the state belongs to; `positions` holds the next offset of each input topic, and
    `topic_ids` the broker's id of the topic that it counts in, where that is known. `published`
    holds the offset after the newest message that the partition sent to each topic. Where `data` is
    empty nothing is remembered but where to read on.
    """

    stage: str
    partition: int
    number: int
    network: str
    positions: dict[str, int]
    data: bytes
    topic_ids: dict[str, str] = {}
    published: dict[str, int] = {}


class Chunk(msgspec.Struct, frozen=True, array_like=True):
    """A piece of a snapshot's bytes; `count` pieces make it. `crc` is None in older ones."""

    version: int
    number: int
    index: int
    count: int
    data: bytes
    crc: int | None = None

    def checksum(self) -> int:
        """Give the CRC-32 of everything but itself."""
        return zlib.crc32(
            self.data, zlib.crc32(f"{self.number}/{self.index}/{self.count}".encode())
        )


def chunk_keys(snapshot: Snapshot, count: int) -> list[bytes]:
    """Give the keys of a snapshot's chunks."""
    slot = snapshot.number % SLOTS
    return [f"{snapshot.stage}/{snapshot.partition}/{slot}/{i}".encode() for i in range(count)]


def chunks(snapshot: Snapshot, chunk_bytes: int) -> Iterator[tuple[bytes, bytes]]:
    """Give the key and value of each message the snapshot is written in."""
    data = msgspec.msgpack.encode(snapshot)
    pieces = [data[i : i + chunk_bytes] for i in range(0, len(data), chunk_bytes)]
    keys = chunk_keys(snapshot, len(pieces))
    for index, (key, piece) in enumerate(zip(keys, pieces, strict=True)):
        chunk = Chunk(SCHEMA_VERSION, snapshot.number, index, len(pieces), piece)
        whole = msgspec.structs.replace(chunk, crc=chunk.checksum())
        yield key, msgspec.msgpack.encode(whole)


class SnapshotAssembler:
    """Collects chunks of one stage's partition in any order; remembers the newest whole one.

    Only those with a number below `before` count. `damaged` says how many chunks were not what had
    been written; a snapshot that lacks one is not whole, and the one before it is the newest.
    """

    def __init__(self, stage: str, partition: int, before: int | None = None) -> None:
        self._prefix = f"{stage}/{partition}/".encode()
        self._before = before
        self._pieces: dict[int, dict[int, bytes]] = {}
        self.newest: Snapshot | None = None
        self.damaged = 0

    @property
    def unfinished(self) -> list[int]:
        """Give the numbers of newer snapshots of which not all is there."""
        newest = -1 if self.newest is None else self.newest.number
        return sorted(number for number in self._pieces if number > newest)

    def add(self, key: bytes | None, value: bytes | None) -> None:
        """Take a message of the topic; others' chunks and other versions' are passed over."""
        if not key or not value or not key.startswith(self._prefix):
            return
        try:
            chunk = msgspec.msgpack.decode(value, type=Chunk)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            self.damaged += 1
            return
        if chunk.version != SCHEMA_VERSION:
            return
        if chunk.crc is not None and chunk.crc != chunk.checksum():
            self.damaged += 1
            return
        if self._before is not None and chunk.number >= self._before:
            return
        pieces = self._pieces.setdefault(chunk.number, {})
        pieces[chunk.index] = chunk.data
        if len(pieces) == chunk.count:
            del self._pieces[chunk.number]
            self._take_whole(pieces)

    def _take_whole(self, pieces: dict[int, bytes]) -> None:
        try:
            whole = b"".join(pieces[i] for i in range(len(pieces)))
            snapshot = msgspec.msgpack.decode(whole, type=Snapshot)
        except (msgspec.MsgspecError, UnicodeDecodeError, KeyError):
            self.damaged += 1
            return
        if self.newest is None or snapshot.number >= self.newest.number:
            self.newest = snapshot


async def load_snapshot(
    settings: Settings, stage: str, partition: int, before: int | None = None
) -> Snapshot | None:
    """Give the newest whole snapshot of the stage's partition, None where there is none.

    Only those with a number below `before`, if that is given. Reads backwards in growing windows,
    so that a topic not yet compacted costs little. Says in the log what is damaged.
    """
    topic = topic_name(settings.topics, SNAPSHOTS)
    async with open_reader(settings.broker, topic) as reader:
        begin, end = await reader.bounds()
        window = _FIRST_WINDOW
        while True:
            start = max(begin, end - window)
            assembler = SnapshotAssembler(stage, partition, before)
            records: AsyncIterable = reader.read(start, end)
            async for record in records:
                assembler.add(record.key, record.value)
            if assembler.newest is not None or start <= begin:
                _say_damage(f"{stage}/{partition}", assembler)
                return assembler.newest
            window *= 8


def _say_damage(name: str, assembler: SnapshotAssembler) -> None:
    """Say what was not whole: a writer that was killed left some out, or bytes were lost."""
    newest = assembler.newest
    instead = "there is none before" if newest is None else f"taking state {newest.number}"
    if assembler.damaged:
        log.error("%s: %d pieces of saved states are damaged: %s", name, assembler.damaged, instead)
    if assembler.unfinished:
        numbers = ", ".join(map(str, assembler.unfinished))
        log.warning("%s: saved states %s are not whole: %s", name, numbers, instead)
