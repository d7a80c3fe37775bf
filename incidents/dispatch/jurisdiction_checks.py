"""What is wrong with the polygons of units: gaps, overlaps, nesting, another datum."""

from collections.abc import Callable, Mapping

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from ingest.datum import bd09_to_wgs84, gcj02_to_wgs84
from mapmatch.network import Network

LEVELS = ("grid", "street", "squadron", "district", "city")
"""Of units, the smallest first."""
LEAST_AREA_M2 = 1000.0
"""A smaller overlap or hole is of how borders were drawn. Unit: m2. Source: chosen, a junction."""
LEAST_OUTSIDE = 0.01
"""A unit lies in its parent if less of it is outside. Unit: share. Source: chosen."""
BORDER_STEP_M = 100.0
"""Borders are compared with roads at points so far apart. Unit: m. Source: chosen, a block."""
FAR_M = 25.0
"""Borders farther from the roads in the middle do not follow them. Unit: m. Source: chosen, the
width of a large road."""
NEARER = 0.5
"""In their own datum borders come nearer to the roads by at least this factor. Unit: none. Source:
chosen."""
MORE_ROADS = 0.02
"""Or hold so much more of the roads. Unit: share. Source: chosen."""

Transform = Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]
_DATUMS: Mapping[str, Callable] = {"GCJ-02": gcj02_to_wgs84, "BD-09": bd09_to_wgs84}


def findings_of(
    areas: gpd.GeoDataFrame,
    degrees: npt.NDArray[np.object_],
    points: gpd.GeoDataFrame,
    inside: pd.DataFrame,
    network: Network,
    to_metres: Transform,
) -> list[str]:
    """Give what is wrong, each in a line.

    `areas` holds the units in local metres, `degrees` their polygons as they were given, `points`
    samples of the roads, `inside` the rows of `areas` that hold each.
    """
    return [
        *_nesting(areas),
        *_overlaps(areas),
        *_gaps(areas, points, inside, network),
        *_datum(areas, degrees, points, network, to_metres),
    ]


def _nesting(areas: gpd.GeoDataFrame) -> list[str]:
    row_of = {unit: row for row, unit in enumerate(areas["unit"])}
    found = []
    for row, (unit, parent) in enumerate(zip(areas["unit"], areas["parent"], strict=True)):
        if parent is None:
            continue
        above = row_of.get(parent)
        if above is None:
            found.append(f"{unit}: its parent {parent} is not there")
            continue
        if areas["rank"][above] <= areas["rank"][row]:
            level, higher = areas["level"][row], areas["level"][above]
            found.append(f"{unit}, a {level}: its parent {parent} is a {higher}")
        shape, around = areas.geometry[row], areas.geometry[above]
        outside = shape.difference(around).area
        if outside > max(LEAST_AREA_M2, LEAST_OUTSIDE * shape.area):
            found.append(f"{unit}: {_km2(outside)} of it lie outside its parent {parent}")
    return found


def _overlaps(areas: gpd.GeoDataFrame) -> list[str]:
    found = []
    for level, same in areas.groupby("level"):
        shapes = same.geometry.values
        one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
        for a, b in zip(one[one < other].tolist(), other[one < other].tolist(), strict=True):
            area = shapes[a].intersection(shapes[b]).area
            if area > LEAST_AREA_M2:
                names = " and ".join(same["unit"].iloc[[a, b]])
                found.append(f"{names}, of level {level}: overlap by {_km2(area)}")
    return found


def _gaps(
    areas: gpd.GeoDataFrame, points: gpd.GeoDataFrame, inside: pd.DataFrame, network: Network
) -> list[str]:
    """Say of each level which roads are of none of its units, and which holes are in it."""
    found = []
    counts = np.bincount(points["segment"], minlength=network.segment_count)
    weight_m = (network.length_m / np.maximum(counts, 1))[points["segment"]]
    for rank in sorted(set(areas["rank"])):
        level = LEVELS[rank]
        covered = np.zeros(len(points), np.bool_)
        covered[inside.index[inside["rank"] == rank]] = True
        if not covered.all():
            first = network.segment_ids[int(points["segment"].iloc[int(np.argmin(covered))])]
            km = float(weight_m[~covered].sum()) / 1000.0
            found.append(f"level {level}: {km:.1f} km of roads are of no unit, such as {first}")
        whole = shapely.union_all(areas.geometry.values[(areas["rank"] == rank).to_numpy()])
        for ring in shapely.get_parts(whole):
            for hole in ring.interiors:
                area = shapely.Polygon(hole).area
                if area > LEAST_AREA_M2:
                    found.append(f"level {level}: a gap of {_km2(area)} between its units")
    return found


def _datum(
    areas: gpd.GeoDataFrame,
    degrees: npt.NDArray[np.object_],
    points: gpd.GeoDataFrame,
    network: Network,
    to_metres: Transform,
) -> list[str]:
    """Say where the polygons fit the roads better as if they were of another datum.

    Borders of units mostly follow roads, and units hold all roads.
    """
    roads = _roads(network)
    here = _fit(np.asarray(areas.geometry.values), points, roads)
    for name, to_wgs84 in _DATUMS.items():

        def move(
            given: npt.NDArray[np.float64], to: Callable = to_wgs84
        ) -> npt.NDArray[np.float64]:
            return to_metres(np.column_stack(to(given[:, 0], given[:, 1])))

        moved = shapely.transform(degrees, move)
        there = _fit(moved, points, roads)
        # Borders beyond all roads follow none in any datum: what they hold must tell.
        is_nearer = np.inf > here[0] > FAR_M and there[0] < NEARER * here[0]
        if is_nearer or there[1] - here[1] > MORE_ROADS:
            return [
                f"the polygons look like {name}, expected WGS-84: {_said(here)}, "
                f"as {name} {_said(there)}"
            ]
    return []


def _said(fit: tuple[float, float]) -> str:
    away_m, held = fit
    where = f"{away_m:.0f} m from the roads" if np.isfinite(away_m) else "beyond the roads"
    return f"their borders are {where} and hold {held:.0%} of them"


def _roads(network: Network) -> shapely.STRtree:
    offsets = network.vertex_offsets
    coords = np.column_stack([network.vertex_x, network.vertex_y])
    which = np.repeat(np.arange(network.segment_count), np.diff(offsets))
    lines: npt.NDArray[np.object_] = np.asarray(shapely.linestrings(coords, indices=which))
    return shapely.STRtree(lines)


def _fit(
    shapes: npt.NDArray[np.object_], points: gpd.GeoDataFrame, roads: shapely.STRtree
) -> tuple[float, float]:
    """Give how far borders are from roads, at the median, and the share of roads they hold.

    Borders beyond the roads' own rectangle are left out; infinite where none is left.
    """
    west, south, east, north = points.total_bounds
    borders = shapely.get_parts(shapely.boundary(shapes))
    steps = [np.arange(0.0, border.length, BORDER_STEP_M) for border in borders]
    along = np.concatenate([shapely.line_interpolate_point(b, s) for b, s in
                            zip(borders, steps, strict=True)])  # fmt: skip
    x, y = shapely.get_x(along), shapely.get_y(along)
    near = along[(x > west) & (x < east) & (y > south) & (y < north)]
    away_m = np.inf
    if len(near):
        _, distances = roads.query_nearest(near, return_distance=True, all_matches=False)
        away_m = float(np.median(distances))
    held = shapely.STRtree(points.geometry.values).query(shapes, predicate="contains")[1]
    return away_m, len(np.unique(held)) / len(points)


def _km2(area_m2: float) -> str:
    return f"{area_m2 / 1e6:.3f} km2"
