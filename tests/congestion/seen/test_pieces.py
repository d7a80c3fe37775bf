import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from congestion.kernels import ordering as kernels
from congestion.seen.pieces import Pieces, together
from tests.reference.ordering import ordered

few = st.sampled_from([0.0, 10.0, 20.0])
rows_of_few = st.lists(
    st.tuples(st.sampled_from(["v2", "v10", "é", "a"]), few, few, st.integers(0, 1), few),
    min_size=1,
    max_size=60,
)


def table(rows, fleets=None):
    """Rows of progress; each ends at the offset of its number, by which it is known again."""
    vehicle, enter, leave, segment, offset = zip(*rows, strict=True)
    return pa.table(
        {
            "vehicle_id": pa.array(vehicle),
            "fleet": pa.array(["taxi"] * len(rows) if fleets is None else fleets, pa.string()),
            "segment": pa.array(segment, pa.int32()),
            "enter_time": pa.array(enter, pa.float64()),
            "exit_time": pa.array(leave, pa.float64()),
            "enter_offset_m": pa.array(offset, pa.float32()),
            "exit_offset_m": pa.array(range(len(rows)), pa.float32()),
        }
    )


def vehicles(pieces):
    """The vehicle of each row."""
    return [pieces.names[place].as_py() for place in pieces.vehicle]


@settings(max_examples=80)
@given(rows_of_few)
def test_progress_is_ordered_as_its_tuples_are(rows):
    got = Pieces.of(table(rows))
    assert got.exit_m.tolist() == ordered(rows)
    assert vehicles(got) == sorted(row[0] for row in rows)


def test_the_rows_of_one_vehicle_that_came_backwards_are_put_in_time():
    rows = [("v", float(k), float(k), 0, 0.0) for k in range(5_000, 0, -1)]
    assert Pieces.of(table(rows)).enter_s.tolist() == [float(k) for k in range(1, 5_001)]


def test_the_ordering_kernel_has_one_compiled_signature():
    one = Pieces.of(table([("b", 0.0, 10.0, 0, 0.0)]))
    together(one, Pieces.of(table([("b", 0.0, 10.0, 0, 0.0)]).slice(0, 1)))
    assert len(getattr(kernels.order_by_vehicle, "signatures", [0])) == 1


def test_no_vehicle_is_lost_where_arrow_keeps_rows_in_chunks():
    first, second = table([("b", 0.0, 1.0, 0, 0.0)]), table([("a", 0.0, 1.0, 0, 0.0)])
    assert vehicles(Pieces.of(pa.concat_tables([first, second]))) == ["a", "b"]


def test_two_become_one_with_each_vehicle_once():
    early = Pieces.of(table([("c", 0.0, 1.0, 0, 0.0), ("a", 0.0, 1.0, 0, 0.0)], ["bus", None]))
    late = Pieces.of(table([("b", 0.0, 1.0, 0, 0.0), ("c", 2.0, 3.0, 0, 0.0)], ["taxi", "bus"]))
    got = together(late, early)
    assert vehicles(got) == ["a", "b", "c", "c"]
    assert got.enter_s.tolist() == [0.0, 0.0, 0.0, 2.0]
    assert got.names.to_pylist() == ["a", "b", "c"]
    assert got.is_bus.tolist() == [False, False, True, True]
    assert got.starts.tolist() == [0, 1, 2]


def test_of_none_there_is_no_first_row_and_the_other_is_all():
    some = Pieces.of(table([("c", 0.0, 1.0, 0, 0.0)]))
    none = some.where(np.zeros(1, np.bool_))
    assert len(none.starts) == len(none) == 0
    assert together(none, some) is together(some, none) is some
