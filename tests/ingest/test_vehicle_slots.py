"""A vehicle keeps its slot until it is forgotten; slots set free are given again."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.vehicle_slots import VehicleSlots


def ids(*names: str) -> pa.Array:
    return pa.array(names, pa.string())


def test_a_vehicle_keeps_its_slot_and_new_ones_are_named_by_the_row_they_first_come_in() -> None:
    vehicles = VehicleSlots()
    slots, new_rows = vehicles.slots_of(ids("a", "b", "a"))
    assert (slots.tolist(), new_rows) == ([0, 1, 0], [0, 1])
    slots, new_rows = vehicles.slots_of(ids("b", "c", "b/c", "c"))
    assert (slots.tolist(), new_rows) == ([1, 2, 3, 2], [1, 2])
    assert vehicles.slots_of(ids("c", "a"))[1] == []
    assert vehicles.slots_of(ids())[0].tolist() == []
    assert len(vehicles) == 4


def test_a_slot_set_free_is_the_next_to_be_given() -> None:
    vehicles = VehicleSlots()
    vehicles.slots_of(ids("a", "b", "c"))
    vehicles.forget([0, 2])
    assert vehicles.ids[:3].tolist() == [None, "b", None]
    assert vehicles.taken().tolist() == [1]
    slots, new_rows = vehicles.slots_of(ids("d", "b", "a"))
    assert (slots.tolist(), new_rows) == ([2, 1, 0], [0, 2])


def test_slots_grow_with_the_vehicles_and_no_further_while_vehicles_come_and_go() -> None:
    vehicles = VehicleSlots()
    for wave in range(5):
        slots, _ = vehicles.slots_of(ids(*(f"{wave}-{i}" for i in range(1000))))
        assert np.unique(slots).tolist() == sorted(slots.tolist())
        assert slots.max() < vehicles.slot_count <= 1500
        vehicles.forget(slots.tolist())
    assert len(vehicles) == 0


STEPS = st.lists(st.tuples(st.booleans(), st.lists(st.sampled_from("abcdefgh"), max_size=6)))


@given(STEPS, STEPS)
def test_restored_slots_go_on_as_those_that_were_saved(
    before: list[tuple[bool, list[str]]], after: list[tuple[bool, list[str]]]
) -> None:
    def follow(vehicles: VehicleSlots, steps: list[tuple[bool, list[str]]]) -> list[list[int]]:
        given = []
        for forgets, names in steps:
            slots, _ = vehicles.slots_of(ids(*names))
            given.append(slots.tolist())
            if forgets:
                vehicles.forget(np.unique(slots).tolist())
        return given

    went_on, heir = VehicleSlots(), VehicleSlots()
    follow(went_on, before)
    heir.restore(went_on.snapshot())
    assert heir.snapshot() == went_on.snapshot()
    assert follow(heir, after) == follow(went_on, after)


def test_a_snapshot_that_is_none_is_refused_and_changes_nothing() -> None:
    vehicles = VehicleSlots()
    vehicles.slots_of(ids("a"))
    before = vehicles.snapshot()
    with pytest.raises(ValueError, match="VehicleSlotsState"):
        vehicles.restore(before[:-1])
    assert vehicles.snapshot() == before
