"""The sums of every district and minute: what all indices of areas and hours are made of."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from ibis import _

from congestion.indices import AreaIndices, AreaSums, indices_of
from congestion.reports.stored import on_segments
from ingest.kernels.arrays import Flags, Floats, Int64s

DOUBLED = 1.3
"""A minute of a district with so many times more rows than segments was stored twice. Unit: 1.
Source: chosen, between once and twice; the count of segments is estimated to a few in a hundred."""
_SUMS = ("known_weight", "time", "free_time", "congested", "delay_veh_h")


@dataclass(frozen=True)
class AreaMinutes:
    """Sums of m rows, one a district and minute; see `congestion.indices.AreaSums`."""

    minute: Int64s  # m, its start, s since 1970 UTC
    region: Int64s  # m
    sums: Floats  # m x 5, the fields of AreaSums
    delay_veh_h: Floats  # m
    row_count: Int64s  # m, segments with a state
    observed: Int64s  # m, of these seen in the minute
    known: Int64s  # m, of these of known speed
    doubled_minutes: int  # districts' minutes that were stored twice

    def area(self, name: str, chosen: Flags) -> AreaIndices:
        """Give the indices of some of the rows together."""
        return indices_of(name, AreaSums(*self.sums[chosen].sum(axis=0).tolist()))

    def regions(self) -> list[int]:
        """Give the districts that have rows."""
        return np.unique(self.region).tolist()

    def city_minutes(self) -> tuple[Int64s, Floats]:
        """Give each minute's start and the area's travel time index in it, NaN: nothing known."""
        minutes, place = np.unique(self.minute, return_inverse=True)
        time, free = (np.bincount(place, self.sums[:, i], len(minutes)) for i in (1, 2))
        return minutes, np.divide(time, free, out=np.full(len(minutes), np.nan), where=free > 0)

    def of_region(self, region: int | None) -> Flags:
        """Tell which rows are of a district; None: of the whole area."""
        every = np.ones(len(self.minute), np.bool_)
        return every if region is None else self.region == region


def area_minutes(states: Any, segments: Any) -> AreaMinutes:
    """Sum the states of every district and minute."""
    found = _summed(states, segments)
    return AreaMinutes(
        minute=found["minute"].to_numpy(np.int64),
        region=found["region"].to_numpy(np.int64),
        sums=found[[*_SUMS[:4], "known"]].to_numpy(np.float64),
        delay_veh_h=found["delay_veh_h"].to_numpy(np.float64),
        row_count=found["row_count"].to_numpy(np.int64),
        observed=found["observed"].to_numpy(np.int64),
        known=found["known"].to_numpy(np.int64),
        doubled_minutes=int((found["row_count"] > DOUBLED * found["segments"]).sum()),
    )


def once_each(states: Any) -> Any:
    """Give states of which those stored twice stand once."""
    names = [name for name in states.columns if name not in ("segment_id", "minute")]
    return states.group_by("segment_id", "minute").agg(**{n: _[n].arbitrary() for n in names})


def _summed(states: Any, segments: Any) -> Any:
    rows = on_segments(states, segments)
    sums = {name: _[name].sum().fill_null(0.0) for name in _SUMS}
    return (
        rows.group_by("minute", "region")
        .agg(
            **sums,
            row_count=_.count(),
            segments=_.segment.approx_nunique(),
            observed=(_.is_measured & _.is_known).sum().fill_null(0),
            known=_.is_known.sum().fill_null(0),
        )
        .order_by("minute", "region")
        .to_pandas()
    )
