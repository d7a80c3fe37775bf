"""Approaches: the two ids that name what a camera watches, and finding one by them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.kernels.arrays import Int32s, Int64s

UNKNOWN = -1
"""The place of an approach that is not among the known ones."""


class Approach(NamedTuple):
    """What one camera watches of one road. Either id may hold any character."""

    camera_id: str
    approach_id: str

    def __str__(self) -> str:
        """Give one text for people and files: the two ids with the first slash between them.

        A slash in the camera's id is written as in an address, `%2F`, and `%` as `%25`, so that
        no two approaches have the same text.
        """
        camera = self.camera_id.replace("%", "%25").replace("/", "%2F")
        return f"{camera}/{self.approach_id}"


class ApproachIndex:
    """Finds the approaches of events by both ids; remembers the approaches it was made of."""

    def __init__(self, approaches: Sequence[Approach]) -> None:
        cameras = pa.array([approach.camera_id for approach in approaches], pa.string())
        names = pa.array([approach.approach_id for approach in approaches], pa.string())
        self._cameras, self._names = cameras.unique(), names.unique()
        codes = self._codes(cameras, names)
        self._order = np.argsort(codes, kind="stable").astype(np.int32)
        self._sorted = codes[self._order]

    def __len__(self) -> int:
        return len(self._order)

    def places(self, events: pa.RecordBatch | pa.Table) -> Int32s:
        """Give the place of each event's approach in the order given, UNKNOWN where it has none.

        `events` has the columns `camera_id` and `approach_id`.
        """
        if not len(self) or not events.num_rows:
            return np.full(events.num_rows, UNKNOWN, np.int32)
        codes = self._codes(events.column("camera_id"), events.column("approach_id"))
        at = np.minimum(np.searchsorted(self._sorted, codes), len(self) - 1)
        return np.where(self._sorted[at] == codes, self._order[at], UNKNOWN).astype(np.int32)

    def _codes(self, cameras: pa.Array, names: pa.Array) -> Int64s:
        """Give one number for the two ids of each row, UNKNOWN where either is not known."""
        camera, name = _places_in(cameras, self._cameras), _places_in(names, self._names)
        is_known = (camera != UNKNOWN) & (name != UNKNOWN)
        return np.where(is_known, camera * len(self._names) + name, UNKNOWN)


def _places_in(ids: pa.Array | pa.ChunkedArray, known: pa.Array) -> Int64s:
    places = pc.index_in(ids, value_set=known).fill_null(UNKNOWN)
    return np.asarray(places.to_numpy(zero_copy_only=False), np.int64)
