"""One CSV file of a network source as typed columns, every refusal naming line and value."""

import gzip
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from pyarrow import csv

from ingest.kernels.arrays import Floats
from ingest.user_error import reason_of
from mapmatch.network import NetworkError


def find_csv(folder: Path, name: str) -> Path | None:
    """Give the path of `name`.csv or `name`.csv.gz in a folder, None where there is neither."""
    for path in (folder / f"{name}.csv", folder / f"{name}.csv.gz"):
        if path.exists():
            return path
    return None


class CsvTable:
    """A CSV file read as text; columns are converted when asked for.

    Rows are counted from 0, without the header and empty lines; refusals name the line, as an
    editor counts it from 1. Every method raises NetworkError.
    """

    def __init__(self, path: Path, required: tuple[str, ...]) -> None:
        self.path = path
        self._data = _read(path)
        self._table = _parsed(path, self._data)
        missing = [name for name in required if name not in self._table.column_names]
        if missing:
            raise NetworkError(
                f"{path}: no column {missing[0]!r}, expected {', '.join(required)}; "
                f"found {', '.join(self._table.column_names)}"
            )
        repeats = Counter(self._table.column_names).most_common(1)
        if repeats and repeats[0][1] > 1:
            name, count = repeats[0]
            raise NetworkError(f"{path}: {count} columns {name!r}, expected each column once")

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def has(self, column: str) -> bool:
        """Tell whether the file has a column."""
        return column in self._table.column_names

    def text(self, column: str) -> "pd.Series[str]":
        """Give a column as stripped strings, "" where it is empty or absent."""
        if not self.has(column):
            return pd.Series(np.full(len(self), "", object), dtype=object)
        strings = self._table.column(column)
        stripped = pa.compute.utf8_trim_whitespace(strings)
        return pd.Series(stripped.to_pandas(), dtype=object).reset_index(drop=True)

    def numbers(self, column: str, expected: str, low: float, high: float) -> Floats:
        """Give a column as floats within [low, high], NaN where it is empty or absent."""
        text = self.text(column)
        is_blank = (text == "").to_numpy()
        values = pd.to_numeric(text.where(~is_blank, "nan"), errors="coerce").to_numpy(np.float64)
        with np.errstate(invalid="ignore"):
            is_bad = ~is_blank & ~((values >= low) & (values <= high))
        if is_bad.any():
            self.refuse(int(np.argmax(is_bad)), column, expected)
        return values

    def ids(self, column: str) -> "pd.Series[str]":
        """Give a column of unique, non-empty ids."""
        text = self.text(column)
        is_bad = (text == "").to_numpy() | text.str.contains("\0", regex=False).to_numpy(bool)
        if is_bad.any():
            self.refuse(int(np.argmax(is_bad)), column, "an id")
        is_repeat = text.duplicated().to_numpy()
        if is_repeat.any():
            self.refuse(int(np.argmax(is_repeat)), column, "an id that no earlier line has")
        return text

    def positions(self, column: str, ids: "pd.Index[Any]", expected: str) -> npt.NDArray[np.int32]:
        """Give where each row's value stands among some ids."""
        where = ids.get_indexer(pd.Index(self.text(column)))
        if (where < 0).any():
            self.refuse(int(np.argmax(where < 0)), column, expected)
        return where.astype(np.int32)

    def refuse(self, row: int, column: str, expected: str) -> None:
        """Raise the error for one value."""
        value = self.text(column).iloc[row]
        shown = value if len(value) <= 80 else value[:77] + "..."
        raise NetworkError(
            f"{self.path}: line {self.line(row)}, column {column!r}: {shown!r}, expected {expected}"
        )

    def line(self, row: int) -> int:
        """Give the line on which a row begins: a quoted field may hold lines of its own."""
        started, is_quoted = -2, False
        for number, line in enumerate(self._data.splitlines(), 1):
            started += bool(line) and not is_quoted
            if started == row:
                return number
            is_quoted ^= line.count(b'"') % 2 == 1
        raise IndexError(f"row {row} of {len(self)}")


def _read(path: Path) -> bytes:
    try:
        data = path.read_bytes()
        if path.suffix == ".gz":
            data = gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise NetworkError(
            f"{path}: cannot be read ({reason_of(error)}), expected a whole file"
        ) from error
    if not data.strip():
        raise NetworkError(f"{path}: empty, expected a header and rows")
    return data


def _parsed(path: Path, data: bytes) -> pa.Table:
    try:
        # A byte-order mark is dropped by the reader.
        header = csv.open_csv(pa.BufferReader(data), csv.ReadOptions(block_size=1 << 20)).schema
        return csv.read_csv(
            pa.BufferReader(data),
            parse_options=csv.ParseOptions(newlines_in_values=True),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(header.names, pa.string()), strings_can_be_null=False
            ),
        )
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        raise NetworkError(f"{path}: {error}, expected comma-separated UTF-8 text") from error
