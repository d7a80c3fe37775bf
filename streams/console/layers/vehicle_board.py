"""Where buses and taxis are now, by how far matching knows that they got; only while asked for."""

import math
import zlib
from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingest.frames import decode_frame
from ingest.kernels.arrays import Floats
from ingest.units import KMH, Degrees, Seconds
from mapmatch.network import Network
from mapmatch.projection import LocalPlane
from mapmatch.records import PROGRESS
from streams.console.layers.vehicle_records import FLEETS, VehicleReport, VehiclesSeen

ASKED_FOR_S = 20.0
"""Positions are read for so long after somebody asked for them. Unit: s. Source: chosen, some times
as long as a page takes to ask again."""
MOST_VEHICLES = 200_000
"""No more are remembered. Unit: count. Source: chosen, ten times the sized city's."""
MOST_SHOWN = 2000
"""No more are told at once. Unit: count. Source: chosen; more dots hide the roads."""
_ROOM = 1024
_FAR_M = 1e7
"""Longer than any segment. Unit: m. Source: chosen."""

Slots = npt.NDArray[np.int64]


class Box(NamedTuple):
    """A part of the map."""

    west: Degrees
    south: Degrees
    east: Degrees
    north: Degrees


class VehicleBoard:
    """Remembers the newest position of each vehicle; forgets it `shown_s` after it was heard.

    Frames may come in any order: an older position replaces no newer. `clock` gives the wall clock,
    by which positions grow old. `shown_s` may be set before the first frame.
    """

    def __init__(
        self, network: Network, clock: Callable[[], float], shown_s: Seconds = 90.0
    ) -> None:
        self._network, self._clock, self.shown_s = network, clock, shown_s
        self._plane = LocalPlane(network)
        self._asked_at = -math.inf
        self._newest: Seconds = -math.inf
        self._begin()

    def _begin(self) -> None:
        self._slots: dict[str, int] = {}
        self._segment, self._fleet = (np.zeros(_ROOM, np.int32) for _ in range(2))
        self._offset, self._speed, self._rank = (np.zeros(_ROOM) for _ in range(3))
        self._time, self._heard = (np.full(_ROOM, -np.inf) for _ in range(2))
        self._is_open = np.zeros(_ROOM, np.bool_)

    def ask(self) -> None:
        """Note that somebody wants to know."""
        self._asked_at = self._clock()

    @property
    def is_asked(self) -> bool:
        """Whether anybody wanted to know of late; else all is forgotten."""
        if self._clock() - self._asked_at <= ASKED_FOR_S:
            return True
        if self._slots:
            self._begin()
        return False

    def take(self, data: bytes) -> None:
        """Take a frame of progress. Raises FrameError on bytes that are no such frame."""
        rows = decode_frame(data, PROGRESS).batch
        if not rows.num_rows:
            return
        end = rows["exit_time"].to_numpy(zero_copy_only=False)
        segment = rows["segment"].to_numpy(zero_copy_only=False)
        slots = self._slots_of(rows["vehicle_id"].to_pylist())
        # The last row of each vehicle that is newer than what is known of it.
        order = np.lexsort((end, slots))
        last = order[np.append(np.diff(slots[order]) != 0, True)]
        is_good = (slots[last] >= 0) & (segment[last] >= 0)
        is_good &= (segment[last] < self._network.segment_count) & np.isfinite(end[last])
        last = last[is_good]
        last = last[end[last] > self._time[slots[last]]]
        at = slots[last]
        self._segment[at], self._time[at], self._heard[at] = segment[last], end[last], self._clock()
        before, after = (
            rows[name].to_numpy(zero_copy_only=False)[last].astype(np.float64)
            for name in ("enter_offset_m", "exit_offset_m")
        )
        took = end[last] - rows["enter_time"].to_numpy(zero_copy_only=False)[last]
        self._offset[at] = after
        self._speed[at] = np.where(took > 0, (after - before) / np.maximum(took, 1e-3), np.nan)
        names = [str(name) for name in rows["fleet"].take(pa.array(last)).to_pylist()]
        self._fleet[at] = [FLEETS.index(name) if name in FLEETS else len(FLEETS) for name in names]
        is_open = rows["is_provisional"].to_numpy(zero_copy_only=False)[last]
        self._is_open[at] = is_open.astype(np.bool_)
        self._newest = max(self._newest, float(end[last].max(initial=-np.inf)))

    def _slots_of(self, ids: list[str | None]) -> Slots:
        """Give each vehicle's place, -1 where there is no room for it or it has no name."""
        known = self._slots
        fresh = {one for one in ids if one is not None and one not in known}
        if len(known) + len(fresh) > len(self._time):
            self._make_room(len(fresh))
            known = self._slots
        for one in sorted(fresh)[: MOST_VEHICLES - len(known)]:
            slot = known[one] = len(known)
            self._rank[slot] = zlib.crc32(one.encode())
        return np.array([-1 if one is None else known.get(one, -1) for one in ids], np.int64)

    def _make_room(self, count: int) -> None:
        """Forget who is gone, and make place for so many more."""
        kept = [(name, slot) for name, slot in self._slots.items() if self._is_here()[slot]]
        old = np.array([slot for _, slot in kept], np.int64)
        size = max(_ROOM, 2 * (len(kept) + count))
        self._slots = {name: number for number, (name, _) in enumerate(kept)}
        for field, empty in (
            ("_segment", 0), ("_fleet", 0), ("_offset", 0.0), ("_speed", 0.0), ("_rank", 0.0),
            ("_time", -np.inf), ("_heard", -np.inf), ("_is_open", False),
        ):  # fmt: skip
            values = getattr(self, field)
            made = np.full(size, empty, values.dtype)
            made[: len(old)] = values[old]
            setattr(self, field, made)

    def _is_here(self) -> npt.NDArray[np.bool_]:
        return np.asarray(self._heard >= self._clock() - self.shown_s)

    def seen(self, box: Box, most: int = MOST_SHOWN) -> VehiclesSeen:
        """Give `most` vehicles of a part of the map, always the same of them while they are there.

        Where there are more it tells how many.
        """
        count = len(self._slots)
        here = np.flatnonzero(self._is_here()[:count])
        longitude, latitude, bearing = self._places(here)
        is_in = (longitude >= box.west) & (longitude <= box.east)
        is_in &= (latitude >= box.south) & (latitude <= box.north)
        within = np.flatnonzero(is_in)
        shown = within[np.argsort(self._rank[here[within]], kind="stable")[:most]]
        shown = np.sort(shown)
        names = list(self._slots)
        return VehiclesSeen(
            known_count=len(here),
            in_view_count=len(within),
            shown_s=self.shown_s,
            vehicle_id=[names[slot] for slot in here[shown].tolist()],
            fleet=self._fleet[here[shown]].tolist(),
            longitude=np.round(longitude[shown], 5).tolist(),
            latitude=np.round(latitude[shown], 5).tolist(),
            bearing_deg=(np.round(bearing[shown] / 5.0) * 5).astype(np.int64).tolist(),
            age_s=np.round(self._clock() - self._heard[here[shown]]).astype(np.int64).tolist(),
        )

    def report(self, vehicle_id: str) -> VehicleReport | None:
        """Give what is known of a vehicle, None where it is not heard of."""
        slot = self._slots.get(vehicle_id)
        if slot is None or not self._is_here()[slot]:
            return None
        fleet, speed = int(self._fleet[slot]), float(self._speed[slot])
        return VehicleReport(
            vehicle_id,
            FLEETS[fleet] if fleet < len(FLEETS) else "",
            self._network.segment_ids[int(self._segment[slot])],
            round(float(self._offset[slot]), 1),
            None if math.isnan(speed) else round(speed * KMH, 1),
            float(self._time[slot]),
            bool(self._is_open[slot]),
            round(self._clock() - float(self._heard[slot])),
            round(max(0.0, self._newest - float(self._time[slot]))),
        )

    @cached_property
    def _along(self) -> Floats:
        """How far along all segments, laid end to end, each vertex is."""
        network = self._network
        owner = np.repeat(np.arange(network.segment_count), np.diff(network.vertex_offsets))
        return np.asarray(owner * _FAR_M + network.vertex_distance_m)

    def _places(self, slots: Slots) -> tuple[Floats, Floats, Floats]:
        """Give where vehicles are (degrees) and whither their road leads there (degrees)."""
        network, segment = self._network, self._segment[slots].astype(np.int64)
        starts, ends = network.vertex_offsets[segment], network.vertex_offsets[segment + 1]
        offset = np.clip(self._offset[slots], 0.0, network.length_m[segment])
        after = np.searchsorted(self._along, segment * _FAR_M + offset, side="right")
        after = np.clip(after, starts + 1, ends - 1)
        x, y, distance = network.vertex_x, network.vertex_y, network.vertex_distance_m
        length = np.maximum(distance[after] - distance[after - 1], 1e-6)
        share = np.clip((offset - distance[after - 1]) / length, 0.0, 1.0)
        east, north = (axis[after] - axis[after - 1] for axis in (x, y))
        longitude, latitude = self._plane.to_degrees(
            x[after - 1] + share * east, y[after - 1] + share * north
        )
        return longitude, latitude, np.degrees(np.arctan2(east, north)) % 360.0
