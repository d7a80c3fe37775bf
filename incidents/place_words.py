"""A point of the road in words, as people say it: which road, between which, which way, how far."""

from typing import NamedTuple

import numpy as np

from incidents.case_records import PlaceText
from incidents.road_points import bearing_deg
from mapmatch.network import Network

_EN = ("north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest")
_ZH = ("北", "东北", "东", "东南", "南", "西南", "西", "西北")


class PlaceWords(NamedTuple):
    """The named streets that a segment runs from and to, and its point in words."""

    cross_from: str | None
    cross_to: str | None
    text: PlaceText


class PlaceNames:
    """Names points of a network's roads; remembers which segments meet at each node."""

    def __init__(self, network: Network) -> None:
        self._network = network
        ends = np.concatenate([network.from_node, network.to_node])
        self._order = np.argsort(ends, kind="stable")
        counts = np.bincount(ends, minlength=len(network.node_ids))
        self._first = np.concatenate([[0], np.cumsum(counts)])

    def words(self, segment: int, offset_m: float) -> PlaceWords:
        """Give a point of a segment in words."""
        network = self._network
        road = network.names[segment]
        cross_from = self._crossing(int(network.from_node[segment]), segment)
        cross_to = self._crossing(int(network.to_node[segment]), segment)
        way = self._way(segment, offset_m)
        left_m = round(max(0.0, float(network.length_m[segment]) - offset_m))
        zh, en = [road or "无名道路"], [road or "unnamed road"]
        if cross_from and cross_to and cross_from != cross_to:
            zh.append(f"{cross_from}至{cross_to}段")
            en.append(f"from {cross_from} to {cross_to}")
        zh.append(f"由{_ZH[(way + 4) % 8]}向{_ZH[way]}")
        en.append(f"{_EN[way]}bound")
        after_m = round(offset_m)
        if cross_to:
            zh.append(f"距{cross_to}{left_m}米" if left_m else f"{cross_to}路口")
            en.append(f"{left_m} m before {cross_to}" if left_m else f"at {cross_to}")
        elif cross_from:
            zh.append(f"过{cross_from}{after_m}米" if after_m else f"{cross_from}路口")
            en.append(f"{after_m} m after {cross_from}" if after_m else f"at {cross_from}")
        return PlaceWords(cross_from, cross_to, PlaceText("，".join(zh), ", ".join(en)))

    def _crossing(self, node: int, segment: int) -> str | None:
        """Give the name of the largest other road at a node, of two alike the first by name."""
        network, road = self._network, self._network.names[segment]
        met = self._order[self._first[node] : self._first[node + 1]] % network.segment_count
        others = {
            (int(network.road_class[s]), network.names[s])
            for s in met.tolist()
            if s != network.reverse_segment[segment]
        }
        named = sorted((kind, name) for kind, name in others if name and name != road)
        return named[0][1] if named else None

    def _way(self, segment: int, offset_m: float) -> int:
        """Give the eighth of the compass that traffic drives to at a point, 0 north, 2 east."""
        return round(bearing_deg(self._network, segment, offset_m) / 45.0) % 8
