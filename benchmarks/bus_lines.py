"""How much better are buses matched where their lines are known?

The lines are those that buses of one recording truly drove, the most frequent way of each: drawn as
the roads, drawn a few metres beside them, and with every second line missing. The buses matched are
those of other recordings of the same city. Taxis are there to show that nothing of theirs changes.
"""

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.recordings import SHARED
from benchmarks.result import write_result
from incidents.scoring.matching import score_fixes, score_routes
from ingest.recorded.bus_lines import read_bus_lines
from ingest.recorded.feed import open_feed
from mapmatch.building.build import artefact_for
from mapmatch.matcher import OnlineMatcher
from mapmatch.matcher_settings import MatcherSettings
from mapmatch.network import Network, load_network
from mapmatch.paths import PathTable, load_path_table
from mapmatch.placing.bus_lines import place_bus_lines
from mapmatch.projection import LocalPlane
from mapmatch.recorded import answered, cleaned, matched_frames
from mapmatch.records import BusLinePlacement
from streams.cli.options import cache_folder

LINES_OF = "shanghai-core-second"
MATCHED = ("shanghai-core-incidents", "shanghai-core-heavy", "shanghai-core-quiet")
NONE = "none"
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
        way: tuple[int, ...] = tuple(index[link] for link in rows.link_id if link in index)
        counts = ways.setdefault(str(vehicle).split(".")[0], {})
        counts[way] = counts.get(way, 0) + 1
    return {name: _most_frequent(counts) for name, counts in ways.items()}


def _most_frequent(counts: dict[tuple[int, ...], int]) -> list[int]:
    """Give the way that most drove, the longest where several are alike."""
    return list(max(counts.items(), key=lambda of: (of[1], len(of[0])))[0])


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


def place_each(
    network: Network, paths: PathTable, ways: dict[str, list[int]]
) -> tuple[dict[str, BusLinePlacement | None], list[dict[str, Any]]]:
    """Give the lines by how they are drawn, and a row on how each was placed."""
    placed: dict[str, BusLinePlacement | None] = {NONE: None}
    rows = []
    drawings = (
        ("as the roads", ways, 0.0),
        (f"{ASIDE_M:g} m aside", ways, ASIDE_M),
        ("every second one", dict(list(ways.items())[::2]), 0.0),
    )
    for name, drawn, aside_m in drawings:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "bus_lines.geojson"
            write_lines(drawn, network, path, aside_m)
            lines = place_bus_lines(network, read_bus_lines(path), paths)
        assert lines is not None
        placed[name] = lines
        driven = np.zeros(network.segment_count, bool)
        driven[np.concatenate(list(drawn.values()))] = True
        both = int((lines.is_on_line & driven).sum())
        rows.append(
            {
                "lines": name,
                "line_count": len(lines.names),
                "segments": lines.segment_count,
                "placed_share": round(lines.placed_share, 4),
                "true_segments_found": round(both / int(driven.sum()), 4),
                "found_segments_true": round(both / lines.segment_count, 4),
            }
        )
        print(rows[-1], flush=True)
    return placed, rows


class Recording:
    """One recording with its truth, ready to be matched in several ways."""

    def __init__(self, name: str, network: Network, paths: PathTable) -> None:
        self.name, self._network, self._paths = name, network, paths
        truth = SHARED / "feeds" / name / "truth"
        self._true_fixes = pq.read_table(truth / "fixes.parquet")
        self._true_routes = pq.read_table(truth / "routes.parquet")
        fixes = open_feed(SHARED / "feeds" / name).fixes
        assert fixes is not None
        self._fixes, self._clean = fixes, cleaned(fixes, network)

    def rows(self, name: str, lines: BusLinePlacement | None, cost: float) -> list[dict[str, Any]]:
        """Give a row for each fleet, matched with some lines at some cost."""
        settings = MatcherSettings(off_line_cost=cost)
        matcher = OnlineMatcher(self._network, self._paths, settings, lines)
        outputs = list(matched_frames(matcher, self._clean.frames))
        result = answered(self._fixes, self._clean, outputs)
        rows = []
        for fleet in ("bus", "taxi"):
            of_fleet = self._fixes.filter(pc.equal(self._fixes["fleet"], fleet))
            vehicles = pc.unique(of_fleet["vehicle_id"])
            matched, traversals, true_fixes, true_routes = (
                table.filter(pc.is_in(table["vehicle_id"], vehicles))
                for table in (
                    result.matched,
                    result.traversals,
                    self._true_fixes,
                    self._true_routes,
                )
            )
            right = score_fixes(matched, true_fixes, self._network)
            route = score_routes(traversals, true_routes, self._network)
            assert right is not None and route is not None
            rows.append(
                {
                    "feed": self.name,
                    "lines": name,
                    "off_line_cost": cost if lines else None,
                    "fleet": fleet,
                    "exact": round(right.exact_share, 4),
                    "rmf": round(route.mismatch_fraction, 4),
                    "unmatched": round(right.unmatched_share, 4),
                }
            )
            print(rows[-1], flush=True)
        return rows


def main() -> None:
    """Measure and write the result."""
    source = SHARED / "networks" / "shanghai-core"
    if not source.is_dir():
        raise SystemExit(f"large recordings not present at {SHARED} (set CLEARWAY_SHARED_DATA)")
    folder = artefact_for(source, cache_folder())
    network, paths = load_network(folder), load_path_table(folder)
    routes = pd.read_parquet(SHARED / "feeds" / LINES_OF / "truth" / "routes.parquet")
    placed, placing = place_each(network, paths, frequent_ways(routes, network))
    rows = []
    for feed in MATCHED:
        recording = Recording(feed, network, paths)
        for name, lines in placed.items():
            for cost in COSTS if lines else (DEFAULT,):
                rows += recording.rows(name, lines, cost)
    worth = [
        {key: value for key, value in row.items() if key not in ("off_line_cost", "fleet")}
        for row in rows
        if row["fleet"] == "bus" and row["off_line_cost"] in (None, DEFAULT)
    ]
    assert __doc__
    data = [source, *(SHARED / "feeds" / feed for feed in MATCHED)]
    question = __doc__.splitlines()[0]
    write_result("bus_lines", question, rows, data, placing=placing, worth=worth)


if __name__ == "__main__":
    main()
