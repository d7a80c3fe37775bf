"""How often each speed was seen, by segment and quarter of an hour: a file a local day.

A profile keeps these beside its arrays. Days are added to each other, so a new day costs its own
states alone, and a profile that grew day by day is the one that is built of all days at once.
"""

import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from congestion.profile.calendar import SLOT_S
from congestion.profile.week import identity
from congestion.stored_file import file_stamp, minute_bounds
from ingest.checks.check import HIGHEST_SPEED_KMH
from ingest.units import MINUTE_S
from ingest.user_error import placed
from mapmatch.network import Network

BIN_KMH = 0.5
"""Speeds are counted in steps of so much. Unit: km/h. Source: chosen, a sixteenth of the spread of
a city's speeds within a slot."""
HOURS = 3
"""Hours that are counted at a time, which bounds the memory. Unit: h. Source: chosen."""
MEMORY = "2GB"
"""What counting may hold in memory; it spills to disk beyond. Unit: bytes. Source: chosen, a
quarter of a machine of 8 GB."""
QUARTER_S = 900
"""Clocks of zones differ from UTC by whole quarters of an hour. Unit: s. Source: the IANA database,
since 1972."""
ONE_DAY = timedelta(days=1)
SCHEMA_VERSION = b"1"
_DAYS = "days"
_SCHEMA = pa.schema(
    [("slot", pa.int16()), ("place", pa.int32()), ("bin", pa.int16()), ("count", pa.int32())]
)

_COUNTED = f"""
    SELECT CAST(c.slot AS SMALLINT) AS slot, s.place,
           CAST(round(r.speed_kmh / {BIN_KMH}) AS SMALLINT) AS bin,
           CAST(count(*) AS INTEGER) AS count
    FROM read_parquet($files, union_by_name = true, hive_partitioning = false,
                      can_have_nan = true) r
    JOIN slots c ON c.minute = floor(epoch(r.interval_start) / 60) * 60
    JOIN segments s ON s.segment_id = r.segment_id
    WHERE r.interval_start >= make_timestamptz(CAST($first * 1000000 AS BIGINT))
      AND r.interval_start < make_timestamptz(CAST($end * 1000000 AS BIGINT))
      AND r.quality IN ('observed', 'fused') AND r.speed_kmh BETWEEN 0 AND $most
    GROUP BY ALL ORDER BY ALL
"""


@dataclass(frozen=True)
class Dated:
    """Files of states by the local dates that they may hold minutes of."""

    files: Mapping[date, Sequence[Path]]

    def within(self, first: date | None, last: date | None) -> "Dated":
        """Give the dates from one to another, both included; None leaves an end open."""
        return Dated({d: f for d, f in self.files.items() if (first or d) <= d <= (last or d)})


def by_date(files: Iterable[Path], zone: ZoneInfo) -> Dated:
    """Give the files of states by the dates that they hold minutes of.

    Of a file of one or two days only the ends are read, else its minutes: a stray row of another
    year makes no day of all between. Raises OSError, ArrowInvalid, StoredFileError.
    """
    found: dict[date, list[Path]] = {}
    for file in files:
        bounds = minute_bounds(pq.read_metadata(file))
        if bounds is None:
            continue
        first, last = (datetime.fromtimestamp(time, zone).date() for time in bounds)
        days = {first, last} if last - first <= ONE_DAY else _days_of(file, zone)
        for day in sorted(days):
            found.setdefault(day, []).append(file)
    return Dated({day: found[day] for day in sorted(found)})


def _days_of(file: Path, zone: ZoneInfo) -> set[date]:
    """Give the dates of a file's minutes."""
    days: set[date] = set()
    with pq.ParquetFile(file) as opened:
        for rows in opened.iter_batches(columns=["interval_start"]):
            times = rows.column(0).cast(pa.timestamp("s", tz="UTC"), safe=False).drop_null()
            hours = np.unique(times.cast(pa.int64()).to_numpy() // QUARTER_S).tolist()
            days.update(datetime.fromtimestamp(h * QUARTER_S, zone).date() for h in hours)
    return days


@dataclass
class SlotCounts:
    """The counts of days in a profile's folder, of one network and time zone."""

    folder: Path
    network: Network
    zone: ZoneInfo
    counted: list[date] = field(default_factory=list)  # anew, by the last `count`

    def file_of(self, day: date) -> Path:
        """Give where a day's counts lie."""
        return self.folder / _DAYS / f"{day.isoformat()}.parquet"

    def dates(self, first: date | None = None, last: date | None = None) -> list[date]:
        """Give the days that are counted, from one to another, both included."""
        found = sorted(date.fromisoformat(f.stem) for f in (self.folder / _DAYS).glob("*.parquet"))
        return [d for d in found if (first or d) <= d <= (last or d) and self._stamp_of(d)]

    def stale(self, dated: Dated) -> Dated:
        """Give the days that are not counted, or from other files."""
        return Dated({d: f for d, f in dated.files.items() if self._stamp_of(d) != self._stamp(f)})

    def count(self, day: date, files: Sequence[Path]) -> None:
        """Count a day's states; its file appears whole or not at all. Raises OSError."""
        path = self.file_of(day)
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_suffix(f".{os.getpid()}.tmp")
        schema = _SCHEMA.with_metadata(self._head() | {b"files": self._stamp(files)})
        given = {"files": [str(file) for file in files], "most": HIGHEST_SPEED_KMH}
        try:
            with (
                duckdb.connect(config=engine_config()) as lake,
                pq.ParquetWriter(half, schema, compression="zstd") as writer,
            ):
                ids = self.network.segment_ids
                places = np.arange(len(ids), dtype=np.int32)
                lake.register("segments", pa.table({"segment_id": ids, "place": places}))
                for slots in self._slots(day):
                    lake.register("slots", slots)
                    minutes = slots["minute"].to_numpy()
                    ends = {"first": float(minutes[0]), "end": float(minutes[-1]) + MINUTE_S}
                    rows = lake.sql(_COUNTED, params=given | ends).to_arrow_table()
                    writer.write_table(rows.cast(schema))
            os.replace(half, path)
        except FileNotFoundError:  # of a file of states
            raise
        except OSError as error:
            raise placed(error, path) from error
        finally:
            half.unlink(missing_ok=True)
        self.counted.append(day)

    def _slots(self, day: date) -> Iterable[pa.Table]:
        """Give the day's minutes with their slots, some hours at a time."""
        start, end = (
            datetime(d.year, d.month, d.day, tzinfo=self.zone).timestamp()
            for d in (day, day + ONE_DAY)
        )
        minutes = np.arange(start, end, MINUTE_S)
        slots = []
        for minute in minutes.tolist():
            local = datetime.fromtimestamp(minute, UTC).astimezone(self.zone)
            slots.append((local.hour * 3600 + local.minute * 60) // SLOT_S)
        step = HOURS * 60
        for first in range(0, len(minutes), step):
            part = slice(first, first + step)
            slot = pa.array(slots[part], pa.int16())
            yield pa.table({"minute": pa.array(minutes[part]), "slot": slot})

    def _head(self) -> dict[bytes, bytes]:
        return {
            b"schema_version": SCHEMA_VERSION,
            b"network": identity(self.network).encode(),
            b"timezone": self.zone.key.encode(),
        }

    def _stamp_of(self, day: date) -> bytes | None:
        """Give which files a day was counted from, None where it is not, or of another city."""
        try:
            metadata = pq.read_schema(self.file_of(day)).metadata or {}
        except (OSError, pa.ArrowInvalid):
            return None
        is_ours = all(metadata.get(key) == value for key, value in self._head().items())
        return metadata.get(b"files") if is_ours else None

    def _stamp(self, files: Sequence[Path]) -> bytes:
        return ",".join(sorted(file_stamp(file) for file in files)).encode()


def engine_config() -> dict[str, str]:
    """Give the settings of an engine that counts: bounded, it spills to disk."""
    spill = Path(tempfile.gettempdir()) / f"clearway-{os.getpid()}"
    return {"memory_limit": MEMORY, "temp_directory": str(spill)}
