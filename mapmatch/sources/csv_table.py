"""One CSV file of a network source as typed columns, every refusal naming line and value."""

import gzip
import zlib
from collections import Counter
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from ingest.kernels.arrays import Floats
from ingest.user_error import reason_of
from mapmatch.network import NetworkError

MISSING = ("NaN", "NULL", "null", "None")
"""What stands for an empty field. Source: GMNS 0.96 (missingValues), and what databases write."""
CUT_AT = 10
"""Characters that a shapefile keeps of a column's name. Unit: count. Source: dBASE III."""


def find_csv(folder: Path, name: str) -> Path | None:
    """Give the path of `name`.csv or `name`.csv.gz in a folder, None where there is neither.

    Capitals in the file's name do not matter.
    """
    wanted = (f"{name}.csv", f"{name}.csv.gz")
    for path in (folder / name for name in wanted):
        if path.exists():
            return path
    if not folder.is_dir():
        return None
    found = [path for path in folder.iterdir() if path.name.lower() in wanted]
    return min(found, default=None)


class CsvTable:
    """A CSV file read as text; columns are converted when asked for.

    A column is known by its name in small or capital letters, or cut as a shapefile cuts it.
    Columns without a name and rows without a value are left out. Rows are counted from 0;
    refusals name the line, as an editor counts it from 1. Every method raises NetworkError.
    """

    def __init__(self, path: Path, required: tuple[str, ...]) -> None:
        self.path = path
        self._data = _read(path)
        table = _parsed(path, self._data)
        names = [name.strip() for name in table.column_names]
        repeats = Counter(name for name in names if name).most_common(1)
        named = [i for i, name in enumerate(names) if name]
        self._table = table.select(named).rename_columns([names[i] for i in named])
        self._place: dict[str, int] = {}
        for i, name in reversed(list(enumerate(self._table.column_names))):
            self._place[name.lower()] = i
        missing = [name for name in required if not self.has(name)]
        if missing:
            raise NetworkError(
                f"{path}: no column {missing[0]!r}, expected {', '.join(required)}; "
                f"found {', '.join(self._table.column_names)}"
            )
        if repeats and repeats[0][1] > 1:
            name, count = repeats[0]
            raise NetworkError(f"{path}: {count} columns {name!r}, expected each column once")
        self._rows = np.arange(self._table.num_rows)
        self.keep(~self._blank_rows())

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def keep(self, is_kept: npt.NDArray[np.bool_]) -> None:
        """Forget the other rows; lines are still counted as they stand in the file."""
        if not is_kept.all():
            self._rows = self._rows[is_kept]
            self._table = self._table.filter(pa.array(is_kept))

    def has(self, column: str) -> bool:
        """Tell whether the file has a column."""
        return self._column(column) is not None

    def forget_repeats(self) -> tuple[int, int]:
        """Forget rows that say word for word what an earlier one says, or what the header says.

        Gives how many those are, and the line of the first.
        """
        names = [[name] for name in self._table.column_names]
        header = pa.table(names, schema=self._table.schema)
        rows = pa.concat_tables([header, self._table]).to_pandas()
        is_repeat = rows.duplicated().to_numpy()[1:]
        if not is_repeat.any():
            return 0, 0
        line = self.line(int(np.argmax(is_repeat)))
        self.keep(~is_repeat)
        return int(is_repeat.sum()), line

    def text(self, column: str) -> "pd.Series[str]":
        """Give a column as stripped strings, "" where it is empty or absent."""
        place = self._column(column)
        if place is None:
            return pd.Series(np.full(len(self), "", object), dtype=object)
        stripped = pc.utf8_trim_whitespace(self._table.column(place))
        is_missing = pc.is_in(stripped, value_set=pa.array(MISSING))
        if pc.any(is_missing).as_py():
            stripped = pc.if_else(is_missing, "", stripped)
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

    def places(self, column: str, ids: "pd.Series[str]") -> npt.NDArray[np.int32]:
        """Give where each row's value stands among some ids, -1 where it is none of them.

        A whole number written as a decimal one (`12.0`) is the same id.
        """
        text = self.text(column)
        where = pd.Index(ids).get_indexer(pd.Index(text))
        if (where < 0).any():
            whole = pd.Index(whole_ids(ids))
            if whole.is_unique:
                where = whole.get_indexer(pd.Index(whole_ids(text)))
        return where.astype(np.int32)

    def positions(self, column: str, ids: "pd.Series[str]", expected: str) -> npt.NDArray[np.int32]:
        """Give where each row's value stands among some ids; each must be one of them."""
        where = self.places(column, ids)
        if (where < 0).any():
            self.refuse(int(np.argmax(where < 0)), column, expected)
        return where

    def refuse(self, row: int, column: str, expected: str) -> None:
        """Raise the error for one value."""
        place = self._column(column)
        value = "" if place is None else self._table.column(place)[row].as_py().strip()
        shown = value if len(value) <= 80 else value[:77] + "..."
        raise NetworkError(
            f"{self.path}: line {self.line(row)}, column {column!r}: {shown!r}, expected {expected}"
        )

    def line(self, row: int) -> int:
        """Give the line on which a row begins: a quoted field may hold lines of its own."""
        started, is_quoted = -2, False
        for number, line in enumerate(self._data.splitlines(), 1):
            started += bool(line) and not is_quoted
            if started == self._rows[row]:
                return number
            is_quoted ^= line.count(b'"') % 2 == 1
        raise IndexError(f"row {row} of {len(self)}")

    def _column(self, name: str) -> int | None:
        place = self._place.get(name)
        return self._place.get(name[:CUT_AT]) if place is None and len(name) > CUT_AT else place

    def _blank_rows(self) -> npt.NDArray[np.bool_]:
        is_blank = np.ones(len(self), bool)
        for column in self._table.columns:
            if not is_blank.any():
                break
            is_blank &= pc.equal(pc.utf8_trim_whitespace(column), "").to_numpy()
        return is_blank


def whole_ids(ids: "pd.Series[str]") -> "pd.Series[str]":
    """Give ids without the `.0` that a table of decimal numbers puts behind them."""
    return ids.str.replace(r"^(-?\d+)\.0+$", r"\1", regex=True)


def _read(path: Path) -> bytes:
    try:
        data = path.read_bytes()
        if path.suffix.lower() == ".gz":
            data = gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise NetworkError(
            f"{path}: cannot be read ({reason_of(error)}), expected a whole file"
        ) from error
    if not data.strip():
        raise NetworkError(f"{path}: empty, expected a header and rows")
    return _without_blank_end(data)


def _without_blank_end(data: bytes) -> bytes:
    """Drop the rows of commas that spreadsheets leave at the end, however many commas each has."""
    last_row = data.rstrip(b", \t\r\n")
    end = data.find(b"\n", len(last_row))
    return data if end < 0 else data[: end + 1]


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
