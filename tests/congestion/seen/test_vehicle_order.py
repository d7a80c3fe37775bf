import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from congestion.kernels import ordering as kernels
from congestion.seen.vehicle_order import by_vehicle
from tests.reference.ordering import ordered

few = st.sampled_from([0.0, 10.0, 20.0])
rows_of_few = st.lists(
    st.tuples(st.sampled_from(["v2", "v10", "é", "a"]), few, few, st.integers(0, 1), few),
    min_size=1,
    max_size=60,
)


def table(rows):
    vehicle, enter, leave, segment, offset = zip(*rows, strict=True)
    return pa.table(
        {
            "vehicle_id": pa.array(vehicle),
            "place": pa.array(range(len(rows))),
            "segment": pa.array(segment, pa.int32()),
            "enter_time": pa.array(enter, pa.float64()),
            "exit_time": pa.array(leave, pa.float64()),
            "enter_offset_m": pa.array(offset, pa.float32()),
        }
    )


@settings(max_examples=80)
@given(rows_of_few)
def test_progress_is_ordered_as_its_tuples_are(rows):
    got = by_vehicle(table(rows))
    assert got["place"].to_pylist() == ordered(rows)
    assert got["vehicle_id"].to_pylist() == sorted(row[0] for row in rows)


def test_the_rows_of_one_vehicle_that_came_backwards_are_put_in_time():
    rows = [("v", float(k), float(k), 0, 0.0) for k in range(5_000, 0, -1)]
    assert by_vehicle(table(rows))["enter_time"].to_pylist() == [float(k) for k in range(1, 5_001)]


def test_a_table_already_in_order_stays_and_may_come_by_dictionary():
    once = by_vehicle(table([("b", 0.0, 10.0, 0, 0.0), ("a", 5.0, 10.0, 1, 3.0)]))
    assert by_vehicle(once).equals(once)


def test_the_ordering_kernel_has_one_compiled_signature():
    by_vehicle(table([("b", 0.0, 10.0, 0, 0.0)]))
    by_vehicle(table([("b", 0.0, 10.0, 0, 0.0)]).slice(0, 1))
    assert len(getattr(kernels.order_by_vehicle, "signatures", [0])) == 1


def test_no_vehicle_is_lost_where_arrow_keeps_rows_in_chunks():
    first, second = table([("b", 0.0, 1.0, 0, 0.0)]), table([("a", 0.0, 1.0, 0, 0.0)])
    got = by_vehicle(pa.concat_tables([first, second]))
    assert got["vehicle_id"].to_pylist() == ["a", "b"]
    assert np.array_equal(got["place"].to_numpy(), [0, 0])


def test_two_ordered_tables_are_ordered_into_one_of_each_vehicle_once():
    early = by_vehicle(table([("c", 0.0, 1.0, 0, 0.0), ("a", 0.0, 1.0, 0, 0.0)]))
    late = by_vehicle(table([("b", 0.0, 1.0, 0, 0.0), ("c", 2.0, 3.0, 0, 0.0)]))
    got = by_vehicle(pa.concat_tables([late, early]))
    assert got["vehicle_id"].to_pylist() == ["a", "b", "c", "c"]
    assert got["enter_time"].to_pylist() == [0.0, 0.0, 0.0, 2.0]
    assert got["vehicle_id"].combine_chunks().dictionary.to_pylist() == ["a", "b", "c"]
