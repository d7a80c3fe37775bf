"""A town with a blocked street for tests of what helps at a case.

The queue stands on CD, its root, and BC. The street goes on to E. Two ways lead around it, by
F and G above and by H and I below.
"""

from typing import Any

import msgspec
import numpy as np

from congestion.roadside import Roadside, RoadsideAssets
from incidents.records import Alert
from ingest.approaches import Approach
from tests.drawing import draw
from tests.streams.console.messages import alert

NETWORK = draw(
    """
        F---G
        |   |
    A---B-C-D---E
        |   |
        H---I
    """,
    cell_m=50,
    free_speed_kmh=36.0,
    signals="BD",
    names={name: "Long Street" for name in ("AB", "BC", "CD", "DE", "ED", "DC", "CB", "BA")},
).network


def speeds(**kmh: float) -> Any:
    """Give the speeds of some segments, of the others none."""
    found = np.full(NETWORK.segment_count, np.nan)
    for name, speed in kmh.items():
        found[NETWORK.segment_ids.index(name)] = speed / 3.6
    return found


def case(**changes: Any) -> Alert:
    """Give the case on CD."""
    fields = {"offset_m": 50.0, "queue_segment_ids": ["CD", "BC"], "queue_length_m": 150.0}
    root = changes.pop("segment_id", "CD")
    return msgspec.json.decode(alert("a", root, **{**fields, **changes}), type=Alert)


def beside(**places: tuple[str, float]) -> Roadside:
    """Give cameras k... and bus stops s... at segments and offsets."""

    def assets(ids: list[Any], named: list[str]) -> Any:
        at = [places[name] for name in named]
        segments = np.array([NETWORK.segment_ids.index(s) for s, _ in at], np.int32)
        return RoadsideAssets(
            tuple(ids), segments, np.array([m for _, m in at]), np.zeros(len(at), np.int32)
        )

    cameras = [name for name in places if name.startswith("k")]
    stops = [name for name in places if name.startswith("s")]
    return Roadside(
        cameras=assets([Approach(name, name) for name in cameras], cameras),
        bus_stops=assets(stops, stops),
        bus_lines=tuple((name.upper(), "ALL") for name in stops),
    )
