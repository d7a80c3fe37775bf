"""Queries are written once: Spark gives what DuckDB gives."""

import dataclasses
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pytest

from congestion.profile.calendar import Calendar
from congestion.reports.engines import LakeChangedError, open_engine, said_plainly
from congestion.reports.kinds.bottlenecks import bottlenecks_report
from congestion.reports.kinds.weekly import weekly_report
from congestion.reports.opened import Area, Opened, open_states, segment_sums
from congestion.reports.stored import ReportError, readable_files
from congestion.roadside import Roadside
from tests.congestion.reports.stored_minutes import START, ZONE, write_states
from tests.drawing import draw

CITY = draw("A-a>B-b>C-c>D", cell_m=25).network
SLOW = [{"a": 4.0, "b": 20.0}, {"a": 5.0}, {"a": 3.0, "c": 30.0}] * 4


def opened_on(engine: str, *files: Path) -> Opened:
    readable = readable_files(files)
    area = Area("city", np.ones(3, np.bool_))
    return open_states(readable, CITY, area, readable.period, ZONE, engine=engine)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def on_both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Opened]]:
    """Open a small lake of two files, of which a part is stored twice, on DuckDB and on Spark."""
    pytest.importorskip("pyspark")
    if shutil.which("java") is None:
        pytest.skip("no java")
    folder = tmp_path_factory.mktemp("lake")
    one = write_states(folder / "one.parquet", CITY, SLOW)
    other = write_states(folder / "other.parquet", CITY, SLOW[:2], START + 600, "filled")
    yield [opened_on(engine, one, other) for engine in ("duckdb", "spark")]
    from pyspark.sql import SparkSession

    session = SparkSession.getActiveSession()
    if session is not None:
        session.stop()


@pytest.mark.slow
def test_spark_and_duckdb_give_the_same_sums(on_both: list[Opened]) -> None:
    duck, spark = on_both
    assert duck.notes == spark.notes
    assert "stored twice" in duck.notes[0]
    assert duck.coverage() == spark.coverage()
    for name in ("minute", "region", "sums", "delay_veh_h", "row_count", "observed", "known"):
        assert getattr(duck.minutes, name) == pytest.approx(getattr(spark.minutes, name))
    one, other = (dataclasses.asdict(segment_sums(opened)) for opened in on_both)
    for name, values in one.items():
        assert values == pytest.approx(other[name])


@pytest.mark.slow
def test_spark_and_duckdb_make_the_same_reports(on_both: list[Opened]) -> None:
    duck, spark = (weekly_report(opened, [], Calendar()).report for opened in on_both)
    assert duck == spark
    stops = Roadside().bus_stops
    duck, spark = (bottlenecks_report(o, [], Calendar(), stops).report for o in on_both)
    assert duck == spark


def test_spark_that_is_not_installed_is_named_with_its_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pyspark.errors", None)
    with pytest.raises(ReportError, match=r"no pyspark, expected the extra: .*clearway\[spark\]"):
        open_engine("spark")


@pytest.mark.parametrize(
    ("raised", "told", "expected"),
    [
        (duckdb.IOException("IO Error: No files found"), LakeChangedError, "expected it to rest"),
        (FileNotFoundError(2, "No such file"), LakeChangedError, "No such file"),
        (duckdb.IOException("Could not write: No space left on device"), ReportError, "No space"),
        (duckdb.OutOfMemoryException("Out of Memory Error: 4GB"), ReportError, "Out of Memory"),
    ],
)
def test_what_stops_a_query_is_said_plainly(
    raised: Exception, told: type[Exception], expected: str
) -> None:
    with pytest.raises(told, match=expected) as found, said_plainly():
        raise raised
    assert type(found.value) is told
