"""Which alerts are one jam: those whose queues meet or whose roots are close, under one name."""

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from incidents.records import Alert
from incidents.response.jams import Jam, Jams
from tests.drawing import draw
from tests.incidents.response.town import NETWORK
from tests.streams.console.messages import alert as message

LONG = draw("A-------B-------C-------D-------E", cell_m=50).network


def alert(name: str, root: str, queue: str = "", **more: Any) -> Alert:
    fields = {"offset_m": 50.0, "queue_length_m": 150.0, **more}
    data = message(name, root, queue_segment_ids=queue.split(), **fields)
    return msgspec.json.decode(data, type=Alert)


def jams_of(*alerts: Any, network: Any = NETWORK) -> list[Jam]:
    jams = Jams(network)
    for one in alerts:
        jams.take(one)
    return jams.jams()


def test_queues_that_share_a_node_are_one_jam_whose_gravest_root_is_first() -> None:
    one = alert("one", "BC", "BC AB", severity=2, delay_veh_h=3.0, queue_length_m=160.0)
    other = alert("other", "CD", "CD", severity=4, delay_veh_h=5.5, queue_length_m=70.0)
    (jam,) = jams_of(one, other)
    assert (jam.alert_ids, jam.severity, jam.delay_veh_h) == (["other", "one"], 4, 8.5)
    assert jam.jam_id == "jam-one", "of equal age the first by name"
    # 160 m and 70 m are told; the streets AB, BC and CD are 200, 100 and 100 m.
    assert jam.queue_length_m == 230.0


def test_a_street_of_two_queues_is_counted_once() -> None:
    both = [alert(name, "CD", "CD BC", queue_length_m=200.0) for name in ("one", "other")]
    (jam,) = jams_of(*both)
    assert jam.queue_length_m == 200.0


def test_roots_within_300_m_along_the_roads_are_one_jam_and_farther_ones_are_not() -> None:
    def are_one(metres: float) -> bool:
        short = draw("A-------B---C-------D", cell_m=50).network  # AB 400 m, BC 200 m, CD 400 m
        roots = alert("one", "AB", offset_m=350.0), alert("two", "CD", offset_m=metres)
        return bool(jams_of(*roots, network=short))

    assert are_one(45.0), "50 m, 200 m and 45 m"
    assert not are_one(55.0)


def test_the_other_carriageway_of_a_street_is_as_near_as_it_looks() -> None:
    (jam,) = jams_of(alert("one", "CD", offset_m=90.0), alert("two", "DC", offset_m=20.0))
    assert jam.alert_ids == ["one", "two"]
    assert jams_of(alert("one", "BC", offset_m=10.0), alert("two", "BA", offset_m=30.0))


def test_what_is_over_is_in_no_jam_and_a_jam_of_one_is_none() -> None:
    jams = Jams(NETWORK)
    for name in ("one", "two"):
        jams.take(alert(name, "CD"))
    assert len(jams.jams()) == 1
    jams.take(alert("two", "CD", state="cleared", version=2))
    assert jams.jams() == []
    jams.take(alert("lost", "nowhere"))
    assert jams.jams() == []


def test_a_jam_keeps_its_name_while_alerts_come_and_go() -> None:
    jams = Jams(NETWORK)
    early = "2026-09-15T22:00:00.000Z"
    assert jams.take(alert("b", "CD")) is False, "it founds the jam"
    assert jams.take(alert("c", "BC")) is True, "it joins"
    assert jams.take(alert("c", "BC", version=2)) is False, "it was there"
    (jam,) = jams.jams()
    assert jam.jam_id == "jam-b"
    jams.take(alert("a", "AB", onset_time=early))
    jams.take(alert("b", "CD", state="closed", version=2))
    (jam,) = jams.jams()
    assert (jam.jam_id, jam.since) == ("jam-b", early)


def test_jams_that_part_have_two_names_and_the_oldest_keeps_it() -> None:
    jams = Jams(LONG)
    old, young = "2026-09-15T22:00:00.000Z", "2026-09-15T22:30:00.000Z"
    for name, onset in (("a", old), ("b", old)):
        jams.take(alert(name, "AB", onset_time=onset))
    jams.take(alert("m", "BC", "BC CD", onset_time=young))
    for name in ("x", "y"):
        jams.take(alert(name, "DE", onset_time=young))
    (jam,) = jams.jams()
    jams.take(alert("m", "BC", state="cleared", version=2))
    names = {one.jam_id: sorted(one.alert_ids) for one in jams.jams()}
    assert names == {jam.jam_id: ["a", "b"], "jam-x": ["x", "y"]}


@settings(max_examples=40, deadline=None)
@given(st.permutations(range(6)))
def test_the_order_in_which_alerts_come_changes_no_group(order: list[int]) -> None:
    alerts = [
        alert(f"a{number}", segment, queue)
        for number, (segment, queue) in enumerate(
            [("AB", "AB"), ("DE", "DE"), ("FG", ""), ("HI", ""), ("BC", "AB BC"), ("GD", "FG GD")]
        )
    ]
    groups = [sorted(jam.alert_ids) for jam in jams_of(*(alerts[number] for number in order))]
    assert sorted(groups) == sorted(sorted(jam.alert_ids) for jam in jams_of(*alerts))
    members = [name for group in groups for name in group]
    assert len(members) == len(set(members)), "nobody is in two jams"
