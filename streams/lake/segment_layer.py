"""Segments with their lines and their sums, as a layer of a map: GeoParquet for QGIS."""

import geopandas
import numpy as np

from congestion.reports.segment_sums import SegmentSums
from mapmatch.network import Network
from streams.lake.networks import WGS84, segment_lines

SEGMENTS_FILE = "segments.parquet"


def segments_frame(network: Network, sums: SegmentSums) -> geopandas.GeoDataFrame:
    """Give the segments of known state, a row each with its sums over the period."""
    index = sums.segment.tolist()
    columns = {
        "segment_id": [network.segment_ids[i] for i in index],
        "road_name": [network.names[i] for i in index],
        "speed_kmh": np.round(sums.speed_kmh, 1),
        "free_flow_kmh": np.round(sums.free_flow_kmh, 1),
        "ratio": np.round(sums.speed_kmh / sums.free_flow_kmh, 3),
        "delay_veh_h": np.round(sums.delay_veh_h, 3),
        "known_min": sums.known,
        "observed_min": sums.observed,
        "length_m": np.round(network.length_m[sums.segment], 1),
    }
    return geopandas.GeoDataFrame(columns, geometry=segment_lines(network, sums.segment), crs=WGS84)
