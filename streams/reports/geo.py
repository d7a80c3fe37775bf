"""A report's segments and bottlenecks for QGIS: GeoParquet, and a GeoPackage of both."""

from pathlib import Path

import geopandas
import numpy as np
import pyogrio
import shapely

from congestion.reports.made import Made
from ingest.units import MINUTE_S
from streams.lake.networks import WGS84
from streams.lake.segment_layer import SEGMENTS_FILE, segments_frame

PACKAGE_FILE = "report.gpkg"


def bottlenecks_frame(made: Made) -> geopandas.GeoDataFrame:
    """Give the bottlenecks, a point each."""
    found = made.report.bottlenecks
    names = ("rank", "segment_id", "road_name", "delay_veh_h", "extent_m", "occurrences", "minutes",
             "place_en", "place_zh")  # fmt: skip
    points = [shapely.Point(b.longitude, b.latitude) for b in found]
    columns = {name: [getattr(b, name) for b in found] for name in names}
    return geopandas.GeoDataFrame(columns, geometry=points, crs=WGS84)


def write_geo(made: Made, folder: Path) -> None:
    """Write segments.parquet and report.gpkg."""
    segments = segments_frame(made.opened.network, made.segments)
    bottlenecks = bottlenecks_frame(made)
    segments.to_parquet(folder / SEGMENTS_FILE, compression="zstd")
    package = folder / PACKAGE_FILE
    # The day of the report, not of its writing: the same report is the same bytes.
    moment = np.datetime64(int(made.opened.period.end - MINUTE_S), "s")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{moment}.000Z"})
    try:
        segments.to_file(package, layer="segments", driver="GPKG")
        if len(bottlenecks):
            bottlenecks.to_file(package, layer="bottlenecks", driver="GPKG")
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
