"""Sensors on segments by position and bearing."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mapmatch.building.assembly import assemble
from mapmatch.network import NONE, Network
from mapmatch.placing.cameras import place_cameras
from mapmatch.placing.sensors import PlacementDoubt, PlacementSettings, place_sensors
from mapmatch.projection import LocalPlane
from mapmatch.sources.gmns import read_gmns
from tests.drawing import Drawing, draw


def at(drawing: Drawing, node: str, east: float, north: float) -> tuple[float, float]:
    """Give the degrees of a point so many metres from a node."""
    network, i = drawing.network, drawing.node(node)
    x, y = network.node_x[i] + east, network.node_y[i] + north
    longitude, latitude = LocalPlane(network).to_degrees(x, y)
    return float(longitude), float(latitude)


def place_one(
    network: Network, longitude: float, latitude: float, bearing_deg: float
) -> tuple[int | None, float, float, PlacementDoubt | None]:
    """Give one sensor's segment, offset, distance and doubt."""
    found = place_sensors(network, [longitude], [latitude], [bearing_deg])
    segment = int(found.segment[0])
    return (
        None if segment == NONE else segment,
        float(found.offset_m[0]),
        float(found.distance_m[0]),
        found.reasons[0],
    )


TWO_WAY = draw("A-------------------B", cell_m=10)
PARALLEL = draw(
    """
    A-------------------B

    C-------------------D
    """,
    cell_m=10,
    one_way=["AB", "CD"],
)


@pytest.mark.parametrize(("bearing", "segment"), [(90.0, "AB"), (270.0, "BA"), (75.0, "AB")])
def test_the_bearing_tells_the_direction(bearing: float, segment: str):
    found, offset, distance, reason = place_one(TWO_WAY.network, *at(TWO_WAY, "A", 50, -3), bearing)
    assert found == TWO_WAY.segment(segment)
    assert offset == pytest.approx(50 if segment == "AB" else 150, abs=0.01)
    assert distance == pytest.approx(3, abs=0.01)
    assert reason is None


def test_of_parallel_roads_the_nearer_one():
    found, *_, reason = place_one(PARALLEL.network, *at(PARALLEL, "A", 50, -1), 90.0)
    assert found == PARALLEL.segment("AB")
    assert reason is None


def test_half_way_between_parallel_roads_is_ambiguous():
    found, *_, reason = place_one(PARALLEL.network, *at(PARALLEL, "A", 50, -10), 90.0)
    assert found is not None
    assert reason is PlacementDoubt.AMBIGUOUS


def test_two_pieces_of_one_road_are_not_ambiguous():
    drawing = draw("A----------B----------C", cell_m=10, one_way=["AB", "BC"])
    found, *_, reason = place_one(drawing.network, *at(drawing, "B", 0, 2), 90.0)
    assert found is not None
    assert reason is None


@pytest.mark.parametrize(
    ("east", "north", "bearing", "reason"),
    [
        (50.0, 0.0, 0.0, PlacementDoubt.NO_SEGMENT_THAT_WAY),
        (50.0, 60.0, 90.0, PlacementDoubt.NO_SEGMENT_NEAR),
        (50.0, 9000.0, 90.0, PlacementDoubt.OUTSIDE_NETWORK),
        (-1e7, 1.8e6, 90.0, PlacementDoubt.OUTSIDE_NETWORK),  # another city, beyond the plane
        (np.nan, 0.0, 90.0, PlacementDoubt.NOT_A_NUMBER),
        (np.inf, 0.0, 90.0, PlacementDoubt.NOT_A_NUMBER),
    ],
)
def test_what_cannot_be_placed_has_a_reason(east, north, bearing, reason: PlacementDoubt):
    longitude, latitude = at(TWO_WAY, "A", 0, 0)
    longitude, latitude = longitude + east / 95_300, latitude + north / 110_900
    found, offset, distance, why = place_one(TWO_WAY.network, longitude, latitude, bearing)
    assert (found, why) == (None, reason)
    assert np.isnan(offset)
    assert np.isnan(distance)


def test_without_a_bearing_the_two_directions_of_a_street_are_in_doubt():
    found, *_, reason = place_one(TWO_WAY.network, *at(TWO_WAY, "A", 50, -1), float("nan"))
    assert found is not None
    assert reason == PlacementDoubt.AMBIGUOUS


def test_without_a_bearing_a_lane_far_enough_from_the_middle_tells_the_direction():
    # 4.8 m to the right of a two-way line is the kerb lane of AB, and no lane of BA.
    placed = place_sensors(
        TWO_WAY.network, *([v] for v in at(TWO_WAY, "A", 50, -4.8)), [np.nan], [0],
        PlacementSettings(distance_scale_m=1.5),
    )  # fmt: skip
    assert placed.segment.tolist() == [TWO_WAY.segment("AB")]
    assert placed.reasons == [None]


def test_a_list_s_common_bearing_error_is_learnt_from_its_certain_sensors():
    # Compasses read 30 degrees low; at the fork such a bearing alone means the branch.
    random = np.random.default_rng(5)
    drawing = draw(
        """
                           C
                          /
                         /
        A---------------B------------D
        """,
        cell_m=20,
        one_way=["AB", "BC", "BD"],
    )
    east = np.r_[random.uniform(10, 300, 40), 335.0]
    places = np.array([at(drawing, "A", e, 2.0) for e in east])
    bearing = 90 - 30 + random.normal(0, 1, 41)
    alone = place_sensors(drawing.network, *places[-1:].T, bearing[-1:])
    among = place_sensors(drawing.network, *places.T, bearing)
    assert alone.segment[0] == drawing.segment("BC")
    assert among.segment[-1] == drawing.segment("BD")


def test_lanes_tell_overlapping_carriageways_apart():
    # Sensors of a three-lane road and a one-lane road drawn 4 m beside it.
    drawing = draw(
        """
        A----------------------------------------B
        C----------------------------------------D
        """,
        cell_m=4,
        one_way=["AB", "CD"],
        lanes={"AB": 3, "CD": 1},
    )
    # Lane 0 of AB lies 3.2 m to the right of its line, 0.8 m from that of CD.
    longitude, latitude = np.array([at(drawing, "A", 60 + 2 * i, -3.2) for i in range(3)]).T
    by_lane = place_sensors(
        drawing.network, longitude, latitude, [90.0] * 3, [0, 0, 0],
        PlacementSettings(distance_scale_m=0.5),
    )  # fmt: skip
    assert by_lane.segment.tolist() == [drawing.segment("AB")] * 3


def test_no_sensors_are_no_placements():
    assert len(place_sensors(TWO_WAY.network, [], [], []).segment) == 0
    assert len(place_cameras(TWO_WAY.network, [], [], []).segment) == 0


CROSS = draw(
    """
              B
              |
              |
              |
    A---------X---------C
              |
              |
              |
              D
    """,
    cell_m=10,
)


def test_a_junction_camera_watches_the_segments_that_end_there():
    corner = at(CROSS, "X", 8, 8)
    bearings = [90.0, 180.0, 270.0, 0.0]
    placed = place_cameras(CROSS.network, [corner[0]] * 4, [corner[1]] * 4, bearings)
    assert [CROSS.network.segment_ids[i] for i in placed.segment] == ["AX", "BX", "CX", "DX"]
    assert placed.offset_m == pytest.approx(CROSS.network.length_m[placed.segment])


def test_rows_of_one_approach_get_one_segment_and_two_approaches_two():
    corner = at(CROSS, "X", 0, 0)
    bearings = [90.0, 90.0, 100.0, np.nan]
    placed = place_cameras(CROSS.network, [corner[0]] * 4, [corner[1]] * 4, bearings)
    assert placed.segment[0] == placed.segment[1] == CROSS.segment("AX")
    assert placed.segment[2] == NONE, "the only segment that way is taken"


def test_a_camera_along_a_road_is_placed_like_a_detector():
    place_ = at(CROSS, "X", -60, 2)
    placed = place_cameras(CROSS.network, [place_[0]], [place_[1]], [90.0])
    assert placed.segment[0] == CROSS.segment("AX")
    assert placed.offset_m[0] == pytest.approx(40, abs=0.1)


@pytest.fixture(scope="module")
def shanghai(shared_data: Path) -> Network:
    return assemble(read_gmns(shared_data / "networks" / "shanghai-core"))[0]


def test_the_large_recording_s_detectors_stand_on_their_true_links(
    shared_data: Path, shanghai: Network
):
    feed = shared_data / "feeds" / "shanghai-core-incidents"
    rows = pd.read_csv(feed / "detectors.csv").merge(
        pd.read_csv(feed / "truth" / "detector_links.csv"), on="detector_id"
    )
    placed = place_sensors(shanghai, rows.longitude, rows.latitude, rows.bearing_deg, rows.lane)
    true = np.array([shanghai.index_of(link) for link in rows.link_id])
    assert np.mean(placed.segment == true) > 0.98
    # True offsets count from the stop line before, segments from the middle of the junction.
    links = pd.read_csv(shared_data / "networks" / "shanghai-core" / "link.csv.gz")
    said = links.set_index("link_id")["length"].loc[rows.link_id].to_numpy()
    junction = 0.5 * (shanghai.length_m[true] - said)
    error = np.abs(placed.offset_m - junction - rows.offset_m)
    assert np.mean(error[placed.segment == true]) < 6


def test_the_large_recording_s_cameras_watch_their_true_links(shared_data: Path, shanghai: Network):
    feed = shared_data / "feeds" / "shanghai-core-incidents"
    rows = pd.read_csv(feed / "cameras.csv").merge(
        pd.read_csv(feed / "truth" / "camera_links.csv"), on=["camera_id", "approach_id"]
    )
    placed = place_cameras(shanghai, rows.longitude, rows.latitude, rows.bearing_deg)
    true = np.array([shanghai.index_of(link) for link in rows.link_id])
    assert np.mean(placed.segment == true) > 0.98
