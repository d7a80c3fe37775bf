"""Networks as others publish them, where they are present, build with a true account."""

from collections import Counter
from pathlib import Path

import osmium
import pytest

from mapmatch.building.assembly import assemble
from mapmatch.building.build import read_roads
from mapmatch.building.report import BuildReport
from mapmatch.network import Network


def build(folder: Path, name: str) -> tuple[Network, BuildReport]:
    if not (folder / "real" / name).exists():
        pytest.skip(f"no {name} in {folder / 'real'}")
    return assemble(read_roads(folder / "real" / name))


# Links that cars or buses drive, counted in link.csv by hand; of Lima all.
@pytest.mark.parametrize(
    ("name", "segments", "dropped"),
    [
        ("arlington-signals", 10, 17),
        ("cambridge-intersection", 18, 42),
        ("cambridge-multimodal", 1885, 1078),
        ("lima", 6095, 0),
    ],
)
def test_the_examples_of_gmns_build(shared_data: Path, name: str, segments: int, dropped: int):
    network, report = build(shared_data, f"gmns-examples/{name}")
    assert network.segment_count == segments
    assert sum(drop.count for drop in report.drops if drop.what == "links") == dropped


@pytest.mark.parametrize(
    "name",
    ["monaco.osm.gz", "liechtenstein.osm.pbf", "krems.osm.gz", "bristol-whitelion.osm.pbf",
     "singapore-bayfront.osm.pbf"],
)  # fmt: skip
def test_every_way_of_an_extract_is_driven_or_dropped_with_its_reason(shared_data: Path, name: str):
    network, report = build(shared_data, f"osm/{name}")
    told = osmium.FileProcessor(str(shared_data / "real" / "osm" / name))
    ways = {item.id for item in told if item.is_way() and "highway" in item.tags}
    drops = Counter[str]()
    for drop in report.drops:
        drops[drop.what] += drop.count
    driven = {int(segment.split(":")[0]) for segment in network.segment_ids}
    assert driven <= ways
    # A way may be dropped piece by piece: as an island, or as it lies along another.
    lost = len(ways) - len(driven) - drops["ways"]
    assert 0 <= lost <= drops["segments"] + drops["stretches"]


def test_buses_drive_against_the_one_ways_of_porto_alegre_that_have_their_lane(shared_data: Path):
    network, _ = build(shared_data, "osm/porto-alegre.osm.pbf")
    told = osmium.FileProcessor(str(shared_data / "real" / "osm" / "porto-alegre.osm.pbf"))
    lanes = {
        item.id
        for item in told
        if item.is_way() and item.tags.get("busway:left", "").startswith("opposite")
    }
    driven = zip(network.segment_ids, network.is_bus_only.tolist(), strict=True)
    buses = {int(name.split(":")[0]) for name, is_bus_only in driven if is_bus_only}
    assert len(lanes) == 17
    assert lanes <= buses
