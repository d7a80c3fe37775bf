"""What does one minute of the past cost on cities of three sizes: bytes, CPU, how much is read?

An hour of states is stored as the store agents do, in blocks, and once more put together to a day.
Times are CPU of the whole process, the threads that read included.
"""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from benchmarks.console.cities import frames, laid_out, of_each_size
from benchmarks.recordings import SMALL, network_of
from benchmarks.result import write_result
from congestion.records import STATES
from ingest.frames import decode_frame, encode_frame
from streams import topics
from streams.console.past.past import Past
from streams.lake.compacting import compact
from streams.lake.moments import LakeMoments
from streams.lake.writing import LakeWriter

STORED_MINUTES = 60
LOOKS = 9


def hour(city: Any, whole: Any, states: pd.DataFrame) -> Iterator[tuple[float, bytes]]:
    """Give an hour's frames: the recorded minutes again and again, each at a time of its own."""
    told = list(frames(city, whole, states))
    first = told[0][0] // 3600 * 3600
    for number in range(STORED_MINUTES):
        start = first + 60.0 * number
        frame = decode_frame(told[number % len(told)][1], STATES)
        times = pa.array(np.full(frame.batch.num_rows, int(start * 1000)), pa.int64())
        batch = frame.batch.set_column(0, STATES.field(0), times.cast(STATES.field(0).type))
        yield start, encode_frame(batch, frame.header)


def looked(lake: Path, network: Any, minutes: list[float]) -> tuple[int, float, float]:
    """Give the bytes of a minute, its CPU (ms) and that of the days: medians."""
    past = Past(LakeMoments(lake, network.name), network)
    past.packed(minutes[0])
    sizes, took, days = [], [], []
    for minute in minutes:
        begin = time.process_time()
        sizes.append(len(past.packed(minute)))
        took.append(1000 * (time.process_time() - begin))
        begin = time.process_time()
        past.days()
        days.append(1000 * (time.process_time() - begin))
    return int(np.median(sizes)), float(np.median(took)), float(np.median(days))


def measure(segments: int, states: pd.DataFrame) -> dict[str, Any]:
    """Give the row of one size."""
    city = network_of(SMALL)
    whole = laid_out(city, segments)
    row: dict[str, Any] = {"segments": whole.segment_count}
    with tempfile.TemporaryDirectory() as folder:
        lake = Path(folder)
        writer = LakeWriter(lake, whole, "Asia/Shanghai")
        minutes = []
        for offset, (start, frame) in enumerate(hour(city, whole, states)):
            writer.add(topics.STATES, 0, offset, frame, None)
            minutes.append(start)
        writer.write_unfinished()
        looks = minutes[5 :: len(minutes) // LOOKS][:LOOKS]
        size, took, days = looked(lake, whole, looks)
        row |= {
            "a minute, packed (kB)": round(size / 1000),
            "of blocks, CPU (ms)": round(took),
        }
        compact(lake, every=True)
        _, took, _ = looked(lake, whole, looks)
        row |= {
            "of a day put together, CPU (ms)": round(took),
            "the days, CPU (ms)": round(days, 1),
        }
    return row


def main() -> None:
    """Measure each size, in a process of its own."""
    question = "What does one minute of the past cost on cities of three sizes: bytes and CPU?"
    write_result("console_past", question, of_each_size(measure), [SMALL])


if __name__ == "__main__":
    main()
