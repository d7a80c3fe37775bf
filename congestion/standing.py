"""Who has stood where, and for how long: a memory of vehicles that do not move."""

from typing import Annotated

import msgspec
import numpy as np
import pyarrow as pa

from congestion.kernels.probes import follow_stands
from congestion.records import Sighting
from congestion.region import Region
from congestion.settings import EstimatorSettings

Seconds = Annotated[float, "s"]


class _Stand(msgspec.Struct, array_like=True):
    segment: int
    offset_m: float
    since: float
    until: float


class StandingVehicles:
    """Remembers where each vehicle came to rest; forgets one unseen for `forget_vehicle_s`.

    Rows of a vehicle must come in time order, minute after minute.
    """

    def __init__(self, region: Region, settings: EstimatorSettings) -> None:
        self._region = region
        self._settings = settings
        self._stands: dict[str, _Stand] = {}

    def step(self, belated: pa.Table, progress: pa.Table) -> list[Sighting]:
        """Take a minute's progress and what came late of minutes before it; give who stood long."""
        rows = pa.concat_tables([belated, progress])
        if rows.num_rows == 0:
            return []
        rows = rows.sort_by([("vehicle_id", "ascending"), ("enter_time", "ascending")])
        segment = self._region.local[rows["segment"].to_numpy()]
        enter = np.array(rows["enter_time"].to_numpy())  # a copy: Arrow's own cannot be written
        leave = np.array(rows["exit_time"].to_numpy())
        names = rows["vehicle_id"].combine_chunks().dictionary_encode()
        code = names.indices.to_numpy()
        starts = np.flatnonzero(np.r_[True, code[1:] != code[:-1]])
        vehicles = names.dictionary.to_pylist()
        known = [self._stands.get(v) or _Stand(-1, 0.0, 0.0, 0.0) for v in vehicles]
        at = np.array([s.segment for s in known], np.int32)
        offset = np.array([s.offset_m for s in known])
        since, until = np.array([s.since for s in known]), np.array([s.until for s in known])
        follow_stands(
            np.r_[starts, len(code)].astype(np.int32),
            segment,
            enter,
            leave,
            rows["exit_offset_m"].to_numpy().astype(np.float64),
            self._settings.standing_reach_m,
            self._settings.standing_gap_s,
            at,
            offset,
            since,
            until,
        )
        fleets = rows["fleet"].take(pa.array(starts)).to_pylist()
        sightings = []
        for i, vehicle in enumerate(vehicles):
            stand = _Stand(int(at[i]), float(offset[i]), float(since[i]), float(until[i]))
            self._stands[vehicle] = stand
            if stand.until - stand.since >= self._settings.standing_s:
                sightings.append(self._sighting(vehicle, fleets[i], stand))
        return sightings

    def forget_before(self, time: Seconds) -> None:
        """Forget the vehicles last seen before a time."""
        for vehicle in [v for v, s in self._stands.items() if s.until < time]:
            del self._stands[vehicle]

    def snapshot(self) -> bytes:
        """Give what restore() needs."""
        return msgspec.msgpack.encode(self._stands)

    def restore(self, data: bytes) -> None:
        """Take over a snapshot."""
        self._stands = msgspec.msgpack.decode(data, type=dict[str, _Stand])

    def _sighting(self, vehicle: str, fleet: str | None, stand: _Stand) -> Sighting:
        return Sighting(
            source="probe",
            kind="standing_vehicle",
            seen_by=vehicle,
            segment_id=self._region.segment_ids[stand.segment],
            offset_m=round(stand.offset_m, 1),
            since=stand.since,
            until=stand.until,
            fleet=fleet,
        )
