"""Streets around a block that fill: the cars of each wait for the next one, and none moves."""

from streams.simulated.streets import Link, Streets

LEAST_LINK_M, MOST_LINKS, MOST_LANES = 40.0, 6, 2
MOST_LOOP_M = 1500.0
CAR_M = 7.5
FILL_S = 180.0
"""In so long a loop fills with all the cars that it holds. Unit: s."""


def loop_from(streets: Streets, first: Link) -> tuple[str, ...]:
    """Give the shortest loop of at least three links that begins with a link, () where none is."""
    if not _holds(first):
        return ()
    ways: list[tuple[tuple[str, ...], float]] = [((first.link_id,), first.length)]
    while ways:
        ways.sort(key=lambda way: (way[1], way[0]))
        way, length = ways.pop(0)
        for onward in sorted(streets.turns[way[-1]]):
            link = streets.links[onward]
            if onward == first.link_id and len(way) >= 3:
                return way
            is_back = link.end == streets.links[way[-1]].start
            if onward in way or is_back or not _holds(link) or len(way) == MOST_LINKS:
                continue
            if length + link.length <= MOST_LOOP_M:
                ways.append(((*way, onward), length + link.length))
    return ()


def circling(
    streets: Streets, name: str, loop: tuple[str, ...], start_s: float, end_s: float
) -> list[tuple[float, str]]:
    """Give the cars that fill a loop and the first of each lane, which wait at its end.

    They wait for the street ahead, which is full; so each waits for itself, until somebody clears
    it. Gives departure and SUMO's vehicle.
    """
    vehicles: list[tuple[float, str]] = []
    for at, link_id in enumerate(loop):
        link, ahead = streets.links[link_id], loop[(at + 1) % len(loop)]
        for lane in range(len(link.lanes)):
            place = link.length - 1.0
            vehicles.append(
                (
                    start_s,
                    f'<vehicle id="gx-{name}-{at}-{lane}" type="car" depart="{start_s:.0f}" '
                    f'departLane="{lane}" departPos="{place:.1f}" departSpeed="0">'
                    f'<route edges="{link_id} {ahead}"/><stop lane="{link_id}_{lane}" '
                    f'startPos="{place - 5.0:.1f}" endPos="{place:.1f}" until="{end_s:.0f}"/>'
                    "</vehicle>",
                )
            )
        count = round(link.length * len(link.lanes) / CAR_M)
        way = f"{link_id} {ahead}"
        for number in range(count):
            depart = round(start_s + FILL_S * (number + 1) / count)
            vehicles.append(
                (
                    float(depart),
                    f'<vehicle id="g-{name}-{at}-{number}" type="car" depart="{depart}" '
                    f'departLane="free" departPos="base"><route edges="{way}"/></vehicle>',
                )
            )
    return vehicles


def _holds(link: Link) -> bool:
    return link.length >= LEAST_LINK_M and len(link.lanes) <= MOST_LANES
