"""The network's segments as people and maps read them: GeoJSON and GeoParquet, in degrees."""

from pathlib import Path

import msgspec
import numpy as np
import shapely

from ingest.units import KMH
from mapmatch.network import NONE, ROAD_CLASSES, Network
from mapmatch.projection import LocalPlane

DECIMALS = 6
"""Of degrees. Unit: digits. Source: chosen, 0.1 m on the ground and half the bytes."""


def segments_geojson(network: Network) -> bytes:
    """Give the segments as a GeoJSON FeatureCollection (RFC 7946); a feature's id is its index."""
    points = _degrees(network).tolist()
    offsets = network.vertex_offsets.tolist()
    lanes, classes = network.lanes.tolist(), network.road_class.tolist()
    lengths = np.round(network.length_m, 1).tolist()
    speeds = np.round(network.free_speed_mps * KMH, 1).tolist()
    is_two_way = (network.reverse_segment != NONE).tolist()
    regions = network.region.tolist()
    features = [
        {
            "type": "Feature",
            "id": i,
            "geometry": {"type": "LineString", "coordinates": points[offsets[i] : offsets[i + 1]]},
            "properties": {
                "segment_id": segment_id,
                "name": network.names[i],
                "road_class": ROAD_CLASSES[classes[i]],
                "lanes": lanes[i],
                "length_m": lengths[i],
                "free_speed_kmh": speeds[i],
                "is_two_way": is_two_way[i],
                "region": regions[i],
            },
        }
        for i, segment_id in enumerate(network.segment_ids)
    ]
    return msgspec.json.encode({"type": "FeatureCollection", "features": features})


def write_segments(network: Network, path: Path) -> None:
    """Write the segments as GeoParquet, WGS-84, one row a segment in index order."""
    # Imported where it is used: whoever only loads a network does not wait a second for it.
    import geopandas

    rows = np.repeat(np.arange(network.segment_count), np.diff(network.vertex_offsets))
    columns = {
        "segment_id": network.segment_ids,
        "name": network.names,
        "road_class": np.array(ROAD_CLASSES)[network.road_class],
        "lanes": network.lanes,
        "free_speed_kmh": np.round(network.free_speed_mps * KMH, 2),
        "length_m": np.round(network.length_m, 2),
        "is_bus_only": network.is_bus_only,
        "layer": network.layer,
        "region": network.region,
    }
    lines = shapely.linestrings(_degrees(network), indices=rows)
    geopandas.GeoDataFrame(columns, geometry=lines, crs="EPSG:4326").to_parquet(
        path, index=False, compression="zstd"
    )


def _degrees(network: Network) -> np.ndarray:
    longitude, latitude = LocalPlane(network).to_line_degrees(network.vertex_x, network.vertex_y)
    return np.round(np.column_stack((longitude, latitude)), DECIMALS)
