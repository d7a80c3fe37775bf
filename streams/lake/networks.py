"""The versions of the network that a lake is of, kept beside its data as GeoParquet."""

import os
from pathlib import Path
from urllib.parse import quote

import geopandas
import numpy as np
import numpy.typing as npt
import shapely

from congestion.reports.versions import network_version
from mapmatch.network import ROAD_CLASSES, Network
from mapmatch.projection import LocalPlane
from streams.lake.layout import NETWORKS

WGS84 = "EPSG:4326"
Ints = npt.NDArray[np.integer]
DECIMALS = 6
"""Of degrees. Unit: digits. Source: chosen, 0.1 m on the ground."""


def network_file(lake: Path, network: str, version: str) -> Path:
    """Give where the segments of a network's version lie."""
    return lake / NETWORKS / quote(network, safe="") / f"{version}.parquet"


def keep_network(lake: Path, network: Network) -> Path:
    """Write the network's segments beside the data, where they are not yet there."""
    file = network_file(lake, network.name, network_version(network))
    if file.is_file():
        return file
    columns = {
        "segment_id": network.segment_ids,
        "road_name": network.names,
        "road_class": [ROAD_CLASSES[code] for code in network.road_class.tolist()],
        "length_m": np.round(network.length_m, 1),
        "lanes": network.lanes,
        "limit_kmh": np.round(network.free_speed_mps * 3.6, 1),
        "region": network.region,
    }
    lines = segment_lines(network, np.arange(network.segment_count))
    file.parent.mkdir(parents=True, exist_ok=True)
    half = file.with_suffix(f".{os.getpid()}.tmp")
    try:
        geopandas.GeoDataFrame(columns, geometry=lines, crs=WGS84).to_parquet(half)
        os.replace(half, file)
    finally:
        half.unlink(missing_ok=True)
    return file


def segment_lines(network: Network, index: Ints) -> npt.NDArray[np.object_]:
    """Give the lines of s segments, by their index; WGS-84."""
    longitude, latitude = LocalPlane(network).to_line_degrees(network.vertex_x, network.vertex_y)
    points = np.round(np.column_stack([longitude, latitude]), DECIMALS)
    first, counts = network.vertex_offsets[index], np.diff(network.vertex_offsets)[index]
    line = np.repeat(np.arange(len(index)), counts)
    nth = np.arange(len(line)) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.asarray(shapely.linestrings(points[first[line] + nth], indices=line))
