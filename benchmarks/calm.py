"""How often does a red road on the map turn red for a minute only, with and without calm levels?

Takes the segment states of runs (`python -m benchmarks.calm RUN ...`), or runs the recording that
ships, and draws them as the console does. Red is level 4 and 5. A spell is a segment's red minutes
in a row; one that began before the first or ended after the last minute is left out of the shares.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.recordings import SMALL, run
from benchmarks.result import write_result
from streams.console.calm import NO_LEVEL, CalmLevels

RED = 4
LONG_MINUTES = 5
"""Of spells of at least so many minutes it is told how late they are drawn. Source: chosen."""
CALM_MINUTES = (1, 3, 4, 5)

Levels = npt.NDArray[np.int8]


def levels_of(states: pd.DataFrame) -> Levels:
    """Give each segment's level in each minute, NO_LEVEL where there is no state."""
    segment, _ = pd.factorize(states.segment_id)
    minute = np.searchsorted(np.unique(states.interval_start), states.interval_start)
    levels = np.full((segment.max() + 1, minute.max() + 1), NO_LEVEL, np.int8)
    levels[segment, minute] = states.level
    return levels


def drawn(levels: Levels, minute_count: int) -> Levels:
    """Give what the map draws of them."""
    calm, every = CalmLevels(len(levels), minute_count), np.arange(len(levels))
    return np.column_stack([calm.take(every, column) for column in levels.T])


def spells(is_red: npt.NDArray[np.bool_]) -> list[tuple[int, int, int]]:
    """Give each spell: its segment, its first minute, the minute after its last."""
    edges = np.diff(np.pad(is_red, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    begins, ends = np.argwhere(edges == 1), np.argwhere(edges == -1)
    return [(int(a[0]), int(a[1]), int(b[1])) for a, b in zip(begins, ends, strict=True)]


def measure(levels: Levels, minute_count: int) -> dict[str, Any]:
    """Give the figures of one way to draw."""
    shown, truth = drawn(levels, minute_count) >= RED, levels >= RED
    whole = [b - a for _, a, b in spells(shown) if a > 0 and b < levels.shape[1]]
    delays = [
        int(np.argmax(shown[segment, first:end]))
        if shown[segment, first:end].any()
        else end - first
        for segment, first, end in spells(truth)
        if first > 0 and end - first >= LONG_MINUTES
    ]
    return {
        "calm_minutes": minute_count,
        "red no longer a minute later": round(
            float((shown[:, :-1] & ~shown[:, 1:]).sum() / shown[:, :-1].sum()), 3
        ),
        "red spells of one minute": round(float(np.mean([n == 1 for n in whole])), 3),
        "red spells": len(whole),
        f"minutes until a spell of {LONG_MINUTES} and more is red": round(
            float(np.mean(delays)), 2
        ),
    }


def main() -> None:
    """Measure the runs that are named, or one of the recording that ships."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        runs = [Path(name) for name in sys.argv[1:]]
        if not runs:
            run(SMALL, Path(folder) / SMALL.name)
            runs = [Path(folder) / SMALL.name]
        for path in runs:
            levels = levels_of(pd.read_parquet(path / "segment_states.parquet"))
            rows += [{"run": path.name, **measure(levels, n)} for n in CALM_MINUTES]
    question = "How often does the map draw a road red for a minute only?"
    print(pd.DataFrame(rows).to_string(index=False))
    write_result("calm", question, rows, [SMALL])


if __name__ == "__main__":
    main()
