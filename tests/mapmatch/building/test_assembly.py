"""Roads in degrees to the network: lengths, reverse segments, the grid, regions."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from mapmatch.building.regions import cut_regions, default_region_count
from mapmatch.building.turns import reverse_segments, to_csr
from mapmatch.kernels.grid import fill_grid
from mapmatch.network import NONE
from mapmatch.projection import LocalPlane
from mapmatch.sources.roads import all_turns
from tests.drawing import draw
from tests.reference.grid import line_of, segments_near_cell


def test_a_grid_cell_lists_every_segment_within_its_padding_and_few_beyond():
    network = draw(
        """
        A-------B
         \\     /|
          \\   / |
           \\ /  |
            C---D
        """,
        cell_m=70,
    ).network
    listed_count = near_count = 0
    for cell in range(network.grid_columns * network.grid_rows):
        low, high = network.grid_offsets[cell], network.grid_offsets[cell + 1]
        listed = network.grid_segments[low:high].tolist()
        near = segments_near_cell(network, cell)
        assert near <= set(listed)
        assert len(listed) == len(set(listed))
        listed_count += len(listed)
        near_count += len(near)
    assert near_count > 0
    assert listed_count < 1.15 * near_count


def test_a_grid_entrys_box_holds_what_of_the_segment_is_near_and_little_else():
    network = draw(
        """
        A-------B
         \\     /|
          \\   / |
           \\ /  |
            C---D
        """,
        cell_m=70,
    ).network
    side = network.grid_cell_m + 2 * network.grid_padding_m
    for cell in range(network.grid_columns * network.grid_rows):
        row, column = divmod(cell, network.grid_columns)
        left = network.grid_x0 + column * network.grid_cell_m - network.grid_padding_m
        bottom = network.grid_y0 + row * network.grid_cell_m - network.grid_padding_m
        surroundings = shapely.box(left, bottom, left + side, bottom + side)
        for entry in range(network.grid_offsets[cell], network.grid_offsets[cell + 1]):
            line = line_of(network, int(network.grid_segments[entry]))
            box = network.grid_boxes[entry] * side / 255.0 + [left, bottom, left, bottom]
            near = shapely.box(*line.bounds).intersection(surroundings)
            assert shapely.box(*box).buffer(1e-6).contains(line.intersection(surroundings))
            assert shapely.box(*box).area <= near.buffer(side / 255.0).envelope.area + 1e-6


def test_the_grid_kernel_has_one_compiled_signature():
    if not hasattr(fill_grid, "signatures"):
        pytest.skip("numba's compiler is off (NUMBA_DISABLE_JIT)")
    draw("A---B")
    draw("A-----B", cell_m=300)
    assert len(fill_grid.signatures) == 1


def test_the_grid_covers_all_vertices():
    network = draw("A---B").network
    assert network.grid_x0 <= network.vertex_x.min() - network.grid_padding_m
    right = network.grid_x0 + network.grid_columns * network.grid_cell_m
    assert right >= network.vertex_x.max() + network.grid_padding_m


def test_a_street_and_its_other_direction_know_each_other():
    drawing = draw("A---B---C", one_way=["BC"])
    reverse = drawing.network.reverse_segment
    assert reverse[drawing.segment("AB")] == drawing.segment("BA")
    assert reverse[drawing.segment("BA")] == drawing.segment("AB")
    assert reverse[drawing.segment("BC")] == NONE


def test_the_way_round_the_block_is_not_the_same_street():
    ends = np.array([0, 1], np.int32), np.array([1, 0], np.int32)
    lengths = np.array([200.0, 400.0])
    far = reverse_segments(*ends, lengths, np.array([0.0, 0.0]), np.array([0.0, 100.0]))
    near = reverse_segments(*ends, lengths, np.array([0.0, 0.0]), np.array([0.0, 20.0]))
    assert far.tolist() == [NONE, NONE]
    assert near.tolist() == [1, 0]


def test_of_two_carriageways_back_the_nearer_is_the_reverse():
    from_node, to_node = np.array([0, 1, 1], np.int32), np.array([1, 0, 0], np.int32)
    y = np.array([0.0, 25.0, 10.0])
    found = reverse_segments(from_node, to_node, np.full(3, 100.0), np.zeros(3), y)
    assert found.tolist() == [2, NONE, 0]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=20))
def test_all_turns_are_the_pairs_that_meet_at_a_node(ends: list[tuple[int, int]]):
    from_node = np.array([a for a, _ in ends], np.int32)
    to_node = np.array([b for _, b in ends], np.int32)
    before, after = all_turns(from_node, to_node, 6)
    expected = {
        (i, j) for i in range(len(ends)) for j in range(len(ends)) if ends[i][1] == ends[j][0]
    }
    assert set(zip(before.tolist(), after.tolist(), strict=True)) == expected
    offsets, columns = to_csr(before, after, len(ends))
    rows = np.repeat(np.arange(len(ends)), np.diff(offsets))
    assert set(zip(rows.tolist(), columns.tolist(), strict=True)) == expected


@settings(max_examples=30)
@given(st.integers(1, 300), st.integers(1, 20), st.integers(0, 2**32 - 1))
def test_regions_are_balanced_whatever_the_streets(count: int, regions: int, seed: int):
    random = np.random.default_rng(seed)
    found = cut_regions(random.normal(size=count), random.normal(size=count), regions)
    sizes = np.bincount(found, minlength=regions)
    assert len(sizes) == regions
    assert sizes.max() - sizes.min() <= 1 + regions.bit_length()


def test_a_region_is_a_compact_piece_of_the_plane():
    x, y = (a.ravel() for a in np.meshgrid(np.arange(40.0), np.arange(10.0)))
    region = cut_regions(x, y, 4)
    for k in range(4):
        assert np.ptp(x[region == k]) <= 10


def test_a_region_holds_two_thousand_segments_unless_another_count_is_asked_for():
    assert [default_region_count(n) for n in (1, 2000, 2001, 10_000)] == [1, 1, 2, 5]
    assert [default_region_count(n) for n in (16_000, 32_000, 32_001, 10**6)] == [8, 8, 9, 250]


PLANE = LocalPlane(draw("A---B").network)


@given(st.floats(-0.5, 0.5), st.floats(-0.5, 0.5))
def test_metres_and_degrees_are_each_other_s_inverse(east: float, north: float):
    x, y = PLANE.to_metres(121.47 + east, 31.23 + north)
    longitude, latitude = PLANE.to_degrees(x, y)
    assert longitude == pytest.approx(121.47 + east, abs=1e-9)
    assert latitude == pytest.approx(31.23 + north, abs=1e-9)


def test_what_is_no_position_becomes_no_finite_number():
    x, _ = PLANE.to_metres([np.nan, np.inf, 121.47], [31.0, 31.0, np.nan])
    assert not np.isfinite(x).any()
