"""A state in chunks and whole again."""

import random

import msgspec
import pytest

from streams.broker.snapshots import Chunk, Snapshot, SnapshotAssembler, chunks


def snapshot(number: int, size: int = 10_000) -> Snapshot:
    data = random.Random(number).randbytes(size)
    return Snapshot("match", 3, number, "town", {"fixes": 10 * number}, data)


def assemble(*messages: tuple[bytes, bytes]) -> Snapshot | None:
    assembler = SnapshotAssembler("match", 3)
    for key, value in messages:
        assembler.add(key, value)
    return assembler.newest


def test_chunks_in_any_order_give_the_snapshot_back() -> None:
    messages = list(chunks(snapshot(1), 1024))
    assert len(messages) > 5
    random.Random(0).shuffle(messages)
    assert assemble(*messages) == snapshot(1)


def test_a_snapshot_half_written_does_not_hide_the_one_before() -> None:
    whole, half = list(chunks(snapshot(1), 1024)), list(chunks(snapshot(2), 1024))
    assert assemble(*whole, *half[:-1]) == snapshot(1)


def test_compaction_never_mixes_two_snapshots_in_a_row() -> None:
    first = {key for key, _ in chunks(snapshot(1), 1024)}
    second = {key for key, _ in chunks(snapshot(2), 1024)}
    assert not first & second


def test_a_straggler_with_an_older_state_does_not_win() -> None:
    newer, older = list(chunks(snapshot(9), 1024)), list(chunks(snapshot(7), 1024))
    assert assemble(*newer, *older) == snapshot(9)


def test_messages_of_other_partitions_and_garbage_are_passed_over() -> None:
    other = Snapshot("match", 30, 5, "town", {}, b"other")
    messages = [*chunks(other, 1024), (b"match/3/0/0", b"\xc1 garbage"), *chunks(snapshot(1), 1024)]
    assert assemble(*messages) == snapshot(1)


@pytest.mark.parametrize("seed", range(40))
def test_a_byte_flipped_anywhere_costs_that_state_and_not_the_one_before(seed: int) -> None:
    random.seed(seed)
    before, hurt = list(chunks(snapshot(1), 1024)), list(chunks(snapshot(2), 1024))
    place = random.randrange(len(hurt))
    key, value = hurt[place]
    at = random.randrange(len(value))
    hurt[place] = key, value[:at] + bytes([value[at] ^ random.randrange(1, 256)]) + value[at + 1 :]
    assembler = SnapshotAssembler("match", 3)
    for message in [*before, *hurt]:
        assembler.add(*message)
    assert assembler.newest == snapshot(1)
    assert assembler.damaged or 2 in assembler.unfinished


def test_a_state_without_its_head_is_not_whole_and_is_said_to_be_missing() -> None:
    assembler = SnapshotAssembler("match", 3)
    for message in [*chunks(snapshot(1), 1024), *list(chunks(snapshot(2), 1024))[1:]]:
        assembler.add(*message)
    assert (assembler.newest, assembler.unfinished) == (snapshot(1), [2])


def test_states_written_before_there_were_checksums_are_read() -> None:
    old = [
        (key, msgspec.msgpack.encode(msgspec.msgpack.decode(value)[:5]))
        for key, value in chunks(snapshot(1), 1024)
    ]
    assert msgspec.msgpack.decode(old[0][1], type=Chunk).crc is None
    assert assemble(*old) == snapshot(1)


def test_the_state_before_another_is_found() -> None:
    assembler = SnapshotAssembler("match", 3, before=2)
    for message in [*chunks(snapshot(1), 1024), *chunks(snapshot(2), 1024)]:
        assembler.add(*message)
    assert assembler.newest == snapshot(1)
