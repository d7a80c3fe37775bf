"""A Parquet file written in row groups of a sensible size from small batches."""

from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq

BLOCK_ROWS = 50_000
"""Rows of a row group of a run's Parquet files. Unit: count. Source: chosen, a few megabytes."""


class BlockWriter:
    """Writes batches into one file; remembers those of the row group under way.

    As a context it ends the file; what broke off the writing, such as a full disk, is what is
    raised.
    """

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._writer = pq.ParquetWriter(path, schema)
        self._schema = schema
        self._waiting: list[pa.RecordBatch] = []
        self._waiting_rows = 0
        self.row_count = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Take rows, with the columns of the schema and perhaps more. Raises OSError."""
        self._waiting.append(batch.select(self._schema.names))
        self._waiting_rows += batch.num_rows
        self.row_count += batch.num_rows
        if self._waiting_rows >= BLOCK_ROWS:
            self._flush()

    def _flush(self) -> None:
        self._writer.write_table(pa.Table.from_batches(self._waiting, self._schema))
        self._waiting, self._waiting_rows = [], 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:  # fmt: skip
        if kind is None:
            self._flush()
            self._writer.close()
            return
        with suppress(OSError, pa.ArrowException):  # the file is given up
            self._writer.close()
