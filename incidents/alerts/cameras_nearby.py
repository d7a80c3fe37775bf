"""The cameras that an operator can look through from an alert's place."""

from math import hypot

from rtree.index import Index

from congestion.roadside import Roadside
from incidents.road_points import coordinates
from mapmatch.network import NONE, Network

REACH_M = 300.0
"""Cameras so near an alert are named in it. Unit: m, as the crow flies. Source: chosen, a block."""
MAX_CAMERAS = 4
"""An alert names no more cameras. Unit: count. Source: chosen, what one wall of screens shows."""


class CamerasNearby:
    """Remembers where the cameras stand; nothing changes it."""

    def __init__(self, network: Network, roadside: Roadside) -> None:
        cameras = roadside.cameras
        on_road = [i for i in range(len(cameras)) if cameras.segment[i] != NONE]
        points = [(int(cameras.segment[i]), float(cameras.offset_m[i])) for i in on_road]
        self._ids = [cameras.ids[i].camera_id for i in on_road]
        self._points = [coordinates(network, point) for point in points]
        self._index = Index()
        for i, (x, y) in enumerate(self._points):
            self._index.insert(i, (x, y, x, y))

    def near(self, x: float, y: float) -> list[str]:
        """Give the ids of the cameras near a place (local metres), the nearest first."""
        reach = (x - REACH_M, y - REACH_M, x + REACH_M, y + REACH_M)
        near = [
            (hypot(self._points[i][0] - x, self._points[i][1] - y), i)
            for i in self._index.intersection(reach)
        ]
        found = [self._ids[i] for away, i in sorted(near) if away <= REACH_M]
        return list(dict.fromkeys(found))[:MAX_CAMERAS]
