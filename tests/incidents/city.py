"""A city of a few streets whose minutes the tests of incident detection make up."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from congestion.records import STATES, Sighting
from congestion.roadside import Roadside, RoadsideAssets
from incidents.settings import DetectionSettings
from incidents.signs.city import CitySignFinder, CitySigns
from incidents.signs.lane_detectors import lane_detectors
from ingest.approaches import Approach
from mapmatch.network import Network
from tests.drawing import draw

START = 1789459200.0
Lane = tuple[float | None, float | None, float | None]
"""Count, occupancy and spot speed (km/h) of one detector in one minute; None where unknown."""

FREE: Lane = (6, 0.05, 45)
EMPTY: Lane = (0, 0.0, None)
FULL: Lane = (0, 1.0, None)


def avenue() -> Network:
    """Give five streets of 300 m in a row, a signal at D, and one street joining at C."""
    return draw(
        """
        A----s1---->B----s2---->C----s3---->D----s4---->E----s5---->F
                                ^
                                j
                                |
                                X
        """,
        cell_m=25,
        free_speed_kmh=50,
        lanes=2,
        names={"s3": "Third Street"},
        signals="D",
    ).network


def roadside(network: Network, lanes: int = 2, **cameras: float) -> Roadside:
    """Give a detector in each lane 40 m before the end of each street, and cameras by offset."""
    where = [(s, lane) for s in range(network.segment_count) for lane in range(lanes)]
    detectors = RoadsideAssets(
        tuple(f"M{i:02d}" for i in range(len(where))),
        np.array([s for s, _ in where], np.int32),
        np.array([network.length_m[s] - 40.0 for s, _ in where]),
        np.array([lane for _, lane in where], np.int32),
    )
    on = [network.index_of(name) for name in cameras]
    watching = RoadsideAssets(
        tuple(Approach(f"k{i}", f"k{i}:1") for i in range(len(on))),
        np.array(on, np.int32),
        np.array(list(cameras.values())),
        np.zeros(len(on), np.int32),
    )
    return Roadside(detectors, watching)


def minute_states(
    network: Network,
    minute: int,
    lanes: Mapping[str, Sequence[Lane]],
    level: Mapping[str, int] | None = None,
) -> pa.RecordBatch:
    """Give the states of one minute: `lanes` by segment, others as FREE; levels 0 unless given."""
    levels = level or {}
    given: dict[str, dict[str, Any]] = {}
    for name in network.segment_ids:
        readings = lanes.get(name, (FREE, FREE))
        slow = levels.get(name, 0)
        given[name] = {
            "speed_kmh": 45.0 - 8.5 * slow,
            "level": slow,
            "flow_veh_h": 60.0 * sum(lane[0] or 0.0 for lane in readings),
            "lane_counts": [lane[0] for lane in readings],
            "lane_occupancies": [lane[1] for lane in readings],
            "lane_speeds_kmh": [lane[2] for lane in readings],
        }
    return state_rows(network, minute, given)


def state_rows(
    network: Network, minute: int, given: Mapping[str, Mapping[str, Any]]
) -> pa.RecordBatch:
    """Give the states of one minute, in which all is free at 45 km/h but for the columns given."""
    rows = []
    for name in network.segment_ids:
        row: dict[str, Any] = {
            "interval_start": int((START + 60 * minute) * 1000),
            "interval_s": 60,
            "segment_id": name,
            "speed_kmh": 45.0,
            "speed_std_kmh": 3.0,
            "free_flow_kmh": 45.0,
            "level": 0,
            "probe_count": 0,
            "detector_count": 2,
            "quality": "observed",
            "queue_length_m": 0.0,
            "flow_veh_h": 600.0,
        }
        rows.append(row | dict(given.get(name, {})))
    return pa.RecordBatch.from_pylist(rows, schema=STATES)


def standing(
    vehicle: str,
    segment_id: str,
    offset_m: float,
    minute: int,
    minutes: int = 4,
    fleet: str = "taxi",
) -> Sighting:
    """Give the sighting of a vehicle that has stood for some minutes at the end of a minute."""
    until = START + 60.0 * (minute + 1)
    return Sighting(
        "probe", "standing_vehicle", vehicle, segment_id, offset_m, until - 60 * minutes, until,
        fleet=fleet,
    )  # fmt: skip


def camera_event(kind: str, segment_id: str, minute: int) -> Sighting:
    """Give what a camera reported of a segment in a minute."""
    time = START + 60.0 * minute + 30
    return Sighting("camera", kind, "k0", segment_id, 260.0, time, time)


def calm_signs(network: Network, lanes: int = 2) -> CitySigns:
    """Give the signs of the last of ten ordinary minutes."""
    beside = roadside(network, lanes)
    finder = CitySignFinder(network, lane_detectors(network, beside), beside, DetectionSettings())
    free = dict.fromkeys(network.segment_ids, [FREE] * lanes)
    for minute in range(10):
        signs = finder.step(START + 60.0 * minute, [minute_states(network, minute, free)], [])
    return signs
