"""Receivers whose headings are wrong, on a drawn town: they cost nothing beside none at all."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.drawing import Drawing, draw
from tests.mapmatch.driving import NAN, Fix, answer, drive

TOWN = """
A-----B-----C-----D
|     |     |     |
|     |     |     |
E-----F-----G-----H
|     |     |     |
|     |     |     |
I-----J-----K-----L
"""
WAY = "ABFGKLHDCGFEIJFB"


def driven(drawing: Drawing, say: Callable[[float], float]) -> list[Fix]:
    """Give a drive whose receiver says another heading than the right one."""
    fixes = drive(drawing, WAY, every_s=6, noise_m=5, has_heading=True)
    # Where a drive begins at a node even right headings add a stub of the road behind.
    return [replace(fix, heading_deg=say(fix.heading_deg)) for fix in fixes[1:]]


@pytest.mark.parametrize(
    "say",
    [
        pytest.param(lambda h: 0.0, id="stuck"),
        pytest.param(lambda h: (h + 180) % 360, id="turned round"),
        pytest.param(lambda h: float(round(h / 45) % 8), id="codes"),
        pytest.param(lambda h: (90 - h) % 360, id="counted the other way from east"),
    ],
)
def test_a_wrong_heading_is_no_worse_than_none(say: Callable[[float], float]) -> None:
    town = draw(TOWN, cell_m=40, u_turns=True)
    without = answer(town, driven(town, lambda h: NAN))
    given = answer(town, driven(town, say))
    driven_roads = [WAY[k : k + 2] for k in range(len(WAY) - 1)]
    assert given.route == without.route
    assert given.route[-len(driven_roads) :] == driven_roads
    assert given.breaks == []
    assert None not in given.segments
