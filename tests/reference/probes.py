"""Slow twins of the probe kernels: one row after another, in dictionaries."""

from typing import NamedTuple

STANDING_MPS = 1.0
QUEUE_REACH_M = 80.0


class Row(NamedTuple):
    """One vehicle's way along one segment between two moments."""

    vehicle: int
    segment: int
    enter_s: float
    exit_s: float
    enter_m: float
    exit_m: float


def edie(
    rows: list[Row], length_m: list[float], stops: dict[int, list[float]], stop_reach_m: float
) -> dict[int, dict[str, float]]:
    """Give what each segment's probes drove, how long, how long they stood, and how many."""
    seen: dict[int, dict[str, float]] = {}
    vehicles: dict[int, set[int]] = {}
    for row in rows:
        sums = seen.setdefault(
            row.segment,
            {"distance": 0.0, "time": 0.0, "standing": 0.0, "queued": 0.0, "tail": 0.0},
        )
        vehicles.setdefault(row.segment, set()).add(row.vehicle)
        duration, moved = row.exit_s - row.enter_s, row.exit_m - row.enter_m
        if moved < STANDING_MPS * duration:
            if any(abs(stop - row.exit_m) < stop_reach_m for stop in stops.get(row.segment, [])):
                continue
            to_end = length_m[row.segment] - row.exit_m
            sums["standing"] += duration
            sums["queued"] += duration if to_end < QUEUE_REACH_M else 0.0
            sums["tail"] = max(sums["tail"], to_end)
        sums["distance"] += moved
        sums["time"] += duration
    for segment, sums in seen.items():
        sums["vehicles"] = len(vehicles[segment])
    return seen


def stands(
    rows: list[Row], reach_m: float, gap_s: float
) -> dict[int, tuple[int, float, float, float]]:
    """Give where each vehicle last came to rest, and from when until when it stayed there."""
    state: dict[int, tuple[int, float, float, float]] = {}
    for row in rows:
        known = state.get(row.vehicle)
        if (
            known is not None
            and known[0] == row.segment
            and abs(row.exit_m - known[1]) < reach_m
            and row.enter_s - known[3] < gap_s
        ):
            state[row.vehicle] = (known[0], known[1], known[2], row.exit_s)
        else:
            state[row.vehicle] = (row.segment, row.exit_m, row.exit_s, row.exit_s)
    return state
