"""Sums that a lake keeps beside its states, so that a report need not read every state again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from congestion.reports.area_minutes import DOUBLED, AreaMinutes
from congestion.reports.area_rows import SUMS
from congestion.reports.stored import Extent, Period
from ingest.kernels.arrays import Flags
from mapmatch.network import Network

_COLUMNS = ["interval_start", "area", "segment_count", "row_count", "observed_count", *SUMS]


@dataclass(frozen=True)
class KeptSums:
    """Which sums go with which files of states; all of them were made on the report's network."""

    areas: Mapping[Path, Path] = field(default_factory=dict)
    """The minutes of districts (`AREA_MINUTES`), by the file of states that they are of."""
    segments: Mapping[Path, Path] = field(default_factory=dict)
    """The sums of a day's segments (`SEGMENT_DAYS`), by the file of states that they are of."""

    def of_segments(self, file: Path) -> pa.Table | None:
        """Give the sums of a file's states, None where none are kept that can be read.

        Raises FileNotFoundError where they are gone.
        """
        kept = self.segments.get(file)
        return None if kept is None else _read(kept)

    def minutes(
        self, files: Sequence[Extent], network: Network, chosen: Flags, period: Period
    ) -> AreaMinutes | None:
        """Give the minutes of whole districts, None where they are not kept of every state.

        Also where a state may be there twice. Raises FileNotFoundError where a file is gone.
        """
        regions = np.unique(network.region[chosen])
        if not np.array_equal(chosen, np.isin(network.region, regions)):
            return None
        if not all(extent.file in self.areas for extent in files):
            return None
        found = [_read(self.areas[extent.file], _COLUMNS) for extent in files]
        tables = [table for table in found if table is not None]
        if len(tables) < len(found):
            return None
        rows = pa.concat_tables(tables)
        minute = rows["interval_start"].cast(pa.timestamp("ms", tz="UTC")).cast(pa.int64())
        minutes = minute.to_numpy() // 1000
        region = rows["area"].cast(pa.int64()).to_numpy()
        row_count = rows["row_count"].to_numpy().astype(np.int64)
        sizes = np.bincount(network.region, minlength=network.region_count)
        order = np.lexsort((region, minutes))
        is_twice = (np.diff(minutes[order]) == 0) & (np.diff(region[order]) == 0)
        if is_twice.any() or (row_count > DOUBLED * sizes[region]).any():
            return None
        within = (minutes >= period.start) & (minutes < period.end) & np.isin(region, regions)
        order = order[within[order]]
        known, sums = rows["segment_count"].to_numpy(), [rows[n].to_numpy() for n in SUMS]
        return AreaMinutes(
            minute=minutes[order],
            region=region[order],
            sums=np.column_stack([*sums[:4], known])[order],
            delay_veh_h=sums[4][order],
            row_count=row_count[order],
            observed=rows["observed_count"].to_numpy().astype(np.int64)[order],
            known=known.astype(np.int64)[order],
            doubled_minutes=0,
        )


def _read(file: Path, columns: list[str] | None = None) -> pa.Table | None:
    """Give the rows of a file, None where they cannot be read: then the states are."""
    try:
        return pq.read_table(file, columns=columns, partitioning=None)
    except FileNotFoundError:  # the lake changed meanwhile
        raise
    except (OSError, pa.ArrowException):
        return None
