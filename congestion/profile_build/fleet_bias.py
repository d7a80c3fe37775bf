"""How much slower or faster than general traffic each fleet drives, by road class."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ingest.checks.fixes import FLEETS
from ingest.kernels.arrays import Floats, Int64s
from mapmatch.network import ROAD_CLASSES

FLEET_BIAS = pa.schema(
    [
        ("fleet", pa.string()),
        ("road_class", pa.string()),
        ("ratio", pa.float64()),  # the fleet's pace over general traffic's, drawn to 1
        ("spread", pa.float64()),  # standard deviation of its logarithm from minute to minute
        ("beside_detectors", pa.int64()),  # segment-minutes compared with detectors
        ("beside_other_fleet", pa.int64()),  # segment-minutes compared with the other fleet
    ]
)
FILE = "fleet_bias.parquet"
# A ratio counts against so many segment-minutes of 1.
PRIOR_MINUTES = 50.0
# A ratio further from 1 (by logarithm) is of a stop or of an error, and counts as this.
_MOST_LOG = 2.0
_BUS, _TAXI = FLEETS.index("bus"), FLEETS.index("taxi")
_BESIDE_OTHER = len(FLEETS)  # kinds: each fleet beside detectors, then the bus beside the taxi


class BiasSums:
    """Remembers count, sum and sum of squares of log ratios of paces, a fleet and class each."""

    def __init__(self) -> None:
        self._sums = np.zeros((3, _BESIDE_OTHER + 1, len(ROAD_CLASSES)))

    def beside_detectors(self, fleet: Int64s, road_class: Int64s, ratio: Floats) -> None:
        """Take a fleet's pace over that of its segment's detectors in the same minutes."""
        self._add(fleet, road_class, ratio)

    def bus_beside_taxi(self, road_class: Int64s, ratio: Floats) -> None:
        """Take the buses' pace over the taxis' on the same segments in the same minutes."""
        self._add(np.full(len(ratio), _BESIDE_OTHER), road_class, ratio)

    def _add(self, kind: Int64s, road_class: Int64s, ratio: Floats) -> None:
        log_ratio = np.clip(np.log(ratio), -_MOST_LOG, _MOST_LOG)
        for power, sums in enumerate(self._sums):
            np.add.at(sums, (kind, road_class), log_ratio**power)

    def table(self) -> pa.Table:
        """Give the rows of FLEET_BIAS, one a fleet and class of which anything was seen.

        The two ratios of a class are those whose logarithms fit the means of all comparisons best
        (least squares by count), each beside PRIOR_MINUTES of 0. Detectors count all vehicles, but
        their lines are learnt from both fleets together: the level is that of the fleets' own mix.
        """
        count, summed, squares = self._sums
        mean = summed / np.maximum(count, 1.0)
        spread = np.sqrt(np.maximum(squares / np.maximum(count, 1.0) - mean**2, 0.0))
        rows = []
        for road_class, name in enumerate(ROAD_CLASSES):
            n, m = count[:, road_class], mean[:, road_class]
            both = n[_BESIDE_OTHER]
            left = np.diag(n[: len(FLEETS)] + both + PRIOR_MINUTES)
            left[_BUS, _TAXI] = left[_TAXI, _BUS] = -both
            right = n[: len(FLEETS)] * m[: len(FLEETS)]
            right[_BUS] += both * m[_BESIDE_OTHER]
            right[_TAXI] -= both * m[_BESIDE_OTHER]
            ratio = np.exp(np.linalg.solve(left, right))
            for fleet, word in enumerate(FLEETS):
                if n[fleet] + both == 0:
                    continue
                kind = fleet if n[fleet] > 0 else _BESIDE_OTHER
                std = float(spread[kind, road_class])
                rows.append((word, name, float(ratio[fleet]), std, int(n[fleet]), int(both)))
        columns = list(zip(*rows, strict=True)) or [()] * len(FLEET_BIAS)
        arrays = [pa.array(c, f.type) for c, f in zip(columns, FLEET_BIAS, strict=True)]
        return pa.Table.from_arrays(arrays, schema=FLEET_BIAS)


def save_bias(rows: pa.Table, folder: Path) -> None:
    """Write rows of FLEET_BIAS into a profile's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(rows, folder / FILE)
