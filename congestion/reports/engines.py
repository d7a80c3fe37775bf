"""The engines that queries run on: DuckDB in this process, or Spark."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import duckdb
import ibis

from congestion.reports.stored import ReportError

Engine = Literal["duckdb", "spark"]
MEMORY = "4GB"
"""What a query may hold in memory; it spills to disk beyond. Unit: bytes. Source: chosen, half of a
machine of 8 GB."""


class LakeChangedError(ReportError):
    """A file that was replaced or removed while a report read it; the report can be made anew."""


@contextmanager
def said_plainly() -> Iterator[None]:
    """Raise what stops a query as an error for people: LakeChangedError, else ReportError."""
    try:
        yield
    except (duckdb.IOException, FileNotFoundError) as error:
        reason = str(error).splitlines()[0]
        if "space" in reason:  # of the disk that a query spills to
            raise ReportError(f"{tempfile.gettempdir()}: {reason}") from error
        raise LakeChangedError(
            f"the lake changed while it was read, expected it to rest: {reason}"
        ) from error
    except (duckdb.OutOfMemoryException, duckdb.InvalidInputException) as error:
        raise ReportError(str(error).splitlines()[0]) from error


def open_engine(name: Engine = "duckdb") -> Any:
    """Give an engine to ask. Raises ReportError where it is Spark and that is not there.

    Spark is the cluster that SPARK_MASTER names, else this machine. Both give the same figures.
    """
    if name == "spark":
        return _spark()
    spill = Path(tempfile.gettempdir()) / f"clearway-{os.getpid()}"
    return ibis.duckdb.connect(
        memory_limit=MEMORY, preserve_insertion_order=False, temp_directory=str(spill)
    )


def _spark() -> Any:
    try:
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise ReportError(
            "no pyspark, expected the extra: pip install 'clearway[spark]'"
        ) from error
    settings = {
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.sql.shuffle.partitions": "8",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    builder = SparkSession.builder.appName("clearway").master(
        os.environ.get("SPARK_MASTER", "local[*]")
    )
    for key, value in settings.items():
        builder = builder.config(key, value)
    try:
        session = builder.getOrCreate()
    except (PySparkException, RuntimeError, OSError) as error:
        raise ReportError(f"Spark does not start, expected Java 17 or newer: {error}") from error
    session.sparkContext.setLogLevel("ERROR")
    return ibis.pyspark.connect(session)
