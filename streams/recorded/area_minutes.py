"""The indices of the city and its districts, minute by minute, of a run."""

from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from congestion.indices import AreaIndices, area_indices
from congestion.records import MEASURED
from ingest.frames import Frame
from ingest.units import KMH
from mapmatch.network import Network
from mapmatch.segment_places import SegmentPlaces
from streams.stages.minute_header import MinuteHeader

AREA_MINUTES = pa.schema(
    [
        ("interval_start", pa.timestamp("ms", tz="UTC")),
        ("area", pa.string()),  # city, or a region's number
        ("segment_count", pa.int32()),
        ("speed_kmh", pa.float32()),
        ("tti", pa.float32()),
        ("congested_share", pa.float32()),
        ("tpi_mileage", pa.float32()),
        ("tpi_travel_time", pa.float32()),
    ]
)
_MEASURED = pa.array(sorted(MEASURED))


class AreaMinutes:
    """Remembers the indices of every minute, and the regions of the minute under way.

    Also remembers in which minutes a segment was measured.

    Takes the frames of segment states, minute by minute, the regions of one in any order.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self._places = SegmentPlaces(network.segment_ids)
        self._speed = np.full(network.segment_count, np.nan)
        self._free = np.full(network.segment_count, np.nan)
        self._minute: float | None = None
        self._rows: list[tuple[float, AreaIndices]] = []
        self._seen: set[float] = set()

    def take(self, frame: Frame) -> None:
        """Take one region's minute."""
        minute = msgspec.json.decode(frame.header.payload, type=MinuteHeader).minute
        if self._minute is not None and minute != self._minute:
            self._finish()
        self._minute = minute
        if pc.any(pc.is_in(frame.batch["quality"], value_set=_MEASURED)).as_py():
            self._seen.add(minute)
        place = self._places.of(frame.batch["segment_id"])
        is_unknown = pc.is_in(frame.batch["quality"], pa.array(["unknown"]))
        speed = frame.batch["speed_kmh"].to_numpy() / KMH
        self._speed[place] = np.where(is_unknown.to_numpy(False), np.nan, speed)
        self._free[place] = frame.batch["free_flow_kmh"].to_numpy() / KMH

    def _finish(self) -> None:
        if self._minute is None:
            return
        found = area_indices(self._network, self._speed, self._free)
        self._rows += [(self._minute, area) for area in found]
        self._speed.fill(np.nan)
        self._free.fill(np.nan)
        self._minute = None

    def city(self) -> tuple[AreaIndices, float, AreaIndices] | None:
        """Give the city's last minute, and the worst one by travel time with its start.

        Minutes in which nothing was measured say only what is usual, and are left out; None where
        there is no other.
        """
        self._finish()
        minutes = [
            (start, area)
            for start, area in self._rows
            if area.area == "city" and area.tti and start in self._seen
        ]
        if not minutes:
            return None
        worst = max(minutes, key=lambda one: (one[1].tti or 0.0, -one[0]))
        return minutes[-1][1], worst[0], worst[1]

    def write(self, path: Path) -> None:
        """Write every area's minutes as Parquet."""
        self._finish()
        starts = [int(start * 1000) for start, _ in self._rows]
        columns = [pa.array(starts, pa.timestamp("ms", tz="UTC"))]
        for field in list(AREA_MINUTES)[1:]:
            columns.append(pa.array([getattr(a, field.name) for _, a in self._rows], field.type))
        pq.write_table(pa.Table.from_arrays(columns, schema=AREA_MINUTES), path)
