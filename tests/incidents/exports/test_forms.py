"""Each form is what its standard says: by the official schema, or by its page where it has none."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from lxml import etree

from incidents.case_records import CaseEvent, LaneImpact
from incidents.exports.cap import CAP, cap_feed, cap_message
from incidents.exports.cifs import cifs_json, cifs_xml
from incidents.exports.cloudevents import cloudevents_headers
from incidents.exports.datex2 import datex2
from incidents.exports.geojson import geojson
from incidents.exports.iris import iris_csv
from incidents.exports.publication import Publication
from incidents.exports.words import CAUSES
from incidents.records import Alert, Cause, iso
from tests.incidents.exports.cases import BLOCKED, MINUTE, case, published

CLOSED = [LaneImpact(1, "blocked")]
ODD = "N<i>x\x00&\x0b,\n]]>"


def every_cause() -> Publication:
    """Give a publication of every cause, and of odd names, lanes and states."""
    causes = [case(f"c-{cause}", cause=cause, severity=i % 4 + 1) for i, cause in enumerate(CAUSES)]
    return published(
        *causes,
        case("first", log=case().log[:3]),
        case("odd id, <x> & co \x01", road_name=ODD, place_text=None, cameras=[f"cam,{ODD}"]),
        case("nameless", road_name="", place_text=None, is_confirmed=True, lane_impact=BLOCKED),
        case("over", state="cleared"),
        case("around", detour=["AB", "BC"]),
        case("closed", lane_impact=CLOSED, cause="work_zone"),
    )


def schema(shared_data: Path, *path: str) -> etree.XMLSchema:
    """Give an official schema, skipping where it is not there."""
    file = shared_data.joinpath("schemas", *path)
    if not file.is_file():
        pytest.skip(f"official schema not present at {file}")
    return etree.XMLSchema(etree.parse(file))


def message_of(publication: Publication, alert_id: str) -> bytes:
    message = cap_message(publication, alert_id)
    assert message is not None
    return message


def test_every_cause_has_its_words() -> None:
    assert set(CAUSES) == set(get_args(Cause))


def test_cap_messages_are_valid_by_the_official_schema(shared_data: Path) -> None:
    cap = schema(shared_data, "cap", "CAP-v1.2.xsd")
    publication = every_cause()
    for incident in publication.incidents:
        cap.assertValid(etree.fromstring(message_of(publication, incident.alert_id)))
    for message in etree.fromstring(cap_feed(publication)).iter(f"{{{CAP}}}alert"):
        cap.assertValid(etree.ElementTree(etree.fromstring(etree.tostring(message))))


def withdrawn(action: str = "withdraw", *then: str, **changes: Any) -> Alert:
    """Give a case that the public saw in two versions, and saw no more."""
    log, state = [*case().log], "dismissed" if action == "dismiss" else "open"
    for number, what in enumerate((action, *then), 5):
        log.append(CaseEvent(number, iso(MINUTE + 30 * number), "li", what))  # type: ignore[arg-type]
    more = {"version": log[-1].version, "is_published": False, "state": state, **changes}
    return case("gone", log=log, **more)


@pytest.mark.parametrize("action", ["withdraw", "dismiss", "merge"])
def test_a_cap_message_cancels_those_about_a_case_that_is_taken_back(
    action: str, shared_data: Path
) -> None:
    publication = published(withdrawn(action, "comment"), case("other"))
    message = etree.fromstring(message_of(publication, "gone"))
    schema(shared_data, "cap", "CAP-v1.2.xsd").assertValid(message)
    said = {
        name: message.findtext(f"{{{CAP}}}{name}") for name in ("identifier", "msgType", "sent")
    }
    assert said == {
        "identifier": "gone.5", "msgType": "Cancel", "sent": "2026-09-15T23:02:30-00:00"
    }  # fmt: skip
    assert message.findtext(f"{{{CAP}}}references") == (
        "traffic.example,gone.3,2026-09-15T23:01:00-00:00 "
        "traffic.example,gone.4,2026-09-15T23:01:30-00:00"
    )
    assert message.find(f"{{{CAP}}}info") is None, "no more is said of it"
    kinds = [one.findtext(f"{{{CAP}}}msgType") for one in messages_of(publication)]
    assert kinds == ["Update", "Cancel"]


def messages_of(publication: Publication) -> Iterator[etree._Element]:
    return etree.fromstring(cap_feed(publication)).iter(f"{{{CAP}}}alert")


def test_nothing_is_cancelled_that_was_closed_is_public_again_or_is_long_forgotten() -> None:
    closed = withdrawn("close", state="closed")
    again = withdrawn("withdraw", "publish", is_published=True)
    late = case("late", event_time=iso(MINUTE + 3600.0))
    never = case("never", is_published=False, log=case().log[:2])
    for cases in ([closed], [again], [withdrawn(), late], [never]):
        kinds = [m.findtext(f"{{{CAP}}}msgType") for m in messages_of(published(*cases))]
        assert "Cancel" not in kinds


def test_what_is_taken_back_is_in_no_other_form() -> None:
    publication = published(withdrawn())
    for form in (cifs_json, cifs_xml, datex2, geojson, iris_csv):
        assert b"gone" not in form(publication)


def test_datex2_is_valid_by_the_official_schema(shared_data: Path) -> None:
    situation = schema(shared_data, "datex2", "DATEXII_3_D2Payload.xsd")
    situation.assertValid(etree.fromstring(datex2(every_cause())))
    situation.assertValid(etree.fromstring(datex2(published())))


def test_a_cap_message_updates_those_that_the_public_saw_before() -> None:
    publication = published(case(), case("new", log=case().log[:3], version=3))
    update, first = (
        etree.fromstring(message_of(publication, one.alert_id)) for one in publication.incidents
    )
    assert update.findtext(f"{{{CAP}}}msgType") == "Update"
    assert update.findtext(f"{{{CAP}}}references") == (
        "traffic.example,incident-BC-1.3,2026-09-15T23:01:00-00:00"
    )
    assert first.findtext(f"{{{CAP}}}msgType") == "Alert"
    assert first.find(f"{{{CAP}}}references") is None


def test_a_cap_id_has_nothing_that_the_standard_forbids() -> None:
    publication = published(case("odd id, <x> & co"))
    message = etree.fromstring(message_of(publication, publication.incidents[0].alert_id))
    assert message.findtext(f"{{{CAP}}}identifier") == "odd_id___x>___co.4"


def test_cap_speaks_chinese_and_english() -> None:
    publication = published(case())
    message = etree.fromstring(message_of(publication, publication.incidents[0].alert_id))
    heads = [info.findtext(f"{{{CAP}}}headline") for info in message.iter(f"{{{CAP}}}info")]
    assert heads == ["交通事件: 复兴中路，由西向东", "Traffic incident: 复兴中路, eastbound"]


def test_cifs_has_the_same_incidents_as_json_and_as_xml() -> None:
    publication = every_cause()
    records = [one["incident"] for one in json.loads(cifs_json(publication))["incidents"]]
    elements = list(etree.fromstring(cifs_xml(publication)))
    assert len(records) == len(elements) > 10
    for record, element in zip(records, elements, strict=True):
        assert "over" not in record["id"]
        assert {"type", "polyline", "street", "starttime", "endtime"} <= set(record)
        assert record["subtype"].startswith(record["type"])
        numbers = [float(text) for text in record["polyline"].split()]
        assert len(numbers) >= 4 and 31 < numbers[0] < 32 < 121 < numbers[1]  # latitude first
        assert [element.findtext(name) for name in ("type", "polyline")] == [
            record["type"], record["polyline"],
        ]  # fmt: skip


def test_cifs_closes_a_road_only_where_operators_blocked_every_lane() -> None:
    records = json.loads(cifs_json(every_cause()))["incidents"]
    closed = [one["incident"] for one in records if one["incident"]["type"] == "ROAD_CLOSED"]
    assert {one["subtype"] for one in closed} == {"ROAD_CLOSED_CONSTRUCTION", "ROAD_CLOSED_HAZARD"}


def test_an_iris_line_has_seven_fields_whatever_names_hold() -> None:
    lines = iris_csv(every_cause()).decode("ascii").split("\n")
    assert lines.pop() == ""
    assert all(len(line.split(",")) == 7 for line in lines)
    assert {line.split(",")[1] for line in lines} == {"HAZARD", "ROADWORK", "STALL"}
    (first,) = iris_csv(published(case())).decode().splitlines()
    assert first == "incident-BC-1,HAZARD,,31.220000,121.470000,cam-12,EB"


def test_geojson_has_a_point_for_each_incident() -> None:
    collection = json.loads(geojson(every_cause()))
    assert collection["type"] == "FeatureCollection"
    feature = collection["features"][0]
    assert feature["geometry"] == {"type": "Point", "coordinates": [121.47, 31.22]}
    assert feature["properties"]["description_zh"] == "复兴中路，由西向东，排队240米"
    assert feature["properties"]["description_en"] == "复兴中路, eastbound; queue of 240 m"


def test_cloudevents_headers_have_what_the_standard_requires() -> None:
    headers = dict(cloudevents_headers(case(), "alerts", "shanghai"))
    assert headers == {
        "ce_specversion": b"1.0",
        "ce_id": b"incident-BC-1/4",
        "ce_source": b"/clearway/shanghai/alerts",
        "ce_type": b"clearway.alert",
        "ce_subject": b"incident-BC-1",
        "ce_time": b"2026-09-15T23:01:30.000Z",
        "content-type": b"application/json",
    }


def test_the_way_around_leaves_where_a_form_has_a_place_for_it_and_not_when_it_is_over() -> None:
    open_, over = (
        published(case(detour=["AB", "BC"])),
        published(case(detour=["AB", "BC"], state="cleared")),
    )
    properties = json.loads(geojson(open_))["features"][0]["properties"]
    assert properties["detour_roads"] == ["复兴中路"] and len(properties["detour"]) == 3
    told = etree.fromstring(message_of(open_, "incident-BC-1")).iter(f"{{{CAP}}}instruction")
    assert [one.text for one in told] == ["请绕行：复兴中路", "Way around: 复兴中路"]
    assert b"sit:ReroutingManagement" in datex2(open_)
    for form in (geojson, datex2, cap_feed):
        assert "请绕行".encode() not in form(over) and b"Rerouting" not in form(over)
    assert json.loads(geojson(over))["features"][0]["properties"]["detour"] == []
