"""What a stored file of states says of itself: its columns and its minutes."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from congestion.reports.stored import NEEDED
from congestion.stored_file import StoredFileError, check_columns, minute_bounds
from tests.congestion.reports.stored_minutes import START, write_states
from tests.drawing import draw

CITY = draw("A-a>B", cell_m=125).network
ROWS = 3


@pytest.fixture(scope="module")
def states(tmp_path_factory: pytest.TempPathFactory) -> pa.Table:
    file = tmp_path_factory.mktemp("states") / "s.parquet"
    return pq.read_table(write_states(file, CITY, [{}] * ROWS))


def with_column(table: pa.Table, name: str, column: pa.ChunkedArray | pa.Array) -> pa.Table:
    return table.set_column(table.schema.names.index(name), name, column)


def written(table: pa.Table, folder: Path) -> pq.FileMetaData:
    pq.write_table(table, folder / "s.parquet")
    return pq.read_metadata(folder / "s.parquet")


@pytest.mark.parametrize(
    ("name", "column", "said"),
    [
        ("interval_start", pa.array([1] * ROWS), "found numbers, expected times with a zone"),
        ("interval_start", pa.array([1] * ROWS, pa.timestamp("ms")), "found timestamp"),
        ("interval_start", pa.array([1] * ROWS, pa.date32()), "found date32"),
        ("speed_kmh", pa.array(["fast"] * ROWS), "found text, expected numbers"),
        ("segment_id", pa.array([1] * ROWS), "found numbers, expected text"),
        ("quality", pa.nulls(ROWS), "found null, expected text"),
    ],
)
def test_a_column_of_another_kind_is_named_with_what_it_is(
    states: pa.Table, name: str, column: pa.Array, said: str
) -> None:
    with pytest.raises(StoredFileError, match=f"column '{name}': {said}"):
        check_columns(with_column(states, name, column).schema, NEEDED)


def test_a_column_that_lacks_or_is_there_twice_is_named(states: pa.Table) -> None:
    with pytest.raises(StoredFileError, match="no column 'quality'"):
        check_columns(states.drop_columns("quality").schema, NEEDED)
    twice = states.append_column("speed_kmh", states["speed_kmh"])
    with pytest.raises(StoredFileError, match="2 columns 'speed_kmh'"):
        check_columns(twice.schema, NEEDED)


def test_other_widths_and_other_tools_text_are_as_good(states: pa.Table) -> None:
    table = with_column(states, "speed_kmh", states["speed_kmh"].cast(pa.float64()))
    table = with_column(table, "quality", states["quality"].dictionary_encode())
    table = with_column(table, "segment_id", states["segment_id"].cast(pa.large_string()))
    time = states["interval_start"].cast(pa.timestamp("us", tz="UTC"))
    check_columns(with_column(table, "interval_start", time).schema, NEEDED)


def test_the_bounds_are_the_first_and_the_last_minute(states: pa.Table, tmp_path: Path) -> None:
    assert minute_bounds(written(states, tmp_path)) == (START, START + 60 * (ROWS - 1))
    assert minute_bounds(written(states.slice(0, 0), tmp_path)) is None


@pytest.mark.parametrize(
    ("time", "said"), [(None, "no bounds of 'interval_start'"), (2**62 // 1000, "year 9999")]
)
def test_times_of_no_calendar_are_named(
    states: pa.Table, tmp_path: Path, time: int | None, said: str
) -> None:
    times = pa.array([time] * ROWS, pa.timestamp("ms", tz="UTC"))
    with pytest.raises(StoredFileError, match=said):
        minute_bounds(written(with_column(states, "interval_start", times), tmp_path))
