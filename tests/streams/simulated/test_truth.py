"""When the flow shows an incident, and what cameras and people say of it."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ingest.user_error import UserError
from streams.simulated.demand import Demand, Morning, demand_of
from streams.simulated.incidents import Placed, SignalPrograms, place_incidents, write_for_sumo
from streams.simulated.scenario import AreaSettings, Incident, ReportSettings, Scenario
from streams.simulated.sensors import Approach
from streams.simulated.streets import Lane, Link, Streets
from streams.simulated.truth import mean_kmh, visibility
from streams.simulated.words import camera_words, write_reports

BEGIN = pd.Timestamp("2026-10-19T23:00:00+00:00")


def link(name: str, lanes: int = 2) -> Link:
    shape = [(0.0, 0.0), (200.0, 0.0)]
    return Link(
        name, "", f"{name}-", f"-{name}", "primary",
        [Lane(f"{name}_{n}", 200.0, 14.0, shape) for n in range(lanes)],
    )  # fmt: skip


def streets() -> Streets:
    links = {name: link(name) for name in ("a", "b", "c")}
    nodes = {end: (0.0, 0.0) for one in links.values() for end in (one.start, one.end)}
    turns = {"a": ["b"], "b": ["c"], "c": ["a"]}
    return Streets(links, nodes, {"-b"}, turns, (0.0, 0.0), "+proj=utm +zone=51 +datum=WGS84")


def scenario(*incidents: Incident, **more: object) -> Scenario:
    return Scenario("s", AreaSettings("m", [0.0, 0.0, 1.0, 1.0]), incidents=list(incidents), **more)


def block(start_s: float = 600.0, duration_s: float = 600.0) -> Placed:
    return Placed("inc0", "full_block", link("a"), (0, 1), 150.0, start_s, duration_s)


def minutes(kmh: float, entered: int = 5) -> pd.DataFrame:
    """One link at a speed for half an hour."""
    begin = 60.0 * np.arange(30)
    return pd.DataFrame(
        {
            "link_id": "a", "begin": begin, "metres": kmh / 3.6 * 100.0, "seconds": 100.0,
            "entered": entered,
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kmh", "entered", "seen"),
    [
        (10.0, 5, (True, True)), (25.0, 5, (False, True)), (35.0, 5, (False, False)),
        (10.0, 0, (False, False)),
    ],
)  # fmt: skip
def test_an_incident_is_visible_where_it_halves_the_speed_of_some(
    kmh: float, entered: int, seen: tuple[bool, bool]
) -> None:
    assert visibility(block(), minutes(kmh, entered), minutes(40.0)) == seen


def test_a_mean_speed_is_that_of_whole_minutes_in_the_span() -> None:
    of = minutes(40.0)
    of.loc[of.begin == 600.0, "metres"] = 0.0  # the minute in which it begins
    assert mean_kmh(of, "a", 601.0, 1200.0) == pytest.approx(40.0)
    assert mean_kmh(of, "a", 600.0, 660.0) == 0.0
    assert np.isnan(mean_kmh(of, "b", 0.0, 1800.0))


def test_a_camera_speaks_of_what_stands_on_its_approach_and_no_other() -> None:
    sees, away = Approach("k0", "k0:0", link("a")), Approach("k1", "k1:0", link("b"))
    quiet = scenario()
    words = camera_words(quiet, [block()], [sees, away], BEGIN)
    about = words[words.approach_id == "k0:0"]
    assert set(about.kind) <= {"crash", "stopped_vehicle", "illegal_parking"}
    first = (about.event_time.min() - BEGIN).total_seconds()
    assert first <= 645.0
    blind = camera_words(quiet, [block()], [away], BEGIN)
    assert set(blind.approach_id) <= {"k1:0"}


def test_people_report_near_the_place_after_it_began(tmp_path: Path) -> None:
    told = scenario(reports=ReportSettings(share=1.0))
    write_reports(told, [block()], streets(), BEGIN, tmp_path / "reports.ndjson")
    rows = [json.loads(line) for line in (tmp_path / "reports.ndjson").read_text().splitlines()]
    assert rows[0]["kind"] == "crash"
    assert pd.Timestamp(rows[0]["event_time"]) >= BEGIN + pd.Timedelta(seconds=660)
    assert len({row["report_id"] for row in rows}) == len(rows)


def test_an_incident_that_fits_nowhere_is_named() -> None:
    here = Incident("bus_breakdown", 5.0, 5.0, link_id="a")  # it has no stop
    for wanted in (here, Incident("full_block", 5.0, 5.0)):  # nobody drives
        with pytest.raises(UserError, match=f"incident {wanted.kind}"):
            place_incidents(scenario(wanted), streets(), SignalPrograms(), Demand(), [], {})


def test_an_area_too_small_for_a_bus_line_is_told_and_not_searched_for_ever() -> None:
    with pytest.raises(UserError, match="bus_lines = 0"):
        demand_of(streets(), Morning(1, 600, 1.0, taxi_count=0, line_count=1))


def test_a_stuck_signal_freezes_the_phase_that_keeps_its_link_waiting(tmp_path: Path) -> None:
    signals = SignalPrograms(
        {"s": ["GGrr", "yyrr", "rrGG", "rryy"]}, {"s": "0"}, {"b": ("s", [0, 1])}
    )
    stuck = Placed("inc1", "stuck_signal", link("b"), (0, 1), 150.0, 600.0, 300.0)
    routes, more = tmp_path / "routes.xml", tmp_path / "more.xml"
    write_for_sumo([stuck, block()], streets(), signals, scenario(), routes, more)
    assert 'state="rrGG"' in more.read_text()
    assert '<wautSwitch time="900" to="0"/>' in more.read_text()
    assert routes.read_text().count('until="1200"') == 2  # a vehicle on each lane
