"""What drives in a simulated city."""

from dataclasses import replace
from pathlib import Path

import pytest

from streams.simulated.demand import Demand, Morning, demand_of
from streams.simulated.streets import Lane, Link, Streets
from streams.simulated.vehicles import Mix

MORNING = Morning(1, 3600, 60.0, taxi_count=0, line_count=0, breakdown_count=0)


def demand(morning: Morning) -> Demand:
    """Give the traffic of two streets of 2 km, there and back."""
    lanes = [Lane("0", 2000.0, 13.9, [(0.0, 0.0), (2000.0, 0.0)])]
    links = {
        "ab": Link("ab", "", "A", "B", "primary", lanes),
        "ba": Link("ba", "", "B", "A", "primary", lanes),
    }
    nodes = {"A": (0.0, 0.0), "B": (2000.0, 0.0)}
    turns = {"ab": ["ba"], "ba": ["ab"]}
    return demand_of(Streets(links, nodes, set(), turns, (0.0, 0.0), ""), morning)


def test_without_a_mix_every_private_vehicle_is_a_car_and_a_mix_moves_none() -> None:
    cars = [text for _, text in demand(MORNING).departures]
    mixed = [text for _, text in demand(replace(MORNING, mix=Mix(((0.0, 0.25),), 0.0))).departures]
    assert len(cars) == 3600
    assert all('type="car"' in text for text in cars)
    assert [text.replace('"truck"', '"car"') for text in mixed] == cars
    is_truck = ['type="truck"' in text for text in mixed]
    assert sum(is_truck) / 3600 == pytest.approx(0.25, abs=0.025)


def test_minutes_are_true_of_every_type_but_what_breaks_down(tmp_path: Path) -> None:
    made = demand(replace(MORNING, mix=Mix(((0.0, 0.25),))))
    made.write(tmp_path / "routes.xml", tmp_path / "stops.xml")
    written = (tmp_path / "routes.xml").read_text()
    assert "broken" not in made.type_names()
    assert all(f'<vType id="{name}"' in written for name in [*made.type_names(), "broken"])
    assert demand(MORNING).type_names() == ["car", "taxi", "bus"]
