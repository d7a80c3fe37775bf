"""What settled fixes say was driven, against a route laid out as one line."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from mapmatch.kernels import noise, pending, trellis
from mapmatch.kernels.layout import MatchGraph, Memory
from mapmatch.matcher_settings import MatcherSettings
from mapmatch.network import Network
from mapmatch.records import REASONS
from tests.drawing import draw
from tests.mapmatch.kernels.setting import NAN, graph_of, memory_of
from tests.mapmatch.sources.towns import open_town, random_town, uneven
from tests.reference import driving as reference
from tests.reference import noise as reference_noise
from tests.reference.routes import successors

SETTINGS = MatcherSettings()
KINDS = {
    "layer": pending.LAYER, "near": pending.NEAR, "off_road": pending.OFF_ROAD,
    "repeated": pending.REPEATED,
}  # fmt: skip
# Offsets are 32 bits.
METRES, SECONDS = 2e-3, 1e-4


@dataclass
class Town:
    """A random town and a way through it."""

    network: Network
    random: np.random.Generator

    def place(self, segment: int) -> reference.Place:
        """Give a random place inside a segment, as 32 bits hold it."""
        length = float(self.network.length_m[segment])
        return reference.Place(segment, float(np.float32(self.random.uniform(0.5, length - 0.5))))

    def next_place(self, before: int) -> reference.Place:
        """Give a place a few turns on, now and then anywhere."""
        following, segment = successors(self.network), before
        if self.random.random() < 0.1:
            return self.place(int(self.random.integers(self.network.segment_count)))
        for _ in range(self.random.integers(0, 4)):
            segment = int(self.random.choice(following[segment] or [segment]))
        return self.place(segment)

    def seen_at(self, at: reference.Place) -> tuple[float, float]:
        """Give where a fix of a place is seen, metres in 32 bits."""
        x, y = reference.place_of(self.network, at)
        dx, dy = self.random.normal(0.0, 8.0, 2)
        return float(np.float32(x + dx)), float(np.float32(y + dy))

    def speed(self) -> float:
        """Give the speed that a fix gives, often none."""
        return float(np.float32(self.random.choice([NAN, 0.0, 0.6, 4.0, 11.0])))

    def fixes(self, count: int, start: reference.Place) -> list[reference.Fix]:
        """Give fixes not answered yet: layers on a way, fixes near them, and others."""
        at, time, given = start, 0.0, []
        for _ in range(count):
            time += float(self.random.choice([0.0, 1.0, 7.0, 20.0, 60.0]))
            chance = self.random.random()
            if chance < 0.35:
                x, y = self.seen_at(at)
                given.append(reference.Fix("near", time, x, y, self.speed()))
                continue
            if chance < 0.45 and given:
                last = given[-1]
                given.append(reference.Fix("repeated", time, last.x, last.y, self.speed()))
                continue
            if chance < 0.55:
                x, y = self.random.uniform(-500.0, 500.0, 2).astype(np.float32)
                given.append(reference.Fix("off_road", time, float(x), float(y), self.speed()))
                continue
            after = self.next_place(at.segment)
            x, y = self.seen_at(after)
            chance = self.random.random(3)
            is_on_route = chance[0] < 0.85
            answer = after.segment if chance[1] < 0.6 else self.next_place(after.segment).segment
            given.append(
                reference.Fix(
                    "layer", time, x, y, self.speed(),
                    route=after if is_on_route else None,
                    answer=answer if chance[1] < 0.9 else None,
                    is_break=bool(chance[2] < 0.1),
                    is_decided=True,
                )
            )  # fmt: skip
            at = after if is_on_route else at
        return given


def town_of(seed: int) -> Town:
    """Give a random town with listed turns or with all permitted."""
    drawn = open_town() if seed % 4 == 3 else random_town(seed)
    return Town(uneven(drawn.network, seed), np.random.default_rng(seed))


def vehicle_of(town: Town, memory: Memory, *, has_route: bool) -> reference.Vehicle:
    """Give a vehicle of the twin and put the same into slot 0."""
    random = town.random
    at = town.place(int(random.integers(town.network.segment_count)))
    x, y = town.seen_at(at)
    entered = (-30.0, float(np.float32(random.choice([0.0, 0.9, 1.1]))))
    has_answer = has_route and random.random() < 0.3
    beside = int(random.integers(town.network.segment_count)) if has_answer else None
    twin = reference.Vehicle(
        town.network, at if has_route else None, -10.0, town.speed(), entered, (x, y), beside
    )
    vehicle = memory.slots[0]
    noise.forget_noise(memory, 0)
    vehicle.is_active = 1
    vehicle.route_segment = at.segment if has_route else -1
    vehicle.route_offset, vehicle.route_time, vehicle.route_mps = at.offset, -10.0, twin.speed_mps
    vehicle.enter_time, vehicle.enter_offset = entered
    vehicle.route_x, vehicle.route_y = x, y
    vehicle.answer_segment = -1 if beside is None else beside
    vehicle.off_first = vehicle.off_last = -1.0
    return twin


def pend(memory: Memory, fixes: list[reference.Fix]) -> None:
    """Make the fixes those of vehicle 0 that are not answered yet."""
    vehicle = memory.slots[0]
    for n, fix in enumerate(fixes):
        record = memory.pool[n]
        record.kind, record.time, record.tag = KINDS[fix.kind], fix.time, n
        record.x, record.y, record.speed_mps = fix.x, fix.y, fix.speed_mps
        record.next = n + 1 if n + 1 < len(fixes) else -1
        record.choice = record.answer = record.previous_layer = -1
        if fix.kind == "layer":
            write_layer(memory, n, fix)
            vehicle.layers += 1
            vehicle.layer_record = n
    vehicle.head, vehicle.tail, vehicle.pending = 0, len(fixes) - 1, len(fixes)
    memory.free_count[0] -= len(fixes)
    memory.free[: memory.free_count[0]] = np.arange(len(memory.pool) - 1, len(fixes) - 1, -1)


def write_layer(memory: Memory, n: int, fix: reference.Fix) -> None:
    """Write a layer of two states: 2 is where the route passes, 5 the likeliest."""
    record = memory.pool[n]
    record.count = 6
    if fix.is_decided:
        record.choice, record.answer = 2, 5
    if fix.route is not None:
        record.segment[2], record.offset[2] = fix.route.segment, fix.route.offset
    if fix.answer is not None:
        record.segment[5] = fix.answer
    record.route_back[2] = 1 | (trellis.FROZEN if fix.route is None else 0)
    record.route_back[2] |= trellis.BROKEN if fix.is_break else 0
    record.back[5] = 3 | (trellis.FROZEN if fix.answer is None else 0)


def assert_same_rows(memory: Memory, twin: reference.Vehicle) -> None:
    """Assert that the rows written are the twin's."""
    matched, progress, traversals, breaks = (int(n) for n in memory.written)
    assert (matched, progress, traversals, breaks) == (
        len(twin.matched), len(twin.pieces), len(twin.traversals), len(twin.breaks),
    )  # fmt: skip
    for row, fix in zip(memory.matched[:matched], twin.matched, strict=True):
        assert row.segment == (-1 if fix.segment is None else fix.segment)
        assert (REASONS[row.reason] or None) == fix.reason
        assert row.time == fix.time
        assert (row.offset, row.x, row.y) == pytest.approx((fix.offset, fix.x, fix.y), abs=0.02)
    for row, piece in zip(memory.progress[:progress], twin.pieces, strict=True):
        assert row.segment == piece.segment
        assert (row.enter, row.exit) == pytest.approx((piece.enter, piece.leave), abs=SECONDS)
        metres = (row.enter_offset, row.exit_offset)
        assert metres == pytest.approx((piece.from_m, piece.to_m), abs=METRES)
    for row, crossed in zip(memory.traversals[:traversals], twin.traversals, strict=True):
        assert row.segment == crossed.segment
        assert row.is_complete == crossed.is_complete
        assert (row.enter, row.exit) == pytest.approx((crossed.enter, crossed.leave), abs=SECONDS)
        metres = (row.enter_offset, row.exit_offset)
        assert metres == pytest.approx((crossed.from_m, crossed.to_m), abs=METRES)
    for row, (since, time) in zip(memory.breaks[:breaks], twin.breaks, strict=True):
        assert (row.since, row.time) == pytest.approx((since, time), abs=SECONDS)


def assert_same_vehicle(memory: Memory, twin: reference.Vehicle) -> None:
    """Assert that the vehicle is where the twin's is, and as noisy."""
    vehicle = memory.slots[0]
    assert vehicle.answer_segment == (-1 if twin.beside is None else twin.beside)
    if twin.place is None:
        assert vehicle.route_segment == -1
        return
    assert vehicle.route_segment == twin.place.segment
    assert vehicle.route_offset == pytest.approx(twin.place.offset, abs=METRES)
    assert vehicle.route_time == twin.time
    assert vehicle.route_mps == pytest.approx(twin.speed_mps, nan_ok=True)
    assert (vehicle.enter_time, vehicle.enter_offset) == pytest.approx(twin.entered, abs=METRES)
    if twin.seen:
        sigma = reference_noise.sigma_of(SETTINGS, twin.seen)
        tau = reference_noise.tau_of(SETTINGS, twin.seen)
        assert noise.sigma_of(memory, 0) == pytest.approx(sigma, rel=1e-3)
        assert noise.tau_of(memory, 0) == pytest.approx(tau, rel=1e-2, abs=1e-2)


@pytest.mark.parametrize("has_route", [True, False])
@pytest.mark.parametrize("seed", range(60))
def test_what_is_driven_between_fixes_is_that_of_the_route_laid_out(
    seed: int, has_route: bool
) -> None:
    town = town_of(seed)
    graph: MatchGraph = graph_of(town.network, 700.0)
    memory = memory_of(town.network)
    twin = vehicle_of(town, memory, has_route=has_route)
    start = twin.place or town.place(0)
    fixes = town.fixes(int(town.random.integers(1, 16)), start)
    if town.random.random() < 0.5 and fixes[-1].kind == "layer":
        fixes[-1] = replace(fixes[-1], is_decided=False)
    hold_before = float(town.random.choice([np.inf, fixes[-1].time, 0.5 * fixes[-1].time]))
    pend(memory, fixes)
    pending.answer_decided(graph, memory, 0, hold_before)
    done = twin.answer_decided(fixes, hold_before, SETTINGS.bridge_s)
    assert [int(row.tag) for row in memory.matched[: memory.written[0]]] == list(range(done))
    assert_same_rows(memory, twin)
    assert_same_vehicle(memory, twin)
    vehicle = memory.slots[0]
    assert vehicle.pending == len(fixes) - done
    assert memory.free_count[0] == len(memory.pool) - vehicle.pending
    assert vehicle.layers == sum(fix.kind == "layer" for fix in fixes[done:])


def test_a_node_that_lies_at_a_fix_is_passed_when_the_fix_was_there() -> None:
    street = draw("A---B---C", cell_m=25.0, one_way=["AB", "BC"])
    graph, memory = graph_of(street.network), memory_of(street.network)
    before, after = street.segment("AB"), street.segment("BC")
    place = reference.Place(after, 0.0)
    x, y = reference.place_of(street.network, place)
    vehicle = memory.slots[0]
    vehicle.off_first = vehicle.off_last = -1.0
    vehicle.route_segment, vehicle.route_offset, vehicle.route_time = before, 0.0, 100.0
    vehicle.enter_time, vehicle.enter_offset, vehicle.route_mps = 100.0, 0.0, 8.0
    pend(memory, [reference.Fix("layer", 120.0, x, y, 8.0, place, after)])
    pending.answer_decided(graph, memory, 0, np.inf)
    assert memory.written.tolist() == [1, 1, 1, 0]
    progress, traversal = memory.progress[0], memory.traversals[0]
    assert (progress.segment, progress.exit, progress.exit_offset) == (before, 120.0, 100.0)
    assert (traversal.segment, traversal.exit, traversal.is_complete) == (before, 120.0, 1)
    assert (vehicle.route_segment, vehicle.route_offset, vehicle.enter_time) == (after, 0.0, 120.0)
