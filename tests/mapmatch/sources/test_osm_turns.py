"""Turn restrictions of OpenStreetMap over a way: held for who comes from it, not for others."""

from pathlib import Path

import numpy as np
import pytest

from mapmatch.building.assembly import assemble
from mapmatch.building.report import BuildReport
from mapmatch.network import Network
from mapmatch.placing.cameras import place_cameras
from mapmatch.placing.sensors import place_sensors
from mapmatch.projection import LocalPlane
from mapmatch.sources.osm import read_osm
from mapmatch.sources.osm_via_ways import TurnGraph
from tests.mapmatch.sources.written import write_osm

# Two one-way carriageways, north (1 to 3) westwards, south (4 to 6) eastwards, and the median
# piece 2 - 5 between them; a ramp comes from the north to 2, one goes on south from 5.
NODES = {
    1: (400.0, 20.0), 2: (200.0, 20.0), 3: (0.0, 20.0),
    4: (0.0, 0.0), 5: (200.0, 0.0), 6: (400.0, 0.0),
    7: (200.0, 200.0), 8: (200.0, -200.0), 9: (200.0, 10.0), 10: (300.0, 10.0),
}  # fmt: skip
ROAD, ONE_WAY = {"highway": "primary"}, {"highway": "primary", "oneway": "yes"}
WAYS = {
    20: ([1, 2, 3], ONE_WAY), 21: ([4, 5, 6], ONE_WAY), 22: ([7, 2], ONE_WAY),
    23: ([2, 5], ROAD), 24: ([5, 8], ONE_WAY),
}  # fmt: skip


def over(kind: str, start: int, end: int, *via: int):
    between = [("via", "way", way) for way in via or (23,)]
    return ({"restriction": kind}, [("from", "way", start), *between, ("to", "way", end)])


def build(tmp_path: Path, *bans, ways=None) -> tuple[Network, BuildReport]:
    path = write_osm(tmp_path / "a.osm", NODES, ways or WAYS, restrictions=list(bans))
    return assemble(read_osm(path))


def drives(network: Network, *ways: int) -> bool:
    """Whether a vehicle may drive some ways one after the other, each in one segment or more."""

    def goes_on(segment: int, left: tuple[int, ...]) -> bool:
        if not left:
            return True
        low, high = network.successor_offsets[segment : segment + 2]
        return any(
            goes_on(onward, rest)
            for onward in network.successors[low:high].tolist()
            for rest in ([left[1:]] if way_of(network, onward) == left[0] else [])
        )

    starts = [i for i in range(network.segment_count) if way_of(network, i) == ways[0]]
    return any(goes_on(start, ways[1:]) for start in starts)


def way_of(network: Network, segment: int) -> int:
    return int(network.segment_ids[segment].split(":")[0])


def test_two_bans_that_cross_on_one_piece_both_hold(tmp_path: Path):
    network, report = build(tmp_path, over("no_straight_on", 22, 24), over("no_u_turn", 20, 21))
    assert not drives(network, 22, 23, 24)
    assert not drives(network, 20, 23, 21)
    assert drives(network, 22, 23, 21)
    assert drives(network, 20, 23, 24)
    assert report.drops == ()
    assert "23:2-5:2" in network.segment_ids
    assert any("1 segments laid once more" in note for note in report.notes)


def test_who_comes_from_elsewhere_may_still_turn_and_ids_of_others_stay(tmp_path: Path):
    free, _ = build(tmp_path)
    network, _ = build(tmp_path, over("no_u_turn", 20, 21))
    assert not drives(network, 20, 23, 21)
    assert drives(network, 22, 23, 21)
    assert network.segment_ids[: free.segment_count] == free.segment_ids


def test_an_only_turn_over_a_way_leaves_that_turn(tmp_path: Path):
    network, report = build(tmp_path, over("only_straight_on", 22, 24))
    assert drives(network, 22, 23, 24)
    assert not drives(network, 22, 23, 21)
    assert drives(network, 20, 23, 21)
    assert report.drops == ()


def test_a_ban_that_leaves_no_other_way_out_closes_the_way_in(tmp_path: Path):
    ways = {way: what for way, what in WAYS.items() if way != 24}
    network, _ = build(tmp_path, over("no_u_turn", 20, 21), ways=ways)
    assert not drives(network, 20, 23)
    assert drives(network, 22, 23, 21)
    assert not any(name.endswith(":2") for name in network.segment_ids)


def test_a_ban_over_several_pieces_holds(tmp_path: Path):
    """The median is cut in two by a side street, as two ways or as one."""
    side = {25: ([9, 10], ROAD)}
    whole = WAYS | side | {23: ([2, 9, 5], ROAD)}
    parts = WAYS | side | {23: ([2, 9], ROAD), 26: ([9, 5], ROAD)}
    network, report = build(tmp_path, over("no_u_turn", 20, 21), ways=whole)
    assert not drives(network, 20, 23, 23, 21)
    assert drives(network, 22, 23, 23, 21)
    assert drives(network, 20, 23, 25)
    assert report.drops == ()
    network, report = build(tmp_path, over("no_u_turn", 20, 21, 23, 26), ways=parts)
    assert not drives(network, 20, 23, 26, 21)
    assert drives(network, 20, 23, 26, 24)
    assert drives(network, 25, 26, 21)
    assert report.drops == ()


@pytest.mark.parametrize(
    ("ban", "reason"),
    [
        (over("no_u_turn", 20, 21, 99), "a member way is not in the network"),
        (over("no_u_turn", 22, 20), "its ways do not meet"),
    ],
)
def test_a_ban_that_names_no_path_is_counted(tmp_path: Path, ban, reason: str):
    _, report = build(tmp_path, ban)
    assert [(d.what, d.reason) for d in report.drops] == [("restrictions", reason)]


def walks(onward: dict[int, list[int]], starts: range, steps: int) -> set[tuple[int, ...]]:
    found = {(start,) for start in starts}
    for _ in range(steps):
        found = {(*path, then) for path in found for then in onward.get(path[-1], [])}
    return found


@pytest.mark.parametrize("seed", range(60))
def test_random_paths_are_forbidden_and_no_other_path_is_lost(seed: int):
    random, count = np.random.default_rng(seed), 7
    turns = [(a, b) for a in range(count) for b in range(count) if a != b and random.random() < 0.4]
    onward = {a: [then for start, then in turns if start == a] for a in range(count)}
    paths = sorted(path for path in walks(onward, range(count), 2) if len(set(path)) == 3)
    banned = [paths[i] for i in random.permutation(len(paths))[:3]]
    before, after = np.array(turns, np.int32).reshape(-1, 2).T
    graph = TurnGraph(before.copy(), after.copy(), count)
    for path in banned:
        graph.forbid(path, False)
    left: dict[int, list[int]] = {}
    for a, b in zip(*(column.tolist() for column in graph.turns()), strict=True):
        left.setdefault(a, []).append(b)
    own = [*range(count), *graph.originals]
    driven = {tuple(own[s] for s in path) for path in walks(left, range(len(own)), 3)}
    allowed = {
        path for path in walks(onward, range(count), 3)
        if path[:3] not in banned and path[1:] not in banned
    }  # fmt: skip
    assert driven <= allowed
    # A way in is closed where it leads to the forbidden turn alone; who begins on the stretch
    # between may lack that turn.
    closed = {path[:2] for path in banned}
    between = {path[1:] for path in banned}
    assert driven >= {
        path for path in allowed
        if not closed & {path[:2], path[1:3], path[2:]} and path[:2] not in between
    }  # fmt: skip


def test_a_sensor_on_a_piece_laid_twice_is_certain(tmp_path: Path):
    network, _ = build(tmp_path, over("no_u_turn", 20, 21), over("no_straight_on", 22, 24))
    at = network.segment_ids.index("23:2-5")
    low, high = network.vertex_offsets[at : at + 2]
    x, y = network.vertex_x[low:high].mean(), network.vertex_y[low:high].mean()
    longitude, latitude = LocalPlane(network).to_degrees([x - 1.0], [y])
    placed = place_sensors(network, longitude, latitude, [180.0])
    assert placed.segment.tolist() == [at]
    assert placed.reasons == [None]
    x, y = network.vertex_x[high - 1], network.vertex_y[high - 1]
    longitude, latitude = LocalPlane(network).to_degrees([x - 1.0], [y])
    seen = place_cameras(network, longitude, latitude, [180.0])
    assert (seen.segment.tolist(), seen.reasons) == ([at], [None])
