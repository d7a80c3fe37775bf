"""How much better are buses matched where their lines are known?

The lines are those that buses of one recording truly drove, the most frequent way of each: drawn as
the roads, drawn a few metres beside them, and with every second line missing. The buses matched are
those of another recording of the same city. Taxis are there to show that nothing of theirs changes.
"""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from result import write_result

from incidents.score_matching import score_fixes, score_routes
from ingest.bus_lines import read_bus_lines
from ingest.feed import open_feed
from mapmatch.build import artefact_for
from mapmatch.bus_lines import place_bus_lines
from mapmatch.matcher import OnlineMatcher
from mapmatch.matcher_settings import MatcherSettings
from mapmatch.network import Network, load_network
from mapmatch.paths import load_path_table
from mapmatch.projection import LocalPlane
from mapmatch.recorded import MatchedRecording, answered, cleaned, matched_frames
from mapmatch.records import PlacedLines

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("CLEARWAY_SHARED_DATA", ROOT.parent / "shared" / "data"))
CACHE = Path(os.environ.get("CLEARWAY_CACHE") or Path.home() / ".cache" / "clearway")
LINES_OF, MATCHED = "shanghai-core-second", "shanghai-core-incidents"
# How far maps of two sources lie apart.
ASIDE_M = 5.0
COSTS = (0.5, 1.0, 2.0, 3.0, 4.0)
DEFAULT = MatcherSettings().off_line_cost


def frequent_ways(routes: pd.DataFrame, network: Network) -> dict[str, list[int]]:
    """Give each line's way that most of its buses drove; a bus is named after line and number."""
    buses = routes[routes.vehicle_id.str.fullmatch(r"b\d+\.\d+")]
    index = {name: i for i, name in enumerate(network.segment_ids)}
    ways: dict[str, dict[tuple[int, ...], int]] = {}
    for vehicle, rows in buses.groupby("vehicle_id", sort=False):
        way = tuple(index[link] for link in rows.link_id if link in index)
        counts = ways.setdefault(str(vehicle).split(".")[0], {})
        counts[way] = counts.get(way, 0) + 1
    return {name: list(max(counts, key=lambda w: (counts[w], len(w))))
            for name, counts in ways.items()}  # fmt: skip


def write_lines(ways: dict[str, list[int]], network: Network, path: Path, aside_m: float) -> None:
    """Write the ways as GeoJSON, moved north-east by some metres."""
    plane = LocalPlane(network)
    features = []
    for name, way in ways.items():
        v = np.concatenate(
            [np.arange(network.vertex_offsets[s], network.vertex_offsets[s + 1]) for s in way]
        )
        shift = aside_m / np.sqrt(2.0)
        degrees = plane.to_degrees(network.vertex_x[v] + shift, network.vertex_y[v] + shift)
        geometry = {"type": "LineString", "coordinates": np.column_stack(degrees).tolist()}
        features.append({"type": "Feature", "properties": {"line": name}, "geometry": geometry})
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))


def of_fleet(table: pa.Table, vehicles: pa.Array) -> pa.Table:
    """Give the rows of some vehicles."""
    return table.filter(pc.is_in(table["vehicle_id"], vehicles))


def main() -> None:
    """Measure and write the result."""
    source, feed_folder = SHARED / "networks" / "shanghai-core", SHARED / "feeds" / MATCHED
    if not feed_folder.is_dir():
        raise SystemExit(f"large recordings not present at {SHARED} (set CLEARWAY_SHARED_DATA)")
    folder = artefact_for(source, CACHE)
    network, paths = load_network(folder), load_path_table(folder)
    routes = pd.read_parquet(SHARED / "feeds" / LINES_OF / "truth" / "routes.parquet")
    ways = frequent_ways(routes, network)
    placed: dict[str, PlacedLines | None] = {"none": None}
    rows_of_lines = []
    with tempfile.TemporaryDirectory() as temporary:
        half = dict(list(ways.items())[::2])
        for name, drawn, aside_m in (
            ("as the roads", ways, 0.0),
            (f"{ASIDE_M:g} m aside", ways, ASIDE_M),
            ("every second one", half, 0.0),
        ):
            path = Path(temporary) / "bus_lines.geojson"
            write_lines(drawn, network, path, aside_m)
            driven = np.zeros(network.segment_count, bool)
            driven[np.concatenate(list(drawn.values()))] = True
            lines = place_bus_lines(network, read_bus_lines(path), paths)
            assert lines is not None
            placed[name] = lines
            both = int((lines.is_on_line & driven).sum())
            rows_of_lines.append(
                {
                    "lines": name,
                    "line_count": len(lines.names),
                    "segments": lines.segment_count,
                    "placed_share": round(lines.placed_share, 4),
                    "true_segments_found": round(both / int(driven.sum()), 4),
                    "found_segments_true": round(both / lines.segment_count, 4),
                }
            )
            print(lines.line(), rows_of_lines[-1])
    fixes = open_feed(feed_folder).fixes
    assert fixes is not None
    clean = cleaned(fixes, network)
    truth = {n: pq.read_table(feed_folder / "truth" / f"{n}.parquet") for n in ("fixes", "routes")}
    fleets = {
        fleet: pc.unique(fixes.filter(pc.equal(fixes["fleet"], fleet))["vehicle_id"])
        for fleet in ("bus", "taxi")
    }

    def scored(name: str, cost: float) -> list[dict[str, Any]]:
        settings = MatcherSettings(off_line_cost=cost)
        matcher = OnlineMatcher(network, paths, settings, placed[name])
        result: MatchedRecording = answered(
            fixes, clean, list(matched_frames(matcher, clean.frames))
        )
        rows = []
        for fleet, vehicles in fleets.items():
            right = score_fixes(
                of_fleet(result.matched, vehicles), of_fleet(truth["fixes"], vehicles), network
            )
            route = score_routes(
                of_fleet(result.traversals, vehicles), of_fleet(truth["routes"], vehicles), network
            )
            assert right is not None and route is not None
            rows.append(
                {
                    "lines": name,
                    "off_line_cost": cost,
                    "fleet": fleet,
                    "exact": round(right.exact_share, 4),
                    "rmf": round(route.mismatch_fraction, 4),
                    "unmatched": round(right.unmatched_share, 4),
                }
            )
            print(rows[-1], flush=True)
        return rows

    rows = scored("none", DEFAULT)
    for name in list(placed)[1:]:
        for cost in COSTS:
            rows += scored(name, cost)
    assert __doc__
    data = [source, feed_folder / "gps.parquet"]
    worth = [
        {key: value for key, value in row.items() if key != "off_line_cost"}
        for row in rows
        if row["off_line_cost"] == DEFAULT and (row["fleet"] == "bus" or row["lines"] == "none")
    ]
    write_result(
        "bus_lines", __doc__.splitlines()[0], rows, data, placing=rows_of_lines, worth=worth
    )


if __name__ == "__main__":
    main()
