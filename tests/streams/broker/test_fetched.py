"""What a fetch says of empty offsets, and what becomes of batches that cannot be decoded."""

import pytest
from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords

from streams.broker.fetched import FetchedRecords, Undecodable

TP = TopicPartition("gps.taxi", 0)
CODEC_BYTE = 22  # of a batch: the low byte of its attributes


def batch(base: int, *offsets: int, codec: int = 0) -> bytearray:
    """Give a batch with messages at some offsets counted from its own."""
    builder = DefaultRecordBatchBuilder(2, codec, False, -1, -1, -1, 10**6)
    for offset in offsets:
        builder.append(offset, 0, None, b"%d" % (base + offset), [])
    made = bytearray(builder.build())
    made[:8] = base.to_bytes(8, "big")
    return made


def fetch(at: int, *batches: bytearray, check: bool = False) -> list[ConsumerRecord]:
    """Read an answer that was asked for from an offset on."""
    answer = MemoryRecords(bytes(b"".join(batches)))
    return list(FetchedRecords(TP, answer, [], at, None, None, check, 0))


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FetchedRecords, "_ends", {})
    monkeypatch.setattr(FetchedRecords, "_corrupt", set())


def places(records: list[ConsumerRecord]) -> list[tuple[int, int]]:
    return [(record.empty_from, record.offset) for record in records]


def test_a_record_knows_from_where_on_there_was_none_before_it() -> None:
    found = fetch(3, batch(5, 0, 1), batch(10, 2, 3))
    assert places(found) == [(3, 5), (6, 6), (7, 12), (13, 13)]


def test_what_an_answer_ends_with_is_known_to_the_next_one() -> None:
    fetch(5, batch(5, 0))
    control = batch(6, 0)
    control[CODEC_BYTE] |= 0x20
    assert fetch(6, control) == []
    assert places(fetch(7, batch(7, 0))) == [(6, 7)]


def test_an_answer_from_elsewhere_knows_nothing_of_the_one_before() -> None:
    fetch(5, batch(5, 0))
    assert places(fetch(9, batch(9, 0))) == [(9, 9)]


@pytest.mark.parametrize("codec", [1, 2, 3, 4])
def test_every_codec_is_read(codec: int) -> None:
    assert [record.value for record in fetch(0, batch(0, 0, 1, codec=codec))] == [b"0", b"1"]


@pytest.mark.parametrize("codec", [1, 2, 3, 4, 5])
def test_a_batch_that_cannot_be_decoded_is_one_value_and_the_next_is_read(codec: int) -> None:
    broken = batch(10, 0, 1, 2)
    broken[CODEC_BYTE] |= codec  # says it is compressed, and is not
    before, wrong, after = fetch(0, batch(9, 0), broken, batch(13, 0))
    assert isinstance(wrong.value, Undecodable)
    assert str(wrong.value.error).startswith("offsets 10 to 12: ")
    assert places([before, wrong, after]) == [(0, 9), (10, 12), (13, 13)]


def test_a_wrong_check_sum_is_read_once_more_before_it_is_believed() -> None:
    broken = batch(4, 0)
    broken[-1] ^= 1
    assert fetch(4, broken, check=True) == []
    (wrong,) = fetch(4, broken, check=True)
    assert isinstance(wrong.value, Undecodable)
    assert str(wrong.value.error).startswith("offset 4: CorruptRecordException")
    assert fetch(4, broken, check=True) == []  # somebody else's first time
