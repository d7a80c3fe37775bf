"""Areas that a planner draws: the polygons of a file, each by its name a district of the report."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from congestion.indices import CITY
from congestion.reports.opened import Area, Districts
from congestion.reports.stored import ReportError
from ingest.kernels.arrays import Int32s
from ingest.user_error import reason_of
from mapmatch.network import NONE, Network
from mapmatch.polygon_files import valid_polygons
from mapmatch.projection import LocalPlane

NAME = "name"
"""The column of the polygons' names."""


def drawn_area(file: Path, network: Network) -> Area:
    """Give the segments whose middles lie in the polygons of a GeoPackage or GeoJSON file.

    Each polygon is a district; a segment in two of them is of the first in the file. Raises
    ReportError naming the row where a polygon or a name cannot be used, and where no segment lies
    in any.
    """
    table, done = valid_polygons(file, _read(file), NAME, ReportError)
    notes = [
        f"{file}: {name} has no polygon and is left out"
        if reason is None
        else f"{file}: {name}: {reason}: repaired"
        for name, reason in done
    ]
    plane = LocalPlane(network)
    areas = gpd.GeoDataFrame(
        {NAME: table[NAME].to_numpy()},
        geometry=shapely.transform(
            np.asarray(table.geometry.values),
            lambda at: np.column_stack(plane.to_metres(at[:, 0], at[:, 1])),
        ),
    )
    found = gpd.sjoin(_middles(network), areas, predicate="intersects")
    found = found.sort_values("index_right", kind="stable")
    twice = int(found.index.duplicated().sum())
    if twice:
        notes.append(f"{file}: {twice:,} segments lie in two polygons, and count in the first")
    found = found[~found.index.duplicated()]
    of: Int32s = np.full(network.segment_count, NONE, np.int32)
    of[found.index.to_numpy()] = found["index_right"].to_numpy(np.int32)
    names = areas[NAME].tolist()
    empty = [name for i, name in enumerate(names) if not (of == i).any()]
    if len(empty) == len(names):
        raise ReportError(f"{file}: no road of the network {network.name} lies in its polygons")
    notes += [f"{file}: no road of the network lies in {name}" for name in empty]
    return Area(file.stem, of != NONE, Districts(of, names), tuple(notes))


def _middles(network: Network) -> gpd.GeoDataFrame:
    """Give the middle of every segment, in metres."""
    points = np.column_stack([network.vertex_x, network.vertex_y])
    owner = np.repeat(np.arange(network.segment_count), np.diff(network.vertex_offsets))
    lines = shapely.linestrings(points, indices=owner)
    return gpd.GeoDataFrame(geometry=shapely.line_interpolate_point(lines, 0.5, normalized=True))


def _read(file: Path) -> gpd.GeoDataFrame:
    """Give the file's rows in WGS-84 degrees, each with a name of its own."""
    try:
        table = gpd.read_file(file)
    except Exception as error:  # whatever the reader's library raises for bytes that are no map
        raise ReportError(f"{file}: not a GeoPackage or GeoJSON: {reason_of(error)}") from error
    if not isinstance(table, gpd.GeoDataFrame) or not len(table):
        raise ReportError(f"{file}: no polygons, expected some, each with a {NAME}")
    if NAME not in table.columns:
        has = ", ".join(str(name) for name in table.columns if name != table.geometry.name)
        raise ReportError(f"{file}: no column {NAME!r}, found {has or 'none'}")
    if table.crs is not None and table.crs.to_epsg() != 4326:
        table = table.to_crs(4326)
    for row, name in zip(table.index, table[NAME], strict=True):
        if not isinstance(name, str) or not name.strip() or name == CITY:
            raise ReportError(
                f"{file} row {row}, {NAME}: found {name!r}, expected a name of its own"
            )
    again = table[NAME].duplicated()
    if again.any():
        raise ReportError(f"{file} row {again.idxmax()}, {NAME}: {table[NAME][again.idxmax()]!r} "
                          "stands twice")  # fmt: skip
    return table
