"""Roads over one another, of one course: which of them a vehicle is on."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from mapmatch.building.build import network_for
from mapmatch.kernels.candidates import FLOWING, TUNNEL_END_M, layer_cost
from mapmatch.matcher import OnlineMatcher
from mapmatch.matcher_settings import RECORDED, MatcherSettings
from mapmatch.network import Network
from mapmatch.recorded import match_recorded
from tests.mapmatch.driving import NAN, START, Fix, answer_of, batch_of
from tests.mapmatch.kernels.setting import graph_of, memory_of
from tests.mapmatch.sources.written import write_osm

STREET, OTHER, SIDE = 2, 3, 50
"""Ways: the street of eight blocks of 250 m, what is over or under it, its side streets."""


def stacked(folder: Path, tags: dict[str, str], beside_m: float) -> Network:
    """Give a street with another road of the same course and ends, `beside_m` to the north."""
    nodes = {k: (500.0 + 250.0 * k, 0.0) for k in range(9)}
    nodes |= {100 + k: (500.0 + 250.0 * k, 200.0) for k in range(1, 8)}
    nodes |= {20: (0.0, 0.0), 21: (3000.0, 0.0)}
    nodes |= {30: (580.0, beside_m), 31: (2420.0, beside_m)}
    one_way = {"oneway": "yes"}
    ways: dict[int, tuple[list[int], dict[str, str]]] = {
        1: ([20, 0], {"highway": "primary"} | one_way),
        STREET: (list(range(9)), {"highway": "secondary", "maxspeed": "50"} | one_way),
        OTHER: ([0, 30, 31, 8], {"highway": "primary", "maxspeed": "80"} | one_way | tags),
        4: ([8, 21], {"highway": "primary"} | one_way),
    }
    ways |= {SIDE + k: ([k, 100 + k], {"highway": "residential"}) for k in range(1, 8)}
    return network_for(write_osm(folder / "stacked.osm", nodes, ways), folder / "built")


def driven(
    network: Network, fixes: Sequence[Fix], settings: MatcherSettings
) -> tuple[set[int], list[str]]:
    """Give the ways that a vehicle drove, of the street and the other, and the breaks."""
    matcher = OnlineMatcher(network, settings=settings)
    first = matcher.match(batch_of(network, fixes), START + fixes[-1].time)
    given = [answer_of(first), answer_of(matcher.finish())]
    ways = {int(road.split(":")[0]) for part in given for road in part.route}
    return ways & {STREET, OTHER}, [reason for part in given for reason in part.breaks]


def along(network: Network, speed_mps: float, every_s: float, seed: int, to_m: float) -> list[Fix]:
    """Give the fixes of a drive from the west end, noise of 4 m, without speed and heading."""
    random = np.random.default_rng(seed)
    x0, y0 = float(network.node_x.min()), float(network.node_y[network.node_ids.index("20")])
    metres = np.arange(random.uniform(0, 50), to_m, speed_mps * every_s)
    noise = random.normal(0.0, 4.0, (2, len(metres)))
    return [Fix(every_s * k, x0 + m + noise[0, k], y0 + noise[1, k]) for k, m in enumerate(metres)]


TUNNEL = {"tunnel": "yes", "layer": "-1"}
VIADUCT = {"bridge": "yes", "layer": "1"}


@pytest.mark.parametrize("settings", [MatcherSettings(), RECORDED])
@pytest.mark.parametrize("seed", range(3))
def test_who_is_seen_all_along_drives_over_the_tunnel_and_not_through_it(
    tmp_path: Path, seed: int, settings: MatcherSettings
) -> None:
    network = stacked(tmp_path, TUNNEL, 0.0)
    fixes = along(network, 8.0, 10.0, seed, 3000.0)
    assert driven(network, fixes, settings) == ({STREET}, [])


@pytest.mark.parametrize("seed", range(3))
def test_who_is_not_seen_for_two_kilometres_drives_through_the_tunnel(
    tmp_path: Path, seed: int
) -> None:
    network = stacked(tmp_path, TUNNEL, 0.0)
    seen = along(network, 20.0, 5.0, seed, 3000.0)
    x0 = float(network.node_x.min())
    fixes = [fix for fix in seen if not 500 < fix.x - x0 < 2500]
    assert driven(network, fixes, RECORDED) == ({OTHER}, [])


@pytest.mark.parametrize("seed", range(3))
def test_who_is_seen_inside_a_tunnel_once_may_be_seen_there_all_along(
    tmp_path: Path, seed: int
) -> None:
    network = stacked(tmp_path, TUNNEL, 25.0)
    x0 = float(network.node_x.min())
    seen = along(network, 20.0, 10.0, seed, 3000.0)
    fixes = [Fix(f.time, f.x, f.y + 25.0 * (580 < f.x - x0 < 2420)) for f in seen]
    assert driven(network, fixes, RECORDED) == ({OTHER}, [])


@pytest.mark.parametrize("beside_m", [0.0, 3.0])
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("speed_mps", "way"), [(7.0, STREET), (20.0, OTHER)])
def test_stop_and_go_is_on_the_street_and_free_flow_on_the_viaduct(
    tmp_path: Path, seed: int, speed_mps: float, way: int, beside_m: float
) -> None:
    network = stacked(tmp_path, VIADUCT, beside_m)
    fixes = along(network, speed_mps, 10.0, seed, 3000.0)
    assert driven(network, fixes, RECORDED) == ({way}, [])


def test_a_place_off_the_ground_costs_by_depth_and_by_pace(tmp_path: Path) -> None:
    network = stacked(tmp_path, TUNNEL, 0.0)
    graph, memory = graph_of(network), memory_of(network)
    settings = MatcherSettings()
    (tunnel,) = np.flatnonzero(network.layer < 0)
    length = float(network.length_m[tunnel])
    for depth, share in ((0.0, 0.0), (0.5 * TUNNEL_END_M, 0.5), (200.0, 1.0)):
        for offset in (depth, length - depth):
            found = layer_cost(graph, memory, tunnel, offset, NAN)
            assert found == pytest.approx(share * settings.tunnel_cost)
    graph.segments["layer"][tunnel] = 1
    free = float(network.free_speed_mps[tunnel])
    for pace, share in ((0.0, 1.0), (0.5 * FLOWING * free, 0.5), (free, 0.0), (NAN, 0.0)):
        found = layer_cost(graph, memory, tunnel, 300.0, pace)
        assert found == pytest.approx(share * settings.slow_cost, rel=1e-5)


def reasons_of(network: Network, fixes: Sequence[Fix], cut: int) -> list[tuple[int, str | None]]:
    """Give the way and the reason of every answer; the first `cut` fixes come before the others."""
    matcher, given = OnlineMatcher(network), []
    for part in (fixes[:cut], fixes[cut:]):
        given.append(matcher.match(batch_of(network, part), START + part[-1].time).matched)
    given.append(matcher.finish().matched)
    pairs = [
        (int(road.split(":")[0]), reason)
        for matched in given
        for road, reason in zip(
            matched["segment_id"].to_pylist(), matched["reason"].to_pylist(), strict=True
        )
    ]
    return [pair for pair in pairs if pair[0] in (STREET, OTHER)]


@pytest.mark.parametrize("cut", [1, 7, 12])
@pytest.mark.parametrize("seed", range(3))
def test_where_nothing_tells_the_viaduct_from_the_street_the_answer_says_so(
    tmp_path: Path, seed: int, cut: int
) -> None:
    network = stacked(tmp_path, VIADUCT, 0.0)
    answers = reasons_of(network, along(network, 13.0, 10.0, seed, 3000.0), cut)
    assert len(answers) >= 12
    assert {reason for _, reason in answers} == {"ambiguous"}


@pytest.mark.parametrize(("speed_mps", "beside_m"), [(5.0, 0.0), (20.0, 0.0), (14.0, 60.0)])
@pytest.mark.parametrize("seed", range(3))
def test_what_speed_or_place_tell_is_not_ambiguous(
    tmp_path: Path, seed: int, speed_mps: float, beside_m: float
) -> None:
    network = stacked(tmp_path, VIADUCT, beside_m)
    answers = reasons_of(network, along(network, speed_mps, 10.0, seed, 3000.0), 9)
    assert len(answers) >= 8
    assert [reason for _, reason in answers if reason] == []


def test_an_ambiguous_fix_counts_as_matched(tmp_path: Path) -> None:
    network = stacked(tmp_path, VIADUCT, 0.0)
    fixes = along(network, 13.0, 10.0, 0, 3000.0)
    given = pa.Table.from_batches([batch_of(network, fixes)]).drop_columns("row")
    counts = match_recorded(given, network).counts()
    assert counts == {"matched": len(fixes)}
