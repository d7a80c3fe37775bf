"""Pieces of progress as columns, in the order that every sum over them is made in."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from congestion.kernels.ordering import order_by_vehicle
from ingest.kernels.arrays import Flags, Floats, Floats32, Int32s, Int64s
from mapmatch.network import NONE

_BUS = "bus"


@dataclass(frozen=True)
class Pieces:
    """r rows of progress, sorted by vehicle's name, enter_s, exit_s, segment and enter_m."""

    names: pa.StringArray  # of vehicles, each once, in order
    vehicle: Int32s  # r, the place among the names
    fleet_names: tuple[str | None, ...]
    fleet: Int32s  # r, the place among the fleets' names
    segment: Int32s  # r, index in the network
    enter_s: Floats  # r
    exit_s: Floats
    enter_m: Floats32
    exit_m: Floats32

    @classmethod
    def of(cls, rows: pa.Table) -> "Pieces":
        """Give rows that hold the columns of PROGRESS, in whatever order they are."""
        if not rows.num_rows:
            return _NOTHING
        names, fleets = (
            rows[name].combine_chunks().dictionary_encode() for name in ("vehicle_id", "fleet")
        )
        columns = {
            "fleet": fleets.indices.fill_null(NONE).to_numpy(),
            **{name: rows[column].to_numpy() for name, column in _COLUMNS.items()},
        }
        fleet_names = (*fleets.dictionary.to_pylist(), None)  # the last is NONE's
        return _in_order(names, columns, fleet_names)

    def __len__(self) -> int:
        return len(self.vehicle)

    @property
    def is_bus(self) -> Flags:
        """Which rows are a bus's."""
        return np.array([name == _BUS for name in self.fleet_names], np.bool_)[self.fleet]

    @property
    def starts(self) -> Int64s:
        """The first row of each vehicle that has rows."""
        return np.flatnonzero(np.r_[True, self.vehicle[1:] != self.vehicle[:-1]][: len(self)])

    def where(self, keep: Flags) -> "Pieces":
        """Give some of the rows; the names stay."""
        rows = {name: getattr(self, name)[keep] for name in ("vehicle", "fleet", *_COLUMNS)}
        return replace(self, **rows)


def together(one: Pieces, other: Pieces) -> Pieces:
    """Give the rows of two as one."""
    if not len(one) or not len(other):
        return one if len(one) else other
    known = pa.concat_arrays([one.names, other.names]).dictionary_encode()
    place = known.indices.to_numpy()
    vehicle = np.r_[place[one.vehicle], place[len(one.names) + other.vehicle]]
    columns = {name: np.r_[getattr(one, name), getattr(other, name)] for name in _COLUMNS}
    further = np.where(other.fleet == NONE, NONE, other.fleet + len(one.fleet_names))
    fleet_names = (*one.fleet_names, *other.fleet_names)  # the last is NONE's
    names = pa.DictionaryArray.from_arrays(vehicle, known.dictionary)
    return _in_order(names, columns | {"fleet": np.r_[one.fleet, further]}, fleet_names)


def places_in(names: pa.Array, among: pa.Array) -> Int64s:
    """Give the place of each name among others, NONE where it is not there."""
    place = pc.index_in(names, value_set=among).fill_null(NONE)
    return np.asarray(place.to_numpy(zero_copy_only=False), np.int64)


_COLUMNS = {
    "segment": "segment", "enter_s": "enter_time", "exit_s": "exit_time",
    "enter_m": "enter_offset_m", "exit_m": "exit_offset_m",
}  # fmt: skip
"""The columns of PROGRESS that numbers are read from."""


def _in_order(
    names: pa.DictionaryArray,
    columns: Mapping[str, npt.NDArray],
    fleet_names: tuple[str | None, ...],
) -> Pieces:
    alphabet = pc.sort_indices(names.dictionary)
    rank = np.empty(len(alphabet), np.int32)
    rank[alphabet.to_numpy()] = np.arange(len(alphabet), dtype=np.int32)
    vehicle = rank[names.indices.to_numpy()]
    order = np.empty(len(vehicle), np.int64)
    # Copies, since Arrow's own arrays cannot be written and kernels have one signature.
    order_by_vehicle(
        vehicle,
        *(np.array(columns[name]) for name in ("enter_s", "exit_s", "segment", "enter_m")),
        np.zeros(len(rank) + 1, np.int64),
        order,
    )
    rows = {name: values[order] for name, values in columns.items()}
    return Pieces(names.dictionary.take(alphabet), vehicle[order], fleet_names, **rows)


_NOTHING = Pieces(
    pa.array([], pa.string()), np.empty(0, np.int32), (None,), np.empty(0, np.int32),
    np.empty(0, np.int32), np.empty(0), np.empty(0), np.empty(0, np.float32),
    np.empty(0, np.float32),
)  # fmt: skip
