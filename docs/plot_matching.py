"""Draws docs/matching.png: one taxi of the small recording as received, and as matched."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import geopandas as gpd
import matplotlib.pyplot as plt
import pyarrow as pa
import pyarrow.compute as pc

from ingest.recorded.feed import open_feed
from mapmatch import match_frame, network_for

ROOT = Path(__file__).resolve().parent.parent
CACHE = Path.home() / ".cache" / "clearway"
VEHICLE = "t141"


def main() -> None:
    """Write the picture."""
    network = network_for(ROOT / "data" / "networks" / "shanghai-core", CACHE)
    fixes = open_feed(ROOT / "data" / "feeds" / "shanghai-core-small").fixes
    assert isinstance(fixes, pa.Table)
    frame = fixes.filter(pc.equal(fixes["vehicle_id"], VEHICLE)).to_pandas()
    matched, traversals = match_frame(frame, network)
    figure, axes = plt.subplots(figsize=(9, 6), dpi=110)
    west, east = frame.longitude.min() - 0.002, frame.longitude.max() + 0.002
    south, north = frame.latitude.min() - 0.002, frame.latitude.max() + 0.002
    _roads(network).plot(ax=axes, color="#d5d5d5", linewidth=0.8, zorder=1)
    traversals.plot(ax=axes, color="#1f77b4", linewidth=2.5, zorder=2, label="route")
    axes.scatter(frame.longitude, frame.latitude, s=14, color="#d62728", zorder=3, label="fixes")
    axes.scatter(matched.snapped_longitude, matched.snapped_latitude, s=8, color="black", zorder=4,
                 label="matched")  # fmt: skip
    axes.set(xlim=(west, east), ylim=(south, north), xlabel="longitude", ylabel="latitude")
    axes.set_aspect(1.17)
    axes.legend()
    figure.savefig(ROOT / "docs" / "matching.png", bbox_inches="tight")


def _roads(network) -> gpd.GeoSeries:  # type: ignore[no-untyped-def]
    import shapely

    from mapmatch.geojson import segments_geojson

    return gpd.GeoSeries(shapely.from_geojson(segments_geojson(network)), crs="EPSG:4326")


if __name__ == "__main__":
    main()
