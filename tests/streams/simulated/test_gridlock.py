"""Streets around a block that fill."""

from streams.simulated.gridlock import circling, loop_from
from streams.simulated.streets import Lane, Link, Streets


def street(name: str, start: str, end: str, lanes: int = 1, length: float = 150.0) -> Link:
    return Link(name, "", start, end, "secondary", [lane(name, n, length) for n in range(lanes)])


def lane(name: str, number: int, length: float) -> Lane:
    return Lane(f"{name}_{number}", length, 13.9, [(0.0, 0.0), (length, 0.0)])


def block(lanes: int = 1) -> Streets:
    """Give streets ab, bc, ca around a block, and ba beside ab the other way."""
    links = [street("ab", "A", "B", lanes), street("bc", "B", "C"), street("ca", "C", "A"),
             street("ba", "B", "A")]  # fmt: skip
    turns = {"ab": ["ba", "bc"], "bc": ["ca"], "ca": ["ab"], "ba": ["ab"]}
    nodes = {"A": (0.0, 0.0), "B": (1.0, 0.0), "C": (1.0, 1.0)}
    return Streets({k.link_id: k for k in links}, nodes, set(), turns, (0.0, 0.0), "")


def test_the_shortest_way_round_is_found_and_turning_back_is_none() -> None:
    streets = block()
    assert loop_from(streets, streets.links["ab"]) == ("ab", "bc", "ca")
    assert loop_from(streets, streets.links["ba"]) == ()


def test_a_wide_street_is_in_no_loop() -> None:
    streets = block(lanes=3)
    assert loop_from(streets, streets.links["ab"]) == ()


def test_each_street_fills_behind_a_first_car_that_waits_for_the_next_street() -> None:
    streets = block()
    cars = circling(streets, "inc0", ("ab", "bc", "ca"), 600.0, 1200.0)
    waits = [text for _, text in cars if "<stop" in text]
    assert len(waits) == 3 and all('until="1200"' in text for text in waits)
    assert 'edges="ca ab"' in waits[2]
    assert len(cars) - 3 == 3 * 20  # 150 m of 7.5 m each
    assert {depart for depart, _ in cars} <= {float(s) for s in range(600, 781)}
