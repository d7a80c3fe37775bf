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
from streams.lake.soundness import UnsoundError, sound_metadata

ONE_DAY = timedelta(days=1)
BY_MINUTE = (STATES, TRAVERSALS)
"""The tables whose old days may go; what sums them up stays."""


def forget_vehicles(lake: Path, keep_days: int, today: date) -> list[Path]:
    """Take the vehicles out of traversals that are older than so many days; give the files changed.

    Days count back as in `drop_days`. Days and blocks alike; what cannot be used stays as it is.
    Raises OSError.
    """
    changed = []
    oldest = _oldest_kept(lake, keep_days, today)
    for file, place in _files(lake, TRAVERSALS):
        if place.date < oldest and _has_vehicles(file):
            metadata = joined_metadata([file]) | blocks_metadata(file)
            replace_day(
                "SELECT * REPLACE (CAST(NULL AS VARCHAR) AS vehicle_id) "
                "FROM read_parquet($files, hive_partitioning = false)",
                [file], file, metadata,
            )  # fmt: skip
            changed.append(file)
    return changed


def drop_days(lake: Path, keep_days: int, today: date) -> list[Path]:
    """Remove states and traversals that are older than so many days; give the files removed.

    Days count back from the newest day in the lake that is not after today: a row of a wrong clock
    makes nothing old. Raises OSError.
    """
    gone = []
    oldest = _oldest_kept(lake, keep_days, today)
    for table in BY_MINUTE:
        for file, place in _files(lake, table):
            if place.date < oldest:
                file.unlink()
                gone.append(file)
    return gone


def _files(lake: Path, table: LakeTable) -> list[tuple[Path, Place]]:
    found = [(day.file, day.place) for day in days(lake, table)]
    return found + [(block.file, block.place) for block in blocks(lake, table)]


def _oldest_kept(lake: Path, keep_days: int, today: date) -> str:
    """Give the oldest day that is young enough; "" where every day is."""
    dates = {place.date for table in TABLES for _, place in _files(lake, table)}
    newest = max((day for day in dates if day <= today.isoformat()), default=None)
    return "" if newest is None else (date.fromisoformat(newest) - keep_days * ONE_DAY).isoformat()


def _has_vehicles(file: Path) -> bool:
    try:
        sound_metadata(file, TRAVERSALS)
    except UnsoundError:
        return False
    table = pq.read_table(file, columns=["vehicle_id"], partitioning=None)
    return bool(table["vehicle_id"].null_count < table.num_rows)
