"""The faults of detectors that are stored: spans of runs, days of lakes."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

from congestion.queues.vehicles import MINUTES_IN_HOUR
from congestion.reports.kinds.detectors import Fault
from congestion.reports.stored import Period
from ingest.user_error import reason_of
from streams.lake import layout
from streams.lake.reading import StoredError
from streams.lake.soundness import UnsoundError, sound_metadata

RUN_FAULTS = "detector_faults.parquet"
_COLUMNS = ["detector_id", "segment_id", "verdict", "unbelieved_minutes", "reason"]


class _Day(NamedTuple):
    """A day on which a detector was not believed."""

    date: date
    segment_id: str
    minutes: int
    reason: str


def stored_faults(folders: Iterable[Path], period: Period, zone: ZoneInfo) -> list[Fault]:
    """Give the faults that runs told, and those of a lake's days that touch the period.

    Raises StoredError where neither is stored, or a file cannot be read.
    """
    found: list[Fault] = []
    is_any = False
    for folder in dict.fromkeys(f.resolve() for f in folders):
        run, days = folder / RUN_FAULTS, layout.days(folder, layout.DETECTOR_DAYS)
        is_any |= run.is_file() or bool(days)
        found += _of_run(run) if run.is_file() else []
        found += _of_lake(days, period, zone)
    if not is_any:
        raise StoredError(
            f"no file {RUN_FAULTS} and no table {layout.DETECTOR_DAYS.name} in the folders, "
            "expected one that a run wrote, or that `clearway lake compact --assets` made"
        )
    return found


def _of_run(file: Path) -> list[Fault]:
    try:
        rows = pq.read_table(file).to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise StoredError(f"{file}: {reason_of(error)}") from error
    return [
        Fault(
            row["detector_id"], row["segment_id"], row["fault"], row["since"].timestamp(),
            row["until"].timestamp() if row["until"] else None, row["evidence"],
        )
        for row in rows
    ]  # fmt: skip


def _of_lake(days: Sequence[layout.Day], period: Period, zone: ZoneInfo) -> list[Fault]:
    first, last = (datetime.fromtimestamp(t, zone).date() for t in (period.start, period.end - 1))
    of_faults: dict[tuple[str, str], list[_Day]] = {}
    dates: set[date] = set()
    for day in days:
        on = date.fromisoformat(day.place.date)
        if not first <= on <= last:
            continue
        dates.add(on)
        for row in _rows(day.file):
            if row["verdict"]:
                key = (row["detector_id"], row["verdict"])
                of_faults.setdefault(key, []).append(
                    _Day(on, row["segment_id"], row["unbelieved_minutes"], row["reason"])
                )
    newest = max(dates, default=None)
    return [
        _fault(key, spell, spell[-1].date == newest, zone)
        for key, of_key in sorted(of_faults.items())
        for spell in _spells(sorted(of_key))
    ]


def _rows(file: Path) -> list[dict[str, Any]]:
    try:
        sound_metadata(file, layout.DETECTOR_DAYS)
        return list(pq.read_table(file, columns=_COLUMNS, partitioning=None).to_pylist())
    except FileNotFoundError:  # the lake changed meanwhile
        raise
    except (OSError, pa.ArrowException, UnsoundError) as error:
        raise StoredError(f"{file}: {reason_of(error)}") from error


def _spells(days: list[_Day]) -> list[list[_Day]]:
    """Give the days that follow each other together."""
    spells = [[days[0]]]
    for one, other in pairwise(days):
        if other.date - one.date > timedelta(days=1):
            spells.append([])
        spells[-1].append(other)
    return spells


def _fault(key: tuple[str, str], spell: list[_Day], goes_on: bool, zone: ZoneInfo) -> Fault:
    start, end = (
        datetime.combine(day, time(), zone).timestamp()
        for day in (spell[0].date, spell[-1].date + timedelta(days=1))
    )
    hours = sum(day.minutes for day in spell) / MINUTES_IN_HOUR
    last = spell[-1]
    return Fault(
        key[0], last.segment_id, key[1], start, None if goes_on else end, last.reason, hours
    )
