"""A file of row groups: whole, or given up for the reason that broke it off."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from streams.recorded import block_writer
from streams.recorded.block_writer import BlockWriter

ROWS = pa.RecordBatch.from_pydict({"n": [1, 2, 3], "more": ["a", "b", "c"]})
SCHEMA = pa.schema([("n", pa.int64())])


def test_small_batches_become_row_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(block_writer, "BLOCK_ROWS", 6)
    with BlockWriter(tmp_path / "a.parquet", SCHEMA) as writer:
        for _ in range(3):
            writer.add(ROWS)
    metadata = pq.read_metadata(tmp_path / "a.parquet")
    assert [metadata.row_group(i).num_rows for i in range(2)] == [6, 3]
    assert writer.row_count == 9


def test_a_full_disk_is_what_is_raised_and_not_what_follows_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors = iter([OSError(28, "No space left on device"),
                   pa.ArrowInvalid("Operation on closed file")])  # fmt: skip

    def full(*_: object, **__: object) -> None:
        raise next(errors)

    monkeypatch.setattr(block_writer, "BLOCK_ROWS", 1)
    with (
        pytest.raises(OSError, match="No space left"),
        BlockWriter(tmp_path / "a.parquet", SCHEMA) as writer,
    ):
        monkeypatch.setattr(pq.ParquetWriter, "write_table", full)
        monkeypatch.setattr(pq.ParquetWriter, "close", full)
        writer.add(ROWS)
