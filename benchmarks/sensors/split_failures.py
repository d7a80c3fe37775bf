"""Do detectors tell a green that did not serve its queue, with the signal's phases and without?

Two signals of the Oregon DOT, three hours. The open ATSPM package's count of split failures in each
quarter of an hour and phase is the truth. With phases: the stop-line detectors of a phase were
occupied for four fifths of the green and of the first five seconds of red (Freije and others 2014).
Without: by the rhythm of the detectors alone, where a wait is one long occupancy and what lies
between two waits is a green; it failed where they were occupied for most of it and no gap in it was
longer than some seconds.
"""

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pandas as pd

from benchmarks.recordings import SHARED
from benchmarks.result import write_result
from benchmarks.sensors.odot import OFF, ON
from ingest.kernels.arrays import Floats

FOLDER = SHARED / "real" / "odot-signals"
GREEN, YELLOW, RED = 1, 8, 10
"""Codes of a phase's events (Purdue: Indiana Traffic Signal Hi Resolution Data Logger)."""
RED_S, FULL = 5.0, 0.8
"""Start of red that is looked at, and the share that is full. Source: Freije and others 2014."""
WAIT_S, LONGEST_S = 8.0, 180.0
"""One occupancy so long is a wait; waits farther apart are no cycle. Source: chosen."""
BIN_S = 900.0
RHYTHMS = ((1.5, 0.7), (2.0, 0.5), (2.0, 0.7), (3.0, 0.7))
"""Longest gap, and least occupancy, of a green that failed by the rhythm. Source: chosen."""

Key = tuple[int, int]
"""A signal and one of its phases."""


class Quarter(NamedTuple):
    """A quarter of an hour of a phase, from the recording's first on, and its split failures."""

    key: Key
    begin: float
    failures: int


def occupied(times: Sequence[float], is_on: Sequence[bool]) -> Floats:
    """Give the spans of a detector, n x 2, from its events in time order; one left open is none."""
    spans: list[tuple[float, float]] = []
    begun: float | None = None
    for time, on in zip(times, is_on, strict=True):
        if on:
            begun = time if begun is None else begun
        elif begun is not None:
            spans.append((begun, time))
            begun = None
    return np.array(spans, np.float64).reshape(-1, 2)


def joined(spans: Sequence[Floats]) -> Floats:
    """Give when any of some detectors was occupied."""
    found: list[list[float]] = []
    for begin, end in sorted(tuple(span) for of in spans for span in of.tolist()):
        if found and begin <= found[-1][1]:
            found[-1][1] = max(found[-1][1], end)
        else:
            found.append([begin, end])
    return np.array(found, np.float64).reshape(-1, 2)


def share(spans: Floats, begin: float, end: float) -> float:
    """Give the share of a time in which the spans hold."""
    within = np.minimum(spans[:, 1], end) - np.maximum(spans[:, 0], begin)
    return float(np.clip(within, 0.0, None).sum() / (end - begin))


def by_phases(spans: Floats, events: Sequence[tuple[float, int]]) -> list[float]:
    """Give when the greens began that failed, from a phase's events in time order."""
    failed: list[float] = []
    green = yellow = np.nan
    for time, code in events:
        if code == GREEN:
            green, yellow = time, np.nan
        elif code == YELLOW:
            yellow = time
        elif code == RED and yellow > green:
            is_full = share(spans, green, yellow) >= FULL
            if is_full and share(spans, time, time + RED_S) >= FULL:
                failed.append(green)
            green = np.nan
    return failed


def by_rhythm(spans: Floats, longest_gap_s: float, least_share: float) -> list[float]:
    """Give when the greens began that failed by the rhythm of the detectors alone."""
    waits = np.flatnonzero(spans[:, 1] - spans[:, 0] >= WAIT_S)
    failed: list[float] = []
    for first, second in itertools.pairwise(waits.tolist()):
        begin, end = float(spans[first, 1]), float(spans[second, 0])
        gaps = spans[first + 1 : second + 1, 0] - spans[first:second, 1]
        if not 0.0 < end - begin <= LONGEST_S or gaps.max() > longest_gap_s:
            continue
        if share(spans, begin, end) >= least_share:
            failed.append(begin)
    return failed


def kappa(told: Sequence[bool], true: Sequence[bool]) -> tuple[float, float]:
    """Give agreement and Cohen's kappa (1960) of two yes-or-no answers."""
    a, b = np.asarray(told, np.bool_), np.asarray(true, np.bool_)
    agreed = float((a == b).mean())
    chance = float(a.mean() * b.mean() + (1 - a.mean()) * (1 - b.mean()))
    return agreed, (agreed - chance) / (1 - chance)


def measure(folder: Path) -> list[dict[str, Any]]:
    """Give the table of a recording."""
    truth = pd.read_parquet(folder / "split_failures.parquet")
    origin = truth.TimeStamp.min()
    begins = (truth.TimeStamp - origin).dt.total_seconds().tolist()
    keys = _keys(truth)
    quarters = [Quarter(*of) for of in zip(keys, begins, truth.Split_Failure.tolist(), strict=True)]
    configs = pd.read_parquet(folder / "configs.parquet")
    configs = configs[configs.Function == "Presence"]
    serving: dict[Key, list[int]] = {}
    for key, number in zip(_keys(configs), configs.Parameter.tolist(), strict=True):
        serving.setdefault(key, []).append(number)
    events = pd.read_parquet(folder / "events.parquet").sort_values("TimeStamp", kind="stable")
    seconds = (events.TimeStamp - origin).dt.total_seconds().tolist()
    detectors: dict[Key, list[tuple[float, bool]]] = {}
    phases: dict[Key, list[tuple[float, int]]] = {}
    for time, device, code, number in zip(
        seconds, events.DeviceId.tolist(), events.EventId.tolist(), events.Parameter.tolist(),
        strict=True,
    ):  # fmt: skip
        if code in (ON, OFF):
            detectors.setdefault((device, number), []).append((time, code == ON))
        elif code in (GREEN, YELLOW, RED):
            phases.setdefault((device, number), []).append((time, code))
    spans = {
        key: joined([_spans(detectors.get((key[0], number), [])) for number in numbers])
        for key, numbers in serving.items()
    }
    told = {"phases": {key: by_phases(of, phases.get(key, [])) for key, of in spans.items()}}
    for gap, least in RHYTHMS:
        how = f"rhythm, gaps to {gap:g} s, {100 * least:.0f} % occupied"
        told[how] = {key: by_rhythm(of, gap, least) for key, of in spans.items()}
    return [_row(how, failed, quarters) for how, failed in told.items()]


def _keys(table: pd.DataFrame) -> list[Key]:
    return list(zip(table.DeviceId.tolist(), table.Phase.tolist(), strict=True))


def _spans(events: Sequence[tuple[float, bool]]) -> Floats:
    return occupied([time for time, _ in events], [on for _, on in events])


def _row(
    how: str, failed: Mapping[Key, Sequence[float]], quarters: Sequence[Quarter]
) -> dict[str, Any]:
    counts = [
        sum(of.begin <= time < of.begin + BIN_S for time in failed[of.key]) for of in quarters
    ]
    told, true = [count > 0 for count in counts], [of.failures > 0 for of in quarters]
    agreed, beyond = kappa(told, true)
    return {
        "failures_by": how, "quarters": len(quarters), "with_failures": sum(true),
        "told": sum(told), "agreement": round(agreed, 3), "kappa": round(beyond, 3),
        "failures": sum(of.failures for of in quarters), "failures_told": sum(counts),
    }  # fmt: skip


def main() -> None:
    """Print the table and write benchmarks/results/split_failures.json."""
    if not FOLDER.is_dir():
        raise SystemExit(f"no recording at {FOLDER} (set CLEARWAY_SHARED_DATA)")
    rows = measure(FOLDER)
    for line in rows:
        print(msgspec.json.encode(line).decode())
    write_result(
        "split_failures",
        "Do stop-line detectors tell the quarters of an hour with split failures that ATSPM tells?",
        rows,
        data=[FOLDER],
    )


if __name__ == "__main__":
    main()
