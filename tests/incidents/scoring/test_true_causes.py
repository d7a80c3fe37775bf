"""The true causes of queues."""

from typing import Any

import numpy as np
import pandas as pd

from congestion.roadside import RoadsideAssets
from incidents.scoring.incidents import TrueIncident
from incidents.scoring.true_causes import TrueCauses
from tests.incidents.city import START, avenue

AVENUE = avenue()
S2, S3, S4 = (AVENUE.index_of(name) or 0 for name in ("s2", "s3", "s4"))
STOP_ON_S4 = RoadsideAssets(("B1",), np.array([S4], np.int32), np.array([150.0]),
                            np.zeros(1, np.int32))  # fmt: skip
MINUTES = 12


def moment(seconds: float) -> str:
    return pd.Timestamp(START + seconds, unit="s", tz="UTC").isoformat()


def truth(
    jammed: str, incident: dict[str, Any] | None = None, without_kmh: float = 40.0,
    bus_on: str | None = None,
) -> TrueCauses:  # fmt: skip
    """Give the truth of minutes in which some streets stand, full of vehicles."""
    rows = [
        {
            "link_id": name, "interval_start": pd.Timestamp(START + 60 * n, unit="s", tz="UTC"),
            "speed_kmh": 3.0 if name in jammed.split() else 40.0,
            "speed_without_incidents_kmh": without_kmh if name in jammed.split() else 40.0,
            "congested": name in jammed.split(), "cause": None, "queue_next_link_id": None,
            "entered": 60 if name in jammed.split() and n == 0 else 5, "left": 5,
        }
        for n in range(MINUTES)
        for name in AVENUE.segment_ids
    ]  # fmt: skip
    fixes = pd.DataFrame(
        {
            "vehicle_id": ["b1"] * MINUTES, "link_id": [bus_on or "s1"] * MINUTES,
            "offset_m": [155.0] * MINUTES,
            "event_time": pd.to_datetime(
                [1000 * (START + 60 * n) for n in range(MINUTES)], unit="ms", utc=True
            ).as_unit("ms"),
        }
    )  # fmt: skip
    given = {"incident_id": "i", "start": moment(0), "end": moment(600), "offset_m": 150.0}
    incidents = [TrueIncident(**{**given, **incident})] if incident else []
    return TrueCauses(pd.DataFrame(rows), AVENUE, incidents, fixes, STOP_ON_S4)


def test_a_queue_at_a_signal_is_the_signals() -> None:
    assert truth("s2 s3").at(8, S2) == "signal"


def test_a_queue_without_a_signal_is_more_than_the_road_takes() -> None:
    assert truth("s4").at(8, S4) == "demand"


def test_a_bus_blocks_where_it_stands_at_a_stop_without_a_signal() -> None:
    assert truth("s4", bus_on="s4").at(8, S4) == "bus_stop"
    assert truth("s3", bus_on="s3").at(8, S3) == "signal"


def test_an_incident_is_the_cause_at_its_place_unless_the_queue_stood_without_it_too() -> None:
    block = {"type": "full_block", "link_id": "s3"}
    assert truth("s2 s3", block).at(8, S2) == "incident"
    assert truth("s2 s3", block, without_kmh=4.0).at(8, S2) == "signal"
    assert truth("s2 s3", {"type": "work_zone", "link_id": "s3"}).at(8, S3) == "work_zone"
    assert truth("s2 s3", {"type": "full_block", "link_id": "s5"}).at(8, S3) == "signal"


def test_where_nothing_stands_there_is_no_cause() -> None:
    assert truth("s4").at(8, S2) is None
