"""Only what an operator published leaves, and of it only what the public may know."""

import numpy as np
import pytest

from incidents.case_records import LaneImpact
from incidents.exports.cap import cap_message
from incidents.exports.formats import FORMATS
from incidents.exports.words import description
from incidents.records import seconds
from tests.incidents.exports.cases import BLOCKED, NETWORK, case, published


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_not_published_or_is_over_leaves_in_no_form(name: str) -> None:
    hidden = [
        case("hidden-1", is_published=False),
        case("hidden-2", state="closed"),
        case("hidden-3", state="dismissed"),
    ]
    data = FORMATS[name].write(published(case("shown-1"), *hidden))
    assert b"shown-1" in data
    assert b"hidden" not in data


@pytest.mark.parametrize("name", FORMATS)
def test_no_form_says_who_works_on_it_and_what_they_said(name: str) -> None:
    publication = published(case(lane_impact=BLOCKED))
    message = cap_message(publication, publication.incidents[0].alert_id)
    data = FORMATS[name].write(publication) + (message or b"none")
    for secret in ("mayor", "p7", "squadron", "Taxi standing", '"li"', ">li<"):
        assert secret.encode() not in data, secret


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_published_is_a_whole_document_too(name: str) -> None:
    data = FORMATS[name].write(published())
    assert data or name == "iris"


def test_the_line_runs_along_the_traffic_from_the_tail_of_the_queue_to_the_place() -> None:
    (incident,) = published(case()).incidents
    longitudes = [longitude for longitude, _ in incident.line]
    assert len(longitudes) == 3 and longitudes == sorted(longitudes)  # A, B, half way to C
    ab_bc = NETWORK.length_m[[NETWORK.segment_ids.index(s) for s in ("AB", "BC")]]
    driven = ab_bc[0] + 100.0
    east_m = (longitudes[-1] - longitudes[0]) * 111_320 * np.cos(np.radians(incident.line[0][1]))
    assert east_m == pytest.approx(driven, rel=0.01)
    assert incident.bearing_deg == pytest.approx(90.0, abs=0.2)


def test_a_place_at_the_beginning_of_its_segment_still_has_a_direction() -> None:
    (incident,) = published(case(offset_m=0.0, queue_segment_ids=[])).incidents
    assert len(incident.line) == 2


def test_a_road_is_closed_only_where_operators_blocked_every_lane() -> None:
    (one,) = published(case(lane_impact=[LaneImpact("left shoulder", "blocked")])).incidents
    assert (one.blocked_lanes, one.is_road_closed) == (0, False)
    every = [LaneImpact(n + 1, "blocked") for n in range(one.lane_count)]
    (other,) = published(case(lane_impact=every)).incidents
    assert other.is_road_closed
    # Of a road with more lanes than the network knows one may be open, said or not.
    for more in ([LaneImpact(one.lane_count + 1, "open")], [LaneImpact(20, "blocked")]):
        (wider,) = published(case(lane_impact=[*every, *more])).incidents
        assert not wider.is_road_closed
        assert wider.blocked_lanes < wider.whole_lane_count
        assert f"{wider.blocked_lanes} lane" in description(wider, "en")


def test_the_time_of_a_publication_is_that_of_the_newest_version() -> None:
    older = case("a", event_time="2026-09-15T23:00:00.000Z")
    newer = case("b", event_time="2026-09-15T23:05:00.000Z", is_published=False)
    publication = published(older, newer)
    assert publication.time == seconds(newer.event_time)
    assert publication.valid_until == publication.time + 1800.0


def test_an_alert_of_another_network_is_left_out_and_named() -> None:
    publication = published(case("lost", segment_id="ZZ"), case("kept"))
    assert [one.alert_id for one in publication.incidents] == ["kept"]
    assert "alert lost: segment_id 'ZZ' is not in the network" in publication.left_out[0]
