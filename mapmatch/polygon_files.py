"""Polygons that people drew in a file: each made valid, left out where it is empty, or refused."""

from pathlib import Path

import geopandas as gpd
import shapely

from ingest.user_error import UserError


def valid_polygons(
    file: Path, table: gpd.GeoDataFrame, name: str, refuse: type[UserError]
) -> tuple[gpd.GeoDataFrame, list[tuple[str, str | None]]]:
    """Give the rows that have a polygon in WGS-84 degrees, valid, and what had to be done for it.

    `name` is the column that rows are called by. What was done is a row's name and why its polygon
    was not valid, None where it has none and is left out. Raises `refuse` naming the file, row and
    name where a shape is no polygon or not in degrees, and where no row has one.
    """
    done: list[tuple[str, str | None]] = []
    shapes, kept = [], []
    for row, (called, shape) in enumerate(zip(table[name], table.geometry, strict=True)):
        if shape is None or shape.is_empty:
            done.append((called, None))
            continue
        if shape.geom_type not in ("Polygon", "MultiPolygon"):
            raise refuse(
                f"{file} row {row}, {called}: found a {shape.geom_type}, expected a polygon"
            )
        west, south, east, north = shape.bounds
        if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
            raise refuse(
                f"{file} row {row}, {called}: found {west:g} {south:g} to {east:g} "
                f"{north:g}, expected degrees"
            )
        if not shape.is_valid:
            why = shapely.is_valid_reason(shape)
            shape = shapely.make_valid(shape, method="structure", keep_collapsed=False)
            if shape.is_empty:  # a line, drawn to and fro
                done.append((called, None))
                continue
            done.append((called, why))
        shapes.append(shape)
        kept.append(row)
    if not kept:
        raise refuse(f"{file}: no row has a polygon")
    columns = table.iloc[kept].reset_index(drop=True).drop(columns=table.geometry.name)
    return gpd.GeoDataFrame(columns, geometry=shapes), done
