"""When an incident is said to have begun, by signs made up and by what is published."""

from dataclasses import replace

import numpy as np
import pytest

from incidents.alerts.onset import onset
from incidents.signs.city import CitySigns
from tests.incidents.city import START, avenue, calm_signs
from tests.incidents.test_detection import ONSET, Minute, block, incidents_of, run, standing

AVENUE = avenue()
S2 = AVENUE.index_of("s2") or 0
CALM = calm_signs(AVENUE)
MINUTE = CALM.minute_start


def dated(**at: float) -> CitySigns:
    """Give signs in which fields of s2's flow, or `since` of its queue, say something."""
    changed = {}
    for name, value in at.items():
        source = CALM.queues if name == "since" else CALM.flows
        changed[name] = getattr(source, name).copy()
        changed[name][S2] = value
    queues = replace(CALM.queues, since=changed.pop("since", CALM.queues.since))
    return replace(CALM, flows=replace(CALM.flows, **changed), queues=queues)


@pytest.mark.parametrize(
    ("says", "before_s"),
    [
        ({}, 0.0),  # nothing dates it: the minute itself
        ({"stop_minutes": 4.0}, 240.0),  # the flow has been missed for so long
        ({"jam_minutes": 5.0}, 300.0),  # the queue has stood for so long
        ({"standing_s": 200.0}, 140.0),  # at the end of the minute somebody has stood for so long
        ({"since": MINUTE - 180.0}, 180.0),  # it is slow since then
        ({"since": MINUTE + 60.0}, 0.0),
        ({"stop_minutes": 4.0, "jam_minutes": 2.0, "standing_s": 100.0}, 240.0),  # the earliest
    ],
)
def test_an_incident_began_at_the_earliest_that_dates_its_stoppage(
    says: dict[str, float], before_s: float
) -> None:
    assert MINUTE - onset(S2, dated(**says)) == before_s


@pytest.mark.parametrize(
    ("says", "before_s"),
    [
        ({"stop_minutes": 15.0}, 900.0),
        ({"stop_minutes": 16.0}, 0.0),
        ({"stop_minutes": 16.0, "jam_minutes": 3.0}, 180.0),
        ({"standing_s": 960.0}, 900.0),
        ({"standing_s": 961.0}, 0.0),
        ({"since": MINUTE - 900.0}, 900.0),
        ({"since": MINUTE - 960.0, "stop_minutes": 2.0}, 120.0),
    ],
)
def test_what_dates_from_more_than_a_quarter_of_an_hour_ago_is_another_story(
    says: dict[str, float], before_s: float
) -> None:
    assert MINUTE - onset(S2, dated(**says)) == before_s


@pytest.mark.parametrize(("stood_minutes", "is_it"), [(16, True), (17, False)])
def test_a_vehicle_that_had_stood_for_a_quarter_of_an_hour_before_dates_the_alert_and_no_longer(
    stood_minutes: int, is_it: bool
) -> None:
    def blocked(minute: int) -> Minute:
        states, seen = block(minute)
        stood = [standing(s.seen_by, "s2", s.offset_m, minute, stood_minutes) for s in seen]
        return states, stood

    first = incidents_of(run(range(60), blocked))[0]
    opened = np.datetime64(first.event_time[:-1]) - np.timedelta64(90, "s")
    began = np.datetime64(first.onset_time[:-1])
    # At the end of the minute it had stood for 16 minutes, so since 15 before the minute.
    assert (opened - began == np.timedelta64(900, "s")) == is_it
    if not is_it:  # it is dated by the flow, which was last seen in the minute before the block
        last_flow = np.datetime64(int(START + 60 * (ONSET - 1)), "s")
        assert began == last_flow
