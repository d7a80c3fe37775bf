"""Matching a pandas or GeoPandas frame: fixes as rows in, the same rows with their segments out."""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingest.frames import FIXES
from mapmatch.matcher_settings import MatcherSettings
from mapmatch.network import Network
from mapmatch.paths import PathTable
from mapmatch.projection import LocalPlane
from mapmatch.recorded import match_recorded
from mapmatch.records import BusLinePlacement

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

WGS84 = "EPSG:4326"


def match_frame(
    frame: "pd.DataFrame",
    network: Network,
    *,
    paths: PathTable | None = None,
    settings: MatcherSettings | None = None,
    bus_lines: BusLinePlacement | None = None,
) -> tuple["pd.DataFrame", "gpd.GeoDataFrame"]:
    """Match the fixes of a frame; give the frame with answers, and the traversals with geometry.

    Columns read: vehicle_id, event_time (datetime; without a zone it is UTC), longitude and
    latitude in WGS-84 degrees, or instead of those two the points of a GeoDataFrame in any
    reference system; fleet ("bus" or "taxi", the latter if absent), speed_kmh and heading_deg where
    they are. Rows, index and columns stay as they are; added are segment_id, offset_m,
    snapped_longitude, snapped_latitude and reason (why not matched). The traversals' geometry is
    the driven part of each segment. `bus_lines` (see place_bus_lines) say where buses are likelier.
    Raises ValueError where a column is missing or of a wrong type.
    """
    result = match_recorded(_fixes(frame), network, paths, settings, bus_lines=bus_lines)
    answers = result.matched.to_pandas()
    matched = frame.assign(
        segment_id=answers["segment_id"].to_numpy(),
        offset_m=answers["offset_m"].to_numpy(),
        snapped_longitude=answers["longitude"].to_numpy(),
        snapped_latitude=answers["latitude"].to_numpy(),
        reason=answers["reason"].to_numpy(),
    )
    return matched, _with_geometry(result.traversals, network)


def _fixes(frame: "pd.DataFrame") -> pa.Table:
    """Give the frame as fixes. Raises ValueError."""
    count = len(frame)
    longitude, latitude = _places(frame)
    columns = {
        "vehicle_id": _column(frame, "vehicle_id").astype(str),
        "fleet": frame["fleet"] if "fleet" in frame else ["taxi"] * count,
        "event_time": _column(frame, "event_time"),
        "arrival_time": _column(frame, "event_time"),
        "longitude": longitude,
        "latitude": latitude,
        "speed_kmh": frame["speed_kmh"] if "speed_kmh" in frame else np.full(count, np.nan),
        "heading_deg": frame["heading_deg"] if "heading_deg" in frame else np.full(count, np.nan),
    }
    arrays = []
    for field in FIXES:
        try:
            array = pa.array(columns[field.name], from_pandas=True)
            if pa.types.is_timestamp(field.type) and pa.types.is_timestamp(array.type):
                # Without a zone it is UTC; finer than a millisecond is cut.
                array = array.cast(pa.timestamp("ms", array.type.tz), safe=False)
            elif pa.types.is_timestamp(field.type) and count:
                raise pa.ArrowInvalid(f"{array.type}, expected datetimes")
            arrays.append(array.cast(field.type))
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
            raise ValueError(f"column {field.name}: {error}") from error
    return pa.Table.from_arrays(arrays, schema=FIXES)


def _column(frame: "pd.DataFrame", name: str) -> "pd.Series":
    if name not in frame:
        raise ValueError(f"no column {name!r} among {', '.join(map(str, frame.columns))}")
    return frame[name]


def _places(frame: "pd.DataFrame") -> tuple[npt.NDArray, npt.NDArray]:
    if "longitude" in frame and "latitude" in frame:
        return frame["longitude"].to_numpy(np.float64), frame["latitude"].to_numpy(np.float64)
    points = getattr(frame, "_geometry_column_name", None)
    if points is None or points not in frame:
        raise ValueError("no columns 'longitude' and 'latitude', and no points")
    geometry = frame[points]
    if geometry.crs is None:
        raise ValueError("the points have no reference system: set one with set_crs")
    geometry = geometry.to_crs(WGS84)
    return geometry.x.to_numpy(), geometry.y.to_numpy()


def _with_geometry(traversals: pa.Table, network: Network) -> "gpd.GeoDataFrame":
    """Give the traversals as a frame with the driven part of each segment."""
    import geopandas

    frame = traversals.to_pandas()
    lines = [
        _driven(network, network.index_of(segment_id) or 0, start, stop)
        for segment_id, start, stop in zip(
            frame.segment_id, frame.enter_offset_m, frame.exit_offset_m, strict=True
        )
    ]
    geometry = _lines(network, lines)
    return geopandas.GeoDataFrame(frame, geometry=geometry, crs=WGS84)


def _driven(network: Network, segment: int, start: float, stop: float) -> npt.NDArray:
    """Give x and y along a segment between two offsets, metres."""
    first, last = network.vertex_offsets[segment], network.vertex_offsets[segment + 1]
    at = network.vertex_distance_m[first:last]
    inside = at[(at > start) & (at < stop)]
    along = np.concatenate([[start], inside, [max(stop, start)]])
    return np.column_stack(
        [np.interp(along, at, network.vertex_x[first:last]),
         np.interp(along, at, network.vertex_y[first:last])]
    )  # fmt: skip


def _lines(network: Network, lines: list[npt.NDArray]) -> npt.NDArray:
    import shapely

    if not lines:
        return np.zeros(0, object)
    points = np.concatenate(lines)
    longitude, latitude = LocalPlane(network).to_line_degrees(points[:, 0], points[:, 1])
    owner = np.repeat(np.arange(len(lines)), [len(line) for line in lines])
    made = shapely.linestrings(np.column_stack([longitude, latitude]), indices=owner)
    return np.asarray(made)
