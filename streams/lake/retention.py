"""What a lake forgets: vehicles of old traversals, and days that are not kept."""

from datetime import date, timedelta
from pathlib import Path

import pyarrow.parquet as pq

from streams.lake.compacting import joined_metadata, replace_day
from streams.lake.layout import (
    STATES,
    TABLES,
    TRAVERSALS,
    LakeTable,
    Place,
    blocks,
    blocks_metadata,
    days,
)

BY_MINUTE = (STATES, TRAVERSALS)
"""The tables whose old days may go; what sums them up stays."""


def forget_vehicles(lake: Path, keep_days: int) -> list[Path]:
    """Take the vehicles out of traversals that are older than so many days; give the files changed.

    Days count back from the newest day in the lake. Days and blocks alike. Raises OSError.
    """
    changed = []
    for file, place in _files(lake, TRAVERSALS):
        if _is_older(lake, place, keep_days) and _has_vehicles(file):
            metadata = joined_metadata([file]) | blocks_metadata(file)
            replace_day(
                "SELECT * REPLACE (CAST(NULL AS VARCHAR) AS vehicle_id) "
                "FROM read_parquet($files, hive_partitioning = false)",
                [file], file, metadata,
            )  # fmt: skip
            changed.append(file)
    return changed


def drop_days(lake: Path, keep_days: int) -> list[Path]:
    """Remove states and traversals that are older than so many days; give the files removed.

    Days count back from the newest day in the lake. Raises OSError.
    """
    gone = []
    for table in BY_MINUTE:
        for file, place in _files(lake, table):
            if _is_older(lake, place, keep_days):
                file.unlink()
                gone.append(file)
    return gone


def _files(lake: Path, table: LakeTable) -> list[tuple[Path, Place]]:
    found = [(day.file, day.place) for day in days(lake, table)]
    return found + [(block.file, block.place) for block in blocks(lake, table)]


def _is_older(lake: Path, place: Place, keep_days: int) -> bool:
    newest = max(
        (found.name.removeprefix("date=") for table in TABLES
         for found in (lake / table.name).glob("network=*/date=*")), default=place.date,
    )  # fmt: skip
    return date.fromisoformat(place.date) < date.fromisoformat(newest) - timedelta(days=keep_days)


def _has_vehicles(file: Path) -> bool:
    table = pq.read_table(file, columns=["vehicle_id"], partitioning=None)
    return table["vehicle_id"].null_count < table.num_rows
