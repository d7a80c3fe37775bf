"""States as a lake keeps them, written minute by minute for drawn networks."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from congestion.records import STATES
from congestion.reports.opened import Area, Opened, open_states
from congestion.reports.stored import Period, readable_files
from mapmatch.network import Network

FREE_KMH = 50.0
START = 1_789_514_280.0  # 07:18 on Wednesday, 16 September 2026, in Shanghai
ZONE = ZoneInfo("Asia/Shanghai")


def write_states(
    file: Path, network: Network, minutes: Sequence[Mapping[str, float]], start: float = START,
    quality: str = "observed",
) -> Path:  # fmt: skip
    """Write a row a minute and segment: the speeds given by its id, free flow elsewhere."""
    rows = [
        {
            "interval_start": int((start + 60 * k) * 1000), "interval_s": 60, "segment_id": name,
            "speed_kmh": speeds.get(name, FREE_KMH), "free_flow_kmh": FREE_KMH, "level": 0,
            "probe_count": 1, "detector_count": 0, "quality": quality, "queue_length_m": 0.0,
        }
        for k, speeds in enumerate(minutes)
        for name in network.segment_ids
    ]  # fmt: skip
    schema = pa.schema(list(STATES)[:11])
    rows = [row | {"speed_std_kmh": 1.0} for row in rows]
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), file)
    return file


def opened_of(network: Network, *files: Path, period: Period | None = None) -> Opened:
    """Open files of states, the whole network and all of their time."""
    readable = readable_files(files)
    everywhere = Area("city", np.ones(network.segment_count, np.bool_))
    return open_states(readable, network, everywhere, period or readable.period, ZONE)
