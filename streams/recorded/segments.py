"""What a run says of each segment, with its line: a file for QGIS and GeoPandas."""

from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from congestion.indices import CITY
from congestion.reports.opened import Area, SegmentSums, open_states, segment_sums
from congestion.reports.stored import ReportError, readable_files
from mapmatch.network import Network
from streams.lake.segment_layer import SEGMENTS_FILE, segments_frame


def write_segments(states: Path, network: Network, timezone: str, folder: Path) -> None:
    """Write segments.parquet (GeoParquet), the segments of known state as reports sum them up."""
    everywhere = Area(CITY, np.ones(network.segment_count, np.bool_))
    readable = readable_files([states])
    try:
        opened = open_states(readable, network, everywhere, readable.period, ZoneInfo(timezone))
        sums = segment_sums(opened)
    except ReportError:  # nothing was seen
        none, counts = np.zeros(0), np.zeros(0, np.int64)
        sums = SegmentSums(np.zeros(0, np.int32), none, none, none, counts, counts)
    segments_frame(network, sums).to_parquet(folder / SEGMENTS_FILE, compression="zstd")
