"""What do buses and taxis on the map cost the console, and how many bytes are they to a page?

17,000 vehicles of a city of so many segments tell of themselves each 10 s, in frames of 500 rows of
progress, for two minutes; a page asks each 5 s for all of the city, the dearest view. Times are
those of the processor.
"""

import time
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from benchmarks.console.cities import laid_out, of_each_size
from benchmarks.recordings import SMALL, network_of
from benchmarks.result import write_result
from ingest.frames import FrameHeader, encode_frame
from mapmatch.network import Network
from mapmatch.records import PROGRESS
from streams.console.layers.routes import packed_vehicles
from streams.console.layers.vehicle_board import Box, VehicleBoard

VEHICLES, EVERY_S, ROWS = 17_000, 10.0, 500
MINUTES, ASKED_EVERY_S = 2, 5.0
CITY = Box(-180.0, -90.0, 180.0, 90.0)


def round_of(city: Network, number: int) -> list[bytes]:
    """Give the frames in which every vehicle tells of itself once."""
    rng = np.random.default_rng(number)
    frames = []
    for start in range(0, VEHICLES, ROWS):
        vehicles = np.arange(start, min(start + ROWS, VEHICLES))
        segment = rng.integers(0, city.segment_count, len(vehicles)).astype(np.int32)
        offset = (rng.random(len(vehicles)) * city.length_m[segment]).astype(np.float32)
        end = np.full(len(vehicles), 1e9 + number * EVERY_S)
        columns = {
            "vehicle_id": [f"T{vehicle:05d}" for vehicle in vehicles],
            "fleet": np.where(vehicles % 5 < 2, "bus", "taxi").tolist(),
            "segment": segment, "enter_time": end - EVERY_S, "exit_time": end,
            "enter_offset_m": offset * 0.5, "exit_offset_m": offset,
            "is_provisional": np.zeros(len(vehicles), np.bool_),
        }  # fmt: skip
        batch = pa.RecordBatch.from_arrays(
            [pa.array(columns[f.name], f.type) for f in PROGRESS], schema=PROGRESS
        )
        frames.append(encode_frame(batch, FrameHeader(channel="match/0")))
    return frames


def measure(segments: int, _states: pd.DataFrame) -> dict[str, Any]:
    """Give the row of one size."""
    city = laid_out(network_of(SMALL), segments)
    board = VehicleBoard(city, time.monotonic)
    rounds = [round_of(city, number) for number in range(round(MINUTES * 60 / EVERY_S))]
    took = asked = 0.0
    sizes, shown = [], 0
    for frames in rounds:
        begin = time.process_time()
        for frame in frames:
            board.take(frame)
        took += time.process_time() - begin
        for _ in range(round(EVERY_S / ASKED_EVERY_S)):
            begin = time.process_time()
            packed, shown = packed_vehicles(board, CITY)
            asked += time.process_time() - begin
            sizes.append(len(packed))
    return {
        "segments": city.segment_count,
        "vehicles": VEHICLES,
        "drawn": shown,
        "to a page (kB a minute)": round(sum(sizes) / MINUTES / 1000),
        "taking positions (ms of CPU a minute)": round(1000 * took / MINUTES),
        "answering a page (ms of CPU a minute)": round(1000 * asked / MINUTES),
    }


def main() -> None:
    """Measure each size, in a process of its own."""
    question = "What do 17,000 buses and taxis on the map cost the console and a page?"
    write_result("console_vehicles", question, of_each_size(measure), [SMALL])


if __name__ == "__main__":
    main()
