"""Progress in the order that every sum over it is made in: vehicle by vehicle, each in time."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from congestion.kernels.ordering import order_by_vehicle


def together(rows: pa.Table, others: pa.Table) -> pa.Table:
    """Give two tables of progress, each sorted by vehicle, as one."""
    if not others.num_rows or not rows.num_rows:
        return rows if rows.num_rows else others
    return by_vehicle(pa.concat_tables([rows, others]))


def by_vehicle(rows: pa.Table) -> pa.Table:
    """Give progress sorted by vehicle_id, enter_time, exit_time, segment and enter_offset_m.

    The column of vehicles is a dictionary with the ids in order, so that no reader need hash them
    again.
    """
    names = rows["vehicle_id"].combine_chunks().dictionary_encode()
    alphabet = pc.sort_indices(names.dictionary)
    rank = np.empty(len(alphabet), np.int32)
    rank[alphabet.to_numpy()] = np.arange(len(alphabet), dtype=np.int32)
    vehicle = rank[names.indices.to_numpy()]
    order = np.empty(len(vehicle), np.int64)
    # Copies, since Arrow's own arrays cannot be written and kernels have one signature.
    order_by_vehicle(
        vehicle,
        *(np.array(rows[name].to_numpy()) for name in ("enter_time", "exit_time")),
        np.array(rows["segment"].to_numpy()),
        np.array(rows["enter_offset_m"].to_numpy()),
        np.zeros(len(rank) + 1, np.int64),
        order,
    )
    ordered = pa.DictionaryArray.from_arrays(vehicle[order], names.dictionary.take(alphabet))
    others = rows.drop_columns("vehicle_id").take(pa.array(order))
    return others.add_column(0, "vehicle_id", ordered)
