"""The latest state of every segment, and the network as a whole minute by minute."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from congestion.corridor_times import CorridorTime, corridor_time
from congestion.corridors import Corridor
from congestion.indices import AreaIndices, area_indices
from congestion.records import MEASURED
from ingest.kernels.arrays import Floats
from ingest.units import KMH, Seconds
from mapmatch.network import NONE, Network
from mapmatch.segment_places import SegmentPlaces
from streams.console.calm import NO_LEVEL, CalmLevels
from streams.console.contract import MinuteSummary, StateColumns, StatesDelta, StatesSnapshot
from streams.console.history.segment_history import STEPS, HistoryBoard

LEVEL_COUNT = 6
"""Levels 0 (free) to 5 (blocked)."""
CONGESTED_LEVEL = 3
"""From this level on a segment counts as congested. Unit: level. Source: chosen, the middle of
the scale."""
LEAST_MEASURED = 0.05
"""Of a network of which less is measured no speed is told. Unit: share of length. Source: chosen;
the roads of a hundred probes are no city's."""
HISTORY_MINUTES = 1440
"""Minutes of the network that are remembered. Unit: min. Source: chosen, a day."""
UNKNOWN_LEVEL = 127
NOT_LIVE = ("historic", "unknown")  # qualities of states that no sensor tells at present
"""Stands in the array where no level is known; on the wire it is None."""


class Filled(NamedTuple):
    """The segments of a region's minute, the rows that they are in, and which of them changed."""

    indices: npt.NDArray[np.int_]
    rows: npt.NDArray[np.int_]
    changed: npt.NDArray[np.bool_]


class SegmentBoard:
    """Remembers one state a segment; a region's minute older than its last one is ignored.

    A minute in which nothing was measured in the region is ignored too: the states stay as they
    were, with the time they were measured, so that the end of a feed does not wipe the map. A
    region of which nothing newer is known than `old_after_s` before the newest of any is old: it is
    in no sum.
    """

    def __init__(
        self,
        network: Network,
        history_minutes: int = 120,
        calm_minutes: int = 3,
        old_after_s: Seconds = 180.0,
    ) -> None:
        count = network.segment_count
        self._network = network
        self.segment_history = HistoryBoard(network, history_minutes)
        self._calm = CalmLevels(count, calm_minutes)
        self._speed = np.full(count, np.nan)
        self._free_flow = np.full(count, np.nan)
        self._queue = np.full(count, np.nan)
        self._usual = np.full(count, np.nan)
        self._level = np.full(count, UNKNOWN_LEVEL, dtype=np.int8)
        self._quality = np.full(count, None, dtype=object)
        self._observed = np.full(count, np.nan)
        self.regions: dict[str, float] = {}
        self._old_after_s = old_after_s
        self._heard: dict[str, float] = {}
        self._first_heard = math.inf
        self._silent: frozenset[int] = frozenset()
        self._has_ended = False
        self._old: list[int] = []
        self._places = SegmentPlaces(network.segment_ids)
        self.interval_s = 60
        self.unknown_segment_count = 0
        self._history: dict[float, MinuteSummary] = {}

    @property
    def minute(self) -> float | None:
        """Give the start of the newest minute of any region."""
        return max(self.regions.values(), default=None)

    def take(self, region: str, minute: float, batch: pa.RecordBatch) -> StatesDelta | None:
        """Take a region's minute and give what changed; None where the minute is an old one."""
        self._heard[region] = max(minute, self._heard.get(region, minute))
        self._first_heard = min(self._first_heard, minute)
        if region in self.regions and not _has_measured(batch):
            return None
        found = self.fill(region, minute, batch)
        if found is None:
            return None
        indices, rows, changed = found
        self.segment_history.take(
            minute, indices, {name: _floats(batch[name])[rows] for name in STEPS}
        )
        self._old = self._old_now()
        self.summarise(minute)
        return StatesDelta(region, minute, self._columns(np.sort(indices[changed])))

    def fill(self, region: str, minute: float, batch: pa.RecordBatch) -> Filled | None:
        """Take a region's minute, measured or not, without its history or the network's sum."""
        if minute < self.regions.get(region, -math.inf):
            return None
        is_again = minute == self.regions.get(region)
        self.regions[region] = minute
        places = self._places.of(batch["segment_id"])
        rows = np.flatnonzero(places != NONE)
        indices = places[rows].astype(np.int_)
        self.unknown_segment_count += batch.num_rows - len(rows)
        changed = self._write(indices, rows, minute, batch)
        drawn = self._calm.drawn(indices)
        level = self._level[indices]
        level = np.where(level == UNKNOWN_LEVEL, NO_LEVEL, level)
        changed |= self._calm.take(indices, level, is_again=is_again) != drawn
        return Filled(indices, rows, changed)

    def _write(
        self, indices: npt.NDArray[np.int_], rows: npt.NDArray[np.int_], minute: float,
        batch: pa.RecordBatch,
    ) -> npt.NDArray[np.bool_]:  # fmt: skip
        changed = np.zeros(len(rows), dtype=bool)
        for name, known, decimals in (
            ("speed_kmh", self._speed, 1),
            ("free_flow_kmh", self._free_flow, 1),
            ("queue_length_m", self._queue, 0),
            ("usual_kmh", self._usual, 1),
        ):
            new = np.round(_floats(batch[name])[rows], decimals)
            old = known[indices]
            if name != "usual_kmh":  # pages are not told of it
                changed |= (new != old) & ~(np.isnan(new) & np.isnan(old))
            known[indices] = new
        quality = np.array(batch["quality"].to_pylist(), dtype=object)[rows]
        level = np.where(quality == "unknown", np.nan, _floats(batch["level"])[rows])
        new_level = np.where(np.isnan(level), UNKNOWN_LEVEL, level).astype(np.int8)
        changed |= new_level != self._level[indices]
        self._level[indices] = new_level
        changed |= quality != self._quality[indices]
        self._quality[indices] = quality
        is_measured = np.isin(quality, list(MEASURED))
        self._observed[indices[is_measured]] = minute
        return changed

    def leave_out(self, silent: frozenset[int], has_ended: bool = False) -> None:
        """Hold these regions for old until told again: the worker that tells of them is silent.

        Once the feed has ended none is: each stays as it last was.
        """
        if (silent, has_ended) != (self._silent, self._has_ended):
            self._silent, self._has_ended = silent, has_ended
            self._old = self._old_now()
            if self._history:
                self.summarise(max(self._history))

    @property
    def old_regions(self) -> list[int]:
        """Give the regions of which it is not known how they are now."""
        return self._old

    def unheard_regions(self) -> list[int]:
        """Give the regions of which nothing came while others spoke."""
        if self._has_ended:
            return []
        newest = max(self._heard.values(), default=-math.inf)
        return [
            region
            for region in range(self._network.region_count)
            if region in self._silent
            or newest - self._heard.get(str(region), self._first_heard) > self._old_after_s
        ]

    def _old_now(self) -> list[int]:
        if self._has_ended:
            return []
        newest = max(self.regions.values(), default=-math.inf)
        aged = {int(r) for r, at in self.regions.items() if newest - at > self._old_after_s}
        return sorted(aged.union(self.unheard_regions()))

    def _is_known_now(self) -> npt.NDArray[np.bool_]:
        return ~np.isin(self._network.region, self._old)

    def snapshot(self) -> StatesSnapshot:
        """Give the latest state of every segment that has one."""
        known = np.flatnonzero((self._level != UNKNOWN_LEVEL) | ~np.isnan(self._speed))
        ids = self._network.segment_ids
        return StatesSnapshot(
            network=self._network.name,
            interval_s=self.interval_s,
            regions=dict(self.regions),
            segment_ids=[ids[index] for index in known],
            states=self._columns(known),
        )

    def _columns(self, indices: npt.NDArray[np.int_]) -> StateColumns:
        level = self._level[indices]
        return StateColumns(
            steps=np.diff(indices, prepend=0).tolist(),
            speed_kmh=_optional(self._speed[indices]),
            free_flow_kmh=_optional(self._free_flow[indices]),
            level=[None if one == UNKNOWN_LEVEL else one for one in level.tolist()],
            drawn_level=[
                None if one == NO_LEVEL else one for one in self._calm.drawn(indices).tolist()
            ],
            quality=self._quality[indices].tolist(),
            queue_length_m=_optional(self._queue[indices]),
            observed=_optional(self._observed[indices]),
        )

    def summarise(self, minute: float) -> None:
        """Sum up the network as it is at a minute."""
        length = self._network.length_m
        is_known = self._is_known_now()
        is_measured = is_known & np.isin(self._quality, list(MEASURED))
        is_filled = is_known & (self._quality == "filled")
        measured_m, filled_m = length[is_measured].sum(), length[is_filled].sum()
        is_told = is_measured & (self._speed > 0)
        if measured_m < LEAST_MEASURED * length.sum():
            is_told = np.zeros(len(length), dtype=bool)
        speed, free_flow, weight = self._speed[is_told], self._free_flow[is_told], length[is_told]
        travel = float((weight / speed).sum())
        has_both = ~np.isnan(free_flow) & (free_flow > 0)
        free_travel = float((weight[has_both] / free_flow[has_both]).sum())
        real_travel = float((weight[has_both] / speed[has_both]).sum())
        has_level = is_measured & (self._level < LEVEL_COUNT)
        counts = np.bincount(self._level[has_level].astype(int), minlength=LEVEL_COUNT)
        congested = has_level & (self._level >= CONGESTED_LEVEL)
        self._history[minute] = MinuteSummary(
            minute=minute,
            speed_kmh=round(float(weight.sum()) / travel, 1) if travel > 0 else None,
            free_flow_share=round(free_travel / real_travel, 3) if real_travel > 0 else None,
            level_counts=counts.tolist(),
            congested_km=_km(length[congested].sum()),
            measured_km=_km(measured_m),
            filled_km=_km(filled_m),
            unseen_km=_km(length.sum() - measured_m - filled_m),
            tpi=self.indices()[0].tpi_travel_time if is_told.any() else None,
            usual_tpi=self._usual_tpi(is_told),
        )
        if len(self._history) > HISTORY_MINUTES:
            del self._history[min(self._history)]

    def speed_mps(self) -> Floats:
        """Give the latest speed of each segment, NaN where none is known."""
        return self._speed / KMH

    def indices(self) -> list[AreaIndices]:
        """Give the indices of the city and its districts from the latest states."""
        is_live = self._is_known_now() & ~np.isin(self._quality, NOT_LIVE)
        speed = np.where(is_live, self._speed, np.nan) / KMH
        return area_indices(self._network, speed, self._free_flow / KMH)

    def corridor_times(self, corridors: Sequence[Corridor]) -> list[CorridorTime]:
        """Give the travel times of corridors from the latest states; old regions are unknown."""
        is_known = self._is_known_now()
        speed = np.where(is_known, self._speed, np.nan) / KMH
        usual, free = self._usual / KMH, self._free_flow / KMH
        is_measured = is_known & np.isin(self._quality, list(MEASURED))
        return [
            corridor_time(one, self._network, speed, usual, free, is_measured) for one in corridors
        ]

    def _usual_tpi(self, is_told: npt.NDArray[np.bool_]) -> float | None:
        """Give the usual index, None where the usual of less than half of what is told is known."""
        length, has_usual = self._network.length_m, is_told & (self._usual > 0)
        if length[has_usual].sum() <= 0.5 * length[is_told].sum():
            return None
        usual = np.where(has_usual, self._usual, np.nan) / KMH
        return area_indices(self._network, usual, self._free_flow / KMH)[0].tpi_travel_time

    def history(self) -> list[MinuteSummary]:
        """Give the network's minutes, oldest first."""
        return [self._history[minute] for minute in sorted(self._history)]

    def summary(self) -> MinuteSummary | None:
        """Give the newest minute's summary."""
        return self._history[max(self._history)] if self._history else None


def _km(length_m: float) -> float:
    return round(float(length_m) / 1000.0, 2)


def _floats(column: pa.Array) -> Floats:
    return np.asarray(column.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)


def _has_measured(batch: pa.RecordBatch) -> bool:
    return bool(pc.any(pc.is_in(batch["quality"], pa.array(sorted(MEASURED)))).as_py())


def _optional(values: Floats) -> list[float | None]:
    told: list[float | None] = values.tolist()
    for place in np.flatnonzero(np.isnan(values)).tolist():
        told[place] = None
    return told
