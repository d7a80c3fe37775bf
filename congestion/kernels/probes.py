"""What the probes of one minute drove on each segment, and who stood."""

import numba as nb
import numpy as np

from ingest.kernels.arrays import Flags, Floats, Int32s

# Columns of the sums; those of buses come after those of the others.
DISTANCE, TIME, STANDING, QUEUED, VEHICLES = 0, 1, 2, 3, 4
PROBE_FIELDS = 5

STANDING_MPS = 1.0
"""A vehicle slower than this stands. Unit: m/s. Source: chosen, GPS shows nothing slower."""
QUEUE_REACH_M = 80.0
"""A vehicle that stands so near the downstream end waits in the junction's queue. Unit: m. Source:
chosen on the recordings of shanghai-core, a red's queue of ten vehicles."""


@nb.njit(cache=True, nogil=True)
def sum_probes(
    vehicle: Int32s,
    is_bus: Flags,
    segment: Int32s,
    duration_s: Floats,
    enter_m: Floats,
    exit_m: Floats,
    length_m: Floats,
    stop_offsets: Int32s,
    stop_m: Floats,
    stop_reach_m: float,
    last_vehicle: Int32s,
    sums: Floats,
    tail_m: Floats,
) -> None:
    """Add r rows to the sums of n segments (Edie 1963: distance, time spent), by fleet.

    vehicle r: equal numbers are one vehicle, rows of a vehicle contiguous. is_bus r. segment r:
    0..n-1, rows of others are passed over. duration_s, enter_m, exit_m r. length_m n. stop_offsets
    n + 1 and stop_m: CSR of the bus stops, in metres along the segment; a bus that stands within
    stop_reach_m of one dwells and adds nothing. In place: last_vehicle n (scratch, start at -1),
    sums n x at least 2 PROBE_FIELDS (metres, seconds, seconds standing, seconds standing near the
    downstream end, vehicles; of buses PROBE_FIELDS further on), tail_m n: the farthest from the
    downstream end at which a vehicle stood.
    """
    for row in range(segment.shape[0]):
        place = segment[row]
        if place < 0:
            continue
        moved = exit_m[row] - enter_m[row]
        duration = duration_s[row]
        of_bus = np.int32(is_bus[row])
        fleet = of_bus * PROBE_FIELDS
        if last_vehicle[place] != 2 * vehicle[row] + of_bus:
            last_vehicle[place] = 2 * vehicle[row] + of_bus
            sums[place, fleet + VEHICLES] += 1.0
        if moved < STANDING_MPS * duration:
            dwells = False
            if of_bus:
                for stop in range(stop_offsets[place], stop_offsets[place + 1]):
                    dwells |= abs(stop_m[stop] - exit_m[row]) < stop_reach_m
            if dwells:
                continue
            to_end = length_m[place] - exit_m[row]
            sums[place, fleet + STANDING] += duration
            if to_end < QUEUE_REACH_M:
                sums[place, fleet + QUEUED] += duration
            tail_m[place] = max(tail_m[place], to_end)
        sums[place, fleet + DISTANCE] += moved
        sums[place, fleet + TIME] += duration


@nb.njit(cache=True, nogil=True)
def follow_stands(
    offsets: Int32s,
    segment: Int32s,
    enter_s: Floats,
    exit_s: Floats,
    exit_m: Floats,
    reach_m: float,
    gap_s: float,
    at_segment: Int32s,
    at_m: Floats,
    since_s: Floats,
    until_s: Floats,
) -> None:
    """Carry on how long each of v vehicles has stood where it is, through r rows.

    offsets v + 1 (CSR of rows, each vehicle's in time order); segment, enter_s, exit_s, exit_m r.
    A vehicle stands while it stays within reach_m of where it came to rest; rows more than gap_s
    apart end the stand. In place: at_segment (-1: nowhere yet), at_m, since_s, until_s, each v.
    """
    for vehicle in range(offsets.shape[0] - 1):
        for row in range(offsets[vehicle], offsets[vehicle + 1]):
            stays = (
                at_segment[vehicle] == segment[row]
                and abs(exit_m[row] - at_m[vehicle]) < reach_m
                and enter_s[row] - until_s[vehicle] < gap_s
            )
            if not stays:
                at_segment[vehicle] = segment[row]
                at_m[vehicle] = exit_m[row]
                since_s[vehicle] = exit_s[row]
            until_s[vehicle] = exit_s[row]
