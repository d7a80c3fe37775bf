"""Sources with bytes changed at random give a network, or an error that names the file."""

from pathlib import Path

import numpy as np
import pytest

from mapmatch.building.assembly import assemble
from mapmatch.network import NetworkError
from mapmatch.sources.gmns import read_gmns
from mapmatch.sources.osm import read_osm
from tests.mapmatch.sources.written import write_gmns, write_osm

STRAY = b"0123456789-.e,\"\n\r\0 <>'\xff"


def damaged(data: bytes, random: np.random.Generator) -> bytes:
    """Give bytes with one to five of them changed, cut out or put in."""
    changed = bytearray(data)
    for _ in range(random.integers(1, 6)):
        at = int(random.integers(0, len(changed)))
        match random.integers(0, 3):
            case 0:
                changed[at] = int(random.integers(0, 256))
            case 1:
                del changed[at : at + int(random.integers(1, 8))]
            case _:
                changed.insert(at, STRAY[random.integers(0, len(STRAY))])
    return bytes(changed)


@pytest.mark.parametrize("name", ["config", "node", "link", "movement"])
def test_a_damaged_gmns_file_gives_a_network_or_names_itself(tmp_path: Path, name: str):
    path = write_gmns(tmp_path, movements=[("1", "3")]) / f"{name}.csv"
    whole, random = path.read_bytes(), np.random.default_rng(3)
    for _ in range(60):
        path.write_bytes(damaged(whole, random))
        try:
            network, _ = assemble(read_gmns(tmp_path))
        except NetworkError as error:
            assert str(tmp_path) in str(error) or "no segment" in str(error)
        else:
            assert np.isfinite(network.vertex_distance_m).all()


def test_a_damaged_osm_file_gives_a_network_or_names_itself(tmp_path: Path):
    nodes = {1: (0.0, 0.0), 4: (200.0, 0.0), 2: (400.0, 0.0), 3: (200.0, 200.0)}
    ways = {
        10: ([1, 4, 2], {"highway": "primary", "oneway": "yes"}),
        11: ([4, 3], {"highway": "primary", "lanes": "2", "maxspeed": "50"}),
    }
    members = [("from", "way", 10), ("via", "node", 4), ("to", "way", 11)]
    path = write_osm(
        tmp_path / "a.osm", nodes, ways, restrictions=[({"restriction": "no_left_turn"}, members)]
    )
    whole, random = path.read_bytes(), np.random.default_rng(3)
    for _ in range(200):
        path.write_bytes(damaged(whole, random))
        try:
            network, _ = assemble(read_osm(path))
        except NetworkError as error:
            assert str(path) in str(error) or "no segment" in str(error)
        else:
            assert np.isfinite(network.vertex_distance_m).all()
