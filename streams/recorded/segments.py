"""What a run says of each segment, with its line: a file for QGIS and GeoPandas."""

from pathlib import Path

import pyarrow.parquet as pq

from congestion.reports.segment_sums import STATE_COLUMNS, sums_of_states
from mapmatch.network import Network
from streams.lake.segment_layer import SEGMENTS_FILE, segments_frame


def write_segments(states: Path, network: Network, folder: Path) -> None:
    """Write segments.parquet (GeoParquet), the segments of known state as reports sum them up."""
    with pq.ParquetFile(states) as file:
        groups = (file.read_row_group(n, STATE_COLUMNS) for n in range(file.num_row_groups))
        sums = sums_of_states(network, groups)
    segments_frame(network, sums).to_parquet(folder / SEGMENTS_FILE, compression="zstd")
