"""Mornings of districts that detection was not made on, and their sums."""

from pathlib import Path

from benchmarks.incidents.unseen import MORNINGS, by_district, scenario_of
from benchmarks.recordings import district_of


def line(feed: str, segments: int, **counts: float) -> dict[str, object]:
    none = dict.fromkeys(
        ("strictly_visible", "found", "by_oracle", "all_found", "incidents", "all_by_chance",
         "false", "false_by_oracle", "cause_right"), 0,
    )  # fmt: skip
    return {"feed": feed, "segments": segments, "hours": 1.0, **none, **counts}


def test_mornings_of_a_district_are_summed_and_their_false_alarms_are_by_its_size() -> None:
    lines = [
        line("old-town-1", 2000, found=2, false=3),
        line("old-town-2", 2000, found=1, false=0),
        line("quay-1", 100, false=1),
    ]
    town, quay = by_district(lines)
    assert (town["district"], town["found"], town["false"]) == ("old-town", 3, 3)
    assert town["false_an_hour_per_4000"] == 3.0
    # A small network is taken to be of 1,000 segments, as the budget of alarms takes it.
    assert quay["false_an_hour_per_4000"] == 4.0


def test_every_district_has_a_quiet_morning_and_two_with_incidents() -> None:
    maps = Path("shanghai.osm.gz"), Path("porto.osm.gz")
    for district in {district_of(morning.name) for morning in MORNINGS}:
        of = [scenario_of(m, *maps) for m in MORNINGS if district_of(m.name) == district]
        assert sorted(bool(scenario.draw) for scenario in of) == [False, True, True]
        assert len({scenario.seed for scenario in of}) == 3
