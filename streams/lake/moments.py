"""Single minutes of a lake: which there are, the states of one, and the alerts as they stood."""

import logging
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from congestion.records import STATES
from congestion.stored_file import StoredFileError, minute_bounds
from incidents.records import Alert, iso
from ingest.kernels.arrays import Int64s
from ingest.units import MINUTE_S, Seconds
from streams.lake import layout
from streams.lake.layout import folder_of, place_of
from streams.lake.reading import table_files
from streams.lake.soundness import UnsoundError, plainly, sound_metadata
from streams.no_json import NO_JSON

log = logging.getLogger(__name__)

COLUMNS = ("interval_start", "segment_id", "speed_kmh", "free_flow_kmh", "level", "quality",
           "queue_length_m", "usual_kmh")  # fmt: skip
"""What is read of states."""
_SCHEMA = pa.schema([STATES.field(name) for name in COLUMNS])
DAY_S, ONE_DAY = 86_400.0, timedelta(days=1)
ALERT_DAYS = 2
"""An alert of which no version is of so many days before is not told of. Unit: d. Source: chosen;
what goes on has a new version each few minutes, and a case is closed within a shift."""
Found = TypeVar("Found")


class StoredDay(NamedTuple):
    """The first and the last minute that are stored of a local day, seconds since 1970 UTC.

    `holes` are between them: the first and the last minute of each stretch that is not stored.
    """

    date: str  # YYYY-MM-DD
    first: Seconds
    last: Seconds
    holes: list[tuple[Seconds, Seconds]]


class _Minutes(NamedTuple):
    """The minutes that a file of districts has; `stamp` tells it from one that replaced it."""

    stamp: tuple[int, int]
    starts: Int64s


class _Ends(NamedTuple):
    """What a file of states says of itself: its minutes, and those of each of its row groups."""

    stamp: tuple[int, int]
    bounds: tuple[Seconds, Seconds] | None
    groups: list[tuple[Seconds, Seconds]]


class LakeMoments:
    """Reads single minutes of one network from a lake that others write.

    Remembers the ends of its files, where Parquet says which minutes are in them, and the minutes
    of its districts; a file that cannot be used is left out and named once.
    """

    def __init__(self, lake: Path, network: str) -> None:
        self.lake, self._network = lake, network
        self._ends: dict[Path, _Ends] = {}
        self._minutes: dict[Path, _Minutes] = {}
        self._named: set[Path] = set()

    def days(self) -> list[StoredDay]:
        """Give the days of which states are stored, the oldest first."""
        return _again_where_gone(self._days)

    def _days(self) -> list[StoredDay]:
        files = table_files(self.lake, layout.STATES, folder_of(self._network))
        ends = {file: self._ends_of(file) for file in files}
        self._ends = {file: one for file, one in ends.items() if one is not None}
        bounds: dict[str, list[tuple[Seconds, Seconds]]] = {}
        for file, one in self._ends.items():
            place = place_of(file)
            if place is not None and one.bounds is not None:
                bounds.setdefault(place.date, []).append(one.bounds)
        starts = self._starts()
        return [
            _stored_day(date, min(firsts), max(lasts), starts.get(date, []))
            for date, found in sorted(bounds.items())
            for firsts, lasts in [zip(*found, strict=True)]
        ]

    def _starts(self) -> dict[str, list[Int64s]]:
        """Give the minutes of each day's districts, as each of its files has them."""
        files = table_files(self.lake, layout.AREA_MINUTES, folder_of(self._network))
        found = {file: self._minutes_of(file) for file in files}
        self._minutes = {file: one for file, one in found.items() if one is not None}
        starts: dict[str, list[Int64s]] = {}
        for file, minutes in self._minutes.items():
            place = place_of(file)
            if place is not None:
                starts.setdefault(place.date, []).append(minutes.starts)
        return starts

    def _minutes_of(self, file: Path) -> _Minutes | None:
        stamp = _stamp(file)
        known = self._minutes.get(file)
        if known is not None and known.stamp == stamp:
            return known
        if self._metadata(file, layout.AREA_MINUTES) is None:
            return None
        try:
            rows = pq.read_table(file, columns=["interval_start"], partitioning=None)
        except FileNotFoundError:
            raise
        except (OSError, pa.ArrowException) as error:
            self._leave_out(file, error)
            return None
        times = rows["interval_start"].cast(pa.timestamp("s", tz="UTC")).cast(pa.int64())
        return _Minutes(stamp, np.unique(times.to_numpy()))

    def states(self, first: Seconds, last: Seconds) -> pa.Table:
        """Give the rows of COLUMNS of some minutes, from the first to the last, both their starts.

        Only the parts of files are read that have such minutes.
        """
        return _again_where_gone(lambda: self._states(first, last))

    def _states(self, first: Seconds, last: Seconds) -> pa.Table:
        parts = [_SCHEMA.empty_table()]
        for file in self._files(layout.STATES, first - DAY_S, last + DAY_S):
            ends = self._ends_of(file)
            if ends is None:
                continue
            groups = [n for n, (a, b) in enumerate(ends.groups) if a <= last and b >= first]
            if groups:
                parts.append(self._rows(file, groups, first, last))
        return pa.concat_tables(parts)

    def alerts(self, until: Seconds) -> list[Alert]:
        """Give the newest version of each alert that was published until a time.

        Of alerts without a version in the last ALERT_DAYS nothing is told.
        """
        return _again_where_gone(lambda: self._alerts(until))

    def _alerts(self, until: Seconds) -> list[Alert]:
        newest: dict[str, tuple[int, str]] = {}
        first = until - ALERT_DAYS * DAY_S
        for file in self._files(layout.ALERTS, first, until + DAY_S):
            for alert_id, version, line in self._versions(file, iso(until)):
                if alert_id not in newest or newest[alert_id][0] < version:
                    newest[alert_id] = version, line
        return [alert for _, line in newest.values() if (alert := _alert(line)) is not None]

    def _versions(self, file: Path, until: str) -> Iterable[tuple[str, int, str]]:
        """Give the newest versions until a time of a file, with what is whole of each."""
        if self._metadata(file, layout.ALERTS) is None:
            return []
        try:
            rows = pq.read_table(
                file, columns=["alert_id", "version", "event_time"], partitioning=None
            )
            rows = rows.append_column("row", pa.array(np.arange(rows.num_rows)))
            rows = rows.filter(pc.less_equal(rows["event_time"], until)).sort_by("version")
            last = rows.group_by("alert_id", use_threads=False).aggregate(
                [("version", "last"), ("row", "last")]
            )
            if not last.num_rows:
                return []
            lines = pq.read_table(file, columns=["json"], partitioning=None)["json"]
            found = lines.take(last["row_last"]).to_pylist()
        except (OSError, pa.ArrowException) as error:
            self._leave_out(file, error)
            return []
        return zip(
            last["alert_id"].to_pylist(), last["version_last"].to_pylist(), found, strict=True
        )

    def _files(self, table: layout.LakeTable, first: Seconds, last: Seconds) -> list[Path]:
        """Give the files of the days from a time to another, whatever zone the days are of."""
        day, end = (datetime.fromtimestamp(time, UTC).date() for time in (first, last))
        files: list[Path] = []
        while day <= end:
            files += table_files(self.lake, table, folder_of(self._network, day.isoformat()))
            day += ONE_DAY
        return files

    def _ends_of(self, file: Path) -> _Ends | None:
        """Give the ends of a file of states, None where it cannot be used."""
        stamp = _stamp(file)
        known = self._ends.get(file)
        if known is not None and known.stamp == stamp:
            return known
        metadata = self._metadata(file, layout.STATES)
        if metadata is None:
            return None
        try:
            bounds = minute_bounds(metadata)
        except StoredFileError as error:
            self._leave_out(file, error)
            return None
        at = metadata.schema.names.index("interval_start")
        groups = [metadata.row_group(n).column(at) for n in range(metadata.num_row_groups)]
        found = _Ends(stamp, bounds, [
            (one.statistics.min.timestamp(), one.statistics.max.timestamp()) for one in groups
        ])  # fmt: skip
        self._ends[file] = found
        return found

    def _rows(self, file: Path, groups: list[int], first: Seconds, last: Seconds) -> pa.Table:
        """Give the rows of some minutes, all of them in these row groups of a file."""
        try:
            with pq.ParquetFile(file) as opened:
                names = [name for name in COLUMNS if name in opened.schema_arrow.names]
                rows = opened.read_row_groups(groups, columns=names)
        except FileNotFoundError:
            raise
        except (OSError, pa.ArrowException) as error:
            self._leave_out(file, error)
            return _SCHEMA.empty_table()
        for name in COLUMNS:
            if name not in names:
                rows = rows.append_column(name, pa.nulls(rows.num_rows, _SCHEMA.field(name).type))
        rows = rows.select(list(COLUMNS)).cast(_SCHEMA)
        time = rows["interval_start"].cast(pa.int64())
        is_asked = pc.and_(pc.greater_equal(time, first * 1000), pc.less_equal(time, last * 1000))
        return rows.filter(is_asked)

    def _metadata(self, file: Path, table: layout.LakeTable) -> pq.FileMetaData | None:
        try:
            return sound_metadata(file, table)
        except UnsoundError as error:
            if not file.exists():
                raise FileNotFoundError(file) from error
            self._leave_out(file, error)
            return None

    def _leave_out(self, file: Path, error: Exception) -> None:
        if file not in self._named:
            self._named.add(file)
            log.warning("%s: left out of the past: %s", file, plainly(error))


def _stored_day(date: str, first: Seconds, last: Seconds, starts: Iterable[Int64s]) -> StoredDay:
    """Give a day with its holes; `starts` are its minutes, none where they are not known."""
    told = np.unique(np.concatenate([np.zeros(0, np.int64), *starts]))
    told = told[(told >= first) & (told <= last)]
    after = np.flatnonzero(np.diff(told) > MINUTE_S)
    holes = [(told[n] + MINUTE_S, told[n + 1] - MINUTE_S) for n in after.tolist()]
    return StoredDay(date, first, last, [(float(a), float(b)) for a, b in holes])


def _stamp(file: Path) -> tuple[int, int]:
    about = file.stat()
    return about.st_mtime_ns, about.st_size


def _alert(line: str) -> Alert | None:
    try:
        return msgspec.json.decode(line, type=Alert)
    except NO_JSON as error:
        log.warning("an alert left out of the past: %s", error)
        return None


def _again_where_gone(read: Callable[[], Found]) -> Found:
    """Read once more where a file was put together with others meanwhile."""
    try:
        return read()
    except FileNotFoundError:
        return read()
