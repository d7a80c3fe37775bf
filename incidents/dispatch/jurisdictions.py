"""Whose a point of the road is: the polygons of the city's units, joined with the roads once."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from incidents.dispatch.jurisdiction_checks import LEVELS, findings_of
from incidents.road_points import coordinates
from ingest.kernels.arrays import Floats
from ingest.user_error import UserError, reason_of
from mapmatch.network import Network
from mapmatch.polygon_files import valid_polygons
from mapmatch.projection import LocalPlane

COLUMNS = ("unit", "name", "level", "parent", "name_en")
SAMPLE_M = 50.0
"""Roads are looked up in the polygons at points so far apart. Unit: m. Source: chosen, less than a
block."""


class JurisdictionError(UserError):
    """A file of jurisdictions that cannot be used; names the file, the row, the field and value."""


@dataclass(frozen=True)
class Jurisdictions:
    """For each point of a network's roads the units it belongs to.

    Samples are CSR over segments: `first` (n + 1) says where a segment's begin, `offset_m` where
    they lie along it, `path` which of `paths`, from the grid to the city.
    """

    paths: list[tuple[str, ...]]
    first: npt.NDArray[np.int64]
    offset_m: Floats
    path: npt.NDArray[np.int64]
    units: frozenset[str]
    findings: list[str]
    """What is wrong with the polygons, each in a line; they are used all the same."""

    def units_of(self, segment: int, offset_m: float) -> tuple[str, ...]:
        """Give the units of a point of a segment, the smallest first; none where it has none."""
        low, high = self.first[segment], self.first[segment + 1]
        nearest = low + int(np.argmin(np.abs(self.offset_m[low:high] - offset_m)))
        return self.paths[self.path[nearest]]


def load_jurisdictions(file: Path, network: Network) -> Jurisdictions:
    """Give whose the network's roads are, by a GeoPackage or GeoJSON file of polygons.

    Columns: `unit`, `name`, `level`, `parent`, and `name_en` if there are English names. Raises
    JurisdictionError where the file cannot be read, lacks a column, or says what cannot be.
    """
    table = _read(file)
    plane = LocalPlane(network)

    def to_metres(degrees: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.column_stack(plane.to_metres(degrees[:, 0], degrees[:, 1]))

    repaired, done = valid_polygons(file, table, "unit", JurisdictionError)
    troubles = [
        f"{unit}: " + ("has no polygon and is left out" if why is None else f"{why}: repaired")
        for unit, why in done
    ]
    given = np.asarray(repaired.geometry.values)
    shapes = shapely.transform(given, to_metres)
    areas = gpd.GeoDataFrame(repaired.drop(columns="geometry"), geometry=shapes)
    areas["area_m2"] = areas.area
    first, offset_m, points = _samples(network)
    inside = gpd.sjoin(points, areas[["rank", "area_m2", "geometry"]], predicate="intersects")
    inside = inside.rename(columns={"index_right": "row"}).sort_values(["rank", "area_m2", "row"])
    paths, path = _paths(areas, inside, len(points))
    troubles += findings_of(
        areas, np.asarray(repaired.geometry.values), points, inside, network, to_metres
    )
    return Jurisdictions(paths, first, offset_m, path, frozenset(table["unit"]), troubles)


def units_geojson(file: Path) -> bytes:
    """Give the polygons of such a file as GeoJSON in WGS-84, the largest units first.

    Raises JurisdictionError where the file cannot be used.
    """
    table, _ = valid_polygons(file, _read(file), "unit", JurisdictionError)
    table = table.sort_values("rank", ascending=False).drop(columns="rank")
    named = [name for name in COLUMNS if name in table.columns]
    text: str = table[[*named, "geometry"]].to_json(drop_id=True)
    return text.encode()


def _read(file: Path) -> gpd.GeoDataFrame:
    """Give the rows in WGS-84 degrees with the rank of their level."""
    try:
        table = gpd.read_file(file)
    except Exception as error:  # whatever the reader's library raises for bytes that are no map
        raise JurisdictionError(
            f"{file}: not a GeoPackage or GeoJSON: {reason_of(error)}"
        ) from error
    missing = [name for name in ("unit", "name", "level", "parent") if name not in table.columns]
    if missing or not isinstance(table, gpd.GeoDataFrame) or not len(table):
        what = f"no column {', '.join(missing)}" if missing else "no polygons"
        raise JurisdictionError(f"{file}: {what}, expected unit, name, level, parent and polygons")
    if table.crs is not None and table.crs.to_epsg() != 4326:
        table = table.to_crs(4326)
    for row, unit, level in zip(table.index, table["unit"], table["level"], strict=True):
        if not isinstance(unit, str) or not unit.strip():
            raise JurisdictionError(f"{file} row {row}, unit: found {unit!r}, expected a name")
        if level not in LEVELS:
            raise JurisdictionError(
                f"{file} row {row}, level: found {level!r}, expected one of {', '.join(LEVELS)}"
            )
    twice = table["unit"][table["unit"].duplicated()]
    if len(twice):
        raise JurisdictionError(
            f"{file} row {twice.index[0]}, unit: {twice.iloc[0]!r} stands twice"
        )
    given = [parent if isinstance(parent, str) and parent else None for parent in table["parent"]]
    parents = pd.Series(given, table.index, object)
    rank = table["level"].map(LEVELS.index)
    return table.assign(parent=parents, rank=rank).reset_index(drop=True)


def _samples(network: Network) -> tuple[npt.NDArray[np.int64], Floats, gpd.GeoDataFrame]:
    """Give points along every segment: where each segment's begin, their offsets, and they."""
    counts = np.maximum(1, np.ceil(network.length_m / SAMPLE_M)).astype(np.int64)
    first = np.concatenate([[0], np.cumsum(counts)])
    segment = np.repeat(np.arange(network.segment_count), counts)
    number = np.arange(first[-1]) - first[segment]
    offset_m = (number + 0.5) * network.length_m[segment] / counts[segment]
    places = [
        coordinates(network, (s, m))
        for s, m in zip(segment.tolist(), offset_m.tolist(), strict=True)
    ]
    x, y = np.array(places).reshape(-1, 2).T
    points = gpd.GeoDataFrame({"segment": segment}, geometry=gpd.points_from_xy(x, y))
    return first, offset_m, points


def _paths(
    areas: gpd.GeoDataFrame, inside: pd.DataFrame, count: int
) -> tuple[list[tuple[str, ...]], npt.NDArray[np.int64]]:
    """Give the different paths of units, and for each sample which it is."""
    units, parents = areas["unit"].tolist(), areas["parent"].tolist()
    ranks, by_unit = areas["rank"].tolist(), {unit: i for i, unit in enumerate(areas["unit"])}
    rows_of = inside.groupby(level=0)["row"].agg(tuple)
    numbers: dict[tuple[str, ...], int] = {(): 0}
    seen: dict[tuple[int, ...], int] = {}
    path = np.zeros(count, np.int64)
    for sample, rows in zip(rows_of.index.to_numpy(), rows_of, strict=True):
        if rows not in seen:
            found = tuple(_path(rows, units, parents, ranks, by_unit))
            seen[rows] = numbers.setdefault(found, len(numbers))
        path[sample] = seen[rows]
    return list(numbers), path


def _path(
    rows: Sequence[int],
    units: Sequence[str],
    parents: Sequence[str | None],
    ranks: Sequence[int],
    by_unit: dict[str, int],
) -> list[str]:
    """Give the units above the smallest of those that hold a point, by parent, then by place."""
    path = [rows[0]]
    while True:
        parent = by_unit.get(parents[path[-1]] or "")
        if parent is None:
            parent = next((row for row in rows if ranks[row] > ranks[path[-1]]), None)
        if parent is None or parent in path:
            return [units[row] for row in path]
        path.append(parent)
